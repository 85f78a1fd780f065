/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A finite program as factors. Its parts, the *units*, are each enumerated by
 * itself: an application of a memoized procedure, a choice or another random
 * value of an ASSUME, an OBSERVE, a term, and an expression that is asked
 * about. A unit's rows say what it gives, with which probability, at which
 * values of the units that it read on the way; what it did not read does not
 * matter to it, so the product of all rows is the distribution of the program,
 * and a sum over it can be taken one unit at a time (infer/eliminate.h).
 * A chain written by mem and recursion is a chain of small tables, where its
 * states are too many to be listed.
 *
 * The program is run under a handler of its own, beside the engine, whose
 * state is not touched. Much does not fit: contents of urns, observations and
 * terms inside procedures, procedures as random values, errors on the way.
 * Then nothing is said, and the caller lists states instead.
 */
#ifndef VST_TRACE_UNITS_H
#define VST_TRACE_UNITS_H

#include "base/odometer.h"
#include "trace/engine.h"
#include "trace/world.h"

enum unit_kind {
    UNIT_CHOICE, /* of a directive: a family and its arguments */
    UNIT_ENTRY,  /* an application of a memoized procedure */
    UNIT_CALL,   /* of a procedure of the top level, on plain operands: what
                     it gives has a distribution, and no name */
    UNIT_CODE,   /* an ASSUME whose run looks at random values */
    UNIT_VALUE,  /* an expression that may raise: it is read, and forgotten */
    UNIT_DATUM,  /* an OBSERVE that does, a factor, a condition */
    UNIT_QUERY
};

/* What was read of another unit: which of its values. */
struct unit_read {
    uint32_t unit, value;
};

struct unit_row {
    struct unit_read *reads;
    uint32_t read_count;
    uint32_t value;  /* which of the unit's; a datum has one */
    double log_mass; /* of the draws in it, and of what it observes */
};

/* A reference of programs, or, inside a run, an application that nobody has
 * read yet (`pending`). */
struct token {
    struct object head; /* T_CHOICE */
    bool pending;
};

struct pending {
    struct token token;
    const struct xrp_family *family;
    value *written, held; /* V_UNBOUND: not drawn */
    int count;
};

struct unit {
    struct token token;
    enum unit_kind kind;
    enum { UNIT_NEW, UNIT_ACTIVE, UNIT_READY } status;
    uint32_t number;
    struct pending application; /* UNIT_CHOICE */
    value procedure, key;    /* UNIT_ENTRY, UNIT_CALL; key: list of operands */
    bool inlined;            /* UNIT_CALL: it is run where it stands */
    const struct code *code; /* those with code */
    const struct directive *directive; /* or NULL */
    value expression;                  /* UNIT_VALUE */
    uint64_t location;
    value given; /* V_UNBOUND: not observed */
    value *values;
    uint32_t value_count, value_room;
    struct unit_row *rows;
    uint32_t row_count, row_room;
    struct odometer path; /* its runs: it goes on where it had to wait */
    uint32_t path_room;
    uint64_t way; /* of the run in which `at` was chosen */
    uint32_t at;
};

struct units {
    struct machine *m;
    const struct handler *outer;
    void *outer_engine;
    struct list all;    /* struct unit, by number */
    struct table known; /* entries and calls, by location */
    struct unit *running, *need;
    bool looked; /* a directive's run looked at a random value */
    bool unfit;
    uint64_t way, ways, most; /* runs so far, and at most */
    double log_mass;          /* of the run under way */
    struct unit_read *reads;
    uint32_t read_count, read_room;
};

/* The program as units, and the unit of what is asked; *fits false: it is not
 * to be had. `most`: runs of units. false with the machine's error: limits. */
bool units_make(struct units *u, struct machine *m,
                struct directive *const *program, uint32_t count,
                const struct code *query, double most, bool *fits);

/* ---- inside ---------------------------------------------------------------- */

extern const struct handler units_handler;
/* NULL with the machine's error. */
struct unit *unit_new(struct units *u, enum unit_kind kind);
/* All its rows. *need: another unit must be made first; then it is called
 * again, and goes on. */
bool unit_enumerate(struct units *u, struct unit *x, struct unit **need);
/* It does not fit. Always false. */
bool units_unfit(struct units *u);
/* What a token stands for, in the run under way. */
bool units_read(struct machine *m, value reference, value *out);

#endif
