#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""HMC and NUTS on data that the program draws itself: the joint test and
simulation-based calibration (CHECK model) on the programs of
tests/calibration/.

    tests/run-calibration.py [--long] [--program ./vestige] [-v] [NAME ...]

Each CHECK of a program is a test. It fails when its smallest p, of all its
quantities and tests, is below 1e-6 over the number of CHECKs: that is the
false-alarm rate of the whole. --long has ten times the replicates. Ends with
`N passed, M failed, K skipped`.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent / "calibration"
FALSE_ALARM = 1e-6
LONGER = 10


def lengthened(text):
    return re.sub(r":replicates (\d+)",
                  lambda m: f":replicates {LONGER * int(m[1])}", text)


def answers(options, text):
    """Those of its CHECKs, and what it said of errors."""
    done = subprocess.run(
        [options.program, "--json", "--seed", "1", "-"], input=text,
        capture_output=True, text=True, timeout=3600, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()
            if line.startswith("{")]
    return ([row for row in rows if row.get("directive") == "check"],
            done.stderr.strip())


def judge(answer, limit):
    """Lines about quantities that are wrong; nothing when all are right."""
    wrong = [f"{q['name']}: p {q['p']:.2g}, joint z {q['location_z']:.1f}, "
             f"spread z {q['spread_z']:.1f}, ranks p {q['ranks_p']:.2g}"
             for q in answer["quantities"] if not q["p"] >= limit]
    # A test that judges nothing would pass.
    judged = sum(q["ranks_p"] < 1 for q in answer["quantities"])
    if not judged:
        wrong.append("no rank was judged")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--program", default="./vestige")
    parser.add_argument("-v", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    texts = {path.stem: path.read_text(encoding="utf-8")
             for path in sorted(HERE.glob("*.church"))}
    checks = {name: text.count("\nCHECK ") for name, text in texts.items()}
    limit = FALSE_ALARM / sum(checks.values())
    passed = failed = 0
    for name, text in texts.items():
        if options.names and name not in options.names:
            continue
        made, said = answers(options,
                             lengthened(text) if options.long else text)
        for i in range(checks[name]):
            wrong = judge(made[i], limit) if i < len(made) else [said]
            kernel = made[i]["kernel"] if i < len(made) else f"check {i + 1}"
            passed += not wrong
            failed += bool(wrong)
            if wrong or options.v:
                print("FAIL" if wrong else "pass", f"{name} {kernel}")
                print("".join(f"  {line}\n" for line in wrong), end="")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
