/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Urns: predictives, whole-state scores, exchangeability, undoing, copies,
 * draws, and what comes in that is no possible value. False alarms: 1e-6.
 */
#include "families.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct random stream;

/* Every maker, at ordinary and at lopsided parameters. */
static const struct urn_case {
    const char *maker;
    int n;
    double p[4];
    bool list; /* the parameters are one list */
} cases[] = {
    {"beta-binomial/make", 2, {0.7, 2.3}, false},
    {"beta-binomial/make", 2, {3, 1}, true},
    {"dirichlet-multinomial/make", 3, {0.5, 1.0, 7.5}, true},
    {"symmetric-dirichlet-multinomial/make", 2, {0.01, 5}, false},
    {"symmetric-dirichlet-multinomial/make", 2, {2.5, 4000}, false},
    {"polya-urn/make", 3, {2, 0, 1}, true},
    {"polya-urn/make", 3, {2, 1, 1}, false},
    {"CRP/make", 1, {1.5}, false},
    {"CRP/make", 1, {60}, false},
    {"normal-inverse-gamma/make", 4, {0.5, 2.0, 1.5, 0.7}, false},
    {"normal-inverse-gamma/make", 4, {-3.0, 100.0, 20.0, 1.0}, false},
    {"gamma-poisson/make", 2, {1.5, 0.2}, false},
    {"gamma-poisson/make", 2, {200.0, 3.0}, false},
    {"pitman-yor/make", 2, {1.5, 0.4}, false},
    {"pitman-yor/make", 2, {-0.3, 0.6}, false},
    {"pitman-yor/make", 2, {20, 0}, false},
};

static struct xrp_site open_case(const struct urn_case *c, value params[4],
                                 const struct xrp_family **made)
{
    const struct xrp_family *maker = xrp_find(c->maker);
    assert_non_null(maker);
    *made = maker->made;
    if (c->list) {
        params[0] = numbers_list(c->p, c->n);
        return urn_of(maker, params, 1);
    }
    for (int i = 0; i < c->n; i++) params[i] = number(c->p[i]);
    return urn_of(maker, params, c->n);
}

/* Draws n values one after the other; the sum of their predictives. */
static double fill(const struct xrp_family *f, const struct xrp_site *s, int n,
                   value *into)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        assert_true(f->sample(s, &stream, &into[i]));
        sum += f->prob(s, into[i]);
        f->incorporate(s, into[i]);
    }
    return sum;
}

static void shuffle(value *v, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int j = (int)random_below(&stream, (uint64_t)i + 1);
        value swap = v[i];
        v[i] = v[j];
        v[j] = swap;
    }
}

static bool close_to(double a, double b)
{
    return fabs(a - b) <= 1e-11 * fmax(1.0, fabs(b));
}

enum { APPLICATIONS = 300 };

/* The joint is the sum of the predictives, in every order. */
static void score_is_the_sum_of_predictives(void **state)
{
    (void)state;
    random_seed(&stream, 11);
    for (size_t i = 0; i < COUNT(cases); i++) {
        value params[4], v[APPLICATIONS];
        const struct xrp_family *f;
        struct xrp_site s = open_case(&cases[i], params, &f);
        assert_true(f->score_state(&s) == 0.0);
        double joint = fill(f, &s, APPLICATIONS, v);
        assert_true(close_to(f->score_state(&s), joint));
        assert_int_equal(f->count(s.state), APPLICATIONS);
        for (int round = 0; round < 3; round++) {
            struct xrp_site again = open_case(&cases[i], params, &f);
            double sum = 0.0;
            shuffle(v, APPLICATIONS);
            for (int j = 0; j < APPLICATIONS; j++) {
                sum += f->prob(&again, v[j]);
                f->incorporate(&again, v[j]);
            }
            assert_true(close_to(sum, joint));
            assert_true(close_to(f->score_state(&again), joint));
        }
    }
}

