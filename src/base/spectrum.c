/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Spectra of symmetric matrices: see spectrum.h. First Householder's
 * reflections make the matrix tridiagonal, then QR steps make it diagonal.
 * All loops go along rows. Source: Golub, Van Loan, "Matrix Computations"
 * (4th edition), section 8.3: the reduction of 8.3.1, the step of 8.3.3 to
 * 8.3.5 with Wilkinson's shift. With A = Q T Q' the rows of Q' are what the
 * steps' rotations turn into eigenvectors.
 */
#include "base/spectrum.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* As many steps for each value, on average, as none of use needs. */
enum { STEPS_MOST = 30 };

static double dot(const double *x, const double *y, size_t n)
{
    double even = 0.0, odd = 0.0;
    for (size_t i = 0; i + 1 < n; i += 2) {
        even += x[i] * y[i];
        odd += x[i + 1] * y[i + 1];
    }
    return even + odd + (n % 2 ? x[n - 1] * y[n - 1] : 0.0);
}

static void add(double *to, double scale, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) to[i] += scale * x[i];
}

/* ---- to three diagonals ------------------------------------------------------ */

/* The vector v of the reflection I - scale v v' that leaves of x its first
 * element only, in place of x; answers that element. */
static double reflect(double *x, size_t n, double *scale)
{
    double norm = sqrt(dot(x, x, n)), left = x[0] > 0.0 ? -norm : norm;
    *scale = 0.0;
    if (norm == 0.0) return 0.0;
    x[0] -= left;
    *scale = 2.0 / dot(x, x, n);
    return left;
}

/* a - v w' - w v', with the reflection's w: n rows of `stride`. */
static void reflect_both(double *a, size_t n, size_t stride, const double *v,
                         double scale, double *w)
{
    for (size_t i = 0; i < n; i++) w[i] = scale * dot(a + i * stride, v, n);
    add(w, -0.5 * scale * dot(w, v, n), v, n);
    for (size_t i = 0; i < n; i++) {
        add(a + i * stride, -v[i], w, n);
        add(a + i * stride, -w[i], v, n);
    }
}

/* d and e of T; reflections stay in the rows of a, right of its diagonal. */
static void tridiagonal(double *a, size_t n, double *d, double *e,
                        double *scale, double *room)
{
    for (size_t k = 0; k + 1 < n; k++) {
        double *v = a + k * n + k + 1;
        e[k] = reflect(v, n - k - 1, &scale[k]);
        if (scale[k] != 0.0)
            reflect_both(a + (k + 1) * (n + 1), n - k - 1, n, v, scale[k],
                         room);
    }
    for (size_t k = 0; k < n; k++) d[k] = a[k * (n + 1)];
}

/* Q', from the last reflection to the first. */
static void gather(const double *a, size_t n, const double *scale, double *q)
{
    memset(q, 0, n * n * sizeof *q);
    for (size_t i = 0; i < n; i++) q[i * (n + 1)] = 1.0;
    for (size_t k = n - 1; k-- > 0;) {
        const double *v = a + k * n + k + 1;
        for (size_t i = k + 1; i < n; i++) {
            double *row = q + i * n + k + 1;
            add(row, -scale[k] * dot(row, v, n - k - 1), v, n - k - 1);
        }
    }
}

/* ---- to one -------------------------------------------------------------------- */

/* The eigenvalue of the last two by two that is nearer its last element. */
static double shift_of(const double *d, const double *e, size_t last)
{
    double half = 0.5 * (d[last - 1] - d[last]), beside = e[last - 1];
    double far = half + copysign(hypot(half, beside), half);
    return far == 0.0 ? d[last] : d[last] - beside / far * beside;
}

static void rotate(double *x, double *y, size_t n, double c, double s)
{
    for (size_t i = 0; i < n; i++) {
        double was = x[i];
        x[i] = c * was + s * y[i];
        y[i] = c * y[i] - s * was;
    }
}

/* One step of QR on rows first to last of T, none of whose e is 0. */
static void step(double *d, double *e, size_t first, size_t last, double *q,
                 size_t n)
{
    double x = d[first] - shift_of(d, e, last), z = e[first];
    for (size_t k = first; k < last; k++) {
        double r = hypot(x, z), c = r > 0.0 ? x / r : 1.0;
        double s = r > 0.0 ? z / r : 0.0;
        double above = d[k], below = d[k + 1], twice = 2.0 * c * s * e[k];
        if (k > first) e[k - 1] = r;
        d[k] = c * c * above + twice + s * s * below;
        d[k + 1] = s * s * above - twice + c * c * below;
        e[k] = c * s * (below - above) + (c * c - s * s) * e[k];
        x = e[k];
        if (k + 1 < last) {
            z = s * e[k + 1];
            e[k + 1] *= c;
        }
        rotate(q + k * n, q + (k + 1) * n, n, c, s);
    }
}

static bool is_nothing(const double *d, const double *e, size_t k)
{
    return fabs(e[k]) <= DBL_EPSILON * (fabs(d[k]) + fabs(d[k + 1]));
}

static bool diagonal(double *d, double *e, double *q, size_t n)
{
    size_t last = n - 1;
    for (size_t left = STEPS_MOST * n; last > 0 && left > 0; left--) {
        size_t first = last;
        while (first > 0 && !is_nothing(d, e, first - 1)) first--;
        if (first == last)
            last--;
        else
            step(d, e, first, last, q, n);
    }
    return last == 0;
}

bool spectrum_of(double *a, size_t n, double *values, double *vectors)
{
    double *room = calloc(3 * n + 1, sizeof *room);
    if (!room || !n) {
        free(room);
        return room != NULL;
    }
    double *e = room, *scale = room + n;
    tridiagonal(a, n, values, e, scale, room + 2 * n);
    gather(a, n, scale, vectors);
    bool good = diagonal(values, e, vectors, n);
    for (size_t i = 0; good && i < n; i++) good = isfinite(values[i]);
    free(room);
    return good;
}
