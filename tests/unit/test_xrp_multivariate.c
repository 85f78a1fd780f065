/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Families over vectors and matrices: log densities and slopes against
 * mpmath, forms of one density against each other where they are large,
 * draws against what is known of them, and arguments out of their domain.
 */
#include "families.h"

#include "base/linear.h"
#include "xrp/multivariate.h"

#include <gsl/gsl_cdf.h>

enum { NUMBERS_MAX = 64, ARGUMENTS_MAX = 8 };

struct row {
    const char *family, *spec;
    double numbers[NUMBERS_MAX];
};

static const struct row rows[] = {
#include "../reference/multivariate.inc"
};
enum { ROW_COUNT = sizeof rows / sizeof *rows };

/* ---- rows as values ----------------------------------------------------- */

struct part {
    char kind;
    int edge, count; /* numbers that it has */
    value v;
};

static value matrix_of(const double *x, int n)
{
    value v = vector_make((size_t)n, (size_t)n);
    memcpy(as_vector(v)->at, x, (size_t)(n * n) * sizeof *x);
    return v;
}

static value symbol_of_kernel(double k)
{
    static const char *const names[] = {"squared-exponential", "matern-3/2",
                                        "matern-5/2", "periodic"};
    return symbol(names[(int)k]);
}

/* One word of the spec, its value made of the numbers at x. */
static struct part read_part(const char **spec, const double *x)
{
    struct part p = {.kind = **spec, .edge = 1, .count = 1};
    char *end;
    p.edge = (int)strtol(*spec + 1, &end, 10);
    if (strchr("mt", p.kind)) {
        p.count = p.edge * p.edge;
        p.v = matrix_of(x, p.edge);
    } else if (p.kind == 'v') {
        p.count = p.edge;
        p.v = numbers_vector(x, p.edge);
    } else {
        p.v = p.kind == 'k' ? symbol_of_kernel(*x) : number(*x);
    }
    *spec = *end == ' ' ? end + 1 : end;
    return p;
}

struct example {
    const struct xrp_family *family;
    int count;
    struct part args[ARGUMENTS_MAX], value;
    value values[ARGUMENTS_MAX];
    struct xrp_site site;
    double log_density, condition;
    const double *by_value, *by_args;
};

static void open_example(struct example *e, const struct row *r)
{
    const char *spec = r->spec;
    const double *x = r->numbers;
    e->family = xrp_find(r->family);
    assert_non_null(e->family);
    for (e->count = 0; *spec != '='; e->count++) {
        struct part p = e->args[e->count] = read_part(&spec, x);
        e->values[e->count] = p.v;
        x += p.count;
    }
    spec += 2;
    e->value = read_part(&spec, x);
    x += e->value.count;
    e->site = site_of(e->values, e->count);
    e->log_density = x[0];
    e->condition = x[1];
    e->by_value = x + 2;
    e->by_args = e->by_value + e->value.count;
}

/* ---- densities and slopes ----------------------------------------------- */

/* Factors of matrices cost some roundings for each row. */
static void densities_agree_with_mpmath(void **state)
{
    (void)state;
    int bad = 0;
    for (int i = 0; i < ROW_COUNT; i++) {
        struct example e;
        open_example(&e, rows + i);
        double got = e.family->prob(&e.site, e.value.v);
        double bound =
            1e-13 * fmax(fabs(e.log_density), 1.0) + 0x1p-52 * 4 * e.condition;
        if (fabs(got - e.log_density) <= bound || bad++ >= 20) continue;
        print_error("%s %s row %d: %.17g, not %.17g (bound %.2g)\n",
                    rows[i].family, rows[i].spec, i, got, e.log_density, bound);
    }
    assert_int_equal(bad, 0);
}

/* The largest slope of a part in units of the reference's largest, by size of
 * the numbers themselves. */
