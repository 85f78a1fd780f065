/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When the journal is written anew (renew.h), and what of it is needed: what
 * sessions, runs and keys would be asked for.
 */
#ifndef VST_SERVER_UPKEEP_H
#define VST_SERVER_UPKEEP_H

#include <stdbool.h>

struct hosted;
struct server;

/* Now and then: begins, or ends what has begun. */
void upkeep_tick(struct server *s, const char *build);
/* Is there a run that has not yet told what it begins from? Then it begins
 * from the session's entries. `context` is the server. */
bool upkeep_is_begun_from(void *context, const struct hosted *h);
void upkeep_close(struct server *s);

#endif
