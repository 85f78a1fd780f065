#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random programs of numbers and labels, where kernels must agree.

    tests/property/kernels.py [--long] [--first SEED] [--count N]
                              [--program ./vestige] [--keep FOLDER]

What makes gradients fall is drawn often: tests of numbers on whose sides
other things are scored, procedures with memory behind them, labels that
choose between numbers, worked out or drawn, arrays by element, ordered or in
a walk, bounds that move, urns with a number as parameter, data that share
what moves. No answer is known: each program runs under (mh) for long,
and under compositions in which slices, gibbs and gradients do the work. (mh)
stands in each, for alone these do not go where other choices are.

A mean is wrong when it is 6 standard errors from that of (mh), and again in
runs of eight times as many draws by other seeds, both of them. The errors are
estimates: a false alarm in less than 1e-9 of comparisons, if they are within
a fifth. A kernel that refuses is skipped; a crash is a failure.

12 programs; with --long 300. The last line is `N passed, M failed, K
skipped`. Programs that fail are kept in FOLDER (build/property).
"""
import argparse
import json
import math
import multiprocessing
import pathlib
import random
import subprocess
import tempfile

KERNELS = ("(cycle (mh) (nuts continuous))",
           "(cycle (mh) (slice continuous))",
           "(cycle (mh) (gibbs discrete each))",
           "(cycle (mh) (hmc continuous :steps 4))",
           "(mixture (1 (mh)) (1 (drift continuous)))",
           "(auto)")
ENGINES = ("reduced", "reduced", "reduced", "traces", "randomdb")
Z_MOST = 6.0


class Program:
    """Names exist before they are used."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.lines, self.watched = [], []
        self.numbers, self.booleans, self.counts = [], [], []
        self.procedures, self.arrays = [], []
        self.helpers, self.urns = [], []  # (name, test); (name, its data)
        for place in range(self.draw.randrange(3, 8)):
            self.assume(f"x{place}")
        for _ in range(self.draw.randrange(1, 5)):
            self.line(self.one(self.seen, self.seen, self.seen, self.counted,
                               self.answered, self.term, self.seen_whole,
                               self.seen_blurred)())
        for urn, data in self.urns:
            for _ in range(self.draw.randrange(1, 4)):
                self.line(f"OBSERVE ({urn}) {self.one(*data)}")
        if self.draw.random() < 0.5:
            self.observe_each()

    def one(self, *of):
        return self.draw.choice(of)

    def line(self, text):
        self.lines.append(text)

    def plain(self):
        return str(round(self.draw.uniform(-2.0, 2.0), 2))

    # ---- expressions -------------------------------------------------------

    def number(self):
        of = []
        if self.numbers:
            of += [self.one(*self.numbers)] * 5
        if self.procedures:
            of += [f"({self.one(*self.procedures)} "
                   f"{self.draw.randrange(3)})"] * 2
        if self.arrays:
            of += [f"(list-ref {self.one(*self.arrays)} "
                   f"{self.draw.randrange(3)})"] * 2
        if self.helpers:
            of += [self.helped()] * 2
        return self.one(self.plain(), self.plain(), *of)

    def helped(self):
        """A procedure; half of the time under the test that it makes, too."""
        name, test = self.one(*self.helpers)
        call = f"({name} {self.plain()})"
        return self.one(call, f"(if {test} {call} {self.plain()})")

    def test(self):
        of = [f"(> {self.number()} {self.one('-0.5', '0', '0.5')})"]
        if self.booleans:
            of += [self.one(*self.booleans)] * 2
        if self.counts:
            of += [f"(> {self.one(*self.counts)} {self.draw.randrange(3)})"]
        return self.one(*of)

    def mean(self):
        of = [lambda: f"(if {self.test()} {self.number()} {self.number()})",
              lambda: f"(if {self.test()} {self.number()} {self.number()})",
              lambda: f"(+ {self.number()} (* {self.number()} 0.5))",
              lambda: "(let ((h (lambda (x) (if (> x 0) x (* 0.5 x))))) "
                      f"(h {self.number()}))",
              self.number]
        if self.counts:
            of.append(lambda: f"(* 0.5 {self.one(*self.counts)})")
        if self.counts and self.arrays:
            of.append(lambda: f"(list-ref {self.one(*self.arrays)} "
                              f"(min 2 {self.one(*self.counts)}))")
        return self.one(*of)()

    def scale(self):
        return self.one("0.8", "1.5", f"(+ 0.5 (abs {self.number()}))",
                        f"(exp (* 0.3 {self.number()}))")

    def drawn(self):
        return f"(normal {self.mean()} 1)"

    # ---- directives --------------------------------------------------------

    def assume(self, name):
        odds = f"(/ 1 (+ 1 (exp {self.number()})))"
        kinds = [
            (self.numbers, f"(normal {self.mean()} {self.scale()})"),
            (self.numbers, f"(normal {self.mean()} {self.scale()})"),
            (self.numbers, f"(gamma 2 {self.scale()})"),
            (self.numbers, f"(uniform -1 {self.scale()})"),
            (self.numbers, f"(beta 2 {self.scale()})"),
            (self.booleans, f"(flip {self.one('0.3', '0.5', odds)})"),
            (self.counts, "(random-integer 3)"),
            (self.counts, f"(poisson {self.one('1', self.scale())})"),
            (self.procedures, f"(mem (lambda (i) {self.drawn()}))"),
            (self.procedures, f"(mem (lambda (i) (if {self.test()} "
                              f"{self.drawn()} {self.mean()})))"),
            (self.procedures, f"(mem (lambda (i) (* 1.0 {self.mean()})))"),
            (self.arrays, f"(iid 3 (normal {self.number()} {self.scale()}))"),
            (self.arrays, f"(dirichlet (list 1 2 {self.scale()}))"),
        ]
        if self.draw.random() < 0.5:
            kinds = self.wider(name)
        kind, text = self.one(*kinds)
        if kind is self.helpers:
            test = self.test()
            self.line(f"ASSUME {name} (lambda (u) (if {test} "
                      f"{self.one(self.drawn(), self.mean())} "
                      f"(+ u {self.mean()})))")
            kind.append((name, test))
            return
        if kind is self.urns:
            self.line(f"ASSUME {name} {text[0]}")
            kind.append((name, text[1]))
            return
        self.line(f"ASSUME {name} {text}")
        kind.append(name)
        shown = {id(self.booleans): f"(if {name} 1 0)",
                 id(self.procedures): f"({name} 1)",
                 id(self.arrays): f"(list-ref {name} 1)"}
        self.watched.append(shown.get(id(kind), name))

    def wider(self, name):
        """What has a space, a form or a state of its own."""
        low = self.one("-1", f"(- {self.number()} 2)")
        array = self.one(*self.arrays) if self.arrays else "(vector 0.5 -1 1)"
        urn = self.one(
            (f"(beta-binomial/make {self.scale()} 1)", ("true", "false")),
            (f"(symmetric-dirichlet-multinomial/make {self.scale()} 3)",
             ("0", "1", "2")),
            (f"(normal-inverse-gamma/make {self.number()} 1 2 {self.scale()})",
             ("0.5", "-1", "1.5")),
            (f"(gamma-poisson/make {self.scale()} 1)", ("0", "1", "3")))
        return [
            (self.numbers, f"(half (normal 0 {self.scale()}))"),
            (self.numbers, f"(truncated (normal {self.mean()} 1) {low} 2.5)"),
            (self.numbers, f"(uniform {low} 3)"),
            (self.numbers, f"(student-t 5 {self.mean()} {self.scale()})"),
            (self.numbers, f"(lognormal {self.number()} 0.5)"),
            (self.numbers, f"(exponential {self.scale()})"),
            (self.numbers, "(mixture (list 1 2) "
                           f"(normal {self.mean()} 1) (normal -1 0.5))"),
            (self.arrays, f"(ordered (iid 3 (normal {self.number()} "
                          f"{self.scale()})))"),
            (self.arrays, f"(each (normal {array} {self.scale()}))"),
            (self.arrays, f"(+ {self.number()} (* {self.scale()} {array}))"),
            (self.arrays, "(multivariate-normal "
                          f"(vector {self.number()} {self.number()} 0) "
                          "(matrix '((2 0.5 0) (0.5 1 0.2) (0 0.2 1))))"),
            (self.arrays, "(multivariate-normal "
                          f"(vector {self.mean()} 0 1) (* {self.scale()} "
                          "(matrix '((2 0.5 0) (0.5 1 0.2) (0 0.2 1)))))"),
            (self.arrays, f"(gaussian-random-walk 3 {self.scale()} "
                          f"{self.number()})"),
            (self.arrays, "(take (scan (lambda (h e) "
                          f"(+ (* {self.number()} 0.3 h) e)) {self.number()} "
                          f"{array}) 3)"),
            (self.procedures, "(mem (lambda (i) (if (<= i 0) "
                              f"{self.drawn()} (normal ({name} (- i 1)) "
                              f"{self.scale()}))))"),
            (self.helpers, None), (self.helpers, None),
            (self.urns, urn), (self.urns, urn),
        ]

    def seen(self):
        return (f"OBSERVE (normal {self.mean()} {self.scale()}) "
                f"{self.plain()}")

    def counted(self):
        return (f"OBSERVE (poisson (exp (* 0.5 {self.mean()}))) "
                f"{self.draw.randrange(4)}")

    def answered(self):
        return (f"OBSERVE (flip (if {self.test()} 0.2 0.7)) "
                f"{self.one('true', 'false')}")

    def seen_whole(self):
        if not self.arrays:
            return self.seen()
        return (f"OBSERVE (each (normal (+ {self.number()} "
                f"{self.one(*self.arrays)}) {self.scale()})) "
                f"(vector 0.3 -0.5 {self.plain()})")

    def seen_blurred(self):
        return self.one(
            f"OBSERVE (censored (normal {self.mean()} {self.scale()}) -1 1) "
            f"{self.one('-1', '0.4', '1')}",
            f"OBSERVE (mixture (list 1 2) (normal {self.mean()} 1) "
            f"(normal {self.mean()} 2)) {self.plain()}")

    def term(self):
        return self.one(f"(factor (if {self.test()} -1 0.5))",
                        f"(factor (* -0.2 (square {self.mean()})))")

    def observe_each(self):
        if self.draw.random() < 0.3:
            self.line("ASSUME table (make-crp 1.5)")
            self.line(f"ASSUME m (mem (lambda (k) {self.drawn()}))")
        label, body = self.one(
            ("z (mem (lambda (i) (flip 0.4)))",
             f"(normal (if (z i) {self.number()} {self.mean()}) 1.2)"),
            ("z (mem (lambda (i) (random-integer 2)))",
             f"(normal (vector-ref (vector {self.mean()} {self.number()}) "
             "(z i)) 1)"),
            ("z (mem (lambda (i) (random-integer 3)))",
             f"(normal (+ {self.number()} (* (z i) {self.mean()})) 1)"))
        if self.lines[-1].startswith("ASSUME m "):
            label, body = "z (mem (lambda (i) (table)))", "(normal (m (z i)) 1)"
        self.line(f"ASSUME {label}")
        self.line(f"OBSERVE-EACH ((lambda (i) {body}) (range 0 4)) "
                  "'(1 -0.5 0.3 2)")


