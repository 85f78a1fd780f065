#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listeners of events: many at once, one that does not listen, one that has
heard part of it. None of them holds up a run.

    tests/server/listeners.py [COUNT]      so many at once (200)
"""
import json
import resource
import selectors
import socket
import sys
import time

import counted
from client import Server
from counted import check


class Listener:
    """The raw bytes of a stream, and the events in them."""

    def __init__(self, server, run, last=None, buffer=None):
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.connect((server.host, server.port))
        more = f"Last-Event-ID: {last}\r\n" if last else ""
        self.socket.sendall(f"GET /v1/runs/{run}/events HTTP/1.1\r\n"
                            f"Host: localhost\r\n{more}\r\n".encode())
        self.bytes = b""
        self.ended = False

    def read(self, most=1 << 18):
        part = self.socket.recv(most)
        self.bytes += part
        self.ended = not part or b"event: end" in self.bytes[-400:]
        return part

    def events(self):
        """Chunks without their sizes, then blocks of lines."""
        body, at, out = self.bytes.split(b"\r\n\r\n", 1)[1], 0, b""
        while at < len(body):
            end = body.find(b"\r\n", at)
            size = int(body[at:end], 16) if end > 0 else 0
            if not size:
                break
            out += body[end + 2:end + 2 + size]
            at = end + 4 + size
        for block in out.decode().split("\n\n")[:-1]:  # whole ones
            fields = dict(line.split(": ", 1) for line in block.split("\n")
                          if ": " in line)
            if "data" in fields:
                yield (fields["event"], json.loads(fields["data"]),
                       fields.get("id"))

    def close(self):
        self.socket.close()


def begin(server, session, samples, chains=1, **more):
    a = server.post(f"/v1/sessions/{session}/runs", {
        "kernel": "(mh)", "samples": samples, "warmup": 0, "chains": chains,
        "seed": 1, **more})
    assert a.status == 202, a
    return a.json["id"]


def draws_of(server, run):
    return sum(c["draws"] for c in server.get(f"/v1/runs/{run}").json["chains"])


def missed_nothing(listener, chains):
    rows = {i + 1: 0 for i in range(chains)}
    for kind, data, _ in listener.events():
        if kind == "draws":
            if data["from"] != rows[data["chain"]]:
                return None
            rows[data["chain"]] += len(data["draws"])
    return rows


def many(server, session, count):
    """Each hears all of it."""
    run = begin(server, session, 400, chains=2, thin=500)
    all_of, ready = [], selectors.DefaultSelector()
    for _ in range(count):
        one = Listener(server, run)
        one.socket.settimeout(30)
        ready.register(one.socket, selectors.EVENT_READ, one)
        all_of.append(one)
    slowest, end = 0, time.monotonic() + 60
    while any(not one.ended for one in all_of) and time.monotonic() < end:
        for key, _ in ready.select(1):
            key.data.read()
            if key.data.ended:
                ready.unregister(key.fileobj)
        begun = time.monotonic()
        good = server.get("/healthz").status == 200
        slowest = max(slowest, time.monotonic() - begun)
        if not good:
            check("others are served", good)
    whole = sum(missed_nothing(one, 2) == {1: 400, 2: 400} for one in all_of)
    check(f"{count} listeners hear all", whole == count, whole)
    check("nobody waits for them", slowest < 2, slowest)
    for one in all_of:
        one.close()


def one_that_does_not_listen(server, session):
    """It is behind, and the run goes on; then it is moved forward."""
    run = begin(server, session, 1000000000)
    deaf = Listener(server, run, buffer=4096)
    deaf.read(1000)
    end = time.monotonic() + 60
    while draws_of(server, run) < 400000 and time.monotonic() < end:
        time.sleep(0.02)
    made = draws_of(server, run)
    check("a run does not wait for a listener", made >= 400000, made)
    fresh = Listener(server, run, last="390000")
    while b"event: draws" not in fresh.bytes:
        fresh.read()
    check("another hears it meanwhile", next(
        data["from"] for kind, data, _ in fresh.events()
        if kind == "draws") == 390000)
    fresh.close()
    while b"event: summary" not in deaf.bytes and time.monotonic() < end:
        deaf.read(1 << 16)
    for _ in range(3):
        deaf.read(1 << 16)
    at, told = 0, []
    for kind, data, _ in deaf.events():
        if kind == "summary":
            told.append(data["missed"])
            at += data["missed"]
        elif kind == "draws":
            check("what it missed is told", data["from"] == at, data["from"])
            at += len(data["draws"])
    check("it is told how many", told and told[0] > 100000, told)
    missed = [line for line in server.get("/metrics").text.splitlines()
              if line.startswith("vestige_draws_missed_total")]
    check("and so is who looks after the server",
          float(missed[0].split()[1]) >= told[0], missed)
    deaf.close()
    server.post(f"/v1/runs/{run}/stop")
    server.delete(f"/v1/runs/{run}")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with Server() as server:
        session = server.post("/v1/sessions", {"seed": 1}).json["id"]
        server.say(session, "ASSUME x (normal 0 1)")
        many(server, session, count)
        one_that_does_not_listen(server, session)
        check("it ends well", server.stop() == 0, server.errors)
    return counted.finish()


if __name__ == "__main__":
    sys.exit(main())
