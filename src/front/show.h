/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Answers to standard output, errors and progress to standard error: as
 * lines for a person, or as JSON, one object a line.
 */
#ifndef VST_FRONT_SHOW_H
#define VST_FRONT_SHOW_H

#include "session/session.h"

struct show {
    bool json;     /* --json */
    bool all;      /* -v, or a prompt: every answer, not only a script's */
    bool progress; /* lines on how far INFER is */
    int lines;     /* of progress that stand on the terminal now */
    bool failed;   /* standard output could not be written */
};

/* For session_hooks; the context is the struct show. */
bool show_answer(void *show, const struct answer *a);
void show_progress(void *show, const struct run_progress *chains, size_t count);
void show_display(void *show, const char *text, size_t length);

/* FILE:LINE:COLUMN: error: ..., and on a terminal the line with a caret and
 * the callers. */
void show_error(struct show *show, const struct error *e);

/* The same as one line, FILE:LINE:COLUMN: note: ... */
void show_note(struct show *show, const struct error *note);

/* Writes what is still held back; false when something could not be written,
 * now or before, and an error has said so. */
bool show_close(struct show *show);

#endif
