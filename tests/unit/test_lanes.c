/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Operations in lanes, at every level that the machine has: against mpmath
 * (tests/reference/lanes.py), at the ends of the doubles against the C
 * library, and one lane against many, which must give the same bits.
 */
#include "tape/lanes.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct row {
    enum tape_code code;
    int what;
    double a, b, result;
} rows[] = {
#include "../reference/lanes.inc"
};
enum { ROWS = sizeof rows / sizeof *rows };

static const char *const levels[] = {"plain", "v2", "v3", "v4"};
enum { LEVELS = 4 };

/* What may be missed, in units of the last place of the larger of the result
 * and `least`. The reference is rounded: half a unit is its own. */
static const struct {
    double units, least;
} bounds[TAPE_CODES] = {
    [TAPE_EXP] = {1.5, 0},
    [TAPE_LOG] = {1.5, 0},
    [TAPE_LOG1P] = {2, 0},
    [TAPE_EXPM1] = {2.5, 0},
    [TAPE_LOG1M_EXP] = {2, 0},
    [TAPE_SOFTPLUS] = {2.5, 0},
    [TAPE_LOGISTIC] = {2.5, 0},
    [TAPE_SIN] = {2, 0},
    [TAPE_COS] = {2, 0},
    [TAPE_TAN] = {2.5, 0},
    [TAPE_SINH] = {3, 0},
    [TAPE_COSH] = {3, 0},
    [TAPE_TANH] = {4, 0},
    [TAPE_LGAMMA] = {25, 1},
    [TAPE_DIGAMMA] = {8, 1},
    [TAPE_ERF] = {2.5, 0},
    [TAPE_ERFC] = {3.5, 0},
    [TAPE_NORMAL_CDF] = {3.5, 0},
    [TAPE_LOG_NORMAL_CDF] = {3.5, 0},
    [TAPE_LOG_ADD_EXP] = {2.5, 1},
    [TAPE_POWER] = {1.5, 0},
};

static double unit(double x)
{
    x = fabs(x);
    return nextafter(x, INFINITY) - x;
}

/* One lane: value and slopes. */
static void one(const struct lanes *l, enum tape_code code, const double *of,
                double out[3])
{
    double memory[6] = {of[0], of[1], of[2], 0, 0, 0};
    struct lanes_one s = {code, 3, {4, 5}, 0, 1, 2, 0};
    l->one(&s, 1, memory);
    memcpy(out, memory + 3, 3 * sizeof *out);
}

static void values_are_right(void **state)
{
    (void)state;
    for (int i = 0; i < LEVELS; i++) {
        const struct lanes *l = lanes_named(levels[i]);
        double worst[TAPE_CODES] = {0};
        int bad = 0;
        if (!l) continue;
        for (int k = 0; k < ROWS; k++) {
            const struct row *r = &rows[k];
            double of[3] = {r->a, r->b, 0}, out[3];
            one(l, r->code, of, out);
            double scale = fmax(fabs(r->result), bounds[r->code].least);
            double off = fabs(out[r->what] - r->result) / unit(scale);
            if (!(off <= bounds[r->code].units) && bad++ < 10)
                print_error("%s: %s(%.17g, %.17g), %d: %.17g, not %.17g\n",
                            l->name, tape_name(r->code), r->a, r->b, r->what,
                            out[r->what], r->result);
            if (!(off <= worst[r->code])) worst[r->code] = off;
        }
        for (int c = 0; c < TAPE_CODES; c++)
            if (worst[c] > 0)
                print_message("%-5s %-16s %6.2f of %g\n", l->name, tape_name(c),
                              worst[c], bounds[c].units);
        assert_int_equal(bad, 0);
    }
}

/* ---- ends --------------------------------------------------------------- */

