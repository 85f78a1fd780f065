#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels across, programs down: make check-matrix.

    tests/known-answers/matrix.py [--quick] [--engine E] [--program P] [NAME]

Every program whose answer is known is run under every kernel, and judged like
run.py does. In a cell stand

    ok        the draws agree with the answer
    refused   the kernel says why it does not take the program
    slow      it does not mix in the time that it has: not judged
    WRONG     the draws would come about by chance with probability under
              1e-6 / (number of comparisons of the whole matrix)

Refusals and slow cells are listed with their sentences. --quick: a diagonal,
each program under one kernel.
"""
import argparse
import collections
import concurrent.futures
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import draws  # noqa: E402
import run  # noqa: E402

KERNELS = {
    "mh": "(mh)",
    "block": "(mixture (3 (mh)) (1 (mh all block)))",
    "gibbs": "(cycle (gibbs) (mh))",
    "slice": "(cycle (slice continuous) (mh (minus all continuous)))",
    "drift": "(cycle (drift continuous) (mh (minus all continuous)))",
    "some": "(mixture (2 (mh)) (1 (gibbs discrete)) (1 (slice continuous)))",
    "reject": "(rejection)",
    "import": "(importance :particles 5000)",
    "enum": "(enumerate)",
    "auto": "(auto)",
}
REFUSALS = ("gibbs:", "slice:", "drift:", "mh:", "rejection:", "importance:",
            "enumerate:")
INDEPENDENT = {"reject", "import", "enum"}


def cell(case, name, options, log_limit):
    """(what stands in the cell, a sentence)"""
    good, words = run.run_case(case, options.program, False, log_limit,
                               KERNELS[name], 8)
    if good:
        return "ok", words
    if any(refusal in words for refusal in REFUSALS):
        return "refused", words
    if "does not mix" in words or "not done in" in words:
        return "slow", words
    return "WRONG", words


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--engine")
    parser.add_argument("--program", default="./vestige")
    parser.add_argument("name", nargs="?", default="")
    options = parser.parse_args()
    if options.engine:
        draws.OPTIONS = ["--engine", options.engine]
    cases = [run.Case(path) for path in sorted(run.HERE.glob("*/*.church"))
             if path.parent.name != "queries" and options.name in path.stem]
    comparisons = len(KERNELS) * sum(c.comparisons() for c in cases)
    log_limit = math.log(run.FALSE_ALARM / comparisons)
    names = list(KERNELS)
    wanted = [(case, name) for i, case in enumerate(cases)
              for k, name in enumerate(names)
              if not options.quick or k == i % len(names)]
    table = {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for key, found in zip(wanted, pool.map(
                lambda w: cell(w[0], w[1], options, log_limit), wanted)):
            table[key[0].name, key[1]] = found
    print(f"{'':44}" + " ".join(f"{name:>7}" for name in names))
    for case in cases:
        print(f"{case.name:44}" + " ".join(
            f"{table.get((case.name, name), ('',))[0]:>7}" for name in names))
    for (case, name), (what, words) in table.items():
        if what != "ok":
            print(f"{what}: {case} under {KERNELS[name]}: {words}")
    count = collections.Counter(what for what, _ in table.values())
    print(f"{count['ok']} passed, {count['WRONG']} failed, "
          f"{count['refused'] + count['slow']} skipped")
    return 1 if count["WRONG"] or not count["ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
