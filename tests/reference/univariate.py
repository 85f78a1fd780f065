#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/reference/univariate.csv: for every univariate family log
densities, log tails and the derivatives of both, from their textbook
formulas, by mpmath; 200 random and at least 50 extreme arguments a family.
    tests/reference/univariate.py [FAMILY ...] > tests/reference/univariate.csv
Some ten minutes; families may be made apart and put together in any order.

A row: family, number of arguments, arguments, value, log density, its
derivatives (by the value, by each argument), log P(X <= x), log P(X > x), and
the derivatives of the smaller of the two. Derivatives are central differences
at 50 digits and more; an empty field is one that does not exist. Arguments
have few digits, so that they are short and are doubles as they stand.
"""
import math
import random
import sys

import mpmath as mp
from mpmath import mpf, log, log1p, exp, sqrt, pi, loggamma, erfc

mp.mp.dps = 50
INF = mpf("inf")
FAMILIES = {}
rng = random.Random()


class Family:
    """args: names, of which `whole` have no derivative; density and tails are
    functions of (x, *args); draw() gives random (args, x), `extreme` a list of
    them."""

    def __init__(self, name, density, tails, draw, extreme, whole=(),
                 discrete=False):
        self.name, self.density, self.tails = name, density, tails
        self.draw, self.extreme, self.whole = draw, extreme, whole
        self.discrete = discrete
        FAMILIES[name] = self


def short(x, digits=5):
    """x to few digits, as a double."""
    return float("%.*g" % (digits, x))


def text(x, digits):
    if x is None:
        return ""
    if not mp.isfinite(x):
        return "inf" if x > 0 else "-inf"
    s = mp.nstr(x, digits, min_fixed=-4, max_fixed=8)
    return s[:-2] if s.endswith(".0") else s


def derivative(f, point, i):
    x = point[i]
    size = abs(x) or max(map(abs, point))
    h = size * mpf(10) ** -24
    up, down = list(point), list(point)
    up[i], down[i] = x + h, x - h
    slope = (f(*up) - f(*down)) / (2 * h)
    # At 0 the size is a guess: what is left of a slope of 0 is no slope.
    return slope if x or abs(slope) * size > mpf(10) ** -40 else mpf(0)


def emit(family, args, x):
    point = [mpf(x)] + [mpf(a) for a in args]
    f = family.density(*point)
    # Rounded: mpmath's log of a number of more digits than it has to give is
    # wrong close to powers of 2.
    lower, upper = (+t for t in family.tails(*point))
    if not (mp.isfinite(f) and lower >= 0 and upper >= 0):
        return False
    side = 0 if lower <= upper else 1

    def tail(*p):
        return log(+family.tails(*p)[side])
    by, tail_by = [], []
    smaller = min(lower, upper)
    for i in range(len(point)):
        none = (i == 0 and family.discrete) or i - 1 in family.whole
        with mp.workdps(mp.mp.dps + 30):
            by.append(None if none else derivative(family.density, point, i))
        tail_by.append(None if none or smaller == 0
                       else derivative(tail, point, i))
    fields = [family.name, str(len(args))] + [repr(float(a)) for a in args]
    fields += [repr(float(x)), text(f, 17)] + [text(d, 11) for d in by]
    fields += [text(log(t) if t > 0 else -INF, 17) for t in (lower, upper)]
    fields += [text(d, 11) for d in tail_by]
    print(",".join(fields), flush=True)
    return True


def gauss(sd=1.0):
    return rng.gauss(0.0, sd)


def spread(lo, hi):
    return short(10 ** rng.uniform(lo, hi))


def cdf(z):
    return erfc(-z / sqrt(2)) / 2


# ---- location and scale ----------------------------------------------------

Z_FAR = (0.0, 1e-8, -1e-8, 0.5, -0.5, 3.0, -3.0, 8.0, -8.0, 30.0, -25.0, 300.0,
         -40.0)
SCALES = ((0.0, 1e-150), (0.0, 1e150), (1.0, 1e-6), (-7.0, 3.0))


def located(name, log_std, tails_std, z_far=Z_FAR, heavy=1.0,
            least=-INF):
    def density(x, loc=mpf(0), scale=mpf(1)):
        return log_std((x - loc) / scale) - log(scale)

    def tails(x, loc=mpf(0), scale=mpf(1)):
        return tails_std((x - loc) / scale)

    def draw():
        loc, scale = short(gauss(10)), spread(-3, 3)
        z = gauss(3) * heavy
        return [loc, scale], short(loc + scale * (z if z > least else 1.0), 8)
    extreme = [([loc, s], float(mpf(loc) + mpf(z) * mpf(s)))
               for loc, s in SCALES for z in z_far]
    Family(name, density, tails, draw, extreme)


located("normal", lambda z: -z * z / 2 - log(2 * pi) / 2,
        lambda z: (cdf(z), cdf(-z)))
located("cauchy", lambda z: -log(pi) - log1p(z * z),
        lambda z: (mp.atan2(1, -z) / pi, mp.atan2(1, z) / pi), heavy=4.0,
        z_far=Z_FAR + (1e10, -1e10, 1e100, -1e100))


def laplace_tails(z):
    return ((exp(z) / 2, 1 - exp(z) / 2) if z < 0 else
            (1 - exp(-z) / 2, exp(-z) / 2))


located("laplace", lambda z: -abs(z) - log(2), laplace_tails,
        z_far=[z for z in Z_FAR if z] + [1e3])
located("logistic", lambda z: -z - 2 * log1p(exp(-z)),
        lambda z: (1 / (1 + exp(-z)), 1 / (1 + exp(z))))
located("gumbel", lambda z: -z - exp(-z),
        lambda z: (exp(-exp(-z)), -mp.expm1(-exp(-z))),
        z_far=[z for z in Z_FAR if z > -6] + [40.0, 100.0, -6.0], least=-6.0)


def uniform_draw():
    lo, hi = sorted([short(gauss(100)), short(gauss(100))])
    return [lo, hi], short(lo + (hi - lo) * rng.random(), 8)


Family("uniform", lambda x, lo, hi: -log(hi - lo),
       lambda x, lo, hi: ((x - lo) / (hi - lo), (hi - x) / (hi - lo)),
       uniform_draw,
       [([-s, w * s], q * s) for s in (1e-300, 1e-9, 1.0, 1e9, 1e300)
        for w in (1.0, 3.0) for q in (-0.99999, -0.5, 0.1, 1e-9, 0.999999)])


Family("rand", lambda x: mpf(0), lambda x: (x, 1 - x),
       lambda: ([], short(rng.random(), 12)),
       [([], m * s) for m in (1.0, 3.0) for s in (1e-300, 1e-100, 1e-20, 1e-8)]
       + [([], k / 32) for k in range(1, 32)]
       + [([], 1 - m * 2.0 ** -e) for m in (1, 3) for e in range(51, 0, -6)])


# ---- student's t and halves ------------------------------------------------

def student_log(t, nu):
    return (loggamma((nu + 1) / 2) - loggamma(nu / 2) - log(nu * pi) / 2
            - (nu + 1) / 2 * log1p(t * t / nu))


def student_sides(t, nu):
    """P(|T| > t) and P(|T| <= t)."""
    if t == 0:
        return mpf(1), mpf(0)
    square = t * t / nu
    return beta_sides(nu / 2, mpf(1) / 2, 1 / (1 + square),
                      square / (1 + square))


def student_tails(t, nu):
    with mp.workdps(mp.mp.dps + 10):
        beyond = student_sides(t, nu)[0] / 2
        return (beyond, 1 - beyond) if t < 0 else (1 - beyond, beyond)


def student_draw():
    nu, loc, s = spread(-1.5, 2.5), short(gauss(10)), spread(-3, 3)
    return [nu, loc, s], short(loc + s * gauss(3) * math.exp(gauss()), 8)


Family("student-t",
       lambda x, nu, m, s: student_log((x - m) / s, nu) - log(s),
       lambda x, nu, m, s: student_tails((x - m) / s, nu),
       student_draw,
       [([nu, 0.0, 1.0], z) for nu in (0.01, 0.3, 1.0, 4.0, 100.0, 1e4, 1e6)
        for z in (0.0, 1e-6, 0.7, -2.5, 6.0, 25.0, -1e3, 120.0)])
Family("half-student-t",
       lambda x, nu, s: log(2) + student_log(x / s, nu) - log(s),
       lambda x, nu, s: student_sides(x / s, nu)[::-1],
       lambda: ([spread(-1.5, 2.5), 2.0],
                short(2 * math.exp(gauss(1.5)), 8)),
       [([nu, 1e-3], short(1e-3 * z)) for nu in (0.02, 0.3, 1.0, 4.0, 100.0, 1e4)
        for z in (1e-7, 1e-3, 0.3, 0.7, 2.5, 6.0, 25.0, 120.0, 1e3)])
Family("half-normal",
       lambda x, s: log(2) - (x / s) ** 2 / 2 - log(2 * pi) / 2 - log(s),
       lambda x, s: (mp.erf(x / s / sqrt(2)), erfc(x / s / sqrt(2))),
       lambda: (lambda s: ([s], short(abs(s * gauss(2)), 8)))(spread(-3, 3)),
       [([s], short(s * z)) for s in (1e-150, 1e-5, 1.0, 1e5, 1e150)
        for z in (1e-100, 1e-10, 1e-3, 0.5, 1.0, 3.0, 8.0, 30.0, 40.0, 300.0)])
Family("half-cauchy",
       lambda x, s: log(2 / pi) - log1p((x / s) ** 2) - log(s),
       lambda x, s: (mp.atan2(x, s) * 2 / pi, mp.atan2(s, x) * 2 / pi),
       lambda: (lambda s: ([s], short(s * math.exp(gauss(2)), 8)))(
           spread(-3, 3)),
       [([s], short(s * z)) for s in (1e-150, 1e-5, 1.0, 1e5, 1e150)
        for z in (1e-100, 1e-10, 1e-3, 0.5, 1.5, 3.0, 8.0, 1e4, 1e10, 1e100)])


# ---- skew normal, angles ---------------------------------------------------

def skew_tails(x, loc, scale, alpha):
    """By quadrature of the density over the side that nothing cancels on:
    pieces that double from the width on which it changes at the end."""
    z = (x - loc) / scale
    if alpha < 0:
        return skew_tails(loc - z * scale, loc, scale, -alpha)[::-1]
    with mp.workdps(mp.mp.dps + 15):
        rate = 1 + abs(z) + (alpha * (1 + alpha * -z) if z < 0
                             else alpha if z * alpha < 20 else 0)
        cuts, width = [mpf(0)], 1 / rate
        while cuts[-1] < 17:
            cuts.append(cuts[-1] + width)
            width = min(2 * width, mpf(4))
        sign = -1 if z < 0 else 1

        def density(t):
            return 2 * exp(-t * t / 2) / sqrt(2 * pi) * cdf(alpha * t)
        peak = density(z)
        side = peak * mp.quad(lambda t: density(z + sign * t) / peak, cuts,
                              method="gauss-legendre")
        return (side, 1 - side) if z < 0 else (1 - side, side)


def skew_draw():
    loc, s, a = short(gauss(10), 3), spread(-2, 2), short(gauss(3), 3)
    return [loc, s, a], short(loc + s * gauss(1.5), 6)


Family("skew-normal",
       lambda x, m, s, a: log(2) - ((x - m) / s) ** 2 / 2 - log(2 * pi) / 2
       - log(s) + log(cdf(a * (x - m) / s)),
       skew_tails, skew_draw,
       [([0.0, 1.0, a], z) for a in (1e-6, 0.3, -1.0, 4.0, -10.0)
        for z in (1e-5, -1e-5, 0.4, -0.4, 2.0, -2.0, 5.0, -5.0)]
       + [([0.0, 1.0, 1000.0], z) for z in (0.001, 0.01, 0.3, -0.001, -0.005)]
       + [([0.0, 1e100, 2.0], z) for z in (1e99, -1e99, 3e100, -2e100, 1e90)])


def angle_tails(x, mu, kappa):
    norm = 2 * pi * mp.besseli(0, kappa) * exp(-kappa)
    width = 1 / sqrt(kappa + 1)

    def part(lo, hi):
        cuts = {lo, hi}
        for turn in (-1, 0, 1):
            for j in range(-6, 7):
                at = mu + 2 * pi * turn + 2 * j * width
                if lo < at < hi:
                    cuts.add(at)
        return mp.quad(lambda t: exp(kappa * (mp.cos(t - mu) - 1)),
                       sorted(cuts)) / norm
    return part(-pi, x), part(x, pi)


def angle_draw():
    mu, kappa = short(rng.uniform(-4, 4), 4), spread(-2, 2.5)
    while True:
        x = math.remainder(mu + gauss(2 / math.sqrt(1 + kappa)), 2 * math.pi)
        if -3.1415 < x < 3.1415:
            return [mu, kappa], short(x, 6)


Family("von-mises",
       lambda x, mu, k: k * (mp.cos(x - mu) - 1)
       - log(2 * pi * mp.besseli(0, k) * exp(-k)),
       angle_tails, angle_draw,
       [([mu, k], x) for mu in (0.0, 2.9, -3.1)
        for k in (1e-8, 0.5, 30.0, 1000.0)
        for x in (-3.0, -0.2, 0.05, 2.8)
        # There the quadrature here is not good enough.
        if not (mu == 0.0 and k == 1000.0 and abs(x) > 2)] + [
            ([0.0, 1e6], 0.003), ([0.0, 1e6], -0.001), ([0.0, 1e6], 0.0004),
            ([0.0, 1e6], -0.0025), ([1.0, 1e-3], 1.0), ([1.0, 40.0], 0.9)])


# ---- positive --------------------------------------------------------------

def gamma_log(x, k, s):
    return (k - 1) * log(x) - x / s - loggamma(k) - k * log(s)


def gamma_sides(k, y):
    """Lower and upper; each in the form that does not cancel for it."""
    if y > k + 1:
        upper = mp.gammainc(k, y, INF, regularized=True)
        return 1 - upper, upper
    with mp.workdps(mp.mp.dps + 20):
        lower = exp(k * log(y) - y - loggamma(k + 1)) * mp.hyp1f1(1, k + 1, y)
        if lower > 0.5:
            return lower, mp.gammainc(k, y, INF, regularized=True)
        return lower, 1 - lower


def gamma_draw(inverse=False):
    k, s = spread(-1.5, 2.5), spread(-3, 3)
    y = max(k * math.exp(gauss() / math.sqrt(min(k, 1) + k)), k / 100)
    return [k, s], short(s / y if inverse else s * y, 8)


GAMMAS = [(k, 1.0, y) for k in (1e-3, 0.1, 1.0, 2.5, 30.0, 1000.0)
          for y in (1e-30 if k < 3 else k / 5, k / 2, k, 1.5 * k + 1, k + 60)
          ] + [(0.5, s, z * s) for s in (1e-200, 1e-5, 1e5, 1e200)
               for z in (1e-20, 0.1, 2.0, 50.0, 600.0)]
Family("gamma", gamma_log, lambda x, k, s: gamma_sides(k, x / s),
       gamma_draw, [([k, s], short(x)) for k, s, x in GAMMAS])
Family("inverse-gamma",
       lambda x, k, s: k * log(s) - loggamma(k) - (k + 1) * log(x) - s / x,
       lambda x, k, s: gamma_sides(k, s / x)[::-1],
       lambda: gamma_draw(True),
       [([k, s], short(s / (x / s))) for k, s, x in GAMMAS])
Family("chi-squared",
       lambda x, nu: gamma_log(x, nu / 2, mpf(2)),
       lambda x, nu: gamma_sides(nu / 2, x / 2),
       lambda: (lambda p: ([short(2 * p[0][0])],
                           short(2 * p[1] / p[0][1], 8)))(gamma_draw()),
       [([2 * k], short(2 * x)) for k, s, x in GAMMAS if s == 1.0]
       + [([nu], x) for nu in (0.3, 3.0, 17.0, 300.0)
          for x in (0.01, 0.8, 20.0, 200.0, 900.0)])
Family("exponential", lambda x, r: log(r) - r * x,
       lambda x, r: (-mp.expm1(-r * x), exp(-r * x)),
       lambda: (lambda r: ([r], short(rng.expovariate(1) / r, 8)))(
           spread(-3, 3)),
       [([r], short(z / r)) for r in (1e-200, 1e-5, 1.0, 1e5, 1e200)
        for z in (1e-100, 1e-10, 0.01, 0.3, 0.7, 2.0, 10.0, 40.0, 700.0,
                  1e4)])


def shaped(name, density, tails, power):
    def draw():
        k, s = spread(-1, 1.5), spread(-3, 3)
        return [k, s], short(s * rng.expovariate(1) ** (power / k), 8)
    Family(name, density, tails, draw,
           [([k, s], short(s * z ** (power / k)))
            for k in (0.05, 0.5, 1.0, 3.0, 400.0) for s in (1e-50, 1.0)
            for z in (1e-12, 0.01, 0.7, 5.0, 40.0, 600.0)])


shaped("weibull",
       lambda x, k, s: log(k / s) + (k - 1) * log(x / s) - (x / s) ** k,
       lambda x, k, s: (-mp.expm1(-(x / s) ** k), exp(-(x / s) ** k)), 1)
shaped("frechet",
       lambda x, k, s: log(k / s) - (k + 1) * log(x / s) - (x / s) ** -k,
       lambda x, k, s: (exp(-(x / s) ** -k), -mp.expm1(-(x / s) ** -k)), -1)
Family("rayleigh", lambda x, s: log(x) - 2 * log(s) - (x / s) ** 2 / 2,
       lambda x, s: (-mp.expm1(-(x / s) ** 2 / 2), exp(-(x / s) ** 2 / 2)),
       lambda: (lambda s: ([s], short(s * math.sqrt(2 * rng.expovariate(1)),
                                      8)))(spread(-3, 3)),
       [([s], short(s * z)) for s in (1e-150, 1e-5, 1.0, 1e5, 1e150)
        for z in (1e-100, 1e-10, 1e-3, 0.5, 1.0, 3.0, 8.0, 30.0, 40.0, 300.0)])
Family("pareto", lambda x, m, a: log(a) + a * log(m / x) - log(x),
       lambda x, m, a: (-mp.expm1(a * log(m / x)), (m / x) ** a),
       lambda: (lambda m, a: ([m, a], short(
           m * (1.001 + rng.expovariate(1) * math.exp(gauss())), 8)))(
               spread(-3, 3), spread(-1.5, 1.5)),
       [([m, a], short(m * z)) for m in (1e-100, 1.0, 1e100)
        for a in (0.01, 0.5, 3.0, 1000.0)
        for z in (1.0001, 1.5, 20.0, 1e5)]
       + [([1.0, 2.0], 1.0000001), ([1.0, 1e6], 1.001)])
Family("lognormal",
       lambda x, m, s: -((log(x) - m) / s) ** 2 / 2 - log(2 * pi) / 2 - log(s)
       - log(x),
       lambda x, m, s: (cdf((log(x) - m) / s), cdf((m - log(x)) / s)),
       lambda: (lambda m, s: ([m, s], short(math.exp(m + s * gauss(2)), 8)))(
           short(gauss(2)), spread(-1.5, 1)),
       [([m, s], short(math.exp(m + z * s))) for m, s in (
           (0.25, 1.0), (-300.0, 2.0), (300.0, 0.1), (0.25, 20.0), (7.0, 1e-4))
        for z in Z_FAR if abs(m + z * s) < 690])


def wald_tails(x, mean, shape):
    # Both terms have e^(-u^2 / 2); their ratio is about u / v.
    with mp.workdps(mp.mp.dps + 30):
        u = sqrt(shape / x) * (x / mean - 1)
        v = sqrt(shape / x) * (x / mean + 1)
        second = exp(2 * shape / mean) * cdf(-v)
        return cdf(u) + second, cdf(-u) - second


Family("inverse-gaussian",
       lambda x, m, s: log(s / (2 * pi * x ** 3)) / 2
       - s * (x - m) ** 2 / (2 * m * m * x),
       wald_tails,
       lambda: (lambda m, s: ([m, s], short(m * math.exp(
           gauss(2) / math.sqrt(1 + s / m)), 8)))(spread(-1, 2),
                                                  spread(-1.5, 1)),
       [([m, s], short(x)) for m, s, x in
        [(1.0, s, x) for s in (0.01, 1.0, 100.0)
         for x in (1e-3, 0.1, 0.9, 1.1, 3.0, 20.0, 90.0)]
        + [(m, 1.0, x) for m in (1e-3, 1e3, 1e6)
           for x in (0.9e-3, 0.01, 0.3, 1.1, 50.0, 1e4)]
        + [(m, 1e-6, x) for m in (1e-3, 1.0, 1e6)
           for x in (1e-8, 1e-5, 2e-3, 0.3, 7.0, 3e5)]
        + [(1e100, 1e100, x * 1e100) for x in (0.1, 0.5, 1.1, 2.0, 30.0)]
        if s / x < 3000 and s * (x - m) ** 2 / (m * m * x) < 1e4])


# ---- the unit interval -----------------------------------------------------

def beta_log(x, a, b):
    return ((a - 1) * log(x) + (b - 1) * log1p(-x)
            + loggamma(a + b) - loggamma(a) - loggamma(b))


def beta_lower(a, b, x, y):
    """By the continued fraction (DLMF 8.17.22), from the front (Lentz): for
    x below (a + 1) / (a + b + 2), where it settles soon."""
    step, c, d, m = mpf(1), mpf(1), mpf(0), 0
    value = mpf(1)
    small = mpf(10) ** -(mp.mp.dps + 2)
    while m < 100000:
        for part in (
                -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
                (m + 1) * (b - m - 1) * x / ((a + 2 * m + 1)
                                             * (a + 2 * m + 2))):
            d = 1 / (1 + part * d)
            c = 1 + part / c
            step = c * d
            value *= step
        m += 1
        if abs(step - 1) < small:
            return exp(a * log(x) + b * log(y) - log(a) - loggamma(a)
                       - loggamma(b) + loggamma(a + b)) / value
    raise ArithmeticError("too many terms")


def beta_sides(a, b, x, y):
    with mp.workdps(mp.mp.dps + 30):
        if x * (a + b + 2) < a + 1:
            lower = beta_lower(a, b, x, y)
            return lower, 1 - lower
        upper = beta_lower(b, a, y, x)
        return 1 - upper, upper


def beta_draw():
    a, b = spread(-1.5, 2.3), spread(-1.5, 2.3)
    sd = math.sqrt(1 / a + 1 / b)
    logit = math.log(a / b) + gauss(1.5) * min(sd, 5)
    return [a, b], short(1 / (1 + math.exp(-logit)), 8)


UNITS = [([a, b], x) for a, b in ((0.01, 0.02), (0.5, 0.5), (1.0, 3.0),
                                  (2.0, 0.03), (30.0, 40.0), (300.0, 2.0))
         for x in (1e-12, 1e-3, 0.2, 0.45, 0.6, 0.99, 1 - 1e-9)] + [
             ([1e-4, 1e-4], 0.3), ([1e4, 1e4], 0.4999), ([1e4, 1e4], 0.51),
             ([1e4, 1e4], 0.48), ([2e3, 3.0], 0.999), ([1e-6, 2.0], 1e-9),
             ([5.0, 1e5], 1e-5), ([5.0, 1e5], 3e-4)]
Family("beta", beta_log, lambda x, a, b: beta_sides(a, b, x, 1 - x),
       beta_draw, UNITS)


def proportion_draw():
    (a, b), x = beta_draw()
    return [short(min(max(a / (a + b), 1e-4), 0.9999)), short(a + b)], x


Family("beta-proportion",
       lambda x, m, k: beta_log(x, m * k, (1 - m) * k),
       lambda x, m, k: beta_sides(m * k, (1 - m) * k, x, 1 - x),
       proportion_draw,
       [([short(a / (a + b)), short(a + b)], x) for (a, b), x in UNITS])


def kumaraswamy_draw():
    a, b = spread(-1, 1.3), spread(-1, 1.3)
    x = -math.expm1(-rng.expovariate(1) / b)
    return [a, b], short(min(max(x, 1e-12), 1 - 1e-7) ** (1 / a), 8)


Family("kumaraswamy",
       lambda x, a, b: log(a * b) + (a - 1) * log(x)
       + (b - 1) * log1p(-x ** a),
       lambda x, a, b: (-mp.expm1(b * log1p(-x ** a)), (1 - x ** a) ** b),
       kumaraswamy_draw,
       [(p, x) for p, x in UNITS if x ** p[0] < 1])


def logit(x):
    return log(x) - log1p(-x)


Family("logit-normal",
       lambda x, m, s: -((logit(x) - m) / s) ** 2 / 2 - log(2 * pi) / 2
       - log(s) - log(x) - log1p(-x),
       lambda x, m, s: (cdf((logit(x) - m) / s), cdf((m - logit(x)) / s)),
       lambda: (lambda m, s: ([m, s], short(1 / (1 + math.exp(
           -m - s * gauss(1.5))), 8)))(short(gauss(1.5)), spread(-1.5, 0.5)),
       [([m, s], x) for m, s in ((0.0, 1.0), (-20.0, 3.0), (5.0, 0.3),
                                 (0.0, 100.0), (600.0, 50.0))
        for x in (1e-300, 1e-12, 1e-3, 0.2, 0.45, 0.5, 0.6, 0.99,
                  1 - 2.0 ** -40, 1 - 2.0 ** -52)])


# ---- booleans and counts ---------------------------------------------------

def clip(k, hi=None):
    k = max(0.0, float(round(k)))
    return k if hi is None else min(k, hi)


def flip_of(share):
    def density(x, p):
        return log(share(p)) if x else log(1 - share(p))
    return density, lambda x, p: ((1 - share(p), share(p)) if x == 0
                                  else (mpf(1), mpf(0)))


Family("flip", *flip_of(lambda p: p),
       lambda: ([short(rng.random())], float(rng.randrange(2))),
       [([p], x) for p in [m * s for m in (1.0, 2.0, 7.0)
                           for s in (1e-300, 1e-100, 1e-20, 1e-8, 1e-3, 0.1)]
        + [1 - m * s for m in (1.0, 5.0) for s in (0.01, 1e-4, 1e-8, 1e-12)]
        + [1 - 2.0 ** -52] for x in (0.0, 1.0)], discrete=True)
Family("bernoulli-logit",
       lambda x, t: -log1p(exp(-t)) if x else -log1p(exp(t)),
       lambda x, t: ((1 / (1 + exp(t)), 1 / (1 + exp(-t))) if x == 0
                     else (mpf(1), mpf(0))),
       lambda: ([short(gauss(4))], float(rng.randrange(2))),
       [([s * t], x) for t in (1e-300, 1e-10, 0.5, 3.0, 36.0, 50.0, 300.0,
                               700.0, 750.0, 1e4, 1e10, 1e100, 1e300)
        for s in (1, -1) for x in (0.0, 1.0)], discrete=True)


def range_log(k, lo, hi):
    return -log(hi - lo + 1)


def range_tails(k, lo, hi):
    return (k - lo + 1) / (hi - lo + 1), (hi - k) / (hi - lo + 1)


def range_draw(lo=None):
    reach = int(spread(0, 9))
    lo = float(rng.randrange(-reach, reach + 1)) if lo is None else lo
    hi = lo + rng.randrange(1, reach + 2)
    return [lo, hi], lo + rng.randrange(int(hi - lo) + 1)


Family("uniform-discrete", range_log, range_tails, range_draw,
       [([lo, lo + n], lo + k) for lo in (0.0, -3.0, -12.0, -2.0 ** 52, 1e15)
        for n in (0.0, 1.0, 1e6, 2.0 ** 52)
        for k in sorted({0.0, min(n, 1.0), (n + n % 2) / 2, n})
        if lo + n <= 2.0 ** 53],
       whole=(0, 1), discrete=True)
Family("randbelow", lambda k, n: range_log(k, 0, n - 1),
       lambda k, n: range_tails(k, 0, n - 1),
       lambda: (lambda d: ([d[0][1] + 1], d[1]))(range_draw(0.0)),
       [([n], k) for n in (1.0, 2.0, 3.0, 7.0, 50.0, 1e3, 1e6, 1e9, 1e12, 1e15,
                           2.0 ** 52 + 1, 2.0 ** 53)
        for k in sorted({0.0, 1.0, (n - n % 2) / 2, n - 2, n - 1})
        if 0 <= k < n], whole=(0,), discrete=True)


def poisson_log(k, log_mean):
    return k * log_mean - exp(log_mean) - loggamma(k + 1)


def poisson_sides(k, mean):
    return gamma_sides(k + 1, mean)[::-1]


def poisson_draw():
    m = spread(-2, 2.7)
    return [m], clip(m + math.sqrt(m) * gauss(2.5))


POISSONS = [(m, k) for m in (1e-300, 1e-8, 0.5, 3.0, 40.0, 700.0, 3000.0)
            for k in (0, 1, 2, 10, 50, 300, 1000, 3100)]
Family("poisson", lambda k, m: poisson_log(k, log(m)), poisson_sides,
       poisson_draw, [([m], k) for m, k in POISSONS], discrete=True)
Family("poisson-log", poisson_log, lambda k, t: poisson_sides(k, exp(t)),
       lambda: (lambda d: ([short(math.log(d[0][0]))], d[1]))(poisson_draw()),
       [([short(math.log(m))], k) for m, k in POISSONS]
       + [([t], k) for t in (-1e4, -800.0, -750.0) for k in (0, 1, 7)],
       discrete=True)


def choose_log(n, k):
    return loggamma(n + 1) - loggamma(k + 1) - loggamma(n - k + 1)


def binomial_sides(k, n, p, q):
    if k == n:
        return mpf(1), mpf(0)
    return beta_sides(k + 1, n - k, p, q)[::-1]


def binomial_draw():
    n, p = float(rng.randrange(1, int(spread(0.5, 3)) + 1)), short(rng.random())
    k = n * p + math.sqrt(n * p * (1 - p)) * gauss(2)
    return [n, p], clip(k, n)


BINOMIALS = [([float(n), p], float(k)) for n, k in (
    (1, 0), (1, 1), (0, 0), (10, 3), (10, 10), (1000, 1), (1000, 480),
    (1000, 999), (4000, 2200), (100000, 33000)) for p in (1e-100, 1e-6, 0.25, 0.5, 1 - 1e-6)]
Family("binomial",
       lambda k, n, p: choose_log(n, k) + k * log(p) + (n - k) * log1p(-p),
       lambda k, n, p: binomial_sides(k, n, p, 1 - p), binomial_draw,
       BINOMIALS, whole=(0,), discrete=True)
Family("binomial-logit",
       lambda k, n, t: choose_log(n, k) - k * log1p(exp(-t))
       - (n - k) * log1p(exp(t)),
       lambda k, n, t: binomial_sides(k, n, 1 / (1 + exp(-t)),
                                      1 / (1 + exp(t))),
       lambda: (lambda d: ([d[0][0], short(math.log(
           max(d[0][1], 1e-3) / max(1 - d[0][1], 1e-3)))], d[1]))(
               binomial_draw()),
       [([p[0], t], k) for p, k in BINOMIALS[::5]
        for t in (-800.0, -300.0, -14.0, 0.3, 40.0, 800.0)],
       whole=(0,), discrete=True)
Family("geometric", lambda k, p: log(p) + k * log1p(-p),
       lambda k, p: (-mp.expm1((k + 1) * log1p(-p)), (1 - p) ** (k + 1)),
       lambda: (lambda p: ([p], clip(rng.expovariate(1) / p)))(spread(-4, -.01)),
       [([p], float(k)) for p in (1e-300, 1e-100, 1e-9, 0.01, 0.5, 0.999,
                                  1 - 1e-9)
        for k in (0, 1, 2, 10, 100, 10000, 1e9, 1e15)], discrete=True)


def negative_log(k, r, p, q):
    return (loggamma(k + r) - loggamma(k + 1) - loggamma(r) + r * log(p)
            + k * log(q))


def negative(name, share, draw_args, extreme):
    def draw():
        r, m = spread(-1, 2), spread(-1, 2.3)
        k = m * rng.gammavariate(r, 1 / r) * math.exp(gauss(0.5))
        return draw_args(r, m), clip(min(k, 2000))
    Family(name,
           lambda k, *a: negative_log(k, *share(*a)),
           lambda k, *a: (lambda r, p, q: beta_sides(r, k + 1, p, q))(
               *share(*a)),
           draw, extreme, discrete=True)


NEGATIVES = [(r, m, k) for r in (0.001, 0.5, 3.0, 50.0, 1e4)
             for m in (1e-6, 0.7, 30.0)
             for k in (0.0, 1.0, 20.0, 200.0, 3000.0)]
negative("negative-binomial", lambda r, p: (r, p, 1 - p),
         lambda r, m: [r, short(r / (r + m))],
         [([r, short(r / (r + m))], k) for r, m, k in NEGATIVES
          if short(r / (r + m)) < 1] + [([2.5, 1e-5], 3e4)])
negative("neg-binomial-2",
         lambda m, r: (r, r / (r + m), m / (r + m)),
         lambda r, m: [m, r],
         [([m, r], k) for r, m, k in NEGATIVES]
         + [([3.0, 1e7], k) for k in (0.0, 4.0, 9.0)])
negative("neg-binomial-2-log",
         lambda t, r: (r, r / (r + exp(t)), exp(t) / (r + exp(t))),
         lambda r, m: [short(math.log(m)), r],
         [([short(math.log(m)), r], k) for r, m, k in NEGATIVES]
         + [([t, 2.5], k) for t in (-800.0, -300.0) for k in (0.0, 1.0, 5.0)])


def mixed_log(k, n, a, b):
    return (choose_log(n, k) + loggamma(k + a) + loggamma(n - k + b)
            - loggamma(n + a + b) + loggamma(a + b) - loggamma(a)
            - loggamma(b))


def summed(density, lo, hi):
    """Both tails, as sums."""
    def tails(k, *args):
        first, last = int(lo(*args)), int(hi(*args))
        lower = mp.fsum(exp(density(mpf(j), *args))
                        for j in range(first, int(k) + 1))
        upper = mp.fsum(exp(density(mpf(j), *args))
                        for j in range(int(k) + 1, last + 1))
        return lower, upper
    return tails


def mixed_draw():
    n = float(rng.randrange(1, 40))
    return [n, spread(-1.5, 2), spread(-1.5, 2)], float(rng.randrange(int(n) + 1))


Family("beta-binomial", mixed_log,
       summed(mixed_log, lambda n, a, b: 0, lambda n, a, b: n), mixed_draw,
       [([n, a, b], k) for n, k in ((1.0, 0.0), (1.0, 1.0), (30.0, 3.0),
                                    (30.0, 28.0), (0.0, 0.0))
        for a, b in ((1e-8, 2.0), (1e-3, 1e-3), (1.0, 1.0), (1e4, 3.0),
                     (1e5, 1e5), (0.3, 1e6), (1e10, 1e10), (3.0, 1e-5),
                     (100.0, 100.0), (7.0, 0.5))],
       whole=(0,), discrete=True)


def urn_log(k, good, bad, draws):
    return (choose_log(good, k) + choose_log(bad, draws - k)
            - choose_log(good + bad, draws))


def urn_draw():
    good, bad = float(rng.randrange(60)), float(rng.randrange(60))
    draws = float(rng.randrange(int(good + bad) + 1))
    k = float(rng.randrange(int(max(0, draws - bad)),
                            int(min(draws, good)) + 1))
    return [good, bad, draws], k


Family("hypergeometric", urn_log,
       summed(urn_log, lambda g, b, d: max(0, d - b),
              lambda g, b, d: min(d, g)), urn_draw,
       [([g, b, d], k) for g, b, d, ks in (
           (0.0, 0.0, 0.0, (0,)), (1.0, 0.0, 1.0, (1,)),
           (500.0, 400.0, 450.0, (50, 200, 250, 251, 300, 449)),
           (1e6, 1e6, 30.0, (0, 1, 15, 29, 30)),
           (1e12, 1e9, 20.0, (0, 10, 19, 20)), (20.0, 1e15, 1e14, (0, 2, 9, 20)),
           (9.0, 1e15, 1e15, (0, 5, 8, 9)), (3.0, 1e9, 7.0, (0, 1, 3)),
           (100.0, 1.0, 100.0, (99, 100)), (80.0, 80.0, 1.0, (0, 1)),
           (80.0, 80.0, 159.0, (79, 80)), (1000.0, 10.0, 500.0, (490, 495, 500)),
           (200.0, 300.0, 40.0, (0, 3, 16, 30, 40)),
           (40.0, 300.0, 200.0, (0, 3, 16, 30, 40)),
           (2.0 ** 52, 2.0 ** 52, 12.0, (0, 6, 12)), (1.0, 1e15, 7.0, (0, 1)))
        for k in map(float, ks)], whole=(0, 1, 2), discrete=True)


def zipf_sides(k, s, n=None):
    def tail(j):
        return mp.zeta(s, j)
    whole = mp.zeta(s) if n is None else None
    if n is None:
        lower = mp.fsum(mpf(j) ** -s for j in range(1, int(k) + 1)) \
            if k < 100 else whole - tail(k + 1)
        return lower / whole, tail(k + 1) / whole
    terms = [mpf(j) ** -s for j in range(1, int(n) + 1)]
    whole = mp.fsum(terms)
    return mp.fsum(terms[:int(k)]) / whole, mp.fsum(terms[int(k):]) / whole


def zipf_log(k, s, n=None):
    whole = mp.zeta(s) if n is None else mp.fsum(
        mpf(j) ** -s for j in range(1, int(n) + 1))
    return -s * log(k) - log(whole)


def zipf_draw():
    if rng.random() < 0.3:
        return [short(1 + 10 ** rng.uniform(-2, 1), 4)], float(
            int(math.exp(abs(gauss(1.5)))))
    n = rng.randrange(1, 300)
    return [spread(-2, 1), float(n)], float(rng.randrange(1, n + 1))


Family("zipf", zipf_log, zipf_sides, zipf_draw,
       [([s], k) for s in (1.001, 1.5, 4.0, 60.0) for k in (1.0, 2.0, 50.0, 1e6)]
       + [([s, n], k) for s in (1e-10, 1.0, 1 + 2.0 ** -30, 3.0, 200.0)
          for n, k in ((1.0, 1.0), (2.0, 1.0), (45.0, 41.0), (400.0, 1.0),
                       (400.0, 57.0), (400.0, 399.0), (400.0, 400.0))],
       whole=(1,), discrete=True)


def main():
    for name in sys.argv[1:] or FAMILIES:
        family = FAMILIES[name]
        rng.seed("univariate " + name)
        done = 0
        while done < 200:
            args, x = family.draw()
            done += emit(family, args, x)
        done = sum(emit(family, args, x) for args, x in family.extreme)
        if done < 50:
            sys.exit("%s: only %d extreme rows" % (name, done))


if __name__ == "__main__":
    main()
