/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The expander: syntax to core forms, names resolved. It knows scopes and
 * the forms that bind; those that only abbreviate are in expand_derived.c.
 * It recurses with the depth of the program text, and asks for room on the
 * stack first.
 */
#include "eval/expand.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/stack.h"
#include "eval/code.h"
#include "eval/global.h"

struct core *syntax_error(struct expander *e, const struct syntax *s,
                          const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_set_list(&e->machine->error, ERROR_SYNTAX, format, arguments);
    va_end(arguments);
    e->machine->error.span = s->span;
    return NULL;
}

struct core *core_new(struct expander *e, enum core_kind kind, struct span span)
{
    struct core *c = memory_new(sizeof *c);
    if (!c) {
        machine_no_memory(e->machine);
        return NULL;
    }
    c->kind = (uint8_t)kind;
    c->span = span;
    c->constant = V_FALSE;
    return c;
}

struct core *core_constant(struct expander *e, struct span span, value v)
{
    struct core *c = core_new(e, CORE_CONSTANT, span);
    if (!c) return NULL;
    c->constant = v;
    c->simple = true;
    return c;
}

/* Room for `count` of something, and one more: none is no failure. */
static void *room_for(struct expander *e, uint32_t count, size_t size)
{
    void *room = memory_new(((size_t)count + 1) * size);
    if (!room) machine_no_memory(e->machine);
    return room;
}

/* A form that binds `count` variables to values, both to be filled in. */
static struct core *binding_form(struct expander *e, enum core_kind kind,
                                 struct span span, uint32_t count)
{
    struct core *c = core_new(e, kind, span);
    if (!c || !(c->items = room_for(e, count, sizeof *c->items)) ||
        !(c->variables = room_for(e, count, sizeof *c->variables)))
        return NULL;
    c->count = count;
    return c;
}

static struct variable *variable_new(struct expander *e, value name)
{
    struct variable *v = memory_new(sizeof *v);
    if (!v) {
        machine_no_memory(e->machine);
        return NULL;
    }
    v->name = name;
    return v;
}

/* ---- names -------------------------------------------------------------- */

static struct variable *lookup(const struct scope *scope, value name)
{
    for (; scope; scope = scope->outer)
        if (scope->variable->name == name) return scope->variable;
    return NULL;
}

/* :out and its like name operands, and stand for themselves. */
static bool is_keyword(value name)
{
    const char *text = text_of(name);
    return text[0] == ':' && text[1];
}

static struct core *name(struct expander *e, const struct syntax *s,
                         const struct scope *scope)
{
    struct variable *local = lookup(scope, s->datum);
    if (local) {
        struct core *c = core_new(e, CORE_LOCAL, s->span);
        if (!c) return NULL;
        c->local = local;
        c->simple = true;
        return c;
    }
    if (is_keyword(s->datum)) return core_constant(e, s->span, s->datum);
    struct global *g =
        global_mention(e->machine, s->datum, e->library, s->span);
    if (!g) {
        machine_no_memory(e->machine);
        return NULL;
    }
    if (g->builtin && g->held != V_UNBOUND)
        return core_constant(e, s->span, g->held);
    struct core *c = core_new(e, CORE_GLOBAL, s->span);
    if (!c) return NULL;
    c->global = g;
    c->simple = true;
    return c;
}

/* ---- procedures and bodies ---------------------------------------------- */

static struct core *lambda(struct expander *e, const struct syntax *where,
                           const struct syntax *parameters,
                           struct syntax *const *body, uint32_t count,
                           const struct scope *scope, value its_name)
{
    struct core *c = core_new(e, CORE_LAMBDA, where->span);
    if (!c) return NULL;
    bool lone = parameters->kind == SYNTAX_ATOM; /* (lambda args ...) */
    uint32_t n = lone ? 1 : parameters->count;
    if (!lone && parameters->kind == SYNTAX_VECTOR)
        return syntax_error(e, parameters,
                            "lambda: expected parameters, "
                            "got a vector");
    c->constant = its_name;
    c->rest = lone || parameters->kind == SYNTAX_DOTTED;
    c->count = n;
    c->variables = room_for(e, n, sizeof *c->variables);
    struct scope *inner = room_for(e, n, sizeof *inner);
    if (!c->variables || !inner) return NULL;
    for (uint32_t i = 0; i < n; i++) {
        const struct syntax *p = lone ? parameters : parameters->items[i];
        if (p->kind != SYNTAX_ATOM || !is_symbol(p->datum))
            return syntax_error(e, p, "lambda: a parameter must be a name");
        for (uint32_t j = 0; j < i; j++)
            if (c->variables[j]->name == p->datum)
                return syntax_error(e, p,
                                    "lambda: two parameters are "
                                    "called %s",
                                    text_of(p->datum));
        c->variables[i] = variable_new(e, p->datum);
        if (!c->variables[i]) return NULL;
        inner[i] = (struct scope){c->variables[i], scope};
        scope = &inner[i];
    }
    c->body = expand_body(e, where, body, count, scope);
    return c->body ? c : NULL;
}

