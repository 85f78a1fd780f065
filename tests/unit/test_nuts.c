/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * NUTS. Each transition is that of a plain recursion, written here after the
 * papers, on the same random stream: the stack, the shared points and the
 * checks for turns are all seen by it. Exact draws stay exact after one
 * transition (Kolmogorov and Smirnov), and forth is as likely as back; moments
 * of normals, a banana and a funnel; faults planted in the density.
 *
 * Statistical: 8 distances at 1e-7, 20 means at |z| < 5.6 (2e-8 each): false
 * alarms below 1e-6 when one seed runs.
 */
#include "infer/nuts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "densities.h"
#include "infer/lanes.h"

#define Z_BOUND 5.6

/* ---- a recursion ----------------------------------------------------------- */

enum { WIDE = 12 };

struct state {
    double q[WIDE], p[WIDE], v[WIDE], gradient[WIDE];
    double log_density, energy;
};

struct plain {
    const struct density *density;
    const struct metric *metric;
    struct random *random;
    double step, began, accept_sum;
    uint32_t leapfrogs;
    bool divergent;
};

struct part {
    struct state begin, end, sample;
    double sum[WIDE], log_weight;
};

static struct point point_of(struct state *s)
{
    return (struct point){.q = s->q,
                          .p = s->p,
                          .v = s->v,
                          .gradient = s->gradient,
                          .log_density = s->log_density,
                          .energy = s->energy};
}

static struct state step_of(struct plain *w, struct state *from)
{
    struct state to = {0};
    struct point a = point_of(from), b = point_of(&to);
    leapfrog(w->density, w->metric, w->step, &a, &b);
    to.log_density = b.log_density;
    to.energy = b.energy;
    return to;
}

static double log_sum(double a, double b)
{
    return fmax(a, b) + log1p(exp(-fabs(a - b)));
}

static bool ahead(const struct state *a, const struct state *b,
                  const double *sum)
{
    return lanes_dot(a->v, sum, WIDE) > 0.0 && lanes_dot(b->v, sum, WIDE) > 0.0;
}

/* Neither the whole, nor one part with the other's nearest point, has turned.
 */
static bool straight(const struct part *a, const struct part *b)
{
    double all[WIDE], most[WIDE], rest[WIDE];
    for (int i = 0; i < WIDE; i++) {
        all[i] = a->sum[i] + b->sum[i];
        most[i] = a->sum[i] + b->begin.p[i];
        rest[i] = b->sum[i] + a->end.p[i];
    }
    return ahead(&a->begin, &b->end, all) &&
           ahead(&a->begin, &b->begin, most) && ahead(&a->end, &b->end, rest);
}

static bool unite(struct plain *w, struct part *a, const struct part *b,
                  bool biased)
{
    double all = log_sum(a->log_weight, b->log_weight);
    double p = biased ? exp(fmin(0.0, b->log_weight - a->log_weight))
                      : exp(b->log_weight - all);
    if (random_unit(w->random) < p) a->sample = b->sample;
    bool good = straight(a, b);
    for (int i = 0; i < WIDE; i++) a->sum[i] += b->sum[i];
    a->end = b->end;
    a->log_weight = all;
    return good;
}

static struct part part_of(const struct state *s, double log_weight)
{
    struct part out = {*s, *s, *s, {0}, log_weight};
    memcpy(out.sum, s->p, sizeof out.sum);
    return out;
}

static bool recurse(struct plain *w, unsigned depth, struct state *from,
                    struct part *out)
{
    if (depth == 0) {
        struct state to = step_of(w, from);
        double gain = w->began - to.energy;
        w->leapfrogs++;
        w->accept_sum += fmin(1.0, exp(gain));
        *out = part_of(&to, gain);
        w->divergent = !(-gain < 1000.0);
        return !w->divergent;
    }
    struct part second;
    return recurse(w, depth - 1, from, out) &&
           recurse(w, depth - 1, &out->end, &second) &&
           unite(w, out, &second, false);
}

