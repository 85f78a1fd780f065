/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reader of JSON's tokens. It makes sure that a whole token stands in
 * the buffer, and undoes the escapes of strings in place.
 */
#include "base/json.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1 << 18 };

/* ---- errors ----------------------------------------------------------- */

bool json_error(struct json *j, uint64_t line, const char *format, ...)
{
    char words[ERROR_MESSAGE_MAX / 2];
    va_list list;
    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    if (!line) return error_set(j->error, ERROR_IO, "%s: %s", j->path, words);
    return error_set(j->error, ERROR_IO, "%s, line %llu: %s", j->path,
                     (unsigned long long)line, words);
}

static bool no_memory(struct json *j)
{
    return error_set(j->error, ERROR_LIMIT, "%s: out of memory", j->path);
}

/* ---- bytes ------------------------------------------------------------ */

static bool make_room(struct json *j)
{
    if (j->start) {
        memmove(j->buffer, j->buffer + j->start, j->end - j->start);
        j->end -= j->start;
        j->start = 0;
    }
    if (j->end + 1 < j->room) return true;
    if (j->room > SIZE_MAX / 2) return no_memory(j);
    char *larger = realloc(j->buffer, 2 * j->room);
    if (!larger) return no_memory(j);
    j->buffer = larger;
    j->room *= 2;
    return true;
}

/* More bytes, or at_end. A zero stands behind the last. */
static bool fill(struct json *j)
{
    if (!make_room(j)) return false;
    if (!input_wait(fileno(j->file), j->patience)) return false;
    size_t got = fread(j->buffer + j->end, 1, j->room - 1 - j->end, j->file);
    if (!got && ferror(j->file)) return json_error(j, 0, "%s", strerror(errno));
    j->end += got;
    j->buffer[j->end] = 0;
    j->at_end = got == 0;
    return true;
}

bool json_open(struct json *j, const char *path, const struct patience *p,
               struct error *error)
{
    *j = (struct json){.path = path, .error = error, .patience = p, .line = 1};
    j->file = input_file(path);
    if (!j->file) return json_error(j, 0, "%s", strerror(errno));
    setvbuf(j->file, NULL, _IONBF, 0);
    j->room = FIRST_ROOM;
    j->buffer = malloc(j->room);
    if (!(j->buffer ? fill(j) : no_memory(j))) {
        json_close(j);
        return false;
    }
    if (j->end >= 3 && memcmp(j->buffer, "\xef\xbb\xbf", 3) == 0) j->start = 3;
    return true;
}

void json_close(struct json *j)
{
    if (j->file) fclose(j->file);
    free(j->buffer);
    j->file = NULL;
    j->buffer = NULL;
}

/* The byte `i` places ahead is there, or the file has ended before it; false
 * is an error. */
static bool look(struct json *j, size_t i)
{
    while (j->start + i >= j->end && !j->at_end)
        if (!fill(j)) return false;
    return true;
}

/* ---- strings ---------------------------------------------------------- */

/* Four digits of base 16, or -1. */
static long code_unit(const char *at, const char *end)
{
    long code = 0;
    if (end - at < 4) return -1;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        code = 16 * code + digit;
    }
    return code;
}

/* The character of a backslash, u and four digits (`at` is behind the u), or
 * of two such escapes that belong together; *at moves behind it. 0 when it is
 * none. */
static long escaped_character(const char **at, const char *end)
{
    long code = code_unit(*at, end);
    *at += 4;
    if (code < 0 || (code >= 0xdc00 && code < 0xe000)) return 0;
    if (code < 0xd800 || code >= 0xe000) return code;
    if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u') return 0;
    long low = code_unit(*at + 2, end);
    *at += 6;
    if (low < 0xdc00 || low >= 0xe000) return 0;
    return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

static char *put_character(char *to, long code)
{
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0x00, 0xc0, 0xe0, 0xf0};
    *to++ = (char)(first[more] | (code >> 6 * more));
    while (more--) *to++ = (char)(0x80 | ((code >> 6 * more) & 0x3f));
    return to;
}

/* Undoes the escapes of [at, end) in place: what is written is never longer
 * than what was read. */
static bool unescape(struct json *j, char *at, const char *end)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char *to = at;
    const char *from = at;
    while (from < end) {
        if (*from != '\\') {
            *to++ = *from++;
            continue;
        }
        const char *letter = memchr(letters, from[1], sizeof letters - 1);
        from += 2;
        if (letter) {
            *to++ = meant[letter - letters];
            continue;
        }
        long code = from[-1] == 'u' ? escaped_character(&from, end) : 0;
        if (!code)
            return json_error(j, j->line, "a string with a wrong \\ in it");
        to = put_character(to, code);
    }
    j->length = (size_t)(to - at);
    return true;
}

