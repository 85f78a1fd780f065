/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The forms that abbreviate others: each is rewritten into simpler syntax,
 * at the same place, and expanded. What they call is the built-in procedure
 * itself, whatever a user has bound to its name.
 */
#include <stdio.h>

#include "base/memory.h"
#include "base/stack.h"
#include "eval/expand.h"
#include "eval/global.h"

struct syntax *rewrite(const struct syntax *s, uint32_t count, ...)
{
    struct syntax *items[16];
    va_list arguments;
    va_start(arguments, count);
    for (uint32_t i = 0; i < count; i++)
        items[i] = va_arg(arguments, struct syntax *);
    va_end(arguments);
    for (uint32_t i = 0; i < count; i++)
        if (!items[i]) return NULL;
    return syntax_list(s->span, count, items);
}

struct syntax *word(const struct syntax *s, const char *name)
{
    return syntax_atom(s->span, symbol(name));
}

struct syntax *constant(const struct syntax *s, value v)
{
    if (is_symbol(v))
        return rewrite(s, 2, word(s, "quote"), syntax_atom(s->span, v));
    return syntax_atom(s->span, v);
}

struct syntax *builtin(struct expander *e, const struct syntax *s,
                       const char *name)
{
    value v = symbol(name);
    if (v == V_UNBOUND) return NULL;
    const struct global *g = global_builtin(e->machine, v);
    return syntax_atom(s->span, g ? g->held : V_NOTHING);
}

static struct core *expand_new(struct expander *e, const struct syntax *s,
                               const struct scope *scope)
{
    if (!s) {
        machine_no_memory(e->machine);
        return NULL;
    }
    return expand_in(e, s, scope);
}

/* (begin items ...) from an array. */
static struct syntax *begin(const struct syntax *s, struct syntax *const *items,
                            uint32_t count)
{
    if (count == 1) return items[0];
    struct syntax **all = memory_new((count + 1) * sizeof *all);
    if (!all || !(all[0] = word(s, "begin"))) return NULL;
    for (uint32_t i = 0; i < count; i++) all[i + 1] = items[i];
    return syntax_list(s->span, count + 1, all);
}

/* (name items[from] ...): what is left of a form. */
static struct syntax *tail(const struct syntax *s, const char *name,
                           uint32_t from)
{
    uint32_t n = s->count - from + 1;
    struct syntax **all = memory_new(n * sizeof *all);
    if (!all || !(all[0] = word(s, name))) return NULL;
    for (uint32_t i = 1; i < n; i++) all[i] = s->items[from + i - 1];
    return syntax_list(s->span, n, all);
}

/* A name that no text can hold. */
static struct syntax *hidden(const struct syntax *s) { return word(s, " it"); }

static bool is_word(const struct syntax *s, const char *name)
{
    return s->kind == SYNTAX_ATOM && syntax_is_symbol(s, name);
}

/* ---- choosing ------------------------------------------------------------ */

/* cond, and, or and case over many clauses nest to the right: built from the
 * last clause backwards, so that the rewriting itself is a loop. */
struct core *form_cond(struct expander *e, const struct syntax *s,
                       const struct scope *scope)
{
    struct syntax *result = syntax_atom(s->span, V_FALSE);
    for (uint32_t i = s->count; i-- > 1;) {
        struct syntax *c = s->items[i];
        if (c->kind != SYNTAX_LIST || c->count == 0)
            return syntax_error(e, c,
                                "cond: expected a clause (test "
                                "expression ...)");
        if (is_word(c->items[0], "else")) {
            if (i + 1 != s->count)
                return syntax_error(e, c, "cond: else stands last");
            if (c->count < 2)
                return syntax_error(e, c,
                                    "cond: expected an expression "
                                    "after else");
            result = begin(c, c->items + 1, c->count - 1);
        } else if (c->count == 1) {
            result = rewrite(c, 3, word(c, "or"), c->items[0], result);
        } else if (c->count == 3 && is_word(c->items[1], "=>")) {
            struct syntax *it = hidden(c);
            result = rewrite(c, 3, word(c, "let"),
                             rewrite(c, 1, rewrite(c, 2, it, c->items[0])),
                             rewrite(c, 4, word(c, "if"), it,
                                     rewrite(c, 2, c->items[2], it), result));
        } else {
            result = rewrite(c, 4, word(c, "if"), c->items[0],
                             begin(c, c->items + 1, c->count - 1), result);
        }
    }
    return expand_new(e, result, scope);
}

