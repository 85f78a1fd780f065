/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of families: names, what is said of parameters out of their
 * domain, supports, and that every name is bound in a machine.
 */
#include "families.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Data in the tests' own small notation: numbers, and one list of numbers
 * where `list` says so. */
enum kind { END, NUMBER, LIST, TEXT, BOOLEAN };
struct argument {
    enum kind kind;
    double x[4];
    int n;
};
#define NONE        \
    {               \
        END, {0}, 0 \
    }
#define N(a)           \
    {                  \
        NUMBER, {a}, 1 \
    }
#define L0           \
    {                \
        LIST, {0}, 0 \
    }
#define L1(a)        \
    {                \
        LIST, {a}, 1 \
    }
#define L2(a, b)        \
    {                   \
        LIST, {a, b}, 2 \
    }
#define S            \
    {                \
        TEXT, {0}, 0 \
    }
#define T               \
    {                   \
        BOOLEAN, {0}, 0 \
    }

static int build(const struct argument *from, value *args)
{
    int n = 0;
    for (; n < 4 && from[n].kind != END; n++) {
        switch (from[n].kind) {
        case NUMBER: args[n] = number(from[n].x[0]); break;
        case LIST: args[n] = numbers_list(from[n].x, from[n].n); break;
        case TEXT: args[n] = string_make("text", 4); break;
        default: args[n] = V_TRUE;
        }
    }
    return n;
}

