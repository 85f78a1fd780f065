/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Distributions as text: see histogram.h. Whatever is shown becomes a list
 * of lines first (a label, a count), and those are set in columns.
 */
#include "session/histogram.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INTERVALS_MAX = 20,
    LABEL_MAX = 32, /* characters of a label; longer ones are cut */
    BAR_MIN = 8,
    BAR_MAX = 48
};

struct line {
    struct text label;
    size_t count;
};

struct picture {
    struct line *lines;
    size_t count;
    size_t total; /* of the counts, those not shown too */
    bool right;   /* labels to the right: numbers */
    size_t more;  /* values that are not shown */
    size_t unshown;
    size_t not_finite; /* draws that have no place */
};

/* How wide the parts of a line are. */
struct measures {
    size_t label, largest, bar;
    int digits; /* of the largest count */
    bool ascii;
};

static void picture_close(struct picture *p)
{
    for (size_t i = 0; i < p->count; i++) text_free(&p->lines[i].label);
    free(p->lines);
}

/* ---- setting ---------------------------------------------------------- */

/* A bar of `share` of `room` characters, to an eighth of one. */
static bool add_bar(struct text *out, double share, size_t room, bool ascii)
{
    static const char *const eighths[] = {"",  "▏", "▎", "▍",
                                          "▌", "▋", "▊", "▉"};
    size_t parts = (size_t)(share * (double)room * 8.0 + 0.5);
    if (share > 0.0 && parts == 0) parts = 1;
    size_t whole = ascii ? (parts + 4) / 8 : parts / 8;
    for (size_t i = 0; i < whole; i++) {
        if (!text_puts(out, ascii ? "#" : "█")) return false;
    }
    if (ascii) return whole > 0 || parts == 0 || text_puts(out, ".");
    return text_puts(out, eighths[parts % 8]);
}

static bool set_line(struct text *out, const struct picture *p,
                     const struct line *l, const struct measures *m)
{
    double share = (double)l->count / (double)p->total;
    double bar = (double)l->count / (double)m->largest;
    return text_padded(out, l->label.at, m->label, p->right) &&
           text_printf(out, "  %*zu  %5.1f%%", m->digits, l->count,
                       100.0 * share) &&
           (l->count == 0 ||
            (text_puts(out, "  ") && add_bar(out, bar, m->bar, m->ascii))) &&
           text_puts(out, "\n");
}

static bool set_lines(struct text *out, struct picture *p,
                      const struct look *look)
{
    struct measures m = {.largest = 1, .ascii = look->ascii};
    for (size_t i = 0; i < p->count; i++) {
        struct line *l = &p->lines[i];
        if (!text_cut(&l->label, LABEL_MAX, look)) return false;
        size_t columns = text_columns(l->label.at);
        if (columns > m.label) m.label = columns;
        if (l->count > m.largest) m.largest = l->count;
    }
    m.digits = snprintf(NULL, 0, "%zu", m.largest);
    size_t before = m.label + 2 + (size_t)m.digits + 2 + 6 + 2;
    size_t width = look_width(look);
    m.bar = width > before + BAR_MIN ? width - before : BAR_MIN;
    if (m.bar > BAR_MAX) m.bar = BAR_MAX;
    for (size_t i = 0; i < p->count; i++) {
        if (!set_line(out, p, &p->lines[i], &m)) return false;
    }
    if (p->more > 0 &&
        !text_printf(out, "%s and %zu more values, %zu times in all\n",
                     look_dots(look), p->more, p->unshown)) {
        return false;
    }
    return p->not_finite == 0 ||
           text_printf(out, "%zu draws are not finite\n", p->not_finite);
}

/* ---- values ----------------------------------------------------------- */

static bool picture_values(struct picture *p, const struct column *c,
                           const struct count *counts, size_t count,
                           size_t rows_max)
{
    size_t rows = count < rows_max ? count : rows_max;
    p->lines = calloc(rows + 1, sizeof *p->lines);
    if (!p->lines) return false;
    p->right = c->kind == COLUMN_INTEGER || c->kind == COLUMN_NUMBER;
    p->more = count - rows;
    for (size_t i = 0; i < count; i++) {
        if (i >= rows) {
            p->unshown += counts[i].times;
            continue;
        }
        struct line *l = &p->lines[p->count++];
        l->count = counts[i].times;
        if (!column_print(&l->label, c, counts[i].x)) return false;
        if (!text_puts(&l->label, "")) return false;
    }
    return true;
}

/* ---- intervals -------------------------------------------------------- */

struct intervals {
    double first, width; /* the first begins at first * width */
    size_t count;
    int decimals;      /* of the edges */
    bool halves;       /* the width is 2.5 of something */
    bool below, above; /* the outermost take in what lies beyond */
    bool whole;        /* of integers */
};

/* Which multiple of the width x lies on or above; 0.3 is the third of 0.1
 * although the quotient is a little less. */
