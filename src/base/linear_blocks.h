/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Factors and solutions by BLAS and LAPACK, for linear.c alone. What is small
 * is one call; of what is large, LAPACK does one block column at a time, and
 * between two of them the one who waits is asked.
 */
#ifndef VST_BASE_LINEAR_BLOCKS_H
#define VST_BASE_LINEAR_BLOCKS_H

#include "base/blas.h"
#include "base/linear.h"

/* Work done since the last question. */
struct work {
    const struct patience *who; /* NULL: nobody */
    double done;
};

/* Adds `amount` multiplications; asks when there are enough of them. */
static inline bool work_spend(struct work *w, double amount)
{
    w->done += amount;
    if (w->done < LINEAR_WORK) return true;
    w->done = 0;
    return !w->who || w->who->go_on(w->who->who);
}

/* As linear_cholesky, but what is above the diagonal is left undefined. */
size_t blocks_cholesky(const struct blas *b, double *a, size_t n,
                       struct work *w);
/* As linear_solve_lower. */
bool blocks_solve_lower(const struct blas *b, const double *l, double *x,
                        size_t n, size_t columns, bool turned, struct work *w);
/* P L U of a by columns, in place, as dgetrf has it (pivots count from 1).
 * False when it is singular or was stopped. */
bool blocks_factor(const struct blas *b, double *a, size_t n, int *pivots,
                   struct work *w);
/* The solution of a' x = right side, each of which is one row of x. */
bool blocks_solve(const struct blas *b, const double *a, size_t n,
                  const int *pivots, double *x, size_t columns, struct work *w);

#endif
