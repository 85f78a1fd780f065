/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A chain of hmc or nuts as bytes, and back: what warmup knows so far, or has
 * settled, what has been counted, and the last transition. Where the chain
 * stands is the trace's. Numbers of coordinates go by location, for another
 * process may come by the choices in another order; where the structure is
 * another one than that they are of (somebody else has moved since), they are
 * what gradient_adopt would make of them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "infer/gradient.h"
#include "infer/kernel_past.h"

/* What is there of each coordinate, in the order in which it was written. */
struct gradient_past {
    enum metric_kind kind;
    size_t size;
    struct coordinate *coordinates;
    struct learned_table places; /* a coordinate's number is its `count` */
    double *inverse;
    struct moments moments, together, all, diverged;
    struct slopes slopes;
    size_t directions;
    double *excess, *directed;
    uint64_t cut;
};

static enum metric_kind kind_of(const struct gradient_chain *c)
{
    return c->warmup.metric.kind;
}

static bool is_dense(const struct gradient_chain *c)
{
    return kind_of(c) == METRIC_DENSE;
}

/* ---- to bytes --------------------------------------------------------- */

static bool save_coordinate(const struct coordinate *at, struct text *out)
{
    return pack_word(out, at->location) && pack_word(out, at->index);
}

static bool save_moments(const struct moments *m, size_t squares,
                         struct text *out)
{
    return pack_reals(out, m->count, m->size) &&
           pack_reals(out, m->mean, m->size) &&
           pack_reals(out, m->squares, squares);
}

static bool save_directions(const struct warmup *w, struct text *out)
{
    const struct metric *m = &w->metric;
    const struct moments *t = &w->together;
    bool good =
        pack_word(out, m->count) && pack_reals(out, m->excess, m->count);
    for (size_t i = 0; good && i < m->count; i++)
        good = pack_reals(out, m->directions + i * m->width, m->size);
    return good && pack_word(out, t->size) &&
           (!t->size || save_moments(t, t->size * t->size, out));
}

static bool save_slopes(const struct slopes *s, struct text *out)
{
    bool good = pack_word(out, s->size ? s->rows : 0) &&
                pack_word(out, s->seen) && pack_word(out, s->every);
    for (size_t i = 0; good && s->size && i < 2 * s->rows; i++)
        good = pack_reals(out, s->at + i * s->width, s->size);
    return good;
}

static bool save_coordinates(const struct gradient_chain *c, struct text *out)
{
    const struct metric *m = &c->warmup.metric;
    size_t n = c->size, rows = is_dense(c) ? n : n > 0;
    bool good = pack_word(out, n);
    for (size_t i = 0; good && i < n; i++)
        good = save_coordinate(&c->coordinates[i], out);
    for (size_t i = 0; good && i < rows; i++)
        good = pack_reals(out, m->inverse + i * m->width, n);
    return good && (!n || (save_directions(&c->warmup, out) &&
                           save_slopes(&c->warmup.slopes, out) &&
                           save_moments(&c->warmup.moments, rows * n, out) &&
                           save_moments(&c->all, n, out) &&
                           save_moments(&c->diverged, n, out)));
}

static bool save_learned(const struct learned_table *t, struct text *out)
{
    bool good = pack_word(out, t->count);
    for (size_t i = 0; good && i < t->room; i++) {
        const struct learned *l = &t->at[i];
        const double x[] = {l->inverse, l->count, l->mean, l->squares};
        if (!l->of.met) continue;
        good = save_coordinate(&l->of, out) && pack_reals(out, x, 4);
    }
    return good;
}

static bool save_centrings(const struct centring_table *t, struct text *out)
{
    bool good = pack_real(out, t->first) && pack_word(out, t->count);
    for (size_t i = 0; good && i < t->room; i++) {
        const struct centring *l = &t->at[i];
        const double x[] = {l->now, l->count, l->log_scale};
        if (!l->of.met) continue;
        good = save_coordinate(&l->of, out) && pack_reals(out, x, 3) &&
               pack_reals(out, l->mean, CENTRINGS) &&
               pack_reals(out, l->squares, CENTRINGS);
    }
    return good;
}