static double slope_error(const struct part *p, const double *x,
                          const double *got, const double *want)
{
    double worst = 0.0, largest = 0.0;
    for (int i = 0; i < p->count; i++) {
        int row = p->edge ? i / p->edge : 0, column = p->edge ? i % p->edge : 0;
        bool square = strchr("mt", p->kind) != NULL;
        double size = square ? sqrt(fabs(x[row * p->edge + row] *
                                         x[column * p->edge + column]))
                             : fabs(x[i]);
        worst = fmax(worst, fabs(got[i] - want[i]) * size);
        largest = fmax(largest, fabs(want[i]) * size);
        if (want[i] == want[i] && got[i] != got[i]) return INFINITY;
    }
    return worst / fmax(largest, 1.0);
}

/* Errors of a slope are those of a solution: the condition of the matrix,
 * at most (1 + the density's condition) and more where that is large. */
static void slopes_agree_with_mpmath(void **state)
{
    (void)state;
    int bad = 0, compared = 0;
    for (int i = 0; i < ROW_COUNT; i++) {
        struct example e;
        double by_value[NUMBERS_MAX], by[ARGUMENTS_MAX][NUMBERS_MAX];
        double *wanted[ARGUMENTS_MAX];
        open_example(&e, rows + i);
        array_gradient *slopes = array_gradient_of(e.family);
        assert_non_null(slopes);
        for (int k = 0; k < e.count; k++) wanted[k] = by[k];
        assert_true(slopes(&e.site, e.value.v, by_value, wanted));
        const double *x = rows[i].numbers, *want = e.by_args;
        double worst = 0.0;
        for (int k = 0; k < e.count; k++) {
            const struct part *p = e.args + k;
            if (p->kind != 'k' && want[0] == want[0])
                worst = fmax(worst, slope_error(p, x, by[k], want));
            x += p->count;
            want += p->count;
        }
        if (e.by_value[0] == e.by_value[0])
            worst = fmax(worst, slope_error(&e.value, x, by_value, e.by_value));
        compared++;
        double bound = 1e-11 + 0x1p-52 * e.condition * (1 + e.condition);
        if (worst <= fmin(bound, 1e-3) || bad++ >= 20) continue;
        print_error("%s %s row %d: slopes off by %.2g (bound %.2g)\n",
                    rows[i].family, rows[i].spec, i, worst, bound);
    }
    assert_int_equal(bad, 0);
    assert_int_equal(compared, ROW_COUNT);
}

/* The slot of xrp.h answers the scalars of the same slopes. */
static void scalars_have_their_slot(void **state)
{
    (void)state;
    for (int i = 0; i < ROW_COUNT; i += 7) {
        struct example e;
        double by_value, by_arg[ARGUMENTS_MAX], all[NUMBERS_MAX];
        open_example(&e, rows + i);
        if (!e.family->gradient) continue;
        assert_true(e.family->gradient(&e.site, e.value.v, &by_value, by_arg));
        for (int k = 0; k < e.count; k++) {
            double *wanted[ARGUMENTS_MAX] = {NULL};
            wanted[k] = all;
            assert_true(
                array_gradient_of(e.family)(&e.site, e.value.v, NULL, wanted));
            if (e.args[k].kind == 's')
                assert_true(by_arg[k] == all[0] || by_arg[k] != by_arg[k]);
            else
                assert_true(by_arg[k] != by_arg[k]);
        }
    }
}

/* ---- large ones --------------------------------------------------------- */

enum { LARGE = 90 };

/* Points of a line, and the covariance that a process gives them. */
static void line(double *xs, double *covariance, double sd, double length,
                 double noise)
{
    for (int i = 0; i < LARGE; i++) xs[i] = 0.3 * i;
    for (int i = 0; i < LARGE; i++)
        for (int j = 0; j < LARGE; j++) {
            double u = sqrt(3.0) * fabs(xs[i] - xs[j]) / length;
            covariance[i * LARGE + j] = sd * sd * (1 + u) * exp(-u);
            if (i == j)
                covariance[i * LARGE + j] += noise * noise + 1e-9 * sd * sd;
        }
}

