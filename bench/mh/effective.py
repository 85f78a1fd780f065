# SPDX-License-Identifier: GPL-3.0-or-later
"""Effective sample sizes of one chain from its raw draws, by the formulas of
src/infer/diagnostics.c (Geyer 1992; Vehtari et al. 2021), so that all engines
are measured by one estimator: halves are chains, pairs of lags are summed
while they are positive and made never to rise."""
import math
from operator import mul
from statistics import NormalDist, fmean


def halves(x):
    h = len(x) // 2
    return [x[:h], x[len(x) - h:]]


def ranks(chains):
    """Normal scores of the ranks among all draws, ties by their mean."""
    flat = [v for c in chains for v in c]
    order = sorted(range(len(flat)), key=flat.__getitem__)
    score, inverse, i = [0.0] * len(flat), NormalDist().inv_cdf, 0
    while i < len(order):
        end = i + 1
        while end < len(order) and flat[order[end]] == flat[order[i]]:
            end += 1
        rank = 0.5 * (i + end + 1)
        s = inverse((rank - 0.375) / (len(flat) + 0.25))
        for k in order[i:end]:
            score[k] = s
        i = end
    h = len(chains[0])
    return [score[i:i + h] for i in range(0, len(score), h)]


def size(chains):
    """The effective number of draws in all; NaN where nothing moves."""
    n, m = len(chains[0]), len(chains)
    if n < 6 or min(map(min, chains)) == max(map(max, chains)):
        return math.nan
    means = [fmean(c) for c in chains]
    centred = [[v - a for v in c] for c, a in zip(chains, means)]

    def acov(t):
        return sum(sum(map(mul, c[t:], c)) for c in centred) / (n * m)

    first = acov(0)
    within = first * n / (n - 1)
    grand = fmean(means)
    total = first + sum((a - grand) ** 2 for a in means) / (m - 1)

    def rho(t):
        return 1 - (within - acov(t)) / total

    even, odd, last, found, t = 1.0, rho(1), math.inf, 0.0, 2
    while t + 3 < n and even + odd > 0:
        last = min(last, even + odd)
        found += last
        even, odd = rho(t), rho(t + 1)
        t += 2
    time = -1 + 2 * found + max(even, 0.0)
    return n * m / max(time, 1 / math.log10(n * m))


def summary(x):
    """Bulk effective size, mean, and Monte Carlo error of the mean."""
    chains = halves(x)
    bulk, plain, mean = size(ranks(chains)), size(chains), fmean(x)
    sd = math.sqrt(sum((v - mean) ** 2 for v in x) / (len(x) - 1))
    return bulk, mean, sd / math.sqrt(plain) if plain > 0 else math.nan
