/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * truncated and half: a distribution given that its value is between two
 * bounds, both included; half: that it is at least 0. The density is divided
 * by the mass between them, exactly, however far out in a tail they are.
 */
#include <stdio.h>

#include "base/special.h"
#include "xrp/form.h"

/* Atoms and whole numbers between them are listed up to here. */
enum { ENUMERATE_ATOMS = 1 << 10 };

typedef bool interval_reader(const struct words *w, const struct xrp_site *s,
                             struct interval *t);

static const struct words nobody = {NULL, 0};

/* Reads the arguments; also false when nothing lies between the bounds. */
static bool open_at(interval_reader *reads, const struct xrp_site *s,
                    struct interval *t)
{
    return reads(&nobody, s, t) && t->log_mass > -INFINITY;
}

static bool explain_cut(interval_reader *reads, const struct xrp_site *s,
                        char *words, size_t size)
{
    struct words w = {words, size};
    struct interval t;
    if (!reads(&w, s, &t)) return true;
    if (inner_explain(&t.in, words, size)) return true;
    if (t.log_mass > -INFINITY) return false;
    snprintf(words, size, "nothing lies between %.15g and %.15g", t.lo, t.hi);
    return true;
}

static double least(const struct interval *t)
{
    return t->whole ? ceil(t->lo) : t->lo;
}
static double most(const struct interval *t)
{
    return t->whole ? floor(t->hi) : t->hi;
}

static value value_at(const struct interval *t, double x)
{
    x = fmin(fmax(x, least(t)), most(t));
    bool whole = t->whole || (t->atoms && !inner_is_continuous(&t->in));
    return whole && x == floor(x) ? v_whole(x) : v_double(real_draw(x));
}

static double log_density(const struct interval *t, double x)
{
    return fabs(x) < INFINITY ? inner_prob(&t->in, v_double(x)) : -INFINITY;
}

/* ---- density and draws -------------------------------------------------- */

static double cut_prob(interval_reader *reads, const struct xrp_site *s,
                       value v)
{
    struct interval t;
    double x;
    if (!open_at(reads, s, &t)) return NAN;
    if (!real_of(v, &x) || !(x >= t.lo && x <= t.hi)) {
        double within = inner_prob(&t.in, v);
        return within == within ? -INFINITY : within;
    }
    double score = inner_prob(&t.in, v) - t.log_mass;
    return t.whole ? fmin(score, 0.0) : score;
}

/* In a narrow interval quantiles are found from its mass: the density hardly
 * changes, and Newton's steps end at once. */
static double narrow_quantile(const struct interval *t, double log_p)
{
    const struct inner *in = &t->in;
    double wanted = log_p + t->log_mass;
    double x = t->from + (t->hi - t->from) * exp(log_p);
    for (int i = 0; i < 4 && x > t->from && x < t->hi; i++) {
        double below, above;
        if (!in->family->log_cdf(&in->site, x, &below, &above)) return NAN;
        double mass = interval_mass(in, t->from, t->from_below, t->from_above,
                                    x, below, above);
        x += -expm1(mass - wanted) * exp(wanted - log_density(t, x));
    }
    return x;
}

/* The place with e^log_p of the mass below and e^log_q above it: by the tail
 * that is the smaller one there. */
static bool place(const struct interval *t, double log_p, double log_q,
                  double *x)
{
    const struct inner *in = &t->in;
    double more = fmin(t->hi_below, t->from_above);
    if (!t->whole && !t->atoms && more - t->log_mass > 10.0 &&
        log_p > -INFINITY && log_q > -INFINITY && t->hi - t->from < INFINITY) {
        *x = narrow_quantile(t, log_p);
        if (*x == *x) return true;
    }
    double below = log_add(t->from_below, log_p + t->log_mass);
    double above = log_add(t->hi_above, log_q + t->log_mass);
    return in->family->quantile &&
           in->family->quantile(&in->site, fmin(fmin(below, above), 0.0),
                                above < below, x);
}

/* Most of the mass is between the bounds: then draws are tried. What is left
 * after some is drawn by the quantile, which is exact too. */