static struct core *form_lambda(struct expander *e, const struct syntax *s,
                                const struct scope *scope)
{
    if (s->count < 3)
        return syntax_error(e, s, "lambda: expected (lambda (x ...) body)");
    return lambda(e, s, s->items[1], s->items + 2, s->count - 2, scope,
                  V_FALSE);
}

static bool is_form(const struct syntax *s, const char *head)
{
    const char *h = syntax_head(s);
    return h && strcmp(h, head) == 0;
}

static bool is_lambda(const struct syntax *s, const struct scope *scope)
{
    return (is_form(s, "lambda") || is_form(s, "λ")) && s->count > 2 &&
           !lookup(scope, s->items[0]->datum);
}

/* A binding of an internal define, a let or a letrec: a name and either the
 * syntax of a value, or parameters and a body. */
struct definition {
    const struct syntax *where, *name;
    const struct syntax *parameters; /* (define (f x) ...), else NULL */
    struct syntax *const *body;
    uint32_t count;
};

static bool read_define(struct expander *e, const struct syntax *s,
                        struct definition *d)
{
    if (s->count < 3) {
        syntax_error(e, s,
                     "define: expected (define name expression) or "
                     "(define (name x ...) body)");
        return false;
    }
    const struct syntax *target = s->items[1];
    *d = (struct definition){s, target, NULL, s->items + 2, s->count - 2};
    if (target->kind == SYNTAX_LIST || target->kind == SYNTAX_DOTTED) {
        if (target->count == 0) {
            syntax_error(e, target, "define: expected a name");
            return false;
        }
        struct syntax *p;
        if (target->kind == SYNTAX_DOTTED && target->count == 2) {
            p = target->items[1]; /* (define (f . rest) ...) */
        } else {
            p = syntax_list(target->span, target->count - 1, target->items + 1);
            if (p) p->kind = target->kind;
        }
        if (!p) return machine_no_memory(e->machine);
        d->parameters = p;
        d->name = target->items[0];
    } else if (s->count > 3) {
        syntax_error(e, s,
                     "define: one expression only; several stand in "
                     "(define (name) ...)");
        return false;
    }
    if (d->name->kind != SYNTAX_ATOM || !is_symbol(d->name->datum)) {
        syntax_error(e, d->name, "define: expected a name");
        return false;
    }
    return true;
}

static bool defines_lambda(const struct definition *d,
                           const struct scope *scope)
{
    return d->parameters || is_lambda(d->body[0], scope);
}

static struct core *definition_lambda(struct expander *e,
                                      const struct definition *d,
                                      const struct scope *scope)
{
    if (d->parameters)
        return lambda(e, d->where, d->parameters, d->body, d->count, scope,
                      d->name->datum);
    const struct syntax *l = d->body[0];
    return lambda(e, l, l->items[1], l->items + 2, l->count - 2, scope,
                  d->name->datum);
}

/* Definitions that see each other, then `rest`: runs of lambdas become a
 * LETREC, any other value a LET. */
struct rest {
    const struct syntax *where;
    struct syntax *const *items;
    uint32_t count;
    struct core *(*expand)(struct expander *, const struct rest *,
                           const struct scope *);
};

