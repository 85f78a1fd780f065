/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Vectors made by breaking off piece after piece: stick-breaking (a simplex)
 * and multinomial-counts (counts that sum to n). With R_i what is left before
 * piece i, a share of the stick is a beta with 1 and alpha, and a count is
 * binomial of the counts that are left.
 */
#include "base/saddle.h"
#include "xrp/multivariate.h"

#define SUM_TOLERANCE 1e-6

/* ---- stick-breaking ----------------------------------------------------- */

static const struct parameter stick_rows[] = {{"alpha", POSITIVE, 0.0},
                                              {"n", DIMENSION, 0.0}};

static bool stick_read(const struct words *w, const struct xrp_site *s,
                       double *alpha, double *n)
{
    return argument_number(w, stick_rows, s, 0, alpha) &&
           argument_number(w, stick_rows + 1, s, 1, n);
}

/* The shares, and what is left before each, summed from the end; false
 * outside the simplex. With v_i = x_i / R_i the log density is the sum, for
 * all pieces but the last, of log alpha + (alpha - 1) log(1 - v_i) - log R_i. */
static bool open_shares(double n, value v, struct dense *x, struct room *rest)
{
    const struct words nobody = {NULL, 0};
    if (!dense_vector(&nobody, "value", v, x)) return false;
    bool inside = (double)x->rows == n && room_open(rest, x->rows);
    double sum = 0.0;
    for (size_t i = x->rows; inside && i-- > 0;) {
        inside = x->at[i] >= 0.0;
        rest->at[i] = sum += x->at[i];
    }
    if (inside && fabs(sum - 1.0) <= SUM_TOLERANCE && rest->at[x->rows - 1] > 0)
        return true;
    if (rest->at) room_close(rest);
    dense_close(x);
    return false;
}

/* log(1 - v_i), to the last digits whether v_i is near 0 or near 1. */
static double log_left(const struct dense *x, const struct room *rest, size_t i)
{
    double share = x->at[i] / rest->at[i];
    return share < 0.5 ? log1p(-share) : log(rest->at[i + 1] / rest->at[i]);
}

static double stick_prob(const struct xrp_site *s, value v)
{
    double alpha, n, sum = 0.0;
    struct dense x;
    struct room rest = {.at = NULL};
    if (!stick_read(&(struct words){NULL, 0}, s, &alpha, &n)) return NAN;
    if (!open_shares(n, v, &x, &rest)) return -INFINITY;
    for (size_t i = 0; i + 1 < x.rows; i++)
        sum += log(alpha) + (alpha - 1.0) * log_left(&x, &rest, i) -
               log(rest.at[i]);
    room_close(&rest);
    dense_close(&x);
    return sum;
}

/* By share j: -(sum of 1 / R_i up to j, but for the last) - (alpha - 1) / R_0;
 * and the last has (alpha - 1) / R_last more, where what stands before it is
 * R_0 - R_last. */
static void by_shares(const struct dense *x, const struct room *rest,
                      double alpha, double *by)
{
    size_t last = x->rows - 1;
    double first = rest->at[0], sum = 0.0, before = 0.0;
    for (size_t j = 0; j < last; j++) {
        sum -= 1.0 / rest->at[j];
        before += x->at[j];
        by[j] = sum - (alpha - 1.0) / first;
    }
    by[last] = sum + (alpha - 1.0) * before / first / rest->at[last];
}

bool stick_slopes(const struct xrp_site *s, value v, double *by_value,
                  double *const *by_arg)
{
    double alpha, n, logs = 0.0;
    struct dense x;
    struct room rest = {.at = NULL};
    if (!stick_read(&(struct words){NULL, 0}, s, &alpha, &n) ||
        !open_shares(n, v, &x, &rest))
        return false;
    for (size_t i = 0; i + 1 < x.rows; i++) logs += log_left(&x, &rest, i);
    if (by_value) by_shares(&x, &rest, alpha, by_value);
    if (by_arg[0]) *by_arg[0] = (n - 1.0) / alpha + logs;
    if (by_arg[1]) *by_arg[1] = NAN;
    room_close(&rest);
    dense_close(&x);
    return true;
}

static bool stick_gradient(const struct xrp_site *s, value v, double *by_value,
                           double *by_arg)
{
    return array_gradient_scalars(stick_slopes, s, v, by_value, by_arg);
}

/* By logs: the last pieces may be small. log(1 - share) = -e / alpha with e
 * exponential. */
