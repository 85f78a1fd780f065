/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Packing: see pack.h. Numbers are little-endian.
 */
#include "session/pack.h"

#include <string.h>

bool pack_word(struct text *out, uint64_t x)
{
    char bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (char)(x >> 8 * i);
    return text_add(out, bytes, sizeof bytes);
}

bool pack_bytes(struct text *out, const void *bytes, size_t length)
{
    return pack_word(out, length) && text_add(out, bytes, length);
}

bool unpack_word(struct unpack *u, uint64_t *x)
{
    if (u->left < 8) return false;
    *x = 0;
    for (int i = 0; i < 8; i++)
        *x |= (uint64_t)(unsigned char)u->at[i] << 8 * i;
    u->at += 8;
    u->left -= 8;
    return true;
}

bool unpack_bytes(struct unpack *u, const char **bytes, size_t *length)
{
    uint64_t n;
    if (!unpack_word(u, &n) || n > u->left) return false;
    *bytes = u->at;
    *length = (size_t)n;
    u->at += n;
    u->left -= (size_t)n;
    return true;
}

bool unpack_exactly(struct unpack *u, void *to, size_t length)
{
    const char *bytes;
    size_t n;
    if (!unpack_bytes(u, &bytes, &n) || n != length) return false;
    memcpy(to, bytes, length);
    return true;
}

bool unpack_count(struct unpack *u, size_t each, size_t *count)
{
    uint64_t n;
    if (!unpack_word(u, &n) || n > u->left / each) return false;
    *count = (size_t)n;
    return true;
}
