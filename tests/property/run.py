#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random programs (generate.py) against the engines.

    tests/property/run.py [--long] [--first SEED] [--count N]
                          [--balance build/balance/balance]
                          [--program ./vestige]

Each program is walked by tests/balance, reduced and as a full trace: detailed
balance by enumeration, the undo of each transition, soundness of the trace. Programs of too many states
are skipped there. Then the draws of all engines are judged against the exact
distribution (tests/exact), where that can be computed: false alarm 1e-6 over
all comparisons of a run, as in tests/exact/run.py, by its own code.

60 programs, 12 of them by draws; with --long 1,000, 200 of them by draws. The
last line is `N passed, M failed, K skipped`. The programs are kept as
build/property/SEED.church. Chains that mix too slowly to judge are skipped.
"""
import argparse
import importlib.util
import math
import multiprocessing
import pathlib
import re
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))
import generate  # noqa: E402


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


exact_run = load("exact_run", ROOT / "tests/exact/run.py")

STATES = {False: "60", True: "400"}


def walk(job):
    """What the enumeration says: passed, failed, skipped, and lines."""
    options, path, engine = job
    try:
        done = subprocess.run(
            [options.balance, "-engine", engine, "-n", STATES[options.long],
             "-a", "1", str(path)], capture_output=True, text=True, timeout=600,
            check=False)
    except subprocess.TimeoutExpired:
        return 0, 1, 0, [f"FAIL {path.name}: not done in 600 s"]
    counts = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped$",
                       done.stdout, re.M)
    if not counts:
        return 0, 1, 0, [f"FAIL {path.name}: status {done.returncode}"]
    passed, failed, skipped = map(int, counts.groups())
    lines = [line for line in done.stdout.splitlines()
             if line.startswith(("FAIL", "      "))]
    large = sum(" more than " in line for line in lines)
    return passed, failed - large, skipped + large, [
        line for line in lines if " more than " not in line]


def too_long(_signal, _frame):
    raise exact_run.exact.Unanswerable("not solved in time")


def solve(path):
    """The program's exact distribution; None where there is none."""
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(20)
    try:
        return exact_run.Case(path, True).solve()
    except exact_run.exact.Unanswerable:
        return None
    finally:
        signal.alarm(0)


def judge_draws(job):
    """The draws of one engine against the exact distribution."""
    path, engine, options, log_limit = job
    case = solve(path)
    if case is None:
        return 0, 0, 1, []
    options = argparse.Namespace(**vars(options), engine=engine)
    good, words = exact_run.run_case(options, case, log_limit)
    if good:
        return 1, 0, 0, []
    if words.startswith("does not mix"):
        return 0, 0, 1, []
    return 0, 1, 0, [f"FAIL {path.name} by {engine}: {words}"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--count", type=int)
    parser.add_argument("--drawn", type=int)
    parser.add_argument("--balance", default=str(
        ROOT / "build/balance/balance"))
    parser.add_argument("--program", default=str(ROOT / "vestige"))
    options = parser.parse_args()
    count = options.count or (1000 if options.long else 60)
    drawn = options.drawn
    if drawn is None:
        drawn = 200 if options.long else 12
    folder = pathlib.Path("build/property").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for seed in range(options.first, options.first + count):
        path = folder / f"{seed}.church"
        path.write_text(f"; random program {seed}\n"
                        + generate.generate(seed), encoding="utf-8")
        paths.append(path)
    total = [0, 0, 0]
    # At most this many events in a program: see exact_run.Case.
    log_limit = math.log(exact_run.FALSE_ALARM / (200 * max(drawn, 1)))
    jobs = [(path, engine, options, log_limit) for path in paths[:drawn]
            for engine in ("reduced", "traces", "randomdb")]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for tell in (pool.imap(walk, [(options, p, engine) for p in paths
                                      for engine in ("reduced", "traces")]),
                     pool.imap(judge_draws, jobs)):
            for *counts, lines in tell:
                total = [a + b for a, b in zip(total, counts)]
                for line in lines:
                    print(line, flush=True)
    print("{} passed, {} failed, {} skipped".format(*total))
    return total[1] > 0


if __name__ == "__main__":
    sys.exit(main())
