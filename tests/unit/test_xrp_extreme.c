/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Samplers over vectors and matrices at extreme parameters: what of a draw
 * has a distribution of one number in closed form is judged against GSL's
 * CDF by Kolmogorov-Smirnov, between the ends beyond which doubles are too
 * coarse. False alarms of all together: 1e-6 (Massart's constant, divided
 * among the judgements).
 */
#include "families.h"

#include "xrp/multivariate.h"

#include <gsl/gsl_cdf.h>

enum { DRAWS = 30000, JUDGED_MAX = 64 };

/* What is judged of a draw, and its CDF. */
typedef double part(const double *x);
typedef double cdf(double x, double a, double b);
struct margin {
    const char *name;
    part *part;
    cdf *cdf;
    double a, b;   /* of the CDF */
    double lo, hi; /* judged between these */
};

static int judged;

static double bound(void)
{
    return sqrt(log(2e6 * JUDGED_MAX) / (2.0 * DRAWS));
}

/* sup |empirical - F| on [lo, hi]: at both ends, and on both sides of every
 * draw between. */
static double distance_within(double *x, const struct margin *g)
{
    qsort(x, DRAWS, sizeof *x, ascending);
    double worst = 0.0, from = g->cdf(g->lo, g->a, g->b);
    int i = 0, end = DRAWS;
    while (i < DRAWS && x[i] <= g->lo) i++;
    while (end > i && x[end - 1] > g->hi) end--;
    worst = fmax(fabs(from - (double)i / DRAWS),
                 fabs(g->cdf(g->hi, g->a, g->b) - (double)end / DRAWS));
    for (; i < end; i++) {
        double f = g->cdf(x[i], g->a, g->b);
        worst = fmax(worst, fmax(f - (double)i / DRAWS, (i + 1.0) / DRAWS - f));
    }
    return worst;
}

/* All margins of the same draws. */
static void margins_fit(const struct xrp_family *f, const value *args, int n,
                        const struct margin *margins, int count)
{
    enum { TOGETHER = 4 };
    static double seen[TOGETHER][DRAWS];
    struct xrp_site s = site_of(args, n);
    struct random r;
    assert_true(count <= TOGETHER);
    random_seed(&r, (uint64_t)(100 + judged));
    for (int i = 0; i < DRAWS; i++) {
        value v;
        assert_true(f->sample(&s, &r, &v));
        if (i % 64 == 0) assert_false(isnan(f->prob(&s, v)));
        if (i % 64 == 0) assert_true(f->prob(&s, v) > -INFINITY);
        for (int k = 0; k < count; k++)
            seen[k][i] = margins[k].part(as_vector(v)->at);
    }
    for (int k = 0; k < count; k++) {
        double d = distance_within(seen[k], margins + k);
        if (!(d <= bound()))
            print_error("%s: %s: distance %g, at most %g\n", f->names,
                        margins[k].name, d, bound());
        assert_true(d <= bound());
    }
    judged += count;
    assert_true(judged <= JUDGED_MAX);
}

#define FIT(family_, margins_, ...)                                          \
    do {                                                                     \
        const value args_[] = {__VA_ARGS__};                                 \
        margins_fit(&(family_), args_, (int)(sizeof args_ / sizeof(value)),  \
                    margins_, (int)(sizeof(margins_) / sizeof *(margins_))); \
    } while (0)

static const double TINY = 1e-300, NEARLY = 1.0 - 1e-10;

static double beta_cdf(double x, double a, double b)
{
    return gsl_cdf_beta_P(x, a, b);
}
static double gamma_cdf(double x, double a, double b)
{
    return gsl_cdf_gamma_P(x, a, b);
}
static double chi_cdf(double x, double dof, double scale)
{
    return gsl_cdf_chisq_P(x / scale, dof);
}
/* scale / chi-squared */
static double inverse_chi_cdf(double x, double dof, double scale)
{
    return gsl_cdf_chisq_Q(scale / x, dof);
}
static double normal_cdf(double x, double mean, double sd)
{
    return gsl_cdf_gaussian_P(x - mean, sd);
}

