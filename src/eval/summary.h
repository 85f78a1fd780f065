/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums of doubles in a fixed order over eight lanes: the same bits at every
 * instruction level, and loops that vectorise.
 */
#ifndef VST_EVAL_SUMMARY_H
#define VST_EVAL_SUMMARY_H

#include <stddef.h>

enum { SUM_LANES = 8 };

double doubles_sum(const double *x, size_t n);
double doubles_dot(const double *x, const double *y, size_t n);

#endif
