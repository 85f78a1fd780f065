/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where nodes are: by location, among the free choices, among the members of
 * scopes, among the children of a region; and the edges between them.
 *
 * A function that answers bool is false with the machine's error filled.
 */
#ifndef VST_TRACE_REDUCED_NODES_H
#define VST_TRACE_REDUCED_NODES_H

#include "trace/reduced_trace.h"

/* ---- reduced_table.c ----------------------------------------------------- */

/* Stamps begin again from 0, when they run out. Between transitions. */
void stamps_clear(struct trace *t);
/* Of so many slots, where a location belongs: rooms need be no powers of 2. */
static inline uint32_t table_home(uint64_t location, uint32_t room)
{
    return (uint32_t)(((hash_finish(location) & UINT32_MAX) * room) >> 32);
}
/* One of the two tables goes. */
void table_forget(struct trace *t, bool undo);
static inline struct node *slot_node(const struct trace *t, uint32_t i)
{
    return t->slots.at[i] ? pool_piece(&t->log.pool, t->slots.at[i]) : NULL;
}
/* The end of a transition, for the table. */
static inline void table_finish(struct trace *t, bool undo)
{
    if (t->slots_before.room) table_forget(t, undo);
}
struct node *table_at(const struct trace *t, uint64_t location);
bool table_put(struct trace *t, struct node *n);
void table_drop(struct trace *t, const struct node *n);
static inline struct choice *free_choice(const struct trace *t, uint32_t i)
{
    return pool_piece(&t->log.pool, t->free[i]);
}
bool free_put(struct trace *t, struct choice *c);
/* How often it is proposed: its own weight, and that of its shape (an array
 * counts as many as it has elements). */
double free_weight_else(const struct choice *c);
static inline double free_weight_of(const struct choice *c)
{
    return choice_has_more(c) || c->family->weight ? free_weight_else(c) : 1.0;
}
void free_drop(struct trace *t, struct choice *c);
/* Has it no prior that could propose? */
bool free_is_improper_here(const struct choice *c);
static inline bool free_is_improper(const struct choice *c)
{
    return c->family->flags & (XRP_IMPROPER | XRP_FORM) &&
           free_is_improper_here(c);
}
/* How often it is proposed may be another number now. */
bool free_weigh(struct trace *t, struct choice *c);
/* The sum of the weights of all free choices. */
double free_weight_summed(const struct trace *t);
static inline double free_weight(const struct trace *t)
{
    return t->counts.weighted ? free_weight_summed(t) : (double)t->counts.free;
}
/* One of them, in proportion to the weights; there is one. In constant time
 * while they are much alike, else log of their number. */
struct choice *free_pick_weighted(const struct trace *t, struct random *r);
static inline struct choice *free_pick(const struct trace *t, struct random *r)
{
    if (t->counts.weighted) return free_pick_weighted(t, r);
    return free_choice(t, (uint32_t)random_below(r, t->counts.free));
}
bool free_open(struct trace *t);
void free_close(struct trace *t);
/* Where a child hangs: in its owner's list. */
void child_put(struct trace *t, struct region *owner, struct node *child);
void child_drop(struct trace *t, struct node *child);
/* Puts an edge where *at is the end of the reader's list. */
bool edge_put(struct trace *t, struct node *source, struct node *reader,
              struct near *at);
/* The edge is of another source from here on: it stays where it is, among its
 * reader's and in memory, which is less to write than a new one. */
void edge_turn(struct trace *t, struct edge *e, struct node *source);
/* Drops the reader's edges from *at on. */
void edges_drop(struct trace *t, struct near *at);
/* Listens to the leaves from `first` on, in place of those it listened to:
 * does nothing when they are the same. Takes them from the stack. */
bool edges_replace(struct trace *t, struct node *reader, uint32_t first);

/* ---- reduced_scope.c ----------------------------------------------------- */

/* The choices that a scope holds now, all of them anew. */
bool scope_fill(struct trace *t, struct scope *s);
/* A free choice came, went, or weighs something else. */
bool scopes_put(struct trace *t, struct choice *c);
void scopes_drop(struct trace *t, const struct choice *c);
void scopes_weigh(struct trace *t, const struct choice *c);
void scopes_keep(struct trace *t);
void scopes_undo(struct trace *t);
/* A choice is made, or met again, in the extents that are under way. */
bool choice_tag(struct trace *t, struct choice *c);
/* What few choices have is this now. */
bool choice_set_more(struct trace *t, struct choice *c,
                     const struct choice_more *more);
static inline void choice_drop_more(struct trace *t, struct choice *c)
{
    if (!choice_has_more(c)) return;
    log_give(&t->log, (void *)(uintptr_t)c->made_at,
             sizeof(struct choice_more));
}
/* The same tags. */
bool tags_same(value a, value b);
/* The directive in whose extent a node is; NULL: in none. */
const struct directive *directive_above(const struct node *n);

#endif
