/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Places as bytes: see places.h. Four words: what it is in, which one of
 * these, and where it begins and ends there.
 */
#include "session/places.h"

#include "eval/library.h"
#include "session/program.h"

enum { IN_NOTHING, IN_DIRECTIVE, IN_LIBRARY, KINDS };

static bool write_words(struct text *out, uint64_t in, uint64_t which,
                        uint64_t start, uint64_t end)
{
    return pack_word(out, in) && pack_word(out, which) &&
           pack_word(out, start) && pack_word(out, end);
}

static bool is_in(const struct directive *d, struct span place)
{
    return d->span.source == place.source && d->span.start <= place.start &&
           place.end <= d->span.end;
}

bool place_write(struct session *s, struct span place, struct text *out)
{
    const struct program *p = &s->program;
    const struct source *library = s->machine->library;
    if (!place.source) return write_words(out, IN_NOTHING, 0, 0, 0);
    for (int i = 0; i < p->count; i++) {
        const struct directive *d = p->at[i];
        if (is_in(d, place))
            return write_words(out, IN_DIRECTIVE, (uint64_t)d->id,
                               place.start - d->span.start,
                               place.end - d->span.start);
    }
    for (unsigned i = 0; i < library_file_count; i++)
        if (place.source == &library[i])
            return write_words(out, IN_LIBRARY, i, place.start, place.end);
    return write_words(out, IN_NOTHING, 0, 0, 0);
}

bool place_read(struct session *s, struct unpack *from, struct span *out)
{
    uint64_t in, which, start, end;
    const struct directive *d;
    *out = (struct span){0};
    if (!unpack_word(from, &in) || !unpack_word(from, &which) ||
        !unpack_word(from, &start) || !unpack_word(from, &end) || in >= KINDS ||
        start > end || end > UINT32_MAX)
        return false;
    if (in == IN_LIBRARY && which < library_file_count &&
        end <= library_files[which].length)
        *out = (struct span){&s->machine->library[which], (uint32_t)start,
                             (uint32_t)end};
    if (in != IN_DIRECTIVE || which > INT32_MAX) return true;
    d = program_by_id(&s->program, (int)which);
    if (d && end <= d->span.end - d->span.start)
        *out = (struct span){d->span.source, d->span.start + (uint32_t)start,
                             d->span.start + (uint32_t)end};
    return true;
}

static bool write_for(void *context, struct span place, struct text *out)
{
    return place_write(context, place, out);
}

static bool read_for(void *context, struct unpack *from, struct span *out)
{
    return place_read(context, from, out);
}

struct place_book places_of(struct session *s)
{
    return (struct place_book){s, write_for, read_for};
}
