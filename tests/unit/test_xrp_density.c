/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log densities of the stateless families against three sources: mpmath at
 * 80 digits (random and extreme arguments), R, and GSL; and at the places
 * where a formula would answer NaN.
 */
#include "families.h"

#include <gsl/gsl_randist.h>

struct row {
    const char *family;
    int arg_count;
    double args[6];
    int value_count;
    double value[6];
    double log_density, condition;
};

static const struct row mpmath_rows[] = {
#include "../reference/densities.inc"
};
static const struct row r_rows[] = {
#include "../reference/densities_r.inc"
};

#define ROWS(a) (sizeof(a) / sizeof *(a))

/* What the family, or the urn of a maker, answers on a row. */
static double answer(const struct row *row)
{
    value args[6], v;
    int n = row->arg_count;
    for (int i = 0; i < n; i++) args[i] = number(row->args[i]);
    if (strcmp(row->family, "dirichlet") == 0) {
        args[0] = numbers_list(row->args, n);
        n = 1;
        v = numbers_vector(row->value, row->value_count);
    } else {
        v = number(row->value[0]);
    }
    char maker[64];
    snprintf(maker, sizeof maker, "%s/make", row->family);
    const struct xrp_family *f = xrp_find(maker);
    if (f) {
        struct xrp_site urn = urn_of(f, args, n);
        return f->made->prob(&urn, v);
    }
    f = xrp_find(row->family);
    assert_non_null(f);
    struct xrp_site s = site_of(args, n);
    return f->prob(&s, v);
}

/* `slack`: relative, and absolute below 1, where larger terms have met. */
static int judge(const struct row *rows, size_t count, double slack)
{
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        const struct row *r = &rows[i];
        double got = answer(r), want = r->log_density;
        double bound = slack * fmax(fabs(want), 1.0) + 0x1p-52 * r->condition;
        if (fabs(got - want) <= bound) continue;
        if (bad++ < 20)
            print_error("%s %.17g %.17g %.17g at %.17g: %.17g, not %.17g "
                        "(bound %.2g)\n",
                        r->family, r->args[0], r->args[1], r->args[2],
                        r->value[0], got, want, bound);
    }
    return bad;
}

static void densities_agree_with_mpmath(void **state)
{
    (void)state;
    assert_int_equal(judge(mpmath_rows, ROWS(mpmath_rows), 1e-13), 0);
}

static void densities_agree_with_r(void **state)
{
    (void)state;
    assert_int_equal(judge(r_rows, ROWS(r_rows), 1e-12), 0);
}

/* ---- GSL ---------------------------------------------------------------- */

static double gsl_log(const char *name, double x, const double *a)
{
    unsigned k = x > 0.0 ? (unsigned)x : 0;
    if (!strcmp(name, "normal"))
        return log(gsl_ran_gaussian_pdf(x - a[0], a[1]));
    if (!strcmp(name, "student-t")) return log(gsl_ran_tdist_pdf(x, a[0]));
    if (!strcmp(name, "laplace"))
        return log(gsl_ran_laplace_pdf(x - a[0], a[1]));
    if (!strcmp(name, "gamma")) return log(gsl_ran_gamma_pdf(x, a[0], a[1]));
    if (!strcmp(name, "beta")) return log(gsl_ran_beta_pdf(x, a[0], a[1]));
    if (!strcmp(name, "exponential"))
        return log(gsl_ran_exponential_pdf(x, 1.0 / a[0]));
    if (!strcmp(name, "poisson")) return log(gsl_ran_poisson_pdf(k, a[0]));
    if (!strcmp(name, "binomial"))
        return log(gsl_ran_binomial_pdf(k, a[1], (unsigned)a[0]));
    if (!strcmp(name, "geometric"))
        return log(gsl_ran_geometric_pdf(k + 1, a[0]));
    return NAN;
}