static bool cut_sample(interval_reader *reads, const struct xrp_site *s,
                       struct random *r, value *out)
{
    enum { TRIES = 32 };
    struct interval t;
    if (!open_at(reads, s, &t)) return false;
    for (int i = 0; i < TRIES && t.log_mass > -1.4; i++) {
        if (!inner_sample(&t.in, r, out)) return false;
        double x = as_number(*out);
        if (x >= t.lo && x <= t.hi) return true;
    }
    double u = random_open(r), x;
    if (!place(&t, log(u), log1p(-u), &x)) return false;
    *out = value_at(&t, x);
    return true;
}

/* Those of what is censored that are between the bounds. */
static bool enumerate_atoms(const struct interval *t, value *list)
{
    value all;
    if (!t->in.family->enumerate || !t->in.family->enumerate(&t->in.site, &all))
        return false;
    value few[ENUMERATE_ATOMS];
    uint32_t n = 0;
    for (; all != V_NIL; all = cdr(all)) {
        double x = as_number(car(all));
        if (!(x >= t->lo && x <= t->hi)) continue;
        if (n == ENUMERATE_ATOMS) return false;
        few[n++] = car(all);
    }
    *list = list_from(few, n);
    return *list != V_UNBOUND;
}

static bool cut_enumerate(interval_reader *reads, const struct xrp_site *s,
                          value *list)
{
    struct interval t;
    double lo, hi;
    if (!open_at(reads, s, &t)) return false;
    if (t.atoms) return enumerate_atoms(&t, list);
    if (!t.whole || !t.in.family->bounds ||
        !t.in.family->bounds(&t.in.site, &lo, &hi))
        return false;
    lo = fmax(lo, least(&t));
    hi = fmin(hi, most(&t));
    if (!(hi - lo < ENUMERATE_MAX)) return false;
    *list = V_NIL;
    for (double k = hi; k >= lo; k -= 1.0)
        if (inner_prob(&t.in, v_whole(k)) > -INFINITY &&
            !enumerate_onto(v_whole(k), list))
            return false;
    return true;
}

static bool cut_bounds(interval_reader *reads, const struct xrp_site *s,
                       double *lo, double *hi)
{
    struct interval t;
    if (!open_at(reads, s, &t) || !t.in.family->bounds ||
        !t.in.family->bounds(&t.in.site, lo, hi))
        return false;
    *lo = fmax(*lo, least(&t));
    *hi = fmin(*hi, most(&t));
    return true;
}

static bool cut_moments(const struct xrp_family *f, interval_reader *reads,
                        const struct xrp_site *s, double *mean,
                        double *variance)
{
    struct interval t;
    return open_at(reads, s, &t) && t.in.family->quantile &&
           form_moments(f, s, t.whole, mean, variance);
}

/* ---- slopes ------------------------------------------------------------- */

/* Derivatives of the log mass by lo and hi, relative to a mass of this log:
 * whole values know no bounds in between. */
static void mass_by_ends(const struct interval *t, double log_mass, double *lo,
                         double *hi)
{
    *lo = *hi = NAN;
    if (t->whole || t->atoms) return;
    *lo = 0.0 - exp(log_density(t, t->lo) - log_mass);
    *hi = exp(log_density(t, t->hi) - log_mass);
}

static void put_within(const struct interval *t, const struct xrp_site *s,
                       const double *by, double *by_arg)
{
    int own = (int)(t->in.site.args - s->args) - 1;
    by_arg[own] = NAN;
    for (int i = 0; i < t->in.site.arg_count; i++) by_arg[own + 1 + i] = by[i];
}

