/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a directive answers: a short list of named fields, which is shown at
 * the prompt as lines (`value: True`) and to programs as one JSON object on
 * one line. Those who fill it do not know where it is shown, and those who
 * show it do not know what it means.
 *
 * Ownership: strings given to a field are copied into collector memory;
 * values are plain.
 */
#ifndef VST_SESSION_ANSWER_H
#define VST_SESSION_ANSWER_H

#include "base/error.h"
#include "base/text.h"
#include "eval/value.h"

enum field_kind {
    FIELD_INTEGER,
    FIELD_NUMBER,
    FIELD_VALUE,
    FIELD_STRING,
    FIELD_BLOCK /* lines of their own; in JSON whatever is given */
};

/* A field without a name in one of the two forms is not shown there; with
 * the name "" its value stands alone. */
struct field {
    uint8_t kind;
    const char *name, *json_name;
    int64_t integer;
    double number;
    value held;
    const char *string, *json;
};

enum { ANSWER_FIELDS_MAX = 40 };

struct answer {
    const char *directive; /* "assume": its name in JSON */
    bool in_script;        /* shown by scripts also without -v */
    bool lost;             /* memory ran out: fields are missing */
    int count;
    struct field fields[ANSWER_FIELDS_MAX];
};

void answer_integer(struct answer *a, const char *name, const char *json_name,
                    int64_t i);
void answer_number(struct answer *a, const char *name, const char *json_name,
                   double d);
void answer_value(struct answer *a, const char *name, const char *json_name,
                  value v);
/* The value of an expression, alone; a picture as its lines, a record of
 * columns as a table. */
void answer_picture(struct answer *a, value v);
void answer_string(struct answer *a, const char *name, const char *json_name,
                   const char *s);
/* Lines for a person, and a JSON value; either may be NULL. */
void answer_block(struct answer *a, const char *lines, const char *json_name,
                  const char *json);

/* Each appends; false when memory ran out. Lines end with a line end; JSON
 * is one object without one. O(size of the answer). */
bool answer_print(const struct answer *a, struct text *out);
bool answer_print_json(const struct answer *a, struct text *out);

/* {"error":{"message":...,"file":...,"line":...,"column":...,"hint":...}} */
bool error_print_json(const struct error *e, struct text *out);

/* A copy in collector memory; NULL when it ran out. */
const char *kept_string(const char *s, size_t length);

#endif
