/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The insides of written strings: \n \t \r \" \\ and \x3bb; for a character
 * by its code. Everything else stands for itself.
 */
#ifndef VST_EVAL_ESCAPE_H
#define VST_EVAL_ESCAPE_H

#include "base/text.h"

#include <stdint.h>

/* Reads what stands between p and the closing quote at `end`, into `out`,
 * which has room for as many bytes. False at an unknown escape. */
bool escape_decode(const char *p, const char *end, char *out, size_t *length);

/* Writes the inside of a string: what escape_decode reads to these bytes.
 * False when memory ran out. */
bool escape_encode(struct text *out, const char *bytes, size_t length);

#endif
