/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Linear recurrences: see recurrence.h. Backward, with g_t the adjoint of x_t
 * from what reads it and from x_(t+1):
 *
 *     g_t = by_out_t + a_(t+1) g_(t+1),  by a_t: g_t x_(t-1),  by b_t: g_t
 *
 * With one a in all links, four of them are one step: what they add is known
 * before x_t is, and x_(t+4) = a^4 x_t + c waits for one product, not four.
 */
#include "tape/recurrence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct recurrence *recurrence_new(uint32_t links, uint32_t numbers)
{
    struct recurrence *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->links = links;
    r->a = calloc(links + 1ul, sizeof *r->a);
    r->b = calloc(links + 1ul, sizeof *r->b);
    r->numbers = calloc(numbers + 1ul, sizeof *r->numbers);
    r->by = calloc(numbers + 1ul, sizeof *r->by);
    if (r->a && r->b && r->numbers && r->by) return r;
    recurrence_free(r);
    return NULL;
}

void recurrence_free(void *recurrence)
{
    struct recurrence *r = recurrence;
    if (!r) return;
    free(r->a);
    free(r->b);
    free(r->numbers);
    free(r->by);
    free(r);
}

/* a too large for its powers would make of x = 0 what it is not. */
#define FACTOR_MOST 1e30

void recurrence_settle(struct recurrence *r)
{
    r->even = r->links > 0;
    for (uint32_t t = 0; r->even && t < r->links; t++)
        r->even =
            r->a[t] == r->a[0] && r->b[t] == r->b[0] + t && r->b[t] < r->count;
}

/* Those that are given, or all. */
static const double *numbers_of(const struct recurrence *r, const double *in)
{
    if (r->number_count == r->count) return in;
    memcpy(r->numbers, in, r->count * sizeof *in);
    return r->numbers;
}

/* ---- one by one ---------------------------------------------------------- */

static void value_by_number(const struct recurrence *r, const double *numbers,
                            double *restrict out)
{
    double x = numbers[r->start];
    for (uint32_t t = 0; t < r->links; t++) {
        x = numbers[r->a[t]] * x + numbers[r->b[t]];
        out[t] = x;
    }
}

static void reverse_by_number(const struct recurrence *r, const double *numbers,
                              const double *out, const double *by_out,
                              double *by)
{
    /* What links share is summed here, and put away when it is another. */
    uint32_t shared = r->links ? r->a[r->links - 1] : 0;
    double sum = 0.0, g = 0.0;
    for (uint32_t t = r->links; t-- > 0;) {
        uint32_t a = r->a[t];
        g += by_out[t];
        by[r->b[t]] += g;
        if (a != shared) {
            by[shared] += sum;
            shared = a;
            sum = 0.0;
        }
        sum += g * (t ? out[t - 1] : numbers[r->start]);
        g *= numbers[a];
    }
    by[shared] += sum;
    by[r->start] += g;
}

/* ---- four at a time ------------------------------------------------------ */

static void value_even(double a, double x, uint32_t links,
                       const double *restrict b, double *restrict out)
{
    double a2 = a * a, a3 = a2 * a, a4 = a2 * a2;
    uint32_t t = 0;
    for (; t + 4 <= links; t += 4) {
        double c0 = b[t], c1 = a * c0 + b[t + 1], c2 = a * c1 + b[t + 2],
               c3 = a * c2 + b[t + 3];
        out[t] = a * x + c0;
        out[t + 1] = a2 * x + c1;
        out[t + 2] = a3 * x + c2;
        out[t + 3] = x = a4 * x + c3;
    }
    for (; t < links; t++) out[t] = x = a * x + b[t];
}

/* Answers the adjoint of all a together; *start is x_0, and becomes its
 * adjoint. */
static double reverse_even(double a, double *start, uint32_t links,
                           const double *restrict x,
                           const double *restrict by_out, double *restrict by_b)
{
    double a2 = a * a, a3 = a2 * a, a4 = a2 * a2;
    double g = 0.0, sum[4] = {0.0}; /* g: what x_(t+1) gives */
    uint32_t t = links;
    for (; t > 4; t -= 4) {
        double c0 = by_out[t - 1], c1 = a * c0 + by_out[t - 2],
               c2 = a * c1 + by_out[t - 3], c3 = a * c2 + by_out[t - 4];
        double g0 = g + c0, g1 = a * g + c1, g2 = a2 * g + c2, g3 = a3 * g + c3;
        by_b[t - 1] += g0;
        by_b[t - 2] += g1;
        by_b[t - 3] += g2;
        by_b[t - 4] += g3;
        sum[0] += g0 * x[t - 2];
        sum[1] += g1 * x[t - 3];
        sum[2] += g2 * x[t - 4];
        sum[3] += g3 * x[t - 5];
        g = a4 * g + a * c3;
    }
    for (; t > 0; t--) {
        g += by_out[t - 1];
        by_b[t - 1] += g;
        sum[t - 1] += g * (t > 1 ? x[t - 2] : *start);
        g *= a;
    }
    *start = g;
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/* ---- all ------------------------------------------------------------------ */

static bool is_even(const struct recurrence *r, const double *numbers)
{
    return r->even && fabs(numbers[r->a[0]]) <= FACTOR_MOST;
}

bool recurrence_value(void *recurrence, const double *in, double *out)
{
    const struct recurrence *r = recurrence;
    const double *numbers = numbers_of(r, in);
    if (is_even(r, numbers))
        value_even(numbers[r->a[0]], numbers[r->start], r->links,
                   numbers + r->b[0], out);
    else
        value_by_number(r, numbers, out);
    return true;
}

bool recurrence_reverse(void *recurrence, const double *in, const double *out,
                        const double *by_out, double *by_in)
{
    const struct recurrence *r = recurrence;
    const double *numbers = numbers_of(r, in);
    double *by = by_in;
    if (numbers != in) {
        by = r->by;
        memcpy(by, by_in, r->count * sizeof *by);
        memset(by + r->count, 0, (r->number_count - r->count) * sizeof *by);
    }
    if (is_even(r, numbers)) {
        double start = numbers[r->start];
        by[r->a[0]] += reverse_even(numbers[r->a[0]], &start, r->links, out,
                                    by_out, by + r->b[0]);
        by[r->start] += start;
    } else {
        reverse_by_number(r, numbers, out, by_out, by);
    }
    if (by != by_in) memcpy(by_in, by, r->count * sizeof *by);
    return true;
}
