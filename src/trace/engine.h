/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a session asks of an engine, whichever it is: hold a program of
 * directives in one state of its random choices, change the program, move
 * the state. `randomdb` runs the program again at every move and is the
 * oracle; others come beside it behind this same table.
 *
 * Ownership: an engine owns its trace. A directive belongs to the session;
 * the engine keeps its own record in `directive->engine_data`. Values that
 * an engine hands out are plain (no references), and belong to the
 * collector.
 */
#ifndef VST_TRACE_ENGINE_H
#define VST_TRACE_ENGINE_H

#include "trace/scope.h"
#include "xrp/xrp.h"

enum directive_kind {
    DIRECTIVE_ASSUME,
    DIRECTIVE_OBSERVE,
    DIRECTIVE_PREDICT,
    DIRECTIVE_FACTOR,
    DIRECTIVE_CONDITION,
    DIRECTIVE_OBSERVE_EACH /* its expression makes the observations */
};

struct directive {
    int id; /* from 1, in order; never used again */
    enum directive_kind kind;
    value name;                /* ASSUME: a symbol; PREDICT: label or V_FALSE */
    struct syntax *expression; /* NULL: to be read again, from text_at on */
    struct code *code;         /* of expression */
    value given;               /* OBSERVE: the value, plain */
    struct span span;          /* the whole directive */
    uint32_t text_at;
    void *engine_data;
};

/* (factor e), (condition e): its value is a score, or a test. */
static inline bool directive_is_term(const struct directive *d)
{
    return d->kind == DIRECTIVE_FACTOR || d->kind == DIRECTIVE_CONDITION;
}

/* What one transition, or many, did. */
struct transition_counts {
    uint64_t transitions; /* asked for and made */
    uint64_t proposals;   /* of them, with a choice to propose to */
    uint64_t accepted;
    uint64_t impossible; /* proposals whose state had probability zero or
                             parameters out of their domain */
    uint64_t touched;    /* nodes re-scored, run or drawn */
};

static inline void counts_add(struct transition_counts *sum,
                              const struct transition_counts *c)
{
    sum->transitions += c->transitions;
    sum->proposals += c->proposals;
    sum->accepted += c->accepted;
    sum->impossible += c->impossible;
    sum->touched += c->touched;
}

/* Rejections for a domain error, by source place. */
struct engine_complaint {
    struct span span;
    char message[160]; /* "normal: sd must be positive" */
    uint64_t count;
};

/* What was met of (predict label e): the label, and the value, both plain.
 * false: enough. */
typedef bool prediction_visit(void *context, value label, value v);

/* A free choice, as a kernel sees it. What it points to stands until the
 * next move, or until other choices have moved. */
struct site {
    void *choice;
    uint64_t location;
    const struct xrp_family *family;
    struct xrp_site at; /* plain arguments; an urn's state with it inside */
    value held;
    struct span place;
};

/* An observed choice: the directive that observes it, and what it is applied
 * to now. false: enough. */
typedef bool observed_visit(void *context, const struct directive *by,
                            const struct site *);

/* An unobserved choice: where it is, and its value. false: enough. */
typedef bool choice_visit(void *context, uint64_t location, value held);

/* A choice that a move changes. */
struct move_part {
    void *choice;
    value to; /* V_UNBOUND: drawn anew, as a fresh choice is */
};

/* A move: some free choices are given values, or drawn; what follows from it
 * is done. Choices are kept, removed or fresh as in any transition; those
 * that are drawn anew are removed and fresh. */
struct move {
    const struct move_part *parts;
    uint32_t count;

    bool possible; /* else the state cannot be, or the move has no reverse */
    double score;  /* S' - S */
    double forward, reverse; /* log density of drawing what is fresh, and
                                what was removed */
    /* Locations of what is fresh, and of what was removed, sorted. Room is
     * the caller's: zeroed before the first move, freed with move_close. */
    uint64_t *fresh, *removed;
    uint32_t fresh_count, removed_count, room;
    bool urns;   /* a fresh or removed choice is of an urn */
    bool steady; /* the parts have the arguments and the urns of before */
};
void move_close(struct move *);

/* Draws so far, to be drawn again: see engine_operations.mark. */
struct draw_mark {
    struct random random;
    uint64_t step;
};

/* Decides what is drawn, in place of the random stream. */
struct drawer {
    bool (*draw)(struct drawer *, const struct xrp_family *,
                 const struct xrp_site *, struct span place, value *out);
    struct machine *machine;
    uint64_t location; /* of what is to be drawn: the engine says it */
};

