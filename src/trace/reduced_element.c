/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Elements of arrays. A choice whose value is an array or a list is one
 * node; who reads only its i-th element listens to a node of that element,
 * and hears of it when that element is another. The elements of a choice that
 * somebody has read hang at one node, found by the choice's location, with
 * the value that was told last: so what changed is known whoever changed it.
 * They die with the choice.
 */
#include "trace/reduced.h"

#define ELEMENTS_BIT (UINT64_C(1) << 62) /* no location has it */

static struct elements *elements_of(const struct trace *t,
                                    const struct choice *c)
{
    return c->node.head.flags & NODE_IN_PARTS
               ? (struct elements *)table_at(t, c->node.location | ELEMENTS_BIT)
               : NULL;
}

/* Element i of a plain array or list; false: there is none. */
static bool part(value whole, uint32_t i, value *out)
{
    if (is_vector(whole)) {
        const struct vector *v = as_vector(whole);
        if (v->columns || i >= v->head.size) return false;
        *out = v_double(v->at[i]);
        return true;
    }
    while (i && is_pair(whole)) {
        whole = cdr(whole);
        i--;
    }
    if (!is_pair(whole)) return false;
    *out = car(whole);
    return true;
}

/* ---- making ------------------------------------------------------------------ */

static struct elements *make(struct trace *t, struct choice *c)
{
    struct elements *all = log_take(&t->log, sizeof *all);
    if (!all) return NULL;
    all->node.head = (struct object){T_CODE, NODE_ELEMENTS, NODE_ALIVE, 0};
    all->node.location = c->node.location | ELEMENTS_BIT;
    all->known = c->held;
    log_save(&t->log, &c->node.head);
    c->node.head.flags |= NODE_IN_PARTS;
    return table_put(t, &all->node) ? all : NULL;
}

static bool widen(struct trace *t, struct elements *all, uint32_t i)
{
    uint32_t room = all->room ? all->room : 4;
    while (room <= i) room *= 2;
    struct element **at = log_take(&t->log, room * sizeof(struct element *));
    if (!at) return false;
    if (all->room) {
        memcpy(at, all->at, all->room * sizeof(struct element *));
        log_give(&t->log, all->at, all->room * sizeof(struct element *));
    }
    log_set_pointer(&t->log, &all->at, at);
    log_set_32(&t->log, &all->room, room);
    return true;
}

static struct node *element_of(struct trace *t, struct choice *c, uint32_t i)
{
    struct elements *all = elements_of(t, c);
    if (!all && !(all = make(t, c))) return NULL;
    if (i >= all->room && !widen(t, all, i)) return NULL;
    struct element *e = all->at[i];
    if (e) return &e->node;
    if (!(e = log_take(&t->log, sizeof *e))) return NULL;
    e->node.head = (struct object){T_CODE, NODE_ELEMENT, NODE_ALIVE, i};
    e->of = c;
    log_set_pointer(&t->log, &all->at[i], e);
    return &e->node;
}

enum element_answer element_read(struct trace *t, struct choice *c, value index,
                                 value *out, struct node **leaf)
{
    if (!is_int(index) || as_int(index) < 0 || as_int(index) > UINT32_MAX / 4 ||
        !part(c->held, (uint32_t)as_int(index), out))
        return ELEMENT_NONE;
    if (!leaf) return ELEMENT_READ;
    *leaf = element_of(t, c, (uint32_t)as_int(index));
    if (*leaf) return ELEMENT_READ;
    machine_no_memory(t->machine);
    return ELEMENT_ERROR;
}

/* ---- telling ------------------------------------------------------------------- */

static bool tell(struct trace *t, const struct elements *all, uint32_t i)
{
    return i >= all->room || !all->at[i] || notify(t, &all->at[i]->node);
}

static bool tell_all(struct trace *t, const struct elements *all, uint32_t i)
{
    for (; i < all->room; i++)
        if (!tell(t, all, i)) return false;
    return true;
}

static bool tell_array(struct trace *t, const struct elements *all,
                       const struct vector *a, const struct vector *b)
{
    uint32_t least = a->head.size < b->head.size ? a->head.size : b->head.size;
    if (a->columns || b->columns) return tell_all(t, all, 0);
    if (least > all->room) least = all->room;
    for (uint32_t i = 0; i < least; i++)
        if (v_double(a->at[i]) != v_double(b->at[i]) && !tell(t, all, i))
            return false;
    return a->head.size == b->head.size || tell_all(t, all, least);
}

static bool tell_list(struct trace *t, const struct elements *all, value a,
                      value b)
{
    uint32_t i = 0;
    for (; is_pair(a) && is_pair(b) && a != b; a = cdr(a), b = cdr(b), i++)
        if (!value_same(car(a), car(b)) && !tell(t, all, i)) return false;
    return a == b || tell_all(t, all, i);
}

bool elements_notify(struct trace *t, struct choice *c)
{
    struct elements *all = elements_of(t, c);
    if (!all) return true;
    value a = all->known, b = c->held;
    log_set(&t->log, &all->known, b);
    if (is_vector(a) && is_vector(b))
        return tell_array(t, all, as_vector(a), as_vector(b));
    return is_pair(a) && is_pair(b) ? tell_list(t, all, a, b)
                                    : tell_all(t, all, 0);
}

const struct element *element_next(const struct trace *t,
                                   const struct choice *c, uint32_t *i)
{
    const struct elements *all = elements_of(t, c);
    for (; all && *i < all->room; ++*i)
        if (all->at[*i]) return all->at[(*i)++];
    return NULL;
}

const struct edge *element_readers(const struct trace *t,
                                   const struct choice *c, size_t k)
{
    const struct elements *all = elements_of(t, c);
    const struct element *e = all && k < all->room ? all->at[k] : NULL;
    return e ? node_readers(&e->node) : NULL;
}

bool choice_is_read_in_parts(const struct trace *t, const struct choice *c)
{
    const struct element *e;
    for (uint32_t i = 0; (e = element_next(t, c, &i));)
        if (node_readers(&e->node)) return true;
    return false;
}

/* ---- dying ------------------------------------------------------------------------ */

bool elements_leave(struct trace *t, struct choice *c)
{
    struct elements *all = elements_of(t, c);
    if (!all) return true;
    for (uint32_t i = 0; i < all->room; i++) {
        struct element *e = all->at[i];
        if (!e) continue;
        log_save(&t->log, &e->node.head);
        e->node.head.spare &= (uint16_t)~NODE_ALIVE;
        if (!readers_lose(t, &e->node)) return false;
        log_give(&t->log, e, sizeof *e);
    }
    table_drop(t, &all->node);
    if (all->room)
        log_give(&t->log, all->at, all->room * sizeof(struct element *));
    log_give(&t->log, all, sizeof *all);
    return true;
}
