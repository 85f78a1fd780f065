/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What will be moved next is sent for, while what is moved now is worked on:
 * a large trace does not fit the cache, and a choice picked at random is
 * never in it. Which will be next is known of a sweep, and guessed of picks:
 * they take a certain number of words of the random stream, and mostly so
 * does what lies between two of them, so a copy of the stream that runs ahead
 * comes by the same picks. A wrong guess costs time, and changes nothing.
 * Where a pick was as it was guessed, so was the stream, but once in many.
 */
#ifndef VST_INFER_AHEAD_H
#define VST_INFER_AHEAD_H

#include "infer/turns.h"

enum {
    AHEAD = 4,         /* so many picks; a power of 2 */
    AHEAD_LEAST = 8,   /* of fewer blocks nothing needs to be sent for */
    AHEAD_TURNS = 1024 /* nor of so few in a sweep: they come round soon */
};

struct ahead {
    struct random far; /* the stream as it would be behind the last that was
                          guessed; without guesses, behind the last pick */
    uint32_t between;  /* words from one pick to the next, which takes one
                          of them itself; 0: not known, and nothing guessed */
    uint32_t first;    /* where the next one stands; the others follow, all
                          round */
    uint64_t version;  /* of the scope, when they were guessed */
    struct {
        const void *choice; /* NULL: not looked at */
        uint32_t block;
    } picks[AHEAD];
};

/* This block was picked by chance, and the stream stands behind it. O(1). */
void ahead_picked(struct ahead *a, struct engine *e, const struct scope *s,
                  uint32_t block);
/* The turn before number i of n is about to begin. O(1). */
void ahead_turn(struct engine *e, const struct scope *s,
                const struct turn *turns, uint32_t i, uint32_t n);

#endif
