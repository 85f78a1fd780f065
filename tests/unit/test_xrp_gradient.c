/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gradients of the families, and of the states of urns, against Richardson's
 * extrapolation of differences of their own log densities.
 */
#include "families.h"

/* One coordinate of a site, moved: -1 is the value. */
struct moved {
    const struct xrp_family *family;
    struct xrp_site site;
    value args[8], v;
    int which;
    bool whole_state;
};

static double density_at(double x, void *data)
{
    struct moved *m = data;
    value kept = m->which < 0 ? m->v : m->args[m->which];
    value *place = m->which < 0 ? &m->v : &m->args[m->which];
    *place = v_double(x);
    double y = m->whole_state ? m->family->score_state(&m->site)
                              : m->family->prob(&m->site, m->v);
    *place = kept;
    return y;
}

static bool near(double got, double want, double scale)
{
    return fabs(got - want) <= 1e-7 * fmax(fabs(want), scale);
}

/* Compares each entry that is a number; returns how many were. */
static int judge(struct moved *m, int n)
{
    double by_value = NAN, by_arg[8], slope;
    int seen = 0;
    if (m->whole_state)
        assert_true(m->family->score_state_gradient(&m->site, by_arg));
    else
        assert_true(m->family->gradient(&m->site, m->v, &by_value, by_arg));
    for (m->which = m->whole_state ? 0 : -1; m->which < n; m->which++) {
        double got = m->which < 0 ? by_value : by_arg[m->which];
        if (got != got) continue;
        double x = as_number(m->which < 0 ? m->v : m->args[m->which]);
        double h = 0.02 * fmax(fabs(x), 1e-3);
        slope = richardson(density_at, m, x, h);
        if (!near(got, slope, 1e-2))
            print_error("%s, coordinate %d: %.12g, not %.12g\n",
                        m->family->names, m->which, got, slope);
        assert_true(near(got, slope, 1e-2));
        seen++;
    }
    return seen;
}

static void gradients_of_families(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double v;
        int n;
        double args[5];
        int entries; /* that are numbers, the value's among them */
    } rows[] = {
        {"flip", 1, 1, {0.3}, 1},
        {"flip", 0, 1, {0.3}, 1},
        {"categorical", 1, 3, {0.3, 2.0, 0.7}, 3},
        {"poisson", 7, 1, {4.5}, 1},
        {"poisson", 0, 1, {4.5}, 1},
        {"binomial", 3, 2, {10, 0.4}, 1},
        {"binomial", 0, 2, {10, 0.4}, 1},
        {"geometric", 4, 1, {0.4}, 1},
        {"normal", 1.3, 2, {0.4, 2.5}, 3},
        {"normal", -30.0, 2, {0.4, 2.5}, 3},
        {"normal", 0.7, 1, {0.4}, 2},
        {"normal", 0.7, 0, {0}, 1},
        {"student-t", 1.3, 3, {3.5, 0.4, 2.5}, 4},
        {"student-t", 1.3, 3, {0.2, 0.4, 0.5}, 4},
        {"student-t", 1e3, 3, {0.7, 0.4, 0.5}, 4},
        {"student-t", 4.0, 3, {99.0, 0.4, 2.5}, 4},
        {"student-t", 4.0, 1, {2.0}, 2},
        {"laplace", 1.3, 2, {0.4, 2.5}, 3},
        {"laplace", -1.3, 2, {0.4, 2.5}, 3},
        {"uniform", 1.3, 2, {0.4, 2.5}, 3},
        {"rand", 0.4, 0, {0}, 1},
        {"gamma", 1.3, 2, {0.4, 2.5}, 3},
        {"gamma", 131.0, 2, {50.0, 2.5}, 3},
        {"inverse-gamma", 1.3, 2, {0.4, 2.5}, 3},
        {"inverse-gamma", 0.05, 2, {50.0, 2.5}, 3},
        {"exponential", 1.3, 1, {2.5}, 2},
        {"beta", 0.3, 2, {0.4, 2.5}, 3},
        {"beta", 0.3, 2, {30.0, 60.0}, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct moved m = {.family = xrp_find(rows[i].name)};
        for (int j = 0; j < rows[i].n; j++) m.args[j] = number(rows[i].args[j]);
        m.v = number(rows[i].v);
        m.site = site_of(m.args, rows[i].n);
        assert_int_equal(judge(&m, rows[i].n), rows[i].entries);
    }
}

static void gradient_of_noisy(void **state)
{
    (void)state;
    for (int b = 0; b < 4; b++) {
        struct moved m = {.family = xrp_find("noisy"), .which = 1};
        double by_value, by_arg[2];
        m.args[0] = v_boolean(b & 1);
        m.args[1] = v_double(0.1);
        m.v = v_boolean(b & 2);
        m.site = site_of(m.args, 2);
        assert_true(m.family->gradient(&m.site, m.v, &by_value, by_arg));
        double slope = richardson(density_at, &m, 0.1, 0.01);
        assert_true(near(by_arg[1], slope, 1.0));
    }
}

