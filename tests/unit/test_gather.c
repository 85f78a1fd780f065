/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The density that is gathered from a trace, against what the engine says of
 * the same state: at many coordinates the tape's log density, less that at
 * the first of them, is the engine's log score, less that at the first, with
 * the log of the Jacobian determinant of numbers by coordinates, worked out
 * here by differences. And back: coordinates of the state that was written
 * are those that it was written from. And what is lent shows the values and
 * the score that are there when it is written.
 */
#include <gsl/gsl_linalg.h>
#include <math.h>

#include "gather_open.h"

enum { POINTS = 5, NUMBERS_MOST = 400 };

/* A number around what is made of those before, each of them observed. */
#define WALK(location, steps)                                              \
    "ASSUME s (half (normal 0 1))\n"                                       \
    "ASSUME h (mem (lambda (t) (if (< t 2) (normal 0 1) (normal " location \
    " s))))\nOBSERVE (normal (sum (map h (iota " steps "))) 2) 3\n"        \
    "OBSERVE-EACH (normal (map h (iota " steps ")) 2) (iota " steps ")\n"

static const char *const programs[] = {
    "ASSUME x (normal 1 2)\n",
    "ASSUME z (iid 4 (normal 0 1))\n"
    "ASSUME l (map (lambda (x) (exp x)) (rest (vector->list z)))\n"
    "ASSUME s (fold + 0 (take (reverse (vector->list (* 2 z))) 2))\n"
    "OBSERVE (normal (+ s (sum l)) 1) 2\n",
    "ASSUME x (normal 1 2)\nOBSERVE (normal (* x x) 1) 3\n"
    "OBSERVE (normal (exp x) 1) 3\n",
    "ASSUME m (normal 0 5)\nASSUME s (half (cauchy 0 5))\n"
    "ASSUME z (iid 8 (normal 0 1))\nASSUME t (+ m (* s z))\n"
    "OBSERVE-EACH (normal t #(15 10 16 11 9 11 10 18))"
    " #(28 8 -3 7 -1 1 18 12)\n",
    /* States of which each goes on from the one before. */
    "ASSUME a (beta 2 2)\nASSUME s (half (normal 0 1))\n"
    "ASSUME e (iid 12 (normal 0 1))\nASSUME h (scan (lambda (h e)"
    " (+ (* a h) (* s e))) (/ s (sqrt (- 1 (* a a)))) e)\n"
    "OBSERVE (each (normal 0 (exp (/ h 2))))"
    " #(1 -2 0.3 1 2 0.1 0 -1 3 0.5 1 2 1)\n",
    "ASSUME a (gamma 2 3)\nASSUME b (inverse-gamma 3 a)\n"
    "ASSUME c (exponential (+ a b))\nASSUME d (lognormal c (sqrt b))\n"
    "ASSUME e (weibull a d)\nASSUME f (pareto a 2)\n",
    "ASSUME p (beta 2 3)\nASSUME q (uniform p 4)\nASSUME r (uniform -3 q)\n"
    "OBSERVE (flip p) true\nOBSERVE (binomial 9 p) 4\nOBSERVE (poisson q) 3\n"
    "OBSERVE (geometric p) 2\n",
    "ASSUME w (dirichlet #(1 2 3 4))\nASSUME k (categorical w)\n"
    "OBSERVE (categorical w) 2\nOBSERVE (categorical (w 1) (w 2) 0.3) 1\n"
    "ASSUME v (symmetric-dirichlet 2 3)\n",
    "ASSUME o (ordered (iid 3 (normal 0 2)))\n"
    "ASSUME u (positive-ordered (each (normal #(3 10) 1)))\n"
    "OBSERVE (ordered-logistic (u 0) o) 1\n"
    "OBSERVE (ordered-logistic (u 1) o) 3\n"
    "OBSERVE (ordered-logistic (u 1) o) 0\n",
    "ASSUME l (lkj-corr-cholesky 3 2)\nOBSERVE"
    " (multivariate-normal-cholesky #(0 1 2) l) #(1 1 0)\n",
    "ASSUME c (wishart 5 (identity-matrix 3))\n"
    "OBSERVE (multivariate-normal #(0 0 0) c) #(1 -1 2)\n",
    "ASSUME c (inverse-wishart 6 (identity-matrix 2))\n"
    "ASSUME g (gaussian-random-walk 5 0.3 1)\n"
    "OBSERVE (student-t 4 (g 4) (c 0 0)) 2\n",
    "ASSUME mu (iid 2 (normal 0 2))\nASSUME s (iid 2 (half (normal 0 2)))\n"
    "ASSUME th (beta 5 5)\nOBSERVE-EACH (mixture (vector th (- 1 th))"
    " (normal (mu 0) (s 0)) (normal (mu 1) (s 1))) #(1 2 -1 0.5 3 3 3)\n",
    "ASSUME m (normal 0 1)\nASSUME x (truncated (normal m 2) 0 3)\n"
    "ASSUME y (truncated (normal m 2) m inf)\n"
    "ASSUME z (truncated (gamma 2 1) 1 4)\nOBSERVE (half (normal m x)) 1\n"
    "OBSERVE (censored (normal m x) -1 1) 1\n",
    /* By the family's own functions. */
    "ASSUME k (gamma 2 1)\nASSUME a (von-mises 1 k)\n"
    "OBSERVE (von-mises a k) 2\nOBSERVE (beta-binomial 10 k 2) 3\n",
    "ASSUME z (flip)\nASSUME m (if z (normal 0 1) (normal 10 1))\n"
    "OBSERVE (normal m 1) 4\nOBSERVE (normal (if z m 3) 1) 4\n",
    "ASSUME x (normal 1 1)\n"
    "OBSERVE (if (< x 0) (normal x 1) (normal (* 2 x) 1)) 3\n",
    "ASSUME mus (map (lambda (i) (normal 0 (+ i 1))) (iota 4))\n"
    "ASSUME z (lambda (i) (list-ref mus (modulo i 4)))\n"
    "ASSUME f (mem (lambda (i) (normal (z i) 1)))\n"
    "OBSERVE (normal (f 1) 1) 2\nOBSERVE (normal (f 2) 1) 2\n"
    "OBSERVE (normal (f 1) 1) 1\n",
    /* Of one operand, and of several that no coordinate moves. */
    "ASSUME x (normal 1.3 0.1)\nASSUME y (exponential 1)\n"
    "OBSERVE (normal (+ (* 2 3 x) (- 7 2 x) (max 1 2 x) (max y) (min 9 y 8)"
    " (log 8 (+ y 1.5)) (log y 10) (log-sum-exp 1 2 x) (log-sum-exp y) (lbeta "
    "2 y))"
    " 2) 3\n"
    "OBSERVE (normal (+ (mod x 0.4) (mod (- x) y) (remainder (- x) 0.4)"
    " (* x (quotient (* 7 x) 3)) (* y (round (* 3.3 x))) (round (- y))) 2) 3\n"
    "OBSERVE-EACH (normal (mod (vector x 5 (- y)) #(2 1 3)) (exp x)) #(1 0 2)\n"
    "OBSERVE (flip (if (soft-equal x y 0.5) (inv-logit x) 0.4)) true\n",
    /* Parts of arrays and lists. */
    "ASSUME a (iid 9 (normal 0 1))\nASSUME l (list (a 0) 2 (a 1) (a 2))\n"
    "OBSERVE (normal (+ (first a) (* 2 (second a)) (* 3 (third a))"
    " (* 5 (fourth a)) (* 7 (fifth a)) (* 11 (sixth a)) (* 13 (seventh a))"
    " (* 17 (last a)) (* 19 (list-elt a 8))) 3) 3\n"
    "OBSERVE (normal (+ (car l) (* 3 (caddr l)) (* 5 (cadddr l))"
    " (* 7 (cadr a)) (* 11 (caddr a)) (* 13 (cadddr a))) 3) 3\n"
    "ASSUME w #(1 3 4 7 11 18)\n"
    "OBSERVE (normal (+ (dot (cddr a) (append w (vector 29))) (dot (cdddr a) w)"
    " (dot (rest a) (vector-append w #(2 3)))"
    " (dot (sublist a 2 5) #(2 3 4)) (dot (head a) w)"
    " (dot (head a 2) #(5 6)) (dot (butlast a) (vector-append w #(9 4))))"
    " 3) 3\n"
    "OBSERVE (normal (+ (dot (make-vector 3 (a 3)) #(1 2 3))"
    " (dot (second (zip a w)) #(2 3)) (dot (last (zip w a a)) #(2 3 4)))"
    " 3) 3\n",
    /* A long chain: cuts. */
    "ASSUME a (normal 0 1)\nASSUME s (half (normal 0 1))\n"
    "ASSUME h (lambda (n x) (if (= n 0) x (h (- n 1) (+ a (* 0.9 x)))))\n"
    "OBSERVE (normal (h 300 s) 1) 3\n",
    "ASSUME a (normal 0 1)\nfactor (- (* -2 a a) (log (+ 1 (exp a))))\n"
    "(condition (< a 100))\n",
    "ASSUME t1 (dirichlet #(1 1))\nASSUME t2 (dirichlet #(1 1))\n"
    "ASSUME mu (positive-ordered (each (normal #(3 10) 1)))\n"
    "(factor (hmm-marginal (matrix (list"
    " (* -0.5 (square (- #(3 4 9 10) (mu 0))))"
    " (* -0.5 (square (- #(3 4 9 10) (mu 1))))))"
    " (matrix (list t1 t2)) #(0.5 0.5)))\n"
    "(factor (log-density (normal (mu 0) 2) (mu 1)))\n",
    "ASSUME r (gamma 25 0.25)\nASSUME al (half (normal 0 2))\n"
    "ASSUME cov (+ (* al al (exp (/ (matrix (list #(0 1 4) #(1 0 1)"
    " #(4 1 0))) (* -2 r r)))) (* 0.1 (identity-matrix 3)))\n"
    "OBSERVE (multivariate-normal #(0 0 0) cov) #(1 2 0)\n",
    "ASSUME b (iid 3 (flat))\nASSUME s (flat-positive)\n"
    "ASSUME q (flat-interval 0 (+ 1 s))\n"
    "OBSERVE-EACH (normal (+ (b 0) (matmul (matrix (list #(1 2) #(3 4)"
    " #(0 1))) (drop b 1)) (* q 2)) s) #(1 2 3)\n",
    "ASSUME a (logistic 0 1)\nASSUME b (laplace a 2)\nASSUME c (gumbel b 1)\n"
    "ASSUME d (skew-normal c 1 a)\nASSUME e (cauchy d 1)\n"
    "ASSUME f (student-t 3 e 2)\nASSUME g (logit-normal a 1)\n"
    "ASSUME h (kumaraswamy 2 3)\nASSUME i (beta-proportion h 4)\n"
    "ASSUME j (half-student-t 3 2)\nASSUME k (half-cauchy 2)\n"
    "ASSUME l (half-normal 2)\nASSUME m (chi-squared 3)\n"
    "ASSUME n (rayleigh 2)\nASSUME o (frechet 3 l)\n"
    "ASSUME p (inverse-gaussian l m)\n",
    "ASSUME l (normal 0 1)\nOBSERVE (poisson-log l) 3\n"
    "OBSERVE (bernoulli-logit l) true\nOBSERVE (bernoulli-logit l) 0\n"
    "OBSERVE (binomial-logit 5 l) 2\nOBSERVE (neg-binomial-2-log l 3) 2\n"
    "OBSERVE (neg-binomial-2 (exp l) (exp l)) 2\n"
    "OBSERVE (negative-binomial (exp l) 0.3) 2\n"
    "OBSERVE (categorical-logit #(1 2 3)) 2\n"
    "OBSERVE (categorical-logit (vector l 1 (* 2 l))) 2\n",
    "ASSUME b (iid 2 (normal 0 1))\nASSUME w (dirichlet #(1 1 1))\n"
    "OBSERVE-EACH (bernoulli-logit (+ (b 0) (* (b 1) (matrix (list #(1 2 3)"
    " #(4 5 6)))))) (matrix (list #(1 0 1) #(0 0 1)))\n"
    "OBSERVE-EACH (normal (b 0) #(1 2 3)) (matrix (list #(1 0 1) #(0 0 1)))\n"
    "OBSERVE-EACH (categorical w) #(0 2 1 1)\n"
    "OBSERVE-EACH (categorical (matrix (list w #(1 2 3)))) #(0 2)\n"
    "OBSERVE-EACH (flip (w 0)) (list true false true)\n"
    "OBSERVE-EACH (ordered-logistic b #(0 1)) #(2 1)\n"
    "OBSERVE-EACH (truncated (normal b 1) 0 3) #(2 1)\n",
    /* Differential equations. */
    "ASSUME a (lognormal 0 0.1)\nASSUME z0 (half (normal 1 0.1))\n"
    "ASSUME z (ode-rk45 (lambda (t z) (- (* a z (+ 1 t)))) z0 0"
    " #(0 0.5 1 2) 1e-11 1e-11)\n"
    "OBSERVE-EACH (normal z 0.1) #(1 0.6 0.4 0.1)\n",
    "ASSUME k (each (lognormal (log #(0.5 0.02 0.8 0.03)) 0.1))\n"
    "ASSUME s0 (iid 2 (lognormal 3 0.1))\n"
    "ASSUME z (ode-rk45 (lambda (t z) (vector"
    " (* (z 0) (- (k 0) (* (k 1) (z 1))))"
    " (* (z 1) (- (* (k 3) (z 0)) (k 2))))) s0 0 (list 0.1 0.2 0.3)"
    " 1e-11 1e-11)\n"
    "OBSERVE-EACH (lognormal (log z) 0.2)"
    " (matrix (list #(20 15) #(15 12) #(12 11)))\n",
    "ASSUME k (lognormal 1 0.1)\n"
    "ASSUME z (ode-bdf (lambda (t z) (vector (- (* 10 k (- (z 0) (cos t))))"
    " (- (z 0) (z 1)))) #(0 1) 0 #(0.5 1.5) 1e-12 1e-12)\n"
    "OBSERVE (normal (z 1 1) 0.1) 0.5\nOBSERVE (normal (z 0 0) 0.1) 0.5\n",
    /* What is in urns. */
    "ASSUME a (gamma 2 1)\nASSUME c (beta-binomial/make a (* 2 a))\n"
    "ASSUME m (normal 0 1)\nASSUME n (normal-inverse-gamma/make m 1 a 2)\n"
    "ASSUME k (CRP/make a)\nASSUME g (gamma-poisson/make a 2)\n"
    "OBSERVE (c) true\nOBSERVE (c) true\nOBSERVE (c) false\n"
    "OBSERVE (n) 1.5\nOBSERVE (n) 2.5\nOBSERVE (g) 3\n"
    "ASSUME t (list (k) (k) (k))\n",
    /* Control flow looks at arrays and numbers. */
    "ASSUME xs (iid 4 (normal 0 1))\n"
    "ASSUME s (fold (lambda (x sum) (+ sum (* x x))) 0 xs)\n"
    "OBSERVE (normal s 1) 2\n"
    "OBSERVE-EACH (normal (map (lambda (x) (exp x)) xs) 1) #(1 2 3 4)\n",
    "ASSUME x (normal 0.3 0.1)\n"
    "ASSUME f (lambda (n y) (if (= n 0) y (f (- n 1)"
    " (if (> y 0.5) (* 2 (- 1 y)) (* 2 y)))))\n"
    "OBSERVE (normal (f 6 x) 0.5) 0.7\n",
    "ASSUME t1 (dirichlet #(1 1))\nASSUME t2 (dirichlet #(1 1))\n"
    "ASSUME mu (positive-ordered (each (normal #(3 10) 1)))\n"
    "define y #(3 4 9 10 11)\n"
    "ASSUME em (transpose (matrix (list (* -0.5 (square (- y (mu 0))))"
    " (* -0.5 (square (- y (mu 1)))))))\n"
    "ASSUME fw (scan (lambda (g e) (vector"
    " (+ (e 0) (log-sum-exp (+ (g 0) (log (t1 0))) (+ (g 1) (log (t2 0)))))"
    " (+ (e 1) (log-sum-exp (+ (g 0) (log (t1 1))) (+ (g 1) (log (t2 1)))))"
    ")) (em 0) (drop em 1))\n"
    "(factor (log-sum-exp ((fw 4) 0) ((fw 4) 1)))\n",
    "ASSUME a (beta 2 2)\n"
    "ASSUME f (scan (lambda (g e) (vector (+ (* a (g 0)) e)"
    " (* (- 1 a) (g 1)))) (vector a 1) (iota 30))\n"
    "OBSERVE (normal ((f 30) 0) 1) 3\nOBSERVE (normal ((f 30) 1) 1) 3\n",
    /* Around locations that move, and by such scales. */
    "ASSUME m (normal 0 1)\nASSUME s (half (normal 0 1))\n"
    "ASSUME a (normal m s)\nASSUME b (student-t 4 m s)\n"
    "ASSUME c (cauchy m s)\nASSUME d (laplace 1 s)\n"
    "ASSUME e (logistic m 2)\nASSUME f (gumbel m s)\n"
    "ASSUME g (skew-normal m s 2)\nASSUME h (lognormal m s)\n"
    "ASSUME i (normal m)\nASSUME j (lognormal m)\n"
    "OBSERVE-EACH (normal (+ a b c d e f g i) 1) #(1 2)\n",
    "ASSUME s (gamma 3 1)\nASSUME a (half-normal s)\n"
    "ASSUME b (half-cauchy s)\nASSUME c (half-student-t 3 s)\n"
    "ASSUME d (exponential s)\nASSUME e (gamma 2 s)\n"
    "ASSUME f (inverse-gamma 2 s)\nASSUME g (weibull 2 s)\n"
    "ASSUME h (frechet 3 s)\nASSUME i (rayleigh s)\n"
    "ASSUME j (each (half-normal (vector s a 2)))\n"
    "OBSERVE (normal (+ a b c d e f g h i) 1) 12\n",
    "ASSUME m (normal 0 1)\nASSUME s (iid 3 (lognormal m 0.5))\n"
    "ASSUME t (iid 4 (normal m (s 0)))\n"
    "ASSUME u (each (normal #(1 2 3) s))\n"
    "ASSUME v (each (student-t 3 u (vector 1 (s 1) (exp m))))\n"
    "ASSUME x (each (normal (matrix (list u s)) 1))\n"
    "OBSERVE-EACH (normal (drop t 1) 1) #(1 2 3)\n",
    /* Vectors around means that move, and by such covariances. */
    "ASSUME m (iid 3 (normal 0 1))\nASSUME t (iid 3 (lognormal 0 0.5))\n"
    "ASSUME l (lkj-corr-cholesky 3 2)\n"
    "ASSUME f (matmul (diag t) l)\n"
    "ASSUME b (mem (lambda (i) (multivariate-normal-cholesky m f)))\n"
    "OBSERVE-EACH (normal (b 0) 1) #(1 2 0)\n"
    "OBSERVE-EACH (normal (b 1) 1) #(1 1 3)\n",
    "ASSUME m (normal 0 1)\nASSUME t (lognormal 0 0.5)\n"
    "ASSUME r (uniform -0.9 0.9)\n"
    "ASSUME c (matrix (list (vector (* t t) (* t r)) (vector (* t r) 1)))\n"
    "ASSUME x (iid 3 (multivariate-normal (list m 1) c))\n"
    "ASSUME y (multivariate-normal (x 2) c)\n"
    "ASSUME z (multivariate-normal #(1 2) c)\n"
    "ASSUME one (multivariate-normal (vector m) (matrix (list (vector t))))\n"
    "OBSERVE-EACH (normal (+ (x 0) y z one) 1) #(3 4)\n",
    /* Their mean alone; a covariance by products. */
    "ASSUME m (iid 4 (normal 0 1))\n"
    "ASSUME x (multivariate-normal m (matrix (list #(1 0.5 0 0) #(0.5 2 0 0)"
    " #(0 0 1 -0.7) #(0 0 -0.7 1))))\n"
    "OBSERVE-EACH (normal x 1) #(1 2 0 3)\n",
    "ASSUME c (wishart 5 (identity-matrix 3))\n"
    "ASSUME x (iid 2 (multivariate-normal #(0 1 2) c))\n"
    "OBSERVE-EACH (normal (x 1) 1) #(1 2 0)\n",
    "ASSUME r (gamma 25 0.25)\nASSUME al (half (normal 0 2))\n"
    "ASSUME cov (+ (* al al (exp (/ (matrix (list #(0 1 4) #(1 0 1)"
    " #(4 1 0))) (* -2 r r)))) (* 0.1 (identity-matrix 3)))\n"
    "ASSUME g (multivariate-normal #(0 0 0) cov)\n"
    "OBSERVE-EACH (poisson-log g) #(1 3 0)\n",
    /* Each from the one before, past the depth to which they are located. */
    "ASSUME t (lognormal 0 0.3)\n"
    "ASSUME h (mem (lambda (i) (if (= i 0) (vector 0 0) (multivariate-normal"
    " (h (- i 1)) (* t (matrix (list #(1 0.4) #(0.4 1))))))))\n"
    "OBSERVE-EACH (normal (h 5) 1) #(1 2)\n",
    /* Arrays in a list, as one choice. */
    "ASSUME m (normal 0 1)\nASSUME s (half (normal 0 1))\n"
    "ASSUME x (iid 3 (iid 2 (normal m s)))\nASSUME u (iid 2 (iid 3 (uniform 2"
    " 5)))\nASSUME e (iid 2 (each (exponential #(1 2 3))))\n"
    "ASSUME p (iid 2 (dirichlet #(1 2 3)))\nASSUME v (iid 2"
    " (multivariate-normal #(1 2) #(#(1 0.5) #(0.5 2))))\n"
    "OBSERVE (normal (+ ((x 1) 0) ((e 1) 2)) 1) 3\n"
    "OBSERVE (categorical (p 1)) 2\n"
    "OBSERVE-EACH (normal (map (lambda (r) (sum r)) x) 1) #(1 2 3)\n",
    "ASSUME m (normal 0 1)\nASSUME s (half (normal 0 1))\n"
    "ASSUME f (mem (lambda (k) (if (= k 0) m (normal (f (- k 1)) s))))\n"
    "OBSERVE (normal (f 9) 1) 3\n"
    "OBSERVE (normal (if (< (f 2) 0) (f 1) (f 3)) 1) 3\n",
    WALK("(h (- t 1))", "14"),
    WALK("(+ (* 0.5 s) (* 0.9 (- (h (- t 1)) 0.5)))", "14"),
    WALK("(- (/ (h (- t 1)) (+ 1 s)))", "14"),
    WALK("(sin (h (- t 1)))", "8"),
    WALK("(+ (h (- t 1)) (* 0.1 (h (- t 2))))", "8"),
    /* The scale of one is another. */
    "ASSUME s (half (normal 0 1))\n"
    "ASSUME v (mem (lambda (t) (normal (if (= t 0) 0 (v (- t 1))) s)))\n"
    "ASSUME h (mem (lambda (t) (normal (if (= t 0) 0 (h (- t 1)))"
    " (exp (v t)))))\n"
    "OBSERVE (each (normal (map h (iota 6)) 2)) #(1 2 3 2 4 5)\n",
};

