/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The journal's file: see scribe.h.
 */
#include "server/scribe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/whole.h"

/* ---- opening ---------------------------------------------------------- */

static bool refuse(struct error *error, const char *folder, const char *why)
{
    return error_set(error, ERROR_IO, "%.200s/journal: %s", folder, why);
}

static bool sync_folder(const char *folder)
{
    int up = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = up >= 0 && fsync(up) == 0;
    if (up >= 0) close(up);
    return good;
}

static bool begin(struct scribe *w, const char *folder, const char *build,
                  struct error *error)
{
    struct text head = {0};
    bool good = journal_head(&head, build, &w->chain) &&
                write_whole(w->file, head.at, head.length) &&
                fsync(w->file) == 0 && sync_folder(folder);
    int reason = errno;
    w->end = w->synced = head.length;
    text_free(&head);
    return good || refuse(error, folder, strerror(reason));
}

/* All entries of the bytes; where they end well. */
static bool give_away(struct scribe *w, const char *bytes, size_t length,
                      scribe_take *take, void *context, const char *folder,
                      struct error *error)
{
    size_t at = JOURNAL_HEAD;
    for (;;) {
        struct entry e;
        size_t start = at;
        switch (journal_next(bytes, length, &at, &w->chain, &e)) {
        case JOURNAL_ENTRY: break;
        case JOURNAL_BAD:
            refuse(error, folder, "damaged");
            return error_hint(error, "its first %zu bytes are sound", at);
        default: w->end = w->synced = at; return true;
        }
        struct place p = {start, (uint32_t)(at - start)};
        if (!take(context, &e, p))
            return error_set(error, ERROR_LIMIT, "memory ran out");
    }
}

static bool read_file(struct scribe *w, const char *folder, const char *build,
                      size_t length, bool *same, scribe_take *take,
                      void *context, struct error *error)
{
    void *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, w->file, 0);
    if (bytes == MAP_FAILED) return refuse(error, folder, strerror(errno));
    bool good = journal_open(bytes, length, build, same, &w->chain) ||
                refuse(error, folder, "no journal of this version");
    good = good && give_away(w, bytes, length, take, context, folder, error);
    munmap(bytes, length);
    if (!good) return false;
    if (ftruncate(w->file, (off_t)w->end) != 0 ||
        lseek(w->file, 0, SEEK_END) < 0)
        return refuse(error, folder, strerror(errno));
    return true;
}

static bool take_lock(struct scribe *w, const char *folder, struct error *error)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/lock", folder);
    w->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (w->lock < 0) return refuse(error, folder, strerror(errno));
    if (flock(w->lock, LOCK_EX | LOCK_NB) == 0) return true;
    return refuse(error, folder, "in use by another server");
}

bool scribe_open(struct scribe *w, const char *folder, const char *build,
                 bool *same, scribe_take *take, void *context,
                 struct error *error)
{
    char path[4096];
    struct stat about;
    *w = (struct scribe){
        .file = -1, .lock = -1, .waker = -1, .watcher.descriptor = -1};
    *same = true;
    snprintf(path, sizeof path, "%s/journal", folder);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return refuse(error, folder, strerror(errno));
    if (!take_lock(w, folder, error)) return false;
    w->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0600);
    if (w->file < 0 || fstat(w->file, &about) != 0)
        return refuse(error, folder, strerror(errno));
    /* One that was being written anew when the server ended is nothing. */
    snprintf(path, sizeof path, "%s/journal.new", folder);
    unlink(path);
    /* A head that was torn had no entry behind it. */
    if (about.st_size < JOURNAL_HEAD)
        return ftruncate(w->file, 0) == 0 && begin(w, folder, build, error);
    return read_file(w, folder, build, (size_t)about.st_size, same, take,
                     context, error);
}

/* ---- the thread ------------------------------------------------------- */

static void *sync_all(void *context)
{
    struct sync *s = context;
    pthread_mutex_lock(&s->mutex);
    while (!s->leaving) {
        if (s->wanted == s->done || s->error) {
            pthread_cond_wait(&s->wanted_more, &s->mutex);
            continue;
        }
        uint64_t upto = s->wanted;
        pthread_mutex_unlock(&s->mutex);
        int error = fdatasync(s->file) == 0 ? 0 : errno;
        pthread_mutex_lock(&s->mutex);
        s->error = error;
        s->count++;
        if (!error && upto > s->done) s->done = upto;
        uint64_t one = 1;
        if (write(s->waker, &one, sizeof one) < 0) continue;
    }
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

bool scribe_start(struct scribe *w, struct loop *l, void (*moved)(void *),
                  void *context)
{
    struct sync *s = &w->sync;
    w->waker = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->waker < 0) return false;
    *s = (struct sync){
        .file = w->file, .waker = w->waker, .wanted = w->end, .done = w->end};
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->wanted_more, NULL);
    s->started = pthread_create(&s->thread, NULL, sync_all, s) == 0;
    return s->started && loop_add(l, &w->watcher, w->waker, moved, context);
}

/* ---- in the loop ------------------------------------------------------ */

static void fail(struct scribe *w, int reason)
{
    w->failed = true;
    w->reason = reason;
}

static bool is_full(int reason)
{
    return reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
}

/* Room for the file to have so many bytes; a good deal more, where there is
 * more. Filesystems that cannot promise it are believed. */