static void plain_step(struct plain *w, unsigned depth_max, struct state *at,
                       struct trajectory *out)
{
    struct point here = point_of(at);
    point_push(w->metric, w->random, &here);
    at->energy = w->began = here.energy;
    struct part whole = part_of(at, 0.0);
    w->leapfrogs = 0;
    w->accept_sum = 0.0;
    *out = (struct trajectory){0};
    for (bool on = true; on && out->depth < depth_max;) {
        struct part next;
        if (random_bits(w->random) >> 63) {
            struct state end = whole.begin;
            whole.begin = whole.end;
            whole.end = end;
            w->step = -w->step;
        }
        if (!recurse(w, out->depth, &whole.end, &next)) break;
        out->depth++;
        on = unite(w, &whole, &next, true);
    }
    *at = whole.sample;
    out->leapfrogs = w->leapfrogs;
    out->divergent = w->divergent;
    out->accept_stat = w->accept_sum / w->leapfrogs;
}

/* ---- the comparison --------------------------------------------------------- */

struct comparison {
    bool (*formula)(const struct probe *, const double *, double *, double *);
    size_t size;
    double step, correlation, ratio;
    enum metric_kind kind;
    unsigned depth_max;
};

static void compare(const struct comparison *c, uint64_t seed)
{
    struct probe probe = {
        .size = c->size, .correlation = c->correlation, .formula = c->formula};
    struct density d = density_of(&probe);
    struct nuts n;
    struct metric m;
    struct random ours, theirs;
    struct state plain = {0};
    struct trajectory a, b;
    for (size_t i = 0; i < c->size; i++) {
        probe.scales[i] = pow(c->ratio, (double)i);
        plain.q[i] = 0.1 * (double)i;
    }
    random_seed(&ours, seed);
    random_seed(&theirs, seed);
    assert_true(nuts_open(&n, c->size, c->depth_max));
    assert_true(metric_open(&m, c->kind, c->size));
    assert_true(points_place(&n.points, &d, plain.q));
    struct point start = point_of(&plain);
    assert_true(point_place(&d, &start));
    plain.log_density = start.log_density;
    for (int i = 0; i < 300; i++) {
        double step = c->step * (0.5 + random_unit(&ours));
        struct plain w = {.density = &d, .metric = &m, .random = &theirs};
        w.step = c->step * (0.5 + random_unit(&theirs));
        nuts_step(&n, &d, &m, step, &ours, &a);
        plain_step(&w, c->depth_max, &plain, &b);
        assert_int_equal(a.leapfrogs, b.leapfrogs);
        assert_int_equal(a.depth, b.depth);
        assert_int_equal(a.divergent, b.divergent);
        assert_true(fabs(a.accept_stat - b.accept_stat) < 1e-12);
        assert_memory_equal(n.points.here->q, plain.q,
                            c->size * sizeof(double));
        assert_memory_equal(&ours, &theirs, sizeof ours);
        assert_true(a.energy == n.points.here->energy);
        assert_true((a.divergence != NULL) == a.divergent);
    }
    nuts_close(&n);
    metric_close(&m);
}

/* Steps of the density itself: weights of one trajectory are farther apart
 * than numbers can be, and none of them diverges. */
static bool cliffs(const struct probe *p, const double *q, double *l, double *g)
{
    bool good = scaled(p, q, l, g);
    *l += 900.0 * floor(3.0 * fabs(q[0]));
    return good;
}

