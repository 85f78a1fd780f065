/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lines by the kind of the values: see line.h. Each kind is a row: how many
 * lines there are, the bounds and the place of one, and how a number is set.
 */
#include "infer/line.h"

#include <math.h>
#include <string.h>

#include "xrp/form.h"

struct kind {
    uint32_t (*count)(const struct vector *v);
    bool (*open)(const struct site *s, const struct vector *v, uint32_t which,
                 struct line *out);
    void (*set)(struct vector *v, uint32_t which, double to);
    bool free;
};

/* ---- elements ----------------------------------------------------------------- */

static uint32_t count_elements(const struct vector *v) { return v->head.size; }

static void set_element(struct vector *v, uint32_t which, double to)
{
    v->at[which] = to;
}

/* Of applications that are independent, each with its own bounds. */
static bool open_independent(const struct site *s, const struct vector *v,
                             uint32_t which, struct line *out)
{
    struct grid g;
    if (!form_grid(s->family, &s->at, &g)) return false;
    uint32_t columns = v->columns ? v->columns : v->rows;
    grid_go(&g, which / columns, which % columns);
    struct site one = {
        .family = g.in.family, .at = g.in.site, .held = v_double(v->at[which])};
    out->at = v->at[which];
    bool ok = unbound_of(&one, &out->bounds);
    grid_close(&g);
    return ok;
}

static bool open_real(const struct site *s, const struct vector *v,
                      uint32_t which, struct line *out)
{
    (void)s;
    out->bounds = (struct unbound){-INFINITY, INFINITY};
    out->at = v->at[which];
    return true;
}

/* Between its neighbours. */
static bool open_ordered(const struct site *s, const struct vector *v,
                         uint32_t which, struct line *out)
{
    bool positive = s->family == &family_positive_ordered;
    out->bounds.lo = which ? v->at[which - 1] : positive ? 0.0 : -INFINITY;
    out->bounds.hi = which + 1 < v->head.size ? v->at[which + 1] : INFINITY;
    out->at = v->at[which];
    return out->bounds.lo < out->bounds.hi;
}

/* ---- shares: each with the next, the last with the first ------------------------ */

static uint32_t count_shares(const struct vector *v)
{
    return v->head.size > 2 ? v->head.size : v->head.size == 2;
}

static uint32_t next_of(const struct vector *v, uint32_t which)
{
    return which + 1 < v->head.size ? which + 1 : 0;
}

static bool open_share(const struct site *s, const struct vector *v,
                       uint32_t which, struct line *out)
{
    (void)s;
    out->at = v->at[which];
    out->bounds = (struct unbound){0.0, out->at + v->at[next_of(v, which)]};
    return out->bounds.hi > 0.0;
}

static void set_share(struct vector *v, uint32_t which, double to)
{
    uint32_t next = next_of(v, which);
    double both = v->at[which] + v->at[next];
    v->at[which] = to;
    v->at[next] = both - to;
}

/* ---- matrices -------------------------------------------------------------------- */

/* Below the diagonal, row by row; or with it. */
static void below(uint32_t which, bool diagonal, uint32_t *row,
                  uint32_t *column)
{
    *row = diagonal ? 0 : 1;
    for (uint32_t wide = 1; which >= wide; wide++, ++*row) which -= wide;
    *column = which;
}

static uint32_t count_below(const struct vector *v)
{
    return v->rows * (v->rows - 1) / 2;
}

static uint32_t count_lower(const struct vector *v)
{
    return v->rows * (v->rows + 1) / 2;
}

/* The squares of a row but for one of them, and for the diagonal's. */
static double squares_beside(const double *row, uint32_t r, uint32_t column)
{
    double sum = 0.0;
    for (uint32_t k = 0; k < r; k++)
        if (k != column) sum += row[k] * row[k];
    return sum;
}

