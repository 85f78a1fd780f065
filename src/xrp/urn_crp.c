/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CRP/make: the Chinese restaurant process. An application sits down at a
 * table of c others with probability c / (alpha + n), at a new one with
 * alpha / (alpha + n); its value is the table's label, a random integer of
 * 46 bits, never one in use. Labels are names: a new label's own density is
 * no part of any score (Pitman 2006, theorem 3.2 is the score).
 */
#include "base/saddle.h"
#include "base/special.h"
#include "xrp/tables.h"

static const struct parameter rows[] = {{"alpha", POSITIVE, 0.0}};

static bool read(const struct xrp_site *s, double *alpha)
{
    const struct tables *t = s->state;
    return parameter_read(rows, s->params, s->param_count, 0, alpha) &&
           !(t && t->broken);
}

static void *initialize(const struct xrp_site *s)
{
    (void)s;
    return tables_new();
}

static bool sample(const struct xrp_site *s, struct random *r, value *out)
{
    const struct tables *t = s->state;
    double alpha, c;
    if (!read(s, &alpha)) return false;
    bool joins = random_unit(r) * (alpha + (double)t->n) >= alpha && t->n;
    *out = v_whole(
        (double)(joins ? tables_customer(t, r, &c) : tables_unused(t, r)));
    return true;
}

static double prob(const struct xrp_site *s, value v)
{
    const struct tables *t = s->state;
    double alpha, c, n = (double)t->n;
    if (!read(s, &alpha)) return NAN;
    if (!tables_seated(t, v, &c)) return -INFINITY;
    return c > 0.0 ? log_share(c, alpha + (n - c)) : log_share(alpha, n);
}

static bool enumerate(const struct xrp_site *s, value *list)
{
    double alpha;
    return read(s, &alpha) && tables_enumerate(s->state, list);
}

static bool gradient(const struct xrp_site *s, value v, double *by_value,
                     double *by_param)
{
    const struct tables *t = s->state;
    double alpha, c, n = (double)t->n;
    if (!read(s, &alpha) || !tables_seated(t, v, &c)) return false;
    *by_value = NAN;
    by_param[0] = (c > 0.0 ? -1.0 : n / alpha) / (alpha + n);
    return true;
}

/* alpha^tables prod (c - 1)! over alpha (alpha + 1) ... (alpha + n - 1), one
 * alpha cancelled. O(tables). */
static double score_state(const struct xrp_site *s)
{
    const struct tables *t = s->state;
    double alpha;
    if (!read(s, &alpha)) return NAN;
    if (t->misfits) return -INFINITY;
    if (t->n == 0) return 0.0;
    double sum = (t->count - 1.0) * log(alpha) -
                 log_rising(alpha + 1.0, (double)t->n - 1.0);
    for (uint32_t i = 0; i < t->used; i++)
        if (t->size[i] > 2) sum += log_gamma((double)t->size[i]);
    return sum;
}

static bool score_state_gradient(const struct xrp_site *s, double *by_param)
{
    const struct tables *t = s->state;
    double alpha;
    if (!read(s, &alpha) || t->misfits) return false;
    by_param[0] = 0.0;
    if (t->n > 0)
        by_param[0] = (t->count - 1.0) / alpha -
                      digamma_rise(alpha + 1.0, (double)t->n - 1.0);
    return true;
}

static bool explain(const struct xrp_site *s, char *words, size_t size)
{
    int given;
    const value *params = site_params(s, &given);
    return parameters_explain(rows, 1, params, given, words, size);
}

static const struct xrp_family made = {TABLES_URN, .names = "CRP"};

const struct xrp_family maker_crp = {
    .names = "CRP/make make-crp",
    .signature = "(CRP/make alpha)",
    .doc = "a procedure without arguments that draws table labels; a new "
           "table in proportion to alpha, another to its customers",
    .min = 1,
    .max = 1,
    .flags = XRP_MAKER | XRP_RESCORES,
    .made = &made,
    .explain = explain,
};
