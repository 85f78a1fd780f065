/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Forms around an application: (truncated (f a ...) lo hi). The application
 * within is not evaluated: it becomes a run of the form's own arguments, its
 * procedure first, and so nested forms become one flat application. The
 * words are built-in random procedures, that a user may bind anew; what they
 * mean is in src/xrp/form.h, with the orders of arguments.
 */
#include "base/memory.h"
#include "base/stack.h"
#include "eval/code.h"
#include "eval/expand.h"
#include "eval/global.h"

enum { MANY = 15 };

/* Operands as they are written: `before` own ones, `around` applications (or
 * MANY), `after` own ones. `blank`: a shape comes first, which may be said last: a list of
 * how many values there are along each axis. */
static const struct form_row {
    const char *name, *use;
    uint8_t before, around, after;
    bool blank;
} rows[] = {
    {"iid", "(iid n (f arg ...))", 1, 1, 0, false},
    {"each", "(each (f arg ...) [shape])", 0, 1, 0, true},
    {"half", "(half (f arg ...))", 0, 1, 0, false},
    {"truncated", "(truncated (f arg ...) lo hi)", 0, 1, 2, false},
    {"censored", "(censored (f arg ...) lo hi)", 0, 1, 2, false},
    {"ordered", "(ordered (iid n (f arg ...)))", 0, 1, 0, false},
    {"positive-ordered", "(positive-ordered (iid n (f arg ...)))", 0, 1, 0,
     false},
    {"mixture", "(mixture weights (f arg ...) (g arg ...) ...)", 1, MANY, 0,
     false},
    {"log-density", "(log-density (f arg ...) y)", 0, 1, 1, false},
};

struct operands {
    struct core **items;
    size_t count, room;
};

static bool push(struct expander *e, struct operands *to, struct core *c)
{
    if (!c) return false;
    if (to->count == to->room) {
        struct core **more =
            memory_grow(to->items, &to->room, sizeof *to->items);
        if (!more) return machine_no_memory(e->machine);
        to->items = more;
    }
    to->items[to->count++] = c;
    return true;
}

/* log-density is a primitive: nothing is drawn by it. */
static const char *name_of(value v)
{
    if (is_type(v, T_XRP))
        return ((const struct random_procedure *)as_object(v))->name;
    if (is_type(v, T_PRIMITIVE))
        return ((const struct primitive *)as_object(v))->names;
    return NULL;
}

/* The row of a core form that is one of the words; NULL: it is none. */
static const struct form_row *row_of(struct expander *e, const struct core *c)
{
    const char *name = c->kind != CORE_CONSTANT ? NULL : name_of(c->constant);
    for (size_t i = 0; name && i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, name) != 0) continue;
        const struct global *g =
            global_builtin(e->machine, symbol(rows[i].name));
        return g && g->held == c->constant ? &rows[i] : NULL;
    }
    return NULL;
}

static bool around(struct expander *e, const struct syntax *s,
                   const struct form_row *row, const struct scope *scope,
                   struct operands *to);

static bool is_special(const struct syntax *s)
{
    const char *head = syntax_head(s);
    const struct special_form_row *row = special_form_rows;
    while (head && row->name && strcmp(row->name, head) != 0) row++;
    return head && row->name;
}

/* The application within: procedure, then operands. */
static bool within(struct expander *e, const struct syntax *s,
                   const struct form_row *outer, const struct scope *scope,
                   struct operands *to)
{
    if (s->kind != SYNTAX_LIST || s->count == 0 || is_special(s)) {
        syntax_error(e, s,
                     "%s stands around the application of a random "
                     "procedure: %s",
                     outer->name, outer->use);
        return false;
    }
    struct core *head = expand_in(e, s->items[0], scope);
    if (!push(e, to, head)) return false;
    const struct form_row *row = row_of(e, head);
    if (row) return around(e, s, row, scope, to);
    for (uint32_t i = 1; i < s->count; i++)
        if (!push(e, to, expand_in(e, s->items[i], scope))) return false;
    return true;
}

/* The operands of a form; of several applications each begins with how many
 * there are in its run. */
static bool around(struct expander *e, const struct syntax *s,
                   const struct form_row *row, const struct scope *scope,
                   struct operands *to)
{
    if (stack_is_low()) return syntax_error(e, s, "nested too deeply");
    uint32_t own = (uint32_t)row->before + row->after, given = s->count - 1;
    struct syntax *shape = NULL;
    if (row->blank && given == own + 2) shape = s->items[given--];
    uint32_t parts = row->around == MANY && given > own ? given - own : 1;
    if (given != own + parts) {
        syntax_error(e, s, "%s: expected %s", row->name, row->use);
        return false;
    }
    struct syntax *const *first = s->items + 1, *const *last = first + given;
    if (row->blank && !push(e, to,
                            shape ? expand_in(e, shape, scope)
                                  : core_constant(e, s->span, V_FALSE)))
        return false;
    for (uint32_t i = 0; i < row->before; i++)
        if (!push(e, to, expand_in(e, first[i], scope))) return false;
    for (uint32_t i = row->after; i > 0; i--)
        if (!push(e, to, expand_in(e, last[-(int)i], scope))) return false;
    for (uint32_t i = 0; i < parts; i++) {
        struct core *length = core_constant(e, s->span, v_int(0));
        if (row->around == MANY && !push(e, to, length)) return false;
        size_t before = to->count;
        if (!length || !within(e, first[row->before + i], row, scope, to))
            return false;
        length->constant = v_int((int64_t)(to->count - before));
    }
    return true;
}

bool is_around(struct expander *e, const struct core *operator)
{
    return row_of(e, operator) != NULL;
}

struct core *expand_around(struct expander *e, const struct syntax *s,
                           struct core *operator, const struct scope * scope)
{
    struct operands all = {NULL, 0, 0};
    const struct form_row *row = row_of(e, operator);
    if (!around(e, s, row, scope, &all)) return NULL;
    if (all.count > OPERANDS_MAX)
        return syntax_error(e, s, "too many operands: %zu, at most %d",
                            all.count, OPERANDS_MAX);
    struct core *c = core_new(e, CORE_APPLY, s->span);
    if (!c) return NULL;
    c->test = operator;
    c->items = all.items;
    c->count = (uint32_t)all.count;
    return c;
}
