#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws of nuts from posteriors whose reference draws are known.

    POSTERIORS=DIR tests/posteriors/draws.py [--fast] [NAME ...]

Folders as check.py has them. Each program is run as it is: four chains of
1000 draws after 1000 of warmup, written to files, which judge.py judges by
the reference's statistics: z of mean, sd and three quantiles with Bonferroni
at 1e-4 a posterior, R-hat under 1.02, effective sizes worked out from the raw
draws. The seed is fixed, so an alarm is no matter of chance but on the day
that something changes. --fast leaves out those of a long recursion.

    N passed, M failed, K skipped
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNT = 10
SLOW = {"hmm_example-hmm_example", "garch-garch11",
        "radon_mn-radon_variable_intercept_noncentered"}
ORDER = ("\nSEED 5\nINFER (nuts continuous) :samples 1000 :warmup 1000 "
         ":chains 4 :out \"%s/draws.csv\"\n")


def can_judge():
    done = subprocess.run(["/usr/bin/python3", "-c", "import numpy"],
                          capture_output=True, check=False)
    return done.returncode == 0


def judged(args, folder):
    """Status of the judge, and its last line."""
    with tempfile.TemporaryDirectory() as place:
        program = (folder / "model.church").read_text() + ORDER % place
        run = subprocess.run([args.program, "-"], cwd=folder, input=program,
                             capture_output=True, text=True,
                             timeout=args.limit, check=False)
        if run.returncode:
            return 1, (run.stderr or run.stdout).strip()[-300:]
        files = sorted(str(p) for p in pathlib.Path(place).glob("*.csv"))
        judge = subprocess.run(
            ["/usr/bin/python3", str(ROOT / "tests/posteriors/judge.py"),
             *files, str(folder / "reference.json")],
            capture_output=True, text=True, timeout=args.limit, check=False)
    lines = (judge.stdout + judge.stderr).strip().splitlines()
    return judge.returncode, lines[-1] if lines else "the judge said nothing"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--program", default=str(ROOT / "vestige"))
    parser.add_argument("--limit", type=float, default=300.0)
    args = parser.parse_args()
    where = os.environ.get("POSTERIORS", "")
    folders = sorted(p.parent for p in pathlib.Path(where).glob(
        "*/reference.json")) if where else []
    if not folders or not can_judge():
        print("skipped: " + ("numpy is not there" if folders else
                             "POSTERIORS names no folder of posteriors"))
        print(f"0 passed, 0 failed, {COUNT} skipped")
        return 0
    passed = failed = skipped = 0
    for folder in folders:
        if args.names and folder.name not in args.names:
            continue
        if args.fast and folder.name in SLOW:
            print(f"left to check-posteriors: {folder.name}")
            skipped += 1
            continue
        begun = time.monotonic()
        try:
            status, words = judged(args, folder.resolve())
        except subprocess.TimeoutExpired:
            status, words = 1, f"more than {args.limit:g} seconds"
        passed += status == 0
        failed += status != 0
        print(f"{'ok  ' if status == 0 else 'FAIL'}  {words} "
              f"({time.monotonic() - begun:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