struct core *form_and(struct expander *e, const struct syntax *s,
                      const struct scope *scope)
{
    if (s->count == 1) return core_constant(e, s->span, V_TRUE);
    struct syntax *result = s->items[s->count - 1];
    for (uint32_t i = s->count - 1; i-- > 1;)
        result = rewrite(s, 4, word(s, "if"), s->items[i], result,
                         syntax_atom(s->span, V_FALSE));
    return expand_new(e, result, scope);
}

struct core *form_or(struct expander *e, const struct syntax *s,
                     const struct scope *scope)
{
    if (s->count == 1) return core_constant(e, s->span, V_FALSE);
    struct core *result = expand_in(e, s->items[s->count - 1], scope);
    for (uint32_t i = s->count - 1; result && i-- > 1;) {
        struct core *c = core_new(e, CORE_IF, s->items[i]->span);
        if (!c || !(c->test = expand_in(e, s->items[i], scope))) return NULL;
        c->or_form = true;
        c->other = result;
        c->simple = c->test->simple && result->simple;
        result = c;
    }
    return result;
}

struct core *form_when(struct expander *e, const struct syntax *s,
                       const struct scope *scope)
{
    if (s->count < 3)
        return syntax_error(e, s,
                            "when: expected (when test expression "
                            "...)");
    return expand_new(e,
                      rewrite(s, 4, word(s, "if"), s->items[1],
                              begin(s, s->items + 2, s->count - 2),
                              syntax_atom(s->span, V_NOTHING)),
                      scope);
}

struct core *form_unless(struct expander *e, const struct syntax *s,
                         const struct scope *scope)
{
    if (s->count < 3)
        return syntax_error(e, s,
                            "unless: expected (unless test expression "
                            "...)");
    return expand_new(e,
                      rewrite(s, 4, word(s, "if"), s->items[1],
                              syntax_atom(s->span, V_NOTHING),
                              begin(s, s->items + 2, s->count - 2)),
                      scope);
}

/* One key of a case clause: quoted keys match too. */
static struct syntax *case_test(struct expander *e, const struct syntax *it,
                                const struct syntax *key)
{
    if (key->kind == SYNTAX_LIST && key->count == 2 &&
        is_word(key->items[0], "quote"))
        key = key->items[1];
    return rewrite(key, 3, builtin(e, key, "equal?"),
                   syntax_atom(key->span, it->datum),
                   rewrite(key, 2, word(key, "quote"), key));
}

