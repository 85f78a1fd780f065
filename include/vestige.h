/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Vestige inside another program: open a session, give it text, read answers
 * and draws, close it; and random procedures written in C.
 * docs/embedding.md tells it with examples.
 *
 * Errors. What can fail answers an enum vst_status; VST_OK is 0. Messages are
 * one line: what, where, what was expected. Nothing here ends the process.
 *
 * Ownership. A session owns all that its functions point to. Text and numbers
 * of an answer or an error stand until the same function is asked again, or the
 * next vst_run, vst_run_file or vst_close of that session; draws until an INFER or a change of the program
 * takes their place. What is given to a function is copied, but for contexts.
 *
 * Threads. The memory of all sessions is one heap, whose roots are on the main
 * thread's stack: only the main thread may call anything here, and gets
 * VST_USE otherwise; vst_cancel alone may be called from any thread and from
 * a signal handler. There may be several sessions at a time. The limit of
 * memory is of the process, and is that of the session opened last.
 *
 * Processes. INFER runs the chains behind the first in processes of its own,
 * by fork; with :chains 1 it stays in this one, as it must where there are
 * several threads (VST_USE).
 *
 * Numbers are printed and read in the "C" locale whatever that of the process
 * is. No signal handler is installed.
 */
#ifndef VESTIGE_H
#define VESTIGE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum vst_status {
    VST_OK = 0,
    VST_SYNTAX,     /* text that is no program */
    VST_NAME,       /* an unknown name, or one that is taken */
    VST_ARITY,      /* a wrong number of arguments */
    VST_TYPE,       /* a value of the wrong type */
    VST_DOMAIN,     /* a parameter out of its domain */
    VST_IMPOSSIBLE, /* an observation that cannot be */
    VST_OBSERVE,    /* an OBSERVE of what is no choice */
    VST_LIMIT,      /* stack, steps, memory, time */
    VST_CANCELLED,  /* vst_cancel */
    VST_IO,         /* files */
    VST_USE,        /* something used wrongly; also of this library */
    VST_ENGINE      /* a fault of ours */
};

/* "syntax", "name", ... */
const char *vst_status_name(enum vst_status status);
/* "0.1.0" */
const char *vst_version(void);

/* ---- sessions ----------------------------------------------------------- */

struct vst_session;

/* Of all chains together. */
struct vst_progress {
    int warming;            /* still in warmup */
    uint64_t made, planned; /* transitions, warmup among them */
    uint64_t proposals, accepted;
    double seconds;
};

/* All may be zero. */
struct vst_options {
    const char *engine; /* reduced, traces or randomdb; NULL: the usual */
    uint64_t seed;
    int seeded;     /* else a seed is taken from the system */
    double seconds; /* of wall time from now; 0: no limit */
    size_t memory;  /* bytes of the process's heap; 0: no limit */
    size_t heap;    /* bytes to begin with; counts at the first session */

    /* Those who listen; `context` is handed on. None may call vst_run,
     * vst_run_file or vst_close. */
    void *context;
    /* A directive was done: the vst_answer_ functions tell its answer. 0: do
     * no more of this text. */
    int (*answer)(void *context, struct vst_session *s);
    /* About ten times a second during INFER. 0: cancel. */
    int (*progress)(void *context, const struct vst_progress *p);
    /* `display` wrote a line, its end with it; NULL: to standard output. */
    void (*display)(void *context, const char *text, size_t length);
};

/* Opens a session; options may be NULL. What went wrong goes to `message`, of
 * `size` bytes (0 and NULL: nowhere), and *out is NULL. */
enum vst_status vst_open(const struct vst_options *options,
                         struct vst_session **out, char *message, size_t size);
/* NULL does nothing. */
void vst_close(struct vst_session *s);

/* Does all directives of a text, up to the first error; `name` stands for it
 * in messages. Up to there they are done: an ASSUME before an error holds.
 * Also after an EXIT the session may be used further. */
enum vst_status vst_run(struct vst_session *s, const char *name,
                        const char *text, size_t length);
