/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log densities of families as formulas over nodes: the functions of src/xrp
 * again, as operations of a tape, all constants included. Parameters out of
 * their domain, and values outside of the support, are where logs and roots
 * are not numbers; where a formula has none of them, a term is added that is 0
 * inside and minus infinity outside. Families without a formula are asked
 * themselves: see gather_call.c.
 */
#include <math.h>
#include <string.h>

#include "tape/gather_inside.h"

#define LOG_2PI_HALF 0.91893853320467274178 /* log(2 pi) / 2 */
#define LOG_PI 1.14472988584940017414
#define LOG_2 0.69314718055994530942

/* Arguments as nodes, and short names for operations. */
struct formula {
    struct build *b;
    struct graph *g;
    uint32_t a[4];
    uint32_t count;
    uint32_t y;
};
typedef uint32_t N;

static N num(struct formula *f, double x) { return graph_number(f->g, x); }
static N add(struct formula *f, N x, N y)
{
    return graph_2(f->g, TAPE_ADD, x, y);
}
static N sub(struct formula *f, N x, N y)
{
    return graph_2(f->g, TAPE_SUBTRACT, x, y);
}
static N mul(struct formula *f, N x, N y)
{
    return graph_2(f->g, TAPE_MULTIPLY, x, y);
}
static N over(struct formula *f, N x, N y)
{
    return graph_2(f->g, TAPE_DIVIDE, x, y);
}
static N neg(struct formula *f, N x) { return graph_1(f->g, TAPE_NEGATE, x); }
static N inv(struct formula *f, N x) { return graph_1(f->g, TAPE_INVERSE, x); }
static N lg(struct formula *f, N x) { return graph_1(f->g, TAPE_LOG, x); }
static N lg1p(struct formula *f, N x) { return graph_1(f->g, TAPE_LOG1P, x); }
static N ex(struct formula *f, N x) { return graph_1(f->g, TAPE_EXP, x); }
static N sq(struct formula *f, N x) { return graph_1(f->g, TAPE_SQUARE, x); }
static N lgam(struct formula *f, N x) { return graph_1(f->g, TAPE_LGAMMA, x); }
static N splus(struct formula *f, N x)
{
    return graph_1(f->g, TAPE_SOFTPLUS, x);
}
static N plus(struct formula *f, N x, double c) { return add(f, x, num(f, c)); }
static N times(struct formula *f, double c, N x)
{
    return mul(f, num(f, c), x);
}
static bool is_zero(struct formula *f, N x)
{
    return graph_is_number(f->g, x) && f->g->nodes[x].number == 0.0;
}

/* ---- domains ------------------------------------------------------------- */

/* Never below 0, by what it is made of. */
static bool is_positive(const struct graph *g, N x, int depth)
{
    const struct graph_node *n = &g->nodes[x];
    switch (n->code) {
    case GRAPH_NUMBER: return n->number > 0.0;
    case TAPE_EXP:
    case TAPE_LOGISTIC:
    case TAPE_SOFTPLUS: return true;
    case TAPE_ADD:
    case TAPE_MULTIPLY:
    case TAPE_DIVIDE:
        return depth && is_positive(g, n->operands[0], depth - 1) &&
               is_positive(g, n->operands[1], depth - 1);
    case TAPE_SQRT:
    case TAPE_INVERSE:
        return depth && is_positive(g, n->operands[0], depth - 1);
    default: return false;
    }
}

/* The density where the test holds, elsewhere none. A term of its own, so
 * that what it stands beside is still taken apart. */
static N where(struct formula *f, N density, N test)
{
    N edge = graph_3(f->g, TAPE_SELECT, test, num(f, 0.0), num(f, -INFINITY));
    return is_zero(f, edge) ? density : add(f, density, edge);
}

static N where_below(struct formula *f, N density, N low, N high)
{
    return where(f, density, graph_2(f->g, TAPE_LESS_EQUAL, low, high));
}

static N where_positive(struct formula *f, N density, N x)
{
    if (is_positive(f->g, x, 3)) return density;
    return where(f, density, graph_2(f->g, TAPE_LESS, num(f, 0.0), x));
}

