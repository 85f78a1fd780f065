#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is full: what would be written is answered 507, and nothing of
it is done; all else is answered; runs wait; when there is room again all goes
on, and nothing that was acknowledged is lost, also when the server is killed.

    disk.py

The disk is the limit of the size of files, which is taken away again.
"""
import os
import resource
import sys
import time

import counted
from client import Server
from counted import check

PROGRAM = "ASSUME x (normal 0 1)\nOBSERVE (normal x 1) 1\n"
RUN = {"kernel": "(mh)", "samples": 300000, "warmup": 10, "thin": 1,
       "chains": 2, "seed": 3}
NONE = resource.RLIM_INFINITY


def room(server, size):
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, NONE))


def journal(server):
    return os.path.getsize(os.path.join(server.data, "journal"))


def directives(server, session):
    return server.get(f"/v1/sessions/{session}/directives").json["directives"]


def fill(server, session, most=400):
    """OBSERVEs until one is refused; how many were acknowledged, and it."""
    for told in range(most):
        a = server.post(f"/v1/sessions/{session}/directives",
                        {"text": f"OBSERVE (normal x 1) {told}"})
        if a.status != 200:
            return told, a
    return most, None


def refused(server, session, told, a):
    check("the refusal is a 507", a is not None and a.status == 507, a)
    check("it says why", a is not None and a.json["type"] == "urn:vestige:disk", a)
    for _ in range(50):  # such a small entry may fit yet
        a = server.post("/v1/sessions", {"seed": 4})
        if a.status != 201:
            break
    check("no session more", a.status == 507, a)
    for method, path, body in (
            ("POST", f"/v1/sessions/{session}/fork", None),
            ("POST", f"/v1/sessions/{session}/runs", {"samples": 10}),
            ("DELETE", f"/v1/sessions/{session}", None)):
        b = server.request(method, path, body)
        check(f"{method} {path} is refused", b.status == 507, b)
    check("the server lives", server.get("/healthz").status == 200)
    there = directives(server, session)
    check("what was acknowledged is there", len(there) == 2 + told, len(there))
    a = server.get(f"/v1/sessions/{session}/logscore")
    check("what is read is answered", a.status == 200, a)
    return a.json


def draws(server, run):
    return [server.get(f"/v1/runs/{run}/draws?from={at}&count=100000").text
            for at in range(0, RUN["samples"], 100000)]


def unbroken():
    with Server() as server:
        i = server.post("/v1/sessions", {"seed": 1}).json["id"]
        server.say(i, PROGRAM)
        run = server.post(f"/v1/sessions/{i}/runs", RUN).json["id"]
        server.wait_run(run, 120)
        return draws(server, run)


def main():
    with Server() as server:
        i = server.post("/v1/sessions", {"seed": 1}).json["id"]
        server.say(i, PROGRAM)
        run = server.post(f"/v1/sessions/{i}/runs", RUN).json["id"]
        time.sleep(0.1)
        room(server, journal(server) + 5000)
        told, a = fill(server, i)
        score = refused(server, i, told, a)
        time.sleep(1)
        r = server.get(f"/v1/runs/{run}").json
        check("the run waits", r["state"] == "running", r)
        server.kill()
        server.wanted = server.port
        server.start()
        check("after a kill: what was acknowledged is there",
              len(directives(server, i)) == 2 + told)
        room(server, journal(server) + 2000)
        more, a = fill(server, i)
        check("full again", a is not None and a.status == 507, a)
        room(server, NONE)
        a = server.post(f"/v1/sessions/{i}/directives",
                        {"text": "OBSERVE (normal x 1) 5"})
        check("there is room again", a.status == 200, a)
        check("nothing is lost, nothing doubled",
              len(directives(server, i)) == 3 + told + more)
        check("the score went on", server.get(
            f"/v1/sessions/{i}/logscore").json != score)
        r = server.wait_run(run, 120)
        check("the run comes to its end", r["state"] == "done", r)
        there = draws(server, run)
    check("its draws are those of an unbroken one", there == unbroken())
    return counted.finish()


if __name__ == "__main__":
    sys.exit(main())
