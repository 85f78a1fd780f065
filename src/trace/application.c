/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Applications, as all engines have them: see application.h.
 */
#include "trace/application.h"

#include <stdio.h>

#include "base/hash.h"
#include "base/memory.h"
#include "eval/code.h"
#include "eval/expression.h"
#include "eval/global.h"
#include "eval/index.h"
#include "eval/machine_inside.h"
#include "eval/print.h"
#include "eval/walk.h"
#include "xrp/form.h"

static uint64_t text_hash(const char *s) { return hash_bytes(s, strlen(s)); }

static uint64_t key_identity(const struct object *o)
{
    switch (o->type) {
    case T_XRP: {
        const struct xrp *x = (const struct xrp *)o;
        return hash_word(x->location, text_hash(x->base.name));
    }
    case T_MEM: return ((const struct mem *)o)->location;
    case T_PRIMITIVE: return text_hash(((const struct primitive *)o)->names);
    case T_NATIVE: return text_hash(((const struct native *)o)->names);
    case T_CLOSURE: {
        const struct closure *c = (const struct closure *)o;
        uint64_t h = c->code->hash;
        for (uint32_t i = 0; i < c->head.size; i++)
            if (!is_procedure(c->captured[i]) && !has_reference(c->captured[i]))
                h = hash_word(h, value_hash(c->captured[i], NULL));
        return h;
    }
    default: return o->type;
    }
}

/* Whole doubles count as the integers that they equal. */
static uint64_t other_hash(value v)
{
    if (is_double(v)) {
        double d = as_double(v);
        if (d >= (double)INT_MIN_EXACT && d <= (double)INT_MAX_EXACT &&
            d == (double)(int64_t)d)
            return v_int((int64_t)d);
        return v;
    }
    return is_object(v) ? value_hash(v, key_identity) : v;
}

uint64_t memo_location(const struct mem *mem, int n, const value *operands)
{
    uint64_t hash = hash_word(0, (uint64_t)n);
    for (int i = 0; i < n; i++)
        hash = hash_word(hash, is_int(operands[i]) ? operands[i]
                                                   : other_hash(operands[i]));
    return location_extend(mem->location, hash_finish(hash));
}

/* Is there a procedure in it that the program made? Another run of the
 * program makes another one: as a value it would not be found again. */
static bool holds_made(value list)
{
    struct walk walk;
    bool found = false, room = true;
    walk_open(&walk);
    for (value v = list;;) {
        for (; is_pair(v); v = cdr(v))
            if (is_object(car(v))) room = walk_push(&walk, car(v)) && room;
        int type = object_type(v);
        found = !room || type == T_CLOSURE || type == T_MEM ||
                (type == T_XRP && ((const struct xrp *)as_object(v))->made);
        if (found || !walk.length) break;
        v = walk_pop(&walk);
    }
    walk_close(&walk);
    return found;
}

static bool pick(struct machine *m, const char *by, value list, value operand,
                 uint64_t location, value *out)
{
    value operands[2] = {list, V_NIL};
    const struct global *g = global_builtin(m, symbol(by));
    return m->handler->choose(m, g->held, 1, &operand, location,
                              &operands[1]) &&
           primitive_apply(m, &primitive_index, 2, operands, out);
}

bool pick_by_index(struct machine *m, const struct xrp *x, int n,
                   const value *operands, uint64_t location, value *out,
                   bool *done)
{
    static const struct xrp_family *draw, *weigh;
    if (!draw) {
        draw = xrp_find("uniform-draw");
        weigh = xrp_find("multinomial");
    }
    value list;
    *done = false;
    if (x->family != draw && x->family != weigh) return true;
    if (n != (x->family == draw ? 1 : 2)) return true;
    if (!has_reference(operands[0]))
        list = operands[0];
    else if (!machine_force(m, operands[0], false, &list))
        return false;
    if (!is_list(list) || !(has_reference(list) || holds_made(list)))
        return true;
    *done = true;
    return x->family == draw
               ? pick(m, "randbelow", list, v_int(list_length(list)), location,
                      out)
               : pick(m, "categorical", list, operands[1], location, out);
}

bool choice_may_vary(struct machine *m, const struct xrp_family *family, int n,
                     const value *written)
{
    struct xrp_site s = {NULL, 0, NULL, written, n, family};
    if (!family->fixed || !family->fixed(&s)) return true;
    for (int i = 0; i < n; i++)
        if (has_reference(written[i]))
            return error_set(&m->error, ERROR_USE,
                             "%.*s of draws that are not alike leaves out a "
                             "factor that depends on their arguments: these "
                             "may not be random",
                             (int)strcspn(family->names, " "), family->names);
    return true;
}

