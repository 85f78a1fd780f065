/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels of x86-64-v2: two lanes of SSE 4.2. See lanes_level.h.
 */
#ifdef __SSE4_2__
#define LANES_NAME "v2"
#define LANES_TABLE lanes_v2
#define LANES_WIDTH 2
#define LANES_FUSED 0
#include "tape/lanes_level.h"
#else
typedef int not_at_this_level;
#endif