static const struct {
    const char *name;
    struct argument args[4];
    const char *says;
} bad[] = {
    {"flip", {N(1.5)}, "flip: p must be between 0 and 1, got 1.5"},
    {"flip", {N(-0.1)}, "flip: p must be between 0 and 1, got -0.1"},
    {"bernoulli", {N(NAN)}, "flip: p must be between 0 and 1, got nan"},
    {"flip", {T}, "flip: p must be between 0 and 1, got true"},
    {"noisy", {T, N(2)}, "noisy: e must be between 0 and 1, got 2"},
    {"categorical", {L2(0, 0)}, "categorical: weights sum to zero"},
    {"categorical",
     {L2(1, -1)},
     "categorical: weight 1 must be at least 0 and finite, got -1"},
    {"categorical", {L0}, "categorical: there must be at least one weight"},
    {"categorical",
     {S},
     "categorical: weights must be a list or vector of numbers, got "
     "a string"},
    {"categorical",
     {N(1), S},
     "categorical: weight 1 must be at least 0 and finite, got a string"},
    {"sample-discrete", {L2(0, 0)}, "sample-discrete: weights sum to zero"},
    {"multinomial",
     {L2(1, 2), L1(1)},
     "multinomial: needs as many weights as values, got 1 for 2"},
    {"multinomial", {L2(1, 2), L2(0, 0)}, "multinomial: weights sum to zero"},
    {"multinomial",
     {N(1), L1(1)},
     "multinomial: values must be a list or a vector, got 1"},
    {"multinomial",
     {L1(1), N(1)},
     "multinomial: weights must be a list or a vector, got 1"},
    {"uniform-draw", {L0}, "uniform-draw: there must be at least one value"},
    {"uniform-draw",
     {S},
     "uniform-draw: values must be a list or a vector, got a string"},
    {"randbelow", {N(0)}, "randbelow: n must be a whole number above 0, got 0"},
    {"random-integer",
     {N(2.5)},
     "randbelow: n must be a whole number above 0, got 2.5"},
    {"uniform-discrete",
     {N(3), N(1)},
     "uniform-discrete: lo must not be above hi, got 3 and 1"},
    {"uniform-discrete",
     {N(0.5), N(1)},
     "uniform-discrete: lo must be a whole number, got 0.5"},
    {"binomial",
     {N(-1), N(0.5)},
     "binomial: n must be a whole number, at least 0, got -1"},
    {"binomial", {N(3), N(7)}, "binomial: p must be between 0 and 1, got 7"},
    {"geometric", {N(0)}, "geometric: p must be above 0 and at most 1, got 0"},
    {"poisson", {N(-1)}, "poisson: mean must be at least 0 and finite, got -1"},
    {"normal", {N(0), N(-1)}, "normal: sd must be positive, got -1"},
    {"gaussian", {N(0), N(0)}, "normal: sd must be positive, got 0"},
    {"normal", {N(NAN), N(1)}, "normal: mu must be a finite number, got nan"},
    {"normal",
     {N(INFINITY), N(1)},
     "normal: mu must be a finite number, got inf"},
    {"normal", {N(0), S}, "normal: sd must be positive, got a string"},
    {"student-t", {N(0)}, "student-t: dof must be positive, got 0"},
    {"student-t",
     {N(1), N(0), N(-2)},
     "student-t: scale must be positive, got -2"},
    {"laplace", {N(0), N(-2)}, "laplace: scale must be positive, got -2"},
    {"uniform",
     {N(2), N(2)},
     "uniform-continuous: lo must be below hi, got 2 and 2"},
    {"beta", {N(0), N(1)}, "beta: a must be positive, got 0"},
    {"gamma", {N(1), N(-1)}, "gamma: scale must be positive, got -1"},
    {"inv-gamma",
     {N(-1), N(1)},
     "inverse-gamma: shape must be positive, got -1"},
    {"exponential", {N(-2)}, "exponential: rate must be positive, got -2"},
    {"dirichlet", {L2(1, 0)}, "dirichlet: alpha 1 must be positive, got 0"},
    {"dirichlet", {L0}, "dirichlet: there must be at least one alpha"},
    {"symmetric-dirichlet",
     {N(1), N(0)},
     "symmetric-dirichlet: n must be a whole number from 1 to 16777216, "
     "got 0"},
    {"make-beta-bernoulli",
     {N(1), N(0)},
     "beta-binomial/make: b must be positive, got 0"},
    {"beta-binomial/make",
     {L2(0, 0)},
     "beta-binomial/make: counts sum to zero"},
    {"make-dir-cat",
     {L2(1, 0)},
     "dirichlet-multinomial/make: alpha 1 must be positive, got 0"},
    {"make-sym-dir-cat",
     {N(-1), N(3)},
     "symmetric-dirichlet-multinomial/make: alpha must be positive, got -1"},
    {"polya-urn/make", {N(0), N(0)}, "polya-urn/make: counts sum to zero"},
    {"make-crp", {N(0)}, "CRP/make: alpha must be positive, got 0"},
    {"pitman-yor/make",
     {N(1), N(1)},
     "pitman-yor/make: discount must be below 1, got 1"},
    {"pitman-yor/make",
     {N(-0.5), N(0.5)},
     "pitman-yor/make: theta must be above minus the discount, got -0.5"},
    {"make-nig-normal",
     {N(0), N(1), N(1), N(-1)},
     "normal-inverse-gamma/make: b must be positive, got -1"},
    {"make-gamma-poisson",
     {N(0), N(1)},
     "gamma-poisson/make: shape must be positive, got 0"},
};

/* NaN from prob, false from sample, and the words. */
static void bad_parameters_are_explained(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 1);
    for (size_t i = 0; i < COUNT(bad); i++) {
        const struct xrp_family *f = xrp_find(bad[i].name);
        assert_non_null(f);
        value args[4], out = V_NIL;
        struct error error;
        struct xrp_site s = site_of(args, build(bad[i].args, args));
        assert_false(xrp_domain_error(f, &s, &error));
        if (!strstr(bad[i].says, "true"))
            assert_string_equal(error.message, bad[i].says);
        assert_int_equal(error.kind, ERROR_DOMAIN);
        if (f->flags & XRP_MAKER) {
            s = urn_of(f, args, s.arg_count);
            f = f->made;
        }
        double by_value, by_arg[4];
        assert_true(isnan(f->prob(&s, v_int(1))));
        assert_true(xrp_score(f, &s, v_int(1)) == -INFINITY);
        assert_false(f->sample(&s, &r, &out));
        if (f->gradient)
            assert_false(f->gradient(&s, v_int(1), &by_value, by_arg));
        if (f->enumerate) assert_false(f->enumerate(&s, &out));
        if (f->score_state) assert_true(isnan(f->score_state(&s)));
        if (f->score_state_gradient)
            assert_false(f->score_state_gradient(&s, by_arg));
    }
}

