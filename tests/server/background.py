#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inference in the background over HTTP: directives are taken meanwhile, what
goes wrong turns it off and is told, and PROFILE counts it by line. What it
leads to is judged by bounds that a right chain leaves once in a million
times: the mean of 120 readings of a state that moves on by thousands of
transitions in between."""
import math
import sys
import time

import counted
from client import Server
from counted import check

SECONDS = 60  # patience, on a busy machine


def status(server, i):
    return server.say(i, "INFER-STATUS")[0]


def moved_on(server, i, least):
    """So many transitions are made; the status then."""
    end = time.monotonic() + SECONDS
    s = status(server, i)
    while s.get("transitions", 0) < least and time.monotonic() < end:
        time.sleep(0.01)
        s = status(server, i)
    return s


def directives_meanwhile(server):
    i = server.post("/v1/sessions", {"seed": 4}).json["id"]
    other = server.post("/v1/sessions", {"seed": 5}).json["id"]
    for each in i, other:
        server.say(each, "ASSUME x (normal 0 1)\nASSUME b (flip 0.5)")
    still = server.say(other, "x")[0]["value"]
    check("it is off at first", status(server, i)["status"] == "off")
    server.say(i, "INFER-ON (cycle (drift (name x)) (gibbs discrete))")
    s = moved_on(server, i, 2000)
    check("it moves while nobody asks", s["status"] == "on" and
          s["transitions"] >= 2000 and s["accepted"] > 0, s)
    for text, field in (
            ("ASSUME y (normal (+ x (if b 1 0)) 1)", "id"),
            ("OBSERVE (normal y 1) 2", "id"), ("PREDICT (+ x y)", "value"),
            ("(list x y b)", "value"), ("LOGSCORE", None),
            ("ASSUME y (normal x 1)", "id"), ("OBSERVE (normal y 1) 2", "id"),
            ("INFER (mh) 10", None), ("TRACE", None), ("FORGET 6", None)):
        a = server.say(i, text)[0]
        check(f"{text} is taken", "error" not in a and
              (field is None or field in a), a)
        s = status(server, i)
        check(f"it is on after {text}", s["status"] == "on", s)
        before = s["transitions"]
        s = moved_on(server, i, before + 100)
        check(f"it goes on after {text}", s["transitions"] >= before + 100, s)
    a = server.post(f"/v1/sessions/{i}/directives", {"text": "ASSUME q (car 3)"})
    check("an error is one", a.status >= 400 or "error" in a.text, a)
    check("and leaves it on", status(server, i)["status"] == "on")
    server.say(i, "INFER-OFF")
    s = status(server, i)
    time.sleep(0.1)
    check("INFER-OFF ends it", s["status"] == "off" and
          status(server, i)["transitions"] == s["transitions"], s)
    check("another session stands still",
          server.say(other, "x")[0]["value"] == still)
    return i


def posterior(server):
    """x ~ normal(0, 1), seen as 2 with sd 1 while it moves: normal(1, 1/2)."""
    i = server.post("/v1/sessions", {"seed": 6}).json["id"]
    server.say(i, "INFER-ON (mh)")
    server.say(i, "ASSUME x (normal 0 1)\nOBSERVE (normal x 1) 2")
    draws, at = [], 500
    while len(draws) < 120:
        at = moved_on(server, i, at)["transitions"] + 60
        draws.append(float(server.say(i, "x")[0]["value"]))
    z = (sum(draws) / len(draws) - 1) / math.sqrt(0.5 / len(draws))
    # Proposals from the prior: 60 of them are worth more than an independent
    # draw, but for an autocorrelation under 0.1.
    check("it leads to the posterior", abs(z) < 5.5, z)


def profile(server):
    i = server.post("/v1/sessions", {"seed": 7}).json["id"]
    server.say(i, "ASSUME x (normal 0 1)\nASSUME f (mem (lambda (i) (flip)))\n"
               "(list (f 0) (f 1) (f 2))\nPROFILE on\n"
               "OBSERVE (flip (if (f 0) 0.9 0.2)) true\n"
               "PREDICT (list (f 1) (f 2))\nINFER-ON (mh)")
    moved_on(server, i, 3000)
    server.say(i, "INFER-OFF")
    made = status(server, i)["transitions"]
    p = server.say(i, "PROFILE")[0]
    lines = p["lines"]
    check("PROFILE counts what is made in the background",
          p["proposals"] == made == sum(x["proposals"] for x in lines),
          (made, p))
    check("by line", {x["line"] for x in lines} == {1, 2}, lines)
    check("the shares are of one", abs(sum(x["share"] for x in lines) - 1)
          < 0.001, lines)
    check("each line says all", all(
        0 < x["accepted"] <= x["proposals"] and x["touched"] > 0
        and x["seconds"] >= 0 and x["text"].startswith("ASSUME")
        for x in lines), lines)
    server.say(i, "PROFILE off\nINFER 100")
    check("it is off", server.say(i, "PROFILE")[0]["proposals"] == made)


def errors(server):
    i = server.post("/v1/sessions", {"seed": 8}).json["id"]
    server.say(i, "ASSUME n (uniform-discrete 0 9)")
    a = server.post(f"/v1/sessions/{i}/directives",
                    {"text": "INFER-ON (drift (name n))"})
    check("what it cannot move it refuses", "scope of (drift (name n))"
          in a.text and status(server, i)["status"] == "off", a)
    now = server.say(i, "n")[0]["value"]
    server.say(i, f"PREDICT (if (= n {(now + 1) % 10}) (car n) 0)\n"
               "INFER-ON (mh)")
    end = time.monotonic() + SECONDS
    s = status(server, i)
    while s["status"] == "on" and time.monotonic() < end:
        time.sleep(0.01)
        s = status(server, i)
    check("an error turns it off, and is told", s["status"] == "off" and
          "car" in s.get("ended", ""), s)
    check("the state is one", server.say(i, "(< n 10)")[0]["value"] is True)
    server.say(i, "FORGET 2\nINFER-ON (mh)")
    s = moved_on(server, i, 100)
    check("it begins anew", s["status"] == "on" and s["transitions"] >= 100
          and "ended" not in s, s)


def main():
    with Server() as server:
        directives_meanwhile(server)
        posterior(server)
        profile(server)
        errors(server)
    return counted.finish()


if __name__ == "__main__":
    sys.exit(main())
