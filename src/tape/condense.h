/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Terms that differ in their datum only become one term. It knows graphs, and
 * neither traces nor tapes.
 */
#ifndef VST_TAPE_CONDENSE_H
#define VST_TAPE_CONDENSE_H

#include "tape/graph.h"

/* A density of data y_i with factors f_i > 0, whose other operands are the
 * same nodes, is one of the mean y = sum f_i y_i / F, F = sum f_i:
 *
 *     sum f_i (y_i b - h(b)) = F (y b - h(b))
 *     sum f_i (-((y_i - m) c)^2 / 2) = F (-((y - m) c)^2 / 2) - S c^2 / 2
 *
 * with S = sum f_i (y_i - y)^2: sufficient statistics, by the updating
 * formulas of Welford, Technometrics 4 (1962), and so without cancellation.
 * Data that are not finite stay as they are. To be called when all terms are
 * there, and before the graph becomes a tape. O(nodes). Memory that ran out
 * is noted in the graph. */
void graph_condense(struct graph *g);

#endif
