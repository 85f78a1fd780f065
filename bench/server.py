#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server against its bars, on loopback, both sides on this machine.

    bench/server.py [PROGRAM]

Requests a second are wrk's. Where others work on the machine as well, a bar
that is missed is said to be `busy`, and not met, if the processor's time that a
request took would allow it. Needs wrk.
"""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests/server"))
import client  # noqa: E402
from client import Server  # noqa: E402

MISSED = 0


def show(what, figure, bar, good, unit="", busy=False):
    global MISSED
    MISSED += not good and not busy
    word = "ok  " if good else "busy" if busy else "MISS"
    print(f"{word} {what:48} {figure:>10} {unit:5} bar {bar}")


def cpu(pid):
    parts = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1)) / 1024


def wrk(server, path, body=None, seconds=4):
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s"]
    script = None
    if body:
        script = tempfile.NamedTemporaryFile("w", suffix=".lua")
        script.write(f"wrk.method='POST' wrk.body=[==[{body}]==] "
                     "wrk.headers['Content-Type']='application/json'")
        script.flush()
        command += ["-s", script.name]
    before = cpu(server.process.pid)
    out = subprocess.run(command + [f"http://127.0.0.1:{server.port}{path}"],
                         capture_output=True, text=True, check=True).stdout
    used = cpu(server.process.pid) - before
    made = int(re.search(r"(\d+) requests in", out).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    wrong = "Non-2xx" in out
    return rate, used / made, wrong


def rates(server):
    s = "/v1/sessions/default"
    server.post(s + "/directives", {"text": "ASSUME x (normal 0 1)"})
    for what, path, body, bar in (
            ("values cached in the front", s + "/directives/1", None, 40000),
            ("the engine is asked", s + "/directives", '{"text":"x"}', 15000)):
        server.get(s + "/directives/1")
        rate, each, wrong = wrk(server, path, body)
        able = 1 / each if each else 0
        show(f"{what}, a second", f"{rate:.0f}", bar,
             not wrong and rate >= bar,
             busy=not wrong and able >= 1.2 * bar and os.getloadavg()[0] > 3)
        print(f"       the front took {1e6 * each:.1f} us of processor each")


def percentile(times, share):
    return sorted(times)[int(share * (len(times) - 1))]


def bare(folder, count):
    path = os.path.join(folder, "bare")
    f = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        os.write(f, b"x" * 200)
        os.fdatasync(f)
        times.append(time.perf_counter() - begun)
    os.close(f)
    return times


def observe(server, count, session="default"):
    if session != "default":
        session = server.request("POST", "/v1/sessions", {"seed": session}, None,
                                 server.connect()).json["id"]
        server.request("POST", f"/v1/sessions/{session}/directives",
                       {"text": "ASSUME x (normal 0 1)"}, None, server.connect())
    s = socket.create_connection((server.host, server.port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times = []
    for i in range(count):
        body = json.dumps({"text": f"OBSERVE (normal x 1) {i % 7}"})
        request = (f"POST /v1/sessions/{session}/directives HTTP/1.1\r\n"
                   f"Host: localhost\r\nContent-Type: application/json\r\n"
                   f"Content-Length: {len(body)}\r\n\r\n{body}").encode()
        begun = time.perf_counter()
        s.sendall(request)
        answer = s.recv(65536)
        times.append(time.perf_counter() - begun)
        assert b" 200 " in answer[:20], answer
    s.close()
    return times


def syncs(server):
    """How often the disk was waited for."""
    text = server.get("/metrics").text
    return float(re.search(r"^vestige_journal_syncs_total (\S+)", text, re.M)
                 .group(1))


def grouped(server):
    """Clients side by side: how many requests share a wait."""
    before = syncs(server)
    threads = [threading.Thread(target=observe, args=(server, 50, k))
               for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    each = (syncs(server) - before) / 400
    show("fdatasyncs a request, 8 clients at once", f"{each:.2f}", 1, each <= 1)


def latency(server):
    """In turns, so that both meet the same disk."""
    plain, ours = [], []
    before = syncs(server)
    for _ in range(10):
        plain += bare(server.data, 50)
        ours += observe(server, 50)
    each = (syncs(server) - before) / 500
    show("fdatasyncs a request", f"{each:.2f}", 1, each <= 1)
    grouped(server)
    a, b = percentile(plain, 0.95), percentile(ours, 0.95)
    show("OBSERVE on disk, 95th percentile", f"{1e3 * b:.2f}",
         f"{1e3 * a + 1:.2f} (append and fdatasync + 1)", b <= a + 1e-3, "ms")


def many(server):
    ids = [server.post("/v1/sessions", {"seed": i}).json["id"] for i in range(200)]
    for i in ids:
        server.say(i, "ASSUME x (normal 0 1)\nOBSERVE (normal x 1) 1\nINFER 1000")
    each = [resident(p) for p in server.engines()]
    front = resident(server.process.pid)
    show("200 sessions at once", f"{sum(each) + front:.0f}", 4096,
         len(each) >= 200 and sum(each) + front < 4096, "MB")
    show("the largest of them", f"{max(each):.1f}", 20, max(each) < 20, "MB")


def ended_children(pid):
    """Seconds of processor that its children took which it has buried."""
    parts = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(parts[13]) + int(parts[14])) / os.sysconf("SC_CLK_TCK")


def hear(server, run):
    """Bytes of all of a run's events."""
    got, tail = 0, b""
    s = socket.create_connection((server.host, server.port))
    s.sendall(f"GET /v1/runs/{run}/events HTTP/1.1\r\nHost: localhost\r\n"
              "\r\n".encode())
    while b"event: end" not in tail:
        part = s.recv(1 << 20)
        if not part:
            break
        got += len(part)
        tail = (tail + part)[-200:]
    s.close()
    return got


