/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Calls of the procedures that a user gave to make-xrp. While one runs the
 * machine has the handler that is here: an XRP that is applied is sampled at
 * once, and no engine hears of it. References cannot come up, unless a
 * procedure looks at a random choice outside of it, which is an error: what
 * it depends on comes to it as a parameter or an argument.
 *
 * prob and its kin have no way to tell of errors. So what a procedure raises
 * is kept, the caller answers NaN, and xrp_domain_error finds it. What is no
 * rejection stays until it is told: no transition can swallow it.
 */
#include "xrp/user.h"

#include <math.h>
#include <stdio.h>

#include "base/stack.h"
#include "eval/print.h"

/* ---- the handler -------------------------------------------------------- */

static bool outside(struct machine *m)
{
    error_set(&m->error, ERROR_USE,
              "a procedure of make-xrp looks at a random choice outside of it");
    return error_hint(&m->error, "hand its value on: :parameters (list x), or "
                                 "as an argument of the application");
}

static bool refuse(struct machine *m, const char *what)
{
    return error_set(&m->error, ERROR_USE,
                     "%s cannot stand in a procedure of make-xrp", what);
}

static bool check_operands(struct machine *m, const struct xrp_family *f, int n,
                           const value *operands)
{
    if (n < f->min || (f->max >= 0 && n > f->max))
        return machine_arity_error(m, f->names, f->min, f->max, n);
    for (int i = 0; i < n; i++)
        if (has_reference(operands[i])) return outside(m);
    return true;
}

static bool choose(struct machine *m, value xrp, int n, const value *operands,
                   uint64_t location, value *out)
{
    const struct xrp *x = as_object(xrp);
    (void)location;
    if (x->made || x->family->flags & (XRP_MAKER | XRP_STATEFUL))
        return refuse(m, "a random procedure with state");
    if (!check_operands(m, x->family, n, operands)) return false;
    struct xrp_site s = {NULL, 0, NULL, operands, n, x->family};
    const struct user_maker *k = user_maker_of(m);
    if (k && k->draw) return k->draw(k->drawing, x->family, &s, out);
    return x->family->sample(&s, &m->random, out) ||
           xrp_domain_error(x->family, &s, &m->error);
}

static bool defer(struct machine *m, const struct primitive *p, int n,
                  const value *operands, value *out)
{
    (void)p, (void)n, (void)operands, (void)out;
    return outside(m);
}

static bool force(struct machine *m, value v, bool deep, value *out)
{
    (void)deep;
    *out = v;
    return !has_reference(v) || outside(m);
}

static bool operate(struct machine *m, value reference, value *out)
{
    (void)reference, (void)out;
    return outside(m);
}

static bool memoize(struct machine *m, value procedure, uint64_t location,
                    value *out)
{
    (void)procedure, (void)location, (void)out;
    return refuse(m, "mem");
}

static enum memo_answer memo(struct machine *m, struct mem *mem, int n,
                             value *operands, void **entry, uint64_t *location,
                             value *out)
{
    (void)mem, (void)n, (void)operands, (void)entry, (void)location, (void)out;
    refuse(m, "a memoized procedure");
    return MEMO_ERROR;
}

static bool memo_done(struct machine *m, void *entry, value *result)
{
    (void)entry, (void)result;
    return refuse(m, "a memoized procedure");
}

static bool constrain(struct machine *m, enum constrain_kind kind, value target,
                      value with, uint64_t location)
{
    static const char *const what[] = {[CONSTRAIN_OBSERVE] = "observe",
                                       [CONSTRAIN_WEIGHT] = "weight",
                                       [CONSTRAIN_PREDICT] = "predict"};
    (void)target, (void)with, (void)location;
    return refuse(m, what[kind]);
}

static bool score(struct machine *m, enum score_kind kind, value v,
                  uint64_t location)
{
    (void)v, (void)location;
    return refuse(m, kind == SCORE_FACTOR ? "factor" : "condition");
}

