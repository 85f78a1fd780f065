/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Regions: code that is run again when what it forced is otherwise. The
 * machine's hooks while one runs, what a run leaves behind, when it must run
 * again, observations and terms, and runs that are put off.
 *
 * A function that answers bool is false with the machine's error filled.
 */
#ifndef VST_TRACE_REDUCED_REGIONS_H
#define VST_TRACE_REDUCED_REGIONS_H

#include "eval/code.h"
#include "trace/reduced_trace.h"

/* ---- reduced_call.c ------------------------------------------------------ */

/* Something happens in the innermost call: what it is of is known from now
 * on. Called before each event of a run. */
bool calls_mark_all(struct trace *t);
static inline bool calls_mark(struct trace *t)
{
    const struct frame *f = t->machine->frame;
    /* Marked already, or the region's own body. */
    if ((f->kind == FRAME_CODE && f->flags & FRAME_HOOKED) ||
        f == t->machine->frames || f[-1].kind >= FRAME_MEMO)
        return true;
    return calls_mark_all(t);
}
/* What runs looks at a value that its region depends on already. The calls
 * under way that have no mark yet depend on it with their region: they can be
 * none of their own. O(calls that did not lean yet). */
void calls_lean_all(const struct trace *t);
static inline void calls_lean(const struct trace *t)
{
    const struct frame *f = t->machine->frame;
    if (f->kind != FRAME_CODE || !(f->flags & (FRAME_HOOKED | FRAME_LEANS)))
        calls_lean_all(t);
}
/* The calls that a region's run did not meet again are doomed: they are not
 * brought up to date, and die at the end. */
bool calls_leave_behind(struct trace *t, struct region *r);
bool calls_doom(struct trace *t, struct region *top, bool doomed);
/* How many guards of the run are older than the innermost call. */
uint32_t calls_guard_base(const struct trace *t);
/* The handler's hooks of these names. */
bool trace_leave(struct machine *m, value *result);
/* A call that is about to begin will be a region, whatever happens in it. Its
 * frame is to be marked (ENTER_HEARD). */
bool call_begin(struct trace *t, value procedure, uint32_t n,
                const value *operands, uint64_t location);
enum enter_answer trace_enter(struct machine *m, value procedure, int n,
                              const value *operands, uint64_t location,
                              value *out);

/* ---- reduced_handler.c --------------------------------------------------- */

extern const struct handler reduced_handler;
/* Never run again: its result may be used as it is. */
bool region_stands(const struct region *r);
/* The region that runs has met this node again, and owns it. */
void node_adopt(struct trace *t, struct node *n);
value *values_copy(struct trace *t, int n, const value *from);
/* A copy for the length of the transition; NULL with the machine's error. */
const value *values_keep(struct trace *t, const value *from, uint32_t n);
/* Gives such a copy back; NULL does nothing. */
void values_give(struct trace *t, value *values, uint32_t n);
struct region *region_new(struct trace *t, enum region_kind what,
                          uint64_t location, struct region *owner);

/* ---- reduced_observe.c --------------------------------------------------- */

/* Finds the choice that v stands for; the region listens to what says so. */
bool observe_aim(struct trace *t, struct region *r, value v,
                 struct choice **out);
/* An OBSERVE has run: it gives its value to this choice, and to the one
 * before no more. */
bool observe_retarget(struct trace *t, struct region *r, struct choice *to);
/* Do all that observe one choice agree? At the end of a transition. */
bool observe_agree(struct trace *t);
bool term_read(struct trace *t, struct region *r, double *out);
bool term_set(struct trace *t, struct region *r, double score);
bool weight_run(struct trace *t, struct region *r);
/* What a region's death takes with it, besides its children. */
bool region_leave(struct trace *t, struct region *r);

/* ---- reduced_region.c ---------------------------------------------------- */

bool region_run(struct trace *t, struct region *r);
/* The two ends of a run, for what runs inside the machine. NULL, false: with
 * the machine's error. */
struct run *run_begin(struct trace *t, struct region *r);
bool run_end(struct trace *t, struct run *run, value result);
/* Keeps the guards and uses that the run has gathered from these on. */
bool region_keep(struct trace *t, struct region *r, const struct run *run,
                 uint32_t first_guard, uint32_t first_use);
/* Its stamps of a transition are those of this one. */
static inline void region_today(const struct trace *t, struct region *r)
{
    if (r->node.stamp == t->number) return;
    r->node.stamp = t->number;
    r->ran = r->settled = r->queued = r->doomed = false;
    r->runs = 0;
}
/* The region that runs uses this entry. */
bool region_use(struct trace *t, struct region *entry);
/* Its rank is above what it reads. */
bool region_rank(struct trace *t, struct region *r);
/* It has no value, and this is why; can such an error wait? */
bool region_fail(struct trace *t, struct region *r, const struct error *why);
bool error_can_wait(const struct error *e);
/* Has every region that ran, and that counts, a value? false with the error
 * of one that has not. At the end of a transition. */
bool regions_stand(struct trace *t);
/* The directive in which it runs; NULL inside an entry, which is anyone's. */
const struct directive *region_directive(const struct region *r);
/* *holds: its run would be the same now. */
bool region_holds(struct trace *t, struct region *r, bool *holds);
/* Brings a region up to date, if it was told that something changed. */
bool region_settle(struct trace *t, struct region *r);
/* Nothing that it stands on waits to be looked at: it is up to date. */
static inline bool region_is_settled(const struct trace *t,
                                     const struct region *r)
{
    return (r->node.stamp != t->number || !r->queued || r->settled) &&
           (!t->heap.count ||
            ((const struct node *)t->heap.at[0])->rank >= r->node.rank);
}

/* ---- reduced_late.c ------------------------------------------------------ */

/* The run under way is to fail, for now. Always false. */
bool late_put_off(struct trace *t);
/* May the run under way make a new node? Else it ends, and is put off. */
bool late_may_make(struct trace *t);
/* The next of those that were put off to be run after all, when nothing else
 * waits; NULL: no more. */
bool late_next(struct trace *t, struct region **out);
/* What was about to die is used again, and what is in it and what it uses. */
bool late_lift(struct trace *t, struct region *top);
static inline bool is_doomed(const struct trace *t, const struct region *r)
{
    return r->node.stamp == t->number && r->doomed;
}

#endif
