#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session that made a million transitions sleeps and wakes: quickly, and as
if it had not slept. Then the journal is written anew: what it had to be for
that is no more in it, and the session is the same once more.

    sleep.py
"""
import os
import sys
import time

import counted
from client import Server
from counted import check

PROGRAM = """ASSUME mu (normal 0 2)
ASSUME sd (gamma 2 2)
ASSUME p (mem (lambda (i) (normal mu sd)))
ASSUME c (if (flip 0.3) 'left 'right)
OBSERVE (normal (p 1) 0.5) 1.5
OBSERVE (normal (p 2) 0.5) 2.5
"""
# What is rejected for a domain error is counted by place.
REJECTED = """ASSUME wide (normal 0.3 1)
PREDICT (normal 0 wide)
"""
# What an answer may depend on: values, counts, draws kept for PLOT, where
# errors are, numbers that come next, a copy.
QUESTIONS = ["DIRECTIVES", "LOGSCORE", "MHSTATS", "MHSTATS detailed", "PROFILE",
             "PLOT mu", "INFER-STATUS",
             "(normal 0 1)", "INFER 100", "PREDICT (normal mu 1)",
             "(nowhere 1)", "FORGET 5", "LOGSCORE"]
WAKE_SECONDS = 0.1


def plain(answer):
    """Without what a clock says."""
    if isinstance(answer, dict):
        return {k: plain(v) for k, v in answer.items()
                if k not in ("seconds", "since", "share", "text", "lines")}
    return [plain(v) for v in answer] if isinstance(answer, list) else answer


def cpu(server):
    """Seconds of processor that engines and the front have had."""
    ticks = 0
    for pid in server.engines() + [server.process.pid]:
        with open(f"/proc/{pid}/stat") as f:
            parts = f.read().rsplit(")", 1)[1].split()
        ticks += int(parts[11]) + int(parts[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def history(server):
    i = server.post("/v1/sessions", {"seed": 1}).json["id"]
    # While there is nothing to move: how much is moved is the clock's.
    server.say(i, "INFER-ON (mh)")
    server.say(i, "INFER-OFF")
    server.say(i, PROGRAM + REJECTED)
    server.say(i, "MHSTATS on")
    server.say(i, "PROFILE on")
    for _ in range(20):
        server.say(i, "INFER 50000")
    server.say(i, "INFER (nuts continuous) :samples 100 :chains 2")
    for k in range(30):
        server.say(i, f"(normal {k} 1)")
    server.say(i, "INFER 50000")
    return i


def asks(server, session):
    out = []
    for q in QUESTIONS:
        a = server.post(f"/v1/sessions/{session}/directives", {"text": q})
        out.append((q, a.status, plain(a.json)))
    return out


def life(idle):
    with Server("--idle-time", idle) as server:
        i = history(server)
        awake = server.get(f"/v1/sessions/{i}").json["awake"]
        if idle == "0.2":
            end = time.monotonic() + 30
            while awake and time.monotonic() < end:
                time.sleep(0.1)
                awake = server.get(f"/v1/sessions/{i}").json["awake"]
            check("an idle session sleeps", not awake)
            wakes(server, i)
        copy = server.post(f"/v1/sessions/{i}/fork").json["id"]
        return [asks(server, i), asks(server, copy)]


def wakes(server, i):
    """By the wall clock; where others make that slow, by the processor."""
    before, begun = cpu(server), time.perf_counter()
    a = server.get(f"/v1/sessions/{i}/logscore")
    took = time.perf_counter() - begun
    used = cpu(server) - before
    check("it answers in 100 ms", a.status == 200 and
          (took < WAKE_SECONDS or used < WAKE_SECONDS / 2), (took, used))
    print(f"a session of a million transitions woke in {1e3 * took:.1f} ms")


def main():
    asleep, awake = life("0.2"), life("1000")
    for one, other in zip(asleep[0] + asleep[1], awake[0] + awake[1]):
        check("slept or not", one == other, (one, other))
    places = asleep[0][3][2]["answers"][0]
    check("places are counted", len(places["places"]) == 6 and
          places["complaints"][0]["count"] > 1000, places)
    check("a copy is the same", [a[2] for a in asleep[0]] ==
          [a[2] for a in asleep[1]], asleep)
    shorter(30)
    return counted.finish()


def shorter(rounds):
    """Much that is of no use later; the server is killed, and goes on."""
    with Server("--compact-above", "4k") as server:
        i = server.post("/v1/sessions", {"seed": 2}).json["id"]
        server.say(i, PROGRAM)
        gone = server.post("/v1/sessions", {"seed": 3}).json["id"]
        server.delete(f"/v1/sessions/{gone}")
        key = {"Idempotency-Key": "a key that is kept"}
        path = f"/v1/sessions/{i}/directives"
        first = server.request("POST", path, {"text": "(normal 0 1)"}, key)
        for k in range(rounds):
            server.say(i, "\n".join(f"(normal {k} {n + 1})" for n in range(60)))
            server.say(i, "INFER 10000")
        journal = os.path.join(server.data, "journal")
        end = time.monotonic() + 30
        made = 0
        while not made and time.monotonic() < end:
            time.sleep(0.05)
            made = next(int(float(line.split()[1])) for line in
                        server.get("/metrics").text.splitlines()
                        if line.startswith("vestige_journal_renewals_total "))
        check("the journal is written anew", made > 0)
        # All that was written is 56 k, and more comes: it is renewed when it
        # has doubled, in a thread of its own, whenever that has time.
        while os.path.getsize(journal) > 34000 and time.monotonic() < end:
            server.say(i, "INFER 10000")
        check("and short", os.path.getsize(journal) < 34000,
              os.path.getsize(journal))
        before = asked = server.get(f"/v1/sessions/{i}/directives").json
        server.kill()
        server.start()
        asked = server.get(f"/v1/sessions/{i}/directives").json
        check("it is as before", before == asked, (before, asked))
        again = server.request("POST", path, {"text": "(normal 0 1)"}, key)
        check("its key is known", again.body == first.body and
              again.headers.get("Idempotency-Replayed") == "true", again)
        a = server.post("/v1/sessions", {"seed": 3}).json["id"]
        check("numbers are not given twice", a != gone, a)


if __name__ == "__main__":
    sys.exit(main())