static bool stick_sample(const struct xrp_site *s, struct random *r, value *out)
{
    double alpha, n, left = 0.0;
    if (!stick_read(&(struct words){NULL, 0}, s, &alpha, &n)) return false;
    *out = vector_make((size_t)n, 0);
    if (*out == V_UNBOUND) return false;
    double *x = as_vector(*out)->at;
    size_t last = (size_t)n - 1;
    for (size_t i = 0; i < last; i++) {
        double log_rest = -random_exponential(r) / alpha;
        x[i] = positive_draw(-expm1(log_rest) * exp(left));
        left += log_rest;
    }
    x[last] = positive_draw(exp(left));
    return true;
}

static bool stick_explain(const struct xrp_site *s, char *words, size_t size)
{
    double alpha, n;
    return !stick_read(&(struct words){words, size}, s, &alpha, &n);
}

const struct xrp_family family_stick_breaking = {
    .names = "stick-breaking",
    .signature = "(stick-breaking alpha n)",
    .doc = "a vector of n shares that sum to 1: each breaks off a beta(1, "
           "alpha) part of what is left, and the last is the rest",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS,
    .support_kind = SUPPORT_SIMPLEX,
    .shape = "-v",
    .sample = stick_sample,
    .prob = stick_prob,
    .gradient = stick_gradient,
    .explain = stick_explain,
};

/* ---- multinomial-counts ------------------------------------------------- */

static const struct parameter count_row = {"n", WHOLE_AT_LEAST_0, 0.0};

struct multinomial {
    double n;
    struct dense weights;
    struct room rest; /* weights from each on, summed from the end */
};

static void multinomial_close(struct multinomial *m)
{
    dense_close(&m->weights);
    if (m->rest.at) room_close(&m->rest);
}

static bool weights_fit(const struct words *w, struct multinomial *m)
{
    double sum = 0.0;
    size_t count = m->weights.rows;
    if (!room_open(&m->rest, count)) return words_put(w, "out of memory");
    for (size_t i = count; i-- > 0;) {
        double x = m->weights.at[i];
        if (!(x >= 0.0))
            return words_put(w, "weight %zu must be at least 0, got %g", i, x);
        m->rest.at[i] = sum += x;
    }
    return (sum > 0.0 && sum < INFINITY) ||
           words_put(w, "weights must have a sum above 0 that is finite");
}

static bool multinomial_open(const struct words *w, const struct xrp_site *s,
                             struct multinomial *m)
{
    *m = (struct multinomial){.n = 0};
    bool open = argument_number(w, &count_row, s, 0, &m->n) &&
                dense_vector(w, "weights", s->args[1], &m->weights) &&
                weights_fit(w, m);
    if (!open) multinomial_close(m);
    return open;
}

/* Whole counts that sum to n, none where the weight is 0. */
static bool counts_fit(const struct multinomial *m, const struct dense *x)
{
    double sum = 0.0;
    if (x->rows != m->weights.rows) return false;
    for (size_t i = 0; i < x->rows; i++) {
        double k = x->at[i];
        if (!(k >= 0.0 && k == floor(k)) || (k > 0.0 && !m->weights.at[i]))
            return false;
        sum += k;
    }
    return sum == m->n;
}

static bool open_counts(const struct multinomial *m, value v, struct dense *x)
{
    const struct words nobody = {NULL, 0};
    if (!dense_vector(&nobody, "value", v, x)) return false;
    bool inside = counts_fit(m, x);
    if (!inside) dense_close(x);
    return inside;
}

/* log probability of k of n of the weight, when `rest` is that of the others:
 * counted on the rarer side, whose probability has all its digits. */
static double one_of_two(double k, double n, double weight, double rest)
{
    if (weight == 0.0 || rest == 0.0) return 0.0;
    double all = weight + rest;
    return weight < rest ? binomial_log(k, n, weight / all)
                         : binomial_log(n - k, n, rest / all);
}

/* One binomial after another: sums of negative terms, nothing cancels. */
static double multinomial_prob(const struct xrp_site *s, value v)
{
    struct multinomial m;
    struct dense x;
    if (!multinomial_open(&(struct words){NULL, 0}, s, &m)) return NAN;
    double sum = -INFINITY, left = m.n;
    if (open_counts(&m, v, &x)) {
        sum = 0.0;
        for (size_t i = 0; i + 1 < x.rows && left > 0.0; i++) {
            sum += one_of_two(x.at[i], left, m.weights.at[i], m.rest.at[i + 1]);
            left -= x.at[i];
        }
        dense_close(&x);
    }
    multinomial_close(&m);
    return sum;
}

/* By weight i: k / w_i - n / W, with k its count and W the sum of all
 * weights; where w_i is most of W, by what the others have. */
