/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reduced trace, inside: what its files share. Only what is random is
 * kept, with short expressions between; the rest is run again. One
 * transition is told in docs/ARCHITECTURE.md and in reduced_step.c.
 *
 *     reduced_table.c    nodes by location; edges
 *     reduced_free.c     free choices, and picks by weight
 *     reduced_scope.c    those of them that kernels ask for; tags
 *     reduced_read.c     values of references, with the leaves met on the way
 *     reduced_glance.c   values at hand, without reading them
 *     reduced_element.c  elements of arrays, and who reads them
 *     reduced_force.c    forcing, pinning, deferring
 *     reduced_cut.c      expressions that grew too large
 *     reduced_watch.c    expressions that may raise
 *     reduced_call.c     calls that become regions
 *     reduced_handler.c  the handler's hooks: choices, urns, mem
 *     reduced_region.c   the run of a region, and when it must run again
 *     reduced_observe.c  observations, terms, weights
 *     reduced_urn.c      contents of made XRPs while a transition runs
 *     reduced_again.c    applications that do not stay what they were
 *     reduced_joint.c    moves of all applications of a made XRP
 *     reduced_choice.c   choices drawn and scored
 *     reduced_recipe.c   numbers under numbers scored quickly
 *     reduced_move.c     telling, dying, propagation
 *     reduced_step.c     one transition
 *     reduced_record.c   runs in which what is looked at stays a reference
 *     reduced_equation.c differential equations in such runs
 *     reduced_gibbs.c    conditionals by the readers' scores
 *     reduced_conjugate.c, reduced_shares.c, reduced_power.c
 *                        conditionals in closed form
 *     reduced_load.c     a program becomes a trace in a possible state
 *     reduced_state.c    questions about the state
 *     reduced.c          the engine's operations
 *
 * A function that answers bool is false with the machine's error filled.
 */
#ifndef VST_TRACE_REDUCED_H
#define VST_TRACE_REDUCED_H

#include "base/hash.h"
#include "trace/application.h"
#include "trace/log.h"
#include "trace/node.h"
#include "trace/scope.h"

/* Sums of the weights of free choices, by places: at[0] has the weights, and
 * each sum of at[k + 1] is of WEIGHTS_WIDE neighbours of at[k]. */
enum { WEIGHTS_WIDE = 16, WEIGHTS_LEVELS = 8 };
struct weights {
    double *at[WEIGHTS_LEVELS];
    uint64_t used;  /* 0: nothing is kept yet */
    double largest; /* of all that there ever were */
};

/* Nodes by location, as numbers of the pool; open addressing. The table is
 * malloc's: while it grows the pool would keep all that it was before. */
struct slots {
    uint32_t *at;
    uint32_t room;
};

/* Not in the log, but undone with it. */
struct counts {
    double score;      /* in a transition: what it adds, until it is totalled */
    uint64_t choices;  /* all, observed ones too */
    uint32_t nodes;    /* in the table */
    uint32_t free;     /* choices that may be proposed */
    uint32_t weighted; /* of these, those whose weight is not 1 */
    uint32_t improper; /* how often one came that no prior can propose for;
                          not how many there are, for arguments change */
    uint32_t predictions; /* regions of (predict label e) */
};

/* Pointers, growing; not scanned: only for what pools or regions hold. One of
 * more room than VECTOR_KEPT is given back at the end of the transition, if
 * what fills it is that nodes are made. */
struct vector_of {
    void **at;
    uint32_t count, room;
};
enum { VECTOR_KEPT = 1 << 14 };

/* A call under way whose frame is marked: see reduced_call.c. */
struct call_mark;

/* A region under way. Guards and uses are gathered here, in scanned memory,
 * and kept by the region when the run is done. Its edges and uses from before
 * are met again in order as long as the run reads the same. */