static void test_recursion(void **state)
{
    (void)state;
    const struct comparison all[] = {
        {scaled, 1, 0.3, 0, 1, METRIC_UNIT, 8},
        {scaled, 2, 0.8, 0, 200, METRIC_DIAGONAL, 10},
        {scaled, 5, 0.9, 0, 1.5, METRIC_DIAGONAL, 8},
        {correlated, 4, 0.25, 0.9, 1, METRIC_DENSE, 8},
        {correlated, 9, 0.15, 0.95, 1, METRIC_UNIT, 8},
        {banana, 2, 0.3, 0, 1, METRIC_DIAGONAL, 8},
        {banana, 2, 0.7, 0, 1, METRIC_DIAGONAL, 8}, /* diverges now and then */
        {funnel, 10, 0.3, 0, 1, METRIC_UNIT, 6},    /* meets the limit */
        {gumbel, 1, 1.0, 0, 1, METRIC_UNIT, 1},
        {cliffs, 1, 0.2, 0, 1, METRIC_UNIT, 6},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (uint64_t seed = 1; seed <= 3; seed++) compare(&all[i], seed);
}

/* ---- exactness ------------------------------------------------------------- */

enum { DRAWS = 20000 };

struct bench {
    struct probe probe;
    struct density density;
    struct nuts nuts;
    struct metric metric;
    struct random random;
};

static void bench_open(struct bench *b, uint64_t seed)
{
    b->density = density_of(&b->probe);
    random_seed(&b->random, seed);
    assert_true(nuts_open(&b->nuts, b->probe.size, 10));
    assert_true(metric_open(&b->metric, METRIC_DIAGONAL, b->probe.size));
}

static void bench_close(struct bench *b)
{
    nuts_close(&b->nuts);
    metric_close(&b->metric);
}

static void bench_step(struct bench *b, double step, struct trajectory *t)
{
    nuts_step(&b->nuts, &b->density, &b->metric, step, &b->random, t);
}

/* Antisymmetric in a and b: its mean is 0 when a to b is as likely as b to a.
 */
static double skewed(double a, double b)
{
    return tanh(a) * b * exp(-0.5 * b * b) - tanh(b) * a * exp(-0.5 * a * a);
}

static void judge(double *u, double *skew)
{
    assert_true(uniform_distance(u, DRAWS) < KS_BOUND);
    assert_true(mean_error(skew, DRAWS, 0.0) < Z_BOUND);
}

static double uniforms[2][DRAWS], skews[DRAWS];

/* One transition from an exact draw, again and again. */
static void test_exact_gumbel(void **state)
{
    (void)state;
    for (int coarse = 0; coarse < 2; coarse++) {
        struct bench b = {.probe = {.size = 1, .formula = gumbel}};
        struct trajectory t;
        bench_open(&b, 21 + (uint64_t)coarse);
        for (int i = 0; i < DRAWS; i++) {
            double x = -log(random_exponential(&b.random));
            assert_true(points_place(&b.nuts.points, &b.density, &x));
            bench_step(&b, coarse ? 2.1 : 0.9, &t);
            uniforms[0][i] = exp(-exp(-b.nuts.points.here->q[0]));
            skews[i] = skewed(x, b.nuts.points.here->q[0]);
        }
        judge(uniforms[0], skews);
        bench_close(&b);
    }
}

static void test_exact_banana(void **state)
{
    (void)state;
    for (int coarse = 0; coarse < 2; coarse++) {
        struct bench b = {.probe = {.size = 2, .formula = banana}};
        struct trajectory t;
        bench_open(&b, 31 + (uint64_t)coarse);
        for (int i = 0; i < DRAWS; i++) {
            double x = random_normal(&b.random);
            double q[2] = {x, x * x + 0.5 * random_normal(&b.random)};
            assert_true(points_place(&b.nuts.points, &b.density, q));
            bench_step(&b, coarse ? 0.8 : 0.35, &t);
            const double *to = b.nuts.points.here->q;
            uniforms[0][i] = normal_cdf(to[0]);
            uniforms[1][i] = normal_cdf(2.0 * (to[1] - to[0] * to[0]));
            skews[i] = skewed(q[0], to[1]) + skewed(q[1], to[0]);
        }
        judge(uniforms[0], skews);
        assert_true(uniform_distance(uniforms[1], DRAWS) < KS_BOUND);
        bench_close(&b);
    }
}

/* ---- moments ---------------------------------------------------------------- */

static double draws[2 * SIZE_MAX_TESTED][DRAWS];

/* draws[2 i] and [2 i + 1]: coordinate i less its mean, and its square. */
static void run(struct bench *b, double step, const double *mean)
{
    struct trajectory t;
    double origin[SIZE_MAX_TESTED] = {0};
    assert_true(points_place(&b->nuts.points, &b->density, origin));
    for (int i = -500; i < DRAWS; i++) {
        bench_step(b, step, &t);
        for (size_t j = 0; i >= 0 && j < b->probe.size; j++) {
            double x = b->nuts.points.here->q[j] - (mean ? mean[j] : 0.0);
            draws[2 * j][i] = x;
            draws[2 * j + 1][i] = x * x;
        }
    }
}

/* Scales from 1e-3 to 1e3, the metric as warmup would make it. */
static void test_scales(void **state)
{
    (void)state;
    struct bench b = {.probe = {.size = 5, .formula = scaled}};
    double inverse[5];
    for (int i = 0; i < 5; i++) {
        b.probe.scales[i] = pow(10.0, 1.5 * i - 3.0);
        inverse[i] = b.probe.scales[i] * b.probe.scales[i] * (1.0 + 0.1 * i);
    }
    bench_open(&b, 41);
    assert_true(metric_set(&b.metric, inverse));
    run(&b, 0.8, NULL);
    for (int i = 0; i < 5; i++) {
        double variance = b.probe.scales[i] * b.probe.scales[i];
        assert_true(mean_error(draws[2 * i], DRAWS, 0.0) < Z_BOUND);
        assert_true(mean_error(draws[2 * i + 1], DRAWS, variance) < Z_BOUND);
    }
    bench_close(&b);
}

static void test_correlated(void **state)
{
    (void)state;
    struct bench b = {.probe = {.size = 3, .formula = correlated}};
    b.probe.correlation = 0.95;
    bench_open(&b, 42);
    run(&b, 0.25, NULL);
    for (int i = 0; i < DRAWS; i++) draws[5][i] = draws[0][i] * draws[2][i];
    assert_true(mean_error(draws[4], DRAWS, 0.0) < Z_BOUND);
    assert_true(mean_error(draws[1], DRAWS, 1.0) < Z_BOUND);
    assert_true(mean_error(draws[5], DRAWS, 0.95) < Z_BOUND);
    bench_close(&b);
}

static void test_banana(void **state)
{
    (void)state;
    struct bench b = {.probe = {.size = 2, .formula = banana}};
    bench_open(&b, 43);
    run(&b, 0.3, (double[]){0.0, 1.0});
    assert_true(mean_error(draws[1], DRAWS, 1.0) < Z_BOUND);
    assert_true(mean_error(draws[2], DRAWS, 0.0) < Z_BOUND);
    assert_true(mean_error(draws[3], DRAWS, 2.25) < Z_BOUND);
    bench_close(&b);
}

/* v ~ N(0, 1) with x ~ N(0, exp(v / 2)) is mild enough to be gone through;
 * here v is N(0, 3), and the step small. Its mouth and neck are both reached.
 */
static void test_funnel(void **state)
{
    (void)state;
    struct bench b = {.probe = {.size = 2, .formula = funnel}};
    bench_open(&b, 44);
    run(&b, 0.1, NULL);
    double least = 0.0, most = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        least = fmin(least, draws[0][i]);
        most = fmax(most, draws[0][i]);
        draws[1][i] = draws[0][i] < 0.0;
    }
    assert_true(mean_error(draws[1], DRAWS, 0.5) < Z_BOUND);
    assert_true(least < -5.0 && most > 5.0);
    bench_close(&b);
}

