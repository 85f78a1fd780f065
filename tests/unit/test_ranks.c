/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers in order, whatever they look like: the order is that of a sort by
 * comparison that keeps equal ones as they were, and folded that of the
 * distances from the median.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "infer/diagnostics.h"
#include "infer/ranks.h"

static double uniform(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (double)(*state >> 11) * 0x1p-53;
}

/* ---- kinds of numbers ------------------------------------------------- */

static double even(uint64_t *s, size_t i) { return (void)i, uniform(s); }
static double few(uint64_t *s, size_t i)
{
    return (void)i, floor(5.0 * uniform(s));
}
static double same(uint64_t *s, size_t i) { return (void)s, (void)i, 3.5; }
static double rising(uint64_t *s, size_t i) { return (void)s, (double)i; }
static double falling(uint64_t *s, size_t i) { return (void)s, -(double)i; }
/* One that is so far away that all others are together. */
static double alone(uint64_t *s, size_t i)
{
    return i == 7 ? -1e300 : uniform(s);
}
static double tails(uint64_t *s, size_t i)
{
    return (void)i, tan(3.14159 * (uniform(s) - 0.5)) * exp(uniform(s) * 99.0);
}
static double near(uint64_t *s, size_t i)
{
    return (void)i, 1e6 + 1e-9 * uniform(s);
}
static double signs(uint64_t *s, size_t i)
{
    double u = uniform(s);
    return (void)i, u < 0.3 ? 0.0 : u < 0.6 ? -0.0 : u - 0.8;
}
static double endless(uint64_t *s, size_t i)
{
    return i % 11 == 3   ? (double)INFINITY
           : i % 13 == 5 ? -(double)INFINITY
                         : uniform(s);
}
static double tiny(uint64_t *s, size_t i)
{
    return (void)i, 5e-324 * floor(100.0 * uniform(s));
}
static double huge(uint64_t *s, size_t i)
{
    return (void)i, 1.7e308 * (2.0 * uniform(s) - 1.0);
}

static double (*const kinds[])(uint64_t *, size_t) = {
    even,  few,  same,  rising,  falling, alone,
    tails, near, signs, endless, tiny,    huge};
enum { KINDS = sizeof kinds / sizeof *kinds };
static const size_t sizes[] = {0, 1, 2, 3, 5, 63, 64, 65, 66, 200, 5001};
enum { SIZES = sizeof sizes / sizeof *sizes, MOST = 5001 };

/* ---- by comparison ----------------------------------------------------- */

struct placed {
    double x;
    size_t at;
};

static int by_size(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->x != y->x) return x->x < y->x ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static void is_in_order(const struct ranking *r, struct placed *want)
{
    qsort(want, r->n, sizeof *want, by_size);
    for (size_t i = 0; i < r->n; i++) {
        if (r->x[i] == want[i].x && r->at[i] == want[i].at) continue;
        fail_msg("of %zu the one at %zu is %g from %u, not %g from %zu", r->n,
                 i, r->x[i], (unsigned)r->at[i], want[i].x, want[i].at);
    }
}

static void sorted_as_by_comparison(void **state)
{
    static double x[MOST];
    static struct placed want[MOST];
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++)
        for (size_t k = 0; k < SIZES; k++) {
            struct ranking r;
            uint64_t seed = 17 * kind + k;
            assert_true(ranking_open(&r, sizes[k]));
            for (size_t i = 0; i < sizes[k]; i++) {
                x[i] = kinds[kind](&seed, i);
                want[i] = (struct placed){x[i], i};
            }
            ranking_sort(&r, x, sizes[k]);
            is_in_order(&r, want);
            ranking_close(&r);
        }
}

/* Equal distances may stand in any order: their scores are the same. */
static void folded_by_distance(void **state)
{
    static double x[MOST], scores[MOST], right[MOST], known[2][MOST + 1];
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct ranking r, folded, of_distances;
        uint64_t seed = kind;
        if (kinds[kind] == endless || kinds[kind] == huge) continue;
        assert_true(ranking_open(&r, MOST) && ranking_open(&folded, MOST) &&
                    ranking_open(&of_distances, MOST));
        for (size_t i = 0; i < MOST; i++) x[i] = kinds[kind](&seed, i);
        ranking_sort(&r, x, MOST);
        double median = quantile_of_sorted(r.x, MOST, 0.5);
        ranking_fold(&folded, &r, median);
        ranking_scores(scores, &folded, known[0]);
        for (size_t i = 0; i < MOST; i++) x[i] = fabs(x[i] - median);
        ranking_sort(&of_distances, x, MOST);
        ranking_scores(right, &of_distances, known[1]);
        for (size_t i = 0; i < MOST; i++)
            assert_true(scores[i] == right[i] &&
                        folded.x[i] == of_distances.x[i]);
        ranking_close(&r);
        ranking_close(&folded);
        ranking_close(&of_distances);
    }
}

/* By R: qnorm((rank(c(2, 1, 2, 5, 2, 2)) - 3/8) / 6.25). */
static void ties_share_their_ranks(void **state)
{
    static const double x[] = {2, 1, 2, 5, 2, 2};
    double scores[6], known[6] = {0};
    struct ranking r;
    (void)state;
    assert_true(ranking_open(&r, 6));
    ranking_sort(&r, x, 6);
    ranking_scores(scores, &r, known);
    for (int i = 0; i < 6; i++) {
        double want = x[i] == 1   ? -1.281551565544600466965
                      : x[i] == 5 ? 1.281551565544600466965
                                  : 0.0;
        assert_true(fabs(scores[i] - want) < 1e-14);
    }
    assert_int_equal(ranking_run(&r, 0), 1);
    assert_int_equal(ranking_run(&r, 1), 5);
    ranking_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorted_as_by_comparison),
        cmocka_unit_test(folded_by_distance),
        cmocka_unit_test(ties_share_their_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
