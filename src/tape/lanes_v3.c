/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels of x86-64-v3: four lanes of AVX2, fused products. See lanes_level.h.
 */
#ifdef __AVX2__
#define LANES_NAME "v3"
#define LANES_TABLE lanes_v3
#define LANES_WIDTH 4
#define LANES_FUSED 1
#include "tape/lanes_level.h"
#else
typedef int not_at_this_level;
#endif
