/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reader of tables in text. It makes sure that a whole record stands in
 * the buffer, then splits it in place.
 */
#include "base/csv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1 << 18, FIRST_FIELDS = 64 };

/* ---- errors ----------------------------------------------------------- */

bool csv_error(struct csv *c, uint64_t line, size_t column, const char *format,
               ...)
{
    char words[ERROR_MESSAGE_MAX / 2], place[48] = "";
    va_list list;
    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    if (column) snprintf(place, sizeof place, ", column %zu", column);
    if (!line) return error_set(c->error, ERROR_IO, "%s: %s", c->path, words);
    return error_set(c->error, ERROR_IO, "%s, line %llu%s: %s", c->path,
                     (unsigned long long)line, place, words);
}

static bool no_memory(struct csv *c)
{
    return error_set(c->error, ERROR_LIMIT, "%s: out of memory", c->path);
}

/* ---- bytes ------------------------------------------------------------ */

/* The byte-order mark of UTF-8 at the beginning of the file. */
static void pass_mark(struct csv *c)
{
    if (c->end - c->start >= 3 &&
        memcmp(c->buffer + c->start, "\xef\xbb\xbf", 3) == 0)
        c->start += 3;
}

/* One byte of room always stays free, for the zero behind the last record. */
static bool make_room(struct csv *c)
{
    if (c->start) {
        memmove(c->buffer, c->buffer + c->start, c->end - c->start);
        c->end -= c->start;
        c->start = 0;
    }
    if (c->end + 1 < c->room) return true;
    if (c->room > SIZE_MAX / 2) return no_memory(c);
    char *larger = realloc(c->buffer, 2 * c->room);
    if (!larger) return no_memory(c);
    c->buffer = larger;
    c->room *= 2;
    return true;
}

/* More bytes, or at_end. */
static bool fill(struct csv *c)
{
    if (!make_room(c)) return false;
    if (!input_wait(fileno(c->file), c->patience)) return false;
    size_t got = fread(c->buffer + c->end, 1, c->room - 1 - c->end, c->file);
    if (memchr(c->buffer + c->end, 0, got))
        return csv_error(c, 0, 0, "is no text: it has zero bytes");
    c->end += got;
    if (got) return true;
    if (ferror(c->file)) return csv_error(c, 0, 0, "%s", strerror(errno));
    c->at_end = true;
    return true;
}

bool csv_open(struct csv *c, const char *path, char separator,
              const struct patience *p, struct error *error)
{
    *c = (struct csv){.path = path, .separator = separator, .error = error};
    c->patience = p;
    c->file = input_file(path);
    if (!c->file) return csv_error(c, 0, 0, "%s", strerror(errno));
    setvbuf(c->file, NULL, _IONBF, 0);
    c->room = FIRST_ROOM;
    c->field_room = FIRST_FIELDS;
    c->buffer = malloc(c->room);
    c->fields = malloc(c->field_room * sizeof *c->fields);
    c->next_line = 1;
    bool open = c->buffer && c->fields ? fill(c) : no_memory(c);
    if (open)
        pass_mark(c);
    else
        csv_close(c);
    return open;
}

void csv_close(struct csv *c)
{
    if (c->file) fclose(c->file);
    free(c->buffer);
    free(c->fields);
    *c = (struct csv){.path = c->path, .error = c->error};
}

bool csv_rewind(struct csv *c)
{
    if (fseek(c->file, 0, SEEK_SET) != 0)
        return csv_error(c, 0, 0,
                         "cannot be read twice, as a column of text "
                         "behind numbers needs");
    c->start = c->end = 0;
    c->at_end = false;
    c->next_line = 1;
    if (!fill(c)) return false;
    pass_mark(c);
    return true;
}

/* ---- records ---------------------------------------------------------- */

static inline bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* Where a byte stands: a quote means something only where a field begins. */
enum place { FIELD_BEGINS, IN_PLAIN, IN_QUOTES, BEHIND_QUOTE };

static enum place step(enum place place, char c, char separator)
{
    if (place == IN_QUOTES) return c == '"' ? BEHIND_QUOTE : IN_QUOTES;
    if (c == separator) return FIELD_BEGINS;
    if (c == '"') return place == IN_PLAIN ? IN_PLAIN : IN_QUOTES;
    if (place == FIELD_BEGINS && is_blank(c)) return FIELD_BEGINS;
    return IN_PLAIN;
}