# ---- runs ------------------------------------------------------------------

class Wrong(Exception):
    """It ended as no program may."""


def error_of(said):
    """What did not move has none."""
    return 0.0 if said in (None, "nan") else float(said)


def summary(options, program, kernel, engine, samples, seed, thin):
    """{name: (mean, standard error)}; None: refused. And the text."""
    text = "\n".join(program.lines) + (
        f"\nINFER {kernel} :samples {samples} :warmup {samples // 8} "
        f":chains 2 :seed {seed} :thin {thin} "
        f":watch ({' '.join(program.watched)})\n")
    with tempfile.NamedTemporaryFile("w", suffix=".church") as file:
        file.write(text)
        file.flush()
        done = subprocess.run(
            [options.program, "--json", "--engine", engine, "--seed", "1",
             "--limit-time", "60", file.name],
            capture_output=True, text=True, timeout=200, check=False)
    if done.returncode not in (0, 1):
        raise Wrong(f"status {done.returncode}", text)
    for row in map(json.loads, done.stdout.splitlines()):
        if "summary" in row:
            return {r["name"]: (r["mean"], error_of(r["mcse"]))
                    for r in row["summary"]
                    if isinstance(r["mean"], (int, float))}, text
    return None, text


def worst(got, wanted):
    """(z, name) of the mean that is farthest off."""
    most = (0.0, "")
    for name, (mean, error) in got.items():
        if name not in wanted:
            continue
        other, its_error = wanted[name]
        both = math.hypot(error, its_error)
        off = abs(mean - other)
        if off > 1e-9:
            most = max(most, (off / both if both > 0.0 else math.inf, name))
    return most