uint32_t density_between(struct build *b, uint32_t density, uint32_t lo,
                         uint32_t x, uint32_t hi)
{
    struct formula f = {.b = b, .g = &b->g};
    /* What is positive by itself need not be looked at. */
    if (!is_zero(&f, lo) || !is_positive(&b->g, x, 3))
        density = where_below(&f, density, lo, x);
    if (graph_is_number(&b->g, hi) && !(b->g.nodes[hi].number < INFINITY))
        return density;
    return where_below(&f, density, x, hi);
}

/* p: above 0; n: not below 0; u: from 0 to 1; any other: whatever it is. */
static N where_in(struct formula *f, N density, char domain, N x)
{
    if (domain == 'p') return where_positive(f, density, x);
    if ((domain == 'n' || domain == 'u') && !is_positive(f->g, x, 3))
        density = where_below(f, density, num(f, 0.0), x);
    if (domain == 'u' && f->g->nodes[x].code != TAPE_LOGISTIC)
        density = where_below(f, density, x, num(f, 1.0));
    return density;
}

/* ---- of real numbers -------------------------------------------------------- */

static N normal_at(struct formula *f, N y, N mu, N sd)
{
    N z = graph_3(f->g, TAPE_NORMAL, y, mu, inv(f, sd));
    return plus(f, sub(f, z, lg(f, sd)), -LOG_2PI_HALF);
}

static N normal(struct formula *f)
{
    return normal_at(f, f->y, f->a[0], f->a[1]);
}

static N lognormal(struct formula *f)
{
    N l = lg(f, f->y);
    return sub(f, normal_at(f, l, f->a[0], f->a[1]), l);
}

static N half_normal(struct formula *f)
{
    return plus(f, normal_at(f, f->y, num(f, 0.0), f->a[0]), LOG_2);
}

static N logit_normal(struct formula *f)
{
    N l = lg(f, f->y), m = lg1p(f, neg(f, f->y));
    return sub(f, normal_at(f, sub(f, l, m), f->a[0], f->a[1]), add(f, l, m));
}

static N cauchy_at(struct formula *f, N loc, N scale)
{
    N z = over(f, sub(f, f->y, loc), scale);
    return neg(f, add(f, lg1p(f, sq(f, z)), plus(f, lg(f, scale), LOG_PI)));
}

static N cauchy(struct formula *f) { return cauchy_at(f, f->a[0], f->a[1]); }

static N half_cauchy(struct formula *f)
{
    return plus(f, cauchy_at(f, num(f, 0.0), f->a[0]), LOG_2);
}

static N student_at(struct formula *f, N dof, N loc, N scale)
{
    N z = over(f, sub(f, f->y, loc), scale);
    N half = times(f, 0.5, plus(f, dof, 1.0));
    N tail = mul(f, half, lg1p(f, over(f, sq(f, z), dof)));
    N norm = sub(f, lgam(f, half), lgam(f, times(f, 0.5, dof)));
    norm = sub(f, norm, times(f, 0.5, plus(f, lg(f, dof), LOG_PI)));
    return sub(f, sub(f, norm, lg(f, scale)), tail);
}

static N student(struct formula *f)
{
    return student_at(f, f->a[0], f->a[1], f->a[2]);
}

static N half_student(struct formula *f)
{
    return plus(f, student_at(f, f->a[0], num(f, 0.0), f->a[1]), LOG_2);
}

static N laplace(struct formula *f)
{
    N d = graph_1(f->g, TAPE_ABS, sub(f, f->y, f->a[0]));
    return neg(f, add(f, over(f, d, f->a[1]), plus(f, lg(f, f->a[1]), LOG_2)));
}

static N logistic(struct formula *f)
{
    N z = over(f, sub(f, f->y, f->a[0]), f->a[1]);
    N tail = add(f, z, times(f, 2.0, splus(f, neg(f, z))));
    return neg(f, add(f, tail, lg(f, f->a[1])));
}

static N gumbel(struct formula *f)
{
    N z = over(f, sub(f, f->y, f->a[0]), f->a[1]);
    return neg(f, add(f, add(f, z, ex(f, neg(f, z))), lg(f, f->a[1])));
}