static double x_0(const double *x) { return x[0]; }
static double x_1(const double *x) { return x[1]; }
static double x_2(const double *x) { return x[2]; }
static double x_3(const double *x) { return x[3]; }

/* ---- simplices ---------------------------------------------------------- */

static double first_of_two(const double *x) { return x[0] / (x[0] + x[2]); }

static void dirichlets(void **state)
{
    (void)state;
    const double small[] = {1e-3, 1e-3, 1e-3}, large[] = {1e3, 1e3, 1e3};
    const double apart[] = {1e-3, 1e3, 1.0};
    const struct margin of_small[] = {
        {"small 0", x_0, beta_cdf, 1e-3, 2e-3, TINY, NEARLY},
        {"small 2", x_2, beta_cdf, 1e-3, 2e-3, TINY, NEARLY},
    };
    const struct margin of_large[] = {
        {"large 0", x_0, beta_cdf, 1e3, 2e3, 0.0, 1.0},
        {"large 2", x_2, beta_cdf, 1e3, 2e3, 0.0, 1.0},
    };
    const struct margin of_apart[] = {
        {"apart 0", x_0, beta_cdf, 1e-3, 1001.0, TINY, 1.0},
        {"apart 1", x_1, beta_cdf, 1e3, 1.001, 0.0, 1.0},
        {"apart 2", x_2, beta_cdf, 1.0, 1000.001, 0.0, 1.0},
        {"apart ratio", first_of_two, beta_cdf, 1e-3, 1.0, 1e-290, NEARLY},
    };
    FIT(family_dirichlet, of_small, numbers_vector(small, 3));
    FIT(family_dirichlet, of_large, numbers_vector(large, 3));
    FIT(family_dirichlet, of_apart, numbers_vector(apart, 3));
    FIT(family_symmetric_dirichlet, of_small, v_double(1e-3), v_int(3));
    FIT(family_symmetric_dirichlet, of_large, v_int(1000), v_int(3));
}

enum { STICKS = 50 };
static double rest_of_many(const double *x) { return -log(x[STICKS - 1]); }
static double second_share(const double *x) { return x[1] / (1.0 - x[0]); }

static void sticks(void **state)
{
    (void)state;
    /* What is left of few: 1 - beta(1, alpha). Of many: a product, so minus
     * its log is a gamma. */
    const struct margin of_small[] = {
        {"rest", x_1, beta_cdf, 1e-3, 1.0, TINY, NEARLY},
        {"first", x_0, beta_cdf, 1.0, 1e-3, 0.0, NEARLY},
    };
    const struct margin of_large[] = {
        {"first", x_0, beta_cdf, 1.0, 1e3, 0.0, 1.0},
        {"second", second_share, beta_cdf, 1.0, 1e3, 0.0, 1.0},
        {"rest of many", rest_of_many, gamma_cdf, STICKS - 1.0, 1e-3, 0.0, 1.0},
    };
    FIT(family_stick_breaking, of_small, v_double(1e-3), v_int(2));
    FIT(family_stick_breaking, of_large, v_int(1000), v_int(STICKS));
}

/* ---- normals ------------------------------------------------------------ */

/* Along the axes of an ellipse at 30 degrees to the first coordinate, sd 1
 * and 1e-4; a third coordinate of sd 1e-2 stands apart. */
static double along(const double *x)
{
    return sqrt(0.75) * (x[0] - 3.0) + 0.5 * (x[1] + 2.0);
}
static double across(const double *x)
{
    return sqrt(0.75) * (x[1] + 2.0) - 0.5 * (x[0] - 3.0);
}

static value ellipse(double long_axis, double short_axis, double third)
{
    const double c = sqrt(0.75), s = 0.5, beside = c * s;
    double a[9] = {[8] = third};
    a[0] = c * c * long_axis + s * s * short_axis;
    a[1] = a[3] = beside * (long_axis - short_axis);
    a[4] = s * s * long_axis + c * c * short_axis;
    value v = vector_make(3, 3);
    memcpy(as_vector(v)->at, a, sizeof a);
    return v;
}

