/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Conditionals in closed form: of a choice x with a conjugate prior, all of
 * whose readers are of its kind, and read it as a + b x^e where the kind says
 * (reduced_power.c). Priors of one kind differ by where they begin, and
 * readers by what they add to two sums; so each is a row of a table.
 *
 *     kind     posterior          x is read as
 *     mean     normal             the mean of a normal or lognormal
 *     chance   beta               a probability, or one less it
 *     rate     gamma; of its inverse, inverse-gamma
 *                                 a rate, one over a scale, a precision, a
 *                                 variance (of its inverse), ...
 *     shares   dirichlet          weights: reduced_shares.c
 *     a mean and its rate together: reduced_pair.c
 *
 * Arrays (iid, each, OBSERVE-EACH) are as many readers as they have rows.
 */
#include "trace/reduced_conjugate.h"

#include <math.h>

#include "trace/reduced_power.h"
#include "xrp/form.h"

/* An argument of a row: a + b x^e. */
struct point {
    double a, b, e;
};

static bool is_steady(const struct point *x) { return x->b == 0.0; }

/* b x^e, with b > 0. */
static bool is_power(const struct point *x, double e)
{
    return x->a == 0.0 && x->b > 0.0 && fabs(x->e - e) <= 1e-12;
}

/* ---- readers: false, x is not where it may be ------------------------------- */

typedef bool reader_function(const struct point *args, double y,
                             struct evidence *);

static bool normal_mean(const struct point *args, double y, struct evidence *e)
{
    double b = args[0].b, w = 1.0 / (args[1].a * args[1].a);
    if (!is_steady(args + 1) || !(args[1].a > 0.0)) return false;
    if (b != 0.0 && args[0].e != 1.0) return false;
    e->p += w * b * (y - args[0].a);
    e->q += w * b * b;
    return true;
}

static bool lognormal_mean(const struct point *args, double y,
                           struct evidence *e)
{
    return y > 0.0 && normal_mean(args, log(y), e);
}

static bool add_chances(const struct point *chance, double yes, double no,
                        struct evidence *e)
{
    if (chance->e != 1.0) return false;
    bool other = chance->a == 1.0 && chance->b == -1.0;
    if (!other && (chance->a != 0.0 || chance->b != 1.0)) return false;
    e->p += other ? no : yes;
    e->q += other ? yes : no;
    return true;
}

static bool flip_chance(const struct point *args, double y, struct evidence *e)
{
    return add_chances(args, y != 0.0, y == 0.0, e);
}

static bool binomial_chance(const struct point *args, double y,
                            struct evidence *e)
{
    return is_steady(args) && add_chances(args + 1, y, args[0].a - y, e);
}

static bool geometric_chance(const struct point *args, double y,
                             struct evidence *e)
{
    return add_chances(args, 1.0, y, e);
}

static bool negative_chance(const struct point *args, double y,
                            struct evidence *e)
{
    return is_steady(args) && add_chances(args + 1, args[0].a, y, e);
}

static bool add_rate(double shape, double rate, struct evidence *e)
{
    e->p += shape;
    e->q += rate;
    return isfinite(rate) && rate >= 0.0;
}

static bool poisson_rate(const struct point *args, double y, struct evidence *e)
{
    return is_power(args, 1.0) && add_rate(y, args[0].b, e);
}

static bool exponential_rate(const struct point *args, double y,
                             struct evidence *e)
{
    return is_power(args, 1.0) && add_rate(1.0, args[0].b * y, e);
}

static bool gamma_rate(const struct point *args, double y, struct evidence *e)
{
    return is_steady(args) && is_power(args + 1, -1.0) &&
           add_rate(args[0].a, y / args[1].b, e);
}

static bool inverse_gamma_rate(const struct point *args, double y,
                               struct evidence *e)
{
    return is_steady(args) && is_power(args + 1, 1.0) &&
           add_rate(args[0].a, args[1].b / y, e);
}

/* (y - mean)^2 / 2 under a precision. */
static bool normal_rate(const struct point *args, double y, struct evidence *e)
{
    double d = (y - args[0].a) / args[1].b;
    return is_steady(args) && is_power(args + 1, -0.5) &&
           add_rate(0.5, 0.5 * d * d, e);
}

