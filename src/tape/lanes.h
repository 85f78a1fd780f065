/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels over rows: what a tape's operations and their adjoints become.
 * There is one table of them for each instruction level, chosen once. A
 * kernel goes over at most a block of rows, through pointers; it knows
 * neither tapes nor plates. All kernels of a level, in many lanes or in one,
 * give a number the same bits wherever it stands.
 *
 * Rows come in eights: what a kernel reads and writes has room for the next
 * multiple of 8, and what it finds there does no harm: adjoints are 0 there,
 * and stay so, because an adjoint that is 0 has nothing to say whatever it is
 * multiplied with.
 */
#ifndef VST_TAPE_LANES_H
#define VST_TAPE_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tape/tape.h"

/* X(code, name, operands, slopes): all operations, in the order of enum
 * tape_code. Some keep slopes beside the value, so that what is dear is
 * computed once. */
#define LANES_OPERATIONS(X)                     \
    X(NEGATE, "negate", 1, 0)                   \
    X(INVERSE, "inverse", 1, 0)                 \
    X(SQUARE, "square", 1, 0)                   \
    X(SQRT, "sqrt", 1, 0)                       \
    X(EXP, "exp", 1, 0)                         \
    X(EXPM1, "expm1", 1, 0)                     \
    X(LOG, "log", 1, 0)                         \
    X(LOG1P, "log1p", 1, 0)                     \
    X(LOG1M_EXP, "log1m-exp", 1, 0)             \
    X(SOFTPLUS, "softplus", 1, 1)               \
    X(LOGISTIC, "logistic", 1, 1)               \
    X(ABS, "abs", 1, 0)                         \
    X(SIN, "sin", 1, 0)                         \
    X(COS, "cos", 1, 0)                         \
    X(TAN, "tan", 1, 0)                         \
    X(ASIN, "asin", 1, 0)                       \
    X(ACOS, "acos", 1, 0)                       \
    X(ATAN, "atan", 1, 0)                       \
    X(SINH, "sinh", 1, 0)                       \
    X(COSH, "cosh", 1, 0)                       \
    X(TANH, "tanh", 1, 1)                       \
    X(LGAMMA, "lgamma", 1, 0)                   \
    X(DIGAMMA, "digamma", 1, 0)                 \
    X(ERF, "erf", 1, 0)                         \
    X(ERFC, "erfc", 1, 0)                       \
    X(NORMAL_CDF, "normal-cdf", 1, 0)           \
    X(LOG_NORMAL_CDF, "log-normal-cdf", 1, 1)   \
    X(FLOOR, "floor", 1, 0)                     \
    X(CEILING, "ceiling", 1, 0)                 \
    X(ROUND, "round", 1, 0)                     \
    X(SIGN, "sign", 1, 0)                       \
    X(NOT, "not", 1, 0)                         \
    X(ADD, "add", 2, 0)                         \
    X(SUBTRACT, "subtract", 2, 0)               \
    X(MULTIPLY, "multiply", 2, 0)               \
    X(DIVIDE, "divide", 2, 0)                   \
    X(POWER, "power", 2, 0)                     \
    X(MIN, "min", 2, 0)                         \
    X(MAX, "max", 2, 0)                         \
    X(ATAN2, "atan2", 2, 0)                     \
    X(LOG_ADD_EXP, "log-add-exp", 2, 2)         \
    X(LESS, "less", 2, 0)                       \
    X(LESS_EQUAL, "less-equal", 2, 0)           \
    X(EQUAL, "equal", 2, 0)                     \
    X(SELECT, "select", 3, 0)                   \
    X(MULTIPLY_ADD, "multiply-add", 3, 0)       \
    X(NORMAL, "normal", 3, 1)                   \
    X(BERNOULLI_LOGIT, "bernoulli-logit", 2, 1) \
    X(POISSON_LOG, "poisson-log", 2, 1)

