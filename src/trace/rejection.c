/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rejections by place: see rejection.h.
 */
#include "trace/rejection.h"

#include <stdio.h>
#include <string.h>

void rejection_add(struct rejections *c, const struct error *e)
{
    if (e->kind != ERROR_DOMAIN) return;
    for (size_t i = 0; i < c->count; i++)
        if (c->at[i].span.source == e->span.source &&
            c->at[i].span.start == e->span.start) {
            c->at[i].count++;
            return;
        }
    if (c->count == sizeof c->at / sizeof *c->at) return;
    struct engine_complaint *new = &c->at[c->count++];
    new->span = e->span;
    new->count = 1;
    snprintf(new->message, sizeof new->message, "%.159s", e->message);
}

size_t rejections_take(struct rejections *c, struct engine_complaint *into,
                       size_t room)
{
    size_t n = c->count < room ? c->count : room;
    if (n) memcpy(into, c->at, n * sizeof *into);
    c->count = 0;
    return n;
}
