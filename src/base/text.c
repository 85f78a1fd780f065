/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Text that grows by doubling, in memory of malloc. It knows nothing of what
 * is written into it.
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { LARGE = 1 << 20 }; /* a text that is given back to the system */

/* Room for `more` bytes and the zero after them. */
static bool reserve(struct text *t, size_t more)
{
    if (more >= SIZE_MAX / 4 - t->length) return false;
    size_t need = t->length + more + 1, room = t->room ? t->room : 64;
    if (need <= t->room) return true;
    while (room < need) room *= 2;
    char *at = realloc(t->at, room);
    if (!at) return false;
    t->at = at;
    t->room = room;
    return true;
}

bool text_add(struct text *t, const char *bytes, size_t length)
{
    if (!reserve(t, length)) return false;
    if (length) memcpy(t->at + t->length, bytes, length);
    t->length += length;
    t->at[t->length] = 0;
    return true;
}

bool text_puts(struct text *t, const char *s)
{
    return text_add(t, s, strlen(s));
}

bool text_printf(struct text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int need = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (need < 0 || !reserve(t, (size_t)need)) return false;
    va_start(arguments, format);
    vsnprintf(t->at + t->length, (size_t)need + 1, format, arguments);
    va_end(arguments);
    t->length += (size_t)need;
    return true;
}

void text_clear(struct text *t)
{
    t->length = 0;
    if (t->at) t->at[0] = 0;
}

void text_free(struct text *t)
{
    bool large = t->room >= LARGE;
    free(t->at);
    *t = (struct text){0};
    if (large) memory_trim();
}
