/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The functions of BLAS and LAPACK that we use, from the serial OpenBLAS and
 * LAPACKE. The libraries are opened when first asked for: to open them takes
 * 4 ms and 3 MB, which most programs never need. Nothing but linear.c and
 * linear_blocks.c looks here. One thread.
 */
#ifndef VST_BASE_BLAS_H
#define VST_BASE_BLAS_H

enum { BLAS_ROWS = 101, BLAS_COLUMNS = 102 };
enum { BLAS_PLAIN = 111, BLAS_TURNED = 112, BLAS_LOWER = 122 };
enum { BLAS_NO_UNIT = 131, BLAS_UNIT = 132, BLAS_LEFT = 141, BLAS_RIGHT = 142 };
enum { LAPACK_BY_ROWS = 101, LAPACK_BY_COLUMNS = 102 };

struct blas {
    /* to = scale * x y + keep * to */
    void (*multiply)(int order, int turn_x, int turn_y, int rows, int columns,
                     int inner, double scale, const double *x, int wide_x,
                     const double *y, int wide_y, double keep, double *to,
                     int wide_to);
    /* b = scale * inverse(a) b, a triangular */
    void (*solve_triangle)(int order, int side, int half, int turn,
                           int diagonal, int rows, int columns, double scale,
                           const double *a, int wide_a, double *b, int wide_b);
    /* The LAPACKE functions answer 0, or where it failed. */
    int (*cholesky)(int order, char half, int n, double *a, int wide);
    int (*factor)(int order, int rows, int columns, double *a, int wide,
                  int *pivots);
    int (*solve)(int order, char turn, int n, int columns, const double *a,
                 int wide, const int *pivots, double *b, int wide_b);
    int (*eigen)(int order, char job, char half, int n, double *a, int wide,
                 double *values);
    int (*singular)(int order, char job, int rows, int columns, double *a,
                    int wide, double *values, double *u, int wide_u, double *v,
                    int wide_v);
};

/* NULL when the libraries are not there. */
const struct blas *blas_open(void);

#endif
