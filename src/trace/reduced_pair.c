/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A mean m and the rate r of a normal's precision together, in closed form
 * (normal-gamma, normal-inverse-gamma): where m's prior is normal with a
 * precision of w0 r, or flat, and each reader of m is normal around a + b m
 * with a precision of w r. Others may read r alone, as any conjugate reader
 * of a rate. With n rows, and m's prior as one more (b = 1, y - a = its
 * mean), least squares have
 *
 *     S = sum w b^2     m^ = sum w b (y - a) / S     Q = sum w (y - a - b m^)^2
 *
 * and so, by integrating m out (Gelman et al., Bayesian Data Analysis, 3.3),
 *
 *     r ~ gamma(p + (n - 1) / 2, rate q + Q / 2)      m | r ~ normal(m^, 1 / S r)
 *
 * where n counts the prior if it is proper, and p and q are those of r
 * without m. S, m^ and Q are kept row by row, so that nothing cancels.
 */
#include <math.h>

#include "trace/reduced_conjugate.h"
#include "xrp/family.h"

struct squares {
    double s, mean, q;
    double rows;
};

static bool add_row(struct squares *x, double b, double y, double w)
{
    double gap = y - b * x->mean, s = x->s + w * b * b;
    if (!(w > 0.0) || !isfinite(s) || !isfinite(gap)) return false;
    /* The first row that reads m is met exactly. */
    x->q += s > 0.0 ? w * gap * gap * (x->s / s) : 0.0;
    if (b == 0.0 && s == 0.0) x->q += w * gap * gap;
    if (s > 0.0) x->mean += w * b * gap / s;
    x->s = s;
    x->rows++;
    return true;
}

/* Both, as they see what a reader is written with. */
struct views {
    struct power_view mean, rate;
    double sign; /* of powers of the rate */
};

/* An argument in both. false: it has no such form. */
struct both {
    struct power of_mean, of_rate;
};

static bool see(const struct views *v, value written, struct both *out)
{
    return power_of(&v->mean, written, &out->of_mean) &&
           power_of(&v->rate, written, &out->of_rate);
}

/* A normal row of mean a + b m and deviation s r^(-1/2), both numbers: the
 * mean without the rate, the deviation without m. *stands: it reads one. */
static bool read_row(const struct views *v, const struct both *args, uint32_t i,
                     double y, struct squares *x)
{
    const struct power *mean = &args[0].of_mean, *sd = &args[1].of_rate;
    double a = column_at(mean->a, i), b = column_at(mean->b, i);
    double s = column_at(sd->b, i);
    if (column_at(args[0].of_rate.b, i) != 0.0 ||
        column_at(args[1].of_mean.b, i) != 0.0)
        return false;
    if (b == 0.0 && s == 0.0) return true;
    if ((b != 0.0 && mean->e != 1.0) || column_at(sd->a, i) != 0.0 ||
        !(s > 0.0) || fabs(v->sign * sd->e + 0.5) > 1e-12)
        return false;
    return add_row(x, b, y - a, 1.0 / (s * s));
}

static bool fits(const struct power *p, const struct reading *r, uint32_t rows)
{
    return !p->rows || (r->is_row && p->rows == rows);
}

static bool read_reader(const struct views *v, const struct choice *reader,
                        struct squares *x)
{
    static const struct power zero = {.e = 1.0},
                              one = {.a = {1.0, NULL}, .e = 1.0};
    struct both args[ARGUMENTS] = {{zero, zero}, {one, one}};
    struct reading r;
    struct held_walk held;
    double y;
    if (!reading_open(reader, &r) || !held_open(&r, &held)) return false;
    bool is_log = r.family == &family_lognormal;
    if ((!is_log && r.family != &family_normal) || r.count > ARGUMENTS)
        return false;
    for (uint32_t i = 0; i < r.count; i++)
        if (!see(v, r.args[i], &args[i]) ||
            !fits(&args[i].of_mean, &r, held.left) ||
            !fits(&args[i].of_rate, &r, held.left))
            return false;
    for (uint32_t i = 0; held.left; i++)
        if (!held_number(held_next(&held), &y) || (is_log && !(y > 0.0)) ||
            !read_row(v, args, i, is_log ? log(y) : y, x))
            return false;
    return true;
}

