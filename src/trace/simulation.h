/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Data that a program has drawn itself, in place of those that were observed:
 * for tests of a kernel on a model. While the data are drawn, each
 * observation gives its choice the value that the choice has drawn; from then
 * on that is its datum, known by where the observation stands.
 *
 *     e->simulation = s; simulation_begin(s); op->rerun(e); simulation_end(s)
 *
 * leaves the engine in a draw of parameters and data together, with the data
 * given. Conditions hold in it; what a factor says is not part of the draw.
 *
 * Ownership: the collector's.
 */
#ifndef VST_TRACE_SIMULATION_H
#define VST_TRACE_SIMULATION_H

#include "eval/machine.h"

struct simulation;

/* NULL when memory ran out. */
struct simulation *simulation_make(void);
/* Data are drawn from now on, and those from before forgotten. */
void simulation_begin(struct simulation *s);
void simulation_end(struct simulation *s);
/* Another attempt at a draw: the data of the one before are forgotten. s may
 * be NULL. */
void simulation_again(struct simulation *s);

/* The datum of the observation at this location into *given, if there is one;
 * s may be NULL. */
bool simulation_find(const struct simulation *s, uint64_t location,
                     value *given);
/* Are they drawn now, and is this one to come? */
bool simulation_wants(const struct simulation *s, uint64_t location);
/* A factor stands in the way of a draw: the error while data are drawn, else
 * true. s may be NULL. */
bool simulation_factor(struct machine *m, const struct simulation *s);
/* It is this. false with the machine's error. */
bool simulation_add(struct machine *m, struct simulation *s, uint64_t location,
                    value datum);

#endif
