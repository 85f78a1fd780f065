/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values of references. While `collecting` is set, every choice and region
 * that is met goes on the stack of leaves: those are what the reader depends
 * on. Reading settles regions that were told of a change, and draws choices
 * that nobody had read: both by stacks of their own.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "eval/index.h"
#include "eval/machine_inside.h"
#include "eval/plain_list.h"
#include "eval/scratch.h"
#include "trace/reduced.h"

static bool more_leaves(struct trace *t)
{
    uint32_t room = t->leaf_room ? t->leaf_room * 2 : 256;
    struct node **more = realloc(t->leaves, room * sizeof *more);
    if (!more) return machine_no_memory(t->machine);
    t->leaves = more;
    t->leaf_room = room;
    return true;
}

static inline bool push_leaf(struct trace *t, struct node *n)
{
    if (t->leaf_count == t->leaf_room && !more_leaves(t)) return false;
    t->leaves[t->leaf_count++] = n;
    return true;
}

static inline bool leaf(struct trace *t, struct node *n)
{
    return !t->collecting || push_leaf(t, n);
}

/* ---- operations ----------------------------------------------------------------- */

static bool outermost(struct trace *t, value v, bool to_choice, value *out);

static bool looks_at(const struct primitive *p, uint32_t i, bool *deep)
{
    *deep = p->look == LOOK_DEEP || p->look == LOOK_FORCE;
    return *deep || (p->look == LOOK_OUTER &&
                     (i < 16 ? p->outer >> i & 1 : p->outer == 0xffff));
}

static bool compute_any(struct trace *t, const struct expression *e, value *out)
{
    t->varies |= e->operation->look != LOOK_DEEP;
    value few[8], *plain = few;
    if (e->head.size > 8 && !(plain = memory_new(e->head.size * sizeof *plain)))
        return machine_no_memory(t->machine);
    for (uint32_t i = 0; i < e->head.size; i++) {
        bool deep;
        plain[i] = e->operands[i];
        if (!looks_at(e->operation, i, &deep)) continue;
        if (!(deep ? trace_deep(t, plain[i], &plain[i])
                   : trace_outer(t, plain[i], &plain[i])))
            return false;
    }
    return e->operation->function(t->machine, (int)e->head.size, plain, out);
}

/* Two plain numbers; a quotient of integers takes the general way. */
static inline bool binary(struct trace *t, const struct primitive *p, value a,
                          value b, value *out)
{
    if (is_number(a) && is_number(b) && (is_double(a) || is_double(b))) {
        double x = as_number(a), y = as_number(b);
        switch ((enum arithmetic)p->arithmetic) {
        case ARITHMETIC_ADD: *out = v_double(x + y); return true;
        case ARITHMETIC_SUBTRACT: *out = v_double(x - y); return true;
        case ARITHMETIC_MULTIPLY: *out = v_double(x * y); return true;
        case ARITHMETIC_DIVIDE:
            if (y == 0.0) break;
            *out = v_double(x / y);
            return true;
        case ARITHMETIC_LESS: *out = v_boolean(x < y); return true;
        case ARITHMETIC_LESS_EQUAL: *out = v_boolean(x <= y); return true;
        default: break;
        }
    } else if (is_int(a) && is_int(b) && whole_arithmetic(p, a, b, out)) {
        return true;
    }
    value operands[2] = {a, b};
    return p->function(t->machine, 2, operands, out);
}

static inline bool is_arithmetic(const struct expression *e)
{
    uint8_t which = e->operation->arithmetic;
    return which && (e->head.size == 2 ||
                     (e->head.size > 2 && which <= ARITHMETIC_DIVIDE));
}

static bool compute_arithmetic(struct trace *t, const struct expression *e,
                               value *out);
static bool deep(struct trace *t, value v, value *out);

static inline bool is_cut(const struct node *n)
{
    return n->head.type == T_REGION &&
           ((const struct region *)n)->what == REGION_CUT;
}