/* Does a quoted field go on behind this line, which begins at `place`? */
static enum place walk_line(const struct csv *c, enum place place,
                            const char *at, const char *end)
{
    if (place != IN_QUOTES && !memchr(at, '"', (size_t)(end - at)))
        return FIELD_BEGINS;
    for (; at < end; at++) place = step(place, *at, c->separator);
    return place;
}

/* The length of the record at start: up to a line end outside quotes, or all
 * that is left. Lines that a record spans are counted. */
static bool find_record(struct csv *c, size_t *length, bool *line_end)
{
    size_t seen = 0; /* whole lines that have been looked at */
    enum place place = FIELD_BEGINS;
    c->line = c->next_line;
    for (;;) {
        const char *from = c->buffer + c->start + seen;
        const char *top = c->buffer + c->end;
        const char *at = memchr(from, '\n', (size_t)(top - from));
        if (!at && !c->at_end) {
            if (!fill(c)) return false;
            continue;
        }
        const char *stop = at ? at : top;
        place = walk_line(c, place, from, stop);
        *length = seen + (size_t)(stop - from);
        *line_end = at != NULL;
        c->next_line += *line_end;
        if (place != IN_QUOTES) return true;
        if (!at)
            return csv_error(c, c->line, 0,
                             "a quote is opened and never closed");
        seen = *length + 1;
    }
}

static bool add_field(struct csv *c, const char *text, size_t length,
                      bool quoted)
{
    if (c->count == c->field_room) {
        size_t room = 2 * c->field_room + FIRST_FIELDS;
        struct csv_field *more = realloc(c->fields, room * sizeof *more);
        if (!more) return no_memory(c);
        c->fields = more;
        c->field_room = room;
    }
    c->fields[c->count++] =
        (struct csv_field){.text = text, .length = length, .quoted = quoted};
    return true;
}

/* A field that begins with a quote, its quotes taken off in place; *at ends
 * behind it. */
static bool quoted_field(struct csv *c, char **at)
{
    char *from = *at + 1, *to = *at, *text = *at;
    for (; *from && (*from != '"' || from[1] == '"'); from++) {
        if (*from == '"') from++;
        *to++ = *from;
    }
    char *behind = *from ? from + 1 : from;
    while (is_blank(*behind) && *behind != c->separator) behind++;
    if (*behind && *behind != c->separator)
        return csv_error(c, c->line, c->count + 1,
                         "text stands behind a closing quote");
    *at = behind;
    *to = 0;
    return add_field(c, text, (size_t)(to - text), true);
}

static bool plain_field(struct csv *c, char **at)
{
    char *text = *at;
    while (**at && **at != c->separator) ++*at;
    size_t length = (size_t)(*at - text);
    while (length && is_blank(text[length - 1])) length--;
    return add_field(c, text, length, false);
}

/* Splits the zero-ended record, a zero in place of each separator. */
static bool split(struct csv *c, char *at)
{
    c->count = 0;
    for (;;) {
        while (is_blank(*at) && *at != c->separator) at++;
        bool done = *at == '"' ? quoted_field(c, &at) : plain_field(c, &at);
        if (!done) return false;
        bool more = *at != 0;
        *at = 0;
        if (!more) return true;
        at++;
    }
}

/* Old Macs ended lines so: all of the file would be one record. */
static bool lone_return(const char *text, size_t length)
{
    const char *at = memchr(text, '\r', length);
    return at && !memchr(text, '"', (size_t)(at - text));
}

enum csv_result csv_next(struct csv *c)
{
    size_t length = 0;
    bool line_end = false;
    for (;;) {
        if (c->at_end && c->start == c->end) return CSV_END;
        if (!find_record(c, &length, &line_end)) return CSV_ERROR;
        char *text = c->buffer + c->start;
        c->start += length + line_end;
        if (length && text[length - 1] == '\r') length--;
        text[length] = 0;
        if (c->line == 1 && lone_return(text, length)) {
            csv_error(c, 1, 0,
                      "lines end in carriage returns alone: save the file "
                      "with ends of line as elsewhere");
            return CSV_ERROR;
        }
        if (length == 0 || *text == '#') continue;
        return split(c, text) ? CSV_RECORD : CSV_ERROR;
    }
}
