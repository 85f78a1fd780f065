#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes src/base/ziggurat.c: 256 layers of equal area under the normal and
the exponential density (Marsaglia and Tsang 2000), with mpmath at 40 digits.
    tests/reference/ziggurat.py > src/base/ziggurat.c
"""
import mpmath as mp

mp.mp.dps = 40
LAYERS = 256


def edges(density, inverse, tail, guess):
    """x[0] .. x[256]: x[1] is where the tail begins, x[256] is 0; x[0] is the
    width of the base layer as if it were a box of the density's height."""
    def walk(r):
        area = r * density(r) + tail(r)
        x = [area / density(r), r]
        for _ in range(LAYERS - 2):
            x.append(inverse(density(x[-1]) + area / x[-1]))
        return x, density(x[-1]) + area / x[-1] - 1
    r = mp.findroot(lambda r: walk(r)[1], guess)
    return walk(r)[0] + [mp.mpf(0)]


def show(name, numbers):
    print("const double %s[ZIGGURAT_LAYERS + 1] = {" % name)
    cells = ["%s," % repr(float(n)) for n in numbers]
    for i in range(0, len(cells), 3):
        print("    " + " ".join(cells[i:i + 3]))
    print("};")


normal = lambda x: mp.exp(-x * x / 2)
exponential = lambda x: mp.exp(-x)
n = edges(normal, lambda y: mp.sqrt(-2 * mp.log(y)) if y < 1 else mp.mpf(0),
          lambda r: mp.sqrt(mp.pi / 2) * mp.erfc(r / mp.sqrt(2)),
          (mp.mpf("3.65415"), mp.mpf("3.65416")))
e = edges(exponential, lambda y: -mp.log(y) if y < 1 else mp.mpf(0),
          exponential, (mp.mpf("7.69711"), mp.mpf("7.69712")))
print("""/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables of the ziggurat method, written by tests/reference/ziggurat.py;
 * ziggurat.h says what they are. Constants and not computed at start, so
 * that a stream gives the same draws whichever C library is loaded.
 */
/* clang-format off */
#include "base/ziggurat.h"
""")
show("ziggurat_normal_x", n)
show("ziggurat_normal_y", [normal(x) for x in n])
show("ziggurat_exponential_x", e)
show("ziggurat_exponential_y", [exponential(x) for x in e])
