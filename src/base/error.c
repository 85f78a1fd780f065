/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The filling of errors and what a person sees of them: place, message,
 * hint, the line with a caret under the span, and the call trail. It knows
 * text and nothing of programs.
 */
#include "base/error.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* ---- filling ---------------------------------------------------------- */

/* Formats into a buffer that may stand among the arguments. What does not
 * fit is cut before a character, never inside it, and the cut is shown. */
static void format_cut(char *buffer, size_t size, const char *format,
                       va_list arguments)
{
    char whole[ERROR_MESSAGE_MAX + ERROR_HINT_MAX];
    static const char cut[] = "...";
    int wanted = vsnprintf(whole, size, format, arguments);
    if (wanted < 0) whole[0] = 0;
    if (wanted >= (int)size) {
        size_t end = size - sizeof cut;
        while (end && !utf8_begins(whole[end])) end--;
        memcpy(whole + end, cut, sizeof cut);
    }
    memcpy(buffer, whole, strlen(whole) + 1);
}

bool error_set_list(struct error *e, enum error_kind kind, const char *format,
                    va_list arguments)
{
    format_cut(e->message, sizeof e->message, format, arguments);
    e->kind = kind;
    e->hint[0] = 0;
    e->span = (struct span){0};
    e->trail_length = 0;
    return false;
}

bool error_set(struct error *e, enum error_kind kind, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_set_list(e, kind, format, arguments);
    va_end(arguments);
    return false;
}

bool error_hint(struct error *e, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_cut(e->hint, sizeof e->hint, format, arguments);
    va_end(arguments);
    return false;
}

void error_clear(struct error *e)
{
    e->kind = ERROR_NONE;
    e->message[0] = e->hint[0] = 0;
    e->span = (struct span){0};
    e->trail_length = 0;
}

/* ---- places ----------------------------------------------------------- */

static size_t clamp(const struct source *source, uint32_t offset)
{
    return offset < source->length ? offset : source->length;
}

static size_t line_start(const struct source *source, size_t at)
{
    const char *end = at ? memrchr(source->text, '\n', at) : NULL;
    return end ? (size_t)(end - source->text) + 1 : 0;
}

/* The line end is not part of the line, nor is the return before it. */
static size_t line_end(const struct source *source, size_t at)
{
    const char *text = source->text;
    const char *end = at < source->length
                          ? memchr(text + at, '\n', source->length - at)
                          : NULL;
    size_t stop = end ? (size_t)(end - text) : source->length;
    return stop > at && text[stop - 1] == '\r' ? stop - 1 : stop;
}

void source_place(const struct source *source, uint32_t offset, int *line,
                  int *column)
{
    size_t end = clamp(source, offset), start = line_start(source, end);
    const char *text = source->text;
    *line = *column = 1;
    for (size_t i = 0; i < start; (*line)++)
        i = (size_t)((const char *)memchr(text + i, '\n', start - i) - text) +
            1;
    for (size_t i = start; i < end; i++)
        if (utf8_begins(text[i])) ++*column;
}

void span_text(struct span span, char *buffer, size_t size)
{
    size_t at = 0;
    buffer[0] = 0;
    if (!span.source) return;
    for (size_t i = span.start; i < span.end && i < span.source->length; i++) {
        char c = span.source->text[i];
        bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (blank && at > 0 && buffer[at - 1] == ' ') continue;
        if (at + 4 >= size) {
            memcpy(buffer + at, "...", size - at > 3 ? 4 : 1);
            return;
        }
        buffer[at++] = blank ? ' ' : c;
        buffer[at] = 0;
    }
}

/* ---- showing ---------------------------------------------------------- */

/* A buffer that is filled from the left; what does not fit is left out. */
struct page {
    char *at;
    size_t size, length;
};

static void put(struct page *p, char c)
{
    if (p->length + 1 < p->size) p->at[p->length++] = c;
}

static void put_text(struct page *p, const char *s)
{
    while (*s) put(p, *s++);
}