bool choice_has_prior(const struct xrp_family *family,
                      const struct xrp_site *site)
{
    return !(family->flags & (XRP_IMPROPER | XRP_FORM)) ||
           !(xrp_flags_at(family, site) & XRP_IMPROPER);
}

bool choice_proposable(struct machine *m, const struct xrp_family *family,
                       const struct xrp_site *site, struct span place)
{
    if (choice_has_prior(family, site)) return true;
    error_set(&m->error, ERROR_USE,
              "a draw from the prior is needed here, and %.*s has none",
              (int)strcspn(family->names, " "), family->names);
    m->error.span = place;
    return false;
}

bool weight_moves(struct machine *m, struct span place)
{
    error_set(&m->error, ERROR_USE,
              "a weight is another after :state-transition, which nothing "
              "accepts: it may not depend on what the state hides");
    m->error.span = place;
    return false;
}

bool location_collision(struct machine *m, uint64_t location)
{
    return error_set(&m->error, ERROR_ENGINE,
                     "two applications have the location %016llx: please "
                     "report this program",
                     (unsigned long long)location);
}

/* An element of many is named by its place, as in the data that it is from. */
static bool misfit_error(struct machine *m, const struct xrp_family *family,
                         value held, const struct misfit *f)
{
    char given[61], place[64] = " here";
    bool shape = f->element == V_UNBOUND;
    const char *names = shape ? family->names : f->family->names;
    print_cut(given, sizeof given, shape ? held : f->element);
    if (shape)
        return error_set(&m->error, ERROR_IMPOSSIBLE,
                         "%.*s cannot give the observed value %s here; its "
                         "support: an array of %zu value%s",
                         (int)strcspn(names, " "), names, given, f->count,
                         f->count == 1 ? "" : "s");
    if (f->count > 1)
        snprintf(place, sizeof place, ", number %zu of %zu", f->place,
                 f->count);
    return error_set(&m->error, ERROR_IMPOSSIBLE,
                     "%.*s cannot give the observed value %s%s; its support: "
                     "%s",
                     (int)strcspn(names, " "), names, given, place,
                     xrp_support_words(f->family));
}

bool choice_impossible(struct machine *m, const struct xrp_family *family,
                       const struct xrp_site *site, value held, bool observed,
                       double score)
{
    int name = (int)strcspn(family->names, " ");
    char given[61];
    if (score != score) return xrp_domain_error(family, site, &m->error);
    if (!observed)
        return error_set(&m->error, ERROR_IMPOSSIBLE,
                         "%.*s cannot give the value that it has", name,
                         family->names);
    struct misfit misfit;
    if (form_misfit(family, site, held, &misfit))
        return misfit_error(m, family, held, &misfit);
    print_cut(given, sizeof given, held);
    return error_set(&m->error, ERROR_IMPOSSIBLE,
                     "%.*s cannot give the observed value %s here; its "
                     "support: %s",
                     name, family->names, given, xrp_support_words(family));
}

bool maker_fits(struct machine *m, const struct xrp_family *maker, int n,
                const value *written)
{
    struct xrp_site s = {written, n, NULL, NULL, 0, maker};
    char words[ERROR_MESSAGE_MAX - 64];
    for (int i = 0; i < n; i++)
        if (has_reference(written[i])) return true;
    if (maker->failure || !maker->explain ||
        !maker->explain(&s, words, sizeof words))
        return true;
    error_set(&m->error, ERROR_DOMAIN, "%.*s: %s",
              (int)strcspn(maker->names, " "), maker->names, words);
    m->error.span = machine_place(m);
    return false;
}

bool not_a_choice(struct machine *m, const char *who, value found)
{
    const char *query = query_answered();
    if (query) {
        error_set(&m->error, ERROR_OBSERVE,
                  "%s: what %s answers has no density and cannot be observed",
                  who, query);
        return error_hint(&m->error, "add noise to the value: (noisy test "
                                     "0.01), or use condition");
    }
    error_set(&m->error, ERROR_OBSERVE,
              "%s: expected a random choice, got a computed value: %s", who,
              type_name(found));
    return error_hint(&m->error,
                      "observe the random application itself, or add noise to "
                      "the value: (noisy test 0.01), (normal x 0.1)");
}

