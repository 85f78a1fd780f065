/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One of several: categorical and sample-discrete (an index), multinomial
 * and uniform-draw (one of the values given). Weights need not sum to one.
 * Lists are walked, so all is linear in their length, but draws from the same
 * weights again (repeated.h).
 */
#include "xrp/atoms.h"
#include "xrp/repeated.h"

#include "base/memory.h"
#include <stdio.h>

/* ---- weights ------------------------------------------------------------ */

/* The weight of index k, and the sum of the others. false: these are no
 * weights. */
static bool vector_parts(const double *at, uint32_t n, uint32_t k, double *mine,
                         double *rest)
{
    double sum = 0.0;
    bool good = true;
    *mine = k < n ? at[k] : 0.0;
    for (uint32_t i = 0; i < n; i++) {
        good &= at[i] >= 0.0;
        if (i != k) sum += at[i];
    }
    *rest = sum;
    return good;
}

static bool series_parts(struct series s, uint32_t k, double *mine,
                         double *rest)
{
    double w;
    *mine = *rest = 0.0;
    for (uint32_t i = 0; i < s.count; i++) {
        if (!series_number(&s, &w) || !(w >= 0.0)) return false;
        *(i == k ? mine : rest) += w;
    }
    return true;
}

/* Index k's log probability; NaN when these are no weights. The sum leaves
 * k's own weight out: nothing is lost when it is nearly all. */
static double weights_log(struct series s, double k)
{
    double rest, mine;
    uint32_t own = k >= 0.0 && k < s.count ? (uint32_t)k : UINT32_MAX;
    if (!(s.at ? vector_parts(s.at, s.count, own, &mine, &rest)
               : series_parts(s, own, &mine, &rest)))
        return NAN;
    double sum = rest + mine;
    if (!(sum > 0.0 && sum < INFINITY)) return NAN;
    return mine > 0.0 ? log_share(mine, rest) : -INFINITY;
}

/* ---- categorical, sample-discrete --------------------------------------- */

static bool index_open(const struct xrp_site *s, struct series *weights)
{
    return series_spread(weights, s->args, s->arg_count);
}

static bool index_first(const struct xrp_site *s, value whole, struct random *r,
                        uint32_t *k)
{
    struct series weights;
    return index_open(s, &weights) && weights_draw(whole, weights, r, k);
}

static bool index_sample(const struct xrp_site *s, struct random *r, value *out)
{
    value whole = s->arg_count == 1 ? s->args[0] : V_NIL;
    uint32_t k = 0;
    if (!weights_draw_again(whole, r, &k) && !index_first(s, whole, r, &k))
        return false;
    *out = v_int(k);
    return true;
}

static double index_prob(const struct xrp_site *s, value v)
{
    struct series weights;
    double k;
    if (!index_open(s, &weights)) return NAN;
    return weights_log(weights, whole_of(v, &k) ? k : -1.0);
}

/* The indices with a weight above zero. */
static bool index_enumerate(const struct xrp_site *s, value *list)
{
    struct series weights;
    if (!index_open(s, &weights) ||
        weights_sum(weights) != weights_sum(weights))
        return false;
    if (weights.count > ENUMERATE_MAX) return false;
    size_t n = 0;
    value *found = memory_new_atomic(weights.count * sizeof *found);
    if (!found) return false;
    for (uint32_t i = 0; i < weights.count; i++) {
        double w;
        series_number(&weights, &w);
        if (w > 0.0) found[n++] = v_int(i);
    }
    *list = list_from(found, n);
    return *list != V_UNBOUND;
}

static uint32_t index_chances(const struct xrp_site *s, uint32_t room,
                              value *values, double *weights)
{
    struct series from;
    double sum = 0.0;
    if (!index_open(s, &from) || from.count > room) return 0;
    for (uint32_t i = 0; i < from.count; i++) {
        double w;
        if (from.at)
            w = from.at[i];
        else if (!series_number(&from, &w))
            return 0;
        if (!(w >= 0.0)) return 0;
        values[i] = v_int(i);
        weights[i] = w;
        sum += w;
    }
    return sum > 0.0 && sum < INFINITY ? from.count : 0;
}

