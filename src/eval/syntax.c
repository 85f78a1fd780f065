/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pieces of syntax: their making, and what they are as data. It does not
 * know how they were written.
 */
#include "base/memory.h"
#include "eval/reader.h"

#include <math.h>

/* ---- making ----------------------------------------------------------- */

/* Free nodes, linked through their first words. */
static struct syntax *free_nodes;

static struct syntax *node(struct span where)
{
    struct syntax *s = free_nodes;
    if (!s && !(s = memory_new_many(sizeof *s))) return NULL;
    const void *link = s;
    memcpy(&free_nodes, link, sizeof free_nodes);
    *s = (struct syntax){.span = where};
    return s;
}

struct syntax *syntax_atom(struct span where, value datum)
{
    struct syntax *s = datum == V_UNBOUND ? NULL : node(where);
    if (!s) return NULL;
    s->kind = SYNTAX_ATOM;
    s->datum = datum;
    return s;
}

struct syntax *syntax_list(struct span where, uint32_t count,
                           struct syntax *const *items)
{
    struct syntax *s = node(where);
    if (!s) return NULL;
    s->kind = SYNTAX_LIST;
    s->datum = V_NIL;
    s->count = count;
    if (!count) return s;
    s->items = memory_new(count * sizeof *items);
    if (!s->items) return NULL;
    memcpy(s->items, items, count * sizeof *items);
    return s;
}

/* ---- looking ---------------------------------------------------------- */

const char *syntax_head(const struct syntax *s)
{
    if (s->kind != SYNTAX_LIST || !s->count) return NULL;
    const struct syntax *first = s->items[0];
    if (first->kind != SYNTAX_ATOM || !is_symbol(first->datum)) return NULL;
    return text_of(first->datum);
}

bool syntax_is_symbol(const struct syntax *s, const char *name)
{
    return s->kind == SYNTAX_ATOM && is_symbol(s->datum) &&
           strcmp(text_of(s->datum), name) == 0;
}

/* ---- vectors ---------------------------------------------------------- */

static bool fail(struct error *error, struct span span, const char *message)
{
    error_set(error, ERROR_SYNTAX, "%s", message);
    error->span = span;
    return false;
}

static bool fail_memory(struct error *error, struct span span)
{
    error_set(error, ERROR_LIMIT, "out of memory while reading");
    error->span = span;
    return false;
}

/* Numbers, and those that are names elsewhere. */
static bool element(const struct syntax *s, double *out)
{
    static const struct {
        const char *name;
        double meaning;
    } named[] = {
        {"inf", INFINITY},
        {"+inf", INFINITY},
        {"-inf", -INFINITY},
        {"nan", NAN},
    };
    if (s->kind != SYNTAX_ATOM) return false;
    if (is_number(s->datum)) {
        *out = as_number(s->datum);
        return true;
    }
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (!syntax_is_symbol(s, named[i].name)) continue;
        *out = named[i].meaning;
        return true;
    }
    return false;
}

static bool fill_row(const struct syntax *row, double *at, struct error *error)
{
    for (uint32_t i = 0; i < row->count; i++)
        if (!element(row->items[i], &at[i]))
            return fail(error, row->items[i]->span,
                        "a vector holds numbers only");
    return true;
}

static bool is_row(const struct syntax *s)
{
    return s->kind == SYNTAX_LIST || s->kind == SYNTAX_VECTOR;
}

static bool check_rows(const struct syntax *s, struct error *error)
{
    uint32_t columns = s->items[0]->count;
    if (!columns)
        return fail(error, s->items[0]->span, "an empty row of a matrix");
    for (uint32_t i = 0; i < s->count; i++) {
        const struct syntax *row = s->items[i];
        if (!is_row(row))
            return fail(error, row->span, "expected a row of a matrix here");
        if (row->count != columns)
            return fail(error, row->span,
                        "the rows of a matrix are equally long");
    }
    return true;
}

/* #(1 2) is a vector, #((1 2) (3 4)) a matrix. */
static bool vector_datum(const struct syntax *s, value *out,
                         struct error *error)
{
    bool matrix = s->count && is_row(s->items[0]);
    if (matrix && !check_rows(s, error)) return false;
    uint32_t columns = matrix ? s->items[0]->count : 0;
    value v = vector_make(s->count, columns);
    if (v == V_UNBOUND) return fail_memory(error, s->span);
    *out = v;
    double *at = as_vector(v)->at;
    if (!matrix) return fill_row(s, at, error);
    for (uint32_t i = 0; i < s->count; i++)
        if (!fill_row(s->items[i], at + (size_t)i * columns, error))
            return false;
    return true;
}

/* ---- data ------------------------------------------------------------- */

struct level {
    const struct syntax *list;
    uint32_t next; /* item */
};

/* Lists that are being made, and the values made for them so far, the
 * innermost list's last. Collector memory: the values are nowhere else. */
struct making {
    struct level *levels;
    size_t depth, depth_room;
    value *made;
    size_t count, room;
};

static bool enter(struct making *m, const struct syntax *list)
{
    if (m->depth == m->depth_room) {
        struct level *grown =
            memory_grow(m->levels, &m->depth_room, sizeof *grown);
        if (!grown) return false;
        m->levels = grown;
    }
    m->levels[m->depth++] = (struct level){list, 0};
    return true;
}

static bool keep(struct making *m, value v)
{
    if (v == V_UNBOUND) return false;
    if (m->count == m->room) {
        value *grown = memory_grow(m->made, &m->room, sizeof *grown);
        if (!grown) return false;
        m->made = grown;
    }
    m->made[m->count++] = v;
    return true;
}

/* The items of this list are the last that were made. */
static bool leave(struct making *m, const struct syntax *list)
{
    uint32_t count = list->count;
    m->count -= count;
    m->depth--;
    if (!count) return keep(m, V_NIL);
    const value *items = m->made + m->count;
    if (list->kind == SYNTAX_LIST) return keep(m, list_from(items, count));
    return keep(m, list_onto(items, count - 1, items[count - 1]));
}

static bool make(struct making *m, const struct syntax *s, struct error *error)
{
    value v = s->datum;
    if (s->kind == SYNTAX_LIST || s->kind == SYNTAX_DOTTED)
        return enter(m, s) || fail_memory(error, s->span);
    if (s->kind == SYNTAX_VECTOR && !vector_datum(s, &v, error)) return false;
    return keep(m, v) || fail_memory(error, s->span);
}

static bool make_all(struct making *m, const struct syntax *s,
                     struct error *error)
{
    if (!make(m, s, error)) return false;
    while (m->depth) {
        struct level *l = &m->levels[m->depth - 1];
        const struct syntax *list = l->list;
        if (l->next < list->count) {
            if (!make(m, list->items[l->next++], error)) return false;
        } else if (!leave(m, list)) {
            return fail_memory(error, list->span);
        }
    }
    return true;
}

bool syntax_datum(const struct syntax *s, value *out, struct error *error)
{
    struct making m = {0};
    bool good = make_all(&m, s, error);
    if (good) *out = m.made[0];
    memory_free(m.levels);
    memory_free(m.made);
    return good;
}
