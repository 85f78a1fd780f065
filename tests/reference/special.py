#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/reference/special.inc: special functions by mpmath.
    tests/reference/special.py > tests/reference/special.inc
A row: function, two arguments, result, and what relative errors of one in
the arguments would change it by.
"""
import random

import mpmath as mp
from mpmath import exp, log, log1p, loggamma, mpf

rng = random.Random(5)
mp.mp.dps = 120


def log_beta(a, b):
    return loggamma(a) + loggamma(b) - loggamma(a + b)


def log_choose(n, k):
    return loggamma(n + 1) - loggamma(k + 1) - loggamma(n - k + 1)


one = {
    "log_gamma": lambda x: log(abs(mp.gamma(x))) if x < 0 else loggamma(x),
    "digamma": mp.digamma,
    "trigamma": lambda x: mp.psi(1, x),
    "softplus": lambda x: log1p(exp(x)),
    "inv_logit": lambda x: 1 / (1 + exp(-x)),
    "logit": lambda p: log(p) - log1p(-p),
    "log1m_exp": lambda x: log1p(-exp(x)),
}
two = {
    "log_beta": log_beta,
    "log_choose": log_choose,
    "log_add": lambda a, b: log(exp(a) + exp(b)),
    "log_rising": lambda a, h: loggamma(a + h) - loggamma(a),
    "digamma_rise": lambda a, h: mp.digamma(a + h) - mp.digamma(a),
    "deviance": lambda x, m: x * log(x / m) + m - x,
}


def emit(name, f, *args):
    args = [mpf(float(a)) for a in args]
    try:
        y = f(*args)
    except ValueError:  # a pole
        return
    if not mp.isfinite(y) or abs(y) > 1e308:
        return
    step = mpf(10) ** -40
    condition = sum(
        abs((f(*(args[:i] + [a * (1 + step)] + args[i + 1:])) - y) / step)
        for i, a in enumerate(args))
    shown = [repr(float(a)) for a in args] + ["0"]
    print('{"%s", %s, %s, %s, %s},' % (
        name, shown[0], shown[1], mp.nstr(y, 20, min_fixed=1, max_fixed=0),
        mp.nstr(condition, 3, min_fixed=1, max_fixed=0)))


def spread(lo, hi, n):
    return [mpf(10) ** rng.uniform(lo, hi) for _ in range(n)]


print("/* Written by tests/reference/special.py. */")
for x in spread(-10, 10, 100) + [1e-300, 0.5, 1.4, 1.46163214496836, 1.5, 3]:
    for name in ("log_gamma", "digamma", "trigamma"):
        emit(name, one[name], x)
for x in (-0.5, -0.3, -1.7, -5.25, -20.4, -1e-5):
    for name in ("digamma", "trigamma", "log_gamma"):
        emit(name, one[name], x)
for x in [rng.gauss(0, 20) for _ in range(60)] + [0, 1e-10, -40, 700, -700]:
    for name in ("softplus", "inv_logit"):
        emit(name, one[name], x)
    emit("log_add", two["log_add"], x, rng.gauss(0, 20))
    if x:
        emit("log1m_exp", one["log1m_exp"], -abs(x))
for x in spread(-20, -0.01, 60):
    emit("logit", one["logit"], x)
    emit("logit", one["logit"], 1 - x)
    emit("log1m_exp", one["log1m_exp"], -x)
for p in (0.5, 0.25, 0.75, 0.5000001, 1 - 2.0 ** -53, 1e-300):
    emit("logit", one["logit"], p)
for a, b in zip(spread(-8, 12, 200), spread(-8, 12, 200)):
    emit("log_beta", two["log_beta"], a, b)
    emit("log_rising", two["log_rising"], a, b)
    emit("log_rising", two["log_rising"], a, mp.floor(b))
    emit("deviance", two["deviance"], a, b)
    emit("deviance", two["deviance"], a, a * (1 + rng.gauss(0, 0.1)))
    emit("digamma_rise", two["digamma_rise"], a, mp.floor(min(b, 1e3)))
for a in (1e-300, 1e-5, 1, 9.99, 10, 1e8, 1e15):
    for b in (1e-300, 0.5, 9.99, 10.01, 1e8, 1e16):
        emit("log_beta", two["log_beta"], a, b)
for n in (1, 5, 30, 1e3, 1e6, 1e12, 1e15):
    for k in (0, 1, 2, 7, n // 3, n // 2, n - 1, n):
        if 0 <= k <= n:
            emit("log_choose", two["log_choose"], n, k)
