/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the machine share: its loop, its stacks, its errors.
 */
#ifndef VST_EVAL_MACHINE_INSIDE_H
#define VST_EVAL_MACHINE_INSIDE_H

#include "base/text.h"
#include "eval/code.h"

/* The end of what the innermost frame uses. */
value *machine_top(const struct machine *m);
/* A closure with room for what it captures; NULL when memory ran out. */
struct closure *closure_make(struct code *code, uint32_t captured);

/* ---- machine_slow.c: instructions off the straight path ------------------ */

/* In the order of machine.operators; the last two are LESS and LESS_EQUAL with
 * their operands exchanged. */
enum machine_operation {
    ON_ADD,
    ON_SUBTRACT,
    ON_MULTIPLY,
    ON_DIVIDE,
    ON_LESS,
    ON_LESS_EQUAL,
    ON_EQUAL,
    ON_GREATER,
    ON_GREATER_EQUAL
};

/* Operands that may be references: an expression, or the plain function.
 * `which` is up to ON_EQUAL. */
bool machine_slow_binary(struct machine *m, int which, value a, value b,
                         value *out);
/* The truth of a comparison, of a value, forced: 0, 1, or -1 on an error. */
int machine_slow_test(struct machine *m, int which, value a, value b);
int machine_slow_truth(struct machine *m, value v);
/* A primitive in a branch of a select: what the branch not taken would raise
 * is not raised, so an error leaves the application as an expression (D11). */
bool machine_build(struct machine *m, const struct primitive *p, int n,
                   const value *operands, value *out);
/* a or b by a test; a reference for the test makes an expression of them. */
bool machine_select(struct machine *m, value test, value a, value b,
                    value *out);
/* May code be entered with n operands? */
bool machine_check_arity(struct machine *m, const struct code *code,
                         uint32_t n);
/* The operands beyond the parameters as a list, for the rest parameter. */
bool machine_take_rest(struct machine *m, const struct code *code,
                       value *operands, uint32_t n);
/* ---- machine.c, machine_error.c ------------------------------------------ */

/* Each false, with m->error. */
bool machine_depth_error(struct machine *m);
bool machine_unbound_error(struct machine *m, const struct global *g);
/* Completes an error with its place and the callers, down to `entry`. */
void machine_trail(struct machine *m, const struct frame *entry);

/* ---- index.c ------------------------------------------------------------- */

/* The operator at[0] is a reference: puts the value under it there, or
 * leaves the reference where it stands for a list that is to be indexed. */
bool machine_operator(struct machine *m, uint32_t n, value *at);
/* A list, vector or record (or a reference to one) applied to an index; any
 * other operator is an error. */
bool machine_index(struct machine *m, uint32_t n, value *at, value *out);

/* ---- count.c ------------------------------------------------------------- */

/* May the loop by `step` (STEP_LOOP or STEP_STEP_LOOP), in code that begins
 * with `head`, be run by count_on? */
bool counts_only(const struct instruction *head,
                 const struct instruction *step);
/* Runs turns of such a loop while they are like the one before; false when it
 * ran none. What is next is the test at the head. */
bool count_on(struct machine *m, struct frame *f, value *base,
              const struct code *code, const struct instruction *step);

/* ---- location.c ---------------------------------------------------------- */

/* The location of a call from the innermost frame: on top, or, from a site, in
 * its place. */
uint64_t location_call(struct frame *f);
uint64_t location_tail(struct frame *f, uint64_t site);
/* A tail call from a site of code to code, in place of this frame. */
void location_turn(struct frame *f, uint64_t site);

/* ---- the rest ------------------------------------------------------------ */

/* (select test a b) and (index structure i) as expressions. */
extern struct primitive primitive_select, primitive_index;
/* procedure operands ...: calls procedure in place of itself. */
extern struct native native_apply_operands;

/* Nanoseconds of the monotonic clock. */
int64_t machine_clock(void);
/* Compiles a definition or expression of the library. */
struct code *machine_compile_library(struct machine *m, const struct syntax *s);
/* How procedures print: (lambda (x y) ...), #<procedure car>. */
bool machine_print_procedure(struct text *out, value v);

#endif
