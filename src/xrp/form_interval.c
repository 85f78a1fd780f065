/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The probability of an interval, for the forms that cut a distribution: from
 * the tail in which nothing cancels, or, where the interval holds next to
 * nothing of its tail, by quadrature of the density over it. It knows the
 * family within by its slots only.
 */
#include "base/special.h"
#include "xrp/form.h"

/* ---- reading ------------------------------------------------------------ */

static bool number_of(const struct words *w, const char *name, value v,
                      double *x)
{
    char text[96];
    if (real_of(v, x)) return true;
    return words_put(w, "%s must be a number, got %s", name,
                     value_words(v, text, sizeof text));
}

static bool refuse(const struct words *w, const struct inner *in,
                   const char *what)
{
    return words_put(w, "%.*s has no %s", inner_name(in), in->family->names,
                     what);
}

/* What is wrong with the arguments within comes first. */
static bool no_tails(const struct words *w, const struct inner *in,
                     const char *what)
{
    return w->at && inner_explain(in, w->at, w->size) ? false
                                                      : refuse(w, in, what);
}

static bool find_mass(const struct words *w, struct interval *t)
{
    const struct inner *in = &t->in;
    static const char *const here = "cumulative distribution function here";
    if (!in->family->log_cdf || !inner_is_number(in))
        return no_tails(w, in, "cumulative distribution function");
    t->atoms = inner_has_atoms(in);
    t->whole = !t->atoms && !inner_is_continuous(in);
    if (!(t->lo < t->hi || ((t->whole || t->atoms) && t->lo == t->hi)))
        return words_put(w, "lo must be below hi, got %.15g and %.15g", t->lo,
                         t->hi);
    t->from = t->atoms                        ? nextafter(t->lo, -INFINITY)
              : t->whole && t->lo > -INFINITY ? ceil(t->lo) - 1.0
                                              : t->lo;
    if (!in->family->log_cdf(&in->site, t->from, &t->from_below,
                             &t->from_above) ||
        !in->family->log_cdf(&in->site, t->hi, &t->hi_below, &t->hi_above))
        return no_tails(w, in, here);
    t->log_mass = interval_mass(in, t->from, t->from_below, t->from_above,
                                t->hi, t->hi_below, t->hi_above);
    if (t->log_mass != t->log_mass) return no_tails(w, in, here);
    return true;
}

bool interval_open(const struct words *w, const struct xrp_site *s,
                   struct interval *t)
{
    *t = (struct interval){.log_mass = NAN};
    return inner_open(w, s, 2, s->arg_count, &t->in) &&
           number_of(w, "lo", s->args[0], &t->lo) &&
           number_of(w, "hi", s->args[1], &t->hi) && find_mass(w, t);
}

bool interval_open_half(const struct words *w, const struct xrp_site *s,
                        struct interval *t)
{
    *t = (struct interval){.lo = 0.0, .hi = INFINITY, .log_mass = NAN};
    return inner_open(w, s, 0, s->arg_count, &t->in) && find_mass(w, t);
}

/* ---- the mass ----------------------------------------------------------- */

/* log(e^a - e^b), b at most a. */
static double log_less(double a, double b)
{
    return b < a ? a + log1m_exp(b - a) : -INFINITY;
}

/* Gauss and Legendre's rule of 12 points (Abramowitz and Stegun, 25.4). */
enum { NODES = 12 };
static const double places[NODES / 2] = {
    0.12523340851146892, 0.36783149899818019, 0.58731795428661745,
    0.76990267419430469, 0.90411725637047486, 0.98156063424671925};
static const double weights[NODES / 2] = {
    0.24914704581340279, 0.23349253653835481, 0.20316742672306592,
    0.16007832854334623, 0.10693932599531843, 0.047175336386511827};

