/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The quick way of arithmetic, comparisons and tests, as text for the labels
 * of the machine's loop, the only one who may include this. Each body tries
 * integers, then doubles, and leaves the rest to machine_slow.c. The names m,
 * frame, pc, base, code, table, int_tag and the label `fail` are the loop's.
 */
#ifndef VST_EVAL_MACHINE_QUICK_H
#define VST_EVAL_MACHINE_QUICK_H

#include "eval/code.h"

#define USUALLY(condition) __builtin_expect(!!(condition), 1)
/* Hides where a constant comes from, so that it is kept, and not made again in
 * every instruction: the labels in a register, the tag in memory. */
#define KEEP(constant, where) __asm__("" : "+" where(constant))
#define IS_INT(v) ((v) >= int_tag)
#define BOTH_INT(p, q) (((p) & (q)) >= int_tag)

/* Before anything that may allocate, fail, or enter the machine again. */
#define SAVE() (frame->pc = pc, m->frame = frame)
#define LOAD() (pc = frame->pc, base = frame->base, code = frame->code)
/* pc is the instruction that runs. */
#define START() goto *table[pc->op]
#define NEXT() goto *table[(++pc)->op]
#define A base[pc->a]
#define B base[pc->b]
#define C base[pc->c]
#define KB code->constants[pc->b]
#define KC code->constants[pc->c]
#define KWIDE code->constants[pc->wide]
#define SKIP() (pc += pc->c)
#define JUMP() (pc += pc->wide)
#define SMALL_B ((int16_t)pc->b)
#define SMALL_C ((int16_t)pc->c)

/* Integers with their 48 bits on top: in the same order, and the processor
 * sees the overflow of a sum or product. */
static inline int64_t raised(value v) { return (int64_t)(v << 16); }
static inline value lowered(int64_t r) { return V_INT_TAG | (uint64_t)r >> 16; }

/* The low 48 bits added in place: a carry out of them, or a change of sign,
 * shows in the bits from 47 on. */
static inline value raise_by(value v, int16_t small)
{
    return v + (uint64_t)(int64_t)small;
}
static inline bool carries(value before, value after)
{
    return (before ^ after) >> 47;
}

#define ARITHMETIC(name, x, y, which, fast)                  \
name : {                                                     \
    value p = x, q = y;                                      \
    fast SAVE();                                             \
    if (!machine_slow_binary(m, which, p, q, &A)) goto fail; \
    NEXT();                                                  \
}
#define INTEGER_OR_DOUBLE(operator, overflows)                             \
    int64_t r;                                                             \
    if (USUALLY(BOTH_INT(p, q)) && !overflows(raised(p), raised(q), &r)) { \
        A = lowered(r);                                                    \
        NEXT();                                                            \
    }                                                                      \
    ONLY_DOUBLE(operator)
#define ONLY_DOUBLE(operator)                             \
    if (is_double(p) && is_double(q)) {                   \
        A = v_double(as_double(p) operator as_double(q)); \
        NEXT();                                           \
    }
#define PRODUCT                                              \
    int64_t r;                                               \
    if (USUALLY(BOTH_INT(p, q)) &&                           \
        !__builtin_mul_overflow(as_int(p), raised(q), &r)) { \
        A = lowered(r);                                      \
        NEXT();                                              \
    }                                                        \
    ONLY_DOUBLE(*)
/* Of integers the quotient is an integer when it is one. It is never rounded
 * to one: both are below 2^48, and doubles are finer than 1 / q there. */
#define QUOTIENT                                                           \
    if (USUALLY(BOTH_INT(p, q)) && USUALLY(q != int_tag)) {                \
        double r = (double)as_int(p) / (double)as_int(q);                  \
        int64_t whole = (int64_t)r;                                        \
        A = r == (double)whole && r < 0x1p47 ? v_int(whole) : v_double(r); \
        NEXT();                                                            \
    }                                                                      \
    if (is_number(p) && is_number(q) && as_number(q) != 0.0) {             \
        A = v_double(as_number(p) / as_number(q));                         \
        NEXT();                                                            \
    }
#define TEST(name, x, y, operator, which)                  \
name : {                                                   \
    value p = x, q = y;                                    \
    if (USUALLY(BOTH_INT(p, q))) {                         \
        if (!(raised(p) operator raised(q))) SKIP();       \
        NEXT();                                            \
    }                                                      \
    if (is_number(p) && is_number(q)) {                    \
        if (!(as_number(p) operator as_number(q))) SKIP(); \
        NEXT();                                            \
    }                                                      \
    SAVE();                                                \
    int truth = machine_slow_test(m, which, p, q);         \
    if (truth < 0) goto fail;                              \
    if (!truth) SKIP();                                    \
    NEXT();                                                \
}
/* Words that are equal are equal values, NaN too, as for `equal?`. */
#define TEST_EQUAL(name, y)                           \
name : {                                              \
    value p = A, q = y;                               \
    if (p == q) NEXT();                               \
    if (USUALLY(BOTH_INT(p, q))) {                    \
        SKIP();                                       \
        NEXT();                                       \
    }                                                 \
    if (is_number(p) && is_number(q)) {               \
        if (as_number(p) != as_number(q)) SKIP();     \
        NEXT();                                       \
    }                                                 \
    SAVE();                                           \
    int truth = machine_slow_test(m, ON_EQUAL, p, q); \
    if (truth < 0) goto fail;                         \
    if (!truth) SKIP();                               \
    NEXT();                                           \
}
#define TEST_SMALL(name, operator, which)                       \
name : {                                                        \
    value p = A;                                                \
    if (USUALLY(IS_INT(p))) {                                   \
        if (as_int(p) operator SMALL_B) NEXT();                 \
        SKIP();                                                 \
        NEXT();                                                 \
    }                                                           \
    SAVE();                                                     \
    int truth = machine_slow_test(m, which, p, v_int(SMALL_B)); \
    if (truth < 0) goto fail;                                   \
    if (!truth) SKIP();                                         \
    NEXT();                                                     \
}
/* Equal words go the slow way: NaN is among them. */
#define COMPARE(name, operator, which)                       \
name : {                                                     \
    value p = B, q = C;                                      \
    if (USUALLY(BOTH_INT(p, q))) {                           \
        A = v_boolean(raised(p) operator raised(q));         \
        NEXT();                                              \
    }                                                        \
    if (is_double(p) && is_double(q) && p != q) {            \
        A = v_boolean(as_double(p) operator as_double(q));   \
        NEXT();                                              \
    }                                                        \
    SAVE();                                                  \
    if (!machine_slow_binary(m, which, p, q, &A)) goto fail; \
    NEXT();                                                  \
}

#endif
