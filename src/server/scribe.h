/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The scribe writes the journal of the server: one file for all sessions, so
 * that one fdatasync is enough for all that came meanwhile. Entries are
 * added in the loop; a thread of its own, which sees nothing but the file's
 * descriptor, waits for the disk. What is added is acknowledged when
 * `synced` has passed it.
 *
 * Room on the disk is taken before an entry is: where there is none, that
 * entry is refused and all else stays as it is. After any other error of the
 * disk nothing is taken any more: what is on it then is not known.
 */
#ifndef VST_SERVER_SCRIBE_H
#define VST_SERVER_SCRIBE_H

#include <pthread.h>

#include "base/error.h"
#include "server/loop.h"
#include "session/journal.h"

/* Where an entry stands: bytes of all that was ever written. Of the file the
 * first `shift` are missing, since it was written anew. */
struct place {
    uint64_t at;
    uint32_t length;
};

/* An entry of the file that was opened. false: it cannot be taken (memory). */
typedef bool scribe_take(void *context, const struct entry *e, struct place p);

struct scribe {
    int file, lock, waker; /* waker: the thread has something to tell */
    uint64_t chain;
    uint64_t end, synced;     /* bytes: added, and on disk */
    uint64_t shift;           /* of them, no longer in the file */
    uint64_t reserved;        /* bytes of the file that have their room */
    uint64_t syncs, refusals; /* counters: fdatasyncs; entries without room */
    struct text pending;      /* added, not written */
    struct watcher watcher;
    bool stuck; /* what is pending finds no room */
    bool failed;
    int reason; /* errno */
    struct sync {
        pthread_t thread;
        bool started;
        pthread_mutex_t mutex;
        pthread_cond_t wanted_more;
        uint64_t wanted, done, count;
        int file, waker, error;
        bool leaving;
    } sync;
};

/* Opens or begins folder/journal, and gives away what is in it. A torn end is
 * cut off. false with *error: another server has it, another version wrote
 * it, or it is damaged. `build` names this one; *same: it wrote it. */
bool scribe_open(struct scribe *w, const char *folder, const char *build,
                 bool *same, scribe_take *take, void *context,
                 struct error *error);
/* From here on the thread runs, and `synced` moves within the loop. */
bool scribe_start(struct scribe *w, struct loop *l, void (*moved)(void *),
                  void *context);
/* false: no room on the disk, the disk, or memory. */
bool scribe_add(struct scribe *w, const struct entry *e, struct place *p);
/* What was added this turn goes to the file and, in a while, to the disk. */
void scribe_turn(struct scribe *w);
/* The entry at a place; its parts stand in *room. */
bool scribe_read(struct scribe *w, struct place p, struct text *room,
                 struct entry *e);
/* Bytes of the file. */
uint64_t scribe_size(const struct scribe *w);
void scribe_close(struct scribe *w);

/* Another file takes the place of this one: it has been written behind
 * `copied` bytes of all from entries that this one has, and its chain is
 * `chain`; what was added behind them is added to it, it goes to the disk and
 * gets the name. From here on all places of what it has are those in it, plus
 * `shift`. false: it is as before; or `failed`. */
bool scribe_take_over(struct scribe *w, const char *folder, int file,
                      uint64_t length, uint64_t copied, uint64_t chain);

#endif
