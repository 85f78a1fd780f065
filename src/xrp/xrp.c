/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of families and makers, and what is done to all of them alike.
 * A new family is a row in its own file and a line here.
 */
#include "xrp/xrp.h"

#include <stdio.h>

#include "xrp/form.h"

const struct xrp_family *const xrp_families[] = {
    &family_flip,
    &family_noisy,
    &family_categorical,
    &family_sample_discrete,
    &family_multinomial,
    &family_uniform_draw,
    &family_randbelow,
    &family_uniform_discrete,
    &family_binomial,
    &family_geometric,
    &family_poisson,
    &family_negative_binomial,
    &family_neg_binomial_2,
    &family_beta_binomial,
    &family_hypergeometric,
    &family_zipf,
    &family_bernoulli_logit,
    &family_binomial_logit,
    &family_poisson_log,
    &family_neg_binomial_2_log,
    &family_categorical_logit,
    &family_ordered_logistic,

    &family_normal,
    &family_student_t,
    &family_laplace,
    &family_uniform,
    &family_rand,
    &family_beta,
    &family_gamma,
    &family_inverse_gamma,
    &family_exponential,
    &family_chi_squared,
    &family_cauchy,
    &family_logistic,
    &family_lognormal,
    &family_weibull,
    &family_pareto,
    &family_gumbel,
    &family_frechet,
    &family_rayleigh,
    &family_von_mises,
    &family_skew_normal,
    &family_half_normal,
    &family_half_cauchy,
    &family_half_student_t,
    &family_inverse_gaussian,
    &family_beta_proportion,
    &family_logit_normal,
    &family_kumaraswamy,
    &family_flat,
    &family_flat_positive,
    &family_flat_interval,

    &family_dirichlet,
    &family_symmetric_dirichlet,
    &family_stick_breaking,
    &family_multinomial_counts,
    &family_multivariate_normal,
    &family_multivariate_normal_precision,
    &family_multivariate_normal_cholesky,
    &family_lkj_corr_cholesky,
    &family_wishart,
    &family_inverse_wishart,
    &family_gaussian_random_walk,
    &family_gaussian_process,

    &family_iid,
    &family_each,
    &family_half,
    &family_truncated,
    &family_censored,
    &family_ordered,
    &family_positive_ordered,
    &family_mixture,

    &maker_beta_bernoulli,
    &maker_dirichlet,
    &maker_symmetric_dirichlet,
    &maker_polya,
    &maker_crp,
    &maker_pitman_yor,
    &maker_normal,
    &maker_poisson,
};
const size_t xrp_family_count = sizeof xrp_families / sizeof *xrp_families;

/* Is the word, of this length, one of the names? */
static bool among(const char *names, const char *word, size_t length)
{
    while (*names) {
        size_t here = strcspn(names, " ");
        if (here == length && memcmp(names, word, length) == 0) return true;
        names += here;
        names += strspn(names, " ");
    }
    return false;
}

const struct xrp_family *xrp_find(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < xrp_family_count; i++)
        if (among(xrp_families[i]->names, name, length)) return xrp_families[i];
    return NULL;
}

double xrp_score(const struct xrp_family *f, const struct xrp_site *s, value v)
{
    double score = f->prob(s, v);
    if (score != score) return -INFINITY;
    if (score > 0.0 && !(f->flags & XRP_CONTINUOUS)) return 0.0;
    return score;
}

static const char *const support_words[] = {
    [SUPPORT_ANY] = "any value",
    [SUPPORT_BOOLEAN] = "true or false",
    [SUPPORT_INTEGERS] = "an integer within bounds",
    [SUPPORT_COUNTS] = "a count: 0, 1, 2, ...",
    [SUPPORT_REAL] = "a real number",
    [SUPPORT_POSITIVE] = "a positive number",
    [SUPPORT_UNIT] = "a number between 0 and 1",
    [SUPPORT_INTERVAL] = "a number between the bounds",
    [SUPPORT_ANGLE] = "an angle from -pi to pi",
    [SUPPORT_LOWER] = "a number from the lower bound up",
    [SUPPORT_SIMPLEX] = "a vector of numbers, at least 0, that sum to 1",
    [SUPPORT_LABELS] = "an integer, the label of a table",
    [SUPPORT_VALUES] = "one of the values given",
    [SUPPORT_VECTOR] = "a vector of numbers, of the right length",
    [SUPPORT_COUNT_VECTOR] = "a vector of counts that sum to n",
    [SUPPORT_DEFINITE] = "a positive definite matrix, of the right size",
    [SUPPORT_CORRELATION] = "a lower triangular matrix with rows of length 1",
};

const char *xrp_support_words(const struct xrp_family *f)
{
    size_t count = sizeof support_words / sizeof *support_words;
    return support_words[f->support_kind < count ? f->support_kind
                                                 : SUPPORT_ANY];
}

bool xrp_keeps(const struct xrp_family *f, const struct xrp_site *before,
               const struct xrp_site *now, value v, bool *keeps,
               struct error *error)
{
    const struct xrp_site *both[] = {before, now};
    *keeps = true;
    for (int i = 0; *keeps && i < 2; i++) {
        enum xrp_decision d = f->rescores(both[i], v);
        if (d == XRP_UNDECIDED) return xrp_domain_error(f, both[i], error);
        *keeps = d == XRP_KEPT;
    }
    return true;
}

bool xrp_domain_error(const struct xrp_family *f, const struct xrp_site *s,
                      struct error *error)
{
    char words[ERROR_MESSAGE_MAX - 64];
    int length = (int)strcspn(f->names, " ");
    if (f->failure && f->failure(s, error)) return false;
    if (!f->explain || !f->explain(s, words, sizeof words))
        snprintf(words, sizeof words,
                 "parameters out of their domain; it is used as %s",
                 f->signature);
    return error_set(error, ERROR_DOMAIN, "%.*s: %s", length, f->names, words);
}
