/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counts by place as bytes: see counts.h.
 */
#include "session/counts.h"

#include <string.h>

#include "base/memory.h"
#include "session/command.h"
#include "session/complaint.h"
#include "session/places.h"

enum { BY_PLACE = 1, PROFILING = 2 };

/* ---- written ---------------------------------------------------------- */

/* A kernel's row has its name in place of a place. */
static bool put_row(struct session *s, const struct tally_row *r,
                    struct text *out)
{
    const char *name = r->kernel ? r->kernel : "";
    return pack_bytes(out, name, strlen(name)) &&
           place_write(s, r->place, out) && pack_word(out, r->proposals) &&
           pack_word(out, r->accepted) && pack_word(out, r->touched) &&
           pack_word(out, (uint64_t)r->nanoseconds);
}

static bool put_tally(struct session *s, const struct tally *t,
                      struct text *out)
{
    bool good = true;
    for (uint32_t i = 0; good && i < t->count; i++)
        good = put_row(s, &t->rows[i], out);
    return good;
}

static bool put_complaints(struct session *s, struct text *out)
{
    bool good = true;
    for (size_t i = 0; good && i < s->complaint_count; i++) {
        const struct engine_complaint *c = &s->complaints[i];
        good = place_write(s, c->span, out) &&
               pack_bytes(out, c->message, strlen(c->message)) &&
               pack_word(out, c->count);
    }
    return good;
}

static struct bytes bytes_of(const struct text *t)
{
    return (struct bytes){t->at ? t->at : "", (uint32_t)t->length};
}

bool counts_write(struct session *s, uint64_t *chain, struct text *out)
{
    enum { MOST = UINT32_MAX / 4 };
    struct text rows = {0}, timed = {0}, complaints = {0};
    unsigned on = (s->by_place ? BY_PLACE : 0) | (s->profiling ? PROFILING : 0);
    if (!on && !s->tally.count && !s->profile.count && !s->complaint_count)
        return true;
    bool good = put_tally(s, &s->tally, &rows) &&
                put_tally(s, &s->profile, &timed) &&
                put_complaints(s, &complaints) && rows.length < MOST &&
                timed.length < MOST && complaints.length < MOST;
    struct entry e = {.kind = ENTRY_COUNTS,
                      .a = on,
                      .text = bytes_of(&rows),
                      .key = bytes_of(&timed),
                      .reply = bytes_of(&complaints)};
    good =
        (good && journal_add(out, &e, chain)) || machine_no_memory(s->machine);
    text_free(&rows);
    text_free(&timed);
    text_free(&complaints);
    return good;
}

/* ---- read ------------------------------------------------------------- */

static bool get_row(struct session *s, struct tally *t, struct unpack *u)
{
    const char *name;
    size_t length;
    uint64_t nanoseconds;
    struct tally_row r = {0};
    if (!unpack_bytes(u, &name, &length) || !place_read(s, u, &r.place) ||
        !unpack_word(u, &r.proposals) || !unpack_word(u, &r.accepted) ||
        !unpack_word(u, &r.touched) || !unpack_word(u, &nanoseconds))
        return false;
    r.nanoseconds = (int64_t)nanoseconds;
    if (!length) return !r.place.source || tally_put(t, &r);
    char *kernel = memory_new_atomic(length + 1);
    if (!kernel) return false;
    memcpy(kernel, name, length);
    r.kernel = kernel;
    return tally_put(t, &r);
}

static bool get_tally(struct session *s, struct tally *t, struct bytes from)
{
    struct unpack u = {from.at, from.length};
    tally_clear(t);
    while (u.left)
        if (!get_row(s, t, &u)) return false;
    return true;
}

static bool get_complaints(struct session *s, struct bytes from)
{
    struct unpack u = {from.at, from.length};
    complaints_clear(s);
    while (u.left) {
        struct engine_complaint c = {0};
        const char *message;
        size_t length;
        if (!place_read(s, &u, &c.span) ||
            !unpack_bytes(&u, &message, &length) ||
            !unpack_word(&u, &c.count) || length >= sizeof c.message)
            return false;
        memcpy(c.message, message, length);
        if (!complaints_add(s, &c)) return false;
    }
    return true;
}

bool counts_read(struct session *s, const struct entry *e)
{
    s->by_place = e->a & BY_PLACE;
    s->profiling = e->a & PROFILING;
    bool good = get_tally(s, &s->tally, e->text) &&
                get_tally(s, &s->profile, e->key) &&
                get_complaints(s, e->reply);
    profile_link(s);
    return good;
}

void counts_forget(struct session *s)
{
    s->by_place = s->profiling = false;
    tally_clear(&s->tally);
    tally_clear(&s->profile);
    complaints_clear(s);
    profile_link(s);
}
