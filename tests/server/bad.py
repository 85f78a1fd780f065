#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad clients: each gets a clear answer or is left alone, and the server
serves the next one."""
import json
import os
import resource
import socket
import sys
import threading
import time
import urllib.parse

import counted
from client import Server
from counted import check


def raw(server, data, wait=5.0):
    """Sends bytes; what comes back until the end or so many seconds."""
    s = socket.create_connection((server.host, server.port), timeout=wait)
    out = b""
    try:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        while True:
            part = s.recv(65536)
            if not part:
                break
            out += part
    except OSError:
        pass
    s.close()
    return out


def status(answer):
    parts = answer.split(b" ", 2)
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else None


def alive(server, what):
    check(f"it lives after {what}", server.get("/healthz").status == 200)


def malformed(server):
    host = f"Host: 127.0.0.1:{server.port}\r\n".encode()
    rows = [
        (b"", None), (b"\r\n\r\n", None), (b"GET\r\n\r\n", (400, None)),
        (b"\x00\x01\x02\x03\r\n\r\n", (400, None)), (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no Host
        (b"GET " + b"/a" * 40000 + b" HTTP/1.1\r\n" + host + b"\r\n",
         (414, None)),
        (b"GET / HTTP/1.1\r\n" + host + b"X: " + b"y" * 100000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + host +
         b"".join(b"X%d: y\r\n" % i for i in range(20000)) + b"\r\n", 431),
        (b"POST /assume HTTP/1.1\r\n" + host + b"Content-Length: -1\r\n\r\n", 400),
        (b"POST /assume HTTP/1.1\r\n" + host +
         b"Content-Length: 99999999999999999999\r\n\r\n", (400, 413)),
        (b"POST /v1/sessions HTTP/1.1\r\n" + host +
         b"Content-Length: 17000000\r\n\r\n{", 413),
        (b"POST /v1/sessions HTTP/1.1\r\n" + host +
         b"Transfer-Encoding: chunked\r\n\r\n" +
         (b"100000\r\n" + b"x" * 0x100000 + b"\r\n") * 17 + b"0\r\n\r\n",
         (413, None)),
        (b"POST /assume HTTP/1.1\r\n" + host +
         b"Transfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n", 400),
        (b"GET /../../etc/passwd HTTP/1.1\r\n" + host + b"\r\n", 404),
        (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" + host + b"\r\n", 404),
        (b"GET /v1/sessions/%00 HTTP/1.1\r\n" + host + b"\r\n", (400, 404)),
        (b"GET /v1/sessions/default/../../healthz HTTP/1.1\r\n" + host +
         b"\r\n", 404),
        (b"GET /v1/sessions/99999999999999999999 HTTP/1.1\r\n" + host +
         b"\r\n", 404),
        (b"GET /v1/sessions/-1 HTTP/1.1\r\n" + host + b"\r\n", 404),
        (b"GET /\xff\xfe HTTP/1.1\r\n" + host + b"\r\n", 404),
    ]
    for data, wanted in rows:
        got = status(raw(server, data))
        wanted = wanted if isinstance(wanted, tuple) else (wanted,)
        # A request that is cut off may be answered by silence alone.
        check(f"{data[:60]!r} gives {wanted}", got in wanted or
              (got is None and 431 in wanted), got)
    alive(server, "malformed requests")


def bodies(server):
    s = "/v1/sessions/default/directives"
    rows = [
        ("{", 400), ("[]", 400), ("null", 400), ('{"text":1}', 400),
        ('{"text":"1","text":"2"}', 400), ('{"nonsense":1}', 400),
        ('{"text":"1","directives":[]}', 400), ('{"directives":[1]}', 400),
        ('{"directives":{}}', 400), ("{}", 400), ('{"text":"\\u0000"}', 400),
        ("[" * 100000, 400), ('{"text":"' + "(" * 1000000 + '"}', 422),
        ('{"text":"\\ud800"}', 400),
    ]
    for body, wanted in rows:
        a = server.post(s, body, headers={"Content-Type": "application/json"})
        check(f"{body[:40]} gives {wanted}", a.status == wanted, a)
        check(f"{body[:40]} is told as a problem", "detail" in a.json, a)
    a = server.post(s, b'{"text":"\xff\xfe"}', headers={"Content-Type": "application/json"})
    check("UTF-8 that is none", a.status == 400, a)
    a = server.post(s, b"\xff\xfe", headers={"Content-Type": "text/plain"})
    check("as text as well", a.status in (400, 422), a)
    a = server.post(s, b"a\0b", headers={"Content-Type": "text/plain"})
    check("a zero byte", a.status == 400, a)
    a = server.post(s, "<a/>", headers={"Content-Type": "text/xml"})
    check("another type", a.status == 415, a)
    for key in ("", "x" * 300):
        a = server.post(s, {"text": "1"}, headers={"Idempotency-Key": key})
        check("a wrong key", a.status == 400, a)
    alive(server, "bad bodies")


def wrong_types(server):
    """A value of each other type in every member that is described."""
    document = server.get("/openapi.json").json
    values = [None, True, -1, 1.5, 2 ** 70, "x", "", [], {}, [[]], "\x01"]
    count = 0
    for path, methods in document["paths"].items():
        body = methods.get("post", {}).get("requestBody", {}).get("content", {})
        if "application/json" not in body:
            continue
        name = body["application/json"]["schema"]["$ref"].split("/")[-1]
        known = document["components"]["schemas"][name]
        for shape in known.get("oneOf", [known]):
            for member in shape["properties"]:
                for v in values:
                    at = path.replace("{session}", "default").replace("{run}", "1")
                    a = server.post(at, {member: v})
                    count += 1
                    good = (a.status < 300 or (400 <= a.status < 500 and
                                               "detail" in a.json))
                    if not good:
                        check(f"{at} {member} {v!r}", False, a)
    check(f"{count} wrong members are answered", count > 50, count)
    alive(server, "wrong types")


def wrong_arguments(server):
    """The same in arguments of URLs and in fields of forms."""
    document = server.get("/openapi.json").json
    run = server.post("/v1/sessions/default/runs",
                      {"samples": 5, "chains": 1}).json["id"]
    values = ["", "-1", "1.5", "x", "[", "null", "{}", "99999999999999999999",
              "%00", "%ff", "a" * 3000, "true", '"\\ud800"']
    count = 0

    def judge(what, a):
        nonlocal count
        count += 1
        if not (a.status < 300 or 400 <= a.status < 500 and "detail" in a.json):
            check(what, False, a)
    for path, methods in document["paths"].items():
        at = path.replace("{session}", "default").replace("{run}", run) \
            .replace("{plot}", "trace")
        for row in methods.get("get", {}).get("parameters", []):
            if row["in"] == "query":
                for v in values:
                    quoted = v if v[:1] == "%" else urllib.parse.quote(v)
                    judge(f"{at}?{row['name']}={v!r}",
                          server.get(f"{at}?{row['name']}={quoted}"))
        body = methods.get("post", {}).get("requestBody", {}).get("content", {})
        kind = "application/x-www-form-urlencoded"
        if kind not in body:
            continue
        name = body[kind]["schema"]["$ref"].split("/")[-1]
        fields = list(document["components"]["schemas"][name]["properties"])
        for field in fields:
            for v in values:
                sent = "&".join(f"{f}={v if f == field else 1}" for f in fields)
                judge(f"{at} {sent}", server.post(at, sent, headers={
                    "Content-Type": kind}))
    for argument, wanted in (("from=-1", 400), ("count=1.5", 400),
                             ("stride=x", 400), ("chain=99", 400),
                             ("format=xml", 400)):
        a = server.get(f"/v1/runs/{run}/draws?{argument}")
        check(f"{argument} gives {wanted}", a.status == wanted, a)
    check(f"{count} wrong arguments are answered", count > 150, count)
    server.post("/")
    alive(server, "wrong arguments")


def names(server):
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil",
                 "", "[::2]", "127.0.0.2:80"):
        a = server.get("/healthz", headers={"Host": host})
        check(f"Host {host!r}", a.status in (400, 403), a)
    for host in ("localhost", "LOCALHOST:99", "127.0.0.1", "[::1]:8"):
        a = server.get("/healthz", headers={"Host": host})
        check(f"Host {host!r}", a.status == 200, a)
    own = f"127.0.0.1:{server.port}"
    for origin, wanted in ((f"http://{own}", 200), ("http://evil.example", 403),
                           ("null", 403), (f"http://{own}.evil.example", 403),
                           ("http://localhost:1", 403)):
        a = server.get("/healthz", headers={"Origin": origin})
        check(f"Origin {origin}", a.status == wanted, a)
        check("no CORS", "Access-Control-Allow-Origin" not in a.headers, a)


def one_site():
    """A site that is let in: its pages ask first, and are told."""
    site = "https://notebook.example"
    ask = {"Access-Control-Request-Method": "POST",
           "Access-Control-Request-Headers": "content-type"}
    with Server("--allow-origin", site) as server:
        a = server.request("OPTIONS", "/v1/sessions", headers={"Origin": site, **ask})
        check("it may ask", a.status == 204 and
              a.headers["Access-Control-Allow-Origin"] == site and
              "POST" in a.headers["Access-Control-Allow-Methods"] and
              "Content-Type" in a.headers["Access-Control-Allow-Headers"] and
              a.headers["Allow"] == "GET, POST", a.headers)
        a = server.post("/v1/sessions", {}, headers={"Origin": site})
        check("and does", a.status == 201 and
              a.headers["Access-Control-Allow-Origin"] == site, a)
        for origin in ("https://other.example", site + ".evil.example", "null"):
            for method in ("OPTIONS", "GET"):
                a = server.request(method, "/v1/sessions",
                                   headers={"Origin": origin, **ask})
                check(f"{method} of {origin} is refused", a.status == 403 and
                      "Access-Control-Allow-Origin" not in a.headers, a)
    with Server() as server:
        a = server.request("OPTIONS", "/v1/sessions", headers=ask)
        check("nobody is let in unasked", a.status == 204 and not any(
            h.startswith("Access-Control") for h in a.headers), a.headers)


def login(server):
    """A browser's cookie: no script may read it, no other site send it."""
    for wrong in ("abcdefghijklmnoq", "abcdefghijklmno", "", "# two"):
        a = server.post("/ui/login", {"token": wrong})
        check(f"no cookie for {wrong!r}", a.status == 403 and
              "Set-Cookie" not in a.headers, a)
    a = server.post("/ui/login", {"token": "the-other-token-of-ours"})
    cookie = a.headers.get("Set-Cookie", "")
    named, *rules = [part.strip() for part in cookie.split(";")]
    check("a cookie", a.status == 200 and
          named == "vestige=the-other-token-of-ours", cookie)
    check("of which no script knows", "HttpOnly" in rules, cookie)
    check("that no other site sends", "SameSite=Strict" in rules, cookie)
    for given, wanted in ((named, 200), (named + "x", 401), ("vestige=", 401),
                          ("other=the-other-token-of-ours", 401)):
        a = server.get("/v1/sessions", headers={"Cookie": given})
        check(f"{given} gives {wanted}", a.status == wanted, a)


