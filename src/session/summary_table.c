/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The summary as a table: a grid of short texts, set so that the points of a
 * column stand under one another, and below it what is no number.
 */
#include "session/summary.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers with as many digits as they deserve ---------------------- */

enum { CELL = 32 };

/* The power of ten that the last digit shown is worth: at most 2 mcse. */
static int last_digit(double mcse)
{
    return (int)floor(log10(mcse) + log10(2.0));
}

/* Never -0. */
static double rounded(double x, int last)
{
    double unit = pow(10.0, abs(last));
    return (last > 0 ? rint(x / unit) * unit : rint(x * unit) / unit) + 0.0;
}

/* x to the digit worth 10^last. */
static void show(char *cell, double x, int last)
{
    double size = fabs(x);
    if (!isfinite(x)) {
        snprintf(cell, CELL, isnan(x) ? "nan" : x < 0.0 ? "-inf" : "inf");
    } else if (last >= -6 && size < 1e7) {
        snprintf(cell, CELL, "%.*f", last < 0 ? -last : 0, rounded(x, last));
    } else if (size < 0.5 * pow(10.0, last)) {
        snprintf(cell, CELL, "0");
    } else {
        double digits = fmax(floor(log10(size)) - last, 0.0);
        snprintf(cell, CELL, "%.*e", (int)fmin(digits, 16.0), x);
    }
}

/* Where no error is known: six digits. */
static void show_plain(char *cell, double x)
{
    snprintf(cell, CELL, "%.6g", x == 0.0 ? 0.0 : x);
}

/* x with as many digits as its error leaves it. A quantile of whole numbers
 * is one, or half-way between two, and shown as it is. */
static void show_known(char *cell, double x, double mcse, bool whole)
{
    bool known = mcse > 0.0 && isfinite(mcse);
    if (known && !whole)
        show(cell, x, last_digit(mcse));
    else
        show_plain(cell, x);
}

/* ---- the table -------------------------------------------------------- */

enum { CELLS = 9 };

static const char *const heads[CELLS] = {
    "mean", "sd", "MCSE", "5%", "50%", "95%", "ESS bulk", "ESS tail", "R-hat"};

struct row {
    char cells[CELLS][CELL];
};

static void fill_row(struct row *r, const struct diagnostics *d,
                     enum column_kind kind)
{
    bool whole = kind != COLUMN_NUMBER;
    show_known(r->cells[0], d->mean, d->mcse, false);
    show_known(r->cells[1], d->sd, d->mcse_sd, false);
    show_known(r->cells[2], d->mcse, d->mcse / 10.0, false);
    show_known(r->cells[3], d->q05, d->mcse_q05, whole);
    show_known(r->cells[4], d->q50, d->mcse_q50, whole);
    show_known(r->cells[5], d->q95, d->mcse_q95, whole);
    show(r->cells[6], d->ess_bulk, 0);
    show(r->cells[7], d->ess_tail, 0);
    show(r->cells[8], d->rhat, -3);
}

/* Widths: of the name, of cells before the point and from it on, of all. */
struct grid {
    size_t name, whole[CELLS], part[CELLS], width[CELLS];
};

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

/* Characters from the point on. Cells without digits and those with an
 * exponent stand at the right edge, whatever is above them: SIZE_MAX. */
static size_t part_of(const char *cell)
{
    if (strpbrk(cell, "en")) return SIZE_MAX;
    return strlen(cell) - strcspn(cell, ".");
}

static void measure_row(struct grid *g, const struct row *r)
{
    for (int i = 0; i < CELLS; i++) {
        size_t length = strlen(r->cells[i]), part = part_of(r->cells[i]);
        if (part != SIZE_MAX) {
            g->part[i] = larger(g->part[i], part);
            g->whole[i] = larger(g->whole[i], length - part);
        }
        g->width[i] = larger(g->width[i], length);
        g->width[i] = larger(g->width[i], g->whole[i] + g->part[i]);
        g->width[i] = larger(g->width[i], strlen(heads[i]));
    }
}

static bool add_name(struct text *out, const struct grid *g, const char *name,
                     const struct look *look)
{
    struct text cut = {0};
    bool good = text_puts(&cut, name) && text_cut(&cut, g->name, look) &&
                text_padded(out, cut.at, g->name, false);
    text_free(&cut);
    return good;
}

/* r NULL: the heads. */
static bool add_cells(struct text *out, const struct grid *g,
                      const struct row *r)
{
    for (int i = 0; i < CELLS; i++) {
        const char *cell = r ? r->cells[i] : heads[i];
        size_t part = r ? part_of(cell) : SIZE_MAX;
        size_t after = part == SIZE_MAX ? 0 : g->part[i] - part;
        if (!text_puts(out, "  ") ||
            !text_padded(out, cell, g->width[i] - after, true) ||
            !text_padded(out, "", i + 1 < CELLS ? after : 0, true))
            return false;
    }
    return text_puts(out, "\n");
}

