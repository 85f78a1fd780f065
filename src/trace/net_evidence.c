/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * May running this code condition the program? Whatever it mentions is looked
 * at, and what that mentions: what is never mentioned is never done. A cell
 * that conditions nothing, and that nobody reads, can be left out of a net.
 */
#include "trace/net_inside.h"

#include "base/memory.h"
#include "eval/code.h"
#include "eval/global.h"

struct seen {
    uint64_t object;
};

struct search {
    struct machine *machine;
    struct list todo; /* objects */
    struct table seen;
    value evidence[3];
    bool found;
};

static bool look_at(struct search *s, value v)
{
    if (!is_object(v) || table_find(&s->seen, v)) return true;
    for (int i = 0; i < 3; i++) s->found |= v == s->evidence[i];
    struct seen *mark = memory_new(sizeof *mark);
    if (!mark) return machine_no_memory(s->machine);
    mark->object = v;
    return table_add(s->machine, &s->seen, mark) &&
           list_push(s->machine, &s->todo, as_object(v));
}

static bool look_into_code(struct search *s, const struct code *c)
{
    bool ok = true;
    for (uint32_t i = 0; ok && i < c->constant_count; i++)
        ok = look_at(s, c->constants[i]);
    return ok;
}

static bool look_into(struct search *s, const struct object *o)
{
    const struct closure *c = (const struct closure *)o;
    bool ok = true;
    switch (o->type) {
    case T_CODE: return look_into_code(s, (const struct code *)o);
    case T_GLOBAL: return look_at(s, ((const struct global *)o)->held);
    case T_MEM: return look_at(s, ((const struct mem *)o)->procedure);
    case T_CLOSURE:
        ok = look_into_code(s, c->code);
        for (uint32_t i = 0; ok && i < c->head.size; i++)
            ok = look_at(s, c->captured[i]);
        return ok;
    case T_QUERIED: {
        const struct net_cell *cell = (const struct net_cell *)o;
        return !cell->directive || look_into_code(s, cell->directive->code);
    }
    case T_PAIR:
        return look_at(s, car(v_object(o))) && look_at(s, cdr(v_object(o)));
    default: return true;
    }
}

bool net_conditions(struct machine *m, const struct code *code, bool *out)
{
    static const char *const names[] = {"factor", "condition", " observe"};
    struct search s = {.machine = m};
    for (int i = 0; i < 3; i++) {
        const struct global *g = global_builtin(m, symbol(names[i]));
        s.evidence[i] = g ? g->held : V_NOTHING;
    }
    bool ok = look_into_code(&s, code);
    while (ok && !s.found && s.todo.count)
        ok = look_into(&s, s.todo.at[--s.todo.count]);
    *out = s.found;
    return ok;
}
