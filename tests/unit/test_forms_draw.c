/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Forms around an application: draws against their tails, proposals of one
 * element against the density, loops over many data against the elements one
 * by one, slopes by whole arrays, and words for what is wrong.
 */
#include "families.h"
#include "xrp/form.h"

static value procedure_of(const struct xrp_family *f)
{
    struct xrp *x = memory_new(sizeof *x);
    x->base.head.type = T_XRP;
    x->base.name = f->names;
    x->family = f;
    return v_object(x);
}

/* ---- draws -------------------------------------------------------------- */

enum { DRAWS = 20000 };

static struct xrp_site judged;
static const struct xrp_family *judge;

static double judged_cdf(double x)
{
    double below, above;
    assert_true(judge->log_cdf(&judged, x, &below, &above));
    return exp(below);
}

static void check_draws(const struct xrp_family *f, const value *args, int n)
{
    static double x[DRAWS];
    struct random r;
    value v;
    random_seed(&r, 12);
    judge = f;
    judged = site_of(args, n);
    for (int i = 0; i < DRAWS; i++) {
        assert_true(f->sample(&judged, &r, &v));
        assert_true(f->prob(&judged, v) > -INFINITY);
        x[i] = as_number(v);
    }
    double worst = ks_distance(x, DRAWS, judged_cdf);
    if (worst > ks_bound(DRAWS)) print_error("%s: %g\n", f->names, worst);
    assert_true(worst <= ks_bound(DRAWS));
}

static void draws_follow_their_tails(void **state)
{
    (void)state;
    value normal = procedure_of(&family_normal);
    value half = procedure_of(&family_half);
    const double bounds[][2] = {{8, 9},         {40, 41},     {-41, -40},
                                {-1, 2},        {-0.1, 0.1},  {1, INFINITY},
                                {1, 1 + 1e-12}, {0, INFINITY}};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        value args[] = {v_double(bounds[i][0]), v_double(bounds[i][1]), normal,
                        v_double(0), v_double(1)};
        check_draws(&family_truncated, args, 5);
    }
    value halves[] = {normal, v_double(-3), v_double(1)};
    check_draws(&family_half, halves, 3);
    value nested[] = {v_double(0.5), v_double(1), half,
                      normal,        v_double(0), v_double(2)};
    check_draws(&family_truncated, nested, 6);
    const double weights[] = {1, 3};
    value mixed[] = {numbers_list(weights, 2),
                     v_int(3),
                     normal,
                     v_double(0),
                     v_double(1),
                     v_int(2),
                     procedure_of(&family_exponential),
                     v_double(0.5)};
    check_draws(&family_mixture, mixed, 8);
}

/* Values of atoms come as often as they should. */
static void draws_of_atoms(void **state)
{
    (void)state;
    value args[] = {v_double(2), v_double(4), procedure_of(&family_poisson),
                    v_double(3)};
    const struct xrp_family *both[] = {&family_truncated, &family_censored};
    for (int k = 0; k < 2; k++) {
        struct xrp_site s = site_of(args, 4);
        struct random r;
        double hits[3] = {0}, sum = 0;
        random_seed(&r, 3);
        for (int i = 0; i < DRAWS; i++) {
            value v;
            assert_true(both[k]->sample(&s, &r, &v));
            hits[(int)as_number(v) - 2]++;
        }
        for (int i = 0; i < 3; i++) {
            double p = exp(both[k]->prob(&s, v_int(2 + i)));
            sum += p;
            assert_false(count_is_off(hits[i], DRAWS, p));
        }
        assert_true(fabs(sum - 1) < 1e-14);
        value list;
        assert_true(both[k]->enumerate(&s, &list));
        assert_int_equal(list_length(list), 3);
    }
}

/* ---- proposals ---------------------------------------------------------- */

/* An element is drawn from its prior: so the ratio of the densities is that
 * of the proposals, with the orders of an ordered vector too. */
static void check_proposals(const struct xrp_family *f, const value *args,
                            int n)
{
    struct xrp_site s = site_of(args, n);
    struct random r;
    value v, next;
    random_seed(&r, 8);
    assert_true(f->sample(&s, &r, &v));
    int moved = 0;
    for (int i = 0; i < 2000; i++) {
        double forward, backward;
        assert_true(f->propose(&s, &r, v, &next, &forward, &backward));
        assert_true(f->weight(&s, next) == f->weight(&s, v));
        double ratio = f->prob(&s, next) - f->prob(&s, v);
        assert_true(fabs(ratio - (forward - backward)) < 1e-9);
        moved += !value_equal(v, next);
        v = next;
    }
    assert_true(moved > 200);
}

