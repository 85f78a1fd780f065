#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of memoized procedures, enumerated part by part.

    tests/exact/nets.py [--count N] [--program ./vestige]

Random networks of memoized flips that read each other, with observations,
conditions and factors, against sums over all states made here; a hidden Markov
model of 300 steps against its forward recursion; a grid of 3 x 20 against the
sum over its columns; and programs that do not fall into parts. All is exact,
to 1e-9.

The last line is `N passed, M failed, K skipped`.
"""
import argparse
import itertools
import json
import math
import pathlib
import random
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def ask(program, text, query):
    text += f"INFER {query} 1 1 (enumerate)\n"
    r = subprocess.run([program, "--json", "-"], input=text, text=True,
                       capture_output=True, timeout=60)
    for line in reversed(r.stdout.splitlines()):
        answer = json.loads(line)
        if "distribution" in answer:
            rows = answer["distribution"]
            return ({json.dumps(x["value"]): x["probability"] for x in rows},
                    answer["log_ml"], "parts" in answer)
    return None, r.stdout + r.stderr, False


class Net:
    """Flips f(0) .. f(n - 1), each by a table over some before it."""

    def __init__(self, seed):
        self.random = r = random.Random(seed)
        self.n = r.randint(12, 13)
        self.parents = [sorted(r.sample(range(i), min(i, r.randint(0, 3))))
                        for i in range(self.n)]
        self.table = [{k: round(r.uniform(0.05, 0.95), 2) for k in
                       itertools.product((True, False), repeat=len(p))}
                      for p in self.parents]
        self.facts = [self.fact() for _ in range(r.randint(0, 4))]
        self.query = sorted(r.sample(range(self.n), r.randint(1, 3)))

    def fact(self):
        r = self.random
        return (r.choice(("observe", "condition", "factor", "equal")),
                r.randrange(self.n), r.randrange(self.n),
                round(r.uniform(0.1, 0.9), 2), round(r.uniform(0.1, 0.9), 2))

    def body(self, i, given=()):
        p = self.parents[i]
        if len(given) == len(p):
            return f"(flip {self.table[i][given]})"
        return (f"(if (f {p[len(given)]}) {self.body(i, given + (True,))} "
                f"{self.body(i, given + (False,))})")

    def text(self):
        cases = " ".join(f"(({i}) {self.body(i)})" for i in range(self.n))
        lines = [f"ASSUME f (mem (lambda (i) (case i {cases})))"]
        for kind, a, b, x, y in self.facts:
            lines.append({
                "observe": f"OBSERVE (flip (if (f {a}) {x} {y})) true",
                "condition": f"(condition (or (f {a}) (f {b})))",
                "factor": f"(factor (if (and (f {a}) (f {b})) {x} {-y}))",
                "equal": f"OBSERVE (f {a}) true"}[kind])
        return "\n".join(lines) + "\n"

    def weight(self, s):
        w = 1.0
        for i in range(self.n):
            p = self.table[i][tuple(s[k] for k in self.parents[i])]
            w *= p if s[i] else 1 - p
        for kind, a, b, x, y in self.facts:
            if kind == "observe":
                w *= x if s[a] else y
            elif kind == "condition":
                w *= s[a] or s[b]
            elif kind == "factor":
                w *= math.exp(x if s[a] and s[b] else -y)
            else:
                w *= s[a]
        return w

    def answer(self):
        sums = {}
        for s in itertools.product((True, False), repeat=self.n):
            key = json.dumps([s[i] for i in self.query])
            sums[key] = sums.get(key, 0.0) + self.weight(s)
        total = sum(sums.values())
        return ({k: v / total for k, v in sums.items() if v > 0} if total
                else None), (math.log(total) if total else None)


def chain(n=300):
    """The text, what is asked, and the answer by the forward recursion."""
    seen = [(7 * t) % 11 < 5 for t in range(n)]
    text = ("ASSUME state (mem (lambda (t) (if (= t 0) (flip) (if (state "
            "(- t 1)) (flip 0.8) (flip 0.3)))))\n")
    a, log_ml = [0.5, 0.5], 0.0
    for t, v in enumerate(seen):
        if t:
            up = a[0] * 0.8 + a[1] * 0.3
            a = [up, 1 - up]
        text += (f"OBSERVE (flip (if (state {t}) 0.9 0.2)) "
                 f"{'true' if v else 'false'}\n")
        a = [a[0] * (0.9 if v else 0.1), a[1] * (0.2 if v else 0.8)]
        log_ml += math.log(sum(a))
        a = [x / sum(a) for x in a]
    return text, f"(state {n - 1})", {"true": a[0], "false": a[1]}, log_ml


def grid(rows=3, columns=20):
    """A cell is likely what those above it and to its left are."""
    text = ("ASSUME g (mem (lambda (i j) (let ((k (+ (if (and (> i 0) (g (- i 1)"
            " j)) 1 0) (if (and (> j 0) (g i (- j 1))) 1 0)))) "
            "(flip (list-ref (list 0.2 0.5 0.9) k)))))\n"
            f"OBSERVE (g {rows - 1} {columns - 1}) true\n")
    p = (0.2, 0.5, 0.9)
    sums = {(False,) * rows: 1.0}
    first = {}
    for j in range(columns):
        new = {}
        for left, w in sums.items():
            for s in itertools.product((True, False), repeat=rows):
                q = w
                for i in range(rows):
                    up = p[(i > 0 and s[i - 1]) + (j > 0 and left[i])]
                    q *= up if s[i] else 1 - up
                new[s] = new.get(s, 0.0) + q
        sums = new
    total = sum(w for s, w in sums.items() if s[-1])
    for s, w in sums.items():
        if s[-1]:
            key = "true" if s[0] else "false"
            first[key] = first.get(key, 0.0) + w / total
    return text, f"(g 0 {columns - 1})", first, math.log(total)


# Of few states, which do not fall into parts.
OTHERS = [
    # what is observed inside counts where the procedure is applied only
    ("ASSUME i (randbelow 2)\nASSUME f (mem (lambda (k) (begin (condition "
     "(flip (if (= k 0) 0.2 0.6))) (flip 0.5))))\nPREDICT (f i)\n", "i",
     {"0": 0.25, "1": 0.75}, math.log(0.4)),
    # draws that share contents
    ("ASSUME coin (make-beta-bernoulli 1 1)\nASSUME f (mem (lambda (k) (coin)))"
     "\nOBSERVE (f 0) true\n", "(f 1)", {"true": 2 / 3, "false": 1 / 3},
     math.log(0.5)),
    # one condition stands in what nobody asks for
    ("ASSUME f (mem (lambda (k) (flip 0.5)))\nASSUME both (begin (condition "
     "(and (f 0) (f 1))) 1)\n", "(f 0)", {"true": 1.0}, math.log(0.25)),
]


def same(got, wanted):
    return got is not None and all(
        abs(got.get(k, 0.0) - wanted.get(k, 0.0)) < 1e-9
        for k in set(got) | set(wanted))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--program", default=str(ROOT / "vestige"))
    o = parser.parse_args()
    passed = failed = 0

    def check(name, text, query, wanted, log_ml, by_parts):
        nonlocal passed, failed
        got, ml, parts = ask(o.program, text, query)
        if wanted is None:
            good = got is None and "no state" in ml
        else:
            good = (same(got, wanted) and
                    abs(ml - log_ml) < 1e-9 * (1 + abs(log_ml)) and
                    by_parts in (None, parts))
        passed += good
        failed += not good
        if not good:
            print(f"FAIL {name}: {query}\n{text[:400]}got {got} {ml}, "
                  f"wanted {wanted} {log_ml}")

    for seed in range(o.count):
        net = Net(seed)
        answer, log_ml = net.answer()
        check(f"network {seed}", net.text(),
              f"(list {' '.join(f'(f {i})' for i in net.query)})", answer,
              log_ml, None)
    check("a chain", *chain(), True)
    check("a grid", *grid(), True)
    for i, other in enumerate(OTHERS):
        check(f"no network {i + 1}", *other, None)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed != 0


sys.exit(main())
