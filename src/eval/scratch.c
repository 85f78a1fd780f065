/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The array of values that grows, for primitives that build lists.
 */
#include "eval/scratch.h"

#include "base/memory.h"
#include "eval/operand.h"

bool scratch_reserve(struct machine *m, struct scratch *s, size_t more)
{
    size_t room = s->room;
    if (more <= room - s->length) return true;
    if (more > SIZE_MAX / sizeof(value) / 4 - s->length)
        return machine_no_memory(m);
    while (room - s->length < more) room *= 2;
    value *at = memory_new(room * sizeof *at);
    if (!at) return machine_no_memory(m);
    memcpy(at, s->at, s->length * sizeof *at);
    scratch_close(s);
    s->at = at;
    s->room = room;
    return true;
}

void scratch_close(struct scratch *s)
{
    if (s->at != s->local) memory_free(s->at);
    s->at = s->local;
    s->room = SCRATCH_LOCAL;
}

bool scratch_fail(struct scratch *s)
{
    scratch_close(s);
    return false;
}

bool scratch_push_list(struct machine *m, struct scratch *s, value list)
{
    if (!scratch_reserve(m, s, list_length(list))) return false;
    for (; list != V_NIL; list = cdr(list)) s->at[s->length++] = car(list);
    return true;
}

bool scratch_onto(struct machine *m, struct scratch *s, value tail, value *out)
{
    value made = list_onto(s->at, s->length, tail);
    scratch_close(s);
    return answer(m, made, out);
}
