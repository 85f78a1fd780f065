/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values on their way into a list: an array that grows, small and local
 * first, then in scanned memory, so that values made on the way live.
 * Zero cost to open; whoever opens it closes it.
 */
#ifndef VST_EVAL_SCRATCH_H
#define VST_EVAL_SCRATCH_H

#include "eval/machine.h"

enum { SCRATCH_LOCAL = 32 };

struct scratch {
    value *at;
    size_t length, room;
    value local[SCRATCH_LOCAL];
};

static inline void scratch_open(struct scratch *s)
{
    s->at = s->local;
    s->length = 0;
    s->room = SCRATCH_LOCAL;
}
void scratch_close(struct scratch *s);

/* Room for `more` values behind those that are there; false with
 * m->error when memory ran out, and the scratch is as before. */
bool scratch_reserve(struct machine *m, struct scratch *s, size_t more);

static inline bool scratch_push(struct machine *m, struct scratch *s, value v)
{
    if (s->length == s->room && !scratch_reserve(m, s, s->room)) return false;
    s->at[s->length++] = v;
    return true;
}

/* The elements of a proper list, pushed in order. */
bool scratch_push_list(struct machine *m, struct scratch *s, value list);

/* The values as a list before `tail`; closes the scratch. */
bool scratch_onto(struct machine *m, struct scratch *s, value tail, value *out);
static inline bool scratch_list(struct machine *m, struct scratch *s,
                                value *out)
{
    return scratch_onto(m, s, V_NIL, out);
}
/* Closes the scratch and answers false: for the way out after an error. */
bool scratch_fail(struct scratch *s);

#endif