/* Those of them that have slopes: as terms, their values are summed at once.
 */
#define LANES_TERMS(X)    \
    X(SOFTPLUS, 1)        \
    X(LOGISTIC, 1)        \
    X(TANH, 1)            \
    X(LOG_NORMAL_CDF, 1)  \
    X(LOG_ADD_EXP, 2)     \
    X(NORMAL, 1)          \
    X(BERNOULLI_LOGIT, 1) \
    X(POISSON_LOG, 1)

/* Ways back: what of an operation's adjoint goes to one operand. Each is g
 * times a function of x and y; PASS and MINUS are g and -g. */
#define LANES_WAYS(X)                           \
    X(PASS)                                     \
    X(MINUS)                                    \
    X(TIMES)       /* x */                      \
    X(MINUS_TIMES) /* -x */                     \
    X(OVER)        /* 1 / x */                  \
    X(QUOTIENT)    /* -x / y */                 \
    X(INVERSE)     /* -x^2 */                   \
    X(TWICE)       /* 2 x */                    \
    X(HALF_OVER)   /* 1 / (2 x) */              \
    X(EXP)                                      \
    X(LOG1P)                                    \
    X(LOG1M_EXP)                                \
    X(SIGN)                                     \
    X(SIN)                                      \
    X(COS)                                      \
    X(TAN) /* 1 + x^2 */                        \
    X(ASIN)                                     \
    X(ACOS)                                     \
    X(ATAN)                                     \
    X(SINH)                                     \
    X(COSH)                                     \
    X(LGAMMA)                                   \
    X(DIGAMMA)                                  \
    X(ERF)                                      \
    X(ERFC)                                     \
    X(NORMAL_CDF)                               \
    X(POWER_BASE)     /* of x^y by x */         \
    X(POWER_EXPONENT) /* of x^y by y */         \
    X(NOT_ABOVE)      /* 1 where x <= y */      \
    X(BELOW)          /* 1 where x < y */       \
    X(ATAN2_Y)        /* of atan2(x, y) by x */ \
    X(ATAN2_X)        /* by y */                \
    X(WHERE)          /* 1 where x is not 0 */  \
    X(WHERE_NOT)                                \
    X(NORMAL_SCALE) /* -(x - y)^2 z */

enum lanes_way {
#define X(NAME) WAY_##NAME,
    LANES_WAYS(X)
#undef X
        LANES_WAY_COUNT
};

/* What is done with the number that comes out. */
enum lanes_mode {
    LANES_STORE,
    LANES_ADD, /* to what is there */
    LANES_SUM, /* of all rows, in 8 partial sums */
    LANES_MODES
};

enum { LANES_EIGHT = 8 };

/* Where the number of row r and lane i of its block is: at[(r & row) + (i &
 * lane)]. One for all: both 0; of the block: lane; of all rows: both. */
struct lanes_operand {
    double *at;
    size_t lane, row;
};

struct lanes_dot; /* sums of products with columns */

struct lanes_step;
typedef void lanes_kernel(const struct lanes_step *s, size_t row, size_t n);

struct lanes_step {
    lanes_kernel *run;
    struct lanes_operand out, slope[2];
    struct lanes_operand a, b, c, g; /* g: the adjoint that a way takes */
    const struct lanes_dot *dot;
    const uint32_t *gather;
};

struct lanes_dot {
    uint32_t count;
    double **columns; /* by row */
    double **factors; /* one each */
    double **sums;    /* 8 each: of the factors' adjoints */
};

/* Adjoints of rows to the slots that they were read from: segments of rows of
 * one slot are summed eight at a time. */
struct lanes_scatter {
    uint32_t chunks;   /* of eight segments */
    uint32_t *lengths; /* by chunk */
    uint32_t *rows;    /* chunk after chunk: eight for each length */
    uint32_t *slots;   /* by segment; slots[8 chunks - 1] too */
};