static bool is_free_coordinate(const struct gather_block *k, uint32_t i)
{
    if (k->space == SPACE_SIMPLEX) {
        uint32_t wide = k->columns ? k->columns : k->rows;
        return i % wide + 1 < wide;
    }
    if (k->space == SPACE_CORRELATION) return i % k->rows < i / k->rows;
    if (k->space == SPACE_DEFINITE) return i % k->rows <= i / k->rows;
    return true;
}

/* Numbers that are free: as many as coordinates. */
static uint32_t free_numbers(const struct gathering *g, const double *all,
                             double *out)
{
    uint32_t n = 0;
    for (uint32_t b = 0; b < g->block_count; b++)
        for (uint32_t i = 0; i < g->blocks[b].numbers; i++)
            if (is_free_coordinate(&g->blocks[b], i))
                out[n++] = all[g->blocks[b].at + i];
    return n;
}

static double log_jacobian(const struct gathering *g, const double *q)
{
    uint32_t n = g->density->size;
    gsl_matrix *m = gsl_matrix_alloc(n, n);
    gsl_permutation *p = gsl_permutation_alloc(n);
    double at[NUMBERS_MOST], all[NUMBERS_MOST], hi[NUMBERS_MOST],
        lo[NUMBERS_MOST];
    int sign;
    memcpy(at, q, n * sizeof *at);
    for (uint32_t k = 0; k < n; k++) {
        double h = 1e-5;
        for (uint32_t i = 0; i < n; i++) gsl_matrix_set(m, i, k, 0.0);
        for (int step = 1; step <= 2; step++) { /* to the fourth order */
            double weight = step == 1 ? 4.0 / 3.0 : -1.0 / 3.0;
            at[k] = q[k] + step * h;
            gathering_numbers(g, at, all);
            assert_int_equal(free_numbers(g, all, hi), n);
            at[k] = q[k] - step * h;
            gathering_numbers(g, at, all);
            free_numbers(g, all, lo);
            for (uint32_t i = 0; i < n; i++)
                gsl_matrix_set(m, i, k,
                               gsl_matrix_get(m, i, k) +
                                   weight * (hi[i] - lo[i]) / (2 * step * h));
        }
        at[k] = q[k];
    }
    gsl_linalg_LU_decomp(m, p, &sign);
    double out = gsl_linalg_LU_lndet(m);
    gsl_matrix_free(m);
    gsl_permutation_free(p);
    return out;
}

