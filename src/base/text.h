/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Text that grows. Owned by whoever holds the struct: text_free gives the
 * bytes back. A zero-initialised struct is an empty text. Always zero-ended
 * once something was added.
 */
#ifndef VST_BASE_TEXT_H
#define VST_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *at;
    size_t length, room;
};

/* Each false when memory ran out; the text is as before. */
bool text_add(struct text *t, const char *bytes, size_t length);
bool text_puts(struct text *t, const char *s);
bool text_printf(struct text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_clear(struct text *t); /* keeps the room */
void text_free(struct text *t);

#endif
