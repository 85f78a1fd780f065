# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms around an application, by their definitions.

A law has `support`, the values with their log probabilities, or None where
they are not finitely many, and `score(value)`. An array's values are tuples.
"""
import math

from families import NEVER, Outside, need


class Law:
    def __init__(self, support, score=None):
        self.support = support and merged(support)
        self.score = score or self.find

    def find(self, value):
        return dict(self.support).get(value, NEVER)


def merged(pairs):
    """Equal values once."""
    found = {}
    for v, p in pairs:
        if p > NEVER:
            found.setdefault((type(v), v), [v, 0.0])[1] += math.exp(p)
    return [(v, math.log(p)) for v, p in found.values()]


def numbers_only(law):
    need(law.support is not None)
    return law.support


def truncated(law, lo, hi):
    inside = [(v, p) for v, p in numbers_only(law) if lo <= v <= hi]
    total = sum(math.exp(p) for _, p in inside)
    need(lo <= hi and total > 0)
    return Law([(v, p - math.log(total)) for v, p in inside])


def half(law):
    return truncated(law, 0, math.inf)


def censored(law, lo, hi):
    need(lo < hi)
    return Law([(min(max(v, lo), hi), p) for v, p in numbers_only(law)])


def independent(laws):
    """Of tuples with a law for each element."""
    def score(value):
        if len(value) != len(laws):
            return NEVER
        return sum(law.score(v) for law, v in zip(laws, value))
    if any(law.support is None for law in laws):
        return Law(None, score)
    support = [((), 0.0)]
    for law in laws:
        support = [(vs + (v,), p + q) for vs, p in support
                   for v, q in law.support]
    return Law(support)


def ordered(law):
    return Law([(tuple(sorted(v)), p) for v, p in numbers_only(law)])


def mixture(weights, laws):
    need(len(weights) == len(laws) and min(weights) >= 0)
    total = sum(weights)
    need(total > 0)
    return Law([(v, p + math.log(w / total))
                for w, law in zip(weights, laws) if w > 0
                for v, p in numbers_only(law)])


# ---- in a program ----------------------------------------------------------

WORDS = {"iid", "each", "half", "truncated", "censored", "ordered", "mixture"}


def application(family, args):
    return Law(family.support(args), lambda v: family.score(args, v))


def along(family, args, count=None):
    """A law for each element: tuples among the arguments go along."""
    lengths = {len(a) for a in args if isinstance(a, tuple)} | (
        {count} if count is not None else set())
    need(len(lengths - {1}) <= 1)
    n = max(lengths)
    return [application(family, [a[i % len(a)] if isinstance(a, tuple) else a
                                 for a in args]) for i in range(n)]


def law_of(evaluate, x):
    """The law of (f a ...), or of a form around it; `evaluate` gives plain
    values, and families."""
    head, rest = x[0], x[1:]
    if head == "iid":
        law = law_of(evaluate, rest[1])
        return independent([law] * evaluate(rest[0]))
    if head == "each":
        return independent(along(evaluate(rest[0][0]),
                                 [evaluate(a) for a in rest[0][1:]]))
    if head == "mixture":
        return mixture(evaluate(rest[0]),
                       [law_of(evaluate, part) for part in rest[1:]])
    if head in WORDS:
        return globals()[head](law_of(evaluate, rest[0]),
                               *[evaluate(a) for a in rest[1:]])
    return application(evaluate(head), [evaluate(a) for a in rest])