/* The same of a file; "-" is standard input. */
enum vst_status vst_run_file(struct vst_session *s, const char *path);

/* Asks the call that is under way, or else the next one, to end with
 * VST_CANCELLED; an INFER stops between transitions, in a state. */
void vst_cancel(struct vst_session *s);

/* ---- the last error ------------------------------------------------------ */

struct vst_place {
    const char *name;  /* of the text, or of the file */
    size_t start, end; /* bytes of it */
    int line, column;  /* of the start, from 1; columns count characters */
};

enum vst_status vst_status_of(const struct vst_session *s);
/* "" after VST_OK. */
const char *vst_message(const struct vst_session *s);
/* What to try, or "". */
const char *vst_hint(const struct vst_session *s);
/* 1, or 0 where an error has no place. */
int vst_place_of(const struct vst_session *s, struct vst_place *out);
/* As a person sees it, with the line and who called whom; and as one object of
 * JSON. NULL when memory ran out. */
const char *vst_error_text(struct vst_session *s);
const char *vst_error_json(struct vst_session *s);

/* ---- the last answer ----------------------------------------------------- */

/* Of the directive that was done last: "value" of an expression, "assume",
 * "infer", ...; NULL when the last text held none. */
const char *vst_answer_directive(const struct vst_session *s);
/* Lines, as the prompt shows them; and one object of JSON. NULL when there is
 * no answer, or memory ran out. */
const char *vst_answer_text(struct vst_session *s);
const char *vst_answer_json(struct vst_session *s);
/* The value of an expression, of an ASSUME, ... as doubles: 1 of a number or a
 * boolean, n of a vector, a matrix (row after row) or a list of such numbers.
 * 0, and NULL, when it is none of them. */
size_t vst_answer_numbers(struct vst_session *s, const double **at);
/* A field of the answer by its name in JSON, if that is a number: 1, else 0.
 */
int vst_answer_field(const struct vst_session *s, const char *name,
                     double *out);

/* All names of the session with a line each, as `vestige --list` prints them,
 * and an object of JSON a line. NULL when memory ran out. */
const char *vst_list(struct vst_session *s);
const char *vst_list_json(struct vst_session *s);

/* ---- draws --------------------------------------------------------------- */

/* A variable, or an element of one, in the draws of the last INFER. */
struct vst_column {
    const char *name; /* "mu", "theta.1" */
    const double *at; /* chain after chain; True is 1, False 0 */
    size_t count;     /* of all chains together */
    size_t chains;
    size_t levels; /* not 0: what is drawn is no number, and these are
                          codes from 0, see vst_level */
};

struct vst_summary {
    double mean, sd, mcse;
    double q05, q50, q95;
    double ess_bulk, ess_tail, rhat;
};

size_t vst_columns(const struct vst_session *s);
/* 1; 0 when there are no so many. */
int vst_column_at(const struct vst_session *s, size_t i,
                  struct vst_column *out);
int vst_column_named(const struct vst_session *s, const char *name,
                     struct vst_column *out);
/* The value of a code, as text; NULL when there is none. */
const char *vst_level(const struct vst_session *s, const char *name,
                      size_t code);
/* Mean, quantiles and how far to trust them (Vehtari et al. 2021); NaN where
 * there is none. O(n log n). 1; 0 when memory ran out, or when the column
 * holds codes. */
int vst_summarise(const struct vst_column *c, struct vst_summary *out);

/* ---- random procedures --------------------------------------------------- */

/* What a value is, and where it has a probability. Values of the first three
 * are True and False (1 and 0 in C) and whole numbers. */
enum vst_support {
    VST_BOOLEAN,
    VST_INTEGER,
    VST_COUNT, /* 0, 1, 2, ... */
    VST_REAL,  /* from here on: a density */
    VST_POSITIVE,
    VST_UNIT,     /* from 0 to 1 */
    VST_INTERVAL, /* where `bounds` says */
    VST_ANGLE,    /* from -pi to pi */
    VST_VECTOR,
    VST_SIMPLEX /* a vector of shares that sum to 1 */
};

