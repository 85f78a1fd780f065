/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Queries under way: the handler under which a query's thunk runs, what it
 * reads from outside, its memoized procedures, and what may leave it. What
 * is drawn and observed is in query_choice.c.
 */
#include "trace/query.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/stack.h"
#include "eval/code.h"
#include "eval/expression.h"
#include "eval/global.h"
#include "eval/index.h"
#include "eval/scratch.h"
#include "trace/application.h"

/* Where a thunk begins; inside a query there are no directives. */
static const uint64_t ROOT = UINT64_C(0x9c3a15f2d07b);

static struct query *query_of(struct machine *m) { return m->engine; }

/* ---- outside --------------------------------------------------------- */

/* An object, by its address: a reference from outside and its value, which
 * stays what it is while the query runs; what was memoized in the run. */
struct known {
    uint64_t object;
    value held;
};

static enum step look(struct machine *m, struct frame *f, value *at)
{
    value out;
    if (!machine_force(m, at[0], false, &out)) return STEP_ERROR;
    return native_return(f, at, out);
}

/* Run by the handler outside, in an entry of its own: what is under way
 * inside the query is not under way there. */
static struct native native_look = {
    .head = {.type = T_NATIVE},
    .names = "look",
    .step = look,
    .min = 1,
    .max = 1,
};

static bool apply_outside(struct query *q, value procedure, int n,
                          const value *operands, value *out)
{
    struct machine *m = q->machine;
    const struct handler *mine = m->handler;
    m->handler = q->outer;
    m->engine = q->outer_engine;
    m->hooked_calls = q->outer_hooked;
    bool ok = machine_apply(m, procedure, n, operands, ROOT, out);
    q->outer_hooked = m->hooked_calls;
    m->handler = mine;
    m->engine = q;
    m->hooked_calls = false;
    return ok;
}

bool query_outside(struct query *q, value reference, value *out)
{
    struct machine *m = q->machine;
    struct known *k = table_find(&q->known, reference);
    if (k) {
        *out = k->held;
        return true;
    }
    if (!apply_outside(q, v_object(&native_look), 1, &reference, out))
        return false;
    if (q->seeded)
        random_seed(&q->random,
                    hash_word(random_bits(&q->random), value_hash(*out, NULL)));
    if (!(k = memory_new(sizeof *k))) return machine_no_memory(m);
    *k = (struct known){reference, *out};
    return table_add(m, &q->known, k);
}

/* ---- reading --------------------------------------------------------- */

bool query_outermost(struct machine *m, value reference, value *out)
{
    struct query *q = query_of(m);
    struct query_choice *c = as_object(reference);
    if (c->head.type == T_QUERIED && c->query == q)
        return query_value(q, c, out);
    return query_outside(q, reference, out);
}

bool query_force(struct machine *m, value v, bool deep, value *out)
{
    return expression_read(m, v, deep, query_outermost, out);
}

/* ---- what may leave -------------------------------------------------- */

enum { CLOSURES = 256 };

/* Does v hold something that lives only as long as the run? Procedures are
 * looked into, each once. */
static bool holds_made(struct query *q, value v, bool *out)
{
    struct machine *m = q->machine;
    struct scratch todo;
    value seen[CLOSURES];
    int closures = 0;
    bool ok;
    *out = false;
    scratch_open(&todo);
    ok = scratch_push(m, &todo, v);
    while (ok && !*out && todo.length) {
        v = todo.at[--todo.length];
        for (; ok && is_pair(v); v = cdr(v))
            if (is_object(car(v))) ok = scratch_push(m, &todo, car(v));
        if (!is_object(v)) continue;
        const struct closure *c = as_object(v);
        const struct xrp *x = as_object(v);
        int old = 0;
        switch (object_type(v)) {
        case T_QUERIED:
            *out = ((struct query_choice *)as_object(v))->query == q;
            break;
        case T_EXPRESSION: {
            const struct expression *e = as_object(v);
            for (uint32_t i = 0; ok && i < e->head.size; i++)
                ok = scratch_push(m, &todo, e->operands[i]);
            break;
        }
        case T_MEM: *out = table_find(&q->mems, v) != NULL; break;
        case T_XRP:
            *out = x->made && table_find(&q->urns, x->location) == x->made;
            break;
        case T_CLOSURE:
            while (old < closures && seen[old] != v) old++;
            if (old < closures) break;
            if ((*out = closures == CLOSURES)) break;
            seen[closures++] = v;
            for (uint32_t i = 0; ok && i < c->head.size; i++)
                ok = scratch_push(m, &todo, c->captured[i]);
            break;
        default: break;
        }
    }
    scratch_close(&todo);
    return ok;
}

static bool may_leave(struct query *q, value v, const char *what)
{
    bool made;
    if (!holds_made(q, v, &made)) return false;
    if (!made) return true;
    return error_set(&q->machine->error, ERROR_USE,
                     "%s: %s holds a procedure that remembers random choices "
                     "of the query, and these end with it",
                     q->name, what);
}

/* ---- mem ------------------------------------------------------------- */

static bool memoize(struct machine *m, value procedure, uint64_t location,
                    value *out)
{
    struct mem *mem = memory_new(sizeof *mem);
    struct known *k = memory_new(sizeof *k);
    if (!mem || !k) return machine_no_memory(m);
    mem->head.type = T_MEM;
    mem->procedure = procedure;
    mem->location = location;
    *out = v_object(mem);
    *k = (struct known){*out, *out};
    return table_add(m, &query_of(m)->mems, k);
}