/* A number at hand: of a choice, or of a cut that is up to date. */
static inline __attribute__((always_inline)) bool number_at(struct trace *t,
                                                            value v, value *out)
{
    struct node *n;
    if (is_number(v)) {
        *out = v;
        return true;
    }
    if (!is_object(v)) return false;
    n = as_object(v);
    if (n->head.type == T_CHOICE) {
        *out = ((const struct choice *)n)->held;
    } else if (n->head.type == T_REGION) {
        const struct region *r = (const struct region *)n;
        if (r->what != REGION_CUT || region_failed(r) ||
            !region_is_settled(t, r))
            return false;
        *out = r->result;
    } else {
        return false;
    }
    return is_number(*out) && leaf(t, n);
}

/* Arithmetic of doubles, as most of it is, without a value in between. What
 * is of another kind goes the general way, and so does an operation on two
 * integers, whose result is one. A cut that waits is run where it is met: to
 * give up there would be to come again for each operation above it. */
enum quick { NOT_QUICK, QUICK_DOUBLE, QUICK_WHOLE, QUICK_ERROR };

static enum quick quick(struct trace *t, const struct expression *e,
                        double *out);

static inline __attribute__((always_inline)) enum quick
quick_operand(struct trace *t, value v, double *out)
{
    value now = v;
    if (is_object(v)) {
        struct node *n = as_object(v);
        if (n->head.type == T_EXPRESSION) {
            const struct expression *e = as_object(v);
            return is_arithmetic(e) ? quick(t, e, out) : NOT_QUICK;
        }
        if (!number_at(t, v, &now)) {
            if (!is_cut(n)) return NOT_QUICK;
            if (!deep(t, v, &now)) return QUICK_ERROR;
        }
        v = now;
    }
    if (is_double(v)) {
        *out = as_double(v);
        return QUICK_DOUBLE;
    }
    if (!is_int(v)) return NOT_QUICK;
    *out = (double)as_int(v);
    return QUICK_WHOLE;
}

static inline bool is_quick(enum quick q)
{
    return q == QUICK_DOUBLE || q == QUICK_WHOLE;
}

static inline bool quick_apply(uint8_t which, double *x, double y)
{
    if (which == ARITHMETIC_ADD)
        *x += y;
    else if (which == ARITHMETIC_MULTIPLY)
        *x *= y;
    else if (which == ARITHMETIC_SUBTRACT)
        *x -= y;
    else if (which == ARITHMETIC_DIVIDE && y != 0.0)
        *x /= y;
    else
        return false;
    return true;
}

static enum quick quick(struct trace *t, const struct expression *e,
                        double *out)
{
    uint8_t which = e->operation->arithmetic;
    double x, y;
    enum quick a = quick_operand(t, e->operands[0], &x);
    if (!is_quick(a)) return a;
    enum quick b = quick_operand(t, e->operands[1], &y);
    if (!is_quick(b)) return b;
    if ((a == QUICK_WHOLE && b == QUICK_WHOLE) || !quick_apply(which, &x, y))
        return NOT_QUICK;
    for (uint32_t i = 2; i < e->head.size; i++) {
        b = quick_operand(t, e->operands[i], &y);
        if (!is_quick(b)) return b;
        if (!quick_apply(which, &x, y)) return NOT_QUICK;
    }
    *out = x;
    return QUICK_DOUBLE;
}

static bool read_arithmetic(struct trace *t, const struct expression *e,
                            value *out)
{
    uint32_t first = t->leaf_count;
    double x;
    enum quick q = quick(t, e, &x);
    if (q == QUICK_ERROR) return false;
    if (q == QUICK_DOUBLE) {
        *out = v_double(x);
        return true;
    }
    t->leaf_count = first;
    return compute_arithmetic(t, e, out);
}

/* What is at hand: no reference, what a choice holds, or a region that is up
 * to date and stands for one of these; of a value that is no object. */
static inline __attribute__((always_inline)) bool at_hand(struct trace *t,
                                                          value v, value *out)
{
    uint32_t first = t->leaf_count;
    struct node *n = is_object(v) ? as_object(v) : NULL;
    if (n && n->head.type == T_REGION) {
        const struct region *r = (const struct region *)n;
        if (region_failed(r) || !region_is_settled(t, r) || !leaf(t, n))
            return false;
        t->varies |= r->what != REGION_CUT;
        v = r->result;
        n = is_object(v) ? as_object(v) : NULL;
    }
    if (n && n->head.type == T_CHOICE) {
        v = ((const struct choice *)n)->held;
        if (!is_object(v) && v != V_UNBOUND && leaf(t, n))
            return *out = v, true;
    } else if (!n) {
        return *out = v, true;
    }
    t->leaf_count = first;
    return false;
}

