/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What lies around the choices that will be moved next is sent for, a step
 * further at each transition: the choice; its edges and what it is written
 * as; who reads it. What readers read in turn they send for themselves, when
 * they are scored. It only looks, between transitions, and writes nothing.
 */
#include "trace/reduced.h"

/* A function that does nothing but send is thought to do nothing. */
#define ALWAYS inline __attribute__((always_inline))

enum { READERS = 2 }; /* of one choice: the rest is sent for on the way */

static ALWAYS void fetch_choice(const struct choice *c)
{
    node_fetch(&c->node);
    __builtin_prefetch(c->written);
}

static ALWAYS void fetch_edges(const struct choice *c)
{
    if (c->node.readers.steps) __builtin_prefetch(near_at(&c->node.readers));
    if (c->node.head.size && is_object(c->written[0]))
        __builtin_prefetch(as_object(c->written[0]));
}

static ALWAYS void fetch_readers(const struct choice *c)
{
    const struct edge *e = node_readers(&c->node);
    for (int i = 0; e && i < READERS; i++, e = edge_next(e)) {
        node_fetch(edge_reader(e));
        __builtin_prefetch((const char *)edge_reader(e) + 128);
    }
}

void choices_fetch(struct engine *e, const void *first, const void *second,
                   const void *third)
{
    (void)e;
    if (first) fetch_readers(first);
    if (second) fetch_edges(second);
    if (third) fetch_choice(third);
}
