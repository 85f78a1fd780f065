/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For tests: text to data and back in one call.
 */
#ifndef VST_TESTS_READ_H
#define VST_TESTS_READ_H

#include "eval/print.h"
#include "eval/reader.h"

/* The one datum of a text; V_UNBOUND when it is none, or more than one. */
static inline value read_text(const char *text, size_t length)
{
    struct source source = {"test", text, length};
    struct error error;
    struct reader r;
    struct syntax *s, *more;
    value v;
    reader_open(&r, &source, &error);
    if (reader_datum(&r, false, &s) != READ_DATUM) return V_UNBOUND;
    if (!syntax_datum(s, &v, &error)) return V_UNBOUND;
    return reader_datum(&r, false, &more) == READ_END ? v : V_UNBOUND;
}

/* Read, and printed again; "?" when it could not be read. Lives until the
 * next call. */
static inline const char *reprint(const char *text)
{
    static struct text out;
    value v = read_text(text, strlen(text));
    text_clear(&out);
    if (v == V_UNBOUND)
        text_puts(&out, "?");
    else
        print_value(&out, v);
    return out.at;
}

#endif
