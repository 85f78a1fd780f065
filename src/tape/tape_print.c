/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A tape as text: see tape_print.h.
 */
#include "tape/tape_print.h"

enum { SHOWN = 3, COLUMN = 44 };

static const char *plural(uint32_t n) { return n == 1 ? "" : "s"; }

static bool print_column(const struct tape_plate *p, const double *x,
                         struct text *out)
{
    bool ok = text_puts(out, " [");
    for (uint32_t r = 0; ok && r < p->rows && r < SHOWN; r++)
        ok = text_printf(out, r ? " %g" : "%g", x[r]);
    return ok && text_puts(out, p->rows > SHOWN ? " ...]" : "]");
}

static bool print_gather(const struct tape_plate *p, const uint32_t *slots,
                         struct text *out)
{
    bool ok = text_puts(out, " s[");
    for (uint32_t r = 0; ok && r < p->rows && r < SHOWN; r++)
        ok = text_printf(out, r ? " %u" : "%u", (unsigned)slots[r]);
    return ok && text_puts(out, p->rows > SHOWN ? " ...]" : "]");
}

static bool print_operand(const struct tape *t, const struct tape_plate *p,
                          struct tape_operand o, struct text *out)
{
    unsigned index = o.index;
    switch (o.kind) {
    case TAPE_CONSTANT: return text_printf(out, " %g", t->constants[index]);
    case TAPE_COLUMN: return print_column(p, p->columns[index], out);
    case TAPE_SLOT: return text_printf(out, " s%u", index);
    case TAPE_RUN: return text_printf(out, " s%u..", index);
    case TAPE_GATHER: return print_gather(p, p->gathers[index], out);
    case TAPE_OPERATION: return text_printf(out, " %%%u", index);
    default: return text_puts(out, " ?");
    }
}

/* What becomes of an operation, behind it. */
static bool print_roles(const struct tape_plate *p, uint32_t operation,
                        size_t begun, struct text *out)
{
    struct text roles = {0};
    bool ok = true;
    for (uint32_t i = 0; ok && i < p->term_count; i++)
        if (p->terms[i] == operation) ok = text_puts(&roles, "  term");
    for (uint32_t i = 0; ok && i < p->guard_count; i++)
        if (p->guards[i] == operation) ok = text_puts(&roles, "  guard");
    for (uint32_t i = 0; ok && i < p->output_count; i++)
        if (p->outputs[i].operation == operation)
            ok = text_printf(&roles, p->rows > 1 ? "  -> s%u.." : "  -> s%u",
                             (unsigned)p->outputs[i].first);
    while (ok && roles.length && out->length - begun < COLUMN)
        ok = text_puts(out, " ");
    ok = ok && (!roles.length || text_puts(out, roles.at));
    text_free(&roles);
    return ok && text_puts(out, "\n");
}

static bool print_operations(const struct tape *t, const struct tape_plate *p,
                             struct text *out)
{
    bool ok = true;
    for (uint32_t i = 0; ok && i < p->count; i++) {
        const struct tape_operation *o = &p->operations[i];
        size_t begun = out->length;
        ok = text_printf(out, "    %%%u = %s", (unsigned)i,
                         tape_name((enum tape_code)o->code));
        for (int k = 0; ok && k < tape_arity((enum tape_code)o->code); k++)
            ok = print_operand(t, p, o->operands[k], out);
        ok = ok && print_roles(p, i, begun, out);
    }
    return ok;
}

static bool print_call(const struct tape_call *c, struct text *out)
{
    bool ok = text_puts(out, "    call");
    for (uint32_t i = 0; ok && i < c->count; i++)
        ok = text_printf(out, " s%u", (unsigned)c->slots[i]);
    if (ok && c->out) ok = text_printf(out, "  -> s%u", (unsigned)c->first);
    if (ok && c->out > 1)
        ok = text_printf(out, " .. s%u", (unsigned)(c->first + c->out - 1));
    return ok && text_puts(out, c->term ? "  term\n" : "\n");
}

bool tape_print(const struct tape *t, struct text *out)
{
    bool ok = text_printf(out, "%u coordinate%s, %u slot%s, %u plate%s\n",
                          (unsigned)t->size, plural(t->size),
                          (unsigned)t->slots, plural(t->slots),
                          (unsigned)t->plate_count, plural(t->plate_count));
    if (ok && t->constant != 0)
        ok = text_printf(out, "constant %g\n", t->constant);
    for (uint32_t i = 0; ok && i < t->plate_count; i++) {
        const struct tape_plate *p = &t->plates[i];
        ok = text_printf(out, "plate %u, %u row%s\n", (unsigned)i + 1,
                         (unsigned)p->rows, plural(p->rows)) &&
             (p->call ? print_call(p->call, out) : print_operations(t, p, out));
    }
    return ok;
}
