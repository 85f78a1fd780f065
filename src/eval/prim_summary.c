/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives: summaries of many numbers, in lists or arrays (a matrix: all
 * its elements). Variance and sd divide by n - 1. Booleans in a list count
 * as 1 and 0.
 */
#include "base/memory.h"
#include "eval/number.h"
#include "eval/operand.h"
#include "eval/prim_tables.h"
#include "eval/row.h"
#include "eval/sorting.h"
#include "eval/summary.h"

#include <math.h>
#include <stdlib.h>

/* ---- sums ------------------------------------------------------------- */

typedef bool two_operands(struct machine *m, value a, value b, value *out);

/* Integers stay exact; elements that are arrays are taken element by
 * element. */
static bool fold_list(struct machine *m, const char *who, two_operands *f,
                      value start, value list, value *out)
{
    value sum = start;
    if (!operand_list(m, who, list)) return false;
    for (; list != V_NIL; list = cdr(list)) {
        value v = car(list);
        if (is_boolean(v)) v = v_int(v == V_TRUE);
        if (!is_number(v) && !is_vector(v))
            return machine_type_error(m, who, "numbers only", v);
        if (!f(m, sum, v, &sum)) return false;
    }
    *out = sum;
    return true;
}

static bool sum(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    if (!is_vector(args[0]))
        return fold_list(m, "sum", number_add, v_int(0), args[0], out);
    const struct vector *v = as_vector(args[0]);
    *out = v_double(doubles_sum(v->at, v->head.size));
    return true;
}

static bool product(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    if (!is_vector(args[0]))
        return fold_list(m, "prod", number_mul, v_int(1), args[0], out);
    const struct vector *v = as_vector(args[0]);
    double p = 1;
    for (size_t i = 0; i < v->head.size; i++) p *= v->at[i];
    *out = v_double(p);
    return true;
}

/* ---- moments ---------------------------------------------------------- */

/* The numbers, of which there must be `least`. */
static bool open_numbers(struct machine *m, const char *who, size_t fewest,
                         value v, struct doubles *d)
{
    if (!operand_doubles(m, who, v, d)) return false;
    if (d->count >= fewest) return true;
    size_t count = d->count;
    doubles_close(d);
    return machine_domain_error(m, "%s: needs at least %zu number%s, got %zu",
                                who, fewest, fewest == 1 ? "" : "s", count);
}

static double mean_of(const struct doubles *d)
{
    return doubles_sum(d->at, d->count) / (double)d->count;
}

/* Two passes, with the correction for the rounding of the mean (Chan, Golub
 * and LeVeque 1983). */
static double variance_of(const struct doubles *d)
{
    double mean = mean_of(d), squares = 0, rest = 0;
    for (size_t i = 0; i < d->count; i++) {
        double apart = d->at[i] - mean;
        squares += apart * apart;
        rest += apart;
    }
    double count = (double)d->count;
    return (squares - rest * rest / count) / (count - 1);
}

static bool mean(struct machine *m, int n, const value *args, value *out)
{
    struct doubles d;
    (void)n;
    if (!open_numbers(m, "mean", 1, args[0], &d)) return false;
    *out = v_double(mean_of(&d));
    doubles_close(&d);
    return true;
}

static bool variance(struct machine *m, int n, const value *args, value *out)
{
    struct doubles d;
    (void)n;
    if (!open_numbers(m, "variance", 2, args[0], &d)) return false;
    *out = v_double(variance_of(&d));
    doubles_close(&d);
    return true;
}

static bool deviation(struct machine *m, int n, const value *args, value *out)
{
    struct doubles d;
    (void)n;
    if (!open_numbers(m, "sd", 2, args[0], &d)) return false;
    *out = v_double(sqrt(variance_of(&d)));
    doubles_close(&d);
    return true;
}

static bool open_pair(struct machine *m, const char *who, const value *args,
                      struct doubles *x, struct doubles *y)
{
    if (!open_numbers(m, who, 2, args[0], x)) return false;
    if (!open_numbers(m, who, 2, args[1], y)) {
        doubles_close(x);
        return false;
    }
    if (x->count == y->count) return true;
    size_t left = x->count, right = y->count;
    doubles_close(x);
    doubles_close(y);
    return operand_error(m, "%s: %zu numbers and %zu do not pair up", who, left,
                         right);
}

static double covariance_of(const struct doubles *x, const struct doubles *y)
{
    double mean_x = mean_of(x), mean_y = mean_of(y), products = 0;
    for (size_t i = 0; i < x->count; i++)
        products += (x->at[i] - mean_x) * (y->at[i] - mean_y);
    return products / (double)(x->count - 1);
}

static bool covariance(struct machine *m, int n, const value *args, value *out)
{
    struct doubles x, y;
    (void)n;
    if (!open_pair(m, "covariance", args, &x, &y)) return false;
    *out = v_double(covariance_of(&x, &y));
    doubles_close(&x);
    doubles_close(&y);
    return true;
}

static bool correlation(struct machine *m, int n, const value *args, value *out)
{
    struct doubles x, y;
    (void)n;
    if (!open_pair(m, "correlation", args, &x, &y)) return false;
    *out = v_double(covariance_of(&x, &y) /
                    sqrt(variance_of(&x) * variance_of(&y)));
    doubles_close(&x);
    doubles_close(&y);
    return true;
}

