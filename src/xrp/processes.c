/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Normal vectors along a line or a space: gaussian-random-walk, whose steps
 * are independent, and gaussian-process, whose covariance is a kernel of the
 * distance r of two points:
 *
 *     squared-exponential   sd^2 exp(-r^2 / (2 l^2))
 *     matern-3/2            sd^2 (1 + u) exp(-u),           u = sqrt(3) r / l
 *     matern-5/2            sd^2 (1 + u + u^2/3) exp(-u),   u = sqrt(5) r / l
 *     periodic              sd^2 exp(-2 sin(pi r / period)^2 / l^2)
 *
 * with noise^2 + JITTER sd^2 more on the diagonal, so that points close to
 * each other leave it positive definite (Rasmussen and Williams, "Gaussian
 * Processes for Machine Learning", 2006, chapter 4).
 */
#include "base/linear.h"
#include "base/saddle.h"
#include "xrp/multivariate.h"

#define JITTER 1e-9

/* ---- gaussian-random-walk ----------------------------------------------- */

enum { WALK_N, WALK_SD, WALK_START, WALK_DRIFT, WALK_ARGUMENTS };

static const struct parameter walk_rows[] = {{"n", DIMENSION, 0.0},
                                             {"sd", POSITIVE, 0.0},
                                             {"start", REAL, 0.0},
                                             {"drift", REAL, 0.0}};

static bool walk_read(const struct words *w, const struct xrp_site *s,
                      double *p)
{
    for (int i = 0; i < WALK_ARGUMENTS; i++)
        if (!argument_number(w, walk_rows + i, s, i, p + i)) return false;
    return true;
}

static double walk_prob(const struct xrp_site *s, value v)
{
    double p[WALK_ARGUMENTS], squares = 0.0, x;
    struct series path;
    if (!walk_read(&(struct words){NULL, 0}, s, p)) return NAN;
    if (!series_open(&path, v) || path.count != p[WALK_N]) return -INFINITY;
    double before = p[WALK_START];
    for (uint32_t i = 0; i < path.count; i++, before = x) {
        if (!series_number(&path, &x) || !(fabs(x) < INFINITY))
            return -INFINITY;
        double z = standardise(x, before + p[WALK_DRIFT], p[WALK_SD]);
        squares += z * z;
    }
    if (!(squares < INFINITY)) return -INFINITY;
    return -0.5 * squares - p[WALK_N] * (log(p[WALK_SD]) + HALF_LOG_2PI);
}

/* A step z standard deviations long gives -z / sd to its end, z / sd to its
 * beginning. */
bool walk_slopes(const struct xrp_site *s, value v, double *by_value,
                 double *const *by_arg)
{
    double p[WALK_ARGUMENTS], x, by[WALK_ARGUMENTS] = {NAN};
    struct series path;
    if (!walk_read(&(struct words){NULL, 0}, s, p) || !series_open(&path, v) ||
        path.count != p[WALK_N])
        return false;
    double before = p[WALK_START], sd = p[WALK_SD];
    for (uint32_t i = 0; i < path.count; i++, before = x) {
        if (!series_number(&path, &x)) return false;
        double z = standardise(x, before + p[WALK_DRIFT], sd);
        if (by_value) by_value[i] = -z / sd;
        if (by_value && i) by_value[i - 1] += z / sd;
        if (i == 0) by[WALK_START] = z / sd;
        by[WALK_SD] += (z * z - 1.0) / sd;
        by[WALK_DRIFT] += z / sd;
    }
    for (int i = 0; i < s->arg_count; i++)
        if (by_arg[i]) *by_arg[i] = by[i];
    return true;
}

static bool walk_gradient(const struct xrp_site *s, value v, double *by_value,
                          double *by_arg)
{
    return array_gradient_scalars(walk_slopes, s, v, by_value, by_arg);
}

static bool walk_sample(const struct xrp_site *s, struct random *r, value *out)
{
    double p[WALK_ARGUMENTS];
    if (!walk_read(&(struct words){NULL, 0}, s, p)) return false;
    *out = vector_make((size_t)p[WALK_N], 0);
    if (*out == V_UNBOUND) return false;
    double at = p[WALK_START];
    for (size_t i = 0; i < (size_t)p[WALK_N]; i++) {
        at = real_draw(at + p[WALK_DRIFT] + p[WALK_SD] * random_normal(r));
        as_vector(*out)->at[i] = at;
    }
    return true;
}

static bool walk_explain(const struct xrp_site *s, char *words, size_t size)
{
    double p[WALK_ARGUMENTS];
    return !walk_read(&(struct words){words, size}, s, p);
}

const struct xrp_family family_gaussian_random_walk = {
    .names = "gaussian-random-walk",
    .signature = "(gaussian-random-walk n sd [start = 0] [drift = 0])",
    .doc = "a vector of n numbers, each normal around the one before it plus "
           "drift, the first around start plus drift",
    .min = 2,
    .max = 4,
    .flags = XRP_RESCORES | XRP_CONTINUOUS,
    .support_kind = SUPPORT_VECTOR,
    .shape = "v",
    .sample = walk_sample,
    .prob = walk_prob,
    .gradient = walk_gradient,
    .explain = walk_explain,
};

/* ---- kernels ------------------------------------------------------------ */

struct kernel_point {
    double r, length, period;
};
/* The value at sd 1 into k, its derivatives by r, length, period. */
struct kernel_slopes {
    double k, by_r, by_length, by_period;
};

static struct kernel_slopes squared_exponential(struct kernel_point p)
{
    double u = p.r / p.length, k = exp(-0.5 * u * u);
    return (struct kernel_slopes){k, -k * u / p.length, k * u * u / p.length,
                                  0.0};
}

static struct kernel_slopes matern_3(struct kernel_point p)
{
    double u = sqrt(3.0) * p.r / p.length, e = exp(-u);
    double by_u = -u * e;
    return (struct kernel_slopes){(1.0 + u) * e, by_u * sqrt(3.0) / p.length,
                                  -by_u * u / p.length, 0.0};
}

static struct kernel_slopes matern_5(struct kernel_point p)
{
    double u = sqrt(5.0) * p.r / p.length, e = exp(-u);
    double by_u = -u * (1.0 + u) / 3.0 * e;
    return (struct kernel_slopes){(1.0 + u + u * u / 3.0) * e,
                                  by_u * sqrt(5.0) / p.length,
                                  -by_u * u / p.length, 0.0};
}

static struct kernel_slopes periodic(struct kernel_point p)
{
    double angle = M_PI * p.r / p.period, sine = sin(angle) / p.length;
    double k = exp(-2.0 * sine * sine);
    double by_angle = -4.0 * k * sine * cos(angle) / p.length;
    return (struct kernel_slopes){k, by_angle * M_PI / p.period,
                                  4.0 * k * sine * sine / p.length,
                                  -by_angle * angle / p.period};
}

static const struct kernel {
    const char *name;
    struct kernel_slopes (*at)(struct kernel_point);
} kernels[] = {
    {"squared-exponential", squared_exponential},
    {"matern-3/2", matern_3},
    {"matern-5/2", matern_5},
    {"periodic", periodic},
};

/* ---- gaussian-process --------------------------------------------------- */

enum {
    PROCESS_XS,
    PROCESS_KERNEL,
    PROCESS_SD,
    PROCESS_LENGTH,
    PROCESS_NOISE,
    PROCESS_MEAN,
    PROCESS_PERIOD,
    PROCESS_ARGUMENTS
};

static const struct parameter process_rows[] = {
    [PROCESS_SD] = {"sd", POSITIVE, 0.0},
    [PROCESS_LENGTH] = {"length", POSITIVE, 0.0},
    [PROCESS_NOISE] = {"noise", AT_LEAST_0, 0.0},
    [PROCESS_MEAN] = {"mean", REAL, 0.0},
    [PROCESS_PERIOD] = {"period", POSITIVE, 1.0},
};

struct process {
    struct dense xs;
    size_t n, axes;
    const struct kernel *kernel;
    double p[PROCESS_ARGUMENTS];
    struct room room;
    double *l, *inverse, *d; /* n x n, n x n, 2 n */
};

static void process_close(struct process *g)
{
    dense_close(&g->xs);
    if (g->room.at) room_close(&g->room);
}

static bool kernel_read(const struct words *w, value v, struct process *g)
{
    char got[96];
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
        if ((is_symbol(v) || is_string(v)) &&
            strcmp(text_of(v), kernels[i].name) == 0) {
            g->kernel = kernels + i;
            return true;
        }
    return words_put(w,
                     "kernel must be squared-exponential, matern-3/2, "
                     "matern-5/2 or periodic, quoted; got %s",
                     value_words(v, got, sizeof got));
}

static double distance(const struct process *g, size_t i, size_t j)
{
    const double *a = g->xs.at + i * g->axes, *b = g->xs.at + j * g->axes;
    if (g->axes == 1) return fabs(*a - *b);
    double squares = 0.0;
    for (size_t k = 0; k < g->axes; k++)
        squares += (a[k] - b[k]) * (a[k] - b[k]);
    return sqrt(squares);
}

static struct kernel_slopes kernel_between(const struct process *g, size_t i,
                                           size_t j)
{
    return g->kernel->at((struct kernel_point){
        distance(g, i, j), g->p[PROCESS_LENGTH], g->p[PROCESS_PERIOD]});
}

static bool covariance_fits(const struct words *w, struct process *g)
{
    size_t n = g->n;
    double variance = g->p[PROCESS_SD] * g->p[PROCESS_SD];
    double noise = g->p[PROCESS_NOISE] * g->p[PROCESS_NOISE];
    if (!room_open(&g->room, 2 * n * n + 2 * n))
        return words_put(w, "out of memory");
    g->l = g->room.at;
    g->inverse = g->l + n * n;
    g->d = g->inverse + n * n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double k = variance * kernel_between(g, i, j).k;
            if (i == j) k += noise + JITTER * variance;
            g->l[i * n + j] = g->l[j * n + i] = k;
        }
    return linear_cholesky(g->l, n, NULL) == n ||
           words_put(w, "the covariance of these points is not positive "
                        "definite to rounding; give it noise");
}