static void gradient_of_symmetric_dirichlet(void **state)
{
    (void)state;
    struct moved m = {.family = xrp_find("symmetric-dirichlet")};
    m.args[0] = v_double(0.7);
    m.args[1] = v_int(3);
    m.v = numbers_vector((double[]){0.2, 0.5, 0.3}, 3);
    m.site = site_of(m.args, 2);
    assert_int_equal(judge(&m, 2), 1);
}

/* The slope by dof where both of its parts cancel: from the expansion of the
 * log density in 1 / dof, d/d(dof) = -(z^4 - 2 z^2 - 1) / (4 dof^2). */
static void student_slope_by_a_huge_dof(void **state)
{
    (void)state;
    const struct xrp_family *f = xrp_find("student-t");
    for (double dof = 1e6; dof < 1e13; dof *= 100.0) {
        for (double z = 0.0; z < 3.5; z += 0.5) {
            value args[1] = {v_double(dof)};
            struct xrp_site s = site_of(args, 1);
            double by_value, by_arg[1], z2 = z * z;
            assert_true(f->gradient(&s, v_double(z), &by_value, by_arg));
            double want = -(z2 * z2 - 2.0 * z2 - 1.0) / (4.0 * dof * dof);
            double next = 1e3 / dof + 1e-9; /* the expansion's next term */
            assert_true(fabs(by_arg[0] - want) <= next / (dof * dof));
        }
    }
}

static void no_gradient_where_there_is_no_density(void **state)
{
    (void)state;
    double by_value, by_arg[4];
    value bad[2] = {v_double(0.0), v_double(-1.0)};
    const char *names[] = {"normal", "gamma", "beta", "uniform", "laplace"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct xrp_site s = site_of(bad, 2);
        const struct xrp_family *f = xrp_find(names[i]);
        assert_false(f->gradient(&s, v_double(0.5), &by_value, by_arg));
        value good[2] = {v_double(0.1), v_double(2.0)};
        s = site_of(good, 2);
        assert_false(f->gradient(&s, V_TRUE, &by_value, by_arg));
    }
}

/* ---- urns --------------------------------------------------------------- */

static const struct urn_row {
    const char *maker;
    int n;
    double params[4];
    int count;
    double values[8];
    int entries; /* of the state's gradient; a predictive's, the same or one
                    more for a continuous value */
} urn_rows[] = {
    {"make-beta-bernoulli", 2, {0.7, 2.3}, 5, {1, 0, 0, 1, 0}, 2},
    {"make-beta-bernoulli", 2, {0.7, 2.3}, 0, {0}, 2},
    {"polya-urn/make", 3, {1.5, 2.0, 0.5}, 6, {0, 0, 1, 2, 1, 0}, 3},
    {"make-sym-dir-cat", 2, {0.3, 4}, 8, {0, 0, 1, 3, 1, 0, 0, 0}, 1},
    {"make-crp", 1, {0.8}, 7, {11, 12, 11, 11, 14, 14, 11}, 1},
    {"pitman-yor/make", 2, {0.8, 0.3}, 7, {11, 12, 11, 11, 14, 14, 11}, 2},
    {"pitman-yor/make", 2, {-0.2, 0.7}, 5, {11, 12, 12, 13, 14}, 2},
    {"make-crp", 1, {1e-3}, 3, {11, 11, 11}, 1},
    {"make-nig-normal", 4, {0.5, 2.0, 1.5, 0.7}, 4, {1, 3.5, -2, 0.3}, 4},
    {"make-nig-normal", 4, {0.5, 2.0, 1.5, 0.7}, 0, {0}, 4},
    {"make-gamma-poisson", 2, {1.5, 0.7}, 5, {1, 0, 40, 3, 3}, 2},
};

static void gradients_of_urns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof urn_rows / sizeof *urn_rows; i++) {
        const struct urn_row *row = &urn_rows[i];
        const struct xrp_family *maker = xrp_find(row->maker);
        struct moved m = {.family = maker->made};
        for (int j = 0; j < row->n; j++) m.args[j] = number(row->params[j]);
        m.site = urn_of(maker, m.args, row->n);
        for (int j = 0; j < row->count; j++)
            m.family->incorporate(&m.site, number(row->values[j]));
        m.whole_state = true;
        assert_int_equal(judge(&m, row->n), row->entries);
        m.whole_state = false;
        bool continuous = m.family->flags & XRP_CONTINUOUS;
        for (int j = 0; j < 3; j++) {
            m.v = number(j < row->count ? row->values[j] : 1.0);
            assert_int_equal(judge(&m, row->n), row->entries + continuous);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_of_families),
        cmocka_unit_test(gradient_of_noisy),
        cmocka_unit_test(gradient_of_symmetric_dirichlet),
        cmocka_unit_test(student_slope_by_a_huge_dof),
        cmocka_unit_test(no_gradient_where_there_is_no_density),
        cmocka_unit_test(gradients_of_urns),
    };
    memory_init(1 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
