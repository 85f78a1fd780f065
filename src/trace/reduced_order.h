/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The nodes of a reduced trace in the order of the program, for those who
 * show it: directives from first to last, and below a region what it met
 * first before what it met later. The same state has the same order. Nothing
 * is changed, settled or drawn.
 *
 * Ownership: an order owns its arrays, from malloc, and only looks at nodes:
 * it holds until the trace changes.
 */
#ifndef VST_TRACE_REDUCED_ORDER_H
#define VST_TRACE_REDUCED_ORDER_H

#include "base/text.h"
#include "trace/reduced.h"

struct place {
    const struct node *node;
    const struct directive *of;
    uint32_t number; /* from 1; 0: a directive */
    uint32_t depth;  /* regions above it */
};

struct order_of {
    struct place *at;
    uint32_t count, room;
};

/* False when memory ran out; order_free either way. O(nodes). */
bool order_make(struct order_of *o, const struct trace *t,
                struct directive *const *program, uint32_t count);
void order_free(struct order_of *o);

/* What engines offer of it: see engine.h. */
bool reduced_predictions(struct trace *t, struct directive *const *program,
                         uint32_t count, prediction_visit *each, void *context);
bool reduced_observed(struct trace *t, struct directive *const *program,
                      uint32_t count, observed_visit *each, void *context);
bool reduced_print(struct trace *t, struct directive *const *program,
                   uint32_t count, const struct directive *only,
                   struct text *lines, struct text *json);

#endif
