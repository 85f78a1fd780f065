#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges an engine on small programs whose answers are computed exactly.

    tests/exact/run.py [--long] [--engine E] [--program ./vestige] [PATTERN]

Each program in programs/ says in its first line what it tries to break, and
ends with a PREDICT of a number or a flat list. It is run twice: as it is, and
with every observation read but nothing conditioned on, when transitions must
leave the prior as it is ("(only with its data)" in its first line: where the
prior has states without a value). The exact distribution of the PREDICT comes from
exact.py; the draws, of several chains from the prior, are judged by their
Monte Carlo error (tests/known-answers/judge.py). Chains grow until the draws
are worth enough independent ones; what decides that is the correlation time,
never the answer. A program fails when its draws would come about by chance
with probability under 1e-6 / (number of comparisons in this run): a right
engine fails some program once in a million runs.

The last line is `N passed, M failed, K skipped`.
"""
import argparse
import math
import multiprocessing
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "known-answers")]
import draws  # noqa: E402
import exact  # noqa: E402
import judge  # noqa: E402
import language  # noqa: E402

FALSE_ALARM = 1e-6
CHAINS = 4
RARE = 1e-9  # outcomes rarer than this are judged together
SECONDS = {False: 120, True: 600}  # of one run, and in the long test


class Case:
    """A program, with its data or without, and what its draws should be."""

    def __init__(self, path, with_data):
        text = path.read_text(encoding="utf-8")
        self.name = path.stem + ("" if with_data else " (prior)")
        self.text = text if with_data else language.prior(text)
        conditioned = re.search("observe|factor|condition", text, re.I)
        self.stands = with_data or (
            conditioned and "(only with its data)" not in text)

    def solve(self):
        self.exact = exact.distribution(self.text)
        last = language.program(self.text)[-1]
        if last.kind != "predict":
            raise exact.Unanswerable("the last directive is no PREDICT")
        self.column = f"predict_{last.number}"
        self.events = []
        rare = 0.0
        known = set()
        for outcome, p in self.exact.items():
            drawn = tuple(float(x) for x in flat(outcome))
            if p < RARE:
                rare += p
                continue
            known.add(drawn)
            self.events.append((f"P{outcome}",
                                lambda x, o=drawn: x == o, p))
        self.events.append(("P(anything else)",
                            lambda x: x not in known, rare))
        return self


def flat(outcome):
    return outcome if isinstance(outcome, tuple) else (outcome,)


def read_draws(path, column):
    """The draws of a PREDICT: a tuple of numbers each."""
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n").split(",") for line in file
                 if not line.startswith("#")]
    at = [i for i, name in enumerate(lines[0])
          if name == column or name.startswith(column + ".")]
    if not at:
        raise draws.Failed(f"no column {column}")
    return [tuple(float(line[i]) for i in at) for line in lines[1:]]


def run_chains(options, case, samples):
    """CHAINS chains of draws, each from the prior, in one process."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "program.church")
        text = [case.text]
        for seed in range(1, CHAINS + 1):
            text.append(f"INFER (mh) :samples {samples} :warmup 200 :chains 1"
                        f" :seed {seed} :out \"{folder}/draws{seed}\"")
        with open(path, "w", encoding="utf-8") as out:
            out.write("\n".join(text) + "\n")
        try:
            done = subprocess.run(
                [options.program, "--json", "--seed", "1", "--engine",
                 options.engine, path], stdin=subprocess.DEVNULL,
                capture_output=True, text=True,
                timeout=SECONDS[options.long], check=False)
        except subprocess.TimeoutExpired:
            raise draws.Failed(
                f"not done in {SECONDS[options.long]} s") from None
        draws.answers(done)
        return [read_draws(f"{folder}/draws{seed}_1.csv", case.column)
                for seed in range(1, CHAINS + 1)]


def run_case(options, case, log_limit):
    """(passed, words)"""
    samples, wanted, limit = ((20000, 20000, 320000) if options.long
                              else (2500, 1000, 160000))
    while True:
        try:
            chains = run_chains(options, case, samples)
        except draws.Failed as failure:
            return False, str(failure)
        verdict = judge.judge(chains, case.events)
        mixed = (verdict.effective >= wanted
                 and verdict.batch_in_correlation_times >= 8)
        if mixed or samples * 4 > limit or verdict.log_p <= log_limit:
            break
        samples *= 4
    words = (f"{verdict.words} (worth {verdict.effective:.0f} independent"
             f" draws of {samples * CHAINS}, p < {math.exp(verdict.log_p):.1g})")
    if verdict.log_p <= log_limit:
        return False, words
    return mixed, words if mixed else "does not mix: " + words


WORK = {}  # what the processes of the pool find when they begin


def work(i):
    start = time.monotonic()
    good, words = run_case(WORK["options"], WORK["cases"][i],
                           WORK["log_limit"])
    return good, words, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(
        description="Judges an engine on programs with exact answers.")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--engine", default="randomdb")
    parser.add_argument("--program", default="./vestige")
    parser.add_argument("-v", action="store_true")
    parser.add_argument("pattern", nargs="?", default="")
    options = parser.parse_args()
    if not pathlib.Path(options.program).is_file():
        sys.exit(f"{options.program} is not there: build it first")

    paths = sorted((HERE / "programs").glob("*.church"))
    cases = [Case(path, with_data) for path in paths
             for with_data in (True, False)]
    chosen = [case.solve() for case in cases
              if case.stands and options.pattern in case.name]
    if not chosen:
        sys.exit(f"no program's name has {options.pattern} in it")
    comparisons = sum(len(case.events) for case in chosen)
    log_limit = math.log(FALSE_ALARM / comparisons)

    failed = 0
    WORK.update(options=options, cases=chosen, log_limit=log_limit)
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        results = pool.imap(work, range(len(chosen)))
        for case, (good, words, seconds) in zip(chosen, results):
            failed += not good
            if options.v or not good:
                print("pass" if good else "FAIL", case.name,
                      f"{seconds:.1f} s", words, flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
