/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The draws of a run in memory: columns of the program's values, and of what
 * kernels say of each draw. All have the same chains, of the same length.
 *
 * Ownership: columns are malloc's, and drawn_close gives them back.
 */
#ifndef VST_SESSION_DRAWN_H
#define VST_SESSION_DRAWN_H

#include "session/column.h"

struct drawn {
    struct column *columns;
    size_t count;
    struct column *predictive; /* observations, drawn again */
    size_t predictive_count;
    struct column *own; /* lp__, accept_stat__, ... */
    size_t own_count;
    size_t chains, length;
    double depth; /* of trees at most; NAN: no kernel grows any */
};

/* NULL when there is none of this name. */
const struct column *drawn_own(const struct drawn *d, const char *name);
void drawn_close(struct drawn *d);

#endif