static bool predict_observes(struct machine *m)
{
    error_set(&m->error, ERROR_OBSERVE,
              "a PREDICT asks, and may not observe: every other answer would "
              "depend on what is asked");
    m->error.span = machine_place(m);
    return error_hint(&m->error, "give it a name, as ASSUME seen (...), and "
                                 "PREDICT seen");
}

bool may_observe(struct machine *m, const struct directive *d)
{
    if (!m->passing)
        return !d || d->kind != DIRECTIVE_PREDICT || predict_observes(m);
    error_set(&m->error, ERROR_OBSERVE,
              "an expression at the top level is evaluated once and forgotten, "
              "and so would be what it observes");
    m->error.span = machine_place(m);
    return error_hint(&m->error, "give it a name, as ASSUME seen (...), or use "
                                 "OBSERVE or OBSERVE-EACH");
}

uint64_t directive_location(const struct directive *d)
{
    return hash_finish(hash_word(UINT64_C(0x7d1), (uint64_t)d->id)) >> 4;
}

bool handler_operate(struct machine *m, value v, value *out)
{
    value under;
    if (!machine_force(m, v, false, &under)) return false;
    *out = is_indexable(under) ? v : under;
    return true;
}

bool handler_defer(struct machine *m, const struct primitive *p, int n,
                   const value *operands, value *out)
{
    if (!expression_make(m, p, n, operands, out)) return false;
    if (*out != V_UNBOUND) return true;
    /* Too large a tree: the operands are read, one by one. */
    value *plain = memory_new((size_t)n * sizeof *plain);
    if (!plain) return machine_no_memory(m);
    for (int i = 0; i < n; i++)
        if (!machine_force(m, operands[i], p->look == LOOK_DEEP, &plain[i]))
            return false;
    return p->function(m, n, plain, out);
}

bool xrp_arity(struct machine *m, const struct xrp *x, int n)
{
    const struct xrp_family *f = x->family;
    if (n >= f->min && (f->max < 0 || n <= f->max)) return true;
    return machine_arity_error(m, f->names, f->min, f->max, n);
}

/* ---- choices at given values --------------------------------------------- */

static bool setting_push(struct machine *m, struct settings *s,
                         uint64_t location, value held)
{
    if (s->count == s->room) {
        uint32_t room = s->room ? s->room * 2 : 8;
        struct setting *more = memory_new(room * sizeof *more);
        if (!more) return machine_no_memory(m);
        if (s->count) memcpy(more, s->at, s->count * sizeof *more);
        s->at = more;
        s->room = room;
    }
    s->at[s->count++] = (struct setting){location, held};
    return true;
}

static bool is_computed(struct machine *m)
{
    return error_set(&m->error, ERROR_USE,
                     "it is computed from other choices: a value can be given "
                     "to a random choice, or to a list of them");
}

static bool element(value list, uint32_t i, value *rest, value *out)
{
    if (is_vector(list)) {
        if (as_vector(list)->columns || i >= as_vector(list)->rows)
            return false;
        *out = v_double(as_vector(list)->at[i]);
        return true;
    }
    if (!is_pair(*rest)) return false;
    *out = car(*rest);
    *rest = cdr(*rest);
    return true;
}

bool settings_add(struct machine *m, struct settings *s, value result,
                  value given,
                  bool (*locate)(struct machine *, value, uint64_t *))
{
    uint64_t location = 0;
    if (is_reference(result)) {
        if (!locate(m, result, &location)) return false;
        return location ? setting_push(m, s, location, given) : is_computed(m);
    }
    if (!is_pair(result) || !has_reference(result)) return is_computed(m);
    value rest = given, one;
    uint32_t i = 0;
    for (; is_pair(result); result = cdr(result), i++) {
        if (!element(given, i, &rest, &one))
            return machine_type_error(
                m, "LOGDENSITY", "as many values as there are choices", given);
        if (!is_reference(car(result))) return is_computed(m);
        if (!locate(m, car(result), &location)) return false;
        if (!location) return is_computed(m);
        if (!setting_push(m, s, location, one)) return false;
    }
    return true;
}

/* ---- queries that find nothing ------------------------------------------- */

uint32_t query_tries(const struct machine *m)
{
    return m->searching && m->vain_tries ? QUERY_TRIES_AGAIN : QUERY_TRIES;
}

void query_search_begin(struct machine *m)
{
    error_clear(&m->error);
    m->vain_tries = 0;
}

bool query_search_vain(const struct machine *m)
{
    return m->vain_tries >= UINT64_C(2) * QUERY_TRIES;
}
