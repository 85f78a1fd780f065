/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The random database engine, inside: what its files share. The program is
 * run again for every transition; random choices are found by location in
 * the world before. Exactness follows the scheme of "kept, removed, fresh"
 * choices: docs/ARCHITECTURE.md, "One transition".
 *
 *     randomdb_run.c   the handler, and one run of the program
 *     randomdb_draw.c  values of choices: kept, given, or drawn
 *     randomdb_move.c  a transition and its acceptance ratio
 *     randomdb_joint.c what families propose themselves
 *     randomdb_print.c TRACE: its choices
 *     randomdb.c       the engine's operations
 */
#ifndef VST_TRACE_RANDOMDB_H
#define VST_TRACE_RANDOMDB_H

#include "eval/expression.h"
#include "trace/application.h"
#include "trace/world.h"

/* An observation: the choice at this location is given this value. */
struct given {
    uint64_t location;
    value held;
    const struct directive *by;
    struct span place;
    bool fixed;       /* by the caller, not by an OBSERVE */
    uint64_t claimed; /* the last run of the program in which it was met */
};

/* A fresh draw of this transition: if the program has to run again, it is
 * met again and keeps its value, unless its own arguments changed. */
struct draw {
    uint64_t location;
    const struct xrp_family *family;
    uint64_t urn; /* location, or 0 */
    const value *plain;
    int count;
    value held;
    bool dropped;
};

/* The working state of an urn while a transition runs: it only takes in. */
struct urn_work {
    uint64_t location;
    const struct xrp_family *family;
    void *start; /* before the first draw of this transition */
    void *state;
    const value *plain; /* parameters of the draws; NULL before one */
    int count;
    struct list draws; /* struct draw */
};

struct randomdb {
    struct engine base;
    struct list program; /* struct directive, in order */
    struct world *now;

    /* While a run is under way. */
    struct world *old; /* choices are kept from here; NULL: none */
    struct world *making;
    struct world *below; /* of a bare expression: what it may read */
    const struct choice *site;
    value site_value;
    const struct move *move; /* a kernel's, instead of a site */
    struct world *trial;     /* where its move led, while it is open */
    bool in_turn;
    bool moving;         /* the run is a move's, and starts no chain */
    struct world *aside; /* while a state from the prior is looked at */
    struct scope *scopes[SCOPES_MAX];
    uint32_t scope_count;
    uint64_t touched;
    struct list joint; /* of the old world: choices that move together */
    bool own;          /* the site's family has proposed, */
    double backward;   /* and says that the way back has this probability */
    struct list givens, draws, works;
    struct table given_at, work_at;
    const struct settings *fixed; /* values given from outside, or NULL */
    uint64_t run;                 /* runs of the program so far */
    uint64_t stamp;               /* runs of directives so far */
    struct directive *directive;
    const struct directive *extent; /* what is drawn belongs to it */
    bool looking;                   /* control flow is what reads */
    bool asked; /* the directive made or read something random */
    bool again; /* what was observed is not what was given: run again */
    bool late;  /* an observation came after its choice was drawn */

    /* Why the last state was impossible. */
    struct error why;
    struct engine_complaint complaints[32];
    size_t complaint_count;
    struct span moved; /* where the last proposal was made */
};

static inline struct randomdb *randomdb_of(struct machine *m)
{
    return m->engine;
}
static inline struct directive *program_at(const struct randomdb *db,
                                           uint32_t i)
{
    return db->program.at[i];
}

extern const struct handler randomdb_handler;

/* Values of choices and urns (randomdb_draw.c). */
reference_reader randomdb_read;
bool choice_read_arguments(struct randomdb *db, struct choice *c);
bool urn_read(struct randomdb *db, struct urn *u);
bool choice_need(struct randomdb *db, struct choice *c);
bool same_values(const value *a, int n, const value *b, int k);
/* An empty state for an urn of the world that is made: what it hides, it hides
 * in both worlds. NULL when memory ran out. */
void *urn_begin(struct randomdb *db, const struct urn *u);
/* Where c is now in place of `old`: would v, which one of them has, be kept
 * on the way to the other? false with the machine's error. */
bool choice_keeps(struct randomdb *db, const struct choice *old,
                  const struct choice *c, value v, bool *keeps);
/* c is what `old` was, and has its value, or the one that was proposed. */
void choice_keep(struct randomdb *db, struct choice *c,
                 const struct choice *old);
struct urn_work *urn_working(struct randomdb *db, const struct urn *u);
/* Forgets what was given and drawn: before another transition. */
void randomdb_forget(struct randomdb *db);
struct given *given_at(const struct randomdb *db, uint64_t location);
bool given_add(struct randomdb *db, struct given *g);
/* Plain reading from outside: not a look of control flow. */
bool randomdb_plain(struct randomdb *db, value v, value *out);

