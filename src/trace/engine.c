/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of engines. The first is the one that a session takes when it is
 * not told.
 */
#include "trace/engine.h"

const struct engine_row engines[] = {
    {"reduced", reduced_open,
     "a reduced trace: only what a choice touches is done again"},
    {"traces", traces_open,
     "a full trace: a node for every evaluation; for comparison"},
    {"randomdb", randomdb_open,
     "the program is run again for every transition; exact, and slow"},
};
const size_t engine_count = sizeof engines / sizeof *engines;