struct run {
    struct region *region;
    struct run *outer;
    uint32_t id, depth;
    uint32_t scope;      /* of the call under way: pins and edges are its own */
    uint32_t pins;       /* leaves that it depends on for their very value */
    struct near *listen; /* where its next edge stands, or is put */
    value tags;          /* of an entry's caller */
    const struct frame *frame;    /* of the machine when it began */
    uint32_t mark_base, met_base; /* what lies below is the outer run's */
    struct guard *guards;
    uint32_t guard_count, guard_room;
    struct vector_of uses;       /* entries of mem */
    const struct gathered *kept; /* by the run before; NULL: nothing */
    uint32_t matched;            /* uses of the run before that stand on */
    struct node *expected;       /* the child that it met next the last time */
    uint64_t cut_at; /* where the last cut was made, and how many there */
    uint32_t cuts;
};

/* An application as an urn has it. */
struct taken {
    value v;
    const value *args; /* plain */
    uint32_t count;
};

/* An application that is not any more what it was when the transition began,
 * and did not stay in its urn; one for each choice. */
struct departure {
    struct choice *of;
    struct urn *from; /* NULL: it was in none */
    struct taken was;
    double score;  /* without urn */
    bool observed; /* it had been given its value */
    bool again;    /* it is applied again */
    bool removed;  /* drawn then, and not kept; known in the end */
};

/* What a transition does with an urn, besides drawing from it. Arrays are
 * scanned memory. */
struct urn_move {
    value *fresh; /* choices drawn in it */
    struct taken *transient;
    uint32_t *out; /* departures */
    value *in;     /* choices, to be taken in in the end */
    uint32_t fresh_count, transient_count, out_count, in_count;
    uint32_t fresh_room, transient_room, out_room, in_room;
    const value *plain0; /* hyper-parameters before */
    bool own;            /* the state is a copy already */
    bool site;           /* the choice that moved is in it */
};

/* A change of a state that is not copied. */
struct urn_change {
    struct urn *urn;
    value v;
    bool in;
};

/* A test that walks every outcome of a transition decides in place of the
 * random stream. */
struct script {
    bool (*draw)(struct script *, const struct xrp_family *,
                 const struct xrp_site *, value *out);
    uint32_t (*pick)(struct script *, uint32_t count);
    bool (*accept)(struct script *, double log_ratio);
    /* Does it decide, too, what this family's own proposals draw? Else they
     * are left aside. NULL: never. */
    bool (*follows)(const struct xrp_family *);
    uint32_t (*weighted)(struct script *, uint32_t count, const double *p);
    value (*label)(struct script *);
    uint64_t (*mark)(struct script *);
    void (*replay)(struct script *, uint64_t mark);
};

struct trace {
    struct machine *machine;
    struct script *script; /* NULL but in tests */
    struct drawer *drawer; /* a kernel's, or NULL */
    double drawn; /* log density of all draws while a program is loaded */
    struct log log;
    const struct settings *fixed;  /* values given from outside, or NULL */
    struct simulation *simulation; /* data of the program's own, or NULL */
    const struct trace *oracle;    /* choices take their values from here */

    struct slots slots;        /* nodes by location */
    struct slots slots_before; /* those that this transition took the place of:
                                  they come back when it is undone */
    uint32_t *free;            /* those that may be proposed: numbers */
    struct weights weights;    /* kept once a weight was not 1 */
    struct counts counts, before; /* when the transition began */
    double score_largest;         /* since the total was summed anew */
    struct scope **scopes;        /* whose members are kept; the engine's */
    uint32_t scope_count;
    struct plans *plans;       /* what regions do at other values; or NULL */
    struct weighing *weighing; /* room for one; or NULL */
    struct urn *joint; /* urns that propose for all their applications */