static bool lognormal_rate(const struct point *args, double y,
                           struct evidence *e)
{
    return y > 0.0 && normal_rate(args, log(y), e);
}

static bool half_normal_rate(const struct point *args, double y,
                             struct evidence *e)
{
    double d = y / args[0].b;
    return is_power(args, -0.5) && add_rate(0.5, 0.5 * d * d, e);
}

static bool laplace_rate(const struct point *args, double y, struct evidence *e)
{
    return is_steady(args) && is_power(args + 1, -1.0) &&
           add_rate(1.0, fabs(y - args[0].a) / args[1].b, e);
}

static bool rayleigh_rate(const struct point *args, double y,
                          struct evidence *e)
{
    double d = y / args[0].b;
    return is_power(args, -0.5) && add_rate(1.0, 0.5 * d * d, e);
}

static bool weibull_rate(const struct point *args, double y, struct evidence *e)
{
    return is_steady(args) && is_power(args + 1, -1.0 / args[0].a) &&
           add_rate(1.0, pow(y / args[1].b, args[0].a), e);
}

static bool pareto_rate(const struct point *args, double y, struct evidence *e)
{
    return is_steady(args) && is_power(args + 1, 1.0) &&
           add_rate(1.0, args[1].b * log(y / args[0].a), e);
}

static bool inverse_gaussian_rate(const struct point *args, double y,
                                  struct evidence *e)
{
    double d = (y - args[0].a) / args[0].a;
    return is_steady(args) && is_power(args + 1, 1.0) &&
           add_rate(0.5, 0.5 * args[1].b * d * d / y, e);
}

/* Arguments that are not written are 0 and 1, where they may be left out. */
static const struct kin {
    enum kind kind;
    const struct xrp_family *family;
    reader_function *read;
    uint32_t least; /* arguments */
} kindred[] = {
    {MEAN, &family_normal, normal_mean, 0},
    {MEAN, &family_lognormal, lognormal_mean, 0},
    {CHANCE, &family_flip, flip_chance, 1},
    {CHANCE, &family_binomial, binomial_chance, 2},
    {CHANCE, &family_geometric, geometric_chance, 1},
    {CHANCE, &family_negative_binomial, negative_chance, 2},
    {RATE, &family_poisson, poisson_rate, 1},
    {RATE, &family_exponential, exponential_rate, 1},
    {RATE, &family_gamma, gamma_rate, 2},
    {RATE, &family_inverse_gamma, inverse_gamma_rate, 2},
    {RATE, &family_normal, normal_rate, 0},
    {RATE, &family_lognormal, lognormal_rate, 0},
    {RATE, &family_half_normal, half_normal_rate, 1},
    {RATE, &family_laplace, laplace_rate, 0},
    {RATE, &family_rayleigh, rayleigh_rate, 1},
    {RATE, &family_weibull, weibull_rate, 2},
    {RATE, &family_pareto, pareto_rate, 2},
    {RATE, &family_inverse_gaussian, inverse_gaussian_rate, 2},
};

/* ---- priors: where the sums begin --------------------------------------------- */

static bool normal_prior(const double *args, struct evidence *e)
{
    e->q = 1.0 / (args[1] * args[1]);
    e->p = args[0] * e->q;
    return args[1] > 0.0;
}

static bool flat_prior(const double *args, struct evidence *e)
{
    (void)args;
    *e = (struct evidence){0.0, 0.0};
    return true;
}

static bool beta_prior(const double *args, struct evidence *e)
{
    *e = (struct evidence){args[0], args[1]};
    return true;
}

static bool uniform_prior(const double *args, struct evidence *e)
{
    *e = (struct evidence){1.0, 1.0};
    return args[0] == 0.0 && args[1] == 1.0;
}

static bool gamma_prior(const double *args, struct evidence *e)
{
    *e = (struct evidence){args[0], 1.0 / args[1]};
    return true;
}

static bool exponential_prior(const double *args, struct evidence *e)
{
    *e = (struct evidence){1.0, args[0]};
    return true;
}

static bool chi_squared_prior(const double *args, struct evidence *e)
{
    *e = (struct evidence){0.5 * args[0], 0.5};
    return true;
}