/* Out again in another order: as if never in; counts to the bit. */
static void incorporate_and_remove_undo_each_other(void **state)
{
    (void)state;
    random_seed(&stream, 12);
    for (size_t i = 0; i < COUNT(cases); i++) {
        value params[4], v[APPLICATIONS];
        const struct xrp_family *f;
        struct xrp_site s = open_case(&cases[i], params, &f);
        fill(f, &s, 100, v);
        double score = f->score_state(&s), prob = f->prob(&s, v[0]);
        struct xrp_site aside = s;
        fill(f, &s, 200, v + 100);
        shuffle(v + 100, 200);
        for (int j = 100; j < 300; j++) f->remove(&s, v[j]);
        bool counts = !(f->flags & XRP_CONTINUOUS);
        if (counts && f->support_kind != SUPPORT_LABELS) {
            assert_true(f->score_state(&s) == score);
            assert_true(f->prob(&s, v[0]) == prob);
        }
        assert_true(fabs(f->score_state(&s) - score) <= 1e-13 * fabs(score));
        assert_true(fabs(f->prob(&s, v[0]) - prob) <= 1e-13);
        shuffle(v, 100);
        for (int j = 0; j < 100; j++) f->remove(&aside, v[j]);
        assert_true(f->score_state(&s) == 0.0);
        assert_int_equal(f->count(s.state), 0);
    }
}

static void copies_are_independent(void **state)
{
    (void)state;
    random_seed(&stream, 13);
    for (size_t i = 0; i < COUNT(cases); i++) {
        value params[4], v[APPLICATIONS];
        const struct xrp_family *f;
        struct xrp_site s = open_case(&cases[i], params, &f), other = s;
        fill(f, &s, 150, v);
        double score = f->score_state(&s);
        other.state = f->copy(s.state);
        assert_true(f->score_state(&other) == score);
        assert_int_equal(f->count(other.state), 150);
        for (int j = 0; j < 150; j++) f->remove(&s, v[j]);
        assert_true(f->score_state(&other) == score);
        fill(f, &s, 50, v + 150);
        assert_true(f->score_state(&other) == score);
    }
}

/* Draws from one state, against exp(prob) over what it enumerates (of
 * counts: 0 to 40). */
static void draws_follow_the_predictive(void **state)
{
    (void)state;
    enum { DRAWS = 30000 };
    random_seed(&stream, 14);
    for (size_t i = 0; i < COUNT(cases); i++) {
        value params[4], v[APPLICATIONS], list = V_NIL, drawn;
        const struct xrp_family *f;
        struct xrp_site s = open_case(&cases[i], params, &f);
        if (f->flags & XRP_CONTINUOUS) continue;
        fill(f, &s, 30, v);
        if (f->enumerate)
            assert_true(f->enumerate(&s, &list));
        else
            for (int k = 40; k >= 0; k--) list = cons(v_int(k), list);
        uint32_t n = list_length(list);
        double *hits = calloc(n, sizeof *hits), total = 0.0, other = 0.0;
        value *support = calloc(n, sizeof *support);
        for (uint32_t k = 0; k < n; k++, list = cdr(list)) {
            support[k] = car(list);
            total += exp(f->prob(&s, support[k]));
        }
        if (f->enumerate) assert_true(fabs(total - 1.0) < 1e-12);
        bool labels = f->flags & XRP_LABELS;
        for (int j = 0; j < DRAWS; j++) {
            assert_true(f->sample(&s, &stream, &drawn));
            uint32_t k = 0;
            while (k < n && support[k] != drawn) k++;
            /* A new label is any, not the one that was listed. */
            if (k == n && labels) k = n - 1;
            if (k < n)
                hits[k]++;
            else
                other++;
        }
        for (uint32_t k = 0; k < n; k++)
            assert_false(
                count_is_off(hits[k], DRAWS, exp(f->prob(&s, support[k]))));
        assert_false(count_is_off(other, DRAWS, fmax(1.0 - total, 0.0)));
        free(hits);
        free(support);
    }
}

/* By the integral of its own predictive density, trapezoids on a fine grid:
 * the fraction of draws below each tenth. */
