/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The draws file: one a chain, in the dialect of CSV that CmdStan writes.
 *
 *     # vestige = 0.1.0
 *     # seed = 7
 *     lp__,accept_stat__,mu,theta.1,theta.2
 *     -8.25,1,0.31,1,2.5
 *
 * Lines that begin with # are comments and may stand anywhere; the first
 * other line is the header. Numbers read back to the same bits; those that
 * are none are inf, -inf and nan. It knows numbers and text, no values.
 *
 * Only whole lines go to disk, soon after they were added: whatever stops the
 * program, the file can be read. When the disk is full, the file is cut back
 * to its last whole line.
 */
#ifndef VST_SESSION_DRAWS_H
#define VST_SESSION_DRAWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

struct draws {
    int file; /* -1: none */
    char *path;
    size_t width;       /* numbers a line */
    struct text lines;  /* not written yet */
    int64_t length;     /* bytes on disk, all whole lines */
    struct text head;   /* what stands up to the header */
    int64_t last_add;   /* nanoseconds, of a clock that never jumps */
    int64_t last_write; /* the same */
    bool failed;        /* a write failed: nothing more is taken */
};

/* Creates STEM_CHAIN.csv (STEM.csv: the same), or empties the one that is
 * there. False with ERROR_IO naming the path, or ERROR_LIMIT; nothing is
 * open then. */
bool draws_open(struct draws *d, const char *stem, int chain,
                struct error *error);

/* A comment `# key = value`; one line, whatever the value holds. */
bool draws_key(struct draws *d, const char *key, const char *text,
               struct error *error);

/* Lines as comments. */
bool draws_note(struct draws *d, const char *lines, struct error *error);

/* The header: so many names, none with a comma in it. Once, before the first
 * draw. */
bool draws_header(struct draws *d, const char *const *names, size_t count,
                  struct error *error);

/* A draw: `count` numbers, as many as the header has names. Goes to disk at
 * once when draws come slowly, else within a tenth of a second of the draws
 * that follow. O(count). */
bool draws_add(struct draws *d, const double *numbers, size_t count,
               struct error *error);

/* Another number behind `key`, which stands on a line of the head with `width`
 * places for it. Nothing is done where the file cannot be gone back in. */
bool draws_mend(struct draws *d, const char *key, int width, uint64_t n,
                struct error *error);

/* Writes what is left and closes. False when that failed; it is closed all
 * the same. A zeroed or closed struct is left alone. */
bool draws_close(struct draws *d, struct error *error);

#endif
