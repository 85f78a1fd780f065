/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a warmup has settled, as text and back: the lines that CmdStan writes,
 * and behind them the location of each coordinate, so that numbers find their
 * coordinates also where these come in another order; where there is a
 * choice, how far each is centred; and the directions of a metric that has
 * some, each as a row of its excess and its elements.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "infer/gradient.h"

static const char step_words[] = "Step size =";
static const char *const metric_lines[METRIC_KINDS] = {
    [METRIC_DIAGONAL] = "Diagonal elements of inverse mass matrix:",
    [METRIC_DENSE] = "Elements of inverse mass matrix:",
    [METRIC_UNIT] = "No free parameters for unit metric",
    [METRIC_DIRECTED] = "Diagonal elements of inverse mass matrix:"};
static const char location_words[] = "Locations of the coordinates:";
static const char centring_words[] = "Centring of the coordinates:";
static const char direction_words[] = "Directions beside the diagonal:";

/* ---- to text ------------------------------------------------------------------ */

static bool write_row(struct text *out, const double *x, size_t n)
{
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = text_printf(out, "%s%.17g", i ? ", " : "", x[i]);
    return ok && text_puts(out, "\n");
}

/* Of all, if there is one that could be otherwise. */
static bool write_centrings(struct text *out, const struct gradient_chain *c)
{
    const struct gathering *g = &c->ground.gathering;
    bool any = false, ok = true;
    for (uint32_t i = 0; i < g->block_count; i++)
        any = any || g->blocks[i].centring;
    if (!any) return true;
    ok = text_printf(out, "%s\n", centring_words);
    for (uint32_t i = 0; i < g->block_count; i++) {
        const struct gather_block *b = &g->blocks[i];
        for (uint32_t j = 0; ok && j < b->count; j++)
            ok = text_printf(out, "%s%g", i || j ? ", " : "",
                             b->centring ? b->centring[j] : 1.0);
    }
    return ok && text_puts(out, "\n");
}

static bool write_directions(struct text *out, const struct metric *m)
{
    bool ok = !m->count || text_printf(out, "%s\n", direction_words);
    for (size_t i = 0; ok && i < m->count; i++)
        ok = text_printf(out, "%.17g, ", m->excess[i]) &&
             write_row(out, m->directions + i * m->width, m->size);
    return ok;
}

bool gradient_write(const struct kernel *k, struct text *out)
{
    const struct gradient_chain *c = k->state;
    const struct metric *m = &c->warmup.metric;
    size_t rows = m->kind == METRIC_DENSE ? c->size : m->kind != METRIC_UNIT;
    bool ok = text_printf(out, "Adaptation terminated\n%s %.17g\n%s\n",
                          step_words, c->warmup.step, metric_lines[m->kind]);
    if (!c->size) return ok;
    for (size_t i = 0; ok && i < rows; i++)
        ok = write_row(out, m->inverse + i * m->width, c->size);
    ok = ok && text_printf(out, "%s\n", location_words);
    for (size_t i = 0; ok && i < c->size; i++)
        ok = text_printf(out, "%s%016llx.%u", i ? ", " : "",
                         (unsigned long long)c->coordinates[i].location,
                         c->coordinates[i].index);
    return ok && text_puts(out, "\n") && write_centrings(out, c) &&
           write_directions(out, m);
}

/* ---- and back ------------------------------------------------------------------ */

struct numbers {
    double *at;
    size_t count, room;
};

static bool add(struct numbers *n, double x)
{
    if (n->count == n->room) {
        size_t room = n->room ? 2 * n->room : 64;
        double *more = realloc(n->at, room * sizeof *more);
        if (!more) return false;
        n->at = more;
        n->room = room;
    }
    n->at[n->count++] = x;
    return true;
}

/* What stands between numbers, and before lines of a draws file. */
static const char *skip(const char *at) { return at + strspn(at, "#, \t\r\n"); }

/* All numbers from here on, until something else comes. */
static bool read_numbers(const char *at, struct numbers *out)
{
    for (char *end;; at = end) {
        at = skip(at);
        double x = strtod(at, &end);
        if (end == at || *end == '.' || (*end >= 'A' && *end <= 'z'))
            return true;
        if (!add(out, x)) return false;
    }
}

/* The next location; NULL: there is none. */
static const char *read_location(const char *at, struct coordinate *out)
{
    char *end;
    at = skip(at);
    if (strspn(at, "0123456789abcdef") != 16 || at[16] != '.') return NULL;
    out->location = strtoull(at, &end, 16);
    out->index = (uint32_t)strtoul(at + 17, &end, 10);
    return end > at + 17 ? end : NULL;
}

/* By location: their variances. *same: they are the coordinates of the chain,
 * in order. */