/* Through BLAS: four ways to one density. */
static void forms_agree_where_they_are_large(void **state)
{
    (void)state;
    static double xs[LARGE], a[LARGE * LARGE], l[LARGE * LARGE];
    static double inverse[LARGE * LARGE], zero[LARGE], y[LARGE];
    struct random r;
    random_seed(&r, 77);
    line(xs, a, 1.5, 2.0, 0.5);
    memcpy(l, a, sizeof l);
    assert_int_equal(linear_cholesky(l, LARGE, NULL), LARGE);
    linear_cholesky_inverse(l, inverse, LARGE);
    for (int i = 0; i < LARGE; i++)
        for (int j = 0; j < i; j++)
            inverse[i * LARGE + j] = inverse[j * LARGE + i];
    for (int i = 0; i < LARGE; i++) y[i] = random_normal(&r);
    value v = numbers_vector(y, LARGE);
    value mean = numbers_vector(zero, LARGE);
    value by_covariance[] = {mean, matrix_of(a, LARGE)};
    value by_precision[] = {mean, matrix_of(inverse, LARGE)};
    value by_factor[] = {mean, matrix_of(l, LARGE)};
    value as_process[] = {numbers_vector(xs, LARGE), symbol("matern-3/2"),
                          v_double(1.5), v_double(2.0), v_double(0.5)};
    struct xrp_site s = site_of(by_covariance, 2);
    double want = family_multivariate_normal.prob(&s, v);
    assert_true(isfinite(want));
    s = site_of(by_precision, 2);
    assert_true(fabs(family_multivariate_normal_precision.prob(&s, v) - want) <
                1e-9 * fabs(want));
    s = site_of(by_factor, 2);
    assert_true(fabs(family_multivariate_normal_cholesky.prob(&s, v) - want) <
                1e-12 * fabs(want));
    s = site_of(as_process, 5);
    assert_true(fabs(family_gaussian_process.prob(&s, v) - want) <
                1e-12 * fabs(want));
}

/* ---- draws -------------------------------------------------------------- */

enum { DRAWS = 100000 };

static double standard_normal(double x) { return gsl_cdf_ugaussian_P(x); }
static double unit(double p) { return p; }

static void open_site(struct xrp_site *s, value *args, int n)
{
    *s = site_of(args, n);
}

/* Each draw mapped to what is uniform on (0, 1) if the sampler is right. */
typedef double to_unit(const double *x);

static void draws_fit(const struct xrp_family *f, value *args, int n,
                      to_unit *map, uint64_t seed)
{
    static double p[DRAWS];
    struct random r;
    struct xrp_site s;
    random_seed(&r, seed);
    open_site(&s, args, n);
    for (int i = 0; i < DRAWS; i++) {
        value v;
        assert_true(f->sample(&s, &r, &v));
        assert_true(isfinite(f->prob(&s, v)));
        p[i] = map(as_vector(v)->at);
    }
    double distance = ks_distance(p, DRAWS, unit);
    if (distance > ks_bound(DRAWS))
        fail_msg("%s: distance %g", f->names, distance);
}

/* Covariance ((4 1.2) (1.2 1)), mean (1 -2): whitened by hand. */
static double normal_first(const double *x)
{
    return standard_normal((x[0] - 1) / 2);
}
static double normal_second(const double *x)
{
    return standard_normal((x[1] + 2 - 0.3 * (x[0] - 1)) / 0.8);
}
static double normal_both(const double *x)
{
    double a = (x[0] - 1) / 2, b = (x[1] + 2 - 0.3 * (x[0] - 1)) / 0.8;
    return gsl_cdf_chisq_P(a * a + b * b, 2);
}

