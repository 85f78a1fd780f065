/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What make-xrp looks at before it makes anything: are the procedures there
 * that belong together, does each take what it will be given, and do they
 * look at nothing random outside of them? And, where no arguments are
 * needed, one trial, so that an answer of the wrong kind is told where the
 * XRP is made and not somewhere in an INFER.
 */
#include <stdio.h>

#include "xrp/user.h"

const char *const user_slot_names[USER_SLOTS] = {
    [USER_INITIALIZE] = ":initialize",
    [USER_SAMPLE] = ":sample",
    [USER_INCORPORATE] = ":incorporate",
    [USER_REMOVE] = ":remove",
    [USER_PROB] = ":prob",
    [USER_UNSAMPLE] = ":unsample",
    [USER_WEIGHT] = ":weight",
    [USER_PROPOSE] = ":propose",
    [USER_STATE_WEIGHT] = ":state-weight",
    [USER_STATE_PROPOSE] = ":state-propose",
    [USER_SUPPORT] = ":support",
    [USER_SCORE_STATE] = ":score-state",
    [USER_GRADIENT] = ":gradient",
    [USER_RESCORES] = ":rescores?",
    [USER_STATE_TRANSITION] = ":state-transition",
};

/* What each is given: the state, a value, the parameters, the arguments; or
 * all values, and a list of the arguments of each, where there are any.
 * Parameters that are as good as arguments are those of an XRP without
 * state. */
enum {
    STATE = 1,
    VALUE = 2,
    VALUES = 4,
    PARAMETERS = 8,
    ARGUMENTS = 16,
    LISTS = 32,
    FIXED = 64 /* parameters, if they are as good as arguments */
};

static const uint8_t given_to[USER_SLOTS] = {
    [USER_INITIALIZE] = 0,
    [USER_SAMPLE] = STATE | PARAMETERS | ARGUMENTS,
    [USER_INCORPORATE] = STATE | VALUE | PARAMETERS | ARGUMENTS,
    [USER_REMOVE] = STATE | VALUE | PARAMETERS | ARGUMENTS,
    [USER_PROB] = STATE | VALUE | PARAMETERS | ARGUMENTS,
    [USER_UNSAMPLE] = STATE | VALUE | PARAMETERS | ARGUMENTS,
    [USER_WEIGHT] = STATE | VALUE | PARAMETERS | ARGUMENTS,
    [USER_PROPOSE] = STATE | VALUE | PARAMETERS | ARGUMENTS,
    [USER_STATE_WEIGHT] = STATE | PARAMETERS,
    [USER_STATE_PROPOSE] = STATE | VALUES | PARAMETERS | LISTS,
    [USER_SUPPORT] = STATE | PARAMETERS | ARGUMENTS,
    [USER_SCORE_STATE] = STATE | PARAMETERS,
    [USER_GRADIENT] = STATE | VALUE | PARAMETERS | ARGUMENTS,
    [USER_RESCORES] = VALUE | FIXED | ARGUMENTS,
    [USER_STATE_TRANSITION] = STATE | PARAMETERS,
};

/* ---- which are there ------------------------------------------------------ */

static bool has(const struct user *u, enum user_slot slot)
{
    return u->procedures[slot] != V_FALSE;
}

static bool missing(struct machine *m, enum user_slot slot, const char *why)
{
    return error_set(&m->error, ERROR_USE, "make-xrp: %s is missing%s",
                     user_slot_names[slot], why);
}

static bool check_present(struct machine *m, const struct user_wish *w,
                          struct user *u)
{
    static const enum user_slot of_state[] = {
        USER_INITIALIZE,      USER_INCORPORATE,  USER_REMOVE,
        USER_SCORE_STATE,     USER_STATE_WEIGHT, USER_STATE_PROPOSE,
        USER_STATE_TRANSITION};
    const char *why = "";
    for (size_t i = 0; i < sizeof of_state / sizeof *of_state; i++)
        if (has(u, of_state[i])) u->stateful = true;
    if (u->stateful) why = ": an XRP with state needs it";
    if (!has(u, USER_SAMPLE)) return missing(m, USER_SAMPLE, "");
    if (!has(u, USER_PROB) && !has(u, USER_SCORE_STATE))
        return missing(m, USER_PROB, "");
    for (size_t i = 0; u->stateful && i < 3; i++)
        if (!has(u, of_state[i])) return missing(m, of_state[i], why);
    if (has(u, USER_STATE_PROPOSE) && has(u, USER_STATE_TRANSITION))
        return error_set(&m->error, ERROR_USE,
                         "make-xrp: :state-propose and :state-transition both "
                         "move the state: give one of them");
    if (has(u, USER_STATE_WEIGHT) && !has(u, USER_STATE_PROPOSE) &&
        !has(u, USER_STATE_TRANSITION))
        return missing(m, USER_STATE_PROPOSE,
                       ": :state-weight says how often it is asked");
    if (w->labels == V_FALSE) return true;
    if (!u->stateful)
        return error_set(&m->error, ERROR_USE,
                         "make-xrp: :labels? is of XRPs with state");
    return has(u, USER_SUPPORT) ||
           missing(m, USER_SUPPORT,
                   ": with :labels? it lists those in use, and a new one last");
}

