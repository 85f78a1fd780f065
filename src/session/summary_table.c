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
static void measure_names(struct grid *g, size_t rows,
                          const struct column *const *columns,
                          const struct look *look)
{
    enum { NAME_MIN = 12 };
    size_t cells = 0, width = look_width(look);
    for (int i = 0; i < CELLS; i++) cells += 2 + g->width[i];
    size_t room = width > cells + NAME_MIN ? width - cells : NAME_MIN;
    for (size_t i = 0; i < rows; i++)
        g->name = larger(g->name, text_columns(columns[i]->name));
    if (g->name > room) g->name = room;
}

/* ---- which rows are shown --------------------------------------------- */

/* The columns that are numbers, and how many of them are shown of each run
 * that is of one array: an array with many elements leaves room for others. */
struct choice_of_rows {
    const struct column **columns;
    const struct diagnostics **at;
    size_t count, most; /* at most so many of an array */
};

/* Of x.3.12 the length of x: what is the same for all of an array. */
static size_t stem(const char *name)
{
    size_t length = strlen(name);
    for (size_t end = length; end > 0;) {
        size_t digits = 0;
        while (digits < end && name[end - digits - 1] >= '0' &&
               name[end - digits - 1] <= '9')
            digits++;
        if (!digits || digits + 1 >= end || name[end - digits - 1] != '.')
            break;
        length = end -= digits + 1;
    }
    return length;
}

/* Those from i on that are of the array of column i. */
static size_t run_from(const struct choice_of_rows *r, size_t i)
{
    const char *name = r->columns[i]->name;
    size_t length = stem(name), n = 1;
    if (!name[length]) return 1;
    for (; i + n < r->count; n++) {
        const char *other = r->columns[i + n]->name;
        if (stem(other) != length || !other[length] ||
            memcmp(other, name, length) != 0)
            break;
    }
    return n;
}

/* A run that is cut has a line that says so: none is cut by one row. */
static size_t shown_of(size_t run, size_t most)
{
    return run <= most + 1 ? run : most;
}

static size_t lines_of(const struct choice_of_rows *r, size_t most)
{
    size_t lines = 0;
    for (size_t i = 0, run; i < r->count; i += run) {
        run = run_from(r, i);
        lines += shown_of(run, most) + (shown_of(run, most) < run);
    }
    return lines;
}

/* As many of each array as there is room for: all, or 20, 10, 5, 3, 1. */
static void choose_most(struct choice_of_rows *r, size_t room)
{
    static const size_t steps[] = {20, 10, 5, 3, 1};
    size_t i = 0;
    r->most = r->count;
    while (i < sizeof steps / sizeof *steps && lines_of(r, r->most) > room)
        r->most = steps[i++];
}

static bool open_rows(struct choice_of_rows *r, const struct summary *s)
{
    *r = (struct choice_of_rows){
        .columns = calloc(s->count + 1, sizeof *r->columns),
        .at = calloc(s->count + 1, sizeof *r->at),
    };
    if (!r->columns || !r->at) return false;
    for (size_t i = 0; i < s->count; i++) {
        if (s->columns[i]->kind == COLUMN_LEVELS) continue;
        r->columns[r->count] = s->columns[i];
        r->at[r->count++] = &s->at[i];
    }
    return true;
}

static void close_rows(struct choice_of_rows *r)
{
    free(r->columns);
    free(r->at);
}

/* Rows and lines up to `room` of both, from what is chosen; how many numbers
 * have no row and are named in no line, in *left. */
static bool add_rows(struct text *out, const struct choice_of_rows *r,
                     const struct row *rows, const struct grid *g, size_t room,
                     const struct look *look, size_t *left)
{
    size_t lines = 0, i = 0, row = 0;
    bool good = true;
    while (good && i < r->count && lines < room) {
        size_t run = run_from(r, i), shown = shown_of(run, r->most);
        for (size_t k = 0; good && k < shown && lines < room; k++, lines++, i++)
            good = add_name(out, g, r->columns[i]->name, look) &&
                   add_cells(out, g, &rows[row++]);
        if (!good || shown == run || lines == room) continue;
        const char *name = r->columns[i]->name;
        good = text_printf(out, "%s %zu more of %.*s\n", look_dots(look),
                           run - shown, (int)stem(name), name);
        i += run - shown;
        lines++;
    }
    *left = r->count - i;
    return good;
}

/* The rows that add_rows will set, filled and measured. */
static size_t fill_rows(const struct choice_of_rows *r, size_t room,
                        struct row *rows, const struct column **set,
                        struct grid *g)
{
    size_t count = 0;
    for (size_t i = 0, run; i < r->count && count < room; i += run) {
        size_t shown = shown_of(run = run_from(r, i), r->most);
        for (size_t k = i; k < i + shown && count < room; k++) {
            set[count] = r->columns[k];
            fill_row(&rows[count], r->at[k], r->columns[k]->kind);
            measure_row(g, &rows[count++]);
        }
    }
    return count;
}

static bool add_chosen(struct text *out, struct choice_of_rows *r,
                       const struct look *look)
{
    size_t room = look_rows(look), left = 0;
    choose_most(r, room);
    if (r->count < room) room = r->count;
    struct row *rows = calloc(room + 1, sizeof *rows);
    const struct column **set = calloc(room + 1, sizeof *set);
    struct grid g = {0};
    bool good = rows && set;
    if (good) {
        measure_names(&g, fill_rows(r, room, rows, set, &g), set, look);
        good = add_name(out, &g, "", look) && add_cells(out, &g, NULL) &&
               add_rows(out, r, rows, &g, room, look, &left);
    }
    free(rows);
    free(set);
    if (!good || left == 0) return good;
    return text_printf(out, "%s and %zu more\n", look_dots(look), left);
}

static bool add_numbers(struct text *out, const struct summary *s,
                        const struct look *look)
{
    struct choice_of_rows r;
    bool good = open_rows(&r, s) && (r.count == 0 || add_chosen(out, &r, look));
    close_rows(&r);
    return good;
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
    if (s->step > 1 &&
        !text_printf(out, "of one draw in %zu: the run was stopped\n", s->step))
        return false;
    return add_reasons(out, s);
}