static N skew_normal(struct formula *f)
{
    N z = over(f, sub(f, f->y, f->a[0]), f->a[1]);
    N tail = graph_1(f->g, TAPE_LOG_NORMAL_CDF, mul(f, f->a[2], z));
    return plus(f, add(f, normal_at(f, f->y, f->a[0], f->a[1]), tail), LOG_2);
}

/* ---- of positive numbers ---------------------------------------------------- */

static N exponential(struct formula *f)
{
    return sub(f, lg(f, f->a[0]), mul(f, f->a[0], f->y));
}

static N gamma_at(struct formula *f, N shape, N scale)
{
    N head = mul(f, plus(f, shape, -1.0), lg(f, f->y));
    N norm = add(f, lgam(f, shape), mul(f, shape, lg(f, scale)));
    return sub(f, sub(f, head, over(f, f->y, scale)), norm);
}

static N gamma_(struct formula *f) { return gamma_at(f, f->a[0], f->a[1]); }

static N chi_squared(struct formula *f)
{
    return gamma_at(f, times(f, 0.5, f->a[0]), num(f, 2.0));
}

static N inverse_gamma(struct formula *f)
{
    N norm = sub(f, mul(f, f->a[0], lg(f, f->a[1])), lgam(f, f->a[0]));
    N tail = add(f, mul(f, plus(f, f->a[0], 1.0), lg(f, f->y)),
                 over(f, f->a[1], f->y));
    return sub(f, norm, tail);
}

/* log(y / scale) */
static N log_ratio(struct formula *f, N scale)
{
    return sub(f, lg(f, f->y), lg(f, scale));
}

static N weibull(struct formula *f)
{
    N r = log_ratio(f, f->a[1]), k = f->a[0];
    N head =
        add(f, sub(f, lg(f, k), lg(f, f->a[1])), mul(f, plus(f, k, -1.0), r));
    return sub(f, head, ex(f, mul(f, k, r)));
}

static N frechet(struct formula *f)
{
    N r = log_ratio(f, f->a[1]), k = f->a[0];
    N head =
        sub(f, sub(f, lg(f, k), lg(f, f->a[1])), mul(f, plus(f, k, 1.0), r));
    return sub(f, head, ex(f, neg(f, mul(f, k, r))));
}

static N rayleigh(struct formula *f)
{
    N z = over(f, f->y, f->a[0]);
    return sub(f, sub(f, lg(f, f->y), times(f, 2.0, lg(f, f->a[0]))),
               times(f, 0.5, sq(f, z)));
}

static N pareto(struct formula *f)
{
    N d = add(f, lg(f, f->a[1]), mul(f, f->a[1], lg(f, f->a[0])));
    d = sub(f, d, mul(f, plus(f, f->a[1], 1.0), lg(f, f->y)));
    return where_below(f, d, f->a[0], f->y);
}

static N inverse_gaussian(struct formula *f)
{
    N d = over(f, sub(f, f->y, f->a[0]), f->a[0]);
    N tail = over(f, mul(f, f->a[1], sq(f, d)), times(f, 2.0, f->y));
    N head = sub(f, times(f, 0.5, lg(f, f->a[1])), times(f, 1.5, lg(f, f->y)));
    return plus(f, sub(f, head, tail), -LOG_2PI_HALF);
}

/* ---- of an interval --------------------------------------------------------- */

static N beta_at(struct formula *f, N a, N b)
{
    N head = mul(f, plus(f, a, -1.0), lg(f, f->y));
    N tail = mul(f, plus(f, b, -1.0), lg1p(f, neg(f, f->y)));
    N norm = sub(f, add(f, lgam(f, a), lgam(f, b)), lgam(f, add(f, a, b)));
    return sub(f, add(f, head, tail), norm);
}

static N beta(struct formula *f) { return beta_at(f, f->a[0], f->a[1]); }

static N beta_proportion(struct formula *f)
{
    N mu = f->a[0], kappa = f->a[1];
    return beta_at(f, mul(f, mu, kappa),
                   mul(f, sub(f, num(f, 1.0), mu), kappa));
}