static bool reserve(struct scribe *w, uint64_t size)
{
    enum { MORE = 1 << 20 };
    struct rlimit most;
    if (getrlimit(RLIMIT_FSIZE, &most) == 0 && size > most.rlim_cur)
        return false;
    if (size <= w->reserved) return true;
    off_t from = (off_t)w->reserved, least = (off_t)(size - w->reserved);
    if (fallocate(w->file, FALLOC_FL_KEEP_SIZE, from, least + MORE) == 0) {
        w->reserved = size + MORE;
        return true;
    }
    bool none = is_full(errno);
    if (none && fallocate(w->file, FALLOC_FL_KEEP_SIZE, from, least) != 0)
        return false;
    w->reserved = size;
    return true;
}

bool scribe_add(struct scribe *w, const struct entry *e, struct place *p)
{
    size_t before = w->pending.length;
    uint64_t chain = w->chain;
    if (w->failed || w->stuck) return false;
    if (!journal_add(&w->pending, e, &chain)) return false;
    uint64_t length = w->pending.length - before;
    if (!reserve(w, scribe_size(w) + length)) {
        w->pending.length = before;
        w->refusals++;
        return false;
    }
    w->chain = chain;
    *p = (struct place){w->end, (uint32_t)length};
    w->end += length;
    return true;
}

uint64_t scribe_size(const struct scribe *w) { return w->end - w->shift; }

/* What finds no room, although it was promised, waits; whoever waits for it
 * waits on, and nothing more is taken. */
static void write_pending(struct scribe *w)
{
    size_t done = 0;
    w->stuck = false;
    while (!w->failed && !w->stuck && done < w->pending.length) {
        ssize_t n =
            write(w->file, w->pending.at + done, w->pending.length - done);
        if (n > 0) done += (size_t)n;
        w->stuck = n < 0 && is_full(errno);
        if (n < 0 && errno != EINTR && !w->stuck) fail(w, errno);
    }
    w->pending.length -= done;
    if (done && w->pending.length)
        memmove(w->pending.at, w->pending.at + done, w->pending.length);
}

/* Bytes that the file has, of all. */
static uint64_t written_of(const struct scribe *w)
{
    return w->end - w->pending.length;
}

void scribe_turn(struct scribe *w)
{
    struct sync *s = &w->sync;
    uint64_t counted;
    write_pending(w);
    if (read(w->waker, &counted, sizeof counted) < 0 && w->synced == w->end)
        return;
    pthread_mutex_lock(&s->mutex);
    w->synced = s->done;
    w->syncs = s->count;
    if (s->error) fail(w, s->error);
    if (!w->failed && s->wanted != written_of(w)) {
        s->wanted = written_of(w);
        pthread_cond_signal(&s->wanted_more);
    }
    pthread_mutex_unlock(&s->mutex);
}

bool scribe_read(struct scribe *w, struct place p, struct text *room,
                 struct entry *e)
{
    write_pending(w);
    text_clear(room);
    return read_part(w->file, p.at - w->shift, p.length, room) &&
           journal_entry(room->at, room->length, e);
}

/* ---- another file ----------------------------------------------------- */

/* Entries of the file from a place on, as they are behind the chain. */
static bool chain_again(struct scribe *w, uint64_t from, uint64_t *chain,
                        struct text *out)
{
    struct text bytes = {0};
    uint64_t size = scribe_size(w);
    bool good = read_part(w->file, from, size - from, &bytes);
    for (size_t at = 0; good && at < bytes.length;) {
        struct entry e;
        size_t length = journal_length(bytes.at + at, bytes.length - at);
        good = length && journal_entry(bytes.at + at, length, &e) &&
               journal_add(out, &e, chain);
        at += length;
    }
    text_free(&bytes);
    return good;
}

/* Whoever waits for the disk may still wait for the old file: its descriptor
 * becomes the new one's under his hands. All is on disk, and the thread, which
 * may have nothing left to do, would not say so. */
static bool swap(struct scribe *w, int file, uint64_t size)
{
    struct sync *s = &w->sync;
    uint64_t one = 1;
    if (dup3(file, w->file, O_CLOEXEC) < 0) return false;
    pthread_mutex_lock(&s->mutex);
    s->wanted = s->done = w->end;
    pthread_mutex_unlock(&s->mutex);
    w->synced = w->end;
    w->shift = w->end - size;
    w->reserved = size;
    return !s->started || write(w->waker, &one, sizeof one) > 0 ||
           errno == EAGAIN;
}

bool scribe_take_over(struct scribe *w, const char *folder, int file,
                      uint64_t length, uint64_t copied, uint64_t chain)
{
    char from[4096], to[4096];
    struct text tail = {0};
    snprintf(from, sizeof from, "%s/journal.new", folder);
    snprintf(to, sizeof to, "%s/journal", folder);
    write_pending(w);
    bool good = !w->failed && !w->stuck &&
                chain_again(w, copied - w->shift, &chain, &tail);
    uint64_t size = length + tail.length;
    good = good && write_whole(file, tail.at ? tail.at : "", tail.length) &&
           fsync(file) == 0 && rename(from, to) == 0;
    text_free(&tail);
    if (!good) return false;
    /* From here on there is no way back. */
    w->chain = chain;
    if (sync_folder(folder) && swap(w, file, size)) return true;
    fail(w, errno);
    return false;
}

void scribe_close(struct scribe *w)
{
    struct sync *s = &w->sync;
    write_pending(w);
    if (s->started) {
        pthread_mutex_lock(&s->mutex);
        s->leaving = true;
        pthread_cond_signal(&s->wanted_more);
        pthread_mutex_unlock(&s->mutex);
        pthread_join(s->thread, NULL);
    }
    if (w->file >= 0) {
        fdatasync(w->file);
        close(w->file);
    }
    if (w->lock >= 0) close(w->lock);
    if (w->waker >= 0) close(w->waker);
    text_free(&w->pending);
    *w = (struct scribe){.file = -1, .lock = -1, .waker = -1};
}
