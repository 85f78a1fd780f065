/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a reduced trace to a tape: the log density of the continuous choices
 * of a scope, all else being as it is, in unconstrained space. Terms are the
 * densities of those choices, of all choices that read them, of urns whose
 * parameters read them, factors, and the log Jacobians of the spaces.
 * Everything else is a number; what cannot change with the scope is left out
 * of the sum. Tests that were made on the way are guards.
 *
 * A gathering holds as long as the structure of the trace does, and nothing
 * but the choices of the scope has moved. It points to choices of the trace.
 */
#ifndef VST_TAPE_GATHER_H
#define VST_TAPE_GATHER_H

#include "tape/tape.h"
#include "trace/engine.h"

/* How the numbers x of a choice come from coordinates y. */
enum space {
    SPACE_REAL,     /* x = y */
    SPACE_LOWER,    /* x = lo + exp(y) */
    SPACE_UPPER,    /* x = hi - exp(y) */
    SPACE_INTERVAL, /* x = lo + (hi - lo) logistic(y) */
    SPACE_SIMPLEX,  /* breaks of a stick, one coordinate less than numbers;
                       y = 0 is the centre */
    SPACE_ORDERED,  /* the first, and logs of differences */
    SPACE_POSITIVE_ORDERED, /* logs of differences, the first from 0 */
    SPACE_CORRELATION, /* the lower factor of a correlation matrix: canonical
                          partial correlations tanh(y), row after row */
    SPACE_DEFINITE,    /* a covariance matrix: its lower factor, row after
                          row, logs on the diagonal */
    SPACE_LOCATED      /* around a location that moves, or by a scale that
                          does: see gather_centre.c */
};

/* A number that stands on as many located ones is a step of a walk. */
enum { GATHER_WALK = 3 };

/* A choice of the scope. */
struct gather_block {
    struct choice *choice;
    uint64_t location;
    struct span place;
    enum space space;
    uint32_t first, count; /* its coordinates */
    /* Its numbers: one (rows 0), a vector (columns 0) or a matrix. */
    uint32_t rows, columns, numbers;
    bool listed; /* the rows are vectors in a list */
    uint32_t at; /* the first of them among all numbers */
    /* In SPACE_LOCATED only. */
    const struct xrp_family *elements; /* whose draws its numbers are */
    double *centring;                  /* of each: 1 centred, 0 not */
    uint8_t located;                   /* how: a row of gather_centre.c */
    uint32_t level; /* located numbers that it stands on, one on the other */
    uint32_t frame; /* where location and scale of each stand among all
                             numbers; of all the same, if `frames` is 1 */
    uint32_t frames;
};

/* What was seen to turn when other choices moved: arguments, by the place of
 * their application, and densities. Kept by who gathers again and again. */
struct gather_turn {
    const struct span *place;
    int argument; /* below 0: the density */
};
enum { GATHER_TURNS = 32 };
struct gather_turns {
    struct gather_turn at[GATHER_TURNS];
    uint32_t count;
    bool asked; /* something else does move */
};

/* What a gathering is told; zeroed: nothing in particular. */
struct gather_plan {
    void *context;
    /* How far element i is centred, from 0 to 1. NULL: all are, and there is
     * no SPACE_LOCATED. */
    double (*centring)(void *context, const struct gather_block *k, uint32_t i);
    /* The density is that of the numbers by themselves, at these coordinates:
     * its top is the program's. There is no centring then. */
    bool of_numbers;
    struct gather_turns *turns; /* or NULL: nobody will ask gathering_again */
};

struct gather_seen; /* what a gathering has looked at */

struct region;

/* A directive's value at coordinates: a number (rows 0), a vector (columns 0),
 * a matrix, or a list of numbers or vectors; as numbers that are kept. */
struct gather_shown {
    struct region *region;
    uint32_t rows, columns, numbers;
    bool listed;
    uint32_t at;  /* the first of them */
    value *whole; /* NULL, or of each of a list: the integer that it is in every
                     state, or V_UNBOUND */
};

struct gathering {
    struct tape *density;
    struct tape *values; /* coordinates to numbers: no terms */
    uint32_t *slots;     /* of `values`: where what is kept stands: the numbers
                       of the blocks, and what else `plain` needs */
    double *room;        /* as many as `values` has slots */
    double *copied;      /* and as much to copy to */
    struct gather_block *blocks;
    uint32_t block_count, number_count;
    /* All that reads the choices has its part in the tapes, or none:
     * gathering_lend may be asked for. Behind the numbers there are kept then
     * the terms of the log of the Jacobian of the numbers by the coordinates,
     * each with a factor; numbers that are finite where nobody refuses the
     * state; and the values of directives. */
    bool plain;
    double *jacobian;
    uint32_t jacobian_count, finite_count;
    struct gather_shown *shown;
    uint32_t shown_count;
    uint64_t structure;       /* a hash of locations and spaces: what adaptation
                           that was learnt there is good for */
    struct gather_seen *seen; /* NULL: it cannot be asked again. The struct
                                 stands in scanned memory, or this is NULL */
};

enum gather_answer {
    GATHER_FINE,
    GATHER_REFUSED, /* `why` says why, `place` where */
    GATHER_ERROR    /* the machine's */
};

/* The continuous choices of the scope as the trace has them now. The scope is
 * open, and was looked at; plan may be NULL. Time: of the order of what the
 * choices reach. */
enum gather_answer gather(struct engine *e, const struct scope *scope,
                          const struct gather_plan *plan, struct gathering *out,
                          char *why, size_t size, struct span *place);
void gathering_close(struct gathering *g);
/* Other choices may have moved since. true: it is what a gathering would be
 * now: nothing that matters has changed, or rows of its tape were turned to
 * what they read now; then *other. false: it means nothing any more. Time: of
 * the order of what it has looked at, a few nanoseconds each. */
bool gathering_again(struct gathering *g, struct engine *e, bool *other);

/* The coordinates of the present state. false: a choice stands on the edge of
 * its space, where no coordinate is; *edge says which. */
bool gathering_read(const struct gathering *g, struct engine *e, double *q,
                    const struct gather_block **edge);
/* All numbers at these coordinates: those of the blocks, and their frames. */
void gathering_numbers(const struct gathering *g, const double *q, double *out);
/* Of SPACE_LOCATED: what is located of element i, and where, and how wide, by
 * the numbers that gathering_numbers gave. */
struct gather_frame {
    double number, location, scale;
};
struct gather_frame gathering_frame(const struct gather_block *k, uint32_t i,
                                    const double *numbers);
/* The trace has the choices at these coordinates: a move that is kept.
 * *possible false: it would be another structure, or one that cannot be, and
 * the state is as before. false with the machine's error, likewise. */
bool gathering_write(const struct gathering *g, struct engine *e,
                     const double *q, bool *possible);

/* A plain gathering: values for op->lend at these coordinates, as many as
 * gathering_parts; and the log density by numbers there, where that by
 * coordinates is `log_density`. *fine false: somebody may refuse this state,
 * and it has to be written. false with the machine's error. */
bool gathering_lend(const struct gathering *g, struct engine *e,
                    const double *q, double log_density, struct move_part *out,
                    double *density, bool *fine);
static inline uint32_t gathering_parts(const struct gathering *g)
{
    return g->block_count + g->shown_count;
}
/* The log density by numbers alone. false: it is not finite. */
bool gathering_density(const struct gathering *g, const double *q,
                       double log_density, double *out);

#endif
