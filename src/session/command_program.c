/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The directives that change the program: ASSUME and define, OBSERVE,
 * PREDICT, factor, condition, FORGET, CLEAR, LOAD.
 */
#include <string.h>

#include "base/memory.h"
#include "eval/core.h"
#include "eval/data_file.h"
#include "session/command.h"
#include "session/file.h"
#include "session/program.h"
#include "xrp/xrp.h"

/* ---- ASSUME ----------------------------------------------------------- */

static bool is_form(const char *name)
{
    for (const struct special_form_row *row = special_form_rows; row->name;
         row++)
        if (strcmp(row->name, name) == 0) return true;
    return false;
}

static bool check_name(struct session *s, const struct syntax *name)
{
    if (name->kind != SYNTAX_ATOM || !is_symbol(name->datum))
        return session_fail(s, name->span, ERROR_SYNTAX,
                            "expected a name to bind");
    if (is_form(text_of(name->datum)))
        return session_fail(s, name->span, ERROR_SYNTAX,
                            "%.60s is a word of the language, and cannot be "
                            "bound",
                            text_of(name->datum));
    return true;
}

/* The parameters of (f x ...) or (f x . rest): the list without f. */
static struct syntax *parameters_of(const struct syntax *header)
{
    if (header->kind == SYNTAX_DOTTED && header->count == 2)
        return header->items[1];
    struct syntax *list =
        syntax_list(header->span, header->count - 1, header->items + 1);
    if (list) list->kind = header->kind;
    return list;
}

/* (define (f x ...) body ...) as (lambda (x ...) body ...). */
static struct syntax *lambda_of(struct session *s, const struct request *q)
{
    const struct syntax *header = q->arguments[0];
    uint32_t count = q->count + 1;
    struct syntax **items = memory_new(count * sizeof *items);
    struct syntax *word = syntax_atom(header->span, symbol("lambda"));
    struct syntax *parameters = parameters_of(header), *list = NULL;
    if (items && word && parameters) {
        items[0] = word;
        items[1] = parameters;
        memcpy(items + 2, q->arguments + 1, (q->count - 1) * sizeof *items);
        list = syntax_list(q->span, count, items);
    }
    if (!list) machine_no_memory(s->machine);
    return list;
}

bool definition_parts(struct session *s, const struct request *q,
                      struct syntax **name, struct syntax **expression)
{
    struct syntax *header = q->arguments[0];
    bool listed = header->kind == SYNTAX_LIST || header->kind == SYNTAX_DOTTED;
    *name = header;
    *expression = q->arguments[1];
    if (listed && header->count > 0) {
        *name = header->items[0];
        *expression = lambda_of(s, q);
        if (!*expression) return false;
    } else if (q->count > 2) {
        return session_fail(s, q->arguments[2]->span, ERROR_SYNTAX,
                            "define takes a name and one expression");
    }
    return check_name(s, *name);
}

bool command_assume(struct session *s, const struct request *q,
                    struct answer *a)
{
    struct syntax *name, *expression;
    value v;
    a->directive = "assume";
    if (!definition_parts(s, q, &name, &expression)) return false;
    struct directive *d = program_new(s, DIRECTIVE_ASSUME, q, expression);
    if (!d) return false;
    d->name = name->datum;
    if (!program_add(s, d) || !s->engine->op->value(s->engine, d, &v))
        return false;
    answer_integer(a, "id", "id", d->id);
    answer_string(a, NULL, "name", text_of(d->name));
    answer_value(a, "value", "value", v);
    return true;
}

/* ---- OBSERVE ---------------------------------------------------------- */

