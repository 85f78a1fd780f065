/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernel programs: what INFER is told to do, read from syntax. A kernel is
 * a way to move the state that leaves the posterior as it is. Each has one
 * shape: a row of the table, `init`, which looks at the program and refuses
 * it with a reason, and `step`. One file each; HELP and the documentation
 * are printed from the table.
 *
 * Ownership: a kernel and its parts are the collector's; scopes and what a
 * kernel gathers in a run go back with kernel_close.
 */
#ifndef VST_INFER_KERNEL_H
#define VST_INFER_KERNEL_H

#include "eval/reader.h"
#include "trace/engine.h"

struct kernel;
struct kernel_past;
struct place_book;
struct text;

/* `:name value`. Values are numbers, or true and false as 1 and 0. */
struct kernel_option {
    const char *name; /* ":width"; NULL ends the list */
    double fallback;
    double least, most;
    const char *doc;
    const char *const *words; /* NULL: a number; else the value is one of
                                 these, ended by NULL, and kept as its place;
                                 or, if `fallback` is an OPTION_WORD, that or a
                                 number, and words are kept as OPTION_WORD */
};
#define OPTION_WORD(place) (-1.0 - (place))
enum { KERNEL_OPTIONS = 6 };

/* What stands behind the name, in this order. */
enum kernel_takes {
    TAKES_SCOPE = 1,
    NEEDS_SCOPE = 2,
    TAKES_NUMBER = 4, /* one positive number */
    TAKES_PICK = 8,
    TAKES_PROCEDURE = 16,
    TAKES_COUNT = 32,    /* how often */
    TAKES_KERNELS = 64,  /* one or more */
    TAKES_WEIGHTED = 128 /* (weight kernel) ... */
};

/* What some kernels know besides draws. */
struct kernel_tale {
    double log_ml;        /* the log marginal likelihood */
    double size, size_of; /* a transition looked at size_of states, and they
                             were worth `size` independent ones; NaN: there
                             is no such number */
};

struct kernel_row {
    const char *name;                    /* "mh" */
    const char *signature;               /* "(mh [scope [pick]])" */
    const char *doc;                     /* one line */
    unsigned takes;                      /* enum kernel_takes */
    const struct kernel_option *options; /* NULL: none */
    bool single_site; /* a draw is a sweep of as many transitions as there
                         are choices */
    bool independent; /* a draw does not depend on the one before */
    uint32_t draws;   /* as many are made unless INFER says how many, for each
                       costs much, and none to warm up; 0: as usual */
    /* How many transitions a draw is made of, if nobody says: of a kernel that
     * is not opened. NULL: by single_site. */
    uint64_t (*sweep)(struct kernel *, struct engine *);
    /* Before a run: looks at the state. false with the machine's error. NULL:
     * nothing to look at. */
    bool (*init)(struct kernel *, struct engine *);
    /* One transition. On an error the state is the one before. */
    bool (*step)(struct kernel *, struct engine *, struct transition_counts *);
    /* n transitions at once; NULL: as many steps. *made counts them. */
    bool (*steps)(struct kernel *, struct engine *, uint64_t n, uint64_t *made,
                  struct transition_counts *);
    /* Where `glimpses` is set the engine's state may stay behind what steps
     * have made of it: values of directives and the log score are right, and
     * nothing else is asked for, before this. false with the machine's error.
     * NULL: it never does. */
    bool (*bring)(struct kernel *, struct engine *, struct transition_counts *);
    /* Not 0: where `steps` ends matters to the draws, so it is asked for this
     * many at a time, however long they take. */
    uint64_t batch;
    /* What it knows of the run; false: nothing yet. NULL: it knows nothing. */
    bool (*tell)(const struct kernel *, struct kernel_tale *);
    /* Gives back what init and steps have gathered. NULL: nothing. */
    void (*close)(struct kernel *);

    /* What it says of each draw beside the state: names in CmdStan's words,
     * accept_stat__ stepsize__ treedepth__ n_leapfrog__ divergent__ energy__,
     * ended by NULL; and their numbers for the transition that was last, in
     * that order. NULL: nothing. */
    const char *const *draw_columns;
    void (*read_draw)(const struct kernel *, double *);
    /* What warmup has settled, as the lines that CmdStan writes:
     *
     *     Adaptation terminated
     *     Step size = 0.81
     *     Diagonal elements of inverse mass matrix:
     *     1.2, 0.7
     *
     * Asked for once, after warmup; false when memory ran out. Read back
     * after init and before the first step: from the lines of such a block,
     * false with an error when they do not fit. NULL: nothing to settle. */
    bool (*write_adaptation)(const struct kernel *, struct text *);
    bool (*read_adaptation)(struct kernel *, const char *lines, struct error *);

    /* All that it has in memory and that its draws depend on, as bytes: of one
     * that is open; and back, before it is opened: see kernel_past.h. false:
     * memory ran out, or they are no such bytes. NULL: there is nothing. */
    bool (*save)(const struct kernel *, const struct place_book *,
                 struct text *);
    bool (*load)(struct kernel *, struct kernel_past *);
};

extern const struct kernel_row *const kernel_rows[];
extern const size_t kernel_count;

enum kernel_pick { PICK_ONE, PICK_EACH, PICK_BLOCK, PICK_ORDERED };

