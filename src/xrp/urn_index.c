/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Urns that count indices: an index is drawn in proportion to its base
 * weight plus how often it is in the urn. One state and one set of functions
 * serve the makers; they differ in where the base weights are read from:
 *
 *     beta-binomial/make a b           two; index 0 is true, 1 is false
 *     beta-binomial/make counts        a list or vector, as polya-urn/make
 *     dirichlet-multinomial/make       a list or vector, all positive
 *     symmetric-dirichlet-multinomial/make alpha n    n times alpha
 *     polya-urn/make                   a list, a vector, or the parameters
 *                                      themselves; zeros allowed
 */
#include "xrp/family.h"

#include <stdio.h>

#include "base/memory.h"

#include "base/saddle.h"

enum layout { PAIR, LIST, SYMMETRIC, POLYA };

/* The base weights, however they are given. */
struct base {
    uint32_t k;
    double sum;
    double each;          /* SYMMETRIC */
    const double *weight; /* else */
};

/* Counts grow on demand. The list of base weights that was read last is kept
 * as an array, so that a prob takes no time: values are immutable, and
 * holding the list keeps its address its own. */
struct tally {
    enum layout layout;
    bool broken;      /* memory ran out: every answer is NaN */
    uint64_t n;       /* indices in it */
    uint64_t misfits; /* taken in, but no indices: score -inf */
    uint32_t room;
    uint64_t *at;
    value read_from; /* V_UNBOUND: nothing kept */
    double *weight;
    uint32_t weight_room, weight_count;
    double weight_sum;
    value seen[2]; /* SYMMETRIC: the parameters that were read last, and what
                      they came to */
    struct base base;
    /* PAIR: log_rising of weight[i] and at[i] as it was computed last; while
     * one weight moves the other stays. */
    struct rise {
        double from, by, log;
    } rise[2];
};

static double base_at(const struct base *b, uint32_t i)
{
    return b->weight ? b->weight[i] : b->each;
}

static const struct parameter pair_rows[] = {{"a", POSITIVE, 0.0},
                                             {"b", POSITIVE, 0.0}};
static const struct parameter symmetric_rows[] = {{"alpha", POSITIVE, 0.0},
                                                  {"n", DIMENSION, 0.0}};

/* ---- base weights ------------------------------------------------------- */

static bool reserve_weights(struct tally *t, uint32_t count)
{
    if (count <= t->weight_room) return true;
    double *weight = memory_new_atomic(count * sizeof *weight);
    if (!weight) return false;
    t->weight = weight;
    t->weight_room = count;
    return true;
}

/* Copies a sequence into the tally; false when it is no base. */
static bool keep(struct tally *t, struct series from)
{
    bool strict = t->layout == LIST;
    t->read_from = V_UNBOUND;
    if (from.count == 0 || from.count > DIMENSION_MAX) return false;
    if (!reserve_weights(t, from.count)) return false;
    double sum = 0.0;
    for (uint32_t i = 0; i < from.count; i++) {
        double w;
        if (!series_number(&from, &w)) return false;
        if (!(strict ? w > 0.0 : w >= 0.0)) return false;
        sum += t->weight[i] = w;
    }
    t->weight_count = from.count;
    t->weight_sum = sum;
    return sum > 0.0 && sum < INFINITY;
}

static bool symmetric_read(struct tally *t, const value *p, int count,
                           struct base *b)
{
    double k;
    if (count == 2 && t->base.k && p[0] == t->seen[0] && p[1] == t->seen[1]) {
        *b = t->base;
        return true;
    }
    *b = (struct base){.k = 0};
    if (!parameter_read(symmetric_rows, p, count, 0, &b->each) ||
        !parameter_read(symmetric_rows + 1, p, count, 1, &k))
        return false;
    b->k = (uint32_t)k;
    b->sum = b->each * k;
    if (!(b->sum < INFINITY)) return false;
    t->seen[0] = p[0];
    t->seen[1] = p[1];
    t->base = *b;
    return true;
}

/* The parameters in turn; false when they are out of their domain. */
static bool base_read(const struct xrp_site *s, struct base *b)
{
    struct tally *t = s->state;
    const value *p = s->params;
    int count = s->param_count;
    if (t->broken) return false;
    if (t->layout == SYMMETRIC) return symmetric_read(t, p, count, b);
    bool lone = count == 1 && !is_number(p[0]);
    if (!lone || p[0] != t->read_from) {
        struct series from;
        if (!series_spread(&from, p, count) || !keep(t, from)) return false;
        if (t->layout == PAIR && !(t->weight[0] > 0.0 && t->weight[1] > 0.0))
            return false;
        if (lone) t->read_from = p[0];
    }
    *b = (struct base){
        .k = t->weight_count, .sum = t->weight_sum, .weight = t->weight};
    return true;
}