def stream(server):
    """Draws of five numbers, to one listener and to nobody, by turns: what the
    sampler's process took."""
    i = server.post("/v1/sessions", {"seed": 1}).json["id"]
    server.say(i, "\n".join(f"ASSUME x{k} (normal 0 1)" for k in range(3)))
    engine = max(server.engines())
    draws, took, rates = 300000, {False: [], True: []}, []
    for turn in range(8):
        listens = turn % 2 == 1
        before = ended_children(engine)
        order = {"kernel": "(mh)", "samples": draws, "warmup": 0, "thin": 6,
                 "chains": 1, "seed": 1}
        begun = time.monotonic()
        run = server.post(f"/v1/sessions/{i}/runs", order).json["id"]
        if listens:
            got = hear(server, run)
            rates.append(draws / (time.monotonic() - begun))
        server.wait_run(run, 120)
        for _ in range(3):  # it buries its dead when it is asked something
            time.sleep(0.05)
            server.say(i, "x0")
        took[listens].append(ended_children(engine) - before)
        server.delete(f"/v1/runs/{run}")
    alone, heard = (sorted(took[listens])[1:3] for listens in (False, True))
    more = 100 * (sum(heard) / sum(alone) - 1)
    busy = os.getloadavg()[0] > 3
    show("draws streamed, a second", f"{max(rates):.0f}", 100000,
         max(rates) >= 100000, busy=busy)
    show("processor of the sampler, with a listener", f"{more:+.1f}", 5,
         more <= 5, "%", busy=busy)
    print(f"       {got / 1e6:.0f} MB of events")


def wake(server):
    i = server.post("/v1/sessions", {"seed": 1}).json["id"]
    server.say(i, "ASSUME x (normal 0 1)\nOBSERVE (normal x 1) 2\n"
                  "INFER 1000000")
    while server.get(f"/v1/sessions/{i}").json["awake"]:
        time.sleep(0.1)
    begun = time.perf_counter()
    server.get(f"/v1/sessions/{i}/logscore")
    took = time.perf_counter() - begun
    show("a sleeping session of 1M transitions answers", f"{1e3 * took:.1f}", 100, took < 0.1, "ms")


def main():
    if len(sys.argv) > 1:
        client.PROGRAM = sys.argv[1]
    with Server() as server:
        rates(server)
        latency(server)
        stream(server)
    with Server("--idle-time", "1") as server:
        wake(server)
    with Server() as server:
        many(server)
    return 1 if MISSED else 0


if __name__ == "__main__":
    sys.exit(main())
