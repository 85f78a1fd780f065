/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the closed forms of Gibbs share: readers opened, and the conditional
 * that comes out.
 */
#ifndef VST_TRACE_REDUCED_CONJUGATE_H
#define VST_TRACE_REDUCED_CONJUGATE_H

#include "trace/reduced.h"

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

/* Has this edge's reader an edge to the same node before it? */
bool edge_is_again(const struct edge *e);

/* ---- reduced_shares.c -------------------------------------------------------- */

/* Of shares with a Dirichlet prior; as trace_conjugate. */
bool shares_are(const struct choice *c);
bool shares_conditional(struct trace *t, struct choice *c,
                        struct conditional *out);

#endif
