/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables in text, a record at a time (RFC 4180, and what people write):
 * fields between separators, quoted ones with doubled quotes and line ends
 * inside, LF or CRLF, a byte-order mark, blank lines and lines that begin
 * with # passed over. Memory is the longest record. It knows nothing of what
 * fields mean.
 *
 * Ownership: fields stand in the reader's buffer until the next record.
 */
#ifndef VST_BASE_CSV_H
#define VST_BASE_CSV_H

#include "base/error.h"
#include "base/input.h"

#include <stdio.h>

struct csv_field {
    const char *text; /* a zero stands behind it, and before that perhaps
                         blanks: those around a plain field do not count */
    size_t length;
    bool quoted;
};

struct csv {
    const char *path;
    char separator;
    FILE *file;
    struct error *error;
    const struct patience *patience;
    char *buffer;
    size_t start, end, room; /* unread bytes of the buffer */
    bool at_end;
    uint64_t line; /* on which the present record begins, from 1 */
    uint64_t next_line;
    struct csv_field *fields;
    size_t count, field_room;
};

enum csv_result { CSV_RECORD, CSV_END, CSV_ERROR };

/* Every error is ERROR_IO and names the path; in text, also the line. The
 * path is used until csv_close, and so is `p`, which may be NULL: see
 * base/input.h. */
bool csv_open(struct csv *c, const char *path, char separator,
              const struct patience *p, struct error *error);
/* The next record: `count` fields, at least one. */
enum csv_result csv_next(struct csv *c);
/* Back to the first record; false where the file cannot go back. */
bool csv_rewind(struct csv *c);
void csv_close(struct csv *c);
/* "PATH, line 7, column 3: ..."; columns of the table count from 1, 0 leaves
 * the column out. Returns false. */
bool csv_error(struct csv *c, uint64_t line, size_t column, const char *format,
               ...) __attribute__((format(printf, 4, 5)));

#endif
