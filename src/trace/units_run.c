/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs of units, and the handler under which they run: see units.h. A unit is
 * run once for each way in which its draws, and what it reads, can come out.
 * A choice in it is drawn when it is read, so what it observes in the end need
 * not be finite. A unit that is read before its values are known ends the run:
 * it is made first, and the same run begins again, so nothing recurses in C.
 */
#include <math.h>

#include "base/memory.h"
#include "eval/code.h"
#include "eval/expression.h"
#include "eval/index.h"
#include "trace/application.h"
#include "trace/units.h"
#include "xrp/family.h"

enum {
    VALUES_MAX = 5000, /* of one unit */
    DEPTH_MAX = 100    /* of lists in them */
};

static struct units *units_of(struct machine *m) { return m->engine; }

bool units_unfit(struct units *u)
{
    u->unfit = true;
    return error_set(&u->m->error, ERROR_USE, "not a product of factors");
}

static bool room_for(struct units *u, void *array, uint32_t *room,
                     uint32_t count, size_t item)
{
    void **at = array;
    if (count < *room) return true;
    uint32_t more = *room ? *room * 2 : 16;
    void *new = memory_new(more * item);
    if (!new) return machine_no_memory(u->m);
    if (count) memcpy(new, *at, count * item);
    *at = new;
    *room = more;
    return true;
}

/* Numbers, symbols, texts, and lists and arrays of these. */
static bool is_data(value v, int depth)
{
    for (; is_pair(v); v = cdr(v))
        if (depth == 0 || !is_data(car(v), depth - 1)) return false;
    if (!is_object(v)) return true;
    int type = object_type(v);
    return type == T_STRING || type == T_VECTOR || type == T_SYMBOL;
}

/* ---- draws and reads -------------------------------------------------------- */

/* Which of n, of the way under way. */
static bool step(struct units *u, uint32_t n, uint32_t *which)
{
    struct odometer *o = &u->running->path;
    uint32_t room = u->running->path_room;
    if (!room_for(u, &o->at, &room, o->used, sizeof *o->at) ||
        !room_for(u, &o->of, &u->running->path_room, o->used, sizeof *o->of))
        return false;
    *which = odometer_step(o, n);
    return true;
}

/* Its arguments, plain, as the application that families see. */
static bool site_of(struct units *u, const struct pending *p,
                    struct xrp_site *out)
{
    value *plain = memory_new(((size_t)p->count + 1) * sizeof *plain);
    if (!plain) return machine_no_memory(u->m);
    for (int i = 0; i < p->count; i++)
        if (!expression_read(u->m, p->written[i], true, units_read, &plain[i]))
            return false;
    struct choice c = {.count = p->count, .plain = plain};
    *out = choice_site(&c, NULL);
    return true;
}

static bool draw(struct units *u, struct pending *p)
{
    struct xrp_site s;
    value list;
    uint32_t n = 0, which;
    if (!site_of(u, p, &s)) return false;
    if (!p->family->enumerate || !p->family->enumerate(&s, &list))
        return units_unfit(u);
    for (value l = list; is_pair(l); l = cdr(l))
        n += xrp_score(p->family, &s, car(l)) > -INFINITY;
    if (!n) return units_unfit(u);
    if (!step(u, n, &which)) return false;
    for (;; list = cdr(list)) {
        double score = xrp_score(p->family, &s, car(list));
        if (!(score > -INFINITY) || which--) continue;
        p->held = car(list);
        u->log_mass += score;
        return true;
    }
}

static bool read_unit(struct units *u, struct unit *x, value *out)
{
    if (x->status != UNIT_READY) {
        u->need = x;
        return error_set(&u->m->error, ERROR_USE, "a unit is made first");
    }
    if (!x->value_count) return units_unfit(u);
    if (x->way != u->way) {
        if (!step(u, x->value_count, &x->at) ||
            !room_for(u, &u->reads, &u->read_room, u->read_count,
                      sizeof *u->reads))
            return false;
        x->way = u->way;
        u->reads[u->read_count++] = (struct unit_read){x->number, x->at};
    }
    *out = x->values[x->at];
    return true;
}

