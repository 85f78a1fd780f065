/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reduced trace, inside: what its files share, and the way into them. Only
 * what is random is kept, with short expressions between; the rest is run
 * again. One transition is told in docs/ARCHITECTURE.md and in reduced_step.c.
 *
 * The structures are in reduced_trace.h; then there is a header for each of
 * these groups of files.
 *
 * reduced_nodes.h
 *     reduced_table.c    nodes by location; edges
 *     reduced_free.c     free choices, and picks by weight
 *     reduced_scope.c    those of them that kernels ask for; tags
 *
 * reduced_values.h
 *     reduced_read.c     values of references, with the leaves met on the way
 *     reduced_glance.c   values at hand, without reading them
 *     reduced_element.c  elements of arrays, and who reads them
 *     reduced_force.c    forcing, pinning, deferring
 *     reduced_cut.c      expressions that grew too large
 *     reduced_watch.c    expressions that may raise
 *
 * reduced_regions.h
 *     reduced_call.c     calls that become regions
 *     reduced_handler.c  the handler's hooks: choices, urns, mem
 *     reduced_observe.c  observations, terms, weights
 *     reduced_region.c   the run of a region, and when it must run again
 *     reduced_late.c     runs that are put off
 *
 * reduced_choices.h
 *     reduced_urn.c      contents of made XRPs while a transition runs
 *     reduced_again.c    applications that do not stay what they were
 *     reduced_joint.c    moves of all applications of a made XRP
 *     reduced_choice.c   choices drawn and scored
 *     reduced_recipe.c   numbers under numbers scored quickly
 *
 * reduced_moves.h
 *     reduced_move.c     telling, dying, propagation
 *     reduced_step.c     one transition
 *     reduced_attempt.c  moves that a kernel decides on
 *     reduced_fetch.c    what will be looked at is sent for
 *     reduced_gibbs.c    conditionals by the readers' scores
 *     reduced_gibbs_element.c  the same of one element of an array
 *     reduced_plan.c     what regions do at other values
 *     reduced_pair.c     a mean and its rate at once
 *     reduced_conjugate.c, reduced_shares.c, reduced_power.c
 *                        conditionals in closed form
 *
 * reduced_record.h
 *     reduced_record.c   runs in which what is looked at stays a reference
 *     reduced_equation.c differential equations in such runs
 *
 * Besides:
 *
 *     reduced.c          the engine's operations
 *     reduced_load.c     a program becomes a trace in a possible state
 *     reduced_state.c    questions about the state
 *     reduced_check.c    is a trace sound?
 *     reduced_print.c    TRACE
 *
 * A function that answers bool is false with the machine's error filled.
 */
#ifndef VST_TRACE_REDUCED_H
#define VST_TRACE_REDUCED_H

#include "trace/reduced_choices.h"
#include "trace/reduced_moves.h"
#include "trace/reduced_nodes.h"
#include "trace/reduced_record.h"
#include "trace/reduced_regions.h"
#include "trace/reduced_trace.h"
#include "trace/reduced_values.h"

/* What tells one engine of traces from another. */
struct trace_engine {
    const char *name, *doc;
    bool whole;
    void (*fill)(struct handler *); /* its hooks; NULL: those of a reduced
                                       trace */
};
struct engine *trace_engine_open(struct machine *m,
                                 const struct trace_engine *kind);
/* The trace of an engine that trace_engine_open made. */
struct trace *reduced_trace(struct engine *e);
/* Its directives, in order. */
struct directive *const *reduced_program(struct engine *e, uint32_t *count);

/* ---- reduced_check.c ------------------------------------------------------ */

/* Is the trace sound, between transitions? false with the first fault in
 * words. It only looks. O(nodes^2). */
bool reduced_check(struct trace *t, char *why, size_t size);

#endif
