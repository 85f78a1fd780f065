/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the closed forms of Gibbs share: readers opened, and the conditional
 * that comes out.
 */
#ifndef VST_TRACE_REDUCED_CONJUGATE_H
#define VST_TRACE_REDUCED_CONJUGATE_H

#include "trace/reduced_power.h"

enum kind { MEAN, CHANCE, RATE };
enum { ARGUMENTS = 2 };

/* Of a mean, its precision times itself, and its precision; of a chance, the
 * two parameters of a beta; of a rate, shape and rate of a gamma. */
struct evidence {
    double p, q;
};

/* inverse: of 1 / x, whose powers are those of x with the other sign. */
struct prior {
    enum kind kind;
    bool inverse;
    const struct xrp_family *family;
    bool (*begin)(const double *args, struct evidence *);
};

/* NULL: the family has no conjugate readers. */
const struct prior *prior_of(const struct xrp_family *f);
/* Where the sums begin: at the arguments, which are as a choice has them
 * written, or plain. false: this is no conjugate prior. */
bool prior_begin(const struct power_view *w, const struct prior *prior,
                 const value *args, uint32_t count, struct evidence *e);
/* What one reader adds; false: it is no conjugate one. */
bool prior_read(const struct power_view *w, const struct prior *prior,
                const struct choice *reader, struct evidence *e);
/* The posterior; false: rounding left none. */
bool prior_end(const struct prior *prior, const struct evidence *e,
               struct conditional *out);

/* The random procedure within a reader: an application, or one for each row
 * of iid and each. */
struct reading {
    const struct xrp_family *family;
    const value *args; /* as they are written */
    uint32_t count;
    value held;  /* a value, or an array of them */
    bool is_row; /* an array */
    bool along;  /* whose arguments may be arrays that go along */
};

/* false: it is none, or its procedure is random. */
bool reading_open(const struct choice *reader, struct reading *out);

/* Goes along the values of an array, or the one value. */
struct held_walk {
    value rest;
    bool is_list;
    const double *at;
    uint32_t left;
};
/* false: these are none that could go along. */
bool held_open(const struct reading *r, struct held_walk *w);
/* There is one left. */
value held_next(struct held_walk *w);
/* As a number; booleans are 1 and 0. false: it is none. */
bool held_number(value v, double *out);

/* Has this edge's reader an edge to the same node before it? */
bool edge_is_again(const struct edge *e);
/* Has it one to this node? */
bool edge_reads(const struct edge *e, const struct node *n);

/* ---- reduced_shares.c -------------------------------------------------------- */

/* Of shares with a Dirichlet prior; as trace_conjugate. */
bool shares_are(const struct choice *c);
bool shares_conditional(struct trace *t, struct choice *c,
                        struct conditional *out);

#endif