static void normal_draws(void **state)
{
    (void)state;
    const double mean[] = {1, -2}, a[] = {4, 1.2, 1.2, 1};
    const double l[] = {2, 0, 0.6, 0.8};
    const double q[] = {1 / 2.56, -1.2 / 2.56, -1.2 / 2.56, 4 / 2.56};
    struct {
        const struct xrp_family *family;
        const double *matrix;
    } forms[] = {{&family_multivariate_normal, a},
                 {&family_multivariate_normal_precision, q},
                 {&family_multivariate_normal_cholesky, l}};
    for (int i = 0; i < 3; i++) {
        value args[] = {numbers_list(mean, 2), matrix_of(forms[i].matrix, 2)};
        draws_fit(forms[i].family, args, 2, normal_first, 1);
        draws_fit(forms[i].family, args, 2, normal_second, 2);
        draws_fit(forms[i].family, args, 2, normal_both, 3);
    }
}

/* Scale ((4 1.2) (1.2 1)), dof 5.5. For a wishart X(0, 0) / 4 is chi-squared,
 * and the trace of inverse(scale) X with twice the dof; for the inverse,
 * tr(scale inverse(X)), and X(0, 0) is inverse gamma with (dof - 1) / 2. */
static double wishart_corner(const double *x)
{
    return gsl_cdf_chisq_P(x[0] / 4, 5.5);
}
static double wishart_trace(const double *x)
{
    return gsl_cdf_chisq_P((x[0] - 2.4 * x[1] + 4 * x[3]) / 2.56, 11);
}
static double inverse_corner(const double *x)
{
    return gsl_cdf_chisq_Q(4 / x[0], 4.5);
}
static double inverse_trace(const double *x)
{
    double det = x[0] * x[3] - x[1] * x[2];
    return gsl_cdf_chisq_P((4 * x[3] - 2.4 * x[1] + x[0]) / det, 11);
}

static void wishart_draws(void **state)
{
    (void)state;
    const double a[] = {4, 1.2, 1.2, 1};
    value args[] = {v_double(5.5), matrix_of(a, 2)};
    draws_fit(&family_wishart, args, 2, wishart_corner, 4);
    draws_fit(&family_wishart, args, 2, wishart_trace, 5);
    draws_fit(&family_inverse_wishart, args, 2, inverse_corner, 6);
    draws_fit(&family_inverse_wishart, args, 2, inverse_trace, 7);
}

/* n 4, eta 0.4: each correlation is 2 beta(eta + 1) - 1. */
static double correlation_10(const double *l)
{
    return gsl_cdf_beta_P((1 + l[4]) / 2, 1.4, 1.4);
}
static double correlation_32(const double *l)
{
    double r = l[8] * l[12] + l[9] * l[13] + l[10] * l[14];
    return gsl_cdf_beta_P((1 + r) / 2, 1.4, 1.4);
}

static void lkj_draws(void **state)
{
    (void)state;
    value args[] = {v_int(4), v_double(0.4)};
    draws_fit(&family_lkj_corr_cholesky, args, 2, correlation_10, 8);
    draws_fit(&family_lkj_corr_cholesky, args, 2, correlation_32, 9);
}

static double stick_first(const double *x)
{
    return gsl_cdf_beta_P(x[0], 1, 2.5);
}
static double stick_third(const double *x)
{
    return gsl_cdf_beta_P(x[2] / (1 - x[0] - x[1]), 1, 2.5);
}
static double walk_third(const double *x)
{
    return standard_normal((x[2] - x[1] - 0.25) / 2);
}
static double walk_end(const double *x)
{
    return standard_normal((x[3] - 10 - 1) / 4);
}

static void path_draws(void **state)
{
    (void)state;
    value sticks[] = {v_double(2.5), v_int(4)};
    draws_fit(&family_stick_breaking, sticks, 2, stick_first, 10);
    draws_fit(&family_stick_breaking, sticks, 2, stick_third, 11);
    value walk[] = {v_int(4), v_int(2), v_int(10), v_double(0.25)};
    draws_fit(&family_gaussian_random_walk, walk, 4, walk_third, 12);
    draws_fit(&family_gaussian_random_walk, walk, 4, walk_end, 13);
}

