/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Locations: the names of calls. The name of a call is the hash of the path
 * of sites that leads to it, a number modulo 2^61 - 1 (128-bit products are
 * an extension, so this file is built without -Wpedantic). It knows frames
 * and sites, and never looks at values.
 */
#include "eval/machine_inside.h"

/* Rabin-Karp over calls; the base has well-mixed bits. */
#define LOCATION_PRIME (((uint64_t)1 << 61) - 1)
#define LOCATION_BASE ((uint64_t)0x1a6b3c94d5e7f0b1)

uint64_t location_extend(uint64_t hash, uint64_t site)
{
    unsigned __int128 wide = (unsigned __int128)hash * LOCATION_BASE;
    wide += site >> 3;
    uint64_t low = (uint64_t)wide & LOCATION_PRIME;
    uint64_t sum = low + (uint64_t)(wide >> 61);
    return sum >= LOCATION_PRIME ? sum - LOCATION_PRIME : sum;
}

/* Names are made late. A call from code to code writes no hash; who needs the
 * location of a frame goes down to the nearest frame that has its name, and
 * names the frames on the way up. Each is named once: a program that asks
 * everywhere pays one multiplication a call, and one that never asks none. */

/* The location of what runs in a frame that has its name. A loop by tail
 * calls from one site counts its turns, and pays for a name only when
 * somebody asks. */
static uint64_t here(const struct frame *f)
{
    if (!f->turns) return f->hash;
    return location_extend(f->hash, f->site + ((uint64_t)f->turns << 3));
}

/* The location of the call that such a frame waits for. */
static uint64_t callee_name(const struct frame *f)
{
    if (f->kind == FRAME_NATIVE)
        return location_extend(f->hash, (uint64_t)f->phase << 3);
    return location_extend(here(f), f->code->sites[f->pc->c]);
}

static uint64_t own_name(struct frame *f)
{
    struct frame *named = f;
    while (!(named->flags & FRAME_NAMED)) named--;
    for (; named < f; named++) {
        named[1].hash = callee_name(named);
        named[1].flags |= FRAME_NAMED;
    }
    return f->hash;
}

void location_turn(struct frame *f, uint64_t site)
{
    if (f->turns && f->site == site && f->turns < UINT32_MAX) {
        f->turns++;
        return;
    }
    if (f->turns) {
        own_name(f);
        f->hash = here(f);
    }
    f->turning = 0;
    f->site = site;
    f->turns = 1;
}

uint64_t location_of(struct frame *f)
{
    own_name(f);
    return here(f);
}

uint64_t location_call(struct frame *f)
{
    own_name(f);
    return callee_name(f);
}

uint64_t location_tail(struct frame *f, uint64_t site)
{
    uint64_t hash = own_name(f);
    return f->kind == FRAME_CODE ? location_extend(here(f), site) : hash;
}
