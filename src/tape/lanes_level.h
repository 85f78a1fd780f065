/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All kernels of one instruction level. Included once by each of
 * lanes_plain.c, lanes_v2.c, lanes_v3.c and lanes_v4.c, which say how wide it
 * is (LANES_WIDTH), whether products are fused (LANES_FUSED) and its name.
 *
 * Sums of rows are kept in eight partial sums, row r in that of r mod 8,
 * whatever the width.
 */
#include "base/special.h"
#include "tape/lanes.h"
#include "tape/lanes_coefficients.h"

#include <math.h>
#include <string.h>
#if LANES_WIDTH > 1
#include <immintrin.h>
#endif

#ifdef __clang__
#define LANES_UNROLL _Pragma("unroll")
#else
#define LANES_UNROLL _Pragma("GCC unroll 32")
#endif

#include "tape/lanes_names.h"

#define V(name) name##_1
#include "tape/lanes_one.h"

#include "tape/lanes_operations.h"

#undef V
#undef POLY
#undef WHOLE_NUMBER
#if LANES_WIDTH > 1
#define V(name) name##_n
#if LANES_WIDTH == 8
#define LANES_SCALE(x, n) _mm512_scalef_pd(x, n)
#endif
#include "tape/lanes_many.h"

#include "tape/lanes_operations.h"

#else
#define V(name) name##_1
#endif

enum { STEPS = LANES_EIGHT / LANES_WIDTH };
typedef vec eight[STEPS];

/* Where an operand's rows begin; and the lanes of the kernel's loop. */
#define FROM(x)                                         \
    const double *const x = s->x.at + (row & s->x.row); \
    const size_t x##_lane = s->x.lane
#define AT(x) load(x + (i & x##_lane))
#define INTO(x) (s->x.at + (row & s->x.row))

static inline size_t padded(size_t n)
{
    return (n + LANES_EIGHT - 1) & ~(size_t)(LANES_EIGHT - 1);
}

/* Lanes of rows that are there. */
static inline mask there(size_t i, size_t n)
{
    static const double lane[] = {0, 1, 2, 3, 4, 5, 6, 7};
    const double *from = lane + i % LANES_EIGHT;
    return less(load(from), splat((double)(n - i + i % LANES_EIGHT)));
}

