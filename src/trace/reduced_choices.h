/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Choices while a transition runs: drawn, scored, applied again, taken into
 * urns and out of them.
 *
 * A function that answers bool is false with the machine's error filled.
 */
#ifndef VST_TRACE_REDUCED_CHOICES_H
#define VST_TRACE_REDUCED_CHOICES_H

#include "trace/reduced_nodes.h"

/* ---- reduced_urn.c ------------------------------------------------------- */

bool urn_touch(struct trace *t, struct urn *u);
/* Takes new hyper-parameters in before a draw. */
bool urn_absorb(struct trace *t, struct urn *u);
/* A choice as its urn has it, while it stays what it is. */
static inline struct taken taken_of(struct choice *c)
{
    return (struct taken){c->held, choice_plain(c), c->node.head.size};
}
bool urn_put_in(struct trace *t, struct urn *u, const struct taken *a);
bool urn_take_out(struct trace *t, struct urn *u, const struct taken *a);
/* The same of one that had been drawn, and is not any more. */
bool urn_take_back(struct trace *t, struct urn *u, const struct taken *a);
double urn_predictive(const struct urn *u, const value *params,
                      const struct taken *a);
/* Between transitions, by one who undoes it: without a log. */
void urn_change(const struct urn *u, bool in, const struct taken *a);
/* Of a choice that is in it, given all the others. */
double urn_conditional(struct choice *c);
/* Adds to its score, and the trace's. */
void urn_score(struct trace *t, struct urn *u, double by);
/* The states as they were when the transition began. */
void urns_undo(struct trace *t);
/* The end of a transition: contents are those of the new trace, and the
 * reverse is scored on them. */
bool urns_settle(struct trace *t);
static inline bool urns_finish(struct trace *t)
{
    return !(t->urns.count | t->departure_count) || urns_settle(t);
}
/* Is what is in it, besides what was moved on purpose, what was in it when the
 * transition began, under the same parameters? At the end. */
bool urn_is_as_before(const struct trace *t, const struct urn *u);
bool urn_note_fresh(struct trace *t, struct choice *c);
/* A fresh draw from an urn does not count: it is one that was made on the
 * way. */
bool urn_drop_draw(struct trace *t, struct choice *c);

/* ---- reduced_again.c ----------------------------------------------------- */

/* The value of an application that has been drawn, or was observed when the
 * transition began, leaves it: it is noted as it was. Of one that comes from
 * nowhere, `nowhere`. */
bool choice_departs(struct trace *t, struct choice *c, bool observed);
bool choice_arrives(struct trace *t, struct choice *c);
struct departure *departure_of(const struct trace *t, const struct choice *c);
/* It is in an urn by what it was, and not by a draw of this transition. */
bool choice_stays(const struct trace *t, const struct choice *c);
/* Its urn is another now. */
bool choice_changes_urn(struct trace *t, struct choice *c, struct urn *u);
/* Its arguments have been read again: what they change. *done: there is
 * nothing to score. */
bool choice_reread(struct trace *t, struct choice *c, const value *plain,
                   bool *done);
void choice_remember(struct trace *t, struct choice *c, const value *plain);
/* About to be drawn: is it, after all, what it was? Then it has its value
 * again. */
bool choice_returns(struct trace *t, struct choice *c, const value *plain,
                    bool *returned);
/* Is none of what was applied again a draw that the reverse would keep? At the
 * end. */
bool draws_have_reverse(struct trace *t);
/* Does the choice that moved apply to what it did? At the end. */
bool site_is_applied_alike(struct trace *t, struct choice *c, bool *alike);
/* Undoes what sampling did, of one without state whose value leaves it. */
void choice_undo_sample(struct choice *c);
static inline void choice_unsample(struct choice *c)
{
    if (c->family->flags & XRP_UNSAMPLES) choice_undo_sample(c);
}

/* ---- reduced_joint.c ----------------------------------------------------- */

/* Such an urn was made, or dies. */
void joint_put(struct trace *t, struct urn *u);
void joint_drop(struct trace *t, struct urn *u);
/* The applications of an urn listen to it, where it must find them. */
bool joint_hear(struct trace *t, struct choice *c);
static inline bool joint_listen(struct trace *t, struct choice *c)
{
    return !(c->family->flags & (XRP_MOVES | XRP_WEIGHS)) || joint_hear(t, c);
}
/* What the urn says of how often it and its applications are proposed. */
bool joint_ask(struct trace *t, struct urn *u);
static inline bool joint_weigh(struct trace *t, struct urn *u)
{
    return !(u->made.family->flags & (XRP_MOVES | XRP_WEIGHS)) ||
           joint_ask(t, u);
}
/* The weight of all that may be proposed: choices, and urns for all their
 * applications. */
double joint_weight(const struct trace *t);
static inline double turn_weight(const struct trace *t)
{
    return t->joint ? free_weight(t) + joint_weight(t) : free_weight(t);
}
/* Is it an urn's turn? NULL: a choice's. */
struct urn *joint_pick(struct trace *t);
uint32_t joint_count(const struct trace *t);
struct urn *joint_at(const struct trace *t, uint32_t i);
/* A transition of all applications of an urn. */
bool joint_step(struct trace *t, struct urn *u, bool *accepted,
                bool *impossible);

/* ---- reduced_choice.c ---------------------------------------------------- */

/* Plain arguments of so many stand on the stack; of more, in the heap. */
enum { PLAIN_FEW = 8 };
value *plain_room_for_many(struct trace *t, uint32_t count);
static inline value *plain_room_for(struct trace *t, uint32_t count, value *few)
{
    return count <= PLAIN_FEW ? few : plain_room_for_many(t, count);
}
/* With these arguments, in its urn if it has one. */
static inline struct xrp_site choice_application(const struct choice *c,
                                                 const value *plain)
{
    const struct urn *u = choice_urn(c);
    int n = (int)c->node.head.size;
    if (!u) return (struct xrp_site){NULL, 0, NULL, plain, n, c->family};
    return (struct xrp_site){
        u->plain, (int)u->node.head.size, u->state, plain, n, c->family};
}
/* Why its value cannot be; what an argument raises is told where the choice
 * is made. Always false. */
bool choice_cannot(struct trace *t, const struct choice *c,
                   const struct xrp_site *s, double score);
bool choice_no_arguments(struct trace *t, const struct choice *c);
/* The arguments at the draw, kept for the length of the transition. */
bool choice_keep_plain(struct trace *t, struct choice *c, const value *plain);
bool choice_sample(struct trace *t, const struct choice *c,
                   const struct xrp_site *s, value *out);
/* A draw: of the site of a move, or of a fresh choice. */
bool choice_draw(struct trace *t, struct choice *c, bool site);
bool choice_undraw(struct trace *t, struct choice *c);
static inline bool choice_is_fresh(const struct trace *t,
                                   const struct choice *c)
{
    return c->node.stamp == t->number && c != t->site && !c->observer.steps;
}
/* Scored under its present arguments; a fresh draw from others is drawn
 * again. */
bool choice_rescore(struct trace *t, struct choice *c);

/* ---- reduced_recipe.c ---------------------------------------------------- */

/* As choice_rescore, of a number under numbers, as most are. false, and
 * nothing has happened: it is not one, or what is to be said takes longer. */
bool choice_rescore_number(struct trace *t, struct choice *c);
/* The value of a cut that is about to be brought up to date, when that is as
 * quick; what it reads is up to date. false, and nothing has happened. */
bool cut_number(const struct trace *t, const struct region *cut, double *out);

#endif
