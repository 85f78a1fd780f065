/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Equality and hashing of values, which agree. Both walk structures with a
 * stack of their own, and do not force references.
 *
 * Numbers are compared by value: 1, 1.0 and an element of a vector that is 1
 * are equal, 0.0 equals -0.0, and nan equals itself, so that it can be a key.
 * A structure that shares its parts is walked as the tree that it prints as.
 */
#include "base/hash.h"
#include "eval/walk.h"

/* ---- equality --------------------------------------------------------- */

static bool doubles_equal(double a, double b)
{
    return a == b || (a != a && b != b);
}

static bool strings_equal(const struct string *a, const struct string *b)
{
    return a->head.size == b->head.size && a->hash == b->hash &&
           memcmp(a->text, b->text, a->head.size) == 0;
}

static bool vectors_equal(const struct vector *a, const struct vector *b)
{
    if (a->rows != b->rows || a->columns != b->columns) return false;
    for (uint32_t i = 0; i < a->head.size; i++)
        if (!doubles_equal(a->at[i], b->at[i])) return false;
    return true;
}

static bool push_fields(struct walk *w, value a, value b)
{
    const struct record *ra = as_object(a), *rb = as_object(b);
    if (ra->head.size != rb->head.size) return false;
    for (size_t i = 2 * (size_t)ra->head.size; i-- > 0;)
        if (!walk_push(w, ra->fields[i]) || !walk_push(w, rb->fields[i]))
            return false;
    return true;
}

/* Equal so far: what is left to compare has been pushed, in twos. */
static bool equal_here(struct walk *w, value a, value b)
{
    if (a == b) return true;
    if (is_number(a) && is_number(b))
        return doubles_equal(as_number(a), as_number(b));
    int type = object_type(a);
    if (!type || type != object_type(b)) return false;
    switch (type) {
    case T_PAIR:
        return as_pair(a)->head.size == as_pair(b)->head.size &&
               walk_push(w, cdr(a)) && walk_push(w, cdr(b)) &&
               walk_push(w, car(a)) && walk_push(w, car(b));
    case T_STRING: return strings_equal(as_string(a), as_string(b));
    case T_VECTOR: return vectors_equal(as_vector(a), as_vector(b));
    case T_RECORD: return push_fields(w, a, b);
    default: return false;
    }
}

bool value_equal(value a, value b)
{
    struct walk w;
    walk_open(&w);
    bool equal = equal_here(&w, a, b);
    while (equal && w.length) {
        value right = walk_pop(&w), left = walk_pop(&w);
        equal = equal_here(&w, left, right);
    }
    walk_close(&w);
    return equal;
}

/* ---- hash ------------------------------------------------------------- *
 * The words of the structure in the order in which they are met, each kind
 * behind a mark of its own, so that no two structures give one sequence. */

enum mark {
    MARK_WORD = 1,
    MARK_NUMBER,
    MARK_PAIR,
    MARK_STRING,
    MARK_SYMBOL,
    MARK_VECTOR,
    MARK_RECORD,
    MARK_OBJECT
};

static uint64_t add_double(uint64_t hash, double d)
{
    uint64_t bits;
    if (d == 0) d = 0; /* -0.0 too */
    memcpy(&bits, &d, sizeof bits);
    if (d != d) bits = UINT64_C(0x7ff8) << 48;
    return hash_word(hash, bits);
}

static uint64_t add_vector(uint64_t hash, const struct vector *v)
{
    hash = hash_word(hash, (uint64_t)v->rows << 32 | v->columns);
    for (uint32_t i = 0; i < v->head.size; i++)
        hash = add_double(hash, v->at[i]);
    return hash;
}

/* The hash with the shallow part of v; its parts are pushed. Where memory
 * is out the parts are left out, and the hash is only a worse one. */
static uint64_t add(uint64_t hash, struct walk *w, value v,
                    uint64_t (*identity)(const struct object *))
{
    if (is_number(v))
        return add_double(hash_word(hash, MARK_NUMBER), as_number(v));
    if (!is_object(v)) return hash_word(hash_word(hash, MARK_WORD), v);
    const struct object *o = as_object(v);
    const struct record *r = as_object(v);
    switch (o->type) {
    case T_PAIR:
        if (walk_push(w, cdr(v))) walk_push(w, car(v));
        return hash_word(hash, MARK_PAIR);
    case T_STRING:
        return hash_word(hash_word(hash, MARK_STRING), as_string(v)->hash);
    case T_SYMBOL:
        return hash_word(hash_word(hash, MARK_SYMBOL), as_string(v)->hash);
    case T_VECTOR:
        return add_vector(hash_word(hash, MARK_VECTOR), as_vector(v));
    case T_RECORD:
        for (size_t i = 2 * (size_t)r->head.size; i-- > 0;)
            if (!walk_push(w, r->fields[i])) break;
        return hash_word(hash_word(hash, MARK_RECORD), r->head.size);
    default:
        hash = hash_word(hash_word(hash, MARK_OBJECT), o->type);
        return identity ? hash_word(hash, identity(o)) : hash;
    }
}

uint64_t value_hash(value v, uint64_t (*identity)(const struct object *))
{
    struct walk w;
    walk_open(&w);
    uint64_t hash = add(UINT64_C(0x1d8e4e27c47d124f), &w, v, identity);
    while (w.length) hash = add(hash, &w, walk_pop(&w), identity);
    walk_close(&w);
    return hash_finish(hash);
}