/* What gathers are told: nothing, how to centre in each of five ways, or with
 * none that is centred wholly, or to leave out the Jacobian. */
enum { CENTRED = 1, OPEN = 6, OF_NUMBERS, PLANS };

/* All centrings beside each other; the context says which first. */
static double some_centring(void *context, const struct gather_block *k,
                            uint32_t i)
{
    uint32_t way = *(uint32_t *)context, ways = way == OPEN ? 4 : 5;
    return (double)((3 * (k->first + i) + way) % ways) / 4.0;
}

static struct gathering gathered(struct session *s, struct scope *scope,
                                 const char *text, uint32_t way)
{
    bool centring = way >= CENTRED && way < OF_NUMBERS;
    struct gather_plan plan = {.context = &way,
                               .centring = centring ? some_centring : NULL,
                               .of_numbers = way == OF_NUMBERS};
    return gather_all(s, scope, &plan, text);
}

/* A point near that of the state; another one for each k. */
static void shift(double *q, uint32_t n, int k)
{
    for (uint32_t i = 0; i < n; i++)
        q[i] = 0.5 * q[i] + 0.4 * sin(1.0 + 7.3 * i + 1.9 * k);
}

/* Out of the domain of a parameter, and outside of a support that moves, there
 * is no density: at x = 4 all have one, at x = -4 none. */
