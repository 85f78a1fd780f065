# SPDX-License-Identifier: GPL-3.0-or-later
"""Densities and urns, by the formulas of textbooks.

A family has `support(args)`, the values with their log probabilities, or
None where they are not finitely many; and `score(args, value)`. Counts that
have no bound are cut where less than 1e-11 is left.

An urn has what it needs of what was drawn from it: `support()` and
`score(value)` of the next draw, and `take(value)`.
"""
import math
from math import lgamma, log, pi

NEVER = -math.inf
TAIL = 1e-11


class Outside(Exception):
    """A parameter is out of its domain, a state has probability zero."""


def need(holds):
    if not holds:
        raise Outside


def ln(x):
    return log(x) if x > 0 else NEVER


def number(x):
    need(not isinstance(x, bool) and isinstance(x, (int, float)))
    return x


# ---- finite ----------------------------------------------------------------


def flip(p=0.5):
    need(0 <= p <= 1)
    return [(True, ln(p)), (False, ln(1 - p))]


def noisy(b, e):
    return flip(1 - e if b is not False else e)


def shares(values, weights):
    total = sum(weights)
    need(total > 0 and min(weights) >= 0 and len(values) == len(weights))
    merged = {}
    for v, w in zip(values, weights):
        merged.setdefault((type(v), v), [v, 0.0])[1] += w
    return [(v, ln(w / total)) for v, w in merged.values()]


def categorical(*weights):
    if len(weights) == 1 and isinstance(weights[0], tuple):
        weights = weights[0]
    return shares(range(len(weights)), weights)


def multinomial(values, weights):
    return shares(values, weights)


def uniform_draw(values):
    return shares(values, [1] * len(values))


def uniform_discrete(lo, hi):
    need(lo <= hi)
    return shares(range(lo, hi + 1), [1] * (hi + 1 - lo))


def random_integer(n):
    need(n >= 1)
    return uniform_discrete(0, n - 1)


def binomial(n, p):
    need(n >= 0 and 0 <= p <= 1)
    return [(k, log(math.comb(n, k)) + (k * ln(p) if k else 0)
             + ((n - k) * ln(1 - p) if n - k else 0)) for k in range(n + 1)]


def multinomial_counts(n, weights):
    """Tuples of counts that sum to n, by each draw in turn."""
    found = {(0,) * len(weights): 1.0}
    for _ in range(n):
        more = {}
        for counts, p in found.items():
            for i, (_, log_p) in enumerate(categorical(*weights)):
                one = counts[:i] + (counts[i] + 1,) + counts[i + 1:]
                more[one] = more.get(one, 0.0) + p * math.exp(log_p)
        found = more
    return [(v, ln(p)) for v, p in found.items()]


# ---- counts without a bound ------------------------------------------------


def cut(score):
    found, left, k = [], 1.0, 0
    while left > TAIL:
        found.append((k, score(k)))
        left -= math.exp(found[-1][1])
        k += 1
        if k > 2000:
            raise Outside("too long a tail")
    return found


def poisson(mean, k):
    need(mean > 0)
    return k * log(mean) - mean - lgamma(k + 1) if k >= 0 else NEVER


def geometric(p, k):
    need(0 < p <= 1)
    return ln(p) + (k * ln(1 - p) if k else 0) if k >= 0 else NEVER


def negative_binomial(shape, rate, k):
    """Poisson counts whose mean is gamma (shape, rate)."""
    return (lgamma(shape + k) - lgamma(shape) - lgamma(k + 1)
            + shape * log(rate / (rate + 1)) - k * log(rate + 1))


# ---- continuous ------------------------------------------------------------


def normal(x, mu=0.0, sd=1.0):
    need(sd > 0)
    return -0.5 * ((x - mu) / sd) ** 2 - log(sd) - 0.5 * log(2 * pi)


def laplace(x, loc=0.0, scale=1.0):
    need(scale > 0)
    return -abs(x - loc) / scale - log(2 * scale)


def exponential(x, rate):
    need(rate > 0)
    return log(rate) - rate * x if x >= 0 else NEVER


def gamma(x, shape, scale):
    need(shape > 0 and scale > 0)
    return ((shape - 1) * log(x) - x / scale - lgamma(shape)
            - shape * log(scale)) if x > 0 else NEVER


def beta(x, a, b):
    need(a > 0 and b > 0)
    return ((a - 1) * log(x) + (b - 1) * log(1 - x) + lgamma(a + b)
            - lgamma(a) - lgamma(b)) if 0 < x < 1 else NEVER


def uniform(x, lo=0.0, hi=1.0):
    need(lo < hi)
    return -log(hi - lo) if lo <= x <= hi else NEVER