/* (= x 3) observed to be true: what was meant. */
static void suggest_equality(struct error *e, const struct directive *d)
{
    const char *head = syntax_head(d->expression);
    char left[60], right[60];
    if (e->kind != ERROR_OBSERVE || !head || d->expression->count != 3 ||
        d->given != V_TRUE ||
        !(strcmp(head, "=") == 0 || strcmp(head, "equal?") == 0 ||
          strcmp(head, "eq?") == 0))
        return;
    span_text(d->expression->items[1]->span, left, sizeof left);
    span_text(d->expression->items[2]->span, right, sizeof right);
    error_hint(e,
               "say OBSERVE %s %s; or, with noise, "
               "OBSERVE (noisy (%s %s %s) 0.001) true",
               left, right, head, left, right);
}

/* OBSERVE colour red: a symbol is meant. */
static void suggest_quote(struct error *e, const struct syntax *given)
{
    if (e->kind == ERROR_NAME && given->kind == SYNTAX_ATOM)
        error_hint(e, "a symbol is written '%.60s", text_of(given->datum));
}

bool command_observe(struct session *s, const struct request *q,
                     struct answer *a)
{
    struct directive *d = program_new(s, DIRECTIVE_OBSERVE, q, q->arguments[0]);
    if (!d) return false;
    if (!session_evaluate(s, q->arguments[1], &d->given)) {
        suggest_quote(session_error(s), q->arguments[1]);
        return false;
    }
    if (!program_add(s, d)) {
        suggest_equality(session_error(s), d);
        return false;
    }
    program_forget_syntax(d);
    answer_integer(a, "id", "id", d->id);
    return true;
}

/* Is it (truncated ...), (mixture ...): a form around an application? */
static bool stands_around(struct session *s, const struct syntax *call)
{
    const char *head = syntax_head(call);
    const struct global *g = head ? machine_global(s->machine, head) : NULL;
    return g && is_type(g->held, T_XRP) &&
           ((const struct xrp *)as_object(g->held))->family->flags & XRP_FORM;
}

static struct syntax *named(struct span at, const char *name)
{
    return syntax_atom(at, symbol(name));
}

static struct syntax *list(struct span at, uint32_t n, struct syntax **items)
{
    for (uint32_t i = 0; i < n; i++)
        if (!items[i]) return NULL;
    return syntax_list(at, n, items);
}

/* (let ((VALUES (dense values)))
 *   (observe (each call (axes VALUES)) VALUES))
 * for a form, whose parts are no operands: the name is one that no program
 * can write. */
static struct syntax *each_of_form(struct syntax *call, struct syntax *values)
{
    struct span at = call->span;
    struct syntax *name = named(at, " values");
    struct syntax *dense =
        list(at, 2, (struct syntax *[]){named(at, "dense"), values});
    struct syntax *pair = list(at, 2, (struct syntax *[]){name, dense});
    struct syntax *axes =
        list(at, 2, (struct syntax *[]){named(at, "axes"), name});
    struct syntax *each =
        list(at, 3, (struct syntax *[]){named(at, "each"), call, axes});
    struct syntax *body =
        list(at, 3, (struct syntax *[]){named(at, "observe"), each, name});
    return list(
        at, 3, (struct syntax *[]){named(at, "let"), list(at, 1, &pair), body});
}

/* (f arg ...) over the values: a call of the library's observe-each. */
static struct syntax *each_of(struct session *s, struct syntax *call,
                              struct syntax *values)
{
    struct syntax **items = memory_new((call->count + 2) * sizeof *items);
    const struct global *each = machine_global(s->machine, "observe-each");
    if (!items || !each) return NULL;
    items[0] = syntax_atom(call->span, each->held);
    items[1] = call->items[0];
    items[2] = values;
    for (uint32_t i = 1; i < call->count; i++) items[i + 2] = call->items[i];
    return list(call->span, call->count + 2, items);
}

bool command_observe_each(struct session *s, const struct request *q,
                          struct answer *a)
{
    const struct syntax *call = q->arguments[0];
    if (call->kind != SYNTAX_LIST || call->count == 0)
        return session_fail(s, call->span, ERROR_SYNTAX,
                            "OBSERVE-EACH: expected (f arg ...), then the "
                            "values");
    struct syntax *e = stands_around(s, call)
                           ? each_of_form(q->arguments[0], q->arguments[1])
                           : each_of(s, q->arguments[0], q->arguments[1]);
    if (!e) return machine_no_memory(s->machine);
    struct directive *d = program_new(s, DIRECTIVE_OBSERVE_EACH, q, e);
    if (!d || !program_add(s, d)) return false;
    answer_integer(a, "id", "id", d->id);
    return true;
}

