/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Picks of targets, and their shares: see target.h.
 */
#include "infer/target.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "infer/ahead.h"
#include "trace/tally.h"

static bool no_memory(struct engine *e)
{
    return machine_no_memory(e->machine);
}

const char *target_words(struct span place, char *buffer, size_t size)
{
    if (place.source)
        span_text(place, buffer, size);
    else
        snprintf(buffer, size, "a choice");
    return buffer;
}

/* ---- one target ----------------------------------------------------------------- */

static void target_free(struct target *t)
{
    if (t->choices != &t->one_choice) free(t->choices);
    if (t->locations != &t->one_location) free(t->locations);
}

struct entry {
    uint64_t location;
    void *choice;
};

static int by_location(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return (x->location > y->location) - (x->location < y->location);
}

double target_log_share(const struct target *t)
{
    return (t->weight == 1.0 ? 0.0 : log(t->weight)) - log(t->all);
}

/* The members of a block, or of the whole scope, by location. */
static bool fill(struct target *t, const struct scope *s, const struct block *b)
{
    uint32_t n = b ? b->count : s->member_count;
    struct entry *all = malloc((n + 1) * sizeof *all);
    t->choices = malloc((n + 1) * sizeof *t->choices);
    t->locations = malloc((n + 1) * sizeof *t->locations);
    t->count = n;
    for (uint32_t i = 0; all && i < n; i++) {
        const struct member *m = &s->members[b ? block_at(b)[i] : i];
        all[i] = (struct entry){m->location, m->choice};
    }
    bool ok = all && t->choices && t->locations;
    if (ok) qsort(all, n, sizeof *all, by_location);
    for (uint32_t i = 0; ok && i < n; i++) {
        t->choices[i] = all[i].choice;
        t->locations[i] = all[i].location;
    }
    free(all);
    return ok;
}

/* Most blocks are of one choice. */
static bool move_single(struct kernel *k, struct engine *e,
                        const struct block *b, double weight, double all,
                        target_move *move, struct transition_counts *counts)
{
    const struct member *m = &k->scope->members[block_at(b)[0]];
    struct target t;
    t.key = b->key;
    t.count = 1;
    t.choices = &t.one_choice;
    t.locations = &t.one_location;
    t.weight = weight;
    t.all = all;
    t.one_choice = m->choice;
    t.one_location = m->location;
    bool ok = move(k, e, &t, counts);
    if (e->tally) e->tally->together = NULL;
    return ok;
}

static bool move_block(struct kernel *k, struct engine *e,
                       const struct block *b, double weight, double all,
                       target_move *move, struct transition_counts *counts)
{
    if (b && b->count == 1)
        return move_single(k, e, b, weight, all, move, counts);
    struct target t = {.key = b ? b->key : 0, .weight = weight, .all = all};
    bool ok = fill(&t, k->scope, b) || no_memory(e);
    if (e->tally && t.count > 1) e->tally->together = k->name;
    ok = ok && move(k, e, &t, counts);
    if (e->tally) e->tally->together = NULL;
    target_free(&t);
    return ok;
}

/* What the next picks will need comes while this one is moved. */
static bool look_ahead(struct kernel *k, struct engine *e, uint32_t block)
{
    if (!k->ahead && !(k->ahead = memory_new_atomic(sizeof *k->ahead)))
        return no_memory(e);
    ahead_picked(k->ahead, e, k->scope, block);
    return true;
}

static bool move_one(struct kernel *k, struct engine *e, target_move *move,
                     struct transition_counts *counts)
{
    const struct scope *s = k->scope;
    uint32_t i = e->op->pick_block(e, s);
    const struct block *b = &s->blocks[i];
    if (s->block_count >= AHEAD_LEAST && !look_ahead(k, e, i)) return false;
    return move_block(k, e, b, b->weight, scope_weight(s), move, counts);
}

