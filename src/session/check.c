/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Checking a program without running it: see check.h. Each directive is
 * compiled in turn, with the names of those before it bound; a name that is
 * mentioned and bound nowhere in the text is unknown.
 */
#include "session/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/global.h"
#include "session/command.h"
#include "session/lint.h"
#include "session/order.h"

struct check {
    struct session *session;
    check_note *note;
    void *context;
};

static void tell(struct check *c)
{
    c->note(c->context, session_error(c->session), true);
}

static void pass_note(void *context, const struct error *e)
{
    struct check *c = context;
    c->note(c->context, e, false);
}

static void compile(struct check *c, struct syntax *expression)
{
    if (!machine_compile(c->session->machine, expression))
        tell(c);
    else if (!lint_syntax(expression, pass_note, c))
        machine_no_memory(c->session->machine);
}

/* ---- what each directive holds ---------------------------------------- */

static void check_definition(struct check *c, const struct request *q)
{
    struct syntax *name, *expression;
    if (!definition_parts(c->session, q, &name, &expression)) {
        tell(c);
        return;
    }
    struct global *g = machine_bind(c->session->machine, text_of(name->datum));
    if (g) g->held = V_NOTHING; /* bound: no code runs that could look */
    compile(c, expression);
}

static void check_infer(struct check *c, const struct request *q)
{
    struct order order;
    if (!order_shape(c->session, q, &order)) {
        tell(c);
        return;
    }
    if (order.expression) compile(c, order.expression);
    for (uint32_t i = 0; i < order.watched_count; i++)
        compile(c, order.watched[i]);
}

static void check_request(struct check *c, const struct request *q)
{
    bool (*run)(struct session *, const struct request *, struct answer *) =
        q->row ? q->row->run : NULL;
    if (run == command_assume)
        check_definition(c, q);
    else if (run == command_infer)
        check_infer(c, q);
    else if (run == command_infer_on) {
        if (q->count && !order_kernel(c->session, q->arguments[0], true))
            tell(c);
    } else if (!run || run == command_factor || run == command_condition)
        compile(c, q->arguments[0]);
    else if (run == command_predict)
        compile(c, q->arguments[q->count - 1]);
    else if (run == command_observe || run == command_observe_each) {
        compile(c, q->arguments[0]);
        compile(c, q->arguments[1]);
    } else if (run == command_plot) {
        compile(c, q->arguments[0]);
        if (!plot_check(c->session, q)) tell(c);
    }
}

/* ---- names ------------------------------------------------------------ */

static int by_place(const void *a, const void *b)
{
    const struct global *const *x = a, *const *y = b;
    uint32_t left = (*x)->mention.start, right = (*y)->mention.start;
    return (left > right) - (left < right);
}

static void tell_unknown(struct check *c, const struct global *g)
{
    const char *near = global_nearest(c->session->machine, text_of(g->name));
    session_fail(c->session, g->mention, ERROR_NAME, "unknown name %.80s",
                 text_of(g->name));
    if (near) error_hint(session_error(c->session), "did you mean %s?", near);
    tell(c);
}

static void check_names(struct check *c)
{
    struct machine *m = c->session->machine;
    struct global **unknown =
        memory_new((m->global_count + 1) * sizeof *unknown);
    uint32_t position = 0, count = 0;
    if (!unknown) {
        machine_no_memory(m);
        tell(c);
        return;
    }
    for (struct global *g; (g = global_next_unbound(m, &position));)
        unknown[count++] = g;
    qsort(unknown, count, sizeof *unknown, by_place);
    for (uint32_t i = 0; i < count; i++) tell_unknown(c, unknown[i]);
}

void check_source(struct session *s, const struct source *source,
                  check_note *note, void *context)
{
    struct check c = {.session = s, .note = note, .context = context};
    struct request_reader reader;
    struct request q;
    enum request_result got;
    request_open(&reader, source, session_error(s));
    while ((got = request_next(&reader, &q)) != REQUEST_END) {
        if (got == REQUEST_READ)
            check_request(&c, &q);
        else
            tell(&c);
        if (got == REQUEST_INCOMPLETE) break;
        error_clear(session_error(s));
    }
    check_names(&c);
}
