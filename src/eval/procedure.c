/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What procedures say about themselves: signature and printed form.
 */
#include "eval/machine_inside.h"

const char *procedure_signature(value p)
{
    switch (object_type(p)) {
    case T_PRIMITIVE: return ((struct primitive *)as_object(p))->signature;
    case T_NATIVE: return ((struct native *)as_object(p))->signature;
    case T_XRP: return ((struct random_procedure *)as_object(p))->signature;
    default: return NULL;
    }
}

static bool print_parameters(struct text *out, const struct code *code)
{
    uint32_t n = code->parameters;
    if (!text_puts(out, "(lambda ")) return false;
    if (n == 0 && code->rest)
        return text_puts(out, text_of(code->parameter_names[0])) &&
               text_puts(out, " ...)");
    if (!text_puts(out, "(")) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!text_puts(out, i ? " " : "") ||
            !text_puts(out, text_of(code->parameter_names[i])))
            return false;
    if (code->rest && (!text_puts(out, " . ") ||
                       !text_puts(out, text_of(code->parameter_names[n]))))
        return false;
    return text_puts(out, ") ...)");
}

bool machine_print_procedure(struct text *out, value v)
{
    const char *names = NULL;
    switch (object_type(v)) {
    case T_CLOSURE: {
        const struct code *code = ((struct closure *)as_object(v))->code;
        if (code->parameter_names) return print_parameters(out, code);
        break;
    }
    case T_PRIMITIVE: names = ((struct primitive *)as_object(v))->names; break;
    case T_NATIVE: names = ((struct native *)as_object(v))->names; break;
    case T_XRP: names = ((struct random_procedure *)as_object(v))->name; break;
    case T_MEM:
        return text_puts(out, "(mem ") &&
               machine_print_procedure(
                   out, ((struct mem *)as_object(v))->procedure) &&
               text_puts(out, ")");
    }
    if (!names) return text_puts(out, "#<procedure>");
    return text_printf(out, "#<procedure %.*s>", (int)strcspn(names, " "),
                       names);
}
