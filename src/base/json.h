/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * JSON in files, a token at a time (RFC 8259), read through a window of the
 * file: memory is the longest token, whatever the size and the depth. Words
 * and numbers are one kind of token, for CmdStan's files write NaN and
 * Infinity where JSON has no word. It knows nothing of what tokens mean.
 *
 * Ownership: a token stands in the reader's buffer until the next one.
 */
#ifndef VST_BASE_JSON_H
#define VST_BASE_JSON_H

#include "base/error.h"
#include "base/input.h"

#include <stdio.h>

enum json_token {
    JSON_ERROR,
    JSON_END,
    JSON_STRING, /* text and length: escapes are undone; valid UTF-8 */
    JSON_PLAIN,  /* a number or a word, as it is written */
    JSON_MARK    /* one of {}[],: in text[0] */
};

struct json {
    const char *path;
    FILE *file;
    struct error *error;
    const struct patience *patience;
    char *buffer;
    size_t start, end, room; /* unread bytes of the buffer */
    bool at_end;
    uint64_t line; /* of the token, from 1 */
    const char *text;
    size_t length;
};

/* Every error names the path, in text the line as well: ERROR_IO, or
 * ERROR_LIMIT when memory ran out. The path is used until json_close, and
 * so is `p`, which may be NULL: see base/input.h. */
bool json_open(struct json *j, const char *path, const struct patience *p,
               struct error *error);
enum json_token json_next(struct json *j);
void json_close(struct json *j);
/* "PATH, line 7: ..."; line 0 leaves the line out. Returns false. */
bool json_error(struct json *j, uint64_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
