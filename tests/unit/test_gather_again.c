/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A gathering that is asked again after others have moved, against one that is
 * made then: where it says that it is good still, its log density and gradient
 * at random coordinates are those of a fresh one: to the bit of one that was
 * told the same things, and but for rounding of one that was told nothing and
 * has no pointers. Programs have labels of every make, and things that a
 * gathering must not outlive.
 */
#include <math.h>

#include "gather_open.h"

enum { ROUNDS = 60, NUMBERS_MOST = 100 };

#define DATA "(range 0 30)"
#define Y                                                            \
    "'(1 2 -1 0.5 3 3 3 -2 0 1 2 -1 0.5 3 3 3 -2 0 1 2 -1 0.5 3 3 3" \
    " -2 0 1 4 5)"

static const struct mixed {
    const char *text;
    /* How many of the rounds, at least, it must stand; and how many it must
     * not, for something came and went. */
    int stands, falls;
} programs[] = {
    /* Means by mem, by an array, by a list, by tests. */
    {"ASSUME mu (mem (lambda (k) (normal 0 5)))\n"
     "ASSUME z (mem (lambda (i) (uniform-discrete 0 2)))\n"
     "ASSUME sd (half (normal 0 2))\n"
     "OBSERVE-EACH ((lambda (i) (normal (mu (z i)) sd)) " DATA ") " Y,
     40, 0},
    {"ASSUME mu (iid 3 (normal 0 5))\nASSUME th (dirichlet '(1 1 1))\n"
     "ASSUME sd (iid 3 (half (normal 0 2)))\n"
     "ASSUME z (mem (lambda (i) (categorical th)))\n"
     "OBSERVE-EACH ((lambda (i) (normal (mu (z i)) (sd (z i)))) " DATA ") " Y,
     40, 0},
    {"ASSUME mus (map (lambda (i) (normal 0 (+ i 1))) (iota 3))\n"
     "ASSUME z (map (lambda (i) (uniform-discrete 0 2)) " DATA ")\n"
     "ASSUME nu (gamma 4 2)\n"
     "OBSERVE-EACH ((lambda (k) (student-t nu (list-ref mus k) 1)) z) " Y,
     40, 0},
    {"ASSUME a (normal 0 3)\nASSUME b (normal 3 3)\nASSUME p (beta 2 2)\n"
     "ASSUME z (map (lambda (i) (flip p)) " DATA ")\n"
     "OBSERVE-EACH ((lambda (k) (normal (if k a b) (if k 1 (exp a)))) z) " Y,
     20, 0},
    /* A chain of states, whose matrix moves. */
    {"ASSUME t (map (lambda (i) (dirichlet '(2 2 2))) (iota 3))\n"
     "ASSUME mu (iid 3 (normal 0 5))\n"
     "ASSUME z (mem (lambda (i) (if (= i 0) (uniform-discrete 0 2)"
     " (categorical (list-ref t (z (- i 1)))))))\n"
     "OBSERVE-EACH ((lambda (i) (normal (mu (z i)) 1)) " DATA ") " Y,
     30, 0},
    /* A label of labels. */
    {"ASSUME mu (mem (lambda (k) (normal 0 5)))\n"
     "ASSUME g (mem (lambda (k) (uniform-discrete 0 1)))\n"
     "ASSUME z (mem (lambda (i) (uniform-discrete 0 3)))\n"
     "OBSERVE-EACH ((lambda (i) (normal (mu (g (z i))) 1)) " DATA ") " Y,
     20, 0},
    /* Tables that come and go. */
    {"ASSUME crp (make-crp 1.5)\nASSUME mu (mem (lambda (k) (normal 0 5)))\n"
     "ASSUME z (mem (lambda (i) (crp)))\nASSUME sd (gamma 2 1)\n"
     "OBSERVE-EACH ((lambda (i) (normal (mu (z i)) sd)) " DATA ") " Y,
     5, 2},
    /* One side is no matter of the scope. */
    {"ASSUME mu (normal 0 5)\nASSUME z (mem (lambda (i) (flip 0.5)))\n"
     "OBSERVE-EACH ((lambda (i) (normal (if (z i) mu 1) 2)) " DATA ") " Y,
     5, 5},
    /* One is a number that was worked out. */
    {"ASSUME mu (normal 0 5)\nASSUME k (mem (lambda (i) (uniform-discrete 0 "
     "1)))\n"
     "ASSUME f (mem (lambda (i) (* 1.0 i)))\nASSUME ms (vector (f 1) mu)\n"
     "OBSERVE-EACH ((lambda (i) (normal (vector-ref ms (k i)) 1)) " DATA ") " Y,
     0, 5},
    /* Who begins to read the scope stops reading something else, in the same
     * place among what it reads. */
    {"ASSUME mu (normal 0 5)\nASSUME n (poisson 2)\n"
     "ASSUME z (mem (lambda (i) (flip 0.3)))\nOBSERVE (normal mu 3) 1\n"
     "OBSERVE-EACH ((lambda (i) (normal (if (z i) mu n) 2)) " DATA ") " Y,
     5, 1},
    {"ASSUME a (normal 0 5)\nASSUME n (poisson 2)\n"
     "ASSUME z (flip 0.5)\nASSUME w (flip 0.5)\nOBSERVE (normal a 3) 1\n"
     "ASSUME b (if (if z w false) a n)\n"
     "OBSERVE (normal (* 2 b) 2) 1\nOBSERVE (poisson (exp b)) 2",
     0, 0},
    /* Numbers that enter as such. */
    {"ASSUME n (poisson 3)\nASSUME mu (normal n 2)\n"
     "ASSUME x (uniform-discrete 1 4)\nOBSERVE (normal (* x mu) 1) 3\n"
     "OBSERVE (poisson (exp (- mu n))) 2",
     0, 5},
    /* Shapes. */
    {"ASSUME n (uniform-discrete 2 4)\nASSUME x (iid n (normal 0 1))\n"
     "ASSUME s (gamma 2 1)\nOBSERVE (normal (sum x) s) 2\n",
     0, 5},
    /* Centred by a label. */
    {"ASSUME m (iid 2 (normal 0 5))\nASSUME z (mem (lambda (i) (flip 0.5)))\n"
     "ASSUME s (gamma 2 1)\n"
     "ASSUME x (mem (lambda (i) (normal (m (if (z i) 0 1)) s)))\n"
     "OBSERVE-EACH ((lambda (i) (normal (x i) 1)) (range 0 6)) '(1 2 3 4 0 1)",
     10, 0},
    {"ASSUME mu (mem (lambda (k) (normal 0 5)))\nASSUME s (gamma 2 1)\n"
     "ASSUME z (mem (lambda (i) (uniform-discrete 0 1)))\n"
     "ASSUME x (mem (lambda (i) (normal (mu (z i)) s)))\n"
     "OBSERVE-EACH ((lambda (i) (normal (x i) 1)) (range 0 6)) '(1 2 3 4 0 1)",
     5, 0},
    {"ASSUME n (uniform-discrete 2 4)\nASSUME m (normal 0 1)\n"
     "ASSUME x (iid n (normal m 1))\nOBSERVE (normal (sum x) 1) 2",
     0, 2},
    /* Results of procedures; lengths. */
    {"ASSUME mu (mem (lambda (k) (normal 0 5)))\n"
     "ASSUME z (mem (lambda (i) (uniform-discrete 0 2)))\n"
     "ASSUME f (mem (lambda (i) (* 2 (mu (z i)))))\n"
     "OBSERVE-EACH ((lambda (i) (normal (f i) 1)) " DATA ") " Y,
     20, 0},
    {"ASSUME mu (normal 0 5)\nASSUME n (uniform-discrete 1 4)\n"
     "ASSUME v (iid n (flip 0.5))\nOBSERVE (normal (* mu (length v)) 1) 2",
     0, 2},
    /* A factor, and a condition on labels alone. */
    {"ASSUME mu (iid 2 (normal 0 5))\nASSUME z (mem (lambda (i) (flip 0.5)))\n"
     "factor (- (square (- (mu (if (z 1) 0 1)) 2)))\n"
     "factor (if (z 2) 0.5 0)\n"
     "OBSERVE (normal (mu (if (z 2) 0 1)) 1) 2\n"
     "OBSERVE (normal (mu (if (z 2) 1 0)) 1) 3",
     0, 2},
    /* What is observed is chosen. */
    {"ASSUME a (mem (lambda (k) (normal k 2)))\nASSUME z (flip 0.3)\n"
     "ASSUME w (flip 0.5)\n"
     "OBSERVE (normal (+ (a 0) (a 1)) 1) 3\n"
     "OBSERVE (if z (normal (a 0) 1) (normal (a 1) (if w 1 2))) 0.5",
     0, 2},
};

