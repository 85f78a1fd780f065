/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Walks along lines, whatever decides how far: see walks.h.
 */
#include "infer/walks.h"

#include <math.h>

#include "base/memory.h"
#include "infer/kernel_past.h"

bool walks_refuse(const struct kernel *k, struct engine *e,
                  const struct site *s)
{
    kernel_refuse_choice(k, e, s->choice, s->place, " is no continuous number");
    return error_hint(&e->machine->error, "(%s (and continuous ...))",
                      k->row->name);
}

bool walks_open(struct kernel *k, struct engine *e, double first)
{
    struct step_sizes *s = k->loaded ? k->state : memory_new(sizeof *s);
    if (!s) return machine_no_memory(e->machine);
    s->first = first;
    k->state = s;
    bool looks = !k->lenient && !k->loaded;
    for (uint32_t i = 0; looks && i < k->scope->member_count; i++) {
        struct site site;
        if (!e->op->site(e, k->scope->members[i].choice, &site)) return false;
        if (!line_count(&site)) return walks_refuse(k, e, &site);
    }
    return true;
}

void walks_close(struct kernel *k)
{
    if (k->state) steps_close(k->state);
    k->state = NULL;
}

/* ---- as bytes --------------------------------------------------------- */

bool walks_save(const struct kernel *k, const struct place_book *places,
                struct text *out)
{
    const struct step_sizes *s = k->state;
    bool good = pack_word(out, s->count);
    for (uint32_t i = 0; good && i < s->count; i++)
        good = places->write(places->context, s->at[i].place, out) &&
               pack_real(out, s->at[i].log_size) &&
               pack_word(out, s->at[i].seen);
    return good;
}

/* One whose place is not known any more is left out. */
static bool load_one(struct step_sizes *s, struct kernel_past *past)
{
    struct step_size one;
    if (!past->places->read(past->places->context, &past->from, &one.place) ||
        !unpack_real(&past->from, &one.log_size) ||
        !unpack_word(&past->from, &one.seen) || !isfinite(one.log_size))
        return false;
    struct step_size *to = one.place.source ? steps_at(s, one.place) : &one;
    if (to) *to = one;
    return to != NULL;
}

bool walks_load(struct kernel *k, struct kernel_past *past)
{
    struct step_sizes *s = k->state = memory_new(sizeof *s);
    size_t count;
    bool good = s && unpack_count(&past->from, 24, &count);
    for (size_t i = 0; good && i < count; i++) good = load_one(s, past);
    return good;
}

/* ---- lines ------------------------------------------------------------ */

static bool walk_one(struct walk *w, uint32_t which, walk_move *move,
                     struct transition_counts *counts)
{
    struct engine *e = w->engine;
    if (!e->op->site(e, w->target->choices[0], &w->site)) return false;
    if (which >= line_count(&w->site) || !line_open(&w->site, which, &w->line))
        return true;
    w->size = steps_at(w->kernel->state, w->site.place);
    if (!w->size) return machine_no_memory(e->machine);
    return move(w, counts);
}

bool walks_along(struct kernel *k, struct engine *e, struct target *t,
                 walk_move *move, struct transition_counts *counts)
{
    struct walk w = {.kernel = k, .engine = e, .target = t};
    if (!e->op->site(e, t->choices[0], &w.site)) return false;
    uint32_t n = line_count(&w.site);
    if (!n)
        return k->lenient ? target_redraw(k, e, t, counts)
                          : walks_refuse(k, e, &w.site);
    if (k->pick == PICK_ONE) {
        uint32_t which =
            n == 1 ? 0 : (uint32_t)random_below(&e->machine->random, n);
        return walk_one(&w, which, move, counts);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!walk_one(&w, i, move, counts)) return false;
        t->choices[0] = e->op->choice_at(e, t->locations[0]);
        if (!t->choices[0]) break;
    }
    return true;
}
