/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Families that choose among finitely many values against
 * tests/reference/choices.csv (mpmath): log probabilities, slopes, tails and
 * their slopes, moments, quantiles; weights as arguments, as a list and as a
 * vector. And what cuts them: truncated, censored.
 */
#include "families.h"
#include "table.h"

enum { MOST = 16, ROWS_LEAST = 250 };

struct row {
    char family[32];
    int n, m, count; /* count: of both */
    double x[MOST], v, score, by[MOST], tail[2], tail_by[MOST], mean, variance;
};

static struct row *rows;
static size_t row_count;
static int bad;

static void read_row(char *line, struct row *r)
{
    char *at;
    name_field(line, r->family, sizeof r->family, &at);
    assert_true(r->family[0]);
    r->n = (int)field(&at);
    for (int i = 0; i < r->n; i++) r->x[i] = field(&at);
    r->m = (int)field(&at);
    r->count = r->n + r->m;
    assert_true(r->count <= MOST);
    for (int i = r->n; i < r->count; i++) r->x[i] = field(&at);
    r->v = field(&at);
    r->score = field(&at);
    for (int i = 0; i < r->count; i++) r->by[i] = field(&at);
    for (int i = 0; i < 2; i++) r->tail[i] = field(&at);
    for (int i = 0; i < r->count; i++) r->tail_by[i] = field(&at);
    r->mean = field(&at);
    r->variance = field(&at);
}

static int read_rows(void **state)
{
    (void)state;
    char line[2048];
    FILE *file = table_open(__FILE__, "choices.csv");
    assert_non_null(file);
    rows = calloc(4096, sizeof *rows);
    assert_non_null(rows);
    while (row_count < 4096 && fgets(line, sizeof line, file))
        read_row(line, &rows[row_count++]);
    fclose(file);
    return 0;
}

static int free_rows(void **state)
{
    (void)state;
    free(rows);
    return 0;
}

static void enough_rows_a_family(void **state)
{
    (void)state;
    static const char *const names[] = {"categorical",
                                        "sample-discrete",
                                        "categorical-logit",
                                        "ordered-logistic",
                                        "multinomial",
                                        "uniform-draw",
                                        "noisy"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int seen = 0;
        for (size_t j = 0; j < row_count; j++)
            seen += strcmp(rows[j].family, names[i]) == 0;
        assert_true(seen >= ROWS_LEAST);
    }
}

/* ---- a row as a site ---------------------------------------------------- */

enum form { SPREAD, LIST, VECTOR };

/* Argument i of the row's numbers, and where its slopes are found. */
struct subject {
    const struct xrp_family *family;
    value args[MOST], v;
    struct xrp_site site;
    int within; /* the argument that holds the weights; -1: they are spread */
    int offset; /* of the argument that has the first other number */
};

static value sequence(const double *x, int n, enum form form)
{
    return form == LIST ? numbers_list(x, n) : numbers_vector(x, n);
}

static void subject_of(const struct row *r, enum form form, struct subject *s)
{
    const char *name = r->family;
    int n = 0;
    *s = (struct subject){.family = xrp_find(name), .within = 0};
    s->v = number(r->v);
    if (strcmp(name, "noisy") == 0) {
        s->within = -1;
        s->args[n++] = v_boolean(r->x[0] != 0.0);
        s->args[n++] = number(r->x[1]);
        s->v = v_boolean(r->v != 0.0);
    } else if (strcmp(name, "ordered-logistic") == 0) {
        s->within = 1;
        s->args[n++] = number(r->x[r->n]);
        s->args[n++] = sequence(r->x, r->n, form);
    } else if (strcmp(name, "uniform-draw") == 0) {
        s->args[n++] = sequence(r->x, r->m, form);
    } else if (strcmp(name, "multinomial") == 0) {
        s->within = 1;
        s->args[n++] = sequence(r->x + r->n, r->m, form);
        s->args[n++] = sequence(r->x, r->n, form);
    } else if (form == SPREAD && strcmp(name, "sample-discrete") != 0) {
        s->within = -1;
        while (n < r->n) s->args[n] = number(r->x[n]), n++;
    } else {
        s->args[n++] = sequence(r->x, r->n, form);
    }
    s->site = site_of(s->args, n);
}

