/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A stack of values for walks through a structure, so that depth is no
 * danger: small and local first, on the heap when the structure is deep. The
 * values must be reachable from elsewhere (from the structure that is
 * walked), for the collector does not look here.
 */
#ifndef VST_EVAL_WALK_H
#define VST_EVAL_WALK_H

#include "eval/value.h"

#include <stdlib.h>

struct walk {
    value *at;
    size_t length, room;
    value local[64];
};

static inline void walk_open(struct walk *w)
{
    w->at = w->local;
    w->length = 0;
    w->room = sizeof w->local / sizeof *w->local;
}

static inline void walk_close(struct walk *w)
{
    if (w->at != w->local) free(w->at);
}

static inline bool walk_grow(struct walk *w)
{
    value *at = w->at == w->local ? NULL : w->at;
    at = realloc(at, w->room * 2 * sizeof *at);
    if (!at) return false;
    if (w->at == w->local) memcpy(at, w->local, sizeof w->local);
    w->at = at;
    w->room *= 2;
    return true;
}

/* False when memory ran out. */
static inline bool walk_push(struct walk *w, value v)
{
    if (w->length == w->room && !walk_grow(w)) return false;
    w->at[w->length++] = v;
    return true;
}

/* The newest value; there must be one. */
static inline value walk_pop(struct walk *w)
{
    // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.*): it was pushed
    return w->at[--w->length];
}

#endif
