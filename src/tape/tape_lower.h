/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a plate's operations to steps: values forward, adjoints backward, with
 * what each needs named by place. What is to be done once, once a run, or for
 * each block of rows stands apart; what needs no adjoint has none. It does
 * not know where in memory anything is, nor how a step is done: tape_run.c
 * puts steps into lanes, tape_one.c rows into one program.
 */
#ifndef VST_TAPE_TAPE_LOWER_H
#define VST_TAPE_TAPE_LOWER_H

#include "tape/lanes.h"

enum tape_place {
    PLACE_NOWHERE,
    PLACE_CONSTANT, /* of the tape */
    PLACE_COLUMN,
    PLACE_SLOT,      /* for all rows */
    PLACE_RUN,       /* slot index + row */
    PLACE_GATHER,    /* one row at a time only: a slot by number */
    PLACE_BUFFER,    /* a number for each row of a block */
    PLACE_EIGHT,     /* a number for all rows, written once a run */
    PLACE_SUM,       /* 8 partial sums, 0 when a run begins */
    PLACE_ROWS,      /* a number for each row of the plate */
    PLACE_SEED,      /* 1 in each row */
    PLACE_TERM,      /* 8 partial sums of the log density */
    PLACE_GUARD,     /* becomes 1 where a guard does not hold */
    PLACE_BY_SLOT,   /* adjoints, one row at a time only */
    PLACE_BY_RUN,    /* of slots index + row */
    PLACE_BY_GATHER, /* one row at a time only */
};

struct tape_ref {
    uint32_t place : 8, index : 24;
};

/* Beside operations and ways, as in struct lanes_one. */
enum {
    STEP_WAY = TAPE_CODES,
    STEP_PLUS = STEP_WAY + LANES_WAY_COUNT, /* a to the term */
    STEP_COPY,                              /* a to an output */
    STEP_GUARD,
    STEP_SEED,   /* the adjoint of an output */
    STEP_GATHER, /* gather `index` */
    STEP_DOT,    /* dot `index`, begun with a */
    STEP_DOT_WAY
};

struct tape_step {
    uint32_t code;
    enum lanes_mode mode; /* of ways; of operations LANES_SUM: as a term */
    struct tape_ref out, slope[2], a, b, c, g;
    uint32_t index;
};

enum tape_phase {
    PHASE_ONCE,    /* when the tape is made ready */
    PHASE_FIRST,   /* when a run begins: what is the same for all rows */
    PHASE_FORWARD, /* by blocks */
    PHASE_LEAVE,   /* by blocks: terms, guards, outputs */
    PHASE_BACK,    /* by blocks, backward */
    PHASE_LAST,    /* backward, what is the same for all rows */
    PHASES
};

struct tape_pair {
    uint32_t from, to;
};
struct tape_pairs {
    struct tape_pair *at;
    uint32_t count, room;
};

struct tape_lowered {
    struct {
        struct tape_step *at;
        uint32_t count, room;
    } steps[PHASES];
    uint32_t buffers, eights, sums, rows; /* how many of each place */
    struct tape_pairs slots;     /* slot -> eight: written when a run begins */
    struct tape_pairs constants; /* constant -> eight */
    struct tape_pairs totals;    /* sum -> slot: added when a run ends */
    struct tape_pairs gathers;   /* gather -> rows: the same */
    struct tape_pairs dots;      /* from the first product .. to before */
    struct tape_pairs factors;   /* products: eight of the slot -> column */
    struct tape_pairs factor_sums; /* products: sum of the slot's adjoints */
    bool seeded;                   /* PLACE_SEED is used */
};

/* `rows_apart`: for one row at a time: all is done in PHASE_ONCE,
 * PHASE_FORWARD, PHASE_LEAVE and PHASE_BACK, ways add, and adjoints are sums.
 * false: memory ran out. tape_lowered_free in any case. */
bool tape_lower(const struct tape *t, const struct tape_plate *p,
                bool rows_apart, struct tape_lowered *out);
void tape_lowered_free(struct tape_lowered *l);

#endif