static double by_weight(const struct multinomial *m, const struct dense *x,
                        size_t i)
{
    double weight = m->weights.at[i], all = m->rest.at[0], others = 0.0;
    if (weight == 0.0) return -m->n / all;
    if (weight <= 0.5 * all) return x->at[i] / weight - m->n / all;
    for (size_t j = 0; j < x->rows; j++)
        if (j != i) others += m->weights.at[j];
    return (m->n * (others / all) - (m->n - x->at[i])) / weight;
}

bool multinomial_slopes(const struct xrp_site *s, value v, double *by_value,
                        double *const *by_arg)
{
    struct multinomial m;
    struct dense x;
    if (!multinomial_open(&(struct words){NULL, 0}, s, &m)) return false;
    bool inside = open_counts(&m, v, &x);
    for (size_t i = 0; inside && i < x.rows; i++) {
        if (by_value) by_value[i] = NAN;
        if (by_arg[1]) by_arg[1][i] = by_weight(&m, &x, i);
    }
    if (by_arg[0]) *by_arg[0] = NAN;
    if (inside) dense_close(&x);
    multinomial_close(&m);
    return inside;
}

static bool multinomial_sample(const struct xrp_site *s, struct random *r,
                               value *out)
{
    struct multinomial m;
    if (!multinomial_open(&(struct words){NULL, 0}, s, &m)) return false;
    size_t count = m.weights.rows;
    int64_t left = (int64_t)m.n;
    *out = vector_make(count, 0);
    bool made = *out != V_UNBOUND;
    for (size_t i = 0; made && i < count; i++) {
        double p = m.rest.at[i] > 0.0 ? m.weights.at[i] / m.rest.at[i] : 0.0;
        int64_t k = p >= 1.0 ? left : random_binomial(r, left, p);
        as_vector(*out)->at[i] = (double)k;
        left -= k;
    }
    multinomial_close(&m);
    return made;
}

/* Ways to share are not listed when there are more. */
enum { SHARES_MAX = 1 << 16 };

/* How many ways there are to share n among as many indices as have a weight:
 * at least one. */
static double ways_to_share(const struct multinomial *m)
{
    double among = -1.0, ways = 1.0;
    for (size_t i = 0; i < m->weights.rows; i++)
        among += m->weights.at[i] > 0.0;
    for (double i = 1.0; i <= among; i++) ways *= (m->n + i) / i;
    return ways;
}

/* The shares after these: one moves on from the first index that has any, and
 * the others there go back to the beginning. */
static bool share_on(const struct multinomial *m, double *x)
{
    size_t n = m->weights.rows, from = 0, first = 0;
    while (first < n && m->weights.at[first] == 0.0) first++;
    for (from = first; from < n && x[from] == 0.0;) from++;
    size_t to = from + 1;
    while (to < n && m->weights.at[to] == 0.0) to++;
    if (to >= n) return false;
    double moved = x[from];
    x[from] = 0.0;
    x[to] += 1.0;
    x[first] = moved - 1.0;
    return true;
}

static bool list_shares(const struct multinomial *m, value *list)
{
    size_t n = m->weights.rows, first = 0;
    value start = vector_make(n, 0), last = start;
    if (start == V_UNBOUND) return false;
    while (m->weights.at[first] == 0.0) first++;
    for (size_t i = 0; i < n; i++) as_vector(start)->at[i] = 0.0;
    as_vector(start)->at[first] = m->n;
    *list = V_NIL;
    for (;;) {
        if (!enumerate_onto(last, list)) return false;
        value next = vector_make(n, 0);
        if (next == V_UNBOUND) return false;
        memcpy(as_vector(next)->at, as_vector(last)->at, n * sizeof(double));
        if (!share_on(m, as_vector(next)->at)) return true;
        last = next;
    }
}

static bool multinomial_enumerate(const struct xrp_site *s, value *list)
{
    struct multinomial m;
    if (!multinomial_open(&(struct words){NULL, 0}, s, &m)) return false;
    bool good = ways_to_share(&m) <= SHARES_MAX && list_shares(&m, list);
    multinomial_close(&m);
    return good;
}

static bool multinomial_explain(const struct xrp_site *s, char *words,
                                size_t size)
{
    struct multinomial m;
    if (!multinomial_open(&(struct words){words, size}, s, &m)) return true;
    multinomial_close(&m);
    return false;
}

const struct xrp_family family_multinomial_counts = {
    .names = "multinomial-counts",
    .signature = "(multinomial-counts n weights)",
    .doc = "how often each index comes up in n draws with these weights: a "
           "vector of counts that sum to n",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_COUNT_VECTOR,
    .shape = "va",
    .enumerate = multinomial_enumerate,
    .sample = multinomial_sample,
    .prob = multinomial_prob,
    .explain = multinomial_explain,
};
