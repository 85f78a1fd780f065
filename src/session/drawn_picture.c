/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures of the draws of a run: see drawn_picture.h. Chains keep their
 * colours; of many, the first SERIES_MAX are drawn.
 */
#include "session/drawn_picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer/ranks.h"
#include "session/histogram.h"
#include "session/kept.h"

enum {
    PANELS_SHOWN = 12,
    PAIRED_MOST = 5,
    FOREST_MOST = 40,
    BARS_SHOWN = 40,
    BINS = 20,
    LAGS = 100
};

struct picture {
    struct figure *figure;
    const struct drawn *drawn;
    const struct drawn_picture *asked;
    const struct column **columns; /* those that are shown */
    size_t count;
    struct error *error;
};

static bool no_memory(struct picture *p)
{
    return error_set(p->error, ERROR_LIMIT, "memory ran out");
}

/* ---- columns ---------------------------------------------------------- */

static size_t chains_shown(const struct picture *p)
{
    return p->drawn->chains < SERIES_MAX ? p->drawn->chains : SERIES_MAX;
}

static const double *chain_of(const struct picture *p, const struct column *c,
                              size_t chain)
{
    return c->at + chain * p->drawn->length;
}

static struct column part_of(const struct picture *p, const struct column *c,
                             size_t chain)
{
    struct column part = *c;
    part.at += chain * p->drawn->length;
    part.length = p->drawn->length;
    part.chains = 1;
    return part;
}

static size_t add_columns(struct picture *p, const struct column *from,
                          size_t count, const char *name)
{
    size_t before = p->count;
    for (size_t i = 0; i < count; i++)
        if (!from[i].lost && (!name || column_belongs(from[i].name, name)))
            p->columns[p->count++] = &from[i];
    return p->count - before;
}

/* Those that a name means: the program's, or else the sampler's own. */
static bool add_named(struct picture *p, const char *name)
{
    const struct drawn *d = p->drawn;
    if (add_columns(p, d->columns, d->count, name) ||
        add_columns(p, d->own, d->own_count, name))
        return true;
    return error_set(p->error, ERROR_NAME, "the run has no column %.80s", name);
}

static size_t names_in(const char *list)
{
    size_t n = 1;
    for (; list && *list; list++) n += *list == ',';
    return n;
}

static bool choose(struct picture *p)
{
    const struct drawn *d = p->drawn;
    const char *of = p->asked->of;
    size_t most = (d->count + d->own_count) * names_in(of) + 1;
    p->columns = calloc(most, sizeof *p->columns);
    if (!p->columns) return no_memory(p);
    bool good = true;
    if (!of) add_columns(p, d->columns, d->count, NULL);
    while (good && of) {
        size_t length = strcspn(of, ",");
        char *name = strndup(of, length);
        good = name ? add_named(p, name) : no_memory(p);
        free(name);
        of = of[length] ? of + length + 1 : NULL;
    }
    if (good && p->count == 0)
        good = error_set(p->error, ERROR_NAME, "there is nothing to show yet");
    return good;
}

static struct panel *panel_new(struct picture *p, const char *title,
                               const char *x, const char *y)
{
    return figure_panel(p->figure, PANEL_SERIES, title, x, y);
}

/* ---- by parameter ----------------------------------------------------- */

static bool draw_trace(struct picture *p, const struct column *c)
{
    size_t n = p->drawn->length;
    struct panel *panel = panel_new(p, c->name, "draw", NULL);
    double *x = malloc((n + 1) * sizeof *x);
    bool good = panel && x;
    for (size_t i = 0; good && i < n; i++)
        x[i] = (double)(p->asked->first + i * p->asked->step);
    if (good) panel->whole_x = true;
    for (size_t k = 0; good && k < chains_shown(p); k++)
        good = panel_series(panel, MARK_LINE, x, chain_of(p, c, k), n);
    free(x);
    return good;
}

static bool draw_histogram(struct picture *p, const struct column *c)
{
    struct panel *panel =
        figure_panel(p->figure, PANEL_BARS, c->name, NULL, NULL);
    if (panel) panel->whole_x = c->kind == COLUMN_INTEGER;
    return panel && histogram_bars(&panel->bars, c, BARS_SHOWN);
}

static bool draw_density(struct picture *p, const struct column *c)
{
    if (histogram_is_discrete(c)) return draw_histogram(p, c);
    struct panel *panel = panel_new(p, c->name, NULL, NULL);
    bool good = panel != NULL;
    for (size_t k = 0; good && k < chains_shown(p); k++) {
        struct column part = part_of(p, c, k);
        double *sorted = NULL;
        size_t n = 0;
        good = histogram_sorted(&part, &sorted, &n) &&
               panel_density(panel, sorted, n);
        free(sorted);
    }
    return good;
}