/* ---- values and counts -------------------------------------------------- */

/* The index of a value, whatever the parameters say of its range. */
static inline bool index_of(const struct tally *t, value v, uint32_t *i)
{
    double x;
    if (t->layout == PAIR) {
        int b = boolean_of(v);
        *i = b == 0;
        return b >= 0;
    }
    if (is_int(v)) {
        int64_t k = as_int(v);
        *i = (uint32_t)k;
        return k >= 0 && k < DIMENSION_MAX;
    }
    if (!whole_of(v, &x) || x < 0.0 || x >= DIMENSION_MAX) return false;
    *i = (uint32_t)x;
    return true;
}

static value value_of(const struct tally *t, uint32_t i)
{
    return t->layout == PAIR ? v_boolean(i == 0) : v_int(i);
}

static uint64_t counted(const struct tally *t, uint32_t i)
{
    return i < t->room ? t->at[i] : 0;
}

static bool reserve(struct tally *t, uint32_t count)
{
    if (count <= t->room) return true;
    uint32_t room = t->room ? t->room : 2;
    while (room < count) room *= 2;
    uint64_t *at = memory_new_atomic(room * sizeof *at);
    if (!at) return false;
    if (t->room) memcpy(at, t->at, t->room * sizeof *at);
    memset(at + t->room, 0, (room - t->room) * sizeof *at);
    t->at = at;
    t->room = room;
    return true;
}

/* ---- the family --------------------------------------------------------- */

static void *make(enum layout layout)
{
    struct tally *t = memory_new(sizeof *t);
    if (!t) return NULL;
    *t = (struct tally){.layout = layout, .read_from = V_UNBOUND};
    return reserve(t, 2) ? t : NULL;
}

static void incorporate(const struct xrp_site *s, value v)
{
    struct tally *t = s->state;
    uint32_t i;
    if (!index_of(t, v, &i)) {
        t->misfits++;
    } else if (!reserve(t, i + 1)) {
        t->broken = true;
    } else {
        t->at[i]++;
        t->n++;
    }
}

static void take_out(const struct xrp_site *s, value v)
{
    struct tally *t = s->state;
    uint32_t i;
    if (!index_of(t, v, &i)) {
        t->misfits -= t->misfits > 0;
    } else if (counted(t, i)) {
        t->at[i]--;
        t->n--;
    }
}

/* An index by its base weight. */
static uint32_t draw_base(const struct base *b, struct random *r)
{
    if (!b->weight) return (uint32_t)random_below(r, b->k);
    double u = random_unit(r) * b->sum;
    uint32_t last = 0;
    for (uint32_t i = 0; i < b->k; i++) {
        if (b->weight[i] > 0.0) last = i;
        if (u < b->weight[i]) return i;
        u -= b->weight[i];
    }
    return last;
}

/* An index that is in the urn already, each application as likely. */
static uint32_t draw_again(const struct tally *t, struct random *r)
{
    uint64_t nth = random_below(r, t->n);
    uint32_t i = 0;
    while (nth >= t->at[i]) nth -= t->at[i++];
    return i;
}

static bool sample(const struct xrp_site *s, struct random *r, value *out)
{
    const struct tally *t = s->state;
    struct base b;
    if (!base_read(s, &b)) return false;
    bool again = random_unit(r) * (b.sum + (double)t->n) >= b.sum && t->n;
    *out = value_of(t, again ? draw_again(t, r) : draw_base(&b, r));
    return true;
}

/* The index of a value in range, with what speaks for it and what against;
 * false where its probability is zero. */
static bool odds(const struct tally *t, const struct base *b, value v,
                 uint32_t *i, double *mine, double *rest)
{
    if (!index_of(t, v, i) || *i >= b->k) return false;
    uint64_t c = counted(t, *i);
    double weight = base_at(b, *i), others = b->sum - weight;
    /* Of two, the other is known without a subtraction. */
    if (b->k == 2) others = base_at(b, 1 - *i);
    *mine = weight + (double)c;
    *rest = others + (double)(t->n - c);
    return *mine > 0.0;
}

static double prob(const struct xrp_site *s, value v)
{
    struct base b;
    uint32_t i;
    double mine, rest;
    if (!base_read(s, &b)) return NAN;
    return odds(s->state, &b, v, &i, &mine, &rest) ? log_share(mine, rest)
                                                   : -INFINITY;
}

static double chance(const struct xrp_site *s, value v)
{
    const struct tally *t = s->state;
    struct base b;
    uint32_t i;
    if (!base_read(s, &b)) return NAN;
    if (!index_of(t, v, &i) || i >= b.k) return 0.0;
    return (base_at(&b, i) + (double)counted(t, i)) / (b.sum + (double)t->n);
}

