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

#include "trace/near.h"
#include "trace/pool.h"

struct log_word {
    uint64_t *at, old;
};

/* Half words are remembered as such: who reads a word that he has just written
 * by halves waits until both have left the processor. What is remembered in
 * one way is never remembered in the other, so their order is of no account. */
struct log_half {
    uint32_t *at, old;
};

struct log_piece {
    void *piece;
    uint32_t size;
    bool taken; /* else given up */
};

struct log {
    struct log_word *words;
    size_t count, room;
    struct log_half *halves;
    size_t half_count; /* room for as many as words */
    struct log_piece *pieces;
    size_t piece_count, piece_room;
    uint64_t *kept; /* words that nothing needs after the transition */
    size_t kept_count, kept_room;
    struct pool pool;
    /* Where the pool's pieces of this transition begin: what is written
     * there need not be remembered, and goes as a whole when the transition
     * is undone. A large program loads into such memory alone. */
    char *fresh;
    bool any_fresh;
    bool full; /* the transition wrote too much: it must be undone */
};

bool log_open(struct log *l);
void log_close(struct log *l);

static inline bool log_is_fresh(const struct log *l, const void *at)
{
    return (const char *)at >= l->fresh && (const char *)at < l->pool.at;
}
/* Is it fresh, or at the end of the log already? */
static inline bool log_skips(const struct log *l, const uint64_t *word)
{
    return log_is_fresh(l, word) ||
           (l->count && l->words[l->count - 1].at == word);
}
static inline bool log_skips_half(const struct log *l, const uint32_t *half)
{
    return log_is_fresh(l, half) ||
           (l->half_count && l->halves[l->half_count - 1].at == half);
}

/* Remembers the aligned word at `at`, which is about to be written. When the
 * log is nearly full the transition is told to stop; the last part is kept
 * for what it still writes on its way out. */
static inline void log_save(struct log *l, void *at)
{
    uint64_t *word = (uint64_t *)(void *)((char *)at - ((uintptr_t)at & 7));
    if (l->any_fresh && log_skips(l, word)) return;
    if (l->count >= l->room) l->full = true;
    l->words[l->count++] = (struct log_word){word, *word};
}
/* The 4 bytes at `at`. */
static inline void log_save_half(struct log *l, void *at)
{
    uint32_t *half = at;
    if (l->any_fresh && log_skips_half(l, half)) return;
    if (l->half_count >= l->room) l->full = true;
    l->halves[l->half_count++] = (struct log_half){half, *half};
}

static inline void log_set(struct log *l, void *at, uint64_t v)
{
    log_save(l, at);
    memcpy(at, &v, sizeof v);
}
/* *at must be a pointer: one that is near is set by log_set_near. */
#define log_set_pointer(l, at, p) \
    ((void)sizeof(!*(at)), log_set(l, at, (uint64_t)(uintptr_t)(p)))
static inline void log_set_double(struct log *l, double *at, double d)
{
    log_save(l, at);
    *at = d;
}
static inline void log_set_32(struct log *l, uint32_t *at, uint32_t v)
{
    log_save_half(l, at);
    *at = v;
}
static inline void log_set_near(struct log *l, struct near *at, const void *p)
{
    log_save_half(l, at);
    near_set(at, p);
}

/* Keeps so many words to the end of the transition, scanned: they stand at
 * l->kept from *at on, which moves no more. false: no room. */
static inline bool log_keep(struct log *l, const uint64_t *words, size_t count,
                            uint32_t *at)
{
    if (count > l->kept_room - l->kept_count) return false;
    *at = (uint32_t)l->kept_count;
    for (size_t i = 0; i < count; i++) l->kept[l->kept_count++] = words[i];
    return true;
}

/* A piece that the transition makes, or does without. */
void *log_take(struct log *l, size_t size);
void log_give(struct log *l, void *piece, size_t size);

void log_undo(struct log *l);
void log_commit(struct log *l);

#endif