/* How often draws of each chain stand in each twentieth of all draws. Equal
 * ones are shared out evenly over the places that they have together. */
static void count_ranks(const struct ranking *r, const size_t *where,
                        size_t length, double *counts)
{
    double width = (double)r->n / BINS;
    for (size_t i = 0, end; i < r->n; i = end) {
        end = ranking_run(r, i);
        size_t first = (size_t)((double)i / width);
        for (size_t bin = first; bin < BINS; bin++) {
            double low = fmax((double)i, (double)bin * width);
            double high = fmin((double)end, (double)(bin + 1) * width);
            double share = (high - low) / (double)(end - i);
            if (!(high > low)) break;
            for (size_t k = i; k < end; k++)
                counts[where[r->at[k]] / length * BINS + bin] += share;
        }
    }
}

/* The bars' upper ends as one line. */
static bool add_steps(struct panel *panel, const double *counts, size_t n)
{
    double x[2 * BINS], y[2 * BINS];
    for (int i = 0; i < BINS; i++) {
        x[2 * i] = (double)n * i / BINS;
        x[2 * i + 1] = (double)n * (i + 1) / BINS;
        y[2 * i] = y[2 * i + 1] = counts[i];
    }
    return panel_series(panel, MARK_LINE, x, y, 2 * BINS);
}

static bool draw_rank(struct picture *p, const struct column *c)
{
    size_t length = p->drawn->length, all = length * p->drawn->chains, n = 0;
    struct panel *panel = panel_new(p, c->name, "rank among all", "draws");
    struct ranking r;
    double *x = malloc((all + 1) * sizeof *x);
    size_t *where = malloc((all + 1) * sizeof *where);
    double *counts = calloc(p->drawn->chains * BINS + 1, sizeof *counts);
    bool good = ranking_open(&r, all) && panel && x && where && counts;
    for (size_t i = 0; good && i < all; i++) {
        if (isnan(c->at[i])) continue;
        x[n] = c->at[i];
        where[n++] = i;
    }
    if (good && n) {
        ranking_sort(&r, x, n);
        count_ranks(&r, where, length, counts);
    }
    for (size_t k = 0; good && n && k < chains_shown(p); k++)
        good = add_steps(panel, counts + k * BINS, n);
    ranking_close(&r);
    free(x);
    free(where);
    free(counts);
    return good;
}

static bool draw_autocorrelation(struct picture *p, const struct column *c)
{
    size_t n = p->drawn->length, lags = n < LAGS ? n : LAGS;
    struct panel *panel = panel_new(p, c->name, "lag", "autocorrelation");
    double *x = malloc((n + 1) * sizeof *x), *y = malloc((n + 1) * sizeof *y);
    bool good = panel && x && y;
    for (size_t k = 0; good && k < chains_shown(p); k++) {
        struct chains one = {chain_of(p, c, k), 1, n};
        good = autocovariance(one, y);
        double whole = y[0];
        for (size_t i = 0; good && i < lags; i++) {
            x[i] = (double)i;
            y[i] /= whole; /* constant draws: not finite, and not drawn */
        }
        good = good && panel_series(panel, MARK_LINE, x, y, lags);
    }
    free(x);
    free(y);
    return good;
}

/* ---- of several ------------------------------------------------------- */

/* Points of one kind: where the draw is marked, or where it is not. */
static bool add_points(struct panel *panel, const struct column *x,
                       const struct column *y, const struct column *marks,
                       bool marked)
{
    size_t n = 0;
    double *xs = malloc((x->length + 1) * sizeof *xs);
    double *ys = malloc((x->length + 1) * sizeof *ys);
    bool good = xs && ys;
    for (size_t i = 0; good && i < x->length; i++) {
        if ((marks && marks->at[i] != 0) != marked) continue;
        xs[n] = x->at[i];
        ys[n++] = y->at[i];
    }
    good = good && (n == 0 || panel_series(panel, MARK_POINTS, xs, ys, n));
    if (good && n) panel->series[panel->count - 1].warns = marked;
    free(xs);
    free(ys);
    return good;
}

static bool draw_pairs(struct picture *p)
{
    size_t count = p->count < PAIRED_MOST ? p->count : PAIRED_MOST;
    const struct column *marks = drawn_own(p->drawn, "divergent__");
    bool good = true;
    if (count < 2)
        return error_set(p->error, ERROR_NAME, "a pair is of two columns");
    for (size_t i = 0; good && i < count; i++)
        for (size_t k = 0; good && k < i; k++) {
            const struct column *x = p->columns[k], *y = p->columns[i];
            struct panel *panel = panel_new(p, NULL, x->name, y->name);
            good = panel && add_points(panel, x, y, marks, false) &&
                   add_points(panel, x, y, marks, true);
        }
    return good || no_memory(p);
}

