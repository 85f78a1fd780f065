/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * propose: the user's own proposal. (lambda (current) expr) is run beside the
 * trace, at the choice's present value; its outermost call is a random
 * procedure, which draws the new value and can score it:
 *
 *     log A = S' - S + q_reverse - q_forward + log(w'/W') - log(w/W)
 *             + log r(old; new, trace') - log r(new; old, trace)
 *
 * r(old; ...) is found by running the procedure again in the proposed trace.
 * What it draws besides the outermost call is drawn each time and forgotten:
 * such draws are independent of the state once its value is given, forward
 * and reverse run the same way, and their densities cancel.
 */
#include <math.h>

#include "base/memory.h"
#include "infer/kernels.h"
#include "infer/target.h"
#include "trace/beside.h"

static bool compile_procedure(struct kernel *k, struct engine *e)
{
    k->code = machine_compile(e->machine, k->procedure);
    return k->code != NULL;
}

static bool refuse_unscored(struct kernel *k, struct engine *e)
{
    kernel_refuse(k, e,
                  "the procedure's outermost call is no random procedure "
                  "that can be scored");
    return error_hint(&e->machine->error, "(lambda (x) (normal x 0.5))");
}

/* What its procedure raised: for which choice it was called. Always false. */
static bool explain(const struct kernel *k, struct engine *e,
                    const struct site *s)
{
    struct error *error = &e->machine->error;
    char words[140];
    if (error->kind == ERROR_CANCEL || error->kind == ERROR_LIMIT ||
        error->hint[0])
        return false;
    return error_hint(
        error, "propose: for %s (scope of %.60s)",
        kernel_choice_words(e, s->choice, s->place, words, sizeof words),
        k->name);
}

/* Log density of proposing `to` at `from`, in the trace as it stands. */
static bool reverse(struct kernel *k, struct engine *e, value from, value to,
                    double *out)
{
    struct beside b;
    if (!beside_run(e, k->code, from, &b)) return false;
    if (!b.family) return refuse_unscored(k, e);
    *out = xrp_score(b.family, &b.site, to);
    return true;
}

static bool try_it(struct kernel *k, struct engine *e, struct target *t,
                   const struct site *s, const struct beside *b,
                   struct transition_counts *counts, bool *accepted)
{
    struct move_part part = {t->choices[0], b->held};
    struct move m = {.parts = &part, .count = 1};
    double forward = xrp_score(b->family, &b->site, b->held);
    double back = 0.0, share = 0.0;
    bool ok = e->op->move(e, &m);
    *accepted = false;
    if (ok && m.possible) {
        ok = target_share(k, e, t, NULL, &share) &&
             reverse(k, e, b->held, s->held, &back);
        *accepted =
            ok && e->op->accept(e, m.score + m.reverse - m.forward + share -
                                       target_log_share(t) + back - forward);
    }
    counts->impossible += ok && !m.possible;
    ok = e->op->settle(e, *accepted) && ok;
    move_close(&m);
    return ok;
}

static bool move(struct kernel *k, struct engine *e, struct target *t,
                 struct transition_counts *counts)
{
    struct site s;
    struct beside b;
    bool accepted;
    if (t->count > 1)
        return kernel_refuse(k, e,
                             "a block has %u choices, and it proposes for "
                             "one at a time",
                             t->count);
    if (!e->op->site(e, t->choices[0], &s)) return false;
    if (s.family->flags & XRP_LABELS)
        return kernel_refuse_choice(k, e, s.choice, s.place,
                                    " gives labels of a restaurant, which "
                                    "are drawn or kept, never proposed");
    if (!beside_run(e, k->code, s.held, &b)) return explain(k, e, &s);
    if (!b.family) return refuse_unscored(k, e);
    if (!try_it(k, e, t, &s, &b, counts, &accepted)) return false;
    target_count(e, &s, accepted, counts);
    return true;
}

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    return target_each(k, e, move, counts);
}

const struct kernel_row kernel_propose = {
    .name = "propose",
    .signature = "(propose scope (lambda (current) e) [pick])",
    .doc = "the user's own proposal: e's outermost call draws the new value, "
           "and scores it both ways",
    .takes = TAKES_SCOPE | NEEDS_SCOPE | TAKES_PROCEDURE | TAKES_PICK,
    .single_site = true,
    .init = compile_procedure,
    .step = step,
};
