/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Conditionals in closed form: of a choice with a conjugate prior, all of
 * whose readers are of the pair's kind, and read it where the pair says. What
 * a reader reads is a + b x of the choice x, found from the expression itself
 * and not by trying points: numbers, other choices, sums, differences,
 * products, quotients, and picks from lists by what does not depend on x.
 *
 *     x ~ normal(m, s)      y ~ normal(a + b x, sd)
 *     x ~ beta(p, q)        y ~ flip(x), binomial(n, x)
 *     x ~ gamma(k, scale)   y ~ poisson(b x), exponential(b x)
 */
#include <math.h>
#include <string.h>

#include "trace/application.h"
#include "trace/reduced.h"

struct affine {
    double a, b;
};

/* ---- what is read of a choice ----------------------------------------------- */

static bool is_other(value reference, void *choice)
{
    return as_object(reference) != choice;
}

/* May the value of v be another when c has another value? */
static bool depends(struct trace *t, value v, struct choice *c)
{
    if (!is_object(v) || !has_reference(v)) return false;
    return !expression_leaves(t->machine, v, is_other, c);
}

static bool affine_of(struct trace *t, value v, struct choice *c, int depth,
                      struct affine *out);

static bool constant_of(struct trace *t, value v, struct affine *out)
{
    value plain;
    bool ok = trace_deep(t, v, &plain) && is_number(plain);
    error_clear(&t->machine->error);
    if (ok) *out = (struct affine){as_number(plain), 0.0};
    return ok;
}

static bool combine(enum arithmetic how, struct affine x, struct affine y,
                    struct affine *out)
{
    switch (how) {
    case ARITHMETIC_ADD: *out = (struct affine){x.a + y.a, x.b + y.b}; break;
    case ARITHMETIC_SUBTRACT:
        *out = (struct affine){x.a - y.a, x.b - y.b};
        break;
    case ARITHMETIC_MULTIPLY:
        if (x.b != 0.0 && y.b != 0.0) return false;
        *out = (struct affine){x.a * y.a, x.a * y.b + x.b * y.a};
        break;
    case ARITHMETIC_DIVIDE:
        if (y.b != 0.0 || y.a == 0.0) return false;
        *out = (struct affine){x.a / y.a, x.b / y.a};
        break;
    default: return false;
    }
    return isfinite(out->a) && isfinite(out->b);
}

static bool of_arithmetic(struct trace *t, const struct expression *e,
                          struct choice *c, int depth, struct affine *out)
{
    if (e->head.size == 0 || !affine_of(t, e->operands[0], c, depth, out))
        return false;
    if (e->head.size == 1) {
        static const struct affine none = {0.0, 0.0};
        /* (- x), of which nothing stands on the left; (/ x) is no such. */
        return e->operation->arithmetic == ARITHMETIC_SUBTRACT &&
               combine(ARITHMETIC_SUBTRACT, none, *out, out);
    }
    for (uint32_t i = 1; i < e->head.size; i++) {
        struct affine y;
        if (!affine_of(t, e->operands[i], c, depth, &y) ||
            !combine((enum arithmetic)e->operation->arithmetic, *out, y, out))
            return false;
    }
    return true;
}

/* A pick: what decides it may not depend on the choice. */
static bool of_pick(struct trace *t, value v, struct choice *c, int depth,
                    struct affine *out)
{
    const struct expression *e = as_object(v);
    value target;
    /* What looks at all of its operands computes, and does not pick. */
    if (e->operation->look != LOOK_OUTER) return false;
    for (uint32_t i = 0; i < e->head.size; i++) {
        int type = object_type(e->operands[i]);
        bool decides = type == T_EXPRESSION || type == T_CHOICE;
        if (decides && (i >= 16 || e->operation->outer >> i & 1) &&
            depends(t, e->operands[i], c))
            return false;
    }
    if (!trace_target(t, v, &target)) {
        error_clear(&t->machine->error);
        return false;
    }
    return target != v && affine_of(t, target, c, depth, out);
}