/* Nothing stays open where the answer is false. */
static bool process_open(const struct words *w, const struct xrp_site *s,
                         struct process *g)
{
    *g = (struct process){.n = 0};
    value xs = s->args[PROCESS_XS];
    bool matrix = (is_vector(xs) && as_vector(xs)->columns) ||
                  (is_pair(xs) && !is_number(car(xs)));
    bool open = (matrix ? dense_matrix(w, "xs", xs, &g->xs)
                        : dense_vector(w, "xs", xs, &g->xs)) &&
                kernel_read(w, s->args[PROCESS_KERNEL], g);
    for (int i = PROCESS_SD; open && i < PROCESS_ARGUMENTS; i++)
        open = argument_number(w, process_rows + i, s, i, g->p + i);
    g->n = g->xs.rows;
    g->axes = g->xs.columns ? g->xs.columns : 1;
    open = open && covariance_fits(w, g);
    if (!open) process_close(g);
    return open;
}

static bool apart(struct process *g, value v)
{
    struct series y;
    if (!series_open(&y, v) || y.count != g->n) return false;
    for (size_t i = 0; i < g->n; i++) {
        if (!series_number(&y, g->d + i) || !(fabs(g->d[i]) < INFINITY))
            return false;
        g->d[i] -= g->p[PROCESS_MEAN];
    }
    return true;
}

