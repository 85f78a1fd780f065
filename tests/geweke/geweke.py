#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Geweke's joint-distribution test (Geweke 2004, "Getting it right").

    tests/geweke/geweke.py [--long] [--engine E] [--program ./vestige] [MODEL]
    tests/geweke/geweke.py --kernels [--seed N] [--piece I/N] ...
                                     each kernel, and random compositions of them

A model in models/ has parameters and data `(y i)`, drawn again by `(again
i)`. All that a datum depends on stays while the datum is forgotten (`kept`).
The joint distribution is sampled in two ways:

    forward       the program from the prior, data and all, again and again
    successive    the data are given; transitions move the parameters given
                  the data; then one by one each datum is forgotten, drawn
                  again from the parameters (and the other data), and given

If transitions leave the posterior invariant, and forgetting and observing
keep the rest as it is, both have one distribution. The means of the functions
after `; look:` are compared, by the spread of the means of batches that
begin anew, with Student's tail. A comparison fails when it would
come about by chance with probability under 1e-6 / (number of comparisons).

With --kernels the models are those of kernels/. In a model

    ; kernel: (mh all block)            leaves the joint distribution as it is,
                                        and moves all of it
    ; part: (gibbs discrete)            moves some of it: with (mh) in a cycle

The look is then one at the state before the data are drawn again: a kernel
that draws from the prior would be right about the one after it.

Each is run alone, and then compositions that are drawn at random from both:
cycles, mixtures and repeats, one in another (--seed draws others; --long
draws more). It counts kernels, and says which.

Each test is a line of its own as soon as it is over, with --long or -v. --piece
2/8 is the second of eight parts of the list, which together are the whole, and
3-8/8 all after it; the chance of a false alarm is that of the whole.

The last line is `N passed, M failed, K skipped`; it counts models, or kernels on models.
"""
import argparse
import concurrent.futures
import copy
import math
import os
import pathlib
import random
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "known-answers"))
import judge  # noqa: E402
from draws import Failed, answers  # noqa: E402

FALSE_ALARM = 1e-6
CHAINS = 4
BATCHES = 40  # of each chain, and each begins anew
TRANSITIONS = 6


class Model:
    """Directives, the number of data, and the functions to look at."""

    def __init__(self, path):
        self.name = path.stem
        text = path.read_text(encoding="utf-8")
        self.looks = re.findall(r"^; look: (.*)$", text, re.MULTILINE)
        self.data = int(re.search(r"^; data: (\d+)$", text, re.MULTILINE)[1])
        lines = [line for line in text.splitlines()
                 if not line.startswith(";")]
        self.kernels = re.findall(r"^; kernel: (.*)$", text, re.MULTILINE)
        self.parts = re.findall(r"^; part: (.*)$", text, re.MULTILINE)
        self.kernel = ""
        self.drawn = None  # from the prior, where many kernels need them
        self.count = len(lines)
        self.text = "\n".join(lines) + "\n"
        self.look = "(list " + " ".join(self.looks) + ")\n"

    def forward(self, draws):
        """The whole program anew for every draw. The data are read, so that
        they are part of the state and not only of the look."""
        data = "".join(f"PREDICT (y {i})\n" for i in range(self.data))
        return ("CLEAR\n" + self.text + data + self.look) * draws

    def successive(self, draws):
        """Batches that begin at a draw from the prior, with its own data:
        that is one of the joint distribution, so they are independent, and
        no draw is too early."""
        return "".join(self.batch(draws // BATCHES) for _ in range(BATCHES))

    def batch(self, draws):
        script = ["CLEAR\n", self.text]
        ids = []
        for i in range(self.data):
            ids.append(self.count + 1 + i)
            script.append(f"OBSERVE (y {i}) (again {i})\n")
        next_id = self.count + 1 + self.data
        for _ in range(draws):
            script.append(f"INFER {self.kernel} {TRANSITIONS}\n")
            if self.kernel:
                script.append(self.look)
            for i in range(self.data):
                script.append(f"FORGET {ids[i]}\n"
                              f"OBSERVE (y {i}) (again {i})\n")
                ids[i] = next_id
                next_id += 1
            if not self.kernel:
                script.append(self.look)
        return "".join(script)


    def under(self, kernel):
        """The same, moved by this kernel."""
        other = copy.copy(self)
        other.kernel, other.name = kernel, f"{self.name} under {kernel}"
        return other

    def compose(self, dice, depth=2):
        """A kernel of kernels. What is left in the end moves everything."""
        leaf = dice.choice(self.kernels + self.parts)
        if depth == 0 or dice.random() < 0.2:
            return leaf
        some = [self.compose(dice, depth - 1)
                for _ in range(dice.randint(1, 3))]
        how = dice.randrange(3)
        if how == 0:
            return f"(repeat {dice.randint(1, 3)} {some[0]})"
        if how == 1:
            return "(cycle " + " ".join(some) + ")"
        return "(mixture " + " ".join(
            f"({dice.randint(1, 4)} {kernel})" for kernel in some) + ")"

    def moved(self, options):
        """One model for each kernel, and for each composition."""
        dice = random.Random(f"{options.seed} {self.name}")
        made = [f"(cycle {self.compose(dice)} (mh))"
                for _ in range(8 if options.long else 1)]
        return [self.under(kernel) for kernel in
                self.kernels + [f"(cycle {part} (mh))"
                                for part in self.parts] + made]


def run(options, text, seed):
    """The values of a script's bare expressions."""
    done = subprocess.run(
        [options.program, "--json", "--engine", options.engine, "--seed",
         str(seed), "-"], input=text, capture_output=True, text=True,
        timeout=3600, check=False)
    return [answer["value"] for answer in answers(done)
            if answer.get("directive") == "value"]


