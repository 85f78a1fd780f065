/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moves of the reduced trace that a kernel decides on: choices are given
 * values, or drawn anew, what follows is done, and the parts of the
 * acceptance ratio are told. The transition stays open until it is settled.
 *
 * A choice that is given a value is a site: neither fresh nor removed, and
 * none of the densities counts it. In an urn its old value is among those
 * that leave and its new one among those that come, so it stays inside while
 * others are drawn: forward they are drawn beside the old value, and in the
 * reverse beside the new one. A choice that is drawn anew is removed and
 * fresh at once.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "trace/application.h"
#include "trace/reduced.h"

void move_close(struct move *m)
{
    free(m->fresh);
    free(m->removed);
    m->fresh = m->removed = NULL;
    m->fresh_count = m->removed_count = m->room = 0;
}

/* ---- sites ---------------------------------------------------------------------- */

/* One that does not rescore keeps its value while its arguments stay, and is
 * scored here; with others it is applied again, and the move is refused. */
static bool score_given(struct trace *t, struct choice *c)
{
    if (choice_urn(c)) return true;
    if (!choice_remembers(c)) return make_dirty(t, &c->node);
    struct xrp_site s = choice_application(c, choice_plain(c));
    double score = c->family->prob(&s, c->held);
    if (!(score > -INFINITY)) return choice_cannot(t, c, &s, score);
    t->counts.score += score - c->score;
    log_set_double(&t->log, &c->score, score);
    return true;
}

bool choice_give(struct trace *t, struct choice *c, value to)
{
    t->touched++;
    if (value_same(c->held, to)) return true;
    if (choice_urn(c) && !choice_departs(t, c, false)) return false;
    log_set(&t->log, &c->held, to);
    if (c->family->weight && !free_weigh(t, c)) return false;
    return notify(t, &c->node) && score_given(t, c);
}

static bool redraw(struct trace *t, struct choice *c)
{
    t->touched++;
    if (!choice_departs(t, c, false)) return false;
    if (!choice_urn(c)) {
        t->counts.score -= c->score;
        t->q_reverse += c->score;
        log_set_double(&t->log, &c->score, 0.0);
    }
    choice_unsample(c);
    return choice_undraw(t, c);
}

/* ---- what came and what went ------------------------------------------------------ */

struct event {
    const struct choice *choice;
    uint32_t order;
    bool went;
};

