/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When the journal is written anew (renew.h), and what of it is needed: what
 * sessions, runs and keys would be asked for.
 */
#ifndef VST_SERVER_UPKEEP_H
#define VST_SERVER_UPKEEP_H

#include <stdbool.h>

struct server;

/* Now and then: begins, or ends what has begun. */
void upkeep_tick(struct server *s, const char *build);
void upkeep_close(struct server *s);

#endif