static struct core *definitions(struct expander *e, const struct definition *d,
                                uint32_t count, const struct rest *rest,
                                const struct scope *scope)
{
    if (stack_is_low())
        return syntax_error(e, rest->where, "nested too deeply");
    if (count == 0) return rest->expand(e, rest, scope);
    uint32_t run = 0;
    while (run < count && defines_lambda(&d[run], scope)) run++;
    bool recursive = run > 0;
    if (!recursive) run = 1;
    struct core *c = binding_form(e, recursive ? CORE_LETREC : CORE_LET,
                                  d->where->span, run);
    struct scope *inner = room_for(e, run, sizeof *inner);
    if (!c || !inner) return NULL;
    const struct scope *outside = scope;
    for (uint32_t i = 0; i < run; i++) {
        c->variables[i] = variable_new(e, d[i].name->datum);
        if (!c->variables[i]) return NULL;
        inner[i] = (struct scope){c->variables[i], scope};
        scope = &inner[i];
    }
    for (uint32_t i = 0; i < run; i++) {
        c->items[i] = recursive ? definition_lambda(e, &d[i], scope)
                                : expand_in(e, d[i].body[0], outside);
        if (!c->items[i]) return NULL;
    }
    c->body = definitions(e, d + run, count - run, rest, scope);
    return c->body ? c : NULL;
}

/* The first `count` expressions in turn, for what they do: a let of variables
 * that nothing can name. Its body is what follows. */
static struct core *in_turn(struct expander *e, const struct rest *r,
                            uint32_t count, const struct scope *scope)
{
    struct core *c = binding_form(e, CORE_LET, r->where->span, count);
    for (uint32_t i = 0; c && i < count; i++) {
        c->variables[i] = variable_new(e, V_FALSE);
        c->items[i] = expand_in(e, r->items[i], scope);
        if (!c->variables[i] || !c->items[i]) return NULL;
    }
    return c;
}

static struct core *sequence(struct expander *e, const struct rest *r,
                             const struct scope *scope)
{
    if (r->count == 0)
        return syntax_error(e, r->where,
                            "expected an expression after the "
                            "definitions");
    if (r->count == 1) return expand_in(e, r->items[0], scope);
    struct core *c = in_turn(e, r, r->count - 1, scope);
    if (!c) return NULL;
    c->body = expand_in(e, r->items[r->count - 1], scope);
    return c->body ? c : NULL;
}

/* Defines may stand between expressions: what follows a define is its
 * body. */
static struct core *mixed_body(struct expander *e, const struct rest *r,
                               const struct scope *scope)
{
    uint32_t before = 0;
    while (before < r->count && !is_form(r->items[before], "define")) before++;
    if (before == r->count) return sequence(e, r, scope);
    if (before > 0) {
        if (stack_is_low())
            return syntax_error(e, r->where, "nested too deeply");
        struct core *c = in_turn(e, r, before, scope);
        if (!c) return NULL;
        struct rest after = *r;
        after.items += before;
        after.count -= before;
        c->body = mixed_body(e, &after, scope);
        return c->body ? c : NULL;
    }
    uint32_t n = 0;
    while (n < r->count && is_form(r->items[n], "define")) n++;
    struct definition *d = room_for(e, n, sizeof *d);
    if (!d) return NULL;
    for (uint32_t i = 0; i < n; i++)
        if (!read_define(e, r->items[i], &d[i])) return NULL;
    struct rest after = *r;
    after.items += n;
    after.count -= n;
    return definitions(e, d, n, &after, scope);
}

struct core *expand_body(struct expander *e, const struct syntax *where,
                         struct syntax *const *items, uint32_t count,
                         const struct scope *scope)
{
    struct rest r = {where, items, count, mixed_body};
    return mixed_body(e, &r, scope);
}

/* ---- let and its kin ---------------------------------------------------- */

static bool read_bindings(struct expander *e, const struct syntax *s,
                          const struct syntax *list, struct definition **out)
{
    const char *who = text_of(s->items[0]->datum);
    if (list->kind != SYNTAX_LIST) {
        syntax_error(e, list,
                     "%s: expected bindings ((name expression) "
                     "...)",
                     who);
        return false;
    }
    struct definition *d = room_for(e, list->count, sizeof *d);
    if (!d) return false;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct syntax *b = list->items[i];
        if (b->kind != SYNTAX_LIST || b->count != 2 ||
            b->items[0]->kind != SYNTAX_ATOM ||
            !is_symbol(b->items[0]->datum)) {
            syntax_error(e, b, "%s: expected a binding (name expression)", who);
            return false;
        }
        d[i] = (struct definition){b, b->items[0], NULL, b->items + 1, 1};
    }
    *out = d;
    return true;
}