enum {
    VST_REDRAWN = 1,    /* is drawn again when an argument changes; else it is
                           kept, and scored anew */
    VST_EXACT_STATE = 2 /* incorporate and remove undo each other to the bit,
                           whatever the parameters: the state need not be
                           copied. Of no use to one with arguments */
};

/* An argument: a number or boolean is one, a vector or list several. */
struct vst_numbers {
    const double *at;
    size_t count;
};

/* One application, (name args...) or ((name params...) args...). */
struct vst_site {
    void *context;                    /* of the vst_xrp */
    const struct vst_numbers *params; /* NULL without state */
    int param_count;
    const struct vst_numbers *args;
    int arg_count;
    void *state;   /* NULL without state */
    size_t length; /* of a value: numbers in it */
};

/* A stream of random numbers; lent for the length of one call. The same seed
 * gives the same numbers. */
struct vst_random;
uint64_t vst_random_bits(struct vst_random *r);  /* 64 fair bits */
double vst_random_uniform(struct vst_random *r); /* between 0 and 1, never
                                                       either */
double vst_random_normal(struct vst_random *r);  /* mean 0, sd 1 */
double vst_random_gamma(struct vst_random *r, double shape); /* scale 1 */

/* A random procedure. Its functions answer the same for the same site, and
 * keep nothing but in `state`. They see arguments as numbers only, and values
 * of the support only. Without state (name args...) draws. With state_size
 * above 0, (name params...) makes a random procedure with a state of its own,
 * whose applications are exchangeable: the probability of a sequence of
 * (arguments, value) does not depend on the order. */
struct vst_xrp {
    const char *name;           /* "die" */
    const char *signature;      /* "(die faces)" */
    const char *doc;            /* one line */
    int min, max;               /* arguments of an application; max -1: any */
    int params_min, params_max; /* with state: of the maker, likewise */
    enum vst_support support;
    unsigned flags;
    void *context; /* must outlive the sessions */

    /* Numbers in a value; NULL: 1. Needed of VST_VECTOR and VST_SIMPLEX. 0: the
     * arguments are out of their domain. */
    size_t (*length)(const struct vst_site *);
    /* Draws `length` numbers. 0: the arguments are out of their domain. */
    int (*sample)(const struct vst_site *, struct vst_random *, double *value);
    /* Log probability or density, given the state. -INFINITY: it cannot be;
     * NaN: the arguments are out of their domain. */
    double (*log_prob)(const struct vst_site *, const double *value);

    /* -- may be NULL -- */

    /* Why arguments are out of their domain, in words. 0: they are not. */
    int (*explain)(const struct vst_site *, char *words, size_t size);
    /* The least closed interval with the support in it. Of whole numbers it
     * makes the support one that can be enumerated. */
    int (*bounds)(const struct vst_site *, double *lo, double *hi);
    /* Slopes of log_prob: by_value has room for `length` numbers, by_args[i]
     * for as many as argument i has (with state: parameter i). NaN where there
     * is none; 0: there are none. */
    int (*gradient)(const struct vst_site *, const double *value,
                    double *by_value, double *const *by_args);
    int (*moments)(const struct vst_site *, double *mean, double *variance);

    /* -- state: so many bytes, zeroed at first; they are copied as they are,
     * and must not hold pointers to memory of their own -- */

    size_t state_size;
    void (*init)(const struct vst_site *); /* NULL: zeros are the state */
    /* Take an application into the state, and out of it, in any order. */
    void (*incorporate)(const struct vst_site *, const double *value);
    void (*remove)(const struct vst_site *, const double *value);
    /* Log probability of all that is in the state, at once; NULL: one after
     * another. */
    double (*score)(const struct vst_site *);
};

/* Makes it known to a session, or to all that are opened from now on (s NULL).
 * It is used like a built-in one under every engine and kernel. VST_NAME: the
 * name is taken, or no name; VST_ARITY, VST_USE: a number or a function that
 * is missing or does not fit; the message says which. */
enum vst_status vst_add(struct vst_session *s, const struct vst_xrp *x,
                        char *message, size_t size);

#ifdef __cplusplus
}
#endif
#endif
