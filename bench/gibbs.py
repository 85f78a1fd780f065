#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gibbs kernels against their bars, by the rules of bench/trace.py.

    bench/gibbs.py [--quick] [./vestige] [ROW ...]

The unit is one choice that is drawn from its conditional, whether a transition
makes one of them or a sweep. `by mh` is the same program moved by (mh), for
comparison. --quick leaves callgrind out. Ends with status 1 when a bar is
missed.
"""
import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from trace import Bench  # noqa: E402 - the file beside this one


class Kernel(Bench):
    """A bench whose INFER has a kernel."""

    def __init__(self, kernel, given, first=""):
        super().__init__(given.program, "reduced", given.quick, given.rows)
        self.kernel, self.first = kernel, first

    def command(self, text, transitions):
        end = ""
        if transitions:
            end = f"{self.first}INFER {self.kernel} {transitions}\n"
        return super().command(f"{text}\n{end}", 0)

    def updates(self, title, name, each, bar, n=None):
        """A row of updates a second, `each` of them a transition."""
        rate, nodes, load = self.speed(name, n)
        self.row(title, rate * each, "per s", bar, at_least=True)
        self.row("   nodes", nodes / each, "", None)
        return rate * each, nodes / each


def five(given):
    """Neighbourhoods of five nodes, among more and more data. A sweep first:
    what is visited for the first time moves more often than others."""
    sweep = "INFER (gibbs (name xs) each) 1\n"
    for name, title, kernel in (
            ("five_map", "five nodes, of n flips", "(gibbs (name xs))"),
            ("mean_map", "five nodes, of n normals", "(gibbs (name xs))")):
        b, nodes, counts = Kernel(kernel, given, sweep), [], []
        if not b.wants(title):
            continue
        for n in (10, 1000, 100_000):
            nodes.append(b.updates(f"{title}, {n:,}", name, 1, 1e6, n)[1])
            if not given.quick:
                counts.append(b.instructions(name, n))
                b.row("   instr", counts[-1], "", None)
        b.row(f"{title}: nodes, flat", max(nodes) / min(nodes), "x", 1.05)
        if counts:
            b.row(f"{title}: instr, flat", max(counts) / min(counts), "x",
                  1.05)
        yield b


def sweeps(given):
    """Microseconds a node update of a mixture; tokens a second of LDA."""
    z = "(name z)"
    for title, name, n, bar, unit in (
            ("mixture of 3, 200 points", "mixture_k3", 200, 0.15, "us"),
            ("collapsed LDA, K = 10", "lda_k10", 2000, 1e6, "per s")):
        for pick, each, how, limit in (
                (f"(gibbs {z} each)", n, "a sweep", bar),
                (f"(gibbs {z})", 1, "one at a time", None),
                (f"(mh {z})", 1, "by mh", None)):
            b = Kernel(pick, given)
            if not b.wants(title):
                continue
            rate, nodes, _ = b.speed(name, n)
            rate *= each
            b.row(f"{title}, {how}", 1e6 / rate if unit == "us" else rate,
                  unit, limit, at_least=unit != "us")
            b.row("   nodes", nodes / each, "", None)
            yield b


def nets(given):
    """The disease nets, where mh is asked 1,500,000 a second."""
    for n in (50, 100):
        title = f"disease net, {n}"
        b, mh = Kernel("(gibbs)", given), Kernel("(mh)", given)
        if b.wants(title):
            rate, _ = b.updates(title, f"bayes_n{n}_k10", 1, 2.25e6)
            moved, _ = mh.updates(f"{title}, by mh", f"bayes_n{n}_k10", 1,
                                  None)
            b.row("   gibbs to mh", rate / moved, "x", None)
            yield b


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("program", nargs="?", default="./vestige")
    parser.add_argument("rows", nargs="*")
    given = parser.parse_args()
    print(f"      {'':47s} {'measured':>11s} {'':9s} {'bar':>10s}")
    benches = [b for part in (five, sweeps, nets) for b in part(given)]
    sys.exit(1 if any(b.missed for b in benches) else 0)


if __name__ == "__main__":
    main()
