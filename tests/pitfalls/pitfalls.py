#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plants faults, and looks whether tests see them.

    tests/pitfalls/pitfalls.py --list         each pitfall and its test
    tests/pitfalls/pitfalls.py --look         do faults find their places?
    tests/pitfalls/pitfalls.py [NUMBER ...]   plants its faults (all)

Each fault of faults.py goes into a copy of the sources beside what was built
from them; the program and the one test are built anew, and the test must
fail. A fault that does not find its place in the sources, or does not build,
is a failure too. Ends with `N passed, M failed, K skipped`; it counts faults.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from faults import PITFALLS

HOME = pathlib.Path(__file__).resolve().parents[2]
PARTS = ("Makefile", "src", "include", "lib", "tools", "tests", "examples", "ui")


def copy_of(folder):
    """The sources, and the objects that were made of them."""
    for part in PARTS:
        of = HOME / part
        if of.is_dir():
            shutil.copytree(of, folder / part,
                            ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(of, folder / part)
    for path in (HOME / "build").rglob("*"):
        if path.suffix in (".o", ".d") or path.name in (
                "flags", "embed", "library.c"):
            to = folder / path.relative_to(HOME)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, to)


def run(folder, command, seconds):
    """Status and all that was said; a fault may well make a test endless."""
    try:
        done = subprocess.run(
            command, cwd=folder, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=seconds, check=False,
            env={k: v for k, v in os.environ.items()
                 if not k.startswith("MAKE")})
    except subprocess.TimeoutExpired as late:
        return 124, (late.stdout or b"").decode(errors="replace")
    return done.returncode, done.stdout


def plant(folder, fault, write=True):
    """Why it cannot be planted, or nothing."""
    for path, old, new in fault:
        text = (folder / path).read_text(encoding="utf-8")
        if text.count(old) != 1:
            return f"{path}: not there once: {old.splitlines()[0]}"
        if write:
            (folder / path).write_text(text.replace(old, new),
                                       encoding="utf-8")
    return ""


def prepared(test):
    """What to make, what to run, and what it then says when it fails."""
    kind, _, name = test.partition("/")
    if kind == "unit":
        program, _, one = name.partition(":")
        program = f"build/unit/{program}"
        return [program], ["stdbuf", "-o0", program], f"[  FAILED  ] {one}"
    if kind == "scripts":
        return ["vestige"], ["tests/run-scripts.sh", name], f"FAIL {name}"
    if kind == "chains":
        return ["vestige"], ["tests/run-chains.py", name], f"FAIL {name}"
    if kind == "calibration":
        return ["vestige"], ["tests/run-calibration.py", name], f"FAIL {name}"
    return [], [test], "FAIL"


def compiler():
    """That of the build, whose objects are good for no other."""
    flags = (HOME / "build/flags").read_text(encoding="utf-8")
    return flags.partition(" -std")[0]


def look(folder, test, fault):
    """What is wrong: the fault was not seen. Nothing: it was."""
    make, command, words = prepared(test)
    if (why := plant(folder, fault)):
        return why
    if make:
        status, said = run(folder, ["make", "-j2", f"CC={compiler()}", *make],
                           600)
        if status:
            return "does not build: " + said[-400:]
    status, said = run(folder, command, 120)
    if status == 0 or (status != 124 and words not in said):
        return f"{test} does not see it (status {status})"
    return ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--look", action="store_true")
    parser.add_argument("numbers", nargs="*")
    options = parser.parse_args()
    passed = failed = 0
    for number, words, test, faults in PITFALLS:
        if options.numbers and number not in options.numbers:
            continue
        if options.list:
            print(f"{number:>4}  {words}\n      {test}")
            continue
        for fault in faults:
            if options.look:
                why = plant(HOME, fault, write=False)
                if why:
                    print(f"FAIL {number} {words}: {why}")
                failed += bool(why)
                passed += not why
                continue
            with tempfile.TemporaryDirectory() as place:
                folder = pathlib.Path(place)
                copy_of(folder)
                why = look(folder, test, fault)
            failed += bool(why)
            passed += not why
            print(f"{'FAIL' if why else 'seen'} {number} {words}"
                  f"{': ' + why if why else ''}", flush=True)
    if not options.list:
        print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