static void complain(const struct row *r, const char *what, int i, double got,
                     double want)
{
    if (bad++ >= 30) return;
    print_error("%s (row %d)", r->family, (int)(r - rows));
    for (int k = 0; k < r->count; k++) print_error(" %.17g", r->x[k]);
    print_error(" at %.17g: %s %d is %.17g, not %.17g\n", r->v, what, i, got,
                want);
}

/* A log of a probability, to the digits of the probability and of what it
 * lacks to one; `by`: its slopes, where the numbers' own rounding shows. */
static bool close_log(const struct row *r, double got, double want,
                      const double *by)
{
    if (got == want) return true;
    /* Below the normal doubles there are fewer digits. */
    double slack = 2e-14 * fabs(want) + 1e-307;
    bool logs = strstr(r->family, "log") != NULL;
    for (int i = 0; logs && i < r->count; i++)
        if (by[i] == by[i]) slack += 0x1p-51 * fabs(by[i] * r->x[i]);
    return fabs(got - want) <= slack;
}

/* To 1e-8, or of what numbers with this rounding can give. */
static bool close_slope(double got, double want)
{
    if (!(fabs(want) < INFINITY)) return true; /* beyond doubles */
    return fabs(got - want) <= 1e-8 * fabs(want) + 1e-300;
}

static void each_row(void (*check)(const struct row *, struct subject *))
{
    bad = 0;
    for (size_t i = 0; i < row_count; i++)
        for (enum form form = SPREAD; form <= VECTOR; form++) {
            struct subject s;
            subject_of(&rows[i], form, &s);
            check(&rows[i], &s);
        }
    assert_int_equal(bad, 0);
}

static void check_density(const struct row *r, struct subject *s)
{
    double got = s->family->prob(&s->site, s->v);
    if (!close_log(r, got, r->score, r->by))
        complain(r, "score", 0, got, r->score);
}

static void densities(void **state)
{
    (void)state;
    each_row(check_density);
}

static void check_gradient(const struct row *r, struct subject *s)
{
    double by_value, by[MOST], within[MOST];
    for (int i = 0; i < MOST; i++) by[i] = within[i] = NAN;
    if (!s->family->gradient(&s->site, s->v, &by_value, by)) {
        complain(r, "no slopes", 0, NAN, r->by[0]);
        return;
    }
    assert_true(by_value != by_value);
    bool listed = r->n > 0 && s->within >= 0;
    if (listed &&
        !s->family->gradient_within(&s->site, s->v, s->within, within))
        complain(r, "no slopes within", 0, NAN, r->by[0]);
    for (int i = 0; i < r->n; i++) {
        double got = listed ? within[i] : by[i];
        if (!close_slope(got, r->by[i]) || got != got)
            complain(r, "slope", i, got, r->by[i]);
    }
    if (strcmp(r->family, "noisy") == 0 && !close_slope(by[1], r->by[1]))
        complain(r, "slope", 1, by[1], r->by[1]);
    if (strcmp(r->family, "ordered-logistic") == 0 &&
        !close_slope(by[0], r->by[r->n]))
        complain(r, "slope", r->n, by[0], r->by[r->n]);
}

static void gradients(void **state)
{
    (void)state;
    each_row(check_gradient);
}

