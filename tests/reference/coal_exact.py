#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The posterior of examples/coal.church, by exact summation.

The model: disasters[t] ~ Poisson(early) up to and including the year
`change`, Poisson(late) after it; change uniform over 1851 ... 1961; early
and late ~ Gamma(shape 2, scale 1). Given the year, the rates are conjugate
and integrate out, so the posterior is a sum over 111 years:

    P(change = c | y) ~ G(S_c, n_c) G(S - S_c, n - n_c)
    G(s, n) = Gamma(a + s) / (b + n)^(a + s)

with S_c the disasters in the n_c years up to c, a = 2, b = 1. Nothing here
is taken from the engine. Prints the year's probabilities and the moments.
"""
import csv
import math
import pathlib

SHAPE, RATE = 2.0, 1.0
DATA = pathlib.Path(__file__).resolve().parents[2] / "examples/data/coal.csv"


def log_marginal(total, years):
    a = SHAPE + total
    return math.lgamma(a) - a * math.log(RATE + years)


def solve(path=DATA):
    """{"years": {year: probability}, "early": (mean, sd), "late": ...,
    "change": (mean, sd)}."""
    with open(path, encoding="utf-8") as rows:
        data = [(int(row["year"]), int(row["disasters"]))
                for row in csv.DictReader(rows)]
    every, blocks = sum(y for _, y in data), []
    before = 0
    for years, (year, count) in enumerate(data[:-1], 1):
        before += count
        after = every - before
        blocks.append((year, before, years, after, len(data) - years,
                       log_marginal(before, years)
                       + log_marginal(after, len(data) - years)))
    top = max(block[-1] for block in blocks)
    weights = [math.exp(block[-1] - top) for block in blocks]
    total = sum(weights)
    weights = [w / total for w in weights]

    def rate(s, n):
        """Mean and second moment of a rate over the years' mixture."""
        first = second = 0.0
        for w, block in zip(weights, blocks):
            a, b = SHAPE + block[s], RATE + block[n]
            first += w * a / b
            second += w * a * (a + 1) / b ** 2
        return first, math.sqrt(second - first ** 2)

    mean = sum(w * block[0] for w, block in zip(weights, blocks))
    square = sum(w * block[0] ** 2 for w, block in zip(weights, blocks))
    return {"years": {block[0]: w for w, block in zip(weights, blocks)},
            "change": (mean, math.sqrt(square - mean ** 2)),
            "early": rate(1, 2), "late": rate(3, 4)}


def main():
    answer = solve()
    for year, p in answer["years"].items():
        if p >= 0.001:
            print(f"{year}  {p:.6f}  {'#' * round(p * 200)}")
    for name in ("change", "early", "late"):
        print(f"{name}: mean {answer[name][0]:.6f}, "
              f"sd {answer[name][1]:.6f}")


if __name__ == "__main__":
    main()
