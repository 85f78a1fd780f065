/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Urns against tests/reference/urns.csv (mpmath): predictives and whole-state
 * scores, the slopes of both, at random and extreme states; and in
 * distribution against their uncollapsed twins, which draw what the urn has
 * integrated out.
 */
#include "families.h"
#include "table.h"

#include <gsl/gsl_cdf.h>

enum { PARAMS_MAX = 6, PAIRS_MAX = 8, ROWS_MAX = 2100, ROWS_LEAST = 250 };

struct row {
    char maker[64];
    bool listed;
    int n, pairs;
    double p[PARAMS_MAX], x[PAIRS_MAX], times[PAIRS_MAX], v;
    double predictive, by[1 + PARAMS_MAX], score, score_by[PARAMS_MAX];
};

static struct row rows[ROWS_MAX];
static int row_count, bad;

static void read_row(char *line, struct row *r)
{
    char *at;
    name_field(line, r->maker, sizeof r->maker, &at);
    assert_true(r->maker[0]);
    r->listed = field(&at) != 0.0;
    r->n = (int)field(&at);
    for (int i = 0; i < r->n; i++) r->p[i] = field(&at);
    r->pairs = (int)field(&at);
    assert_true(r->n <= PARAMS_MAX && r->pairs <= PAIRS_MAX);
    for (int i = 0; i < r->pairs; i++) {
        r->x[i] = field(&at);
        r->times[i] = field(&at);
    }
    r->v = field(&at);
    r->predictive = field(&at);
    for (int i = 0; i <= r->n; i++) r->by[i] = field(&at);
    r->score = field(&at);
    for (int i = 0; i < r->n; i++) r->score_by[i] = field(&at);
}

static int read_rows(void **state)
{
    (void)state;
    char line[2048];
    FILE *file = table_open(__FILE__, "urns.csv");
    assert_non_null(file);
    while (row_count < ROWS_MAX && fgets(line, sizeof line, file))
        read_row(line, &rows[row_count++]);
    fclose(file);
    return 0;
}

static void enough_rows_a_maker(void **state)
{
    (void)state;
    for (size_t i = 0; i < xrp_family_count; i++) {
        int seen = 0;
        if (!(xrp_families[i]->flags & XRP_MAKER)) continue;
        for (int j = 0; j < row_count; j++)
            seen += xrp_find(rows[j].maker) == xrp_families[i];
        assert_true(seen >= ROWS_LEAST);
    }
}

/* ---- scores and slopes -------------------------------------------------- */

static void complain(const struct row *r, const char *what, int i, double got,
                     double want)
{
    if (bad++ >= 40) return;
    print_error("%s (row %d)", r->maker, (int)(r - rows));
    for (int k = 0; k < r->n; k++) print_error(" %.17g", r->p[k]);
    print_error(" at %.17g: %s %d is %.17g, not %.17g\n", r->v, what, i, got,
                want);
}

/* What a relative change of one in the parameters would change it by. */
static double condition(const struct row *r, const double *by)
{
    double sum = 0.0;
    for (int i = 0; i < r->n; i++)
        if (by[i] == by[i]) sum += fabs(by[i] * r->p[i]);
    return sum;
}

static bool close_score(double got, double want, double condition)
{
    double slack = 2e-13 * fmax(fabs(want), 1.0) + 0x1p-49 * condition;
    return fabs(got - want) <= slack;
}

/* The size of the factorials of which a whole state's score is made, and of
 * the powers of the weights: they are taken in closed form, and what is left
 * of them may be small. */
static double factorials(const struct row *r)
{
    double n = 0.0, sum = 0.0, weight = 1.0;
    bool counts = strncmp(r->maker, "gamma", 5) == 0;
    for (int i = 0; i < r->pairs; i++) {
        n += r->times[i];
        sum += r->times[i] * r->x[i];
    }
    if (strncmp(r->maker, "normal", 6) == 0) return 0.0;
    for (int i = 0; i < r->n; i++)
        weight = fmax(weight, fabs(log(fabs(r->p[i]) + 1e-300)));
    n = counts ? sum : n;
    return n * (log1p(n) + (counts ? 0.0 : weight));
}

/* To 1e-8, or of terms of size 1 / parameter that met. */
static bool close_slope(double got, double want, double p)
{
    double terms = p != 0.0 ? 1e-11 / fabs(p) : 1e-9;
    return fabs(got - want) <= 1e-8 * fabs(want) + terms;
}

static void check_slopes(const struct row *r, const char *what,
                         const double *got, const double *want)
{
    for (int i = 0; i < r->n; i++)
        if (want[i] == want[i] && !close_slope(got[i], want[i], r->p[i]))
            complain(r, what, i, got[i], want[i]);
}

