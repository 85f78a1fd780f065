/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One lane: doubles in plain C. What is fused at this level in many lanes is
 * fused here, so that both give the same bits.
 */
typedef double vec;
typedef uint64_t uvec;
typedef bool mask;

static inline vec load(const double *x) { return *x; }
static inline void store(double *x, vec a) { *x = a; }
static inline vec splat(double x) { return x; }
static inline vec times_plus(vec a, vec b, vec c)
{
    return LANES_FUSED ? __builtin_fma(a, b, c) : a * b + c;
}
static inline vec root(vec a) { return __builtin_sqrt(a); }
static inline vec whole(vec a) { return __builtin_rint(a); }
static inline uint64_t marked(mask a) { return a; }
static inline vec below(vec a) { return __builtin_floor(a); }
static inline vec above(vec a) { return __builtin_ceil(a); }
static inline uvec bits_of(vec a)
{
    uvec u;
    memcpy(&u, &a, sizeof u);
    return u;
}
static inline vec of_bits(uvec u)
{
    vec a;
    memcpy(&a, &u, sizeof a);
    return a;
}
static inline mask less(vec a, vec b) { return a < b; }
static inline mask less_equal(vec a, vec b) { return a <= b; }
static inline mask equal(vec a, vec b) { return a == b; }
static inline mask both(mask a, mask b) { return a && b; }
static inline mask either(mask a, mask b) { return a || b; }
static inline mask not_so(mask a) { return !a; }
static inline bool any(mask a) { return a; }
static inline vec choose(mask m, vec a, vec b) { return m ? a : b; }
static inline vec keep(mask m, vec a) { return m ? a : 0.0; }
static inline mask odd(uvec u) { return u & 1; }

static inline vec each(mask m, vec value, vec a, double f(double))
{
    return m ? f(a) : value;
}
static inline vec each_two(mask m, vec value, vec a, vec b,
                           double f(double, double))
{
    return m ? f(a, b) : value;
}