static bool cut_gradient(interval_reader *reads, const struct xrp_site *s,
                         value v, double *by_value, double *by_arg)
{
    struct interval t;
    struct room room;
    double x;
    if (!open_at(reads, s, &t)) return false;
    if (!real_of(v, &x) || !(x >= t.lo && x <= t.hi)) return false;
    int n = t.in.site.arg_count;
    double *by = room_open(&room, 2 * (size_t)n + 1), *mass = by + n;
    bool good =
        by && inner_gradient(&t.in, v, by_value, by) &&
        interval_slopes(&t, t.hi, t.hi_below, t.hi_above, t.log_mass, mass);
    for (int i = 0; good && i < n; i++) by[i] -= mass[i];
    if (good) {
        put_within(&t, s, by, by_arg);
        if (s->arg_count > n + 1) {
            double lo, hi;
            mass_by_ends(&t, t.log_mass, &lo, &hi);
            by_arg[0] = -lo;
            by_arg[1] = -hi;
        }
    }
    room_close(&room);
    return good;
}

/* ---- tails -------------------------------------------------------------- */

static bool cut_log_cdf(interval_reader *reads, const struct xrp_site *s,
                        double x, double *below, double *above)
{
    struct interval t;
    double b, a;
    if (x != x || !open_at(reads, s, &t)) return false;
    if (x < t.lo || x >= t.hi) {
        *below = x < t.lo ? -INFINITY : 0.0;
        *above = x < t.lo ? 0.0 : -INFINITY;
        return true;
    }
    if (!t.in.family->log_cdf(&t.in.site, x, &b, &a)) return false;
    *below = interval_mass(&t.in, t.from, t.from_below, t.from_above, x, b, a) -
             t.log_mass;
    *above = interval_mass(&t.in, x, b, a, t.hi, t.hi_below, t.hi_above) -
             t.log_mass;
    *below = fmin(*below, 0.0);
    *above = fmin(*above, 0.0);
    return true;
}

static bool cut_log_cdf_gradient(interval_reader *reads,
                                 const struct xrp_site *s, double x, bool upper,
                                 double *by_x, double *by_arg)
{
    struct interval t, part;
    struct room room;
    if (!open_at(reads, s, &t) || !(x >= t.lo && x <= t.hi)) return false;
    int n = t.in.site.arg_count;
    part = t;
    *(upper ? &part.from : &part.hi) = x;
    if (!t.in.family->log_cdf(&t.in.site, x,
                              upper ? &part.from_below : &part.hi_below,
                              upper ? &part.from_above : &part.hi_above))
        return false;
    part.log_mass =
        interval_mass(&t.in, part.from, part.from_below, part.from_above,
                      part.hi, part.hi_below, part.hi_above);
    double *by = room_open(&room, 2 * (size_t)n + 1), *mass = by + n;
    bool good =
        by &&
        interval_slopes(&part, part.hi, part.hi_below, part.hi_above,
                        part.log_mass, by) &&
        interval_slopes(&t, t.hi, t.hi_below, t.hi_above, t.log_mass, mass);
    for (int i = 0; good && i < n; i++) by[i] -= mass[i];
    if (good) {
        put_within(&t, s, by, by_arg);
        double slope = exp(log_density(&t, x) - part.log_mass);
        *by_x = t.whole || t.atoms ? NAN : upper ? -slope : slope;
        if (s->arg_count > n + 1) {
            double lo, hi, part_lo, part_hi;
            mass_by_ends(&t, t.log_mass, &lo, &hi);
            mass_by_ends(&t, part.log_mass, &part_lo, &part_hi);
            by_arg[0] = (upper ? 0.0 : part_lo) - lo;
            by_arg[1] = (upper ? part_hi : 0.0) - hi;
        }
    }
    room_close(&room);
    return good;
}

/* Of whole values: is the one before it as good, but for rounding? */
static double step_back(interval_reader *reads, const struct xrp_site *s,
                        const struct interval *t, double log_p, bool upper,
                        double x)
{
    double tail[2], slack = 0x1p-47 * fmax(1.0, -log_p);
    if (!(x - 1.0 >= least(t)) ||
        !cut_log_cdf(reads, s, x - 1.0, &tail[0], &tail[1]))
        return x;
    bool reached = upper ? tail[1] <= log_p + slack : tail[0] >= log_p - slack;
    return reached ? x - 1.0 : x;
}

