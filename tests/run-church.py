#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The classic models of examples/church/ keep what their comments promise.

A comment

    ; Exactly: library 0.488, cinema 0.488, cafe 0.024.

states probabilities (or `mean`, of numbers) for the next INFER of the file;
it may go on over several lines. Each file runs under all engines with a fixed
seed, and each number must come within 0.05 (means: 0.1 of themselves): several
Monte Carlo errors of these chains, and less than what a wrong model or kernel
is off by. The last line counts, as tests/check.sh reads it.

VESTIGE= the program (./vestige).
"""
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("VESTIGE", str(ROOT / "vestige"))
TOLERANCE, MEAN_TOLERANCE = 0.05, 0.1
PROMISE = re.compile(r"(\([^()]*\)|[^\s,]+) (0\.\d+)")


def promises(text):
    """For each INFER of the file, what is promised of it: {value: number}."""
    made, words, inside = [], "", False
    for line in text.splitlines():
        if line.startswith("; Exactly:"):
            words, inside = line[len("; Exactly:"):], True
        elif inside and line.startswith(";"):
            words += line[1:]
        else:
            inside = False
        if line.startswith("INFER"):
            made.append({k: float(p) for k, p in PROMISE.findall(words)})
            words = ""
    return made


def shown(value):
    """A JSON value as the language prints it."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, list):
        return "(" + " ".join(shown(v) for v in value) + ")"
    return str(value)


def frequencies(answer):
    counts = {shown(d["value"]): d["count"] for d in answer["distribution"]}
    total = sum(counts.values())
    shares = {k: n / total for k, n in counts.items()}
    if all(isinstance(d["value"], float) for d in answer["distribution"]):
        shares["mean"] = sum(d["value"] * d["count"]
                             for d in answer["distribution"]) / total
    return shares


def faults(path, engine):
    """What is wrong with a run of the file, in words."""
    run = subprocess.run(
        [PROGRAM, "--json", "--seed", "1", "--engine", engine, str(path)],
        cwd=ROOT, text=True, capture_output=True, timeout=120, check=False)
    if run.returncode or run.stderr:
        return [f"ends with status {run.returncode}: {run.stderr.strip()}"]
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    answers = [a for a in answers if a["directive"] == "infer"]
    promised = promises(path.read_text())
    if len(answers) != len(promised):
        return [f"{len(promised)} INFERs, {len(answers)} answers"]
    wrong = []
    for number, (answer, promise) in enumerate(zip(answers, promised), 1):
        got = frequencies(answer)
        for value, p in promise.items():
            room = MEAN_TOLERANCE * p if value == "mean" else TOLERANCE
            if abs(got.get(value, 0) - p) > room:
                wrong.append(f"INFER {number}: {value} {p} promised, "
                             f"{got.get(value, 0):.3f} came")
    return wrong


def main():
    passed = failed = 0
    for path in sorted((ROOT / "examples/church").glob("*.church")):
        for engine in ("randomdb", "traces", "reduced"):
            wrong = faults(path, engine)
            passed, failed = passed + (not wrong), failed + bool(wrong)
            for words in wrong:
                print(f"FAIL {path.name} ({engine}): {words}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
