/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Distributions of columns: see histogram.h. Whatever is shown becomes a list
 * of bars (a label, a count), which the drawing floor sets in columns.
 */
#include "session/histogram.h"

#include <math.h>
#include <stdlib.h>

static bool bars_of_values(struct bars *b, const struct column *c,
                           const struct count *counts, size_t count,
                           size_t rows_max)
{
    size_t rows = count < rows_max ? count : rows_max;
    if (!bars_open(b, rows)) return false;
    b->counts = true;
    b->right = c->kind == COLUMN_INTEGER || c->kind == COLUMN_NUMBER;
    b->more = count - rows;
    for (size_t i = 0; i < count; i++) {
        if (i >= rows) {
            b->unshown += (double)counts[i].times;
            continue;
        }
        struct bar *bar = &b->at[b->count++];
        bar->value = (double)counts[i].times;
        bar->low = bar->high = counts[i].x;
        if (!column_print(&bar->label, c, counts[i].x)) return false;
        if (!text_puts(&bar->label, "")) return false;
    }
    return true;
}

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

bool histogram_sorted(const struct column *c, double **out, size_t *n)
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

bool histogram_bars(struct bars *b, const struct column *c, size_t rows_max)
{
    struct count *counts = NULL;
    double *sorted = NULL;
    size_t values = 0, n = 0;
    *b = (struct bars){0};
    bool good =
        column_counts(c, &counts, &values) && histogram_sorted(c, &sorted, &n);
    bool by_value = c->kind == COLUMN_INTEGER ? values <= HISTOGRAM_VALUES_MAX
                                              : c->kind != COLUMN_NUMBER;
    /* numbers that are all the same have no intervals */
    if (good && (by_value || n == 0 || sorted[0] == sorted[n - 1])) {
        good = bars_of_values(b, c, counts, values, rows_max);
    } else if (good) {
        b->not_finite = c->length - n;
        good = bars_of_numbers(b, sorted, n, c->kind == COLUMN_INTEGER);
    }
    b->total = (double)c->length;
    free(counts);
    free(sorted);
    return good;
}

bool histogram_text(struct text *out, const struct column *c,
                    const struct look *look)
{
    struct bars b;
    bool good =
        histogram_bars(&b, c, look_rows(look)) && bars_text(out, &b, look);
    bars_close(&b);
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
