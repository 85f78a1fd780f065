/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What gather_centre.c and gather_centre_vector.c share, and nobody else
 * needs: numbers u = m + s^(1 - c) (y - c m), and how many located numbers a
 * node stands on.
 */
#ifndef VST_TAPE_GATHER_CENTRE_INSIDE_H
#define VST_TAPE_GATHER_CENTRE_INSIDE_H

#include "tape/gather_centre.h"

/* ---- gather_centre.c ------------------------------------------------------ */

/* s^e */
uint32_t centre_power(struct build *b, uint32_t s, double e);
/* c m */
uint32_t centre_share(struct build *b, uint32_t m, double c);
/* u of y */
uint32_t centre_unfold(struct build *b, const struct gather_block *k,
                       uint32_t m, uint32_t s, double c, uint32_t y);
/* How many located numbers it stands on, one on the other. */
bool centre_level(struct build *b, uint32_t n, uint32_t *out);
/* x is a number of the block. */
bool centre_mark(struct build *b, const struct gather_block *k, uint32_t x);
/* How far the numbers of the block are centred; *any: one is not, wholly. */
bool centre_ask(struct build *b, struct gather_block *k, bool *any);

/* ---- gather_centre_vector.c ----------------------------------------------- */

/* Of vectors: as in gather_centre.h. *yes: they are located. */
bool vector_describe(struct build *b, const struct choice *c, uint32_t from,
                     struct gather_block *k, bool *yes);
bool vector_enter(struct build *b, const struct choice *c, uint32_t from,
                  struct gather_block *k, const uint32_t *y, uint32_t *x,
                  bool *scored);
void vector_keep(struct build *b, struct gather_block *k);

#endif
