/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Many lanes, as the instruction level has them: two doubles with SSE 4.2,
 * four with AVX2, eight with AVX-512. Beside what the compilers offer for any
 * vector type there are here a handful of instructions by name.
 */
typedef double vec __attribute__((vector_size(8 * LANES_WIDTH)));
typedef uint64_t uvec __attribute__((vector_size(8 * LANES_WIDTH)));

static inline vec load(const double *x)
{
    vec a;
    memcpy(&a, x, sizeof a);
    return a;
}
static inline void store(double *x, vec a) { memcpy(x, &a, sizeof a); }
static inline uvec bits_of(vec a) { return (uvec)a; }
static inline vec of_bits(uvec u) { return (vec)u; }

#if LANES_WIDTH == 8

typedef __mmask8 mask;

static inline vec splat(double x) { return _mm512_set1_pd(x); }
static inline vec times_plus(vec a, vec b, vec c)
{
    return _mm512_fmadd_pd(a, b, c);
}
static inline vec root(vec a) { return _mm512_sqrt_pd(a); }
static inline vec whole(vec a) { return _mm512_roundscale_pd(a, 8); }
static inline vec below(vec a) { return _mm512_roundscale_pd(a, 9); }
static inline vec above(vec a) { return _mm512_roundscale_pd(a, 10); }
static inline mask less(vec a, vec b)
{
    return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ);
}
static inline mask less_equal(vec a, vec b)
{
    return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ);
}
static inline mask equal(vec a, vec b)
{
    return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ);
}
static inline mask both(mask a, mask b) { return a & b; }
static inline mask either(mask a, mask b) { return a | b; }
static inline mask not_so(mask a) { return (mask)~a; }
static inline bool any(mask a) { return a != 0; }
static inline uint64_t marked(mask a) { return a; }
static inline vec choose(mask m, vec a, vec b)
{
    return _mm512_mask_blend_pd(m, b, a);
}
static inline vec keep(mask m, vec a) { return _mm512_maskz_mov_pd(m, a); }
static inline mask odd(uvec u)
{
    return _mm512_test_epi64_mask((__m512i)u, _mm512_set1_epi64(1));
}

#else

typedef uvec mask; /* all bits of a lane, or none */

#if LANES_WIDTH == 4
static inline vec splat(double x) { return _mm256_set1_pd(x); }
static inline vec times_plus(vec a, vec b, vec c)
{
    return _mm256_fmadd_pd(a, b, c);
}
static inline vec root(vec a) { return _mm256_sqrt_pd(a); }
static inline vec whole(vec a) { return _mm256_round_pd(a, 8); }
static inline vec below(vec a) { return _mm256_round_pd(a, 9); }
static inline vec above(vec a) { return _mm256_round_pd(a, 10); }
static inline uint64_t marked(mask a)
{
    return (uint64_t)_mm256_movemask_pd((vec)a);
}
static inline bool any(mask a) { return marked(a) != 0; }
static inline vec choose(mask m, vec a, vec b)
{
    return _mm256_blendv_pd(b, a, (vec)m);
}
#else
static inline vec splat(double x) { return _mm_set1_pd(x); }
static inline vec times_plus(vec a, vec b, vec c) { return a * b + c; }
static inline vec root(vec a) { return _mm_sqrt_pd(a); }
static inline vec whole(vec a) { return _mm_round_pd(a, 8); }
static inline vec below(vec a) { return _mm_round_pd(a, 9); }
static inline vec above(vec a) { return _mm_round_pd(a, 10); }
static inline uint64_t marked(mask a)
{
    return (uint64_t)_mm_movemask_pd((vec)a);
}
static inline bool any(mask a) { return marked(a) != 0; }
static inline vec choose(mask m, vec a, vec b)
{
    return _mm_blendv_pd(b, a, (vec)m);
}
#endif

static inline mask less(vec a, vec b) { return (mask)(a < b); }
static inline mask less_equal(vec a, vec b) { return (mask)(a <= b); }
static inline mask equal(vec a, vec b) { return (mask)(a == b); }
static inline mask both(mask a, mask b) { return a & b; }
static inline mask either(mask a, mask b) { return a | b; }
static inline mask not_so(mask a) { return ~a; }
static inline vec keep(mask m, vec a) { return (vec)((uvec)a & m); }
static inline mask odd(uvec u) { return -(u & 1); }

#endif

/* Lanes for which there is no quick way, one by one. */
static inline vec each(mask m, vec value, vec a, double f(double))
{
    if (!any(m)) return value;
    double x[LANES_WIDTH], y[LANES_WIDTH];
    store(x, a);
    for (int i = 0; i < LANES_WIDTH; i++) y[i] = f(x[i]);
    return choose(m, load(y), value);
}

static inline vec each_two(mask m, vec value, vec a, vec b,
                           double f(double, double))
{
    if (!any(m)) return value;
    double x[LANES_WIDTH], y[LANES_WIDTH], z[LANES_WIDTH];
    store(x, a);
    store(y, b);
    for (int i = 0; i < LANES_WIDTH; i++) z[i] = f(x[i], y[i]);
    return choose(m, load(z), value);
}