static bool flat_positive_prior(const double *args, struct evidence *e)
{
    (void)args;
    *e = (struct evidence){1.0, 0.0};
    return true;
}

static const struct prior priors[] = {
    {MEAN, false, &family_normal, normal_prior},
    {MEAN, false, &family_flat, flat_prior},
    {CHANCE, false, &family_beta, beta_prior},
    {CHANCE, false, &family_uniform, uniform_prior},
    {RATE, false, &family_gamma, gamma_prior},
    {RATE, false, &family_exponential, exponential_prior},
    {RATE, false, &family_chi_squared, chi_squared_prior},
    {RATE, false, &family_flat_positive, flat_positive_prior},
    {RATE, true, &family_inverse_gamma, beta_prior},
};

const struct prior *prior_of(const struct xrp_family *f)
{
    for (size_t i = 0; i < sizeof priors / sizeof *priors; i++)
        if (priors[i].family == f) return &priors[i];
    return NULL;
}

bool prior_begin(const struct power_view *w, const struct prior *prior,
                 const value *args, uint32_t count, struct evidence *e)
{
    double numbers[ARGUMENTS] = {0.0, 1.0};
    if (count > ARGUMENTS) return false;
    for (uint32_t i = 0; i < count; i++) {
        struct power x;
        if (!power_of(w, args[i], &x) || x.rows) return false;
        numbers[i] = x.a.one;
    }
    return prior->begin(numbers, e);
}

bool prior_end(const struct prior *prior, const struct evidence *e,
               struct conditional *out)
{
    if (!(e->q > 0.0 && e->q < INFINITY && isfinite(e->p))) return false;
    out->count = ARGUMENTS;
    out->args[0] = v_double(e->p);
    out->args[1] = v_double(e->q);
    switch (prior->kind) {
    case MEAN:
        out->family = &family_normal;
        out->args[0] = v_double(e->p / e->q);
        out->args[1] = v_double(1.0 / sqrt(e->q));
        return true;
    case CHANCE: out->family = &family_beta; return e->p > 0.0;
    case RATE:
        out->family = prior->inverse ? &family_inverse_gamma : &family_gamma;
        if (!prior->inverse) out->args[1] = v_double(1.0 / e->q);
        return e->p > 0.0;
    }
    return false;
}

/* ---- readings ------------------------------------------------------------------ */

bool reading_open(const struct choice *reader, struct reading *out)
{
    const struct xrp_family *f = reader->family;
    *out = (struct reading){.family = f,
                            .args = reader->written,
                            .count = reader->node.head.size,
                            .held = reader->held,
                            .is_row = f == &family_iid || f == &family_each,
                            .along = f == &family_each};
    if (choice_urn(reader) || reader->held == V_UNBOUND) return false;
    if (!out->is_row) return true;
    if (out->count < 2 || !is_type(out->args[1], T_XRP)) return false;
    const struct xrp *x = as_object(out->args[1]);
    out->family = x->family;
    out->args += 2;
    out->count -= 2;
    return !x->made;
}

bool held_open(const struct reading *r, struct held_walk *w)
{
    *w = (struct held_walk){.rest = r->held, .left = 1};
    if (!r->is_row) return true;
    if (is_vector(r->held)) {
        w->at = as_vector(r->held)->at;
        w->left = as_vector(r->held)->head.size;
        return as_vector(r->held)->columns == 0;
    }
    w->is_list = is_list(r->held);
    w->left = w->is_list ? list_length(r->held) : 0;
    return w->left > 0;
}

value held_next(struct held_walk *w)
{
    value v = w->rest;
    w->left--;
    if (w->at) return v_double(*w->at++);
    if (!w->is_list) return v;
    w->rest = cdr(v);
    return car(v);
}

bool held_number(value v, double *out)
{
    *out = is_number(v) ? as_number(v) : v == V_TRUE;
    return is_number(v) || is_boolean(v);
}

bool edge_is_again(const struct edge *e)
{
    for (const struct edge *own = node_edges(edge_reader(e)); own && own != e;
         own = edge_own(own))
        if (edge_source(own) == edge_source(e)) return true;
    return false;
}

