#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the judge accept what is right, and refuse what is wrong?

Chains of known law, from independent draws to a correlation time of forty,
are judged against that law (must agree) and against one that is off by a
fifth of its standard deviation (must not, once the draws are worth enough).
"""
import math
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import judge  # noqa: E402

LIMIT = math.log(1e-9)
QUANTILES = {0.01: -2.326348, 0.05: -1.644854, 0.5: 0.0, 0.9: 1.281552,
             0.99: 2.326348}


def chain(source, length, correlation, shift):
    """An autoregressive chain with law normal(shift, 1)."""
    x, result = source.gauss(0, 1), []
    for _ in range(length):
        x = (correlation * x
             + math.sqrt(1 - correlation ** 2) * source.gauss(0, 1))
        result.append(x + shift)
    return result


def main():
    source = random.Random(1)
    results = []

    def expect(what, good):
        results.append(good)
        if not good:
            print("FAIL", what)

    events = [(f"P(x <= {q})", lambda x, q=q: x <= q, p)
              for p, q in QUANTILES.items()]
    for correlation in (0.0, 0.5, 0.95):
        length = int(4000 / (1 - correlation))
        for shift in (0.0, 0.2):
            chains = [chain(source, length, correlation, shift)
                      for _ in range(4)]
            for kind, verdict in (
                    ("events", judge.judge(chains, events)),
                    ("mean", judge.judge(chains, [], (0.0, 1.0)))):
                agrees = verdict.log_p > LIMIT
                expect(f"{kind}, correlation {correlation}, off by {shift}",
                       agrees == (shift == 0.0))
    # Chains that sit in two places disagree: not long against the time that
    # it takes to cross.
    stuck = [[float(i % 2)] * 1000 for i in range(4)]
    expect("chains that do not move", judge.judge(
        stuck, [("P(1)", lambda x: x == 1, 0.5)]
    ).batch_in_correlation_times < 1)
    # What cannot be must not be, once is too often; what is rare may be.
    once = [[1.0] * 999 + [2.0], [1.0] * 1000]
    expect("an impossible outcome", judge.judge(
        once, [("P(2)", lambda x: x == 2, 0.0)]).log_p == -math.inf)
    expect("a rare outcome", judge.judge(
        once, [("P(2)", lambda x: x == 2, 1e-4)]).log_p > LIMIT)
    # Student's tail at 10 degrees of freedom: P(|T| > 4.587) = 0.001.
    expect("Student's tail", abs(
        math.exp(judge.student_log_tail(4.587, 10)) / 0.001 - 1) < 0.4)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed, "
          "0 skipped")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