/* The lower factor of the covariance: its determinant is 1e-8. */
static value ellipse_factor(void)
{
    value v = ellipse(1.0, 1e-8, 1e-2);
    double *a = as_vector(v)->at;
    a[0] = sqrt(a[0]);
    a[3] /= a[0];
    a[4] = 1e-4 / a[0];
    a[1] = 0.0;
    return v;
}

static void normals(void **state)
{
    (void)state;
    const double mean[] = {3.0, -2.0, 0.0};
    const struct margin axes[] = {
        {"along", along, normal_cdf, 0.0, 1.0, -INFINITY, INFINITY},
        {"across", across, normal_cdf, 0.0, 1e-4, -INFINITY, INFINITY},
        {"first", x_0, normal_cdf, 3.0, sqrt(0.75 + 0.25e-8), -INFINITY,
         INFINITY},
        {"third", x_2, normal_cdf, 0.0, 1e-2, -INFINITY, INFINITY},
    };
    value at = numbers_vector(mean, 3);
    FIT(family_multivariate_normal, axes, at, ellipse(1.0, 1e-8, 1e-4));
    FIT(family_multivariate_normal_precision, axes, at, ellipse(1.0, 1e8, 1e4));
    FIT(family_multivariate_normal_cholesky, axes, at, ellipse_factor());
}

enum { STEPS = 200 };
static double walk_end(const double *x) { return x[STEPS - 1]; }
static double walk_step(const double *x) { return x[150] - x[149]; }

static void walks(void **state)
{
    (void)state;
    const double root = sqrt(STEPS);
    const struct margin of_short[] = {
        {"end", walk_end, normal_cdf, 10.0, 1e-6 * root, -INFINITY, INFINITY},
        {"step", walk_step, normal_cdf, 0.0, 1e-6, -INFINITY, INFINITY},
    };
    const struct margin of_long[] = {
        {"end", walk_end, normal_cdf, 10.0 + 0.25 * STEPS, 1e8 * root,
         -INFINITY, INFINITY},
        {"step", walk_step, normal_cdf, 0.25, 1e8, -INFINITY, INFINITY},
    };
    FIT(family_gaussian_random_walk, of_short, v_int(STEPS), v_double(1e-6),
        v_int(10), v_int(0));
    FIT(family_gaussian_random_walk, of_long, v_int(STEPS), v_double(1e8),
        v_int(10), v_double(0.25));
}

/* ---- matrices ----------------------------------------------------------- */

static double by_scale_trace(const double *x)
{
    return (x[0] - 2.4 * x[1] + 4 * x[3]) / 2.56;
}
static double by_inverse_trace(const double *x)
{
    return (4 * x[3] - 2.4 * x[1] + x[0]) / (x[0] * x[3] - x[1] * x[2]);
}

/* Scale ((4 1.2) (1.2 1)). On the diagonal of a wishart: scale times
 * chi-squared(dof); of an inverse one: scale over chi-squared(dof - 1). The
 * traces are chi-squared(2 dof). */
static void wisharts(void **state)
{
    (void)state;
    const double least = 1.05, most = 1e4;
    value scale = vector_make(2, 2);
    memcpy(as_vector(scale)->at, (const double[]){4, 1.2, 1.2, 1},
           4 * sizeof(double));
    const struct margin of_least[] = {
        {"least 0", x_0, chi_cdf, least, 4.0, 0.0, INFINITY},
        {"least 3", x_3, chi_cdf, least, 1.0, 0.0, INFINITY},
        {"least trace", by_scale_trace, chi_cdf, 2 * least, 1.0, 1e-3,
         INFINITY},
    };
    const struct margin of_most[] = {
        {"most 0", x_0, chi_cdf, most, 4.0, 0.0, INFINITY},
        {"most 3", x_3, chi_cdf, most, 1.0, 0.0, INFINITY},
        {"most trace", by_scale_trace, chi_cdf, 2 * most, 1.0, 0.0, INFINITY},
    };
    const struct margin of_inverse_least[] = {
        {"least 0", x_0, inverse_chi_cdf, least - 1, 4.0, TINY, 1e300},
        {"least 3", x_3, inverse_chi_cdf, least - 1, 1.0, TINY, 1e300},
    };
    const struct margin of_inverse_most[] = {
        {"most 0", x_0, inverse_chi_cdf, most - 1, 4.0, TINY, INFINITY},
        {"most 3", x_3, inverse_chi_cdf, most - 1, 1.0, TINY, INFINITY},
        {"most trace", by_inverse_trace, chi_cdf, 2 * most, 1.0, 0.0, INFINITY},
    };
    FIT(family_wishart, of_least, v_double(least), scale);
    FIT(family_wishart, of_most, v_double(most), scale);
    FIT(family_inverse_wishart, of_inverse_least, v_double(least), scale);
    FIT(family_inverse_wishart, of_inverse_most, v_double(most), scale);
}

