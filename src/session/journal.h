/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Journals: what was asked of sessions, in order, as bytes that last. A
 * session is what its entries make of it, for the same program, data and
 * seed give the same bits (D1): whoever does them again has it back. Here is
 * the form of an entry and of a file of them; who writes the file, and when
 * it is on disk, is the caller's.
 *
 * A file is a head of JOURNAL_HEAD bytes, then entries one behind another.
 * An entry is the length of what follows, a hash of it, and its fields;
 * numbers are little-endian. The hash begins with that of the entry before,
 * so no entry can be lost, doubled or moved without a trace. A file may end
 * within an entry: that one was not acknowledged.
 */
#ifndef VST_SESSION_JOURNAL_H
#define VST_SESSION_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum { JOURNAL_HEAD = 32, JOURNAL_VERSION = 1 };

enum entry_kind {
    ENTRY_OPEN = 1,  /* a session: text its engine, a its seed */
    ENTRY_DO,        /* directives: text; a: check, b: how; key and reply, if
                       there is a key that it can be asked for again by */
    ENTRY_IDLE,      /* a: so many transitions in the background */
    ENTRY_CLOSE,     /* the session is no more */
    ENTRY_RUN,       /* a: its number, b: its seed; text: what it is to do;
                       key: as above */
    ENTRY_RUN_END,   /* a: its number, b: how; text: draws of each chain;
                       reply: what it answered */
    ENTRY_RUN_DROP,  /* a: its number: its draws are no more */
    ENTRY_RUN_MORE,  /* a: its number; text: what it is to do now; key */
    ENTRY_DIRECTIVE, /* of a checkpoint: a: its id; text */
    ENTRY_STATE,     /* of a checkpoint: see checkpoint.h. Of a server: text
                        is the checkpoint of the session as it is now */
    ENTRY_KEPT,      /* of a checkpoint: see beside.h */
    ENTRY_BACKGROUND,
    ENTRY_DONE,   /* one that is not needed but for its key. a: its kind */
    ENTRY_CHAIN,  /* of a server: a: a run, b: its chain, 0 for what all begin
                    from; text: a checkpoint of it, key: what it told */
    ENTRY_IDS,    /* of a server: a, b: the numbers that the next session and
                    the next run may have at least */
    ENTRY_COUNTS, /* of a checkpoint: see counts.h */
    ENTRY_KINDS
};

/* In b of ENTRY_DO: its reply is an error; after it the session settled. */
enum { ENTRY_FAILED = 1 << 16, ENTRY_SETTLED = 1 << 17 };

struct bytes {
    const char *at;
    uint32_t length;
};

struct entry {
    enum entry_kind kind;
    uint64_t session;
    uint64_t a, b;
    struct bytes text, key, reply;
};

/* Appends the first bytes of a file. `build` says which program wrote it.
 * false: memory ran out. *chain is what the first entry's hash begins with. */
bool journal_head(struct text *out, const char *build, uint64_t *chain);
/* Appends an entry. The same; *chain goes on. */
bool journal_add(struct text *out, const struct entry *e, uint64_t *chain);

enum journal_read {
    JOURNAL_ENTRY, /* *e points into the bytes; *at is behind it */
    JOURNAL_END,   /* at the end of the bytes */
    JOURNAL_TORN,  /* the bytes end within an entry, or in one that did not
                      come to the disk whole */
    JOURNAL_BAD    /* they are no entry */
};

/* Is there a head of this version at the start of the bytes? *same: the same
 * build wrote it. */
bool journal_open(const char *bytes, size_t length, const char *build,
                  bool *same, uint64_t *chain);
/* An entry whose place is known, its hash not looked at. false: it is none. */
bool journal_entry(const char *bytes, size_t length, struct entry *e);
/* Of the entry that begins with these bytes; 0: they are too few. */
size_t journal_length(const char *bytes, size_t length);
/* The entry at *at, JOURNAL_HEAD for the first. O(its length). */
enum journal_read journal_next(const char *bytes, size_t length, size_t *at,
                               uint64_t *chain, struct entry *e);

#endif