static void normal_draws_follow_the_predictive(void **state)
{
    (void)state;
    enum { DRAWS = 30000, STEPS = 400000 };
    random_seed(&stream, 15);
    const struct urn_case *c = &cases[9];
    value params[4], v[8], x;
    const struct xrp_family *f;
    struct xrp_site s = open_case(c, params, &f);
    fill(f, &s, 8, v);
    double low = -100.0, width = 200.0 / STEPS, below = 0.0;
    int under[9] = {0};
    double edge[9];
    double before = exp(f->prob(&s, v_double(low)));
    for (int i = 1, k = 0; i <= STEPS; i++) {
        double at = low + i * width, now = exp(f->prob(&s, v_double(at)));
        below += 0.5 * width * (before + now);
        before = now;
        if (k < 9 && below >= 0.1 * (k + 1)) edge[k++] = at;
    }
    assert_true(fabs(below - 1.0) < 1e-3);
    for (int j = 0; j < DRAWS; j++) {
        assert_true(f->sample(&s, &stream, &x));
        for (int k = 0; k < 9; k++) under[k] += as_double(x) < edge[k];
    }
    for (int k = 0; k < 9; k++)
        assert_false(count_is_off(under[k], DRAWS, 0.1 * (k + 1)));
}

/* Venture's parameters: the first predictive is student-t(2 a, m,
 * sqrt(b (1 + V) / a)). */
static void normal_urn_begins_as_a_student_t(void **state)
{
    (void)state;
    value params[4] = {v_int(2), v_int(3), v_int(4), v_int(5)};
    const struct xrp_family *maker = xrp_find("make-nig-normal");
    struct xrp_site s = urn_of(maker, params, 4);
    value args[3] = {v_int(8), v_int(2), v_double(sqrt(5.0 * 4.0 / 4.0))};
    struct xrp_site t = site_of(args, 3);
    for (double x = -9.0; x < 9.0; x += 0.7)
        assert_true(close_to(maker->made->prob(&s, v_double(x)),
                             xrp_find("student-t")->prob(&t, v_double(x))));
}

/* Moved with its prior, the data say the same. */
static void normal_urn_far_from_zero(void **state)
{
    (void)state;
    random_seed(&stream, 21);
    const double far = 1e9;
    value near_params[4] = {v_int(0), v_int(2), v_int(1), v_int(3)};
    value far_params[4] = {v_double(far), v_int(2), v_int(1), v_int(3)};
    const struct xrp_family *maker = xrp_find("make-nig-normal");
    const struct xrp_family *f = maker->made;
    struct xrp_site a = urn_of(maker, near_params, 4);
    struct xrp_site b = urn_of(maker, far_params, 4);
    for (int i = 0; i < 3000; i++) {
        double x = far + random_normal(&stream);
        f->incorporate(&a, v_double(x - far)); /* exact */
        f->incorporate(&b, v_double(x));
    }
    assert_true(close_to(f->score_state(&b), f->score_state(&a)));
    assert_true(
        close_to(f->prob(&b, v_double(far + 1.0)), f->prob(&a, v_int(1))));
}

