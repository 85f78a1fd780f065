/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Nice numbers: see axis.h.
 */
#include "plot/axis.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

static const double multiples[] = {1.0, 2.0, 2.5, 5.0};
enum { MULTIPLES = sizeof multiples / sizeof *multiples, HALVES = 2 };

static struct step step_of(int power, int index)
{
    double width = multiples[index] * pow(10.0, power);
    return (struct step){.width = width, .power = power, .index = index};
}

struct step step_after(struct step s, bool whole)
{
    do {
        s = s.index + 1 < MULTIPLES ? step_of(s.power, s.index + 1)
                                    : step_of(s.power + 1, 0);
    } while (whole && s.width != rint(s.width));
    return s;
}

struct step step_at_least(double least, bool whole)
{
    int power = (int)floor(log10(fmax(least, DBL_MIN)));
    if (whole && power < 0) power = 0;
    struct step s = step_of(power, 0);
    while (s.width < least * (1.0 - 1e-12)) s = step_after(s, whole);
    return s;
}

int step_decimals(struct step s)
{
    int decimals = (s.index == HALVES) - s.power;
    return decimals > 0 ? decimals : 0;
}

double step_place(double x, double width) { return floor(x / width + 1e-9); }

/* ---- ticks ------------------------------------------------------------ */

struct ticks ticks_choose(double low, double high, int most, bool whole)
{
    double half = 0.5 * high - 0.5 * low; /* high - low may overflow */
    struct step s = step_at_least(fmax(2.0 * (half / most), DBL_MIN), whole);
    for (;; s = step_after(s, whole)) {
        if (s.width == INFINITY) return (struct ticks){.step = s};
        double first = -step_place(-low, s.width);
        double last = step_place(high, s.width);
        if (last - first + 1.0 > most) continue;
        int count = last < first ? 0 : (int)(last - first + 1.0);
        return (struct ticks){.step = s, .first = first, .count = count};
    }
}

double tick_at(const struct ticks *t, int i)
{
    return (t->first + i) * t->step.width + 0.0;
}

void tick_label(const struct ticks *t, int i, char label[TICK_LABEL])
{
    label[0] = 0;
    if (t->count == 0) return;
    double size = fmax(fabs(tick_at(t, 0)), fabs(tick_at(t, t->count - 1)));
    int decimals = step_decimals(t->step);
    if (size < 1e7 && decimals <= 5) {
        snprintf(label, TICK_LABEL, "%.*f", decimals, tick_at(t, i));
        return;
    }
    /* as many digits as tell neighbours apart */
    int digits = (int)floor(log10(fmax(size, DBL_MIN))) - t->step.power +
                 (t->step.index == HALVES);
    if (digits < 0) digits = 0;
    if (digits > 15) digits = 15;
    snprintf(label, TICK_LABEL, "%.*e", digits, tick_at(t, i));
}

void range_widen(double *low, double *high, double share)
{
    if (!(*low <= *high)) {
        *low = 0.0;
        *high = 1.0;
    }
    double centre = 0.5 * *low + 0.5 * *high, half = 0.5 * *high - 0.5 * *low;
    double least = fmax(fabs(centre) * 1e-9, DBL_MIN * 1e20);
    if (half == 0.0) half = fmax(0.5 * fabs(centre), least);
    if (half == least && centre == 0.0) half = 0.5;
    half = fmax(half, least) * (1.0 + 2.0 * share);
    *low = fmax(centre - half, -DBL_MAX);
    *high = fmin(centre + half, DBL_MAX);
}