bool units_read(struct machine *m, value reference, value *out)
{
    struct units *u = units_of(m);
    struct token *t = as_object(reference);
    if (!u->running) {
        u->looked = true;
        return error_set(&m->error, ERROR_USE, "a directive looks");
    }
    if (!t->pending) return read_unit(u, (struct unit *)t, out);
    struct pending *p = (struct pending *)t;
    if (p->held == V_UNBOUND && !draw(u, p)) return false;
    *out = p->held;
    return true;
}

/* ---- the handler -------------------------------------------------------------- */

static bool force(struct machine *m, value v, bool deep, value *out)
{
    return expression_read(m, v, deep, units_read, out);
}

static bool choose(struct machine *m, value xrp, int n, const value *operands,
                   uint64_t location, value *out)
{
    struct units *u = units_of(m);
    const struct xrp *x = as_object(xrp);
    bool done;
    if (!xrp_arity(m, x, n)) return false;
    if (x->made || x->family->flags & (XRP_MAKER | XRP_UNSAMPLES))
        return units_unfit(u);
    if (!pick_by_index(m, x, n, operands, location, out, &done)) return false;
    if (done) return true;
    struct unit *unit = u->running ? NULL : unit_new(u, UNIT_CHOICE);
    struct pending *p = unit ? &unit->application : memory_new(sizeof *p);
    value *written = memory_new(((size_t)n + 1) * sizeof *written);
    if (!p || !written || (!u->running && !unit)) return machine_no_memory(m);
    memcpy(written, operands, (size_t)n * sizeof *written);
    *p = (struct pending){
        {{T_CHOICE, 0, 0, 0}, true}, x->family, written, V_UNBOUND, n};
    *out = unit ? v_object(unit) : v_object(p);
    return true;
}

static bool memoize(struct machine *m, value procedure, uint64_t location,
                    value *out)
{
    struct units *u = units_of(m);
    struct mem *mem = memory_new(sizeof *mem);
    if (u->running) return units_unfit(u);
    if (!mem) return machine_no_memory(m);
    mem->head.type = T_MEM;
    mem->procedure = procedure;
    mem->location = location;
    *out = v_object(mem);
    return true;
}

/* For table_find, by location. */
struct known_unit {
    uint64_t location;
    struct unit *unit;
};

/* The unit of this procedure on these operands; NULL with the machine's
 * error. */
static struct unit *unit_at(struct units *u, enum unit_kind kind,
                            uint64_t location, value procedure, int n,
                            const value *operands)
{
    value key = list_from(operands, (size_t)n);
    struct known_unit *k = table_find(&u->known, location);
    if (key != V_UNBOUND && k && value_equal(k->unit->key, key)) return k->unit;
    if (k) {
        units_unfit(u);
        return NULL;
    }
    struct unit *x = unit_new(u, kind);
    k = memory_new(sizeof *k);
    if (key == V_UNBOUND || !x || !k) {
        machine_no_memory(u->m);
        return NULL;
    }
    x->procedure = procedure;
    x->key = key;
    x->location = location;
    *k = (struct known_unit){location, x};
    return table_add(u->m, &u->known, k) ? x : NULL;
}

static enum memo_answer memo(struct machine *m, struct mem *mem, int n,
                             value *operands, void **entry, uint64_t *location,
                             value *out)
{
    struct units *u = units_of(m);
    (void)entry;
    for (int i = 0; i < n; i++)
        if (has_reference(operands[i]) &&
            !force(m, operands[i], true, &operands[i]))
            return MEMO_ERROR;
    *location = memo_location(mem, n, operands);
    struct unit *x =
        unit_at(u, UNIT_ENTRY, *location, mem->procedure, n, operands);
    if (!x) return MEMO_ERROR;
    *out = v_object(x);
    return MEMO_VALUE;
}