static const struct handler at_once = {
    .choose = choose,
    .defer = defer,
    .force = force,
    .operate = operate,
    .memoize = memoize,
    .memo = memo,
    .memo_done = memo_done,
    .constrain = constrain,
    .score = score,
};

/* ---- what was raised ---------------------------------------------------- */

static bool rejects(enum error_kind kind)
{
    return kind == ERROR_DOMAIN || kind == ERROR_IMPOSSIBLE;
}

/* Takes the machine's error. Engines put the place of the application into
 * an error; where it came about becomes the first of its trail. */
static bool keep_failure(struct user *u, enum user_slot slot)
{
    struct user_maker *k = u->maker;
    struct error *from = &k->machine->error, *to = k->failure;
    int length = from->trail_length;
    *to = *from;
    snprintf(to->message, sizeof to->message, "%s: %.400s",
             user_slot_names[slot], from->message);
    if (length < 0 || length >= ERROR_TRAIL_MAX) length = ERROR_TRAIL_MAX - 1;
    memcpy(to->trail + 1, from->trail, (size_t)length * sizeof *to->trail);
    snprintf(to->trail[0].name, sizeof to->trail[0].name, "%s",
             user_slot_names[slot]);
    to->trail[0].span = from->span;
    to->trail_length = from->span.source ? length + 1 : from->trail_length;
    k->failed = true;
    error_clear(from);
    return false;
}

bool user_failure(struct user *u, struct error *error)
{
    if (!u->maker->failed) return false;
    if (error) {
        *error = *u->maker->failure;
        u->maker->failed = false;
    }
    return true;
}

bool user_wrong(struct user *u, enum user_slot slot, const char *expected,
                value got)
{
    struct machine *m = u->maker->machine;
    struct text shown = {NULL, 0, 0};
    bool printed = print_value(&shown, got) && shown.at;
    error_set(&m->error, ERROR_TYPE, "expected %s as answer, got %.60s",
              expected, printed ? shown.at : type_name(got));
    text_free(&shown);
    value p = u->procedures[slot];
    if (is_type(p, T_CLOSURE))
        m->error.span = ((struct closure *)as_object(p))->code->span;
    return keep_failure(u, slot);
}

/* ---- calling ------------------------------------------------------------ */

static bool run(struct machine *m, value procedure, int n,
                const value *operands, value *out)
{
    if (stack_is_low())
        return error_set(&m->error, ERROR_LIMIT,
                         "procedures of make-xrp are nested too deeply");
    return machine_apply(m, procedure, n, operands, 1, out) &&
           (!has_reference(*out) || outside(m));
}

bool user_call(struct user *u, enum user_slot slot, struct random *r, int n,
               const value *operands, value *out)
{
    struct user_maker *k = u->maker;
    struct machine *m = k->machine;
    if (k->failed && !rejects(k->failure->kind)) return false;
    k->failed = false;
    const struct handler *handler = m->handler;
    bool hooked = m->hooked_calls, other = r && r != &m->random;
    struct random stream;
    if (other) {
        stream = m->random;
        m->random = *r;
    }
    m->handler = &at_once;
    m->hooked_calls = false;
    bool ok = run(m, u->procedures[slot], n, operands, out);
    m->handler = handler;
    m->hooked_calls = hooked;
    if (other) {
        *r = m->random;
        m->random = stream;
    }
    return ok || keep_failure(u, slot);
}

double user_log(struct user *u, enum user_slot slot, int n,
                const value *operands)
{
    value v;
    if (!user_call(u, slot, NULL, n, operands, &v)) return NAN;
    double x = is_number(v) ? as_number(v) : NAN;
    if (x < INFINITY) return x;
    if (is_number(v) && x != x) {
        error_set(&u->maker->machine->error, ERROR_DOMAIN,
                  "the answer is not a number (nan)");
        keep_failure(u, slot);
        return NAN;
    }
    user_wrong(u, slot, "a log probability: a number, or (- inf)", v);
    return NAN;
}