    /* The transition under way. */
    uint32_t number;
    uint32_t run_id;
    uint64_t entries_lost; /* counts deaths of entries, and undone births */
    bool entries_made;     /* in this transition */
    double q_forward, q_reverse;
    double backward; /* of the family's own proposal */
    bool own_proposal;
    bool drew; /* a fresh choice */
    struct choice *site;
    bool in_turn;             /* the site was not picked by chance */
    bool noting;              /* what comes and goes is noted, in `came` */
    value site_old;           /* in an urn: its value before */
    uint32_t site_plain;      /* where its arguments are, in log.kept, when
                                 its family proposed */
    const struct span *place; /* of what is proposed */
    struct departure *departures;
    uint32_t departure_count, departure_room;
    struct vector_of dirty, undrawn, idle, urns, ran, heap, walk;
    struct vector_of shared; /* choices that several OBSERVEs give a value */
    struct vector_of late;   /* regions whose runs were put off */
    struct vector_of dying;  /* regions, while it is looked who dies */
    bool hasty;              /* others wait while a region runs */
    bool putting_off;        /* for that the run under way fails */
    uint32_t made;           /* nodes that it has made */
    struct vector_of runs;   /* struct run, by depth; scanned */
    struct vector_of met;    /* nodes met by calls that are marked */
    struct vector_of came;   /* choices that came, or became free; with bit 0:
                                went, or are free no more */
    struct call_mark *marks;
    uint32_t mark_count, mark_room;
    value *call_values;
    uint32_t call_value_count, call_value_room;
    struct urn_change *changes; /* scanned */
    uint32_t change_count, change_room;
    struct node **leaves; /* a stack, while something is read */
    uint32_t leaf_count, leaf_room;
    bool swollen;  /* a vector grew large */
    size_t tidied; /* the pool's size when things were tidied last */
    bool collecting;
    bool varies; /* what was read last may have other leaves another time */
    const struct scope *recording; /* or NULL: see reduced_record.c */
    bool whole;        /* every evaluation has its node: see traces.h */
    bool quiet;        /* while recording: what is looked at is not noted */
    uint32_t unknowns; /* of equations recorded */
    struct run *run;
    uint64_t touched;
};

struct trace *trace_of(struct machine *m);
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

bool vector_grow(struct trace *t, struct vector_of *v);
void vector_drop(struct vector_of *v);
static inline bool vector_push(struct trace *t, struct vector_of *v, void *item)
{
    if (v->count == v->room && !vector_grow(t, v)) return false;
    v->at[v->count++] = item;
    return true;
}
/* Room for so many more items in an array of scanned memory, to which only
 * *array points. */
bool room_grow(struct trace *t, void *array, uint32_t *room, uint32_t count,
               uint32_t more, size_t item);
static inline bool room_make(struct trace *t, void *array, uint32_t *room,
                             uint32_t count, uint32_t more, size_t item)
{
    return count + more <= *room ||
           room_grow(t, array, room, count, more, item);
}

/* A choice in `came` that went: choices stand at even addresses. */
static inline void *choice_went(const struct choice *c)
{
    return (void *)((uintptr_t)c | 1);
}

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
double free_weight_of(const struct choice *c);
void free_drop(struct trace *t, struct choice *c);
/* Has it no prior that could propose? */
bool free_is_improper(const struct choice *c);
/* How often it is proposed may be another number now. */
bool free_weigh(struct trace *t, struct choice *c);
/* The sum of the weights of all free choices. */
double free_weight(const struct trace *t);
/* One of them, in proportion to the weights; there is one. In constant time
 * while they are much alike, else log of their number. */
struct choice *free_pick(const struct trace *t, struct random *r);
bool free_open(struct trace *t);
void free_close(struct trace *t);
/* Where a child hangs: in its owner's list. */
void child_put(struct trace *t, struct region *owner, struct node *child);
void child_drop(struct trace *t, struct node *child);
/* Puts an edge where *at is the end of the reader's list. */
bool edge_put(struct trace *t, struct node *source, struct node *reader,
              struct near *at);
/* Drops the reader's edges from *at on. */
void edges_drop(struct trace *t, struct near *at);
/* Listens to the leaves from `first` on, in place of those it listened to:
 * does nothing when they are the same. Takes them from the stack. */
bool edges_replace(struct trace *t, struct node *reader, uint32_t first);

/* ---- reduced_scope.c ------------------------------------------------------ */

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

