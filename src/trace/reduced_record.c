/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs for a gradient. Where control flow looked at a choice often, its
 * region took it for a plain value, and what is computed from it says no more
 * how. Such a region is run once more inside a transition that is undone: in
 * it nothing of the scope is pinned, every test is a guard, and a loop over
 * an array goes over references to its elements.
 */
#include "eval/index.h"
#include "eval/machine_inside.h"
#include "eval/scratch.h"
#include "trace/reduced.h"

void record_begin(struct trace *t, const struct scope *scope)
{
    transition_begin(t);
    t->recording = scope;
}

bool record_region(struct trace *t, struct region *r)
{
    if (!is_alive(&r->node)) return true;
    region_today(t, r);
    return region_run(t, r);
}

bool record_settle(struct trace *t) { return propagate(t); }

void record_end(struct trace *t)
{
    t->recording = NULL;
    transition_undo(t);
}

bool record_keeps(const struct trace *t, const struct node *leaf)
{
    if (!t->recording) return false;
    if (node_kind(leaf) == NODE_ELEMENT)
        leaf = &((const struct element *)leaf)->of->node;
    return node_kind(leaf) == NODE_CHOICE &&
           scope_member(t->recording, leaf->location);
}

bool record_elements(struct trace *t, value reference, value *v)
{
    struct machine *m = t->machine;
    struct scratch s;
    bool vector = is_vector(*v);
    if (!t->recording || !(vector || is_pair(*v)) || !is_reference(reference))
        return true;
    size_t count = vector ? as_vector(*v)->rows : list_length(*v);
    scratch_open(&s);
    if (!scratch_reserve(m, &s, count)) return scratch_fail(&s);
    for (size_t i = 0; i < count; i++) {
        value operands[2] = {reference, v_int((int64_t)i)};
        if (!trace_defer(m, &primitive_index, 2, operands, &s.at[i]))
            return scratch_fail(&s);
        s.length++;
    }
    return scratch_list(m, &s, v);
}
