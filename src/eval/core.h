/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The core language: the few forms to which the expander reduces every
 * program, and which the compiler knows. Names are resolved: a local is a
 * pointer to its variable, a global a pointer to its cell.
 *
 * Ownership: everything here belongs to the collector, and dies when the
 * code has been made.
 */
#ifndef VST_EVAL_CORE_H
#define VST_EVAL_CORE_H

#include "eval/machine.h"

enum core_kind {
    CORE_CONSTANT,
    CORE_LOCAL,
    CORE_GLOBAL,
    CORE_LAMBDA,
    CORE_IF,     /* with `or` set: (or test alternative) */
    CORE_LET,    /* values are evaluated in order, outside the scope */
    CORE_LETREC, /* lambdas that see each other */
    CORE_APPLY
};

struct variable {
    value name;
    const struct function *owner; /* the compiler's: whose register it is */
    uint16_t at;                  /* the register */
};

struct core {
    uint8_t kind;
    bool or_form;   /* CORE_IF */
    bool rest;      /* CORE_LAMBDA: the last parameter takes the rest */
    bool simple;    /* may stand in a branch that becomes a select: constant,
                        variable, cheap primitive of simple operands */
    uint32_t count; /* of variables, of operands */
    struct span span;
    value constant; /* CORE_CONSTANT; CORE_LAMBDA: its name or V_FALSE */
    struct global *global;
    struct variable *local;
    struct variable **variables;
    struct core **items; /* LET, LETREC: values; APPLY: operands */
    struct core *test;   /* IF; APPLY: the operator */
    struct core *body;   /* LAMBDA, LET, LETREC; IF: consequent */
    struct core *other;  /* IF: alternative */
};

/* Expands an expression of the top level; `library`: names are the
 * built-in ones. NULL with m->error. */
struct core *expand(struct machine *m, const struct syntax *s, bool library);

/* Compiles what the expander made; code without parameters. NULL with
 * m->error. */
struct code *compile(struct machine *m, struct core *core);

/* The names of all special forms, for completion and HELP: rows end with
 * a NULL name. */
struct special_form_row {
    const char *name, *signature, *doc;
};
extern const struct special_form_row special_form_rows[];

#endif
