/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Shares in closed form: a Dirichlet, all of whose readers pick by it, has
 * the conditional of a Dirichlet whose alphas are more by what was picked.
 */
#include "base/memory.h"
#include "trace/reduced_conjugate.h"
#include "trace/reduced_power.h"
#include "xrp/form.h"

/* ---- what was picked ----------------------------------------------------------- */

/* Adds to the alphas; `args` are those of the reader, plain but for the
 * weights. false: y is none of those that can be told. */
typedef bool count_function(const value *args, value y, struct vector *alphas);

static bool count_index(const value *args, value y, struct vector *alphas)
{
    double k;
    (void)args;
    if (!whole_of(y, &k) || k < 0.0 || k >= alphas->head.size) return false;
    alphas->at[(uint32_t)k]++;
    return true;
}

/* A value that stands twice among them could be either. */
static bool count_value(const value *args, value y, struct vector *alphas)
{
    struct series s;
    uint32_t at = UINT32_MAX;
    if (!series_open(&s, args[0]) || s.count != alphas->head.size) return false;
    for (uint32_t i = 0; i < alphas->head.size; i++) {
        if (!value_equal(series_next(&s), y)) continue;
        if (at != UINT32_MAX) return false;
        at = i;
    }
    if (at == UINT32_MAX) return false;
    alphas->at[at]++;
    return true;
}

static const struct counting {
    const struct xrp_family *family;
    uint32_t args, weights; /* how many there are, and which are the weights */
    count_function *count;
} countings[] = {
    {&family_categorical, 1, 0, count_index},
    {&family_sample_discrete, 1, 0, count_index},
    {&family_multinomial, 2, 1, count_value},
};

static const struct counting *counting_of(const struct reading *r)
{
    for (size_t i = 0; i < sizeof countings / sizeof *countings; i++)
        if (countings[i].family == r->family && countings[i].args == r->count)
            return &countings[i];
    return NULL;
}

/* *stands: it picks by these shares. */
static bool read_args(const struct power_view *w, const struct counting *how,
                      const struct reading *r, value *plain, bool *stands)
{
    *stands = false;
    for (uint32_t i = 0; i < r->count; i++) {
        if (i == how->weights) {
            if (!power_is_whole(w, r->args[i], stands)) return false;
        } else if (power_depends(w, r->args[i]) ||
                   !trace_deep(w->trace, r->args[i], &plain[i])) {
            error_clear(&w->trace->machine->error);
            return false;
        }
    }
    return true;
}

static bool read_one(const struct power_view *w, const struct choice *reader,
                     struct vector *alphas)
{
    struct reading r;
    struct held_walk held;
    value plain[ARGUMENTS];
    bool stands;
    if (!reading_open(reader, &r) || !held_open(&r, &held)) return false;
    const struct counting *how = counting_of(&r);
    /* Values that go along would be rows, too. */
    if (!how || (r.along && how->args > 1) ||
        !read_args(w, how, &r, plain, &stands))
        return false;
    while (stands && held.left)
        if (!how->count(plain, held_next(&held), alphas)) return false;
    return true;
}

/* ---- the prior ------------------------------------------------------------------- */

bool shares_are(const struct choice *c)
{
    return c->family == &family_dirichlet ||
           c->family == &family_symmetric_dirichlet;
}

static bool begin(const struct power_view *w, value *out)
{
    const struct choice *c = w->choice;
    struct power alpha;
    if (!is_vector(c->held) || !c->node.head.size ||
        !power_of(w, c->written[0], &alpha))
        return false;
    uint32_t n = as_vector(c->held)->rows;
    bool each = c->family == &family_symmetric_dirichlet;
    if (each ? alpha.rows != 0 : alpha.rows != n) return false;
    if ((*out = vector_make(n, 0)) == V_UNBOUND) return false;
    for (uint32_t i = 0; i < n; i++)
        as_vector(*out)->at[i] = column_at(alpha.a, i);
    return true;
}

bool shares_conditional(struct trace *t, struct choice *c,
                        struct conditional *out)
{
    struct power_view w = {t, c, true, ENTIRE};
    value alphas;
    if (!begin(&w, &alphas)) return false;
    for (const struct edge *e = node_readers(&c->node); e; e = edge_next(e)) {
        if (node_kind(edge_reader(e)) != NODE_CHOICE) return false;
        if (edge_is_again(e)) continue;
        t->touched++;
        if (!read_one(&w, (struct choice *)edge_reader(e), as_vector(alphas)))
            return false;
    }
    *out = (struct conditional){&family_dirichlet, {alphas}, 1};
    return true;
}
