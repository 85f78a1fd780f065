/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws of counts that several families need.
 */
#ifndef VST_XRP_COUNTS_H
#define VST_XRP_COUNTS_H

#include "base/random.h"

/* A Poisson count; mean at least 0 and finite, however large. */
double poisson_draw(struct random *r, double mean);

#endif
