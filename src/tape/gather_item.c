/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a value of the language is in the graph of a density: a plain value
 * that no coordinate changes, a number, an array or a list. References are
 * followed: choices of the scope to their coordinates, all others to what
 * they hold, expressions through their operations, cuts and regions to what
 * they stand for.
 *
 * What a value refers to may be long chains of cuts: past some depth the work
 * is left, `need` says what is to be known first, and who asked does that and
 * asks again. What is known once is not worked out again.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tape/gather_inside.h"

enum { DEPTH = 64 };

bool build_refuse(struct build *b, const char *format, ...)
{
    va_list args;
    if (b->why[0]) return false;
    va_start(args, format);
    vsnprintf(b->why, sizeof b->why, format, args);
    va_end(args);
    return false;
}

bool build_grow(struct build *b, void *array, uint32_t *room, uint32_t wanted,
                size_t item)
{
    void *old, *more;
    if (wanted <= *room) return true;
    uint32_t grown = *room ? *room : 64;
    while (grown < wanted && grown < UINT32_MAX / 2) grown *= 2;
    memcpy(&old, array, sizeof old);
    if (grown < wanted || !(more = realloc(old, grown * item)))
        return machine_no_memory(b->t->machine);
    memcpy(array, &more, sizeof more);
    *room = grown;
    return true;
}

/* Items hold values: in scanned memory. */
static bool grow_items(struct build *b, struct item **array, uint32_t *room,
                       uint32_t wanted)
{
    if (wanted <= *room) return true;
    uint32_t grown = *room ? *room : 64;
    while (grown < wanted) grown *= 2;
    struct item *more = memory_new(grown * sizeof *more);
    if (!more) return machine_no_memory(b->t->machine);
    if (*array) memcpy(more, *array, *room * sizeof *more);
    memory_free(*array);
    *array = more;
    *room = grown;
    return true;
}

/* ---- what is known ------------------------------------------------------ */

static uint64_t slot_of(const void *key)
{
    uint64_t h = (uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 31;
}

const struct item *item_known(const struct build *b, const void *key)
{
    if (!b->table_room) return NULL;
    for (uint64_t at = slot_of(key);; at++) {
        const struct known *k = &b->table[at & (b->table_room - 1)];
        if (!k->key) return NULL;
        if (k->key == key) return &b->items[k->item];
    }
}

static void put_known(struct build *b, struct known known)
{
    uint64_t at = slot_of(known.key);
    while (b->table[at & (b->table_room - 1)].key) at++;
    b->table[at & (b->table_room - 1)] = known;
}

static bool spread(struct build *b)
{
    uint32_t room = b->table_room ? b->table_room * 2 : 256;
    struct known *old = b->table, *more = memory_new(room * sizeof *more);
    if (!more) return machine_no_memory(b->t->machine);
    uint32_t before = b->table_room;
    b->table = more;
    b->table_room = room;
    for (uint32_t i = 0; i < before; i++)
        if (old[i].key) put_known(b, old[i]);
    memory_free(old);
    return true;
}

bool item_put(struct build *b, const void *key, const struct item *i)
{
    if ((2 * (b->known_count + 1) > b->table_room && !spread(b)) ||
        !grow_items(b, &b->items, &b->item_room, b->item_count + 1))
        return false;
    b->items[b->item_count] = *i;
    put_known(b, (struct known){key, b->item_count++});
    b->known_count++;
    return true;
}

/* ---- numbers and arrays ------------------------------------------------- */

bool item_number(struct build *b, const struct item *i, uint32_t *out)
{
    if (i->kind == ITEM_NUMBER) {
        *out = i->node;
        return true;
    }
    if (i->kind != ITEM_PLAIN)
        return build_refuse(b, "an array stands where a number is expected");
    value v = i->plain;
    if (is_number(v))
        *out = graph_number(&b->g, as_number(v));
    else if (is_boolean(v))
        *out = graph_number(&b->g, v == V_TRUE);
    else
        return build_refuse(b, "%s stands where a number is expected",
                            type_name(v));
    return true;
}

bool array_new(struct build *b, uint32_t rows, uint32_t columns,
               struct item *out)
{
    uint64_t n = columns ? (uint64_t)rows * columns : rows;
    if (b->pool_count + n > UINT32_MAX / 2)
        return machine_no_memory(b->t->machine);
    *out = (struct item){.kind = ITEM_ARRAY,
                         .rows = rows,
                         .columns = columns,
                         .first = b->pool_count};
    if (!build_grow(b, &b->pool, &b->pool_room, b->pool_count + (uint32_t)n,
                    sizeof *b->pool))
        return false;
    b->pool_count += (uint32_t)n;
    return true;
}

static bool plain_array(struct build *b, const struct vector *v,
                        struct item *out)
{
    const struct item *known = item_known(b, v);
    if (known && known->kind == ITEM_ARRAY) {
        *out = *known;
        return true;
    }
    if (!array_new(b, v->rows, v->columns, out)) return false;
    graph_expect(&b->g, 2ul * v->head.size); /* and something made of each */
    for (uint32_t i = 0; i < v->head.size; i++) {
        if (i + GRAPH_SOON < v->head.size)
            graph_number_soon(&b->g, v->at[i + GRAPH_SOON]);
        uint32_t n = graph_number(&b->g, v->at[i]);
        array_at(b, out)[i] = n;
    }
    return item_put(b, v, out);
}

static bool list_array(struct build *b, const struct item *i, struct item *out)
{
    uint32_t n;
    struct item e;
    if (!item_length(b, i, &n) || !array_new(b, n, 0, out)) return false;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t node;
        if (!item_element(b, i, k, &e) || !item_number(b, &e, &node))
            return false;
        array_at(b, out)[k] = node;
    }
    return true;
}

