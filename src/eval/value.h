/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values: 64 bits each. Numbers, booleans and () are the word itself;
 * everything else is an object in memory, and its pointer is the word,
 * unmangled, so that the collector sees it.
 *
 *     0000 pppp pppp pppp   pointer to an object (a multiple of 8, > 4095)
 *     0000 0000 0000 00ii   false, true, (), ...
 *     0001 .... .... ....   double: its bits plus 2^48, up to fff1...
 *     ffff iiii iiii iiii   integer, 48 bits, two's complement
 *
 * There is one NaN. Integers are exact to 2^47 in size; what goes beyond
 * becomes a double and never wraps.
 *
 * Ownership: objects belong to the collector, references (choices,
 * expressions, regions) to the engine that made them. Values are immutable:
 * there is no assignment. Only the main thread touches values.
 */
#ifndef VST_EVAL_VALUE_H
#define VST_EVAL_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint64_t value;

#define V_FALSE ((value)0x02)
#define V_TRUE ((value)0x06)
#define V_NIL ((value)0x0a)     /* the empty list */
#define V_NOTHING ((value)0x0e) /* what `when` answers when it does not run */
#define V_UNBOUND ((value)0x12) /* never seen by a program */

enum object_type {
    T_PAIR = 1,
    T_STRING,
    T_SYMBOL,
    T_VECTOR, /* doubles, dense; one axis, or two (a matrix) */
    T_RECORD, /* named columns, from data files */
    T_CLOSURE,
    T_PRIMITIVE,
    T_NATIVE,  /* a procedure of the machine that calls back: map, fold */
    T_XRP,     /* a random procedure: family, and state if it was made */
    T_MEM,     /* a memoized procedure */
    T_CODE,    /* a compiled body; not a value that programs see */
    T_GLOBAL,  /* the cell of a global name; likewise */
    T_FAILURE, /* why code of an engine has no value; likewise */
    /* References: what stands for a value that may change. From here on. */
    T_REFERENCE,
    T_CHOICE = T_REFERENCE, /* an application of an XRP */
    T_EXPRESSION,           /* an operation over operands, some references */
    T_REGION,               /* the result of code that is run again */
    T_QUERIED               /* a choice inside a query */
};

/* Every object begins with this. */
struct object {
    uint8_t type;  /* enum object_type */
    uint8_t flags; /* OBJECT_... */
    uint16_t spare;
    uint32_t size; /* pair: length of the list from here, see struct pair */
};

enum object_flags {
    /* A reference stands somewhere inside this pair, and so in the
     * structure. */
    OBJECT_HAS_REFERENCE = 1,
    /* This string is a picture made of lines: at the top level it is shown
     * as it stands, without quotes. */
    OBJECT_PICTURE = 2
};

/* head.size: number of elements when the chain ends in (), else
 * LIST_IMPROPER; so `length` takes no time. */
#define LIST_IMPROPER UINT32_MAX
struct pair {
    struct object head;
    value first, rest;
};

struct string { /* also symbols; UTF-8, zero-ended; head.size bytes */
    struct object head;
    uint64_t hash;
    char text[];
};

struct vector { /* head.size elements; rows x columns, row-major */
    struct object head;
    uint32_t rows, columns; /* columns 0: a vector, not a matrix */
    double at[];
};

struct record {
    struct object head; /* size: number of fields */
    value fields[];     /* name (symbol), column; name, column; ... */
};

/* ---- words ------------------------------------------------------------ */

#define V_OFFSET ((uint64_t)1 << 48)
#define V_INT_TAG ((uint64_t)0xffff << 48)
#define INT_MAX_EXACT (((int64_t)1 << 47) - 1)
#define INT_MIN_EXACT (-((int64_t)1 << 47))

static inline bool is_int(value v) { return v >> 48 == 0xffff; }
static inline bool is_double(value v)
{
    return (uint64_t)(v - V_OFFSET) < ((uint64_t)0xfff1 << 48);
}
static inline bool is_number(value v) { return v >> 48 != 0; }
/* Above the small constants, below the numbers. */
static inline bool is_object(value v)
{
    return v - 4096 < ((uint64_t)1 << 48) - 4096;
}
static inline bool is_boolean(value v) { return v == V_FALSE || v == V_TRUE; }
/* Only #f is false. */
static inline bool is_true(value v) { return v != V_FALSE; }

