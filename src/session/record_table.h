/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Data as a table: a record whose fields are columns of one length.
 */
#ifndef VST_SESSION_RECORD_TABLE_H
#define VST_SESSION_RECORD_TABLE_H

#include "base/text.h"
#include "eval/value.h"

/* Is it a record of at least one column with at least one row? */
bool record_is_table(value v);

/* Names, and the first rows; then how many more rows and columns there are.
 * False when memory ran out. */
bool record_table(value v, struct text *out);

#endif
