/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From references to values: reading with the leaves that were met, looking
 * without reading, elements of arrays, forcing; and expressions that become
 * nodes, for they grew too large or may raise.
 *
 * A function that answers bool is false with the machine's error filled.
 */
#ifndef VST_TRACE_REDUCED_VALUES_H
#define VST_TRACE_REDUCED_VALUES_H

#include "trace/reduced_trace.h"

/* ---- reduced_read.c ------------------------------------------------------ */

bool trace_outermost(struct trace *t, value v, value *out);
static inline bool trace_outer(struct trace *t, value v, value *out)
{
    *out = v;
    return !is_reference(v) || trace_outermost(t, v, out);
}
bool trace_deep(struct trace *t, value v, value *out);
bool trace_target(struct trace *t, value v, value *out);
/* One operation, of an expression: what it picks may be a reference still. */
bool trace_once(struct trace *t, value v, value *out);
/* The same word, equal plain values, or closures of one code over the same
 * values. */
bool value_same_within(value a, value b);
static inline bool value_same(value a, value b)
{
    return a == b || (is_object(a) && is_object(b) && value_same_within(a, b));
}
/* Draws a choice, and first what its arguments need. */
bool choice_need_value(struct trace *t, struct choice *c);
/* Two integers, as the primitive has them. false: division, and what leaves the
 * range of 64 bits, which the primitive itself does. */
static inline bool whole_arithmetic(const struct primitive *p, value a, value b,
                                    value *out)
{
    int64_t x = as_int(a), y = as_int(b);
    switch ((enum arithmetic)p->arithmetic) {
    case ARITHMETIC_ADD: *out = v_int(x + y); return true;
    case ARITHMETIC_SUBTRACT: *out = v_int(x - y); return true;
    case ARITHMETIC_MULTIPLY:
        if (__builtin_mul_overflow(x, y, &x)) return false;
        *out = v_int(x);
        return true;
    case ARITHMETIC_LESS: *out = v_boolean(x < y); return true;
    case ARITHMETIC_LESS_EQUAL: *out = v_boolean(x <= y); return true;
    default: return false;
    }
}
/* Argument values now; the reader listens to what they now depend on. */
bool read_arguments(struct trace *t, struct node *reader, const value *written,
                    uint32_t count, value *plain);

/* The same, at once of one whose arguments are numbers and the like that are
 * written there. */
static inline bool read_written(struct trace *t, struct node *reader,
                                const value *written, uint32_t count,
                                value *plain)
{
    uint32_t i = 0;
    for (; i < count && !is_object(written[i]); i++) plain[i] = written[i];
    return (i == count && !reader->edges.steps) ||
           read_arguments(t, reader, written, count, plain);
}

/* ---- reduced_glance.c ---------------------------------------------------- */

/* The plain value of v between transitions, when it is at hand: false, and
 * nothing has happened, where reading it is more than looking. */
bool trace_glance(const struct trace *t, value v, value *out);

/* ---- reduced_element.c --------------------------------------------------- */

enum element_answer { ELEMENT_NONE, ELEMENT_READ, ELEMENT_ERROR };
/* Element `index` of what the choice holds, and its node into *leaf when that
 * is asked for. ELEMENT_NONE: that is to be read in another way. O(1) for an
 * array. */
enum element_answer element_read(struct trace *t, struct choice *c, value index,
                                 value *out, struct node **leaf);
/* Tells the readers of the elements that are others now. A comparison for
 * each element. */
bool elements_notify(struct trace *t, struct choice *c);
/* The choice dies, and they with it. */
bool elements_leave(struct trace *t, struct choice *c);
/* Those that somebody has read, in order: the first from *i on, which moves
 * behind it; NULL: no more. */
const struct element *element_next(const struct trace *t,
                                   const struct choice *c, uint32_t *i);
/* Who reads this element alone; NULL: nobody does. */
const struct edge *element_readers(const struct trace *t,
                                   const struct choice *c, size_t k);
/* Does somebody read an element of it now? */
bool choice_is_read_in_parts(const struct trace *t, const struct choice *c);

/* ---- reduced_force.c ----------------------------------------------------- */

/* A reference over pinned leaves only is its value, inside the region. */
bool trace_plain(struct trace *t, value v, value *out);
/* *out: the value of a choice or region whose very value the run depends on
 * already, when nothing in it is random. */
bool trace_pinned(const struct trace *t, value v, value *out);
bool guard_add(struct trace *t, value forced, value outcome, uint8_t how);
/* The region that runs hears of the leaves from `first` on. */
bool run_listen(struct trace *t, uint32_t first);
/* The handler's hooks of these names. */
bool trace_force(struct machine *m, value v, bool deep, value *out);
bool trace_compare(struct machine *m, value *a, value *b);
bool trace_operate(struct machine *m, value v, value *out);
bool trace_defer(struct machine *m, const struct primitive *p, int n,
                 const value *operands, value *out);

/* ---- reduced_cut.c, reduced_watch.c ------------------------------------------------------- */

/* Operands that are large expressions become cuts, in place. */
bool cuts_make(struct trace *t, int n, value *operands, uint32_t above);
/* A node for this expression, in the region that runs, and its value. What:
 * REGION_CUT, or REGION_PICK where the value may be a reference. */
bool cut_make(struct trace *t, enum region_kind what, value expression,
              value *out);
/* Brings a cut up to date. */
bool cut_run(struct trace *t, struct region *cut);
/* Arithmetic on numbers raises nothing; does this? */
bool expression_may_raise(value v);
/* What in the result of a region may raise is watched, as its children. */
bool watches_make(struct trace *t, struct region *r, value result);
bool watch_run(struct trace *t, struct region *watch);

#endif