/* ---- PREDICT, factor, condition --------------------------------------- */

bool command_predict(struct session *s, const struct request *q,
                     struct answer *a)
{
    value v;
    const struct syntax *label = q->count == 2 ? q->arguments[0] : NULL;
    /* as in an expression: (predict 'label e) */
    if (label && label->kind == SYNTAX_LIST && label->count == 2 &&
        syntax_head(label) && strcmp(syntax_head(label), "quote") == 0)
        label = label->items[1];
    if (label && (label->kind != SYNTAX_ATOM ||
                  !(is_symbol(label->datum) || is_string(label->datum))))
        return session_fail(s, label->span, ERROR_SYNTAX,
                            "a PREDICT's label is a name or a string");
    struct directive *d =
        program_new(s, DIRECTIVE_PREDICT, q, q->arguments[q->count - 1]);
    if (!d) return false;
    if (label) d->name = symbol(text_of(label->datum));
    if (!program_add(s, d) || !s->engine->op->value(s->engine, d, &v))
        return false;
    a->in_script = true;
    answer_integer(a, "id", "id", d->id);
    if (label) answer_string(a, "label", "label", text_of(d->name));
    answer_value(a, "value", "value", v);
    return true;
}

static bool add_term(struct session *s, enum directive_kind kind,
                     const struct request *q, struct answer *a)
{
    struct directive *d = program_new(s, kind, q, q->arguments[0]);
    if (!d || !program_add(s, d)) return false;
    answer_integer(a, "id", "id", d->id);
    return true;
}

bool command_factor(struct session *s, const struct request *q,
                    struct answer *a)
{
    return add_term(s, DIRECTIVE_FACTOR, q, a);
}

bool command_condition(struct session *s, const struct request *q,
                       struct answer *a)
{
    return add_term(s, DIRECTIVE_CONDITION, q, a);
}

/* ---- FORGET, CLEAR, LOAD ---------------------------------------------- */

bool command_forget(struct session *s, const struct request *q,
                    struct answer *a)
{
    struct directive *d = program_find(s, q->arguments[0]);
    if (!d || !program_remove(s, d)) return false;
    answer_integer(a, NULL, "id", d->id);
    answer_string(a, "", NULL, "forgotten");
    return true;
}

bool command_clear(struct session *s, const struct request *q, struct answer *a)
{
    (void)q;
    program_clear(s);
    s->made = (struct transition_counts){0};
    s->complaint_count = 0;
    answer_string(a, "", NULL, "cleared");
    return true;
}

enum { LOADS_MAX = 20 };

bool command_load(struct session *s, const struct request *q, struct answer *a)
{
    const struct syntax *name = q->arguments[0];
    if (name->kind != SYNTAX_ATOM || !is_string(name->datum))
        return session_fail(s, name->span, ERROR_USE,
                            "LOAD takes the name of a file, in quotes");
    const char *path = text_of(name->datum);
    if (!*path || strlen(path) != as_string(name->datum)->head.size)
        return session_fail(s, name->span, ERROR_USE,
                            "LOAD: that is not the name of a file");
    if (s->loading == LOADS_MAX)
        return session_fail(s, name->span, ERROR_LIMIT,
                            "%d files load each other", LOADS_MAX);
    struct patience patience = data_patience(s->machine);
    struct source *source = source_from_file(path, &patience, session_error(s));
    if (!source) {
        session_error(s)->span = name->span;
        return false;
    }
    s->loading++;
    bool good = session_run(s, source);
    s->loading--;
    if (!good) return false;
    answer_string(a, "loaded", "file", path);
    return true;
}
