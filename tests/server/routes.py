#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every route of a real server: its answer, its status, and whether both are
what /openapi.json says. The description and this list name the same routes,
and its examples are valid and accepted."""
import json
import os
import re
import signal
import sys
import time
import xml.etree.ElementTree

import counted
import schema
from client import Server
from counted import check


class Described:
    """A server whose every answer is held against its description."""

    def __init__(self, server):
        self.server = server
        self.document = server.get("/openapi.json").json
        self.seen = set()

    def template(self, method, path):
        path = path.split("?")[0]
        paths = self.document["paths"]
        if path in paths and method in paths[path]:
            return path
        for pattern in paths:
            shape = re.sub(r"\{\w+\}", "[^/]+", pattern)
            if re.fullmatch(shape, path) and method in paths[pattern]:
                return pattern
        return None

    def ask(self, method, path, status=None, **more):
        a = self.server.request(method, path, **more)
        pattern = self.template(method.lower(), path)
        if pattern is None:
            check(f"{method} {path} is described", a.status in (404, 405), a)
            return a
        self.seen.add((method.lower(), pattern))
        row = self.document["paths"][pattern][method.lower()]
        answers = row["responses"]
        kind = answers.get(str(a.status), answers["default"])
        if status is None:
            status = int(next(iter(answers)))
        check(f"{method} {path} gives {status}", a.status == status, a)
        content = kind.get("content", {})
        given = (a.headers.get("Content-Type") or "").split(";")[0]
        if not content:
            check(f"{method} {path} gives nothing", not a.body, a)
        elif given.endswith("json"):
            wanted = content[given]["schema"] if given in content else None
            wrong = (list(schema.faults(a.json, wanted, self.document))
                     if wanted is not None else [f"{given} is not described"])
            check(f"{method} {path} is as described", not wrong, wrong[:3])
        else:
            check(f"{method} {path} is {given}",
                  given in content or "*/*" in content or
                  given in ("text/csv", "application/x-netcdf"), content)
        return a


def examples(d):
    for path, methods in d.document["paths"].items():
        for method, row in methods.items():
            for kind, body in row.get("requestBody", {}).get("content", {}).items():
                if "example" in body:
                    wrong = list(schema.faults(body["example"], body["schema"],
                                               d.document))
                    check(f"the example of {method} {path}", not wrong, wrong)


def sessions(d):
    a = d.ask("POST", "/v1/sessions", body={"seed": 7})
    check("a session has its seed", a.json["seed"] == 7, a)
    check("it has a place", a.headers["Location"] == "/v1/sessions/" + a.json["id"], a)
    s = "/v1/sessions/" + a.json["id"]
    d.ask("GET", "/v1/sessions")
    d.ask("GET", s)
    text = "ASSUME x (normal 0 1)\nOBSERVE (normal x 1) 2\nPREDICT (* 2 x)\n"
    a = d.ask("POST", s + "/directives", body={"text": text})
    x = a.json["answers"][0]["value"]
    check("three answers", [r["directive"] for r in a.json["answers"]] ==
          ["assume", "observe", "predict"], a)
    check("2 x is twice x", a.json["answers"][2]["value"] == 2 * x, a)
    a = d.ask("POST", s + "/directives", body={"directives": ["ASSUME y (+ x 1)", "(+ y 1)"]})
    check("an expression", abs(a.json["answers"][1]["value"] - x - 2) < 1e-12, a)
    a = d.ask("POST", s + "/directives", body="FORGET 3",
              headers={"Content-Type": "text/plain; charset=utf-8"})
    check("plain text", a.json["answers"][0]["directive"] == "forget", a)
    a = d.ask("GET", s + "/directives")
    check("the list", [r["id"] for r in a.json["directives"]] == [1, 2, 4], a)
    for _ in range(2):  # the second is answered by the front
        a = d.ask("GET", s + "/directives/1")
        check("a value", a.json["value"] == x, a)
    before = x
    d.ask("POST", s + "/directives", body={"text": "INFER 1000"})
    a = d.ask("GET", s + "/directives/1")
    check("a value that moved is told", a.json["value"] != before, a)
    a = d.ask("GET", s + "/program")
    check("the program", a.text == "ASSUME x (normal 0 1)\nOBSERVE (normal x 1) 2\n"
          "ASSUME y (+ x 1)\n", a)
    a = d.ask("GET", s + "/statistics")
    check("statistics", a.json["made-proposals"] == 1000, a)
    d.ask("GET", s + "/trace")
    d.ask("GET", s + "/logscore")
    d.ask("GET", s + "/directives/77", status=404)
    d.ask("DELETE", s + "/directives/1", status=409)
    d.ask("DELETE", s + "/directives/4")
    d.ask("DELETE", s + "/directives/4", status=404)
    a = d.ask("POST", s + "/fork")
    f = "/v1/sessions/" + a.json["id"]
    check("a fork has the value", d.ask("GET", f + "/directives/1").json["value"] ==
          d.ask("GET", s + "/directives/1").json["value"])
    more = [d.ask("POST", at + "/directives", body={"text": "(normal 0 1)"}).json
            for at in (f, s)]
    check("and the random numbers", more[0] == more[1], more)
    d.ask("DELETE", f)
    d.ask("GET", f, status=404)
    return s


def errors(d, s):
    a = d.ask("POST", s + "/directives", status=422,
              body={"text": "ASSUME q 1\nASSUME z (+ 1\n   nowhere)\n"})
    check("an error has a place", a.json["span"] == {
        "line": 3, "column": 4, "end_line": 3, "end_column": 11,
        "text": "nowhere"}, a)
    check("and a kind", a.json["kind"] == "name", a)
    check("a directive, and how many were done before it",
          (a.json["directive"], a.json["done"]) == ("assume", 1), a)
    check("what stands before it is kept",
          d.ask("POST", s + "/directives", body={"text": "q"}).status == 200)
    for text in ("EXIT", "INFER (mh) :samples 10 :for 1s", 'LOAD "/etc/passwd"',
                 'INFER (mh) :samples 10 :chains 1 :out "/tmp/draws"',
                 'PLOT (list 1 2 3) :out "/tmp/a.svg"'):
        a = d.ask("POST", s + "/directives", status=422, body={"text": text})
        check(f"{text} is refused with words", len(a.json["detail"]) > 10, a)


def keys(d, s):
    k = {"Idempotency-Key": "one"}
    a = d.ask("POST", s + "/directives", body={"text": "(normal 0 1)"}, headers=k)
    b = d.ask("POST", s + "/directives", body={"text": "(normal 0 1)"}, headers=k)
    check("a key's second request is the first's answer", a.json == b.json, (a, b))
    check("and says so", b.headers["Idempotency-Replayed"] == "true", b)
    d.ask("POST", s + "/directives", status=422, body={"text": "1"}, headers=k)
    bad = {"Idempotency-Key": "bad"}
    a, b = (d.ask("POST", s + "/directives", status=422, body={"text": "(nope)"},
                  headers=bad) for _ in range(2))
    check("errors as well", a.json == b.json, (a, b))
    a, b = (d.ask("POST", "/v1/sessions", body={}, headers=k) for _ in range(2))
    check("one session of two requests", a.json == b.json, (a, b))
    d.ask("DELETE", "/v1/sessions/" + a.json["id"])
    run = {"samples": 5, "kernel": "(mh)", "chains": 1}
    a, b = (d.ask("POST", s + "/runs", body=run, headers=k) for _ in range(2))
    check("one run of two requests", a.json == b.json, (a, b))


def summary_so_far(d, r):
    """While a run draws, its summary is of what there is."""
    end = time.monotonic() + 30
    while sum(c["draws"] for c in d.ask("GET", r).json["chains"]) < 1000:
        check("it draws", time.monotonic() < end)
        time.sleep(0.05)
    a = d.ask("GET", r + "/summary")
    x = next(row for row in a.json["summary"] if row["name"] == "x")
    check("a summary while it runs", a.json["state"] == "running" and
          a.json["draws"] > 200 and x["ess_bulk"] > 0 and x["rhat"] > 0.9, a)


def refused(d, s):
    """Orders that no run can have: said at once, with the place in what was
    sent."""
    before = d.ask("GET", s + "/runs").json
    kept = d.ask("GET", s + "/directives").json
    for body, pointer, text, words in (
            ({"kernel": "(no-such)"}, "#/kernel", "(no-such)", "no-such"),
            ({"kernel": "(cycle (mh)\n  (hmx))"}, "#/kernel", "(hmx)", "hmx"),
            ({"kernel": "(mh (name nobody))"}, "#/kernel", "nobody", "nobody"),
            ({"for": "3w"}, "#/for", "3w", "60s"),
            ({"watch": ["x", "(+ x nowhere)"]}, "#/watch/1", "nowhere",
             "nowhere")):
        a = d.ask("POST", s + "/runs", status=422, body=body)
        member = re.match(r"#/(\w+)", pointer).group(1)
        sent = body[member]
        sent = sent[int(pointer[8:])] if member == "watch" else sent
        span = a.json.get("span", {})
        lines = sent.split("\n")[span.get("line", 1) - 1:]
        check(f"{body} is refused at its place", words in a.json["detail"] and
              a.json["pointer"] == pointer and span["text"] == text and
              lines[0][span["column"] - 1:].startswith(text), a)
    a = d.ask("POST", s + "/runs", status=422, body={"kernel": "(no-such)"})
    check("with a hint", "nuts" in a.json["hint"], a)
    check("there is no run of it", d.ask("GET", s + "/runs").json == before)
    check("and the session is as it was",
          d.ask("GET", s + "/directives").json == kept)
    f = "/v1/sessions/" + d.ask("POST", s + "/fork").json["id"]
    a = d.ask("POST", s + "/runs", body={"samples": 3, "chains": 1,
                                         "watch": ["(normal x 1)"]})
    d.server.wait_run(a.json["id"])
    two = [d.ask("POST", at + "/directives", body={"text": "(normal 0 1)"}).json
           for at in (f, s)]
    check("also its random numbers", two[0] == two[1], two)
    d.ask("DELETE", f)


def netcdf_doubles(data, group, name):
    """A variable of a file that came, read by the library itself."""
    import ctypes
    nc = ctypes.CDLL("libnetcdf.so.19")
    file, at, variable, size = (ctypes.c_int() for _ in range(4))
    length = ctypes.c_size_t()

    def good(status):
        assert status == 0, status
    good(nc.nc_open_mem(b"draws", 0, ctypes.c_size_t(len(data)), data,
                        ctypes.byref(file)))
    good(nc.nc_inq_ncid(file, group.encode(), ctypes.byref(at)))
    good(nc.nc_inq_varid(at, name.encode(), ctypes.byref(variable)))
    good(nc.nc_inq_varndims(at, variable, ctypes.byref(size)))
    dims = (ctypes.c_int * size.value)()
    good(nc.nc_inq_vardimid(at, variable, dims))
    shape = []
    for dim in dims:
        good(nc.nc_inq_dimlen(at, dim, ctypes.byref(length)))
        shape.append(length.value)
    count = 1
    for n in shape:
        count *= n
    values = (ctypes.c_double * count)()
    good(nc.nc_get_var_double(at, variable, values))
    good(nc.nc_close(file))
    return shape, list(values)


def pictures(d):
    """Plots and files of a run's draws, with levels, booleans and several
    chains."""
    i = d.ask("POST", "/v1/sessions", body={"seed": 4}).json["id"]
    s = "/v1/sessions/" + i
    d.ask("POST", s + "/directives", body={
        "text": "ASSUME mu (normal 0 1)\nASSUME b (flip 0.3)\n"
                "ASSUME w (if b 'sunny 'grey)\n"
                "ASSUME th (list (normal mu 1) (normal mu 1))\n"
                "OBSERVE (normal (car th) 1) 2"})
    a = d.ask("POST", s + "/runs", body={
        "kernel": "(cycle (mh discrete) (nuts continuous))", "samples": 300,
        "warmup": 100, "chains": 2, "seed": 5})
    r = "/v1/runs/" + a.json["id"]
    d.server.wait_run(a.json["id"])
    draws = d.ask("GET", r + "/draws?count=300").json
    names = [c["name"] for c in draws["columns"]]
    quiet = set(d.server.engines())
    for plot, marks in (("trace", "<path"), ("density", "<path"),
                        ("histogram", "<rect"), ("rank", "<path"),
                        ("autocorrelation", "<path"), ("pair", "<circle"),
                        ("forest", "<rect"), ("energy", "<path")):
        a = d.ask("GET", f"{r}/plots/{plot}")
        check(f"{plot} is a picture", a.text.startswith("<?xml") and
              marks in a.text and "script" not in a.text and
              a.text.rstrip().endswith("</svg>"), a)
        xml.etree.ElementTree.fromstring(a.text)
    a = d.ask("GET", r + "/plots/trace?of=th&theme=amber")
    check("of what was named", "th.2" in a.text and ">mu<" not in a.text and
          "#ffb000" in a.text, a)
    curves = d.ask("GET", r + "/plots/trace?of=mu").text.count("<path")
    check("a curve a chain", curves == 2, curves)
    a = d.ask("GET", r + "/plots/histogram?of=w").text
    sunny = sum(row[names.index("w")] == "sunny" for c in draws["chains"]
                for row in c["draws"])
    check("levels by their names", f"sunny: {sunny}" in a, a[:500])
    lookers = set(d.server.engines()) - quiet
    check("one process looks at them", len(lookers) == 1, lookers)
    for looker in lookers:
        os.kill(looker, signal.SIGKILL)
    d.ask("GET", r + "/plots/rank")  # of another
    d.ask("GET", r + "/plots/nothing", status=404)
    d.ask("GET", r + "/plots/trace?of=nobody", status=404)
    d.ask("GET", r + "/plots/trace?theme=blue", status=400)
    d.ask("GET", r + "/plots/pair?of=mu", status=404)
    a = d.ask("GET", r + "/draws?format=netcdf")
    shape, values = netcdf_doubles(a.body, "posterior", "th")
    wanted = [row[names.index(n)] for c in draws["chains"] for row in c["draws"]
              for n in ("th.1", "th.2")]
    check("netCDF has the draws", shape == [2, 300, 2] and values == wanted,
          (shape, values[:4], wanted[:4]))
    shape, values = netcdf_doubles(a.body, "sample_stats", "energy")
    check("and what the sampler says", shape == [2, 300], shape)
    a = d.ask("GET", r + "/draws?chain=2&from=10&count=5&stride=3",
              headers={"Accept": "application/x-netcdf"})
    shape, values = netcdf_doubles(a.body, "posterior", "mu")
    part = [draws["chains"][1]["draws"][k][names.index("mu")]
            for k in range(10, 25, 3)]
    check("a part of them", values == part, (values, part))
    d.ask("GET", r + "/draws?format=xls", status=400)
    d.ask("DELETE", s)


def methods(d):
    """Every path answers other methods with those that go."""
    fill = {"{session}": "default", "{run}": "1", "{id}": "1",
            "{file}": "app.js", "{plot}": "trace"}
    for path, rows in d.document["paths"].items():
        asked = path
        for name, value in fill.items():
            asked = asked.replace(name, value)
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            if method.lower() in rows:
                continue
            a = d.server.request(method, asked)
            check(f"{method} {asked} gives 405", a.status == 405 and
                  set(a.headers["Allow"].split(", ")) ==
                  {m.upper() for m in rows}, a)


def limited():
    """A run that takes longer than the server lets it."""
    with Server("--limit-run", "0.5") as server:
        i = server.post("/v1/sessions", {"seed": 1}).json["id"]
        server.say(i, "ASSUME x (normal 0 1)")
        a = server.post(f"/v1/sessions/{i}/runs", {
            "kernel": "(mh)", "samples": 1000000000, "chains": 1})
        r = server.wait_run(a.json["id"], 20)
        check("a run is limited", r["state"] == "limited" and
              r["chains"][0]["draws"] > 0, r)
        a = server.get(f"/v1/runs/{r['id']}/summary")
        check("its draws are summarised", a.json["summary"][0]["name"] == "x", a)
        server.stop()
        server.start()
        again = server.get(f"/v1/runs/{r['id']}").json
        check("and it is that after a restart", again["state"] == "limited" and
              again["chains"] == r["chains"], again)


def runs(d, s):
    order = {"kernel": "(mh)", "samples": 200, "warmup": 20, "chains": 2,
             "seed": 3, "watch": ["(* x x)"]}
    a = d.ask("POST", s + "/runs", body=order)
    r = "/v1/runs/" + a.json["id"]
    check("a run has a place", a.headers["Location"] == r, a)
    d.server.wait_run(a.json["id"])
    a = d.ask("GET", r)
    check("it is done", a.json["state"] == "done", a)
    check("with its draws", [c["draws"] for c in a.json["chains"]] == [200, 200], a)
    names = [c["name"] for c in a.json["columns"]]
    check("of what was watched", "x" in names and len(names) == 4, names)
    a = d.ask("GET", r + "/draws?count=3&from=10&stride=5&chain=2")
    check("three draws", len(a.json["chains"][0]["draws"]) == 3, a)
    all_of = d.ask("GET", r + "/draws").json["chains"][1]["draws"]
    check("those", a.json["chains"][0]["draws"] == [all_of[i] for i in (10, 15, 20)], a)
    i = names.index("x")
    check("x * x is x squared", all(abs(row[i] ** 2 - row[3]) < 1e-12 for row in all_of))
    csv = d.ask("GET", r + "/draws?format=csv&chain=2").text.splitlines()
    check("as CSV", [float(v) for v in csv[1].split(",")[2:]] == all_of[0], csv[:2])
    a = d.ask("GET", r + "/summary")
    check("a summary", a.json["summary"][0]["name"] in ("x", "y", "x_x") and
          re.match("Looks converged|Not yet", a.json["verdict"]), a)
    again = d.ask("POST", s + "/runs", body=order).json["id"]
    d.server.wait_run(again)
    check("the same order, the same draws",
          d.ask("GET", f"/v1/runs/{again}/draws").json["chains"][1]["draws"] == all_of)
    a = d.ask("POST", r + "/extend", body={"samples": 300})
    d.server.wait_run(a.json["id"])
    longer = d.ask("GET", r + "/draws").json["chains"][1]["draws"]
    check("extended", len(longer) == 300 and longer[:200] == all_of, len(longer))
    d.ask("POST", r + "/extend", body={"samples": 100}, status=422)
    a = d.ask("POST", s + "/runs", body={"kernel": "(mh)", "samples": 100000000,
                                         "chains": 2})
    r = "/v1/runs/" + a.json["id"]
    time.sleep(0.3)
    summary_so_far(d, r)
    d.ask("POST", r + "/extend", body={"samples": 200000000}, status=409)
    before = d.ask("GET", s + "/directives/1").json  # it does not wait
    a = d.ask("POST", r + "/stop")
    check("stopped, and kept", a.json["state"] == "stopped" and
          a.json["chains"][0]["draws"] > 0, a)
    check("the session stayed as it was",
          d.ask("GET", s + "/directives/1").json == before)
    d.ask("GET", r + "/summary")
    d.ask("GET", s + "/runs")
    d.ask("DELETE", r)
    d.ask("GET", r, status=404)
    refused(d, s)
    for body, status in (({"samples": -1}, 400), ({"samples": 0}, 422),
                         ({"chains": 1000}, 400), ({"nonsense": 1}, 400),
                         ({"watch": 3}, 400), ({"kernel": 7}, 400)):
        d.ask("POST", s + "/runs", body=body, status=status)


def read_events(server, path, last=None, limit=None):
    c = server.connect(timeout=20)
    c.request("GET", path, headers={"Last-Event-ID": last} if last else {})
    r = c.getresponse()
    event, out = {}, []
    for line in r:
        line = line.decode().rstrip("\n")
        if not line:
            out.append((event.get("event"), json.loads(event["data"]), event["id"]))
            event = {}
            if limit and len(out) >= limit:
                break
        else:
            name, _, value = line.partition(": ")
            event[name] = value
    c.close()
    return out


def events(d, s):
    a = d.ask("POST", s + "/runs", body={"kernel": "(mh)", "samples": 3000,
                                         "chains": 2, "seed": 1, "thin": 20})
    run = a.json["id"]
    path = f"/v1/runs/{run}/events"
    d.seen.add(("get", "/v1/runs/{run}/events"))
    some = read_events(d.server, path, limit=4)
    rest = read_events(d.server, path, last=some[-1][2])
    check("events end", rest[-1][0] == "end" and rest[-1][1]["state"] == "done",
          rest[-1])
    rows = {1: [], 2: []}
    for kind, data, _ in some + rest:
        if kind == "draws":
            check("no draw is lost or doubled",
                  data["from"] == len(rows[data["chain"]]), data["from"])
            rows[data["chain"]] += data["draws"]
    draws = d.ask("GET", f"/v1/runs/{run}/draws?count=3000").json["chains"]
    check("they are the run's draws", rows == {1: draws[0]["draws"],
                                               2: draws[1]["draws"]})


def old(d):
    """A client of the report's system."""
    def form(path, **fields):
        import urllib.parse
        body = urllib.parse.urlencode({k: json.dumps(v) for k, v in fields.items()})
        return d.ask("POST", path, body=body, headers={
            "Content-Type": "application/x-www-form-urlencoded"})
    a = form("/seed", seed=1)
    check("seed", a.text == "Seeded with 1", a)
    a = form("/assume", name_str="is-tricky", expr_lst=["bernoulli", 0.1])
    check("assume", a.json == {"d_id": 1, "val": a.json["val"]} and
          a.json["val"] in (True, False), a)
    form("/assume", name_str="w", expr_lst=["if", "is-tricky", ["beta", 1, 1], 0.5])
    a = form("/assume", name_str="f", expr_lst="(lambda (x) (+ x 1))")
    check("a procedure has a value", a.json["d_id"] == 3, a)
    a = form("/predict", expr_lst=["f", 2])
    check("predict", a.json == {"d_id": 4, "val": 3}, a)
    a = form("/observe", expr_lst=["bernoulli", "w"], literal_val=True)
    check("observe", a.json == {"d_id": 5}, a)
    a = form("/infer", MHiterations=100, rerun=True)
    check("infer", isinstance(a.json["time"], float), a)
    a = d.ask("GET", "/")
    rows = {r["directive-id"]: r for r in a.json}
    check("the list", rows[1]["directive-type"] == "DIRECTIVE-ASSUME" and
          rows[1]["directive-expression"] == "(ASSUME is-tricky (bernoulli 0.1))" and
          rows[1]["name"] == "is-tricky" and
          rows[5]["directive-expression"] == "(OBSERVE (bernoulli w) True)" and
          "value" not in rows[5], rows)
    check("one of it", d.ask("GET", "/4").json == rows[4])
    check("log scores are numbers",
          d.ask("GET", "/logscore").json["total_logscore"] < 0)
    d.ask("GET", "/logscore/5")
    check("entropy", d.ask("GET", "/entropy").json["random_choices"] in (2, 3))
    d.ask("GET", "/memory")
    form("/mhstats/detailed/on")
    form("/infer", MHiterations=50)
    a = d.ask("GET", "/mhstats/aggregated")
    check("proposals", a.json["made-proposals"] == 150, a)
    a = d.ask("GET", "/mhstats/detailed")
    check("by place", sum(r["made-proposals"] for r in a.json.values()) == 50, a)
    form("/mhstats/detailed/off")
    form("/start_cont_infer")
    time.sleep(0.1)
    check("in the background", d.ask("GET", "/cont_infer_status").json["status"] == "on")
    form("/stop_cont_infer")
    check("no more", d.ask("GET", "/cont_infer_status").json["status"] == "off")
    a = d.ask("GET", "/mhstats/aggregated")
    check("it moved the state", a.json["made-proposals"] > 150, a)
    form("/4")
    d.ask("DELETE", "/5")
    check("forgotten", len(d.ask("GET", "/").json) == 3)
    a = d.ask("POST", "/predict", status=400, body="expr_lst=%5B%22nowhere%22%5D",
              headers={"Content-Type": "application/x-www-form-urlencoded"})
    d.ask("POST", "/predict", status=400, body="expr_lst=nowhere")
    form("/")
    check("cleared", d.ask("GET", "/").json == [])
    form("/predict", expr_lst=1)
    d.ask("DELETE", "/")


