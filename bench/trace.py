#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reduced trace against its bars, one row for each kind of work.

    bench/trace.py [--engine reduced] [--quick] [./vestige] [ROW ...]

A row is a program of bench/programs, with the number on its first ASSUME of
n (or chainlength) replaced. Printed beside the bar are the figures of the
engine that Jeff Wu's report describes, as its author measured it in C in
2012, on the same programs. ROW is the beginning of a row's name.

    speed   transitions a second inside INFER, best of several runs
    time    microseconds for one, likewise
    nodes   regions run or checked, choices drawn or scored, in one transition
    instr   instructions of one transition: the difference of two run lengths
            under valgrind --tool=callgrind
    flat    largest over smallest, of the nodes or instructions at all sizes
    memory  growth of the resident size between two sizes, a choice
    load    seconds until the program stands; has no bar

--quick leaves callgrind out. Ends with status 1 when a bar is missed.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 0.4  # of one timed run, at least
ROUNDS = 5
MOST = 4_000_000  # transitions of one


class Bench:
    def __init__(self, program, engine, quick, chosen):
        self.program, self.engine = program, engine
        self.quick, self.chosen = quick, chosen
        self.missed = False
        self.scratch = tempfile.TemporaryDirectory()
        self.measured = {}

    # ---- programs ---------------------------------------------------------

    def text(self, name, n=None):
        """The text of a program at size n; lines:N is N OBSERVE lines."""
        if name == "lines":
            return "ASSUME mu (normal 0 10)\n" + "".join(
                f"OBSERVE (normal mu 1) {i % 7}.5\n" for i in range(n))
        text = (HERE / "programs" / f"{name}.church").read_text()
        if n is None:
            return text
        text, found = re.subn(r"^(ASSUME (?:n|chainlength)) \d+$",
                              rf"\1 {n}", text, count=1, flags=re.M)
        if not found:
            sys.exit(f"bench: {name}.church has no size")
        return text

    def command(self, text, transitions):
        path = pathlib.Path(self.scratch.name) / "program.church"
        end = f"INFER {transitions}\n" if transitions else ""
        path.write_text(f"{text}\n{end}")
        return [self.program, "--engine", self.engine, "--json", "--seed",
                "1", str(path)]

    # ---- measuring --------------------------------------------------------

    def run(self, text, transitions):
        """What INFER answers, with the seconds of loading."""
        command = self.command(text, transitions)
        with tempfile.TemporaryFile() as out:
            start = time.monotonic()
            child = subprocess.Popen(command, stdout=out,
                                     stderr=subprocess.STDOUT)
            status = child.wait()
            wall = time.monotonic() - start
            out.seek(0)
            lines = out.read().decode().splitlines()
        if status != 0:
            sys.exit(f"bench: {' '.join(command)}: {status}: "
                     f"{lines[-1:]!s:.300}")
        answer = json.loads(lines[-1]) if transitions else {"seconds": 0.0}
        answer["load"] = wall - answer["seconds"]
        answer["last"] = json.loads(lines[-1])
        return answer

    def speed(self, name, n=None):
        """Transitions a second, nodes each, seconds of loading."""
        if (name, n) in self.measured:
            return self.measured[name, n]
        text, count = self.text(name, n), 100
        while True:
            seconds = self.run(text, count)["seconds"]
            if seconds > SECONDS / 2 or count >= MOST:
                break
            count = int(count * min(20, 1.3 * SECONDS / max(seconds, 1e-6)))
            count = min(count, MOST)
        runs = [self.run(text, count) for _ in range(ROUNDS)]
        best = min(r["seconds"] for r in runs)
        result = (count / best, runs[0]["touched"] / count,
                  min(r["load"] for r in runs))
        self.measured[name, n] = result
        return result

    def instructions(self, name, n):
        """Of one transition, over as many as callgrind does in a while."""
        rate = self.speed(name, n)[0]
        few = 200
        many = few + int(min(10_000, max(20, 0.2 * rate)))
        text, counts = self.text(name, n), []
        for transitions in few, many:
            out = subprocess.run(
                ["valgrind", "--tool=callgrind", "--callgrind-out-file="
                 + os.devnull] + self.command(text, transitions),
                capture_output=True, text=True, check=False)
            found = re.search(r"Collected : (\d+)", out.stderr)
            if not found:
                sys.exit(f"bench: callgrind: {out.stderr[-300:]}")
            counts.append(int(found[1]))
        return (counts[1] - counts[0]) / (many - few)

    def growth(self, name, low=10_000, high=100_000):
        """Bytes a choice, of what is resident when the program stands. (The
        kernel's figure for a child's largest size counts what the parent
        had when it made the child.)"""
        def resident(n):
            return min(self.run(self.text(name, n) + "\nMEMORY\n",
                                0)["last"]["value"] for _ in range(3))
        return 1024 * (resident(high) - resident(low)) / (high - low)

    # ---- rows -------------------------------------------------------------

    def wants(self, name):
        return not self.chosen or any(name.startswith(c)
                                      for c in self.chosen)

    def row(self, name, measured, unit, bar, before="", at_least=False):
        verdict = "    "
        if bar is not None:
            good = measured >= bar if at_least else measured <= bar
            verdict = "PASS" if good else "MISS"
            self.missed |= not good
        limit = "" if bar is None else number(bar)
        print(f"{verdict}  {name:47s} {number(measured):>11s} {unit:9s} "
              f"{limit:>10s}  {before:>9s}".rstrip(), flush=True)

    def speeds(self, name, title, sizes, bars, before):
        """One row a size: bars in transitions a second."""
        if not self.wants(title):
            return
        for n, bar, old in zip(sizes, bars, before):
            rate, nodes, load = self.speed(name, n)
            size = "" if n is None else f", {n:,}"
            self.row(title + size, rate, "per s", bar, old, True)
            self.row("   nodes", nodes, "", None)
            if load > 1.0:
                self.row("   load", load, "s", None)

    def flat(self, name, title, sizes, bars):
        """Microseconds at each size, and that nothing grows with it."""
        if not self.wants(title):
            return
        nodes, counts = [], []
        for n, bar in zip(sizes, bars):
            rate, touched, load = self.speed(name, n)
            self.row(f"{title}, {n:,}", 1e6 / rate, "us", bar)
            self.row("   nodes", touched, "", None)
            nodes.append(touched)
            if not self.quick:
                counts.append(self.instructions(name, n))
                self.row("   instr", counts[-1], "", None)
            if n == sizes[-1]:
                self.row("   load", load, "s", None)
        self.row(f"{title}: nodes, flat", max(nodes) / min(nodes), "x", 1.05)
        if counts:
            self.row(f"{title}: instr, flat", max(counts) / min(counts), "x",
                     1.05)

    def memory(self, name, title, bar):
        if self.wants(title):
            self.row(title, self.growth(name), "bytes", bar)

    def constant_memory(self, name, title, sizes):
        """What TRACE lists, at each size."""
        if not self.wants(title):
            return
        counts = []
        for n in sizes:
            text = self.text(name % n) + "\nTRACE\n"
            out = subprocess.run(self.command(text, 0), capture_output=True,
                                 text=True, check=True).stdout
            nodes = json.loads(out.splitlines()[-1])["nodes"]
            counts.append(len(nodes) + sum(len(x["reads"]) for x in nodes))
        self.row(f"{title}: nodes and edges, flat",
                 max(counts) / min(counts), "x", 1.0)


