/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Loops that walk along rows, and calls of BLAS for what is large. LAPACK
 * counts columns: a matrix by rows is to it the transpose, so the lower
 * factor is computed as an upper one in the same memory.
 */
#include "base/linear.h"

#include "base/blas.h"
#include "base/linear_blocks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EDGE_MAX = 1 << 20 };
enum { OWN_COST = 8 }; /* a multiplication of our loops, in those of BLAS */

/* BLAS, when the work is worth it and its integers hold the shape. */
static const struct blas *for_work(size_t rows, size_t inner, size_t columns)
{
    const double from =
        (double)LINEAR_BLAS_FROM * LINEAR_BLAS_FROM * LINEAR_BLAS_FROM;
    if ((double)rows * (double)inner * (double)columns < from) return NULL;
    if (rows > EDGE_MAX || inner > EDGE_MAX || columns > EDGE_MAX) return NULL;
    return blas_open();
}

static const struct blas *for_edge(size_t n) { return for_work(n, n, n); }

/* ---- products --------------------------------------------------------- */

void linear_multiply(const double *x, const double *y, double *restrict to,
                     size_t rows, size_t inner, size_t columns)
{
    const struct blas *b = for_work(rows, inner, columns);
    if (b) {
        b->multiply(BLAS_ROWS, BLAS_PLAIN, BLAS_PLAIN, (int)rows, (int)columns,
                    (int)inner, 1, x, (int)inner, y, (int)columns, 0, to,
                    (int)columns);
        return;
    }
    memset(to, 0, rows * columns * sizeof *to);
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < inner; k++) {
            double factor = x[i * inner + k];
            const double *row = y + k * columns;
            for (size_t j = 0; j < columns; j++)
                to[i * columns + j] += factor * row[j];
        }
}

/* In four lanes, so that it vectorises; the order is fixed. */
static double dot(const double *x, const double *y, size_t n)
{
    double lane[4] = {0}, tail = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++) lane[k] += x[i + k] * y[i + k];
    for (; i < n; i++) tail += x[i] * y[i];
    return lane[0] + lane[2] + (lane[1] + lane[3]) + tail;
}

void linear_multiply_turned(const double *x, const double *y, double *to,
                            size_t rows, size_t inner, size_t columns)
{
    const struct blas *b = for_work(rows, inner, columns);
    if (b) {
        b->multiply(BLAS_ROWS, BLAS_PLAIN, BLAS_TURNED, (int)rows, (int)columns,
                    (int)inner, 1, x, (int)inner, y, (int)inner, 0, to,
                    (int)columns);
        return;
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            to[i * columns + j] = dot(x + i * inner, y + j * inner, inner);
}

void linear_transpose(const double *x, double *to, size_t rows, size_t columns)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            to[j * rows + i] = x[i * columns + j];
}

/* ---- Cholesky --------------------------------------------------------- */

static void clear_upper(double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        memset(a + i * n + i + 1, 0, (n - i - 1) * sizeof *a);
}

size_t linear_cholesky(double *a, size_t n, const struct patience *p)
{
    struct work w = {p, 0};
    const struct blas *b = for_edge(n);
    size_t failed = n;
    if (b) failed = blocks_cholesky(b, a, n, &w);
    for (size_t i = 0; !b && i < n && failed == n; i++) {
        if (!work_spend(&w, (double)i * (double)i * OWN_COST)) failed = i;
        for (size_t j = 0; j <= i; j++) {
            double rest = a[i * n + j] - dot(a + i * n, a + j * n, j);
            if (i == j && !(rest > 0 && rest < INFINITY)) failed = i;
            a[i * n + j] = i == j ? sqrt(rest) : rest / a[j * n + j];
        }
    }
    clear_upper(a, n);
    return failed;
}

/* From the first row down. */
static bool solve_down(const double *l, double *b, size_t n, size_t columns,
                       struct work *w)
{
    for (size_t i = 0; i < n; i++) {
        if (!work_spend(w, (double)i * (double)columns * OWN_COST))
            return false;
        double *row = b + i * columns;
        for (size_t k = 0; k < i; k++)
            for (size_t j = 0; j < columns; j++)
                row[j] -= l[i * n + k] * b[k * columns + j];
        for (size_t j = 0; j < columns; j++) row[j] /= l[i * n + i];
    }
    return true;
}

/* From the last row up: what is settled is taken off the rows above. */
static bool solve_up(const double *l, double *b, size_t n, size_t columns,
                     struct work *w)
{
    for (size_t i = n; i-- > 0;) {
        if (!work_spend(w, (double)i * (double)columns * OWN_COST))
            return false;
        double *row = b + i * columns;
        for (size_t j = 0; j < columns; j++) row[j] /= l[i * n + i];
        for (size_t k = 0; k < i; k++)
            for (size_t j = 0; j < columns; j++)
                b[k * columns + j] -= l[i * n + k] * row[j];
    }
    return true;
}

bool linear_solve_lower(const double *l, double *b, size_t n, size_t columns,
                        bool turned, const struct patience *p)
{
    const struct blas *blas = for_work(n, n, columns);
    struct work w = {p, 0};
    if (blas) return blocks_solve_lower(blas, l, b, n, columns, turned, &w);
    return turned ? solve_up(l, b, n, columns, &w)
                  : solve_down(l, b, n, columns, &w);
}

