#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAVE and RESTORE: a session that goes on after SAVE, and one that comes back
by RESTORE in another process with another seed, say the same to the last bit:
the program, its values, the score, the next draws. Of every example and known
answer, on every engine.

    run-checkpoints.py [PATTERN]
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("VESTIGE", str(ROOT / "vestige"))
ENGINES = ("reduced", "randomdb", "traces")
# What runs, or goes to files, is left out: only the program counts.
LEAVES_OUT = re.compile(r"\s*\(?(INFER|PLOT|SAVE|RESTORE|EXIT|SEED|PROFILE|TRACE|"
                        r"HELP|CHECK|MHSTATS|LOAD|CLEAR|MEMORY|\?)\b", re.I)
AFTERWARDS = ["DIRECTIVES", "LOGSCORE", "ENTROPY", "INFER 60", "DIRECTIVES",
              "LOGSCORE", "MHSTATS", "(random-integer 1000000)", "(normal 0 1)",
              "PREDICT (normal 0 1)"]


def program_of(path):
    """Its directives, at most the first that run."""
    out, skipping = [], False
    for line in path.read_text().splitlines():
        if LEAVES_OUT.match(line):
            skipping = True
        elif line and not line[0].isspace():
            skipping = False
        if not skipping:
            out.append(line)
    return "\n".join(out) + "\n"


def run(engine, seed, arguments, folder):
    r = subprocess.run(
        [PROGRAM, "--json", "-v", "--engine", engine, "--seed", str(seed),
         "--limit-time", "20", *arguments], cwd=ROOT, capture_output=True,
        text=True, timeout=60, stdin=subprocess.DEVNULL)
    return r.stdout.splitlines(), r.stderr


def without_times(line):
    return re.sub(r'"(seconds|touched)":[-+.e0-9]+', "", line)


def behind(lines, word):
    """What was answered after SAVE or RESTORE."""
    for i, line in enumerate(lines):
        if line.startswith(f'{{"directive":"{word}"'):
            return [without_times(x) for x in lines[i + 1:]]
    return None


def afterwards():
    return [a for text in AFTERWARDS for a in ("-e", text)]


def one(path, engine):
    """'' when all is well, 'skip ...', or what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        text = pathlib.Path(folder) / "program.church"
        text.write_text(program_of(path))
        saved = str(pathlib.Path(folder) / "saved")
        try:
            first, said = run(engine, 5, [str(text), "-e", "INFER 40", "-e",
                                          f'SAVE "{saved}"', *afterwards()], folder)
            if behind(first, "save") is None:
                last = first[-1] if first else said
                return ("skip " if "RESTORE" not in last and "checkpoint" not in last
                        else "") + last[:200]
            again, said = run(engine, 77, ["-e", "ASSUME other (flip)", "-e",
                                           f'RESTORE "{saved}"', *afterwards()],
                              folder)
        except subprocess.TimeoutExpired:
            return "skip too long"
        a, b = behind(first, "save"), behind(again, "restore")
        if b is None:
            return f"not restored: {(again or [said])[-1][:200]}"
        for x, y in zip(a, b):
            if x != y and '"error"' not in x:
                return f"\n  goes on    {x[:200]}\n  comes back {y[:200]}"
        return "" if len(a) == len(b) else f"{len(a)} answers and {len(b)}"


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    paths = [p for folder in ("examples", "examples/church", "tests/known-answers",
                              "tests/exact")
             for p in sorted((ROOT / folder).rglob("*.church"))]
    paths = [p for p in dict.fromkeys(paths) if pattern in str(p)]
    jobs = [(p, e) for p in paths for e in ENGINES]
    passed = failed = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for (path, engine), got in zip(jobs, pool.map(lambda j: one(*j), jobs)):
            if got.startswith("skip"):
                skipped += 1
                if pattern:
                    print(f"{path.relative_to(ROOT)} ({engine}): {got}")
            elif got:
                failed += 1
                print(f"FAIL {path.relative_to(ROOT)} ({engine}): {got}")
            else:
                passed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
