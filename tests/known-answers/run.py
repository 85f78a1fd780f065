#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the programs whose answers are known, and judges the draws.

    tests/known-answers/run.py [--long] [--program ./vestige] [NAME ...]

Each program's header names the judged directive and its exact distribution:

    ; query: directive 4
    ; expected: discrete true=0.75 false=0.25
    ; expected-moments: mean=12 sd=0.70710678     (continuous)
    ; expected-quantiles: 0.01:10.355 0.05:10.8369 ...
    ; not-for-mh: REASON      single-site moves do not mix: listed, not run

Several chains run from seeds of their own, by single-site MH. The number of
draws grows until the batches are long against the correlation time and the
draws are worth enough independent ones; what decides that is the correlation
time, never the answer. A distribution fails when its draws would come about
by chance with probability under 1e-6 / (number of comparisons): so a right
engine fails some program of the whole list once in a million lists.
"""
import argparse
import concurrent.futures
import math
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import draws  # noqa: E402
import judge  # noqa: E402

FALSE_ALARM = 1e-6
CHAINS = 4
HERE = pathlib.Path(__file__).resolve().parent


class Case:
    """A program and what its header says. The text is the file's, or what
    stands for it."""

    def __init__(self, path, text=None):
        self.path = path
        self.text = text or path.read_text(encoding="utf-8")
        self.header = dict(re.findall(r"^; ([\w-]+): (.*)$", self.text,
                                      re.MULTILINE))
        self.name = path.stem
        self.column = "predict_" + re.fullmatch(
            r"directive (\d+)", self.header["query"].strip()).group(1)
        self.events, self.moments = [], None
        expected = self.header.get("expected", "")
        if expected.startswith("discrete "):
            self.read_outcomes(expected.split()[1:])
        if "expected-quantiles" in self.header:
            self.read_quantiles(self.header["expected-quantiles"].split())
        if ("expected-moments" in self.header
                and "ignore mean" not in expected):
            found = dict(re.findall(r"(mean|sd)=(\S+)",
                                    self.header["expected-moments"]))
            self.moments = float(found["mean"]), float(found["sd"])
        if not self.events and not self.moments:
            raise ValueError(f"{path}: no expectation in its header")

    def read_outcomes(self, words):
        named = {}
        for word in words:
            outcome, p = word.split("=")
            if outcome != "other":
                number = {"true": 1.0, "false": 0.0}.get(outcome)
                named[number if number is not None
                      else float(outcome)] = float(p)
        total = sum(named.values())
        for outcome, p in named.items():
            # Printed probabilities are rounded; what they sum to is not.
            p = p / total if abs(total - 1) < 1e-6 else p
            self.events.append((f"P({outcome:g})",
                                lambda x, o=outcome: x == o, p))
        rest = max(0.0, 1 - total) if abs(total - 1) >= 1e-6 else 0.0
        self.events.append(("P(anything else)",
                            lambda x: x not in named, rest))

    def read_quantiles(self, words):
        for word in words:
            p, q = map(float, word.split(":"))
            self.events.append((f"P(x <= {q:g})", lambda x, q=q: x <= q, p))

    def comparisons(self):
        return len(self.events) + (1 if self.moments else 0)


def run_case(case, program, long, log_limit, kernel=None, most=32,
             seconds=None):
    """Returns (passed, words)."""
    samples = 16000 if long else 2000
    wanted = 4000 if long else 800
    limit = samples * (64 if long else most)
    while True:
        try:
            chains = draws.chains(program, case.text, (case.column,),
                                  range(1, CHAINS + 1), samples,
                                  max(500, samples // 10),
                                  seconds=seconds or (600 if long
                                                         else 60),
                                  kernel=kernel)[case.column]
        except draws.Failed as failure:
            return False, str(failure)
        verdict = judge.judge(chains, case.events, case.moments)
        enough = (verdict.effective >= wanted
                  and verdict.batch_in_correlation_times >= 8)
        if enough or samples * 4 > limit:
            break
        samples *= 4
    words = (f"{verdict.words} (worth {verdict.effective:.0f} independent"
             f" draws, p < {math.exp(verdict.log_p):.1g})")
    if not enough:
        return False, "does not mix: " + words
    return verdict.log_p > log_limit, words


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--program", default="./vestige")
    parser.add_argument("--all", action="store_true",
                        help="also those marked not-for-mh")
    parser.add_argument("-v", action="store_true")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--engine", help="another than the default")
    options = parser.parse_args()
    if options.engine:
        draws.OPTIONS = ["--engine", options.engine]

    if not pathlib.Path(options.program).is_file():
        sys.exit(f"{options.program} is not there: build it first")
    cases = [Case(path) for path in sorted(HERE.glob("*/*.church"))
             if path.parent.name != "queries"]  # queries.py judges those
    comparisons = sum(case.comparisons() for case in cases)
    log_limit = math.log(FALSE_ALARM / comparisons)
    chosen = [c for c in cases if not options.names or any(
        c.name.startswith(n) or n in c.header.get("name", "")
        for n in options.names)]
    skipped = [c for c in chosen if "not-for-mh" in c.header
               and not options.all]
    chosen = [c for c in chosen if c not in skipped]

    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:

        def work(case):
            start = time.monotonic()
            good, words = run_case(case, options.program, options.long,
                                   log_limit)
            return case, good, words, time.monotonic() - start

        for case, good, words, seconds in pool.map(work, chosen):
            passed, failed = passed + good, failed + (not good)
            if options.v or not good:
                print("pass" if good else "FAIL", case.name,
                      f"{seconds:.1f} s", words, flush=True)
    for case in skipped:
        print("not for single-site moves:", case.name + ":",
              case.header["not-for-mh"])
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed or not passed + len(skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
