/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Transitions: what is told to whom, how one begins and ends, moves that a
 * kernel decides on, and conditionals that are known without moving.
 *
 * A function that answers bool is false with the machine's error filled.
 */
#ifndef VST_TRACE_REDUCED_MOVES_H
#define VST_TRACE_REDUCED_MOVES_H

#include "trace/reduced_trace.h"

/* ---- reduced_move.c ------------------------------------------------------ */

void transition_begin(struct trace *t);
/* The score is the state's again: before it is accepted or refused. */
static inline void transition_total(struct trace *t)
{
    t->counts.score += t->before.score;
}
void transition_undo(struct trace *t);
void transition_commit(struct trace *t);
/* Tells the readers of a node that what it stands for has changed. */
bool notify(struct trace *t, struct node *n);
bool notify_region(struct trace *t, struct region *r);
/* What they read is dead: regions may have pinned it through another that
 * stands for a new one now, and may not look at what is dead. */
bool readers_lose(struct trace *t, struct node *n);
bool settle_below(struct trace *t, uint32_t rank);
void heap_rises(struct trace *t, struct region *r);
bool make_dirty(struct trace *t, struct node *n);
bool propagate(struct trace *t);
bool node_kill(struct trace *t, struct node *n);
bool entry_unuse(struct trace *t, struct region *entry);

/* ---- reduced_step.c ------------------------------------------------------ */

/* Single-site MH, over all free choices; in a scope of choices alone. */
bool trace_step(struct trace *t, bool *proposed, bool *accepted,
                bool *impossible);
/* The end of a transition: undone when it failed (`ok`), else what the log of
 * the ratio decides. false with the machine's error, when that is more than a
 * state that cannot be. */
bool step_end(struct trace *t, bool ok, double ratio, bool *accepted,
              bool *impossible);
bool trace_step_in(struct trace *t, const struct scope *scope, bool *proposed,
                   bool *accepted, bool *impossible);
/* At this choice, which is a block of the scope by itself. With t->in_turn
 * it was not picked by chance, and must be the same block in the reverse. */
bool trace_step_at(struct trace *t, const struct scope *scope, struct choice *c,
                   bool *accepted, bool *impossible);

/* ---- reduced_attempt.c --------------------------------------------------- */

/* A move, left open; false with the machine's error, undone. */
bool trace_move(struct trace *t, struct move *move);
void trace_settle(struct trace *t, bool keep);
/* In a transition: a choice is given a value, and its readers are told. */
bool choice_give(struct trace *t, struct choice *c, value to);
/* Gives a choice a value, and all that follows, for good. Where that cannot
 * be (`stands` false) nothing has changed. */
bool trace_put(struct trace *t, struct choice *c, value to, bool *stands);
bool trace_site(struct trace *t, struct choice *c, struct site *out);
bool trace_support(struct trace *t, struct choice *c, void *const *out,
                   uint32_t count, value *list);
value trace_label(struct trace *t, value taken);
uint32_t trace_pick(struct trace *t, uint32_t n, const double *p);
uint32_t trace_pick_block(struct trace *t, const struct scope *s);

/* ---- reduced_fetch.c ----------------------------------------------------- */

/* Sends for what lies around choices that will be moved; see engine.h. */
void choices_fetch(struct engine *, const void *first, const void *second,
                   const void *third);

/* ---- reduced_gibbs.c ----------------------------------------------------- */

bool trace_gibbs(struct trace *t, struct choice *c, bool *done, bool *changed);
/* Has it its prior, given all else, and can be drawn from that? */
bool trace_unread(const struct trace *t, const struct choice *c);

/* ---- reduced_gibbs_element.c --------------------------------------------- */

/* The same of element k of an array of independent applications. */
bool trace_gibbs_at(struct trace *t, struct choice *c, size_t k, bool *done,
                    bool *changed);
/* Of how many such applications it is an array; 0: of none. */
size_t trace_elements(struct trace *t, struct choice *c);
/* Has the element a closed form? */
bool trace_closed_at(struct trace *t, struct choice *c, size_t k);

/* ---- reduced_pair.c ------------------------------------------------------ */

/* Of a normal mean and the rate of its readers, in any order: both are drawn,
 * where there is a closed form; else not *done. */
bool trace_gibbs_pair(struct trace *t, struct choice *a, struct choice *b,
                      bool *done, bool *changed);

/* ---- reduced_plan.c ------------------------------------------------------ */

/* A region dies: what it would do is not known any more. */
void plan_forget(struct trace *t, const struct region *r);

/* ---- reduced_conjugate.c ------------------------------------------------- */

/* A family and its arguments. */
struct conditional {
    const struct xrp_family *family;
    value args[2];
    int count;
};
/* The conditional of the choice given all else; false: no closed form is
 * known here. O(rows that read it). */
bool trace_conjugate(struct trace *t, struct choice *c,
                     struct conditional *out);
/* Of element k of an array, which is this application given its arguments. */
bool trace_conjugate_at(struct trace *t, struct choice *c, size_t k,
                        const struct xrp_family *f, const struct xrp_site *s,
                        struct conditional *out);

#endif