static const char *const domains[] = {
    "OBSERVE (gamma x 1) 2",
    "OBSERVE (inverse-gamma x 1) 2",
    "OBSERVE (beta x 2) 0.5",
    "OBSERVE (beta 2 x) 0.5",
    "OBSERVE (beta-proportion 0.5 x) 0.5",
    "OBSERVE (beta-proportion (* 0.1 x) 2) 0.5",
    "OBSERVE (flip (* 0.2 x)) false",
    "OBSERVE (flip (+ 1.2 (* -0.1 x))) true",
    "OBSERVE (binomial 3 (* 0.2 x)) 0",
    "OBSERVE (geometric (+ 1.2 (* -0.1 x))) 0",
    "OBSERVE (negative-binomial x 0.5) 3",
    "OBSERVE (poisson x) 0",
    "OBSERVE (inverse-gaussian x 1) 3",
    "OBSERVE (chi-squared x) 3",
    "OBSERVE (student-t x) 3",
    "OBSERVE (normal 0 x) 3",
    "OBSERVE (laplace 0 x) 3",
    "OBSERVE (uniform -10 x) 0",
    "OBSERVE (uniform (- x) 10) 0",
    "OBSERVE (pareto (/ 8 (+ 4.1 x)) 2) 5",
    "OBSERVE (truncated (normal 0 1) -10 x) 0",
    "OBSERVE (truncated (normal x 1) (- x) 10) 0",
    "OBSERVE (categorical (vector x 1)) 1",
    "OBSERVE (mixture (vector x 1) (normal 0 1) (normal 1 1)) 1",
    "OBSERVE (dirichlet (vector x 1)) #(0.5 0.5)",
    "OBSERVE (ordered-logistic 0 (vector 0 x)) 0",
    "(factor (log-density (exponential 1) x))",
    "(factor (log-density (half (normal 0 1)) x))",
    "(factor (log-density (beta 2 2) (* 0.1 x)))",
};