static bool affine_of(struct trace *t, value v, struct choice *c, int depth,
                      struct affine *out)
{
    if (is_number(v)) {
        *out = (struct affine){as_number(v), 0.0};
        return true;
    }
    if (v == v_object(c)) {
        *out = (struct affine){0.0, 1.0};
        return true;
    }
    if (depth == 0) return false;
    if (!depends(t, v, c)) return constant_of(t, v, out);
    if (!is_type(v, T_EXPRESSION)) return false;
    const struct expression *e = as_object(v);
    enum arithmetic how = (enum arithmetic)e->operation->arithmetic;
    if (how >= ARITHMETIC_ADD && how <= ARITHMETIC_DIVIDE)
        return of_arithmetic(t, e, c, depth - 1, out);
    return of_pick(t, v, c, depth - 1, out);
}

/* ---- pairs ------------------------------------------------------------------------ */

enum { DEPTH = 16 };

/* Parameters of the posterior, as sums: what they mean is the pair's. */
struct posterior {
    double p, q;
};

/* Adds what a reader says. false: it is no such reader. */
typedef bool reader_function(struct trace *t, struct choice *c,
                             struct choice *reader, struct posterior *);

static double argument(const struct choice *r, uint32_t i, double fallback)
{
    return i < r->node.head.size && is_number(r->written[i])
               ? as_number(r->written[i])
               : fallback;
}

/* Argument i, which may not depend on c. */
static bool steady_argument(struct trace *t, struct choice *c,
                            const struct choice *r, uint32_t i, double fallback,
                            double *out)
{
    struct affine x;
    *out = argument(r, i, fallback);
    if (i >= r->node.head.size || is_number(r->written[i])) return true;
    if (!affine_of(t, r->written[i], c, DEPTH, &x) || x.b != 0.0) return false;
    *out = x.a;
    return true;
}

static bool read_argument(struct trace *t, struct choice *c,
                          const struct choice *r, uint32_t i, struct affine *x)
{
    return i < r->node.head.size && affine_of(t, r->written[i], c, DEPTH, x);
}

/* p: sum of b (y - a) / sd^2; q: of b^2 / sd^2. */
static bool normal_of_normal(struct trace *t, struct choice *c,
                             struct choice *r, struct posterior *post)
{
    struct affine x;
    double sd;
    if (!read_argument(t, c, r, 0, &x) || r->node.head.size < 2 ||
        !steady_argument(t, c, r, 1, 1.0, &sd) || !(sd > 0.0) ||
        !is_number(r->held))
        return false;
    post->p += x.b * (as_number(r->held) - x.a) / (sd * sd);
    post->q += x.b * x.b / (sd * sd);
    return true;
}

/* Successes and failures. */
static bool flip_of_beta(struct trace *t, struct choice *c, struct choice *r,
                         struct posterior *post)
{
    struct affine x;
    if (!read_argument(t, c, r, 0, &x) || x.a != 0.0 || x.b != 1.0 ||
        (!is_boolean(r->held) && !is_number(r->held)))
        return false;
    bool yes =
        is_boolean(r->held) ? r->held == V_TRUE : as_number(r->held) != 0.0;
    post->p += yes;
    post->q += !yes;
    return true;
}

static bool binomial_of_beta(struct trace *t, struct choice *c,
                             struct choice *r, struct posterior *post)
{
    struct affine x;
    double n;
    if (!read_argument(t, c, r, 1, &x) || x.a != 0.0 || x.b != 1.0 ||
        !steady_argument(t, c, r, 0, 1.0, &n) || !is_number(r->held))
        return false;
    post->p += as_number(r->held);
    post->q += n - as_number(r->held);
    return true;
}