static bool add_span(struct bars *bars, const struct column *c)
{
    double *sorted = NULL;
    size_t n = 0;
    if (!histogram_sorted(c, &sorted, &n)) return false;
    struct bar *bar = &bars->at[bars->count];
    bool good = n == 0 || text_puts(&bar->label, c->name);
    if (good && n) {
        bar->value = quantile_of_sorted(sorted, n, 0.5);
        bar->low = quantile_of_sorted(sorted, n, 0.05);
        bar->high = quantile_of_sorted(sorted, n, 0.95);
        bar->from = quantile_of_sorted(sorted, n, 0.25);
        bar->to = quantile_of_sorted(sorted, n, 0.75);
        bars->count++;
    }
    free(sorted);
    return good;
}

static bool draw_forest(struct picture *p)
{
    struct panel *panel =
        figure_panel(p->figure, PANEL_BARS,
                     "medians, middle 50 % and 90 % of the draws", NULL, NULL);
    if (!panel || !bars_open(&panel->bars, FOREST_MOST)) return no_memory(p);
    panel->bars.spans = true;
    for (size_t i = 0; i < p->count && panel->bars.count < FOREST_MOST; i++) {
        if (p->columns[i]->kind == COLUMN_LEVELS) continue;
        if (!add_span(&panel->bars, p->columns[i])) return no_memory(p);
    }
    return true;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Energies about their chain's mean, and their changes: Betancourt,
 * arXiv 1604.00695, section 3. */
static size_t gather_energies(const struct picture *p, const struct column *c,
                              bool changes, double *out)
{
    size_t n = 0, length = p->drawn->length;
    for (size_t k = 0; k < p->drawn->chains; k++) {
        const double *e = chain_of(p, c, k);
        double mean = draws_mean(e, length);
        for (size_t i = changes ? 1 : 0; i < length; i++) {
            double v = changes ? e[i] - e[i - 1] : e[i] - mean;
            if (isfinite(v)) out[n++] = v;
        }
    }
    qsort(out, n, sizeof *out, by_size);
    return n;
}

static bool draw_energy(struct picture *p)
{
    const struct column *c = drawn_own(p->drawn, "energy__");
    if (!c)
        return error_set(p->error, ERROR_NAME,
                         "kernels without gradients have no energy");
    struct panel *panel = panel_new(
        p, "energy (first) and its change from draw to draw", NULL, NULL);
    double *x = malloc((c->length + 1) * sizeof *x);
    bool good = panel && x;
    for (int changes = 0; good && changes < 2; changes++)
        good = panel_density(panel, x, gather_energies(p, c, changes, x));
    free(x);
    return good || no_memory(p);
}

/* ---- the table -------------------------------------------------------- */

static const struct {
    const char *name;
    bool (*one)(struct picture *, const struct column *); /* a panel each */
    bool (*all)(struct picture *);
    bool of_columns;
} plots[] = {
    {"trace", draw_trace, NULL, true},
    {"density", draw_density, NULL, true},
    {"histogram", draw_histogram, NULL, true},
    {"rank", draw_rank, NULL, true},
    {"autocorrelation", draw_autocorrelation, NULL, true},
    {"pair", NULL, draw_pairs, true},
    {"forest", NULL, draw_forest, true},
    {"energy", NULL, draw_energy, false},
};
enum { PLOT_COUNT = sizeof plots / sizeof *plots };
const char drawn_picture_names[] =
    "trace density histogram rank autocorrelation pair forest energy";

static bool draw(struct picture *p, int which)
{
    if (plots[which].of_columns && !choose(p)) return false;
    if (plots[which].all) return plots[which].all(p);
    for (size_t i = 0; i < p->count && i < PANELS_SHOWN; i++)
        if (!plots[which].one(p, p->columns[i])) return no_memory(p);
    return true;
}

bool drawn_picture(struct figure *f, const struct drawn *d,
                   const struct drawn_picture *asked, struct error *error)
{
    struct picture p = {
        .figure = f, .drawn = d, .asked = asked, .error = error};
    int which = 0;
    while (which < PLOT_COUNT && strcmp(plots[which].name, asked->plot) != 0)
        which++;
    if (!figure_open(f, NULL)) return no_memory(&p);
    if (which == PLOT_COUNT)
        return error_set(error, ERROR_NAME,
                         "there is no plot %.40s (there is: "
                         "%s)",
                         asked->plot, drawn_picture_names);
    if (!d->chains || !d->length)
        return error_set(error, ERROR_NAME, "there are no draws yet");
    bool good = draw(&p, which);
    f->columns = f->count > 1 ? 2 : 1;
    free(p.columns);
    return good;
}