static const struct kin *kin_of(enum kind kind, const struct reading *r)
{
    for (size_t i = 0; i < sizeof kindred / sizeof *kindred; i++)
        if (kindred[i].kind == kind && kindred[i].family == r->family &&
            kindred[i].least <= r->count && r->count <= ARGUMENTS)
            return &kindred[i];
    return NULL;
}

/* Each row that x stands in adds its part. */
static bool read_rows(const struct kin *kin, const struct prior *prior,
                      const struct power *args, struct held_walk *held,
                      struct evidence *e)
{
    double y, sign = prior->inverse ? -1.0 : 1.0;
    for (uint32_t i = 0; held->left; i++) {
        struct point at[ARGUMENTS];
        bool stands = false;
        for (int k = 0; k < ARGUMENTS; k++) {
            at[k] = (struct point){column_at(args[k].a, i),
                                   column_at(args[k].b, i), sign * args[k].e};
            stands = stands || at[k].b != 0.0;
        }
        if (!held_number(held_next(held), &y)) return false;
        if (stands && !kin->read(at, y, e)) return false;
    }
    return true;
}

bool prior_read(const struct power_view *w, const struct prior *prior,
                const struct choice *reader, struct evidence *e)
{
    struct power args[ARGUMENTS] = {{.e = 1.0}, {.a = {1.0, NULL}, .e = 1.0}};
    struct reading r;
    struct held_walk held;
    if (!reading_open(reader, &r) || !held_open(&r, &held)) return false;
    const struct kin *kin = kin_of(prior->kind, &r);
    for (uint32_t i = 0; kin && i < r.count; i++)
        if (!power_of(w, r.args[i], &args[i]) ||
            (args[i].rows && (!r.is_row || args[i].rows != held.left)))
            return false;
    return kin && read_rows(kin, prior, args, &held, e);
}

bool edge_reads(const struct edge *e, const struct node *n)
{
    for (const struct edge *own = node_edges(edge_reader(e)); own;
         own = edge_own(own))
        if (edge_source(own) == n) return true;
    return false;
}

/* What the readers of one node add: of the choice, or of an element. */
static bool read_all(const struct power_view *w, const struct prior *prior,
                     const struct edge *readers, bool element,
                     struct evidence *e)
{
    for (const struct edge *edge = readers; edge; edge = edge_next(edge)) {
        if (node_kind(edge_reader(edge)) != NODE_CHOICE) return false;
        if (edge_is_again(edge) ||
            (element && edge_reads(edge, &w->choice->node)))
            continue;
        w->trace->touched++;
        if (!prior_read(w, prior, (struct choice *)edge_reader(edge), e))
            return false;
    }
    return true;
}

static bool number_conditional(struct trace *t, struct choice *c,
                               const struct prior *prior,
                               struct conditional *out)
{
    struct power_view w = {t, c, prior->kind != MEAN, ENTIRE};
    struct evidence e;
    return prior_begin(&w, prior, c->written, c->node.head.size, &e) &&
           read_all(&w, prior, node_readers(&c->node), false, &e) &&
           prior_end(prior, &e, out);
}

bool trace_conjugate(struct trace *t, struct choice *c, struct conditional *out)
{
    const struct prior *prior = prior_of(c->family);
    bool collecting = t->collecting, found = false;
    if (choice_urn(c) || choice_is_read_in_parts(t, c)) return false;
    t->collecting = false;
    if (prior)
        found = number_conditional(t, c, prior, out);
    else if (shares_are(c))
        found = shares_conditional(t, c, out);
    t->collecting = collecting;
    return found;
}

bool trace_conjugate_at(struct trace *t, struct choice *c, size_t k,
                        const struct xrp_family *f, const struct xrp_site *s,
                        struct conditional *out)
{
    const struct prior *prior = prior_of(f);
    bool collecting = t->collecting;
    if (!prior) return false;
    struct power_view w = {t, c, prior->kind != MEAN, (int64_t)k};
    struct evidence e;
    t->collecting = false;
    bool found = prior_begin(&w, prior, s->args, (uint32_t)s->arg_count, &e) &&
                 read_all(&w, prior, node_readers(&c->node), false, &e) &&
                 read_all(&w, prior, element_readers(t, c, k), true, &e) &&
                 prior_end(prior, &e, out);
    t->collecting = collecting;
    return found;
}
