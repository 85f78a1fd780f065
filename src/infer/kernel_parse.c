/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernel programs as they are written: see kernel.h; scopes in them are read
 * by kernel_scope.c. What stands in a wrong place is told what could have
 * stood there.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "eval/print.h"
#include "infer/kernels.h"

/* Words of the language that no version of ours has yet made a kernel of:
 * they are refused by name, and never taken for a procedure. */
static const char *const unmade[] = {"smc", "pimh", "pgibbs"};

static bool is_unmade(const char *name)
{
    for (size_t i = 0; i < sizeof unmade / sizeof *unmade; i++)
        if (strcmp(unmade[i], name) == 0) return true;
    return false;
}

bool kernel_is_named(const struct syntax *s)
{
    const char *head = syntax_head(s);
    return head && (kernel_find(head) || is_unmade(head));
}

struct parse {
    struct kernel *kernel;
    const struct kernel_names *names;
    struct error *error;
};

static bool fail(struct parse *p, const struct syntax *at, const char *format,
                 ...) __attribute__((format(printf, 3, 4)));
static bool fail(struct parse *p, const struct syntax *at, const char *format,
                 ...)
{
    const struct kernel_row *row = p->kernel->row;
    char words[240];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    error_set(p->error, ERROR_USE, "INFER: %s: %s", row->name, words);
    error_hint(p->error, "%s", row->signature);
    p->error->span = at->span;
    return false;
}

static bool number_of(const struct syntax *s, double *out)
{
    if (s->kind != SYNTAX_ATOM) return false;
    if (is_boolean(s->datum)) *out = s->datum == V_TRUE;
    if (is_number(s->datum)) *out = as_number(s->datum);
    return is_boolean(s->datum) || is_number(s->datum);
}

/* Its place among these words; it may be quoted. */
static bool word_of(const struct syntax *s, const char *const *words,
                    double *out)
{
    if (s->kind == SYNTAX_LIST && s->count == 2 &&
        syntax_is_symbol(s->items[0], "quote"))
        s = s->items[1];
    for (int i = 0; words[i]; i++)
        if (syntax_is_symbol(s, words[i])) {
            *out = i;
            return true;
        }
    return false;
}

static bool option_of(const struct kernel_option *o, const struct syntax *s,
                      double *out)
{
    bool mixed = o->words && o->fallback < 0.0;
    if (o->words && word_of(s, o->words, out)) {
        if (mixed) *out = OPTION_WORD(*out);
        return true;
    }
    return (!o->words || mixed) && number_of(s, out) && *out >= o->least &&
           *out <= o->most;
}

static bool set_option(struct parse *p, const struct syntax *name,
                       const struct syntax *v)
{
    const struct kernel_option *o = p->kernel->row->options;
    const char *word = text_of(name->datum);
    for (int i = 0; o && o[i].name; i++) {
        double x;
        if (strcmp(o[i].name, word) != 0) continue;
        if (!v || !option_of(&o[i], v, &x))
            return fail(p, v ? v : name, "%s takes %s", word, o[i].doc);
        p->kernel->options[i] = x;
        return true;
    }
    return fail(p, name, "there is no option %.60s", word);
}

static bool is_option(const struct syntax *s)
{
    return s->kind == SYNTAX_ATOM && is_symbol(s->datum) &&
           text_of(s->datum)[0] == ':';
}

static bool pick_of(const struct syntax *s, enum kernel_pick *out)
{
    static const char *const words[] = {
        [PICK_ONE] = "one", [PICK_EACH] = "each", [PICK_BLOCK] = "block"};
    for (int i = PICK_ONE; i <= PICK_BLOCK; i++)
        if (s->kind == SYNTAX_ATOM && is_symbol(s->datum) &&
            strcmp(text_of(s->datum), words[i]) == 0) {
            *out = (enum kernel_pick)i;
            return true;
        }
    bool ordered = s->kind == SYNTAX_LIST && s->count == 1 &&
                   syntax_is_symbol(s->items[0], "ordered");
    if (ordered) *out = PICK_ORDERED;
    return ordered;
}

/* What might have stood here, and what would have been meant by a name or by a
 * scope that it does not take. */
static bool fail_unexpected(struct parse *p, const struct syntax *s,
                            unsigned left)
{
    static const struct {
        unsigned takes;
        const char *what;
    } could[] = {{TAKES_SCOPE, "a scope"},
                 {TAKES_NUMBER, "a number"},
                 {TAKES_COUNT, "how often"},
                 {TAKES_PICK, "a pick (one, each, block or (ordered))"},
                 {TAKES_KERNELS, "a kernel"}};
    bool is_word = s->kind == SYNTAX_ATOM && is_symbol(s->datum);
    bool scoped = p->kernel->row->takes & TAKES_SCOPE;
    char given[80];
    span_text(s->span, given, sizeof given);
    if (is_word && scoped && p->names &&
        p->names->assumed(p->names->context, text_of(s->datum)))
        return fail(p, s, "the choices of %.60s are the scope (name %.60s)",
                    given, given);
    if (kernel_scope_is_named(s))
        return fail(p, s, "%s is a %sscope, and it takes %s", given,
                    scoped ? "second " : "", scoped ? "one" : "none");
    if (left & NEEDS_SCOPE) left = TAKES_SCOPE;
    struct text words = {0};
    for (size_t i = 0; i < sizeof could / sizeof *could; i++)
        if (left & could[i].takes)
            text_printf(&words, "%s%s", words.length ? " or " : "",
                        could[i].what);
    bool said = words.length
                    ? fail(p, s, "expected %s, not %s", words.at, given)
                    : fail(p, s, "%s is more than it takes", given);
    text_free(&words);
    return said;
}