static N kumaraswamy(struct formula *f)
{
    N l = mul(f, f->a[0], lg(f, f->y));
    N head = add(f, lg(f, f->a[0]), lg(f, f->a[1]));
    head = add(f, head, mul(f, plus(f, f->a[0], -1.0), lg(f, f->y)));
    return add(
        f, head,
        mul(f, plus(f, f->a[1], -1.0), graph_1(f->g, TAPE_LOG1M_EXP, l)));
}

static N inside(struct formula *f, N density)
{
    density = where_below(f, density, f->a[0], f->y);
    return where_below(f, density, f->y, f->a[1]);
}

static N uniform(struct formula *f)
{
    return inside(f, neg(f, lg(f, sub(f, f->a[1], f->a[0]))));
}

static N nothing(struct formula *f) { return num(f, 0.0); }

static N flat_inside(struct formula *f) { return inside(f, num(f, 0.0)); }

/* ---- of whole numbers; the value is a number, or an expression of one ------- */

/* n log p, which is 0 where n is. */
static N share(struct formula *f, N n, N log_p)
{
    return is_zero(f, n) ? num(f, 0.0) : mul(f, n, log_p);
}

static N flip(struct formula *f)
{
    N no = sub(f, num(f, 1.0), f->y);
    return add(f, share(f, f->y, lg(f, f->a[0])),
               share(f, no, lg1p(f, neg(f, f->a[0]))));
}

static N flip_logit(struct formula *f)
{
    return graph_2(f->g, TAPE_BERNOULLI_LOGIT, f->y, f->a[0]);
}

static N log_choose(struct formula *f, N n, N k)
{
    return sub(
        f, lgam(f, plus(f, n, 1.0)),
        add(f, lgam(f, plus(f, k, 1.0)), lgam(f, plus(f, sub(f, n, k), 1.0))));
}

static N binomial(struct formula *f)
{
    N no = sub(f, f->a[0], f->y);
    N sum = add(f, share(f, f->y, lg(f, f->a[1])),
                share(f, no, lg1p(f, neg(f, f->a[1]))));
    return add(f, sum, log_choose(f, f->a[0], f->y));
}

static N binomial_logit(struct formula *f)
{
    N sum = sub(f, mul(f, f->y, f->a[1]), mul(f, f->a[0], splus(f, f->a[1])));
    return add(f, sum, log_choose(f, f->a[0], f->y));
}

static N log_factorial(struct formula *f)
{
    return lgam(f, plus(f, f->y, 1.0));
}

static N poisson(struct formula *f)
{
    N sum = sub(f, share(f, f->y, lg(f, f->a[0])), f->a[0]);
    return sub(f, sum, log_factorial(f));
}

static N poisson_log(struct formula *f)
{
    return sub(f, graph_2(f->g, TAPE_POISSON_LOG, f->y, f->a[0]),
               log_factorial(f));
}

static N geometric(struct formula *f)
{
    return add(f, lg(f, f->a[0]), share(f, f->y, lg1p(f, neg(f, f->a[0]))));
}

static N ways(struct formula *f, N r)
{
    return sub(f, lgam(f, add(f, f->y, r)),
               add(f, lgam(f, r), log_factorial(f)));
}

static N negative_binomial(struct formula *f)
{
    N sum = add(f, mul(f, f->a[0], lg(f, f->a[1])),
                share(f, f->y, lg1p(f, neg(f, f->a[1]))));
    return add(f, sum, ways(f, f->a[0]));
}

/* By the logs of mean and phi, and of their sum. */
static N negative_binomial_at(struct formula *f, N log_mean, N phi)
{
    N log_phi = lg(f, phi);
    N both = graph_2(f->g, TAPE_LOG_ADD_EXP, log_mean, log_phi);
    N sum = add(f, mul(f, phi, sub(f, log_phi, both)),
                share(f, f->y, sub(f, log_mean, both)));
    return add(f, sum, ways(f, phi));
}

static N neg_binomial_2(struct formula *f)
{
    return negative_binomial_at(f, lg(f, f->a[0]), f->a[1]);
}

static N neg_binomial_2_log(struct formula *f)
{
    return negative_binomial_at(f, f->a[0], f->a[1]);
}

/* Numbers under numbers; arguments that are left out have these values, and
 * those of domains that the formula does not see are looked at. */