static bool enumerate(const struct xrp_site *s, value *list)
{
    const struct tally *t = s->state;
    struct base b;
    if (!base_read(s, &b) || b.k > ENUMERATE_MAX) return false;
    *list = V_NIL;
    for (uint32_t i = b.k; i-- > 0;) {
        if (!(base_at(&b, i) + (double)counted(t, i) > 0.0)) continue;
        if (!enumerate_onto(value_of(t, i), list)) return false;
    }
    return true;
}

static uint32_t chances(const struct xrp_site *s, uint32_t room, value *values,
                        double *weights)
{
    const struct tally *t = s->state;
    struct base b;
    if (!base_read(s, &b) || b.k > room) return 0;
    for (uint32_t i = 0; i < b.k; i++) {
        values[i] = value_of(t, i);
        weights[i] = base_at(&b, i) + (double)counted(t, i);
    }
    return b.k;
}

/* A list as a parameter has no single slope, nor has a number of indices. */
static bool gradient(const struct xrp_site *s, value v, double *by_value,
                     double *by_param)
{
    const struct tally *t = s->state;
    struct base b;
    uint32_t i;
    double mine, rest;
    if (!base_read(s, &b) || !odds(t, &b, v, &i, &mine, &rest)) return false;
    double all = mine + rest;
    *by_value = NAN;
    if (t->layout == SYMMETRIC) {
        by_param[0] = 1.0 / mine - b.k / all;
        by_param[1] = NAN;
    } else if (s->param_count == 1 && !is_number(s->params[0])) {
        by_param[0] = NAN;
    } else {
        for (uint32_t j = 0; j < b.k; j++)
            by_param[j] = (j == i ? 1.0 / mine : 0.0) - 1.0 / all;
    }
    return true;
}

/* Rising factorials of the weights over that of their sum. O(indices). */
static double rising(struct rise *known, double from, double by)
{
    if (known->from != from || known->by != by)
        *known = (struct rise){from, by, log_rising(from, by)};
    return known->log;
}

static double score_state(const struct xrp_site *s)
{
    struct tally *t = s->state;
    struct base b;
    if (!base_read(s, &b)) return NAN;
    if (t->misfits) return -INFINITY;
    double sum = 0.0 - log_rising(b.sum, (double)t->n);
    for (uint32_t i = 0; i < t->room; i++) {
        if (!t->at[i]) continue;
        if (i >= b.k || !(base_at(&b, i) > 0.0)) return -INFINITY;
        sum += t->layout == PAIR
                   ? rising(&t->rise[i], b.weight[i], (double)t->at[i])
                   : log_rising(base_at(&b, i), (double)t->at[i]);
    }
    return sum;
}

static bool score_state_gradient(const struct xrp_site *s, double *by_param)
{
    const struct tally *t = s->state;
    struct base b;
    if (!(score_state(s) > -INFINITY) || !base_read(s, &b)) return false;
    double all = digamma_rise(b.sum, (double)t->n);
    if (t->layout == SYMMETRIC) {
        by_param[0] = -all * b.k;
        by_param[1] = NAN;
        for (uint32_t i = 0; i < t->room; i++)
            if (t->at[i]) by_param[0] += digamma_rise(b.each, (double)t->at[i]);
    } else if (s->param_count == 1 && !is_number(s->params[0])) {
        by_param[0] = NAN;
    } else {
        for (uint32_t i = 0; i < b.k; i++) {
            double c = (double)counted(t, i);
            by_param[i] = (c > 0.0 ? digamma_rise(b.weight[i], c) : 0.0) - all;
        }
    }
    return true;
}

/* The weights are read again when they are needed. */
static void *copy(const void *state)
{
    const struct tally *from = state;
    struct tally *to = make(from->layout);
    if (!to || !reserve(to, from->room)) return NULL;
    to->broken = from->broken;
    to->n = from->n;
    to->misfits = from->misfits;
    memcpy(to->at, from->at, from->room * sizeof *to->at);
    return to;
}

static uint64_t count(const void *state)
{
    const struct tally *t = state;
    return t->n + t->misfits;
}

/* ---- the rows ----------------------------------------------------------- */

static void *pair_initialize(const struct xrp_site *s)
{
    return make(s->param_count == 2 ? PAIR : POLYA);
}

static void *list_initialize(const struct xrp_site *s)
{
    (void)s;
    return make(LIST);
}

static void *symmetric_initialize(const struct xrp_site *s)
{
    (void)s;
    return make(SYMMETRIC);
}

static void *polya_initialize(const struct xrp_site *s)
{
    (void)s;
    return make(POLYA);
}

