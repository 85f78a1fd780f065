/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Notes on what older systems did otherwise: see lint.h. It looks at words, and
 * so may speak of a name that is bound again further inside; it never speaks of
 * quoted data.
 */
#include "session/lint.h"

#include <string.h>

#include "base/memory.h"
#include "xrp/xrp.h"

/* ---- a walk over syntax, without recursion ---------------------------- */

struct walk {
    struct syntax **at;
    size_t count, room;
};

static bool push(struct walk *w, struct syntax *s)
{
    if (w->count == w->room) {
        size_t room = w->room ? 2 * w->room : 64;
        struct syntax **wider = memory_new(room * sizeof *wider);
        if (!wider) return false;
        if (w->count) memcpy(wider, w->at, w->count * sizeof *wider);
        memory_free(w->at);
        w->at = wider;
        w->room = room;
    }
    w->at[w->count++] = s;
    return true;
}

static bool is_quoted(const struct syntax *s)
{
    const char *head = syntax_head(s);
    return head &&
           (strcmp(head, "quote") == 0 || strcmp(head, "quasiquote") == 0);
}

/* The next piece; its parts follow it. NULL at the end, or when memory ran
 * out: *good says which. */
static struct syntax *next(struct walk *w, bool *good)
{
    if (w->count == 0) return NULL;
    struct syntax *s = w->at[--w->count];
    if (s->kind == SYNTAX_ATOM || s->kind == SYNTAX_VECTOR || is_quoted(s))
        return s;
    for (uint32_t i = s->count; i-- > 0 && *good;) *good = push(w, s->items[i]);
    return *good ? s : NULL;
}

/* The first place in s that mentions the name. */
static struct syntax *find_name(struct syntax *s, value name, bool *good)
{
    struct walk w = {0};
    struct syntax *found = NULL;
    *good = push(&w, s);
    for (struct syntax *part; !found && *good && (part = next(&w, good));)
        if (part->kind == SYNTAX_ATOM && part->datum == name) found = part;
    memory_free(w.at);
    return found;
}

/* ---- let -------------------------------------------------------------- */

struct lint {
    lint_note *note;
    void *context;
    bool good;
};

static bool is_binding(const struct syntax *b)
{
    return b->kind == SYNTAX_LIST && b->count == 2 &&
           b->items[0]->kind == SYNTAX_ATOM && is_symbol(b->items[0]->datum);
}

static bool is_lambda(const struct syntax *s)
{
    const char *head = syntax_head(s);
    return head && strcmp(head, "lambda") == 0;
}

static void tell_words(struct lint *l, const struct syntax *where,
                       const char *message, const char *word, const char *hint)
{
    struct error e = {0};
    error_set(&e, ERROR_USE, message, word);
    error_hint(&e, "%s", hint);
    e.span = where->span;
    l->note(l->context, &e);
}

static void tell(struct lint *l, const struct syntax *where,
                 const char *message, const char *hint)
{
    tell_words(l, where, message, text_of(where->datum), hint);
}

static void look_at_binding(struct lint *l, struct syntax *const *bindings,
                            uint32_t i)
{
    struct syntax *name = bindings[i]->items[0], *init = bindings[i]->items[1];
    struct syntax *found = NULL;
    if (is_lambda(init)) found = find_name(init, name->datum, &l->good);
    if (found)
        tell(l, found, "%.60s is the procedure itself here",
             "in Scheme it would be the one outside");
    for (uint32_t j = 0; j < i && l->good; j++) {
        if (!is_binding(bindings[j])) continue;
        value earlier = bindings[j]->items[0]->datum;
        found = find_name(init, earlier, &l->good);
        if (found)
            tell(l, found, "%.60s is the one outside this let",
                 "the older system's let bound one after the other: let*");
    }
}

