/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers with bounds, in unconstrained space: y = x, log(x - lo),
 * -log(hi - x), or log((x - lo) / (hi - x)), by which ends are finite.
 */
#ifndef VST_INFER_UNBOUND_H
#define VST_INFER_UNBOUND_H

#include "trace/engine.h"

struct unbound {
    double lo, hi; /* maybe infinite */
};

/* The bounds of a site's values; false: these are no single real numbers, or
 * it has no density. */
bool unbound_of(const struct site *s, struct unbound *out);
/* x in unconstrained space; x inside the bounds. */
double unbound_from(struct unbound b, double x);
/* And back. What rounding puts on an end comes back as that end. */
double unbound_to(struct unbound b, double y);
/* log |dx / dy| at x. */
double unbound_jacobian(struct unbound b, double x);

#endif
