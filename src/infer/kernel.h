/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernel programs: what INFER is told to do, read from syntax. A kernel is
 * a way to move the state that leaves the posterior as it is. One row each;
 * HELP and the documentation are printed from the table.
 */
#ifndef VST_INFER_KERNEL_H
#define VST_INFER_KERNEL_H

#include "eval/reader.h"
#include "trace/engine.h"

struct kernel_row {
    const char *name;      /* "mh" */
    const char *signature; /* "(mh)" */
    const char *doc;       /* one line */
    bool single_site;      /* a draw is a sweep of as many transitions as
                              there are choices */
    /* n transitions: see engine_operations.transition. */
    bool (*step)(struct engine *e, uint64_t n, struct transition_counts *);
};

extern const struct kernel_row kernel_rows[];
extern const size_t kernel_count;

/* By name; NULL when there is none. */
const struct kernel_row *kernel_find(const char *name);

/* What INFER does when no kernel is named. */
const struct kernel_row *kernel_default(void);

/* Is this list a kernel program, by its first word: one of this version, or
 * one that the language names and that is not here yet? */
bool kernel_is_named(const struct syntax *s);

/* Reads a kernel program. NULL with an error that says what there is. */
const struct kernel_row *kernel_parse(const struct syntax *s,
                                      struct error *error);

#endif