static bool place_numbers(struct gradient_chain *c, const char *at,
                          const struct numbers *n, size_t stride, bool *same)
{
    struct learned l = {0};
    size_t i = 0;
    *same = true;
    for (; (at = read_location(at, &l.of)); i++) {
        const struct coordinate *mine = i < c->size ? &c->coordinates[i] : NULL;
        *same = *same && mine && mine->location == l.of.location &&
                mine->index == l.of.index;
        if (i * stride >= n->count) return false;
        l.inverse = n->at[i * stride];
        if (!(l.inverse > 0.0 && isfinite(l.inverse))) return false;
        if (!learned_put(&c->learned, &l)) return false;
    }
    *same = *same && i == c->size;
    return i > 0 && (stride == 1 ? i : i * i) == n->count;
}

static bool bad(struct error *error, const char *what)
{
    return error_set(error, ERROR_IO, "an adaptation that does not fit: %s",
                     what);
}

/* Those of a directed metric that has its diagonal. */
static bool read_directions(struct metric *m, const char *lines,
                            struct error *error)
{
    const char *at = strstr(lines, direction_words);
    struct numbers n = {0};
    size_t each = m->size + 1;
    if (!at || m->kind != METRIC_DIRECTED) return true;
    bool ok = read_numbers(at + strlen(direction_words), &n) ||
              error_set(error, ERROR_LIMIT, "not enough memory");
    size_t count = n.count / each;
    double *rows = ok ? malloc((n.count + 1) * sizeof *rows) : NULL;
    for (size_t i = 0; rows && i < count; i++) {
        rows[i] = n.at[i * each];
        memcpy(rows + count + i * m->size, n.at + i * each + 1,
               m->size * sizeof *rows);
    }
    if (ok && (n.count != count * each || !rows ||
               !metric_direct(m, count, rows, rows + count)))
        ok = bad(error, "its directions are none of its metric");
    free(rows);
    free(n.at);
    return ok;
}

static bool read_metric(struct gradient_chain *c, const char *lines,
                        struct error *error)
{
    const char *words = metric_lines[c->warmup.metric.kind];
    const char *at = strstr(lines, words) + strlen(words);
    const char *locations = strstr(lines, location_words);
    struct numbers n = {0};
    bool dense = c->warmup.metric.kind == METRIC_DENSE, same = true;
    size_t wanted = dense ? c->size * c->size : c->size;
    bool ok = read_numbers(at, &n) ||
              error_set(error, ERROR_LIMIT, "not enough memory");
    if (ok && locations) {
        size_t rows = dense ? (size_t)(sqrt((double)n.count) + 0.5) : 0;
        ok = place_numbers(c, locations + strlen(location_words), &n, rows + 1,
                           &same) ||
             bad(error, "its numbers and its locations do not go together");
    } else if (ok && n.count != wanted) {
        ok = bad(error, "the metric has another number of coordinates");
    }
    if (ok && same && !metric_set(&c->warmup.metric, n.at))
        ok = bad(error, "the metric is not positive");
    if (ok && !same && !gradient_recall(c))
        ok = error_set(error, ERROR_LIMIT, "not enough memory");
    free(n.at);
    return ok && (!same || read_directions(&c->warmup.metric, lines, error));
}

/* By location. Without such lines all are centred. */
static bool place_centrings(struct gradient_chain *c, const char *at,
                            const struct numbers *n)
{
    struct coordinate l = {0};
    size_t i = 0;
    for (; (at = read_location(at, &l)); i++) {
        if (i >= n->count || !(n->at[i] >= 0.0 && n->at[i] <= 1.0))
            return false;
        if (c->centrings.forced >= 0.0) continue;
        struct centring *to = centring_put(&c->centrings, l.location, l.index);
        if (!to) return false;
        to->now = n->at[i];
    }
    return i == n->count;
}

static bool read_centrings(struct gradient_chain *c, const char *lines,
                           struct error *error)
{
    const char *words = strstr(lines, centring_words);
    const char *locations = strstr(lines, location_words);
    struct numbers n = {0};
    bool ok = true;
    c->centrings.first = 1.0;
    if (words && locations) {
        ok = read_numbers(words + strlen(centring_words), &n) &&
             place_centrings(c, locations + strlen(location_words), &n);
        free(n.at);
    }
    /* What was gathered is of other coordinates. */
    ground_forget(&c->ground);
    return ok || bad(error, "its centrings are not one from 0 to 1 for each "
                            "location");
}

bool gradient_read(struct kernel *k, const char *lines, struct error *error)
{
    struct gradient_chain *c = k->state;
    enum metric_kind kind = c->warmup.metric.kind;
    const char *step = strstr(lines, step_words);
    const char *metric = strstr(lines, metric_lines[kind]);
    double size = step ? strtod(step + strlen(step_words), NULL) : 0.0;
    if (!(size > 0.0 && isfinite(size)))
        return bad(error, "there is no line 'Step size = ...'");
    if (!metric)
        return error_set(
            error, ERROR_IO,
            "an adaptation that does not fit: the metric is not "
            "%s",
            metric_words[kind == METRIC_DIRECTED ? METRIC_DIAGONAL : kind]);
    if (kind != METRIC_UNIT && c->size && !read_metric(c, lines, error))
        return false;
    if (!read_centrings(c, lines, error)) return false;
    if (!c->warmup.fixed) c->warmup.step = size;
    c->given = true;
    return true;
}