static const struct row {
    const char *name;
    N (*make)(struct formula *);
    int arguments;
    double fallback[3];
    const char *domains; /* that the formula does not see, as where_in has
                            them; NULL: it sees all */
} rows[] = {
    {"normal", normal, 2, {0.0, 1.0, 0.0}, NULL},
    {"lognormal", lognormal, 2, {0.0, 1.0, 0.0}, NULL},
    {"half-normal", half_normal, 1, {1.0, 0.0, 0.0}, NULL},
    {"logit-normal", logit_normal, 2, {0.0, 1.0, 0.0}, NULL},
    {"cauchy", cauchy, 2, {0.0, 1.0, 0.0}, NULL},
    {"half-cauchy", half_cauchy, 1, {1.0, 0.0, 0.0}, NULL},
    {"student-t", student, 3, {1.0, 0.0, 1.0}, NULL},
    {"half-student-t", half_student, 2, {1.0, 1.0, 0.0}, NULL},
    {"laplace", laplace, 2, {0.0, 1.0, 0.0}, NULL},
    {"logistic", logistic, 2, {0.0, 1.0, 0.0}, NULL},
    {"gumbel", gumbel, 2, {0.0, 1.0, 0.0}, NULL},
    {"skew-normal", skew_normal, 3, {0.0, 1.0, 0.0}, NULL},
    {"exponential", exponential, 1, {1.0, 0.0, 0.0}, NULL},
    {"gamma", gamma_, 2, {1.0, 1.0, 0.0}, "p-"},
    {"chi-squared", chi_squared, 1, {1.0, 0.0, 0.0}, "p"},
    {"inverse-gamma", inverse_gamma, 2, {1.0, 1.0, 0.0}, "p-"},
    {"weibull", weibull, 2, {1.0, 1.0, 0.0}, NULL},
    {"frechet", frechet, 2, {1.0, 1.0, 0.0}, NULL},
    {"rayleigh", rayleigh, 1, {1.0, 0.0, 0.0}, NULL},
    {"pareto", pareto, 2, {1.0, 1.0, 0.0}, NULL},
    {"inverse-gaussian", inverse_gaussian, 2, {1.0, 1.0, 0.0}, "p-"},
    {"beta", beta, 2, {1.0, 1.0, 0.0}, "pp"},
    {"beta-proportion", beta_proportion, 2, {0.5, 1.0, 0.0}, "up"},
    {"kumaraswamy", kumaraswamy, 2, {1.0, 1.0, 0.0}, NULL},
    {"uniform-continuous", uniform, 2, {0.0, 1.0, 0.0}, NULL},
    {"rand", nothing, 0, {0.0, 0.0, 0.0}, NULL},
    {"flat", nothing, 0, {0.0, 0.0, 0.0}, NULL},
    {"flat-positive", nothing, 0, {0.0, 0.0, 0.0}, NULL},
    {"flat-interval", flat_inside, 2, {0.0, 0.0, 0.0}, NULL},
    {"flip", flip, 1, {0.5, 0.0, 0.0}, "u"},
    {"bernoulli-logit", flip_logit, 1, {0.0, 0.0, 0.0}, NULL},
    {"binomial", binomial, 2, {1.0, 0.5, 0.0}, "-u"},
    {"binomial-logit", binomial_logit, 2, {1.0, 0.0, 0.0}, NULL},
    {"poisson", poisson, 1, {1.0, 0.0, 0.0}, "n"},
    {"poisson-log", poisson_log, 1, {0.0, 0.0, 0.0}, NULL},
    {"geometric", geometric, 1, {0.5, 0.0, 0.0}, "u"},
    {"negative-binomial", negative_binomial, 2, {1.0, 0.5, 0.0}, "pu"},
    {"neg-binomial-2", neg_binomial_2, 2, {1.0, 1.0, 0.0}, NULL},
    {"neg-binomial-2-log", neg_binomial_2_log, 2, {0.0, 1.0, 0.0}, NULL},
};

/* The row of a family, found by its first name, once. */
static const struct row *row_of(const struct xrp_family *f)
{
    size_t n = strcspn(f->names, " ");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strlen(rows[i].name) == n && !memcmp(rows[i].name, f->names, n))
            return &rows[i];
    return NULL;
}

