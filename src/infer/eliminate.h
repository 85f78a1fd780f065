/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums of products over variables of finitely many values, one variable at a
 * time (variable elimination: D. Koller and N. Friedman, "Probabilistic
 * Graphical Models", 2009, section 9.3). What it costs is the largest table
 * that comes up on the way, not the number of states. It knows numbers only.
 */
#ifndef VST_INFER_ELIMINATE_H
#define VST_INFER_ELIMINATE_H

#include <stdbool.h>
#include <stdint.h>

/* A table over variables, which ascend; the last runs fastest. */
struct factor {
    uint32_t *vars, count;
    double *at; /* one for each of their values together */
};

/* Factors are multiplied, and all variables but `kept` summed out: `sums` has
 * room for as many as that has values, and they are exp(*log_scale) times
 * what is written there. `sizes`: how many values each variable has; one that
 * is in no factor is none. */
struct elimination {
    struct factor *factors;
    uint32_t count, room;
    const uint32_t *sizes;
    uint32_t vars;
    double most; /* of entries of one table */
};

enum elimination_end {
    ELIMINATION_DONE,
    ELIMINATION_WIDE, /* a table of more than `most` entries is needed */
    ELIMINATION_MEMORY
};

/* A factor with room for its table, all 0; NULL when it is too wide, or memory
 * ran out. `vars` ascend, and are copied. */
struct factor *elimination_add(struct elimination *e, const uint32_t *vars,
                               uint32_t count);
enum elimination_end elimination_run(struct elimination *e, uint32_t kept,
                                     double *sums, double *log_scale);
void elimination_close(struct elimination *e);

#endif
