/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The machine: runs code, and asks the handler at seven points what a random
 * program means. It knows values, references and forcing; it knows nothing
 * of traces or inference.
 *
 * Ownership: the machine owns its two stacks (values, scanned by the
 * collector up to their top, and frames). Code, closures and globals belong
 * to the collector. One thread.
 */
#ifndef VST_EVAL_MACHINE_H
#define VST_EVAL_MACHINE_H

#include "base/error.h"
#include "base/random.h"
#include "eval/reader.h"
#include "eval/value.h"

struct machine;
struct code;

/* ---- procedures ------------------------------------------------------- */

/* What a primitive must see of its operands. */
enum primitive_look {
    LOOK_DEEP,  /* all of them, to the bottom; a reference makes the
                    application an expression (arithmetic, comparison) */
    LOOK_OUTER, /* the outermost value of the operands in `outer`; the
                    rest, and the parts of those, flow through untouched
                    (car, cdr, list-ref) */
    LOOK_NONE,  /* nothing: references flow through (list, cons) */
    LOOK_FORCE  /* all, now: structure decides (equal? on lists, sort,
                    display); never an expression */
};

enum primitive_flags {
    PRIMITIVE_CHEAP = 1,   /* arithmetic and access: may stand in a branch of
                            an `if` that becomes an expression */
    PRIMITIVE_TOTAL = 2,   /* raises nothing when its operands are numbers */
    PRIMITIVE_ELEMENT = 4, /* of (array or list, index): an element, by count */
    PRIMITIVE_INDEX = 8    /* likewise, and nothing but index_into */
};

/* What arithmetic instructions do, in the order of machine.operators; other
 * primitives are ARITHMETIC_NONE. */
enum arithmetic {
    ARITHMETIC_NONE,
    ARITHMETIC_ADD,
    ARITHMETIC_SUBTRACT,
    ARITHMETIC_MULTIPLY,
    ARITHMETIC_DIVIDE,
    ARITHMETIC_LESS,
    ARITHMETIC_LESS_EQUAL
};

/* Computes from plain operands (see look). Fills m->error and answers false
 * on a wrong type or domain. */
typedef bool primitive_function(struct machine *m, int n, const value *args,
                                value *out);

/* One row of a table; HELP and the documentation are printed from it. */
struct primitive {
    struct object head; /* filled at registration */
    const char *names;  /* "= eq? eqv?": all its names, the first is shown */
    primitive_function *function;
    int8_t min, max; /* number of arguments; max -1: any number */
    uint8_t look, flags;
    uint16_t outer;        /* LOOK_OUTER: bit i for operand i */
    uint8_t arithmetic;    /* enum arithmetic; filled at registration */
    const char *topic;     /* "arithmetic", "lists", ... */
    const char *signature; /* "(car list)" */
    const char *doc;       /* one line */
};

struct closure {
    struct object head; /* size: number of captured values */
    struct code *code;
    value captured[];
};

/* What the machine knows of an XRP (xrp/xrp.h has the rest). */
struct random_procedure {
    struct object head; /* T_XRP */
    const char *name, *signature;
};

/* A memoized procedure. The handler keeps its entries. */
struct mem {
    struct object head;
    value procedure;
    uint64_t location;
    void *entries; /* the handler's */
};

/* ---- references ------------------------------------------------------- */

/* An operation over operands of which some are references. Immutable. */
struct expression {
    struct object head; /* size: of operands; spare: operations in the tree,
                           at most EXPRESSION_MAX */
    const struct primitive *operation;
    void *recipe; /* what an engine has made of it to compute it quickly */
    value operands[];
};
enum { EXPRESSION_MAX = 32 };

/* ---- globals ---------------------------------------------------------- */

struct global {
    struct object head;  /* T_GLOBAL */
    value name;          /* symbol */
    value held;          /* V_UNBOUND before its ASSUME ran */
    const char *doc;     /* for those of the library and of users, or NULL */
    struct span mention; /* where code first spoke of it */
    struct global *next;
    bool builtin;
    bool varies; /* the engine's: another value may stand here in another
                    state of the choices */
};

/* ---- the handler ------------------------------------------------------ */

/* What an ordinary call is. */
enum enter_answer {
    ENTER_ERROR,
    ENTER_RUN,
    ENTER_HEARD, /* run, and `leave` is called when it ends */
    ENTER_VALUE
};

/* What a mem application is. */
enum memo_answer {
    MEMO_ERROR,
    MEMO_VALUE, /* *out is the value */
    MEMO_RUN    /* run the procedure at *location; when it is done `memo_done`
                   is called with *entry, and its answer is the value */
};