static void look_at_let(struct lint *l, const struct syntax *s)
{
    const char *head = syntax_head(s);
    if (!head || strcmp(head, "let") != 0 || s->count < 3) return;
    const struct syntax *bindings = s->items[1];
    if (bindings->kind != SYNTAX_LIST) return;
    for (uint32_t i = 0; i < bindings->count && l->good; i++)
        if (is_binding(bindings->items[i]))
            look_at_binding(l, bindings->items, i);
}

/* ---- tests ------------------------------------------------------------- */

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name) != 0) names++;
    return *names != NULL;
}

/* Are the values of this family numbers? */
static bool draws_numbers(const struct xrp_family *f)
{
    return f && f->support_kind >= SUPPORT_INTEGERS &&
           f->support_kind <= SUPPORT_LOWER;
}

/* A number or a string, by the look of it. */
static bool is_no_truth(const struct syntax *s)
{
    static const char *const numeric[] = {
        "+",      "-",        "*",     "/",      "abs", "mod",
        "modulo", "quotient", "floor", "sum",    "exp", "sqrt",
        "round",  "max",      "min",   "length", NULL};
    if (s->kind == SYNTAX_ATOM)
        return is_number(s->datum) || is_string(s->datum);
    const char *head = syntax_head(s);
    return head && !is_quoted(s) &&
           (is_one_of(head, numeric) || draws_numbers(xrp_find(head)));
}

static void look_at_test(struct lint *l, const struct syntax *test)
{
    if (is_no_truth(test))
        tell_words(l, test, "%s is true here, whatever it is",
                   "what is no boolean",
                   "older systems took 0, an empty string, or any number for "
                   "false: compare it, (> x 0)");
}

static void look_at_tests(struct lint *l, const struct syntax *s)
{
    static const char *const words[] = {"if", "when", "unless", NULL};
    const char *head = syntax_head(s);
    if (!head) return;
    if (is_one_of(head, words) && s->count > 1) look_at_test(l, s->items[1]);
    if (strcmp(head, "cond") != 0) return;
    for (uint32_t i = 1; i < s->count; i++)
        if (s->items[i]->kind == SYNTAX_LIST && s->items[i]->count)
            look_at_test(l, s->items[i]->items[0]);
}

/* ---- and, or, and their kin ---------------------------------------------- */

/* The application of a distribution in it; NULL: there is none. */
static struct syntax *find_draw(struct syntax *s, bool *good)
{
    struct walk w = {0};
    struct syntax *found = NULL;
    *good = push(&w, s);
    for (struct syntax *part; !found && *good && (part = next(&w, good));) {
        const char *head = is_quoted(part) ? NULL : syntax_head(part);
        if (head && xrp_find(head)) found = part;
    }
    memory_free(w.at);
    return found;
}

static void look_at_words(struct lint *l, const struct syntax *s)
{
    const char *head = syntax_head(s);
    if (!head) return;
    bool stops = strcmp(head, "and") == 0 || strcmp(head, "or") == 0;
    for (uint32_t i = 2; stops && l->good && i < s->count; i++) {
        struct syntax *draw = find_draw(s->items[i], &l->good);
        if (!draw) continue;
        tell_words(l, draw, "%s stops before this draw when it knows enough",
                   head, "older systems drew for all operands first");
        break;
    }
    if (strcmp(head, "noisy") == 0)
        tell_words(l, s, "%s negates true and false alike", head,
                   "the older system's never negated true");
    if (strcmp(head, "xor") == 0 && s->count > 2)
        tell_words(l, s, "%s is true of an odd number of true operands", head,
                   "the older system's (xor true false) was False");
}

bool lint_syntax(struct syntax *s, lint_note *note, void *context)
{
    struct lint l = {.note = note, .context = context, .good = true};
    struct walk w = {0};
    l.good = push(&w, s);
    for (struct syntax *part; l.good && (part = next(&w, &l.good));)
        if (part->kind == SYNTAX_LIST && !is_quoted(part)) {
            look_at_let(&l, part);
            look_at_tests(&l, part);
            look_at_words(&l, part);
        }
    memory_free(w.at);
    return l.good;
}
