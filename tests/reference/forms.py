#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/reference/forms.txt: log densities and their derivatives of
forms around applications, from their definitions, by mpmath.
    tests/reference/forms.py > tests/reference/forms.txt

A line: the arguments of the form as src/xrp/form.h orders them, the form
first; the value; the log density; its derivatives by each number of the
value; and by each argument. Fields are separated by |, nan is one that does
not exist. 200 random and some 50 extreme lines a form.
"""
import random

import mpmath as mp
from mpmath import mpf

mp.mp.dps = 40
INF = mpf("inf")
rng = random.Random(20240229)


def short(x, digits=5):
    return float(f"%.{digits}g" % x)


# ---- what stands within: log density, P(X <= x), P(X > x) ------------------


def normal(x, mu, sd):
    return -((x - mu) / sd) ** 2 / 2 - mp.log(sd * mp.sqrt(2 * mp.pi))


def normal_tails(x, mu, sd):
    z = (x - mu) / (sd * mp.sqrt(2))
    return mp.erfc(-z) / 2, mp.erfc(z) / 2


def exponential(x, rate):
    return mp.log(rate) - rate * x if x >= 0 else -INF


def exponential_tails(x, rate):
    return (-mp.expm1(-rate * x), mp.exp(-rate * x)) if x > 0 else (0, 1)


def logistic(x, loc, s):
    z = (x - loc) / s
    return -z - mp.log(s) - 2 * mp.log1p(mp.exp(-z))


def logistic_tails(x, loc, s):
    z = (x - loc) / s
    return 1 / (1 + mp.exp(-z)), 1 / (1 + mp.exp(z))


def poisson(k, m):
    if k < 0 or k != mp.floor(k):
        return -INF
    return k * mp.log(m) - m - mp.loggamma(k + 1)


def poisson_tails(k, m):
    k = mp.floor(k)
    if k < 0:
        return 0, 1
    return (mp.gammainc(k + 1, m, regularized=True),
            mp.gammainc(k + 1, 0, m, regularized=True))


LAWS = {"normal": (normal, normal_tails, 2),
        "exponential": (exponential, exponential_tails, 1),
        "logistic": (logistic, logistic_tails, 2),
        "poisson": (poisson, poisson_tails, 1)}
WHOLE = {"poisson"}


def is_whole(app):
    return any(a in WHOLE for a in app if isinstance(a, str))


def log(x):
    return mp.log(x) if x > 0 else -INF


def tails(app, x):
    """P(X <= x) and P(X > x)."""
    if x == INF:
        return mpf(1), mpf(0)
    if x == -INF:
        return mpf(0), mpf(1)
    if app[0] == "censored":
        if x < app[1] or x >= app[2]:
            return (mpf(0), mpf(1)) if x < app[1] else (mpf(1), mpf(0))
        return tails(app[3:], x)
    return LAWS[app[0]][1](x, *app[1:])


def tails_before(app, x):
    """P(X < x) and P(X >= x)."""
    if app[0] == "censored":
        if x <= app[1] or x > app[2]:
            return (mpf(0), mpf(1)) if x <= app[1] else (mpf(1), mpf(0))
        return tails_before(app[3:], x)
    return tails(app, mp.ceil(x) - 1 if is_whole(app) and x > -INF else x)


def mass(app, lo, hi):
    """P(lo <= X <= hi)."""
    below, above = tails(app, hi), tails_before(app, lo)
    return (above[1] - below[1] if below[0] > above[1]
            else below[0] - above[0])


# ---- the forms -------------------------------------------------------------


def density(app, x):
    head = app[0]
    if head == "truncated":
        lo, hi, inner = app[1], app[2], app[3:]
        if not lo <= x <= hi:
            return -INF
        return density(inner, x) - log(mass(inner, lo, hi))
    if head == "half":
        return density(["truncated", mpf(0), INF, *app[1:]], x)
    if head == "censored":
        lo, hi, inner = app[1], app[2], app[3:]
        if x == lo:
            return log(tails(inner, lo)[0])
        if x == hi:
            return log(tails(inner, mp.ceil(hi) - 1 if is_whole(inner)
                             else hi)[1])
        return density(inner, x) if lo < x < hi else -INF
    if head == "mixture":
        weights, at, total = app[1], 2, mpf(0)
        for w in weights:
            part = app[at + 1:at + 1 + int(app[at])]
            total += w * mp.exp(density(part, x))
            at += 1 + int(app[at])
        return log(total / sum(weights))
    if head == "iid":
        return sum(density(app[2:], y) for y in x)
    if head == "each":
        inner = app[2:]
        return sum(density([a[i] if isinstance(a, list) else a
                            for a in inner], y) for i, y in enumerate(x))
    if head == "ordered":
        orders = mp.factorial(len(x))
        if is_whole(app):
            for y in set(x):
                orders /= mp.factorial(x.count(y))
        if any(a > b for a, b in zip(x, x[1:])):
            return -INF
        return log(orders) + density(app[1:], x)
    if head == "positive-ordered":
        return density(["ordered", "iid", app[2], "half", *app[3:]], x)
    return LAWS[head][0](x, *app[1:])


def slope(f, x):
    """A derivative by central differences, far more digits than are left."""
    h = mpf(10) ** -20 * max(abs(x), mpf(10) ** -6)
    with mp.workdps(100):
        values = [f(x + k * h) for k in (-2, -1, 1, 2)]
        if any(not mp.isfinite(v) for v in values):
            return mp.nan
        return (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)


def by_value(app, x):
    if is_whole(app) or "censored" in app:
        return [mp.nan] * (len(x) if isinstance(x, list) else 1)
    if not isinstance(x, list):
        return [slope(lambda y: density(app, y), x)]
    return [slope(lambda y: density(app, x[:i] + [y] + x[i + 1:]), x[i])
            for i in range(len(x))]


def by_argument(app, x, i):
    a = app[i]
    ends = app[0] in ("truncated", "censored") and i in (1, 2)
    if isinstance(a, (str, list)) or a is None or (ends and is_whole(app)):
        return mp.nan
    if ends and a in (INF, -INF) and "censored" not in app[1:]:
        return mpf(0)
    if app[0] == "censored" and ends:
        return mp.nan if x in app[1:3] else mpf(0)
    if "censored" in app[1:]:
        if ends:
            return mp.nan
        if i - app.index("censored") in (1, 2):
            return mp.nan if x == a else mpf(0)
    if app[0] == "mixture" and i > 0 and is_length(app, i):
        return mp.nan
    if app[0] in ("iid", "ordered", "positive-ordered") and a is app[
            1 if app[0] == "iid" else 2]:
        return mp.nan
    return slope(lambda y: density(app[:i] + [y] + app[i + 1:], x), a)


def is_length(app, i):
    at = 2
    while at < len(app):
        if at == i:
            return True
        at += 1 + int(app[at])
    return False


def token(a):
    if a is None:
        return "#f"
    if isinstance(a, list):
        return "[" + ",".join(token(x) for x in a) + "]"
    return a if isinstance(a, str) else mp.nstr(a, 17)


def line(app, x):
    app = [mpf(a) if isinstance(a, (int, float)) else
           [mpf(y) for y in a] if isinstance(a, list) else a for a in app]
    x = [mpf(y) for y in x] if isinstance(x, list) else mpf(x)
    score = density(app, x)
    fields = [" ".join(map(token, app)),
              " ".join(map(token, x)) if isinstance(x, list) else token(x),
              mp.nstr(score, 17)]
    if score > -INF:
        fields += [" ".join(mp.nstr(d, 17) for d in by_value(app, x)),
                   " ".join(mp.nstr(by_argument(app, x, i), 17)
                            for i in range(1, len(app)))]
    print("|".join(fields))


# ---- random and extreme arguments ------------------------------------------


def law(whole=None):
    name = rng.choice(sorted(LAWS if whole is None else
                             WHOLE if whole else set(LAWS) - WHOLE))
    if name in ("exponential", "poisson"):
        return [name, short(rng.uniform(0.2, 6))]
    return [name, short(rng.gauss(0, 2)), short(rng.uniform(0.2, 3))]


def number(app):
    if app[0] == "poisson":
        return rng.randrange(0, 9)
    if app[0] == "exponential":
        return short(rng.uniform(0, 3))
    return short(rng.gauss(0, 3))


def truncated():
    app = law()
    lo, hi = sorted(rng.sample([short(rng.uniform(-4, 8), 4)
                                for _ in range(3)], 2))
    if app[0] in ("poisson", "exponential"):
        lo, hi = abs(lo), abs(lo) + 3
    if rng.random() < 0.25:
        lo = -INF
    elif rng.random() < 0.25:
        hi = INF
    x = number(app)
    if app[0] != "poisson" and rng.random() < 0.8:
        x = min(max(x, float(lo) + 0.01), float(hi) - 0.01)
    return app, lo, hi, x


def lines_truncated():
    for _ in range(200):
        app, lo, hi, x = truncated()
        line(["truncated", lo, hi, *app], x)
    std = ["normal", 0, 1]
    for lo, hi in [(8, 9), (40, 41), (-41, -40), (-9, -8), (100, 100.5),
                   (8, INF), (40, INF), (-INF, -40), (1000, INF), (-1, 1),
                   (0, 1e-3), (1, 1 + 2**-30), (5, 5 + 2**-40),
                   (-2**-50, 2**-50), (-40, 41), (-INF, INF), (-5, 1e6),
                   (1e-300, 1), (30, 30 + 2**-20), (-1e6, 0)]:
        for share in (0.0, 0.375, 1.0):
            low, high = max(float(lo), -2000.), min(float(hi), 2000.)
            x = low + (high - low) * share
            if share == 0.375 and high - low > 50:
                x = low + 0.125 if high == 2000. else high - 0.125
            if lo <= x <= hi and mp.isfinite(x):
                line(["truncated", lo, hi, *std], x)
    for lo, hi, m in [(50, 60, 1), (0, 0.5, 300), (0, 100, 1e-3),
                      (100, INF, 2), (2.5, 3.5, 4), (3, 3.9, 700)]:
        line(["truncated", lo, hi, "poisson", m], float(mp.ceil(lo)))


def lines_half():
    for _ in range(200):
        app = law()
        line(["half", *app], abs(number(app)))
    for mu, sd in [(-40, 1), (40, 1), (0, 1e-5), (0, 1e5), (-1e4, 1),
                   (-8, .25), (0, 1)]:
        for x in (0.0, 0.125, 1.0, 37.5, 2.0**-60, 1e3, -1.0):
            line(["half", "normal", mu, sd], x)


def lines_censored():
    for _ in range(200):
        app, lo, hi, x = truncated()
        where = rng.random()
        if where < 0.3 and lo > -INF:
            x = lo
        elif where < 0.6 and hi < INF:
            x = hi
        line(["censored", lo, hi, *app], x)
    for lo, hi in [(8, 9), (40, 41), (-41, -40), (-1, 1), (0, INF),
                   (-INF, 0), (100, 200)]:
        for x in (lo, hi, float(max(lo, -300)) + 0.25):
            if abs(x) < INF and lo <= x <= hi:
                line(["censored", lo, hi, "normal", 0, 1], x)
                line(["censored", lo, hi, "logistic", 0, .5], x)
    for lo, hi, m in [(2, 5, 3), (0, 400, 3), (2.5, 4.5, 3), (-1, 0, 9)]:
        for x in {lo, hi, float(mp.ceil(lo))}:
            line(["censored", lo, hi, "poisson", m], x)


def lines_mixture():
    for i in range(250):
        whole = rng.random() < 0.3
        apps = [law(whole) for _ in range(rng.randrange(1, 4))]
        if rng.random() < 0.3 and not whole:
            apps[0] = ["half", *apps[0]]
        weights = [short(rng.uniform(0.05, 3)) for _ in apps]
        if i >= 200:
            weights[0] = 10.0 ** rng.randrange(-300, 300)
        if i >= 230:
            weights[-1] = 0.0 if len(apps) > 1 else 1.0
        x = number(apps[-1])
        flat = [a for app in apps for a in (len(app), *app)]
        line(["mixture", weights, *flat], x)


def lines_arrays():
    for i in range(250):
        app, n = law(), rng.randrange(1, 6)
        if i >= 200:
            n = rng.choice([1, 8, 9, 16, 17, 40])
        if rng.random() < 0.2:
            app = ["half", *app]
        x = [abs(number(app[1:] if app[0] == "half" else app))
             for _ in range(n)]
        line(["iid", n, *app], x)
    for i in range(250):
        n = rng.randrange(1, 6) if i < 200 else rng.choice([1, 8, 9, 23])
        app = law()
        for k in range(1, len(app)):
            if rng.random() < 0.6:
                app[k] = [short(abs(rng.gauss(1, 2)) + 0.1)
                          for _ in range(n)]
        if not any(isinstance(a, list) for a in app):
            app[1] = [app[1]] * n
        x = [number(app) for _ in range(n)]
        line(["each", None, *app], x)


def lines_ordered():
    for head in ("ordered", "positive-ordered"):
        for i in range(250):
            app, n = law(), rng.randrange(1, 6) if i < 200 else 12
            x = sorted(abs(number(app)) for _ in range(n))
            if rng.random() < 0.05:
                x.reverse()
            line([head, "iid", n, *app], x)


def lines_more():
    """Far out, and without random numbers."""
    for mean, sd, x in ((-30.0, 1.0, 0.0), (-30.0, 1.0, 0.25),
                        (40.0, 1e-3, 40.0), (3e99, 1e100, 1e99)):
        line(["half", "normal", mean, sd], x)
    for lo, hi, x in ((-40.0, -39.0, -40.0), (39.0, 40.0, 40.0),
                      (-1e300, 1e300, 0.5), (5.0, 5.5, 5.25),
                      (0.25, 0.5, 0.5)):
        line(["censored", lo, hi, "normal", 0.0, 1.0], x)


def lines_cut_censored():
    for _ in range(200):
        app, lo, hi, x = truncated()
        low, high = (float(e) + rng.choice([-1.5, -0.25, 0.5, 1.0])
                     for e in (lo, hi))
        if low >= high:
            low, high = high - 1, low + 1
        where = rng.random()
        if where < 0.4 and -INF < lo >= low:
            x = float(lo)
        elif where < 0.8 and INF > hi <= high:
            x = float(hi)
        inner = ["censored", lo, hi, *app]
        if rng.random() < 0.2:
            line(["half", *inner], x)
        elif mass([mpf(a) if not isinstance(a, str) else a for a in inner],
                  mpf(low), mpf(high)) > 0:
            line(["truncated", low, high, *inner], x)


lines_truncated()
lines_half()
lines_censored()
lines_mixture()
lines_arrays()
lines_ordered()
lines_more()
lines_cut_censored()
