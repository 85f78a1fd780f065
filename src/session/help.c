/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HELP: everything that it prints comes from a table: of directives, special
 * forms, kernels, procedures, random procedures, and what users have bound.
 */
#include "session/help.h"

#include <string.h>

#include "eval/code.h"
#include "eval/core.h"
#include "eval/global.h"
#include "session/command.h"
#include "session/program.h"
#include "xrp/xrp.h"

/* ---- rows ------------------------------------------------------------- */

enum { COLUMN = 32, WIDTH = 79 };

/* Words from the column on, over as many lines as it takes; `at` is where the
 * line stands now. */
static bool print_words(struct text *out, int at, const char *doc)
{
    bool good = true;
    while (good && *doc) {
        int length = (int)strcspn(doc, " ");
        bool fits = at < COLUMN || at + 1 + length <= WIDTH;
        if (!fits) good = text_puts(out, "\n");
        if (!fits) at = 0;
        int gap = at < COLUMN ? COLUMN - at : 1;
        good = good && text_printf(out, "%*s%.*s", gap, "", length, doc);
        at += gap + length;
        doc += length;
        doc += strspn(doc, " ");
    }
    return good && text_puts(out, "\n");
}

static bool print_entry(struct text *out, const char *signature,
                        const char *doc)
{
    int at = 2 + (int)strlen(signature);
    if (!text_printf(out, "  %s", signature)) return false;
    if (at + 2 <= COLUMN || !*doc) return print_words(out, at, doc);
    return text_puts(out, "\n") && print_words(out, 0, doc);
}

static bool print_directives(struct text *out)
{
    bool good = text_puts(out, "Directives\n");
    for (size_t i = 0; good && i < directive_count; i++)
        good = print_entry(out, directive_rows[i].signature,
                           directive_rows[i].doc);
    return good;
}

static bool print_kernels(struct text *out)
{
    bool good = text_puts(out, "\nKernels\n");
    for (size_t i = 0; good && i < kernel_count; i++)
        good = print_entry(out, kernel_rows[i].signature, kernel_rows[i].doc);
    return good;
}

static bool print_forms(struct text *out)
{
    bool good = text_puts(out, "\nSpecial forms\n");
    for (const struct special_form_row *row = special_form_rows;
         good && row->name; row++)
        good = print_entry(out, row->signature, row->doc);
    return good;
}

/* What can be said of a built-in value. */
struct entry {
    const char *signature, *doc, *topic;
};

static bool describe(value v, const char *name, const char *doc,
                     struct entry *out)
{
    *out = (struct entry){.signature = name, .doc = doc, .topic = "library"};
    switch (object_type(v)) {
    case T_PRIMITIVE: {
        const struct primitive *p = as_object(v);
        *out = (struct entry){p->signature, p->doc, p->topic};
        break;
    }
    case T_NATIVE: {
        const struct native *p = as_object(v);
        *out = (struct entry){p->signature, p->doc, p->topic};
        break;
    }
    case T_XRP: {
        const struct xrp_family *f = ((struct xrp *)as_object(v))->family;
        *out = (struct entry){f->signature, f->doc, "random procedures"};
        break;
    }
    default: break;
    }
    return out->doc != NULL;
}

/* ---- the whole list --------------------------------------------------- */

struct listing {
    struct text *out;
    bool failed;
    const char *last; /* the signature just printed */
};

static void list_global(struct global *g, void *data)
{
    struct listing *l = data;
    struct entry e;
    if (l->failed || !g->builtin) return;
    const char *name = text_of(g->name);
    if (!describe(g->held, name, g->doc, &e)) e = (struct entry){name, "", ""};
    if (l->last && strcmp(l->last, e.signature) == 0) return;
    l->last = e.signature;
    l->failed = !print_entry(l->out, e.signature, e.doc);
}

static bool print_globals(struct machine *m, struct text *out)
{
    struct listing l = {.out = out};
    if (!text_puts(out, "\nProcedures\n")) return false;
    global_each(m, list_global, &l);
    return !l.failed;
}

bool help_list(struct machine *m, struct text *out)
{
    return print_directives(out) && print_kernels(out) && print_forms(out) &&
           print_globals(m, out);
}

/* ---- one name --------------------------------------------------------- */

static const struct special_form_row *find_form(const char *name)
{
    for (const struct special_form_row *row = special_form_rows; row->name;
         row++)
        if (strcmp(row->name, name) == 0) return row;
    return NULL;
}

static bool print_user(struct session *s, const struct directive *d,
                       struct text *out)
{
    char text[200];
    (void)s;
    span_text(d->span, text, sizeof text);
    return text_printf(out, "  directive %d: %s\n", d->id, text);
}

static bool print_name(struct session *s, const char *name, struct text *out)
{
    const struct directive *d = program_by_name(&s->program, symbol(name));
    const struct directive_row *row =
        directive_find(name, PLACE_BARE | PLACE_LIST);
    const struct special_form_row *form = find_form(name);
    const struct kernel_row *kernel = kernel_find(name);
    const struct xrp_family *family = xrp_find(name);
    const struct global *g = machine_global(s->machine, name);
    struct entry e;
    bool good = true;
    if (d) good = print_user(s, d, out);
    if (good && row) good = print_entry(out, row->signature, row->doc);
    if (good && form) good = print_entry(out, form->signature, form->doc);
    if (good && kernel) good = print_entry(out, kernel->signature, kernel->doc);
    if (good && family)
        good = print_entry(out, family->signature, family->doc) &&
               text_printf(out, "  gives %s\n", xrp_support_words(family));
    else if (good && g && g->builtin && describe(g->held, name, g->doc, &e))
        good = print_entry(out, e.signature, e.doc);
    else if (good && g && !d && !row && !form && !kernel)
        good = text_printf(out, "  %s\n", name);
    return good;
}

static bool unknown(struct session *s, const struct syntax *where,
                    const char *name)
{
    const char *near = global_nearest(s->machine, name);
    session_fail(s, where->span, ERROR_NAME, "nothing is called %.80s", name);
    if (near) error_hint(session_error(s), "did you mean %s?", near);
    return false;
}

static bool print_overview(struct text *out)
{
    return print_directives(out) &&
           text_puts(out, "\nHELP name tells of a directive, a procedure, a "
                          "special form or a kernel;\nvestige --list prints "
                          "them all.\n");
}

bool command_help(struct session *s, const struct request *q, struct answer *a)
{
    struct text out = {0};
    bool good;
    if (q->count == 0) {
        good = print_overview(&out) || machine_no_memory(s->machine);
    } else {
        const struct syntax *which = q->arguments[0];
        if (which->kind != SYNTAX_ATOM ||
            !(is_symbol(which->datum) || is_string(which->datum)))
            return session_fail(s, which->span, ERROR_USE, "HELP takes a name");
        const char *name = text_of(which->datum);
        good = print_name(s, name, &out) || machine_no_memory(s->machine);
        if (good && out.length == 0) good = unknown(s, which, name);
    }
    if (good) {
        answer_block(a, out.at, NULL, NULL);
        answer_string(a, NULL, "text", out.at);
    }
    text_free(&out);
    return good;
}