/* On N(0, I_5) few transitions stay where they are: weights are not capped at
 * the start's. */
static void test_moves(void **state)
{
    (void)state;
    struct bench b = {.probe = {.size = 5, .formula = scaled}};
    for (int i = 0; i < 5; i++) b.probe.scales[i] = 1.0;
    bench_open(&b, 45);
    run(&b, 0.6, NULL);
    int same = 0;
    for (int i = 1; i < DRAWS; i++) same += draws[0][i] == draws[0][i - 1];
    assert_true(same < DRAWS / 20);
    bench_close(&b);
}

/* ---- time, limits, faults ------------------------------------------------------ */

/* A step of the other sign swaps the two ends of all trees. From the mirror
 * image of the start that is the mirror image of the chain, to the bit. */
static void test_mirrored(void **state)
{
    (void)state;
    struct bench b = {.probe = {.size = 3, .formula = correlated}}, c = b;
    b.probe.correlation = c.probe.correlation = 0.9;
    bench_open(&b, 51);
    bench_open(&c, 51);
    struct trajectory t, u;
    double q[3] = {0.5, -1.0, 0.2}, mirrored[3] = {-0.5, 1.0, -0.2};
    assert_true(points_place(&b.nuts.points, &b.density, q));
    assert_true(points_place(&c.nuts.points, &c.density, mirrored));
    for (int i = 0; i < 200; i++) {
        bench_step(&b, 0.3, &t);
        bench_step(&c, -0.3, &u);
        assert_int_equal(t.leapfrogs, u.leapfrogs);
        assert_true(t.accept_stat == u.accept_stat);
        for (int k = 0; k < 3; k++)
            assert_true(b.nuts.points.here->q[k] == -c.nuts.points.here->q[k]);
    }
    bench_close(&b);
    bench_close(&c);
}