/* ---- what they take --------------------------------------------------------- */

static void takes(value procedure, int *min, int *max)
{
    *min = 0;
    *max = -1;
    switch (object_type(procedure)) {
    case T_CLOSURE: {
        const struct code *c = ((struct closure *)as_object(procedure))->code;
        *min = c->parameters;
        if (!c->rest) *max = *min;
        break;
    }
    case T_PRIMITIVE: {
        const struct primitive *p = as_object(procedure);
        *min = p->min;
        *max = p->max;
        break;
    }
    case T_NATIVE: {
        const struct native *p = as_object(procedure);
        *min = p->min;
        *max = p->max;
        break;
    }
    case T_XRP: {
        const struct xrp_family *f =
            ((struct xrp *)as_object(procedure))->family;
        *min = f->min;
        *max = f->max;
        break;
    }
    default: break;
    }
}

/* May its applications have arguments? */
static bool takes_any(const struct user *u) { return u->max != 0; }

/* What it is given, of this one. */
static int given_of(const struct user *u, enum user_slot slot)
{
    int given = given_to[slot];
    if (!u->stateful) given &= ~STATE;
    if (given & FIXED && !u->stateful) given |= PARAMETERS;
    return given;
}

/* How many operands it gets before the arguments. */
static int leading(const struct user *u, enum user_slot slot)
{
    int given = given_of(u, slot);
    return ((given & STATE) != 0) + ((given & (VALUE | VALUES)) != 0) +
           (given & PARAMETERS ? (int)u->parameters : 0) +
           (given & LISTS && takes_any(u));
}

/* "(state value parameter ...)" */
static void describe(const struct user *u, enum user_slot slot, char *to,
                     size_t size)
{
    int given = given_of(u, slot);
    char parameters[32] = "";
    if (given & PARAMETERS && u->parameters)
        snprintf(parameters, sizeof parameters, " %u parameter%s",
                 u->parameters, u->parameters == 1 ? "" : "s");
    int n = snprintf(to, size, "(%s%s%s%s", given & STATE ? " state" : "",
                     given & VALUE    ? " value"
                     : given & VALUES ? " values"
                                      : "",
                     parameters,
                     !takes_any(u)       ? ""
                     : given & ARGUMENTS ? " argument ..."
                     : given & LISTS     ? " arguments"
                                         : "");
    if (n > 1) memmove(to + 1, to + 2, (size_t)n - 1);
    n = (int)strlen(to);
    snprintf(to + n, size - (size_t)n, ")");
}

static bool wrong_arity(struct machine *m, const struct user *u,
                        enum user_slot slot, int min, int max)
{
    char wanted[96], has_words[32];
    describe(u, slot, wanted, sizeof wanted);
    if (max < 0)
        snprintf(has_words, sizeof has_words, "at least %d", min);
    else if (min == max)
        snprintf(has_words, sizeof has_words, "%d", min);
    else
        snprintf(has_words, sizeof has_words, "%d to %d", min, max);
    return error_set(&m->error, ERROR_ARITY,
                     "make-xrp: %s is called with %s%s, and takes %s operand%s",
                     user_slot_names[slot], wanted,
                     given_to[slot] & ARGUMENTS && takes_any(u) &&
                             slot != USER_SAMPLE
                         ? ", as :sample is"
                         : "",
                     has_words, min == 1 && max == 1 ? "" : "s");
}

enum { MANY = 100 }; /* arguments: stands for any number */

/* Leaves in u->min and max the numbers of arguments that it can take too. */
static bool check_arity(struct machine *m, struct user *u, enum user_slot slot)
{
    int min, max, before = leading(u, slot);
    takes(u->procedures[slot], &min, &max);
    int low = min - before, high = max < 0 ? MANY : max - before;
    if (!(given_to[slot] & ARGUMENTS)) {
        if (low <= 0 && high >= 0) return true;
        return wrong_arity(m, u, slot, min, max);
    }
    if (high > MANY) high = MANY;
    if (low < u->min) low = u->min;
    if (high > u->max) high = u->max;
    if (low > high) return wrong_arity(m, u, slot, min, max);
    u->min = (int8_t)low;
    u->max = (int8_t)high;
    return true;
}

