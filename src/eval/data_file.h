/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the readers of data files share.
 */
#ifndef VST_EVAL_DATA_FILE_H
#define VST_EVAL_DATA_FILE_H

#include "base/input.h"
#include "eval/machine.h"

/* The path of a file: a string without a zero inside. */
bool data_path(struct machine *m, const char *who, value v, const char **out);

/* Waits for a file until a limit of the machine is reached, or Ctrl-C. */
struct patience data_patience(struct machine *m);

/* A word that stands for a number: NA and NaN (missing), Inf and Infinity
 * with or without a sign, in any case; the empty word is missing too. */
bool data_number_word(const char *text, size_t length, double *out);

/* What a file held when it was read last, if it has not changed since: a
 * program that is run again need not read its data again. `reader` says who
 * made the value. */
bool data_recall(const struct machine *m, FILE *file, const void *reader,
                 value *out);
/* To be recalled: of the last few files. Not of one that was written a moment
 * ago, whose next change may leave no trace in its times. */
void data_remember(struct machine *m, FILE *file, const void *reader, value v);

/* May so many doubles be held? The limit of the heap counts while they are
 * read, for that is where they end. False with m->error. */
bool data_fits(struct machine *m, size_t count);
/* Room for `count` doubles in memory of malloc: the block grown, or NULL
 * with m->error set and the block as before. */
double *data_grow(struct machine *m, double *block, size_t count);

#endif