/* Two points at distance 1, each kernel with sd 2, length 1.5, noise 0.5,
 * mean 3, period 5: the difference and the sum of two values. */
static double process_difference_variance, process_sum_variance;
static double process_difference(const double *y)
{
    return standard_normal((y[0] - y[1]) / sqrt(process_difference_variance));
}
static double process_sum(const double *y)
{
    return standard_normal((y[0] + y[1] - 6) / sqrt(process_sum_variance));
}

static void process_draws(void **state)
{
    (void)state;
    const double xs[] = {0.5, 1.5};
    double u3 = sqrt(3.0) / 1.5, u5 = sqrt(5.0) / 1.5;
    double sine = sin(M_PI / 5) / 1.5;
    const double shared[] = {exp(-0.5 / 2.25), (1 + u3) * exp(-u3),
                             (1 + u5 + u5 * u5 / 3) * exp(-u5),
                             exp(-2 * sine * sine)};
    for (int k = 0; k < 4; k++) {
        value args[] = {numbers_vector(xs, 2),
                        symbol_of_kernel(k),
                        v_int(2),
                        v_double(1.5),
                        v_double(0.5),
                        v_int(3),
                        v_int(5)};
        process_difference_variance = 2 * (4.25 + 4e-9 - 4 * shared[k]);
        process_sum_variance = 2 * (4.25 + 4e-9 + 4 * shared[k]);
        draws_fit(&family_gaussian_process, args, 7, process_difference,
                  (uint64_t)(20 + k));
        draws_fit(&family_gaussian_process, args, 7, process_sum,
                  (uint64_t)(30 + k));
    }
}

/* Chi-square of the counts of all outcomes: n 3 of weights 1, 2, 5. */
static void multinomial_draws(void **state)
{
    (void)state;
    const double weights[] = {1, 2, 5};
    value args[] = {v_int(3), numbers_vector(weights, 3)};
    struct xrp_site s = site_of(args, 2);
    static double seen[4][4];
    struct random r;
    double chi = 0.0, all = 0.0;
    random_seed(&r, 14);
    for (int i = 0; i < DRAWS; i++) {
        value v;
        assert_true(family_multinomial_counts.sample(&s, &r, &v));
        const double *x = as_vector(v)->at;
        assert_true(x[0] + x[1] + x[2] == 3);
        seen[(int)x[0]][(int)x[1]]++;
    }
    for (int a = 0; a < 4; a++)
        for (int b = 0; a + b < 4; b++) {
            const double x[] = {a, b, 3 - a - b};
            double p =
                exp(family_multinomial_counts.prob(&s, numbers_vector(x, 3)));
            double apart = seen[a][b] - DRAWS * p;
            chi += apart * apart / (DRAWS * p);
            all += p;
        }
    assert_true(fabs(all - 1) < 1e-13);
    assert_true(gsl_cdf_chisq_Q(chi, 9) > FALSE_ALARM_OF_ONE);
}

/* ---- wrong arguments ---------------------------------------------------- */

static void explains(const struct xrp_family *f, value *args, int n,
                     const char *words)
{
    struct xrp_site s = site_of(args, n);
    struct random r;
    value v;
    char got[300] = "";
    random_seed(&r, 1);
    const double x[] = {1, 0};
    assert_true(isnan(f->prob(&s, numbers_vector(x, 2))));
    assert_false(f->sample(&s, &r, &v));
    assert_true(f->explain(&s, got, sizeof got));
    if (!strstr(got, words)) fail_msg("\"%s\", not \"%s\"", got, words);
}

