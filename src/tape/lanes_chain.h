/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains in lanes: a part of lanes_level.h. Eight links are one step. Within
 * them what is added is carried on by one link, by two and by four, with a,
 * a^2 and a^4; what they go on from comes last, times a .. a^8, so that eight
 * links wait for one product of the eight before. That is the order of sums
 * at all widths.
 */

/* Lanes k .. of `low` and, behind them, of `high`: as many as a vector has. */
static inline __attribute__((always_inline)) vec window(vec low, vec high,
                                                        int k)
{
#if LANES_WIDTH == 8
    __m512i a = (__m512i)low, b = (__m512i)high;
    switch (k) {
    case 1: return (vec)_mm512_alignr_epi64(b, a, 1);
    case 2: return (vec)_mm512_alignr_epi64(b, a, 2);
    case 4: return (vec)_mm512_alignr_epi64(b, a, 4);
    case 6: return (vec)_mm512_alignr_epi64(b, a, 6);
    default: return (vec)_mm512_alignr_epi64(b, a, 7);
    }
#elif LANES_WIDTH == 4
    vec middle = _mm256_permute2f128_pd(low, high, 0x21);
    switch (k) {
    case 1: return _mm256_shuffle_pd(low, middle, 5);
    case 2: return middle;
    default: return _mm256_shuffle_pd(middle, high, 5);
    }
#elif LANES_WIDTH == 2
    (void)k;
    return _mm_shuffle_pd(low, high, 1);
#else
    (void)k;
    return low + 0 * high; /* no vector is as short */
#endif
}

/* One lane in all. */
static inline vec first_lane(vec a)
{
#if LANES_WIDTH == 8
    return _mm512_broadcastsd_pd(_mm512_castpd512_pd128(a));
#elif LANES_WIDTH == 4
    return _mm256_permute4x64_pd(a, 0);
#elif LANES_WIDTH == 2
    return _mm_unpacklo_pd(a, a);
#else
    return a;
#endif
}
static inline vec last_lane(vec a)
{
#if LANES_WIDTH == 8
    return _mm512_permutexvar_pd(_mm512_set1_epi64(7), a);
#elif LANES_WIDTH == 4
    return _mm256_permute4x64_pd(a, 0xff);
#elif LANES_WIDTH == 2
    return _mm_unpackhi_pd(a, a);
#else
    return a;
#endif
}

/* c += factor times what stands `by` lanes before; before the first, 0. */
static inline __attribute__((always_inline)) void carry_on(eight c, int by,
                                                           vec factor)
{
    int whole = by / LANES_WIDTH, rest = by % LANES_WIDTH;
    eight x;
    LANES_UNROLL
    for (int j = 0; j < STEPS; j++) {
        vec near = j >= whole ? c[j - whole] : splat(0);
        vec far = j > whole ? c[j - whole - 1] : splat(0);
        x[j] = rest ? window(far, near, LANES_WIDTH - rest) : near;
    }
    LANES_UNROLL
    for (int j = 0; j < STEPS; j++) c[j] = times_plus(factor, x[j], c[j]);
}

/* The same with what stands behind. */
static inline __attribute__((always_inline)) void carry_back(eight c, int by,
                                                             vec factor)
{
    int whole = by / LANES_WIDTH, rest = by % LANES_WIDTH;
    eight x;
    LANES_UNROLL
    for (int j = 0; j < STEPS; j++) {
        vec near = j + whole < STEPS ? c[j + whole] : splat(0);
        vec far = j + whole + 1 < STEPS ? c[j + whole + 1] : splat(0);
        x[j] = rest ? window(near, far, rest) : near;
    }
    LANES_UNROLL
    for (int j = 0; j < STEPS; j++) c[j] = times_plus(factor, x[j], c[j]);
}

struct powers {
    vec one, two, four, eighth;
    eight all; /* a .. a^8, or back from a^8 */
};

static inline void powers_of(double a, bool back, struct powers *out)
{
    double two = a * a, four = two * two, three = two * a;
    double up[] = {a,        two,        three,        four,
                   four * a, four * two, four * three, four * four};
    double down[LANES_EIGHT];
    for (int k = 0; k < LANES_EIGHT; k++) down[k] = up[LANES_EIGHT - 1 - k];
    out->one = splat(a);
    out->two = splat(two);
    out->four = splat(four);
    out->eighth = splat(up[LANES_EIGHT - 1]);
    for (int j = 0; j < STEPS; j++)
        out->all[j] = load((back ? down : up) + j * LANES_WIDTH);
}