def tokens():
    import tempfile
    with tempfile.NamedTemporaryFile("w", suffix=".tokens") as f:
        f.write("# two\nabcdefghijklmnop\nthe-other-token-of-ours\n")
        f.flush()
        with Server("--token-file", f.name) as server:
            for given, wanted in (
                    (None, 401), ("Bearer abcdefghijklmnop", 200),
                    ("bearer the-other-token-of-ours", 200),
                    ("Bearer abcdefghijklmno", 401),
                    ("Bearer abcdefghijklmnopq", 401), ("Bearer ", 401),
                    ("Basic abcdefghijklmnop", 401), ("abcdefghijklmnop", 401)):
                a = server.get("/v1/sessions", headers={"Authorization": given}
                               if given else {})
                check(f"{given} gives {wanted}", a.status == wanted, a)
            login(server)
            check("health is open", server.get("/healthz").status == 200)
    try:
        with Server("--host", "0.0.0.0") as server:
            check("not without a token elsewhere", False)
    except RuntimeError as e:
        check("not without a token elsewhere", "--token-file" in str(e), e)


def programs():
    """Programs that eat time or memory, beside one that does not."""
    with Server("--limit-time", "1", "--limit-memory", "64M") as server:
        good = server.post("/v1/sessions", {"seed": 1}).json["id"]
        bad = server.post("/v1/sessions", {"seed": 2}).json["id"]
        value = server.say(good, "ASSUME x (normal 0 1)")[0]["value"]
        kept = server.say(bad, "ASSUME y (normal 0 1)")[0]["value"]
        slowest, done = [0.0], threading.Event()

        def neighbour():
            c = server.connect()
            while not done.is_set():
                begun = time.monotonic()
                a = server.request("POST", f"/v1/sessions/{good}/directives",
                                   {"text": "x"}, connection=c)
                slowest[0] = max(slowest[0], time.monotonic() - begun)
                if a.json["answers"][0]["value"] != value:
                    check("the neighbour's value", False, a)
                time.sleep(0.01)

        thread = threading.Thread(target=neighbour)
        thread.start()
        for text in ("(let loop () (loop))",
                     "(let loop ((l '())) (loop (cons l l)))",
                     "ASSUME big (iota 100000000)"):
            a = server.post(f"/v1/sessions/{bad}/directives", {"text": text})
            check(f"{text} is ended", a.status == 503 and
                  a.json["type"] in ("urn:vestige:limit", "urn:vestige:time"), a)
            a = server.get(f"/v1/sessions/{bad}/directives/1")
            check("what was before is there", a.json.get("value") == kept, a)
        done.set()
        thread.join()
        check("the neighbour hardly noticed", slowest[0] < 0.5, slowest[0])