struct core *form_case(struct expander *e, const struct syntax *s,
                       const struct scope *scope)
{
    if (s->count < 3)
        return syntax_error(e, s,
                            "case: expected (case key ((datum ...) "
                            "expression ...) ...)");
    struct syntax *it = hidden(s);
    struct syntax *result = syntax_atom(s->span, V_FALSE);
    if (!it) return expand_new(e, NULL, scope);
    for (uint32_t i = s->count; i-- > 2;) {
        struct syntax *c = s->items[i];
        if (c->kind != SYNTAX_LIST || c->count < 2)
            return syntax_error(e, c,
                                "case: expected a clause ((datum ...) "
                                "expression ...)");
        struct syntax *body = begin(c, c->items + 1, c->count - 1);
        struct syntax *keys = c->items[0];
        if (is_word(keys, "else")) {
            if (i + 1 != s->count)
                return syntax_error(e, c, "case: else stands last");
            result = body;
            continue;
        }
        if (keys->kind == SYNTAX_LIST && keys->count == 2 &&
            is_word(keys->items[0], "quote") &&
            keys->items[1]->kind == SYNTAX_LIST)
            keys = keys->items[1]; /* '(a b) for (a b) */
        struct syntax *test;
        if (keys->kind == SYNTAX_LIST &&
            !(keys->count == 2 && is_word(keys->items[0], "quote"))) {
            struct syntax **tests =
                memory_new((keys->count + 1) * sizeof *tests);
            if (!tests || !(tests[0] = word(c, "or")))
                return expand_new(e, NULL, scope);
            for (uint32_t k = 0; k < keys->count; k++)
                if (!(tests[k + 1] = case_test(e, it, keys->items[k])))
                    return expand_new(e, NULL, scope);
            test = syntax_list(c->span, keys->count + 1, tests);
        } else {
            test = case_test(e, it, keys);
        }
        result = rewrite(c, 4, word(c, "if"), test, body, result);
    }
    return expand_new(e,
                      rewrite(s, 3, word(s, "let"),
                              rewrite(s, 1, rewrite(s, 2, it, s->items[1])),
                              result),
                      scope);
}

/* ---- loops --------------------------------------------------------------- */

struct core *form_named_let(struct expander *e, const struct syntax *s,
                            const struct scope *scope)
{
    if (s->count < 4 || s->items[2]->kind != SYNTAX_LIST)
        return syntax_error(e, s,
                            "let: expected (let name ((variable "
                            "expression) ...) body)");
    const struct syntax *bindings = s->items[2];
    uint32_t n = bindings->count;
    struct syntax **names = memory_new((n + 1) * sizeof *names);
    struct syntax **call = memory_new((n + 1) * sizeof *call);
    struct syntax **procedure = memory_new(s->count * sizeof *procedure);
    if (!names || !call || !procedure) return expand_new(e, NULL, scope);
    call[0] = rewrite(s, 3, word(s, "letrec"), NULL, NULL);
    for (uint32_t i = 0; i < n; i++) {
        const struct syntax *b = bindings->items[i];
        if (b->kind != SYNTAX_LIST || b->count != 2)
            return syntax_error(e, b,
                                "let: expected a binding (name "
                                "expression)");
        names[i] = b->items[0];
        call[i + 1] = b->items[1];
    }
    procedure[0] = word(s, "lambda");
    procedure[1] = syntax_list(bindings->span, n, names);
    for (uint32_t i = 3; i < s->count; i++) procedure[i - 1] = s->items[i];
    if (!procedure[0] || !procedure[1]) return expand_new(e, NULL, scope);
    /* The name is seen by the lambda, not by the first values. */
    call[0] =
        rewrite(s, 3, word(s, "letrec"),
                rewrite(s, 1,
                        rewrite(s, 2, s->items[1],
                                syntax_list(s->span, s->count - 1, procedure))),
                s->items[1]);
    if (!call[0]) return expand_new(e, NULL, scope);
    return expand_new(e, syntax_list(s->span, n + 1, call), scope);
}

