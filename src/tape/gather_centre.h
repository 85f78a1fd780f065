/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Coordinates of choices whose place and width depend on other choices:
 * centred, not centred, or between the two.
 */
#ifndef VST_TAPE_GATHER_CENTRE_H
#define VST_TAPE_GATHER_CENTRE_H

#include "tape/gather_inside.h"

/* Is the choice one around a location, or by a scale, that the scope moves?
 * Then the block is one of SPACE_LOCATED. Its arguments are known, those of
 * its elements from `from` on. false as gather_inside.h says. */
bool centre_describe(struct build *b, const struct choice *c, uint32_t from,
                     struct gather_block *k);
/* Its numbers x of coordinates y. *scored: the density is among the terms
 * already, for it is one of other arguments. */
bool centre_enter(struct build *b, const struct choice *c, uint32_t from,
                  struct gather_block *k, const uint32_t *y, uint32_t *x,
                  bool *scored);
/* Keeps locations and scales among the numbers. */
bool centre_keep(struct build *b, const struct choice *c, uint32_t from,
                 struct gather_block *k);
/* Element i's coordinate: of its number, by its plain arguments. */
double centre_back(const struct gather_block *k, uint32_t i, double x,
                   const struct xrp_site *s);
/* Are the numbers those of normal vectors? Then all coordinates of all numbers
 * at once, by the plain arguments; false: they have none. */
bool centre_is_vectors(const struct gather_block *k);
bool centre_back_vectors(const struct gather_block *k, const struct xrp_site *s,
                         const double *x, double *y);

#endif