static void test_depth_limit(void **state)
{
    (void)state;
    struct probe probe = {.size = 1, .formula = scaled, .scales = {1.0}};
    struct density d = density_of(&probe);
    struct metric m;
    struct random random;
    struct trajectory t;
    double origin = 0.0;
    random_seed(&random, 47);
    assert_true(metric_open(&m, METRIC_UNIT, 1));
    for (unsigned depth = 1; depth <= 7; depth += 3) {
        struct nuts n;
        assert_true(nuts_open(&n, 1, depth));
        assert_true(points_place(&n.points, &d, &origin));
        nuts_step(&n, &d, &m, 1e-4, &random, &t);
        assert_int_equal(t.depth, depth);
        assert_int_equal(t.leapfrogs, (1 << depth) - 1);
        assert_false(t.divergent);
        nuts_close(&n);
    }
    metric_close(&m);
}

/* Whatever goes wrong in the k-th leapfrog ends the trajectory there; it is
 * counted, and the chain goes on in a place that it had reached before. */
static void test_faults(void **state)
{
    (void)state;
    for (int fault = 0; fault < FAULTS; fault++)
        for (uint64_t at = 2; at < 60; at++) {
            struct bench b = {.probe = {.size = 3, .formula = scaled}};
            for (int i = 0; i < 3; i++) b.probe.scales[i] = 1.0;
            b.probe.fault = fault;
            b.probe.fails_at = at;
            bench_open(&b, 48);
            struct trajectory t;
            double q[3] = {0.1, 0.2, 0.3};
            int divergent = 0;
            assert_true(points_place(&b.nuts.points, &b.density, q));
            for (int i = 0; i < 30; i++) {
                bench_step(&b, 0.3, &t);
                divergent += t.divergent;
                assert_true(isfinite(b.nuts.points.here->log_density));
                assert_true(isfinite(t.energy) && isfinite(t.accept_stat));
                for (int k = 0; k < 3; k++)
                    assert_true(isfinite(b.nuts.points.here->q[k]));
                if (!t.divergent) continue;
                assert_int_equal(b.probe.calls, at);
                assert_true(t.divergence && isfinite(t.divergence[0]));
            }
            assert_int_equal(divergent, 1);
            bench_close(&b);
        }
}

static bool half_line(const struct probe *p, const double *q, double *l,
                      double *g)
{
    return scaled(p, q, l, g) && q[0] > 0.0;
}

/* A density that is 0 beyond an edge: half a normal. Its edge costs
 * divergences, no correctness. */
static void test_edge(void **state)
{
    (void)state;
    struct bench b = {.probe = {.size = 1, .formula = half_line}};
    b.probe.scales[0] = 1.0;
    bench_open(&b, 49);
    struct trajectory t;
    int divergent = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = fabs(random_normal(&b.random));
        assert_true(points_place(&b.nuts.points, &b.density, &x));
        bench_step(&b, 0.4, &t);
        divergent += t.divergent;
        uniforms[0][i] = 2.0 * normal_cdf(b.nuts.points.here->q[0]) - 1.0;
        skews[i] = skewed(x, b.nuts.points.here->q[0]);
    }
    judge(uniforms[0], skews);
    assert_true(divergent > DRAWS / 10);
    double outside = -1.0;
    assert_false(points_place(&b.nuts.points, &b.density, &outside));
    bench_close(&b);
}

/* One gradient a leapfrog, and none to begin with. */
static void test_gradients(void **state)
{
    (void)state;
    struct bench b = {.probe = {.size = 2, .formula = banana}};
    bench_open(&b, 50);
    struct trajectory t;
    double q[2] = {0.0};
    uint64_t leapfrogs = 0;
    assert_true(points_place(&b.nuts.points, &b.density, q));
    b.probe.calls = 0;
    for (int i = 0; i < 100; i++) {
        bench_step(&b, 0.2, &t);
        leapfrogs += t.leapfrogs;
        double fresh[2], l;
        banana(&b.probe, b.nuts.points.here->q, &l, fresh);
        assert_memory_equal(fresh, b.nuts.points.here->gradient, sizeof fresh);
        assert_true(l == b.nuts.points.here->log_density);
    }
    assert_int_equal(b.probe.calls, leapfrogs);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recursion),
        cmocka_unit_test(test_exact_gumbel),
        cmocka_unit_test(test_exact_banana),
        cmocka_unit_test(test_scales),
        cmocka_unit_test(test_correlated),
        cmocka_unit_test(test_banana),
        cmocka_unit_test(test_funnel),
        cmocka_unit_test(test_moves),
        cmocka_unit_test(test_mirrored),
        cmocka_unit_test(test_depth_limit),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_edge),
        cmocka_unit_test(test_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
