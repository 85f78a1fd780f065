/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What OBSERVE-EACH (lib/observe.church) asks about a procedure and its data.
 */
#include "eval/row.h"
#include "xrp/form.h"

/* Has it no state, so that its draws can be one choice? */
static bool is_distribution(struct machine *m, int n, const value *args,
                            value *out)
{
    (void)m, (void)n;
    const struct xrp *x = as_object(args[0]);
    *out = v_boolean(is_type(args[0], T_XRP) && !x->made &&
                     !(x->family->flags & (XRP_MAKER | XRP_STATEFUL)));
    return true;
}

/* Lengths along the axes, by the first elements. */
static bool axes(struct machine *m, int n, const value *args, value *out)
{
    enum { AXES_MAX = 8 };
    value lengths[AXES_MAX], v = args[0];
    size_t count = 0;
    (void)n;
    for (; is_list(v) && count < AXES_MAX; v = car(v)) {
        lengths[count++] = v_int(list_length(v));
        if (v == V_NIL) break;
    }
    if (is_vector(v) && count + 2 <= AXES_MAX) {
        const struct vector *array = as_vector(v);
        lengths[count++] = v_int(array->rows);
        if (array->columns) lengths[count++] = v_int(array->columns);
    }
    *out = list_from(lengths, count);
    return *out != V_UNBOUND || machine_no_memory(m);
}

/* Lists of numbers as arrays; everything else as it is. */
static bool dense(struct machine *m, int n, const value *args, value *out)
{
    static const struct words nobody = {NULL, 0};
    struct field f;
    (void)n;
    *out = args[0];
    if (!is_pair(args[0]) || !field_open(&nobody, args[0], 0, &f)) return true;
    if (f.numbers && f.rows * f.columns > 0) {
        *out = f.axes == 2 ? vector_make(f.rows, f.columns)
                           : vector_make(f.columns, 0);
        if (*out != V_UNBOUND)
            memcpy(as_vector(*out)->at, f.numbers,
                   f.rows * f.columns * sizeof(double));
    }
    field_close(&f);
    return *out != V_UNBOUND || machine_no_memory(m);
}

static struct primitive rows[] = {
    ROW(FORCE, "random procedures", "distribution?", is_distribution, 1, 1,
        "(distribution? x)",
        "is x a random procedure whose draws do not depend on one another?"),
    ROW(OUTER(1), "arrays", "axes", axes, 1, 1, "(axes x)",
        "how many elements a list or an array has along each of its axes"),
    ROW(FORCE, "arrays", "dense", dense, 1, 1, "(dense x)",
        "a list of numbers as a vector, a list of such lists as a matrix; "
        "anything else as it is"),
};

void form_install(struct machine *m)
{
    machine_add_primitives(m, rows, sizeof rows / sizeof *rows);
}
