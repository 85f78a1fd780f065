#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels that begin at the prior, on small programs with exact answers.

    tests/exact/states.py [--long] [--engine E] [--program ./vestige] [-v]
                          [PATTERN]

Each program in programs/ is enumerated: (enumerate) and exact.py must give its
PREDICT the same distribution, to 1e-9. --long: without its data too (see
run.py), and then (importance) makes four draws on it, whose estimate
of the marginal likelihood is compared with that of (enumerate): a state that
is drawn with the wrong weight, or never, shows in either. The estimate's
error is judged by the effective sample size: eight standard errors and a
thousandth. Programs that have no finite list of states are skipped, and those
in which an observation and what it looks at may go on moving each other.

The last line is `N passed, M failed, K skipped`.
"""
import argparse
import json
import math
import multiprocessing
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "known-answers")]
import run  # noqa: E402

MOST = 20000  # states of one program
PARTICLES = 1000
ENDLESS = re.compile("more than|no finite number|hides what|no prior|"
                     "too (deep|many)|do not settle")


def numbers(v):
    """A value as the flat list of numbers that exact.py makes of it."""
    if isinstance(v, (list, tuple)):
        return tuple(x for part in v for x in numbers(part))
    return (float(v),)


def ask(options, text):
    """What the last line answers, or the words of an error."""
    done = subprocess.run(
        [options.program, "--json", "--seed", "1", "--engine",
         options.engine, "-"], input=text, text=True, capture_output=True,
        timeout=60, check=False)
    for line in reversed(done.stdout.splitlines()):
        answer = json.loads(line)
        return answer if done.returncode == 0 else str(answer)
    return done.stdout + done.stderr


def asked(text):
    """What the last line predicts."""
    return text.rstrip().rpartition("PREDICT")[2].strip()


def compare(case, table):
    told = {}
    for row in table["distribution"]:
        key = numbers(row["value"])
        told[key] = told.get(key, 0.0) + row["probability"]
    wanted = {}
    for outcome, p in case.exact.items():
        key = numbers(outcome)
        wanted[key] = wanted.get(key, 0.0) + float(p)
    for key in told.keys() | wanted.keys():
        a, b = told.get(key, 0.0), wanted.get(key, 0.0)
        if abs(a - b) > 1e-9:
            return f"P{key} is {b:.6g}, and enumerate says {a:.6g}"
    return None


def evidence(options, head, log_ml):
    """The same constant from draws."""
    answer = ask(options, f"{head}\nINFER (importance :particles {PARTICLES}) "
                          ":samples 4 :warmup 0 :chains 1\n")
    if isinstance(answer, str):
        return f"importance: {answer:.200}"
    told, size = answer["log_ml"], answer["effective"]
    error = 8 * math.sqrt(max(1 / size - 1 / PARTICLES, 0) / 4) + 1e-3
    if abs(told - log_ml) > error:
        return f"log marginal likelihood {log_ml:.6g}, importance {told:.6g}"
    return None


WORK = {}


def work(i):
    """None: skipped; else what is wrong, or nothing."""
    options, case = WORK["options"], WORK["cases"][i].solve()
    head = case.text
    table = ask(options, f"{head}\nINFER {asked(head)} 1 1 "
                         f"(enumerate :max-states {MOST})\n")
    if isinstance(table, str):
        return None if ENDLESS.search(table) else f"enumerate: {table:.200}"
    wrong = compare(case, table)
    if options.long and not wrong:
        wrong = evidence(options, head, table["log_ml"])
    return wrong or ""


def main():
    parser = argparse.ArgumentParser(
        description="Kernels that begin at the prior, and exact answers.")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--engine", default="reduced")
    parser.add_argument("--program", default="./vestige")
    parser.add_argument("-v", action="store_true")
    parser.add_argument("pattern", nargs="?", default="")
    options = parser.parse_args()
    cases = [run.Case(path, with_data)
             for path in sorted((HERE / "programs").glob("*.church"))
             for with_data in ((True, False) if options.long else (True,))]
    cases = [c for c in cases if options.pattern in c.name and c.stands]
    WORK.update(options=options, cases=cases)
    failed = skipped = 0
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        for case, wrong in zip(cases, pool.imap(work, range(len(cases)))):
            skipped += wrong is None
            failed += bool(wrong)
            if wrong or options.v:
                print("FAIL" if wrong else "skip" if wrong is None else "pass",
                      case.name, wrong or "", flush=True)
    print(f"{len(cases) - failed - skipped} passed, {failed} failed, "
          f"{skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