static double dice(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (double)(*state >> 33) / (double)(1u << 31) - 0.5;
}

static bool alike(double a, double b)
{
    return fabs(a - b) < 1e-10 * (1.0 + fabs(a));
}

/* At random coordinates. Where no label is without a datum, and both know the
 * same, the density is the same to the bit. */
static void compare(struct gathering *a, struct gathering *b, uint64_t *seed,
                    const char *text)
{
    uint32_t n = a->density->size;
    bool exact = a->density->slots == b->density->slots &&
                 a->density->seat_count == b->density->seat_count;
    double q[NUMBERS_MOST], x, y, by[NUMBERS_MOST], other[NUMBERS_MOST];
    assert_int_equal(n, b->density->size);
    assert_true(a->structure == b->structure);
    for (int point = 0; point < 3; point++) {
        for (uint32_t i = 0; i < n; i++) q[i] = 3.0 * dice(seed);
        enum tape_answer one = tape_run(a->density, q, &x, by);
        assert_int_equal(one, tape_run(b->density, q, &y, other));
        if (one == TAPE_GUARDED) continue;
        if (exact ? x != y : !alike(x, y))
            fail_msg("density %.17g, and fresh %.17g\n%s", x, y, text);
        if (one != TAPE_FINE) continue;
        for (uint32_t i = 0; i < n; i++)
            if (!alike(by[i], other[i]))
                fail_msg("gradient %u: %.17g, and fresh %.17g\n%s", i, by[i],
                         other[i], text);
    }
}