static double process_prob(const struct xrp_site *s, value v)
{
    struct process g;
    if (!process_open(&(struct words){NULL, 0}, s, &g)) return NAN;
    double sum = -INFINITY, squares = 0.0;
    if (apart(&g, v)) {
        linear_solve_lower(g.l, g.d, g.n, 1, false, NULL);
        for (size_t i = 0; i < g.n; i++) squares += g.d[i] * g.d[i];
        if (squares < INFINITY)
            sum = -0.5 * squares - 0.5 * linear_cholesky_log_det(g.l, g.n) -
                  (double)g.n * HALF_LOG_2PI;
    }
    process_close(&g);
    return sum;
}

/* What the slope G = (a a' - inverse) / 2 by the covariance gives to the
 * point x_i through its distance to x_j. */
static void point_slope(const struct process *g, size_t i, size_t j,
                        double by_r, double *by_xs)
{
    const double *a = g->xs.at + i * g->axes, *b = g->xs.at + j * g->axes;
    double r = distance(g, i, j);
    for (size_t k = 0; r > 0.0 && k < g->axes; k++)
        by_xs[i * g->axes + k] += by_r * (a[k] - b[k]) / r;
}

static void process_slopes_of(struct process *g, double *by_value,
                              double *const *by_arg, double *by)
{
    size_t n = g->n;
    double *a = g->d, sd = g->p[PROCESS_SD], variance = sd * sd;
    linear_cholesky_inverse(g->l, g->inverse, n);
    linear_solve_lower(g->l, a, n, 1, false, NULL);
    linear_solve_lower(g->l, a, n, 1, true, NULL);
    for (size_t i = 0; i < n; i++) {
        if (by_value) by_value[i] = -a[i];
        by[PROCESS_MEAN] += a[i];
        for (size_t j = 0; j < n; j++) {
            double slope = 0.5 * (a[i] * a[j] - g->inverse[i * n + j]);
            struct kernel_slopes k = kernel_between(g, i, j);
            by[PROCESS_SD] += 2.0 * sd * slope * (k.k + (i == j) * JITTER);
            by[PROCESS_LENGTH] += variance * slope * k.by_length;
            by[PROCESS_PERIOD] += variance * slope * k.by_period;
            if (i == j) by[PROCESS_NOISE] += 2.0 * g->p[PROCESS_NOISE] * slope;
            if (by_arg[PROCESS_XS])
                point_slope(g, i, j, 2.0 * variance * slope * k.by_r,
                            by_arg[PROCESS_XS]);
        }
    }
}