/* ---- order ------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Between the neighbours in order, by straight lines: type 7 of Hyndman and
 * Fan (1996), the default of R and NumPy. */
static double quantile_of(const double *sorted, size_t n, double p)
{
    double place = p * (double)(n - 1), below = floor(place);
    size_t i = (size_t)below;
    double x = sorted[i];
    if (i + 1 >= n || place == below) return x;
    return x + (place - below) * (sorted[i + 1] - x);
}

static bool probability(struct machine *m, double p)
{
    return (p >= 0 && p <= 1) ||
           machine_domain_error(
               m, "quantile: expected a probability from 0 to 1, got %g", p);
}

/* A sorted copy; a nan among the numbers is the answer to all (*nan). */
static bool sorted_copy(struct machine *m, const struct doubles *d,
                        double **out, bool *nan)
{
    double *copy = memory_new_atomic(d->count * sizeof *copy);
    if (!copy) return machine_no_memory(m);
    memcpy(copy, d->at, d->count * sizeof *copy);
    *nan = false;
    for (size_t i = 0; i < d->count && !*nan; i++) *nan = copy[i] != copy[i];
    *out = copy;
    return *nan || sort_array(m, copy, d->count, sizeof *copy, compare);
}

static bool quantiles(struct machine *m, const struct doubles *d, value p,
                      value *out)
{
    double *sorted = NULL;
    bool nan = false;
    value made = vector_make(is_vector(p) ? as_vector(p)->head.size : 1, 0);
    if (made == V_UNBOUND) return machine_no_memory(m);
    struct vector *result = as_vector(made);
    for (size_t i = 0; i < result->head.size; i++) {
        result->at[i] = is_vector(p) ? as_vector(p)->at[i] : as_number(p);
        if (!probability(m, result->at[i])) return false;
    }
    bool done = sorted_copy(m, d, &sorted, &nan);
    for (size_t i = 0; done && i < result->head.size; i++)
        result->at[i] =
            nan ? (double)NAN : quantile_of(sorted, d->count, result->at[i]);
    memory_free(sorted);
    if (done) *out = is_vector(p) ? made : v_double(result->at[0]);
    return done;
}

static bool quantile(struct machine *m, int n, const value *args, value *out)
{
    struct doubles d;
    (void)n;
    if (!is_number(args[1]) && !is_vector(args[1]))
        return machine_type_error(m, "quantile",
                                  "a probability or a vector of them", args[1]);
    if (!open_numbers(m, "quantile", 1, args[0], &d)) return false;
    bool done = quantiles(m, &d, args[1], out);
    doubles_close(&d);
    return done;
}

static bool median(struct machine *m, int n, const value *args, value *out)
{
    struct doubles d;
    (void)n;
    if (!open_numbers(m, "median", 1, args[0], &d)) return false;
    bool done = quantiles(m, &d, v_double(0.5), out);
    doubles_close(&d);
    return done;
}

/* The first of the best; a nan is never better. */
static bool best_index(struct machine *m, const char *who, double direction,
                       value v, value *out)
{
    struct doubles d;
    if (!open_numbers(m, who, 1, v, &d)) return false;
    size_t best = 0;
    for (size_t i = 1; i < d.count; i++)
        if (direction * d.at[i] > direction * d.at[best] ||
            (d.at[best] != d.at[best] && d.at[i] == d.at[i]))
            best = i;
    doubles_close(&d);
    *out = v_int((int64_t)best);
    return true;
}

static bool arg_max(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return best_index(m, "argmax", 1, args[0], out);
}

static bool arg_min(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return best_index(m, "argmin", -1, args[0], out);
}

/* ---- the table -------------------------------------------------------- */

#define SUMMARY(names_, function_, n_, signature_, doc_) \
    ROW(DEEP, "summaries", names_, function_, n_, n_, signature_, doc_)

struct primitive primitives_summary[] = {
    SUMMARY("sum", sum, 1, "(sum numbers)", "The sum; of none, 0."),
    SUMMARY("prod product", product, 1, "(prod numbers)",
            "The product; of none, 1."),
    SUMMARY("mean average", mean, 1, "(mean numbers)",
            "The mean; True and False count as 1 and 0."),
    SUMMARY("variance var", variance, 1, "(variance numbers)",
            "The variance of a sample: divided by n - 1."),
    SUMMARY("sd stdev", deviation, 1, "(sd numbers)",
            "The square root of the variance."),
    SUMMARY("covariance", covariance, 2, "(covariance xs ys)",
            "The covariance of a sample: divided by n - 1."),
    SUMMARY("correlation", correlation, 2, "(correlation xs ys)",
            "Pearson's correlation."),
    SUMMARY("median", median, 1, "(median numbers)",
            "The number in the middle, or half way between two."),
    SUMMARY("quantile", quantile, 2, "(quantile numbers p)",
            "The number below which a share p lies, by straight lines "
            "between neighbours; a vector of p gives a vector."),
    SUMMARY("argmax", arg_max, 1, "(argmax numbers)",
            "The index of the greatest, the first where several are."),
    SUMMARY("argmin", arg_min, 1, "(argmin numbers)",
            "The index of the least, the first where several are."),
};
const size_t primitives_summary_count =
    sizeof primitives_summary / sizeof *primitives_summary;