static int by_choice(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    if (x->choice != y->choice)
        return (uintptr_t)x->choice < (uintptr_t)y->choice ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static int by_location(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool make_room_for(struct trace *t, struct move *m, uint32_t n)
{
    if (m->room >= n) return true;
    uint32_t room = n < 16 ? 16 : 2 * n;
    uint64_t *fresh = realloc(m->fresh, room * sizeof *fresh);
    if (fresh) m->fresh = fresh;
    uint64_t *removed = realloc(m->removed, room * sizeof *removed);
    if (removed) m->removed = removed;
    if (!fresh || !removed) return machine_no_memory(t->machine);
    m->room = room;
    return true;
}

/* A choice that was free before went first; one that is now came last. One
 * that went and came is another draw: both. */
static bool tell_changes(struct trace *t, struct move *m)
{
    uint32_t n = t->came.count;
    m->fresh_count = m->removed_count = 0;
    m->urns = false;
    if (!n) return true;
    struct event few[64], *events = few;
    if (n > 64 && !(events = malloc(n * sizeof *events)))
        return machine_no_memory(t->machine);
    bool ok = make_room_for(t, m, n);
    for (uint32_t i = 0; ok && i < n; i++) {
        uintptr_t p = (uintptr_t)t->came.at[i];
        events[i] = (struct event){(const void *)(p & ~(uintptr_t)1), i, p & 1};
    }
    if (ok) qsort(events, n, sizeof *events, by_choice);
    for (uint32_t i = 0, end; ok && i < n; i = end) {
        const struct choice *c = events[i].choice;
        for (end = i + 1; end < n && events[end].choice == c;) end++;
        bool was = events[i].went, is = !events[end - 1].went;
        if (was) m->removed[m->removed_count++] = c->node.location;
        if (is) m->fresh[m->fresh_count++] = c->node.location;
        m->urns = m->urns || ((was || is) && choice_urn(c));
    }
    if (events != few) free(events);
    if (!ok) return false;
    qsort(m->fresh, m->fresh_count, sizeof *m->fresh, by_location);
    qsort(m->removed, m->removed_count, sizeof *m->removed, by_location);
    return true;
}

/* ---- the move ------------------------------------------------------------------------ */

/* Arguments and urns of the parts, as far as a change can be told. */
struct before {
    struct urn *urn;
    value *plain, few[PLAIN_FEW];
};

static bool read_plain(struct trace *t, const struct choice *c, value *plain)
{
    bool collecting = t->collecting, ok = true;
    t->collecting = false;
    for (uint32_t i = 0; ok && i < c->node.head.size; i++)
        ok = trace_deep(t, c->written[i], &plain[i]);
    t->collecting = collecting;
    return ok;
}

static bool remember(struct trace *t, const struct move *m, struct before *b)
{
    for (uint32_t i = 0; i < m->count; i++) {
        const struct choice *c = m->parts[i].choice;
        if (m->parts[i].to == V_UNBOUND) continue;
        b[i].urn = choice_urn(c);
        b[i].plain = plain_room_for(t, c->node.head.size, b[i].few);
        if (!b[i].plain || !read_plain(t, c, b[i].plain)) return false;
    }
    return true;
}

static bool part_is_steady(struct trace *t, const struct choice *c,
                           const struct before *b)
{
    value few[PLAIN_FEW];
    uint32_t n = c->node.head.size;
    value *plain = plain_room_for(t, n, few);
    if (choice_urn(c) != b->urn || !plain || !read_plain(t, c, plain))
        return false;
    for (uint32_t k = 0; k < n; k++)
        if (!value_same(plain[k], b->plain[k])) return false;
    return true;
}

/* The parts that were given a value are what they were. What decides by
 * value whether it is kept is not asked about one that was given: such a move
 * is refused, and so is its reverse. */
static void judge_parts(struct trace *t, struct move *m, const struct before *b)
{
    m->steady = m->possible;
    for (uint32_t i = 0; m->possible && i < m->count; i++) {
        const struct choice *c = m->parts[i].choice;
        if (m->parts[i].to == V_UNBOUND || part_is_steady(t, c, &b[i]))
            continue;
        m->steady = false;
        if (c->family->flags & XRP_DECIDES) m->possible = false;
    }
}

static bool change_parts(struct trace *t, const struct move *m)
{
    for (uint32_t i = 0; i < m->count; i++) {
        struct choice *c = m->parts[i].choice;
        value to = m->parts[i].to;
        if (!(to == V_UNBOUND ? redraw(t, c) : choice_give(t, c, to)))
            return false;
    }
    return propagate(t);
}

/* Those that were given a value are there, and free. */
static bool parts_stand(const struct move *m)
{
    for (uint32_t i = 0; i < m->count; i++) {
        const struct choice *c = m->parts[i].choice;
        if (m->parts[i].to != V_UNBOUND &&
            (!is_alive(&c->node) || !c->node.rank ||
             !value_same(c->held, m->parts[i].to)))
            return false;
    }
    return true;
}

static bool refused(struct trace *t, struct move *m)
{
    enum error_kind kind = t->machine->error.kind;
    tell_changes(t, m);
    m->possible = false;
    transition_undo(t);
    return kind == ERROR_DOMAIN || kind == ERROR_IMPOSSIBLE;
}

static bool make(struct trace *t, struct move *m, const struct before *b)
{
    transition_begin(t);
    t->noting = true;
    t->came.count = 0;
    if (!change_parts(t, m) || !tell_changes(t, m)) return refused(t, m);
    t->noting = false;
    m->score = t->counts.score;
    m->forward = t->q_forward;
    m->reverse = t->q_reverse;
    m->possible = parts_stand(m);
    judge_parts(t, m, b);
    transition_total(t);
    return true;
}

bool trace_move(struct trace *t, struct move *m)
{
    struct before one, *b = &one;
    m->possible = m->urns = false;
    m->steady = true;
    m->score = -INFINITY;
    m->forward = m->reverse = 0.0;
    m->fresh_count = m->removed_count = 0;
    if (m->count > 1 && !(b = memory_new(m->count * sizeof *b)))
        return machine_no_memory(t->machine);
    return remember(t, m, b) && make(t, m, b);
}

bool trace_put(struct trace *t, struct choice *c, value to, bool *stands)
{
    transition_begin(t);
    *stands = choice_give(t, c, to) && propagate(t);
    if (*stands) {
        transition_total(t);
        transition_commit(t);
        return true;
    }
    enum error_kind kind = t->machine->error.kind;
    transition_undo(t);
    if (kind != ERROR_DOMAIN && kind != ERROR_IMPOSSIBLE) return false;
    error_clear(&t->machine->error);
    return true;
}

void trace_settle(struct trace *t, bool keep)
{
    if (keep)
        transition_commit(t);
    else
        transition_undo(t);
}

/* Labels are whole numbers from 1 to this. */
#define LABEL_MAX (UINT64_C(1) << 46)

/* ---- sites and their values -------------------------------------------------------------- */

bool trace_site(struct trace *t, struct choice *c, struct site *out)
{
    uint32_t n = c->node.head.size;
    value *plain = memory_new((n + (n == 0)) * sizeof *plain);
    if (!plain) return machine_no_memory(t->machine);
    if (!read_plain(t, c, plain)) return choice_no_arguments(t, c);
    *out = (struct site){c,         c->node.location,
                         c->family, choice_application(c, plain),
                         c->held,   *choice_place(c)};
    return true;
}

static bool is_in(value list, value v)
{
    for (; is_pair(list); list = cdr(list))
        if (value_equal(car(list), v)) return true;
    return false;
}

value trace_label(struct trace *t, value taken)
{
    value new;
    do
        new = t->script ? t->script->label(t->script)
                        : v_int(1 + (int64_t)random_below(&t->machine->random,
                                                          LABEL_MAX));
    while (is_in(taken, new));
    return new;
}

/* Those of the list but the last, which stands for a new one. */
static bool without_last(struct trace *t, value *list)
{
    value others = V_NIL;
    for (value l = *list; is_pair(l) && cdr(l) != V_NIL; l = cdr(l))
        others = cons(car(l), others);
    *list = others;
    return *list != V_UNBOUND || machine_no_memory(t->machine);
}

static bool take_out(struct trace *t, struct choice *c, void *state)
{
    struct site s;
    if (!trace_site(t, c, &s)) return false;
    s.at.state = state;
    c->family->remove(&s.at, c->held);
    return true;
}

bool trace_support(struct trace *t, struct choice *c, void *const *out,
                   uint32_t count, value *list)
{
    struct site s;
    bool labels = c->family->flags & XRP_LABELS;
    *list = V_UNBOUND;
    if (!c->family->enumerate) return true;
    if (!trace_site(t, c, &s)) return false;
    if (choice_urn(c)) {
        s.at.state = c->family->copy(choice_urn(c)->state);
        if (!s.at.state) return machine_no_memory(t->machine);
    }
    for (uint32_t i = 0; choice_urn(c) && i < count; i++) {
        struct choice *one = out[i];
        bool goes = one == c || (labels && choice_urn(one) == choice_urn(c));
        if (goes && !take_out(t, one, s.at.state)) return false;
    }
    if (!c->family->enumerate(&s.at, list)) {
        *list = V_UNBOUND;
        return true;
    }
    return !labels || without_last(t, list);
}

/* ---- decisions ------------------------------------------------------------------------------ */

uint32_t trace_pick(struct trace *t, uint32_t n, const double *p)
{
    if (t->script) return t->script->weighted(t->script, n, p);
    return random_pick(&t->machine->random, n, p);
}

static double unit(void *random) { return random_unit(random); }

/* In an order that does not hang on what was done before. */
static uint32_t pick_by_script(struct trace *t, const struct scope *s)
{
    uint32_t n = s->block_count, i = 0;
    uint64_t *keys = malloc(n * sizeof *keys);
    double *p = malloc(n * sizeof *p);
    for (i = 0; keys && i < n; i++) keys[i] = s->blocks[i].key;
    if (keys) qsort(keys, n, sizeof *keys, by_location);
    for (i = 0; keys && p && i < n; i++)
        p[i] = s->blocks[scope_block(s, keys[i])].weight;
    i = keys && p ? scope_block(s, keys[trace_pick(t, n, p)]) : 0;
    free(keys);
    free(p);
    return i;
}

uint32_t trace_pick_block(struct trace *t, const struct scope *s)
{
    struct random *r = &t->machine->random;
    if (t->script) return pick_by_script(t, s);
    return s->uneven ? scope_pick(s, unit, r) : scope_place(s, random_unit(r));
}
