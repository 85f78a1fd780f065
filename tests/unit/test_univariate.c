/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every univariate family against tests/reference/univariate.csv (mpmath):
 * log densities, log tails, and the derivatives of both; and quantiles
 * against the tails so judged.
 */
#include "families.h"
#include "table.h"

enum { ARGS_MAX = 4, FIELDS_MAX = 24 };

struct row {
    char family[32];
    int arg_count;
    double args[ARGS_MAX], x, log_density, by[1 + ARGS_MAX];
    double tail[2], tail_by[1 + ARGS_MAX]; /* of the smaller tail */
};

static struct row *rows;
static size_t row_count;

static void read_row(char *line, struct row *r)
{
    char *at;
    name_field(line, r->family, sizeof r->family, &at);
    assert_true(r->family[0]);
    int n = r->arg_count = (int)field(&at);
    for (int i = 0; i < n; i++) r->args[i] = field(&at);
    r->x = field(&at);
    r->log_density = field(&at);
    for (int i = 0; i <= n; i++) r->by[i] = field(&at);
    for (int i = 0; i < 2; i++) r->tail[i] = field(&at);
    for (int i = 0; i <= n; i++) r->tail_by[i] = field(&at);
}

static int read_rows(void **state)
{
    (void)state;
    char line[1024];
    FILE *file = table_open(__FILE__, "univariate.csv");
    assert_non_null(file);
    size_t room = 0;
    while (fgets(line, sizeof line, file)) {
        if (row_count == room) {
            room = room ? 2 * room : 4096;
            rows = realloc(rows, room * sizeof *rows);
            assert_non_null(rows);
        }
        read_row(line, &rows[row_count++]);
    }
    fclose(file);
    return 0;
}

static int free_rows(void **state)
{
    (void)state;
    free(rows);
    return 0;
}

struct subject {
    const struct xrp_family *family;
    value args[ARGS_MAX], v;
    struct xrp_site site;
};

static struct subject subject_of(const struct row *r)
{
    struct subject s = {.family = xrp_find(r->family), .v = number(r->x)};
    assert_non_null(s.family);
    for (int i = 0; i < r->arg_count; i++) s.args[i] = number(r->args[i]);
    return s;
}

static struct xrp_site site(const struct subject *s, const struct row *r)
{
    return site_of(s->args, r->arg_count);
}

/* How much a relative change of one of the arguments or the value changes
 * what has these derivatives. */
static double condition(const struct row *r, const double *by)
{
    double sum = by[0] == by[0] ? fabs(by[0] * r->x) : 0.0;
    for (int i = 0; i < r->arg_count; i++)
        if (by[i + 1] == by[i + 1]) sum += fabs(by[i + 1] * r->args[i]);
    return sum;
}

static int complain(const struct row *r, const char *what, int i, double got,
                    double want, int bad)
{
    if (bad < 40)
        print_error("%s (%.17g %.17g %.17g) at %.17g, %s %d: %.17g, not "
                    "%.17g\n",
                    r->family, r->args[0], r->arg_count > 1 ? r->args[1] : 0.0,
                    r->arg_count > 2 ? r->args[2] : 0.0, r->x, what, i, got,
                    want);
    return bad + 1;
}

/* Every family of one number has its rows: 200 at random arguments, 50 at
 * extreme ones. The rest are judged elsewhere: those that choose among given
 * values by test_choices.c, arrays by test_xrp_multivariate.c; flat densities
 * have nothing to judge. */
static void enough_rows_a_family(void **state)
{
    (void)state;
    enum { LEAST = 250 };
    int families = 0;
    for (size_t i = 0; i < xrp_family_count; i++) {
        const struct xrp_family *f = xrp_families[i];
        char name[64];
        int seen = 0;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(f->names, " "),
                 f->names);
        for (size_t j = 0; j < row_count; j++)
            seen += xrp_find(rows[j].family) == f;
        bool listed = f->gradient_within || f == xrp_find("noisy");
        bool judged = f->log_cdf && !listed && !(f->flags & XRP_FORM);
        if (judged && seen < LEAST)
            print_error("%s: %d rows, not %d\n", name, seen, LEAST);
        assert_true(!judged || seen >= LEAST);
        families += judged;
    }
    assert_true(families >= 42);
}