static void one_element_at_a_time(void **state)
{
    (void)state;
    value normal = procedure_of(&family_normal),
          iid = procedure_of(&family_iid);
    value range = procedure_of(&family_uniform_discrete);
    const double many[] = {1, 2, 3, 4};
    value reals[] = {v_int(4), normal, v_double(1), v_double(2)};
    check_proposals(&family_iid, reals, 4);
    value flips[] = {v_int(3), procedure_of(&family_flip), v_double(0.3)};
    check_proposals(&family_iid, flips, 3);
    value along[] = {V_FALSE, procedure_of(&family_poisson),
                     numbers_vector(many, 4)};
    check_proposals(&family_each, along, 3);
    value sorted[] = {iid, v_int(4), normal, v_double(1), v_double(2)};
    check_proposals(&family_ordered, sorted, 5);
    check_proposals(&family_positive_ordered, sorted, 5);
    value ties[] = {iid, v_int(4), range, v_int(1), v_int(3)};
    check_proposals(&family_ordered, ties, 5);
    value binomial[] = {iid, v_int(4), procedure_of(&family_binomial), v_int(3),
                        v_double(0.4)};
    check_proposals(&family_ordered, binomial, 5);
}

/* ---- many data ---------------------------------------------------------- */

enum { MANY = 1003 };

static value drawn(struct random *r, double (*one)(struct random *))
{
    value v = vector_make(MANY, 0);
    for (int i = 0; i < MANY; i++) as_vector(v)->at[i] = one(r);
    return v;
}
static double a_normal(struct random *r) { return random_normal(r); }
static double a_positive(struct random *r)
{
    return random_exponential(r) + .1;
}
static double a_share(struct random *r) { return random_unit(r); }
static double a_boolean(struct random *r) { return (double)random_below(r, 2); }
static double a_count(struct random *r) { return (double)random_poisson(r, 3); }

/* each against the sum of its elements. */
static void check_sum(const struct xrp_family *f, int n, const value *args,
                      value values)
{
    value all[6] = {V_FALSE, procedure_of(f)}, one[4], count = v_int(MANY);
    double sum = 0.0;
    all[0] = list_from(&count, 1);
    for (int i = 0; i < n; i++) all[2 + i] = args[i];
    struct xrp_site s = site_of(all, 2 + n), each = site_of(one, n);
    for (int k = 0; k < MANY; k++) {
        for (int i = 0; i < n; i++)
            one[i] = is_vector(args[i]) ? v_double(as_vector(args[i])->at[k])
                                        : args[i];
        sum += f->prob(&each, v_double(as_vector(values)->at[k]));
    }
    double got = family_each.prob(&s, values);
    if (!(fabs(got - sum) <= 1e-12 * fabs(sum)))
        print_error("%s: %.17g for %.17g\n", f->names, got, sum);
    assert_true(got == sum || fabs(got - sum) <= 1e-12 * fabs(sum));
    assert_true(family_each.prob(&s, values) == got);
}

static void loops_and_elements(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 21);
    value reals = drawn(&r, a_normal), places = drawn(&r, a_normal),
          scales = drawn(&r, a_positive), shares = drawn(&r, a_share),
          booleans = drawn(&r, a_boolean), counts = drawn(&r, a_count),
          times = drawn(&r, a_positive);
    value half = v_double(0.5), two = v_double(2);
    for (int along = 0; along < 2; along++) {
        value loc = along ? places : half, scale = along ? scales : two;
        value p = along ? shares : half;
        check_sum(&family_normal, 2, (value[]){loc, two}, reals);
        check_sum(&family_normal, 2, (value[]){half, scale}, reals);
        check_sum(&family_normal, 2, (value[]){loc, scale}, reals);
        check_sum(&family_exponential, 1, (value[]){scale}, times);
        check_sum(&family_student_t, 3, (value[]){two, loc, two}, reals);
        check_sum(&family_student_t, 3, (value[]){two, half, scale}, reals);
        check_sum(&family_flip, 1, (value[]){p}, booleans);
        check_sum(&family_bernoulli_logit, 1, (value[]){loc}, booleans);
        check_sum(&family_poisson, 1, (value[]){scale}, counts);
        check_sum(&family_cauchy, 2, (value[]){loc, scale}, reals);
    }
    check_sum(&family_normal, 1, (value[]){half}, reals);
    check_sum(&family_poisson, 1, (value[]){v_double(300)}, counts);
}

/* One datum or one parameter that cannot be is not lost in the loop. */
static void one_in_many(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 22);
    const double bad[] = {NAN, INFINITY, -INFINITY, 0.5, -1, 2, 1e300};
    const struct xrp_family *families[] = {&family_flip, &family_poisson,
                                           &family_exponential, &family_normal,
                                           &family_bernoulli_logit};
    for (size_t k = 0; k < sizeof families / sizeof *families; k++)
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            value values = drawn(&r, a_boolean), one = v_double(0.5);
            as_vector(values)->at[517] = bad[i];
            value args[] = {v_int(MANY), procedure_of(families[k]), one};
            struct xrp_site s = site_of(args, 3), lone = site_of(args + 2, 1);
            bool can = families[k]->prob(&lone, v_double(bad[i])) > -INFINITY;
            double score = family_iid.prob(&s, values);
            assert_true(score == score);
            assert_int_equal(score > -INFINITY, can);
        }
    value sds = drawn(&r, a_positive), reals = drawn(&r, a_normal);
    as_vector(sds)->at[1002] = -1;
    value args[] = {V_FALSE, procedure_of(&family_normal), v_int(0), sds};
    struct xrp_site s = site_of(args, 4);
    double score = family_each.prob(&s, reals);
    char words[200];
    assert_true(score != score);
    assert_true(family_each.explain(&s, words, sizeof words));
    assert_string_equal(words, "normal: sd must be positive, got -1");
}

