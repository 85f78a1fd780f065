#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/reference/multivariate.inc: log densities of vectors and
matrices from their textbook formulas, and slopes by central differences, by
mpmath at 110 digits, at 200 random and 50 extreme arguments a family.
    tests/reference/multivariate.py > tests/reference/multivariate.inc

A row: family; what its numbers are ("v3 m3 = v3": arguments, then the value;
s a scalar, vN a vector, mN a symmetric matrix, tN a triangular one, k the
number of a kernel); the numbers; log density; condition; slopes by the value
and by each argument, row after row (nan where there is none). The condition
is what a relative change of one in the numbers would change the log density
by, an element of a matrix counting as large as its diagonal makes it.
"""
import random

import mpmath as mp
from mpmath import cos, exp, loggamma, log, matrix, mpf, pi, sin, sqrt

mp.mp.dps = 110
STEP = mpf(10) ** -36
rng = random.Random(20261)
log2 = log(2)
log2pi = log(2 * pi)


# ---- arguments -------------------------------------------------------------

def log_uniform(lo, hi):
    return float(mp.power(10, rng.uniform(lo, hi)))


def vector(n, scale):
    return [rng.gauss(0, 1) * scale for _ in range(n)]


def definite(n, scales, strength):
    """A symmetric matrix of doubles, positive definite; strength near 1 gives
    strong correlations."""
    while True:
        common = vector(n, 1)
        a = [[strength * common[i] * common[j] for j in range(n)]
             for i in range(n)]
        for _ in range(n + 1):
            b = vector(n, 1)
            for i in range(n):
                for j in range(n):
                    a[i][j] += (1 - strength) * b[i] * b[j] / n
        for i in range(n):
            a[i][i] += 1e-3 * (1 - strength)
        m = [[0.0] * n for _ in range(n)]
        for i in range(n):
            for j in range(i + 1):
                m[i][j] = m[j][i] = float(a[i][j] * scales[i] * scales[j])
        b = as_matrix([[float(a[i][j]) for j in range(n)] for i in range(n)])
        if all(eliminate(b[:k, :k], matrix(k, 1))[1] > 0
               for k in range(1, n + 1)):
            return m


def as_matrix(rows):
    return matrix([[mpf(x) for x in row] for row in rows])


def lower(n, scales):
    return [[(abs(rng.gauss(0, 1)) + 0.1 if i == j else rng.gauss(0, 1))
             * scales[i] if j <= i else 0.0 for j in range(n)]
            for i in range(n)]


def correlation_factor(n, closeness):
    """Rows of length 1 to the rounding of doubles."""
    rows = []
    for i in range(n):
        w = vector(i + 1, 1)
        w[i] = abs(w[i]) * closeness + 1e-12
        size = sum(x * x for x in w) ** 0.5
        rows.append([x / size for x in w] + [0.0] * (n - 1 - i))
    return rows


def shares(n, spread):
    logs = [rng.uniform(-spread, 0) for _ in range(n)]
    x = [2.718281828 ** t for t in logs]
    return [t / sum(x) for t in x]


# ---- densities: value first ------------------------------------------------

def eliminate(a, b):
    """The solution of a x = b, and det a, for a definite matrix: the plain
    elimination of school, at digits to spare."""
    a, b, det = a.copy(), b.copy(), mpf(1)
    n, columns = a.rows, b.cols
    for i in range(n):
        det *= a[i, i]
        for k in range(i + 1, n):
            times = a[k, i] / a[i, i]
            for j in range(i, n):
                a[k, j] -= times * a[i, j]
            for j in range(columns):
                b[k, j] -= times * b[i, j]
    for i in reversed(range(n)):
        for j in range(columns):
            b[i, j] -= sum(a[i, k] * b[k, j] for k in range(i + 1, n))
            b[i, j] /= a[i, i]
    return b, det


def log_det(a):
    return log(eliminate(a, matrix(a.rows, 1))[1])


def normal(x, mean, cov):
    d = matrix(x) - matrix(mean)
    solved, det = eliminate(cov, d)
    return -((d.T * solved)[0] + log(det) + len(x) * log2pi) / 2


def normal_precision(x, mean, precision):
    d = matrix(x) - matrix(mean)
    return ((-(d.T * precision * d)[0] + log_det(precision)
             - len(x) * log2pi) / 2)


def normal_cholesky(x, mean, factor):
    return normal(x, mean, factor * factor.T)


def log_gamma_p(a, p):
    return (p * (p - 1) * log(pi) / 4
            + sum(loggamma(a - mpf(j) / 2) for j in range(p)))


def trace(a):
    return sum(a[i, i] for i in range(a.rows))


def wishart(x, dof, scale):
    p = x.rows
    return ((dof - p - 1) / 2 * log_det(x) - trace(eliminate(scale, x)[0]) / 2
            - dof * p / 2 * log2 - dof / 2 * log_det(scale)
            - log_gamma_p(dof / 2, p))


def inverse_wishart(x, dof, scale):
    p = x.rows
    return (dof / 2 * log_det(scale) - dof * p / 2 * log2
            - log_gamma_p(dof / 2, p) - (dof + p + 1) / 2 * log_det(x)
            - trace(eliminate(x, scale)[0]) / 2)


def lkj(x, n, eta):
    """The constant as Stan's manual has it; the density by the diagonal."""
    n = int(n)
    sum_ = (n - 1) * loggamma(eta + mpf(n - 1) / 2)
    for k in range(1, n):
        sum_ -= mpf(k) / 2 * log(pi) + loggamma(eta + mpf(n - 1 - k) / 2)
    for k in range(2, n + 1):
        sum_ += (n - k + 2 * eta - 2) * log(x[k - 1, k - 1])
    return sum_


