/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers counted by intervals of a line: see bars.h.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "infer/diagnostics.h"
#include "plot/axis.h"
#include "plot/bars.h"

enum { INTERVALS_MAX = 20, EDGE = 48 };

struct intervals {
    struct step step;
    double first; /* the first begins at first * width */
    size_t count;
    bool below, above; /* the outermost take in what lies beyond */
    bool whole;        /* of integers */
};

/* The smallest nice width for which at most INTERVALS_MAX intervals,
 * beginning at its multiples, hold [low, high]: then there are about ten or
 * more. */
static void choose(struct intervals *v, double low, double high)
{
    double half = 0.5 * high - 0.5 * low; /* high - low may overflow */
    double least = fmax(half / (0.5 * INTERVALS_MAX), DBL_MIN);
    struct step s = step_at_least(least, v->whole);
    for (;; s = step_after(s, v->whole)) {
        double first = step_place(low, s.width);
        double last = step_place(high, s.width);
        if (last - first + 1.0 > INTERVALS_MAX) continue;
        v->first = first;
        v->step = s;
        v->count = (size_t)(last - first + 1.0);
        return;
    }
}

/* Is the whole range shown? When tails are long, the middle 99 % and what
 * stands near to it. */
static void measure(struct intervals *v, const double *sorted, size_t n,
                    bool whole)
{
    double min = sorted[0], max = sorted[n - 1];
    double low = quantile_of_sorted(sorted, n, 0.005);
    double high = quantile_of_sorted(sorted, n, 0.995);
    double reach = high - low;
    *v = (struct intervals){.whole = whole};
    v->below = min < low - reach;
    v->above = max > high + reach;
    if (!v->below) low = min;
    if (!v->above) high = max;
    if (!(high > low)) { /* all but a few draws are one number */
        low = min;
        high = max;
        v->below = v->above = false;
    }
    choose(v, low, high);
}

/* The i-th edge; for whole numbers, `last` takes the one before it. */
static void show_edge(char *edge, const struct intervals *v, size_t i,
                      bool last)
{
    double width = v->step.width;
    int decimals = step_decimals(v->step);
    double size = fmax(fabs(v->first), fabs(v->first + (double)v->count));
    double x = (v->first + (double)i) * width;
    if (decimals > 7 || size * width >= 1e9) {
        int digits = (int)ceil(log10(fmax(size, 1.0))) + (v->step.index == 2);
        snprintf(edge, EDGE, "%.*e", digits, x + 0.0);
    } else {
        x -= v->whole && last ? 1.0 : 0.0;
        snprintf(edge, EDGE, "%.*f", decimals, x + 0.0);
    }
}

/* Integers are shown by the first and last that an interval holds. The edges
 * of all intervals stand under one another. */
static bool label_interval(struct text *label, const struct intervals *v,
                           size_t i)
{
    char a[EDGE], b[EDGE], edge[EDGE];
    size_t width_a, width_b;
    show_edge(edge, v, 0, false);
    show_edge(a, v, v->count - 1, false);
    width_a = strlen(a) > strlen(edge) ? strlen(a) : strlen(edge);
    show_edge(edge, v, 1, true);
    show_edge(b, v, v->count, true);
    width_b = strlen(b) > strlen(edge) ? strlen(b) : strlen(edge);

    show_edge(a, v, i, false);
    show_edge(b, v, i + 1, true);
    if (i == 0 && v->below)
        return text_printf(label, v->whole ? "to %s" : "below %s", b);
    if (i + 1 == v->count && v->above) return text_printf(label, "from %s", a);
    if (v->whole && strcmp(a, b) == 0) return text_puts(label, a);
    return text_padded(label, a, width_a, true) && text_puts(label, " .. ") &&
           text_padded(label, b, width_b, true);
}

bool bars_of_numbers(struct bars *b, const double *sorted, size_t n, bool whole)
{
    struct intervals v;
    measure(&v, sorted, n, whole);
    if (!bars_open(b, v.count)) return false;
    b->right = b->intervals = b->counts = true;
    b->total += (double)n;
    for (size_t i = 0; i < v.count; i++) {
        struct bar *bar = &b->at[b->count++];
        bar->low = (v.first + (double)i) * v.step.width;
        bar->high = (v.first + (double)i + 1.0) * v.step.width;
        if (!label_interval(&bar->label, &v, i)) return false;
    }
    for (size_t i = 0; i < n; i++) {
        double place = step_place(sorted[i], v.step.width) - v.first;
        place = fmin(fmax(place, 0.0), (double)v.count - 1.0);
        b->at[(size_t)place].value += 1.0;
    }
    return true;
}
