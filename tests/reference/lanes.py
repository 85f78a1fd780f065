#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints tests/reference/lanes.inc: what the operations of a tape are at some
points, and the slopes that they keep, by mpmath with 60 digits.

    tests/reference/lanes.py > tests/reference/lanes.inc

Rows of {code, what (0: the value, 1 and 2: slopes), a, b, result}; all
numbers are doubles, the result rounded to one. Subnormal results are left
out: their last place says little.
"""
import random
import struct

import mpmath as mp

mp.mp.dps = 60
random.seed(20)
LEAST = mp.mpf(2) ** -1022


def uniform(low, high, n):
    return [random.uniform(low, high) for _ in range(n)]


def spread(low, high, n):
    """Log-uniform."""
    low, high = mp.log(low), mp.log(high)
    return [float(mp.exp(low + (high - low) * random.random()))
            for _ in range(n)]


def both(points):
    return points + [-x for x in points]


def logistic(x):
    return 1 / (1 + mp.exp(-x))


def normal_cdf(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def normal_ratio(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi) / normal_cdf(x)


NEAR_1 = [1 + x for x in both(spread(1e-15, 0.4, 15))]
SMALL = spread(1e-300, 1, 12)
QUARTERS = [float(mp.pi / 2 * k) for k in (1, 2, 3, 5, 1000, 123457, 300001)]
TURNS = both(spread(1e-8, 5e5, 30)) + QUARTERS + [x + 1e-9 for x in QUARTERS]

ONE = {
    "EXP": [(0, mp.exp, both(SMALL) + uniform(-708, 709.7, 60))],
    "LOG": [(0, mp.log, NEAR_1 + spread(1e-307, 1e308, 40))],
    "LOG1P": [(0, mp.log1p, both(SMALL) + spread(1e-5, 1e300, 30)
               + [-1 + x for x in spread(1e-15, 0.5, 10)])],
    "EXPM1": [(0, mp.expm1, both(SMALL) + uniform(-40, 709, 40)
               + uniform(-2, 2, 20))],
    "LOG1M_EXP": [(0, lambda x: mp.log(-mp.expm1(x)),
                   [-x for x in spread(1e-290, 700, 40)])],
    "SOFTPLUS": [(0, lambda x: mp.log1p(mp.exp(x)),
                  both(spread(1e-5, 700, 30))),
                 (1, logistic, both(spread(1e-5, 700, 20)))],
    "LOGISTIC": [(0, logistic, both(spread(1e-5, 700, 30))),
                 (1, lambda x: logistic(x) * logistic(-x),
                  both(spread(1e-5, 700, 20)))],
    "SIN": [(0, mp.sin, TURNS + SMALL)],
    "COS": [(0, mp.cos, TURNS)],
    "TAN": [(0, mp.tan, TURNS + SMALL)],
    "SINH": [(0, mp.sinh, both(spread(1e-20, 710, 30)))],
    "COSH": [(0, mp.cosh, both(spread(1e-5, 710, 30)))],
    "TANH": [(0, mp.tanh, both(spread(1e-20, 30, 30))),
             (1, lambda x: 1 / mp.cosh(x) ** 2, both(spread(1e-5, 300, 20)))],
    "LGAMMA": [(0, mp.loggamma, spread(1e-300, 1e300, 20)
                + uniform(0.01, 20, 60))],
    "DIGAMMA": [(0, mp.digamma, spread(1e-300, 1e300, 20)
                 + uniform(0.01, 20, 60))],
    "ERF": [(0, mp.erf, both(spread(1e-300, 7, 30) + uniform(0, 6, 30)))],
    "ERFC": [(0, mp.erfc, uniform(-6, 26.5, 60) + both(SMALL))],
    "NORMAL_CDF": [(0, normal_cdf, uniform(-37.5, 9, 60) + both(SMALL))],
    "LOG_NORMAL_CDF": [
        (0, lambda x: mp.log(normal_cdf(x)) if x < 3
         else mp.log1p(-normal_cdf(-x)),
         uniform(-40, 9, 60) + [-x for x in spread(40, 1e5, 10)]),
        (1, normal_ratio, uniform(-40, 9, 40)
         + [-x for x in spread(40, 1e3, 10)])],
}


def log_add(a, b):
    return mp.log(mp.exp(a) + mp.exp(b))


def pairs(low, high, n):
    return list(zip(uniform(low, high, n), uniform(low, high, n)))


TWO = {
    "LOG_ADD_EXP": [
        (0, log_add, pairs(-5, 5, 20) + pairs(100, 600, 20)
         + [(x, x) for x in uniform(-600, 600, 5)]),
        (1, lambda a, b: logistic(a - b), pairs(-300, 300, 20)),
        (2, lambda a, b: logistic(b - a), pairs(-300, 300, 20))],
    "POWER": [(0, mp.power, list(zip(spread(1e-5, 1e5, 30),
                                     uniform(-20, 20, 30))))],
}


def hexed(x):
    return float(x).hex()


def row(code, what, a, b, result):
    if result != 0 and (abs(result) < LEAST or abs(result) > 1.7e308):
        return
    print(f"{{TAPE_{code}, {what}, {hexed(a)}, {hexed(b)}, {hexed(result)}}},")


def main():
    assert struct.calcsize("d") == 8
    for code, what in ONE.items():
        for which, f, points in what:
            for x in points:
                row(code, which, x, 0.0, mp.re(f(mp.mpf(x))))
    for code, what in TWO.items():
        for which, f, points in what:
            for a, b in points:
                row(code, which, a, b, f(mp.mpf(a), mp.mpf(b)))


if __name__ == "__main__":
    main()