static double logistic(double x) { return 1 / (1 + exp(-x)); }
static double softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}
static double log1m_exp(double x)
{
    return x > -0.5 ? log(-expm1(x)) : log1p(-exp(x));
}
static double inverse(double x) { return 1 / x; }
static double square(double x) { return x * x; }
static double negate(double x) { return -x; }
static double normal_cdf(double x) { return erfc(-x * sqrt(0.5)) / 2; }
static double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
static double not(double x) { return x == 0; }

static const struct {
    enum tape_code code;
    double (*f)(double);
} ends[] = {
    {TAPE_NEGATE, negate},
    {TAPE_INVERSE, inverse},
    {TAPE_SQUARE, square},
    {TAPE_SQRT, sqrt},
    {TAPE_EXP, exp},
    {TAPE_EXPM1, expm1},
    {TAPE_LOG, log},
    {TAPE_LOG1P, log1p},
    {TAPE_LOG1M_EXP, log1m_exp},
    {TAPE_SOFTPLUS, softplus},
    {TAPE_LOGISTIC, logistic},
    {TAPE_ABS, fabs},
    {TAPE_SIN, sin},
    {TAPE_COS, cos},
    {TAPE_TAN, tan},
    {TAPE_ASIN, asin},
    {TAPE_ACOS, acos},
    {TAPE_ATAN, atan},
    {TAPE_SINH, sinh},
    {TAPE_COSH, cosh},
    {TAPE_TANH, tanh},
    {TAPE_LGAMMA, lgamma},
    {TAPE_ERF, erf},
    {TAPE_ERFC, erfc},
    {TAPE_NORMAL_CDF, normal_cdf},
    {TAPE_FLOOR, floor},
    {TAPE_CEILING, ceil},
    {TAPE_ROUND, rint},
    {TAPE_SIGN, sign},
    {TAPE_NOT, not },
};

static const double extremes[] = {0.0,
                                  -0.0,
                                  1.0,
                                  -1.0,
                                  INFINITY,
                                  -INFINITY,
                                  NAN,
                                  DBL_MAX,
                                  -DBL_MAX,
                                  DBL_MIN,
                                  -DBL_MIN,
                                  0x1p-1074,
                                  -0x1p-1074,
                                  0x1.8p-1060,
                                  1e-300,
                                  1e300,
                                  -1e300,
                                  0.5,
                                  -0.5,
                                  1.5,
                                  2.5,
                                  -2.5,
                                  709.0,
                                  710.0,
                                  -709.0,
                                  -745.0,
                                  -746.0,
                                  -750.0,
                                  36.0,
                                  -36.0,
                                  40.0,
                                  -40.0,
                                  2.0,
                                  3.0,
                                  1e15,
                                  -1e15,
                                  4503599627370497.5,
                                  1e22,
                                  27.0};
enum { EXTREMES = sizeof extremes / sizeof *extremes };

/* The same kind of number, and near: subnormal ones within their last places.
 */
static bool alike(double got, double right)
{
    if (isnan(right)) return isnan(got);
    if (isinf(right)) return got == right;
    double room = 1e-14 * fmax(fabs(right), DBL_MIN);
    return fabs(got - right) <= fmax(room, 4 * 0x1p-1074);
}

static void ends_are_those_of_c(void **state)
{
    (void)state;
    int bad = 0;
    for (int i = 0; i < LEVELS; i++) {
        const struct lanes *l = lanes_named(levels[i]);
        if (!l) continue;
        for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
            for (int e = 0; e < EXTREMES; e++) {
                double of[3] = {extremes[e], 0, 0}, out[3];
                double right = ends[k].f(extremes[e]);
                /* C's own is wrong by the rounding of x sqrt(1/2). */
                if (ends[k].code == TAPE_NORMAL_CDF && extremes[e] == -36)
                    continue;
                one(l, ends[k].code, of, out);
                if (alike(out[0], right)) continue;
                if (ends[k].code == TAPE_LGAMMA && fabs(out[0] - right) < 2e-15)
                    continue;
                if (bad++ < 30)
                    print_error("%s: %s(%g): %.17g, not %.17g\n", l->name,
                                tape_name(ends[k].code), extremes[e], out[0],
                                right);
            }
    }
    assert_int_equal(bad, 0);
}

