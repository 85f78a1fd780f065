/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Linear recurrences: see recurrence.h. Backward, with g_t the adjoint of x_t
 * from what reads it and from x_(t+1):
 *
 *     g_t = by_out_t + a_(t+1) g_(t+1),  by a_t: g_t x_(t-1),
 *     by b_t: scale g_t,  by scale: g_t b_t,  by shift: g_t
 *
 * With one a in all links, lanes take eight of them together.
 */
#include "tape/recurrence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tape/lanes.h"

struct recurrence *recurrence_new(uint32_t links, uint32_t constants)
{
    struct recurrence *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->links = links;
    r->a = calloc(links + 1ul, sizeof *r->a);
    r->b = calloc(links + 1ul, sizeof *r->b);
    r->constants = calloc(constants + 1ul, sizeof *r->constants);
    if (r->a && r->b && r->constants) return r;
    recurrence_free(r);
    return NULL;
}

void recurrence_free(void *recurrence)
{
    struct recurrence *r = recurrence;
    if (!r) return;
    free(r->a);
    free(r->b);
    free(r->constants);
    free(r);
}

/* ---- numbers ------------------------------------------------------------- */

/* Where those that are given stand: in order, or in slots. */
struct given {
    const struct recurrence *r;
    const uint32_t *slots; /* NULL: in order */
    const double *numbers;
    double *by; /* their adjoints, to be added to */
};

static double number(const struct given *in, uint32_t i)
{
    if (i >= in->r->count) return in->r->constants[i - in->r->count];
    return in->numbers[in->slots ? in->slots[i] : i];
}

static void add_by(const struct given *in, uint32_t i, double by)
{
    if (i < in->r->count) in->by[in->slots ? in->slots[i] : i] += by;
}

static double number_or(const struct given *in, uint32_t i, double other)
{
    return i ? number(in, i - 1) : other;
}

/* ---- one by one ---------------------------------------------------------- */

static void value_by_number(const struct given *in, double *restrict out)
{
    const struct recurrence *r = in->r;
    double scale = number_or(in, r->scale, 1.0), x = number(in, r->start);
    double shift = number_or(in, r->shift, 0.0);
    for (uint32_t t = 0; t < r->links; t++) {
        x = number(in, r->a[t]) * x + (scale * number(in, r->b[t]) + shift);
        out[t] = x;
    }
}

static void reverse_by_number(const struct given *in, const double *out,
                              const double *by_out)
{
    const struct recurrence *r = in->r;
    double scale = number_or(in, r->scale, 1.0);
    /* What links share is summed here, and put away when it is another. */
    uint32_t shared = r->links ? r->a[r->links - 1] : 0;
    double sum = 0.0, g = 0.0, by_scale = 0.0, by_shift = 0.0;
    for (uint32_t t = r->links; t-- > 0;) {
        uint32_t a = r->a[t];
        g += by_out[t];
        add_by(in, r->b[t], scale * g);
        by_scale += g * number(in, r->b[t]);
        by_shift += g;
        if (a != shared) {
            add_by(in, shared, sum);
            shared = a;
            sum = 0.0;
        }
        sum += g * (t ? out[t - 1] : number(in, r->start));
        g *= number(in, a);
    }
    if (r->links) add_by(in, shared, sum);
    if (r->scale) add_by(in, r->scale - 1, by_scale);
    if (r->shift) add_by(in, r->shift - 1, by_shift);
    add_by(in, r->start, g);
}

/* ---- eight at a time ----------------------------------------------------- */

/* a too large for its powers would make of x = 0 what it is not. */
#define FACTOR_MOST 1e15

/* false: not so. */
static bool as_chain(const struct given *in, struct lanes_chain *out)
{
    const struct recurrence *r = in->r;
    if (!r->even || !(fabs(number(in, r->a[0])) <= FACTOR_MOST)) return false;
    uint32_t b = r->b[0];
    *out = (struct lanes_chain){
        .links = r->links,
        .start = number(in, r->start),
        .a = number(in, r->a[0]),
        .scale = number_or(in, r->scale, 1.0),
        .shift = number_or(in, r->shift, 0.0),
        .b = b >= r->count ? r->constants + (b - r->count)
                           : in->numbers + (in->slots ? in->slots[b] : b)};
    return true;
}

static bool value(const struct given *in, double *out)
{
    struct lanes_chain chain;
    if (as_chain(in, &chain))
        lanes_chosen()->chain(&chain, out);
    else
        value_by_number(in, out);
    return true;
}

static bool reverse(const struct given *in, const double *out,
                    const double *by_out)
{
    const struct recurrence *r = in->r;
    struct lanes_chain chain;
    if (!as_chain(in, &chain)) {
        reverse_by_number(in, out, by_out);
        return true;
    }
    double by[LANES_BY_CHAIN];
    uint32_t b = r->b[0];
    lanes_chosen()->chain_back(
        &chain, out, by_out,
        b >= r->count ? NULL : in->by + (in->slots ? in->slots[b] : b), by);
    add_by(in, r->a[0], by[LANES_BY_A]);
    add_by(in, r->start, by[LANES_BY_START]);
    if (r->scale) add_by(in, r->scale - 1, by[LANES_BY_SCALE]);
    if (r->shift) add_by(in, r->shift - 1, by[LANES_BY_SHIFT]);
    return true;
}

/* ---- as a tape has it ---------------------------------------------------- */

static bool value_in(void *context, const double *in, double *out)
{
    return value(&(struct given){context, NULL, in, NULL}, out);
}

static bool reverse_in(void *context, const double *in, const double *out,
                       const double *by_out, double *by_in)
{
    return reverse(&(struct given){context, NULL, in, by_in}, out, by_out);
}

static bool value_at(void *context, const uint32_t *slots,
                     const double *numbers, double *out)
{
    return value(&(struct given){context, slots, numbers, NULL}, out);
}

static bool reverse_at(void *context, const uint32_t *slots,
                       const double *numbers, const double *out,
                       const double *by_out, double *by_slots)
{
    return reverse(&(struct given){context, slots, numbers, by_slots}, out,
                   by_out);
}

static bool is_even(const struct recurrence *r)
{
    bool even = r->links > 0;
    uint32_t b = even ? r->b[0] : 0;
    for (uint32_t t = 0; even && t < r->links; t++)
        even = r->a[t] == r->a[0] && r->b[t] == b + t;
    return even && (b >= r->count || b + r->links <= r->count);
}

struct tape_call recurrence_call(struct recurrence *r)
{
    struct tape_call call = {.context = r,
                             .count = r->count,
                             .out = r->links,
                             .value = value_in,
                             .reverse = reverse_in,
                             .value_at = value_at,
                             .reverse_at = reverse_at,
                             .free = recurrence_free};
    r->even = is_even(r);
    if (r->even && r->b[0] < r->count) {
        call.line_first = r->b[0];
        call.line = r->links;
    }
    return call;
}