/* n 3: each correlation is 2 beta(eta + 1/2) - 1, the square of the last
 * diagonal element is beta(eta, 1). */
static double correlation_10(const double *l) { return 0.5 + 0.5 * l[3]; }
static double correlation_21(const double *l)
{
    return 0.5 + 0.5 * (l[6] * l[3] + l[7] * l[4]);
}
static double last_square(const double *l) { return l[8] * l[8]; }

static void lkjs(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        double eta = i ? 100.0 : 0.1;
        const struct margin margins[] = {
            {"10", correlation_10, beta_cdf, eta + 0.5, eta + 0.5, 1e-10,
             NEARLY},
            {"21", correlation_21, beta_cdf, eta + 0.5, eta + 0.5, 1e-10,
             NEARLY},
            {"last", last_square, beta_cdf, eta, 1.0, TINY, NEARLY},
        };
        FIT(family_lkj_corr_cholesky, margins, v_int(3), v_double(eta));
    }
}

/* ---- counts ------------------------------------------------------------- */

enum { TRIALS = 1000000 };

/* A count is spread over what its CDF rises by, so that it is uniform. */
static struct random spread;
static double spread_count(double k, double p)
{
    unsigned at = (unsigned)k;
    double below = at ? gsl_cdf_binomial_P(at - 1, p, TRIALS) : 0.0;
    double here = gsl_cdf_binomial_P(at, p, TRIALS);
    return below + random_unit(&spread) * (here - below);
}

static const double weights[] = {1e-6, 0.5, 1e-12, 0.5, 3e-5};
static double share(int i)
{
    double all = 0.0;
    for (int k = 0; k < 5; k++) all += weights[k];
    return weights[i] / all;
}
static double count_0(const double *x) { return spread_count(x[0], share(0)); }
static double count_2(const double *x) { return spread_count(x[2], share(2)); }
static double count_3(const double *x) { return spread_count(x[3], share(3)); }
static double count_4(const double *x)
{
    double all = 0.0;
    for (int k = 0; k < 5; k++) all += x[k];
    assert_true(all == TRIALS);
    return spread_count(x[4], share(4));
}

static void multinomials(void **state)
{
    (void)state;
    const struct margin margins[] = {
        {"1e-6", count_0, beta_cdf, 1.0, 1.0, 0.0, 1.0},
        {"1e-12", count_2, beta_cdf, 1.0, 1.0, 0.0, 1.0},
        {"half", count_3, beta_cdf, 1.0, 1.0, 0.0, 1.0},
        {"3e-5", count_4, beta_cdf, 1.0, 1.0, 0.0, 1.0},
    };
    random_seed(&spread, 99);
    FIT(family_multinomial_counts, margins, v_int(TRIALS),
        numbers_vector(weights, 5));
}

static int setup(void **state)
{
    (void)state;
    memory_init((size_t)64 << 20);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dirichlets),   cmocka_unit_test(sticks),
        cmocka_unit_test(normals),      cmocka_unit_test(walks),
        cmocka_unit_test(wisharts),     cmocka_unit_test(lkjs),
        cmocka_unit_test(multinomials),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
