/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An order that is tried: see order_try.h.
 */
#include "session/order_try.h"

#include "session/collect.h"
#include "session/command.h"

static bool hear_nothing(void *context, enum message_kind kind,
                         const void *bytes, size_t length)
{
    (void)context;
    (void)kind;
    (void)bytes;
    (void)length;
    return true;
}

/* What is collected is evaluated once, as at a run's first draw. */
static bool try_collecting(struct session *s, const struct order *o)
{
    struct collector c;
    if (!collect_open(&c, s, o, &s->machine->random, hear_nothing, NULL))
        return false;
    collect_close(&c);
    return true;
}

bool order_try(struct session *s, const struct request *q)
{
    struct order o;
    struct random before = s->machine->random;
    if (!q->row || q->row->run != command_infer)
        return session_fail(s, q->span, ERROR_USE, "an INFER was expected");
    bool good = order_parse(s, q, &o);
    if (good && o.form != ORDER_DRAWS)
        good = session_fail(s, q->span, ERROR_USE,
                            "a run is of draws: :samples 1000");
    good = good && try_collecting(s, &o);
    s->machine->random = before;
    return good;
}
