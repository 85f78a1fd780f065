/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ground that gradient kernels walk on: the continuous choices of a scope
 * as a density over R^n, gathered from the present state of the trace, and
 * gathered again when anything else has moved. It adapts nothing and draws
 * nothing.
 *
 * A density may have sides: where a test that the program made would come out
 * otherwise, its tape says nothing. Then the trace is brought there, the other
 * side is gathered, and kept. So the density is whole as long as the
 * coordinates are the same; where they are not, it is outside.
 */
#ifndef VST_INFER_GROUND_H
#define VST_INFER_GROUND_H

#include "infer/density.h"
#include "infer/kernel.h"
#include "tape/gather.h"

struct ground {
    struct density density; /* its context is the ground; size 0: no choice of
                               the scope is continuous now */
    double *q;              /* coordinates of the state of the trace */
    double *now;            /* as many, behind them: those of a moment */
    size_t room;
    struct gathering gathering;
    bool gathered;
    const struct kernel *kernel;
    struct gather_plan plan;
    struct gather_turns turns; /* what moves while the scope does not */
    uint32_t fallen;           /* how many gatherings in a row did not stand */
    /* Gatherings of the same coordinates where tests of the program come out
     * otherwise. */
    struct gathering *sides;
    uint32_t side_count, side_next;
    /* What the trace looks like, but has not been brought to: lent by values. */
    struct move_part *lent; /* scanned; NULL: there was none yet */
    double *shown;
    double score;       /* that it changed with */
    double offset;      /* log score of the trace less that of the tape */
    bool based;         /* the offset is known */
    bool lends, behind; /* it is lent now; it was not brought there yet */
    uint64_t cut;       /* points where the program would make other choices */
    bool moved;         /* the trace has been brought elsewhere to gather one */
    uint64_t touched;   /* by the engine, when the gathering was right */
    struct engine *engine;
    bool stopped; /* the machine has an error, and all points are outside */
};

/* Before a run. false with the machine's error: the scope holds what has no
 * gradient, or nothing that has. `lenient` kernels leave out what is not
 * continuous. plan: what gathers are told, or NULL. The struct stays where it
 * is. */
bool ground_open(struct ground *g, const struct kernel *k, struct engine *e,
                 const struct gather_plan *plan);
void ground_close(struct ground *g);
/* The plan says something else now: what was gathered means nothing. */
void ground_forget(struct ground *g);

/* Before a transition: *fresh, the density or the state is another one than
 * it was. *edge, the state has no coordinates: a choice stands on the edge of
 * its support. false with the machine's error. O(1) while nothing has moved.
 */
bool ground_look(struct ground *g, const struct kernel *k, bool *fresh,
                 const struct gather_block **edge);

/* The state is at these coordinates. *possible false: it cannot be, and the
 * state is as before. false with the machine's error. */
bool ground_write(struct ground *g, const double *q, bool *possible);

/* Values of directives, and the log score, are those of these coordinates, of
 * this log density; the state is not brought there before ground_bring.
 * *shown false: this trace can only be written to. false with the machine's
 * error. O(numbers). */
bool ground_show(struct ground *g, const double *q, double log_density,
                 bool *shown);
/* What was lent is taken back. */
void ground_hide(struct ground *g);
/* The state is what was shown last; *possible false: it cannot be, and is as
 * it was before. false with the machine's error. */
bool ground_bring(struct ground *g, bool *possible);

/* The trace is where it was before the transition: after one that failed. */
void ground_return(struct ground *g);

/* The block of a coordinate. O(log blocks). */
const struct gather_block *ground_block(const struct ground *g,
                                        size_t coordinate);

#endif