/* A value that the call can have, at its probability: it is drawn, for each
 * call of it, as if it were one choice. */
static enum enter_answer give(struct units *u, const struct unit *x, value *out)
{
    uint32_t which = 0;
    double p = 0.0;
    if (x->value_count > 1 && !step(u, x->value_count, &which))
        return ENTER_ERROR;
    for (uint32_t i = 0; i < x->row_count; i++)
        if (x->rows[i].value == which) p += exp(x->rows[i].log_mass);
    u->log_mass += log(p);
    *out = x->values[which];
    return ENTER_VALUE;
}

/* A procedure that captures nothing, on plain operands, has the same
 * distribution wherever it is called. */
static enum enter_answer enter(struct machine *m, value procedure, int n,
                               const value *operands, uint64_t location,
                               value *out)
{
    struct units *u = units_of(m);
    const struct closure *c = as_object(procedure);
    (void)location;
    /* What is observed must be seen, and the body of a unit, which
     * machine_apply calls by a native, is no call in it. */
    bool body =
        m->frame->kind == FRAME_NATIVE && m->frame[-1].kind == FRAME_ENTRY;
    if (!u->running || u->running->given != V_UNBOUND || c->head.size || body)
        return ENTER_RUN;
    for (int i = 0; i < n; i++)
        if (has_reference(operands[i]) || !is_data(operands[i], DEPTH_MAX))
            return ENTER_RUN;
    const struct mem name = {.location = c->code->hash};
    struct unit *x = unit_at(u, UNIT_CALL, memo_location(&name, n, operands),
                             procedure, n, operands);
    if (!x) return ENTER_ERROR;
    if (x->inlined) return ENTER_RUN;
    if (x->status == UNIT_READY) return give(u, x, out);
    u->need = x;
    error_set(&m->error, ERROR_USE, "a unit is made first");
    return ENTER_ERROR;
}

/* How often something is proposed, and what is predicted, is no matter. */
static bool constrain(struct machine *m, enum constrain_kind kind, value target,
                      value with, uint64_t location)
{
    (void)target, (void)with, (void)location;
    return kind != CONSTRAIN_OBSERVE || units_unfit(units_of(m));
}

static bool score(struct machine *m, enum score_kind kind, value v,
                  uint64_t location)
{
    (void)kind, (void)v, (void)location;
    return units_unfit(units_of(m));
}

const struct handler units_handler = {
    .choose = choose,
    .defer = handler_defer,
    .force = force,
    .operate = handler_operate,
    .memoize = memoize,
    .memo = memo,
    .enter = enter,
    .constrain = constrain,
    .score = score,
};

/* ---- one run ------------------------------------------------------------------- */

static bool apply(struct units *u, const struct unit *x, value *out)
{
    int n = 0;
    for (value l = x->key; is_pair(l); l = cdr(l)) n++;
    value *operands = memory_new(((size_t)n + 1) * sizeof *operands);
    if (!operands) return machine_no_memory(u->m);
    n = 0;
    for (value l = x->key; is_pair(l); l = cdr(l)) operands[n++] = car(l);
    return machine_apply(u->m, x->procedure, n, operands, x->location, out);
}

static bool evaluate(struct units *u, struct unit *x, value *out)
{
    switch (x->kind) {
    case UNIT_CHOICE:
        x->application.held = V_UNBOUND;
        *out = v_object(&x->application);
        return true;
    case UNIT_CALL:
    case UNIT_ENTRY: return apply(u, x, out);
    case UNIT_VALUE:
        *out = x->expression;
        if (!x->code) return true;
        /* fall through */
    default: return machine_run(u->m, x->code, x->location, out);
    }
}