/* ---- reduced_read.c ------------------------------------------------------- */

bool trace_outermost(struct trace *t, value v, value *out);
static inline bool trace_outer(struct trace *t, value v, value *out)
{
    *out = v;
    return !is_reference(v) || trace_outermost(t, v, out);
}
bool trace_deep(struct trace *t, value v, value *out);
bool trace_target(struct trace *t, value v, value *out);
/* One operation, of an expression: what it picks may be a reference still. */
bool trace_once(struct trace *t, value v, value *out);
/* The same word, equal plain values, or closures of one code over the same
 * values. */
bool value_same_within(value a, value b);
static inline bool value_same(value a, value b)
{
    return a == b || (is_object(a) && is_object(b) && value_same_within(a, b));
}
/* Draws a choice, and first what its arguments need. */
bool choice_need_value(struct trace *t, struct choice *c);
/* Argument values now; the reader listens to what they now depend on. */
bool read_arguments(struct trace *t, struct node *reader, const value *written,
                    uint32_t count, value *plain);

/* ---- reduced_glance.c ------------------------------------------------------ */

/* The plain value of v between transitions, when it is at hand: false, and
 * nothing has happened, where reading it is more than looking. */
bool trace_glance(const struct trace *t, value v, value *out);

/* ---- reduced_element.c ----------------------------------------------------- */

enum element_answer { ELEMENT_NONE, ELEMENT_READ, ELEMENT_ERROR };
/* Element `index` of what the choice holds, and its node into *leaf when that
 * is asked for. ELEMENT_NONE: that is to be read in another way. O(1) for an
 * array. */
enum element_answer element_read(struct trace *t, struct choice *c, value index,
                                 value *out, struct node **leaf);
/* Tells the readers of the elements that are others now. A comparison for
 * each element. */
bool elements_notify(struct trace *t, struct choice *c);
/* The choice dies, and they with it. */
bool elements_leave(struct trace *t, struct choice *c);
/* Those that somebody has read, in order: the first from *i on, which moves
 * behind it; NULL: no more. */
const struct element *element_next(const struct trace *t,
                                   const struct choice *c, uint32_t *i);
/* Does somebody read an element of it now? */
bool choice_is_read_in_parts(const struct trace *t, const struct choice *c);

/* ---- reduced_force.c ------------------------------------------------------ */

/* A reference over pinned leaves only is its value, inside the region. */
bool trace_plain(struct trace *t, value v, value *out);
/* *out: the value of a choice or region whose very value the run depends on
 * already, when nothing in it is random. */
bool trace_pinned(const struct trace *t, value v, value *out);
bool guard_add(struct trace *t, value forced, value outcome, uint8_t how);
/* The region that runs hears of the leaves from `first` on. */
bool run_listen(struct trace *t, uint32_t first);
/* The handler's hooks of these names. */
bool trace_force(struct machine *m, value v, bool deep, value *out);
bool trace_compare(struct machine *m, value *a, value *b);
bool trace_operate(struct machine *m, value v, value *out);
bool trace_defer(struct machine *m, const struct primitive *p, int n,
                 const value *operands, value *out);

/* ---- reduced_cut.c --------------------------------------------------------- */

/* Operands that are large expressions become cuts, in place. */
bool cuts_make(struct trace *t, int n, value *operands, uint32_t above);
/* A node for this expression, in the region that runs, and its value. What:
 * REGION_CUT, or REGION_PICK where the value may be a reference. */
bool cut_make(struct trace *t, enum region_kind what, value expression,
              value *out);
/* Brings a cut up to date. */
bool cut_run(struct trace *t, struct region *cut);
/* What in the result of a region may raise is watched, as its children. */
/* Arithmetic on numbers raises nothing; does this? */
bool expression_may_raise(value v);
bool watches_make(struct trace *t, struct region *r, value result);
bool watch_run(struct trace *t, struct region *watch);

/* ---- reduced_call.c -------------------------------------------------------- */

/* Something happens in the innermost call: what it is of is known from now
 * on. Called before each event of a run. */