static bool open_correlation(const struct site *s, const struct vector *v,
                             uint32_t which, struct line *out)
{
    uint32_t r, c;
    (void)s;
    below(which, false, &r, &c);
    const double *row = v->at + (size_t)r * v->columns;
    double most = sqrt(fmax(0.0, 1.0 - squares_beside(row, r, c)));
    out->bounds = (struct unbound){-most, most};
    out->at = row[c];
    return most > 0.0;
}

static void set_correlation(struct vector *v, uint32_t which, double to)
{
    uint32_t r, c;
    below(which, false, &r, &c);
    double *row = v->at + (size_t)r * v->columns;
    row[c] = to;
    row[r] = sqrt(fmax(0.0, 1.0 - squares_beside(row, r, r)));
}

/* Where it is definite only its density says. */
static bool open_definite(const struct site *s, const struct vector *v,
                          uint32_t which, struct line *out)
{
    uint32_t r, c;
    (void)s;
    below(which, true, &r, &c);
    out->bounds = (struct unbound){r == c ? 0.0 : -INFINITY, INFINITY};
    out->at = v->at[(size_t)r * v->columns + c];
    return true;
}

static void set_definite(struct vector *v, uint32_t which, double to)
{
    uint32_t r, c;
    below(which, true, &r, &c);
    v->at[(size_t)r * v->columns + c] = to;
    v->at[(size_t)c * v->columns + r] = to;
}

static const struct kind independent = {count_elements, open_independent,
                                        set_element, true},
                         real = {count_elements, open_real, set_element, true},
                         ordered = {count_elements, open_ordered, set_element,
                                    false},
                         shares = {count_shares, open_share, set_share, false},
                         correlation = {count_below, open_correlation,
                                        set_correlation, false},
                         definite = {count_lower, open_definite, set_definite,
                                     false};

/* Of a value that is an array; NULL: of none that is known. */
static const struct kind *kind_of(const struct site *s)
{
    if (!is_vector(s->held) ||
        !(xrp_flags_at(s->family, &s->at) & XRP_CONTINUOUS))
        return NULL;
    bool square = as_vector(s->held)->columns == as_vector(s->held)->rows;
    switch (xrp_support_at(s->family, &s->at)) {
    case SUPPORT_VECTOR:
        if (s->family == &family_iid || s->family == &family_each)
            return &independent;
        return s->family == &family_ordered ||
                       s->family == &family_positive_ordered
                   ? &ordered
                   : &real;
    case SUPPORT_SIMPLEX: return &shares;
    case SUPPORT_CORRELATION: return square ? &correlation : NULL;
    case SUPPORT_DEFINITE: return square ? &definite : NULL;
    default: return NULL;
    }
}

/* ---- the lines ---------------------------------------------------------------------- */

uint32_t line_count(const struct site *s)
{
    struct unbound b;
    if (!is_vector(s->held)) return unbound_of(s, &b);
    const struct kind *k = kind_of(s);
    return k ? k->count(as_vector(s->held)) : 0;
}

bool lines_are_free(const struct site *s)
{
    const struct kind *k = kind_of(s);
    return !k || k->free;
}

bool line_open(const struct site *s, uint32_t which, struct line *out)
{
    const struct kind *k = kind_of(s);
    out->which = which;
    if (k) return k->open(s, as_vector(s->held), which, out);
    out->at = is_number(s->held) ? as_number(s->held) : NAN;
    return unbound_of(s, &out->bounds);
}

value line_value(const struct site *s, const struct line *lines,
                 const double *to, uint32_t n)
{
    const struct kind *k = kind_of(s);
    if (!k) return v_double(to[0]);
    const struct vector *v = as_vector(s->held);
    value made = vector_make(v->rows, v->columns);
    if (made == V_UNBOUND) return made;
    memcpy(as_vector(made)->at, v->at, v->head.size * sizeof *v->at);
    for (uint32_t i = 0; i < n; i++)
        k->set(as_vector(made), lines[i].which, to[i]);
    return made;
}
