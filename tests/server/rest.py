#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs rest, and go on after kills of their process, of the server and of both:
from there and not from their beginning, with the draws of a run that nobody
killed; also when they are extended, when they are killed in warmup, and before
they have told what they begin from.

    rest.py
"""
import os
import signal
import sys
import time

import counted
from client import Server
from counted import check

PROGRAM = """ASSUME mu (normal 0 2)
ASSUME c (if (flip 0.3) 'left (if (flip) 'right 'straight))
ASSUME sd (gamma 2 2)
OBSERVE (normal mu sd) 1.5
"""
THIN, DRAWS, MORE = 12, 90000, 110000
RUN = {"kernel": "(mh)", "warmup": 50, "thin": THIN, "chains": 2, "seed": 9}
RESTED = 300000  # transitions: before its first rest there are more
# A kernel that learns in warmup, where it rests at every twentieth part.
LEARNS = {"kernel": "(auto)", "samples": 6000, "warmup": 20000, "thin": 10,
          "chains": 1, "seed": 3}
PART = LEARNS["warmup"] * LEARNS["thin"] // 20


def counter(server, name):
    for line in server.get("/metrics").text.splitlines():
        if line.startswith(f"vestige_{name} "):
            return int(float(line.split()[1]))


def rests(server):
    return counter(server, "run_rests_total")


def wait_for_rests(server, count):
    end = time.monotonic() + 120
    while rests(server) < count and time.monotonic() < end:
        time.sleep(0.01)


def made(server, run):
    """Transitions of each chain, when all have said how many."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        r = server.get(f"/v1/runs/{run}").json
        all_made = [c["made"] for c in r["chains"]]
        if all(all_made) or r["state"] != "running":
            return all_made
        time.sleep(0.005)
    return [0]


def wait_until_all_rested(server, run):
    """The slowest chain, too: twice as far as its first rest."""
    end = time.monotonic() + 120
    while time.monotonic() < end and min(made(server, run)) < 2 * RESTED:
        time.sleep(0.01)


def plain(answer):
    if isinstance(answer, dict):
        return {k: plain(v) for k, v in answer.items() if k != "seconds"}
    return [plain(v) for v in answer] if isinstance(answer, list) else answer


def outcome(server, run):
    r = server.wait_run(run, 200)
    check("it is done", r["state"] == "done", r)
    draws = [server.get(f"/v1/runs/{run}/draws?from={at}&count=50000").text
             for at in range(0, MORE, 50000)]
    return draws, plain(server.get(f"/v1/runs/{run}/summary").json)


def begin(server, order):
    i = server.post("/v1/sessions", {"seed": 1}).json["id"]
    server.say(i, PROGRAM)
    return server.post(f"/v1/sessions/{i}/runs", order).json["id"]


def kill(server, whom):
    below = server.engines()
    if whom != "server":
        for pid in below:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
    if whom != "process":
        server.kill()
        server.wanted = server.port
        server.start()


def in_warmup():
    with Server() as server:
        unbroken = outcome(server, begin(server, LEARNS))
    with Server() as server:
        run = begin(server, LEARNS)
        wait_for_rests(server, 1)
        r = server.get(f"/v1/runs/{run}").json["chains"][0]
        check("it is in warmup", r["warming"] and not r["draws"], r)
        # The second time it may be behind its warmup.
        for whom in ("server", "both"):
            kill(server, whom)
            seen = made(server, run)
            check(f"{whom} killed: it goes on from a rest in warmup",
                  min(seen) >= PART, seen)
            wait_for_rests(server, 1)
        draws, summary = outcome(server, run)
        check("draws are those of an unbroken run", draws == unbroken[0])
        check("so is the summary", summary == unbroken[1],
              (summary, unbroken[1]))


# It takes the run's process long to write down what it begins from.
LARGE = """ASSUME xs (map (lambda (i) (normal 0 1)) (iota 4000))
ASSUME mu (normal 0 2)
OBSERVE (normal mu 1) 1.5
"""
MOVES = {"kernel": "(mh)", "samples": 50, "warmup": 20, "thin": 10, "watch":
         ["mu", "(first xs)"], "chains": 1, "seed": 4}


def stop_beginning(server, before):
    """The run's process, as soon as it is there, stands still."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for pid in server.engines():
            if pid not in before:
                os.kill(pid, signal.SIGSTOP)
                return pid


def before_its_base(killed):
    """Its session has been summed up, and what it was before is not in the
    journal any more. While the run is stopped the session is summed up again,
    which must not take away what the run begins from."""
    with Server("--compact-above", "4k") as server:
        i = server.post("/v1/sessions", {"seed": 1}).json["id"]
        server.say(i, LARGE)
        for _ in range(6):
            server.say(i, "INFER 20000")
        end = time.monotonic() + 60
        while (not counter(server, "journal_renewals_total") and
               time.monotonic() < end):
            time.sleep(0.05)
        server.say(i, "PREDICT (+ mu 1)")
        before = server.engines()
        run = server.post(f"/v1/sessions/{i}/runs", MOVES).json["id"]
        if killed:
            pid = stop_beginning(server, before)
        for _ in range(4):
            server.say(i, "INFER 20000")
        if killed:
            made = server.get(f"/v1/runs/{run}").json
            check("it has not begun", made["state"] == "running" and
                  not made["chains"][0]["made"], made)
            os.kill(pid, signal.SIGKILL)
        r = server.wait_run(run)
        check("it is done", r["state"] == "done", r)
        return (server.get(f"/v1/runs/{run}/draws").text,
                server.get(f"/v1/sessions/{i}/logscore").json)


def main():
    check("killed before it had told its base: the same draws",
          before_its_base(True) == before_its_base(False))
    in_warmup()
    with Server() as server:
        run = begin(server, dict(RUN, samples=MORE))
        unbroken = outcome(server, run)
    with Server() as server:
        run = begin(server, dict(RUN, samples=DRAWS))
        wait_until_all_rested(server, run)
        for whom in ("process", "server", "both"):
            kill(server, whom)
            seen = made(server, run)
            check(f"{whom} killed: it goes on from a rest",
                  min(seen) > RESTED, seen)
        server.wait_run(run, 200)
        a = server.post(f"/v1/runs/{run}/extend", {"samples": MORE})
        check("it is extended", a.status == 202, a)
        draws, summary = outcome(server, run)
        check("draws are those of an unbroken run", draws == unbroken[0])
        check("so is the summary", summary == unbroken[1],
              (summary, unbroken[1]))
    return counted.finish()


if __name__ == "__main__":
    sys.exit(main())
