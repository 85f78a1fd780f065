/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random procedures that users write in the language (report, sections 4.1.1
 * and 7): make-xrp takes procedures by keyword, and the families of C see
 * them like any other.
 *
 * What a program wrote is a *user*: its procedures, checked and plain. A user
 * is itself a value, the first argument of every application (of an XRP
 * without state), or the first parameter of the maker (of one with state). So
 * the functions of a family find it in their site, engines need to know
 * nothing of it, and a change of what it depends on is a change of arguments.
 * Equal procedures give the same user: a program that is run again meets its
 * urn again.
 *
 * Procedures run on the machine with a handler of their own, for which there
 * are no choices: what is random is drawn at once and is nobody's. They see
 * plain values only.
 *
 * Ownership: all of it belongs to the collector.
 */
#ifndef VST_XRP_USER_H
#define VST_XRP_USER_H

#include "eval/code.h"
#include "xrp/xrp.h"

/* The procedures, in the order in which they are checked. */
enum user_slot {
    USER_INITIALIZE,
    USER_SAMPLE,
    USER_INCORPORATE,
    USER_REMOVE,
    USER_PROB,
    USER_UNSAMPLE,
    USER_WEIGHT,
    USER_PROPOSE,
    USER_STATE_WEIGHT,
    USER_STATE_PROPOSE,
    USER_SUPPORT,
    USER_SCORE_STATE,
    USER_GRADIENT,
    USER_RESCORES,
    USER_STATE_TRANSITION,
    USER_SLOTS
};
extern const char *const user_slot_names[USER_SLOTS]; /* ":initialize" ... */

/* What engines can tell apart: XRPs of one shape share their families. */
struct user_shape {
    struct xrp_family made;  /* of one with state: its urn; else the XRP */
    struct xrp_family maker; /* of one with state */
    struct xrp maker_xrp;
    struct user_shape *next;
};

struct user_maker;

enum { USER_MARK = 0x5553 }; /* in the header of a user, and of no urn */

struct user {
    struct xrp xrp; /* family: the shape's `made`; its location is a hash of
                       the procedures */
    struct user_maker *maker;
    const struct user_shape *shape;
    uint32_t parameters; /* how many :parameters hands on */
    int8_t min, max;     /* arguments of an application; max -1: any number */
    bool stateful;
    value procedures[USER_SLOTS];     /* V_FALSE: none */
    struct user_procedure *procedure; /* the last that was made of it */
    value *seen; /* with state: itself, and the parameters that it was used
                    with last, plain */
};

enum { USER_KEPT = 256 };

/* make-xrp, of one machine; what its XRPs share. */
struct user_maker {
    struct native native;
    struct machine *machine;
    struct user_shape *shapes;
    /* The last thing that a user's procedure raised, until it is told. */
    bool failed;
    bool hides; /* one with a hidden part was made */
    struct error *failure;
    struct user *users[USER_KEPT];            /* of late, by hash */
    struct user_application *made[USER_KEPT]; /* of late, by location */
    /* Draws in place of the families' samplers, for a test that walks every
     * outcome; NULL: they do. */
    bool (*draw)(void *drawing, const struct xrp_family *,
                 const struct xrp_site *, value *out);
    void *drawing;
};

/* An XRP with state that was made, for those who look at it from outside the
 * engine: `made` is compared, never looked into. */
struct user_application {
    uint64_t location;
    value made;
    bool random; /* a parameter came as a reference, which may be gone */
    uint32_t count;
    value written[]; /* the user, and its parameters as they came */
};

/* An XRP without state, as programs hold it. */
struct user_procedure {
    struct native native;
    struct user *user;
    char name[24];
    uint32_t count;
    value fixed[]; /* the user, and its parameters as they came */
};

/* The make-xrp of a machine; NULL when it has none. */
struct user_maker *user_maker_of(struct machine *m);
/* Binds make-xrp in a machine. */
bool user_install(struct machine *m);

/* What make-xrp was told, before it is checked. */
struct user_wish {
    value procedures[USER_SLOTS]; /* V_FALSE: none */
    value parameters;             /* a list */
    value rescores; /* a boolean, or V_UNBOUND: its procedure says */
    value labels;   /* a boolean */
    value place;    /* :support as a word, or V_FALSE */
};

/* user_check.c: whether the procedures are there, take what they will be
 * given, and look at nothing random. Fills arity and kind of *u; false with
 * the machine's error. */
bool user_check(struct machine *m, const struct user_wish *w, struct user *u);
/* Where it can be done without arguments: tries them once, with random
 * numbers of its own, so that answers of the wrong kind are told here. */
bool user_try(struct user *u, uint32_t count, const value *parameters);

/* The user under a value; NULL when there is none. */
struct user *user_of(value v);
/* The user of an XRP that make-xrp made, and what it was made with (the user
 * first); false when v is none, or was made too long ago. What has state and
 * random parameters must have been applied just before: then *written is what
 * it was used with. */
bool user_find(struct machine *m, value v, struct user **user, uint32_t *count,
               const value **written);
/* Must it be applied first? */
bool user_is_random(struct machine *m, value v);

/* Calls one of the procedures on plain operands. Random calls in it draw from
 * r (NULL: the machine's). false: what it raised is kept (user_failure), and
 * m->error is clear. */
bool user_call(struct user *u, enum user_slot slot, struct random *r, int n,
               const value *operands, value *out);
/* The same for a procedure that answers something of the wrong kind. Always
 * false. */
bool user_wrong(struct user *u, enum user_slot slot, const char *expected,
                value got);
/* What was raised last, and takes it; false when nothing was. */
bool user_failure(struct user *u, struct error *error);

/* The functions of the families: fills those that the procedures serve. */
void user_family_fill(struct xrp_family *f, const struct user *u);
/* log probability of a number, as :prob and others answer it; NaN when the
 * procedure failed. */
double user_log(struct user *u, enum user_slot slot, int n,
                const value *operands);

#endif
