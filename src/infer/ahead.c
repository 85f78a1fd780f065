/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sending for what is moved next: see ahead.h. From a block's number to what
 * reads its choice is a way of several steps, each of which can be asked for
 * when the one before has come; so each block goes one step a transition, the
 * first ones here and the others in the engine.
 */
#include "infer/ahead.h"

#include "eval/machine.h"

/* A function that does nothing but send is thought to do nothing. */
#define ALWAYS inline __attribute__((always_inline))

enum { BETWEEN_MOST = 8 };

/* How many words lie between two states of the stream; 0: too many. */
static uint32_t distance(struct random from, const struct random *to)
{
    for (uint32_t n = 1; n <= BETWEEN_MOST; n++) {
        random_bits(&from);
        if (from.s[0] == to->s[0] && from.s[1] == to->s[1]) return n;
    }
    return 0;
}

/* Blocks of one choice stand where their member stands, while there are no
 * others. */
static ALWAYS void fetch_block(const struct scope *s, uint32_t block)
{
    if (block >= s->block_count) return;
    __builtin_prefetch(&s->blocks[block]);
    __builtin_prefetch(&s->members[block]);
}

/* The choice of a block of one; NULL: it is none. */
static const void *choice_of(const struct scope *s, uint32_t block)
{
    if (block >= s->block_count || s->blocks[block].count != 1) return NULL;
    return s->members[block_at(&s->blocks[block])[0]].choice;
}

/* In this place, which is free, one more pick behind the others. */
static ALWAYS void guess(struct ahead *a, const struct scope *s, uint32_t at)
{
    for (uint32_t n = 1; n < a->between; n++) random_bits(&a->far);
    a->picks[at].block = scope_place(s, random_unit(&a->far));
    a->picks[at].choice = NULL;
    fetch_block(s, a->picks[at].block);
}

/* A wrong guess: from this pick to the next the words are counted. */
static void guess_anew(struct ahead *a, const struct random *now,
                       const struct scope *s)
{
    a->between = a->between ? 0 : distance(a->far, now);
    a->version = s->version;
    a->far = *now;
    a->first = 0;
    for (uint32_t i = 0; a->between && i < AHEAD; i++) guess(a, s, i);
}

void ahead_picked(struct ahead *a, struct engine *e, const struct scope *s,
                  uint32_t block)
{
    uint32_t at = a->first;
    if (!a->between || a->version != s->version ||
        a->picks[at].block != block) {
        if (e->op->expect && !s->uneven) guess_anew(a, &e->machine->random, s);
        return;
    }
    const void *third = choice_of(s, a->picks[(at + 3) % AHEAD].block);
    guess(a, s, at);
    a->picks[(at + 3) % AHEAD].choice = third;
    a->first = (at + 1) % AHEAD;
    e->op->expect(e, a->picks[(at + 1) % AHEAD].choice,
                  a->picks[(at + 2) % AHEAD].choice, third);
}

void ahead_turn(struct engine *e, const struct scope *s,
                const struct turn *turns, uint32_t i, uint32_t n)
{
    if (!e->op->expect || n < AHEAD_TURNS || n - i <= AHEAD) return;
    fetch_block(s, turns[i + 3].block);
    e->op->expect(e, choice_of(s, turns[i].block),
                  choice_of(s, turns[i + 1].block),
                  choice_of(s, turns[i + 2].block));
}
