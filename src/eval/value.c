/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The making of values. Pairs come from a list of free cells that is kept
 * here, so that `cons` is a handful of instructions; long lists come in
 * blocks of many cells, which live while any of their cells is pointed to.
 * It knows nothing of what programs do with values.
 */
#include "eval/value.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdio.h>

/* ---- pairs ------------------------------------------------------------ */

/* Free cells, linked through their first words. */
static struct pair *free_cells;

/* The length of a chain whose first pair is before `rest`. A reference may
 * stand for any list, so what ends in one has no length. */
static inline uint32_t length_before(value rest)
{
    if (rest == V_NIL) return 1;
    if (!is_pair(rest)) return LIST_IMPROPER;
    uint32_t size = as_pair(rest)->head.size;
    return size < LIST_IMPROPER - 1 ? size + 1 : LIST_IMPROPER;
}

static inline void pair_fill(struct pair *p, value first, value rest)
{
    bool reference = has_reference(first) || has_reference(rest);
    p->head.type = T_PAIR;
    p->head.flags = reference ? OBJECT_HAS_REFERENCE : 0;
    p->head.spare = 0;
    p->head.size = length_before(rest);
    p->first = first;
    p->rest = rest;
}

value cons(value first, value rest)
{
    struct pair *p = free_cells;
    if (!p && !(p = memory_new_many(sizeof *p))) return V_UNBOUND;
    const void *link = p;
    memcpy(&free_cells, link, sizeof free_cells);
    pair_fill(p, first, rest);
    return v_object(p);
}

/* Blocks of at most 2 KB: the collector keeps free lists of such sizes, and
 * one cell that lives on holds back no more than its block. */
enum { CELLS_PER_BLOCK = 2040 / sizeof(struct pair) };

value list_onto(const value *elements, size_t count, value tail)
{
    while (count) {
        size_t cells = count < CELLS_PER_BLOCK ? count : CELLS_PER_BLOCK;
        struct pair *block = memory_new(cells * sizeof *block);
        if (!block) return V_UNBOUND;
        while (cells--) {
            pair_fill(block + cells, elements[--count], tail);
            tail = v_object(block + cells);
        }
    }
    return tail;
}

value list_from(const value *elements, size_t count)
{
    return list_onto(elements, count, V_NIL);
}

/* ---- other objects ---------------------------------------------------- */

value string_make(const char *text, size_t length)
{
    if (length >= UINT32_MAX) return V_UNBOUND;
    struct string *s = memory_new_atomic(sizeof *s + length + 1);
    if (!s) return V_UNBOUND;
    s->head.type = T_STRING;
    s->head.size = (uint32_t)length;
    s->hash = hash_bytes(text, length);
    if (length) memcpy(s->text, text, length);
    return v_object(s);
}

value vector_make(size_t rows, size_t columns)
{
    if (rows > UINT32_MAX || columns > UINT32_MAX) return V_UNBOUND;
    uint64_t count = (uint64_t)rows * (columns ? columns : 1);
    if (count > UINT32_MAX) return V_UNBOUND;
    struct vector *v = memory_new_atomic(sizeof *v + count * sizeof(double));
    if (!v) return V_UNBOUND;
    v->head.type = T_VECTOR;
    v->head.size = (uint32_t)count;
    v->rows = (uint32_t)rows;
    v->columns = (uint32_t)columns;
    return v_object(v);
}

value record_make(size_t fields)
{
    if (fields > UINT32_MAX / 2) return V_UNBOUND;
    struct record *r = memory_new(sizeof *r + 2 * fields * sizeof(value));
    if (!r) return V_UNBOUND;
    r->head.type = T_RECORD;
    r->head.size = (uint32_t)fields;
    for (size_t i = 0; i < 2 * fields; i++) r->fields[i] = V_NIL;
    return v_object(r);
}

/* ---- names of types --------------------------------------------------- */

static const char *const type_names[] = {
    [T_PAIR] = "a list",
    [T_STRING] = "a string",
    [T_SYMBOL] = "a symbol",
    [T_VECTOR] = "a vector",
    [T_RECORD] = "a record",
    [T_CLOSURE] = "a procedure",
    [T_PRIMITIVE] = "a procedure",
    [T_NATIVE] = "a procedure",
    [T_XRP] = "a random procedure",
    [T_MEM] = "a memoized procedure",
    [T_CODE] = "code",
    [T_FAILURE] = "an error",
    [T_CHOICE] = "a random choice",
    [T_EXPRESSION] = "a random expression",
    [T_REGION] = "a random value",
    [T_QUERIED] = "a random choice",
};

static const char *word_name(value v)
{
    switch (v) {
    case V_FALSE:
    case V_TRUE: return "a boolean";
    case V_NIL: return "the empty list";
    case V_NOTHING: return "nothing";
    default: return "an unbound value";
    }
}

/* Answers for the last few symbols stand at a time, so that one message can
 * name two of them. */
static const char *symbol_name(const char *name)
{
    static char texts[4][64];
    static unsigned turn;
    char *text = texts[turn++ % 4];
    int wanted = snprintf(text, sizeof texts[0], "the symbol %s", name);
    if (wanted >= (int)sizeof texts[0]) return type_names[T_SYMBOL];
    return text;
}

const char *type_name(value v)
{
    size_t type = (size_t)object_type(v);
    if (is_number(v)) return "a number";
    if (!is_object(v)) return word_name(v);
    if (type == T_SYMBOL) return symbol_name(text_of(v));
    if (type == T_PAIR && !is_list(v)) return "a pair";
    if (type == T_VECTOR && as_vector(v)->columns) return "a matrix";
    if (type >= sizeof type_names / sizeof *type_names) return "a value";
    return type_names[type] ? type_names[type] : "a value";
}