/* Added shape and rate. */
static bool poisson_of_gamma(struct trace *t, struct choice *c,
                             struct choice *r, struct posterior *post)
{
    struct affine x;
    if (!read_argument(t, c, r, 0, &x) || x.a != 0.0 || !(x.b > 0.0) ||
        !is_number(r->held))
        return false;
    post->p += as_number(r->held);
    post->q += x.b;
    return true;
}

static bool exponential_of_gamma(struct trace *t, struct choice *c,
                                 struct choice *r, struct posterior *post)
{
    struct affine x;
    if (!read_argument(t, c, r, 0, &x) || x.a != 0.0 || !(x.b > 0.0) ||
        !is_number(r->held))
        return false;
    post->p += 1.0;
    post->q += x.b * as_number(r->held);
    return true;
}

static void end_normal(const double *prior, const struct posterior *post,
                       double *out)
{
    double precision = 1.0 / (prior[1] * prior[1]) + post->q;
    out[0] = (prior[0] / (prior[1] * prior[1]) + post->p) / precision;
    out[1] = 1.0 / sqrt(precision);
}

static void end_beta(const double *prior, const struct posterior *post,
                     double *out)
{
    out[0] = prior[0] + post->p;
    out[1] = prior[1] + post->q;
}

static void end_gamma(const double *prior, const struct posterior *post,
                      double *out)
{
    out[0] = prior[0] + post->p;
    out[1] = 1.0 / (1.0 / prior[1] + post->q);
}

static const struct kin {
    const char *prior, *reader;
    reader_function *read;
    void (*end)(const double *prior, const struct posterior *, double *out);
} pairs[] = {
    {"normal", "normal", normal_of_normal, end_normal},
    {"beta", "flip", flip_of_beta, end_beta},
    {"beta", "binomial", binomial_of_beta, end_beta},
    {"gamma", "poisson", poisson_of_gamma, end_gamma},
    {"gamma", "exponential", exponential_of_gamma, end_gamma},
};
enum { PAIRS = sizeof pairs / sizeof *pairs };

/* Families are found by name, once in a process. */
static const struct xrp_family *families[PAIRS][2];

static void find_families(void)
{
    if (families[0][0]) return;
    for (int i = 0; i < PAIRS; i++) {
        families[i][0] = xrp_find(pairs[i].prior);
        families[i][1] = xrp_find(pairs[i].reader);
    }
}

static const struct kin *pair_of(const struct choice *c,
                                 const struct choice *reader)
{
    for (int i = 0; i < PAIRS; i++)
        if (families[i][0] == c->family && families[i][1] == reader->family)
            return &pairs[i];
    return NULL;
}

static bool is_again(const struct choice *c, const struct edge *e)
{
    for (const struct edge *own = e->reader->edges; own && own != e;
         own = own->own)
        if (own->source == &c->node) return true;
    return false;
}

bool trace_conjugate(struct trace *t, struct choice *c, double out[2])
{
    struct posterior post = {0.0, 0.0};
    const struct kin *pair = NULL;
    double prior[2];
    find_families();
    if (c->urn || c->node.head.size != 2) return false;
    for (int i = 0; i < PAIRS; i++)
        if (families[i][0] == c->family) pair = &pairs[i];
    if (!pair) return false;
    bool collecting = t->collecting, ok = true;
    t->collecting = false;
    for (int i = 0; ok && i < 2; i++) {
        struct affine x;
        ok = affine_of(t, c->written[i], c, DEPTH, &x) && x.b == 0.0;
        prior[i] = x.a;
    }
    for (const struct edge *e = c->node.readers; ok && e; e = e->next) {
        struct choice *r = (struct choice *)e->reader;
        ok = node_kind(e->reader) == NODE_CHOICE && !r->urn &&
             (pair = pair_of(c, r));
        if (ok && !is_again(c, e)) {
            t->touched++;
            ok = pair->read(t, c, r, &post);
        }
    }
    t->collecting = collecting;
    if (!ok || !pair) return false;
    pair->end(prior, &post, out);
    return isfinite(out[0]) && isfinite(out[1]) && out[1] > 0.0;
}