static void densities_agree_with_gsl(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int count;
        double args[2], x[4];
    } rows[] = {
        {"normal", 2, {1.5, 2.5}, {-3.0, 0.0, 1.5, 9.0}},
        {"student-t", 1, {3.5}, {-4.0, 0.0, 0.3, 20.0}},
        {"laplace", 2, {-1.0, 0.7}, {-5.0, -1.0, 0.0, 3.0}},
        {"gamma", 2, {2.5, 3.0}, {0.1, 1.0, 7.5, 40.0}},
        {"gamma", 2, {30.0, 0.5}, {5.0, 14.0, 15.0, 30.0}},
        {"beta", 2, {2.5, 0.7}, {0.01, 0.3, 0.9, 0.999}},
        {"beta", 2, {40.0, 25.0}, {0.4, 0.6, 0.62, 0.8}},
        {"exponential", 1, {2.5}, {0.0, 0.1, 1.0, 10.0}},
        {"poisson", 1, {7.5}, {0.0, 3.0, 8.0, 30.0}},
        {"binomial", 2, {40.0, 0.3}, {0.0, 5.0, 12.0, 40.0}},
        {"geometric", 1, {0.2}, {0.0, 1.0, 5.0, 30.0}},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        value args[2] = {number(rows[i].args[0]), number(rows[i].args[1])};
        struct xrp_site s = site_of(args, rows[i].count);
        const struct xrp_family *f = xrp_find(rows[i].name);
        for (int j = 0; j < 4; j++) {
            double x = rows[i].x[j],
                   want = gsl_log(rows[i].name, x, rows[i].args);
            double got = f->prob(&s, number(x));
            assert_true(fabs(got - want) <= 1e-12 * fmax(1.0, fabs(want)));
        }
    }
}

/* ---- edges -------------------------------------------------------------- */

static double at(const char *name, value v, int n, ...)
{
    value args[4];
    va_list list;
    va_start(list, n);
    for (int i = 0; i < n; i++) args[i] = number(va_arg(list, double));
    va_end(list);
    struct xrp_site s = site_of(args, n);
    return xrp_find(name)->prob(&s, v);
}

static void certain_flips(void **state)
{
    (void)state;
    assert_true(at("flip", V_TRUE, 1, 1.0) == 0.0);
    assert_true(at("flip", v_int(1), 1, 1.0) == 0.0);
    assert_true(at("flip", V_FALSE, 1, 1.0) == -INFINITY);
    assert_true(at("flip", V_FALSE, 1, 0.0) == 0.0);
    assert_true(at("flip", v_double(0.0), 1, 0.0) == 0.0);
    assert_true(at("flip", V_TRUE, 1, 0.0) == -INFINITY);
    assert_true(at("flip", V_TRUE, 0) == log(0.5));
    assert_true(at("flip", v_int(2), 0) == -INFINITY);
}

static void noisy_booleans(void **state)
{
    (void)state;
    for (int b = 0; b < 2; b++) {
        value args[2] = {v_boolean(b), v_double(0.001)};
        struct xrp_site s = site_of(args, 2);
        const struct xrp_family *f = xrp_find("noise-negate");
        assert_ptr_equal(f, xrp_find("noisy"));
        assert_true(f->prob(&s, v_boolean(b)) == log1p(-0.001));
        assert_true(f->prob(&s, v_boolean(!b)) == log(0.001));
    }
}

static void edges_of_supports(void **state)
{
    (void)state;
    value zero = v_int(0), one = v_double(1.0);
    assert_true(at("exponential", zero, 1, 2.0) == log(2.0));
    assert_true(at("gamma", zero, 2, 1.0, 2.0) == -log(2.0));
    assert_true(at("gamma", zero, 2, 0.5, 2.0) == -INFINITY);
    assert_true(at("gamma", zero, 2, 3.0, 2.0) == -INFINITY);
    assert_true(at("inverse-gamma", zero, 2, 3.0, 2.0) == -INFINITY);
    assert_true(at("beta", zero, 2, 1.0, 3.0) == log(3.0));
    assert_true(at("beta", one, 2, 1.0, 1.0) == 0.0);
    assert_true(at("beta", one, 2, 1.0, 0.5) == -INFINITY);
    assert_true(at("beta", v_double(1.5), 2, 2.0, 2.0) == -INFINITY);
    assert_true(at("poisson", zero, 1, 0.0) == 0.0);
    assert_true(at("poisson", one, 1, 0.0) == -INFINITY);
    assert_true(at("poisson", v_double(1.5), 1, 1.0) == -INFINITY);
    assert_true(at("poisson", v_int(-1), 1, 1.0) == -INFINITY);
    assert_true(at("binomial", v_int(4), 2, 4.0, 1.0) == 0.0);
    assert_true(at("binomial", v_int(3), 2, 4.0, 1.0) == -INFINITY);
    assert_true(at("binomial", v_int(5), 2, 4.0, 0.5) == -INFINITY);
    assert_true(at("binomial", zero, 2, 0.0, 0.5) == 0.0);
    assert_true(at("geometric", zero, 1, 1.0) == 0.0);
    assert_true(at("geometric", one, 1, 1.0) == -INFINITY);
    assert_true(at("randbelow", v_double(3.0), 1, 4.0) == -log(4.0));
    assert_true(at("randbelow", v_int(4), 1, 4.0) == -INFINITY);
    assert_true(at("uniform-discrete", v_int(7), 2, 3.0, 7.0) == -log(5.0));
    assert_true(at("uniform-discrete", v_int(8), 2, 3.0, 7.0) == -INFINITY);
    assert_true(at("uniform", v_int(7), 2, 3.0, 7.0) == -log(4.0));
    assert_true(at("uniform", v_double(7.01), 2, 3.0, 7.0) == -INFINITY);
    assert_true(isfinite(at("uniform", zero, 2, -DBL_MAX, DBL_MAX)));
    assert_true(at("rand", v_double(0.3), 0) == 0.0);
    assert_true(at("rand", v_double(1.3), 0) == -INFINITY);
    assert_true(at("normal", zero, 0) == -0.91893853320467274178);
}

