/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A tape: a log density over R^n and its gradient, as straight code without
 * branches. It is made once for a structure of the trace (gather.h) and run
 * at many points.
 *
 * Numbers stand in *slots*: first the n coordinates, then what plates leave
 * for later plates. A *plate* is one body of operations done for each of its
 * rows: rows of data, elements of arrays, or one row for what stands alone. A
 * body reads constants, columns (a number for each row), slots (one for all
 * rows, or one for each), and its own earlier operations. Some of its
 * operations are *terms*: their rows are added to the log density. Some are
 * *outputs*: their rows are put into slots. Some are *guards*: the tape says
 * what it says only where all their rows are not 0.
 *
 * Plates stand in order: one reads only slots of the plates before it. Each
 * slot is put by one plate.
 *
 * Ownership: a tape owns all that it points to; tape_free gives it back. It
 * holds no values of the language.
 */
#ifndef VST_TAPE_TAPE_H
#define VST_TAPE_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Operations on doubles, with their derivatives. What is outside an
 * operation's domain is NaN, or an infinity, as in C. */
enum tape_code {
    /* of one operand */
    TAPE_NEGATE,
    TAPE_INVERSE, /* 1 / a */
    TAPE_SQUARE,
    TAPE_SQRT,
    TAPE_EXP,
    TAPE_EXPM1,
    TAPE_LOG,
    TAPE_LOG1P,
    TAPE_LOG1M_EXP, /* log(1 - exp(a)), a <= 0 */
    TAPE_SOFTPLUS,  /* log(1 + exp(a)) */
    TAPE_LOGISTIC,  /* 1 / (1 + exp(-a)) */
    TAPE_ABS,
    TAPE_SIN,
    TAPE_COS,
    TAPE_TAN,
    TAPE_ASIN,
    TAPE_ACOS,
    TAPE_ATAN,
    TAPE_SINH,
    TAPE_COSH,
    TAPE_TANH,
    TAPE_LGAMMA,
    TAPE_DIGAMMA,
    TAPE_ERF,
    TAPE_ERFC,
    TAPE_NORMAL_CDF,
    TAPE_LOG_NORMAL_CDF,
    TAPE_FLOOR, /* floor to not: the derivative is 0 */
    TAPE_CEILING,
    TAPE_ROUND, /* half to even */
    TAPE_SIGN,
    TAPE_NOT, /* 1 where a is 0, else 0 */
    /* of two */
    TAPE_ADD,
    TAPE_SUBTRACT,
    TAPE_MULTIPLY,
    TAPE_DIVIDE,
    TAPE_POWER,
    TAPE_MIN,
    TAPE_MAX,
    TAPE_ATAN2,
    TAPE_LOG_ADD_EXP, /* log(exp(a) + exp(b)); of -inf and -inf, -inf */
    TAPE_LESS,        /* 1 or 0: the derivative is 0 */
    TAPE_LESS_EQUAL,
    TAPE_EQUAL,
    /* of three */
    TAPE_SELECT,       /* b where a is not 0, else c: what is not taken is not
                          looked at, nor its derivative */
    TAPE_MULTIPLY_ADD, /* a b + c, rounded twice */
    /* Densities without what does not depend on the value. */
    TAPE_NORMAL,          /* -((a - b) c)^2 / 2: of a under mean b, 1 / sd c */
    TAPE_BERNOULLI_LOGIT, /* a b - softplus(b): of a, 0 or 1 */
    TAPE_POISSON_LOG,     /* a b - exp(b) */
    TAPE_CODES
};

/* What an operation reads in row r. */
enum tape_kind {
    TAPE_NONE,
    TAPE_CONSTANT, /* constants[index] of the tape */
    TAPE_COLUMN,   /* columns[index][r] of the plate */
    TAPE_SLOT,     /* slot `index`, whatever the row */
    TAPE_RUN,      /* slot index + r */
    TAPE_GATHER,   /* slot gathers[index][r] of the plate; rows may share */
    TAPE_OPERATION /* of the same body, an earlier one */
};