static void ends_of_two(void **state)
{
    (void)state;
    static const struct {
        enum tape_code code;
        double a, b, result;
    } known[] = {
        {TAPE_LOG_ADD_EXP, -INFINITY, -INFINITY, -INFINITY},
        {TAPE_LOG_ADD_EXP, -INFINITY, 3, 3},
        {TAPE_LOG_ADD_EXP, 3, -INFINITY, 3},
        {TAPE_LOG_ADD_EXP, INFINITY, -INFINITY, INFINITY},
        {TAPE_LOG_ADD_EXP, INFINITY, INFINITY, INFINITY},
        {TAPE_LOG_ADD_EXP, NAN, 1, NAN},
        {TAPE_LOG_ADD_EXP, 1, NAN, NAN},
        {TAPE_LOG_ADD_EXP, NAN, -INFINITY, NAN},
        {TAPE_LOG_ADD_EXP, 1e300, -1e300, 1e300},
        {TAPE_MIN, 1, NAN, NAN},
        {TAPE_MIN, NAN, 1, NAN},
        {TAPE_MAX, 1, NAN, NAN},
        {TAPE_MAX, NAN, 1, NAN},
        {TAPE_MIN, -1, 2, -1},
        {TAPE_MAX, -1, 2, 2},
        {TAPE_MIN, 2, -INFINITY, -INFINITY},
        {TAPE_LESS, NAN, 1, 0},
        {TAPE_LESS_EQUAL, 1, 1, 1},
        {TAPE_LESS, 1, 1, 0},
        {TAPE_EQUAL, -0.0, 0, 1},
        {TAPE_EQUAL, NAN, NAN, 0},
        {TAPE_POWER, 0, 0, 1},
        {TAPE_POWER, -2, 3, -8},
        {TAPE_POWER, -2, 0.5, NAN},
        {TAPE_POISSON_LOG, 0, -INFINITY, NAN},
        {TAPE_BERNOULLI_LOGIT, 1, 800, 0},
        {TAPE_BERNOULLI_LOGIT, 0, -800, 0},
        {TAPE_LOG_NORMAL_CDF, -INFINITY, 0, -INFINITY},
        {TAPE_LOG_NORMAL_CDF, INFINITY, 0, 0},
        {TAPE_LOG_NORMAL_CDF, NAN, 0, NAN},
        {TAPE_LOG_NORMAL_CDF, -1e20, 0, -5e39},
        {TAPE_DIGAMMA, INFINITY, 0, INFINITY},
        {TAPE_DIGAMMA, NAN, 0, NAN},
        {TAPE_DIGAMMA, -0.5, 0, 0.036489973978576520559},
    };
    for (int i = 0; i < LEVELS; i++) {
        const struct lanes *l = lanes_named(levels[i]);
        for (size_t k = 0; l && k < sizeof known / sizeof *known; k++) {
            double of[3] = {known[k].a, known[k].b, 0}, out[3];
            one(l, known[k].code, of, out);
            if (!alike(out[0], known[k].result))
                fail_msg("%s: %s(%g, %g): %.17g, not %.17g", l->name,
                         tape_name(known[k].code), known[k].a, known[k].b,
                         out[0], known[k].result);
        }
    }
}

/* ---- many as one -------------------------------------------------------- */

enum { N = 40 };

static double number_at(uint32_t k)
{
    if (k < ROWS) return rows[k].a;
    return extremes[k % EXTREMES];
}

/* Same bits; any NaN is one. */
static void same(const double *one_by_one, const double *all, int n,
                 const char *level, const char *name)
{
    for (int i = 0; i < n; i++) {
        if (isnan(one_by_one[i]) && isnan(all[i])) continue;
        if (memcmp(&one_by_one[i], &all[i], sizeof *all))
            fail_msg("%s, %s: %.17g is %.17g in lane %d", level, name,
                     one_by_one[i], all[i], i);
    }
}