/* Node k over [a, b], and the log of its weight. */
static double node(double a, double b, int k, double *log_weight)
{
    double half = 0.5 * (b - a), place = places[k / 2] * half;
    *log_weight = log(weights[k / 2] * half);
    return a + half + (k % 2 ? place : -place);
}

static double quadrature(const struct inner *in, double a, double b)
{
    double at[NODES];
    for (int k = 0; k < NODES; k++) {
        double x = node(a, b, k, &at[k]);
        at[k] += inner_prob(in, v_double(x));
    }
    return log_sum_exp(at, NODES);
}

/* What rounding of two logs makes of the log of their difference. */
static double rounding(double more, double less)
{
    return 0x1p-52 * fmax(1.0, -more) / (more - less);
}

/* Is what lies between a and b so little of its tail that rounding is seen?
 * Then the quadrature is as good as it agrees with itself over two halves:
 * a density with a kink is left to the tails as long as they know more. */
static bool is_narrow(const struct inner *in, double a, double b, double more,
                      double less, double *log_mass)
{
    double noise = rounding(more, less);
    if (!(noise > 1e-14) || !(b - a < INFINITY) || more - less > 0.1 ||
        !inner_is_continuous(in) || inner_has_atoms(in))
        return false;
    double middle = a + 0.5 * (b - a);
    *log_mass = log_add(quadrature(in, a, middle), quadrature(in, middle, b));
    double doubt = fabs(*log_mass - quadrature(in, a, b));
    return doubt < 1e-14 + noise;
}

double interval_mass(const struct inner *in, double a, double a_below,
                     double a_above, double b, double b_below, double b_above)
{
    bool lower = b_below <= a_above;
    double more = lower ? b_below : a_above, less = lower ? a_below : b_above;
    double log_mass;
    if (more == -INFINITY) return -INFINITY;
    return is_narrow(in, a, b, more, less, &log_mass) ? log_mass
                                                      : log_less(more, less);
}

/* ---- its slopes --------------------------------------------------------- */

/* by_arg += share times the derivative of a log tail. */
static bool add_tail(const struct inner *in, double x, bool upper, double share,
                     double *by, double *by_arg)
{
    int n = in->site.arg_count;
    if (share == 0.0) return true;
    double by_x;
    if (!in->family->log_cdf_gradient ||
        !in->family->log_cdf_gradient(&in->site, x, upper, &by_x, by))
        return false;
    for (int i = 0; i < n; i++) by_arg[i] += share * by[i];
    return true;
}

static bool narrow_slopes(const struct interval *t, double b, double log_mass,
                          double *by, double *by_arg)
{
    for (int k = 0; k < NODES; k++) {
        double log_weight, by_value;
        value v = v_double(node(t->from, b, k, &log_weight));
        double share = exp(log_weight + inner_prob(&t->in, v) - log_mass);
        if (share == 0.0) continue;
        if (!inner_gradient(&t->in, v, &by_value, by)) return false;
        for (int i = 0; i < t->in.site.arg_count; i++)
            by_arg[i] += share * by[i];
    }
    return true;
}

bool interval_slopes(const struct interval *t, double b, double b_below,
                     double b_above, double log_mass, double *by_arg)
{
    int n = t->in.site.arg_count;
    struct room room;
    double *by = room_open(&room, (size_t)n + 1);
    if (!by) return false;
    for (int i = 0; i < n; i++) by_arg[i] = 0.0;
    bool lower = b_below <= t->from_above, good;
    double more = lower ? b_below : t->from_above;
    double less = lower ? t->from_below : b_above;
    double again;
    if (is_narrow(&t->in, t->from, b, more, less, &again))
        good = narrow_slopes(t, b, log_mass, by, by_arg);
    else
        good = add_tail(&t->in, lower ? b : t->from, !lower,
                        exp(more - log_mass), by, by_arg) &&
               add_tail(&t->in, lower ? t->from : b, !lower,
                        -exp(less - log_mass), by, by_arg);
    room_close(&room);
    return good;
}
