/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Church's queries, rewritten into an application of what the engine's floor
 * binds (trace/query_native.c):
 *
 *     (rejection-query d ... e c)
 *
 * becomes the one application of a memoized procedure, so that an engine can
 * run the query again and nothing around it:
 *
 *     ((mem (lambda ()
 *        (reject (seed) (lambda () d ... (let ((answer e))
 *                                          (condition c) answer))))))
 *
 * `condition`, `factor` and `observe` may stand in place of c, any number of
 * them; (and c ...) is each of them in turn, as `and` has it.
 */
#include "base/memory.h"
#include "eval/expand.h"

static bool heads(const struct syntax *s, const char *name)
{
    const char *head = syntax_head(s);
    return head && strcmp(head, name) == 0;
}

static bool is_conditioning(const struct syntax *s)
{
    return heads(s, "condition") || heads(s, "factor") || heads(s, "observe");
}

/* What is collected into a list of syntax. */
struct items {
    struct syntax **at;
    uint32_t count, room;
};

static bool add(struct items *l, struct syntax *s)
{
    if (!s) return false;
    if (l->count == l->room) {
        uint32_t room = l->room ? l->room * 2 : 8;
        struct syntax **more = memory_new(room * sizeof *more);
        if (!more) return false;
        if (l->count) memcpy(more, l->at, l->count * sizeof *more);
        l->at = more;
        l->room = room;
    }
    l->at[l->count++] = s;
    return true;
}

static bool is_bound(const struct scope *scope, const char *name)
{
    value v = symbol(name);
    for (; scope; scope = scope->outer)
        if (scope->variable->name == v) return true;
    return false;
}

/* (condition c), and of an `and` each part. What is nested deeper than this
 * stays an `and`. */
static bool add_condition(struct expander *e, struct items *l, struct syntax *c,
                          const struct scope *scope, int depth)
{
    if (heads(c, "condition") && c->count == 2 && !is_bound(scope, "condition"))
        c = c->items[1];
    if (is_conditioning(c)) return add(l, c);
    if (!heads(c, "and") || is_bound(scope, "and") || depth == 0)
        return add(l, rewrite(c, 2, builtin(e, c, "condition"), c));
    for (uint32_t i = 1; i < c->count; i++)
        if (!add_condition(e, l, c->items[i], scope, depth - 1)) return false;
    return true;
}

/* Where the answer stands: before what conditions at the end, if anything
 * does; else it is the last but one, or the last after a condition. */
static uint32_t answer_at(const struct syntax *s)
{
    uint32_t i = s->count - 1;
    if (is_conditioning(s->items[i])) {
        while (is_conditioning(s->items[i])) i--;
        return i;
    }
    return is_conditioning(s->items[i - 1]) ? i : i - 1;
}

/* (lambda () d ... (let ((answer e)) conditions ... answer)) */
static struct syntax *thunk(struct expander *e, const struct syntax *s,
                            uint32_t from, const struct scope *scope)
{
    struct items all = {NULL, 0, 0}, inside = {NULL, 0, 0};
    struct syntax *name = word(s, " answer");
    uint32_t answer = answer_at(s);
    bool ok =
        name && add(&inside, word(s, "let")) &&
        add(&inside, rewrite(s, 1, rewrite(s, 2, name, s->items[answer])));
    for (uint32_t i = answer + 1; ok && i < s->count; i++)
        ok = add_condition(e, &inside, s->items[i], scope, 100);
    ok = ok && add(&inside, name) && add(&all, word(s, "lambda")) &&
         add(&all, rewrite(s, 0));
    for (uint32_t i = from; ok && i < answer; i++) ok = add(&all, s->items[i]);
    ok = ok && add(&all, syntax_list(s->span, inside.count, inside.at));
    return ok ? syntax_list(s->span, all.count, all.at) : NULL;
}

static bool has_shape(struct expander *e, const struct syntax *s, uint32_t from,
                      const char *shape)
{
    const char *who = text_of(s->items[0]->datum);
    if (s->count < from + 2) {
        syntax_error(e, s, "%s: expected %s", who, shape);
        return false;
    }
    uint32_t answer = answer_at(s);
    if (answer < from || heads(s->items[answer], "define")) {
        syntax_error(e, s, "%s: an expression to answer is missing: %s", who,
                     shape);
        return false;
    }
    for (uint32_t i = answer; i < s->count; i++)
        if (heads(s->items[i], "define")) {
            syntax_error(e, s->items[i],
                         "%s: a define stands before the "
                         "answer and the condition: %s",
                         who, shape);
            return false;
        }
    return true;
}

/* ((mem (lambda () call))) */
static struct core *expand_once(struct expander *e, const struct syntax *s,
                                struct syntax *call, const struct scope *scope)
{
    struct syntax *l = rewrite(s, 3, word(s, "lambda"), rewrite(s, 0), call);
    struct syntax *once = rewrite(s, 1, rewrite(s, 2, builtin(e, s, "mem"), l));
    if (!once) {
        if (!e->machine->error.kind) machine_no_memory(e->machine);
        return NULL;
    }
    return expand_in(e, once, scope);
}

struct core *form_enumeration_query(struct expander *e, const struct syntax *s,
                                    const struct scope *scope)
{
    if (!has_shape(e, s, 1, "(enumeration-query define ... e condition)"))
        return NULL;
    return expand_once(e, s,
                       rewrite(s, 2, builtin(e, s, " enumeration-query"),
                               thunk(e, s, 1, scope)),
                       scope);
}

struct core *form_rejection_query(struct expander *e, const struct syntax *s,
                                  const struct scope *scope)
{
    if (!has_shape(e, s, 1, "(rejection-query define ... e condition)"))
        return NULL;
    struct syntax *seed = rewrite(s, 1, builtin(e, s, " rejection-seed"));
    return expand_once(e, s,
                       rewrite(s, 3, builtin(e, s, " rejection-query"), seed,
                               thunk(e, s, 1, scope)),
                       scope);
}

struct core *form_mh_query(struct expander *e, const struct syntax *s,
                           const struct scope *scope)
{
    if (!has_shape(e, s, 3, "(mh-query samples lag define ... e condition)"))
        return NULL;
    struct syntax *seed = rewrite(s, 1, builtin(e, s, " mh-seed"));
    return expand_once(e, s,
                       rewrite(s, 5, builtin(e, s, " mh-query"), seed,
                               s->items[1], s->items[2], thunk(e, s, 3, scope)),
                       scope);
}