bool calls_mark(struct trace *t);
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

/* ---- reduced_handler.c ----------------------------------------------------- */

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

/* ---- reduced_observe.c ------------------------------------------------------ */

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

/* ---- reduced_region.c ------------------------------------------------------- */

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

/* ---- reduced_late.c ----------------------------------------------------------- */

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

/* ---- reduced_urn.c ------------------------------------------------------------ */

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

/* ---- reduced_again.c ---------------------------------------------------------- */

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
/* Does the choice that moved apply to what it did? At the end. */
bool site_is_applied_alike(struct trace *t, struct choice *c, bool *alike);
/* Undoes what sampling did, of one without state whose value leaves it. */
void choice_undo_sample(struct choice *c);
static inline void choice_unsample(struct choice *c)
{
    if (c->family->flags & XRP_UNSAMPLES) choice_undo_sample(c);
}

/* ---- reduced_joint.c ---------------------------------------------------------- */

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

/* ---- reduced_choice.c -------------------------------------------------------- */

/* Plain arguments of so many stand on the stack; of more, in the heap. */
enum { PLAIN_FEW = 8 };
value *plain_room_for(struct trace *t, uint32_t count, value *few);
struct xrp_site choice_application(const struct choice *c, const value *plain);
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

/* ---- reduced_recipe.c -------------------------------------------------------- */

/* As choice_rescore, of a number under numbers, as most are. false, and
 * nothing has happened: it is not one, or what is to be said takes longer. */
bool choice_rescore_number(struct trace *t, struct choice *c);

/* ---- reduced_move.c ------------------------------------------------------------- */

void transition_begin(struct trace *t);
/* The score is the state's again: before it is accepted or refused. */
void transition_total(struct trace *t);
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

/* ---- reduced_step.c -------------------------------------------------------------- */

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
 * it was not picked by chance, and the scope's blocks must stay. */
bool trace_step_at(struct trace *t, const struct scope *scope, struct choice *c,
                   bool *accepted, bool *impossible);

/* ---- reduced_attempt.c ----------------------------------------------------------- */

/* A move, left open; false with the machine's error, undone. */
bool trace_move(struct trace *t, struct move *move);
void trace_settle(struct trace *t, bool keep);
/* In a transition: a choice is given a value, and its readers are told. */
bool choice_give(struct trace *t, struct choice *c, value to);
/* Gives a choice a value, and all that follows, for good. Where that cannot
 * be (`stands` false) nothing has changed. */
bool trace_put(struct trace *t, struct choice *c, value to, bool *stands);
bool trace_site(struct trace *t, struct choice *c, struct site *out);
bool trace_support(struct trace *t, struct choice *c, value *list);
uint32_t trace_pick(struct trace *t, uint32_t n, const double *p);
uint32_t trace_pick_block(struct trace *t, const struct scope *s);

/* ---- reduced_fetch.c -------------------------------------------------------------- */

/* Sends for what lies around choices that will be moved; see engine.h. */
void choices_fetch(struct engine *, const void *first, const void *second,
                   const void *third);

/* ---- reduced_gibbs.c -------------------------------------------------------------- */

bool trace_gibbs(struct trace *t, struct choice *c, bool *done, bool *changed);
/* Has it its prior, given all else, and can be drawn from that? */
bool trace_unread(const struct trace *t, const struct choice *c);

/* ---- reduced_plan.c --------------------------------------------------------------- */

/* A region dies: what it would do is not known any more. */
void plan_forget(struct trace *t, const struct region *r);

/* ---- reduced_conjugate.c ---------------------------------------------------------- */

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

/* ---- reduced_record.c ------------------------------------------------------------ */

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
/* An array that was looked at while recording: a list of references to its
 * elements. */
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

/* ---- reduced_check.c ------------------------------------------------------------ */

/* Is the trace sound, between transitions? false with the first fault in
 * words. It only looks. O(nodes^2). */
bool reduced_check(struct trace *t, char *why, size_t size);

#endif
