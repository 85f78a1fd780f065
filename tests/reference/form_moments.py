#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/reference/form_moments.txt: means and variances of truncated,
half and censored distributions, from their definitions, by mpmath.
    tests/reference/form_moments.py > tests/reference/form_moments.txt

A line: the arguments as src/xrp/form.h orders them, the form first; the mean;
the variance. Fields are separated by |; nan and inf are what does not exist.
"""
import random

import mpmath as mp
from mpmath import mpf

mp.mp.dps = 20
INF = mpf("inf")
rng = random.Random(20240301)


def short(x, digits=4):
    return float(f"%.{digits}g" % x)


# log density, and where to cut the integral in pieces
def normal(mu, sd):
    return (lambda x: -((x - mu) / sd) ** 2 / 2), mu, sd, -INF


def exponential(rate):
    return (lambda x: -rate * x), 1 / rate, 1 / rate, 0


def logistic(loc, s):
    return (lambda x: -abs(x - loc) / s
            - 2 * mp.log1p(mp.exp(-abs(x - loc) / s))), loc, s, -INF


def gamma(shape, scale):
    return (lambda x: (shape - 1) * mp.log(x) - x / scale if x > 0
            else -INF), shape * scale, mp.sqrt(shape) * scale, 0


def student(df, loc, scale):
    return (lambda x: -(df + 1) / 2 * mp.log1p(((x - loc) / scale) ** 2 / df)
            ), loc, scale, -INF


def cauchy(loc, scale):
    return student(mpf(1), loc, scale)


def laplace(loc, scale):
    return (lambda x: -abs(x - loc) / scale), loc, scale, -INF


LAWS = {"normal": normal, "exponential": exponential, "logistic": logistic,
        "gamma": gamma, "student-t": student, "cauchy": cauchy,
        "laplace": laplace}
HEAVY = {"cauchy": lambda *p: mpf(1), "student-t": lambda df, *p: df}


def integral(f, lo, hi):
    """Where a density is of one size each; a power by logs, where it falls as
    an exponential does; by tanh-sinh where it may have a pole, at its end."""
    total, far = mpf(0), mpf(1024)
    cuts = {lo, hi} - {INF, -INF} | {mpf(0)}
    for k in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512):
        cuts |= {mpf(k), mpf(-k)}
    for end in {lo, hi} - {INF, -INF}:
        cuts |= {end + s * mpf(2) ** k for k in range(-7, 6, 2) for s in (1, -1)}
    for sign, end in ((1, hi), (-1, lo)):
        if end == sign * INF:
            start = max(far, sign * (lo if sign > 0 else hi))
            total += mp.quad(lambda y: f(sign * mp.exp(y)) * mp.exp(y),
                             [mp.log(start) + k for k in (0, 10, 100, 1000)],
                             maxdegree=8)
            cuts.add(sign * start)
    lo, hi = max(lo, min(cuts)), min(hi, max(cuts))
    cuts = sorted(c for c in cuts if lo <= c <= hi)
    if len(cuts) < 2:
        return total
    return (total + mp.quad(f, cuts[:2], maxdegree=8)
            + mp.quad(f, cuts[1:], method="gauss-legendre", maxdegree=5))


def tail_exponent(name, p):
    return HEAVY[name](*p) if name in HEAVY else INF


def standard(name, p, lo, hi):
    """The density in z = (x - middle) / scale, of the size of 1, and bounds."""
    log_density, middle, scale, least = LAWS[name](*p)
    lo = max(lo, mpf(least))
    middle = min(max(middle, lo), hi)
    scale = min(scale, hi - lo)
    peak = log_density(middle if middle > least else middle + scale / 2)
    return (lambda z: mp.exp(log_density(middle + scale * z) - peak), middle,
            scale, (lo - middle) / scale, (hi - middle) / scale)


def moments(name, p, lo, hi):
    alpha = tail_exponent(name, p)
    low, high = lo == -INF and alpha <= 1, hi == INF and alpha <= 1
    if low or high:
        mean = mp.nan if low and high else INF if high else -INF
        return mean, mp.nan
    f, middle, scale, a, b = standard(name, p, lo, hi)
    mass = integral(f, a, b)
    z = integral(lambda z: z * f(z), a, b) / mass
    mean = middle + scale * z
    if (lo == -INF or hi == INF) and alpha <= 2:
        return mean, INF
    return mean, scale ** 2 * (integral(lambda y: (y - z) ** 2 * f(y), a, b)
                               / mass)


def censored(name, p, lo, hi):
    f, middle, scale, least, _ = standard(name, p, -INF, INF)
    a, b = (max((x - middle) / scale, least) for x in (lo, hi))
    below, above = integral(f, least, a), integral(f, b, INF)
    total = below + above + integral(f, a, b)
    a, b = (lo - middle) / scale, (hi - middle) / scale
    within = max(a, least)
    z = (a * below + b * above
         + integral(lambda y: y * f(y), within, b)) / total
    squares = ((a - z) ** 2 * below + (b - z) ** 2 * above
               + integral(lambda y: (y - z) ** 2 * f(y), within, b))
    return middle + scale * z, scale ** 2 * squares / total


def poisson(m, lo, hi, form):
    p = {k: mp.exp(k * mp.log(m) - m - mp.loggamma(k + 1))
         for k in range(0, int(m + 60 * mp.sqrt(m) + 200))}
    q = {}
    for k, w in p.items():
        if form == "censored":
            k = min(max(k, lo), hi)
        elif not lo <= k <= hi:
            continue
        q[k] = q.get(k, mpf(0)) + w
    total = mp.fsum(q.values())
    mean = mp.fsum(k * w for k, w in q.items()) / total
    return mean, mp.fsum((k - mean) ** 2 * w for k, w in q.items()) / total


def line(words, answer):
    print(" ".join(w if isinstance(w, str) else mp.nstr(mpf(w), 17)
                   for w in words),
          *[mp.nstr(a, 17) for a in answer], sep="|")


def case(form, name, p, lo, hi):
    exact = [mpf(x) for x in p]
    lo, hi = mpf(lo), mpf(hi)
    ends = [] if form == "half" else [lo, hi]
    answer = (poisson(*exact, lo, hi, form) if name == "poisson" else
              censored(name, exact, lo, hi) if form == "censored" else
              moments(name, exact, lo, hi))
    line([form, *ends, name, *p], answer)


def parameters(name):
    if name in ("exponential", "poisson"):
        return [short(rng.uniform(0.2, 6))]
    if name == "gamma":
        return [short(rng.uniform(0.3, 6)), short(rng.uniform(0.2, 4))]
    p = [short(rng.gauss(0, 2)), short(rng.uniform(0.2, 3))]
    return [short(rng.uniform(0.6, 9))] + p if name == "student-t" else p


def ends(name):
    lo, hi = sorted(short(rng.uniform(-4, 8), 3) for _ in range(2))
    if name in ("poisson", "exponential", "gamma"):
        lo, hi = abs(lo), abs(lo) + 3
    if name == "poisson":
        lo, hi = round(lo), round(hi)
    turn = rng.random()
    return (-INF if turn < 0.2 else lo, INF if turn > 0.8 else max(hi, lo + 1))


for name in [*LAWS, "poisson"]:
    for _ in range(8):
        case("truncated", name, parameters(name), *ends(name))
    for _ in range(3):
        case("half", name, parameters(name), 0, INF)
    if name in HEAVY:
        continue
    for _ in range(3):
        lo, hi = ends(name)
        lo = max(lo, mpf(-5))
        case("censored", name, parameters(name), lo, min(hi, lo + 9))

for lo, hi in [(8, 9), (40, 41), (-41, -40), (8, INF), (40, INF), (-INF, -40),
               (-1, 1), (0, 1e-3), (1, 1 + 2**-30), (-INF, INF), (-40, 40)]:
    case("truncated", "normal", [0, 1], lo, hi)
for p in ([1000, 0.001], [1e6, 1], [1e-8, 1e-9], [-5, 0.1]):
    case("half", "normal", p, 0, INF)
case("truncated", "student-t", [2.0, 0, 1], 1, INF)
case("truncated", "student-t", [2.05, 0, 1], 1, INF)
case("truncated", "student-t", [1.0, 0, 1], 1, INF)
case("truncated", "student-t", [1.05, 0, 1], 1, INF)
case("truncated", "student-t", [0.5, 0, 1], -INF, INF)
case("truncated", "cauchy", [0, 1], -INF, INF)
case("truncated", "cauchy", [0, 1], -INF, 3)
case("truncated", "cauchy", [0, 1], -10, 1000)
case("truncated", "poisson", [1000], 900, INF)
case("truncated", "poisson", [3], 30, INF)
case("truncated", "poisson", [3], 2, 2)