static void check_row(const struct row *r)
{
    value params[PARAMS_MAX];
    const struct xrp_family *maker = xrp_find(r->maker), *f = maker->made;
    double by_value = NAN, by[PARAMS_MAX];
    for (int i = 0; i < r->n; i++) params[i] = number(r->p[i]);
    if (r->listed) params[0] = numbers_list(r->p, r->n);
    struct xrp_site s = urn_of(maker, params, r->listed ? 1 : r->n);
    for (int i = 0; i < r->pairs; i++)
        for (double k = 0; k < r->times[i]; k++)
            f->incorporate(&s, number(r->x[i]));
    double got = f->score_state(&s);
    if (!close_score(got, r->score, condition(r, r->score_by) + factorials(r)))
        complain(r, "score", 0, got, r->score);
    got = f->prob(&s, number(r->v));
    double value_part = r->by[0] == r->by[0] ? fabs(r->by[0] * r->v) : 0.0;
    if (!close_score(got, r->predictive, value_part + condition(r, r->by + 1)))
        complain(r, "predictive", 0, got, r->predictive);
    for (int i = 0; i < PARAMS_MAX; i++) by[i] = NAN;
    assert_true(f->score_state_gradient(&s, by));
    check_slopes(r, "score's slope", by, r->score_by);
    for (int i = 0; i < PARAMS_MAX; i++) by[i] = NAN;
    assert_true(f->gradient(&s, number(r->v), &by_value, by));
    check_slopes(r, "slope", by, r->by + 1);
    if (r->by[0] == r->by[0] && !close_slope(by_value, r->by[0], r->v))
        complain(r, "slope by the value", 0, by_value, r->by[0]);
}

static void scores_and_slopes(void **state)
{
    (void)state;
    bad = 0;
    for (int i = 0; i < row_count; i++) check_row(&rows[i]);
    assert_int_equal(bad, 0);
}

/* ---- collapsed and not -------------------------------------------------- */

enum { RUNS = 20000, LENGTH = 6, BINS = 48 };

static struct random stream;

static value draw(const char *name, int n, ...)
{
    value args[4], v;
    va_list list;
    va_start(list, n);
    for (int i = 0; i < n; i++) args[i] = v_double(va_arg(list, double));
    va_end(list);
    struct xrp_site s = site_of(args, n);
    assert_true(xrp_find(name)->sample(&s, &stream, &v));
    return v;
}
static double real(const char *name, double a, double b)
{
    return as_number(draw(name, 2, a, b));
}

static uint32_t index_of(const double *shares, int n)
{
    double u = random_unit(&stream);
    uint32_t k = 0;
    while ((int)k < n - 1 && u >= shares[k]) u -= shares[k++];
    return k;
}

/* Fills x with LENGTH values, their hidden part drawn first. */
typedef void twin(const double *p, double *x);

static void pair_twin(const double *p, double *x)
{
    double share = real("beta", p[0], p[1]);
    for (int i = 0; i < LENGTH; i++) x[i] = random_unit(&stream) < share;
}
static void list_twin(const double *p, double *x)
{
    double shares[3], sum = 0.0;
    for (int i = 0; i < 3; i++) sum += shares[i] = real("gamma", p[i], 1.0);
    for (int i = 0; i < 3; i++) shares[i] /= sum;
    for (int i = 0; i < LENGTH; i++) x[i] = index_of(shares, 3);
}
static void symmetric_twin(const double *p, double *x)
{
    value v = draw("symmetric-dirichlet", 2, p[0], p[1]);
    for (int i = 0; i < LENGTH; i++)
        x[i] = index_of(as_vector(v)->at, (int)p[1]);
}
/* Sticks, broken as they are asked for. */
static void sticks_twin(const double *p, double *x)
{
    enum { STICKS = 4000 };
    static double share[STICKS];
    int known = 0;
    double left = 1.0;
    for (int i = 0; i < LENGTH; i++) {
        double u = random_unit(&stream);
        int k = 0;
        for (;; k++) {
            if (k == known && known < STICKS) {
                double part =
                    real("beta", 1.0 - p[1], p[0] + (known + 1.0) * p[1]);
                share[known++] = left * part;
                left *= 1.0 - part;
            }
            if (k >= STICKS - 1 || u < share[k]) break;
            u -= share[k];
        }
        x[i] = k;
    }
}
static void normal_twin(const double *p, double *x)
{
    double variance = real("inverse-gamma", p[2], p[3]);
    double mean = real("normal", p[0], sqrt(p[1] * variance));
    for (int i = 0; i < LENGTH; i++)
        x[i] = real("normal", mean, sqrt(variance));
}
static void poisson_twin(const double *p, double *x)
{
    double mean = real("gamma", p[0], 1.0 / p[1]);
    for (int i = 0; i < LENGTH; i++) x[i] = as_number(draw("poisson", 1, mean));
}

