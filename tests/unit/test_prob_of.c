/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a family says of numbers as doubles (prob_of) is what it says of them
 * as values (prob), to the bit: over the arguments of
 * tests/reference/univariate.csv, and outside of support and domain. An engine
 * may ask either.
 */
#include "families.h"
#include "table.h"

enum { ARGS_MAX = 4 };

static int judged, families;
static bool seen[256];

static void note(const struct xrp_family *f)
{
    for (size_t i = 0; i < xrp_family_count && i < 256; i++)
        if (xrp_families[i] == f && !seen[i]) {
            seen[i] = true;
            families++;
        }
}

/* NaN is one answer. */
static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b);
}

static void judge(const struct xrp_family *f, const double *args, int n,
                  double x)
{
    value given[ARGS_MAX];
    for (int i = 0; i < n; i++) given[i] = v_double(args[i]);
    struct xrp_site s = site_of(given, n);
    s.family = f;
    double one = f->prob_of(args, n, x), other = f->prob(&s, v_double(x));
    judged++;
    if (!same(one, other))
        fail_msg("%s (%.17g %.17g %.17g) at %.17g: %.17g, and %.17g", f->names,
                 args[0], n > 1 ? args[1] : 0.0, n > 2 ? args[2] : 0.0, x, one,
                 other);
}

static void both_say_the_same(void **state)
{
    (void)state;
    static const double odd[] = {0.0,      -0.0,      1.0,    -1.0,
                                 0.5,      1e308,     -1e308, 5e-324,
                                 INFINITY, -INFINITY, NAN};
    enum { ODD = sizeof odd / sizeof *odd };
    char line[1024], name[32], *at;
    double args[ARGS_MAX], moved[ARGS_MAX];
    FILE *file = table_open(__FILE__, "univariate.csv");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        name_field(line, name, sizeof name, &at);
        const struct xrp_family *f = *name ? xrp_find(name) : NULL;
        if (!f || !f->prob_of) continue;
        note(f);
        int n = (int)field(&at);
        assert_in_range(n, 0, ARGS_MAX);
        for (int i = 0; i < n; i++) args[i] = field(&at);
        double x = field(&at);
        judge(f, args, n, x);
        for (int k = 0; k < ODD; k++) {
            judge(f, args, n, odd[k]);
            for (int i = 0; i < n; i++) {
                memcpy(moved, args, sizeof moved);
                moved[i] = odd[k];
                judge(f, moved, n, x);
            }
        }
    }
    fclose(file);
    assert_true(judged > 100000);
}

/* None is left out: whatever has the one slot is in the table. */
static void all_were_asked(void **state)
{
    (void)state;
    int with = 0;
    for (size_t i = 0; i < xrp_family_count; i++) {
        bool has = xrp_families[i]->prob_of != NULL;
        with += has;
        if (has && !seen[i]) print_error("%s\n", xrp_families[i]->names);
    }
    assert_int_equal(with, families);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_say_the_same),
        cmocka_unit_test(all_were_asked),
    };
    memory_init(8 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