static bool polya_explain(const struct xrp_site *s, char *words, size_t size)
{
    int count_given;
    const value *params = site_params(s, &count_given);
    return weights_explain(params, count_given, false, "count", words, size);
}

static bool pair_explain(const struct xrp_site *s, char *words, size_t size)
{
    int given;
    const value *params = site_params(s, &given);
    if (given != 2) return polya_explain(s, words, size);
    return parameters_explain(pair_rows, 2, params, given, words, size);
}

static bool list_explain(const struct xrp_site *s, char *words, size_t size)
{
    int given;
    const value *params = site_params(s, &given);
    return weights_explain(params, given, true, "alpha", words, size);
}

static bool symmetric_explain(const struct xrp_site *s, char *words,
                              size_t size)
{
    int given;
    const value *params = site_params(s, &given);
    if (parameters_explain(symmetric_rows, 2, params, given, words, size))
        return true;
    if (given < 2 || as_number(params[0]) * as_number(params[1]) < INFINITY)
        return false;
    snprintf(words, size, "n times alpha is more than a number can hold");
    return true;
}

/* What the made families have in common. */
#define INDEX_URN                                                             \
    .signature = "(urn)", .sample = sample, .incorporate = incorporate,       \
    .remove = take_out, .prob = prob, .enumerate = enumerate,                 \
    .chances = chances, .chance = chance, .gradient = gradient,               \
    .score_state = score_state, .score_state_gradient = score_state_gradient, \
    .copy = copy, .count = count,                                             \
    .flags = XRP_RESCORES | XRP_STATEFUL | XRP_FIXED_SUPPORT | XRP_EXACT_STATE

static const struct xrp_family made_pair = {
    INDEX_URN,
    .names = "beta-binomial",
    .doc = "a boolean, its probability integrated out",
    .support_kind = SUPPORT_BOOLEAN,
    .initialize = pair_initialize,
    .explain = pair_explain,
};

static const struct xrp_family made_list = {
    INDEX_URN,
    .names = "dirichlet-multinomial",
    .doc = "an index, its probabilities integrated out",
    .support_kind = SUPPORT_INTEGERS,
    .initialize = list_initialize,
    .explain = list_explain,
};

static const struct xrp_family made_symmetric = {
    INDEX_URN,
    .names = "symmetric-dirichlet-multinomial",
    .doc = "an index, its probabilities integrated out",
    .support_kind = SUPPORT_INTEGERS,
    .initialize = symmetric_initialize,
    .explain = symmetric_explain,
};

static const struct xrp_family made_polya = {
    INDEX_URN,
    .names = "polya-urn",
    .doc = "the index of a colour; one more ball of it goes into the urn",
    .support_kind = SUPPORT_INTEGERS,
    .initialize = polya_initialize,
    .explain = polya_explain,
};

const struct xrp_family maker_beta_bernoulli = {
    .names = "beta-binomial/make make-beta-bernoulli",
    .signature = "(beta-binomial/make a b) (beta-binomial/make counts)",
    .doc = "a procedure without arguments that draws booleans, true with "
           "probability beta(a, b); of a list of counts, a Polya urn",
    .min = 1,
    .max = 2,
    .flags = XRP_MAKER | XRP_RESCORES,
    .made = &made_pair,
    .explain = pair_explain,
};

const struct xrp_family maker_dirichlet = {
    .names = "dirichlet-multinomial/make make-dir-cat",
    .signature = "(dirichlet-multinomial/make alphas)",
    .doc = "a procedure without arguments that draws indices, with "
           "probabilities dirichlet(alphas)",
    .min = 1,
    .max = 1,
    .flags = XRP_MAKER | XRP_RESCORES,
    .made = &made_list,
    .explain = list_explain,
};

const struct xrp_family maker_symmetric_dirichlet = {
    .names = "symmetric-dirichlet-multinomial/make make-sym-dir-cat",
    .signature = "(symmetric-dirichlet-multinomial/make alpha n)",
    .doc = "a procedure without arguments that draws indices below n, with "
           "probabilities symmetric-dirichlet(alpha, n)",
    .min = 2,
    .max = 2,
    .flags = XRP_MAKER | XRP_RESCORES,
    .made = &made_symmetric,
    .explain = symmetric_explain,
};

const struct xrp_family maker_polya = {
    .names = "polya-urn/make",
    .signature = "(polya-urn/make counts) (polya-urn/make n0 n1 ...)",
    .doc = "a procedure without arguments that draws the index of a colour "
           "in proportion to its balls, and puts one more in",
    .min = 1,
    .max = -1,
    .flags = XRP_MAKER | XRP_RESCORES,
    .made = &made_polya,
    .explain = polya_explain,
};