static inline value v_boolean(bool b) { return b ? V_TRUE : V_FALSE; }

static inline value v_double(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, 8);
    if (d != d) bits = (uint64_t)0x7ff8 << 48;
    return bits + V_OFFSET;
}
static inline double as_double(value v) /* of a double */
{
    uint64_t bits = v - V_OFFSET;
    double d;
    memcpy(&d, &bits, 8);
    return d;
}
static inline bool int_fits(int64_t i)
{
    return i >= INT_MIN_EXACT && i <= INT_MAX_EXACT;
}
/* An integer when it is exact, else a double. */
static inline value v_int(int64_t i)
{
    if (!int_fits(i)) return v_double((double)i);
    return V_INT_TAG | ((uint64_t)i & (V_OFFSET - 1));
}
static inline int64_t as_int(value v) /* of an integer */
{
    return (int64_t)(v << 16) >> 16;
}
/* The value of any number as a double. */
static inline double as_number(value v)
{
    return is_int(v) ? (double)as_int(v) : as_double(v);
}

/* ---- objects ---------------------------------------------------------- */

static inline value v_object(const void *p) { return (value)(uintptr_t)p; }
static inline void *as_object(value v) { return (void *)(uintptr_t)v; }
static inline int object_type(value v) /* 0 when v is no object */
{
    return is_object(v) ? ((struct object *)as_object(v))->type : 0;
}
static inline bool is_type(value v, int type) { return object_type(v) == type; }
static inline bool is_pair(value v) { return is_type(v, T_PAIR); }
static inline bool is_symbol(value v) { return is_type(v, T_SYMBOL); }
static inline bool is_string(value v) { return is_type(v, T_STRING); }
static inline bool is_vector(value v) { return is_type(v, T_VECTOR); }
/* Stands for a value: must be forced before something can look at it. */
static inline bool is_reference(value v)
{
    return object_type(v) >= T_REFERENCE;
}
static inline bool is_procedure(value v)
{
    int t = object_type(v);
    return t >= T_CLOSURE && t <= T_MEM;
}
/* v is a reference, or a list with one somewhere inside. O(1). */
static inline bool has_reference(value v)
{
    if (!is_object(v)) return false;
    struct object *o = as_object(v);
    return o->type >= T_REFERENCE || (o->flags & OBJECT_HAS_REFERENCE);
}

static inline struct pair *as_pair(value v) { return as_object(v); }
static inline struct string *as_string(value v) { return as_object(v); }
static inline struct vector *as_vector(value v) { return as_object(v); }
static inline value car(value v) { return as_pair(v)->first; }
static inline value cdr(value v) { return as_pair(v)->rest; }
static inline const char *text_of(value v) { return as_string(v)->text; }

static inline bool is_list(value v) /* proper */
{
    return v == V_NIL || (is_pair(v) && as_pair(v)->head.size != LIST_IMPROPER);
}
/* Number of elements of a proper list. O(1). */
static inline uint32_t list_length(value v)
{
    return v == V_NIL ? 0 : as_pair(v)->head.size;
}

/* ---- making ----------------------------------------------------------- *
 * All from the collector; V_UNBOUND when memory is at its limit (the caller
 * reports ERROR_LIMIT: see machine_no_memory). */

value cons(value first, value rest);
/* A list of count elements, its cells in few blocks: 1 to 3 ns a cell. */
value list_from(const value *elements, size_t count);
/* The same, before a tail. */
value list_onto(const value *elements, size_t count, value tail);
value string_make(const char *text, size_t length);
/* The one symbol of this name; kept for the life of the process. */
value symbol(const char *name);
value symbol_sized(const char *name, size_t length);
/* A fresh vector, elements zero. columns 0 for a vector. */
value vector_make(size_t rows, size_t columns);
value record_make(size_t fields);

/* ---- comparing -------------------------------------------------------- *
 * By explicit stacks: a list a million deep is no danger. */

/* equal?: numbers by value (1 equals 1.0), structures by contents, strings
 * by text, procedures and references by identity. */
bool value_equal(value a, value b);
/* Agrees with value_equal; the same in every process and on every machine
 * for data (numbers, text, structures). Objects without contents hash by
 * `identity(object)`, or to a constant when it is NULL. */
uint64_t value_hash(value v, uint64_t (*identity)(const struct object *));

/* What the type is called in errors: "a number", "a list", "the symbol a". */
const char *type_name(value v);

#endif