static void arguments_out_of_their_domain(void **state)
{
    (void)state;
    const double mean[] = {0, 0}, three[] = {0, 0, 0}, one[] = {1, 0, 0, 1};
    const double skew[] = {1, 0.5, 0.2, 1}, flat[] = {1, 2, 2, 1};
    const double nan[] = {NAN, 0, 0, 1}, upper[] = {1, 0.5, 0, 1};
    const double negative[] = {1, 0, 0, -1};
    value zero = numbers_vector(mean, 2), unit_ = matrix_of(one, 2);
    struct {
        const struct xrp_family *family;
        value args[2];
        const char *words;
    } rows_[] = {
        {&family_multivariate_normal, {zero, matrix_of(skew, 2)}, "symmetric"},
        {&family_multivariate_normal,
         {zero, matrix_of(flat, 2)},
         "positive definite (it fails at row 1)"},
        {&family_multivariate_normal, {zero, matrix_of(nan, 2)}, "finite"},
        {&family_multivariate_normal,
         {numbers_vector(three, 3), unit_},
         "mean has 3 numbers, covariance is 2 x 2"},
        {&family_multivariate_normal,
         {v_int(1), unit_},
         "mean must be a "
         "vector"},
        {&family_multivariate_normal, {zero, zero}, "must be a matrix"},
        {&family_multivariate_normal, {V_NIL, V_NIL}, "mean must be a vector"},
        {&family_multivariate_normal, {vector_make(0, 0), V_NIL}, "mean must"},
        {&family_multivariate_normal_precision,
         {zero, matrix_of(flat, 2)},
         "precision must be positive definite"},
        {&family_multivariate_normal_cholesky,
         {zero, matrix_of(upper, 2)},
         "zero above its diagonal"},
        {&family_multivariate_normal_cholesky,
         {zero, matrix_of(negative, 2)},
         "positive on its diagonal"},
        {&family_wishart, {v_int(1), unit_}, "dof must be above 1"},
        {&family_wishart, {v_double(NAN), unit_}, "dof must be positive"},
        {&family_wishart, {v_int(4), matrix_of(flat, 2)}, "scale must be pos"},
        {&family_inverse_wishart, {v_int(4), matrix_of(skew, 2)}, "symmetric"},
        {&family_lkj_corr_cholesky, {v_int(2), v_int(0)}, "eta must be pos"},
        {&family_lkj_corr_cholesky, {v_int(0), v_int(1)}, "n must be"},
        {&family_lkj_corr_cholesky, {v_int(5000), v_int(1)}, "at most 4096"},
        {&family_stick_breaking, {v_int(-1), v_int(2)}, "alpha must be"},
        {&family_multinomial_counts, {v_int(2), zero}, "a sum above 0"},
        {&family_multinomial_counts, {v_double(1.5), zero}, "n must be"},
        {&family_multinomial_counts,
         {v_int(2), numbers_vector(negative, 4)},
         "weight 3 must be at least 0"},
        {&family_gaussian_random_walk, {v_int(2), v_int(0)}, "sd must be"},
    };
    for (size_t i = 0; i < sizeof rows_ / sizeof *rows_; i++)
        explains(rows_[i].family, rows_[i].args, 2, rows_[i].words);
    value process[] = {zero, symbol("cubic"), v_int(1), v_int(1)};
    explains(&family_gaussian_process, process, 4, "kernel must be");
    process[1] = symbol("periodic");
    process[3] = v_int(0);
    explains(&family_gaussian_process, process, 4, "length must be positive");
    process[0] = V_NIL;
    explains(&family_gaussian_process, process, 4, "xs must be");
}

/* Values of other shapes and outside the support cannot be, and are never
 * NaN. */