def about(d):
    for path in ("/v1/kernels", "/v1/distributions"):
        a = d.ask("GET", path)
        check(path, len(a.json["names"]) > 10, len(a.json["names"]))
    d.ask("GET", "/healthz")
    a = d.ask("GET", "/metrics")
    check("metrics", re.search(r"^vestige_requests_total \d+$", a.text, re.M), a)
    wrong = [line for line in a.text.splitlines() if not re.fullmatch(
        r"# (HELP|TYPE) vestige_\w+ .+|vestige_\w+ [\d.e+-]+", line)]
    check("as Prometheus reads them", not wrong, wrong)
    d.ask("GET", "/openapi.json")
    page = d.ask("GET", "/ui")
    for name in set(re.findall(r'"ui/([\w.]+)"', page.text)):
        a = d.ask("GET", f"/ui/{name}")
        check(f"{name} is there", len(a.body) > 100, a)
    d.ask("GET", "/ui/nothing.js", 404)
    d.ask("POST", "/ui/login", 403, body={"token": "of nobody at all"})
    for accept, led in (
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
            ("text/html", True), ("application/json;q=0.5, text/html", True),
            ("text/*", True), ("*/*", False), ("application/json", False),
            ("application/json, text/html;q=0.9", False),
            ("text/html;q=0, */*", False), ("", False)):
        a = d.server.request("GET", "/", headers={"Accept": accept})
        check(f"Accept: {accept} is led to the display: {led}",
              (a.status, a.headers["Location"]) == ((303, "/ui") if led else
                                                    (200, None)), a)
    a = d.ask("GET", "/nowhere/at/all")
    check("404", a.status == 404, a)
    a = d.ask("PUT", "/v1/sessions")
    check("405 says what goes", a.status == 405 and
          a.headers["Allow"] == "GET, POST", a)
    a = d.server.request("HEAD", "/healthz")
    check("HEAD", a.status == 200 and not a.body, a)