enum { COUNTS = 8 };

bool gradient_save(const struct kernel *k, const struct place_book *places,
                   struct text *out)
{
    const struct gradient_chain *c = k->state;
    const struct warmup *w = &c->warmup;
    struct trajectory last = c->last;
    const uint64_t counts[COUNTS] = {c->begun,   c->ended,       c->given,
                                     kind_of(c), c->transitions, c->divergent,
                                     c->limited, c->ground.cut};
    (void)places;
    last.divergence = NULL;
    return pack_bytes(out, counts, sizeof counts) &&
           pack_bytes(out, &w->windows, sizeof w->windows) &&
           pack_bytes(out, &w->average, sizeof w->average) &&
           pack_real(out, w->step) && pack_real(out, c->step) &&
           pack_bytes(out, &last, sizeof last) && save_coordinates(c, out) &&
           save_learned(&c->learned, out) && save_centrings(&c->centrings, out);
}

/* ---- and back --------------------------------------------------------- */

static bool load_coordinate(struct unpack *from, struct coordinate *out)
{
    uint64_t index;
    *out = (struct coordinate){.met = true};
    if (!unpack_word(from, &out->location) || !unpack_word(from, &index))
        return false;
    out->index = (uint32_t)index;
    return index <= UINT32_MAX;
}

static bool load_moments(struct unpack *from, struct moments *m,
                         enum metric_kind kind, size_t n)
{
    return moments_open(m, kind, n) && unpack_reals(from, m->count, n) &&
           unpack_reals(from, m->mean, n) &&
           unpack_reals(from, m->squares, kind == METRIC_DENSE ? n * n : n);
}

static bool load_directions(struct gradient_past *p, struct unpack *from)
{
    size_t n = p->size, count, together;
    if (!unpack_count(from, 8 * (n + 1), &count)) return false;
    p->directions = count;
    p->excess = calloc(count + 1, sizeof *p->excess);
    p->directed = calloc(count * n + 1, sizeof *p->directed);
    bool good =
        p->excess && p->directed && unpack_reals(from, p->excess, count);
    for (size_t k = 0; good && k < count; k++)
        good = unpack_reals(from, p->directed + k * n, n);
    return good && unpack_count(from, 8 * n, &together) &&
           (!together || (together == n &&
                          load_moments(from, &p->together, METRIC_DENSE, n)));
}

static bool load_slopes(struct gradient_past *p, struct unpack *from)
{
    struct slopes *s = &p->slopes;
    size_t rows;
    slopes_open(s, p->kind, p->size);
    if (!unpack_count(from, 16 * p->size, &rows) ||
        !unpack_word(from, &s->seen) || !unpack_word(from, &s->every) ||
        !s->every || rows > SLOPES_ROWS || (rows && !s->size) ||
        (rows && !slopes_room(s, rows)))
        return false;
    s->rows = rows;
    bool good = true;
    for (size_t i = 0; good && i < 2 * rows; i++)
        good = unpack_reals(from, s->at + i * s->width, s->size);
    return good;
}

/* Each in its place, and known by location. */
static bool load_all(struct gradient_past *p, struct unpack *from)
{
    bool dense = p->kind == METRIC_DENSE;
    size_t n, rows;
    if (!unpack_count(from, 16, &n)) return false;
    rows = dense ? n : n > 0;
    p->size = n;
    p->coordinates = calloc(n + 1, sizeof *p->coordinates);
    p->inverse = calloc(rows * n + 1, sizeof *p->inverse);
    bool good = p->coordinates && p->inverse;
    for (size_t i = 0; good && i < n; i++) {
        struct learned at = {.count = (double)i};
        good = load_coordinate(from, &p->coordinates[i]);
        at.of = p->coordinates[i];
        good = good && !learned_find(&p->places, at.of.location, at.of.index) &&
               learned_put(&p->places, &at);
    }
    for (size_t i = 0; good && i < rows; i++)
        good = unpack_reals(from, p->inverse + i * n, n);
    enum metric_kind kind = dense ? METRIC_DENSE : METRIC_DIAGONAL;
    return good &&
           (!n || (load_directions(p, from) && load_slopes(p, from) &&
                   load_moments(from, &p->moments, kind, n) &&
                   load_moments(from, &p->all, METRIC_DIAGONAL, n) &&
                   load_moments(from, &p->diverged, METRIC_DIAGONAL, n)));
}