/* A value of `let`: a lambda written there sees its own name. */
static struct core *let_value(struct expander *e, const struct definition *d,
                              const struct scope *scope)
{
    if (!defines_lambda(d, scope)) return expand_in(e, d->body[0], scope);
    struct core *c = binding_form(e, CORE_LETREC, d->where->span, 1);
    if (!c || !(c->variables[0] = variable_new(e, d->name->datum))) return NULL;
    struct scope inner = {c->variables[0], scope};
    c->items[0] = definition_lambda(e, d, &inner);
    c->body = core_new(e, CORE_LOCAL, d->where->span);
    if (!c->items[0] || !c->body) return NULL;
    c->body->local = c->variables[0];
    return c;
}

static struct core *let(struct expander *e, const struct syntax *s,
                        const struct scope *scope, bool sequential)
{
    if (s->count < 3)
        return syntax_error(e, s,
                            "%s: expected (%s ((name expression) ...) "
                            "body)",
                            text_of(s->items[0]->datum),
                            text_of(s->items[0]->datum));
    struct definition *d;
    uint32_t n = s->items[1]->count;
    if (!read_bindings(e, s, s->items[1], &d)) return NULL;
    if (n == 0) return expand_body(e, s, s->items + 2, s->count - 2, scope);
    struct core *c = binding_form(e, CORE_LET, s->span, n);
    struct scope *inner = room_for(e, n, sizeof *inner);
    if (!c || !inner) return NULL;
    const struct scope *outside = scope;
    for (uint32_t i = 0; i < n; i++) {
        c->items[i] = let_value(e, &d[i], sequential ? scope : outside);
        c->variables[i] = variable_new(e, d[i].name->datum);
        if (!c->items[i] || !c->variables[i]) return NULL;
        for (uint32_t j = 0; !sequential && j < i; j++)
            if (c->variables[j]->name == d[i].name->datum)
                return syntax_error(e, d[i].where, "let: two bindings of %s",
                                    text_of(d[i].name->datum));
        inner[i] = (struct scope){c->variables[i], scope};
        scope = &inner[i];
    }
    c->body = expand_body(e, s, s->items + 2, s->count - 2, scope);
    return c->body ? c : NULL;
}

static struct core *form_let(struct expander *e, const struct syntax *s,
                             const struct scope *scope)
{
    if (s->count > 1 && s->items[1]->kind == SYNTAX_ATOM &&
        is_symbol(s->items[1]->datum))
        return form_named_let(e, s, scope);
    return let(e, s, scope, false);
}

static struct core *form_let_star(struct expander *e, const struct syntax *s,
                                  const struct scope *scope)
{
    return let(e, s, scope, true);
}

static struct core *form_letrec(struct expander *e, const struct syntax *s,
                                const struct scope *scope)
{
    if (s->count < 3)
        return syntax_error(e, s,
                            "letrec: expected (letrec ((name "
                            "expression) ...) body)");
    struct definition *d;
    if (!read_bindings(e, s, s->items[1], &d)) return NULL;
    struct rest body = {s, s->items + 2, s->count - 2, mixed_body};
    return definitions(e, d, s->items[1]->count, &body, scope);
}

static struct core *form_begin(struct expander *e, const struct syntax *s,
                               const struct scope *scope)
{
    if (s->count < 2)
        return syntax_error(e, s, "begin: expected an expression");
    return expand_body(e, s, s->items + 1, s->count - 1, scope);
}

/* ---- the rest of the core ------------------------------------------------ */

static struct core *form_quote(struct expander *e, const struct syntax *s,
                               const struct scope *scope)
{
    (void)scope;
    if (s->count != 2) return syntax_error(e, s, "quote: expected one datum");
    value v;
    if (!syntax_datum(s->items[1], &v, &e->machine->error)) return NULL;
    return core_constant(e, s->span, v);
}

static struct core *form_if(struct expander *e, const struct syntax *s,
                            const struct scope *scope)
{
    if (s->count < 3 || s->count > 4)
        return syntax_error(e, s,
                            "if: expected (if test consequent "
                            "alternative)");
    struct core *c = core_new(e, CORE_IF, s->span);
    if (!c) return NULL;
    c->test = expand_in(e, s->items[1], scope);
    if (!c->test) return NULL;
    c->body = expand_in(e, s->items[2], scope);
    if (!c->body) return NULL;
    c->other = s->count == 4 ? expand_in(e, s->items[3], scope)
                             : core_constant(e, s->span, V_FALSE);
    if (!c->other) return NULL;
    c->simple = c->test->simple && c->body->simple && c->other->simple;
    return c;
}