def limits():
    with Server("--max-sessions", "3", "--limit-rate", "50") as server:
        got = [server.post("/v1/sessions", {}).status for _ in range(5)]
        check("three sessions", got == [201] * 3 + [503] * 2, got)
        got = [server.get("/healthz").status for _ in range(200)]
        check("a rate", 429 in got and got[0] == 200, got[:5])


def many(server):
    """Slow ones and many at once: the next is served meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = min(10000, hard - 200)
    slow = []
    for i in range(wanted):
        try:
            s = socket.create_connection((server.host, server.port), timeout=5)
            s.sendall(b"GET /healthz HTTP/1.1\r\nX: " if i % 2 else b"G")
            slow.append(s)
        except OSError:
            break
    check(f"{wanted} connections that say nothing", len(slow) > wanted * 0.9,
          len(slow))
    begun = time.monotonic()
    a = server.get("/healthz")
    check("one that speaks is served", a.status == 200 and
          time.monotonic() - begun < 1, time.monotonic() - begun)
    for s in slow:
        s.close()
    alive(server, "many connections")


def main():
    with Server() as server:
        malformed(server)
        bodies(server)
        names(server)
        wrong_types(server)
        wrong_arguments(server)
        many(server)
        check("it ends well", server.stop() == 0, server.errors)
        check("and said nothing", server.errors == "", server.errors)
    tokens()
    one_site()
    programs()
    limits()
    return counted.finish()


if __name__ == "__main__":
    sys.exit(main())
