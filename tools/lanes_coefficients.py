#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints src/tape/lanes_coefficients.h: the polynomials of src/tape/lanes_*.h.

    tools/lanes_coefficients.py | clang-format > src/tape/lanes_coefficients.h

Each is the best approximation in its sense, by Remez's exchange in mpmath
with 60 digits, then rounded to doubles; the comment beside it says how far it
is from the function before that rounding.
"""
import mpmath as mp

mp.mp.dps = 60


def solve(points, f, weight, degree):
    """The polynomial whose weighted errors at the points are +-e."""
    n = degree + 2
    left, right = mp.matrix(n, n), mp.matrix(n, 1)
    for i, x in enumerate(points):
        for j in range(degree + 1):
            left[i, j] = x**j
        left[i, degree + 1] = (-1) ** i / weight(x)
        right[i] = f(x)
    found = mp.lu_solve(left, right)
    return list(found[: degree + 1]), abs(found[degree + 1])


def remez(f, low, high, degree, weight=lambda x: mp.mpf(1)):
    """Minimises max |weight (f - p)|: coefficients from x^0, and the error."""
    low, high = mp.mpf(low), mp.mpf(high)
    middle, half = (low + high) / 2, (high - low) / 2
    n = degree + 2
    points = [middle - half * mp.cos(mp.pi * i / (n - 1)) for i in range(n)]
    grid = [middle - half * mp.cos(mp.pi * i / 1200) for i in range(1201)]
    values = [f(x) for x in grid]
    weights = [weight(x) for x in grid]
    for _ in range(12):
        p, level = solve(points, f, weight, degree)
        errors = [w * (v - mp.polyval(p[::-1], x))
                  for w, v, x in zip(weights, values, grid)]
        # The largest of each stretch of one sign.
        peaks = []
        for i, e in enumerate(errors):
            if peaks and (e > 0) == (errors[peaks[-1]] > 0):
                if abs(e) > abs(errors[peaks[-1]]):
                    peaks[-1] = i
            else:
                peaks.append(i)
        worst = max(abs(e) for e in errors)
        if len(peaks) < n or worst < level * mp.mpf("1.0005"):
            break
        while len(peaks) > n:
            ends = abs(errors[peaks[0]]) < abs(errors[peaks[-1]])
            peaks.pop(0 if ends else -1)
        points = [grid[i] for i in peaks]
    return p, worst


def show(name, words, found):
    p, worst = found
    print(f"\n/* {words}: {mp.nstr(worst, 2)} */")
    print(f"static const double {name}[] = {{")
    for c in p:
        print(f"    {float(c).hex()},")
    print("};")


def scalar(name, x):
    print(f"#define {name} {float(x).hex()}")


def split(name, x, bits):
    """The first bits of x, and the rest."""
    scale = mp.mpf(2) ** (bits - mp.floor(mp.log(x, 2)) - 1)
    high = mp.floor(x * scale) / scale
    scalar(name + "_HIGH", high)
    scalar(name + "_LOW", x - high)


def exp_rest(r):
    if abs(r) < mp.mpf("1e-12"):
        return mp.mpf(1) / 2 + r / 6
    return (mp.expm1(r) - r) / r**2


def log_rest(z):
    """Of z = s^2: (log((1 + s) / (1 - s)) / s - 2) / z."""
    if z < mp.mpf("1e-14"):
        return mp.mpf(2) / 3 + 2 * z / 5
    s = mp.sqrt(z)
    return (mp.log((1 + s) / (1 - s)) / s - 2) / z


def sine_rest(z):
    if z < mp.mpf("1e-14"):
        return -mp.mpf(1) / 6 + z / 120
    s = mp.sqrt(z)
    return (mp.sin(s) / s - 1) / z


def cosine_rest(z):
    if z < mp.mpf("1e-8"):
        return mp.mpf(1) / 24 - z / 720
    return (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2


def erf_ratio(z):
    if z < mp.mpf("1e-14"):
        return 2 / mp.sqrt(mp.pi) * (1 - z / 3)
    return mp.erf(mp.sqrt(z)) / mp.sqrt(z)


CENTRE = mp.mpf(4)


def erfcx_scaled(t):
    """(1 + 2 x) exp(x^2) erfc(x) at t = (x - CENTRE) / (x + CENTRE)."""
    if t > mp.mpf("0.99"):
        # By the series at infinity; x > 796.
        y = (1 - t) / (CENTRE * (1 + t))
        u = y * y / 2
        series = sum((-u) ** k * mp.fac2(2 * k - 1) for k in range(9))
        return (y + 2) / mp.sqrt(mp.pi) * series
    x = CENTRE * (1 + t) / (1 - t)
    return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)


def tail(k, divide):
    """A series in 1 / x^2 by Bernoulli numbers, as a function of w = 1/x^2."""
    def f(w):
        return sum(divide(j) * mp.bernoulli(2 * j) * w ** (j - 1)
                   for j in range(1, k))
    return f


def main():
    print("/* SPDX-License-Identifier: GPL-3.0-or-later\n *\n"
          " * Polynomials and constants of lanes_math.h and lanes_special.h,"
          " from x^0 up.\n * Made by tools/lanes_coefficients.py; each with its"
          " largest error before\n * rounding.\n */")
    print("#ifndef VST_TAPE_LANES_COEFFICIENTS_H")
    print("#define VST_TAPE_LANES_COEFFICIENTS_H\n")
    ln2 = mp.log(2)
    scalar("LOG2_E", 1 / ln2)
    split("LN_2", ln2, 42)
    split("PI_2", mp.pi / 2, 33)
    rest = mp.pi / 2 - mp.mpf(float(mp.floor(mp.pi / 2 * 2**32) / 2**32))
    split("PI_2_LOW", rest, 33)
    scalar("TWO_OVER_PI", 2 / mp.pi)
    scalar("HALF_LOG_TWO_PI", mp.log(2 * mp.pi) / 2)
    scalar("ROOT_HALF", mp.sqrt(mp.mpf(1) / 2))
    scalar("ROOT_TWO_OVER_PI", mp.sqrt(2 / mp.pi))
    scalar("TWO_OVER_ROOT_PI", 2 / mp.sqrt(mp.pi))
    scalar("ONE_OVER_ROOT_TWO_PI", 1 / mp.sqrt(2 * mp.pi))
    scalar("ERFCX_CENTRE", CENTRE)
    edge = ln2 / 2 * mp.mpf("1.0001")
    show("exp_poly", "(exp(r) - 1 - r) / r^2, |r| <= log(2) / 2, of exp(r)",
         remez(exp_rest, -edge, edge, 9, lambda r: r * r + mp.mpf("1e-4")))
    s = (mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)
    show("log_poly",
         "(log((1 + s) / (1 - s)) / s - 2) / z, z = s^2, of log / s",
         remez(log_rest, 0, s * s * mp.mpf("1.0001"), 6, lambda z: z + mp.mpf("1e-4")))
    show("log1p_poly", "the same for |s| <= 1 / 3",
         remez(log_rest, 0, mp.mpf(1) / 9, 10, lambda z: z + mp.mpf("1e-4")))
    quarter = (mp.pi / 4 * mp.mpf("1.0001")) ** 2
    show("sine_poly", "(sin(s) / s - 1) / z, z = s^2, |s| <= pi / 4",
         remez(sine_rest, 0, quarter, 5, lambda z: z + 1e-4))
    show("cosine_poly", "(cos(s) - 1 + z / 2) / z^2",
         remez(cosine_rest, 0, quarter, 5, lambda z: z * z + 1e-4))
    show("erf_poly", "erf(s) / s, z = s^2 <= 0.5, relative",
         remez(erf_ratio, 0, "0.5", 9, lambda z: 1 / erf_ratio(z)))
    show("erfcx_poly", "(1 + 2 x) exp(x^2) erfc(x), relative, in t = "
         "(x - 4) / (x + 4)",
         remez(erfcx_scaled, -1, 1, 24, lambda t: 1 / erfcx_scaled(t)))
    edge = mp.mpf(1) / 64
    show("lgamma_poly", "x (log Gamma(x) - Stirling), in 1 / x^2, x >= 8",
         remez(tail(24, lambda j: mp.mpf(1) / (2 * j * (2 * j - 1))), 0, edge,
               7))
    show("digamma_poly", "x^2 (log(x) - 1 / (2 x) - digamma(x)), likewise",
         remez(tail(24, lambda j: mp.mpf(1) / (2 * j)), 0, edge, 7))
    show("trigamma_poly", "x^3 (trigamma(x) - 1 / x - 1 / (2 x^2)), likewise",
         remez(tail(24, lambda j: mp.mpf(1)), 0, edge, 7))
    print("\n#endif")


if __name__ == "__main__":
    main()