def compare(options, program, wanted, kernel, engine, seed):
    """None: it agrees; True: it refuses; else what is wrong, and the text."""
    got, text = summary(options, program, kernel, engine, 2000, seed, 2)
    if got is None:
        return True
    if worst(got, wanted)[0] <= Z_MOST:
        return None
    wanted = summary(options, program, "(mh)", "reduced", 40000, seed + 1,
                     40)[0]
    got, text = summary(options, program, kernel, engine, 16000, seed + 2, 4)
    if got is None or wanted is None:
        return True
    z, name = worst(got, wanted)
    if z <= Z_MOST:
        return None
    return (f"{name} is {got[name][0]:.4g}, and under (mh) "
            f"{wanted[name][0]:.4g}: {z:.1f} standard errors", text)


def judge(task):
    """(passed, failed, skipped, lines) of a program."""
    options, seed = task
    program = Program(seed)
    counts, said = [0, 0, 0], []
    try:
        wanted, text = summary(options, program, "(mh)", "reduced", 10000,
                               seed, 20)
        for i, kernel in enumerate(KERNELS if wanted else ()):
            engine = ENGINES[(seed + i) % len(ENGINES)]
            bad = compare(options, program, wanted, kernel, engine, seed + 7)
            counts[0 if bad is None else 2 if bad is True else 1] += 1
            if isinstance(bad, tuple):
                said.append(f"FAIL program {seed} under {kernel} on {engine}: "
                            f"{bad[0]}")
                text = bad[1]
        if not wanted:
            counts[2] += 1
    except (Wrong, subprocess.TimeoutExpired) as wrong:
        counts[1] += 1
        said.append(f"FAIL program {seed}: {wrong.args[0]}")
        text = wrong.args[1] if isinstance(wrong, Wrong) else ""
    if said:
        options.keep.mkdir(parents=True, exist_ok=True)
        (options.keep / f"kernels-{seed}.church").write_text(text)
    return (*counts, said)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--count", type=int)
    parser.add_argument("--program", default="./vestige")
    parser.add_argument("--keep", type=pathlib.Path,
                        default=pathlib.Path("build/property"))
    options = parser.parse_args()
    count = options.count or (300 if options.long else 12)
    tasks = [(options, seed)
             for seed in range(options.first, options.first + count)]
    totals = [0, 0, 0]
    with multiprocessing.Pool(2) as pool:
        for *counts, said in pool.imap(judge, tasks):
            totals = [a + b for a, b in zip(totals, counts)]
            for words in said:
                print(words, flush=True)
    print(f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped")
    return 1 if totals[1] or not totals[0] else 0


if __name__ == "__main__":
    raise SystemExit(main())
