/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Refusals. Each is one line that names the kernel, the choice where there is
 * one, the reason, and the scope as it was written, so that who reads it knows
 * which part of a long kernel program it is about:
 *
 *     gibbs: '(poisson 2)' of n has no finite number of values (scope of
 *     (gibbs discrete each))
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "eval/print.h"
#include "infer/kernel.h"

/* Room for the reason: what stands around it fits beside. */
enum { REASON_MAX = 240, CHOICE_MAX = 140 };

/* What a kernel without a scope moves is all; one made of kernels has theirs.
 */
static const char *scope_words(const struct kernel *k)
{
    if (k->row->takes & TAKES_SCOPE) return "scope of";
    return k->row->takes & (TAKES_KERNELS | TAKES_WEIGHTED)
               ? "in"
               : "scope: the whole program, in";
}

static bool refuse(const struct kernel *k, struct engine *e, const char *choice,
                   const char *reason)
{
    error_set(&e->machine->error, ERROR_USE, "%s: %s%s (%s %.80s)",
              k->row->name, choice, reason, scope_words(k), k->name);
    e->machine->error.span = k->span;
    return false;
}

bool kernel_refuse(const struct kernel *k, struct engine *e, const char *format,
                   ...)
{
    char reason[REASON_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    return refuse(k, e, "", reason);
}

const char *kernel_choice_words(struct engine *e, const void *choice,
                                struct span place, char *buffer, size_t size)
{
    char words[80];
    const struct directive *by = e->op->made_by(e, choice);
    bool named = by && by->kind == DIRECTIVE_ASSUME;
    span_text(place, words, sizeof words);
    snprintf(buffer, size, "%s%s%s%s%.40s", place.source ? "'" : "a choice",
             words, place.source ? "'" : "", named ? " of " : "",
             named ? text_of(by->name) : "");
    return buffer;
}

bool kernel_refuse_choice(const struct kernel *k, struct engine *e,
                          const void *choice, struct span place,
                          const char *format, ...)
{
    char words[CHOICE_MAX], reason[REASON_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    refuse(k, e, kernel_choice_words(e, choice, place, words, sizeof words),
           reason);
    if (place.source) e->machine->error.span = place;
    return false;
}

/* ---- scopes in which nothing can move ----------------------------------- */

static const char *choices_in_words(uint64_t count, char words[40])
{
    if (count == 1) return "1 choice is";
    snprintf(words, 40, "%llu choices are", (unsigned long long)count);
    return words;
}

bool kernel_refuse_empty(const struct kernel *k, struct engine *e)
{
    struct text known = {0};
    char words[40];
    for (value l = k->scope->known; is_pair(l); l = cdr(l)) {
        text_puts(&known, " ");
        print_value(&known, car(l));
    }
    kernel_refuse(k, e, "there is no choice that could move");
    if (known.length)
        error_hint(&e->machine->error, "tags of free choices:%s", known.at);
    else if (!k->scope->all)
        error_hint(&e->machine->error, "%s free, and none of them is in it",
                   choices_in_words(e->op->free_choices(e), words));
    text_free(&known);
    return false;
}
