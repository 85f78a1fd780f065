/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loops of steps in phase space, over vectors in lanes of four
 * (infer/lanes.h): for any machine, and for those with wider vectors. All give
 * the same bits.
 */
#ifndef VST_INFER_PHASE_H
#define VST_INFER_PHASE_H

#include <stdbool.h>
#include <stddef.h>

/* Two pieces of a trajectory, one behind the other: the sums of their momenta,
 * velocities at their ends, and momenta where they meet. */
struct phase_pieces {
    const double *before, *after;
    const double *v_first, *v_end, *v_begin, *v_last;
    const double *p_end, *p_begin;
};

struct phase_loops {
    const char *name;
    /* Half a kick, and a drift: to_p = p + step / 2 g, to_q = q + step times
     * inverse to_p. */
    void (*drift)(size_t width, double step, const double *inverse,
                  const double *q, const double *p, const double *g,
                  double *to_q, double *to_p);
    /* Half a kick: p += step / 2 g, v = inverse p. Answers p v. */
    double (*kick)(size_t width, double step, const double *inverse,
                   const double *g, double *p, double *v);
    double (*dot)(size_t width, const double *x, const double *y);
    /* to += scale x */
    void (*add)(size_t width, double *to, double scale, const double *x);
    /* sum = before + after. Is it ahead at both ends, and at those of either
     * piece with the nearest point of the other one? [B] A.4.2 (nuts.h). sum
     * may be `before`. */
    bool (*goes_on)(const struct phase_pieces *t, double *sum, size_t width);
    /* The same of two points, of which nothing lies between. */
    bool (*pair_goes_on)(const struct phase_pieces *t, double *sum,
                         size_t width);
};

/* Those of this machine. The same for the whole process. */
const struct phase_loops *phase_chosen(void);
/* "plain" and "wide", for tests; NULL: not on this machine. */
const struct phase_loops *phase_named(const char *name);

#endif
