# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges draws of a Markov chain against a known distribution.

A distribution is known by the probabilities of some events (its outcomes, or
lying below its quantiles) and perhaps by a mean and a standard deviation.
Chains are given as lists of numbers, of one length.

Every comparison allows for Monte Carlo error. The draws are cut into batches;
the spread of the batch means, against that of independent draws, tells how
many independent draws they are worth. An event of probability p seen in a
share s of n such draws happens by chance with probability at most

    2 exp(-n KL(s || p))       (Chernoff)

which holds for rare events as well, where a normal approximation does not.
A mean is compared by its z, with Student's tail for the estimated error.
"""
import math

BATCHES = 12  # of each chain
# Four chain means spread this much more than they should in one of 1,000
# cases (chi-square with 3 degrees of freedom); beyond it they disagree.
DISAGREEMENT = 16.27 / 3


class Verdict:
    """What came of one distribution: its worst event, and how sure it is."""

    def __init__(self):
        self.log_p = 0.0  # natural log of the smallest bound
        self.z = 0.0  # the largest, of a standard normal when all is right
        self.words = "agrees"
        self.effective = math.inf
        self.batch_in_correlation_times = math.inf

    def meet(self, log_p, z, words):
        self.z = max(self.z, z)
        if log_p < self.log_p:
            self.log_p, self.words = log_p, words


def mean(xs):
    return sum(xs) / len(xs)


def batch_means(chains, batches):
    """The means of that many batches of each chain; what is left over at the
    end of a chain is in none."""
    size = len(chains[0]) // batches
    return [mean(chain[i * size:(i + 1) * size])
            for chain in chains for i in range(batches)]


def correlation_time(chains, variance):
    """Draws per independent draw, for chains of f(x) with Var f = variance.

    By the means of batches; and by those of chains, each of which may sit
    in a place of its own for longer than a batch.
    """
    length = len(chains[0])
    size = length // BATCHES
    if size == 0 or variance <= 0:
        return 1.0
    return max(1.0, size * spread(batch_means(chains, BATCHES)) / variance,
               length * spread([mean(c) for c in chains]) / variance
               / DISAGREEMENT)


def spread(xs):
    """The variance of a sample."""
    if len(xs) < 2:
        return 0.0
    centre = mean(xs)
    return sum((x - centre) ** 2 for x in xs) / (len(xs) - 1)


def kl(s, p):
    """Relative entropy of two coins."""
    total = 0.0
    if s > 0:
        total += s * math.log(s / p) if p > 0 else math.inf
    if s < 1:
        total += (1 - s) * math.log((1 - s) / (1 - p)) if p < 1 else math.inf
    return total


def student_log_tail(t, dof):
    """log P(|T| > t) of Student's t, by the bound density * (1 + t^2/dof)/t *
    dof/(dof - 1), which is sharp in the tail."""
    if t < 1:
        return 0.0
    log_density = (math.lgamma((dof + 1) / 2) - math.lgamma(dof / 2)
                   - 0.5 * math.log(dof * math.pi)
                   - (dof + 1) / 2 * math.log1p(t * t / dof))
    return min(0.0, math.log(2) + log_density
               + math.log((dof + t * t) / (t * (dof - 1))))


def judge(chains, events, moments=None, reference_worth=math.inf):
    """Compares chains with events [(words, function, probability)] and with
    moments (mean, sd) or None. Returns a Verdict. Probabilities that are
    themselves estimated say how many independent draws they are worth."""
    verdict = Verdict()
    draws = sum(map(len, chains))
    times, shares = [], []
    for _, event, p in events:
        marks = [[1.0 if event(x) else 0.0 for x in chain]
                 for chain in chains]
        shares.append(mean([mean(m) for m in marks]))
        times.append(correlation_time(marks, p * (1 - p)))
    if moments:
        times.append(correlation_time(chains, moments[1] ** 2))
    worst = max(times, default=1.0)
    verdict.effective = 1 / (worst / draws + 1 / reference_worth)
    verdict.batch_in_correlation_times = (
        len(chains[0]) // BATCHES / worst)
    for (words, _, p), share in zip(events, shares):
        # The signed root of the likelihood ratio has the z of any share.
        away = verdict.effective * kl(share, p)
        verdict.meet(math.log(2) - away, math.sqrt(2 * max(0.0, away)),
                     f"{words}: {share:.4f} of draws, {p:.4f} expected")
    if moments:
        centre = mean([mean(c) for c in chains])
        error = moments[1] / math.sqrt(verdict.effective)
        z = abs(centre - moments[0]) / error
        verdict.meet(
            student_log_tail(z, len(chains) * BATCHES - 1), z,
            f"mean: {centre:.5g} of draws, {moments[0]:.5g} expected")
    return verdict