/* A value that is computed may be anything; coordinates are inside. */
static N where_supported(struct formula *f, N density, const struct applied *a)
{
    switch (a->family->support_kind) {
    case SUPPORT_POSITIVE: return where_positive(f, density, f->y);
    case SUPPORT_UNIT: return where_in(f, density, 'u', f->y);
    default: return density;
    }
}

/* What was found of a family by its name: a term of each row of data asks. */
struct found {
    const struct xrp_family *family;
    const char *names; /* of the same family, and not another in its place */
    const struct row *row;
    density_make *make;
};
static const struct found *found_of(const struct xrp_family *f);

static bool of_numbers(struct build *b, const struct applied *a,
                       const struct item *v, uint32_t *out)
{
    const struct row *row = found_of(a->family)->row;
    struct formula f = {.b = b, .g = &b->g};
    for (int i = 0; i < row->arguments; i++) {
        if ((uint32_t)i >= a->count)
            f.a[i] = graph_number(&b->g, row->fallback[i]);
        else if (!item_number(b, &a->args[i], &f.a[i]))
            return false;
    }
    if (!item_number(b, v, &f.y)) return false;
    *out = row->make(&f);
    for (int i = 0; row->domains && row->domains[i]; i++)
        *out = where_in(&f, *out, row->domains[i], f.a[i]);
    if (!graph_is_number(&b->g, f.y)) *out = where_supported(&f, *out, a);
    return true;
}

/* ---- of one of several ------------------------------------------------------ */

/* Weights as one array, or as the arguments themselves. */
static bool weights_of(struct build *b, const struct applied *a,
                       struct item *out)
{
    if (a->count == 1) return item_array(b, &a->args[0], out);
    if (!a->count || !array_new(b, a->count, 0, out))
        return build_refuse(b, "no weights");
    for (uint32_t i = 0; i < a->count; i++) {
        uint32_t n;
        if (!item_number(b, &a->args[i], &n)) return false;
        array_at(b, out)[i] = n;
    }
    return true;
}

/* A value that is known: a number, or true and false as 1 and 0. */
static bool known_number(struct build *b, const struct item *v, double *out)
{
    uint32_t n;
    if (!item_number(b, v, &n)) return false;
    if (!graph_is_number(&b->g, n))
        return build_refuse(b, "an index that depends on the scope");
    *out = b->g.nodes[n].number;
    return true;
}

static bool categorical_at(struct build *b, const struct applied *a,
                           const struct item *v, bool logs, uint32_t *out)
{
    struct item w;
    struct graph *g = &b->g;
    double at = 0.0;
    if (!weights_of(b, a, &w) || !known_number(b, v, &at)) return false;
    if (!(at >= 0.0 && at < w.rows)) {
        *out = graph_number(g, -INFINITY);
        return true;
    }
    uint32_t one = b->pool[w.first + (uint32_t)at];
    if (logs) {
        uint32_t sum = b->pool[w.first];
        for (uint32_t i = 1; i < w.rows; i++)
            sum = graph_2(g, TAPE_LOG_ADD_EXP, sum, b->pool[w.first + i]);
        *out = graph_2(g, TAPE_SUBTRACT, one, sum);
        return true;
    }
    *out = graph_1(g, TAPE_LOG, one);
    if (w.share) return true;
    *out =
        graph_2(g, TAPE_SUBTRACT, *out, graph_1(g, TAPE_LOG, array_sum(b, &w)));
    struct formula f = {.b = b, .g = g};
    for (uint32_t i = 0; i < w.rows; i++)
        *out = where_in(&f, *out, 'n', b->pool[w.first + i]);
    return true;
}

static bool categorical(struct build *b, const struct applied *a,
                        const struct item *v, uint32_t *out)
{
    return categorical_at(b, a, v, false, out);
}

static bool categorical_logit(struct build *b, const struct applied *a,
                              const struct item *v, uint32_t *out)
{
    return categorical_at(b, a, v, true, out);
}

/* P(k) = logistic(c_k - eta) - logistic(c_{k-1} - eta), by
 * log(s(p) - s(q)) = p + log(1 - e^(q-p)) - softplus(p) - softplus(q). */