static const struct {
    const char *name;
    struct argument args[4];
    double value;
    int support; /* length of the enumeration; -1: none */
} good[] = {
    {"flip", {NONE}, 1, 2},
    {"flip", {N(1)}, 1, 1},
    {"flip", {N(0)}, 0, 1},
    {"noisy", {T, N(0.2)}, 1, 2},
    {"noisy", {T, N(0)}, 1, 1},
    {"categorical", {N(1), N(0), N(3)}, 2, 2},
    {"categorical", {L2(3, 4)}, 1, 2},
    {"sample-discrete", {L2(3, 4)}, 1, 2},
    {"multinomial", {L2(5, 5), L2(3, 4)}, 5, 1},
    {"uniform-draw", {L2(5, 6)}, 5, 2},
    {"randbelow", {N(5)}, 4, 5},
    {"randbelow", {N(1e9)}, 4, -1},
    {"uniform-discrete", {N(-2), N(2)}, -2, 5},
    {"binomial", {N(4), N(0.5)}, 0, 5},
    {"poisson", {N(4)}, 0, -1},
    {"geometric", {N(0.5)}, 0, -1},
    {"normal", {NONE}, 0, -1},
    {"student-t", {N(4)}, 0, -1},
    {"laplace", {NONE}, 0, -1},
    {"uniform", {N(-1), N(1)}, 0, -1},
    {"rand", {NONE}, 0.5, -1},
    {"beta", {N(2), N(2)}, 0.5, -1},
    {"gamma", {N(2), N(2)}, 0.5, -1},
    {"inverse-gamma", {N(2), N(2)}, 0.5, -1},
    {"exponential", {N(2)}, 0.5, -1},
};

/* Sane parameters: a finite score, no explanation, general words; every
 * element of the support is possible, and their probabilities sum to one. */
static void good_parameters_are_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        const struct xrp_family *f = xrp_find(good[i].name);
        value args[4], list;
        char words[200];
        struct error error;
        struct xrp_site s = site_of(args, build(good[i].args, args));
        assert_true(isfinite(f->prob(&s, number(good[i].value))));
        assert_false(f->explain && f->explain(&s, words, sizeof words));
        assert_false(xrp_domain_error(f, &s, &error));
        assert_non_null(strstr(error.message, f->signature));
        if (good[i].support < 0) {
            assert_false(f->enumerate && f->enumerate(&s, &list));
            continue;
        }
        double total = 0.0;
        assert_true(f->enumerate(&s, &list));
        assert_int_equal(list_length(list), good[i].support);
        for (; list != V_NIL; list = cdr(list))
            total += exp(f->prob(&s, car(list)));
        assert_true(fabs(total - 1.0) < 1e-14);
    }
}

/* ---- the table ---------------------------------------------------------- */

static void every_row_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < xrp_family_count; i++) {
        const struct xrp_family *f = xrp_families[i], *m = f->made;
        assert_true(f->names && f->signature && f->doc);
        assert_true(f->max < 0 || f->min <= f->max);
        assert_non_null(xrp_support_words(f));
        assert_true(!(f->flags & XRP_MAKER) == !m);
        if (!m) {
            assert_true(f->sample && f->prob);
            assert_true(f->explain || f->max == 0);
            continue;
        }
        assert_true(m->flags & XRP_STATEFUL);
        assert_true(f->explain && m->explain && m->names && m->doc);
        assert_true(m->initialize && m->sample && m->incorporate);
        assert_true(m->remove && m->prob && m->gradient && m->score_state);
        assert_true(m->score_state_gradient && m->copy && m->count);
    }
}

