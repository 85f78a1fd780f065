/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Errors of a running program: their words, their place in the text, and the
 * callers that led there.
 */
#include <stdio.h>

#include "eval/global.h"
#include "eval/machine_inside.h"
#include "eval/print.h"

static const struct span nowhere;

static const struct span *frame_place(const struct frame *f)
{
    if (f->kind == FRAME_CODE)
        return &f->code->spans[f->pc - f->code->instructions];
    return &nowhere;
}

/* The library's own code is not the user's place: the innermost text that
 * is not in lib/ is where the error is said to be. */
static bool is_library(const struct span *s)
{
    const char *name = s->source ? s->source->name : "";
    return name[0] == 'l' && strncmp(name, "lib/", 4) == 0;
}

const struct span *machine_span(const struct machine *m)
{
    const struct span *library = &nowhere;
    for (const struct frame *f = m->frame; f > m->frames; f--) {
        const struct span *s = frame_place(f);
        if (s->source && !is_library(s)) return s;
        if (!library->source) library = s;
    }
    return library;
}

struct span machine_place(const struct machine *m) { return *machine_span(m); }

/* The first of blank-separated names. */
static void first_name(char *to, size_t size, const char *names)
{
    while (*names == ' ') names++;
    snprintf(to, size, "%.*s", (int)strcspn(names, " "), names);
}

static void trail_name(const struct frame *f, char *to, size_t size)
{
    to[0] = 0;
    if (f->kind == FRAME_CODE && f->code->name != V_FALSE)
        snprintf(to, size, "%s", text_of(f->code->name));
    else if (f->kind == FRAME_NATIVE)
        first_name(to, size, ((struct native *)as_object(f->base[-1]))->names);
}

void machine_trail(struct machine *m, const struct frame *entry)
{
    struct error *e = &m->error;
    bool placed = e->span.source != NULL;
    for (const struct frame *f = m->frame; f > entry; f--) {
        const struct span *s = frame_place(f);
        if (!s->source || is_library(s)) continue;
        if (!placed) {
            e->span = *s;
            placed = true;
        }
        if (e->trail_length >= ERROR_TRAIL_MAX) return;
        trail_name(f, e->trail[e->trail_length].name, sizeof e->trail[0].name);
        e->trail[e->trail_length++].span = *s;
    }
}

bool machine_unbound_error(struct machine *m, const struct global *g)
{
    const char *name = text_of(g->name);
    error_set(&m->error, ERROR_NAME, "unknown name %s", name);
    const char *near = global_nearest(m, name);
    if (!near) return false;
    const struct global *h = global_find(m, symbol(near));
    const char *signature = procedure_signature(h->held);
    if (signature)
        return error_hint(&m->error, "did you mean %s: %s?", near, signature);
    return error_hint(&m->error, "did you mean %s?", near);
}

bool machine_arity_error(struct machine *m, const char *who, int min, int max,
                         int got)
{
    char name[64], wanted[48];
    if (strcmp(who, "the procedure") == 0)
        snprintf(name, sizeof name, "%s", who);
    else
        first_name(name, sizeof name, who);
    if (max < 0)
        snprintf(wanted, sizeof wanted, "at least %d", min);
    else if (min == max)
        snprintf(wanted, sizeof wanted, "%d", min);
    else
        snprintf(wanted, sizeof wanted, "%d to %d", min, max);
    error_set(&m->error, ERROR_ARITY, "%s: expected %s operand%s, got %d", name,
              wanted, min == 1 && max <= 1 ? "" : "s", got);
    struct global *g = machine_global(m, name);
    const char *signature = g ? procedure_signature(g->held) : NULL;
    if (signature) error_hint(&m->error, "%s", signature);
    return false;
}

bool machine_type_error(struct machine *m, const char *who,
                        const char *expected, value got)
{
    char cut[61];
    print_cut(cut, sizeof cut, got);
    return error_set(&m->error, ERROR_TYPE, "%s: expected %s, got %s", who,
                     expected, cut);
}

bool machine_domain_error(struct machine *m, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_set_list(&m->error, ERROR_DOMAIN, format, arguments);
    va_end(arguments);
    return false;
}