/* Never NaN for a value of another type, nor finite. */
static void values_of_a_wrong_type_cannot_be(void **state)
{
    (void)state;
    const value odd[] = {V_NIL, symbol("a"), string_make("1", 1), v_double(NAN),
                         cons(V_TRUE, V_NIL)};
    for (size_t i = 0; i < ROWS(odd); i++) {
        assert_true(at("flip", odd[i], 1, 0.5) == -INFINITY);
        assert_true(at("randbelow", odd[i], 1, 5.0) == -INFINITY);
        assert_true(at("uniform-discrete", odd[i], 2, 1.0, 5.0) == -INFINITY);
        assert_true(at("poisson", odd[i], 1, 5.0) == -INFINITY);
        assert_true(at("binomial", odd[i], 2, 5.0, 0.5) == -INFINITY);
        assert_true(at("geometric", odd[i], 1, 0.5) == -INFINITY);
        assert_true(at("categorical", odd[i], 2, 1.0, 0.5) == -INFINITY);
        assert_true(at("normal", odd[i], 2, 1.0, 0.5) == -INFINITY);
        assert_true(at("student-t", odd[i], 1, 1.0) == -INFINITY);
        assert_true(at("laplace", odd[i], 2, 1.0, 0.5) == -INFINITY);
        assert_true(at("uniform", odd[i], 2, 1.0, 5.0) == -INFINITY);
        assert_true(at("rand", odd[i], 0) == -INFINITY);
        assert_true(at("beta", odd[i], 2, 1.0, 5.0) == -INFINITY);
        assert_true(at("gamma", odd[i], 2, 1.0, 5.0) == -INFINITY);
        assert_true(at("inverse-gamma", odd[i], 2, 1.0, 5.0) == -INFINITY);
        assert_true(at("exponential", odd[i], 1, 1.0) == -INFINITY);
        assert_true(at("symmetric-dirichlet", odd[i], 2, 1.0, 2.0) ==
                    -INFINITY);
    }
}

static void simplex_edges(void **state)
{
    (void)state;
    value args[1] = {numbers_list((double[]){1.0, 2.0, 0.5}, 3)};
    struct xrp_site s = site_of(args, 1);
    const struct xrp_family *f = xrp_find("dirichlet");
    double points[][3] = {{0.0, 0.5, 0.5},
                          {0.5, 0.0, 0.5},
                          {0.5, 0.5, 0.0},
                          {0.5, 0.5, 0.5},
                          {1.5, -0.25, -0.25}};
    const bool possible[] = {true, false, false, false, false};
    for (int i = 0; i < 5; i++) {
        double by_list = f->prob(&s, numbers_list(points[i], 3));
        double by_vector = f->prob(&s, numbers_vector(points[i], 3));
        assert_true(by_list == by_vector);
        assert_true(possible[i] ? isfinite(by_list) : by_list == -INFINITY);
    }
    assert_true(f->prob(&s, numbers_list(points[0], 2)) == -INFINITY);
    /* Symmetric, and spelled out. */
    value few[2] = {v_double(0.3), v_int(3)};
    value list[1] = {numbers_list((double[]){0.3, 0.3, 0.3}, 3)};
    value x = numbers_vector((double[]){0.2, 0.5, 0.3}, 3);
    struct xrp_site a = site_of(few, 2), b = site_of(list, 1);
    double one = xrp_find("symmetric-dirichlet")->prob(&a, x);
    assert_true(fabs(one - f->prob(&b, x)) < 1e-14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(densities_agree_with_mpmath),
        cmocka_unit_test(densities_agree_with_r),
        cmocka_unit_test(densities_agree_with_gsl),
        cmocka_unit_test(certain_flips),
        cmocka_unit_test(noisy_booleans),
        cmocka_unit_test(edges_of_supports),
        cmocka_unit_test(values_of_a_wrong_type_cannot_be),
        cmocka_unit_test(simplex_edges),
    };
    memory_init(1 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
