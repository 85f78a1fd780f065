/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the two files of the expander share: the state of one expansion, the
 * scope, and the helpers that make core forms and rewritten syntax.
 */
#ifndef VST_EVAL_EXPAND_H
#define VST_EVAL_EXPAND_H

#include "eval/core.h"

/* The innermost binding of a name comes first. */
struct scope {
    struct variable *variable;
    const struct scope *outer;
};

struct expander {
    struct machine *machine;
    bool library; /* names are the built-in ones, and defines make those */
};

typedef struct core *form_function(struct expander *e, const struct syntax *s,
                                   const struct scope *scope);

/* Expands any syntax. NULL with the machine's error. */
struct core *expand_in(struct expander *e, const struct syntax *s,
                       const struct scope *scope);
/* A body: internal defines and expressions, at least one of these. */
struct core *expand_body(struct expander *e, const struct syntax *where,
                         struct syntax *const *items, uint32_t count,
                         const struct scope *scope);

/* Always NULL, with an error of kind ERROR_SYNTAX at s. */
struct core *syntax_error(struct expander *e, const struct syntax *s,
                          const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* NULL (with the error for memory) when there is none left. */
struct core *core_new(struct expander *e, enum core_kind kind,
                      struct span span);
struct core *core_constant(struct expander *e, struct span span, value v);

/* (items ...) at the place of s: for rewriting. */
struct syntax *rewrite(const struct syntax *s, uint32_t count, ...);
/* A word, or a value that stands for itself. */
struct syntax *word(const struct syntax *s, const char *name);
struct syntax *constant(const struct syntax *s, value v);
/* A built-in procedure by name, whatever a user has bound. */
struct syntax *builtin(struct expander *e, const struct syntax *s,
                       const char *name);

/* The forms that are rewritten into others (expand_derived.c). */
form_function form_cond, form_case, form_and, form_or, form_when, form_unless,
    form_do, form_quasiquote, form_named_let, form_tag, form_weight,
    form_predict, form_observe;

/* Is it a word such as `truncated` (expand_forms.c)? Then its application is
 * expanded so. */
bool is_around(struct expander *e, const struct core *operator);
struct core *expand_around(struct expander *e, const struct syntax *s,
                           struct core *operator, const struct scope * scope);

/* Church's queries (expand_query.c). */
form_function form_rejection_query, form_enumeration_query, form_mh_query;

#endif
