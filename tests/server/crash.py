#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills engines, runs and the server at random moments under a mixed load,
and looks whether anything that was acknowledged is lost, doubled, or other
than on a server that nobody killed. Sessions settle and sleep meanwhile, runs
rest and go on, the journal is written anew, and somebody listens to each run.

    crash.py [KILLS] [SEED]
"""
import json
import os
import random
import signal
import sys
import threading
import time
import uuid

from client import Server

PROGRAM = """ASSUME mu (normal 0 2)
ASSUME sd (gamma 2 2)
ASSUME p (mem (lambda (i) (normal mu sd)))
OBSERVE (normal (p 1) 0.5) 1.5
OBSERVE (normal (p 2) 0.5) 2.5
"""


def long_run(session, count):
    """One that rests about once in a hundred steps. Its draws are so few that
    a listener is never moved forward."""
    kernel, samples, thin = (
        ("(cycle (slice continuous) (mh))", 6000, 10),
        ("(cycle (nuts continuous) (mh))", 6000, 1),
        ("(mh)", 20000, 25))[int(session) % 3]
    return {"kernel": kernel, "samples": samples * max(1, count // 100),
            "warmup": 100, "thin": thin, "chains": 2, "seed": int(session)}


def steps(session, count):
    """What a client of one session says, in order: the same each time."""
    r = random.Random(session)
    yield "run", long_run(session, count)
    for i in range(count):
        what = r.random()
        if what < 0.45:
            yield "do", f"OBSERVE (normal (p {r.randrange(5)}) 0.5) {r.gauss(1, 1):.3f}"
        elif what < 0.65:
            yield "do", f"INFER {r.randrange(1, 200)}"
        elif what < 0.8:
            yield "do", f"(normal mu {r.randrange(1, 9)})"
        elif what < 0.9:
            yield "do", f"PREDICT (+ (p {r.randrange(5)}) {i})"
        else:
            yield "run", {"kernel": "(mh)", "samples": r.randrange(50, 3000),
                          "warmup": 20, "chains": r.randrange(1, 3),
                          "seed": r.randrange(1000)}


def plain(answer):
    """An answer without what a clock says."""
    if isinstance(answer, dict):
        return {k: plain(v) for k, v in answer.items()
                if k not in ("seconds", "touched", "id", "session")}
    return [plain(v) for v in answer] if isinstance(answer, list) else answer


class Listener(threading.Thread):
    """Hears the events of a run to their end; where they break off it goes on
    behind the last one that came."""

    def __init__(self, server, run, chains):
        super().__init__(daemon=True)
        self.server, self.path = server, f"/v1/runs/{run}/events"
        self.draws = [[] for _ in range(chains)]
        self.last = self.error = None
        self.ended = False
        self.times = 0
        self.start()

    def take(self, event, last, data):
        if event == "draws":
            of = self.draws[data["chain"] - 1]
            if data["from"] != len(of):
                raise AssertionError(
                    f"events: draw {data['from']} in place of {len(of)}")
            of += data["draws"]
        elif event == "summary":
            raise AssertionError(f"events: {data}")
        self.ended = event == "end"
        self.last = last

    def hear(self, stream):
        event = data = last = None
        for line in stream:
            word, _, rest = line.decode().rstrip("\n").partition(": ")
            if word == "event":
                event = rest
            elif word == "data":
                data = json.loads(rest)
            elif word == "id":
                last = rest
            elif not word and event:
                self.take(event, last, data)
                event = None

    def run(self):
        while not self.ended and not self.error:
            c = self.server.connect(timeout=60)
            try:
                self.times += 1
                c.request("GET", self.path, headers={"Last-Event-ID": self.last}
                          if self.last else {})
                answer = c.getresponse()
                if answer.status == 200:
                    self.hear(answer)
            except AssertionError as e:
                self.error = e
            except Exception:  # the server was killed
                time.sleep(0.02)
            finally:
                c.close()


class Client:
    """Sends each step until it is acknowledged, under one key."""

    def __init__(self, server, session, count):
        self.server, self.session, self.count = server, session, count
        self.answers, self.runs, self.error = [], [], None
        self.listeners = {}

    def send(self, method, path, body=None, key=None):
        headers = {"Idempotency-Key": key} if key else {}
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                c = self.server.connect(timeout=20)
                a = self.server.request(method, path, body, headers, c)
                c.close()
                if a.status not in (409, 500, 503):
                    return a
                last = a
            except OSError as e:
                last = e
            except Exception as e:  # http.client says this in many ways
                last = e
            time.sleep(0.01)
        raise AssertionError(f"no answer: {method} {path} {body} {last}")

    def run(self):
        try:
            base = f"/v1/sessions/{self.session}"
            for kind, what in steps(self.session, self.count):
                key = str(uuid.uuid4())
                if kind == "do":
                    a = self.send("POST", base + "/directives", {"text": what}, key)
                    self.answers.append((what, a.status, plain(a.json)))
                else:
                    a = self.send("POST", base + "/runs", what, key)
                    assert a.status == 202, a
                    run = a.json["id"]
                    self.runs.append(run)
                    self.listeners[run] = Listener(self.server, run,
                                                   what["chains"])
                    self.answers.append((str(what), a.status, plain(a.json)))
        except BaseException as e:  # told by the main thread
            self.error = e


def waste(server):
    """A session that is soon deleted: the journal is to have what nobody
    needs."""
    try:
        i = server.post("/v1/sessions", {"seed": 1}).json["id"]
        server.say(i, PROGRAM + ";" + 20000 * "x")
        server.delete(f"/v1/sessions/{i}")
    except Exception:  # whatever was killed
        server.connection = None


def load(server, sessions, count, kills, seed):
    clients = [Client(server, s, count) for s in sessions]
    for c in clients:
        c.send("POST", f"/v1/sessions/{c.session}/directives",
               {"text": PROGRAM}, f"program-{c.session}")
    threads = [threading.Thread(target=c.run) for c in clients]
    for t in threads:
        t.start()
    r = random.Random(seed)
    done = {"server": 0, "engine": 0, "renewals": 0}
    while done["server"] + done["engine"] < kills and any(t.is_alive() for t in threads):
        waste(server)
        time.sleep(r.random() * 0.06)
        if r.random() < 0.35:
            done["renewals"] += counter(server, "journal_renewals_total")
            server.kill()
            server.wanted = server.port
            server.start()
            done["server"] += 1
        else:
            below = server.engines(spawner=True)
            if not below:
                continue
            try:
                os.kill(r.choice(below), signal.SIGKILL)
                done["engine"] += 1
            except OSError:
                pass
    for t in threads:
        t.join()
    for c in clients:
        if c.error:
            raise c.error
    return clients, done


def all_draws(client, run):
    """Of each chain, by pages."""
    out, at = None, 0
    while True:
        a = client.send("GET", f"/v1/runs/{run}/draws?from={at}&count=20000")
        got = [c["draws"] for c in a.json["chains"]]
        out = got if out is None else [o + g for o, g in zip(out, got)]
        if not any(got):
            return out
        at += 20000


def counter(server, name):
    for line in server.get("/metrics").text.splitlines():
        if line.startswith(f"vestige_{name} "):
            return int(float(line.split()[1]))


def state(server, clients):
    """All that can be read: programs, values, draws."""
    out = []
    for c in clients:
        a = c.send("GET", f"/v1/sessions/{c.session}/directives")
        out.append(("directives", plain(a.json)))
        a = c.send("GET", f"/v1/sessions/{c.session}/logscore")
        out.append(("logscore", a.json))
        a = c.send("POST", f"/v1/sessions/{c.session}/directives",
                   {"text": "(normal 0 1)"}, "the-next-number")
        out.append(("next random number", a.json))
        for run in c.runs:
            r = server.wait_run(run, 300)
            assert r["state"] == "done", r
            draws = all_draws(c, run)
            out.append((f"draws {r['infer']}", draws))
            heard = c.listeners[run]
            heard.join(timeout=60)
            assert not heard.error, heard.error
            assert heard.ended and heard.draws == draws, \
                f"events of run {run} are not its draws"
            out.append(("summary", plain(
                c.send("GET", f"/v1/runs/{run}/summary").json)))
    return out


def play(kills, count, seed):
    """One life of a server: what was acknowledged, and what is there."""
    with Server("--idle-time", "0.3", "--compact-above", "20k") as server:
        sessions = []
        for i in range(3):
            a = server.post("/v1/sessions", {"seed": i + 1})
            sessions.append(a.json["id"])
        clients, done = load(server, sessions, count, kills, seed)
        there = state(server, clients)
        done["listens"] = sum(x.times for c in clients
                              for x in c.listeners.values())
        return [c.answers for c in clients], there, done


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    count = max(20, kills * 5)
    told, there, done = play(kills, count, seed)
    told_still, there_still, _ = play(0, count, seed)
    faults = 0
    for a, b in zip(told, told_still):
        for one, other in zip(a, b):
            if one != other:
                faults += 1
                print(f"FAIL acknowledged {one}\n     unbroken     {other}")
                break
        if len(a) != len(b):
            faults += 1
            print(f"FAIL {len(a)} answers in place of {len(b)}")
    for one, other in zip(there, there_still):
        if one != other:
            faults += 1
            print(f"FAIL {one[0]}: {str(one[1])[:200]}\n     "
                  f"{other[0]}: {str(other[1])[:200]}")
    if len(there) != len(there_still):
        faults += 1
        print(f"FAIL {len(there)} things are there in place of {len(there_still)}")
    print(f"{done['server']} kills of the server, {done['engine']} of engines "
          f"and runs; {sum(len(a) for a in told)} requests, {len(there)} things "
          f"compared; the journal was written anew {done['renewals']} times; "
          f"events were asked for {done['listens']} times")
    print(f"{1 if not faults else 0} passed, {1 if faults else 0} failed, 0 skipped")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