def dirichlet(x, alphas):
    return (loggamma(sum(alphas)) - sum(loggamma(a) for a in alphas)
            + sum((a - 1) * log(t) for a, t in zip(alphas, x)))


def symmetric_dirichlet(x, alpha, n):
    return dirichlet(x, [alpha] * int(n))


def stick_breaking(x, alpha, n):
    sum_, n = mpf(0), int(n)
    for i in range(n - 1):
        rest = sum(x[i:])
        sum_ += (log(alpha) + (alpha - 1) * log(sum(x[i + 1:]) / rest)
                 - log(rest))
    return sum_


def multinomial_counts(x, n, weights):
    all_ = sum(weights)
    return (loggamma(n + 1) - sum(loggamma(k + 1) for k in x)
            + sum(k * log(w / all_) for k, w in zip(x, weights) if k))


def random_walk(x, n, sd, start, drift):
    sum_, before = mpf(0), start
    for t in x:
        sum_ -= ((t - before - drift) / sd) ** 2 / 2 + log(sd) + log2pi / 2
        before = t
    return sum_


def kernel_at(kernel, r, length, period):
    if kernel == 0:
        return exp(-(r / length) ** 2 / 2)
    if kernel == 1:
        u = sqrt(3) * r / length
        return (1 + u) * exp(-u)
    if kernel == 2:
        u = sqrt(5) * r / length
        return (1 + u + u * u / 3) * exp(-u)
    return exp(-2 * sin(pi * r / period) ** 2 / length ** 2)


def process_covariance(xs, kernel, sd, length, noise, period):
    n = len(xs)
    cov = matrix(n, n)
    for i in range(n):
        for j in range(n):
            cov[i, j] = sd ** 2 * kernel_at(kernel, abs(xs[i] - xs[j]), length,
                                            period)
        # the document's jitter is the double nearest to 1e-9
        cov[i, i] += noise ** 2 + mpf(1e-9) * sd ** 2
    return cov


def process(y, xs, kernel, sd, length, noise, mean, period):
    cov = process_covariance(xs, kernel, sd, length, noise, period)
    return normal(y, [mean] * len(xs), cov)


def process_condition(y, xs, kernel, sd, length, noise, mean, period):
    """Of the covariance, which is made of doubles on the way."""
    cov = process_covariance(xs, kernel, sd, length, noise, period)
    a = eliminate(cov, matrix(y) - matrix([mean] * len(xs)))[0]
    inverse = eliminate(cov, mp.eye(len(xs)))[0]
    return sum(abs(a[i] * a[j] - inverse[i, j]) / 2
               * sqrt(cov[i, i] * cov[j, j])
               for i in range(len(xs)) for j in range(len(xs)))


# ---- cases -----------------------------------------------------------------
# Each gives (value, arguments); kinds are read from the family's table.

def normal_case(n, extreme):
    if extreme:
        scales = [log_uniform(-60, 60) for _ in range(n)]
        a = definite(n, scales, rng.choice([0, 0.9, 1 - 1e-6]))
        mean = [rng.gauss(0, 1) * rng.choice([0, 1, 1e6]) * s for s in scales]
    else:
        scales = [log_uniform(-2, 2) for _ in range(n)]
        a = definite(n, scales, rng.uniform(0, 0.95))
        mean = vector(n, 2)
    x = [m + rng.gauss(0, 1) * s for m, s in zip(mean, scales)]
    return x, [mean, a]