def compare(forward, successive):
    """log of the probability of so large a difference by chance, and z."""
    gap = judge.mean(forward) - judge.mean(successive)
    error = math.sqrt(judge.spread(forward) / len(forward)
                      + judge.spread(successive) / len(successive))
    if error == 0:
        return (0.0 if gap == 0 else -math.inf), 0.0
    # No fewer degrees of freedom than the smaller sample has (Welch).
    z = gap / error
    return judge.student_log_tail(abs(z), len(successive) - 1), z


def test_model(options, model, draws, log_limit):
    """(passed, lines)"""
    try:
        forward = model.drawn or [
            run(options, model.forward(draws), 1000 + seed)
            for seed in range(CHAINS)]
        successive = [run(options, model.successive(draws), seed + 1)
                      for seed in range(CHAINS)]
    except (Failed, subprocess.TimeoutExpired) as failure:
        return False, [str(failure)]
    good, lines = True, []
    for column, look in enumerate(model.looks):
        one, two = (
            judge.batch_means([[row[column] for row in chain]
                               for chain in chains], BATCHES)
            for chains in (forward, successive))
        log_p, z = compare(one, two)
        good = good and log_p > log_limit
        lines.append(f"{judge.mean(one):9.4f} forward {judge.mean(two):9.4f}"
                     f" successive  z {z:5.1f}  {look}")
    return good, lines


def main():
    parser = argparse.ArgumentParser(
        description="Geweke's joint-distribution test.")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--engine")
    parser.add_argument("--program", default="./vestige")
    parser.add_argument("-v", action="store_true")
    parser.add_argument("--kernels", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--piece", default="1/1", metavar="I[-J]/N")
    parser.add_argument("model", nargs="?", default="")
    options = parser.parse_args()
    if not pathlib.Path(options.program).is_file():
        sys.exit(f"{options.program} is not there: build it first")
    options.engine = options.engine or (
        "reduced" if options.kernels else "randomdb")
    folder = "kernels" if options.kernels else "models"
    models = [Model(path) for path in sorted(HERE.glob(folder + "/*.church"))]
    draws = 20000 if options.long else 1200
    if options.kernels:
        models = [one for model in models for one in model.moved(options)]
    log_limit = math.log(FALSE_ALARM / sum(len(m.looks) for m in models))
    some, pieces = options.piece.split("/")
    first, _, last = some.partition("-")
    chosen = range(int(first) - 1, int(last or first))
    models = [m for m in models if options.model in m.name]
    models = [m for i, m in enumerate(models) if i % int(pieces) in chosen]
    drawn, failed = {}, 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for m in models:
            if options.kernels and m.text not in drawn:
                drawn[m.text] = list(pool.map(
                    lambda seed, text=m.forward(2 * draws):
                    run(options, text, 1000 + seed), range(CHAINS)))
            m.drawn = drawn.get(m.text)
        tests = {pool.submit(test_model, options, m, draws, log_limit): m
                 for m in models}
        for test in concurrent.futures.as_completed(tests):
            good, lines = test.result()
            failed += not good
            if options.v or options.long or not good:
                print("pass" if good else "FAIL", tests[test].name, flush=True)
            if options.v or not good:
                print("\n".join("  " + line for line in lines), flush=True)
    print(f"{len(models) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not models else 0


if __name__ == "__main__":
    sys.exit(main())
