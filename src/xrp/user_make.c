/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make-xrp: from keywords to a random procedure.
 *
 * One with state is made as any maker makes one: the maker of its shape is
 * applied to the user and its parameters, and the engine makes an urn. One
 * without state is a procedure that applies the user itself, as a stateless
 * family, to itself, the parameters and the arguments.
 */
#include "xrp/user.h"

#include <stdio.h>

#include "base/hash.h"
#include "base/memory.h"
#include "eval/global.h"
#include "xrp/family.h"

/* ---- keywords --------------------------------------------------------------- */

static const char *const other_names[] = {":parameters", ":labels?"};
enum { PARAMETERS, LABELS, OTHERS };

static bool unknown(struct machine *m, value name)
{
    const char *names[USER_SLOTS + OTHERS];
    for (int i = 0; i < USER_SLOTS; i++) names[i] = user_slot_names[i];
    for (int i = 0; i < OTHERS; i++) names[USER_SLOTS + i] = other_names[i];
    if (!is_symbol(name) || text_of(name)[0] != ':')
        return machine_type_error(m, "make-xrp", "a keyword such as :sample",
                                  name);
    error_set(&m->error, ERROR_USE, "make-xrp: there is no %.40s",
              text_of(name));
    const char *near = nearest_name(text_of(name), names, USER_SLOTS + OTHERS);
    return near ? error_hint(&m->error, "did you mean %s?", near) : false;
}

/* Which keyword it is; -1: none of them. */
static int keyword_of(value name)
{
    if (!is_symbol(name)) return -1;
    for (int i = 0; i < USER_SLOTS; i++)
        if (strcmp(text_of(name), user_slot_names[i]) == 0) return i;
    for (int i = 0; i < OTHERS; i++)
        if (strcmp(text_of(name), other_names[i]) == 0) return USER_SLOTS + i;
    return -1;
}

static value *wish_at(struct user_wish *w, int keyword)
{
    value *others[OTHERS] = {&w->parameters, &w->labels};
    return keyword < USER_SLOTS ? &w->procedures[keyword]
                                : others[keyword - USER_SLOTS];
}

static const struct {
    const char *word;
    enum xrp_support kind;
    bool dense;
} places[] = {
    {"any", SUPPORT_ANY, false},      {"boolean", SUPPORT_BOOLEAN, false},
    {"integer", SUPPORT_ANY, false},  {"count", SUPPORT_COUNTS, false},
    {"real", SUPPORT_REAL, true},     {"positive", SUPPORT_POSITIVE, true},
    {"unit", SUPPORT_UNIT, true},     {"angle", SUPPORT_ANGLE, true},
    {"vector", SUPPORT_VECTOR, true}, {"simplex", SUPPORT_SIMPLEX, true},
};
enum { PLACES = sizeof places / sizeof *places };

static int place_of(value word)
{
    int i = 0;
    while (i < PLACES && strcmp(text_of(word), places[i].word) != 0) i++;
    return i;
}

/* With the user and MANY arguments they fit into an int8_t. */
enum { PARAMETERS_MAX = 24 };

static bool check_rest(struct machine *m, struct user_wish *w)
{
    if (!is_list(w->parameters))
        return machine_type_error(m, "make-xrp: :parameters", "a list",
                                  w->parameters);
    if (list_length(w->parameters) > PARAMETERS_MAX)
        return error_set(&m->error, ERROR_USE,
                         "make-xrp: more than %d :parameters", PARAMETERS_MAX);
    value *rescores = &w->procedures[USER_RESCORES];
    if (is_boolean(*rescores)) {
        w->rescores = *rescores;
        *rescores = V_FALSE;
    } else if (!is_procedure(*rescores)) {
        return machine_type_error(m, "make-xrp: :rescores?",
                                  "True, False or a procedure", *rescores);
    }
    if (!is_boolean(w->labels))
        return machine_type_error(m, "make-xrp: :labels?", "True or False",
                                  w->labels);
    value *support = &w->procedures[USER_SUPPORT];
    if (!is_symbol(*support)) return true;
    w->place = *support;
    *support = V_FALSE;
    if (place_of(w->place) < PLACES) return true;
    return machine_type_error(m, "make-xrp: :support",
                              "a procedure, or one of any boolean integer "
                              "count real positive unit angle vector simplex",
                              w->place);
}