/* Two values, by the textbook. */
static void small_joints_are_right(void **state)
{
    (void)state;
    value params[1] = {v_double(2.0)};
    const struct xrp_family *maker = xrp_find("make-crp"), *f = maker->made;
    struct xrp_site s = urn_of(maker, params, 1);
    f->incorporate(&s, v_int(7));
    assert_true(close_to(f->prob(&s, v_int(7)), log(1.0 / 3.0)));
    assert_true(close_to(f->prob(&s, v_int(8)), log(2.0 / 3.0)));
    f->incorporate(&s, v_int(7));
    f->incorporate(&s, v_int(9));
    /* alpha^2 1! 0! / (2 * 3 * 4) */
    assert_true(close_to(f->score_state(&s), log(4.0 / 24.0)));
    /* theta 1, discount 1/2: (1 + 1/2) (1/2) over 2 * 3. */
    value two[2] = {v_int(1), v_double(0.5)};
    maker = xrp_find("pitman-yor/make");
    f = maker->made;
    s = urn_of(maker, two, 2);
    f->incorporate(&s, v_int(7));
    assert_true(close_to(f->prob(&s, v_int(7)), log(0.5 / 2.0)));
    assert_true(close_to(f->prob(&s, v_int(8)), log(1.5 / 2.0)));
    f->incorporate(&s, v_int(7));
    f->incorporate(&s, v_int(9));
    assert_true(close_to(f->score_state(&s), log(0.75 / 6.0)));
    /* What is nearly certain keeps its digits. */
    value lopsided[2] = {v_double(1e20), v_int(1)};
    maker = xrp_find("make-beta-bernoulli");
    s = urn_of(maker, lopsided, 2);
    assert_true(maker->made->prob(&s, V_TRUE) == -1e-20);
    params[0] = numbers_list((double[]){3.0, 1.0}, 2);
    maker = xrp_find("beta-binomial/make");
    s = urn_of(maker, params, 1);
    assert_true(close_to(maker->made->prob(&s, v_int(0)), log(0.75)));
    maker->made->incorporate(&s, v_int(1));
    assert_true(close_to(maker->made->prob(&s, v_int(1)), log(0.4)));
}

/* What cannot be makes the score -inf while it is in, and goes out again. */
static void misfits_are_counted_aside(void **state)
{
    (void)state;
    random_seed(&stream, 16);
    const value odd[] = {V_NIL,         symbol("a"),        v_double(0.5),
                         v_double(NAN), v_double(INFINITY), v_double(-1e200)};
    for (size_t i = 0; i < COUNT(cases); i++) {
        value params[4], v[20];
        const struct xrp_family *f;
        struct xrp_site s = open_case(&cases[i], params, &f);
        fill(f, &s, 20, v);
        double score = f->score_state(&s);
        for (size_t j = 0; j < COUNT(odd); j++) {
            if (f->prob(&s, odd[j]) > -INFINITY) continue;
            assert_true(f->prob(&s, odd[j]) == -INFINITY);
            f->incorporate(&s, odd[j]);
            assert_true(f->score_state(&s) == -INFINITY);
            assert_int_equal(f->count(s.state), 21);
            f->remove(&s, odd[j]);
            assert_true(f->score_state(&s) == score);
        }
        /* Removing what was never in does nothing, and does not crash. */
        struct xrp_site empty = open_case(&cases[i], params, &f);
        f->remove(&empty, v_int(1));
        f->remove(&empty, V_NIL);
        assert_true(f->score_state(&empty) == 0.0);
        assert_int_equal(f->count(empty.state), 0);
    }
}

/* Parameters move under a filled state: it is as if filled under them. */
static void parameters_may_change(void **state)
{
    (void)state;
    random_seed(&stream, 17);
    for (size_t i = 0; i < COUNT(cases); i++) {
        value params[4], other[4], v[50];
        struct urn_case moved = cases[i];
        const struct xrp_family *f;
        for (int j = 0; j < moved.n; j++)
            if (moved.p[j] != floor(moved.p[j])) moved.p[j] *= 1.25;
        moved.p[0] += 0.5;
        struct xrp_site s = open_case(&cases[i], params, &f);
        fill(f, &s, 50, v);
        double before = f->score_state(&s);
        struct xrp_site fresh = open_case(&moved, other, &f);
        for (int j = 0; j < 50; j++) f->incorporate(&fresh, v[j]);
        s.params = other;
        assert_true(f->score_state(&s) == f->score_state(&fresh));
        assert_true(f->prob(&s, v[3]) == f->prob(&fresh, v[3]));
        assert_true(f->score_state(&s) != before);
        s.params = params;
        assert_true(f->score_state(&s) == before);
    }
}