/* The usual kinds of operand at once. */
static inline __attribute__((always_inline)) bool
read_plain(struct trace *t, value v, value *out)
{
    if (at_hand(t, v, out)) return true;
    if (is_type(v, T_EXPRESSION)) {
        const struct expression *e = as_object(v);
        if (is_arithmetic(e)) return read_arithmetic(t, e, out);
    }
    return deep(t, v, out);
}

/* From the left, as the primitive does it. */
static bool compute_arithmetic(struct trace *t, const struct expression *e,
                               value *out)
{
    const struct primitive *p = e->operation;
    value a, b;
    if (!read_plain(t, e->operands[0], &a) ||
        !read_plain(t, e->operands[1], &b) || !binary(t, p, a, b, &a))
        return false;
    for (uint32_t i = 2; i < e->head.size; i++)
        if (!trace_deep(t, e->operands[i], &b) || !binary(t, p, a, b, &a))
            return false;
    *out = a;
    return true;
}

/* An element that is there: of a vector or a list at once, of anything else
 * the general way. */
static bool fast_index(struct trace *t, value structure, value index,
                       value *out)
{
    if (is_vector(structure) && is_int(index)) {
        const struct vector *v = as_vector(structure);
        uint64_t i = (uint64_t)as_int(index);
        if (v->columns == 0 && i < v->head.size)
            return *out = v_double(v->at[i]), true;
    } else if (is_pair(structure) && is_int(index) && as_int(index) >= 0) {
        int64_t i = as_int(index);
        value rest = structure;
        for (; i && is_pair(rest); i--) rest = cdr(rest);
        if (is_pair(rest)) return *out = car(rest), true;
    }
    return index_into(t->machine, structure, index, out);
}

/* Who could not have its value hears when it is drawn after all. */
static bool value_is_had(struct trace *t, struct choice *c)
{
    if (choice_need_value(t, c)) return true;
    leaf(t, &c->node);
    return false;
}

/* An access to one element of a choice, without the rest of it. *done: it was
 * one. */
static bool read_element(struct trace *t, const struct expression *e,
                         value *structure, value *out, bool *done)
{
    struct node *leaf;
    *done = false;
    if (!is_reference(*structure)) return true;
    if (!trace_target(t, *structure, structure)) return false;
    if (!is_type(*structure, T_CHOICE)) return true;
    struct choice *c = as_object(*structure);
    if (c->held == V_UNBOUND && !value_is_had(t, c)) return false;
    switch (
        element_read(t, c, e->operands[1], out, t->collecting ? &leaf : NULL)) {
    case ELEMENT_NONE: return true;
    case ELEMENT_ERROR: return false;
    case ELEMENT_READ: break;
    }
    *done = true;
    return !t->collecting || push_leaf(t, leaf);
}

/* What a select asks: often a choice that is there. */
static inline bool read_test(struct trace *t, value v, value *out)
{
    if (!is_type(v, T_CHOICE)) return trace_outer(t, v, out);
    struct choice *c = as_object(v);
    *out = c->held;
    return *out == V_UNBOUND ? trace_outer(t, v, out) : leaf(t, &c->node);
}

/* The usual operations without the general way. */
static bool compute(struct trace *t, const struct expression *e, value *out)
{
    const struct primitive *p = e->operation;
    value a, b;
    if (p == &primitive_select) {
        t->varies = true;
        if (!read_test(t, e->operands[0], &a)) return false;
        *out = is_true(a) ? e->operands[1] : e->operands[2];
        return true;
    }
    if (p->flags & PRIMITIVE_ELEMENT && is_int(e->operands[1])) {
        bool done;
        a = e->operands[0];
        if (!read_element(t, e, &a, out, &done)) return false;
        if (done) return true;
    }
    if (p->flags & PRIMITIVE_INDEX) {
        t->varies = true;
        return trace_outer(t, e->operands[0], &a) &&
               trace_outer(t, e->operands[1], &b) &&
               (is_indexable(a) ? fast_index(t, a, b, out)
                                : compute_any(t, e, out));
    }
    return is_arithmetic(e) ? read_arithmetic(t, e, out)
                            : compute_any(t, e, out);
}

