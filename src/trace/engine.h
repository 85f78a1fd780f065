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

#include "eval/machine.h"

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

/* Rejections for a domain error, by source place. */
struct engine_complaint {
    struct span span;
    char message[160]; /* "normal: sd must be positive" */
    uint64_t count;
};

/* What was met of (predict label e): the label, and the value, both plain.
 * false: enough. */
typedef bool prediction_visit(void *context, value label, value v);

struct engine;
struct tally;
struct text;

struct engine_operations {
    const char *name; /* "randomdb" */
    const char *doc;

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
    /* What stands in the present state, as a person can read it: appends
     * lines, and a JSON array of nodes; of one directive only, when it is
     * given. NULL: the engine has nothing to show. */
    bool (*trace)(struct engine *, const struct directive *only,
                  struct text *lines, struct text *json);
    void (*close)(struct engine *);
};

struct engine {
    const struct engine_operations *op;
    struct machine *machine;
    uint64_t tries; /* draws from the prior to find a possible state; default
                       10,000 */
    struct tally *tally; /* of proposals by place, the session's; NULL: not
                            asked for */
};

/* Opens an engine on a machine and becomes its handler. NULL when memory
 * ran out. */
struct engine *randomdb_open(struct machine *m);
struct engine *reduced_open(struct machine *m);

/* All engines, by name. */
struct engine_row {
    const char *name;
    struct engine *(*open)(struct machine *);
    const char *doc;
};
extern const struct engine_row engines[];
extern const size_t engine_count;

#endif
