#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs Church queries whose answers are known, and judges their samples.

    tests/known-answers/queries.py [--program ./vestige] [--engine E] [FOLDER]

The last directive of each program of the folder (queries/) answers a list of
samples; its header says their exact distribution:

    ; expected: discrete true=0.75 (a 1)=0.25
    ; expected-moments: mean=12 sd=0.7

or, as in collections of such programs elsewhere,

    ;; expected: dist #t:0.75 (#f #t):0.25
    ;; expected: moments mean=12 sd=0.7

Four runs with seeds of their own are four chains, and are judged by their
Monte Carlo error as those of run.py: a right engine fails some program of the
folder once in a million runs. All engines, unless one is named. The last
line counts, as tests/check.sh reads it.
"""
import argparse
import math
import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import draws  # noqa: E402
import judge  # noqa: E402

FALSE_ALARM = 1e-6
CHAINS = 4
OUTCOME = re.compile(r"(\([^()]*\)|[^\s:=()]+)[:=]([0-9.e+-]+)")


def shown(value):
    """A JSON value in one spelling."""
    if isinstance(value, bool):
        return "#t" if value else "#f"
    if isinstance(value, list):
        return "(" + " ".join(map(shown, value)) + ")"
    return str(value)


class Case:
    def __init__(self, path):
        self.path, self.text = path, path.read_text(encoding="utf-8")
        said = dict(re.findall(r"^;+ (expected[\w-]*): (.*)$", self.text,
                               re.MULTILINE))
        words = said.get("expected-moments") or said["expected"]
        self.moments, self.outcomes = None, {}
        found = re.search(r"mean=(\S+) sd=(\S+)", words)
        if found:
            self.moments = float(found[1]), float(found[2])
            return
        for name, p in OUTCOME.findall(words.split(" ", 1)[1]):
            name = re.sub(r"\btrue\b", "#t", re.sub(r"\bfalse\b", "#f", name))
            self.outcomes[name] = float(p)

    def comparisons(self):
        return len(self.outcomes) + 1

    def judge(self, program, log_limit):
        """What is wrong with it, or None."""
        runs = []
        for seed in range(1, CHAINS + 1):
            with tempfile.TemporaryDirectory() as folder:
                answer = draws.run_json(program, self.text, seed, folder)[-1]
            runs.append(answer["value"])
        if self.moments:
            verdict = judge.judge(runs, [], self.moments)
        else:
            verdict = judge.judge([[shown(v) for v in run] for run in runs],
                                  self.events())
        return None if verdict.log_p > log_limit else verdict.words

    def events(self):
        total = sum(self.outcomes.values())
        scale = total if abs(total - 1) < 1e-6 else 1
        events = [(f"P({name})", lambda x, n=name: x == n, p / scale)
                  for name, p in self.outcomes.items()]
        rest = 0.0 if scale == total else max(0.0, 1 - total)
        events.append(("P(anything else)",
                       lambda x: x not in self.outcomes, rest))
        return events


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="./vestige")
    parser.add_argument("--engine")
    parser.add_argument("folder", nargs="?", default=str(HERE / "queries"))
    options = parser.parse_args()
    cases = [Case(p) for p in sorted(
        pathlib.Path(options.folder).glob("*.church"))]
    log_limit = math.log(FALSE_ALARM / sum(c.comparisons() for c in cases))
    passed = failed = 0
    for engine in [options.engine] if options.engine else ["randomdb",
                                                            "traces",
                                                            "reduced"]:
        draws.OPTIONS = ["--engine", engine]
        for case in cases:
            try:
                wrong = case.judge(options.program, log_limit)
            except draws.Failed as failure:
                wrong = str(failure)
            passed, failed = passed + (not wrong), failed + bool(wrong)
            if wrong:
                print(f"FAIL {case.path.stem} ({engine}): {wrong}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