static bool failed_region(struct trace *t, const struct region *r)
{
    t->machine->error = *region_failed(r);
    return false;
}

static bool outermost(struct trace *t, value v, bool to_choice, value *out)
{
    for (;;) {
        switch (object_type(v)) {
        case T_EXPRESSION:
            if (!compute(t, as_object(v), &v)) return false;
            break;
        case T_CHOICE: {
            struct choice *c = as_object(v);
            if (to_choice) {
                *out = v;
                return true;
            }
            if (c->held == V_UNBOUND && !value_is_had(t, c)) return false;
            *out = c->held;
            return leaf(t, &c->node);
        }
        case T_REGION: {
            struct region *r = as_object(v);
            t->varies |= r->what != REGION_CUT;
            if ((!region_is_settled(t, r) && !region_settle(t, r)) ||
                !leaf(t, &r->node))
                return false;
            if (region_failed(r)) return failed_region(t, r);
            v = r->result;
            break;
        }
        default: *out = v; return true;
        }
    }
}

bool trace_outermost(struct trace *t, value v, value *out)
{
    return outermost(t, v, false, out);
}

bool trace_target(struct trace *t, value v, value *out)
{
    return outermost(t, v, true, out);
}

bool trace_once(struct trace *t, value v, value *out)
{
    return compute(t, as_object(v), out);
}

static bool read_outer(void *data, value reference, value *out)
{
    return outermost(data, reference, false, out);
}

static bool deep(struct trace *t, value v, value *out)
{
    if (!has_reference(v)) {
        *out = v;
        return true;
    }
    if (is_reference(v) && !outermost(t, v, false, &v)) return false;
    *out = v;
    return !has_reference(v) || list_plain(t->machine, v, read_outer, t, out);
}

bool trace_deep(struct trace *t, value v, value *out)
{
    return read_plain(t, v, out);
}

/* ---- sameness ---------------------------------------------------------------------- */

enum { SAME_DEPTH = 16 };

static bool same_at(value a, value b, int depth)
{
    if (a == b) return true;
    if (!is_object(a) || !is_object(b) || depth > SAME_DEPTH) return false;
    int type = object_type(a);
    if (type != object_type(b)) return false;
    switch (type) {
    case T_PAIR:
        for (; is_pair(a) && is_pair(b) && a != b; a = cdr(a), b = cdr(b))
            if (!same_at(car(a), car(b), depth + 1)) return false;
        return a == b || same_at(a, b, depth + 1);
    case T_CLOSURE: {
        const struct closure *x = as_object(a), *y = as_object(b);
        if (x->code != y->code) return false;
        for (uint32_t i = 0; i < x->head.size; i++)
            if (!same_at(x->captured[i], y->captured[i], depth + 1))
                return false;
        return true;
    }
    case T_EXPRESSION: {
        const struct expression *x = as_object(a), *y = as_object(b);
        if (x->operation != y->operation || x->head.size != y->head.size)
            return false;
        for (uint32_t i = 0; i < x->head.size; i++)
            if (!same_at(x->operands[i], y->operands[i], depth + 1))
                return false;
        return true;
    }
    case T_STRING:
    case T_VECTOR:
    case T_RECORD: return value_equal(a, b);
    default: return false;
    }
}

/* Exact: 1 and 1.0 are not the same, for a program can tell them apart. */
bool value_same_within(value a, value b) { return same_at(a, b, 0); }

/* ---- arguments ------------------------------------------------------------------------ */

/* Arithmetic over choices reads the same choices each time, so a reader whose
 * arguments are of no other kind keeps its edges: it is steady, until it is
 * written anew. */
