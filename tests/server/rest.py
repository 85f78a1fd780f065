#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs rest, and go on after kills of their process, of the server and of both:
from there and not from their beginning, with the draws of a run that nobody
killed; also when they are extended, and when they are killed in warmup.

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


def rests(server):
    for line in server.get("/metrics").text.splitlines():
        if line.startswith("vestige_run_rests_total "):
            return int(float(line.split()[1]))


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


def main():
    in_warmup()
    with Server() as server:
        run = begin(server, dict(RUN, samples=MORE))
        unbroken = outcome(server, run)
    with Server() as server:
        run = begin(server, dict(RUN, samples=DRAWS))
        wait_for_rests(server, 2)
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
