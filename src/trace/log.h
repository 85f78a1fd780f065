/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The undo log: every word of the trace that a transition writes, with what
 * stood there before. Rejecting plays it backwards; accepting forgets it.
 * Pieces of the pools that a transition took are given back when it is
 * rejected, and those that it gave up when it is accepted: nothing that is
 * still in a log is used again.
 *
 * Ownership: the log owns its arrays, which are address space: they never
 * move, and pages that are not reached cost nothing.
 */
#ifndef VST_TRACE_LOG_H
#define VST_TRACE_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "trace/pool.h"

struct log_word {
    uint64_t *at, old;
};

struct log_piece {
    void *piece;
    uint32_t size;
    bool taken; /* else given up */
};

/* Memory that came in this transition: what is written there need not be
 * remembered. A large program loads into such memory alone. Blocks grow with
 * the pool, so that there is memory for no more of them than this. */
enum { LOG_FRESH = 192 };
struct log_fresh {
    const char *low, *high;
};

struct log {
    struct log_word *words;
    size_t count, room;
    struct log_piece *pieces;
    size_t piece_count, piece_room;
    struct pool pool;
    struct log_fresh fresh[LOG_FRESH];
    uint32_t fresh_count;
    struct pool_mark mark; /* of the pool, before its first fresh block */
    bool marked;
    bool full; /* the transition wrote too much: it must be undone */
};

bool log_open(struct log *l);
void log_close(struct log *l);

/* Is this word fresh, or at the end of the log already? */
bool log_skips(const struct log *l, const void *at);

/* Remembers the aligned word at `at`, which is about to be written. When the
 * log is nearly full the transition is told to stop; the last part is kept
 * for what it still writes on its way out. */
static inline void log_save(struct log *l, void *at)
{
    uint64_t *word = (uint64_t *)(void *)((char *)at - ((uintptr_t)at & 7));
    if (l->fresh_count && log_skips(l, word)) return;
    if (l->count >= l->room) l->full = true;
    l->words[l->count++] = (struct log_word){word, *word};
}

static inline void log_set(struct log *l, void *at, uint64_t v)
{
    log_save(l, at);
    memcpy(at, &v, sizeof v);
}
static inline void log_set_pointer(struct log *l, void *at, const void *p)
{
    log_set(l, at, (uint64_t)(uintptr_t)p);
}
static inline void log_set_double(struct log *l, double *at, double d)
{
    log_save(l, at);
    *at = d;
}
static inline void log_set_32(struct log *l, uint32_t *at, uint32_t v)
{
    log_save(l, at);
    *at = v;
}

/* A piece that the transition makes, or does without. One larger than
 * POOL_LARGEST is the collector's: its address must stand in a piece. */
void *log_take(struct log *l, size_t size);
void log_give(struct log *l, void *piece, size_t size);

/* Memory of the collector's that came in this transition. */
void log_fresh(struct log *l, const void *at, size_t size);

void log_undo(struct log *l);
void log_commit(struct log *l);

#endif