/* (do ((v first step) ...) (test result ...) body ...) */
struct core *form_do(struct expander *e, const struct syntax *s,
                     const struct scope *scope)
{
    if (s->count < 3 || s->items[1]->kind != SYNTAX_LIST ||
        s->items[2]->kind != SYNTAX_LIST || s->items[2]->count < 1)
        return syntax_error(e, s,
                            "do: expected (do ((variable first step) "
                            "...) (test result ...) body ...)");
    const struct syntax *variables = s->items[1], *end = s->items[2];
    uint32_t n = variables->count;
    struct syntax **first = memory_new((n + 1) * sizeof *first);
    struct syntax **again = memory_new((n + 1) * sizeof *again);
    struct syntax *loop = word(s, " loop");
    if (!first || !again || !loop) return expand_new(e, NULL, scope);
    again[0] = loop;
    for (uint32_t i = 0; i < n; i++) {
        const struct syntax *v = variables->items[i];
        if (v->kind != SYNTAX_LIST || v->count < 2 || v->count > 3)
            return syntax_error(e, v, "do: expected (variable first [step])");
        first[i] = rewrite(v, 2, v->items[0], v->items[1]);
        again[i + 1] = v->items[v->count == 3 ? 2 : 0];
        if (!first[i]) return expand_new(e, NULL, scope);
    }
    struct syntax *next = syntax_list(s->span, n + 1, again);
    struct syntax **body = memory_new((s->count + 1) * sizeof *body);
    if (!next || !body) return expand_new(e, NULL, scope);
    for (uint32_t i = 3; i < s->count; i++) body[i - 3] = s->items[i];
    body[s->count - 3] = next;
    struct syntax *result = end->count > 1
                                ? begin(end, end->items + 1, end->count - 1)
                                : syntax_atom(end->span, V_NOTHING);
    return expand_new(e,
                      rewrite(s, 4, word(s, "let"), loop,
                              syntax_list(s->span, n, first),
                              rewrite(s, 4, word(s, "if"), end->items[0],
                                      result, begin(s, body, s->count - 2))),
                      scope);
}

/* ---- quasi-quotation ------------------------------------------------------ */

static struct syntax *quasi(struct expander *e, const struct syntax *s,
                            int depth);

static struct syntax *quasi_list(struct expander *e, const struct syntax *s,
                                 int depth)
{
    uint32_t n = s->count;
    struct syntax *result;
    if (s->kind == SYNTAX_DOTTED)
        result = quasi(e, s->items[--n], depth);
    else
        result = syntax_atom(s->span, V_NIL);
    for (uint32_t i = n; result && i-- > 0;) {
        const struct syntax *item = s->items[i];
        const char *head = syntax_head(item);
        bool splice = head && strcmp(head, "unquote-splicing") == 0 &&
                      item->count == 2 && depth == 1;
        result = splice ? rewrite(item, 3, builtin(e, item, "append"),
                                  item->items[1], result)
                        : rewrite(item, 3, builtin(e, item, "cons"),
                                  quasi(e, item, depth), result);
    }
    return result;
}

static struct syntax *quasi(struct expander *e, const struct syntax *s,
                            int depth)
{
    if (stack_is_low()) {
        syntax_error(e, s, "nested too deeply");
        return NULL;
    }
    if (s->kind == SYNTAX_ATOM || s->kind == SYNTAX_VECTOR || s->count == 0)
        return rewrite(s, 2, word(s, "quote"), s);
    const char *head = syntax_head(s);
    if (head && s->count == 2 && strcmp(head, "unquote") == 0) {
        if (depth == 1) return s->items[1];
        depth--;
    } else if (head && s->count == 2 && strcmp(head, "quasiquote") == 0) {
        depth++;
    }
    return quasi_list(e, s, depth);
}

struct core *form_quasiquote(struct expander *e, const struct syntax *s,
                             const struct scope *scope)
{
    if (s->count != 2)
        return syntax_error(e, s, "quasiquote: expected one datum");
    struct syntax *q = quasi(e, s->items[1], 1);
    if (!q && e->machine->error.kind) return NULL;
    return expand_new(e, q, scope);
}

/* ---- words to the engine -------------------------------------------------- */

/* The form's operands for the native of this name, whatever is bound. */
static struct syntax *told(struct expander *e, const struct syntax *s,
                           const char *name)
{
    struct syntax *call = tail(s, name, 1), *native = builtin(e, s, name);
    if (!call || !native) return NULL;
    call->items[0] = native;
    return call;
}

/* (tag t expr), (tag t block expr): a mark for kernels; the value is that of
 * the expression. A symbol is a name itself; any other t is evaluated. */