static void no_density_outside(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        char text[256];
        snprintf(text, sizeof text, "ASSUME x (normal 4 0.001)\n%s\n",
                 domains[i]);
        struct session *s = open_with(text, 5);
        struct scope *scope = scope_new();
        struct gathering g = gathered(s, scope, text, 0);
        double lp, inside = 4.0, outside = -4.0;
        if (tape_run(g.density, &inside, &lp, NULL) != TAPE_FINE)
            fail_msg("none at 4\n%s", text);
        if (tape_run(g.density, &outside, &lp, NULL) == TAPE_FINE)
            fail_msg("%g at -4\n%s", lp, text);
        gathering_close(&g);
        s->engine->op->scope_close(s->engine, scope);
        scope_free(scope);
        session_close(s);
    }
}

/* A scale is above 0, however far what it scales is centred. */
static void no_scale_below_0(void **state)
{
    (void)state;
    const char *text = "ASSUME x (normal 4 0.001)\nASSUME y (normal 0 x)\n";
    for (uint32_t way = 0; way < PLANS; way++) {
        struct session *s = open_with(text, 5);
        struct scope *scope = scope_new();
        struct gathering g = gathered(s, scope, text, way);
        double lp, inside[] = {4.0, 0.5}, outside[] = {-4.0, 0.5};
        assert_int_equal(tape_run(g.density, inside, &lp, NULL), TAPE_FINE);
        assert_int_not_equal(tape_run(g.density, outside, &lp, NULL),
                             TAPE_FINE);
        gathering_close(&g);
        s->engine->op->scope_close(s->engine, scope);
        scope_free(scope);
        session_close(s);
    }
}

