#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/reference/urns.csv: of every urn the log probability of a
whole state, that of one application more, and the derivatives of both, by
mpmath from the textbooks' joint probabilities, for 200 random and 50 extreme
states a maker. A predictive is the joint with the value over the one without.
    tests/reference/urns.py > tests/reference/urns.csv

A row: maker, 1 where the parameters are one list, number of parameters,
parameters, number of pairs, pairs (a value, how often it is in the urn), a
value, its log predictive, that one's derivatives (by the value, by each
parameter), the state's log probability and its derivatives by each parameter.
An empty field is a derivative that does not exist. Derivatives are central
differences at 80 digits.
"""
import random

import mpmath as mp
from mpmath import log, loggamma, mpf, pi

mp.mp.dps = 80
rng = random.Random(77)


def spread(lo, hi):
    return float("%.5g" % 10 ** rng.uniform(lo, hi))


def rising(a, n):
    return loggamma(a + n) - loggamma(a) if n else mpf(0)


# ---- joints: of parameters and {value: times} ------------------------------

def by_weights(weights, counts):
    return (sum(rising(w, counts.get(i, 0)) for i, w in enumerate(weights))
            - rising(sum(weights), sum(counts.values())))


def of_pair(p, counts):
    return by_weights(p, {0: counts.get(1, 0), 1: counts.get(0, 0)})


def symmetric(p, counts):
    return by_weights([p[0]] * int(p[1]), counts)


def restaurant(p, counts):
    theta, d = p[0], p[1] if len(p) > 1 else mpf(0)
    sizes = [c for c in counts.values() if c]
    if not sizes:
        return mpf(0)
    return (sum(log(theta + i * d) for i in range(1, len(sizes)))
            + sum(rising(1 - d, c - 1) for c in sizes)
            - rising(theta + 1, sum(sizes) - 1))


def normal(p, counts):
    m, v, a, b = p
    n = sum(counts.values())
    if not n:
        return mpf(0)
    kappa = 1 / v
    mean = sum(x * c for x, c in counts.items()) / n
    squares = sum((x - mean) ** 2 * c for x, c in counts.items())
    b_n = b + squares / 2 + kappa * n * (mean - m) ** 2 / (2 * (kappa + n))
    a_n = a + mpf(n) / 2
    return (loggamma(a_n) - loggamma(a) + a * log(b) - a_n * log(b_n)
            + log(kappa / (kappa + n)) / 2 - n * log(2 * pi) / 2)


def poisson(p, counts):
    shape, rate = p
    n = sum(counts.values())
    all_ = sum(x * c for x, c in counts.items())
    return (rising(shape, all_) + shape * log(rate)
            - (shape + all_) * log(rate + n)
            - sum(loggamma(x + 1) * c for x, c in counts.items()))


# ---- states ----------------------------------------------------------------

def times(extreme):
    return rng.choice([1, 3, 100, 2000]) if extreme else rng.randrange(1, 6)


def some(values, extreme):
    k = rng.randrange(0, min(len(values), 5) + 1)
    return [(x, times(extreme)) for x in rng.sample(values, k)]


def weights(n, extreme):
    # Of polya urns zeros too, but not all.
    return [spread(-12, 12) if extreme else spread(-1.5, 1.5)
            for _ in range(n)]


def pair_case(e):
    return weights(2, e), some([0.0, 1.0], e), float(rng.randrange(2))


def list_case(e):
    n = rng.randrange(1, 6)
    at = [float(i) for i in range(n)]
    return weights(n, e), some(at, e), rng.choice(at)


def symmetric_case(e):
    n = rng.choice([1, 2, 1000, 10 ** 5]) if e else rng.randrange(1, 9)
    at = [float(i) for i in range(min(n, 9))]
    return weights(1, e) + [float(n)], some(at, e), rng.choice(at)


LABELS = [float(i) for i in range(11, 20)]


def crp_case(e):
    state = some(LABELS, e)
    return weights(1, e), state, rng.choice(LABELS)


def pitman_yor_case(e):
    d = rng.choice([0.0, 1e-12, 0.5, 0.999999]) if e else float(
        "%.4g" % rng.random())
    theta = weights(1, e)[0]
    if rng.random() < 0.3 and d > 0:
        theta = float("%.12g" % (-d * (1 - 1e-6 if e else rng.random())))
    return [theta, d], some(LABELS, e), rng.choice(LABELS)


def normal_case(e):
    m = rng.gauss(0, 3) * (rng.choice([0, 1, 1e6]) if e else 1)
    p = [float("%.5g" % m)] + weights(3, False)
    if e:
        p[1:] = [spread(-6, 6), spread(-4, 5), spread(-6, 6)]
    sd = (p[3] / p[2]) ** 0.5
    state = [(float("%.8g" % (m + sd * rng.gauss(0, 2))), times(e and i == 0))
             for i in range(rng.randrange(0, 5))]
    return p, state, float("%.8g" % (m + sd * rng.gauss(0, 2)))


def poisson_case(e):
    p = weights(2, False)
    if e:
        p = [spread(-8, 8), spread(-6, 6)]
    mean = min(p[0] / p[1], 1e12)

    def draw():
        return float(int(mean * rng.gammavariate(2, 0.5)) + rng.randrange(3))
    return p, [(draw(), times(e and i == 0))
               for i in range(rng.randrange(0, 5))], draw()


# maker: (joint, cases, parameters in a list, whole parameters, values have a
# density)
MAKERS = {
    "beta-binomial/make": (of_pair, pair_case, False, (), False),
    "dirichlet-multinomial/make": (by_weights, list_case, True, (), False),
    "symmetric-dirichlet-multinomial/make":
        (symmetric, symmetric_case, False, (1,), False),
    "polya-urn/make": (by_weights, list_case, False, (), False),
    "CRP/make": (restaurant, crp_case, False, (), False),
    "pitman-yor/make": (restaurant, pitman_yor_case, False, (), False),
    "normal-inverse-gamma/make": (normal, normal_case, False, (), True),
    "gamma-poisson/make": (poisson, poisson_case, False, (), False),
}


def slope(f, at, size):
    h = size * mpf(10) ** -26
    return (f(at + h) - f(at - h)) / (2 * h)


def text(x, digits):
    if x is None:
        return ""
    return mp.nstr(x, digits, min_fixed=-4, max_fixed=8)


def row(maker, case):
    joint, _, listed, whole, dense = MAKERS[maker]
    params, state, v = case
    p = [mpf(x) for x in params]
    counts = {}
    for x, c in state:
        counts[mpf(x)] = counts.get(mpf(x), 0) + c
    keys = {x: x if dense or joint is poisson else int(x) for x in counts}
    counts = {keys[x]: c for x, c in counts.items()}

    def more(x):
        longer = dict(counts)
        longer[x] = longer.get(x, 0) + 1
        return longer
    value = mpf(v) if dense or joint is poisson else int(v)

    def predictive(q, x):
        return joint(q, more(x)) - joint(q, counts)

    def moved(i, t):
        return p[:i] + [t] + p[i + 1:]

    def sides(f):
        # A discount of 0 is an end: derivatives go through it all the same.
        return [None if i in whole or listed else slope(
            lambda t, i=i: f(moved(i, t)), p[i], abs(p[i]) or mpf(1))
            for i in range(len(p))]
    fields = [maker, str(int(listed)), str(len(p))] + [repr(x) for x in params]
    fields += [str(len(state))]
    for x, c in state:
        fields += [repr(x), str(c)]
    fields += [repr(v), text(predictive(p, value), 17)]
    fields += [text(slope(lambda t: predictive(p, t), value, max(
        abs(value), p[1])), 12) if dense else ""]
    fields += [text(t, 12) for t in sides(lambda q: predictive(q, value))]
    fields += [text(joint(p, counts), 17)]
    fields += [text(t, 12) for t in sides(lambda q: joint(q, counts))]
    print(",".join(fields))


def main():
    for maker, (_, case, *_) in MAKERS.items():
        for i in range(250):
            row(maker, case(i >= 200))


main()