static bool read_wish(struct machine *m, uint32_t n, const value *at,
                      struct user_wish *w)
{
    uint32_t seen = 0;
    *w = (struct user_wish){.parameters = V_NIL,
                            .rescores = V_UNBOUND,
                            .labels = V_FALSE,
                            .place = V_FALSE};
    for (int i = 0; i < USER_SLOTS; i++) w->procedures[i] = V_FALSE;
    w->procedures[USER_RESCORES] = V_TRUE;
    for (uint32_t i = 0; i < n; i += 2) {
        value name;
        if (!machine_force(m, at[i], false, &name)) return false;
        int keyword = keyword_of(name);
        if (keyword < 0) return unknown(m, name);
        if (i + 1 == n)
            return error_set(&m->error, ERROR_USE, "make-xrp: %s needs a value",
                             text_of(name));
        if (seen >> keyword & 1)
            return error_set(&m->error, ERROR_USE,
                             "make-xrp: %s is given twice", text_of(name));
        seen |= (uint32_t)1 << keyword;
        if (!machine_force(m, at[i + 1], false, wish_at(w, keyword)))
            return false;
    }
    return check_rest(m, w);
}

/* ---- users: equal procedures, one user ----------------------------------------- */

enum { DEEP = 4 };

static uint64_t hash_part(uint64_t hash, value v, int depth)
{
    if (!is_type(v, T_CLOSURE))
        return hash_word(hash, is_procedure(v) ? 1 : value_hash(v, NULL));
    const struct closure *c = as_object(v);
    hash = hash_word(hash, c->code->hash);
    for (uint32_t i = 0; depth < DEEP && i < c->head.size; i++)
        hash = hash_part(hash, c->captured[i], depth + 1);
    return hash;
}

static bool same_part(value a, value b, int depth)
{
    if (a == b) return true;
    if (!is_type(a, T_CLOSURE) || !is_type(b, T_CLOSURE))
        return !is_number(a) && value_equal(a, b);
    const struct closure *x = as_object(a), *y = as_object(b);
    if (x->code != y->code || depth == DEEP) return false;
    for (uint32_t i = 0; i < x->head.size; i++)
        if (!same_part(x->captured[i], y->captured[i], depth + 1)) return false;
    return true;
}

static bool same_user(const struct user *a, const struct user *b)
{
    if (a->xrp.location != b->xrp.location || a->shape != b->shape ||
        a->parameters != b->parameters)
        return false;
    for (int i = 0; i < USER_SLOTS; i++)
        if (!same_part(a->procedures[i], b->procedures[i], 0)) return false;
    return true;
}

/* ---- shapes --------------------------------------------------------------------- */

static bool same_shape(const struct xrp_family *a, const struct xrp_family *b)
{
    return a->flags == b->flags && a->min == b->min && a->max == b->max &&
           a->support_kind == b->support_kind &&
           a->initialize == b->initialize && a->unsample == b->unsample &&
           a->propose == b->propose && a->state_weight == b->state_weight &&
           a->state_propose == b->state_propose && a->gradient == b->gradient &&
           a->weight == b->weight && a->enumerate == b->enumerate &&
           a->rescores == b->rescores && a->transit == b->transit;
}