bool item_array(struct build *b, const struct item *i, struct item *out)
{
    *out = *i;
    if (i->kind == ITEM_ARRAY) return true;
    if (i->kind == ITEM_LIST || (i->kind == ITEM_PLAIN && is_list(i->plain)))
        return list_array(b, i, out);
    if (i->kind == ITEM_PLAIN && is_vector(i->plain))
        return plain_array(b, as_vector(i->plain), out);
    uint32_t node;
    if (!item_number(b, i, &node) || !array_new(b, 1, 0, out)) return false;
    array_at(b, out)[0] = node;
    out->rows = 0;
    return true;
}

bool item_length(struct build *b, const struct item *i, uint32_t *out)
{
    *out = i->rows;
    if (i->kind == ITEM_ARRAY || i->kind == ITEM_LIST) return true;
    if (i->kind == ITEM_PLAIN && is_vector(i->plain))
        *out = as_vector(i->plain)->rows;
    else if (i->kind == ITEM_PLAIN && is_list(i->plain))
        *out = list_length(i->plain);
    else
        return build_refuse(b, "a number stands where an array is expected");
    return true;
}

bool item_element(struct build *b, const struct item *i, int64_t at,
                  struct item *out)
{
    uint32_t n;
    if (!item_length(b, i, &n)) return false;
    if (at < 0 || at >= (int64_t)n)
        return build_refuse(b, "there is no element %lld of %u", (long long)at,
                            n);
    if (i->kind == ITEM_LIST) {
        *out = b->listed[i->first + at];
    } else if (i->kind == ITEM_ARRAY && !i->columns) {
        *out = item_node(b->pool[i->first + at]);
    } else if (i->kind == ITEM_ARRAY) {
        *out = *i;
        out->rows = i->columns;
        out->columns = 0;
        out->first = i->first + (uint32_t)at * i->columns;
    } else if (is_vector(i->plain) && !as_vector(i->plain)->columns) {
        *out = item_plain(v_double(as_vector(i->plain)->at[at]));
    } else if (is_vector(i->plain)) {
        struct item all;
        return plain_array(b, as_vector(i->plain), &all) &&
               item_element(b, &all, at, out);
    } else {
        value rest = i->plain;
        while (at--) rest = cdr(rest);
        *out = item_plain(car(rest));
    }
    return true;
}

/* ---- values ------------------------------------------------------------- */

bool item_list(struct build *b, const struct item *all, uint32_t n,
               struct item *out)
{
    *out =
        (struct item){.kind = ITEM_LIST, .rows = n, .first = b->listed_count};
    if (!grow_items(b, &b->listed, &b->listed_room, b->listed_count + n))
        return false;
    memcpy(b->listed + b->listed_count, all, n * sizeof *all);
    b->listed_count += n;
    return true;
}