struct core *form_tag(struct expander *e, const struct syntax *s,
                      const struct scope *scope)
{
    if (s->count < 3 || s->count > 4)
        return syntax_error(e, s,
                            "tag: expected (tag name expression) or "
                            "(tag name block expression)");
    struct syntax *name = s->items[1];
    if (name->kind == SYNTAX_ATOM && is_symbol(name->datum))
        name = rewrite(s, 2, word(s, "quote"), name);
    struct syntax *block =
        s->count == 4 ? s->items[2] : syntax_atom(s->span, V_FALSE);
    struct syntax *thunk =
        rewrite(s, 3, word(s, "lambda"), syntax_list(s->span, 0, NULL),
                s->items[s->count - 1]);
    return expand_new(
        e, rewrite(s, 4, builtin(e, s, " tag"), name, block, thunk), scope);
}

struct core *form_weight(struct expander *e, const struct syntax *s,
                         const struct scope *scope)
{
    if (s->count != 3)
        return syntax_error(e, s, "weight: expected (weight w expression)");
    return expand_new(e, told(e, s, " weight"), scope);
}

struct core *form_predict(struct expander *e, const struct syntax *s,
                          const struct scope *scope)
{
    if (s->count < 2 || s->count > 3)
        return syntax_error(e, s,
                            "predict: expected (predict label "
                            "expression)");
    struct syntax *label = s->count == 3
                               ? rewrite(s, 2, word(s, "quote"), s->items[1])
                               : syntax_atom(s->span, V_FALSE);
    return expand_new(
        e,
        rewrite(s, 3, builtin(e, s, " predict"), label, s->items[s->count - 1]),
        scope);
}

struct core *form_observe(struct expander *e, const struct syntax *s,
                          const struct scope *scope)
{
    if (s->count != 3)
        return syntax_error(e, s,
                            "observe: expected (observe application "
                            "value)");
    return expand_new(e, told(e, s, " observe"), scope);
}

const struct special_form_row special_form_rows[] = {
    {"and", "(and e ...)",
     "the first false value, else the last; the rest "
     "is not evaluated"},
    {"begin", "(begin e ...)", "evaluates in order; the last is the value"},
    {"case", "(case key ((datum ...) e ...) ... (else e ...))",
     "the first clause with a datum equal to key"},
    {"cond", "(cond (test e ...) ... (else e ...))",
     "the first clause whose test is true"},
    {"define", "(define name e), (define (f x ...) e ...)",
     "binds a name, at the top level or at the beginning of a body"},
    {"do", "(do ((v first step) ...) (test result ...) e ...)",
     "a loop; each turn has new variables"},
    {"enumeration-query", "(enumeration-query define ... e condition)",
     "the table of e given the condition: ((value ...) (probability ...))"},
    {"if", "(if test a b)", "a unless test is false, else b"},
    {"lambda", "(lambda (x ...) e ...)",
     "a procedure; (x . rest) and a lone name take the rest as a list"},
    {"let", "(let ((x e) ...) body ...), (let name ((x e) ...) body ...)",
     "local names; a lambda written as a value sees its own name"},
    {"let*", "(let* ((x e) ...) body ...)",
     "local names, each seen by the next"},
    {"letrec", "(letrec ((f e) ...) body ...)",
     "local procedures that see each other"},
    {"mh-query", "(mh-query samples lag define ... e condition)",
     "the list of e in as many states given the condition, lag transitions "
     "apart"},
    {"observe", "(observe application value)",
     "conditions on the choice having given the value"},
    {"or", "(or e ...)", "the first true value; the rest is not evaluated"},
    {"predict", "(predict label e)", "reports the value of e under a label"},
    {"quasiquote", "`(a ,b ,@c)", "data with evaluated parts"},
    {"quote", "(quote datum), 'datum", "data as it is written"},
    {"rejection-query", "(rejection-query define ... e condition)",
     "e, drawn until the condition holds"},
    {"tag", "(tag name [block] e)",
     "marks the choices made while e is evaluated, for kernels"},
    {"unless", "(unless test e ...)", "evaluates when test is false"},
    {"weight", "(weight w e)",
     "how often the choice of e is proposed, relative to 1"},
    {"when", "(when test e ...)", "evaluates when test is true"},
    {NULL, NULL, NULL},
};
