/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ctrl-C. The handler sets a flag, which the machine polls, and writes to a
 * pipe, on which the prompt waits. The only state of the process that is not
 * in a struct: a signal knows no other.
 */
#ifndef VST_FRONT_SIGNALS_H
#define VST_FRONT_SIGNALS_H

#include <stdbool.h>

/* The user said stop. */
extern volatile int signals_cancel;

/* SIGINT sets signals_cancel; after more of them than the patience, while the
 * flag still stands, the process ends, with status 130. A closed pipe on standard output
 * ends it quietly. */
void signals_open(void);
/* 1 unless told. */
void signals_patience(int signals);

/* Becomes readable at each SIGINT; -1 when there could be none. */
int signals_pipe(void);

/* Forgets the signals that came; true when there were any. */
bool signals_clear(void);

#endif