static bool index_atoms(const struct xrp_site *s, struct atoms *a)
{
    *a = (struct atoms){.indexed = true};
    if (!index_open(s, &a->weights)) return false;
    a->count = a->weights.count;
    return true;
}
ATOMS_FUNCTIONS(index, index_atoms)

static bool index_explain(const struct xrp_site *s, char *words, size_t size)
{
    return weights_explain(s->args, s->arg_count, false, "weight", words, size);
}

const struct xrp_family family_categorical = {
    .names = "categorical",
    .signature = "(categorical weights) (categorical w0 w1 ...)",
    .doc = "an index from 0, in proportion to its weight",
    .min = 1,
    .max = -1,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_INTEGERS,
    .sample = index_sample,
    .prob = index_prob,
    .enumerate = index_enumerate,
    .chances = index_chances,
    .explain = index_explain,
    ATOMS_SLOTS(index),
};

const struct xrp_family family_sample_discrete = {
    .names = "sample-discrete",
    .signature = "(sample-discrete weights)",
    .doc = "an index from 0, in proportion to its weight",
    .min = 1,
    .max = 1,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_INTEGERS,
    .sample = index_sample,
    .prob = index_prob,
    .enumerate = index_enumerate,
    .chances = index_chances,
    .explain = index_explain,
    ATOMS_SLOTS(index),
};

/* ---- one of the values -------------------------------------------------- */

static bool same(value a, value b) { return a == b || value_equal(a, b); }

/* The distinct values whose weight is above zero (weights NULL: all), in
 * the order of their first places; by an open table of indices. */
static bool distinct(struct series values, struct series *weights, value *list)
{
    if (values.count > ENUMERATE_MAX) return false;
    size_t room = 4, n = 0;
    while (room < 2 * (size_t)values.count) room *= 2;
    uint32_t *table = memory_new_atomic(room * sizeof *table);
    value *found = memory_new((values.count + 1) * sizeof *found);
    if (!table || !found) return false;
    memset(table, 0, room * sizeof *table);
    for (uint32_t i = 0; i < values.count; i++) {
        value v = series_next(&values);
        double w = 1.0;
        if (weights) series_number(weights, &w);
        if (!(w > 0.0)) continue;
        size_t at = value_hash(v, NULL) & (room - 1);
        while (table[at] && !same(found[table[at] - 1], v))
            at = (at + 1) & (room - 1);
        if (table[at]) continue;
        found[n++] = v;
        table[at] = (uint32_t)n;
    }
    *list = list_from(found, n);
    return *list != V_UNBOUND;
}

/* ---- multinomial -------------------------------------------------------- */

static bool multinomial_open(const struct xrp_site *s, struct series *values,
                             struct series *weights)
{
    return s->arg_count == 2 && series_open(values, s->args[0]) &&
           series_open(weights, s->args[1]) && values->count == weights->count;
}

static bool multinomial_sample(const struct xrp_site *s, struct random *r,
                               value *out)
{
    struct series values, weights;
    uint32_t k = 0;
    if (!multinomial_open(s, &values, &weights)) return false;
    if (!weights_draw(s->args[1], weights, r, &k)) return false;
    for (uint32_t i = 0; i <= k; i++) *out = series_next(&values);
    return true;
}

/* A value that stands in the list more than once has all their weights. */
static double multinomial_prob(const struct xrp_site *s, value v)
{
    struct series values, weights;
    double rest = 0.0, mine = 0.0, w;
    if (!multinomial_open(s, &values, &weights)) return NAN;
    for (uint32_t i = 0; i < values.count; i++) {
        if (!series_number(&weights, &w) || !(w >= 0.0)) return NAN;
        if (same(series_next(&values), v))
            mine += w;
        else
            rest += w;
    }
    double sum = rest + mine;
    if (!(sum > 0.0 && sum < INFINITY)) return NAN;
    return mine > 0.0 ? log_share(mine, rest) : -INFINITY;
}

