/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing the journal anew: see renew.h. The thread sees nothing but the two
 * files and the list.
 */
#include "server/renew.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/whole.h"

enum { WRITTEN_AT_ONCE = 1 << 20 };

/* ---- the list --------------------------------------------------------- */

bool renewal_need(struct renewal *r, struct place p, bool key_only)
{
    if (!p.length) return true;
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 256;
        struct needed *wider = realloc(r->all, room * sizeof *wider);
        if (!wider) return false;
        r->all = wider;
        r->room = room;
    }
    r->all[r->count++] = (struct needed){.from = p, .key_only = key_only};
    return true;
}

/* By place; what is needed whole before what is needed for its key. */
static int compare(const void *a, const void *b)
{
    const struct needed *x = a, *y = b;
    if (x->from.at != y->from.at) return x->from.at < y->from.at ? -1 : 1;
    return x->key_only - y->key_only;
}

uint64_t renewal_size(struct renewal *r)
{
    uint64_t size = JOURNAL_HEAD;
    size_t kept = 0;
    if (r->count) qsort(r->all, r->count, sizeof *r->all, compare);
    for (size_t i = 0; i < r->count; i++) {
        if (kept && r->all[kept - 1].from.at == r->all[i].from.at) continue;
        size += r->all[i].from.length;
        r->all[kept++] = r->all[i];
    }
    r->count = kept;
    return size;
}

/* ---- the thread ------------------------------------------------------- */

struct writing {
    struct renewal *r;
    struct text out, room;
    uint64_t written;
    uint64_t chain;
};

static bool write_out(struct writing *w)
{
    bool good =
        write_whole(w->r->file, w->out.at ? w->out.at : "", w->out.length);
    w->written += w->out.length;
    text_clear(&w->out);
    return good;
}

static bool copy_one(struct writing *w, struct needed *n)
{
    struct entry e;
    size_t before = w->out.length;
    text_clear(&w->room);
    if (!read_part(w->r->old, n->from.at - w->r->shift, n->from.length,
                   &w->room) ||
        !journal_entry(w->room.at, w->room.length, &e))
        return false;
    if (n->key_only && e.kind != ENTRY_DONE) {
        e.a = e.kind;
        e.kind = ENTRY_DONE;
        e.text = (struct bytes){"", 0};
    }
    if (!journal_add(&w->out, &e, &w->chain)) return false;
    n->to =
        (struct place){w->written + before, (uint32_t)(w->out.length - before)};
    return w->out.length < WRITTEN_AT_ONCE || write_out(w);
}

static bool copy_all(struct renewal *r)
{
    struct writing w = {.r = r};
    struct entry ids = {
        .kind = ENTRY_IDS, .a = r->next_session, .b = r->next_run};
    bool good = journal_head(&w.out, r->build, &w.chain) &&
                journal_add(&w.out, &ids, &w.chain);
    for (size_t i = 0; good && i < r->count; i++)
        good = copy_one(&w, &r->all[i]);
    good = good && write_out(&w) && fdatasync(r->file) == 0;
    r->length = w.written;
    r->chain = w.chain;
    text_free(&w.out);
    text_free(&w.room);
    return good;
}

static void *copy(void *context)
{
    struct renewal *r = context;
    r->good = copy_all(r);
    __atomic_store_n(&r->ended, true, __ATOMIC_RELEASE);
    return NULL;
}

/* ---- in the loop ------------------------------------------------------ */

bool renewal_start(struct renewal *r, struct scribe *w, const char *folder,
                   const char *build)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/journal.new", folder);
    r->folder = folder;
    r->build = build;
    r->shift = w->shift;
    r->copied = w->end;
    r->ended = r->good = false;
    r->old = fcntl(w->file, F_DUPFD_CLOEXEC, 0);
    r->file =
        open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0600);
    r->under_way = r->old >= 0 && r->file >= 0 &&
                   pthread_create(&r->thread, NULL, copy, r) == 0;
    if (r->under_way) return true;
    renewal_close(r);
    return false;
}

bool renewal_has_ended(const struct renewal *r)
{
    return __atomic_load_n(&r->ended, __ATOMIC_ACQUIRE);
}

bool renewal_take(struct renewal *r, struct scribe *w)
{
    return r->good && scribe_take_over(w, r->folder, r->file, r->length,
                                       r->copied, r->chain);
}

bool renewal_place(const struct renewal *r, const struct scribe *w,
                   struct place *p)
{
    size_t low = 0, high = r->count;
    if (p->at >= r->copied || !p->length) return true;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->all[middle].from.at < p->at)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == r->count || r->all[low].from.at != p->at) return false;
    *p = r->all[low].to;
    p->at += w->shift;
    return true;
}

void renewal_close(struct renewal *r)
{
    char path[4096];
    if (r->under_way) pthread_join(r->thread, NULL);
    if (r->file >= 0) {
        snprintf(path, sizeof path, "%s/journal.new", r->folder);
        unlink(path);
        close(r->file);
    }
    if (r->old >= 0) close(r->old);
    free(r->all);
    *r = (struct renewal){.file = -1, .old = -1};
}