/* A million values far from zero, in and out: next to nothing is left. */
static void normal_sums_do_not_drift(void **state)
{
    (void)state;
    enum { MANY = 1000000 };
    random_seed(&stream, 18);
    value params[4] = {v_int(0), v_int(1), v_int(1), v_int(1)};
    const struct xrp_family *maker = xrp_find("make-nig-normal");
    const struct xrp_family *f = maker->made;
    struct xrp_site s = urn_of(maker, params, 4);
    for (int i = 0; i < 10; i++) f->incorporate(&s, v_double(0.1 * i));
    double score = f->score_state(&s);
    double *x = calloc(MANY, sizeof *x);
    for (int i = 0; i < MANY; i++) {
        x[i] = 1e8 + random_normal(&stream);
        f->incorporate(&s, v_double(x[i]));
    }
    for (int i = 0; i < MANY; i++) f->remove(&s, v_double(x[i]));
    free(x);
    /* Sums of squares came to 1e22; in plain doubles 1e6 would be left. */
    assert_true(fabs(f->score_state(&s) - score) <= 1e-6);
}

/* Many tables, many of them emptied: the index and the tree stay right. */
static void crp_with_many_tables(void **state)
{
    (void)state;
    enum { MANY = 60000 };
    random_seed(&stream, 19);
    value params[1] = {v_int(5000)};
    const struct xrp_family *maker = xrp_find("make-crp"), *f = maker->made;
    struct xrp_site s = urn_of(maker, params, 1);
    value *v = memory_new_kept(MANY * sizeof *v);
    double joint = fill(f, &s, MANY, v);
    assert_true(close_to(f->score_state(&s), joint));
    shuffle(v, MANY);
    for (int i = 0; i < MANY; i++) {
        f->remove(&s, v[i]);
        if (i % 3) continue;
        assert_true(f->sample(&s, &stream, &v[i]));
        f->incorporate(&s, v[i]);
    }
    double sum = 0.0;
    struct xrp_site fresh = urn_of(maker, params, 1);
    for (int i = 0; i < MANY; i += 3) {
        sum += f->prob(&fresh, v[i]);
        f->incorporate(&fresh, v[i]);
    }
    assert_int_equal(f->count(s.state), MANY / 3);
    assert_true(close_to(f->score_state(&s), sum));
    for (int i = 0; i < MANY; i += 3)
        assert_true(f->prob(&s, v[i]) == f->prob(&fresh, v[i]));
    memory_free(v);
}

/* Only the plain build of memory can be told to fail. An urn that could not
 * grow answers NaN from then on, and nothing crashes. */
static void memory_that_runs_out_is_a_rejection(void **state)
{
    (void)state;
    random_seed(&stream, 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        value params[4], out;
        const struct xrp_family *f;
        struct xrp_site s = open_case(&cases[i], params, &f);
        memory_fail_after(1);
        bool told = memory_new(8) == NULL;
        if (told) {
            assert_null(f->initialize(&s));
            assert_null(f->copy(s.state));
            for (int k = 0; k < 5000; k++) f->incorporate(&s, v_int(k));
            for (int k = 0; k < 5000; k++) f->remove(&s, v_int(k));
            f->sample(&s, &stream, &out);
            double score = f->score_state(&s);
            assert_true(isnan(score) || score == 0.0);
            if (f->support_kind == SUPPORT_LABELS) assert_true(isnan(score));
        }
        memory_fail_after(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_runs_out_is_a_rejection),
        cmocka_unit_test(score_is_the_sum_of_predictives),
        cmocka_unit_test(incorporate_and_remove_undo_each_other),
        cmocka_unit_test(copies_are_independent),
        cmocka_unit_test(draws_follow_the_predictive),
        cmocka_unit_test(normal_draws_follow_the_predictive),
        cmocka_unit_test(normal_urn_begins_as_a_student_t),
        cmocka_unit_test(normal_urn_far_from_zero),
        cmocka_unit_test(small_joints_are_right),
        cmocka_unit_test(misfits_are_counted_aside),
        cmocka_unit_test(parameters_may_change),
        cmocka_unit_test(normal_sums_do_not_drift),
        cmocka_unit_test(crp_with_many_tables),
    };
    memory_init(1 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
