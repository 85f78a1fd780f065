# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of our own on a free port, and a client for it, for the tests
here: standard library alone."""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("VESTIGE", str(ROOT / "vestige"))


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Server:
    """with Server() as s: s.get("/healthz").json"""

    def __init__(self, *options, data=None, port=0):
        self.folder = None
        if data is None:
            self.folder = tempfile.TemporaryDirectory(prefix="vestige-server-")
            data = os.path.join(self.folder.name, "data")
        self.data, self.options, self.wanted = data, options, port
        self.process = self.connection = None
        self.used = 0
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--port", str(self.wanted), "--data", self.data,
             *self.options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)
        line = self.process.stdout.readline()
        found = re.match(r"vestige: http://(.*):(\d+)/", line)
        if not found:
            raise RuntimeError(f"no server: {line!r} {self.process.stderr.read()}")
        self.host, self.port = found.group(1), int(found.group(2))
        self.connection = None

    def connect(self, timeout=60):
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def request(self, method, path, body=None, headers=None, connection=None):
        c = connection
        if c is None:  # one that rests for long is closed by the server
            if time.monotonic() - self.used > 10 or not self.connection:
                self.connection = self.connect()
            self.used = time.monotonic()
            c = self.connection
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        try:
            c.request(method, path, body, headers)
            r = c.getresponse()
            return Answer(r.status, r.headers, r.read())
        except Exception:
            c.close()
            raise

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    def say(self, session, text):
        """Directives as text; their answers."""
        a = self.post(f"/v1/sessions/{session}/directives", {"text": text})
        assert a.status == 200, a
        return a.json["answers"]

    def form(self, path, **fields):
        """As the report's system was asked: JSON in form fields."""
        body = urllib.parse.urlencode(
            {k: json.dumps(v) for k, v in fields.items()})
        return self.request("POST", path, body, {
            "Content-Type": "application/x-www-form-urlencoded"})

    def wait_run(self, run, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            r = self.get(f"/v1/runs/{run}").json
            if r["state"] != "running":
                return r
            time.sleep(0.02)
        raise AssertionError(f"run {run} does not end: {r}")

    def engines(self, spawner=False):
        """Processes of engines, runs and chains, and `spawner`, which makes
        them."""
        def children(pid):
            try:
                text = pathlib.Path(
                    f"/proc/{pid}/task/{pid}/children").read_text()
            except OSError:
                return []
            return [int(c) for c in text.split()]
        spawners = children(self.process.pid)
        found = spawners if spawner else []
        level = [c for s in spawners for c in children(s)]
        while level:
            found += level
            level = [c for p in level for c in children(p)]
        return found

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.close_pipes()

    def close_pipes(self):
        self.errors = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        if self.connection:
            self.connection.close()
        self.connection = None

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=20)
            self.close_pipes()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        if self.folder:
            self.folder.cleanup()
