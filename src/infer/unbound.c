/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The formulas of unbound.h.
 */
#include "infer/unbound.h"

#include <math.h>

bool unbound_of(const struct site *s, struct unbound *out)
{
    *out = (struct unbound){-INFINITY, INFINITY};
    if (!(xrp_flags_at(s->family, &s->at) & XRP_CONTINUOUS) ||
        !is_number(s->held))
        return false;
    if (s->family->bounds && s->family->bounds(&s->at, &out->lo, &out->hi))
        return out->lo < out->hi;
    switch (xrp_support_at(s->family, &s->at)) {
    case SUPPORT_REAL: return true;
    case SUPPORT_POSITIVE: out->lo = 0.0; return true;
    case SUPPORT_UNIT: *out = (struct unbound){0.0, 1.0}; return true;
    default: return false;
    }
}

double unbound_from(struct unbound b, double x)
{
    bool low = b.lo > -INFINITY, high = b.hi < INFINITY;
    if (low && high) return log(x - b.lo) - log(b.hi - x);
    if (low) return log(x - b.lo);
    return high ? -log(b.hi - x) : x;
}

double unbound_to(struct unbound b, double y)
{
    bool low = b.lo > -INFINITY, high = b.hi < INFINITY;
    if (low && high) return b.lo + (b.hi - b.lo) / (1.0 + exp(-y));
    if (low) return b.lo + exp(y);
    return high ? b.hi - exp(-y) : y;
}

double unbound_jacobian(struct unbound b, double x)
{
    bool low = b.lo > -INFINITY, high = b.hi < INFINITY;
    if (low && high) return log(x - b.lo) + log(b.hi - x) - log(b.hi - b.lo);
    if (low) return log(x - b.lo);
    return high ? log(b.hi - x) : 0.0;
}