static void check_tails(const struct row *r, struct subject *s)
{
    double got[2], by_x, by[MOST], x;
    int small = r->tail[0] <= r->tail[1] ? 0 : 1;
    assert_true(s->family->log_cdf(&s->site, r->v, got, got + 1));
    for (int i = 0; i < 2; i++)
        if (!close_log(r, got[i], r->tail[i], r->tail_by))
            complain(r, "tail", i, got[i], r->tail[i]);
    /* The quantile of a tail is where it was taken, or where rounding does
     * not tell it from there. */
    double there[2], forgiven = 1e-14 * fmax(1.0, -r->tail[small]);
    assert_true(s->family->quantile(&s->site, r->tail[small], small, &x));
    assert_true(s->family->log_cdf(&s->site, x, there, there + 1));
    if (x != r->v && !(fabs(there[small] - r->tail[small]) <= forgiven))
        complain(r, "quantile", small, x, r->v);
    assert_true(s->family->log_cdf_gradient(&s->site, r->v, small, &by_x, by));
    assert_true(by_x != by_x);
    if (r->tail[small] == -INFINITY) return;
    for (int i = 0; s->within < 0 && i < r->count; i++)
        if (r->tail_by[i] == r->tail_by[i] &&
            !close_slope(by[i], r->tail_by[i]))
            complain(r, "tail's slope", i, by[i], r->tail_by[i]);
    if (strcmp(r->family, "ordered-logistic") == 0 &&
        !close_slope(by[0], r->tail_by[r->n]))
        complain(r, "tail's slope", r->n, by[0], r->tail_by[r->n]);
}

static void tails(void **state)
{
    (void)state;
    each_row(check_tails);
}

static void check_moments(const struct row *r, struct subject *s)
{
    double mean, variance, lo, hi, condition = 0.0;
    assert_true(s->family->moments(&s->site, &mean, &variance));
    assert_true(s->family->bounds(&s->site, &lo, &hi));
    if (!(lo <= r->v && r->v <= hi)) complain(r, "bounds", 0, lo, r->v);
    if (s->family->prob(&s->site, v_double(lo)) == -INFINITY ||
        s->family->prob(&s->site, v_double(hi)) == -INFINITY)
        complain(r, "bounds not in the support", 0, lo, hi);
    bool logs = strstr(r->family, "log") != NULL;
    for (int i = 0; i < r->count; i++)
        if (logs) condition = fmax(condition, fabs(r->x[i]));
    double reach = fmax(fabs(lo), fabs(hi));
    double loose = 1e-14 + 0x1p-51 * condition;
    if (!(fabs(mean - r->mean) <= loose * (reach + 1e-300) + 1e-307))
        complain(r, "mean", 0, mean, r->mean);
    double slack = (20 * loose) * r->variance + 1e-28 * reach * reach + 1e-307;
    if (!(fabs(variance - r->variance) <= slack))
        complain(r, "variance", 0, variance, r->variance);
}

static void moments_and_bounds(void **state)
{
    (void)state;
    each_row(check_moments);
}

/* ---- what is not in the table ------------------------------------------- */

static void values_that_are_no_numbers(void **state)
{
    (void)state;
    double lo, hi, mean, variance, below, above, x;
    value mixed = cons(v_int(3), cons(symbol("a"), V_NIL));
    value args[2] = {mixed, numbers_list((double[]){1.0, 0.0}, 2)};
    const struct xrp_family *f = xrp_find("multinomial");
    /* What has no weight does not count. */
    struct xrp_site s = site_of(args, 2);
    assert_true(f->bounds(&s, &lo, &hi) && lo == 3.0 && hi == 3.0);
    assert_true(f->moments(&s, &mean, &variance) && mean == 3.0);
    assert_true(f->log_cdf(&s, 3.0, &below, &above) && below == 0.0);
    f = xrp_find("uniform-draw");
    s = site_of(args, 1);
    assert_false(f->bounds(&s, &lo, &hi));
    assert_false(f->moments(&s, &mean, &variance));
    assert_false(f->log_cdf(&s, 3.0, &below, &above));
    assert_false(f->quantile(&s, -1.0, false, &x));
    args[0] = numbers_list((double[]){0.25, 1.5}, 2);
    assert_true(f->bounds(&s, &lo, &hi) && lo == 0.25 && hi == 1.5);
    assert_true(f->moments(&s, &mean, &variance) && mean == 0.875);
    assert_true(variance == 0.390625);
    assert_false(f->log_cdf(&s, 3.0, &below, &above));
    args[0] = numbers_list((double[]){1e308, -1e308, 1e308}, 3);
    assert_true(f->moments(&s, &mean, &variance));
    assert_true(fabs(mean / 1e308 - 1.0 / 3.0) < 1e-14);
    assert_true(variance == INFINITY);
}

