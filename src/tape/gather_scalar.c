/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log densities of numbers under numbers as formulas over nodes: the functions
 * of src/xrp again, as operations of a tape, all constants included.
 * Parameters out of their domain, and values outside of the support, are where
 * logs and roots are not numbers; where a formula has none of them, it or its
 * row says which domain to look at.
 */
#include <string.h>

#include "tape/gather_formula.h"

/* ---- of real numbers -------------------------------------------------------- */

N formula_normal(struct formula *f, N y, N mu, N sd)
{
    N z = graph_3(f->g, TAPE_NORMAL, y, mu, inv(f, sd));
    return plus(f, sub(f, z, lg(f, sd)), -LOG_2PI_HALF);
}

static N normal(struct formula *f)
{
    return formula_normal(f, f->y, f->a[0], f->a[1]);
}

static N lognormal(struct formula *f)
{
    N l = lg(f, f->y);
    return sub(f, formula_normal(f, l, f->a[0], f->a[1]), l);
}

static N half_normal(struct formula *f)
{
    return plus(f, formula_normal(f, f->y, num(f, 0.0), f->a[0]), LOG_2);
}

static N logit_normal(struct formula *f)
{
    N l = lg(f, f->y), m = lg1p(f, neg(f, f->y));
    return sub(f, formula_normal(f, sub(f, l, m), f->a[0], f->a[1]),
               add(f, l, m));
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
    return plus(f, add(f, formula_normal(f, f->y, f->a[0], f->a[1]), tail),
                LOG_2);
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
    return formula_below(f, d, f->a[0], f->y);
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
    density = formula_below(f, density, f->a[0], f->y);
    return formula_below(f, density, f->y, f->a[1]);
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

/* Numbers under numbers. */
static const struct scalar rows[] = {
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

const struct scalar *scalar_of(const struct xrp_family *f)
{
    size_t n = strcspn(f->names, " ");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strlen(rows[i].name) == n && !memcmp(rows[i].name, f->names, n))
            return &rows[i];
    return NULL;
}
