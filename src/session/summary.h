/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The summary of draws as a person wants to see it at a terminal, and as
 * JSON: a table of moments, quantiles, effective sizes and R-hat, the shares
 * of values that are no numbers, and one line that says in plain words
 * whether to believe it. It sees columns of plain numbers and writes text;
 * acceptance, times and seeds are the caller's.
 */
#ifndef VST_SESSION_SUMMARY_H
#define VST_SESSION_SUMMARY_H

#include "base/text.h"
#include "infer/run.h"
#include "plot/look.h"
#include "session/column.h"

/* Vehtari et al. 2021, section 1: R-hat below 1.01, effective sizes above
 * 400, or the numbers are not to be relied on. */
#define SUMMARY_RHAT_MAX 1.01
#define SUMMARY_SIZE_MIN 400.0

struct summary {
    const struct column **columns; /* those summarised, in order */
    struct diagnostics *at;        /* one each; of COLUMN_LEVELS: of being
                                      the most frequent value */
    size_t count;
    size_t step; /* it is of every so manieth draw: 1, all of them */
};

/* Of all columns that are not lost and have draws. The columns must outlive
 * it. False when memory ran out; there is nothing to close then. */
bool summary_open(struct summary *s, const struct column *columns,
                  size_t count);
/* The same for who was told to stop, and waits: if the numbers are many, of
 * every so manieth draw, so that it takes about a second. */
bool summary_open_soon(struct summary *s, const struct column *columns,
                       size_t count);
/* Who stopped the run does not wait for the last digit. */
bool summary_open_at(struct summary *s, const struct column *columns,
                     size_t count, enum run_end end);
void summary_close(struct summary *s);

/* Each appends; false when memory ran out.
 *
 * Digits that are noise are not shown: the last digit of a number is worth
 * between a fifth of its Monte Carlo error and twice that. */
bool summary_table(struct text *out, const struct summary *s,
                   const struct look *look);
/* "Looks converged: ..." or "Not yet: ...", and the line of the program to
 * look at; one to three lines. */
bool summary_verdict(struct text *out, const struct summary *s);
/* The place in the program that a column is of, a line; nothing when it is
 * not known, or has been named before. */
bool summary_place(struct text *out, const struct column *c);
/* [{"name":...,"mean":...,...},...]; columns of levels have "distribution"
 * in place of the moments. */
bool summary_json(struct text *out, const struct summary *s);

/* The names of the columns with a flaw, `a`, `b` and 2 more, and how many
 * they are. False when memory ran out. */
bool summary_flawed(struct text *out, const struct summary *s, enum flaw flaw,
                    size_t *flawed);

#endif
