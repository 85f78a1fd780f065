#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels across, programs down: make check-matrix.

    tests/known-answers/matrix.py [--quick] [--engine E] [--program P] [NAME]

Every program whose answer is known is run under every kernel, and judged like
run.py does. In a cell stand

    ok        the draws agree with the answer
    refused   the kernel says why it does not take the program
    none      no choice of the program is of the kind that the kernel moves
    slow      it does not mix in the time that it has, or not at all where it
              moves one choice at a time: not judged
    WRONG     the draws would come about by chance with probability under
              1e-6 / (number of comparisons of the whole matrix)

Refusals and slow cells are listed with their sentences, and counted apart;
more than one cell refused in five is a failure. --quick: a diagonal, each
program under one kernel.
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
    "nuts": "(cycle (nuts continuous) (mh (minus all continuous)))",
    "hmc": "(cycle (hmc continuous) (mh (minus all continuous)))",
    "some": "(mixture (2 (mh)) (1 (gibbs discrete)) (1 (slice continuous)))",
    "turns": "(cycle (repeat 2 (gibbs discrete)) (mh all each) (mh))",
    "reject": "(rejection)",
    "import": "(importance :particles 20)",
    "enum": "(enumerate)",
    "auto": "(auto)",
}
# What takes the place of a kernel that refuses, in this order: one that
# leaves what it cannot move to another.
INSTEAD = {
    "gibbs": ("(cycle (gibbs discrete) (mh))",),
    "slice": ("(slice continuous)",),
    "drift": ("(drift continuous)",),
    "nuts": ("(nuts)",),
    "hmc": ("(hmc)",),
    "some": ("(mixture (2 (mh)) (1 (slice continuous)))",
             "(mixture (2 (mh)) (1 (gibbs discrete)))"),
    "turns": ("(cycle (repeat 2 (slice continuous)) (mh all each) (mh))",),
}
REFUSALS = ("gibbs:", "slice:", "drift:", "nuts:", "hmc:",
            "mh:", "rejection:", "importance:",
            "enumerate:")
SINGLE = {"mh", "gibbs", "slice", "drift", "nuts", "hmc", "some"}
REFUSED_MOST = 0.2
EMPTY = "no choice that could move is in the scope"


def cell(case, name, options, log_limit):
    """(what stands in the cell, a sentence)"""
    if name in SINGLE and "not-for-mh" in case.header:
        return "slow", case.header["not-for-mh"]
    first = None
    for kernel in (KERNELS[name], *INSTEAD.get(name, ())):
        good, words = run.run_case(case, options.program, False, log_limit,
                                   kernel, 4 if options.quick else 8,
                                   8 if options.quick else 60)
        if good:
            return "ok", words
        if not any(refusal in words for refusal in REFUSALS):
            break
        # The sentence about what was asked for first tells most; that no
        # choice is of the kind that it moves tells more.
        if first is None or EMPTY in words:
            first = words
    else:
        return ("none" if EMPTY in first else "refused"), first
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
    share = count["refused"] / max(1, len(table))
    print(f"refused {count['refused']} ({100 * share:.0f} %), nothing to "
          f"move {count['none']}, too slow {count['slow']}")
    many = share > REFUSED_MOST
    if many:
        print("too many are refused")
    print(f"{count['ok']} passed, {count['WRONG'] + many} failed, "
          f"{count['refused'] + count['none'] + count['slow']} skipped")
    return 1 if count["WRONG"] or many or not count["ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