static bool add_part(struct parse *p, struct syntax *s, double weight)
{
    struct kernel *k = p->kernel;
    if (kernel_scope_is_named(s)) return fail_unexpected(p, s, 0);
    struct kernel *part = kernel_parse(s, p->names, p->error);
    if (!part) return false;
    k->parts[k->part_count] = part;
    k->weights[k->part_count++] = weight;
    return true;
}

static bool parse_weighted(struct parse *p, struct syntax *s)
{
    double w;
    if (kernel_scope_is_named(s)) return fail_unexpected(p, s, 0);
    if (s->kind != SYNTAX_LIST || s->count != 2 ||
        !number_of(s->items[0], &w) || !(w > 0.0 && w < INFINITY))
        return fail(p, s,
                    "expected a positive weight and a kernel, as (1 "
                    "(mh))");
    return add_part(p, s->items[1], w);
}

/* One argument, by its look; *left is what may still come. */
static bool parse_argument(struct parse *p, struct syntax *s, unsigned *left)
{
    struct kernel *k = p->kernel;
    double x;
    if (*left & TAKES_WEIGHTED) return parse_weighted(p, s);
    if (*left & TAKES_SCOPE && kernel_scope_is_named(s)) {
        *left &= ~(unsigned)(TAKES_SCOPE | NEEDS_SCOPE);
        scope_free(k->scope);
        k->scope = kernel_scope_parse(s, k->row->name, p->names, p->error);
        return k->scope != NULL;
    }
    if (*left & NEEDS_SCOPE) return fail_unexpected(p, s, *left);
    if (*left & TAKES_COUNT && number_of(s, &x)) {
        *left &= ~(unsigned)TAKES_COUNT;
        if (!(x >= 1.0 && x <= 1e9 && x == floor(x)))
            return fail(p, s, "expected how often, from 1 to 1e9");
        k->count = (uint64_t)x;
        return true;
    }
    if (*left & TAKES_NUMBER && number_of(s, &k->number)) {
        *left &= ~(unsigned)TAKES_NUMBER;
        return (k->number > 0.0 && k->number < INFINITY) ||
               fail(p, s, "expected a positive number");
    }
    if (*left & TAKES_PICK && pick_of(s, &k->pick)) {
        *left &= ~(unsigned)(TAKES_PICK | TAKES_NUMBER);
        return true;
    }
    if (*left & TAKES_PROCEDURE && !k->procedure) {
        k->procedure = s;
        return true;
    }
    if (*left & TAKES_KERNELS) return add_part(p, s, 1.0);
    return fail_unexpected(p, s, *left);
}

static bool parse_all(struct parse *p, struct syntax *s)
{
    struct kernel *k = p->kernel;
    unsigned left = k->row->takes;
    k->parts = memory_new((s->count + 1) * sizeof(struct kernel *));
    k->weights = memory_new((s->count + 1) * sizeof(double));
    if (!k->parts || !k->weights)
        return error_set(p->error, ERROR_LIMIT, "not enough memory");
    for (uint32_t i = 1; i < s->count; i++) {
        if (is_option(s->items[i])) {
            if (!set_option(p, s->items[i],
                            i + 1 < s->count ? s->items[i + 1] : NULL))
                return false;
            i++;
        } else if (!parse_argument(p, s->items[i], &left)) {
            return false;
        }
    }
    if (left & NEEDS_SCOPE) return fail(p, s, "it needs a scope");
    if (left & TAKES_COUNT) return fail(p, s, "it needs to know how often");
    if (left & TAKES_PROCEDURE && !k->procedure)
        return fail(p, s, "it needs a procedure of one operand");
    if (left & (TAKES_KERNELS | TAKES_WEIGHTED) && !k->part_count)
        return fail(p, s, "it needs a kernel");
    if (k->row == &kernel_repeat && k->part_count != 1)
        return fail(p, s, "it takes one kernel: use cycle for several");
    return true;
}

/* As it was written, on one line. */
static void name_it(struct kernel *k, const struct syntax *s)
{
    struct text text = {0};
    struct error ignored = {0};
    value v;
    if (syntax_datum(s, &v, &ignored) && print_value(&text, v))
        snprintf(k->name, sizeof k->name, "%s", text.at);
    else
        snprintf(k->name, sizeof k->name, "(%s ...)", k->row->name);
    text_free(&text);
    k->span = s->span;
}

static struct kernel *unknown(const struct syntax *s, struct error *error)
{
    const char *head = syntax_head(s);
    struct text known = {0};
    for (size_t i = 0; i < kernel_count; i++)
        text_printf(&known, "%s%s", i ? " " : "", kernel_rows[i]->name);
    if (!head)
        error_set(error, ERROR_USE,
                  "INFER: a kernel is written in parentheses, as (mh)");
    else if (is_unmade(head))
        error_set(error, ERROR_USE,
                  "INFER: the kernel %s is not in this version", head);
    else
        error_set(error, ERROR_USE, "INFER: %s is no kernel", head);
    if (head && known.at) error_hint(error, "kernels: %s", known.at);
    error->span = s->span;
    text_free(&known);
    return NULL;
}

struct kernel *kernel_parse(struct syntax *s, const struct kernel_names *names,
                            struct error *error)
{
    const char *head = syntax_head(s);
    const struct kernel_row *row = head ? kernel_find(head) : NULL;
    if (!row) return unknown(s, error);
    struct parse p = {kernel_make(row, NULL, row->name), names, error};
    if (!p.kernel) {
        error_set(error, ERROR_LIMIT, "not enough memory");
        return NULL;
    }
    name_it(p.kernel, s);
    return parse_all(&p, s) ? p.kernel : NULL;
}