static void values_in_any_lane(void **state)
{
    (void)state;
    uint32_t from = 0;
    for (int i = 0; i < LEVELS; i++) {
        const struct lanes *l = lanes_named(levels[i]);
        if (!l) continue;
        for (int code = 0; code < TAPE_CODES; code++)
            for (int turn = 0; turn < 40; turn++) {
                double in[3][N], out[3][N], right[3][N] = {{0}};
                for (int k = 0; k < 3 * N; k++)
                    in[k % 3][k / 3] =
                        number_at((from += 7919) % (ROWS + ROWS / 9));
                memset(out, 0, sizeof out);
                struct lanes_step s = {
                    .out = {out[0], SIZE_MAX, 0},
                    .slope = {{out[1], SIZE_MAX, 0}, {out[2], SIZE_MAX, 0}},
                    .a = {in[0], SIZE_MAX, 0},
                    .b = {in[1], SIZE_MAX, 0},
                    .c = {in[2], SIZE_MAX, 0}};
                l->value[code](&s, 0, N);
                for (int k = 0; k < N; k++) {
                    double of[3] = {in[0][k], in[1][k], in[2][k]}, got[3];
                    one(l, (enum tape_code)code, of, got);
                    for (int j = 0; j < 3; j++) right[j][k] = got[j];
                }
                for (int j = 0; j < 3; j++)
                    same(right[j], out[j], N, l->name, tape_name(code));
            }
    }
}

static void ways_in_any_lane(void **state)
{
    (void)state;
    uint32_t from = 0;
    for (int i = 0; i < LEVELS; i++) {
        const struct lanes *l = lanes_named(levels[i]);
        if (!l) continue;
        for (int way = 0; way < LANES_WAY_COUNT; way++)
            for (int turn = 0; turn < 20; turn++) {
                double in[4][N], out[N], right[N];
                for (int k = 0; k < 4 * N; k++)
                    in[k % 4][k / 4] =
                        number_at((from += 7919) % (ROWS + ROWS / 9));
                for (int k = 0; k < N; k += 3) in[3][k] = 0;
                struct lanes_step s = {.out = {out, SIZE_MAX, 0},
                                       .a = {in[0], SIZE_MAX, 0},
                                       .b = {in[1], SIZE_MAX, 0},
                                       .c = {in[2], SIZE_MAX, 0},
                                       .g = {in[3], SIZE_MAX, 0}};
                l->way[way][LANES_STORE](&s, 0, N);
                for (int k = 0; k < N; k++) {
                    double memory[] = {in[0][k], in[1][k], in[2][k], in[3][k],
                                       -0.0};
                    struct lanes_one o = {.code = LANES_ONE_WAY + (uint32_t)way,
                                          .out = 4,
                                          .a = 0,
                                          .b = 1,
                                          .c = 2,
                                          .g = 3};
                    l->one(&o, 1, memory);
                    right[k] = memory[4] + 0.0;
                    out[k] += 0.0; /* of zeros the sign may differ */
                }
                same(right, out, N, l->name, "a way back");
            }
    }
}

/* Of as many numbers as end in any lane; a start that is no lane's own. Sums
 * of whole numbers are exact in any order. */
static void lags_are_their_sums(void **state)
{
    enum { MOST = 21, BEHIND = 40 };
    (void)state;
    for (int i = 0; i < LEVELS; i++) {
        const struct lanes *l = lanes_named(levels[i]);
        if (!l) continue;
        for (int n = 1; n <= MOST; n++)
            for (size_t from = 0; from < 17; from += 8) {
                double room[MOST + BEHIND + 1] = {0}, *a = room + 1;
                double sums[8];
                for (int k = 0; k < n; k++) a[k] = k * 7919 % 101 - 50;
                for (int k = 0; k < 8; k++) sums[k] = k;
                l->lags(a, (size_t)n, from, sums);
                for (size_t k = 0; k < 8; k++) {
                    double sum = (double)k;
                    for (int r = 0; r < n; r++)
                        sum += a[r] * a[(size_t)r + from + k];
                    if (sum == sums[k]) continue;
                    print_error("%s: %d numbers, lag %zu: %g, not %g\n",
                                l->name, n, from + k, sums[k], sum);
                    fail();
                }
            }
    }
}