static void quantiles_of_equal_values(void **state)
{
    (void)state;
    double x;
    value args[2] = {numbers_list((double[]){5.0, -2.0, 5.0, 9.0}, 4),
                     numbers_list((double[]){1.0, 2.0, 1.0, 4.0}, 4)};
    struct xrp_site s = site_of(args, 2);
    const struct xrp_family *f = xrp_find("multinomial");
    const double log_p[] = {-INFINITY, log(0.2), log(0.25), log(0.26),
                            log(0.5),  log(0.6), 0.0};
    const double lower[] = {-2, -2, -2, 5, 5, 9, 9};
    const double upper[] = {9, 9, 9, 9, 5, 5, -2};
    for (int i = 0; i < 7; i++) {
        assert_true(f->quantile(&s, log_p[i], false, &x) && x == lower[i]);
        assert_true(f->quantile(&s, log_p[i], true, &x) && x == upper[i]);
    }
    assert_false(f->quantile(&s, 0.5, false, &x));
    assert_false(f->quantile(&s, NAN, false, &x));
}

/* Between 1 and 3 of weights 1 2 3 4; as a scale from 1 to 2 shows it. */
static void they_can_be_cut(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 31);
    struct xrp *xrp = memory_new(sizeof *xrp);
    assert_non_null(xrp);
    xrp->base.head.type = T_XRP;
    xrp->family = xrp_find("multinomial");
    value within = v_object(xrp);
    value args[5] = {v_int(1), v_int(3), within,
                     numbers_list((double[]){0, 1, 3, 4}, 4),
                     numbers_list((double[]){1, 2, 3, 4}, 4)};
    struct xrp_site s = site_of(args, 5);
    const struct xrp_family *f = xrp_find("truncated");
    assert_true(fabs(f->prob(&s, v_int(1)) - log(0.4)) < 1e-15);
    assert_true(fabs(f->prob(&s, v_int(3)) - log(0.6)) < 1e-15);
    assert_true(f->prob(&s, v_int(2)) == -INFINITY);
    assert_true(f->prob(&s, v_int(4)) == -INFINITY);
    int ones = 0;
    value v, list;
    for (int i = 0; i < 20000; i++) {
        assert_true(f->sample(&s, &r, &v));
        assert_true(f->prob(&s, v) > -INFINITY);
        ones += as_number(v) == 1.0;
    }
    assert_false(count_is_off(ones, 20000, 0.4));
    assert_true(f->enumerate(&s, &list) && list_length(list) == 2);
    f = xrp_find("censored");
    assert_true(fabs(f->prob(&s, v_int(1)) - log(0.3)) < 1e-15);
    assert_true(fabs(f->prob(&s, v_int(3)) - log(0.7)) < 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enough_rows_a_family),
        cmocka_unit_test(densities),
        cmocka_unit_test(gradients),
        cmocka_unit_test(tails),
        cmocka_unit_test(moments_and_bounds),
        cmocka_unit_test(values_that_are_no_numbers),
        cmocka_unit_test(quantiles_of_equal_values),
        cmocka_unit_test(they_can_be_cut),
    };
    memory_init((size_t)16 << 20);
    return cmocka_run_group_tests(tests, read_rows, free_rows);
}
