/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A list without its references, from its end: the elements of a list wait on
 * a stack, in order, and are read from the last to the first, each in its
 * place; then the list is made of them at once. An element that is a list with
 * references has its own elements above those of the list around it, which
 * waits on a second stack. Knows nothing of who reads references.
 */
#include "eval/plain_list.h"

#include "eval/scratch.h"

enum { CELLS_FEW = 8 }; /* one by one, from the free list of cells */

struct reading {
    struct machine *m;
    outer_reader *outer;
    void *data;
    struct scratch elements, waiting;
    size_t base, left; /* of the list that is read: those before `left` wait */
    value tail;
};

static bool read(const struct reading *r, value *v)
{
    return !is_reference(*v) || r->outer(r->data, *v, v);
}

static size_t cells_with_references(value v)
{
    size_t n = 0;
    for (; is_pair(v) && has_reference(v); v = cdr(v)) n++;
    return n;
}

/* The list v is read from here on. */
static bool enter(struct reading *r, value v)
{
    r->base = r->elements.length;
    if (!scratch_reserve(r->m, &r->elements, cells_with_references(v)))
        return false;
    while (has_reference(v)) {
        if (!scratch_push(r->m, &r->elements, car(v))) return false;
        v = cdr(v);
        if (!read(r, &v)) return false;
    }
    r->tail = v;
    r->left = r->elements.length;
    return true;
}

/* The list around it waits, and stands at its element `left`. */
static bool enter_element(struct reading *r)
{
    return scratch_push(r->m, &r->waiting, r->tail) &&
           scratch_push(r->m, &r->waiting, v_int((int64_t)r->base)) &&
           scratch_push(r->m, &r->waiting, v_int((int64_t)r->left)) &&
           enter(r, r->elements.at[r->left]);
}

/* What is read becomes a list; V_UNBOUND: no memory. */
static value make(struct reading *r)
{
    const value *at = r->elements.at + r->base;
    size_t n = r->elements.length - r->base;
    value list = r->tail;
    r->elements.length = r->base;
    if (n > CELLS_FEW) return list_onto(at, n, list);
    while (n && list != V_UNBOUND) list = cons(at[--n], list);
    return list;
}

/* Back to the list around it. */
static void leave(struct reading *r, value list)
{
    struct scratch *w = &r->waiting;
    w->length -= 3;
    r->tail = w->at[w->length];
    r->base = (size_t)as_int(w->at[w->length + 1]);
    r->left = (size_t)as_int(w->at[w->length + 2]);
    r->elements.at[r->left] = list;
}

static bool read_all(struct reading *r, value list, value *out)
{
    if (!enter(r, list)) return false;
    for (;;) {
        while (r->left > r->base) {
            value v = r->elements.at[--r->left];
            if (!read(r, &v)) return false;
            r->elements.at[r->left] = v;
            if (has_reference(v) && !enter_element(r)) return false;
        }
        *out = make(r);
        if (*out == V_UNBOUND) return machine_no_memory(r->m);
        if (!r->waiting.length) return true;
        leave(r, *out);
    }
}

bool list_plain(struct machine *m, value list, outer_reader *outer, void *data,
                value *out)
{
    struct reading r;
    r.m = m;
    r.outer = outer;
    r.data = data;
    scratch_open(&r.elements);
    scratch_open(&r.waiting);
    bool ok = read_all(&r, list, out);
    scratch_close(&r.elements);
    scratch_close(&r.waiting);
    return ok;
}