/* What was memoized outside keeps its entries there. */
static bool memo_outside(struct query *q, struct mem *mem, int n, value *args,
                         value *out)
{
    for (int i = 0; i < n; i++)
        if (!may_leave(q, args[i],
                       "an operand of a memoized procedure from "
                       "outside"))
            return false;
    return apply_outside(q, v_object(mem), n, args, out);
}

static enum memo_answer new_entry(struct machine *m, uint64_t location,
                                  value key, void **entry)
{
    struct entry *e = memory_new(sizeof *e);
    if (!e) {
        machine_no_memory(m);
        return MEMO_ERROR;
    }
    *e = (struct entry){location, key, V_UNBOUND, NULL};
    *entry = e;
    return table_add(m, &query_of(m)->entries, e) ? MEMO_RUN : MEMO_ERROR;
}

static enum memo_answer memo(struct machine *m, struct mem *mem, int n,
                             value *args, void **entry, uint64_t *location,
                             value *out)
{
    struct query *q = query_of(m);
    for (int i = 0; i < n; i++)
        if (has_reference(args[i]) && !query_force(m, args[i], true, &args[i]))
            return MEMO_ERROR;
    if (!table_find(&q->mems, v_object(mem)))
        return memo_outside(q, mem, n, args, out) ? MEMO_VALUE : MEMO_ERROR;
    *location = memo_location(mem, n, args);
    value key = list_from(args, (size_t)n);
    if (key == V_UNBOUND) {
        machine_no_memory(m);
        return MEMO_ERROR;
    }
    struct entry *e = table_find(&q->entries, *location);
    if (!e) return new_entry(m, *location, key, entry);
    if (!value_equal(e->key, key)) {
        location_collision(m, *location);
        return MEMO_ERROR;
    }
    if (e->held == V_UNBOUND) {
        error_set(&m->error, ERROR_USE,
                  "mem: the value of an application needs itself");
        return MEMO_ERROR;
    }
    *out = e->held;
    return MEMO_VALUE;
}

static bool memo_done(struct machine *m, void *entry, value *result)
{
    (void)m;
    ((struct entry *)entry)->held = *result;
    return true;
}

/* ---- the handler ----------------------------------------------------- */

/* Weights and predictions are for the trace: a query has none. */
static bool constrain(struct machine *m, enum constrain_kind kind, value target,
                      value with, uint64_t location)
{
    (void)location;
    return kind != CONSTRAIN_OBSERVE ||
           (query_force(m, with, true, &with) &&
            query_observe(query_of(m), target, with));
}

static const struct handler query_handler = {
    .choose = query_choose,
    .defer = handler_defer,
    .force = query_force,
    .operate = handler_operate,
    .memoize = memoize,
    .memo = memo,
    .memo_done = memo_done,
    .constrain = constrain,
    .score = query_score,
};

static const struct primitive *primitive_named(struct machine *m,
                                               const char *name)
{
    const struct global *g = global_builtin(m, symbol(name));
    return g ? as_object(g->held) : NULL;
}

bool query_open(struct query *q, struct machine *m, const char *name)
{
    if (stack_is_low())
        return error_set(&m->error, ERROR_LIMIT,
                         "%s: queries are nested too deeply", name);
    q->machine = m;
    q->name = name;
    q->outer = m->handler;
    q->outer_engine = m->engine;
    q->outer_hooked = m->hooked_calls;
    q->equal = primitive_named(m, "=");
    q->negation = primitive_named(m, "not");
    random_seed(&q->random, 0);
    m->handler = &query_handler;
    m->engine = q;
    m->hooked_calls = false;
    return true;
}

void query_close(struct query *q)
{
    struct machine *m = q->machine;
    m->handler = q->outer;
    m->engine = q->outer_engine;
    m->hooked_calls = q->outer_hooked;
}

/* Of procedures what they are and what they hold, one deep. */
static uint64_t procedure_hash(const struct object *o)
{
    const struct closure *c = (const struct closure *)o;
    if (o->type != T_CLOSURE) return o->type;
    uint64_t h = c->code->hash;
    for (uint32_t i = 0; i < c->head.size; i++)
        if (!is_procedure(c->captured[i]) && !has_reference(c->captured[i]))
            h = hash_word(h, value_hash(c->captured[i], NULL));
    return h;
}

void query_seed(struct query *q, value seed, value thunk)
{
    uint64_t h = hash_word(0, seed);
    const struct closure *c = as_object(thunk);
    if (is_type(thunk, T_CLOSURE))
        for (uint32_t i = 0; i < c->head.size; i++)
            if (!has_reference(c->captured[i]))
                h = hash_word(h, value_hash(c->captured[i], procedure_hash));
    random_seed(&q->random, hash_finish(h));
    q->seeded = true;
}

/* What is wrong in a state that cannot be does not matter. */
static bool is_pardoned(struct query *q)
{
    struct error *e = &q->machine->error;
    if (!q->impossible || e->kind == ERROR_LIMIT || e->kind == ERROR_CANCEL ||
        e->kind == ERROR_ENGINE)
        return false;
    error_clear(e);
    return true;
}

bool query_run(struct query *q, value thunk, value *answer)
{
    struct machine *m = q->machine;
    value v;
    q->mems = q->entries = q->urns = (struct table){NULL, 0, 0};
    q->weight = 0.0;
    q->mass = 1.0;
    q->impossible = false;
    *answer = V_NOTHING;
    if (!machine_apply(m, thunk, 0, NULL, ROOT, &v)) return is_pardoned(q);
    if (q->impossible) return true;
    if (!query_force(m, v, true, answer)) return is_pardoned(q);
    return q->impossible || may_leave(q, *answer, "its answer");
}
