/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A finite program as a network of cells: each random ASSUME, each
 * application of a memoized procedure, each observation, condition and
 * factor, and what is asked. A cell is run once for each way in which its own
 * choices can come out and each of the values that other cells which it reads
 * may have; what comes of it are rows. Sums over the product of all rows are
 * then no longer than the network is wide, where the states of the program
 * may be more than can be counted (infer/elimination.h).
 *
 *     (define state (mem (lambda (t) (if (= t 0) (flip) ... (state (- t 1))))))
 *
 * gives a cell for each t, with a handful of rows.
 *
 * Cells are run under the handler of queries (query.h): choices are drawn
 * when somebody looks, and an observation gives its choice a value.
 *
 * Ownership: all of it is the collector's.
 */
#ifndef VST_TRACE_NET_H
#define VST_TRACE_NET_H

#include "trace/engine.h"
#include "trace/query.h"

struct net_cell;

/* A cell that was read, and which of its values it had. */
struct net_read {
    struct net_cell *cell;
    uint32_t value;
};

struct net_row {
    uint64_t hash;
    double mass;    /* relative to exp(log_scale) of its cell */
    uint32_t value; /* of the cell */
    uint32_t reads; /* how many */
    struct net_read read[];
};

enum net_state { NET_NEW, NET_OPEN, NET_DONE };

/* It begins as a query_choice does, of no query: a reference to a value. */
struct net_cell {
    struct object head;  /* T_QUERIED */
    struct query *query; /* NULL */
    enum net_state state;
    uint64_t location;
    const struct directive *directive; /* or */
    struct mem *mem;                   /* applied to */
    value key;                         /* these; or */
    const struct code *code;           /* what is asked */
    value *values;                     /* that it may have */
    uint32_t value_count, value_room;
    uint32_t index; /* among the net's */
    struct list rows;
    struct table row_at;
    double log_scale;
    /* ---- while it is open */
    uint32_t *at, *of; /* the way: see base/odometer.h */
    uint32_t length, room;
};

struct net {
    struct list cells;      /* those that were needed, in the order in which
                                they were done */
    struct net_cell *asked; /* NULL: nothing was */
    double runs;
};

/* The network that this program's observations and `asked` (or NULL) need, at
 * most so many runs. *fits false: the program is none; nothing else is said
 * then, and there are states enough in which it can be gone through one by
 * one. false with the machine's error. The engine and its names are as they
 * were. */
bool net_make(struct engine *e, struct directive *const *program,
              uint32_t count, const struct code *asked, double most,
              struct net **out, bool *fits);

#endif