static bool multinomial_enumerate(const struct xrp_site *s, value *list)
{
    struct series values, weights;
    if (!multinomial_open(s, &values, &weights)) return false;
    double sum = weights_sum(weights);
    return sum == sum && distinct(values, &weights, list);
}

static bool multinomial_atoms(const struct xrp_site *s, struct atoms *a)
{
    *a = (struct atoms){.argument = 1};
    if (!multinomial_open(s, &a->values, &a->weights)) return false;
    a->count = a->values.count;
    return true;
}
ATOMS_FUNCTIONS(multinomial, multinomial_atoms)

static bool multinomial_explain(const struct xrp_site *s, char *words,
                                size_t size)
{
    struct series values, weights;
    char got[96];
    if (s->arg_count != 2) return false;
    if (!series_open(&values, s->args[0])) {
        snprintf(words, size, "values must be a list or a vector, got %s",
                 value_words(s->args[0], got, sizeof got));
        return true;
    }
    if (weights_explain(s->args + 1, 1, false, "weight", words, size))
        return true;
    if (!series_open(&weights, s->args[1])) {
        snprintf(words, size, "weights must be a list or a vector, got %s",
                 value_words(s->args[1], got, sizeof got));
        return true;
    }
    if (values.count == weights.count) return false;
    snprintf(words, size, "needs as many weights as values, got %u for %u",
             (unsigned)weights.count, (unsigned)values.count);
    return true;
}

const struct xrp_family family_multinomial = {
    .names = "multinomial",
    .signature = "(multinomial values weights)",
    .doc = "one of the values, in proportion to its weight",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_VALUES,
    .sample = multinomial_sample,
    .prob = multinomial_prob,
    .enumerate = multinomial_enumerate,
    .explain = multinomial_explain,
    ATOMS_SLOTS(multinomial),
};

/* ---- uniform-draw ------------------------------------------------------- */

static bool draw_open(const struct xrp_site *s, struct series *values)
{
    return s->arg_count == 1 && series_open(values, s->args[0]) &&
           values->count > 0;
}

static bool draw_sample(const struct xrp_site *s, struct random *r, value *out)
{
    struct series values;
    if (!draw_open(s, &values)) return false;
    uint64_t k = random_below(r, values.count);
    for (uint64_t i = 0; i <= k; i++) *out = series_next(&values);
    return true;
}

static double draw_prob(const struct xrp_site *s, value v)
{
    struct series values;
    if (!draw_open(s, &values)) return NAN;
    uint32_t found = 0, n = values.count;
    for (uint32_t i = 0; i < n; i++) found += same(series_next(&values), v);
    return found ? log_share(found, n - found) : -INFINITY;
}

static bool draw_enumerate(const struct xrp_site *s, value *list)
{
    struct series values;
    return draw_open(s, &values) && distinct(values, NULL, list);
}

static bool draw_atoms(const struct xrp_site *s, struct atoms *a)
{
    *a = (struct atoms){.even = true};
    if (!draw_open(s, &a->values)) return false;
    a->count = a->values.count;
    return true;
}
ATOMS_FUNCTIONS(draw, draw_atoms)

static bool draw_explain(const struct xrp_site *s, char *words, size_t size)
{
    struct series values;
    char got[96];
    if (s->arg_count != 1 || draw_open(s, &values)) return false;
    if (!series_open(&values, s->args[0]))
        snprintf(words, size, "values must be a list or a vector, got %s",
                 value_words(s->args[0], got, sizeof got));
    else
        snprintf(words, size, "there must be at least one value");
    return true;
}

const struct xrp_family family_uniform_draw = {
    .names = "uniform-draw",
    .signature = "(uniform-draw values)",
    .doc = "one of the values, each as likely",
    .min = 1,
    .max = 1,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_VALUES,
    .sample = draw_sample,
    .prob = draw_prob,
    .enumerate = draw_enumerate,
    .explain = draw_explain,
    ATOMS_SLOTS(draw),
};
