/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Improper families: log density 0 on an interval. There is nothing to draw
 * from, and XRP_IMPROPER says so. What `sample` gives is where a chain
 * starts: uniform(-2, 2) in unconstrained space, as Stan's programs start.
 */
#include <math.h>

#include "base/special.h"
#include "xrp/plain.h"

static double no_log(const double *p, double x)
{
    (void)p, (void)x;
    return 0.0;
}

static bool no_slope(const double *p, double x, double *d)
{
    (void)p, (void)x;
    d[0] = d[1] = d[2] = 0.0;
    return true;
}

/* The start in unconstrained space. */
static double start(struct random *r) { return 4.0 * random_unit(r) - 2.0; }

/* ---- flat --------------------------------------------------------------- */

static double flat_draw(const double *p, struct random *r)
{
    (void)p;
    return start(r);
}

static const struct plain flat_plain = {
    .lo = -INFINITY,
    .hi = INFINITY,
    .log = no_log,
    .draw = flat_draw,
    .slope = no_slope,
};
PLAIN_CORE(flat)

const struct xrp_family family_flat = {
    .names = "flat",
    .signature = "(flat)",
    .doc = "a real number, log density 0: improper, for posteriors only",
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT | XRP_IMPROPER,
    .support_kind = SUPPORT_REAL,
    PLAIN_CORE_SLOTS(flat),
};

/* ---- flat-positive ------------------------------------------------------ */

static double positive_start(const double *p, struct random *r)
{
    (void)p;
    return exp(start(r));
}

static const struct plain flat_positive_plain = {
    .lo = 0.0,
    .hi = INFINITY,
    .log = no_log,
    .draw = positive_start,
    .slope = no_slope,
};
PLAIN_CORE(flat_positive)

const struct xrp_family family_flat_positive = {
    .names = "flat-positive",
    .signature = "(flat-positive)",
    .doc = "a positive number, log density 0: improper, for posteriors only",
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT | XRP_IMPROPER,
    .support_kind = SUPPORT_POSITIVE,
    PLAIN_CORE_SLOTS(flat_positive),
};

/* ---- flat-interval ------------------------------------------------------ */

static const struct parameter interval_rows[] = {{"lo", EXTENDED, 0.0},
                                                 {"hi", EXTENDED, 0.0}};

static bool interval_sound(const double *p)
{
    return p[0] < p[1] && p[0] < INFINITY && p[1] > -INFINITY;
}

static void interval_ends(const double *p, double *lo, double *hi)
{
    *lo = p[0];
    *hi = p[1];
}

static double interval_start(const double *p, struct random *r)
{
    double u = start(r), lo = p[0], hi = p[1];
    if (lo == -INFINITY && hi == INFINITY) return u;
    if (hi == INFINITY) return real_draw(lo + exp(u));
    if (lo == -INFINITY) return real_draw(hi - exp(u));
    double share = inv_logit(u);
    return fmin(fmax(lo * (1.0 - share) + hi * share, lo), hi);
}

static const struct plain flat_interval_plain = {
    .rows = interval_rows,
    .count = 2,
    .bounds = interval_ends,
    .sound = interval_sound,
    .unsound = "lo must be below hi",
    .log = no_log,
    .draw = interval_start,
    .slope = no_slope,
};
PLAIN_CORE(flat_interval)

static bool flat_interval_explain(const struct xrp_site *s, char *words,
                                  size_t size)
{
    return plain_explain(&flat_interval_plain, s, words, size);
}

const struct xrp_family family_flat_interval = {
    .names = "flat-interval",
    .signature = "(flat-interval lo hi)",
    .doc = "a number from lo to hi, either of which may be infinite, log "
           "density 0: improper, for posteriors only",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_IMPROPER,
    .support_kind = SUPPORT_INTERVAL,
    .explain = flat_interval_explain,
    PLAIN_CORE_SLOTS(flat_interval),
};