static void bits_are_comparisons(void **state)
{
    enum { MOST = 150 };
    (void)state;
    for (int i = 0; i < LEVELS; i++) {
        const struct lanes *l = lanes_named(levels[i]);
        if (!l) continue;
        for (size_t n = 0; n <= MOST; n++)
            for (int strict = 0; strict < 2; strict++) {
                double a[MOST + 1];
                uint64_t words[MOST / 64 + 2], right[MOST / 64 + 2];
                memset(words, 0x55, sizeof words);
                memcpy(right, words, sizeof words);
                for (size_t k = 0; k < n; k++) {
                    a[k] = (double)(k * 7919 % 5);
                    if (k % 64 == 0) right[k / 64] = 0;
                    if (strict ? a[k] < 2 : a[k] <= 2)
                        right[k / 64] |= (uint64_t)1 << k % 64;
                }
                l->bits(a, n, 2, strict, words);
                assert_memory_equal(words, right, sizeof words);
            }
    }
}

/* Link by link, of as many as end in any lane, and nothing behind the last
 * one is touched. Whole numbers are exact in any order. */
static void chain_is_its_links(const struct lanes *l, int n, bool given)
{
    enum { MOST = 27 };
    const double left = 4711;
    double b[MOST + 1], x[MOST + 1], by_x[MOST + 1], by_b[MOST + 1];
    double right[MOST], by[LANES_BY_CHAIN], sums[LANES_BY_CHAIN] = {0};
    struct lanes_chain c = {.links = (size_t)n,
                            .start = 5,
                            .a = -2,
                            .scale = 3,
                            .shift = 7,
                            .b = b};
    for (int t = 0; t <= n; t++) {
        b[t] = t * 7919 % 11 - 5;
        by_x[t] = t < n ? t * 104729 % 7 - 3 : 1e300;
        by_b[t] = x[t] = left;
    }
    for (int t = 0; t < n; t++)
        right[t] =
            c.a * (t ? right[t - 1] : c.start) + c.scale * b[t] + c.shift;
    l->chain(&c, x);
    for (int t = 0; t < n; t++) assert_true(x[t] == right[t]);
    assert_true(x[n] == left);
    l->chain_back(&c, x, by_x, given ? by_b : NULL, by);
    double g = 0;
    for (int t = n; t-- > 0;) {
        g += by_x[t];
        assert_true(by_b[t] == (given ? left + c.scale * g : left));
        sums[LANES_BY_A] += g * (t ? right[t - 1] : c.start);
        sums[LANES_BY_SCALE] += g * b[t];
        sums[LANES_BY_SHIFT] += g;
        g *= c.a;
    }
    sums[LANES_BY_START] = g;
    for (int k = 0; k < LANES_BY_CHAIN; k++) assert_true(by[k] == sums[k]);
    assert_true(by_b[n] == left);
}

static void chains_are_their_links(void **state)
{
    (void)state;
    for (int i = 0; i < LEVELS; i++) {
        const struct lanes *l = lanes_named(levels[i]);
        for (int n = 1; l && n < 28; n++) {
            chain_is_its_links(l, n, true);
            chain_is_its_links(l, n, false);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_right),
        cmocka_unit_test(ends_are_those_of_c),
        cmocka_unit_test(ends_of_two),
        cmocka_unit_test(values_in_any_lane),
        cmocka_unit_test(ways_in_any_lane),
        cmocka_unit_test(lags_are_their_sums),
        cmocka_unit_test(bits_are_comparisons),
        cmocka_unit_test(chains_are_their_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