/* ---- what they look at -------------------------------------------------------- */

enum { DEEP = 4 };

static bool looks_outside(struct machine *m, enum user_slot slot,
                          const char *name)
{
    error_set(&m->error, ERROR_USE, "make-xrp: %s looks at %s",
              user_slot_names[slot], name);
    return error_hint(&m->error, "hand its value on: :parameters (list x)");
}

/* The names that the code itself mentions. */
static bool check_code(struct machine *m, enum user_slot slot,
                       const struct code *code, int depth)
{
    char name[64];
    for (uint32_t i = 0; depth < DEEP && i < code->constant_count; i++) {
        const struct global *g = as_object(code->constants[i]);
        switch (object_type(code->constants[i])) {
        case T_GLOBAL:
            if (has_reference(g->held)) {
                snprintf(name, sizeof name, "%.40s, which is random",
                         text_of(g->name));
                return looks_outside(m, slot, name);
            }
            break;
        case T_CODE:
            if (!check_code(m, slot, as_object(code->constants[i]), depth + 1))
                return false;
            break;
        default: break;
        }
    }
    return true;
}

static bool check_plain(struct machine *m, enum user_slot slot, value v,
                        int depth)
{
    if (has_reference(v)) return looks_outside(m, slot, "a random choice");
    if (depth == DEEP || !is_type(v, T_CLOSURE)) return true;
    const struct closure *c = as_object(v);
    if (!check_code(m, slot, c->code, 0)) return false;
    for (uint32_t i = 0; i < c->head.size; i++)
        if (!check_plain(m, slot, c->captured[i], depth + 1)) return false;
    return true;
}

bool user_check(struct machine *m, const struct user_wish *w, struct user *u)
{
    memcpy(u->procedures, w->procedures, sizeof u->procedures);
    u->parameters = list_length(w->parameters);
    if (!check_present(m, w, u)) return false;
    u->min = 0;
    u->max = MANY;
    for (int i = 0; i < USER_SLOTS; i++) {
        enum user_slot slot = (enum user_slot)i;
        value p = u->procedures[slot];
        if (p == V_FALSE) continue;
        if (!is_procedure(p) || is_type(p, T_MEM)) {
            char who[40];
            snprintf(who, sizeof who, "make-xrp: %s", user_slot_names[slot]);
            return machine_type_error(m, who, "a procedure", p);
        }
        if ((slot != USER_STATE_PROPOSE && !check_arity(m, u, slot)) ||
            !check_plain(m, slot, p, 0))
            return false;
    }
    /* By now it is known whether there may be arguments. */
    if (has(u, USER_STATE_PROPOSE) && !check_arity(m, u, USER_STATE_PROPOSE))
        return false;
    if (u->max == MANY) u->max = -1;
    return true;
}

/* ---- one trial ------------------------------------------------------------------ */

/* Only errors that would end an INFER count: parameters out of their domain
 * are no fault of the procedures, and a name may be defined later. */
static bool settle(struct user *u)
{
    struct error *e = &u->maker->machine->error, kept = {0};
    if (!user_failure(u, &kept)) return true;
    if (kept.kind == ERROR_DOMAIN || kept.kind == ERROR_IMPOSSIBLE ||
        kept.kind == ERROR_NAME)
        return true;
    *e = kept;
    return false;
}

bool user_try(struct user *u, uint32_t count, const value *parameters)
{
    const struct xrp_family *f = u->xrp.family;
    struct random r;
    value params[16], v;
    if (u->min > 0 || count + 1 > sizeof params / sizeof *params) return true;
    params[0] = v_object(u);
    for (uint32_t i = 0; i < count; i++) {
        if (has_reference(parameters[i])) return true;
        params[i + 1] = parameters[i];
    }
    struct xrp_site s = {params, (int)count + 1, NULL, NULL, 0, f};
    if (!u->stateful)
        s = (struct xrp_site){NULL, 0, NULL, params, (int)count + 1, f};
    random_seed(&r, 1);
    if (u->stateful && !(s.state = f->initialize(&s)))
        return machine_no_memory(u->maker->machine);
    if (!f->sample(&s, &r, &v)) return settle(u);
    f->prob(&s, v);
    if (u->stateful) {
        f->incorporate(&s, v);
        f->score_state(&s);
        f->remove(&s, v);
        f->prob(&s, v);
    }
    if (f->enumerate) f->enumerate(&s, &v);
    return settle(u);
}