def precision_case(n, extreme):
    spread = 60 if extreme else 2
    scales = [log_uniform(-spread, spread) for _ in range(n)]
    a = definite(n, [1 / s for s in scales],
                 rng.choice([0, 0.9]) if extreme else rng.uniform(0, 0.95))
    mean = [rng.gauss(0, 1) * s for s in scales]
    return [m + rng.gauss(0, 1) * s for m, s in zip(mean, scales)], [mean, a]


def cholesky_case(n, extreme):
    spread = 60 if extreme else 2
    scales = [log_uniform(-spread, spread) for _ in range(n)]
    mean = [rng.gauss(0, 1) * s for s in scales]
    return ([m + rng.gauss(0, 1) * s for m, s in zip(mean, scales)],
            [mean, lower(n, scales)])


def wishart_case(n, extreme):
    spread = 40 if extreme else 1.5
    dof = n - 1 + (log_uniform(-8, 6) if extreme else log_uniform(-1, 2))
    scales = [log_uniform(-spread, spread) for _ in range(n)]
    return (definite(n, scales, rng.uniform(0, 0.9)),
            [dof, definite(n, scales, rng.uniform(0, 0.9))])


def lkj_case(n, extreme):
    eta = log_uniform(-10, 10) if extreme else log_uniform(-1, 1.5)
    n = max(n, 2)
    return (correlation_factor(n, log_uniform(-6, 0) if extreme else 1),
            [float(n), eta])


def dirichlet_case(n, extreme):
    n = max(n, 2)
    spread = (-10, 10) if extreme else (-1, 2)
    return (shares(n, 200 if extreme else 4),
            [[log_uniform(*spread) for _ in range(n)]])


def symmetric_case(n, extreme):
    n = max(n, 2)
    alpha = log_uniform(-10, 10) if extreme else log_uniform(-1, 2)
    return shares(n, 200 if extreme else 4), [alpha, float(n)]


def stick_case(n, extreme):
    n = max(n, 2)
    alpha = log_uniform(-10, 10) if extreme else log_uniform(-1, 1.5)
    return shares(n, 200 if extreme else 4), [alpha, float(n)]


def multinomial_case(n, extreme):
    n = max(n, 2)
    x = [float(rng.randrange(10 ** rng.randrange(1, 15) if extreme else 20))
         for _ in range(n)]
    spread = (-30, 30) if extreme else (-1, 1)
    return x, [sum(x), [log_uniform(*spread) for _ in range(n)]]


def walk_case(n, extreme):
    sd = log_uniform(-100, 100) if extreme else log_uniform(-1, 1)
    start, drift = rng.gauss(0, 1) * sd, rng.gauss(0, 1) * sd
    x, at = [], start
    for _ in range(n):
        at += drift + sd * rng.gauss(0, 1)
        x.append(at)
    return x, [float(n), sd, start, drift]


def process_case(n, extreme):
    n = n + 1
    kernel = rng.randrange(4)
    sd = log_uniform(-30, 30) if extreme else log_uniform(-1, 1)
    length = log_uniform(-3, 3) if extreme else log_uniform(-0.5, 0.5)
    noise = rng.choice([0.0, 1e-3, 1]) * sd if extreme else (
        sd * rng.uniform(0.1, 1))
    xs = sorted(rng.uniform(-3, 3) for _ in range(n))
    mean = rng.gauss(0, 1) * sd
    y = [mean + sd * rng.gauss(0, 1) for _ in range(n)]
    return y, [xs, kernel, sd, length, noise, mean, log_uniform(-0.3, 0.7)]


# family: kinds of arguments, kind of the value, density, case; D after a kind:
# differentiated
FAMILIES = {
    "multivariate-normal": ("vD mD", "vD", normal, normal_case),
    "multivariate-normal-precision":
        ("vD mD", "vD", normal_precision, precision_case),
    "multivariate-normal-cholesky":
        ("vD tD", "vD", normal_cholesky, cholesky_case),
    "wishart": ("sD mD", "mD", wishart, wishart_case),
    "inverse-wishart": ("sD mD", "mD", inverse_wishart, wishart_case),
    "lkj-corr-cholesky": ("s sD", "tD", lkj, lkj_case),
    "dirichlet": ("vD", "vD", dirichlet, dirichlet_case),
    "symmetric-dirichlet": ("sD s", "vD", symmetric_dirichlet, symmetric_case),
    "stick-breaking": ("sD s", "vD", stick_breaking, stick_case),
    "multinomial-counts": ("s vD", "v", multinomial_counts, multinomial_case),
    "gaussian-random-walk": ("s sD sD sD", "vD", random_walk, walk_case),
    "gaussian-process":
        ("vD k sD sD sD sD sD", "vD", process, process_case),
}


