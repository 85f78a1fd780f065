/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A body under compilation: its instructions, constants, captured variables
 * and registers, each in an array that grows. It knows how a jump waits for
 * its target; it does not know what core forms mean.
 */
#include "base/memory.h"
#include "eval/compile_inside.h"

bool function_fail(struct function *f, const char *words)
{
    if (!f->failed) {
        if (words) {
            error_set(&f->machine->error, ERROR_SYNTAX, "%s", words);
            f->machine->error.span = f->span;
        } else {
            machine_no_memory(f->machine);
        }
    }
    f->failed = true;
    return false;
}

static void *grown(struct function *f, const void *old, uint32_t count,
                   uint32_t *room, size_t size)
{
    uint32_t wanted = *room ? *room * 2 : 16;
    void *block = memory_new(wanted * size);
    if (!block) {
        function_fail(f, NULL);
        return NULL;
    }
    if (count) memcpy(block, old, count * size);
    *room = wanted;
    return block;
}

static uint32_t emit(struct function *f, struct instruction i)
{
    if (f->length == f->room) {
        /* The room is what both arrays have, or neither. */
        uint32_t room = f->room, same = f->room;
        void *spans = grown(f, f->spans, f->length, &room, sizeof *f->spans);
        void *code = grown(f, f->instructions, f->length, &same,
                           sizeof *f->instructions);
        if (!spans || !code) return 0;
        f->spans = spans;
        f->instructions = code;
        f->room = room;
    }
    f->spans[f->length] = f->span;
    f->instructions[f->length] = i;
    return f->length++;
}

uint32_t emit_abc(struct function *f, enum operation op, uint32_t a, uint32_t b,
                  uint32_t c)
{
    return emit(f, (struct instruction){(uint16_t)op,
                                        (uint16_t)a,
                                        {{(uint16_t)b, (uint16_t)c}}});
}

uint32_t emit_wide(struct function *f, enum operation op, uint32_t a,
                   int32_t wide)
{
    struct instruction i = {(uint16_t)op, (uint16_t)a, {{0, 0}}};
    i.wide = wide;
    return emit(f, i);
}

uint32_t function_constant(struct function *f, value v)
{
    uint32_t back = f->constant_count > 64 ? f->constant_count - 64 : 0;
    for (uint32_t i = f->constant_count; i-- > back;)
        if (f->constants[i] == v) return i;
    if (f->constant_count == f->constant_room) {
        void *more = grown(f, f->constants, f->constant_count,
                           &f->constant_room, sizeof *f->constants);
        if (!more) return 0;
        f->constants = more;
    }
    f->constants[f->constant_count] = v;
    return f->constant_count++;
}

uint32_t function_take(struct function *f)
{
    if (f->next >= NARROW) {
        function_fail(f,
                      "too many values at once in one body (more than 65,000)");
        return 0;
    }
    uint32_t r = f->next++;
    if (f->next > f->most) f->most = f->next;
    return r;
}

uint32_t function_site(struct function *f)
{
    if (f->site_count >= NARROW)
        function_fail(f, "too many calls in one body (more than 65,000)");
    return f->site_count++;
}

void emit_move(struct function *f, uint32_t to, uint32_t from)
{
    if (to != from) emit_abc(f, OP_MOVE, to, from, 0);
}

/* ---- jumps --------------------------------------------------------------- */

void emit_jump(struct function *f, enum operation op, uint32_t a, jumps *list)
{
    *list = (jumps)emit_wide(f, op, a, *list);
}

static bool is_fused(uint16_t op)
{
    return op >= OP_UNLESS_LESS && op <= OP_UNLESS_EQUAL_I;
}

/* A fused test keeps its link in a narrow operand: relative to itself, 0 for
 * the end. */
void emit_land(struct function *f, jumps list)
{
    while (list != NOWHERE && !f->failed) {
        struct instruction *i = &f->instructions[list];
        int32_t distance = (int32_t)f->length - list - 1;
        if (is_fused(i->op)) {
            jumps next = i->c ? list - i->c : NOWHERE;
            if (distance > NARROW) f->too_far = true;
            i->c = (uint16_t)distance;
            list = next;
        } else {
            jumps next = i->wide;
            i->wide = distance;
            list = next;
        }
    }
}

/* ---- variables ----------------------------------------------------------- */

uint32_t function_capture(struct function *f, struct variable *v)
{
    for (uint32_t i = 0; i < f->captured_count; i++)
        if (f->captured[i] == v) return i;
    if (f->captured_count == f->captured_room) {
        void *more = grown(f, f->captured, f->captured_count, &f->captured_room,
                           sizeof *f->captured);
        if (!more) return 0;
        f->captured = more;
    }
    f->captured[f->captured_count] = v;
    return f->captured_count++;
}
