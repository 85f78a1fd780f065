/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blocked Cholesky and Gauss: Golub and Van Loan, Matrix Computations, 4.2.6
 * (each block column takes off what those before it say) and 3.4.6 (each
 * takes itself off those behind it). The edges are known to fit BLAS's
 * integers.
 */
#include "base/linear_blocks.h"

/* So many at a time that they cost about the work between two
 * questions, when one costs `each`. */
static size_t at_a_time(size_t n, double each)
{
    enum { LEAST = 32 };
    double most = LINEAR_WORK / (each + 1.0);
    return most >= (double)n ? n : most > LEAST ? (size_t)most : LEAST;
}

/* All of it when it is one question's worth, else narrow block columns. */
static size_t block_width(size_t n)
{
    enum { WIDEST = 256 };
    double edge = (double)n;
    size_t width = at_a_time(n, edge * edge);
    return width < n && width > WIDEST ? WIDEST : width;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

size_t blocks_cholesky(const struct blas *b, double *a, size_t n,
                       struct work *w)
{
    size_t width = block_width(n), wide;
    int edge = (int)n;
    for (size_t k = 0; k < n; k += wide) {
        wide = least(width, n - k);
        double *corner = a + k * n + k;
        size_t below = n - k - wide;
        if (k)
            b->multiply(BLAS_ROWS, BLAS_PLAIN, BLAS_TURNED, (int)(n - k),
                        (int)wide, (int)k, -1, a + k * n, edge, a + k * n, edge,
                        1, corner, edge);
        /* LAPACK's upper triangle by columns is our lower one by rows. */
        int row = b->cholesky(LAPACK_BY_COLUMNS, 'U', (int)wide, corner, edge);
        if (row) return row > 0 ? k + (size_t)row - 1 : k;
        if (below)
            b->solve_triangle(BLAS_ROWS, BLAS_RIGHT, BLAS_LOWER, BLAS_TURNED,
                              BLAS_NO_UNIT, (int)below, (int)wide, 1, corner,
                              edge, corner + wide * n, edge);
        if (below &&
            !work_spend(w, (double)(n - k) * (double)wide * (double)(k + wide)))
            return k;
    }
    return n;
}

bool blocks_solve_lower(const struct blas *b, const double *l, double *x,
                        size_t n, size_t columns, bool turned, struct work *w)
{
    double each = (double)n * (double)n;
    size_t width = at_a_time(columns, each), wide;
    for (size_t k = 0; k < columns; k += wide) {
        wide = least(width, columns - k);
        b->solve_triangle(BLAS_ROWS, BLAS_LEFT, BLAS_LOWER,
                          turned ? BLAS_TURNED : BLAS_PLAIN, BLAS_NO_UNIT,
                          (int)n, (int)wide, 1, l, (int)n, x + k, (int)columns);
        if (k + wide < columns && !work_spend(w, each * (double)wide))
            return false;
    }
    return true;
}

/* Rows of columns [from, to) change places as pivots [k, end) say. */
static void swap_rows(double *a, size_t n, size_t from, size_t to,
                      const int *pivots, size_t k, size_t end)
{
    for (size_t j = from; j < to; j++) {
        double *column = a + j * n;
        for (size_t i = k; i < end; i++) {
            size_t other = (size_t)pivots[i] - 1;
            double keep = column[i];
            column[i] = column[other];
            column[other] = keep;
        }
    }
}

bool blocks_factor(const struct blas *b, double *a, size_t n, int *pivots,
                   struct work *w)
{
    size_t width = block_width(n), wide;
    int edge = (int)n;
    for (size_t k = 0; k < n; k += wide) {
        wide = least(width, n - k);
        size_t end = k + wide, behind = n - end;
        double *corner = a + k * n + k, *right = a + end * n + k;
        if (b->factor(LAPACK_BY_COLUMNS, (int)(n - k), (int)wide, corner, edge,
                      pivots + k) != 0)
            return false;
        for (size_t i = k; i < end; i++) pivots[i] += (int)k;
        swap_rows(a, n, 0, k, pivots, k, end);
        swap_rows(a, n, end, n, pivots, k, end);
        if (!behind) break;
        b->solve_triangle(BLAS_COLUMNS, BLAS_LEFT, BLAS_LOWER, BLAS_PLAIN,
                          BLAS_UNIT, (int)wide, (int)behind, 1, corner, edge,
                          right, edge);
        b->multiply(BLAS_COLUMNS, BLAS_PLAIN, BLAS_PLAIN, (int)behind,
                    (int)behind, (int)wide, -1, corner + wide, edge, right,
                    edge, 1, right + wide, edge);
        if (!work_spend(w, (double)(n - k) * (double)(n - k) * (double)wide))
            return false;
    }
    return true;
}

bool blocks_solve(const struct blas *b, const double *a, size_t n,
                  const int *pivots, double *x, size_t columns, struct work *w)
{
    double each = (double)n * (double)n;
    size_t width = at_a_time(columns, each), wide;
    for (size_t k = 0; k < columns; k += wide) {
        wide = least(width, columns - k);
        if (b->solve(LAPACK_BY_COLUMNS, 'T', (int)n, (int)wide, a, (int)n,
                     pivots, x + k * n, (int)n) != 0)
            return false;
        if (k + wide < columns && !work_spend(w, each * (double)wide))
            return false;
    }
    return true;
}
