/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A collector as bytes, and back: see collect.h. Directives are named by
 * their ids; what is watched is compiled again.
 */
#include <string.h>

#include "base/memory.h"
#include "session/checkpoint.h"
#include "session/collect.h"
#include "session/program.h"

static bool refuse(struct collector *c)
{
    struct error *error = session_error(c->session);
    return error->kind
               ? false
               : error_set(error, ERROR_IO, "that is no state of a chain");
}

/* ---- packing ---------------------------------------------------------- */

static bool pack_directives(const struct collector *c, struct text *out)
{
    bool good = pack_word(out, c->directive_count);
    for (size_t i = 0; good && i < c->directive_count; i++)
        good = pack_word(out, (uint64_t)c->directives[i]->id);
    good = good && pack_word(out, c->observer_count);
    for (size_t i = 0; good && i < c->observer_count; i++)
        good = pack_word(out, (uint64_t)c->observers[i]->id);
    return good;
}

static bool pack_labels(const struct collector *c, struct text *out)
{
    bool good =
        pack_word(out, c->label_count) && pack_word(out, c->label_known);
    for (size_t i = 0; good && i < c->label_known; i++)
        good = checkpoint_put_value(c->session, c->labels[i], out);
    return good;
}

bool collect_pack(const struct collector *c, struct text *out)
{
    bool good = pack_word(out, c->own) && pack_word(out, c->divergences) &&
                pack_bytes(out, &c->before, sizeof c->before) &&
                pack_bytes(out, &c->predictive, sizeof c->predictive) &&
                pack_directives(c, out) && pack_labels(c, out) &&
                flat_pack(&c->flat, out);
    if (!good && !session_error(c->session)->kind)
        machine_no_memory(c->session->machine);
    return good;
}

/* ---- and back --------------------------------------------------------- */

static struct directive *find(struct collector *c, struct unpack *from)
{
    uint64_t id;
    if (!unpack_word(from, &id) || id > INT32_MAX) return NULL;
    return program_by_id(&c->session->program, (int)id);
}

static bool unpack_directives(struct collector *c, struct unpack *from)
{
    size_t count;
    if (!unpack_count(from, 8, &count)) return false;
    c->directives = memory_new((count + 1) * sizeof *c->directives);
    if (!c->directives) return machine_no_memory(c->session->machine);
    for (; c->directive_count < count; c->directive_count++) {
        struct directive *d = find(c, from);
        if (!d) return false;
        c->directives[c->directive_count] = d;
    }
    if (!unpack_count(from, 8, &count)) return false;
    c->observers = memory_new((count + 1) * sizeof *c->observers);
    if (!c->observers) return machine_no_memory(c->session->machine);
    for (; c->observer_count < count; c->observer_count++) {
        c->observers[c->observer_count] = find(c, from);
        if (!c->observers[c->observer_count]) return false;
    }
    c->observer_room = count;
    return true;
}

static bool unpack_labels(struct collector *c, struct unpack *from)
{
    uint64_t count;
    size_t known;
    if (!unpack_word(from, &count) || !unpack_count(from, 9, &known) ||
        count > known)
        return false;
    c->labels = memory_new((known + 1) * sizeof *c->labels);
    if (!c->labels) return machine_no_memory(c->session->machine);
    c->label_room = known;
    for (; c->label_known < known; c->label_known++)
        if (!checkpoint_get_value(c->session, from, &c->labels[c->label_known]))
            return false;
    c->label_count = count;
    return true;
}

/* Room for a draw; all levels are told. */
static bool make_room(struct collector *c)
{
    size_t width = c->own + c->flat.width;
    c->values = memory_new((c->count + 1) * sizeof *c->values);
    /* In warmup there are no columns yet. */
    if (c->values && !c->flat.settled) return true;
    c->row = memory_new_atomic(width * sizeof *c->row);
    c->levels_told = memory_new_atomic((width + 1) * sizeof *c->levels_told);
    if (!c->values || !c->row || !c->levels_told)
        return machine_no_memory(c->session->machine);
    for (size_t i = 0; i < c->flat.width; i++)
        c->levels_told[i] = c->flat.columns[i].levels.count;
    return true;
}

static bool unpack_all(struct collector *c, struct unpack *from)
{
    uint64_t own;
    if (!unpack_word(from, &own) || own < 1 || own > KERNEL_COLUMNS_MAX ||
        !unpack_word(from, &c->divergences) ||
        !unpack_exactly(from, &c->before, sizeof c->before) ||
        !unpack_exactly(from, &c->predictive, sizeof c->predictive) ||
        !unpack_directives(c, from) || !unpack_labels(c, from))
        return false;
    c->own = own;
    c->count = c->directive_count;
    bool good = collect_watched(c) && flat_unpack(&c->flat, from);
    c->flat.passing = true;
    return good && c->flat.count == c->count && make_room(c);
}

bool collect_unpack(struct collector *c, struct unpack *from)
{
    error_clear(session_error(c->session));
    *c = (struct collector){.session = c->session,
                            .order = c->order,
                            .take = c->take,
                            .taker = c->taker};
    if (unpack_all(c, from)) return true;
    collect_close(c);
    return refuse(c);
}
