/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What kernels share that walk along lines (line.h): which choices they take,
 * sizes by place, and each line in its turn.
 */
#ifndef VST_INFER_WALKS_H
#define VST_INFER_WALKS_H

#include "infer/line.h"
#include "infer/steps.h"
#include "infer/target.h"

/* Sizes begin at `first`. Refuses a scope with a choice that has no lines,
 * unless the kernel is lenient. */
bool walks_open(struct kernel *k, struct engine *e, double first);
void walks_close(struct kernel *k);
/* The sizes, for the rows of these kernels. */
bool walks_save(const struct kernel *k, const struct place_book *places,
                struct text *out);
bool walks_load(struct kernel *k, struct kernel_past *past);
/* In words: what is no continuous number. Always false. */
bool walks_refuse(const struct kernel *k, struct engine *e,
                  const struct site *s);

/* A move along one line of the target's one choice. */
struct walk {
    struct kernel *kernel;
    struct engine *engine;
    struct target *target;
    struct site site;
    struct line line;
    struct step_size *size;
};
typedef bool walk_move(struct walk *, struct transition_counts *);

/* One line of it at random, where the kernel picks one choice; else all of
 * them in turn: an array is as many blocks as it has numbers. */
bool walks_along(struct kernel *k, struct engine *e, struct target *t,
                 walk_move *move, struct transition_counts *counts);

#endif
