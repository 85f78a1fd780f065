/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Escapes in strings, both ways. It works on bytes: a string may hold any.
 */
#include "eval/escape.h"

#include <string.h>

static const char names[] = "nt\"\\r", meanings[] = "\n\t\"\\\r";

static size_t put_character(char *out, uint32_t code)
{
    static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(leads[length] | code);
    return length;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Behind the x of \x3bb; : the text behind the semicolon, or NULL. The quote
 * that closes the string ends the digits. Never more bytes are written than
 * were read. */
static const char *decode_hex(const char *p, char *out, size_t *length)
{
    uint32_t code = 0;
    const char *start = p;
    for (; hex_digit(*p) >= 0; p++) {
        code = code * 16 + (uint32_t)hex_digit(*p);
        if (code > 0x10ffff) return NULL;
    }
    bool surrogate = code >= 0xd800 && code < 0xe000;
    if (*p != ';' || p == start || surrogate) return NULL;
    *length += put_character(out, code);
    return p + 1;
}

bool escape_decode(const char *p, const char *end, char *out, size_t *length)
{
    *length = 0;
    while (p < end) {
        char c = *p++;
        if (c == '\\' && *p == 'x') {
            p = decode_hex(p + 1, out + *length, length);
            if (!p) return false;
            continue;
        }
        if (c == '\\') {
            const char *name = memchr(names, *p++, sizeof names - 1);
            if (!name) return false;
            c = meanings[name - names];
        }
        out[(*length)++] = c;
    }
    return true;
}

bool escape_encode(struct text *out, const char *bytes, size_t length)
{
    size_t plain = 0; /* up to here all is written */
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        const char *known = memchr(meanings, byte, sizeof meanings - 1);
        if (!known && byte >= ' ' && byte != 127) continue;
        char name = known ? names[known - meanings] : 0;
        if (!text_add(out, bytes + plain, i - plain) ||
            !(name ? text_printf(out, "\\%c", name)
                   : text_printf(out, "\\x%x;", byte)))
            return false;
        plain = i + 1;
    }
    return text_add(out, bytes + plain, length - plain);
}