static double place_of(double x, double width)
{
    return floor(x / width + 1e-9);
}

/* The smallest of 1, 2, 2.5, 5 times a power of ten for which at most
 * INTERVALS_MAX intervals, beginning at its multiples, hold [low, high]:
 * then there are about ten or more. */
static void choose(struct intervals *v, double low, double high)
{
    static const double steps[] = {1.0, 2.0, 2.5, 5.0};
    double half = 0.5 * high - 0.5 * low; /* high - low may overflow */
    double least = fmax(half / (0.5 * INTERVALS_MAX), DBL_MIN);
    int power = (int)floor(log10(least));
    if (v->whole && power < 0) power = 0;
    for (;; power++) {
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            double width = steps[i] * pow(10.0, power);
            if (v->whole && width != rint(width)) continue;
            double first = place_of(low, width), last = place_of(high, width);
            if (last - first + 1.0 > INTERVALS_MAX) continue;
            v->first = first;
            v->width = width;
            v->count = (size_t)(last - first + 1.0);
            v->halves = steps[i] == 2.5;
            v->decimals = v->halves - power;
            if (v->decimals < 0) v->decimals = 0;
            return;
        }
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

enum { EDGE = 48 };

/* The i-th edge; for whole numbers, `last` takes the one before it. */
static void show_edge(char *edge, const struct intervals *v, size_t i,
                      bool last)
{
    double size = fmax(fabs(v->first), fabs(v->first + (double)v->count));
    double x = (v->first + (double)i) * v->width;
    if (v->decimals > 7 || size * v->width >= 1e9) {
        int digits = (int)ceil(log10(fmax(size, 1.0))) + v->halves;
        snprintf(edge, EDGE, "%.*e", digits, x + 0.0);
    } else {
        x -= v->whole && last ? 1.0 : 0.0;
        snprintf(edge, EDGE, "%.*f", v->decimals, x + 0.0);
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

static bool picture_intervals(struct picture *p, const struct column *c,
                              const double *sorted, size_t n)
{
    struct intervals v;
    measure(&v, sorted, n, c->kind == COLUMN_INTEGER);
    p->lines = calloc(v.count, sizeof *p->lines);
    if (!p->lines) return false;
    p->right = true;
    for (size_t i = 0; i < v.count; i++) {
        p->count++;
        if (!label_interval(&p->lines[i].label, &v, i)) return false;
    }
    for (size_t i = 0; i < n; i++) {
        double place = place_of(sorted[i], v.width) - v.first;
        place = fmin(fmax(place, 0.0), (double)v.count - 1.0);
        p->lines[(size_t)place].count++;
    }
    return true;
}

/* ---- what is asked for ------------------------------------------------ */

bool histogram_is_discrete(const struct column *c)
{
    struct count *counts;
    size_t values;
    if (c->kind != COLUMN_INTEGER) return c->kind != COLUMN_NUMBER;
    if (!column_counts(c, &counts, &values)) return false;
    free(counts);
    return values <= HISTOGRAM_VALUES_MAX;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The finite draws in order, *out to be freed. */
static bool finite_draws(const struct column *c, double **out, size_t *n)
{
    *n = 0;
    *out = calloc(c->length + 1, sizeof **out);
    if (!*out) return false;
    for (size_t i = 0; i < c->length; i++) {
        if (isfinite(c->at[i])) (*out)[(*n)++] = c->at[i];
    }
    qsort(*out, *n, sizeof **out, ascending);
    return true;
}

bool histogram_text(struct text *out, const struct column *c,
                    const struct look *look)
{
    struct picture p = {.total = c->length};
    struct count *counts = NULL;
    double *sorted = NULL;
    size_t values = 0, n = 0;
    bool good =
        column_counts(c, &counts, &values) && finite_draws(c, &sorted, &n);
    bool by_value = c->kind == COLUMN_INTEGER ? values <= HISTOGRAM_VALUES_MAX
                                              : c->kind != COLUMN_NUMBER;
    /* numbers that are all the same have no intervals */
    if (good && (by_value || n == 0 || sorted[0] == sorted[n - 1])) {
        good = picture_values(&p, c, counts, values, look_rows(look));
    } else if (good) {
        p.not_finite = c->length - n;
        good = picture_intervals(&p, c, sorted, n);
    }
    good = good && set_lines(out, &p, look);
    picture_close(&p);
    free(counts);
    free(sorted);
    return good;
}

bool histogram_json(struct text *out, const struct column *c)
{
    struct count *counts;
    size_t values;
    if (!column_counts(c, &counts, &values)) return false;
    bool good = text_puts(out, "[");
    for (size_t i = 0; good && i < values; i++) {
        good = text_puts(out, i ? ",{\"value\":" : "{\"value\":") &&
               column_print_json(out, c, counts[i].x) &&
               text_printf(out, ",\"count\":%zu}", counts[i].times);
    }
    free(counts);
    return good && text_puts(out, "]");
}