enum constrain_kind {
    CONSTRAIN_OBSERVE, /* (observe target value) inside an expression */
    CONSTRAIN_WEIGHT,  /* (weight w target) */
    CONSTRAIN_PREDICT  /* (predict label target) */
};
enum score_kind { SCORE_FACTOR, SCORE_CONDITION };

/* Each answers false (or MEMO_ERROR) with m->error filled. `location` is the
 * name of the application: the rolling hash of the path to it. */
/* A differential equation that is to be solved: its operands as they were
 * written. */
struct equation {
    const char *who;
    uint32_t count;
    const value *operands; /* f, the state, t0, times; tolerances, steps */
    uint64_t location;
    /* Solves it, and forces what it looks at; false with m->error. */
    bool (*solve)(struct equation *, value *out);
    void *context; /* of solve */
};

struct handler {
    /* An XRP, or a maker of XRPs, is applied. Answers a reference to the
     * choice, or the made XRP. args may hold references. */
    bool (*choose)(struct machine *, value xrp, int n, const value *args,
                   uint64_t location, value *out);
    /* A primitive meets a reference where it must look. Answers an
     * expression, or the value. */
    bool (*defer)(struct machine *, const struct primitive *, int n,
                  const value *args, value *out);
    /* Control flow is about to compare these two, of which one is a reference
     * at least. What the handler would look at in any case it makes plain;
     * what it leaves is compared by an expression, which is then forced. NULL:
     * nothing. */
    bool (*compare)(struct machine *, value *a, value *b);
    /* Control flow must see a value: `deep`, to the bottom; else the
     * outermost, whose parts may be references. */
    bool (*force)(struct machine *, value v, bool deep, value *out);
    /* A reference is applied. Answers the procedure under it, forced; or the
     * reference itself when a list or an array is under it, which is an
     * access and forces nothing. */
    bool (*operate)(struct machine *, value reference, value *out);
    /* An ordinary call of a procedure that itself makes calls begins: asked
     * while m->hooked_calls is set. The handler may know its value. */
    enum enter_answer (*enter)(struct machine *, value procedure, int n,
                               const value *args, uint64_t location,
                               value *out);
    /* A call that the handler has marked (FRAME_HOOKED) ends. */
    bool (*leave)(struct machine *, value *result);
    /* (mem f) is evaluated; a memoized procedure is applied. */
    bool (*memoize)(struct machine *, value procedure, uint64_t location,
                    value *out);
    /* The operands are forced in place: the procedure runs on plain ones. */
    enum memo_answer (*memo)(struct machine *, struct mem *, int n, value *args,
                             void **entry, uint64_t *location, value *out);
    bool (*memo_done)(struct machine *, void *entry, value *result);
    bool (*constrain)(struct machine *, enum constrain_kind, value target,
                      value with, uint64_t location);
    bool (*score)(struct machine *, enum score_kind, value v,
                  uint64_t location);
    /* Answers for the solution of a differential equation. NULL: it is
     * solved. */
    bool (*equation)(struct machine *, struct equation *, value *out);
};

/* ---- the machine ------------------------------------------------------ */

struct frame;

struct machine {
    const struct handler *handler;
    void *engine; /* the handler's own */
    struct error error;
    struct random random;

    value *stack, *stack_limit; /* values; frame->base points into it */
    struct frame *frames, *frame, *frame_limit;
    const struct primitive *operators[16]; /* of arithmetic instructions */
    uint32_t operands; /* of the call that a native asks for */
    value *pushed;     /* operands beyond the innermost frame, or NULL */

    int64_t fuel;        /* counts down at calls; see machine_poll */
    uint64_t steps_left; /* UINT64_MAX: no limit */
    int64_t fuel_given;
    volatile int *cancel; /* set from a signal; NULL: none */
    int64_t deadline_ns;  /* monotonic clock; 0: none */
    size_t memory_limit;  /* bytes of heap; 0: none */

    struct global **globals; /* table by name: see global.h */
    uint32_t global_count, global_room;
    value *mentions; /* names of globals in what is being compiled */
    uint32_t mention_count, mention_room;
    struct source *library; /* its files, as many as library_file_count */
    uint64_t symbols_made;  /* by gensym */
    uint64_t steps;         /* calls made so far, to the last poll */
    bool hooked_calls;      /* the handler is asked before ordinary calls */
    bool hooked_tails;      /* then before those in tail position, too: by
                              `enter`, without a location or ENTER_HEARD */
    value tags; /* of the (tag name block e) under way, innermost first: a
                   list of pairs, plain; V_FALSE for a block: none was named */