static void density_is_right(const char *text, uint32_t way)
{
    struct session *s = open_with(text, 5);
    struct engine *e = s->engine;
    struct scope *scope = scope_new();
    struct gathering g = gathered(s, scope, text, way);
    uint32_t n = g.density->size;
    double q[NUMBERS_MOST], back[NUMBERS_MOST], first = NAN;
    const struct gather_block *edge;
    bool possible;
    assert_in_range(n, 1, NUMBERS_MOST - 1);
    assert_true(gathering_read(&g, e, q, &edge));
    for (int k = 0; k < POINTS; k++) {
        double lp;
        if (k) shift(q, n, k);
        enum tape_answer a = tape_run(g.density, q, &lp, NULL);
        if (a == TAPE_GUARDED) continue;
        assert_int_equal(a, TAPE_FINE);
        assert_true(gathering_write(&g, e, q, &possible));
        assert_true(possible);
        assert_true(gathering_read(&g, e, back, &edge));
        for (uint32_t j = 0; j < n; j++)
            if (!(fabs(back[j] - q[j]) < 1e-7 * (1.0 + fabs(q[j]))))
                fail_msg("way %u, coordinate %u: %.17g came back as %.17g\n%s",
                         way, j, q[j], back[j], text);
        double gap = lp - e->op->log_score(e);
        if (way != OF_NUMBERS) gap -= log_jacobian(&g, q);
        if (k == 0) first = gap;
        if (!(fabs(gap - first) < 1e-7 * (1.0 + fabs(lp))))
            fail_msg("point %d: off by %g of %g\n%s", k, gap - first, lp, text);
    }
    gathering_close(&g);
    e->op->scope_close(e, scope);
    scope_free(scope);
    session_close(s);
}

/* The gradient, against differences of the fourth order. */
static void gradient_is_right(const char *text, uint32_t way)
{
    struct session *s = open_with(text, 5);
    struct engine *e = s->engine;
    struct scope *scope = scope_new();
    struct gathering g = gathered(s, scope, text, way);
    uint32_t n = g.density->size;
    double q[NUMBERS_MOST], by[NUMBERS_MOST], lp;
    const struct gather_block *edge;
    assert_true(gathering_read(&g, e, q, &edge));
    for (int k = 0; k < POINTS; k++) {
        if (k) shift(q, n, k);
        enum tape_answer a = tape_run(g.density, q, &lp, by);
        if (a == TAPE_GUARDED) continue;
        if (a != TAPE_FINE) fail_msg("outside, %g\n%s", lp, text);
        for (uint32_t j = 0; j < n; j++) {
            double d[2], at = q[j];
            for (int step = 1; step <= 2; step++) {
                double up, down, h = 1e-3 * step;
                q[j] = at + h;
                tape_run(g.density, q, &up, NULL);
                q[j] = at - h;
                tape_run(g.density, q, &down, NULL);
                d[step - 1] = (up - down) / (2.0 * h);
            }
            q[j] = at;
            double want = (4.0 * d[0] - d[1]) / 3.0;
            if (!(fabs(by[j] - want) <
                  1e-7 * (1.0 + fabs(want)) + 1e-10 * fabs(lp)))
                fail_msg("point %d, coordinate %u: %.12g, differences "
                         "say %.12g\n%s",
                         k, j, by[j], want, text);
        }
    }
    gathering_close(&g);
    e->op->scope_close(e, scope);
    scope_free(scope);
    session_close(s);
}

/* How many are located, and whether they are one behind the other. */
static void check_walk(const char *text, uint32_t located, bool chained)
{
    struct session *s = open_with(text, 5);
    struct scope *scope = scope_new();
    struct gathering g = gathered(s, scope, text, OPEN);
    uint32_t count = 0;
    for (uint32_t i = 0; i < g.block_count; i++)
        count += g.blocks[i].space == SPACE_LOCATED;
    if (count != located) fail_msg("%u are located\n%s", count, text);
    if ((g.density->plate_count < 40) != chained)
        fail_msg("%u plates\n%s", g.density->plate_count, text);
    gathering_close(&g);
    s->engine->op->scope_close(s->engine, scope);
    scope_free(scope);
    session_close(s);
}

static uint32_t located_in(const char *text)
{
    struct session *s = open_with(text, 5);
    struct scope *scope = scope_new();
    struct gathering g = gathered(s, scope, text, OPEN);
    uint32_t count = 0;
    for (uint32_t i = 0; i < g.block_count; i++)
        count += g.blocks[i].space == SPACE_LOCATED;
    gathering_close(&g);
    s->engine->op->scope_close(s->engine, scope);
    scope_free(scope);
    session_close(s);
    return count;
}

/* Vectors are where mean or covariance moves, up to three on one another. */
static void vectors_are_located(void **state)
{
    static const struct {
        const char *x;
        uint32_t located;
    } cases[] = {
        {"ASSUME x (multivariate-normal #(0 0) k)\n", 0},
        {"ASSUME x (multivariate-normal (vector m 0) k)\n", 1},
        {"ASSUME x (multivariate-normal (list m 0) k)\n", 1},
        {"ASSUME x (multivariate-normal #(0 0) (* t k))\n", 1},
        {"ASSUME x (multivariate-normal-cholesky #(0 0)"
         " (* t (identity-matrix 2)))\n",
         1},
        {"ASSUME x (iid 5 (multivariate-normal (vector m m) (* t k)))\n", 1},
        {"ASSUME x (mem (lambda (i) (multivariate-normal (vector m m) k)))\n"
         "ASSUME y (map x (iota 4))\n",
         4},
        {"ASSUME x (each (multivariate-normal (vector m m) k))\n", 0},
        {"ASSUME x (multivariate-normal-precision (vector m m) k)\n", 0},
        {"ASSUME h (mem (lambda (i) (if (= i 0) (vector 0 0)"
         " (multivariate-normal (h (- i 1)) (* t k)))))\n"
         "OBSERVE-EACH (normal (h 5) 1) #(1 2)\n",
         4},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "ASSUME k #(#(1 0.5) #(0.5 2))\nASSUME m (normal 0 1)\n"
                 "ASSUME t (lognormal 0 0.3)\n%s",
                 cases[i].x);
        uint32_t count = located_in(text);
        if (count != cases[i].located)
            fail_msg("%u are located\n%s", count, text);
    }
}