static int ascending(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool turns_open(struct kernel *k)
{
    if (!k->turns) k->turns = memory_new(sizeof *k->turns);
    return k->turns != NULL;
}

static bool move_in_turn(struct kernel *k, struct engine *e, target_move *move,
                         struct transition_counts *counts)
{
    struct turns *turns = k->turns;
    struct machine *m = e->machine;
    uint64_t now, before = e->op->touched(e);
    for (;; before = now) {
        uint32_t at;
        if (!e->op->scope_look(e, k->scope)) return false;
        if (!turns_next(turns, k->scope, &at)) return no_memory(e);
        if (at == UINT32_MAX) return true;
        ahead_turn(e, k->scope, turns->list, turns->at, turns->count);
        if (!move_block(k, e, &k->scope->blocks[at], 1.0, 1.0, move, counts))
            return false;
        now = e->op->touched(e);
        machine_worked(m, now - before);
        if (m->fuel <= 0 && !machine_poll(m)) return false;
    }
}

static bool move_all(struct kernel *k, struct engine *e, target_move *move,
                     struct transition_counts *counts)
{
    if (!turns_open(k) || !turns_begin(k->turns, k->scope)) {
        turns_end(k->scope);
        return no_memory(e);
    }
    bool ok = move_in_turn(k, e, move, counts);
    turns_end(k->scope);
    return ok;
}

bool target_each(struct kernel *k, struct engine *e, target_move *move,
                 struct transition_counts *counts)
{
    if (!e->op->scope_look(e, k->scope)) return false;
    if (!k->scope->block_count) return true;
    switch (k->pick) {
    case PICK_ONE: return move_one(k, e, move, counts);
    case PICK_BLOCK: return move_block(k, e, NULL, 1.0, 1.0, move, counts);
    default: return move_all(k, e, move, counts);
    }
}

/* ---- shares ------------------------------------------------------------------------ */

static bool is_listed(const uint64_t *sorted, uint32_t n, uint64_t location)
{
    return bsearch(&location, sorted, n, sizeof *sorted, ascending) != NULL;
}

/* The block that was picked, as it is now. */
static const struct block *block_now(const struct kernel *k,
                                     const struct target *t)
{
    uint32_t i = scope_block(k->scope, t->key);
    return i == UINT32_MAX ? NULL : &k->scope->blocks[i];
}

/* The reverse would draw anew what is in the block now: all of that was
 * drawn anew, and what was drawn anew is there, or gone. */
static bool redraws(const struct kernel *k, struct engine *e,
                    const struct target *t, const struct move *m,
                    const struct block *b)
{
    const struct scope *s = k->scope;
    uint32_t n = b ? b->count : s->member_count;
    for (uint32_t i = 0; i < n; i++)
        if (!is_listed(m->fresh, m->fresh_count,
                       s->members[b ? block_at(b)[i] : i].location))
            return false;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct member *now = scope_member(s, t->locations[i]);
        if (now && b && &s->blocks[now->block] != b) return false;
        if (!now && e->op->choice_at(e, t->locations[i])) return false;
    }
    return true;
}

/* What was given values is in the block, and nothing else is. */
static bool same_members(const struct kernel *k, const struct target *t,
                         const struct block *b)
{
    const struct scope *s = k->scope;
    if ((b ? b->count : s->member_count) != t->count) return false;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct member *now = scope_member(s, t->locations[i]);
        if (!now || (b && &s->blocks[now->block] != b)) return false;
    }
    return true;
}

bool target_share(struct kernel *k, struct engine *e, const struct target *t,
                  const struct move *redrawn, double *out)
{
    const struct scope *s = k->scope;
    *out = -INFINITY;
    if (!e->op->scope_look(e, k->scope)) return false;
    const struct block *b = k->pick == PICK_BLOCK ? NULL : block_now(k, t);
    if (k->pick != PICK_BLOCK && !b) return true;
    if (!(redrawn ? redraws(k, e, t, redrawn, b) : same_members(k, t, b)))
        return true;
    *out = k->pick == PICK_ONE ? log(b->weight) - log(scope_weight(s)) : 0.0;
    return true;
}

/* ---- moves ----------------------------------------------------------------------------- */

void target_count(struct engine *e, const struct site *s, bool accepted,
                  struct transition_counts *counts)
{
    counts->proposals++;
    counts->accepted += accepted;
    if (e->tally) tally_add(e->tally, s->place, accepted, e->op->touched(e));
}

/* A choice alone: taken out of its urn first, and by its own proposal. */
static bool redraw_one(struct kernel *k, struct engine *e, struct target *t,
                       struct transition_counts *counts)
{
    struct site site;
    bool accepted, impossible;
    bool in_turn = k->pick == PICK_EACH || k->pick == PICK_ORDERED;
    if (!e->op->site(e, t->choices[0], &site) ||
        !e->op->step_at(e, k->scope, t->choices[0], in_turn, &accepted,
                        &impossible))
        return false;
    counts->impossible += impossible;
    target_count(e, &site, accepted, counts);
    return true;
}

bool target_redraw(struct kernel *k, struct engine *e, struct target *t,
                   struct transition_counts *counts)
{
    if (t->count == 1 && k->pick != PICK_BLOCK)
        return redraw_one(k, e, t, counts);
    struct move_part few[16], *parts = few;
    struct site site;
    double share;
    if (t->count > 16 && !(parts = malloc(t->count * sizeof *parts)))
        return no_memory(e);
    for (uint32_t i = 0; i < t->count; i++)
        parts[i] = (struct move_part){t->choices[i], V_UNBOUND};
    struct move m = {.parts = parts, .count = t->count};
    bool accepted = false;
    bool ok = e->op->site(e, t->choices[0], &site) && e->op->move(e, &m);
    if (ok && m.possible) {
        ok = target_share(k, e, t, &m, &share);
        accepted = ok && e->op->accept(e, m.score + m.reverse - m.forward +
                                              share - target_log_share(t));
    }
    counts->impossible += ok && !m.possible;
    ok = e->op->settle(e, accepted) && ok;
    if (ok) target_count(e, &site, accepted, counts);
    move_close(&m);
    if (parts != few) free(parts);
    return ok;
}
