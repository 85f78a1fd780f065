/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Step sizes, one for each place in the text where choices are made: they
 * adapt in warmup, and stand still after it.
 */
#ifndef VST_INFER_STEPS_H
#define VST_INFER_STEPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct step_size {
    struct span place;
    double log_size;
    uint64_t seen; /* times that it was adapted */
};

struct step_sizes {
    struct step_size *at;
    uint32_t count, room;
    double first; /* what a new one begins with */
};

/* The size at a place; NULL when memory ran out. O(places). */
struct step_size *steps_at(struct step_sizes *s, struct span place);
/* Robbins and Monro: towards `aim` of `share`, by steps that shrink. */
void steps_adapt(struct step_size *s, double share, double aim);
void steps_close(struct step_sizes *s);

#endif
