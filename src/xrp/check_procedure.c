/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * check-xrp: the trial of trial.h as a procedure of the language. It knows
 * XRPs that make-xrp made, families without state, and makers: of these it
 * tries what they make of the parameters given.
 */
#include "xrp/trial.h"

#include "base/memory.h"
#include "xrp/user.h"

enum { DRAWS = 10000, DRAWS_MIN = 100, DRAWS_MAX = 10000000 };

static bool read_draws(struct machine *m, value v, uint32_t *draws)
{
    if (!is_int(v) || as_int(v) < DRAWS_MIN || as_int(v) > DRAWS_MAX)
        return machine_type_error(m, "check-xrp",
                                  "a number of draws, 100 to 10000000", v);
    *draws = (uint32_t)as_int(v);
    return true;
}

/* Appends what stands in a list, plain. */
static bool put_all(struct machine *m, value list, value *to, int *count)
{
    if (!is_list(list))
        return machine_type_error(m, "check-xrp", "a list of arguments", list);
    for (; is_pair(list); list = cdr(list))
        if (!machine_force(m, car(list), true, &to[(*count)++])) return false;
    return true;
}

static bool check_arity(struct machine *m, const struct xrp_family *f, int n,
                        int hidden)
{
    if (n >= f->min && (f->max < 0 || n <= f->max)) return true;
    machine_arity_error(m, f->names, f->min - hidden,
                        f->max < 0 ? -1 : f->max - hidden, n - hidden);
    return error_hint(&m->error, "check-xrp takes arguments as a list: "
                                 "(check-xrp x 10000 (list 0.5))");
}

/* What a maker makes of these parameters. */
static bool find_made(struct machine *m, const struct xrp_family *maker,
                      value parameters, value arguments, struct trial *t)
{
    size_t room = 1;
    if (is_list(parameters)) room += list_length(parameters);
    if (is_list(arguments)) room += list_length(arguments);
    value *all = memory_new(room * sizeof *all);
    int n = 0, count;
    if (!all) return machine_no_memory(m);
    if (!put_all(m, parameters, all, &n)) return false;
    count = n;
    if (count < maker->min || (maker->max >= 0 && count > maker->max)) {
        machine_arity_error(m, maker->names, maker->min, maker->max, count);
        return error_hint(&m->error, "check-xrp takes a maker's parameters "
                                     "as its fourth operand, a list; CHECK "
                                     "as :parameters (list ...)");
    }
    if (!put_all(m, arguments, all, &n)) return false;
    t->family = maker->made;
    t->whole = t->family->score_state != NULL;
    t->site =
        (struct xrp_site){all, count, NULL, all + count, n - count, t->family};
    return check_arity(m, t->family, n - count, 0);
}

/* Parameters and arguments in one array, as the site has them. */
static bool find_site(struct machine *m, value x, value arguments,
                      struct trial *t)
{
    struct user *u = NULL;
    uint32_t count = 0;
    const value *written = NULL;
    bool own = user_find(m, x, &u, &count, &written);
    size_t room = count + (is_list(arguments) ? list_length(arguments) : 0) + 1;
    value *all = memory_new(room * sizeof *all);
    int n = (int)count;
    if (!all) return machine_no_memory(m);
    if (!own && (!is_type(x, T_XRP) || ((struct xrp *)as_object(x))->made ||
                 ((struct xrp *)as_object(x))->family->flags & XRP_MAKER)) {
        machine_type_error(m, "check-xrp",
                           "an XRP of make-xrp, or one without state", x);
        return error_hint(&m->error, "or make it in the CHECK itself: "
                                     "CHECK (make-xrp ...)");
    }
    t->family = own ? u->xrp.family : ((struct xrp *)as_object(x))->family;
    t->whole = own && u->procedures[USER_SCORE_STATE] != V_FALSE;
    for (uint32_t i = 0; i < count; i++)
        if (!machine_force(m, written[i], true, &all[i])) return false;
    if (!put_all(m, arguments, all, &n)) return false;
    if (own && u->stateful) {
        t->site = (struct xrp_site){all,         (int)count,     NULL,
                                    all + count, n - (int)count, t->family};
        return check_arity(m, t->family, n - (int)count, 0);
    }
    t->site = (struct xrp_site){NULL, 0, NULL, all, n, t->family};
    return check_arity(m, t->family, n, (int)count);
}

static bool run(struct machine *m, uint32_t n, const value *operands,
                struct text *out)
{
    struct trial t = {.machine = m, .draws = DRAWS, .out = out};
    value x, draws, arguments = V_NIL, parameters = V_NIL;
    if (!machine_force(m, operands[0], false, &x)) return false;
    if (n > 1 && (!machine_force(m, operands[1], false, &draws) ||
                  !read_draws(m, draws, &t.draws)))
        return false;
    if (n > 2 && !machine_force(m, operands[2], false, &arguments))
        return false;
    if (n > 3 && !machine_force(m, operands[3], false, &parameters))
        return false;
    const struct xrp *maker = is_type(x, T_XRP) ? as_object(x) : NULL;
    if (maker && !maker->made && maker->family->flags & XRP_MAKER) {
        if (!find_made(m, maker->family, parameters, arguments, &t))
            return false;
    } else if (parameters != V_NIL) {
        return machine_type_error(m, "check-xrp: with parameters", "a maker",
                                  x);
    } else if (!find_site(m, x, arguments, &t)) {
        return false;
    }
    if (!xrp_trial(&t)) return false;
    return (t.faults ? text_printf(out, "%d fault%s found\n", t.faults,
                                   t.faults == 1 ? "" : "s")
                     : text_puts(out, "no fault found\n")) ||
           machine_no_memory(m);
}

/* Parameters that are random are the engine's to read: an application shows
 * them. */
static enum step check_xrp(struct machine *m, struct frame *f, value *at)
{
    struct text out = {NULL, 0, 0};
    value v = V_UNBOUND, x;
    if (!machine_force(m, at[f->phase ? f->slots : 0], false, &x))
        return STEP_ERROR;
    if (!f->phase && user_is_random(m, x)) return native_call(m, f, x, 0, NULL);
    if (run(m, f->arguments, at, &out)) {
        v = string_make(out.at, out.length);
        if (v == V_UNBOUND) machine_no_memory(m);
    }
    text_free(&out);
    if (v == V_UNBOUND) return STEP_ERROR;
    as_string(v)->head.flags |= OBJECT_PICTURE;
    return native_return(f, at, v);
}

static struct native row = {
    .head = {T_NATIVE, 0, 0, 0},
    .names = "check-xrp",
    .step = check_xrp,
    .min = 1,
    .max = 4,
    .topic = "random procedures",
    .signature = "(check-xrp x [draws = 10000] [arguments] [parameters])",
    .doc = "tries whether the procedures of a random procedure agree with "
           "each other, and says what it found; also CHECK"};

void check_install(struct machine *m)
{
    machine_add_builtin(m, "check-xrp", v_object(&row), row.doc);
}
