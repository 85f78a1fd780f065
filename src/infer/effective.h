/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Effective sizes and R-hats of many chains one after another, in room that
 * they share. Formulas and sources are those of diagnostics.h.
 */
#ifndef VST_INFER_EFFECTIVE_H
#define VST_INFER_EFFECTIVE_H

#include <stdint.h>

#include "infer/diagnostics.h"

/* Lags at which sums are taken; who remembers longer needs a transform. */
enum { EFFECTIVE_LAGS = 64 };
/* Halves of chains that are counted. */
enum { EFFECTIVE_CHAINS = 128 };

struct chain_room {
    double *centred, *means;
    uint64_t *bits;
};

/* For chains of this count and length. false: memory ran out. */
bool chain_room_open(struct chain_room *r, size_t count, size_t draws);
void chain_room_close(struct chain_room *r);

/* effective_size and rhat_plain of the same chains; either may be NULL. */
void chains_judge(struct chains x, struct chain_room *r, double *size,
                  double *rhat);
/* The effective size of being at most `bound`, or less, in the halves of
 * chains; room for these. Below 0: they remember longer, and effective_size
 * has to say it. O(draws / 64) a lag. */
double halves_share_size(struct chains x, struct chain_room *r, double bound,
                         bool less);

#endif
