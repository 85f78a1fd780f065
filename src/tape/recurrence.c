/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Linear recurrences: see recurrence.h. Backward, with g_t the adjoint of x_t
 * from what reads it and from x_(t+1):
 *
 *     g_t = by_out_t + a_(t+1) g_(t+1),  by a_t: g_t x_(t-1),  by b_t: g_t
 */
#include "tape/recurrence.h"

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

bool recurrence_value(void *recurrence, const double *in, double *out)
{
    struct recurrence *r = recurrence;
    double *numbers = r->numbers;
    memcpy(numbers, in, r->count * sizeof *numbers);
    double x = numbers[r->start];
    for (uint32_t t = 0; t < r->links; t++) {
        x = numbers[r->a[t]] * x + numbers[r->b[t]];
        out[t] = x;
    }
    return true;
}

bool recurrence_reverse(void *recurrence, const double *in, const double *out,
                        const double *by_out, double *by_in)
{
    struct recurrence *r = recurrence;
    double *numbers = r->numbers, *by = r->by, g = 0.0;
    memcpy(numbers, in, r->count * sizeof *numbers);
    memset(by, 0, r->number_count * sizeof *by);
    /* What links share is summed here, and put away when it is another. */
    uint32_t shared = r->links ? r->a[r->links - 1] : 0;
    double sum = 0.0;
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
    for (uint32_t i = 0; i < r->count; i++) by_in[i] += by[i];
    return true;
}
