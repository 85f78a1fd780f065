/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * States of procedures of C: so many bytes behind a count, which are copied
 * as they are. Where the program cannot score a state at once, a bag of its
 * contents is kept (xrp/user_bag.h), and is gone through when a parameter
 * moves.
 */
#include "front/foreign.h"

#include <math.h>
#include <stdalign.h>

#include "base/memory.h"
#include "xrp/user_bag.h"

struct contents {
    size_t size; /* of all of it */
    uint64_t count;
    const struct bag *bag; /* NULL when there is `score` */
    bool broken;           /* memory ran out: every answer is NaN */
    alignas(16) char bytes[];
};

void *foreign_bytes(void *state)
{
    return state ? ((struct contents *)state)->bytes : NULL;
}

bool foreign_ready(const struct xrp_site *s)
{
    struct foreign *of = foreign_of(s->family);
    if (of->failed && of->failure.kind != ERROR_DOMAIN) return false;
    of->failed = false;
    if (!(s->family->flags & XRP_STATEFUL)) return true;
    return s->state && !((const struct contents *)s->state)->broken;
}

static void *initialize(const struct xrp_site *s)
{
    const struct vst_xrp *is = &foreign_of(s->family)->is;
    size_t size = sizeof(struct contents) + is->state_size;
    struct contents *c = memory_new(size);
    struct xrp_site fresh = *s;
    struct foreign_call call;
    if (!c) return NULL;
    c->size = size;
    fresh.state = c;
    fresh.arg_count = 0;
    if (is->init && foreign_open(&call, &fresh, NULL)) is->init(&call.site);
    return c;
}

static void *copy(const void *state)
{
    size_t size = ((const struct contents *)state)->size;
    struct contents *c = memory_new(size);
    if (c) memcpy(c, state, size);
    return c;
}

static uint64_t count(const void *state)
{
    return ((const struct contents *)state)->count;
}

/* ---- in and out ---------------------------------------------------------- */

/* In the bag stands a value, with its arguments behind it in a list. */
static bool put(const struct bag **bag, const struct xrp_site *s, value v,
                bool in)
{
    value arguments = list_from(s->args, (size_t)s->arg_count);
    value both = arguments == V_UNBOUND ? V_UNBOUND : cons(v, arguments);
    return both != V_UNBOUND && (in ? bag_add : bag_drop)(*bag, both, bag);
}

static void change(const struct xrp_site *s, value v, bool in)
{
    struct contents *c = s->state;
    struct foreign_call call;
    if (!foreign_open(&call, s, NULL)) return;
    const struct vst_xrp *is = &call.of->is;
    if (!is->score && !put(&c->bag, s, v, in)) c->broken = true;
    c->count += in ? 1 : (uint64_t)-1;
    if (foreign_read(&call, v))
        (in ? is->incorporate : is->remove)(&call.site, call.value);
}

static void incorporate(const struct xrp_site *s, value v)
{
    change(s, v, true);
}

static void take_out(const struct xrp_site *s, value v) { change(s, v, false); }

/* ---- scores -------------------------------------------------------------- */

/* One after another, from an empty state; the order does not matter. */
struct replay {
    struct xrp_site site;
    double score;
};

static bool play(void *context, value both, uint64_t n)
{
    struct replay *p = context;
    struct xrp_site s = p->site;
    value few[FOREIGN_FEW], *args = few;
    uint32_t length = list_length(cdr(both));
    if (length > FOREIGN_FEW && !(args = memory_new(length * sizeof *args)))
        return false;
    s.args = args;
    s.arg_count = (int)length;
    for (value rest = cdr(both); is_pair(rest); rest = cdr(rest))
        *args++ = car(rest);
    for (; n; n--) {
        struct foreign_call call;
        if (!foreign_open(&call, &s, NULL)) return false;
        const struct vst_xrp *is = &call.of->is;
        bool read = foreign_read(&call, car(both));
        p->score += read ? foreign_judge(call.of, "log_prob",
                                         is->log_prob(&call.site, call.value))
                         : -INFINITY;
        if (!(p->score > -INFINITY)) return false;
        is->incorporate(&call.site, call.value);
    }
    return true;
}

static double score_state(const struct xrp_site *s)
{
    struct foreign *of = foreign_of(s->family);
    const struct contents *c = s->state;
    struct foreign_call call;
    struct xrp_site bare = *s;
    bare.arg_count = 0;
    if (!foreign_ready(s)) return NAN;
    if (of->is.score)
        return foreign_open(&call, &bare, NULL)
                   ? foreign_judge(of, "score", of->is.score(&call.site))
                   : NAN;
    struct replay p = {bare, 0.0};
    p.site.state = initialize(s);
    if (!p.site.state) return NAN;
    if (!bag_each(c->bag, play, &p) && p.score > -INFINITY) return NAN;
    return p.score;
}

void foreign_fill_urn(struct xrp_family *f)
{
    f->initialize = initialize;
    f->incorporate = incorporate;
    f->remove = take_out;
    f->score_state = score_state;
    f->copy = copy;
    f->count = count;
}