static bool ordered_logistic(struct build *b, const struct applied *a,
                             const struct item *v, uint32_t *out)
{
    struct formula f = {.b = b, .g = &b->g};
    struct item cuts;
    uint32_t eta;
    double k = 0.0;
    if (a->count != 2 || !item_number(b, &a->args[0], &eta) ||
        !item_array(b, &a->args[1], &cuts) || !known_number(b, v, &k))
        return build_refuse(b, "ordered-logistic of such arguments");
    if (!(k >= 0.0 && k <= cuts.rows)) {
        *out = num(&f, -INFINITY);
        return true;
    }
    N p = 0, q = 0;
    if (k < cuts.rows) p = sub(&f, b->pool[cuts.first + (uint32_t)k], eta);
    if (k > 0) q = sub(&f, b->pool[cuts.first + (uint32_t)k - 1], eta);
    if (k == 0) {
        *out = neg(&f, splus(&f, neg(&f, p)));
    } else if (k == cuts.rows) {
        *out = neg(&f, splus(&f, q));
    } else {
        N gap = graph_1(&b->g, TAPE_LOG1M_EXP, sub(&f, q, p));
        *out = sub(&f, add(&f, p, gap), add(&f, splus(&f, p), splus(&f, q)));
    }
    for (uint32_t i = 0; i + 1 < cuts.rows; i++)
        *out = where(&f, *out,
                     graph_2(&b->g, TAPE_LESS, b->pool[cuts.first + i],
                             b->pool[cuts.first + i + 1]));
    return true;
}

/* ---- of vectors ----------------------------------------------------------------- */

static bool dirichlet_at(struct build *b, const struct item *alphas,
                         const struct item *v, uint32_t *out)
{
    struct formula f = {.b = b, .g = &b->g};
    struct item x;
    if (!item_array(b, v, &x)) return false;
    if (x.rows != alphas->rows) {
        *out = num(&f, -INFINITY);
        return true;
    }
    N sum = lgam(&f, array_sum(b, alphas));
    for (uint32_t i = 0; i < x.rows; i++) {
        N alpha = b->pool[alphas->first + i];
        sum = add(&f, sum,
                  mul(&f, plus(&f, alpha, -1.0), lg(&f, b->pool[x.first + i])));
        sum = sub(&f, sum, lgam(&f, alpha));
        sum = where_positive(&f, sum, alpha);
    }
    *out = sum;
    return true;
}

static bool dirichlet(struct build *b, const struct applied *a,
                      const struct item *v, uint32_t *out)
{
    struct item alphas;
    return item_array(b, &a->args[0], &alphas) &&
           dirichlet_at(b, &alphas, v, out);
}

static bool symmetric_dirichlet(struct build *b, const struct applied *a,
                                const struct item *v, uint32_t *out)
{
    struct item alphas;
    uint32_t alpha, n;
    if (a->count != 2 || !item_number(b, &a->args[0], &alpha) ||
        !item_length(b, v, &n) || !array_new(b, n, 0, &alphas))
        return false;
    for (uint32_t i = 0; i < n; i++) array_at(b, &alphas)[i] = alpha;
    return dirichlet_at(b, &alphas, v, out);
}

static bool random_walk(struct build *b, const struct applied *a,
                        const struct item *v, uint32_t *out)
{
    struct formula f = {.b = b, .g = &b->g};
    struct item x;
    N sd, before, drift;
    before = drift = num(&f, 0.0);
    if (!item_array(b, v, &x) || !item_number(b, &a->args[1], &sd) ||
        (a->count > 2 && !item_number(b, &a->args[2], &before)) ||
        (a->count > 3 && !item_number(b, &a->args[3], &drift)))
        return false;
    N sum = num(&f, 0.0);
    for (uint32_t i = 0; i < x.rows; i++) {
        N y = b->pool[x.first + i];
        sum = add(&f, sum, normal_at(&f, y, add(&f, before, drift), sd));
        before = y;
    }
    *out = sum;
    return true;
}

