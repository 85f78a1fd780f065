# SPDX-License-Identifier: GPL-3.0-or-later
"""Data for the models beside this file, the same on every machine and in every
language: numbers from a generator of our own, rounded to what is printed."""
import math

MASK = (1 << 64) - 1


class Numbers:
    """SplitMix64 (Steele, Lea and Flood 2014), and what is made of it."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) >> 11) / (1 << 53)

    def normal(self, mean, sd):
        r = math.sqrt(-2 * math.log(1 - self.uniform()))
        return mean + sd * r * math.cos(2 * math.pi * self.uniform())

    def pick(self, weights):
        u = self.uniform() * sum(weights)
        for k, w in enumerate(weights):
            u -= w
            if u < 0:
                return k
        return len(weights) - 1


def sprinkler(n, r):
    wets = []
    for _ in range(n):
        cloudy = r.uniform() < 0.4
        on = r.uniform() < (0.1 if cloudy else 0.5)
        rain = r.uniform() < (0.8 if cloudy else 0.2)
        wets.append(int(r.uniform() < (0.01, 0.9, 0.99)[on + rain]))
    return {"wets": wets}


def hmm(n, r):
    rows = ((0.8, 0.15, 0.05), (0.1, 0.8, 0.1), (0.05, 0.15, 0.8))
    z, ys = 0, []
    for _ in range(n):
        z = r.pick(rows[z])
        ys.append(round(r.normal(2 * z, 1), 3))
    return {"ys": ys, "half": n // 2}


def lda(n, r):
    ws = []
    for _ in range(n // 10):
        shares = [0.1, 0.1, 0.1]
        shares[r.pick((1, 1, 1))] += 0.7
        for _ in range(10):
            k = r.pick(shares)
            ws.append(r.pick([10 if v // 4 == k else 1 for v in range(12)]))
    return {"ws": ws, "docs": n // 10}


def mixture(n, r):
    return {"ys": [round(r.normal((-4, 0, 4)[r.pick((2, 1, 1))], 1), 3)
                   for _ in range(n)], "half": n // 2}


def crp(n, r):
    return {"ys": [round(r.normal((-4, 0, 5)[i % 3], 1), 3)
                   for i in range(n)]}


def regression(n, r):
    xs = [round(4 * (i + 0.5) / n - 1, 4) for i in range(n)]
    return {"xs": xs, "ys": [round(r.normal(1 + 2 * x, 0.7), 3) for x in xs]}


def data_of(model, n):
    """Names and values: numbers, and lists of them."""
    return {"n": n, **globals()[model](n, Numbers(20261121))}


def church(data):
    def text(v):
        return f"'({' '.join(map(str, v))})" if isinstance(v, list) else v
    return "".join(f"ASSUME {k} {text(v)}\n" for k, v in data.items())


def javascript(data):
    return "".join(f"var {k} = {v}\n" for k, v in data.items())


def bugs(data, used):
    """R's dump; categories count from 1 there, and what is not used is
    refused."""
    def text(k, v):
        if k == "ws":
            v = [w + 1 for w in v]
        return f"c({', '.join(map(str, v))})" if isinstance(v, list) else v
    return "".join(f'"{k}" <- {text(k, v)}\n' for k, v in data.items()
                   if k in used)