# ---- slopes and conditions -------------------------------------------------

def exact(kind, x):
    """Doubles as mpmath sees them."""
    if kind in "mt":
        return as_matrix(x)
    if kind == "v":
        return [mpf(t) for t in x]
    return x if kind == "k" else mpf(x)


def places(kind, x):
    """The free numbers: how to change each, its size, where its slope goes."""
    if kind == "s":
        return [((), abs(x))]
    if kind == "v":
        return [((i,), abs(t)) for i, t in enumerate(x)]
    out = []
    for i in range(x.rows):
        for j in range(i + 1):
            size = sqrt(x[i, i] * x[j, j]) if kind == "m" else abs(x[i, j])
            out.append(((i, j), size))
    return out


def changed(kind, x, place, by):
    if kind == "s":
        return x + by
    if kind == "v":
        return [t + by if i == place[0] else t for i, t in enumerate(x)]
    y = x.copy()
    i, j = place
    y[i, j] += by
    if kind == "m" and i != j:
        y[j, i] += by
    return y


def slopes(density, kinds, numbers, which):
    """By central differences; and their sum weighted by size."""
    kind, x = kinds[which][0], numbers[which]
    flat = {}
    weight = mpf(0)
    for place, size in places(kind, x):
        step = (size if size else mpf(1)) * STEP
        ends = []
        for sign in (1, -1):
            moved = list(numbers)
            moved[which] = changed(kind, x, place, sign * step)
            ends.append(density(*moved))
        slope = (ends[0] - ends[1]) / (2 * step)
        weight += abs(slope) * size
        if kind == "m" and place[0] != place[1]:
            slope /= 2
            flat[place[::-1]] = slope
        flat[place] = slope
    n = x.rows if kind in "mt" else 0
    if kind in "mt":
        return [flat.get((i, j), mpf(0)) for i in range(n)
                for j in range(n)], weight
    return list(flat.values()), weight


def flatten(kind, x):
    if kind in "mt":
        return [t for row in x for t in row]
    return list(x) if kind == "v" else [x]


def text(x, digits=17):
    x = float(x)
    return "NAN" if x != x else repr(x) if digits == 17 else f"{x:.{digits}g}"


def row(name, value, args):
    arg_kinds, value_kind, density, _ = FAMILIES[name]
    kinds = [value_kind] + arg_kinds.split()
    raw = [value] + args
    numbers = [exact(k[0], x) for k, x in zip(kinds, raw)]
    log_density = density(*numbers)
    condition = process_condition(*numbers) if density is process else mpf(0)
    all_slopes = []
    for i, kind in enumerate(kinds):
        flat = flatten(kind[0], raw[i])
        if kind.endswith("D"):
            got, weight = slopes(density, kinds, numbers, i)
            condition += weight
            all_slopes += got
        else:
            all_slopes += [mpf("nan")] * len(flat)
    spec = []
    for kind, x in zip(kinds[1:] + ["="] + kinds[:1], args + [None] + [value]):
        spec.append("=" if kind == "=" else
                    kind[0] + (str(len(x)) if kind[0] in "vmt" else ""))
    out = [t for k, x in zip(kinds[1:], args) for t in flatten(k[0], x)]
    out += flatten(value_kind[0], value)
    out.append(log_density)
    if any(mp.isinf(mpf(float(t))) for t in out + all_slopes):
        return False
    words = [text(t) for t in out] + [text(condition, 3)]
    words += [text(t, 13) for t in all_slopes]
    print('{"%s", "%s", {%s}},' % (name, " ".join(spec), ", ".join(words)))
    return True


def main():
    print("/* Written by tests/reference/multivariate.py. */")
    for name, (_, _, _, case) in FAMILIES.items():
        for extreme, count in ((False, 200), (True, 50)):
            while count:
                value, args = case(rng.choice([1, 2, 2, 3]), extreme)
                count -= row(name, value, args)


main()
