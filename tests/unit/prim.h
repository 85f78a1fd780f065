/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For tests of primitives: an application as text, its operands taken as
 * data, `($ name operand ...)` among them as an application of its own, and
 * what it gives as text. The functions are called through their rows.
 */
#ifndef VST_TESTS_PRIM_H
#define VST_TESTS_PRIM_H

#include "base/memory.h"
#include "eval/prim_tables.h"
#include "eval/print.h"
#include "eval/reader.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct machine prim_machine;

static inline int prim_setup(void **state)
{
    (void)state;
    memory_init((size_t)16 << 20);
    prim_machine = (struct machine){.steps_left = UINT64_MAX};
    return 0;
}

/* Does this word stand among blank-separated ones? */
static inline bool prim_has_name(const char *names, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = names; (at = strstr(at, name)); at++)
        if ((at == names || at[-1] == ' ') &&
            (at[length] == 0 || at[length] == ' '))
            return true;
    return false;
}

static inline const struct primitive *prim_find(const char *name)
{
    for (size_t t = 0; t < primitive_table_count; t++)
        for (size_t i = 0; i < *primitive_tables[t].count; i++)
            if (prim_has_name(primitive_tables[t].rows[i].names, name))
                return primitive_tables[t].rows + i;
    fail_msg("there is no primitive %s", name);
    return NULL;
}

static inline bool prim_call(const char *name, int n, const value *args,
                             value *out)
{
    const struct primitive *row = prim_find(name);
    if (n < row->min || (row->max >= 0 && n > row->max))
        fail_msg("%s takes no %d operands", name, n);
    error_clear(&prim_machine.error);
    *out = V_UNBOUND;
    return row->function(&prim_machine, n, args, out);
}

enum { PRIM_OPERANDS = 24 };

static inline bool prim_apply(value form, value *out);

static inline bool prim_operand(value form, value *out)
{
    *out = form;
    return !is_pair(form) || car(form) != symbol("$") ||
           prim_apply(cdr(form), out);
}

static inline bool prim_apply(value form, value *out)
{
    value args[PRIM_OPERANDS];
    int n = 0;
    for (value at = cdr(form); at != V_NIL; at = cdr(at)) {
        assert_true(n < PRIM_OPERANDS);
        if (!prim_operand(car(at), args + n++)) return false;
    }
    return prim_call(text_of(car(form)), n, args, out);
}

static inline value prim_read(const char *text)
{
    struct source source = {"test", text, strlen(text)};
    struct error error;
    struct reader reader;
    struct syntax *syntax;
    value form = V_NIL;
    reader_open(&reader, &source, &error);
    if (reader_datum(&reader, false, &syntax) != READ_DATUM ||
        !syntax_datum(syntax, &form, &error))
        fail_msg("%s: %s", text, error.message);
    return form;
}

static inline bool prim_evaluate(const char *text, value *out)
{
    return prim_apply(prim_read(text), out);
}

/* Each allocation in turn fails (in the build whose memory can): the answer
 * is an error that says so, until there was enough. */
static inline void prim_starve(const char *text)
{
    value form = prim_read(text), out;
    bool done = false;
    for (uint64_t n = 1; !done; n++) {
        memory_fail_after(n);
        done = prim_apply(form, &out);
        memory_fail_after(0);
        if (!done && prim_machine.error.kind != ERROR_LIMIT)
            fail_msg("%s: %s", text, prim_machine.error.message);
    }
}

/* It gives what prints as this. */
static inline void gives(const char *text, const char *expected)
{
    value v;
    struct text shown = {0};
    if (!prim_evaluate(text, &v))
        fail_msg("%s: %s", text, prim_machine.error.message);
    assert_true(print_value(&shown, v));
    if (strcmp(shown.at, expected) != 0)
        fail_msg("%s gives %s, not %s", text, shown.at, expected);
    text_free(&shown);
}

/* It gives a number that is as near, relative to its size. */
static inline void gives_about(const char *text, double expected,
                               double tolerance)
{
    value v;
    if (!prim_evaluate(text, &v))
        fail_msg("%s: %s", text, prim_machine.error.message);
    assert_true(is_number(v));
    if (!(fabs(as_number(v) - expected) <= tolerance * (1 + fabs(expected))))
        fail_msg("%s gives %.17g, not %.17g", text, as_number(v), expected);
}

/* It is an error of this kind, in whose message these words stand. */
static inline void fails(const char *text, enum error_kind kind,
                         const char *words)
{
    value v;
    const struct error *e = &prim_machine.error;
    if (prim_evaluate(text, &v)) fail_msg("%s is no error", text);
    if (e->kind != kind || !strstr(e->message, words))
        fail_msg("%s: \"%s\" (kind %d), not \"%s\" (kind %d)", text, e->message,
                 (int)e->kind, words, (int)kind);
}

struct prim_example {
    const char *text, *expected;
};
#define give_all(examples_)                                              \
    for (size_t i_ = 0; i_ < sizeof examples_ / sizeof *examples_; i_++) \
        gives(examples_[i_].text, examples_[i_].expected);

struct prim_failure {
    const char *text;
    enum error_kind kind;
    const char *words;
};
#define fail_all(failures_)                                              \
    for (size_t i_ = 0; i_ < sizeof failures_ / sizeof *failures_; i_++) \
        fails(failures_[i_].text, failures_[i_].kind, failures_[i_].words);

#endif
