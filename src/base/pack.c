/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Packing: see pack.h. Numbers are little-endian.
 */
#include "base/pack.h"

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

bool pack_real(struct text *out, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return pack_word(out, bits);
}

bool pack_reals(struct text *out, const double *x, size_t n)
{
    bool good = pack_word(out, n);
    for (size_t i = 0; good && i < n; i++) good = pack_real(out, x[i]);
    return good;
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

bool unpack_real(struct unpack *u, double *x)
{
    uint64_t bits;
    if (!unpack_word(u, &bits)) return false;
    memcpy(x, &bits, sizeof bits);
    return true;
}

bool unpack_reals(struct unpack *u, double *x, size_t n)
{
    size_t count;
    bool good = unpack_count(u, 8, &count) && count == n;
    for (size_t i = 0; good && i < n; i++) good = unpack_real(u, &x[i]);
    return good;
}