static bool load_learned(struct learned_table *t, struct unpack *from)
{
    size_t count;
    bool good = unpack_count(from, 56, &count);
    for (size_t i = 0; good && i < count; i++) {
        struct learned l;
        double x[4];
        good = load_coordinate(from, &l.of) && unpack_reals(from, x, 4);
        if (!good) break;
        l = (struct learned){.of = l.of,
                             .inverse = x[0],
                             .count = x[1],
                             .mean = x[2],
                             .squares = x[3]};
        good = learned_put(t, &l);
    }
    return good;
}

static bool load_centrings(struct centring_table *t, struct unpack *from)
{
    size_t count;
    bool good = unpack_real(from, &t->first) && unpack_count(from, 64, &count);
    for (size_t i = 0; good && i < count; i++) {
        struct coordinate of;
        struct centring *l;
        double x[3];
        good = load_coordinate(from, &of) && unpack_reals(from, x, 3) &&
               x[0] >= 0.0 && x[0] <= 1.0 &&
               (l = centring_put(t, of.location, of.index)) &&
               unpack_reals(from, l->mean, CENTRINGS) &&
               unpack_reals(from, l->squares, CENTRINGS);
        if (!good) break;
        l->now = x[0];
        l->count = x[1];
        l->log_scale = x[2];
    }
    return good;
}

void gradient_past_close(struct gradient_chain *c)
{
    struct gradient_past *p = c->past;
    if (!p) return;
    free(p->coordinates);
    free(p->inverse);
    free(p->excess);
    free(p->directed);
    learned_close(&p->places);
    moments_close(&p->moments);
    moments_close(&p->together);
    slopes_close(&p->slopes);
    moments_close(&p->all);
    moments_close(&p->diverged);
    free(p);
    c->past = NULL;
}

static bool load(struct gradient_chain *c, struct unpack *from)
{
    struct warmup *w = &c->warmup;
    uint64_t counts[COUNTS];
    if (!unpack_exactly(from, counts, sizeof counts) ||
        !unpack_exactly(from, &w->windows, sizeof w->windows) ||
        !unpack_exactly(from, &w->average, sizeof w->average) ||
        !unpack_real(from, &w->step) || !unpack_real(from, &c->step) ||
        !unpack_exactly(from, &c->last, sizeof c->last))
        return false;
    c->last.divergence = NULL;
    c->begun = counts[0];
    c->ended = counts[1];
    c->given = counts[2];
    c->past->kind = counts[3] < METRIC_KINDS ? counts[3] : METRIC_KINDS;
    c->transitions = counts[4];
    c->divergent = counts[5];
    c->limited = counts[6];
    c->past->cut = counts[7];
    return w->step > 0.0 && isfinite(w->step) && load_all(c->past, from) &&
           load_learned(&c->learned, from) &&
           load_centrings(&c->centrings, from);
}

bool gradient_load(struct kernel *k, struct kernel_past *past)
{
    struct gradient_chain *c = k->state = memory_new(sizeof *c);
    if (!c) return false;
    c->past = calloc(1, sizeof *c->past);
    return c->past && load(c, &past->from);
}

/* ---- when it is open -------------------------------------------------- */

/* By location: what any structure may find again. */
static bool put_away(struct gradient_chain *c)
{
    const struct gradient_past *p = c->past;
    size_t stride = p->moments.kind == METRIC_DENSE ? p->size + 1 : 1;
    bool good = true;
    for (size_t i = 0; good && i < p->size; i++) {
        struct learned l = {.of = p->coordinates[i],
                            .inverse = p->inverse[i * stride],
                            .count = p->moments.count[i],
                            .mean = p->moments.mean[i],
                            .squares = p->moments.squares[i * stride]};
        good = l.inverse > 0.0 && isfinite(l.inverse) &&
               learned_put(&c->learned, &l);
    }
    return good;
}