struct tape_operand {
    uint32_t kind : 8, index : 24;
};

struct tape_operation {
    uint32_t code; /* enum tape_code */
    struct tape_operand operands[3];
};

struct tape_output {
    uint32_t operation, first; /* row r into slot first + r */
};

/* A function of C in place of a body: of `count` slots, giving `out` slots. */
struct tape_call {
    void *context;
    uint32_t count, out;
    uint32_t *slots; /* count of them */
    uint32_t first;  /* of the slots that it gives */
    bool term;       /* what it gives, one number, is added to the density */
    /* false: outside of its domain. */
    bool (*value)(void *context, const double *in, double *out);
    /* Adds to by_in what by_out gives through it; in and out as they are. */
    bool (*reverse)(void *context, const double *in, const double *out,
                    const double *by_out, double *by_in);
    /* May be NULL. The same where numbers stand: slot slots[i] is what in[i]
     * would be, and its adjoint by_slots[slots[i]]. Only where `line` slots
     * from slots[line_first] on stand one behind another. */
    bool (*value_at)(void *context, const uint32_t *slots,
                     const double *numbers, double *out);
    bool (*reverse_at)(void *context, const uint32_t *slots,
                       const double *numbers, const double *out,
                       const double *by_out, double *by_slots);
    uint32_t line_first, line;
    void (*free)(void *context);
};

struct tape_plate {
    uint32_t rows;
    uint32_t count; /* of operations */
    struct tape_operation *operations;
    uint32_t column_count, gather_count;
    double **columns;
    uint32_t **gathers;
    uint32_t term_count, output_count, guard_count;
    uint32_t *terms; /* operations */
    struct tape_output *outputs;
    uint32_t *guards;       /* operations */
    struct tape_call *call; /* not NULL: this, and no body */
};

/* A row reads, through a gather, what a pointer of the graph stands for: it
 * may be turned to another slot, of a plate before it. */
struct tape_seat {
    uint32_t pointer, plate, gather, row;
};

struct tape_code_run; /* what runs it: see tape_run.c */

struct tape {
    uint32_t size;  /* coordinates: slots 0 .. size - 1 */
    uint32_t slots; /* all */
    uint32_t constant_count, plate_count;
    double *constants;
    struct tape_plate *plates;
    double constant;         /* added to the log density */
    struct tape_seat *seats; /* by pointer */
    uint32_t seat_count;
    struct tape_code_run *run;
};

enum tape_answer {
    TAPE_FINE,
    TAPE_OUTSIDE, /* the density is 0 or not a number, or its gradient is
                     not finite */
    TAPE_GUARDED  /* another structure: a guard does not hold */
};

/* Number of operands of an operation. */
extern const unsigned char tape_arities[TAPE_CODES];
static inline int tape_arity(enum tape_code code) { return tape_arities[code]; }
const char *tape_name(enum tape_code code);

/* Makes a tape ready to be run; nothing in it may change after, but by
 * tape_turn. O(its size). false: memory ran out. */
bool tape_prepare(struct tape *t);
/* The log density at q, and its gradient unless that is NULL. Allocates
 * nothing. O(rows * operations). */
enum tape_answer tape_run(struct tape *t, const double *q, double *log_density,
                          double *gradient);
/* All slots at q, into slots[0 .. t->slots - 1]; whatever the guards say. */
void tape_slots(struct tape *t, const double *q, double *slots);
/* One operation on doubles, as the tape does it, to the bit. */
double tape_compute(enum tape_code code, const double *operands);
/* A pointer stands for what is in this slot now. false: it cannot be turned,
 * and the tape is as it was. O(log seats + its own). Before the next run
 * tape_turned: O(rows of the plates that have changed); false: memory ran out,
 * and the tape is not to be run again. */
bool tape_turn(struct tape *t, uint32_t pointer, uint32_t slot);
bool tape_turned(struct tape *t);
void tape_free(struct tape *t);

#endif