def number(x):
    if x >= 1000:
        return f"{x:,.0f}"
    return f"{x:.0f}" if x >= 100 else f"{x:.3g}"


def table(b):
    print(f"      {'':47s} {'measured':>11s} {'':9s} {'bar':>10s}  "
          f"{'2012':>9s}")
    b.speeds("sprinkler", "sprinkler", [None], [5e6], ["1,020,000"])
    for n, bar, old in ((10, 2e6, "103,000"), (100, 4e5, "11,700"),
                        (1000, 4e4, "1,146")):
        b.speeds(f"categorical_n{n}", f"categorical, n = {n}", [None], [bar],
                 [old])
    b.constant_memory("categorical_n%d", "categorical", [10, 100, 1000])
    b.speeds("hmm_s5_c10", "hmm, chain", [10, 100, 1000, 100_000],
             [4e5, 2e5, 1.5e5, 6e4], ["1,932", "107", "", ""])
    b.speeds("hmm_normal", "hmm, normal emissions, T", [100, 10_000],
             [3e5, 1.5e5], ["", ""])
    b.speeds("topic_collapsed_t5_w20_d5_p20_obs", "topic model", [None],
             [1e6], ["47,000"])
    for n, bar, old in (("n10", 8e5, "48,000"), ("n96", 5e5, "15,000"),
                        ("n20_obs", 7e5, "33,000")):
        b.speeds(f"crp_mixture_{n}", f"crp mixture, {n}", [None], [bar],
                 [old])
    for n, old in ((50, "111,000"), (100, "77,000")):
        b.speeds(f"bayes_n{n}_k10", f"disease net, {n}", [None], [1.5e6],
                 [old])
    sizes = [10, 1000, 100_000]
    b.flat("mean_map", "one local of n, by map", sizes, [0.3, 0.3, 1.0])
    b.flat("mean_branch_map", "one branching local of n, by map", sizes,
           [0.45, 0.45, 1.5])
    b.flat("hyper_beta", "hyper-parameter over n applications", sizes,
           [0.3, 0.3, 0.3])
    for name, title, n, bar in (
            ("regression_map", "regression by map, 3 coefficients", 1000, 25),
            ("tree_means", "tree of means, one node, depth", 16, 2),
            ("tree_sum", "tree of sums, one leaf, depth", 16, 2)):
        if b.wants(title):
            rate, nodes, load = b.speed(name, n)
            b.row(f"{title}, {n:,}", 1e6 / rate, "us", bar)
            b.row("   nodes", nodes, "", None)
            b.row("   load", load, "s", None)
    b.memory("memory_map", "memory, a choice by map", 256)
    b.memory("memory_mem", "memory, a choice by mem", 320)
    b.memory("lines", "memory, a choice by an OBSERVE line", 1024)
    for name, title in (("memory_map", "by map"), ("memory_mem", "by mem"),
                        ("lines", "by OBSERVE lines")):
        if b.wants("load"):
            load = min(b.run(b.text(name, 100_000), 0)["load"]
                       for _ in range(3))
            b.row(f"load of 100,000 choices {title}", load, "s", None)


def main():
    parser = argparse.ArgumentParser(add_help=True)
    parser.add_argument("--engine", default="reduced")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("program", nargs="?", default="./vestige")
    parser.add_argument("rows", nargs="*")
    given = parser.parse_args()
    b = Bench(given.program, given.engine, given.quick, given.rows)
    table(b)
    sys.exit(1 if b.missed else 0)


if __name__ == "__main__":
    main()
