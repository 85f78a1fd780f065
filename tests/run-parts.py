#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exact tables by parts (src/infer/factored.h) against lists of states.

    tests/run-parts.py [--program ./vestige] [FILE ...]

The last PREDICT of each program of tests/exact and tests/balance is asked for
by (enumerate), and by (enumerate :max-states 1), which is by parts where the
program falls into such: both must say the same, to 1e-9. Programs that do not
are skipped, and so are those whose states cannot be listed; of tests/exact at
least 40 must be compared. The last line is `N passed, M failed, K skipped`.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEAST = 40


def question(text):
    """The program without its last PREDICT, and what that asks."""
    lines = text.rstrip().split("\n")
    last = max((i for i, line in enumerate(lines)
                if line.upper().startswith("PREDICT ")), default=None)
    if last is None:
        return None
    return "\n".join(lines[:last]), " ".join(lines[last:])[len("PREDICT "):]


def ask(program, text, expression, kernel):
    """What INFER answers; None when it refuses."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "program.church"
        path.write_text(f"{text}\nINFER {expression} 1 1 {kernel}\n")
        try:
            done = subprocess.run([program, "--json", "--seed", "1", path],
                                  capture_output=True, text=True, timeout=60,
                                  check=False)
        except subprocess.TimeoutExpired:
            return None
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 \
        else None


def table(answer):
    return {json.dumps(row["value"]): row["probability"]
            for row in answer["distribution"]}


def agree(one, other):
    a, b = table(one), table(other)
    return (abs(one["log_ml"] - other["log_ml"]) < 1e-9 and a.keys() == b.keys()
            and all(abs(a[k] - b[k]) < 1e-9 for k in a))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(ROOT / "vestige"))
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    files = options.files or sorted(
        [*(ROOT / "tests/exact/programs").glob("*.church"),
         *(ROOT / "tests/balance/programs").glob("*.church")])
    passed = failed = skipped = 0
    for path in files:
        asked = question(path.read_text(encoding="utf-8"))
        parts = asked and ask(options.program, *asked,
                              "(enumerate :max-states 1)")
        states = parts and "parts" in parts and ask(
            options.program, *asked, "(enumerate)")
        if not states or "parts" in states:
            skipped += 1
        elif agree(parts, states):
            passed += 1
        else:
            failed += 1
            print(f"FAIL {path.name}")
    if not options.files and passed < LEAST:
        failed += 1
        print(f"FAIL only {passed} programs were compared, not {LEAST}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