static void names_are_found_and_are_one_familys(void **state)
{
    (void)state;
    static const char *const known[] = {
        "flip",
        "bernoulli",
        "noisy",
        "noisy-negate",
        "noise-negate",
        "categorical",
        "multinomial",
        "sample-discrete",
        "uniform-draw",
        "beta",
        "gamma",
        "inverse-gamma",
        "inv-gamma",
        "normal",
        "gaussian",
        "student-t",
        "laplace",
        "double-exponential",
        "exponential",
        "poisson",
        "binomial",
        "geometric",
        "randbelow",
        "random-integer",
        "sample-integer",
        "uniform-discrete",
        "uniform-continuous",
        "uniform",
        "rand",
        "dirichlet",
        "symmetric-dirichlet",
        "beta-binomial/make",
        "make-beta-bernoulli",
        "dirichlet-multinomial/make",
        "make-dir-cat",
        "symmetric-dirichlet-multinomial/make",
        "make-sym-dir-cat",
        "CRP/make",
        "make-crp",
        "pitman-yor/make",
        "polya-urn/make",
        "normal-inverse-gamma/make",
        "make-nig-normal",
        "gamma-poisson/make",
        "make-gamma-poisson",
    };
    for (size_t i = 0; i < COUNT(known); i++)
        assert_non_null(xrp_find(known[i]));
    assert_null(xrp_find(""));
    assert_null(xrp_find("fli"));
    assert_null(xrp_find("flip bernoulli"));
    assert_null(xrp_find("CRP"));
    assert_string_equal(xrp_support_words(xrp_find("flip")), "true or false");
}

static void scores_are_never_nan(void **state)
{
    (void)state;
    value args[2] = {v_int(0), v_double(1e-10)};
    struct xrp_site s = site_of(args, 2);
    /* A density may be above one, a probability may not. */
    assert_true(xrp_score(xrp_find("normal"), &s, v_int(0)) > 20.0);
    args[1] = v_double(NAN);
    assert_true(xrp_score(xrp_find("normal"), &s, v_int(0)) == -INFINITY);
    /* Rounding may not lift a certainty above log 1. */
    args[0] = v_int(1);
    args[1] = v_double(1e-300);
    assert_true(xrp_score(xrp_find("categorical"), &s, v_int(0)) <= 0.0);
}

static void names_are_bound_in_a_machine(void **state)
{
    (void)state;
    struct error error;
    struct machine *m = machine_open(&error);
    assert_non_null(m);
    assert_true(xrp_install(m));
    struct global *flip = machine_global(m, "flip");
    struct global *bernoulli = machine_global(m, "bernoulli");
    assert_true(flip && bernoulli && flip->held == bernoulli->held);
    assert_true(is_type(flip->held, T_XRP));
    struct xrp *xrp = as_object(flip->held);
    assert_ptr_equal(xrp->family, xrp_find("flip"));
    assert_null(xrp->made);
    for (size_t i = 0; i < xrp_family_count; i++) {
        char first[64];
        const char *names = xrp_families[i]->names;
        snprintf(first, sizeof first, "%.*s", (int)strcspn(names, " "), names);
        struct global *g = machine_global(m, first);
        assert_true(g && is_type(g->held, T_XRP));
        assert_ptr_equal(((struct xrp *)as_object(g->held))->family,
                         xrp_families[i]);
    }
    machine_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_parameters_are_explained),
        cmocka_unit_test(good_parameters_are_not),
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(names_are_found_and_are_one_familys),
        cmocka_unit_test(scores_are_never_nan),
        cmocka_unit_test(names_are_bound_in_a_machine),
    };
    memory_init(1 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
