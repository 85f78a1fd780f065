/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The directives that a session keeps: see program.h. The engine evaluates
 * them; here they are ordered, named and compiled.
 */
#include "session/program.h"

#include <string.h>

#include "base/memory.h"
#include "session/kept.h"

static const char *const kind_names[] = {
    [DIRECTIVE_ASSUME] = "assume",
    [DIRECTIVE_OBSERVE] = "observe",
    [DIRECTIVE_PREDICT] = "predict",
    [DIRECTIVE_FACTOR] = "factor",
    [DIRECTIVE_CONDITION] = "condition",
    [DIRECTIVE_OBSERVE_EACH] = "observe-each",
};

const char *directive_kind_name(enum directive_kind kind)
{
    return kind_names[kind];
}

/* ---- finding ---------------------------------------------------------- */

struct directive *program_by_id(const struct program *p, int id)
{
    for (int i = 0; i < p->count; i++)
        if (p->at[i]->id == id) return p->at[i];
    return NULL;
}

static struct directive *by_name(const struct program *p,
                                 enum directive_kind kind, value name)
{
    for (int i = 0; i < p->count; i++)
        if (p->at[i]->kind == kind && p->at[i]->name == name) return p->at[i];
    return NULL;
}

struct directive *program_by_name(const struct program *p, value name)
{
    return by_name(p, DIRECTIVE_ASSUME, name);
}

static struct directive *no_such_name(struct session *s,
                                      const struct syntax *which)
{
    const struct program *p = &s->program;
    const char *name = text_of(which->datum), *near = NULL;
    const char **names = memory_new((size_t)(p->count + 1) * sizeof *names);
    size_t count = 0;
    for (int i = 0; names && i < p->count; i++)
        if (is_symbol(p->at[i]->name)) names[count++] = text_of(p->at[i]->name);
    if (names) near = nearest_name(name, names, count);
    session_fail(s, which->span, ERROR_NAME, "no directive is called %.80s",
                 name);
    if (near) error_hint(session_error(s), "did you mean %s?", near);
    return NULL;
}

struct directive *program_find(struct session *s, const struct syntax *which)
{
    const struct program *p = &s->program;
    struct directive *d = NULL;
    if (which->kind == SYNTAX_ATOM && is_symbol(which->datum)) {
        d = by_name(p, DIRECTIVE_ASSUME, which->datum);
        if (!d) d = by_name(p, DIRECTIVE_PREDICT, which->datum);
        return d ? d : no_such_name(s, which);
    }
    if (which->kind != SYNTAX_ATOM || !is_int(which->datum)) {
        session_fail(s, which->span, ERROR_USE,
                     "expected the id of a directive, or its name");
        return NULL;
    }
    int64_t id = as_int(which->datum);
    if (id > 0 && id < p->next_id) d = program_by_id(p, (int)id);
    if (d) return d;
    session_fail(s, which->span, ERROR_USE, "there is no directive %lld",
                 (long long)id);
    if (p->count) error_hint(session_error(s), "DIRECTIVES lists them");
    return NULL;
}

/* ---- making ----------------------------------------------------------- */

static bool no_memory(struct session *s)
{
    return machine_no_memory(s->machine);
}

struct directive *program_new(struct session *s, enum directive_kind kind,
                              const struct request *q,
                              struct syntax *expression)
{
    struct directive *d = memory_new(sizeof *d);
    if (!d) {
        no_memory(s);
        return NULL;
    }
    *d = (struct directive){.kind = kind,
                            .name = V_FALSE,
                            .given = V_NOTHING,
                            .expression = expression,
                            .span = q->span};
    return d;
}

static bool make_room(struct session *s)
{
    struct program *p = &s->program;
    if (p->count < p->room) return true;
    int room = p->room ? 2 * p->room : 16;
    struct directive **wider = memory_new((size_t)room * sizeof *wider);
    if (!wider) return no_memory(s);
    if (p->count) memcpy(wider, p->at, (size_t)p->count * sizeof *wider);
    p->at = wider;
    p->room = room;
    return true;
}

/* (lambda ...), (mem (lambda ...)): a procedure, which may call itself. */
static bool makes_procedure(const struct syntax *s)
{
    const char *head = syntax_head(s);
    if (head && strcmp(head, "mem") == 0 && s->count == 2) {
        s = s->items[1];
        head = syntax_head(s);
    }
    return head && strcmp(head, "lambda") == 0;
}

/* Data are many: what an OBSERVE observes is not kept but as text. */
void program_forget_syntax(struct directive *d)
{
    if (d->expression->span.source != d->span.source) return;
    d->text_at = d->expression->span.start;
    d->expression = NULL;
}

static struct code *compile_again(struct session *s, const struct directive *d)
{
    struct reader r;
    struct syntax *syntax;
    reader_open(&r, d->span.source, &s->machine->error);
    r.at = d->text_at;
    if (reader_datum(&r, false, &syntax) != READ_DATUM) return NULL;
    return machine_compile(s->machine, syntax);
}

/* Compiles a directive. While it does so the cell of an ASSUME's own name is
 * bound when it makes a procedure, and else not: so a procedure that has a
 * built-in name calls itself, and (ASSUME gamma (gamma 2 2)) means the
 * built-in one. */
