/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What single-site and block kernels share: a target is the block of choices
 * that a transition is to move, picked from a kernel's scope. Whether the
 * reverse would pick it as often is answered here, for every kernel alike.
 *
 *     one      a block at random, by weight: the ratio has log w'/W' - log w/W
 *     each     all blocks in turn, by location, and by name where that is a
 *              number; those that come on the way have their turn if it has
 *              not passed (turns.h)
 *     ordered  the same
 *     block    all choices of the scope as one
 */
#ifndef VST_INFER_TARGET_H
#define VST_INFER_TARGET_H

#include "infer/kernel.h"

struct target {
    uint64_t key; /* of its block */
    uint32_t count;
    void **choices;
    uint64_t *locations; /* ascending */
    double weight, all;  /* in how many of the picks it is this one */
    void *one_choice;    /* room for a block of one */
    uint64_t one_location;
};

/* log of the share of picks that are this target. */
double target_log_share(const struct target *t);

typedef bool target_move(struct kernel *, struct engine *, struct target *,
                         struct transition_counts *);

/* Picks by the kernel's pick, and moves at each target. */
bool target_each(struct kernel *k, struct engine *e, target_move *move,
                 struct transition_counts *counts);

/* In a move that is open: log of the share of picks that would be this
 * target in the new state; -inf where none would. `redrawn`: the block's
 * choices were drawn anew, and `m` says which: its members now must be among
 * them. *out; false with the machine's error. */
bool target_share(struct kernel *k, struct engine *e, const struct target *t,
                  const struct move *redrawn, double *out);

/* A move at the target is over: counts it. */
void target_count(struct engine *e, const struct site *s, bool accepted,
                  struct transition_counts *counts);

/* Draws the target's choices anew, and accepts or refuses: mh on a block. */
target_move target_redraw;

/* "'x'", as the text has it: what an error calls a choice. */
const char *target_words(struct span place, char *buffer, size_t size);

#endif
