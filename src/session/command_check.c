/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CHECK: an expression is evaluated in the present state, and the random
 * procedure that comes out is tried (xrp/trial.h). It is check-xrp of it.
 */
#include "session/command.h"

#include "eval/reader.h"

/* Are the words behind the expression a number of draws, and :arguments? */
static bool read_options(struct session *s, const struct request *q,
                         struct syntax **draws, struct syntax **arguments)
{
    uint32_t i = 1;
    *draws = *arguments = NULL;
    if (i < q->count && q->arguments[i]->kind == SYNTAX_ATOM &&
        !is_symbol(q->arguments[i]->datum))
        *draws = q->arguments[i++];
    if (i == q->count) return true;
    const struct syntax *name = q->arguments[i];
    bool known = name->kind == SYNTAX_ATOM && is_symbol(name->datum) &&
                 strcmp(text_of(name->datum), ":arguments") == 0;
    if (!known || i + 2 != q->count)
        return session_fail(s, name->span, ERROR_USE,
                            "CHECK: expected a number of draws, and "
                            ":arguments (list ...)");
    *arguments = q->arguments[i + 1];
    return true;
}

bool command_check(struct session *s, const struct request *q, struct answer *a)
{
    struct syntax *draws, *arguments, *items[4];
    struct span span = q->arguments[0]->span;
    if (!read_options(s, q, &draws, &arguments)) return false;
    items[0] = syntax_atom(span, symbol("check-xrp"));
    items[1] = q->arguments[0];
    items[2] = draws ? draws : syntax_atom(span, v_int(10000));
    items[3] = arguments ? arguments : syntax_list(span, 0, NULL);
    for (int i = 0; i < 4; i++)
        if (!items[i]) return machine_no_memory(s->machine);
    struct syntax *call = syntax_list(span, arguments ? 4 : 3, items);
    value v;
    if (!call) return machine_no_memory(s->machine);
    if (!session_evaluate(s, call, &v)) return false;
    a->in_script = true;
    answer_picture(a, v);
    return true;
}
