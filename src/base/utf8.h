/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Characters of UTF-8, as bytes.
 */
#ifndef VST_BASE_UTF8_H
#define VST_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* First byte of a character, and not one of those that follow it. */
static inline bool utf8_begins(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

/* Bytes of the character at `at`, of which `left` (> 0) can be read; 0 when
 * they are none: cut short, longer than needed, a surrogate, or beyond
 * U+10FFFF (Unicode 15, table 3-7). */
static inline size_t utf8_length(const char *at, size_t left)
{
    const unsigned char *p = (const unsigned char *)at;
    if (p[0] < 0x80) return 1;
    size_t length = p[0] < 0xc2   ? 0
                    : p[0] < 0xe0 ? 2
                    : p[0] < 0xf0 ? 3
                    : p[0] < 0xf5 ? 4
                                  : 0;
    if (!length || length > left) return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    bool overlong =
        (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool outside =
        (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf4 && p[1] >= 0x90);
    return overlong || outside ? 0 : length;
}

#endif
