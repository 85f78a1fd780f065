/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs in which what is looked at stays a reference, for a tape to gather; and
 * differential equations in them.
 *
 * A function that answers bool is false with the machine's error filled.
 */
#ifndef VST_TRACE_REDUCED_RECORD_H
#define VST_TRACE_REDUCED_RECORD_H

#include "trace/reduced_trace.h"

/* ---- reduced_record.c ---------------------------------------------------- */

/* From here to the end regions run so that what they look at of the scope's
 * choices stays a reference: every test a guard, an array a list of its
 * elements. It is a transition, and is undone. */
void record_begin(struct trace *t, const struct scope *scope);
bool record_region(struct trace *t, struct region *r);
/* All that follows from the runs. */
bool record_settle(struct trace *t);
void record_end(struct trace *t);
/* Is this leaf of the scope that is recorded? */
bool record_keeps(const struct trace *t, const struct node *leaf);
/* An array, or the list of a choice, that was looked at while recording: a
 * list of references to its elements. */
bool record_elements(struct trace *t, value reference, value *v);

/* Of a differential equation that is recorded: t, and the numbers of the
 * state, in its derivative: (unknown id now). */
extern struct primitive primitive_unknown;
/* Its solution: what it is now, then what gather_equation.c reads. */
extern struct primitive primitive_solution;
enum {
    SOLUTION_NOW,
    SOLUTION_STIFF, /* by ode-bdf */
    SOLUTION_STATE, /* at t0, as it was written */
    SOLUTION_START,
    SOLUTION_TIMES,
    SOLUTION_RELATIVE,
    SOLUTION_ABSOLUTE,
    SOLUTION_STEPS,
    SOLUTION_UNKNOWN, /* the id of t; those of the state come behind it */
    SOLUTION_DERIVATIVE,
    SOLUTION_OPERANDS
};
/* The handler's hook of this name. */
bool trace_equation(struct machine *m, struct equation *e, value *out);

#endif