/* How wide names may be beside the cells. */
static void measure_names(struct grid *g, const struct summary *s, size_t rows,
                          const struct look *look)
{
    enum { NAME_MIN = 12 };
    size_t cells = 0, width = look_width(look);
    for (int i = 0; i < CELLS; i++) cells += 2 + g->width[i];
    size_t room = width > cells + NAME_MIN ? width - cells : NAME_MIN;
    for (size_t i = 0, set = 0; i < s->count && set < rows; i++) {
        if (s->columns[i]->kind == COLUMN_LEVELS) continue;
        size_t columns = text_columns(s->columns[i]->name);
        if (columns > g->name) g->name = columns;
        set++;
    }
    if (g->name > room) g->name = room;
}

static bool add_numbers(struct text *out, const struct summary *s,
                        const struct look *look)
{
    size_t numbers = 0, set = 0, shown = look_rows(look);
    for (size_t i = 0; i < s->count; i++) {
        numbers += s->columns[i]->kind != COLUMN_LEVELS;
    }
    if (numbers == 0) return true;
    if (numbers < shown) shown = numbers;
    struct row *rows = calloc(shown, sizeof *rows);
    if (!rows) return false;
    struct grid g = {0};
    for (size_t i = 0; i < s->count && set < shown; i++) {
        if (s->columns[i]->kind == COLUMN_LEVELS) continue;
        fill_row(&rows[set], &s->at[i], s->columns[i]->kind);
        measure_row(&g, &rows[set++]);
    }
    measure_names(&g, s, shown, look);
    bool good = add_name(out, &g, "", look) && add_cells(out, &g, NULL);
    for (size_t i = 0, k = 0; good && k < shown; i++) {
        if (s->columns[i]->kind == COLUMN_LEVELS) continue;
        good = add_name(out, &g, s->columns[i]->name, look) &&
               add_cells(out, &g, &rows[k++]);
    }
    free(rows);
    if (!good || numbers == shown) return good;
    return text_printf(out, "%s and %zu more\n", look_dots(look),
                       numbers - shown);
}

/* weather: sunny 61.2%, rain 38.8% (ESS 812, R-hat 1.001) */
static bool add_levels(struct text *out, const struct column *c,
                       const struct diagnostics *d, const struct look *look)
{
    enum { SHOWN = 6, VALUE_MAX = 24 };
    struct count *counts;
    size_t values;
    if (!column_counts(c, &counts, &values)) return false;
    bool good = text_printf(out, "%s: ", c->name);
    for (size_t i = 0; good && i < values && i < SHOWN; i++) {
        struct text label = {0};
        good = column_print(&label, c, counts[i].x) &&
               text_cut(&label, VALUE_MAX, look) &&
               text_printf(out, "%s%s %.1f%%", i ? ", " : "", label.at,
                           100.0 * (double)counts[i].times / (double)c->length);
        text_free(&label);
    }
    if (good && values > SHOWN) {
        good = text_printf(out, " and %zu more", values - SHOWN);
    }
    free(counts);
    if (good && d->flaw == FLAW_NONE) {
        good = text_printf(out, " (ESS %.0f, R-hat %.3f)",
                           fmin(d->ess_bulk, d->ess_tail), d->rhat);
    }
    return good && text_puts(out, "\n");
}

/* Why there are NaNs in the table. */
static bool add_reasons(struct text *out, const struct summary *s)
{
    for (enum flaw flaw = FLAW_FEW; flaw < FLAW_COUNT; flaw++) {
        size_t flawed;
        if (!summary_flawed(out, s, flaw, &flawed)) return false;
        if (flawed > 0 &&
            !text_printf(out, " %s %s: no error, ESS or R-hat\n",
                         flawed > 1 ? "are" : "is", flaw_text(flaw)))
            return false;
    }
    return true;
}

bool summary_table(struct text *out, const struct summary *s,
                   const struct look *look)
{
    if (!add_numbers(out, s, look)) return false;
    size_t set = 0, levels = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->columns[i]->kind != COLUMN_LEVELS) continue;
        levels++;
        if (set == look_rows(look)) continue;
        if (!add_levels(out, s->columns[i], &s->at[i], look)) return false;
        set++;
    }
    if (levels > set &&
        !text_printf(out, "%s and %zu more\n", look_dots(look), levels - set))
        return false;
    return add_reasons(out, s);
}