static inline __attribute__((always_inline)) bool
read_all(struct trace *t, const value *written, uint32_t count, value *plain)
{
    for (uint32_t i = 0; i < count; i++)
        if (!read_plain(t, written[i], &plain[i])) return false;
    return true;
}

bool read_arguments(struct trace *t, struct node *reader, const value *written,
                    uint32_t count, value *plain)
{
    uint32_t first = t->leaf_count;
    bool collecting = t->collecting, varies = t->varies, ok;
    if (reader->head.spare & NODE_STEADY) {
        t->collecting = false;
        ok = read_all(t, written, count, plain);
        t->collecting = collecting;
        return ok;
    }
    t->collecting = true;
    t->varies = false; /* reading may settle regions, whose choices read */
    ok = read_all(t, written, count, plain);
    t->collecting = collecting;
    if (ok && !t->varies) reader->head.spare |= NODE_STEADY;
    t->varies = varies;
    /* After an error too: another try is due when what was met changes. */
    return edges_replace(t, reader, first) && ok;
}

/* ---- drawing on demand ------------------------------------------------------------------ */

/* Puts the undrawn choices under v on the stack `walk`, from `base` on;
 * *more says whether there were any. */
static bool find_undrawn(struct trace *t, value v, struct scratch *todo,
                         bool *more)
{
    struct machine *m = t->machine;
    bool ok = scratch_push(m, todo, v);
    while (ok && todo->length) {
        v = todo->at[--todo->length];
        switch (object_type(v)) {
        case T_EXPRESSION: {
            const struct expression *e = as_object(v);
            for (uint32_t i = 0; ok && i < e->head.size; i++)
                if (has_reference(e->operands[i]))
                    ok = scratch_push(m, todo, e->operands[i]);
            break;
        }
        case T_PAIR:
            if (has_reference(v))
                ok = scratch_push(m, todo, cdr(v)) &&
                     scratch_push(m, todo, car(v));
            break;
        case T_REGION:
            ok = region_settle(t, as_object(v)) &&
                 scratch_push(m, todo, ((struct region *)as_object(v))->result);
            break;
        case T_CHOICE: {
            struct choice *c = as_object(v);
            if (c->held != V_UNBOUND) break;
            *more = true;
            ok = vector_push(t, &t->walk, c);
            break;
        }
        default: break;
        }
    }
    return ok;
}

/* Are its arguments plain, so that nothing comes before it? */
static bool is_ready(const struct choice *c)
{
    for (uint32_t i = 0; i < c->node.head.size; i++)
        if (has_reference(c->written[i])) return false;
    return !choice_is_in_urn(c);
}

static bool draw_what_it_needs(struct trace *t, struct choice *c)
{
    uint32_t base = t->walk.count;
    bool collecting = t->collecting, ok = vector_push(t, &t->walk, c);
    struct scratch todo;
    t->collecting = false;
    scratch_open(&todo);
    while (ok && t->walk.count > base) {
        struct choice *top = t->walk.at[t->walk.count - 1];
        bool more = false;
        if (top->held != V_UNBOUND) {
            t->walk.count--;
            continue;
        }
        for (uint32_t i = 0; ok && i < top->node.head.size; i++)
            if (has_reference(top->written[i]))
                ok = find_undrawn(t, top->written[i], &todo, &more);
        for (uint32_t i = 0;
             ok && choice_urn(top) && i < choice_urn(top)->node.head.size; i++)
            if (has_reference(choice_urn(top)->written[i]))
                ok = find_undrawn(t, choice_urn(top)->written[i], &todo, &more);
        /* Regions that it needs may have read it, and drawn it. */
        if (!ok || more || top->held != V_UNBOUND) continue;
        t->walk.count--;
        ok = choice_draw(t, top, false);
    }
    scratch_close(&todo);
    t->walk.count = base;
    t->collecting = collecting;
    return ok;
}

bool choice_need_value(struct trace *t, struct choice *c)
{
    bool collecting = t->collecting, ok;
    if (!is_ready(c)) return draw_what_it_needs(t, c);
    t->collecting = false;
    ok = c->held != V_UNBOUND || choice_draw(t, c, false);
    t->collecting = collecting;
    return ok;
}
