#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/reference/densities.inc: log densities from their textbook
formulas, by mpmath at 80 digits (more where the arguments are huge), at 200
random and some 50 extreme arguments a family.
    tests/reference/densities.py > tests/reference/densities.inc

A row: family, arguments, value (several numbers for a simplex), log density,
and its condition: what a relative change of one in the real inputs would
change it by. A right program is off by about condition * 2^-53.
"""
import random

import mpmath as mp
from mpmath import log, log1p, loggamma, mpf, pi

rng = random.Random(20241)


def log_uniform(lo, hi):
    return float(mp.power(10, rng.uniform(lo, hi)))


def normal(x, mu, sd):
    return -((x - mu) / sd) ** 2 / 2 - log(sd) - log(2 * pi) / 2


def student(x, nu, m=mpf(0), s=mpf(1)):
    z = (x - m) / s
    return (loggamma((nu + 1) / 2) - loggamma(nu / 2) - log(nu * pi) / 2
            - log(s) - (nu + 1) / 2 * log1p(z * z / nu))


def laplace(x, m, b):
    return -abs(x - m) / b - log(2 * b)


def uniform(x, lo, hi):
    return -log(hi - lo)


def exponential(x, rate):
    return log(rate) - rate * x


def gamma(x, k, s):
    return (k - 1) * log(x) - x / s - loggamma(k) - k * log(s)


def inverse_gamma(x, k, s):
    return k * log(s) - loggamma(k) - (k + 1) * log(x) - s / x


def beta(x, a, b):
    return ((a - 1) * log(x) + (b - 1) * log1p(-x)
            + loggamma(a + b) - loggamma(a) - loggamma(b))


def flip(x, p):
    return log(p) if x else log1p(-p)


def poisson(k, m):
    return k * log(m) - m - loggamma(k + 1)


def binomial(k, n, p):
    return (loggamma(n + 1) - loggamma(k + 1) - loggamma(n - k + 1)
            + k * log(p) + (n - k) * log1p(-p))


def geometric(k, p):
    return log(p) + k * log1p(-p)


def categorical(k, *w):
    return log(w[int(k)] / sum(w))


def uniform_discrete(k, lo, hi):
    return -log(hi - lo + 1)


def dirichlet(x, *a):
    # On the simplex itself: the shares as doubles sum to one only nearly.
    total = sum(x)
    return (loggamma(sum(a)) - sum(map(loggamma, a))
            + sum((ai - 1) * log(xi / total) for xi, ai in zip(x, a)))


def emit(name, f, x, args, whole=(), digits=80):
    """whole: which of (value, args...) are integers, and not perturbed."""
    with mp.workdps(digits):
        vector = isinstance(x, (list, tuple))
        xs = [mpf(v) for v in (x if vector else [x])]
        ms = [mpf(a) for a in args]

        def at(xs, ms):
            return f(xs if vector else xs[0], *ms)
        y = at(xs, ms)
        if not mp.isfinite(y):
            return
        step = mpf(10) ** (-digits // 3)
        condition = mpf(0)
        for i in range(len(xs) + len(ms)):
            if vector and i < len(xs):
                continue
            if (0 if i < len(xs) else i - len(xs) + 1) in whole:
                continue
            moved = list(xs + ms)
            moved[i] *= 1 + step
            z = at(moved[:len(xs)], moved[len(xs):])
            condition += abs((z - y) / step)
        if abs(y) > 1e300:
            return

        def numbers(values):
            return "{%s}" % ", ".join(repr(float(v)) for v in values)
        print('{"%s", %d, %s, %d, %s, %s, %s},' % (
            name, len(args), numbers(args) if args else "{0}", len(xs),
            numbers(xs), mp.nstr(y, 20, min_fixed=1, max_fixed=0),
            mp.nstr(condition, 3, min_fixed=1, max_fixed=0)))


print("/* Written by tests/reference/densities.py. */")
tiny, huge = 1e-300, 1e300
# Continuous on the line.
for _ in range(200):
    mu, sd = rng.gauss(0, 10), log_uniform(-3, 3)
    emit("normal", normal, mu + sd * rng.gauss(0, 3), [mu, sd])
    emit("laplace", laplace, mu + sd * rng.gauss(0, 3), [mu, sd])
    lo, hi = sorted([rng.gauss(0, 100), rng.gauss(0, 100)])
    emit("uniform", uniform, rng.uniform(lo, hi), [lo, hi])
    nu = log_uniform(-2, 6)
    emit("student-t", student, mu + sd * rng.gauss(0, 3), [nu, mu, sd])
for sd in (1e-150, 1e-10, 1.0, 1e10, 1e150):
    for z in (0.0, 1e-8, 0.5, 1.0, 8.0, 40.0, 1e3, 1e6, -3.0, -1e5):
        emit("normal", normal, z * sd, [0.0, sd])
        emit("laplace", laplace, z * sd, [0.0, sd])
        emit("uniform", uniform, z * sd, [-1e7 * sd, 1e7 * sd])
for nu in (tiny, 1e-10, 0.01, 1.0, 19.9, 20.1, 1e3, 1e8, 1e16, huge):
    for z in (0.0, 1e-10, 0.1, 1.0, 30.0, 1e5):
        emit("student-t", student, z, [nu], digits=80 if nu < 1e20 else 700)
# Positive.
for _ in range(200):
    k, s = log_uniform(-3, 6), log_uniform(-3, 3)
    y = max(k + k ** 0.5 * rng.gauss(0, 3), k / 10)
    emit("gamma", gamma, y * s, [k, s])
    emit("inverse-gamma", inverse_gamma, s / y, [k, s])
    emit("exponential", exponential, y * s, [1 / s])
for k in (tiny, 1e-8, 0.5, 1.0, 9.999, 10.001, 1e4, 1e9, 1e12):
    for y in (1e-250, 1e-5, 0.9, 1.0, 1.0000001, 1.1, 3.0, 1e3):
        emit("gamma", gamma, max(k * y, y if k < 1 else 0), [k, 1.0])
        emit("inverse-gamma", inverse_gamma, 1 / max(k * y, y if k < 1 else 0),
             [k, 1.0])
        emit("exponential", exponential, y, [max(k, 1e-290)])
# The unit interval.
for _ in range(200):
    a, b = log_uniform(-2, 5), log_uniform(-2, 5)
    x = rng.betavariate(a, b)
    if 0 < x < 1:
        emit("beta", beta, x, [a, b])
for a, b in ((1e-3, 1e-3), (1e-300, 1.0), (0.5, 0.5), (1.0, 1.0), (9.9, 1e8),
             (12.0, 1e8), (1e9, 1e9), (1e10, 3e10), (1e-3, 1e6), (2.0, 1e12)):
    m = a / (a + b)
    for x in (1e-300, 1e-17, m, m * (1 + 1e-6), 0.5, 1 - 2.0 ** -53, 1 - 1e-9):
        if 0 < x < 1:
            emit("beta", beta, x, [a, b])
# Discrete.
for _ in range(200):
    emit("flip", flip, rng.randrange(2), [rng.random()], (0,))
    mean = log_uniform(-3, 6)
    k = max(0, int(mean + mean ** 0.5 * rng.gauss(0, 3)))
    emit("poisson", poisson, k, [mean], (0,))
    n, p = int(log_uniform(0, 6)), rng.random()
    k = min(n, max(0, int(n * p + (n * p * (1 - p)) ** 0.5 * rng.gauss(0, 3))))
    emit("binomial", binomial, k, [n, p], (0, 1))
    emit("geometric", geometric, int(rng.expovariate(1) * 10), [p], (0,))
    w = [log_uniform(-6, 6) for _ in range(rng.randrange(1, 7))]
    emit("categorical", categorical, rng.randrange(len(w)), w, (0,))
    lo, hi = sorted([rng.randrange(-10 ** 6, 10 ** 6) for _ in "ab"])
    emit("uniform-discrete", uniform_discrete, rng.randint(lo, hi), [lo, hi],
         (0, 1, 2))
for p in (5e-324, 1e-300, 1e-17, 1e-9, 0.5, 1 - 1e-9, 1 - 2.0 ** -53):
    for x in (0, 1):
        emit("flip", flip, x, [p], (0,))
    for k in (0, 1, 3, 10 ** 6, 10 ** 12):
        emit("geometric", geometric, k, [p], (0,))
        for n in (k, k + 1, 10 * k + 3, 10 ** 12):
            if k <= n:
                emit("binomial", binomial, k, [n, p], (0, 1))
for n in (10 ** 9, 10 ** 12):
    for p in (1e-9, 0.25, 0.5, 0.75):
        for z in (-5, 0, 1, 8):
            k = int(n * p + z * (n * p * (1 - p)) ** 0.5)
            if k >= 0:
                emit("binomial", binomial, k, [n, p], (0, 1))
for mean in (1e-300, 1e-9, 0.1, 9.99, 10.0, 1e3, 1e9, 1e15):
    for k in (0, 1, 2, 20, 10 ** 9, mean - 5 * mean ** 0.5, mean, mean * 1.5):
        if k >= 0:
            emit("poisson", poisson, int(k), [mean], (0,))
for w in ([1.0, 1e-20], [1e-300, 1.0, 1e-300], [1e300, 1e290], [3.0], [0.1] * 6):
    for k in range(len(w)):
        emit("categorical", categorical, k, w, (0,), digits=700)
# Simplex.
for i in range(250):
    n = rng.randrange(2, 7)
    a = [log_uniform(-2, 2 if i < 200 else 8) for _ in range(n)]
    g = [max(rng.gammavariate(ai, 1), 1e-200) for ai in a]
    emit("dirichlet", dirichlet, [gi / sum(g) for gi in g], a)