    struct data_known *data_known; /* files that were read: data_file.h */
    uint64_t vain_tries; /* runs of queries whose condition did not hold */
    bool searching;      /* an engine looks for a possible state */
    bool passing; /* an expression that is forgotten is evaluated: it may not
                     observe */
    /* Where `display` writes its line; NULL: standard output. */
    void (*display)(void *context, const char *text, size_t length);
    void *display_context;
};

/* A machine with the built-in procedures of C. NULL, with *error, when memory
 * ran out. Next come the XRPs (xrp_install), then the library. */
struct machine *machine_open(struct error *error);
/* Defines what the files of lib/ define, as built-in names. false with
 * m->error when one does not compile. */
bool machine_load_library(struct machine *m);
void machine_close(struct machine *m);
/* What its stack of values held above what it holds now is the system's
 * again. */
void machine_tidy(struct machine *m);

/* Compiles an expression of the top level. NULL with m->error. Code has no
 * parameters. */
struct code *machine_compile(struct machine *m, const struct syntax *s);
/* The same for what is to be bound to a name: a lambda is called so in
 * trails, and its tail calls of that name are loops. */
struct code *machine_compile_as(struct machine *m, value name,
                                const struct syntax *s);

/* Runs code with the frame's hash set to `location`; the result may be a
 * reference. On an error the stacks are as before the call. */
bool machine_run(struct machine *m, const struct code *code, uint64_t location,
                 value *out);
/* Applies a procedure, likewise. Handlers call these two again while a run
 * is under way. */
bool machine_apply(struct machine *m, value procedure, int n, const value *args,
                   uint64_t location, value *out);

/* Where in the program text the machine is: of the innermost call under way
 * that has a text. */
struct span machine_place(const struct machine *m);
/* The same, where it stands: it belongs to the code, and lives as long as
 * something scanned points to it. */
const struct span *machine_span(const struct machine *m);

/* Steps, cancel, time and memory: called when fuel is used up, and by loops
 * of C that may be long. false with m->error (ERROR_LIMIT, ERROR_CANCEL). */
bool machine_poll(struct machine *m);
/* Something took as long as n calls and was none: the next look comes sooner,
 * and no step is counted. */
static inline void machine_worked(struct machine *m, uint64_t n)
{
    int64_t left = m->fuel > 0 ? m->fuel : 0;
    int64_t worked = n < (uint64_t)left ? (int64_t)n : left;
    m->fuel -= worked;
    m->fuel_given -= worked;
}

/* The global of this name, user's before built-in; NULL when there is none. */
struct global *machine_global(struct machine *m, const char *name);
/* Binds (or binds again) a user's name; a built-in one is shadowed. */
struct global *machine_bind(struct machine *m, const char *name);
void machine_unbind(struct machine *m, const char *name);
/* Does this code, or code inside it, mention the name of a global? */
bool code_mentions(const struct code *code, value name);

/* A builtin by table row; called at machine_open. */
void machine_add_primitives(struct machine *m, struct primitive *rows,
                            size_t count);
/* Binds a built-in name to a value. */
void machine_add_builtin(struct machine *m, const char *name, value v,
                         const char *doc);

/* ---- for primitives --------------------------------------------------- */

/* Errors in the words that all primitives share; each returns false.
 *     car: expected a non-empty list, got 3 */
bool machine_type_error(struct machine *m, const char *who,
                        const char *expected, value got);
bool machine_domain_error(struct machine *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool machine_no_memory(struct machine *m);

/* The value under a reference, or in a structure, through the handler. */
bool machine_force(struct machine *m, value v, bool deep, value *out);

/* Applies a primitive to operands as they come: looks at what it must, or
 * defers. */
bool primitive_apply(struct machine *m, const struct primitive *p, int n,
                     const value *operands, value *out);
/* "(car list)" of a built-in procedure; NULL when it has none. */
const char *procedure_signature(value procedure);
/* Number of operands, in words: "car: expected 1 operand, got 2". */
bool machine_arity_error(struct machine *m, const char *who, int min, int max,
                         int got);

/* The primitives of C, by file. Rows are static, and are registered once. */
extern struct primitive primitives_number[], primitives_list[],
    primitives_text[], primitives_vector[], primitives_data[];
extern const size_t primitives_number_count, primitives_list_count,
    primitives_text_count, primitives_vector_count, primitives_data_count;

#endif
