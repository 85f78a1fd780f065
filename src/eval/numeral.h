/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers as they are written: by the reader, by string->number and in data
 * files. Locales are not looked at.
 */
#ifndef VST_EVAL_NUMERAL_H
#define VST_EVAL_NUMERAL_H

#include "eval/value.h"

/* 12 -5 +5 are integers (doubles beyond 2^47); 2.5 .5 5. 1e-3 are doubles,
 * the nearest ones, infinite when they are too large. False when the whole of
 * the text is no number, or memory ran out for one of many digits.
 * O(length). */
bool numeral_read(const char *text, size_t length, value *out);

#endif