/* -(n log(2 pi) + |z|^2) / 2 - log of the diagonal, z = L^-1 (v - mean). */
static bool normal_vector(struct build *b, const struct item *mean,
                          const struct item *factor, const struct item *v,
                          uint32_t *out)
{
    struct formula f = {.b = b, .g = &b->g};
    struct item d, z;
    if (!broadcast(b, TAPE_SUBTRACT, v, mean, &d)) return false;
    if (d.kind != ITEM_ARRAY || d.columns || d.rows != factor->rows)
        return build_refuse(b, "multivariate-normal: shapes do not match");
    if (!array_solve_lower(b, factor, &d, &z)) return false;
    N sum = num(&f, -LOG_2PI_HALF * z.rows);
    for (uint32_t i = 0; i < z.rows; i++) {
        sum = sub(&f, sum, times(&f, 0.5, sq(&f, b->pool[z.first + i])));
        sum =
            sub(&f, sum, lg(&f, b->pool[factor->first + i * factor->rows + i]));
    }
    *out = sum;
    return true;
}

static bool multivariate_normal(struct build *b, const struct applied *a,
                                const struct item *v, uint32_t *out)
{
    struct item mean, covariance, factor;
    return item_array(b, &a->args[0], &mean) &&
           item_array(b, &a->args[1], &covariance) &&
           array_cholesky(b, &covariance, &factor) &&
           normal_vector(b, &mean, &factor, v, out);
}

static bool multivariate_normal_factor(struct build *b, const struct applied *a,
                                       const struct item *v, uint32_t *out)
{
    struct item mean, factor;
    return item_array(b, &a->args[0], &mean) &&
           item_array(b, &a->args[1], &factor) &&
           normal_vector(b, &mean, &factor, v, out);
}

/* Row i of the factor, b = eta + (n - 1 - i) / 2: see xrp/lkj.c. */
static bool correlation_factor(struct build *b, const struct applied *a,
                               const struct item *v, uint32_t *out)
{
    struct formula f = {.b = b, .g = &b->g};
    struct item l;
    N eta, sum = num(&f, 0.0);
    if (a->count != 2 || !item_number(b, &a->args[1], &eta) ||
        !item_array(b, v, &l))
        return false;
    for (uint32_t i = 1; i < l.rows; i++) {
        N shape = plus(&f, eta, 0.5 * (l.rows - 1.0 - i));
        N diagonal = lg(&f, b->pool[l.first + i * l.columns + i]);
        sum = add(&f, sum,
                  mul(&f, times(&f, 2.0, plus(&f, shape, -1.0)), diagonal));
        sum = add(&f, sum,
                  sub(&f, lgam(&f, plus(&f, shape, 0.5 * i)),
                      plus(&f, lgam(&f, shape), 0.5 * i * LOG_PI)));
    }
    *out = where_positive(&f, sum, eta);
    return true;
}

/* Of a vector that stands for a number, or of arguments of other kinds. */
static const struct {
    const char *name;
    density_make *make;
} others[] = {
    {"categorical", categorical},
    {"categorical-logit", categorical_logit},
    {"ordered-logistic", ordered_logistic},
    {"dirichlet", dirichlet},
    {"symmetric-dirichlet", symmetric_dirichlet},
    {"gaussian-random-walk", random_walk},
    {"lkj-corr-cholesky", correlation_factor},
    {"multivariate-normal", multivariate_normal},
    {"multivariate-normal-cholesky", multivariate_normal_factor},
};

static struct found find(const struct xrp_family *f)
{
    size_t n = strcspn(f->names, " ");
    struct found out = {.family = f, .names = f->names};
    if (f->flags & XRP_STATEFUL) return out;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strlen(others[i].name) == n && !memcmp(others[i].name, f->names, n))
            out.make = others[i].make;
    if (!out.make && (out.row = row_of(f))) out.make = of_numbers;
    return out;
}

enum { FOUND = 64 }; /* by address, one a place */

static const struct found *found_of(const struct xrp_family *f)
{
    static struct found all[FOUND];
    struct found *at = &all[(uintptr_t)f / sizeof *f % FOUND];
    if (at->family != f || at->names != f->names) *at = find(f);
    return at;
}

density_make *density_formula(const struct xrp_family *f)
{
    return found_of(f)->make;
}
