/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For tests of gradients: the density of all continuous choices of a session,
 * gathered, and a look whether the trace is as it was.
 */
#ifndef VST_TESTS_GATHER_OPEN_H
#define VST_TESTS_GATHER_OPEN_H

#include "session_open.h"
#include "tape/gather.h"
#include "trace/reduced.h"

static inline struct gathering gather_all(struct session *s,
                                          struct scope *scope,
                                          const struct gather_plan *plan,
                                          const char *text)
{
    struct engine *e = s->engine;
    struct gathering g;
    struct span place;
    char why[200];
    scope->nodes[0] = (struct scope_node){.test = SCOPE_CONTINUOUS};
    scope->count = 1;
    scope->blocks_of = V_UNBOUND;
    assert_true(e->op->scope_open(e, scope) && e->op->scope_look(e, scope));
    double score = e->op->log_score(e);
    enum gather_answer a = gather(e, scope, plan, &g, why, sizeof why, &place);
    if (a == GATHER_REFUSED) fail_msg("refused: %s\n%s", why, text);
    if (a == GATHER_ERROR) fail_msg("%s\n%s", e->machine->error.message, text);
    /* It only looked. */
    if (!reduced_check(reduced_trace(e), why, sizeof why))
        fail_msg("%s\n%s", why, text);
    assert_true(e->op->log_score(e) == score);
    return g;
}

#endif