def restarted():
    """What is there after the server ended in order, and after an engine
    slept."""
    with Server("--idle-time", "0.2") as server:
        a = server.post("/v1/sessions", {"seed": 1}).json["id"]
        said = server.say(a, "ASSUME x (normal 0 1)\nOBSERVE (normal x 1) 1\n"
                             "INFER 100\nPREDICT x")
        value = server.get(f"/v1/sessions/{a}/directives").json
        end = time.monotonic() + 10
        while server.engines() and time.monotonic() < end:
            time.sleep(0.05)
        check("an idle engine ends", not server.engines())
        begun = time.monotonic()
        again = server.get(f"/v1/sessions/{a}/directives/3").json
        took = time.monotonic() - begun
        check("and is there again", again["value"] == said[3]["value"], again)
        check("in under 100 ms", took < 0.1, took)
        spawner = server.engines(spawner=True)[0]
        os.kill(spawner, signal.SIGKILL)
        b = server.post("/v1/sessions", {"seed": 2}).json["id"]
        check("a spawner that dies is begun again",
              server.say(b, "(+ 1 2)")[0]["value"] == 3 and
              spawner not in server.engines(spawner=True))
        server.delete("/v1/sessions/" + b)
        check("it ends with status 0", server.stop() == 0, server.errors)
        server.start()
        check("all is there after a restart",
              server.get(f"/v1/sessions/{a}/directives").json == value)


def main():
    with Server() as server:
        d = Described(server)
        examples(d)
        s = sessions(d)
        errors(d, s)
        keys(d, s)
        runs(d, s)
        events(d, s)
        pictures(d)
        old(d)
        about(d)
        described = {(m, p) for p, row in d.document["paths"].items() for m in row}
        methods(d)
        check("every route was asked", described == d.seen, described ^ d.seen)
    restarted()
    limited()
    return counted.finish()


if __name__ == "__main__":
    sys.exit(main())
