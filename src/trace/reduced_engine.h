/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reduced engine, inside: the program with its trace, shared by
 *
 *     reduced.c         changing the program, and what kernels ask for
 *     reduced_load.c    a program becomes a trace; finding a possible state
 *     reduced_state.c  questions about the state
 *
 * Ownership: an engine owns its present trace, and the one put aside while a
 * state from the prior is looked at; directives belong to the session.
 */
#ifndef VST_TRACE_REDUCED_ENGINE_H
#define VST_TRACE_REDUCED_ENGINE_H

#include "trace/reduced.h"
#include "trace/rejection.h"

/* What is known of the program's observations (fresh_data.h): looked for when
 * it is asked, and again when the program is another one. */
enum program_data { DATA_NOT_LOOKED_AT, DATA_FRESH, DATA_MOVE };

/* A program, and the regions of its trace. */
struct before {
    struct directive **program;
    void **data; /* the regions of the present trace */
    uint32_t count;
};

struct reduced {
    struct engine base;
    struct engine_operations op; /* with the name of the kind */
    struct handler handler;
    bool whole;
    struct trace *trace;
    struct directive **program; /* scanned */
    uint32_t count, room;
    enum program_data known;
    struct rejections rejections;
    struct scope *scopes[SCOPES_MAX]; /* open */
    uint32_t scope_count;
    struct trace *aside;  /* while a state from the prior is looked at */
    struct before before; /* likewise */
};

static inline struct reduced *reduced_inside(struct engine *e)
{
    return (struct reduced *)e;
}

static inline struct region *directive_region(const struct directive *d)
{
    return d->engine_data;
}

/* An error of a state, not of the program: another state may do. */
static inline bool error_is_impossible(const struct error *e)
{
    return e->kind == ERROR_DOMAIN || e->kind == ERROR_IMPOSSIBLE;
}

/* ---- a program becomes a trace: reduced_load.c ---- */

/* An empty trace; NULL with the machine's error. */
struct trace *trace_open(struct machine *m, bool whole);
void trace_close(struct trace *t); /* or NULL */

/* A directive at the end of the program, as a transition without a test. On
 * failure the trace is as it was. */
bool reduced_run_directive(struct trace *t, struct directive *d);

/* The whole program into a new trace, which the engine does not yet own;
 * choices take their values from the oracle where it has them, and from
 * `fixed`; either may be NULL. NULL with the machine's error. */
struct trace *reduced_load(struct reduced *e, const struct trace *oracle,
                           const struct settings *fixed);
/* The same as a draw from the prior whose weight, score less t->drawn, has the
 * right mean: as one transition where an observation may give its value to
 * what was drawn before it. */
struct trace *reduced_draw(struct reduced *e, const struct trace *oracle,
                           const struct settings *fixed);
void reduced_take_over(struct reduced *e, struct trace *t);

/* A possible state: drawn from the prior; or on the choices that there were,
 * else from the prior. False with an error and the old trace. */
bool reduced_search(struct reduced *e);
bool reduced_settle(struct reduced *e);

/* The program and its regions as they are, and back to them and to the
 * present trace; the error stays. */
bool reduced_remember(struct reduced *e, struct before *b);
void reduced_restore(struct reduced *e, const struct before *b);

/* What an ASSUME named means again what it did before it. */
void directive_unbind(struct machine *m, const struct directive *d);

/* Fails: the directive is not in the program. */
bool reduced_missing(struct reduced *e);

/* ---- questions about the state: reduced_state.c; see engine.h ---- */

bool state_value(struct engine *engine, struct directive *d, value *out);
bool state_evaluate(struct engine *engine, const struct code *code, value *out);
double state_log_score(struct engine *engine);
void state_lend(struct engine *engine, struct move_part *parts, uint32_t count,
                double *score);
bool state_directive_score(struct engine *engine, struct directive *d,
                           double *out);
bool state_density_at(struct engine *engine, uint32_t count,
                      struct directive *const *which, const value *at,
                      double *out);
uint64_t state_free_choices(struct engine *engine);
uint64_t state_all_choices(struct engine *engine);
bool state_is_random(struct engine *engine, struct directive *d);
size_t state_complaints(struct engine *engine, struct engine_complaint *into,
                        size_t room);
bool state_predictions(struct engine *engine, prediction_visit *each,
                       void *context);
bool state_observed(struct engine *engine, observed_visit *each, void *context);
bool state_trace(struct engine *engine, const struct directive *only,
                 struct text *lines, struct text *json);

#endif