struct engine;
struct tally;
struct simulation;
struct text;

struct engine_operations {
    const char *name; /* "randomdb" */
    const char *doc;
    bool expressions; /* it keeps them, and gradients are gathered of them */

    /* Adds a directive at the end, or in place of `replaced` (which it
     * supersedes, same position), evaluates it and finds a state in which
     * everything observed is possible: the present one where it can be,
     * else a new one from the prior (at most `tries` of them). On an error
     * the program and the state are as before. */
    bool (*add)(struct engine *, struct directive *,
                struct directive *replaced);
    /* Takes a directive away. ASSUMEs in use are the session's to refuse. */
    bool (*remove)(struct engine *, struct directive *);
    /* Every directive away. */
    void (*clear)(struct engine *);
    /* The whole program from the prior. On an error: as before. */
    bool (*rerun)(struct engine *);
    /* `n` transitions of single-site MH. On an error (limit, cancel, an
     * error in the program that is no domain error) it stops with the
     * state before the transition in which it happened; *counts says what
     * was done. */
    bool (*transition)(struct engine *, uint64_t n,
                       struct transition_counts *counts);
    /* The directive's value now, plain to the bottom. */
    bool (*value)(struct engine *, struct directive *, value *out);
    /* A bare expression in the present state: what it draws is forgotten,
     * what it reads of the trace is read. Plain. */
    bool (*evaluate)(struct engine *, const struct code *, value *out);
    /* Log joint density of the state; of one directive's own choices. */
    double (*log_score)(struct engine *);
    bool (*directive_score)(struct engine *, struct directive *, double *);
    /* Log joint density of the state with the choices of these directives
     * at other values (of a directive that is a list of choices, a list); on
     * the scale of the values, no Jacobian. -inf where it cannot be. What is
     * computed from choices cannot be given a value: ERROR_USE. The state,
     * and the random stream, are as before. */
    bool (*density_at)(struct engine *, uint32_t count,
                       struct directive *const *which, const value *at,
                       double *out);
    /* Unobserved choices in the trace; all choices. */
    uint64_t (*free_choices)(struct engine *);
    uint64_t (*all_choices)(struct engine *);
    /* Does the value of this directive depend on a choice? */
    bool (*is_random)(struct engine *, struct directive *);
    /* Complaints since the last call; returns how many were written. */
    size_t (*complaints)(struct engine *, struct engine_complaint *into,
                         size_t room);
    /* Calls back for each (predict label e) of the present state, in the
     * order of the program; stops when that answers false, and answers
     * false. */
    bool (*predictions)(struct engine *, prediction_visit *each, void *context);
    /* Calls back for each observed choice, those of one directive in the
     * order of the program; the same. */
    bool (*observed)(struct engine *, observed_visit *each, void *context);
    /* The same for each unobserved one, in no order that counts. */
    bool (*choices)(struct engine *, choice_visit *each, void *context);
    /* What stands in the present state, as a person can read it: appends
     * lines, and a JSON array of nodes; of one directive only, when it is
     * given. NULL: the engine has nothing to show. */
    bool (*trace)(struct engine *, const struct directive *only,
                  struct text *lines, struct text *json);
    void (*close)(struct engine *);

    /* ---- for kernels ----------------------------------------------------- */

