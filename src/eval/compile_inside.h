/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the compiler share: the body under compilation, and who
 * does what with it.
 *
 * A function that fails notes so in the body and goes on with any answer:
 * nothing that is made after a failure is ever run, so only who would loop or
 * follow a pointer asks `failed`.
 */
#ifndef VST_EVAL_COMPILE_INSIDE_H
#define VST_EVAL_COMPILE_INSIDE_H

#include "eval/code.h"
#include "eval/core.h"

/* What an operand of an instruction can hold; no place, the end of a list. */
enum { NARROW = 65535, NOWHERE = -1 };

/* One body under compilation. */
struct function {
    struct machine *machine;
    struct function *outer;
    struct instruction *instructions;
    struct span *spans;
    uint32_t length, room;
    value *constants;
    uint32_t constant_count, constant_room;
    struct variable **captured;
    uint32_t captured_count, captured_room;
    uint32_t site_count;
    const struct core *lambda;   /* whose body it is; NULL: the top level */
    const struct variable *self; /* bound to this very closure, or NULL */
    uint32_t next, most;         /* registers: first free, most in use */
    struct span span;            /* of what is being compiled */
    bool narrow_only; /* no fused tests: a jump was too far for one */
    bool too_far;
    bool failed;
};

/* A list of jumps to patch, linked through their targets. */
typedef int32_t jumps;

/* ---- compile_emit.c: what a body is made of ------------------------------ */

/* A syntax error in these words, at what is being compiled; NULL: memory ran
 * out. The first failure is the one that is told. Answers false. */
bool function_fail(struct function *f, const char *words);
/* The index of a constant: of one of the last 64 that is the same word, or of
 * a new one. It may be larger than NARROW. */
uint32_t function_constant(struct function *f, value v);
/* The next free register; to give back, set f->next to what it was. */
uint32_t function_take(struct function *f);
/* The number of one more call, which a location is made from. */
uint32_t function_site(struct function *f);
/* Where the closure of this body keeps a variable of an outer one. */
uint32_t function_capture(struct function *f, struct variable *v);

/* Each answers the place of the new instruction, whose span is f->span. */
uint32_t emit_abc(struct function *f, enum operation op, uint32_t a, uint32_t b,
                  uint32_t c);
uint32_t emit_wide(struct function *f, enum operation op, uint32_t a,
                   int32_t wide);
/* Nothing when the registers are one. */
void emit_move(struct function *f, uint32_t to, uint32_t from);
/* A jump whose target is not known yet, put on the list. */
void emit_jump(struct function *f, enum operation op, uint32_t a, jumps *list);
/* All jumps of the list land on the next instruction. */
void emit_land(struct function *f, jumps list);

/* ---- compile_finish.c ---------------------------------------------------- */

/* The code of a body that is whole; lambda NULL: of the top level. Its arrays
 * go over to the code. NULL when memory ran out. */
struct code *function_finish(struct function *f, const struct core *lambda);

/* ---- compile_arithmetic.c ------------------------------------------------ */

/* The primitive that c applies, when it takes so many operands; NULL when c is
 * anything else. */
const struct primitive *core_primitive(const struct core *c);
/* The first of a primitive's names is `name`. */
bool primitive_is(const struct primitive *p, const char *name);
/* An application of p by an instruction of its own; false, with nothing
 * emitted, when there is none. */
bool compile_arithmetic(struct function *f, struct core *c,
                        const struct primitive *p, uint32_t to);
/* A comparison that jumps when it does not hold; false, with nothing emitted,
 * when c is none. */
bool compile_comparison(struct function *f, struct core *c, jumps *out);

/* ---- compile_loop.c ------------------------------------------------------ */

/* Is c, in tail position, a call of the body that it stands in? By a name of
 * its own, or by what may be its global name: the machine looks at what the
 * global holds. */
bool compile_is_loop(const struct function *f, const struct core *c);
void compile_loop(struct function *f, struct core *c);

/* ---- compile.c ----------------------------------------------------------- */

/* The value of c into a register. */
void compile_value(struct function *f, struct core *c, uint32_t to);
/* The register that holds the value of c: a variable's own, or one more. */
uint32_t compile_operand(struct function *f, struct core *c);

#endif
