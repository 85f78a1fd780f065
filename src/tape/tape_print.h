/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A tape as text, for users and bug reports.
 */
#ifndef VST_TAPE_TAPE_PRINT_H
#define VST_TAPE_TAPE_PRINT_H

#include "base/text.h"
#include "tape/tape.h"

/* Adds the tape: a line for its size, then its plates, an operation a line.
 *
 *     3 coordinates, 4 slots, 2 plates
 *     plate 1, 1 row
 *         %0 = exp s1                           -> s3
 *     plate 2, 100 rows
 *         %0 = multiply-add s0 [1 0 1 ...] s2
 *         %1 = normal [0.5 3 2.25 ...] %0 s3    term
 *
 * s3 is a slot, s3.. one for each row from there, s[0 0 1 ...] what
 * rows gather; of columns and gathers the first
 * numbers are shown. false: memory
 * ran out. O(operations). */
bool tape_print(const struct tape *t, struct text *out);

#endif