    /* From now on the scope's members are kept; they can be looked at after
     * scope_look. At most SCOPES_MAX at a time. */
    bool (*scope_open)(struct engine *, struct scope *);
    bool (*scope_look)(struct engine *, struct scope *);
    void (*scope_close)(struct engine *, struct scope *);
    /* n transitions of single-site MH in a scope of choices alone. */
    bool (*transition_in)(struct engine *, struct scope *, uint64_t n,
                          struct transition_counts *);
    /* A free choice by its place, and the free choice at a location (NULL:
     * none is there). */
    bool (*site)(struct engine *, void *choice, struct site *out);
    void *(*choice_at)(struct engine *, uint64_t location);
    /* The directive in whose extent a choice is made, or NULL. */
    const struct directive *(*made_by)(struct engine *, const void *choice);
    /* Of how many independent applications the choice is an array, each of
     * which may move alone; 0: of none. */
    size_t (*elements)(struct engine *, void *choice);
    /* Its possible values, a list, with it taken out of its urn; of labels,
     * those that others have who are not among `out`, some choices with it
     * among them. *list is V_UNBOUND when they are not finite in number. */
    bool (*support)(struct engine *, void *choice, void *const *out,
                    uint32_t count, value *list);
    /* A new label, none of those in this list. */
    value (*label)(struct engine *, value taken);
    /* Single-site MH at this choice, which is a block of its own in the
     * scope; in_turn: it was not picked by chance, and is that block in the
     * reverse, too, or the move is refused. */
    bool (*step_at)(struct engine *, struct scope *, void *choice, bool in_turn,
                    bool *accepted, bool *impossible);
    /* Makes a move, and leaves it open: then `settle` keeps or undoes it.
     * While it is open scopes can be looked at, sites read, and directives'
     * values asked for. false with the machine's error: undone. */
    bool (*move)(struct engine *, struct move *);
    bool (*settle)(struct engine *, bool keep);
    /* The choices change values with the parts, and the log score with
     * *score; the same call again changes them back. A part may be a
     * directive's result in place of a choice. Between the two, values of
     * directives and log_score say what they would in a state that has these
     * values, if all that reads the choices are densities and the results of
     * directives, and those that stand on more than choices and expressions
     * are parts; nothing else may be asked for or done. O(parts). NULL: there
     * is no such way. */
    void (*lend)(struct engine *, struct move_part *parts, uint32_t count,
                 double *score);
    /* Gibbs on one choice, or on element `at` of an array (else ENTIRE), in
     * closed form or by plain scores, where all that reads it are choices:
     * *done false, with nothing changed, where it is not so. *changed tells. */
    bool (*gibbs)(struct engine *, void *choice, int64_t at, bool *done,
                  bool *changed);
    /* The same for several choices at once. NULL: there is no such way. */
    bool (*gibbs_block)(struct engine *, void *const *choices, uint32_t count,
                        bool *done, bool *changed);
    /* Is it one that `gibbs` would move in closed form, though its values are
     * not finite in number? NULL: none is. */
    bool (*conjugate)(struct engine *, void *choice, int64_t at, bool *closed);
    /* A state from the prior beside the present one, which is looked at until
     * settle_prior keeps it or goes back. *log_weight: its log density less
     * that of its draws, which is the likelihood; -inf: it cannot be, and
     * nothing is open. engine->drawer, if there is one, decides the draws. */
    bool (*prior)(struct engine *, double *log_weight);
    bool (*settle_prior)(struct engine *, bool keep);
    /* What `prior` would say of the present state. */
    bool (*weight)(struct engine *, double *log_weight);
    /* Decisions: one of n with these probabilities, up to a factor (they need
     * not add up to 1); one block of a scope by weight; accept, at this log
     * of a ratio? Tests decide them. */
    uint32_t (*pick)(struct engine *, uint32_t n, const double *p);
    uint32_t (*pick_block)(struct engine *, const struct scope *);
    bool (*accept)(struct engine *, double log_ratio);
    /* A value of an application beside the trace; false: its parameters are
     * out of their domain. */
    bool (*draw)(struct engine *, const struct xrp_family *,
                 const struct xrp_site *, value *out);
    /* What is drawn after replay(mark(...)) is what was drawn after it. */
    void (*mark)(struct engine *, struct draw_mark *out);
    void (*replay)(struct engine *, const struct draw_mark *);
    /* Nodes touched so far. */
    uint64_t (*touched)(struct engine *);
    /* The free choices that the next three transitions will move, about;
     * NULL: nobody knows. What lies around them is sent for; nothing changes.
     * NULL: nothing is ever waited for. */
    void (*expect)(struct engine *, const void *first, const void *second,
                   const void *third);
};

enum { SCOPES_MAX = 64, ENTIRE = -1 };

struct engine {
    const struct engine_operations *op;
    struct machine *machine;
    uint64_t tries; /* draws from the prior to find a possible state; default
                       10,000 */
    struct drawer *drawer; /* NULL: draws are of the random stream */
    struct tally *tally;   /* of proposals by place, and of what they cost, the
                            session's; NULL: not asked for */
    struct simulation *simulation; /* data in place of those observed; NULL */
};

/* Opens an engine on a machine and becomes its handler. NULL when memory
 * ran out. */
struct engine *randomdb_open(struct machine *m);
struct engine *reduced_open(struct machine *m);
struct engine *traces_open(struct machine *m);

/* All engines, by name. */
struct engine_row {
    const char *name;
    struct engine *(*open)(struct machine *);
    const char *doc;
};
extern const struct engine_row engines[];
extern const size_t engine_count;

#endif