static void densities(void **state)
{
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < row_count; i++) {
        const struct row *r = &rows[i];
        struct subject s = subject_of(r);
        struct xrp_site at = site(&s, r);
        double got = s.family->prob(&at, s.v), want = r->log_density;
        double slack =
            1e-13 * fmax(fabs(want), 1.0) + 0x1p-51 * condition(r, r->by);
        if (!(fabs(got - want) <= slack))
            bad = complain(r, "density", 0, got, want, bad);
    }
    assert_int_equal(bad, 0);
}

/* To 1e-8 of the derivative itself, or of what is left of terms of size
 * 1 / argument that met. */
static bool close_slope(double got, double want, double x)
{
    if (want != want || got != got) return want != want && got != got;
    double terms = x != 0.0 ? 1e-11 / fabs(x) : 0.0;
    return fabs(got - want) <= 1e-8 * fabs(want) + terms;
}

static void gradients(void **state)
{
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < row_count; i++) {
        const struct row *r = &rows[i];
        struct subject s = subject_of(r);
        struct xrp_site at = site(&s, r);
        double got[1 + ARGS_MAX];
        assert_true(s.family->gradient(&at, s.v, got, got + 1));
        for (int j = 0; j <= r->arg_count; j++)
            if (!close_slope(got[j], r->by[j], j ? r->args[j - 1] : r->x))
                bad = complain(r, "slope", j, got[j], r->by[j], bad);
    }
    assert_int_equal(bad, 0);
}

static void tails(void **state)
{
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < row_count; i++) {
        const struct row *r = &rows[i];
        struct subject s = subject_of(r);
        struct xrp_site at = site(&s, r);
        double got[2];
        assert_true(s.family->log_cdf(&at, r->x, got, got + 1));
        int small = r->tail[0] <= r->tail[1] ? 0 : 1;
        for (int j = 0; j < 2; j++) {
            double want = r->tail[j];
            if (got[j] == want) continue;
            double worth = j == small ? 1.0 : exp(r->tail[small] - want);
            double slack = 2e-13 * (j == small ? fmax(fabs(want), 1.0) : 1.0) +
                           0x1p-50 * worth * condition(r, r->tail_by);
            if (!(fabs(got[j] - want) <= slack))
                bad = complain(r, "tail", j, got[j], want, bad);
        }
    }
    assert_int_equal(bad, 0);
}

/* What one tail loses the other gains. */
static void tail_gradients(void **state)
{
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < row_count; i++) {
        const struct row *r = &rows[i];
        struct subject s = subject_of(r);
        struct xrp_site at = site(&s, r);
        int small = r->tail[0] <= r->tail[1] ? 0 : 1;
        double ratio = exp(r->tail[small] - r->tail[!small]);
        if (r->tail[small] == -INFINITY) continue;
        for (int j = 0; j < 2; j++) {
            double got[1 + ARGS_MAX], factor = j == small ? 1.0 : -ratio;
            assert_true(s.family->log_cdf_gradient(&at, r->x, j, got, got + 1));
            for (int k = 0; k <= r->arg_count; k++) {
                double want = factor * r->tail_by[k];
                if (!close_slope(got[k], want, k ? r->args[k - 1] : r->x))
                    bad = complain(r, j ? "above" : "below", k, got[k], want,
                                   bad);
            }
        }
    }
    assert_int_equal(bad, 0);
}

/* The quantile of a tail is where it was taken. */
static void quantiles(void **state)
{
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < row_count; i += 1) {
        const struct row *r = &rows[i];
        struct subject s = subject_of(r);
        struct xrp_site at = site(&s, r);
        double tail[2], got, by[1 + ARGS_MAX];
        assert_true(s.family->log_cdf(&at, r->x, tail, tail + 1));
        int j = tail[0] <= tail[1] ? 0 : 1;
        assert_true(s.family->quantile(&at, tail[j], j, &got));
        if (got == r->x || tail[j] == -INFINITY) continue;
        /* As far as the tail tells x from its neighbours. */
        assert_true(s.family->log_cdf_gradient(&at, r->x, j, by, by + 1));
        double blur = fmax(fabs(tail[j]), 1.0) / fabs(by[0]) * 1e-13;
        if (by[0] != by[0]) blur = 0.0;
        if (!(fabs(got - r->x) <= 1e-12 * fabs(r->x) + blur))
            bad = complain(r, "quantile", j, got, r->x, bad);
    }
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enough_rows_a_family),
        cmocka_unit_test(densities),
        cmocka_unit_test(gradients),
        cmocka_unit_test(tails),
        cmocka_unit_test(tail_gradients),
        cmocka_unit_test(quantiles),
    };
    memory_init(1 << 20);
    return cmocka_run_group_tests(tests, read_rows, free_rows);
}
