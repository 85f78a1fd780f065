#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`vestige connect`: what is typed goes to the server, what comes back is
shown; through a pipe, and at a terminal."""
import os
import pty
import select
import subprocess
import sys
import time

import counted
from client import PROGRAM, Server
from counted import check


def run(url, text, **environment):
    r = subprocess.run([PROGRAM, "connect", url], input=text, text=True,
                       capture_output=True, timeout=30,
                       env={**os.environ, **environment})
    return r.returncode, r.stdout, r.stderr


def read_until(fd, wanted, seconds=20):
    out, end = b"", time.monotonic() + seconds
    while wanted not in out and time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                out += os.read(fd, 4096)
            except OSError:
                break
    return out


def terminal(url):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "dumb"
        os.environ["INPUTRC"] = "/dev/null"
        os.execv(PROGRAM, [PROGRAM, "connect", url])
    read_until(fd, b"> ")
    os.write(fd, b"ASSUME z (+ 40\n")
    read_until(fd, b"... ")
    os.write(fd, b"2)\n")
    out = read_until(fd, b"value: 42")
    check("a directive of two lines", b"value: 42" in out, out)
    os.write(fd, b"(nowhere)\n")
    out = read_until(fd, b"error:")
    check("an error", b"1:2: error:" in out, out)
    os.write(fd, b"(+ z 1)\nEXIT\n")
    out = read_until(fd, b"43")
    check("it goes on", b"43" in out, out)
    check("it leaves", os.waitpid(pid, 0)[1] == 0)
    os.close(fd)


def main():
    with Server() as server:
        url = f"http://127.0.0.1:{server.port}"
        got = run(url, 'ASSUME x 3\n(display "here")\n(* x x)\n')
        check("a pipe", got == (0, "id: 1\nvalue: 3\nhere\n9\n", ""), got)
        got = run(url + "/", "ASSUME y (+ x\n   nope)\n")
        check("an error has its place", got[0] == 1 and
              got[2].startswith("2:4: error: "), got)
        a = server.post("/v1/sessions", {"seed": 1}).json["id"]
        got = run(f"{url}/v1/sessions/{a}", "x\n")
        check("another session", got[0] == 1 and "error" in got[2], got)
        got = run(f"{url}/v1/sessions/77", "1\n")
        check("no session", got[0] == 1 and "no session 77" in got[2], got)
        terminal(url)
    got = run(url, "1\n")
    check("no server", got[0] == 1 and "no server at" in got[2], got)
    for wrong in ("localhost", "ftp://x", "http://", "http://a b", "http://a:x"):
        got = run(wrong, "1\n")
        check(f"{wrong} is no URL", got[0] == 2, got)
    return counted.finish()


if __name__ == "__main__":
    sys.exit(main())