/* Runs the whole program, as often as its observations need, into a new
 * world: `old` and the site say what is kept. NULL with the machine's error:
 * of kind ERROR_DOMAIN or ERROR_IMPOSSIBLE when the state is impossible. */
struct world *randomdb_run(struct randomdb *db, struct world *old,
                           const struct choice *site, value site_value,
                           bool whole);
/* Runs one directive on top of the present world; *late says that the whole
 * program must be run instead. */
bool randomdb_extend(struct randomdb *db, struct directive *d, bool *late);
/* Draws, scores and adds up what was made since the world was finished. */
bool world_finish(struct randomdb *db);
/* A bare expression: its choices are made in a world that is thrown away. */
bool randomdb_bare(struct randomdb *db, const struct code *code, value *out);

/* One transition; *moved says whether it was accepted. false with the
 * machine's error: the state is the one before. */
enum move_end {
    MOVE_ERROR,
    MOVE_NONE,
    MOVE_REJECTED,
    MOVE_IMPOSSIBLE,
    MOVE_ACCEPTED
};
enum move_end randomdb_move(struct randomdb *db, struct scope *scope);
/* At this choice; with db->in_turn it was not picked by chance. */
enum move_end randomdb_move_at(struct randomdb *db, struct scope *scope,
                               struct choice *site);
/* A rejection for a domain error is counted by its place; the error is gone.
 * false: it was none. */
bool randomdb_pardon(struct randomdb *db);
/* What the move under way gives a choice of the old world; false: nothing. */
bool move_gives(const struct move *m, const struct choice *old, value *out);

/* The operations that kernels ask for (randomdb_attempt.c). */
bool randomdb_scope_open(struct engine *, struct scope *);
bool randomdb_scope_look(struct engine *, struct scope *);
void randomdb_scope_close(struct engine *, struct scope *);
bool randomdb_step_at(struct engine *, struct scope *, void *choice,
                      bool in_turn, bool *accepted, bool *impossible);
bool randomdb_site(struct engine *, void *choice, struct site *out);
void *randomdb_choice_at(struct engine *, uint64_t location);
const struct directive *randomdb_made_by(struct engine *, const void *choice);
size_t randomdb_elements(struct engine *, void *choice);
bool randomdb_support(struct engine *, void *choice, void *const *out,
                      uint32_t count, value *list);
value randomdb_label(struct engine *, value taken);
bool randomdb_make_move(struct engine *, struct move *);
bool randomdb_settle(struct engine *, bool keep);
bool randomdb_prior(struct engine *, double *log_weight);
bool randomdb_settle_prior(struct engine *, bool keep);
bool randomdb_weight(struct engine *, double *log_weight);
bool randomdb_gibbs(struct engine *e, void *choice, int64_t at, bool *done,
                    bool *changed);
uint32_t randomdb_pick(struct engine *, uint32_t n, const double *p);
uint32_t randomdb_pick_block(struct engine *, const struct scope *);
bool randomdb_accept(struct engine *, double log_ratio);
bool randomdb_draw_beside(struct engine *, const struct xrp_family *,
                          const struct xrp_site *, value *out);
void randomdb_mark(struct engine *, struct draw_mark *out);
void randomdb_replay(struct engine *, const struct draw_mark *);
uint64_t randomdb_touched(struct engine *);
/* Accepts another world, or not, by the log of the ratio. */
enum move_end randomdb_decide(struct randomdb *db, struct world *new, double a);
/* Adds what the reverse would draw: the site's old value, when there is a
 * site, and the removed choices; and what was drawn, fresh ones. */
bool move_reverse(struct randomdb *db, const struct choice *site,
                  const struct world *new, double *q);
bool move_forward(struct randomdb *db, const struct world *new, double *q);
/* Adds the log density of drawing the world from the prior. */
bool world_drawn(struct randomdb *db, const struct world *w, double *q);
/* An error in a proposed state: a rejection when it says that the state
 * cannot be. */
enum move_end randomdb_refuse(struct randomdb *db);

/* randomdb_joint.c: the family's own proposal for a site. */
bool propose_own(struct randomdb *db, const struct choice *site,
                 struct xrp_site *s, value *out, double *q);
/* Is the site in the new world where its proposal would say of the way back
 * what it said: the same arguments, the same contents of its urn? */
bool site_stands(const struct randomdb *db, const struct choice *site,
                 const struct world *new);
/* Whose turn is it? NULL: a choice's. */
struct urn *joint_urn(struct randomdb *db);
/* All choices of an urn, as its family proposes them. */
enum move_end randomdb_joint(struct randomdb *db, struct urn *u);
/* What families say of weights, in a world that is finished otherwise. */
bool world_share(struct randomdb *db, struct world *w);
/* The choices of the present world, in the order in which they were met;
 * of one directive, when it is given. */
struct text;
bool randomdb_print(struct randomdb *db, const struct directive *only,
                    struct text *lines, struct text *json);
/* Names point at this world's values again. */
void world_bind(struct randomdb *db, const struct world *w);

#endif
