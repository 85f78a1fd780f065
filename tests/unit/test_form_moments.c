/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Means and variances of truncated, half and censored distributions against
 * tests/reference/form_moments.txt (mpmath), and of whole numbers, mixtures
 * and forms around one another against their own definition.
 */
#include "families.h"
#include "xrp/form.h"

static value procedure_of(const char *name)
{
    const struct xrp_family *f = xrp_find(name);
    assert_non_null(f);
    struct xrp *x = memory_new(sizeof *x);
    x->base.head.type = T_XRP;
    x->base.name = f->names;
    x->family = f;
    return v_object(x);
}

/* The arguments of a form as text, the form first. */
static const struct xrp_family *read_site(char *text, value *args,
                                          struct xrp_site *s)
{
    char *rest, *end;
    const struct xrp_family *f = xrp_find(strtok_r(text, " ", &rest));
    int n = 0;
    assert_non_null(f);
    for (char *one; (one = strtok_r(NULL, " ", &rest)) != NULL; n++) {
        double x = strtod(one, &end);
        args[n] = end == one ? procedure_of(one) : number(x);
    }
    *s = site_of(args, n);
    return f;
}

/* Off by how much, where both may be infinite or nan? */
static double apart(double got, double wanted, double size)
{
    if (wanted != wanted) return got != got ? 0.0 : INFINITY;
    return got == wanted ? 0.0 : fabs(got - wanted) / size;
}

static int check_line(const char *line)
{
    char text[512];
    value args[16];
    struct xrp_site s;
    double mean, variance;
    snprintf(text, sizeof text, "%s", line);
    char *first = strchr(text, '|'), *second = strchr(first + 1, '|');
    *first = 0;
    double wanted_mean = strtod(first + 1, NULL);
    double wanted_variance = strtod(second + 1, NULL);
    const struct xrp_family *f = read_site(text, args, &s);
    double sd = wanted_variance > 0.0 && wanted_variance < INFINITY
                    ? sqrt(wanted_variance)
                    : 1.0;
    /* Of a narrow interval the doubles in it are few. */
    double size = fmax(sd, fabs(wanted_mean) * 1e-5);
    double few = fabs(wanted_mean) < INFINITY
                     ? fabs(wanted_mean) * DBL_EPSILON / sd
                     : 0.0;
    if (f->moments(&s, &mean, &variance) &&
        apart(mean, wanted_mean, size) < 1e-10 &&
        apart(variance, wanted_variance,
              wanted_variance > 0.0 ? wanted_variance : 1.0) < 1e-9 + few)
        return 0;
    print_error("%s    mean %.17g variance %.17g\n", line, mean, variance);
    return 1;
}

static void agree_with_mpmath(void **state)
{
    (void)state;
    char line[512];
    int bad = 0, lines = 0;
    char path[4096];
    const char *here = __FILE__, *slash = strrchr(here, '/');
    snprintf(path, sizeof path, "%.*s/../reference/form_moments.txt",
             slash ? (int)(slash - here) : 1, slash ? here : ".");
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    for (; fgets(line, sizeof line, in); lines++) bad += check_line(line);
    fclose(in);
    assert_true(lines > 100);
    assert_int_equal(bad, 0);
}

static void moments_of(const char *spec, double *mean, double *variance)
{
    char text[256];
    value args[32];
    struct xrp_site s;
    snprintf(text, sizeof text, "%s", spec);
    const struct xrp_family *f = read_site(text, args, &s);
    assert_true(f->moments(&s, mean, variance));
}

static void check(const char *spec, double wanted_mean, double wanted_variance)
{
    double mean, variance;
    moments_of(spec, &mean, &variance);
    if (apart(mean, wanted_mean, fmax(1.0, fabs(wanted_mean))) < 1e-11 &&
        apart(variance, wanted_variance, fmax(1.0, wanted_variance)) < 1e-11)
        return;
    fail_msg("%s: mean %.17g variance %.17g", spec, mean, variance);
}

static void known_ones(void **state)
{
    (void)state;
    check("truncated 0 1 uniform -3 7", 0.5, 1.0 / 12.0);
    check("truncated 2 inf exponential 0.5", 4.0, 4.0);
    check("half normal 0 1", sqrt(2.0 / acos(-1.0)), 1.0 - 2.0 / acos(-1.0));
    check("half cauchy 0 1", INFINITY, NAN);
    check("truncated -inf 0 cauchy 0 1", -INFINITY, NAN);
    /* A power with index 1.5 and 3: by hand. */
    check("truncated 1 inf pareto 1 1.5", 3.0, INFINITY);
    check("truncated 2 inf pareto 1 3", 3.0, 3.0);
    check("truncated 0 2 binomial 3 0.5", 9.0 / 7.0, 24.0 / 49.0);
    check("truncated 1 inf geometric 0.5", 2.0, 2.0);
    check("censored 0 inf uniform -1 1", 0.25, 1.0 / 6.0 - 1.0 / 16.0);
    /* What is censored, cut: an atom of 1/2 at 0 and a uniform. */
    check("truncated -5 0.5 censored 0 1 uniform -1 1", 1.0 / 12.0,
          1.0 / 36.0 - 1.0 / 144.0);
    check("truncated 0.5 9 censored 0 0.75 uniform -1 1", 0.5 * (0.625 + 0.75),
          (0.5 * (0.75 * 0.75 * 0.75 - 0.125) / 0.75) + 0.5 * 0.75 * 0.75 -
              0.6875 * 0.6875);
    check("half censored -1 1 uniform -2 2", 0.75, 5.0 / 48.0);
}

/* An end that is an atom, and what is between: as often as they should be. */
static void censored_is_cut(void **state)
{
    (void)state;
    enum { DRAWS = 20000 };
    char spec[] = "truncated -5 0.5 censored 0 1 uniform -1 1";
    value args[16], v;
    struct xrp_site s;
    struct random r;
    const struct xrp_family *f = read_site(spec, args, &s);
    int zeros = 0, low = 0;
    random_seed(&r, 7);
    for (int i = 0; i < DRAWS; i++) {
        assert_true(f->sample(&s, &r, &v));
        double x = as_number(v);
        assert_true(x >= 0.0 && x <= 0.5);
        assert_true(f->prob(&s, v) > -INFINITY);
        zeros += x == 0.0;
        low += x > 0.0 && x < 0.25;
    }
    assert_false(count_is_off(zeros, DRAWS, 2.0 / 3.0));
    assert_false(count_is_off(low, DRAWS, 1.0 / 6.0));
    assert_true(fabs(f->prob(&s, v_int(0)) - log(2.0 / 3.0)) < 1e-14);
    assert_true(f->prob(&s, v_double(0.75)) == -INFINITY);
}

int main(void)
{
    memory_init(1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agree_with_mpmath),
        cmocka_unit_test(known_ones),
        cmocka_unit_test(censored_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