static void urn_values(const char *name, const double *p, int n, bool listed,
                       double *x)
{
    value params[PARAMS_MAX];
    const struct xrp_family *maker = xrp_find(name), *f = maker->made;
    for (int i = 0; i < n; i++) params[i] = number(p[i]);
    if (listed) params[0] = numbers_list(p, n);
    struct xrp_site s = urn_of(maker, params, listed ? 1 : n);
    for (int i = 0; i < LENGTH; i++) {
        value v;
        assert_true(f->sample(&s, &stream, &v));
        f->incorporate(&s, v);
        x[i] = is_boolean(v) ? (double)is_true(v) : as_number(v);
    }
}

/* Bins of a sequence: of indices and counts how often the first value comes
 * again, and the largest; of tables also how many there are; of numbers by
 * quantiles of what neighbours differ by, and of the mean. */
static int bin_of(const double *x, bool labels, bool dense)
{
    int same = 0, kinds = 0;
    double most = x[0], sum = 0.0;
    for (int i = 0; i < LENGTH; i++) {
        bool seen = false;
        for (int j = 0; j < i; j++) seen |= x[j] == x[i];
        kinds += !seen;
        same += x[i] == x[0];
        most = fmax(most, x[i]);
        sum += x[i];
    }
    if (labels) return (same - 1) * 6 + kinds - 1;
    if (!dense) return (same - 1) * 8 + (int)fmin(most, 7.0);
    double ratio = fabs(x[0] - x[1]) / (fabs(x[2] - x[3]) + fabs(x[4] - x[5]));
    int a = (int)fmin(4.0 * ratio, 7.0);
    int b = (int)fmin(fmax(floor(sum / LENGTH), -3.0), 2.0) + 3;
    return b * 8 + a;
}

/* Two samples in bins: chi-square, of bins that are seen enough. */
static double chi_square_p(int hits[2][BINS])
{
    double chi = 0.0, few[2] = {0.0, 0.0};
    int free = -1;
    for (int k = 0; k <= BINS; k++) {
        double a = k < BINS ? hits[0][k] : few[0];
        double b = k < BINS ? hits[1][k] : few[1];
        if (a + b < 20.0) {
            if (k == BINS) continue;
            few[0] += a;
            few[1] += b;
            continue;
        }
        chi += (a - b) * (a - b) / (a + b);
        free++;
    }
    return free > 0 ? gsl_cdf_chisq_Q(chi, free) : 1.0;
}

/* A false alarm once in 1e6 seeds, over all: 1e-7 each. */
static void twins_agree(void **state)
{
    (void)state;
    static const struct {
        const char *maker;
        int n;
        double p[4];
        twin *twin;
        bool listed, labels, dense;
    } cases[] = {
        {"beta-binomial/make", 2, {0.7, 2.3}, pair_twin, 0, 0, 0},
        {"dirichlet-multinomial/make", 3, {0.5, 1.0, 2.5}, list_twin, 1, 0, 0},
        {"polya-urn/make", 3, {0.5, 1.0, 2.5}, list_twin, 0, 0, 0},
        {"symmetric-dirichlet-multinomial/make",
         2,
         {0.2, 6},
         symmetric_twin,
         0,
         0,
         0},
        {"CRP/make", 1, {1.5, 0.0}, sticks_twin, 0, 1, 0},
        {"pitman-yor/make", 2, {0.5, 0.3}, sticks_twin, 0, 1, 0},
        {"pitman-yor/make", 2, {-0.2, 0.5}, sticks_twin, 0, 1, 0},
        {"normal-inverse-gamma/make",
         4,
         {0.5, 2.0, 1.5, 0.7},
         normal_twin,
         0,
         0,
         1},
        {"gamma-poisson/make", 2, {1.5, 0.7}, poisson_twin, 0, 0, 0},
    };
    random_seed(&stream, 41);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int hits[2][BINS] = {{0}};
        double x[LENGTH];
        for (int run = 0; run < RUNS; run++) {
            urn_values(cases[i].maker, cases[i].p, cases[i].n, cases[i].listed,
                       x);
            hits[0][bin_of(x, cases[i].labels, cases[i].dense)]++;
            cases[i].twin(cases[i].p, x);
            hits[1][bin_of(x, cases[i].labels, cases[i].dense)]++;
        }
        double p = chi_square_p(hits);
        if (p < 1e-7)
            fail_msg("%s and its twin differ: p = %g", cases[i].maker, p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enough_rows_a_maker),
        cmocka_unit_test(scores_and_slopes),
        cmocka_unit_test(twins_agree),
    };
    memory_init((size_t)16 << 20);
    return cmocka_run_group_tests(tests, read_rows, NULL);
}
