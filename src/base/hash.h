/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Hashing of words and text: the same in every process and on every machine,
 * for the hashes name things in files as well. Not against adversaries.
 */
#ifndef VST_BASE_HASH_H
#define VST_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The hash so far, and one word more. Each step is a bijection of either
 * argument (an odd multiplier, a shifted xor), so no word is lost. */
static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* Spreads the last words over all bits: low bits alone are a good index. */
static inline uint64_t hash_finish(uint64_t hash)
{
    hash = (hash ^ hash >> 29) * UINT64_C(0xd6e8feb86659fd93);
    hash = (hash ^ hash >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return hash ^ hash >> 32;
}

/* Eight bytes as a little-endian word, whatever the machine. */
static inline uint64_t hash_eight(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
           (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
           (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static inline uint64_t hash_bytes(const char *bytes, size_t length)
{
    const unsigned char *p = (const unsigned char *)bytes;
    uint64_t hash = hash_word(UINT64_C(0x5652ba7c19d3e04f), length), last = 0;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) hash = hash_word(hash, hash_eight(p + i));
    for (unsigned shift = 0; i < length; i++, shift += 8)
        last |= (uint64_t)p[i] << shift;
    return hash_finish(hash_word(hash, last));
}

#endif