static inline void clear(eight sums)
{
    for (int j = 0; j < STEPS; j++) sums[j] = splat(0);
}
static inline void add_to(double *to, const eight sums)
{
    for (int j = 0; j < STEPS; j++, to += LANES_WIDTH)
        store(to, load(to) + sums[j]);
}
static inline double total(const eight sums)
{
    double lane[LANES_EIGHT];
    for (int j = 0; j < STEPS; j++) store(lane + j * LANES_WIDTH, sums[j]);
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* ---- values ------------------------------------------------------------- */

#define X(NAME, WORD, OPERANDS, SLOPES)                                     \
    static void do_##NAME(const struct lanes_step *s, size_t row, size_t n) \
    {                                                                       \
        FROM(a);                                                            \
        FROM(b);                                                            \
        FROM(c);                                                            \
        double *out = INTO(out), *p = INTO(slope[0]), *q = INTO(slope[1]);  \
        n = padded(n);                                                      \
        for (size_t i = 0; i < n; i += LANES_WIDTH) {                       \
            struct in o;                                                    \
            o.a = AT(a);                                                    \
            if (OPERANDS > 1) o.b = AT(b);                                  \
            if (OPERANDS > 2) o.c = AT(c);                                  \
            store(out + i, V(value_##NAME)(&o));                            \
            if (SLOPES > 0) store(p + i, o.slope[0]);                       \
            if (SLOPES > 1) store(q + i, o.slope[1]);                       \
        }                                                                   \
    }
LANES_OPERATIONS(X)
#undef X

/* As terms: values are summed, and slopes behind the last row are 0. */
#define X(NAME, SLOPES)                                                      \
    static void sum_##NAME(const struct lanes_step *s, size_t row, size_t n) \
    {                                                                        \
        FROM(a);                                                             \
        FROM(b);                                                             \
        FROM(c);                                                             \
        double *p = INTO(slope[0]), *q = INTO(slope[1]);                     \
        size_t i = 0, end = n - n % LANES_EIGHT;                             \
        eight sums;                                                          \
        clear(sums);                                                         \
        while (i < end)                                                      \
            for (int j = 0; j < STEPS; j++, i += LANES_WIDTH) {              \
                struct in o = {.a = AT(a), .b = AT(b), .c = AT(c)};          \
                sums[j] += V(value_##NAME)(&o);                              \
                store(p + i, o.slope[0]);                                    \
                if (SLOPES > 1) store(q + i, o.slope[1]);                    \
            }                                                                \
        for (int j = 0; end < n && j < STEPS; j++, i += LANES_WIDTH) {       \
            struct in o = {.a = AT(a), .b = AT(b), .c = AT(c)};              \
            mask m = there(i, n);                                            \
            sums[j] += keep(m, V(value_##NAME)(&o));                         \
            store(p + i, keep(m, o.slope[0]));                               \
            if (SLOPES > 1) store(q + i, keep(m, o.slope[1]));               \
        }                                                                    \
        add_to(s->out.at, sums);                                             \
    }
LANES_TERMS(X)
#undef X

/* ---- ways back ---------------------------------------------------------- */

/* An adjoint of 0 says nothing: what was not taken may be NaN. */
#define BACK(NAME)                                                  \
    struct in o = {.a = AT(a), .b = AT(b), .c = AT(c), .g = AT(g)}; \
    vec back = V(way_##NAME)(&o);                                   \
    if (WAY_##NAME > WAY_MINUS) back = keep(not_so(equal(o.g, splat(0))), back);

#define X(NAME)                                                              \
    static void put_##NAME(const struct lanes_step *s, size_t row, size_t n) \
    {                                                                        \
        FROM(a);                                                             \
        FROM(b);                                                             \
        FROM(c);                                                             \
        FROM(g);                                                             \
        double *out = INTO(out);                                             \
        n = padded(n);                                                       \
        for (size_t i = 0; i < n; i += LANES_WIDTH) {                        \
            BACK(NAME)                                                       \
            store(out + i, back);                                            \
        }                                                                    \
    }                                                                        \
    static void add_##NAME(const struct lanes_step *s, size_t row, size_t n) \
    {                                                                        \
        FROM(a);                                                             \
        FROM(b);                                                             \
        FROM(c);                                                             \
        FROM(g);                                                             \
        double *out = INTO(out);                                             \
        n = padded(n);                                                       \
        for (size_t i = 0; i < n; i += LANES_WIDTH) {                        \
            BACK(NAME)                                                       \
            store(out + i, load(out + i) + back);                            \
        }                                                                    \
    }                                                                        \
    static void all_##NAME(const struct lanes_step *s, size_t row, size_t n) \
    {                                                                        \
        FROM(a);                                                             \
        FROM(b);                                                             \
        FROM(c);                                                             \
        FROM(g);                                                             \
        eight sums;                                                          \
        clear(sums);                                                         \
        n = padded(n);                                                       \
        for (size_t i = 0; i < n;)                                           \
            for (int j = 0; j < STEPS; j++, i += LANES_WIDTH) {              \
                BACK(NAME)                                                   \
                sums[j] += back;                                             \
            }                                                                \
        add_to(s->out.at, sums);                                             \
    }
LANES_WAYS(X)
#undef X

/* ---- sums of products with columns -------------------------------------- */

/* `tile` vectors of rows at a time, one term of the sum after another. */
static inline __attribute__((always_inline)) void
dot_rows(const struct lanes_step *s, size_t row, size_t i, int tile)
{
    FROM(a);
    const struct lanes_dot *d = s->dot;
    double *out = INTO(out);
    vec sums[4];
    for (int j = 0; j < tile; j++)
        sums[j] = load(a + ((i + (size_t)j * LANES_WIDTH) & a_lane));
    for (uint32_t k = 0; k < d->count; k++) {
        const double *column = d->columns[k] + row + i;
        vec factor = splat(*d->factors[k]);
        for (int j = 0; j < tile; j++)
            sums[j] = factor * load(column + j * LANES_WIDTH) + sums[j];
    }
    for (int j = 0; j < tile; j++) store(out + i + j * LANES_WIDTH, sums[j]);
}

static void dot(const struct lanes_step *s, size_t row, size_t n)
{
    size_t i = 0;
    n = padded(n);
    for (; i + 4 * LANES_WIDTH <= n; i += 4 * LANES_WIDTH)
        dot_rows(s, row, i, 4);
    for (; i < n; i += LANES_WIDTH) dot_rows(s, row, i, 1);
}

/* Adjoints of `tile` factors at a time. */
static inline __attribute__((always_inline)) void
dot_way_columns(const struct lanes_step *s, size_t row, size_t n, uint32_t k,
                int tile)
{
    FROM(g);
    const struct lanes_dot *d = s->dot;
    const double *columns[4];
    eight sums[4];
    for (int t = 0; t < tile; t++) {
        clear(sums[t]);
        columns[t] = d->columns[k + (uint32_t)t] + row;
    }
    for (size_t i = 0; i < n;)
        for (int j = 0; j < STEPS; j++, i += LANES_WIDTH) {
            vec by = AT(g);
            for (int t = 0; t < tile; t++)
                sums[t][j] = times_plus(by, load(columns[t] + i), sums[t][j]);
        }
    for (int t = 0; t < tile; t++) add_to(d->sums[k + (uint32_t)t], sums[t]);
}

static void dot_way(const struct lanes_step *s, size_t row, size_t n)
{
    uint32_t k = 0;
    n = padded(n);
    for (; k + 4 <= s->dot->count; k += 4) dot_way_columns(s, row, n, k, 4);
    for (; k < s->dot->count; k++) dot_way_columns(s, row, n, k, 1);
}

/* ---- rows to and from slots --------------------------------------------- */

static void plus(const struct lanes_step *s, size_t row, size_t n)
{
    FROM(a);
    eight sums;
    clear(sums);
    for (size_t i = 0; i < n;)
        for (int j = 0; j < STEPS; j++, i += LANES_WIDTH)
            if (i < n) sums[j] += keep(there(i, n), AT(a));
    add_to(s->out.at, sums);
}

static void guard(const struct lanes_step *s, size_t row, size_t n)
{
    FROM(a);
    for (size_t i = 0; i < n; i += LANES_WIDTH)
        if (any(both(there(i, n), equal(AT(a), splat(0))))) *s->out.at = 1;
}

static void copy(const struct lanes_step *s, size_t row, size_t n)
{
    FROM(a);
    double *out = INTO(out);
    if (a_lane && n)
        memmove(out, a, n * sizeof *out);
    else
        for (size_t i = 0; i < n; i++) out[i] = a[0];
}

static void seed(const struct lanes_step *s, size_t row, size_t n)
{
    double *out = INTO(out);
    copy(s, row, n);
    for (size_t i = n; i < padded(n); i++) out[i] = 0;
}

static inline vec gathered(const double *from, const uint32_t *at)
{
#if LANES_WIDTH == 8
    __m256i index;
    memcpy(&index, at, sizeof index);
    return _mm512_i32gather_pd(index, from, 8);
#else
    double x[LANES_WIDTH];
    for (int j = 0; j < LANES_WIDTH; j++) x[j] = from[at[j]];
    return load(x);
#endif
}

static void gather(const struct lanes_step *s, size_t row, size_t n)
{
    const double *from = s->a.at;
    const uint32_t *at = s->gather + row;
    double *out = INTO(out);
    n = padded(n);
    for (size_t i = 0; i < n; i += LANES_WIDTH)
        store(out + i, gathered(from, at + i));
}

static void scatter(const struct lanes_scatter *s, const double *from,
                    double *to)
{
    const uint32_t *rows = s->rows, *slots = s->slots;
    for (uint32_t c = 0; c < s->chunks; c++, slots += LANES_EIGHT) {
        eight sums;
        double lanes[LANES_EIGHT];
        clear(sums);
        for (uint32_t k = 0; k < s->lengths[c]; k++)
            for (int j = 0; j < STEPS; j++, rows += LANES_WIDTH)
                sums[j] += gathered(from, rows);
        for (int j = 0; j < STEPS; j++) store(lanes + j * LANES_WIDTH, sums[j]);
        for (int j = 0; j < LANES_EIGHT; j++) to[slots[j]] += lanes[j];
    }
}

/* ---- a run, and a plate ------------------------------------------------- */

/* Vectors are stored whole where vectors are read: what is put together from
 * single numbers would be waited for. */
static void begin(const double *q, size_t size, double *slots,
                  const double *first, size_t known, double *adjoints,
                  size_t count)
{
    size_t i = 0;
    for (; i + LANES_WIDTH <= size; i += LANES_WIDTH)
        store(slots + i, load(q + i));
    for (; i < size; i++) slots[i] = q[i];
    if (known > count) known = count;
    for (i = 0; i < known; i += LANES_WIDTH)
        store(adjoints + i, load(first + i));
    for (; i < count; i += LANES_WIDTH) store(adjoints + i, splat(0));
}

static bool end(const double *adjoints, size_t size, double *gradient)
{
    mask good = equal(splat(0), splat(0));
    size_t i = 0;
    for (; i + LANES_WIDTH <= size; i += LANES_WIDTH) {
        vec x = load(adjoints + i);
        store(gradient + i, x);
        good = both(good, equal(x * 0, splat(0)));
    }
    bool all = !any(not_so(good));
    for (; i < size; i++) {
        gradient[i] = adjoints[i];
        all = all && isfinite(adjoints[i]);
    }
    return all;
}

static void open(const struct lanes_link *slots, size_t slot_count,
                 const double *memory, double *sums, size_t sum_count)
{
    for (size_t k = 0; k < slot_count; k++) {
        vec x = splat(memory[slots[k].slot]);
        for (int j = 0; j < STEPS; j++)
            store(slots[k].eight + j * LANES_WIDTH, x);
    }
    for (size_t i = 0; i < sum_count; i += LANES_WIDTH)
        store(sums + i, splat(0));
}

static uint64_t word_of(const double *a, size_t n, double bound, bool strict)
{
    vec most = splat(bound);
    uint64_t word = 0;
    size_t i = 0;
    for (; i + LANES_WIDTH <= n; i += LANES_WIDTH) {
        vec x = load(a + i);
        word |= marked(strict ? less(x, most) : less_equal(x, most)) << i;
    }
    for (; i < n; i++)
        word |= (uint64_t)(strict ? a[i] < bound : a[i] <= bound) << i;
    return word;
}

static void bits(const double *a, size_t n, double bound, bool strict,
                 uint64_t *words)
{
    for (; n >= 64; n -= 64, a += 64) *words++ = word_of(a, 64, bound, strict);
    if (n) *words = word_of(a, n, bound, strict);
}

/* Products and sums are rounded each, at every level: the digits are the
 * same on all machines. */
static void lags(const double *a, size_t n, size_t from, double *sums)
{
    enum { TOGETHER = 4 };
    for (int k = 0; k < LANES_EIGHT; k += TOGETHER) {
        eight sum[TOGETHER];
        const double *later = a + from + k;
        for (int t = 0; t < TOGETHER; t++) clear(sum[t]);
        for (size_t i = 0; i < n; i += LANES_EIGHT) {
            LANES_UNROLL
            for (int j = 0; j < STEPS; j++) {
                vec x = load(a + i + j * LANES_WIDTH);
                LANES_UNROLL
                for (int t = 0; t < TOGETHER; t++)
                    sum[t][j] += x * load(later + i + j * LANES_WIDTH + t);
            }
        }
        for (int t = 0; t < TOGETHER; t++) sums[k + t] += total(sum[t]);
    }
}

/* ---- chains ------------------------------------------------------------- */

#include "tape/lanes_chain.h"

/* ---- one row ------------------------------------------------------------ */

#undef V
#define V(name) name##_1

static void one(const struct lanes_one *steps, size_t count, double *memory)
{
    for (const struct lanes_one *s = steps; s < steps + count; s++) {
        switch (s->code) {
#define X(NAME, WORD, OPERANDS, SLOPES)                   \
    case TAPE_##NAME: {                                   \
        struct in o;                                      \
        o.a = memory[s->a];                               \
        if (OPERANDS > 1) o.b = memory[s->b];             \
        if (OPERANDS > 2) o.c = memory[s->c];             \
        memory[s->out] = V(value_##NAME)(&o);             \
        if (SLOPES > 0) memory[s->slope[0]] = o.slope[0]; \
        if (SLOPES > 1) memory[s->slope[1]] = o.slope[1]; \
        break;                                            \
    }
            LANES_OPERATIONS(X)
#undef X
#define X(NAME)                              \
    case LANES_ONE_WAY + WAY_##NAME: {       \
        struct in o;                         \
        o.g = memory[s->g];                  \
        if (o.g == 0.0) break;               \
        o.a = memory[s->a];                  \
        o.b = memory[s->b];                  \
        o.c = memory[s->c];                  \
        memory[s->out] += V(way_##NAME)(&o); \
        break;                               \
    }
            LANES_WAYS(X)
#undef X
        case LANES_ONE_COPY: memory[s->out] = memory[s->a]; break;
        case LANES_ONE_GUARD:
            if (memory[s->a] == 0.0) memory[s->out] = 1;
            break;
        default: break;
        }
    }
}

/* In four partial sums, so that none waits for the one before. */
static double sum(const struct lanes_term *terms, size_t count,
                  const double *memory)
{
    double sums[4] = {0};
    const struct lanes_term *t = terms, *end = terms + count;
    for (; end - t >= 4; t += 4)
        for (int k = 0; k < 4; k++)
            sums[k] += memory[t[k].a] * memory[t[k].factor];
    for (int k = 0; t < end; k++, t++)
        sums[k] += memory[t->a] * memory[t->factor];
    return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

/* ---- the table ---------------------------------------------------------- */

const struct lanes LANES_TABLE = {
    .name = LANES_NAME,
#define X(NAME, WORD, OPERANDS, SLOPES) [TAPE_##NAME] = do_##NAME,
    .value = {LANES_OPERATIONS(X)},
#undef X
#define X(NAME, SLOPES) [TAPE_##NAME] = sum_##NAME,
    .term = {LANES_TERMS(X)},
#undef X
#define X(NAME) [WAY_##NAME] = {put_##NAME, add_##NAME, all_##NAME},
    .way = {LANES_WAYS(X)},
#undef X
    .plus = plus,
    .guard = guard,
    .copy = copy,
    .seed = seed,
    .gather = gather,
    .dot = dot,
    .dot_way = dot_way,
    .scatter = scatter,
    .begin = begin,
    .end = end,
    .open = open,
    .one = one,
    .sum = sum,
    .chain = chain,
    .chain_back = chain_back,
    .lags = lags,
    .bits = bits,
};
