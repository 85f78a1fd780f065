/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The scopes that kernels have opened on a reduced trace: as free choices
 * come, go and are marked otherwise, so do the members of each. A program
 * without tags and a kernel over all choices pay nothing for it.
 */
#include "base/memory.h"
#include "trace/reduced.h"

/* ---- tags ------------------------------------------------------------------- */

bool tags_same(value a, value b)
{
    for (; is_pair(a) && is_pair(b); a = cdr(a), b = cdr(b)) {
        if (a == b) return true;
        if (!value_equal(car(a), car(b))) return false;
    }
    return a == b;
}

bool choice_set_more(struct trace *t, struct choice *c,
                     const struct choice_more *more)
{
    struct log *l = &t->log;
    struct choice_more *m = log_take(l, sizeof *m);
    if (!m) return machine_no_memory(t->machine);
    *m = *more;
    choice_drop_more(t, c);
    log_set_pointer(l, &c->made_at, m);
    log_save(l, &c->node.head);
    c->node.head.spare |= NODE_MORE;
    return true;
}

bool choice_tag(struct trace *t, struct choice *c)
{
    value tags = t->machine->tags;
    struct choice_more more = choice_more(c);
    if (tags_same(more.tags, tags)) return true;
    more.tags = tags;
    bool listed = t->scope_count && c->node.rank;
    if (listed) scopes_drop(t, c);
    return choice_set_more(t, c, &more) && (!listed || scopes_put(t, c));
}

/* ---- facts -------------------------------------------------------------------- */

/* Of a form, what it stands around says. */
static bool is_continuous(struct trace *t, const struct choice *c, bool *out)
{
    uint32_t n = c->node.head.size;
    value few[PLAIN_FEW], *plain;
    *out = c->family->flags & XRP_CONTINUOUS;
    if (!(c->family->flags & XRP_FORM)) return true;
    if (!(plain = plain_room_for(t, n, few))) return false;
    bool collecting = t->collecting;
    t->collecting = false;
    bool ok = true;
    for (uint32_t i = 0; ok && i < n; i++)
        ok = trace_deep(t, c->written[i], &plain[i]);
    t->collecting = collecting;
    if (!ok) return false;
    struct xrp_site s = choice_application(c, plain);
    *out = xrp_flags_at(c->family, &s) & XRP_CONTINUOUS;
    return true;
}

static bool facts_of(struct trace *t, const struct choice *c,
                     struct scope_facts *f)
{
    const struct directive *d = directive_above(&c->node);
    *f = (struct scope_facts){.location = c->node.location,
                              .directive = d ? d->id : 0,
                              .tags = choice_more(c).tags,
                              .weight = free_weight_of(c),
                              .improper = free_is_improper(c)};
    return is_continuous(t, c, &f->continuous);
}

/* ---- members -------------------------------------------------------------------- */

bool scope_fill(struct trace *t, struct scope *s)
{
    struct scope_facts f;
    scope_clear(s);
    s->state = t;
    for (uint32_t i = 0; i < t->counts.free; i++) {
        if (!facts_of(t, free_choice(t, i), &f)) return false;
        scope_census(s, &f);
        scope_enter(s, free_choice(t, i), &f);
    }
    scope_keep(s);
    return !s->broken || machine_no_memory(t->machine);
}

bool scopes_put(struct trace *t, struct choice *c)
{
    struct scope_facts f;
    if (!facts_of(t, c, &f)) return false;
    for (uint32_t i = 0; i < t->scope_count; i++) {
        scope_enter(t->scopes[i], c, &f);
        if (t->scopes[i]->broken) return machine_no_memory(t->machine);
    }
    return true;
}

void scopes_drop(struct trace *t, const struct choice *c)
{
    for (uint32_t i = 0; i < t->scope_count; i++)
        scope_leave(t->scopes[i], c->node.location);
}

void scopes_weigh(struct trace *t, const struct choice *c)
{
    for (uint32_t i = 0; i < t->scope_count; i++)
        scope_weigh(t->scopes[i], c->node.location, free_weight_of(c));
}

void scopes_keep(struct trace *t)
{
    for (uint32_t i = 0; i < t->scope_count; i++) scope_keep(t->scopes[i]);
}

void scopes_undo(struct trace *t)
{
    for (uint32_t i = 0; i < t->scope_count; i++) scope_undo(t->scopes[i]);
}
