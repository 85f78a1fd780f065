/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Nice numbers: widths of intervals and ticks of axes, at multiples of 1, 2,
 * 2.5 or 5 times a power of ten, and how they are written. It knows numbers
 * and text, not what is drawn at them.
 */
#ifndef VST_PLOT_AXIS_H
#define VST_PLOT_AXIS_H

#include <stdbool.h>
#include <stddef.h>

/* 1, 2, 2.5 or 5 times 10^power. */
struct step {
    double width;
    int power;
    int index; /* which of the four */
};

/* The smallest with width >= `least`, which is finite and above 0; `whole`:
 * that is an integer. */
struct step step_at_least(double least, bool whole);
/* The next larger one. */
struct step step_after(struct step s, bool whole);
/* Digits behind the point that its multiples need; 0 or more. */
int step_decimals(struct step s);

/* Which multiple of the width x lies on or above; 0.3 is the third of 0.1
 * although the quotient is a little less. */
double step_place(double x, double width);

/* The ticks of an axis: first, first + 1, ... times the step. */
struct ticks {
    struct step step;
    double first;
    int count;
};

/* The multiples of a nice step in [low, high], at most `most` (2 or more),
 * or none when there is no such step below infinity.
 * low < high, both finite. */
struct ticks ticks_choose(double low, double high, int most, bool whole);
double tick_at(const struct ticks *t, int i);

enum { TICK_LABEL = 32 };
/* "0.25", "-3", "1.5e+07"; all of an axis with as many digits. */
void tick_label(const struct ticks *t, int i, char label[TICK_LABEL]);

/* A range that can be drawn: one that is empty or a point becomes an
 * interval about it; a share of its length is added at both ends. */
void range_widen(double *low, double *high, double share);

#endif