static struct gathering fresh(struct engine *e, struct scope *scope,
                              const struct gather_plan *plan, const char *text)
{
    struct gathering g;
    struct span place;
    char why[200];
    if (gather(e, scope, plan, &g, why, sizeof why, &place) != GATHER_FINE)
        fail_msg("%s %s\n%s", why, e->machine->error.message, text);
    return g;
}

static double in_the_middle(void *context, const struct gather_block *k,
                            uint32_t i)
{
    (void)context;
    (void)k;
    return i % 2 ? 0.25 : 0.5;
}

struct both { /* scanned */
    struct gathering kept;
    struct gather_turns turns;
    struct gather_plan plan;
};

/* Some of the discrete choices move, now and then anything. */
static void move(struct engine *e, struct scope *discrete, int round)
{
    struct transition_counts counts = {0};
    bool ok =
        round % 7 == 3
            ? e->op->transition(e, 3, &counts)
            : e->op->transition_in(e, discrete, (uint64_t)(round % 5), &counts);
    assert_true(ok);
}

static void stands_rightly(const struct mixed *p, uint64_t seed, bool centring)
{
    struct session *s = open_with(p->text, seed);
    struct engine *e = s->engine;
    struct scope *scope = scope_new(), *discrete = scope_new();
    struct both *b = memory_new(sizeof *b);
    struct gather_plan told_nothing = {0};
    int stood = 0;
    discrete->nodes[0] = (struct scope_node){.test = SCOPE_DISCRETE};
    discrete->count = 1;
    discrete->blocks_of = V_UNBOUND;
    assert_true(e->op->scope_open(e, discrete));
    b->turns.asked = true;
    if (centring) told_nothing.centring = in_the_middle;
    b->plan = told_nothing;
    b->plan.turns = &b->turns;
    b->kept = gather_all(s, scope, &b->plan, p->text);
    for (int round = 0; round < ROUNDS; round++) {
        bool other;
        assert_true(e->op->scope_look(e, discrete));
        move(e, discrete, round);
        assert_true(e->op->scope_look(e, scope));
        bool good = gathering_again(&b->kept, e, &other);
        if (!good) gathering_close(&b->kept);
        if (!good) b->kept = fresh(e, scope, &b->plan, p->text);
        stood += good;
        struct gathering now = fresh(e, scope, &b->plan, p->text);
        struct gathering plain = fresh(e, scope, &told_nothing, p->text);
        compare(&b->kept, &now, &seed, p->text);
        compare(&b->kept, &plain, &seed, p->text);
        gathering_close(&now);
        gathering_close(&plain);
    }
    if (!centring && (stood < p->stands || stood > ROUNDS - p->falls))
        fail_msg("stood %d times of %d\n%s", stood, ROUNDS, p->text);
    gathering_close(&b->kept);
    memory_free(b);
    e->op->scope_close(e, scope);
    e->op->scope_close(e, discrete);
    scope_free(scope);
    scope_free(discrete);
    session_close(s);
}

static void as_one_that_is_fresh(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        for (uint64_t seed = 1; seed < 3; seed++)
            for (int centring = 0; centring < 2; centring++)
                stands_rightly(&programs[i], seed, centring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_one_that_is_fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
