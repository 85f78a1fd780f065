/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Idempotency-Key: a request that is sent again with the same key, because
 * nobody knows whether the first one came through, is answered as the first
 * was and done no second time. Keys and answers are in the journal, in the
 * entry of what was done, so that one is there when the other is.
 */
#ifndef VST_SERVER_KEYS_H
#define VST_SERVER_KEYS_H

#include "server/scribe.h"

struct exchange;

enum { KEY_SLOTS = 1 << 14, KEY_LONGEST = 200 };

struct keys {
    struct kept_key {
        char *name; /* method, path, key */
        uint64_t request;
        struct text reply;
        enum entry_kind kind;
        struct place place; /* in the journal */
        bool failed;        /* the reply is an error's */
        bool pending;       /* under way */
    } slots[KEY_SLOTS];
};

/* Is there a key, and has x been answered because of it? When it is new,
 * it is under way from here on. */
bool keys_answered(struct exchange *x);
/* What goes into the entry: "" when there is no key. false: no memory. */
bool keys_text(const struct exchange *x, struct text *out);
/* It did not come to an entry: it may be asked again. */
void keys_drop(struct exchange *x);
/* For hosts.keep; the context is the keys. */
void keys_keep(void *keys, const struct entry *e, struct place p);

#endif