/* A list with references inside. */
static bool list_item(struct build *b, value v, struct item *out)
{
    uint32_t n, i = 0;
    if (!is_list(v)) return build_refuse(b, "a pair that is no list");
    n = list_length(v);
    struct item *all = memory_new((n + 1) * sizeof *all);
    if (!all) return machine_no_memory(b->t->machine);
    for (; is_pair(v); v = cdr(v), i++)
        if (!item_of(b, car(v), &all[i])) return false;
    bool ok = item_list(b, all, n, out);
    memory_free(all);
    return ok;
}

static bool all_plain(const struct item *in, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (in[i].kind != ITEM_PLAIN) return false;
    return true;
}

static bool plain_value(struct build *b, value v, struct item *out)
{
    value plain;
    if (!seen_deep(b, v) || !trace_deep(b->t, v, &plain)) return false;
    *out = item_plain(plain);
    return true;
}

bool item_asks_for_shape(const struct primitive *p)
{
    static const char *const names[] = {
        "axes",       "length",    "vector-length", "shape",   "rows",
        "columns",    "vector?",   "matrix?",       "list?",   "pair?",
        "null?",      "number?",   "boolean?",      "string?", "symbol?",
        "procedure?", "indexable?"};
    size_t n = strcspn(p->names, " ");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == n && !memcmp(names[i], p->names, n))
            return true;
    return false;
}

/* A test that depends on coordinates: either side, by what it is. */
static bool select_item(struct build *b, const struct expression *e,
                        struct item *out)
{
    struct item test, one, two;
    uint32_t x, y;
    if (!item_of(b, e->operands[0], &test)) return false;
    if (test.kind == ITEM_PLAIN)
        return item_of(b, e->operands[is_true(test.plain) ? 1 : 2], out);
    if (!test.truth) return item_of(b, e->operands[1], out);
    if (!item_of(b, e->operands[1], &one) ||
        !item_of(b, e->operands[2], &two) || !item_number(b, &one, &x) ||
        !item_number(b, &two, &y))
        return false;
    *out = item_node(graph_3(&b->g, TAPE_SELECT, test.node, x, y));
    out->truth = one.truth && two.truth;
    return true;
}

/* The outermost form of v, as far as no coordinate says what that is: then
 * *raw, else an item. */
static bool open(struct build *b, value v, bool *is_raw, value *raw,
                 struct item *out)
{
    *is_raw = true;
    for (;;) {
        const struct region *r = as_object(v);
        if (is_type(v, T_REGION) && !region_computes(r) && !region_failed(r)) {
            if (!seen_word(b, &r->result)) return false;
            v = r->result;
            continue;
        }
        if (is_type(v, T_EXPRESSION) || is_type(v, T_REGION) ||
            is_type(v, T_CHOICE)) {
            if (!item_of(b, v, out)) return false;
            *is_raw = out->kind == ITEM_PLAIN;
            *raw = out->plain;
            return true;
        }
        *raw = v;
        return true;
    }
}

/* An access: to a part of a list or an array. What it accesses is opened only
 * as far as it looks. */
static bool access_item(struct build *b, const struct expression *e,
                        struct item *out)
{
    const struct primitive *p = e->operation;
    value raw[16];
    struct item in[16];
    uint32_t n = e->head.size;
    bool every = true;
    if (n > 16) return build_refuse(b, "%s of too many operands", p->names);
    for (uint32_t i = 0; i < n; i++) {
        bool is_raw;
        raw[i] = e->operands[i];
        if (!(p->outer >> i & 1)) continue;
        if (!open(b, e->operands[i], &is_raw, &raw[i], &in[i])) return false;
        if (is_raw) in[i] = item_plain(raw[i]);
        every = every && is_raw;
    }
    if (every) {
        value part;
        return p->function(b->t->machine, (int)n, raw, &part) &&
               item_of(b, part, out);
    }
    for (uint32_t i = 0; i < n; i++)
        if (!(p->outer >> i & 1) && !item_of(b, e->operands[i], &in[i]))
            return false;
    if (p->flags & (PRIMITIVE_ELEMENT | PRIMITIVE_INDEX) && n == 2 &&
        in[1].kind == ITEM_PLAIN && is_number(in[1].plain))
        return item_element(b, &in[0], (int64_t)as_number(in[1].plain), out);
    const struct operation_row *row = operation_find(p);
    if (!row)
        return build_refuse(b, "%s of what the scope moves", p->signature);
    return row->make(b, row, in, n, out);
}