/* Each number of a vector is located by those before it. */
static void vectors_have_frames(void **state)
{
    const char *text = "ASSUME m (normal 0 1)\nASSUME t (lognormal 0 0.3)\n"
                       "ASSUME x (multivariate-normal (vector m 2)"
                       " (* t (matrix (list #(1 0.5) #(0.5 2)))))\n";
    (void)state;
    for (uint32_t way = CENTRED; way < OF_NUMBERS; way++) {
        struct session *s = open_with(text, 5);
        struct scope *scope = scope_new();
        struct gathering g = gathered(s, scope, text, way);
        const struct gather_block *k = &g.blocks[2];
        double q[] = {0.3, -0.4, 0.7, 1.1}, all[NUMBERS_MOST];
        gathering_numbers(&g, q, all);
        struct gather_frame one = gathering_frame(k, 0, all);
        struct gather_frame two = gathering_frame(k, 1, all);
        double m = all[g.blocks[0].at], t = all[g.blocks[1].at];
        const double *x = all + k->at;
        assert_int_equal(k->space, SPACE_LOCATED);
        assert_float_equal(one.number, x[0], 0.0);
        assert_float_equal(two.number, x[1], 0.0);
        assert_float_equal(one.location, m, 1e-12);
        assert_float_equal(two.location, 2.0 + 0.5 * (x[0] - m), 1e-12);
        assert_float_equal(one.scale, sqrt(t), 1e-12);
        assert_float_equal(two.scale, sqrt(1.75 * t), 1e-12);
        gathering_close(&g);
        s->engine->op->scope_close(s->engine, scope);
        scope_free(scope);
        session_close(s);
    }
}

/* All of a walk are located when each is linear in the one before, and then
 * they are one function; of others some, for what stays as it is
 * begins anew. */
static void walks_are_chains(void **state)
{
    (void)state;
    check_walk(WALK("(h (- t 1))", "60"), 58, true);
    check_walk(WALK("(+ (* 0.5 s) (* 0.9 (- (h (- t 1)) 0.5)))", "60"), 58,
               true);
    check_walk(WALK("(- (/ (h (- t 1)) (+ 1 s)))", "60"), 58, true);
    check_walk(WALK("(sin (h (- t 1)))", "60"), 44, true);
    check_walk(WALK("(+ (h (- t 1)) (* 0.1 (h (- t 2))))", "60"), 40, false);
}

/* ---- lent ------------------------------------------------------------------ */

enum { PROGRAM_MOST = 40 };

/* Values of all directives that have one. */
static void read_all(struct session *s, value *out)
{
    const struct program *p = &s->program;
    assert_in_range(p->count, 1, PROGRAM_MOST);
    for (int i = 0; i < p->count; i++) {
        out[i] = V_NIL;
        if (p->at[i]->kind == DIRECTIVE_ASSUME ||
            p->at[i]->kind == DIRECTIVE_PREDICT)
            assert_true(s->engine->op->value(s->engine, p->at[i], &out[i]));
    }
}

/* Of one shape and kind, and the same but for rounding. */
static bool is_about(value a, value b)
{
    if (is_double(a) && is_double(b))
        return fabs(as_number(a) - as_number(b)) <=
               1e-12 * (1.0 + fabs(as_number(b)));
    if (is_int(a) != is_int(b)) return false;
    if (is_pair(a) && is_pair(b))
        return is_about(car(a), car(b)) && is_about(cdr(a), cdr(b));
    if (!is_vector(a) || !is_vector(b)) return value_equal(a, b);
    const struct vector *x = as_vector(a), *y = as_vector(b);
    bool about = x->rows == y->rows && x->columns == y->columns;
    for (uint32_t i = 0; about && i < x->head.size; i++)
        about = is_about(v_double(x->at[i]), v_double(y->at[i]));
    return about;
}

static int plain_ones, others;

static void lent_is_right(const char *text, uint32_t way)
{
    struct session *s = open_with(text, 5);
    struct engine *e = s->engine;
    struct scope *scope = scope_new();
    struct gathering g = gathered(s, scope, text, way);
    double q[NUMBERS_MOST], lp, score, offset = NAN;
    value before[PROGRAM_MOST], shown[PROGRAM_MOST], now[PROGRAM_MOST];
    struct move_part *parts =
        memory_new((gathering_parts(&g) + 1) * sizeof *parts);
    const struct gather_block *edge;
    bool possible, fine;
    char why[200];
    plain_ones += g.plain;
    others += !g.plain;
    assert_true(gathering_read(&g, e, q, &edge));
    for (int k = 0; g.plain && k < POINTS; k++) {
        if (k) shift(q, g.density->size, k);
        assert_int_equal(tape_run(g.density, q, &lp, NULL), TAPE_FINE);
        assert_true(gathering_density(&g, q, lp, &score));
        if (k == 0) offset = e->op->log_score(e) - score;
        double was = e->op->log_score(e), lent = score + offset;
        read_all(s, before);
        assert_true(gathering_lend(&g, e, q, lp, parts, &score, &fine) && fine);
        score += offset;
        assert_true(score == lent);
        e->op->lend(e, parts, gathering_parts(&g), &score);
        assert_true(e->op->log_score(e) == lent);
        read_all(s, shown);
        e->op->lend(e, parts, gathering_parts(&g), &score);
        read_all(s, now);
        for (int i = 0; i < s->program.count; i++)
            assert_true(value_equal(before[i], now[i]));
        assert_true(e->op->log_score(e) == was);
        if (!reduced_check(reduced_trace(e), why, sizeof why))
            fail_msg("%s\n%s", why, text);
        assert_true(gathering_write(&g, e, q, &possible) && possible);
        read_all(s, now);
        for (int i = 0; i < s->program.count; i++)
            if (!is_about(shown[i], now[i]))
                fail_msg("directive %d shows another value\n%s", i + 1, text);
        was = e->op->log_score(e);
        if (!(fabs(was - lent) < 1e-10 * (1.0 + fabs(was))))
            fail_msg("score %.17g, and %.17g is shown\n%s", was, lent, text);
    }
    gathering_close(&g);
    e->op->scope_close(e, scope);
    scope_free(scope);
    session_close(s);
}

