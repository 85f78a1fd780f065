/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Replicates of a program with data of its own: parameters and data drawn
 * together, the kernel run on those data, and what it makes of the parameters
 * noted (infer/calibration.h says what for). They run in a process of their
 * own: the session stays as it is, its random numbers too.
 *
 * Replicate i depends on the program, the seed and i alone. In each, a chain
 * begins at a draw from the prior, warms up and draws; then, at the true
 * parameters and with what that warmup settled, the kernel makes one more
 * draw.
 */
#ifndef VST_SESSION_REPLICATE_H
#define VST_SESSION_REPLICATE_H

#include "session/session.h"

struct replicate_order {
    struct kernel *kernel;
    uint64_t replicates, draws, warmup;
    uint64_t thin; /* sweeps between draws; 0: as a first replicate says */
    struct syntax **watched;
    uint32_t watched_count;
};

/* What came of them: a row a quantity, of one number a replicate. The first
 * quantity is the log density. */
struct replicates {
    char **names;
    size_t width, count;
    double *before, *after, *rank; /* at[quantity * count + replicate] */
    struct text notes;             /* lines: what is left out */
    uint64_t thin;                 /* transitions */
    bool slow;                     /* draws are not independent at that thin */
    bool stopped;                  /* by the user */
};

/* false with the session's error; closed. */
bool replicates_run(struct session *s, const struct replicate_order *o,
                    struct replicates *out);
void replicates_close(struct replicates *r);

#endif