/* x_t = a x_(t-1) + scale b_t + shift, from x_0 on, for t = 1 .. links; and,
 * backward, the adjoints of what is one number in it. */
struct lanes_chain {
    size_t links;
    double start, a, scale, shift;
    const double *b;
};
enum {
    LANES_BY_START,
    LANES_BY_A,
    LANES_BY_SCALE,
    LANES_BY_SHIFT,
    LANES_BY_CHAIN /* how many */
};

struct lanes_link { /* eight numbers, and a slot */
    double *eight;
    uint32_t slot;
};

/* One row: numbers are numbers of one memory. */
struct lanes_one {
    uint32_t code; /* enum tape_code, or LANES_ONE_... */
    uint32_t out, slope[2], a, b, c, g;
};
enum {
    LANES_ONE_WAY = TAPE_CODES, /* + enum lanes_way: adds to out */
    LANES_ONE_PLUS = LANES_ONE_WAY + LANES_WAY_COUNT, /* a is a term */
    LANES_ONE_COPY,
    LANES_ONE_GUARD /* out is 1 if a is 0 */
};

struct lanes_term { /* two numbers of that memory, to be multiplied */
    uint32_t a, factor;
};

struct lanes {
    const char *name;
    lanes_kernel *value[TAPE_CODES];
    lanes_kernel *term[TAPE_CODES]; /* NULL: it has no slopes */
    lanes_kernel *way[LANES_WAY_COUNT][LANES_MODES];
    lanes_kernel *plus;   /* all of a into 8 sums */
    lanes_kernel *guard;  /* *out = 1 if one of a is 0 */
    lanes_kernel *copy;   /* n of a, not more */
    lanes_kernel *seed;   /* the same, and 0 up to the next 8 */
    lanes_kernel *gather; /* a by the numbers of rows */
    lanes_kernel *dot;    /* a + sum of factors and columns, in order */
    lanes_kernel *dot_way;
    void (*scatter)(const struct lanes_scatter *s, const double *from,
                    double *to);
    /* A run begins: its coordinates, and adjoints as they are in the
     * beginning, 0 behind the `known` first ones; and ends: the gradient.
     * false: not all of it is finite. */
    void (*begin)(const double *q, size_t size, double *slots,
                  const double *first, size_t known, double *adjoints,
                  size_t count);
    bool (*end)(const double *adjoints, size_t size, double *gradient);
    /* A plate begins: slots to eights, and sums of 0, in whole eights. */
    void (*open)(const struct lanes_link *slots, size_t slot_count,
                 const double *memory, double *sums, size_t sum_count);
    void (*one)(const struct lanes_one *steps, size_t count, double *memory);
    double (*sum)(const struct lanes_term *terms, size_t count,
                  const double *memory);
    /* x_1 .. of a chain; and what their adjoints add to those of its b, unless
     * that is NULL, and give to the other numbers. a^8 is finite. */
    void (*chain)(const struct lanes_chain *s, double *x);
    void (*chain_back)(const struct lanes_chain *s, const double *x,
                       const double *by_x, double *by_b, double *by);
    /* For who has numbers of other rows: to each of eight sums k that of
     * a[i] a[i + from + k], the same bits at all levels. Zeros stand behind
     * a, as far as that reaches and 8 more. */
    void (*lags)(const double *a, size_t n, size_t from, double *sums);
    /* Likewise, bit i % 64 of word i / 64: is a[i] at most the bound, or, where
     * it is `strict`, less? The rest of the last word is 0. */
    void (*bits)(const double *a, size_t n, double bound, bool strict,
                 uint64_t *words);
};

/* Those of this machine, or of the environment's VESTIGE_ISA (plain, v2, v3,
 * v4) as far as the machine has them. The same for the whole process. */
const struct lanes *lanes_chosen(void);
/* By name, for tests; NULL: not on this machine. */
const struct lanes *lanes_named(const char *name);

#endif
