/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels of x86-64-v4: eight lanes of AVX-512, fused products. See lanes_level.h.
 */
#ifdef __AVX512DQ__
#define LANES_NAME "v4"
#define LANES_TABLE lanes_v4
#define LANES_WIDTH 8
#define LANES_FUSED 1
#include "tape/lanes_level.h"
#else
typedef int not_at_this_level;
#endif
