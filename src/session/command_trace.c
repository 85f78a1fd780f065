/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * TRACE: what the engine keeps of the present state. The engine describes
 * it; how to read it is told in docs/trace.md.
 */
#include "session/command.h"
#include "session/program.h"

bool command_trace(struct session *s, const struct request *q, struct answer *a)
{
    const struct engine_operations *op = s->engine->op;
    struct text lines = {0}, json = {0};
    struct directive *only = NULL;
    if (q->count && !(only = program_find(s, q->arguments[0]))) return false;
    if (!op->trace)
        return session_fail(s, q->span, ERROR_USE,
                            "the engine %s keeps no trace to show", op->name);
    bool good = op->trace(s->engine, only, &lines, &json);
    if (good) {
        a->in_script = true;
        answer_block(a, lines.at ? lines.at : "the trace is empty\n", "nodes",
                     json.at);
    }
    text_free(&lines);
    text_free(&json);
    return good;
}
