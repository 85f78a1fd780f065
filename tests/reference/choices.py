#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/reference/choices.csv: of the families that choose among
finitely many values the log probabilities, their slopes, tails, the slopes
of those, and moments; by mpmath, at 200 random and at least 50 extreme
arguments a family.
    tests/reference/choices.py > tests/reference/choices.csv

A row: family, n, n weights (logits, cuts), m, m other numbers (the values of
multinomial and uniform-draw, eta, what noisy is given), a value, its log
probability, the slopes of that by the n + m, log P(X <= value), log P(X >
value), the slopes of the smaller of the two (empty: minus infinity, or where
there is none), mean, variance. Probabilities are sums of shares and slopes
are central differences, at 760 digits: weights may be 1e600 apart.
"""
import random

import mpmath as mp
from mpmath import exp, log, mpf

mp.mp.dps = 760
STEP = mpf(10) ** -40
rng = random.Random(20265)


def log_uniform(lo, hi):
    return float("%.6g" % 10 ** rng.uniform(lo, hi))


# Each: the law [(value, probability)] of (weights, others).

def by_weights(w, _):
    total = sum(w)
    return [(i, x / total) for i, x in enumerate(w)]


def by_logits(w, _):
    return by_weights([exp(x - max(w)) for x in w], _)


def by_cuts(w, others):
    # P(X <= k) is the logistic curve at cut k less eta.
    below = [1 / (1 + exp(others[0] - x)) for x in w]
    above = [1 / (1 + exp(x - others[0])) for x in w]
    shares = [below[0]]
    shares += [a - b for a, b in zip(above, above[1:])]
    return list(enumerate(shares + [above[-1]]))


def of_values(w, others):
    total = sum(w)
    return [(x, y / total) for x, y in zip(others, w)]


def even(_, others):
    return [(x, mpf(1) / len(others)) for x in others]


def slipped(_, others):
    b, e = int(others[0]), others[1]
    return [(b, 1 - e), (1 - b, e)]


def weights(extreme, n):
    if not extreme:
        return [0.0 if n > 1 and rng.random() < 0.1 else log_uniform(-2, 2)
                for _ in range(n)]
    spread = rng.choice([20, 300])
    return [log_uniform(-spread, spread) for _ in range(n)]


def some_weights(extreme):
    while True:
        w = weights(extreme, rng.randrange(1, 8))
        if sum(w) > 0:
            return w, []


def some_logits(extreme):
    n = rng.randrange(1, 8)
    spread = rng.choice([30, 1e3, 1e6]) if extreme else 3
    return [float("%.6g" % rng.gauss(0, spread)) for _ in range(n)], []


def some_cuts(extreme):
    n = rng.randrange(1, 6)
    spread = rng.choice([1e-9, 30, 400]) if extreme else 2
    middle = float("%.4g" % rng.gauss(0, 1))
    cuts = sorted({float("%.15g" % (middle + rng.gauss(0, spread)))
                   for _ in range(n)})
    eta = rng.choice([-30.0, 0.0, 300.0]) if extreme else rng.gauss(0, 2)
    return cuts, [float("%.6g" % eta)]


def some_values(n, extreme):
    far = 2 ** 50 if extreme else 6
    return [float(rng.randrange(-far, far + 1)) for _ in range(n)]


def weighted_values(extreme):
    w, _ = some_weights(extreme)
    return w, some_values(len(w), extreme)


def even_values(extreme):
    return [], some_values(rng.randrange(1, 8), extreme)


def slip(extreme):
    e = rng.choice([1e-300, 1e-20, 1e-9, 0.5, 1 - 1e-9, 1 - 2.0 ** -53]) \
        if extreme else float("%.6g" % rng.random())
    return [], [float(rng.randrange(2)), e]


# family: law, arguments, which of the others have slopes
FAMILIES = {
    "categorical": (by_weights, some_weights, ()),
    "sample-discrete": (by_weights, some_weights, ()),
    "categorical-logit": (by_logits, some_logits, ()),
    "ordered-logistic": (by_cuts, some_cuts, (0,)),
    "multinomial": (of_values, weighted_values, ()),
    "uniform-draw": (even, even_values, ()),
    "noisy": (slipped, slip, (1,)),
}


def share(law, holds):
    return sum(p for x, p in law if holds(x))


def log_of(law, holds):
    # Of the smaller side where the larger is nearly all.
    p = share(law, holds)
    return log(p) if p > 0 else -mp.inf


def slopes(family, w, others, holds):
    law, _, free = FAMILIES[family]
    if share(law(w, others), holds) == 0:
        return [None] * (len(w) + len(others))
    out = []
    for i in range(len(w) + len(others)):
        if i >= len(w) and i - len(w) not in free:
            out.append(None)
            continue
        at = (w + others)[i]
        # At 0 only what lies above is a weight: a one-sided difference, its
        # error is that of the step.
        step = abs(at) * STEP if at else STEP * max(map(abs, w + others))
        ends = []
        for sign in (1, -1 if at or family not in ("categorical",
                     "sample-discrete", "multinomial") else 0):
            moved = w + others
            moved[i] = at + sign * step
            ends.append(log_of(law(moved[:len(w)], moved[len(w):]), holds))
        width = 2 * step if sign else step
        out.append((ends[0] - ends[1]) / width)
    return out


def text(x, digits=17):
    if x is None:
        return ""
    if mp.isinf(x):
        return "inf" if x > 0 else "-inf"
    return mp.nstr(x, digits, min_fixed=-4, max_fixed=8)


def emit(family, w, others):
    law, _, _ = FAMILIES[family]
    ws, os = [mpf(x) for x in w], [mpf(x) for x in others]
    atoms = law(ws, os)
    x = rng.choice([a for a, p in atoms if p > 0])
    below = log_of(atoms, lambda y: y <= x)
    above = log_of(atoms, lambda y: y > x)
    if above < below:
        tail = slopes(family, ws, os, lambda y: y > x)
    else:
        tail = slopes(family, ws, os, lambda y: y <= x)
    mean = sum(y * p for y, p in atoms)
    variance = sum((y - mean) ** 2 * p for y, p in atoms)
    fields = [family, str(len(w))] + [repr(t) for t in w]
    fields += [str(len(others))] + [repr(t) for t in others]
    fields += [repr(float(x)), text(log_of(atoms, lambda y: y == x))]
    fields += [text(t, 12) for t in slopes(family, ws, os, lambda y: y == x)]
    fields += [text(below), text(above)] + [text(t, 12) for t in tail]
    fields += [text(mean), text(variance)]
    print(",".join(fields))


def main():
    for family, (_, arguments, _) in FAMILIES.items():
        for i in range(255):
            emit(family, *arguments(i >= 200))


main()
