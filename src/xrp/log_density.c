/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * (log-density (normal m s) y) anywhere in an expression: what the
 * application would score for the value, without a choice being made. The
 * expander writes the application as a run of operands, as for the forms
 * (form.h): y f a ...
 */
#include "eval/row.h"
#include "xrp/xrp.h"

static bool log_density(struct machine *m, int n, const value *args, value *out)
{
    if (!is_type(args[1], T_XRP))
        return machine_type_error(m, "log-density", "a random procedure",
                                  args[1]);
    const struct xrp *x = as_object(args[1]);
    if (x->made || x->family->flags & XRP_MAKER)
        return machine_domain_error(m,
                                    "log-density: %s has a state, or makes "
                                    "one: expected the application of one "
                                    "without",
                                    x->base.name);
    int count = n - 2;
    if (count < x->family->min ||
        (x->family->max >= 0 && count > x->family->max))
        return machine_arity_error(m, x->base.name, x->family->min,
                                   x->family->max, count);
    struct xrp_site s = {NULL, 0, NULL, args + 2, count, x->family};
    double score = x->family->prob(&s, args[0]);
    if (score != score) return xrp_domain_error(x->family, &s, &m->error);
    *out = v_double(score);
    return true;
}

struct primitive primitives_density[] = {
    ROW(DEEP, "probability", "log-density", log_density, 2, -1,
        "(log-density (f arg ...) y)",
        "the log density, or log probability, of y under an application of "
        "a random procedure; nothing is drawn"),
};
const size_t primitives_density_count =
    sizeof primitives_density / sizeof *primitives_density;
