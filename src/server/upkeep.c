/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What of the journal is needed: see upkeep.h.
 */
#include "server/upkeep.h"

#include <string.h>

#include "server/server.h"

static const double AGAIN_AFTER = 10; /* seconds, when it was not to be */

/* ---- what is needed --------------------------------------------------- */

bool upkeep_is_begun_from(void *context, const struct hosted *h)
{
    const struct server *s = context;
    for (const struct run *r = s->runs.first; r; r = r->next)
        if (r->session == h->id && !r->dropped && !r->base.length) return true;
    return false;
}

static bool need_session(struct server *s, const struct hosted *h)
{
    struct renewal *r = &s->renewal;
    bool good = renewal_need(r, h->open, false) &&
                (!h->has_checkpoint || renewal_need(r, h->checkpoint, false));
    size_t i = h->has_checkpoint ? h->settled - h->first : 0;
    if (i && upkeep_is_begun_from(s, h)) i = 0;
    for (; good && i < h->count; i++)
        good = renewal_need(r, h->entries[i], false);
    return good;
}

/* A run's entries. */
enum { RUN_PLACES = 4 };
static void places_of(struct run *r, struct place **out)
{
    struct place *all[RUN_PLACES] = {&r->place, &r->more, &r->end, &r->base};
    memcpy(out, all, sizeof all);
}

static bool need_run(struct server *s, struct run *r)
{
    struct place *all[RUN_PLACES];
    bool good = true;
    places_of(r, all);
    for (int i = 0; good && i < RUN_PLACES; i++)
        good = renewal_need(&s->renewal, *all[i], false);
    for (size_t i = 0; good && i < r->chain_count; i++)
        good = renewal_need(&s->renewal, r->chains[i].state, false);
    return good;
}

static bool need_all(struct server *s)
{
    bool good = true;
    for (struct hosted *h = s->hosts.first; good && h; h = h->next)
        good = need_session(s, h);
    for (struct run *r = s->runs.first; good && r; r = r->next)
        if (!r->dropped) good = need_run(s, r);
    for (size_t i = 0; good && i < KEY_SLOTS; i++) {
        const struct kept_key *k = &s->keys.slots[i];
        if (k->name && !k->pending)
            good = renewal_need(&s->renewal, k->place, true);
    }
    return good;
}

/* ---- where it is now -------------------------------------------------- */

/* What its checkpoint has in it stands at the beginning, and is gone. */
static void move_session(struct server *s, struct hosted *h)
{
    size_t gone = 0, kept = 0;
    renewal_place(&s->renewal, &s->scribe, &h->open);
    renewal_place(&s->renewal, &s->scribe, &h->checkpoint);
    for (size_t i = 0; i < h->count; i++) {
        struct place p = h->entries[i];
        if (renewal_place(&s->renewal, &s->scribe, &p))
            h->entries[kept++] = p;
        else
            gone++;
    }
    h->count = kept;
    h->first += gone;
}

static void move_run(struct server *s, struct run *r)
{
    struct place *all[RUN_PLACES];
    places_of(r, all);
    for (int i = 0; i < RUN_PLACES; i++)
        renewal_place(&s->renewal, &s->scribe, all[i]);
    for (size_t i = 0; i < r->chain_count; i++)
        renewal_place(&s->renewal, &s->scribe, &r->chains[i].state);
    if (r->host) move_session(s, r->host);
}

static void move_all(struct server *s)
{
    for (struct hosted *h = s->hosts.first; h; h = h->next) move_session(s, h);
    for (struct run *r = s->runs.first; r; r = r->next) move_run(s, r);
    for (size_t i = 0; i < KEY_SLOTS; i++) {
        struct kept_key *k = &s->keys.slots[i];
        if (k->name && !k->pending)
            renewal_place(&s->renewal, &s->scribe, &k->place);
    }
}

/* ---- begin and end ---------------------------------------------------- */

static void begin(struct server *s, const char *build)
{
    struct renewal *r = &s->renewal;
    uint64_t size = scribe_size(&s->scribe);
    if (s->scribe.failed || s->scribe.pending.length ||
        size < s->options.journal || size < s->renew_above)
        return;
    if (clock_seconds() < s->renew_after) return;
    bool good = need_all(s);
    uint64_t needed = good ? renewal_size(r) : 0;
    s->renew_above = 2 * needed;
    r->next_session = s->hosts.next_id;
    r->next_run = s->runs.next_id;
    if (!good || size < 2 * needed)
        renewal_close(r);
    else
        good = renewal_start(r, &s->scribe, s->options.data, build);
    if (!good) s->renew_after = clock_seconds() + AGAIN_AFTER;
}

void upkeep_tick(struct server *s, const char *build)
{
    struct renewal *r = &s->renewal;
    if (!r->under_way) {
        begin(s, build);
        return;
    }
    if (!renewal_has_ended(r)) return;
    if (renewal_take(r, &s->scribe)) {
        s->renewals++;
        move_all(s);
    } else {
        s->renew_after = clock_seconds() + AGAIN_AFTER;
    }
    renewal_close(r);
    s->renew_above = 2 * scribe_size(&s->scribe);
}

void upkeep_close(struct server *s) { renewal_close(&s->renewal); }
