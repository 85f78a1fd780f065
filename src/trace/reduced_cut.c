/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cuts: an expression that grew too large gets a node that keeps its value,
 * so that a leaf that moves is a few short expressions and not one long one.
 * A cut has no code. It is a child of the region that met it, named by where
 * in the program the operation is that it became too large for.
 */
#include "eval/code.h"
#include "trace/reduced.h"

enum { CUT_SITE = 5 << 3 };

/* What a pick picks may be a reference still: its readers go on from there. */
static bool read_pick(struct trace *t, struct region *pick, value *now)
{
    uint32_t first = t->leaf_count;
    bool collecting = t->collecting;
    t->collecting = true;
    bool ok = trace_once(t, pick->operands[0], now);
    t->collecting = collecting;
    return edges_replace(t, &pick->node, first) && ok;
}

static bool read_now(struct trace *t, struct region *cut, value *now)
{
    double x;
    if (cut->what == REGION_CUT && cut_number(t, cut, &x))
        return *now = v_double(x), true;
    return cut->what == REGION_PICK
               ? read_pick(t, cut, now)
               : read_arguments(t, &cut->node, cut->operands, 1, now);
}

bool cut_run(struct trace *t, struct region *cut)
{
    value now = V_NOTHING;
    struct error why;
    bool steady = cut->node.head.spare & NODE_STEADY;
    region_today(t, cut);
    cut->settled = true;
    t->touched++;
    bool ok = read_now(t, cut, &now);
    if (!ok) {
        why = t->machine->error;
        if (!error_can_wait(&why)) return false;
        error_clear(&t->machine->error);
    }
    if (!steady && !region_rank(t, cut)) return false;
    if (ok && value_same(cut->result, now)) return true;
    if (cut->result != now) log_set(&t->log, &cut->result, now);
    return (ok || region_fail(t, cut, &why)) && notify(t, &cut->node);
}

/* The place in the program, and the how-many-th cut of this run there. */
static uint64_t name(struct trace *t)
{
    struct run *run = t->run;
    struct frame *f = t->machine->frame;
    uint64_t at = location_of(f);
    if (f->kind == FRAME_CODE)
        at = location_extend(at, (uint64_t)(f->pc - f->code->instructions + 1)
                                     << 3);
    run->cuts = at == run->cut_at ? run->cuts + 1 : 0;
    run->cut_at = at;
    return location_extend(at, CUT_SITE + ((uint64_t)run->cuts << 9));
}

bool cut_make(struct trace *t, enum region_kind what, value expression,
              value *out)
{
    if (!calls_mark(t)) return false;
    uint64_t location = name(t);
    struct node *n = table_at(t, location);
    while (n && n->met == t->run->id) n = table_at(t, location = name(t));
    struct region *cut = (struct region *)n;
    if (n) {
        if (node_kind(n) != NODE_REGION || cut->what != what ||
            node_owner(n) != t->run->region)
            return location_collision(t->machine, location);
        node_adopt(t, n);
        *out = v_object(cut);
        if (value_same(cut->operands[0], expression))
            return region_settle(t, cut);
    } else {
        cut = region_new(t, what, location, t->run->region);
        if (!cut) return false;
        cut->node.met = t->run->id;
        *out = v_object(cut);
    }
    log_set(&t->log, &cut->operands[0], expression);
    log_save(&t->log, &cut->may_raise);
    cut->may_raise = expression_may_raise(expression);
    log_save(&t->log, &cut->node.head);
    cut->node.head.spare &= (uint16_t)~NODE_STEADY;
    return cut_run(t, cut);
}

bool cuts_make(struct trace *t, int n, value *operands, uint32_t above)
{
    for (int i = 0; i < n; i++) {
        if (!is_type(operands[i], T_EXPRESSION)) continue;
        const struct expression *e = as_object(operands[i]);
        if (e->head.spare > above &&
            !cut_make(t, REGION_CUT, operands[i], &operands[i]))
            return false;
    }
    return true;
}
