/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The journal is written anew without what nobody needs: entries that a
 * session's checkpoint has in it, sessions and runs that were deleted,
 * checkpoints that others follow. A thread copies what is needed, entry by
 * entry, into a file beside it, while the server goes on; then what came
 * meanwhile goes behind, and on the disk the one file takes the place of the
 * other. At any moment there is one whole journal.
 */
#ifndef VST_SERVER_RENEW_H
#define VST_SERVER_RENEW_H

#include "server/scribe.h"

/* An entry that is needed, and where it is in the new file. */
struct needed {
    struct place from, to;
    bool key_only; /* it becomes an ENTRY_DONE */
};

struct renewal {
    struct needed *all; /* by place, each once, when it is under way */
    size_t count, room;
    bool under_way;
    /* ---- of the thread, until it has ended */
    pthread_t thread;
    const char *folder, *build;
    int old, file;
    uint64_t shift, copied; /* of the scribe: when it began */
    uint64_t next_session, next_run;
    uint64_t length, chain;
    bool good, ended; /* ended: atomic */
};

/* false: memory ran out. */
bool renewal_need(struct renewal *r, struct place p, bool key_only);
/* Bytes of all that is needed; those that were named twice are one from here
 * on. */
uint64_t renewal_size(struct renewal *r);
/* Starts the thread. false: no file or no thread, and it is closed. */
bool renewal_start(struct renewal *r, struct scribe *w, const char *folder,
                   const char *build);
bool renewal_has_ended(const struct renewal *r);
/* Its thread has ended well: the scribe has the new file. false: it was not
 * to be, and all is as before, or the scribe has failed. */
bool renewal_take(struct renewal *r, struct scribe *w);
/* Where an entry is now. false: it was not needed. */
bool renewal_place(const struct renewal *r, const struct scribe *w,
                   struct place *p);
/* Waits for the thread. */
void renewal_close(struct renewal *r);

#endif