static struct xrp_family wanted_family(const struct user_wish *w,
                                       const struct user *u)
{
    int place = w->place == V_FALSE ? 0 : place_of(w->place);
    int before = u->stateful ? 0 : 1 + (int)u->parameters;
    struct xrp_family f = {
        .names = "xrp",
        .signature = u->max ? "(xrp argument ...)" : "(xrp)",
        .doc = "a random procedure that make-xrp made",
        .min = (int8_t)(before + u->min),
        .max = (int8_t)(u->max < 0 ? -1 : before + u->max),
        .support_kind = (uint8_t)places[place].kind,
    };
    if (is_procedure(w->procedures[USER_SUPPORT]))
        f.support_kind = SUPPORT_VALUES;
    if (w->labels == V_TRUE) f.support_kind = SUPPORT_LABELS;
    if (w->rescores == V_TRUE) f.flags |= XRP_RESCORES;
    if (w->rescores == V_UNBOUND) f.flags |= XRP_DECIDES;
    if (w->labels == V_TRUE) f.flags |= XRP_LABELS;
    if (u->stateful) f.flags |= XRP_STATEFUL;
    if (places[place].dense) f.flags |= XRP_CONTINUOUS;
    if (u->stateful && is_procedure(w->procedures[USER_WEIGHT]))
        f.flags |= XRP_WEIGHS;
    if (is_procedure(w->procedures[USER_STATE_PROPOSE])) f.flags |= XRP_MOVES;
    if (is_procedure(w->procedures[USER_STATE_TRANSITION]))
        f.flags |= XRP_MOVES | XRP_HIDES;
    if (is_procedure(w->procedures[USER_UNSAMPLE])) f.flags |= XRP_UNSAMPLES;
    user_family_fill(&f, u);
    return f;
}

static const struct user_shape *
shape_of(struct user_maker *k, const struct user_wish *w, const struct user *u)
{
    struct xrp_family wanted = wanted_family(w, u);
    for (struct user_shape *s = k->shapes; s; s = s->next)
        if (same_shape(&s->made, &wanted)) return s;
    struct user_shape *s = memory_new(sizeof *s);
    if (!s) return NULL;
    s->made = wanted;
    s->maker = (struct xrp_family){.names = "make-xrp",
                                   .signature = k->native.signature,
                                   .doc = k->native.doc,
                                   .min = 1,
                                   .max = -1,
                                   .flags = XRP_MAKER | XRP_RESCORES,
                                   .made = &s->made,
                                   .explain = wanted.explain,
                                   .failure = wanted.failure};
    s->maker_xrp =
        (struct xrp){{{T_XRP, 0, 0, 0}, "make-xrp", NULL}, &s->maker, NULL, 0};
    s->next = k->shapes;
    k->shapes = s;
    return s;
}

/* The user of a wish, the one of before where there was an equal one. */
static struct user *user_make(struct user_maker *k, const struct user_wish *w,
                              bool *known)
{
    struct machine *m = k->machine;
    struct user *u = memory_new(sizeof *u);
    if (!u) return machine_no_memory(m), NULL;
    u->maker = k;
    if (!user_check(m, w, u)) return NULL;
    u->shape = shape_of(k, w, u);
    if (!u->shape) return machine_no_memory(m), NULL;
    if (u->stateful && u->parameters &&
        !(u->seen = memory_new((u->parameters + 1) * sizeof *u->seen)))
        return machine_no_memory(m), NULL;
    uint64_t hash = hash_word(0, u->parameters);
    for (int i = 0; i < USER_SLOTS; i++)
        hash = hash_part(hash, u->procedures[i], 0);
    u->xrp =
        (struct xrp){{{T_XRP, 0, USER_MARK, 0}, "xrp", "(xrp argument ...)"},
                     &u->shape->made,
                     NULL,
                     hash_finish(hash) >> 4};
    struct user **kept = &k->users[u->xrp.location % USER_KEPT];
    *known = *kept && same_user(*kept, u);
    return *known ? *kept : u;
}

/* ---- without state: a procedure ------------------------------------------------- */