void linear_cholesky_inverse(const double *l, double *to, size_t n)
{
    memset(to, 0, n * n * sizeof *to);
    for (size_t i = 0; i < n; i++) to[i * n + i] = 1;
    linear_solve_lower(l, to, n, n, false, NULL);
    linear_solve_lower(l, to, n, n, true, NULL);
}

double linear_cholesky_log_det(const double *l, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += log(l[i * n + i]);
    return 2 * sum;
}

/* ---- Gauss ------------------------------------------------------------ */

static void swap_rows(double *x, size_t columns, size_t a, size_t b)
{
    for (size_t j = 0; j < columns; j++) {
        double keep = x[a * columns + j];
        x[a * columns + j] = x[b * columns + j];
        x[b * columns + j] = keep;
    }
}

/* With partial pivoting; the same steps on b. */
static bool eliminate(double *a, double *b, size_t n, size_t columns,
                      double *log_size, double *sign, struct work *w)
{
    for (size_t c = 0; c < n; c++) {
        double below = (double)(n - c), wide = below + (double)columns;
        if (!work_spend(w, below * wide * OWN_COST)) return false;
        size_t pivot = c;
        for (size_t i = c + 1; i < n; i++)
            if (fabs(a[i * n + c]) > fabs(a[pivot * n + c])) pivot = i;
        double head = a[pivot * n + c];
        if (head == 0 || head != head) return false;
        if (pivot != c) {
            swap_rows(a, n, c, pivot);
            if (columns) swap_rows(b, columns, c, pivot);
        }
        *log_size += log(fabs(head));
        if ((head < 0) != (pivot != c)) *sign = -*sign;
        for (size_t i = c + 1; i < n; i++) {
            double times = a[i * n + c] / head;
            if (times == 0) continue;
            for (size_t j = c; j < n; j++) a[i * n + j] -= times * a[c * n + j];
            for (size_t j = 0; j < columns; j++)
                b[i * columns + j] -= times * b[c * columns + j];
        }
    }
    return true;
}

/* What elimination left, from the last row up. */
static bool substitute(const double *a, double *b, size_t n, size_t columns,
                       struct work *w)
{
    for (size_t i = n; i-- > 0;) {
        if (!work_spend(w, (double)(n - i) * (double)columns * OWN_COST))
            return false;
        for (size_t c = i + 1; c < n; c++)
            for (size_t j = 0; j < columns; j++)
                b[i * columns + j] -= a[i * n + c] * b[c * columns + j];
        for (size_t j = 0; j < columns; j++) b[i * columns + j] /= a[i * n + i];
    }
    return true;
}

/* LAPACK sees the transpose of a by rows, so it solves with that turned. */
static bool solve_large(const struct blas *blas, double *a, double *b, size_t n,
                        size_t columns, double *log_size, double *sign,
                        struct work *w)
{
    int *pivots = malloc(n * sizeof *pivots);
    double *turned = malloc((n * columns + 1) * sizeof *turned);
    bool done = false;
    if (!pivots || !turned) {
        *log_size = NAN;
    } else if (blocks_factor(blas, a, n, pivots, w)) {
        for (size_t i = 0; i < n; i++) {
            *log_size += log(fabs(a[i * n + i]));
            if ((a[i * n + i] < 0) != (pivots[i] != (int)i + 1)) *sign = -*sign;
        }
        if (columns) linear_transpose(b, turned, n, columns);
        done = !columns || blocks_solve(blas, a, n, pivots, turned, columns, w);
        if (columns) linear_transpose(turned, b, columns, n);
    }
    free(pivots);
    free(turned);
    return done;
}

bool linear_solve(double *a, double *b, size_t n, size_t columns,
                  double *log_size, double *sign, const struct patience *p)
{
    const struct blas *blas = for_edge(n);
    struct work w = {p, 0};
    *log_size = 0;
    *sign = 1;
    if (blas) return solve_large(blas, a, b, n, columns, log_size, sign, &w);
    return eliminate(a, b, n, columns, log_size, sign, &w) &&
           (!columns || substitute(a, b, n, columns, &w));
}

/* ---- symmetry and spectra --------------------------------------------- */

bool linear_is_symmetric(const double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double x = a[i * n + j], y = a[j * n + i];
            double room = 1e-8 * fmax(fabs(x), fabs(y));
            if (x != y && !(fabs(x - y) <= room)) return false;
        }
    return true;
}

bool linear_eigen(double *a, size_t n, double *values)
{
    const struct blas *b = n <= EDGE_MAX ? blas_open() : NULL;
    return b &&
           b->eigen(LAPACK_BY_ROWS, 'V', 'L', (int)n, a, (int)n, values) == 0;
}

bool linear_singular(double *a, size_t rows, size_t columns, double *values)
{
    const struct blas *b =
        rows <= EDGE_MAX && columns <= EDGE_MAX ? blas_open() : NULL;
    double none = 0;
    return b && b->singular(LAPACK_BY_ROWS, 'N', (int)rows, (int)columns, a,
                            (int)columns, values, &none, (int)rows, &none,
                            (int)columns) == 0;
}