static void values_outside_the_support(void **state)
{
    (void)state;
    const double mean[] = {0, 0}, one[] = {1, 0, 0, 1}, flat[] = {1, 2, 2, 1};
    const double skew[] = {1, 0.5, 0.2, 1}, long_row[] = {1, 0, 1, 1};
    const double huge[] = {1e308, -1e308}, half[] = {0.5, 0.4};
    const double infinite[] = {INFINITY, 0}, none[] = {NAN, 0};
    const double weights[] = {1, 0};
    value unit_ = matrix_of(one, 2), zero = numbers_vector(mean, 2);
    value values[] = {V_NIL,
                      V_TRUE,
                      v_int(3),
                      symbol("a"),
                      numbers_vector(one, 3),
                      matrix_of(flat, 2),
                      matrix_of(skew, 2),
                      matrix_of(long_row, 2),
                      numbers_vector(infinite, 2),
                      numbers_vector(none, 2),
                      numbers_vector(half, 2)};
    struct {
        const struct xrp_family *family;
        int count;
        value args[4];
        int possible; /* how many of the values have a density */
    } sites[] = {
        {&family_multivariate_normal, 2, {zero, unit_}, 1},
        {&family_multivariate_normal_precision, 2, {zero, unit_}, 1},
        {&family_multivariate_normal_cholesky, 2, {zero, unit_}, 1},
        {&family_wishart, 2, {v_int(3), unit_}, 0},
        {&family_inverse_wishart, 2, {v_int(3), unit_}, 0},
        {&family_lkj_corr_cholesky, 2, {v_int(2), v_int(1)}, 0},
        {&family_stick_breaking, 2, {v_int(2), v_int(2)}, 0},
        {&family_multinomial_counts,
         2,
         {v_int(1), numbers_vector(weights, 2)},
         0},
        {&family_gaussian_random_walk, 2, {v_int(2), v_int(1)}, 1},
        {&family_gaussian_process,
         4,
         {zero, symbol("periodic"), v_int(1), v_int(1)},
         1},
    };
    for (size_t i = 0; i < sizeof sites / sizeof *sites; i++) {
        struct xrp_site s = site_of(sites[i].args, sites[i].count);
        int possible = 0;
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            double got = sites[i].family->prob(&s, values[k]);
            assert_false(isnan(got));
            possible += got > -INFINITY;
        }
        if (possible != sites[i].possible)
            fail_msg("%s: %d values", sites[i].family->names, possible);
        assert_false(isnan(sites[i].family->prob(&s, numbers_vector(huge, 2))));
    }
}

/* Lists serve as vectors, lists of rows as matrices. */
static void lists_are_taken(void **state)
{
    (void)state;
    const double mean[] = {1, 2}, a[] = {2, 0.5, 0.5, 1}, x[] = {0.5, 3};
    value rows_ = cons(numbers_list(a, 2), cons(numbers_list(a + 2, 2), V_NIL));
    value lists[] = {numbers_list(mean, 2), rows_};
    value arrays[] = {numbers_vector(mean, 2), matrix_of(a, 2)};
    struct xrp_site s = site_of(lists, 2), t = site_of(arrays, 2);
    assert_true(family_multivariate_normal.prob(&s, numbers_list(x, 2)) ==
                family_multivariate_normal.prob(&t, numbers_vector(x, 2)));
    value ragged = cons(numbers_list(a, 2), cons(numbers_list(a, 1), V_NIL));
    value wrong[] = {lists[0], ragged};
    explains(&family_multivariate_normal, wrong, 2, "must be a matrix");
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
        cmocka_unit_test(densities_agree_with_mpmath),
        cmocka_unit_test(slopes_agree_with_mpmath),
        cmocka_unit_test(scalars_have_their_slot),
        cmocka_unit_test(forms_agree_where_they_are_large),
        cmocka_unit_test(normal_draws),
        cmocka_unit_test(wishart_draws),
        cmocka_unit_test(lkj_draws),
        cmocka_unit_test(path_draws),
        cmocka_unit_test(process_draws),
        cmocka_unit_test(multinomial_draws),
        cmocka_unit_test(arguments_out_of_their_domain),
        cmocka_unit_test(values_outside_the_support),
        cmocka_unit_test(lists_are_taken),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