/* Arguments go along over the trailing axes, as in NumPy. */
static void broadcasting(void **state)
{
    (void)state;
    const double row[] = {0, 1, 2}, column[] = {1, 2};
    value rows[2], two[2];
    for (int i = 0; i < 2; i++) rows[i] = numbers_list(column + i, 1);
    value args[] = {V_FALSE, procedure_of(&family_normal),
                    numbers_vector(row, 3), list_from(rows, 2)};
    struct xrp_site s = site_of(args, 4);
    value m = vector_make(2, 3);
    double sum = 0.0;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++) {
            double x = as_vector(m)->at[i * 3 + j] = 0.3 * i - 0.2 * j;
            two[0] = v_double(row[j]);
            two[1] = v_double(column[i]);
            struct xrp_site one = site_of(two, 2);
            sum += family_normal.prob(&one, v_double(x));
        }
    assert_true(fabs(family_each.prob(&s, m) - sum) < 1e-14);
    double by_value[6], by_row[3], by_column[2];
    double *by_arg[] = {NULL, NULL, by_row, by_column};
    assert_true(each_slopes(&s, m, by_value, by_arg));
    double all = 0.0, along = 0.0;
    for (int i = 0; i < 6; i++) all += by_value[i];
    for (int j = 0; j < 3; j++) along += by_row[j];
    assert_true(fabs(all + along) < 1e-13);
    double expected = 0.0;
    for (int j = 0; j < 3; j++)
        expected += (pow((0.3 - 0.2 * j - row[j]) / 2, 2) - 1) / 2;
    assert_true(fabs(by_column[1] - expected) < 1e-14);
    assert_true(family_each.gradient_within(&s, m, 2, by_value));
    assert_true(by_value[1] == by_row[1]);
}

/* Slopes by an array that all elements share: weights, concentrations. */
static void shared_arrays(void **state)
{
    (void)state;
    const double alphas[] = {1.5, 2, 0.7}, points[] = {0.2, 0.3, 0.5};
    value shares = numbers_vector(points, 3), both[] = {shares, shares};
    value args[] = {v_int(2), procedure_of(&family_dirichlet),
                    numbers_list(alphas, 3)};
    struct xrp_site s = site_of(args, 3), lone = site_of(args + 2, 1);
    double one[3], two[3], *by_one[] = {one};
    assert_true(
        array_gradient_of(&family_dirichlet)(&lone, shares, NULL, by_one));
    assert_true(family_iid.gradient_within(&s, list_from(both, 2), 2, two));
    for (int i = 0; i < 3; i++) assert_true(fabs(two[i] - 2 * one[i]) < 1e-13);
    const double weights[] = {1, 3};
    value mixed[] = {numbers_list(weights, 2),
                     v_int(3),
                     procedure_of(&family_normal),
                     v_double(0),
                     v_double(1),
                     v_int(3),
                     procedure_of(&family_normal),
                     v_double(2),
                     v_double(1)};
    struct xrp_site mixture = site_of(mixed, 9);
    assert_true(
        family_mixture.gradient_within(&mixture, v_double(0.5), 0, one));
    double f = exp(-0.125), g = exp(-1.125), total = f + 3 * g;
    assert_true(fabs(one[0] - (f / total - 0.25)) < 1e-14);
    assert_true(fabs(one[1] - (g / total - 0.25)) < 1e-14);
}

/* What a form is depends on what it stands around. */
static void flags_of_applications(void **state)
{
    (void)state;
    value counts[] = {v_int(2), v_int(4), procedure_of(&family_poisson),
                      v_double(3)};
    value reals[] = {v_int(2), v_int(4), procedure_of(&family_normal)};
    value flips[] = {v_int(2), procedure_of(&family_flip)};
    struct xrp_site a = site_of(counts, 4), b = site_of(reals, 3),
                    c = site_of(flips, 2);
    assert_false(xrp_flags_at(&family_truncated, &a) & XRP_CONTINUOUS);
    assert_true(xrp_flags_at(&family_truncated, &b) & XRP_CONTINUOUS);
    assert_false(xrp_flags_at(&family_iid, &c) & XRP_CONTINUOUS);
    assert_int_equal(xrp_support_at(&family_truncated, &a), SUPPORT_INTEGERS);
    assert_int_equal(xrp_support_at(&family_truncated, &b), SUPPORT_INTERVAL);
    assert_int_equal(xrp_support_at(&family_normal, &b), SUPPORT_REAL);
    assert_true(xrp_flags_at(&family_normal, &b) == family_normal.flags);
}

int main(void)
{
    memory_init(1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_follow_their_tails),
        cmocka_unit_test(draws_of_atoms),
        cmocka_unit_test(one_element_at_a_time),
        cmocka_unit_test(loops_and_elements),
        cmocka_unit_test(one_in_many),
        cmocka_unit_test(broadcasting),
        cmocka_unit_test(shared_arrays),
        cmocka_unit_test(flags_of_applications),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
