#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random procedures written in the language beside those that are built in.

    bench/own.py [--quick] [./vestige] [ROW ...]

The coin, the restaurant and the tree of examples/own-xrp.church, as they stand
there, against the same built in: beta-binomial/make, CRP/make, and a tree of
three such coins. A row is a program of twenty applications, of which each pair
of neighbours is seen through noise, moved by (mh):

    own, built in   microseconds of CPU for one transition, the difference of
                    two lengths of run; the least of five, taken by turns
    CPU             the median over the turns of one by the other
    instr           the same of instructions, under valgrind --tool=callgrind

The bar is that of the project: 20 times, by CPU and by instructions. --quick
leaves callgrind out. Ends with status 1 when a bar is missed.
"""
import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLE = HERE.parent / "examples" / "own-xrp.church"
TURNS = 5
BAR = 20
FEW, MORE = 2_000, 4_000  # transitions, and those between two lengths
BUILT_IN = 10  # times as many of what is built in
COUNTED = 1_000  # between two lengths, under callgrind


def definitions():
    """What the example defines, without what it does with it."""
    blocks = re.split(r"\n\s*\n", EXAMPLE.read_text(encoding="utf-8"))
    blocks = ["\n".join(line for line in block.splitlines()
                        if not line.startswith(";")) for block in blocks]
    return "\n".join(block for block in blocks
                     if re.match(r"define (\(|tree\b)", block)) + "\n"


SEEN = """
ASSUME all (repeat 20 draw)
ASSUME seen (mem (lambda (i) (= (list-ref all i) (list-ref all (+ i 1)))))
""" + "".join(f"OBSERVE (noisy (seen {i}) 0.2) {'true' if i % 3 else 'false'}\n"
              for i in range(19))

ROWS = {
    "coin": ("ASSUME draw (make-coin 1 1)",
             "ASSUME draw (beta-binomial/make 1 1)"),
    "restaurant": ("ASSUME draw (make-restaurant 1.5)",
                   "ASSUME draw (CRP/make 1.5)"),
    "tree": ("ASSUME draw tree", """
ASSUME root (beta-binomial/make 1 1)
ASSUME left (beta-binomial/make 1 1)
ASSUME right (beta-binomial/make 1 1)
ASSUME draw (lambda () (if (root) (if (left) 0 1) (if (right) 2 3)))"""),
}


class Program:
    """A text, and what its transitions cost."""

    def __init__(self, vestige, folder, name, text, times):
        self.vestige, self.times = vestige, times
        self.path = pathlib.Path(folder) / f"{name}.church"
        self.text = text

    def command(self, transitions):
        self.path.write_text(f"{self.text}\nINFER {transitions}\n",
                             encoding="utf-8")
        return [self.vestige, "--seed", "1", str(self.path)]

    def cpu(self, transitions):
        """Seconds of CPU of one run."""
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            # pylint: disable-next=consider-using-with
            child = subprocess.Popen(self.command(transitions), stdout=nowhere)
            _, status, used = os.wait4(child.pid, 0)
        child.returncode = status
        if status != 0:
            sys.exit(f"bench: {self.path.name}: status {status}")
        return used.ru_utime + used.ru_stime

    def one(self):
        """Microseconds of a transition."""
        few, more = FEW * self.times, MORE * self.times
        return 1e6 * (self.cpu(few + more) - self.cpu(few)) / more

    def instructions(self):
        def counted(transitions):
            out = subprocess.run(
                ["valgrind", "--tool=callgrind",
                 f"--callgrind-out-file={os.devnull}",
                 *self.command(transitions)],
                capture_output=True, text=True, check=False)
            found = re.search(r"Collected : (\d+)", out.stderr)
            if not found:
                sys.exit(f"bench: callgrind: {out.stderr[-300:]}")
            return int(found[1])
        return (counted(100 + COUNTED) - counted(100)) / COUNTED


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("program", nargs="?", default="./vestige")
    parser.add_argument("rows", nargs="*", metavar="ROW")
    given = parser.parse_args()
    missed = False
    print(f"{'':16}{'own, us':>10}{'built in':>10}{'CPU':>9}{'instr':>9}")
    for name, (own, built_in) in ROWS.items():
        if given.rows and name not in given.rows:
            continue
        with tempfile.TemporaryDirectory() as folder:
            one = Program(given.program, folder, "own",
                          definitions() + own + SEEN, 1)
            other = Program(given.program, folder, "built-in",
                            built_in + SEEN, BUILT_IN)
            turns = [(one.one(), other.one()) for _ in range(TURNS)]
            ratios = [statistics.median(a / b for a, b in turns)]
            if not given.quick:
                ratios.append(one.instructions() / other.instructions())
        good = all(ratio <= BAR for ratio in ratios)
        missed |= not good
        print(f"{'PASS' if good else 'MISS'}  {name:10}"
              f"{min(a for a, _ in turns):10.2f}"
              f"{min(b for _, b in turns):10.2f}"
              + "".join(f"{ratio:7.1f} x" for ratio in ratios), flush=True)
    sys.exit(missed)


if __name__ == "__main__":
    main()
