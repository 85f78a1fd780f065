/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums of products of tables: the variables are summed out one by one, that
 * one first which leaves the smallest table (Zhang, Poole, "Exploiting causal
 * independence in Bayesian network inference", JAIR 5 (1996) 301-328, section
 * 3). Numbers only; what variables mean is others' matter.
 *
 *     elimination_open; elimination_table each, fill; elimination_run;
 *     elimination_close
 *
 * A chain of n variables of k values takes n k^2 multiplications.
 *
 * Ownership: malloc's, and the struct's.
 */
#ifndef VST_INFER_ELIMINATION_H
#define VST_INFER_ELIMINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Over these variables, each once; the last runs fastest. */
struct factor_table {
    uint32_t count, *variables;
    size_t size;
    double *at; /* not negative */
};

struct elimination {
    uint32_t variable_count;
    const uint32_t *sizes; /* of each variable: how many values; at least 1 */
    struct factor_table *tables;
    size_t table_count, table_room;
    double log_scale; /* of the whole product */
};

enum elimination_end {
    ELIMINATION_DONE,
    ELIMINATION_WIDE, /* a table would be larger than ELIMINATION_MOST */
    ELIMINATION_NO_MEMORY
};
enum { ELIMINATION_MOST = 1 << 24 };

void elimination_open(struct elimination *e, uint32_t variables,
                      const uint32_t *sizes);
/* A table of zeros more, over a copy of these variables, to be filled. */
enum elimination_end elimination_table(struct elimination *e, uint32_t count,
                                       const uint32_t *variables,
                                       struct factor_table **out);
/* Sums out all but `kept` (UINT32_MAX: all), whose sums are put into out:
 * multiplied by exp(e->log_scale). The tables are gone then. */
enum elimination_end elimination_run(struct elimination *e, uint32_t kept,
                                     double *out);
void elimination_close(struct elimination *e);

#endif