def student(x, dof, loc=0.0, scale=1.0):
    need(dof > 0 and scale > 0)
    t = (x - loc) / scale
    return (lgamma((dof + 1) / 2) - lgamma(dof / 2)
            - 0.5 * log(dof * pi) - log(scale)
            - (dof + 1) / 2 * math.log1p(t * t / dof))


# ---- the table -------------------------------------------------------------


class Family:
    def __init__(self, support=None, score=None):
        self.finite, self.by = support, score

    def support(self, args):
        return self.finite(*args) if self.finite else None

    def score(self, args, value):
        return self.by(value, *args)


def counts(score):
    return Family(lambda p: cut(lambda k: score(p, k)),
                  lambda k, p: score(p, k))


FAMILIES = {
    "flip bernoulli": Family(flip),
    "noisy": Family(noisy),
    "categorical sample-discrete": Family(categorical),
    "multinomial": Family(multinomial),
    "multinomial-counts": Family(multinomial_counts),
    "uniform-draw": Family(uniform_draw),
    "uniform-discrete": Family(uniform_discrete),
    "random-integer randbelow sample-integer": Family(random_integer),
    "binomial": Family(binomial),
    "poisson": counts(poisson),
    "geometric": counts(geometric),
    "normal gaussian": Family(score=normal),
    "laplace": Family(score=laplace),
    "exponential": Family(score=exponential),
    "gamma": Family(score=gamma),
    "beta": Family(score=beta),
    "uniform uniform-continuous rand": Family(score=uniform),
    "student-t": Family(score=student),
}


# ---- urns ------------------------------------------------------------------


class Tally:
    """Pólya's urn: a value in proportion to its weight and its count."""

    def __init__(self, values, weights):
        need(sum(weights) > 0 and min(weights) >= 0)
        self.weight = dict(zip(values, weights))

    def support(self):
        total = sum(self.weight.values())
        return [(v, ln(w / total)) for v, w in self.weight.items()]

    def take(self, value):
        self.weight[value] += 1


class Tables:
    """The Chinese restaurant, by Pitman and Yor's rule with a discount:
    labels are objects, equal to themselves."""

    def __init__(self, alpha, discount=0):
        need(0 <= discount < 1 and alpha > -discount)
        self.alpha, self.discount, self.at = alpha, discount, {}

    def support(self):
        total = self.alpha + sum(self.at.values())
        if not self.at:
            return [(Label(), 0.0)]
        seated = [(t, ln((n - self.discount) / total))
                  for t, n in self.at.items()]
        new = self.alpha + self.discount * len(self.at)
        return seated + [(Label(), ln(new / total))]

    def take(self, label):
        self.at[label] = self.at.get(label, 0) + 1


class Label:
    """A table's name."""


class GammaPoisson:
    def __init__(self, shape, rate):
        need(shape > 0 and rate > 0)
        self.shape, self.rate = shape, rate

    def score(self, k):
        return negative_binomial(self.shape, self.rate, k)

    def support(self):
        return cut(self.score)

    def take(self, k):
        self.shape, self.rate = self.shape + k, self.rate + 1


class NormalInverseGamma:
    """Mean ~ normal(m, sqrt(V variance)), variance ~ inverse-gamma(a, b)."""

    def __init__(self, m, v, a, b):
        need(v > 0 and a > 0 and b > 0)
        self.m, self.v, self.a, self.b = m, v, a, b

    def support(self):
        return None

    def score(self, x):
        return student(x, 2 * self.a, self.m,
                       math.sqrt(self.b * (1 + self.v) / self.a))

    def take(self, x):
        v = 1 / (1 / self.v + 1)
        m = v * (self.m / self.v + x)
        self.b += (x - self.m) ** 2 / (2 * (1 + self.v))
        self.a, self.m, self.v = self.a + 0.5, m, v


def pair(a, b=None):
    return Tally((True, False), (a, b) if b is not None else a)


def indexed(*weights):
    if len(weights) == 1 and isinstance(weights[0], tuple):
        weights = weights[0]
    return Tally(range(len(weights)), weights)


def positive(weights):
    need(min(weights) > 0)
    return indexed(weights)


MAKERS = {
    "make-beta-bernoulli beta-binomial/make": pair,
    "make-sym-dir-cat symmetric-dirichlet-multinomial/make":
        lambda a, n: positive((a,) * n),
    "make-dir-cat dirichlet-multinomial/make": positive,
    "polya-urn/make": indexed,
    "make-crp CRP/make": Tables,
    "make-pitman-yor pitman-yor/make": Tables,
    "make-gamma-poisson gamma-poisson/make": GammaPoisson,
    "make-nig-normal normal-inverse-gamma/make": NormalInverseGamma,
}