/* Only whole characters of UTF-8, and none that controls. */
static bool is_clean(const char *at, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t step = utf8_length(at + i, length - i);
        if (!step || (unsigned char)at[i] < 0x20) return false;
        i += step;
    }
    return true;
}

static enum json_token string(struct json *j)
{
    size_t i = 1;
    bool escapes = false;
    for (;; i++) {
        if (!look(j, i)) return JSON_ERROR;
        if (j->start + i >= j->end) break;
        char c = j->buffer[j->start + i];
        if (c == '"' || c == '\n') break;
        if (c != '\\') continue;
        escapes = true;
        i++;
    }
    char *text = j->buffer + j->start + 1;
    if (j->start + i >= j->end || text[i - 1] != '"')
        return json_error(j, j->line, "a string that is not closed"),
               JSON_ERROR;
    j->text = text;
    j->length = i - 1;
    j->start += i + 1;
    if (!is_clean(text, j->length))
        return json_error(j, j->line, "a string that is no text in UTF-8"),
               JSON_ERROR;
    if (escapes && !unescape(j, text, text + j->length)) return JSON_ERROR;
    return JSON_STRING;
}

/* ---- tokens ----------------------------------------------------------- */

/* What may stand in a number or a word. */
static const bool plain_bytes[256] = {
    ['0'] = true, ['1'] = true, ['2'] = true, ['3'] = true, ['4'] = true,
    ['5'] = true, ['6'] = true, ['7'] = true, ['8'] = true, ['9'] = true,
    ['+'] = true, ['-'] = true, ['.'] = true, ['a'] = true, ['b'] = true,
    ['c'] = true, ['d'] = true, ['e'] = true, ['f'] = true, ['g'] = true,
    ['h'] = true, ['i'] = true, ['j'] = true, ['k'] = true, ['l'] = true,
    ['m'] = true, ['n'] = true, ['o'] = true, ['p'] = true, ['q'] = true,
    ['r'] = true, ['s'] = true, ['t'] = true, ['u'] = true, ['v'] = true,
    ['w'] = true, ['x'] = true, ['y'] = true, ['z'] = true, ['A'] = true,
    ['B'] = true, ['C'] = true, ['D'] = true, ['E'] = true, ['F'] = true,
    ['G'] = true, ['H'] = true, ['I'] = true, ['J'] = true, ['K'] = true,
    ['L'] = true, ['M'] = true, ['N'] = true, ['O'] = true, ['P'] = true,
    ['Q'] = true, ['R'] = true, ['S'] = true, ['T'] = true, ['U'] = true,
    ['V'] = true, ['W'] = true, ['X'] = true, ['Y'] = true, ['Z'] = true,
};

static bool is_plain(char c) { return plain_bytes[(unsigned char)c]; }

static bool is_mark(char c)
{
    return c == ',' || c == '[' || c == ']' || c == ':' || c == '{' || c == '}';
}

/* The zero behind the last byte ends it as well. */
static enum json_token plain(struct json *j)
{
    size_t i = 1;
    for (;;) {
        while (is_plain(j->buffer[j->start + i])) i++;
        if (j->start + i < j->end || j->at_end) break;
        if (!fill(j)) return JSON_ERROR;
    }
    j->text = j->buffer + j->start;
    j->length = i;
    j->start += i;
    return JSON_PLAIN;
}

enum json_token json_next(struct json *j)
{
    for (;; j->start++) {
        if (!look(j, 0)) return JSON_ERROR;
        if (j->start == j->end) return JSON_END;
        char c = j->buffer[j->start];
        if (c == '\n') j->line++;
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') break;
    }
    char c = j->buffer[j->start];
    if (is_plain(c)) return plain(j);
    if (c == '"') return string(j);
    j->text = j->buffer + j->start++;
    j->length = 1;
    if (is_mark(c)) return JSON_MARK;
    if ((unsigned char)c < 0x21 || (unsigned char)c > 0x7e)
        return json_error(j, j->line, "is no JSON: a byte %u",
                          (unsigned)(unsigned char)c),
               JSON_ERROR;
    return json_error(j, j->line, "is no JSON: a %c", c), JSON_ERROR;
}
