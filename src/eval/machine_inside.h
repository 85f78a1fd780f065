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
struct closure *closure_make(struct code *code, uint32_t captured);

/* Each false, with m->error. */
bool machine_depth_error(struct machine *m);
bool machine_unbound_error(struct machine *m, const struct global *g);
/* Completes an error with its place and the callers, down to `entry`. */
void machine_trail(struct machine *m, const struct frame *entry);

/* The operator at[0] is a reference: puts the value under it there, or
 * leaves the reference where it stands for a list that is to be indexed. */
bool machine_operator(struct machine *m, uint32_t n, value *at);
/* A list, vector or record (or a reference to one) applied to an index; any
 * other operator is an error. */
bool machine_index(struct machine *m, uint32_t n, value *at, value *out);

/* May the loop by `step` (STEP_LOOP or STEP_STEP_LOOP), in code that begins
 * with `head`, be run by count_on? */
bool counts_only(const struct instruction *head,
                 const struct instruction *step);
/* Runs turns of such a loop while they are like the one before; false when it
 * ran none. What is next is the test at the head. */
bool count_on(struct machine *m, struct frame *f, value *base,
              const struct code *code, const struct instruction *step);

/* The location of a call from the innermost frame: on top, or, from a site, in
 * its place. */
uint64_t location_call(struct frame *f);
uint64_t location_tail(struct frame *f, uint64_t site);
/* A tail call from a site of code to code, in place of this frame. */
void location_turn(struct frame *f, uint64_t site);

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