static bool expression_item(struct build *b, value v, struct item *out)
{
    const struct expression *e = as_object(v);
    uint32_t n = e->head.size;
    struct item few[6], *in = few;
    if (e->operation == &primitive_select) return select_item(b, e, out);
    if (e->operation == &primitive_unknown) {
        seen_lost(b);
        *out =
            item_node(graph_unknown(&b->g, (uint32_t)as_int(e->operands[0])));
        return true;
    }
    if (item_asks_for_shape(e->operation)) return plain_value(b, v, out);
    if (e->operation->look == LOOK_OUTER) return access_item(b, e, out);
    if (n > 6 && !(in = memory_new(n * sizeof *in)))
        return machine_no_memory(b->t->machine);
    for (uint32_t i = 0; i < n; i++)
        if (!item_of(b, e->operands[i], &in[i])) return false;
    if (e->operation == &primitive_solution) {
        /* Of numbers alone it is what it is. */
        bool moves = in[SOLUTION_STATE].kind != ITEM_PLAIN ||
                     in[SOLUTION_DERIVATIVE].kind != ITEM_PLAIN;
        seen_lost(b);
        if (moves) return equation_item(b, in, out);
        *out = in[SOLUTION_NOW];
        return true;
    }
    if (all_plain(in, n)) return plain_value(b, v, out);
    const struct operation_row *row = operation_find(e->operation);
    if (!row)
        return build_refuse(b, "%s has no gradient here",
                            e->operation->signature);
    return row->make(b, row, in, n, out);
}

static bool region_item(struct build *b, const struct region *r,
                        struct item *out)
{
    if (region_failed(r)) {
        b->t->machine->error = *region_failed(r);
        return false;
    }
    const value *stands_for = region_computes(r) ? r->operands : &r->result;
    return seen_word(b, stands_for) && item_of(b, *stands_for, out);
}

static bool choice_item(struct build *b, struct choice *c, struct item *out)
{
    bool inside = scope_member(b->scope, c->node.location) != NULL, ok = true;
    for (uint32_t i = 0; inside && ok && i < c->node.head.size; i++)
        ok = seen_word(b, &c->written[i]);
    if (inside) return ok && space_enter(b, c, out);
    if (!seen_word(b, &c->held)) return false;
    *out = item_plain(c->held);
    return c->held != V_UNBOUND ||
           build_refuse(b, "a choice that is not drawn yet");
}

bool item_of(struct build *b, value v, struct item *out)
{
    const struct item *known;
    bool ok;
    if (!is_object(v) || !has_reference(v)) {
        *out = item_plain(v);
        return true;
    }
    if ((known = item_known(b, as_object(v)))) {
        *out = *known;
        return true;
    }
    if (b->depth >= DEPTH) {
        if (object_type(v) < T_REFERENCE || is_type(v, T_EXPRESSION)) {
            /* Bounded by themselves: what is under them comes first. */
        } else {
            b->need = as_object(v);
            return false;
        }
    }
    b->depth++;
    switch (object_type(v)) {
    case T_CHOICE: ok = choice_item(b, as_object(v), out); break;
    case T_REGION: ok = region_item(b, as_object(v), out); break;
    case T_EXPRESSION: ok = expression_item(b, v, out); break;
    default: ok = list_item(b, v, out);
    }
    b->depth--;
    return ok && item_put(b, as_object(v), out);
}

/* What is needed first, and what that needs, from the deepest on. */
static bool know(struct build *b)
{
    const void **stack = NULL;
    uint32_t count = 0, room = 0;
    bool ok = true;
    do {
        struct item ignored;
        if (b->need) {
            ok = build_grow(b, &stack, &room, count + 1, sizeof *stack);
            if (ok) stack[count++] = b->need;
        }
        b->need = NULL;
        b->depth = 0;
        if (!ok) break;
        if (item_of(b, v_object(stack[count - 1]), &ignored))
            count--;
        else
            ok = b->need != NULL;
    } while (ok && count);
    free(stack);
    return ok;
}

bool item_now(struct build *b, value v, struct item *out)
{
    for (;;) {
        b->need = NULL;
        b->depth = 0;
        if (item_of(b, v, out)) return true;
        if (!b->need || !know(b)) return false;
    }
}