/* Eight links, which go on from `last`; then it is that of these. */
static inline __attribute__((always_inline)) void
links_on(const struct lanes_chain *s, const struct powers *p, const double *b,
         double *x, vec *last)
{
    vec scale = splat(s->scale), shift = splat(s->shift);
    eight c;
    for (int j = 0; j < STEPS; j++)
        c[j] = scale * load(b + j * LANES_WIDTH) + shift;
    carry_on(c, 1, p->one);
    carry_on(c, 2, p->two);
    carry_on(c, 4, p->four);
    for (int j = 0; j < STEPS; j++)
        store(x + j * LANES_WIDTH, times_plus(p->all[j], *last, c[j]));
    *last = times_plus(p->eighth, *last, last_lane(c[STEPS - 1]));
}

static void chain(const struct lanes_chain *s, double *x)
{
    const struct lanes_chain local = *s;
    double b[LANES_EIGHT] = {0}, end[LANES_EIGHT];
    size_t i = 0, n = local.links, rest = n % LANES_EIGHT;
    struct powers p;
    vec last = splat(local.start);
    powers_of(local.a, false, &p);
    for (; i < n - rest; i += LANES_EIGHT)
        links_on(&local, &p, local.b + i, x + i, &last);
    if (!rest) return;
    memcpy(b, local.b + i, rest * sizeof *b);
    links_on(&local, &p, b, end, &last);
    memcpy(x + i, end, rest * sizeof *x);
}

struct chain_sums { /* over links, lane by lane */
    eight a, scale, shift;
};

/* Eight links; `last` is what those behind them give to them, and becomes
 * what these give. before: of each link, the x that it goes on from. */
static inline __attribute__((always_inline)) void
links_back(const struct lanes_chain *s, const struct powers *p,
           const double *before, const double *b, const double *by_x,
           double *by_b, struct chain_sums *sums, vec *last)
{
    eight g;
    for (int j = 0; j < STEPS; j++) g[j] = load(by_x + j * LANES_WIDTH);
    carry_back(g, 1, p->one);
    carry_back(g, 2, p->two);
    carry_back(g, 4, p->four);
    vec first = first_lane(g[0]);
    for (int j = 0; j < STEPS; j++) {
        size_t at = (size_t)j * LANES_WIDTH;
        vec by = times_plus(p->all[j], *last, g[j]);
        sums->a[j] = times_plus(by, load(before + at), sums->a[j]);
        sums->scale[j] = times_plus(by, load(b + at), sums->scale[j]);
        sums->shift[j] += by;
        if (by_b) store(by_b + at, load(by_b + at) + by * splat(s->scale));
    }
    *last = times_plus(p->eighth, *last, first);
}

static void chain_back(const struct lanes_chain *s, const double *x,
                       const double *by_x, double *by_b, double *by)
{
    const struct lanes_chain local = *s;
    struct chain_sums sums;
    struct powers p;
    vec last = splat(0);
    size_t i = local.links / LANES_EIGHT * LANES_EIGHT, rest = local.links - i;
    size_t bytes = rest * sizeof *x;
    clear(sums.a);
    clear(sums.scale);
    clear(sums.shift);
    powers_of(local.a, true, &p);
    if (rest) {
        double b[LANES_EIGHT] = {0}, g[LANES_EIGHT] = {0};
        double end[LANES_EIGHT] = {0};
        double before[LANES_EIGHT] = {i ? x[i - 1] : local.start};
        memcpy(before + 1, x + i, bytes - sizeof *x);
        memcpy(b, local.b + i, bytes);
        memcpy(g, by_x + i, bytes);
        if (by_b) memcpy(end, by_b + i, bytes);
        links_back(&local, &p, before, b, g, by_b ? end : NULL, &sums, &last);
        if (by_b) memcpy(by_b + i, end, bytes);
    }
    while (i > LANES_EIGHT) {
        i -= LANES_EIGHT;
        links_back(&local, &p, x + i - 1, local.b + i, by_x + i,
                   by_b ? by_b + i : NULL, &sums, &last);
    }
    if (i) {
        double before[LANES_EIGHT] = {local.start};
        memcpy(before + 1, x, sizeof before - sizeof *before);
        links_back(&local, &p, before, local.b, by_x, by_b, &sums, &last);
    }
    by[LANES_BY_A] = total(sums.a);
    by[LANES_BY_SCALE] = total(sums.scale);
    by[LANES_BY_SHIFT] = total(sums.shift);
    double lanes[LANES_WIDTH];
    store(lanes, last);
    by[LANES_BY_START] = local.a * lanes[0];
}
