/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every way that a procedure can go which now and then asks for one of n: it
 * is run again and again, and each time goes the next way. A way is the list
 * of what it was told; the next is this one with its last answer that can
 * rise risen by one, and nothing behind it.
 *
 * Ownership: the arrays are the caller's, and have room for the next step.
 */
#ifndef VST_BASE_ODOMETER_H
#define VST_BASE_ODOMETER_H

#include <stdbool.h>
#include <stdint.h>

struct odometer {
    uint32_t *at, *of;     /* which, of how many, at each step */
    uint32_t length, used; /* told beforehand; told so far */
};

/* Which of n (at least 1) at the next step: as told beforehand, else the
 * first. */
static inline uint32_t odometer_step(struct odometer *o, uint32_t n)
{
    uint32_t i = o->used < o->length ? o->at[o->used] : 0;
    o->at[o->used] = i;
    o->of[o->used++] = n;
    return i;
}

/* To the next way, behind the one that was gone; false: it was the last. */
static inline bool odometer_advance(struct odometer *o)
{
    o->length = o->used;
    while (o->length && o->at[o->length - 1] + 1 >= o->of[o->length - 1])
        o->length--;
    if (o->length) o->at[o->length - 1]++;
    return o->length != 0;
}

#endif