/* m's own application is a row around its mean. */
static bool read_prior(const struct views *v, const struct choice *m,
                       struct squares *x)
{
    struct both mean, sd;
    if (m->family == &family_flat) return true;
    if (m->family != &family_normal || m->node.head.size != ARGUMENTS ||
        !see(v, m->written[0], &mean) || !see(v, m->written[1], &sd) ||
        mean.of_mean.rows || sd.of_mean.rows || mean.of_rate.b.one != 0.0 ||
        sd.of_rate.a.one != 0.0 || !(sd.of_rate.b.one > 0.0) ||
        fabs(v->sign * sd.of_rate.e + 0.5) > 1e-12)
        return false;
    return add_row(x, 1.0, mean.of_rate.a.one,
                   1.0 / (sd.of_rate.b.one * sd.of_rate.b.one));
}

/* Those of the mean; then those of the rate that do not read the mean. */
static bool read_all(const struct views *v, const struct prior *prior,
                     struct squares *x, struct evidence *e)
{
    struct choice *mean = v->mean.choice, *rate = v->rate.choice;
    for (const struct edge *i = node_readers(&mean->node); i;
         i = edge_next(i)) {
        if (node_kind(edge_reader(i)) != NODE_CHOICE) return false;
        v->mean.trace->touched++;
        if (!edge_is_again(i) &&
            !read_reader(v, (struct choice *)edge_reader(i), x))
            return false;
    }
    for (const struct edge *i = node_readers(&rate->node); i;
         i = edge_next(i)) {
        if (node_kind(edge_reader(i)) != NODE_CHOICE) return false;
        v->mean.trace->touched++;
        if (!edge_is_again(i) && edge_reader(i) != &mean->node &&
            !edge_reads(i, &mean->node) &&
            !prior_read(&v->rate, prior, (struct choice *)edge_reader(i), e))
            return false;
    }
    return true;
}

/* The law of the rate alone; given it, the mean is normal around `mean` with
 * `precision` times the rate, or times one over the choice. */
struct law {
    struct conditional rate;
    bool inverse;
    double mean, precision;
};

static bool find(const struct views *v, const struct prior *prior,
                 struct law *out)
{
    struct squares x = {0};
    struct evidence e;
    const struct choice *rate = v->rate.choice;
    if (!read_prior(v, v->mean.choice, &x) ||
        !prior_begin(&v->rate, prior, rate->written, rate->node.head.size,
                     &e) ||
        !read_all(v, prior, &x, &e) || !(x.s > 0.0))
        return false;
    e.p += 0.5 * (x.rows - 1.0);
    e.q += 0.5 * x.q;
    *out = (struct law){
        .inverse = prior->inverse, .mean = x.mean, .precision = x.s};
    return prior_end(prior, &e, &out->rate);
}

static bool law_of(struct trace *t, struct choice *mean, struct choice *rate,
                   struct law *out)
{
    const struct prior *prior = prior_of(rate->family);
    bool collecting = t->collecting;
    if (!prior || prior->kind != RATE || choice_urn(mean) || choice_urn(rate) ||
        choice_is_read_in_parts(t, mean) || choice_is_read_in_parts(t, rate))
        return false;
    struct views v = {{t, mean, false, ENTIRE},
                      {t, rate, true, ENTIRE},
                      prior->inverse ? -1.0 : 1.0};
    t->collecting = false;
    bool found = find(&v, prior, out);
    t->collecting = collecting;
    return found;
}

static bool draw_two(struct trace *t, const struct law *l, value *mean,
                     value *rate)
{
    struct random *r = &t->machine->random;
    struct xrp_site s = {.args = l->rate.args,
                         .arg_count = l->rate.count,
                         .family = l->rate.family};
    if (!l->rate.family->sample(&s, r, rate)) return false;
    double x = as_number(*rate);
    double precision = l->precision * (l->inverse ? 1.0 / x : x);
    *mean = v_double(l->mean + random_normal(r) / sqrt(precision));
    return isfinite(as_number(*mean));
}

bool trace_gibbs_pair(struct trace *t, struct choice *a, struct choice *b,
                      bool *done, bool *changed)
{
    struct law l;
    struct choice *mean = a, *rate = b;
    *done = *changed = false;
    if (t->script) return true;
    if (!law_of(t, mean, rate, &l)) {
        mean = b;
        rate = a;
        if (!law_of(t, mean, rate, &l)) return true;
    }
    struct move_part parts[2] = {{mean, V_UNBOUND}, {rate, V_UNBOUND}};
    struct move m = {.parts = parts, .count = 2};
    if (!draw_two(t, &l, &parts[0].to, &parts[1].to)) return true;
    bool ok = trace_move(t, &m);
    /* Rounding may put it where there is no density. */
    *changed = ok && m.possible;
    *done = ok;
    if (*changed) trace_settle(t, true);
    move_close(&m);
    return ok;
}
