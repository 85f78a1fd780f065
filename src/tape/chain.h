/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains in a graph: nodes of which each is made of the one before in the
 * same way, and linear in it. It knows graphs, and neither traces nor tapes.
 */
#ifndef VST_TAPE_CHAIN_H
#define VST_TAPE_CHAIN_H

#include "tape/graph.h"

/* A chain becomes one function of C (recurrence.h), so that what reads its
 * nodes, row by row the same, stands on one level and is one plate; each of
 * its links would be a level of its own otherwise. A link is read by others
 * than the next one: a sum of many products is no chain. What a link is made
 * of beside the one before must not depend on the chain, and a graph with
 * calls stays as it is. All nodes may have
 * other numbers after; terms, guards and what is kept stand for the same as
 * before. To be called when all of the graph is there. O(nodes). Memory that
 * ran out is noted in the graph. */
void graph_chains(struct graph *g);

#endif