static void put_place(struct page *p, struct span span)
{
    char numbers[32];
    int line, column;
    source_place(span.source, span.start, &line, &column);
    snprintf(numbers, sizeof numbers, ":%d:%d", line, column);
    put_text(p, span.source->name);
    put_text(p, numbers);
}

static void put_headline(struct page *p, const struct error *e)
{
    if (e->span.source) {
        put_place(p, e->span);
        put_text(p, ": ");
    }
    put_text(p, "error: ");
    put_text(p, e->message);
    if (!e->hint[0]) return;
    put_text(p, " (");
    put_text(p, e->hint);
    put(p, ')');
}

enum { WINDOW = 76, WINDOW_BEFORE = 24 };

/* The byte `count` characters before (or after) `at`, but not past `bound`. */
static size_t back(const char *text, size_t at, size_t bound, int count)
{
    while (at > bound && count > 0)
        if (utf8_begins(text[--at])) count--;
    return at;
}

static size_t ahead(const char *text, size_t at, size_t bound, int count)
{
    while (at < bound && count > 0)
        if (++at == bound || utf8_begins(text[at])) count--;
    return at;
}

/* Each character in one column, as the caret line needs: a tab as a blank,
 * and what is no text, and would disturb a terminal, as a question mark. */
static void put_shown(struct page *p, const char *text, size_t left,
                      size_t right)
{
    for (size_t length; left < right; left += length) {
        unsigned char byte = (unsigned char)text[left];
        length = utf8_length(text + left, right - left);
        if (!length || byte == 127 || (byte < ' ' && byte != '\t')) {
            if (utf8_begins(text[left])) put(p, '?');
            length = 1;
        } else if (byte == '\t') {
            put(p, ' ');
        } else {
            for (size_t i = 0; i < length; i++) put(p, text[left + i]);
        }
    }
}

/* The line of the span, cut to a window round it where it is long, and under
 * it the caret: ^~~~ to the end of the span or of what is shown. */
static void put_line(struct page *p, struct span span)
{
    const struct source *source = span.source;
    const char *text = source->text;
    size_t at = clamp(source, span.start), stop = clamp(source, span.end);
    size_t first = line_start(source, at), last = line_end(source, at);
    size_t left = first, right = ahead(text, first, last, WINDOW);
    if (right < last) {
        left = back(text, at, first, WINDOW_BEFORE);
        right = ahead(text, left, last, WINDOW);
        if (right == last) left = back(text, last, first, WINDOW);
    }
    if (at > last) at = last; /* a span of the line end itself */

    put_text(p, left > first ? "\n    ..." : "\n    ");
    put_shown(p, text, left, right);
    if (right < last) put_text(p, "...");
    put_text(p, left > first ? "\n       " : "\n    ");
    for (size_t i = left; i < at; i++)
        if (utf8_begins(text[i])) put(p, ' ');
    put(p, '^');
    for (size_t i = at + 1; i < stop && i < right; i++)
        if (utf8_begins(text[i])) put(p, '~');
}

/* A length of -1, or past the array, says that the trail was cut. */
static void put_trail(struct page *p, const struct error *e)
{
    bool cut = e->trail_length < 0 || e->trail_length > ERROR_TRAIL_MAX;
    int count = cut ? ERROR_TRAIL_MAX : e->trail_length;
    for (int i = 0; i < count; i++) {
        const char *name = e->trail[i].name;
        put_text(p, "\n  in ");
        put_text(p, name[0] ? name : "a procedure");
        if (!e->trail[i].span.source) continue;
        put_text(p, " at ");
        put_place(p, e->trail[i].span);
    }
    if (cut) put_text(p, "\n  ...");
}

size_t error_format(const struct error *e, bool lines, char *buffer,
                    size_t size)
{
    struct page p = {buffer, size, 0};
    if (!size) return 0;
    put_headline(&p, e);
    if (lines && e->span.source) put_line(&p, e->span);
    if (lines) put_trail(&p, e);
    buffer[p.length] = 0;
    return p.length;
}
