/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Making and reading expressions. An expression's tree has at most
 * EXPRESSION_MAX operations, so the recursion over operations is shallow;
 * lists are walked with a stack of their own.
 */
#include "eval/expression.h"

#include "base/memory.h"
#include "eval/plain_list.h"
#include "eval/scratch.h"

static uint32_t tree_size(value v)
{
    if (!is_type(v, T_EXPRESSION)) return 0;
    return ((struct expression *)as_object(v))->head.spare;
}

/* Small ones come from lists of free pieces, by their number of operands:
 * the hot path of every program with random numbers. The static pointers
 * keep the lists alive. */
enum { SMALL = 4 };
static void *spare[SMALL + 1];

static struct expression *expression_new(uint32_t count)
{
    size_t size = sizeof(struct expression) + count * sizeof(value);
    if (count > SMALL) return memory_new(size);
    if (!spare[count] && !(spare[count] = memory_new_many(size))) return NULL;
    void **piece = spare[count];
    spare[count] = *piece;
    *piece = NULL;
    return (struct expression *)piece;
}

bool expression_make(struct machine *m, const struct primitive *p, int n,
                     const value *operands, value *out)
{
    uint32_t size = 1;
    for (int i = 0; i < n && size <= EXPRESSION_MAX; i++)
        size += tree_size(operands[i]);
    *out = V_UNBOUND;
    if (size > EXPRESSION_MAX) return true;
    struct expression *e = expression_new((uint32_t)n);
    if (!e) return machine_no_memory(m);
    e->head.type = T_EXPRESSION;
    e->head.spare = (uint16_t)size;
    e->head.size = (uint32_t)n;
    e->operation = p;
    memcpy(e->operands, operands, (size_t)n * sizeof *operands);
    *out = v_object(e);
    return true;
}

/* Operation by operation: each operand to the depth that it is looked at. */
static bool compute(struct machine *m, const struct expression *e,
                    reference_reader *read, value *out)
{
    value few[8], *plain = few;
    const struct primitive *p = e->operation;
    if (e->head.size > 8 && !(plain = memory_new(e->head.size * sizeof *plain)))
        return machine_no_memory(m);
    for (uint32_t i = 0; i < e->head.size; i++) {
        value v = e->operands[i];
        bool outer = p->look == LOOK_OUTER &&
                     (i < 16 ? p->outer >> i & 1 : p->outer == 0xffff);
        bool deep = p->look == LOOK_DEEP || p->look == LOOK_FORCE;
        if (!outer && !deep)
            plain[i] = v;
        else if (!expression_read(m, v, deep, read, &plain[i]))
            return false;
    }
    return p->function(m, (int)e->head.size, plain, out);
}

static bool is_choice(value v)
{
    return is_type(v, T_CHOICE) || is_type(v, T_QUERIED);
}

static bool outermost(struct machine *m, value v, bool to_choice,
                      reference_reader *read, value *out)
{
    for (;;) {
        bool ok;
        if (is_type(v, T_EXPRESSION))
            ok = compute(m, as_object(v), read, &v);
        else if (is_reference(v) && !(to_choice && is_choice(v)))
            ok = read(m, v, &v);
        else
            break;
        if (!ok) return false;
    }
    *out = v;
    return true;
}

struct outer_data {
    struct machine *m;
    reference_reader *read;
};

static bool read_outer(void *data, value reference, value *out)
{
    const struct outer_data *d = data;
    return outermost(d->m, reference, false, d->read, out);
}

bool expression_read(struct machine *m, value v, bool deep,
                     reference_reader *read, value *out)
{
    if (is_reference(v) && !outermost(m, v, false, read, &v)) return false;
    *out = v;
    struct outer_data d = {m, read};
    return !deep || !has_reference(v) || list_plain(m, v, read_outer, &d, out);
}

bool expression_target(struct machine *m, value v, reference_reader *read,
                       value *out)
{
    return outermost(m, v, true, read, out);
}

bool expression_leaves(struct machine *m, value v,
                       bool (*visit)(value reference, void *data), void *data)
{
    struct scratch todo;
    scratch_open(&todo);
    bool ok = scratch_push(m, &todo, v);
    while (ok && todo.length) {
        v = todo.at[--todo.length];
        if (is_type(v, T_EXPRESSION)) {
            const struct expression *e = as_object(v);
            for (uint32_t i = e->head.size; ok && i-- > 0;)
                if (has_reference(e->operands[i]))
                    ok = scratch_push(m, &todo, e->operands[i]);
        } else if (is_reference(v)) {
            ok = visit(v, data);
        } else if (is_pair(v) && has_reference(v)) {
            ok = scratch_push(m, &todo, cdr(v)) &&
                 scratch_push(m, &todo, car(v));
        }
    }
    scratch_close(&todo);
    return ok;
}