static void in_all_ways(void (*judge)(const char *, uint32_t))
{
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        for (uint32_t way = 0; way < PLANS; way++) judge(programs[i], way);
}

static void same_density(void **state)
{
    (void)state;
    in_all_ways(density_is_right);
}

static void same_gradient(void **state)
{
    (void)state;
    in_all_ways(gradient_is_right);
}

/* What only a tape can show: cuts, what was recorded, lists; and terms. */
#define DEEP(step, first)                             \
    "ASSUME x (normal 4 1)\nASSUME deep (lambda (n) " \
    "(if (= n 0) " first " " step "))\n"
#define SCANNED(step, first, n)                                \
    "ASSUME phi (uniform 0 1)\nASSUME s (half (normal 0 1))\n" \
    "ASSUME z (iid " n " (normal 0 1))\n"                      \
    "ASSUME h (scan (lambda (h e) " step ") " first " z)\n"    \
    "ASSUME last-of (last h)\nASSUME whole (sum h)\n"
static const char *const shown_by_tape[] = {
    SCANNED("(+ (* phi h) (* s e))", "0.5", "40"),
    SCANNED("(+ (* phi h) (* s e))", "(/ s (sqrt (- 1 (* phi phi))))",
            "90") "OBSERVE (normal (exp (/ last-of 2)) 1) 2\n",
    SCANNED("(+ h (log (+ 1 (* e e))))", "s", "30") "(factor (- last-of))\n",
    "ASSUME x (normal 4 1)\n(factor (- (* x x)))\n",
    "ASSUME x (gamma 4 1)\n(factor (* 0 (log x)))\n"
    "ASSUME y (list (log x) (sqrt x))\n",
    "ASSUME z (iid 3 (normal 0 1))\nASSUME l (map exp z)\n"
    "ASSUME k (list 1 (sum z) 2.5)\n"
    "ASSUME m (outer z z)\nASSUME pairs (map (lambda (x) (* x z)) '(1 2))\n",
};

/* Somebody else would hear of another value, or see it in another way. */
static const char *const written_only[] = {
    "ASSUME x (gamma 4 1)\nASSUME y (factorial x)\n",
    "ASSUME x (gamma 4 1)\nASSUME c (CRP/make x)\nOBSERVE (c) 1\n",
    "ASSUME x (normal 4 1)\n(condition (< x 9))\n",
    SCANNED("(+ (* phi h) (* s e))", "0.5",
            "40") "ASSUME steep (> last-of 1)\n",
    DEEP("(+ 1 (* 0.5 (deep (- n 1))))",
         "x") "ASSUME y (deep 60)\nASSUME steep (> y 1)\n",
    "ASSUME z (iid 3 (normal 0 1))\nASSUME l (map exp z)\n"
    "ASSUME steep (> (first l) 1)\n",
};

static void lent_where_nobody_else_looks(void **state)
{
    (void)state;
    in_all_ways(lent_is_right);
    assert_true(plain_ones > 80 && others > 20);
    others = 0;
    for (size_t i = 0; i < sizeof shown_by_tape / sizeof *shown_by_tape; i++)
        lent_is_right(shown_by_tape[i], 0);
    if (others) fail_msg("%d of shown_by_tape would be written", others);
    for (size_t i = 0; i < sizeof written_only / sizeof *written_only; i++) {
        struct session *s = open_with(written_only[i], 5);
        struct scope *scope = scope_new();
        struct gathering g = gathered(s, scope, written_only[i], 0);
        if (g.plain) fail_msg("it would be lent\n%s", written_only[i]);
        gathering_close(&g);
        s->engine->op->scope_close(s->engine, scope);
        scope_free(scope);
        session_close(s);
    }
}

/* Below 0 they are no states, though nothing but a result says so. */
static const char *const refusing[] = {
    "ASSUME x (normal 4 1)\nASSUME y (log x)\n",
    "ASSUME x (normal 4 1)\nASSUME y (max 1 (sqrt x))\n",
    "ASSUME x (normal 4 1)\nASSUME y (list 1 (list x (log x)))\n",
    "ASSUME x (normal 4 1)\nASSUME w (list (exp x) (if (> 1 (log x)) 1 2))\n",
    "ASSUME x (normal 4 1)\nASSUME z (iid 40 (normal 0 1))\n"
    "ASSUME y (scan (lambda (h e) (+ h (max 0 (log x)) e)) 1 z)\n",
    DEEP("(+ 1 (* 0.5 (deep (- n 1))))",
         "(log x)") "ASSUME f (mem (lambda (n) (deep n)))\n"
                    "ASSUME y (begin (f 60) (* 2 x))\n",
};

static void lends_no_state_that_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusing / sizeof *refusing; i++) {
        struct session *s = open_with(refusing[i], 5);
        struct engine *e = s->engine;
        struct scope *scope = scope_new();
        struct gathering g = gathered(s, scope, refusing[i], 0);
        double q[NUMBERS_MOST], lp, score;
        struct move_part *parts =
            memory_new((gathering_parts(&g) + 1) * sizeof *parts);
        const struct gather_block *edge;
        bool fine, possible;
        if (!g.plain) fail_msg("not plain\n%s", refusing[i]);
        assert_true(gathering_read(&g, e, q, &edge));
        for (int side = 1; side >= -1; side -= 2) {
            q[0] = 2.0 * side;
            assert_int_equal(tape_run(g.density, q, &lp, NULL), TAPE_FINE);
            assert_true(gathering_lend(&g, e, q, lp, parts, &score, &fine));
            assert_true(gathering_write(&g, e, q, &possible));
            assert_int_equal(possible, side > 0);
            if (fine != possible)
                fail_msg("%d: fine %d\n%s", side, fine, refusing[i]);
        }
        gathering_close(&g);
        e->op->scope_close(e, scope);
        scope_free(scope);
        session_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_density),
        cmocka_unit_test(same_gradient),
        cmocka_unit_test(walks_are_chains),
        cmocka_unit_test(vectors_are_located),
        cmocka_unit_test(vectors_have_frames),
        cmocka_unit_test(no_density_outside),
        cmocka_unit_test(no_scale_below_0),
        cmocka_unit_test(lent_where_nobody_else_looks),
        cmocka_unit_test(lends_no_state_that_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