static struct code *compile_directive(struct session *s, struct directive *d)
{
    if (!d->expression) return compile_again(s, d);
    if (d->kind != DIRECTIVE_ASSUME)
        return machine_compile(s->machine, d->expression);
    struct global *own = machine_bind(s->machine, text_of(d->name));
    if (!own) {
        no_memory(s);
        return NULL;
    }
    value held = own->held;
    own->held = makes_procedure(d->expression) ? V_NOTHING : V_UNBOUND;
    struct code *code = machine_compile_as(s->machine, d->name, d->expression);
    own->held = held;
    return code;
}

/* Code that was compiled when a name was built in looks in the wrong place
 * once a user has bound it: all that mentions the name is compiled again,
 * its cell bound meanwhile. *any is one of those, or NULL. */
static bool recompile(struct session *s, struct global *fresh,
                      struct directive **any)
{
    struct program *p = &s->program;
    bool good = true;
    *any = NULL;
    fresh->held = V_NOTHING;
    for (int i = 0; good && i < p->count; i++) {
        if (!code_mentions(p->at[i]->code, fresh->name)) continue;
        struct code *code = compile_directive(s, p->at[i]);
        if (code) p->at[i]->code = code;
        *any = p->at[i];
        good = code != NULL;
    }
    fresh->held = V_UNBOUND;
    return good;
}

static bool install(struct session *s, struct directive *d,
                    struct directive *replaced)
{
    d->code = compile_directive(s, d);
    return d->code && s->engine->op->add(s->engine, d, replaced);
}

/* Installs an ASSUME whose name the program has not bound yet; then all that
 * mentions it is evaluated again, by putting one of those in its own place.
 * *added: the engine has it, even though the whole failed. */
static bool install_fresh(struct session *s, struct directive *d,
                          struct global *fresh, bool *added)
{
    struct directive *any;
    *added = recompile(s, fresh, &any) && install(s, d, NULL);
    return *added && (!any || s->engine->op->add(s->engine, any, any));
}

static bool install_name(struct session *s, struct directive *d)
{
    struct program *p = &s->program;
    struct global *fresh = machine_bind(s->machine, text_of(d->name));
    struct code **old = memory_new((size_t)(p->count + 1) * sizeof *old);
    bool added;
    if (!fresh || !old) return no_memory(s);
    for (int i = 0; i < p->count; i++) old[i] = p->at[i]->code;
    if (install_fresh(s, d, fresh, &added)) return true;
    /* All as before; taking out may fail in turn, and what is told is why. */
    struct error error = s->machine->error;
    for (int i = 0; i < p->count; i++) p->at[i]->code = old[i];
    if (added) s->engine->op->remove(s->engine, d);
    machine_unbind(s->machine, text_of(d->name));
    s->machine->error = error;
    return false;
}

bool program_add(struct session *s, struct directive *d)
{
    struct program *p = &s->program;
    struct directive *replaced =
        d->kind == DIRECTIVE_ASSUME ? program_by_name(p, d->name) : NULL;
    d->id = replaced ? replaced->id : p->next_id;
    if (!make_room(s)) return false;
    bool named = d->kind == DIRECTIVE_ASSUME && !replaced;
    /* An ASSUME of a new name and a PREDICT leave the posterior of the rest as
     * it was, and the draws of it stay true. */
    bool tells = d->kind != DIRECTIVE_ASSUME && d->kind != DIRECTIVE_PREDICT;
    if (!(named ? install_name(s, d) : install(s, d, replaced))) return false;
    if (replaced || tells) kept_drop(s); /* of another posterior */
    if (replaced) {
        for (int i = 0; i < p->count; i++)
            if (p->at[i] == replaced) p->at[i] = d;
    } else {
        p->at[p->count++] = d;
        p->next_id++;
    }
    return true;
}

/* ---- taking away ------------------------------------------------------ */

/* A name that others mention stays: without it their values would be errors,
 * and the state no state. */
static bool refuse_in_use(struct session *s, const struct directive *d)
{
    const struct program *p = &s->program;
    for (int i = 0; i < p->count; i++) {
        const struct directive *user = p->at[i];
        if (user == d || !code_mentions(user->code, d->name)) continue;
        char text[60];
        span_text(user->span, text, sizeof text);
        error_set(session_error(s), ERROR_USE,
                  "%.80s is in use: directive %d, %s, refers to it",
                  text_of(d->name), user->id, text);
        return error_hint(session_error(s), "FORGET %d first", user->id);
    }
    return true;
}

bool program_remove(struct session *s, struct directive *d)
{
    struct program *p = &s->program;
    bool named = d->kind == DIRECTIVE_ASSUME;
    if (named && !refuse_in_use(s, d)) return false;
    if (!s->engine->op->remove(s->engine, d)) return false;
    if (named) machine_unbind(s->machine, text_of(d->name));
    kept_drop(s);
    int i = 0;
    while (p->at[i] != d) i++;
    memmove(p->at + i, p->at + i + 1,
            (size_t)(p->count - i - 1) * sizeof *p->at);
    p->at[--p->count] = NULL;
    return true;
}

void program_clear(struct session *s)
{
    struct program *p = &s->program;
    s->engine->op->clear(s->engine);
    kept_drop(s);
    for (int i = 0; i < p->count; i++)
        if (p->at[i]->kind == DIRECTIVE_ASSUME)
            machine_unbind(s->machine, text_of(p->at[i]->name));
    if (p->count) memset(p->at, 0, (size_t)p->count * sizeof *p->at);
    p->count = 0;
    p->next_id = 1;
}