/* weight user value parameter ... argument ... */
static bool weigh(struct machine *m, int n, const value *operands, value *out)
{
    struct user *u = user_of(operands[0]);
    if (!u) return machine_type_error(m, "weight", "an XRP", operands[0]);
    if (!user_call(u, USER_WEIGHT, NULL, n - 1, operands + 1, out)) {
        user_failure(u, &m->error);
        return false;
    }
    if (is_number(*out) && as_number(*out) >= 0.0 && as_number(*out) < INFINITY)
        return true;
    user_wrong(u, USER_WEIGHT, "a number that is not negative", *out);
    user_failure(u, &m->error);
    return false;
}

static struct primitive primitive_weigh = {.names = "weight",
                                           .function = weigh,
                                           .min = 2,
                                           .max = -1,
                                           .look = LOOK_DEEP};

/* The application has been made; its weight is an expression of its value. */
static enum step weigh_choice(struct machine *m, struct frame *f, value *at)
{
    const struct user_procedure *p = as_object(at[-1]);
    value few[16], *operands = few, weight, choice = at[f->slots];
    uint32_t n = p->count + 1 + f->arguments;
    if (n > 16 && !(operands = memory_new(n * sizeof *operands))) {
        machine_no_memory(m);
        return STEP_ERROR;
    }
    operands[0] = p->fixed[0];
    operands[1] = choice;
    memcpy(operands + 2, p->fixed + 1, (p->count - 1) * sizeof *operands);
    memcpy(operands + 1 + p->count, at, f->arguments * sizeof *operands);
    if (!primitive_apply(m, &primitive_weigh, (int)n, operands, &weight) ||
        !m->handler->constrain(m, CONSTRAIN_WEIGHT, choice, weight, f->hash))
        return STEP_ERROR;
    return native_return(f, at, choice);
}

static enum step apply(struct machine *m, struct frame *f, value *at)
{
    const struct user_procedure *p = as_object(at[-1]);
    value few[16], *operands = few;
    uint32_t n = p->count + f->arguments;
    bool weighs = p->user->procedures[USER_WEIGHT] != V_FALSE;
    if (f->phase) return weigh_choice(m, f, at);
    if (n > 16 && !(operands = memory_new(n * sizeof *operands))) {
        machine_no_memory(m);
        return STEP_ERROR;
    }
    memcpy(operands, p->fixed, p->count * sizeof *operands);
    memcpy(operands + p->count, at, f->arguments * sizeof *operands);
    return (weighs ? native_call : native_tail)(m, f, p->fixed[0], (int)n,
                                                operands);
}

/* The same procedure for the same parameters, as far as it is remembered. */
static struct user_procedure *procedure_make(struct user *u, uint32_t count,
                                             const value *fixed,
                                             uint64_t location)
{
    struct user_procedure *p = u->procedure;
    size_t size = count * sizeof *fixed;
    if (p && memcmp(p->fixed, fixed, size) == 0) return p;
    p = memory_new(sizeof *p + size);
    if (!p) return NULL;
    if (count == 1) location = u->xrp.location;
    snprintf(p->name, sizeof p->name, "xrp-%llx",
             (unsigned long long)location & 0xffffffff);
    p->native = (struct native){.head = {T_NATIVE, 0, 0, 0},
                                .names = p->name,
                                .step = apply,
                                .min = u->min,
                                .max = u->max,
                                .signature = "(xrp argument ...)",
                                .doc = "a random procedure that make-xrp made"};
    p->user = u;
    p->count = count;
    memcpy(p->fixed, fixed, size);
    u->procedure = p;
    return p;
}

/* ---- with state: an urn --------------------------------------------------------- */

static bool urn_make(struct user *u, uint32_t count, const value *written,
                     uint64_t location, value *out)
{
    struct user_maker *k = u->maker;
    struct machine *m = k->machine;
    struct user_application *a =
        memory_new(sizeof *a + count * sizeof *written);
    if (!a) return machine_no_memory(m);
    if (!m->handler->choose(m, v_object(&u->shape->maker_xrp), (int)count,
                            written, location, out))
        return false;
    a->location = location;
    a->made = *out;
    for (uint32_t i = 1; i < count; i++)
        a->random = a->random || has_reference(written[i]);
    a->count = count;
    memcpy(a->written, written, count * sizeof *written);
    k->made[location % USER_KEPT] = a;
    return true;
}