bool process_slopes(const struct xrp_site *s, value v, double *by_value,
                    double *const *by_arg)
{
    struct process g;
    double by[PROCESS_ARGUMENTS] = {0.0};
    if (!process_open(&(struct words){NULL, 0}, s, &g)) return false;
    bool inside = apart(&g, v);
    if (inside && by_arg[PROCESS_XS])
        memset(by_arg[PROCESS_XS], 0, g.n * g.axes * sizeof(double));
    if (inside) process_slopes_of(&g, by_value, by_arg, by);
    for (int i = PROCESS_SD; inside && i < s->arg_count; i++)
        if (by_arg[i]) *by_arg[i] = by[i];
    process_close(&g);
    return inside;
}

static bool process_gradient(const struct xrp_site *s, value v,
                             double *by_value, double *by_arg)
{
    return array_gradient_scalars(process_slopes, s, v, by_value, by_arg);
}

static bool process_sample(const struct xrp_site *s, struct random *r,
                           value *out)
{
    struct process g;
    if (!process_open(&(struct words){NULL, 0}, s, &g)) return false;
    *out = vector_make(g.n, 0);
    bool made = *out != V_UNBOUND;
    for (size_t i = 0; i < g.n; i++) g.d[i] = random_normal(r);
    for (size_t i = 0; made && i < g.n; i++) {
        double y = g.p[PROCESS_MEAN];
        for (size_t j = 0; j <= i; j++) y += g.l[i * g.n + j] * g.d[j];
        as_vector(*out)->at[i] = real_draw(y);
    }
    process_close(&g);
    return made;
}

static bool process_explain(const struct xrp_site *s, char *words, size_t size)
{
    struct process g;
    if (!process_open(&(struct words){words, size}, s, &g)) return true;
    process_close(&g);
    return false;
}

const struct xrp_family family_gaussian_process = {
    .names = "gaussian-process",
    .signature = "(gaussian-process xs kernel sd length [noise = 0] "
                 "[mean = 0] [period = 1])",
    .doc = "a vector of the values at the points xs (numbers, or rows of a "
           "matrix); kernel is 'squared-exponential, 'matern-3/2, "
           "'matern-5/2 or 'periodic",
    .min = 4,
    .max = 7,
    .flags = XRP_RESCORES | XRP_CONTINUOUS,
    .support_kind = SUPPORT_VECTOR,
    .shape = "a",
    .sample = process_sample,
    .prob = process_prob,
    .gradient = process_gradient,
    .explain = process_explain,
};
