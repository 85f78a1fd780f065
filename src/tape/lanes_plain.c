/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels of Plain C: any machine. See lanes_level.h.
 */
#define LANES_NAME "plain"
#define LANES_TABLE lanes_plain
#define LANES_WIDTH 1
#define LANES_FUSED 0
#include "tape/lanes_level.h"
