/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The printer: values as text that reads back to the same value (numbers to
 * the same bits, 2.0 for a whole double, True and False, strings quoted,
 * lists in parentheses, vectors as #(1 2.5)), as text to show (strings bare)
 * and as JSON. Explicit stacks: depth is no danger. References are not
 * looked at: force first (engine_value).
 */
#ifndef VST_EVAL_PRINT_H
#define VST_EVAL_PRINT_H

#include "base/text.h"
#include "eval/value.h"

/* Appends; false when memory ran out. */
bool print_value(struct text *out, value v);   /* reads back */
bool display_value(struct text *out, value v); /* to show */
/* As print_value, into `size` bytes (10 or more): what is longer is cut before
 * a character and ends in "...". Its type, when memory ran out. */
void print_cut(char *to, size_t size, value v);
/* How procedures print: #<procedure>, until the machine sets its own. */
extern bool (*print_procedure)(struct text *out, value v);
/* JSON as LANGUAGE.md has it: "inf", "-inf", "nan" as strings, symbols as
 * strings, procedures as {"procedure": ...}, lists and arrays as arrays. */
bool print_json(struct text *out, value v);
bool print_json_string(struct text *out, const char *s, size_t length);
/* Shortest digits that read back to the same bits; buffer of 32. */
void print_double(char *buffer, double d);

#endif