/* Which of the coordinates of before is number i now; SIZE_MAX: none. */
static size_t place_of(const struct gradient_chain *c, size_t i)
{
    const struct learned *l = learned_find(
        &c->past->places, c->coordinates[i].location, c->coordinates[i].index);
    return l ? (size_t)l->count : SIZE_MAX;
}

static void take_moments(struct moments *to, const struct moments *from,
                         const size_t *at)
{
    size_t n = to->size;
    bool dense = to->kind == METRIC_DENSE;
    for (size_t i = 0; i < n; i++) {
        to->count[i] = from->count[at[i]];
        to->mean[i] = from->mean[at[i]];
        if (!dense) to->squares[i] = from->squares[at[i]];
        for (size_t j = 0; dense && j <= i; j++) {
            size_t a = at[i] > at[j] ? at[i] : at[j];
            size_t b = at[i] > at[j] ? at[j] : at[i];
            to->squares[i * n + j] = from->squares[a * n + b];
        }
    }
}

static bool take_slopes(struct slopes *to, const struct slopes *from,
                        const size_t *at)
{
    if (to->size && !slopes_room(to, from->rows)) return false;
    to->rows = to->size ? from->rows : 0;
    to->seen = from->seen;
    to->every = from->every;
    for (size_t r = 0; r < 2 * to->rows; r++) {
        double *row = to->at + r * to->width;
        memset(row, 0, to->width * sizeof *row);
        for (size_t i = 0; i < to->size; i++)
            row[i] = from->at[r * from->width + at[i]];
    }
    return true;
}

static bool take_directions(struct gradient_chain *c, const size_t *at)
{
    const struct gradient_past *p = c->past;
    size_t n = c->size;
    double *w = calloc(p->directions * n, sizeof *w);
    if (!w) return false;
    for (size_t k = 0; k < p->directions; k++)
        for (size_t i = 0; i < n; i++)
            w[k * n + i] = p->directed[k * n + at[i]];
    bool good = metric_direct(&c->warmup.metric, p->directions, p->excess, w);
    free(w);
    return good;
}

static bool take_metric(struct gradient_chain *c, const size_t *at)
{
    size_t n = c->size;
    bool dense = is_dense(c);
    double *inverse = calloc(dense ? n * n : n, sizeof *inverse);
    if (!inverse) return false;
    for (size_t i = 0; i < n; i++) {
        if (!dense) inverse[i] = c->past->inverse[at[i]];
        for (size_t j = 0; dense && j < n; j++)
            inverse[i * n + j] = c->past->inverse[at[i] * n + at[j]];
    }
    bool good = c->warmup.metric.kind == METRIC_UNIT ||
                metric_set(&c->warmup.metric, inverse);
    free(inverse);
    return good && (!c->past->directions || take_directions(c, at));
}

/* The same coordinates, in any order: all comes back as it was. */
static bool take_same(struct gradient_chain *c)
{
    const struct gradient_past *p = c->past;
    size_t *at = calloc(c->size + 1, sizeof *at);
    bool good = at != NULL, same = p->size == c->size;
    for (size_t i = 0; good && same && i < c->size; i++) {
        at[i] = place_of(c, i);
        same = at[i] != SIZE_MAX;
    }
    if (good && same && c->size)
        good = p->together.size == c->warmup.together.size &&
               take_slopes(&c->warmup.slopes, &p->slopes, at) &&
               take_metric(c, at);
    if (good && same && c->size) {
        take_moments(&c->warmup.moments, &p->moments, at);
        take_moments(&c->warmup.together, &p->together, at);
        take_moments(&c->all, &p->all, at);
        take_moments(&c->diverged, &p->diverged, at);
    }
    free(at);
    return good;
}

bool gradient_past_open(struct gradient_chain *c, const struct kernel *k,
                        struct engine *e)
{
    const struct gradient_past *p = c->past;
    bool fits = !p->size || c->way->metric(k) == p->kind;
    c->ground.cut = p->cut;
    bool good = fits && put_away(c);
    if (good && !gradient_adopt(c, k)) return false;
    good = good && take_same(c);
    gradient_past_close(c);
    return good || error_set(&e->machine->error, ERROR_IO,
                             "what %s has learned does not fit", k->row->name);
}