/* ---- make-xrp ------------------------------------------------------------------- */

static bool make(struct machine *m, struct frame *f, value *at, value *out)
{
    struct user_maker *k = as_object(at[-1]);
    struct user_wish w;
    value written[PARAMETERS_MAX + 1];
    uint32_t count = 1;
    bool known;
    if (!read_wish(m, f->arguments, at, &w)) return false;
    for (value v = w.parameters; is_pair(v); v = cdr(v))
        written[count++] = car(v);
    struct user *u = user_make(k, &w, &known);
    if (!u) return false;
    written[0] = v_object(u);
    if (!known) {
        if (!user_try(u, count - 1, written + 1)) return false;
        k->users[u->xrp.location % USER_KEPT] = u;
    }
    k->hides = k->hides || u->xrp.family->flags & XRP_HIDES;
    if (u->stateful) return urn_make(u, count, written, f->hash, out);
    struct user_procedure *p = procedure_make(u, count, written, f->hash);
    *out = v_object(p);
    return p || machine_no_memory(m);
}

static enum step make_xrp(struct machine *m, struct frame *f, value *at)
{
    value out;
    return make(m, f, at, &out) ? native_return(f, at, out) : STEP_ERROR;
}

struct user_maker *user_maker_of(struct machine *m)
{
    static value name; /* symbols are for ever */
    if (!name) name = symbol("make-xrp");
    const struct global *g = global_builtin(m, name);
    return g ? as_object(g->held) : NULL;
}

static const struct user_application *application(struct machine *m, value v)
{
    const struct user_maker *k = user_maker_of(m);
    const struct xrp *x = as_object(v);
    if (!is_type(v, T_XRP) || !k) return NULL;
    const struct user_application *a = k->made[x->location % USER_KEPT];
    return a && a->location == x->location && a->made == v ? a : NULL;
}

bool user_is_random(struct machine *m, value v)
{
    const struct user_application *a = application(m, v);
    return a && a->random;
}

bool user_find(struct machine *m, value v, struct user **user, uint32_t *count,
               const value **written)
{
    const struct native *n = as_object(v);
    if (is_type(v, T_NATIVE) && n->step == apply) {
        const struct user_procedure *p = as_object(v);
        *user = p->user;
        *count = p->count;
        *written = p->fixed;
        return true;
    }
    const struct user_application *a = application(m, v);
    if (!a) return false;
    *user = user_of(a->written[0]);
    *count = a->count;
    *written = a->random ? (*user)->seen : a->written;
    return ((const struct xrp *)as_object(v))->family == (*user)->xrp.family;
}

bool user_install(struct machine *m)
{
    struct user_maker *k = memory_new(sizeof *k);
    if (!k || !(k->failure = memory_new(sizeof *k->failure)))
        return machine_no_memory(m);
    k->machine = m;
    k->native = (struct native){
        .head = {T_NATIVE, 0, 0, 0},
        .names = "make-xrp",
        .step = make_xrp,
        .min = 0,
        .max = -1,
        .topic = "random procedures",
        .signature =
            "(make-xrp :sample f :prob f [:initialize f :incorporate f "
            ":remove f] [:unsample f :support f :score-state f :gradient f] "
            "[:propose f :weight f :state-propose f :state-weight f "
            ":state-transition f] "
            "[:parameters list :rescores? true :labels? false])",
        .doc = "a random procedure of your own: see Random procedures of "
               "your own"};
    primitive_weigh.head.type = T_PRIMITIVE;
    machine_add_builtin(m, "make-xrp", v_object(k), k->native.doc);
    return true;
}