static struct core *form_define(struct expander *e, const struct syntax *s,
                                const struct scope *scope)
{
    (void)scope;
    return syntax_error(e, s,
                        "define stands at the top level or at the "
                        "beginning of a body");
}

static struct core *form_set(struct expander *e, const struct syntax *s,
                             const struct scope *scope)
{
    (void)scope;
    return syntax_error(e, s,
                        "there is no assignment: bind a new name with "
                        "let, or pass the value as an argument");
}

static struct core *apply(struct expander *e, const struct syntax *s,
                          const struct scope *scope)
{
    if (s->count - 1 > OPERANDS_MAX)
        return syntax_error(e, s, "too many operands: %u, at most %d",
                            s->count - 1, OPERANDS_MAX);
    struct core *c = core_new(e, CORE_APPLY, s->span);
    if (!c || !(c->items = room_for(e, s->count - 1, sizeof *c->items)))
        return NULL;
    c->test = expand_in(e, s->items[0], scope);
    if (!c->test) return NULL;
    if (is_around(e, c->test)) return expand_around(e, s, c->test, scope);
    c->count = s->count - 1;
    c->simple = c->test->kind == CORE_CONSTANT &&
                is_type(c->test->constant, T_PRIMITIVE) &&
                ((struct primitive *)as_object(c->test->constant))->flags &
                    PRIMITIVE_CHEAP;
    for (uint32_t i = 0; i < c->count; i++) {
        c->items[i] = expand_in(e, s->items[i + 1], scope);
        if (!c->items[i]) return NULL;
        c->simple = c->simple && c->items[i]->simple;
    }
    return c;
}

static const struct {
    const char *name;
    form_function *expand;
} forms[] = {
    {"quote", form_quote},
    {"lambda", form_lambda},
    {"λ", form_lambda},
    {"if", form_if},
    {"let", form_let},
    {"let*", form_let_star},
    {"letrec", form_letrec},
    {"letrec*", form_letrec},
    {"begin", form_begin},
    {"define", form_define},
    {"set!", form_set},
    {"cond", form_cond},
    {"case", form_case},
    {"and", form_and},
    {"or", form_or},
    {"when", form_when},
    {"unless", form_unless},
    {"do", form_do},
    {"quasiquote", form_quasiquote},
    {"tag", form_tag},
    {"weight", form_weight},
    {"predict", form_predict},
    {"observe", form_observe},
    {"rejection-query", form_rejection_query},
    {"enumeration-query", form_enumeration_query},
    {"mh-query", form_mh_query},
};

static form_function *find_form(value head)
{
    const char *text = text_of(head);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(forms[i].name, text) == 0) return forms[i].expand;
    return NULL;
}

struct core *expand_in(struct expander *e, const struct syntax *s,
                       const struct scope *scope)
{
    if (stack_is_low()) return syntax_error(e, s, "nested too deeply");
    if (s->kind == SYNTAX_ATOM)
        return is_symbol(s->datum) ? name(e, s, scope)
                                   : core_constant(e, s->span, s->datum);
    if (s->kind == SYNTAX_VECTOR) {
        value v;
        if (!syntax_datum(s, &v, &e->machine->error)) return NULL;
        return core_constant(e, s->span, v);
    }
    if (s->kind == SYNTAX_DOTTED)
        return syntax_error(e, s, "a dot stands only in data and parameters");
    if (s->count == 0) return core_constant(e, s->span, V_NIL);
    const struct syntax *head = s->items[0];
    if (head->kind == SYNTAX_ATOM && is_symbol(head->datum) &&
        !lookup(scope, head->datum)) {
        form_function *form = find_form(head->datum);
        if (form) return form(e, s, scope);
    }
    return apply(e, s, scope);
}

struct core *expand(struct machine *m, const struct syntax *s, bool library)
{
    struct expander e = {m, library};
    if (library && is_form(s, "define")) {
        struct definition d;
        if (!read_define(&e, s, &d)) return NULL;
        return defines_lambda(&d, NULL) ? definition_lambda(&e, &d, NULL)
                                        : expand_in(&e, d.body[0], NULL);
    }
    return expand_in(&e, s, NULL);
}
