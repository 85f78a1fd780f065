/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The functions of the families that stand for procedures of C: each opens
 * the site, calls, and judges the answer. See foreign.h.
 */
#include "front/foreign.h"

#include <stdio.h>

#include "base/memory.h"
#include "xrp/family.h"
#include "xrp/multivariate.h"

/* A log probability may be above 0 by so much. */
#define ROUNDING 1e-8

/* ---- drawing and scoring ------------------------------------------------- */

static bool sample(const struct xrp_site *s, struct random *r, value *out)
{
    struct foreign_call c;
    double *room;
    if (!foreign_ready(s) || !foreign_open(&c, s, NULL) ||
        !(room = foreign_room(&c)))
        return false;
    room[0] = NAN;
    if (!c.of->is.sample(&c.site, (struct vst_random *)r, room)) return false;
    if (foreign_supports(&c, room)) {
        *out = foreign_value(&c, room);
        return *out != V_UNBOUND;
    }
    if (c.site.length > 1)
        return foreign_wrong(c.of,
                             "sample gave numbers that are not in its "
                             "support: %s",
                             xrp_support_words(s->family));
    return foreign_wrong(c.of,
                         "sample gave %.17g, which is not in its support: %s",
                         room[0], xrp_support_words(s->family));
}

double foreign_judge(struct foreign *of, const char *who, double x)
{
    bool density = of->is.support >= VST_REAL;
    if (x == x && x < INFINITY && (density || x <= ROUNDING)) return x;
    foreign_wrong(of, "%s answered %.17g, which is no log %s", who, x,
                  density ? "density" : "probability");
    if (x != x) of->failure.kind = ERROR_DOMAIN;
    return NAN;
}

static double prob(const struct xrp_site *s, value v)
{
    struct foreign_call c;
    if (!foreign_ready(s) || !foreign_open(&c, s, NULL)) return NAN;
    if (!foreign_read(&c, v)) return -INFINITY;
    return foreign_judge(c.of, "log_prob", c.of->is.log_prob(&c.site, c.value));
}

/* ---- support and moments ------------------------------------------------- */

static bool enumerate(const struct xrp_site *s, value *list)
{
    struct foreign_call c;
    double lo = 0.0, hi = 1.0;
    if (!foreign_open(&c, s, NULL)) return false;
    bool boolean = c.of->is.support == VST_BOOLEAN;
    if (!boolean && !c.of->is.bounds(&c.site, &lo, &hi)) return false;
    lo = ceil(lo);
    if (c.of->is.support == VST_COUNT && lo < 0.0) lo = 0.0;
    if (!(hi - lo < ENUMERATE_MAX)) return false;
    *list = V_NIL;
    for (double x = floor(hi); x >= lo; x--)
        if (!enumerate_onto(foreign_value(&c, &x), list)) return false;
    return true;
}

static bool bounds(const struct xrp_site *s, double *lo, double *hi)
{
    struct foreign_call c;
    return foreign_open(&c, s, NULL) && c.of->is.bounds(&c.site, lo, hi) &&
           *lo <= *hi;
}

static bool moments(const struct xrp_site *s, double *mean, double *variance)
{
    struct foreign_call c;
    return foreign_open(&c, s, NULL) &&
           c.of->is.moments(&c.site, mean, variance);
}

/* ---- slopes -------------------------------------------------------------- */

/* Those that the slope slots speak of: of an urn its parameters. */
static const struct vst_numbers *sloped(const struct foreign_call *c, int *n)
{
    bool urn = c->site.params != NULL;
    *n = urn ? c->site.param_count : c->site.arg_count;
    return urn ? c->site.params : c->site.args;
}

/* C fills everything; what is not wanted goes to room of ours. */
static bool slopes(const struct xrp_site *s, value v, double *by_value,
                   double *const *by_arg)
{
    struct foreign_call c;
    struct room room;
    int n;
    if (!foreign_open(&c, s, NULL) || !foreign_read(&c, v)) return false;
    const struct vst_numbers *of = sloped(&c, &n);
    size_t count = c.site.length;
    for (int i = 0; i < n; i++) count += of[i].count;
    double **to = memory_new((size_t)(n + 1) * sizeof *to);
    double *at = room_open(&room, count);
    bool good = to && at;
    if (good && !by_value) by_value = at;
    at += c.site.length;
    for (int i = 0; good && i < n; at += of[i++].count)
        to[i] = by_arg[i] ? by_arg[i] : at;
    good = good && c.of->is.gradient(&c.site, c.value, by_value, to);
    room_close(&room);
    return good;
}

static bool gradient(const struct xrp_site *s, value v, double *by_value,
                     double *by_arg)
{
    struct foreign_call c;
    int n;
    if (!foreign_open(&c, s, NULL)) return false;
    const struct vst_numbers *of = sloped(&c, &n);
    double **to = memory_new((size_t)(n + 1) * sizeof *to);
    bool array = c.of->is.support >= VST_VECTOR;
    if (!to) return false;
    for (int i = 0; i < n; i++) {
        by_arg[i] = NAN;
        if (of[i].count == 1) to[i] = by_arg + i;
    }
    *by_value = NAN;
    return slopes(s, v, array ? NULL : by_value, to);
}

static bool gradient_within(const struct xrp_site *s, value v, int arg,
                            double *by_element)
{
    int n = s->params ? s->param_count : s->arg_count;
    double **to = memory_new((size_t)(n + 1) * sizeof *to);
    if (!to || arg >= n) return false;
    to[arg] = by_element;
    return slopes(s, v, NULL, to);
}

/* ---- what is wrong ------------------------------------------------------- */

static bool explain(const struct xrp_site *s, char *words, size_t size)
{
    struct foreign_call c;
    struct foreign_misfit misfit;
    char got[64];
    if (!foreign_open(&c, s, &misfit)) {
        if (misfit.which)
            snprintf(words, size,
                     "argument %d must be a number or an array of numbers, "
                     "got %s",
                     misfit.which, value_words(misfit.got, got, sizeof got));
        else
            snprintf(words, size,
                     "a value would have no length, or more than "
                     "%d numbers",
                     DIMENSION_MAX);
        return true;
    }
    const struct vst_xrp *is = &c.of->is;
    return is->explain && is->explain(&c.site, words, size);
}

/* What its own words explain is no failure. */
static bool failure(const struct xrp_site *s, struct error *error)
{
    struct foreign *of = foreign_of(s->family);
    char words[2];
    if (!of->failed) return false;
    if (!error) return true;
    of->failed = false;
    if (of->failure.kind == ERROR_DOMAIN && explain(s, words, sizeof words))
        return false;
    *error = of->failure;
    return true;
}

/* ---- the family ---------------------------------------------------------- */

void foreign_fill(struct xrp_family *f, const struct vst_xrp *x)
{
    bool whole = x->support == VST_INTEGER || x->support == VST_COUNT;
    f->explain = explain;
    if (f->flags & XRP_MAKER) return;
    f->sample = sample;
    f->prob = prob;
    f->failure = failure;
    if (x->support == VST_BOOLEAN || (whole && x->bounds))
        f->enumerate = enumerate;
    if (x->bounds) f->bounds = bounds;
    if (x->moments) f->moments = moments;
    if (!x->gradient) return;
    f->gradient = gradient;
    f->gradient_within = gradient_within;
    f->slopes = slopes;
}