/* The result has this value: what that says. */
static bool observe(struct units *u, value result, value given)
{
    struct machine *m = u->m;
    value target;
    struct xrp_site s;
    if (!expression_target(m, result, units_read, &target)) return false;
    struct pending *p = as_object(target);
    if (!is_type(target, T_CHOICE)) return units_unfit(u);
    if (p->token.pending && p->held == V_UNBOUND) {
        if (!site_of(u, p, &s)) return false;
        p->held = given;
        double score = p->family->prob(&s, given);
        if (score != score) return units_unfit(u);
        u->log_mass += score;
        return true;
    }
    if (!units_read(m, target, &target)) return false;
    if (!value_equal(target, given)) u->log_mass = -INFINITY;
    return true;
}

static bool add_term(struct units *u, const struct directive *d, value result)
{
    value v;
    if (!force(u->m, result, true, &v)) return false;
    if (d->kind == DIRECTIVE_CONDITION) {
        if (!is_true(v)) u->log_mass = -INFINITY;
        return true;
    }
    double x = is_number(v) ? as_number(v) : (double)NAN;
    if (!(x < INFINITY)) return units_unfit(u);
    u->log_mass += x;
    return true;
}

/* What the unit gives in this run; a datum has no value. */
static bool finish(struct units *u, struct unit *x, value result, value *out)
{
    *out = V_NIL;
    if (x->given != V_UNBOUND) {
        *out = x->given;
        return observe(u, result, x->given);
    }
    if (x->kind == UNIT_DATUM) return add_term(u, x->directive, result);
    if (!force(u->m, result, true, out)) return false;
    if (x->kind == UNIT_VALUE) *out = V_NIL;
    return is_data(*out, DEPTH_MAX) || units_unfit(u);
}

/* ---- all runs of a unit ----------------------------------------------------------- */

static bool value_number(struct units *u, struct unit *x, value v,
                         uint32_t *number)
{
    for (*number = 0; *number < x->value_count; ++*number)
        if (value_equal(x->values[*number], v) &&
            is_int(x->values[*number]) == is_int(v))
            return true;
    if (x->value_count == VALUES_MAX) return units_unfit(u);
    if (!room_for(u, &x->values, &x->value_room, x->value_count,
                  sizeof *x->values))
        return false;
    x->values[x->value_count++] = v;
    return true;
}

static bool add_row(struct units *u, struct unit *x, value v)
{
    struct unit_row row = {.read_count = u->read_count,
                           .log_mass = u->log_mass};
    if (!value_number(u, x, v, &row.value) ||
        !room_for(u, &x->rows, &x->row_room, x->row_count, sizeof *x->rows))
        return false;
    row.reads = memory_new((u->read_count + 1) * sizeof *row.reads);
    if (!row.reads) return machine_no_memory(u->m);
    if (u->read_count)
        memcpy(row.reads, u->reads, u->read_count * sizeof *row.reads);
    x->rows[x->row_count++] = row;
    return true;
}

static bool one_way(struct units *u, struct unit *x)
{
    value result, v;
    u->way++;
    x->path.used = 0;
    u->read_count = 0;
    u->log_mass = 0.0;
    if (++u->ways > u->most) return units_unfit(u);
    if (--u->m->fuel < 0 && !machine_poll(u->m)) return false;
    return evaluate(u, x, &result) && finish(u, x, result, &v) &&
           (!(u->log_mass > -INFINITY) || add_row(u, x, v));
}

/* A call that reads units, or gives what is no data, is run where it is
 * made. */
static bool judge_call(struct units *u, struct unit *x, bool ok)
{
    for (uint32_t i = 0; i < x->row_count; i++)
        if (x->rows[i].read_count) x->inlined = true;
    if (ok || u->need || !u->unfit || u->ways > u->most) return ok;
    u->unfit = false;
    error_clear(&u->m->error);
    return x->inlined = true;
}

bool unit_enumerate(struct units *u, struct unit *x, struct unit **need)
{
    bool ok;
    u->need = NULL;
    u->running = x;
    do ok = one_way(u, x);
    while (ok && odometer_advance(&x->path));
    u->running = NULL;
    if (u->need) x->path.length = x->path.used;
    *need = ok ? NULL : u->need;
    return x->kind == UNIT_CALL ? judge_call(u, x, ok) : ok;
}
