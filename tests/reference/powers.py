#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes src/base/powers_of_ten.c: 128 bits of each power of ten that a double
may have to be scaled by, in whole numbers.
    tests/reference/powers.py > src/base/powers_of_ten.c
"""
LEAST, MOST = -292, 324


def leading(e):
    """The smallest whole number of 128 bits that is no less than 10^e times
    a power of two."""
    if e >= 0:
        power = 10 ** e
        drop = power.bit_length() - 128
        return power << -drop if drop <= 0 else -(-power >> drop)
    power = 10 ** -e
    rise = power.bit_length() + 127
    return -(-(1 << rise) // power)


print("""/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Leading bits of powers of ten, written by tests/reference/powers.py;
 * shortest.h says what they are.
 */
/* clang-format off */
#include "base/shortest.h"

const struct power_of_ten
    powers_of_ten[POWER_OF_TEN_MOST - POWER_OF_TEN_LEAST + 1] = {""")
for e in range(LEAST, MOST + 1):
    bits = leading(e)
    assert bits.bit_length() == 128
    print("    {0x%016xu, 0x%016xu}," % (bits >> 64, bits & (1 << 64) - 1))
print("};")
