/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CHECK: an expression is evaluated in the present state, and the random
 * procedure that comes out is tried (xrp/trial.h). It is check-xrp of it.
 * What CHECK model does is in command_check_model.c.
 */
#include "session/command.h"

#include "eval/reader.h"

enum { DRAWS, ARGUMENTS, PARAMETERS, OPTIONS };

static int option_of(const struct syntax *name)
{
    static const char *const names[OPTIONS] = {
        [ARGUMENTS] = ":arguments", [PARAMETERS] = ":parameters"};
    if (name->kind != SYNTAX_ATOM || !is_symbol(name->datum)) return -1;
    for (int i = ARGUMENTS; i < OPTIONS; i++)
        if (strcmp(text_of(name->datum), names[i]) == 0) return i;
    return -1;
}

/* Where the expression stands: CHECK xrp x says what x is, as CHECK model
 * does, where no global is called so. */
static uint32_t place_of(struct session *s, const struct request *q)
{
    return q->count > 1 && syntax_is_symbol(q->arguments[0], "xrp") &&
           !machine_global(s->machine, "xrp");
}

/* Behind the expression stand a number of draws, and lists by keyword. */
static bool read_options(struct session *s, const struct request *q, uint32_t i,
                         struct syntax **options)
{
    if (i < q->count && q->arguments[i]->kind == SYNTAX_ATOM &&
        !is_symbol(q->arguments[i]->datum))
        options[DRAWS] = q->arguments[i++];
    for (; i < q->count; i += 2) {
        int which = option_of(q->arguments[i]);
        if (which < 0 || i + 1 == q->count || options[which])
            return session_fail(s, q->arguments[i]->span, ERROR_USE,
                                "CHECK: expected a number of draws, "
                                ":arguments (list ...) and :parameters "
                                "(list ...), each once");
        options[which] = q->arguments[i + 1];
    }
    return true;
}

/* (check-xrp x draws arguments parameters) */
bool command_check(struct session *s, const struct request *q, struct answer *a)
{
    struct syntax *options[OPTIONS] = {NULL}, *items[2 + OPTIONS];
    if (check_is_of_model(s, q)) return check_model(s, q, a);
    uint32_t place = place_of(s, q);
    struct span span = q->arguments[place]->span;
    if (!read_options(s, q, place + 1, options)) return false;
    items[0] = syntax_atom(span, symbol("check-xrp"));
    items[1] = q->arguments[place];
    for (int i = 0; i < OPTIONS; i++)
        items[2 + i] = options[i]   ? options[i]
                       : i == DRAWS ? syntax_atom(span, v_int(10000))
                                    : syntax_list(span, 0, NULL);
    for (int i = 0; i < 2 + OPTIONS; i++)
        if (!items[i]) return machine_no_memory(s->machine);
    struct syntax *call = syntax_list(span,
                                      options[PARAMETERS]  ? 5
                                      : options[ARGUMENTS] ? 4
                                                           : 3,
                                      items);
    value v;
    if (!call) return machine_no_memory(s->machine);
    if (!session_evaluate(s, call, &v)) return false;
    a->in_script = true;
    answer_picture(a, v);
    return true;
}