struct kernel {
    const struct kernel_row *row;
    char name[200]; /* as it was written */
    struct span span;
    struct scope *scope; /* NULL: takes none */
    enum kernel_pick pick;
    double number; /* NAN: none was given */
    double options[KERNEL_OPTIONS];
    uint64_t count;
    struct syntax *procedure;
    struct code *code;     /* of the procedure, while a run is under way */
    struct kernel **parts; /* scanned */
    double *weights;
    uint32_t part_count;
    bool open;
    bool loaded; /* kernel_load made it what it was: what it would refuse
                    when it is opened, it refused then */
    bool warming;
    bool glimpses; /* see `bring` */
    bool drawn;   /* somebody reads its draw_columns: what they tell need not be
                   said in words */
    bool lenient; /* what it cannot move is moved by mh, and not refused */
    void *state;  /* the kernel's own */
    const char *plan; /* what auto says of itself; NULL */
    uint64_t planned; /* steps of it that warmup will have, about */
    uint64_t effort; /* gradients, and runs of the program from its prior, since
                        it began to be opened: no engine counts them */
    uint64_t touched;    /* nodes, by all, when it made its last step */
    char words[640];     /* what it has to say of the run that is over, lines */
    struct turns *turns; /* of sweeps; NULL: there was none yet */
    struct ahead *ahead; /* of picks; NULL: nothing is foreseen yet */
};

/* The names that a scope may speak of, by the one who knows the program. */
struct kernel_names {
    void *context;
    /* The id of the ASSUME of this name, or 0. */
    int (*assumed)(void *context, const char *name);
    bool (*directive)(void *context, int id);
    /* Appends the names that there are, separated by blanks. */
    void (*list)(void *context, struct text *out);
};

/* By name; NULL when there is none. */
const struct kernel_row *kernel_find(const char *name);

/* What INFER does when no kernel is named: to move, (mh); for draws, (auto).
 * NULL when memory ran out. */
struct kernel *kernel_default(void);
struct kernel *kernel_of_draws(void);

/* Is this list a kernel program, by its first word: one of this version, or
 * one that the language names and that is not here yet? */
bool kernel_is_named(const struct syntax *s);

/* Reads a kernel program. NULL with an error that says what there is. names
 * NULL: names are not looked up. */
struct kernel *kernel_parse(struct syntax *s, const struct kernel_names *names,
                            struct error *error);

/* Reads the scope of this kernel: in kernel_scope.c. NULL with an error. */
struct scope *kernel_scope_parse(const struct syntax *s, const char *kernel,
                                 const struct kernel_names *names,
                                 struct error *error);
/* Is this syntax a scope, by its look? */
bool kernel_scope_is_named(const struct syntax *s);

/* A kernel of this row and scope, not read from text; NULL when memory ran
 * out. */
struct kernel *kernel_make(const struct kernel_row *row, struct scope *scope,
                           const char *name);

/* Before a run, and after it. kernel_open looks at the state that a run
 * begins with; false with the machine's error, closed. */
bool kernel_open(struct kernel *k, struct engine *e);
void kernel_close(struct kernel *k, struct engine *e);
/* The run will begin with so many steps of it as warmup; before kernel_open.
 * Parts are told their share. */
void kernel_plan(struct kernel *k, uint64_t warmup);
/* What it and its parts have to say of the run that is over: appends lines. */
bool kernel_words(const struct kernel *k, struct text *out);
/* Transitions that make a draw, if nobody says; after kernel_plan. */
uint64_t kernel_sweep(struct kernel *k, struct engine *e);
/* Adaptation is on, or off, in it and its parts. */
void kernel_warm(struct kernel *k, bool warming);
/* Values and the log score are all that anyone looks at from here on, until
 * kernel_bring makes the state whole, even where there is an error already;
 * false with the machine's error. Of one that is open. */
void kernel_glimpse(struct kernel *k);
bool kernel_bring(struct kernel *k, struct engine *e,
                  struct transition_counts *counts);
/* n transitions; *counts->transitions says how many were made. */
bool kernel_run(struct kernel *k, struct engine *e, uint64_t n,
                struct transition_counts *counts);
bool kernel_step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts);
/* The same of one of its parts, for kernels made of kernels. The state is
 * whole for who moves something. So a part stays behind only where the others
 * have nothing to move, or have their turn seldom; and `bring` of the whole is
 * that of its parts. */
bool kernel_turn(struct kernel *k, uint32_t part, struct engine *e,
                 struct transition_counts *counts);
bool kernel_bring_parts(struct kernel *k, struct engine *e,
                        struct transition_counts *counts);

/* The first of it and its parts, in the order of the text, that says
 * something of a draw; that has an adaptation. NULL: none. */
struct kernel *kernel_with_columns(struct kernel *k);
struct kernel *kernel_with_adaptation(struct kernel *k);

/* The effort of it and its parts. */
uint64_t kernel_effort(const struct kernel *k);

enum { KERNEL_COLUMNS_MAX = 16 };

/* May the prior propose for every choice? false with the machine's error. */
bool kernel_proposes_all(const struct kernel *k, struct engine *e);

/* Refusals (kernel_refuse.c): the reason, between the kernel's name and its
 * scope. Always false. */
bool kernel_refuse(const struct kernel *k, struct engine *e, const char *format,
                   ...) __attribute__((format(printf, 3, 4)));
/* Because of this choice, made there: the reason begins with a blank. */
bool kernel_refuse_choice(const struct kernel *k, struct engine *e,
                          const void *choice, struct span place,
                          const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* No choice that could move is in its scope. */
bool kernel_refuse_empty(const struct kernel *k, struct engine *e);
/* "'(poisson 2)' of n": what a refusal calls a choice. */
const char *kernel_choice_words(struct engine *e, const void *choice,
                                struct span place, char *buffer, size_t size);

#endif