static bool cut_quantile(interval_reader *reads, const struct xrp_site *s,
                         double log_p, bool upper, double *x)
{
    struct interval t;
    if (!(log_p <= 0.0) || !open_at(reads, s, &t)) return false;
    double rest = log_rest(log_p);
    if (!place(&t, upper ? rest : log_p, upper ? log_p : rest, x)) return false;
    *x = fmin(fmax(*x, least(&t)), most(&t));
    if (t.whole) *x = step_back(reads, s, &t, log_p, upper, *x);
    return true;
}

/* ---- the rows ----------------------------------------------------------- */

#define CUT_FUNCTIONS(NAME, READS)                                          \
    static bool NAME##_sample(const struct xrp_site *s, struct random *r,   \
                              value *out)                                   \
    {                                                                       \
        return cut_sample(READS, s, r, out);                                \
    }                                                                       \
    static double NAME##_prob(const struct xrp_site *s, value v)            \
    {                                                                       \
        return cut_prob(READS, s, v);                                       \
    }                                                                       \
    static bool NAME##_gradient(const struct xrp_site *s, value v,          \
                                double *by_value, double *by_arg)           \
    {                                                                       \
        return cut_gradient(READS, s, v, by_value, by_arg);                 \
    }                                                                       \
    static bool NAME##_explain(const struct xrp_site *s, char *words,       \
                               size_t size)                                 \
    {                                                                       \
        return explain_cut(READS, s, words, size);                          \
    }                                                                       \
    static bool NAME##_enumerate(const struct xrp_site *s, value *list)     \
    {                                                                       \
        return cut_enumerate(READS, s, list);                               \
    }                                                                       \
    static bool NAME##_bounds(const struct xrp_site *s, double *lo,         \
                              double *hi)                                   \
    {                                                                       \
        return cut_bounds(READS, s, lo, hi);                                \
    }                                                                       \
    static bool NAME##_moments(const struct xrp_site *s, double *mean,      \
                               double *variance)                            \
    {                                                                       \
        return cut_moments(&family_##NAME, READS, s, mean, variance);       \
    }                                                                       \
    static bool NAME##_log_cdf(const struct xrp_site *s, double x,          \
                               double *below, double *above)                \
    {                                                                       \
        return cut_log_cdf(READS, s, x, below, above);                      \
    }                                                                       \
    static bool NAME##_log_cdf_gradient(const struct xrp_site *s, double x, \
                                        bool upper, double *by_x,           \
                                        double *by_arg)                     \
    {                                                                       \
        return cut_log_cdf_gradient(READS, s, x, upper, by_x, by_arg);      \
    }                                                                       \
    static bool NAME##_quantile(const struct xrp_site *s, double log_p,     \
                                bool upper, double *x)                      \
    {                                                                       \
        return cut_quantile(READS, s, log_p, upper, x);                     \
    }

#define CUT_SLOTS(NAME)                                                        \
    .max = -1, .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FORM,              \
    .sample = NAME##_sample, .prob = NAME##_prob, .gradient = NAME##_gradient, \
    .explain = NAME##_explain, .enumerate = NAME##_enumerate,                  \
    .bounds = NAME##_bounds, .moments = NAME##_moments,                        \
    .log_cdf = NAME##_log_cdf, .log_cdf_gradient = NAME##_log_cdf_gradient,    \
    .quantile = NAME##_quantile

CUT_FUNCTIONS(truncated, interval_open)
CUT_FUNCTIONS(half, interval_open_half)

const struct xrp_family family_truncated = {
    .names = "truncated",
    .signature = "(truncated (f arg ...) lo hi)",
    .doc = "a draw of f, given that it is from lo to hi, both included",
    .min = 3,
    .support_kind = SUPPORT_INTERVAL,
    CUT_SLOTS(truncated),
};

const struct xrp_family family_half = {
    .names = "half",
    .signature = "(half (f arg ...))",
    .doc = "a draw of f, given that it is at least 0",
    .min = 1,
    .support_kind = SUPPORT_POSITIVE,
    CUT_SLOTS(half),
};
