/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SAVE and RESTORE: a session to a file and back, as a checkpoint. What SAVE
 * writes is first read in a process beside this one: a file that would not
 * come back is not written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/confine.h"
#include "session/checkpoint.h"
#include "session/command.h"
#include "session/file.h"

/* NULL with the session's error. */
static const char *path_of(struct session *s, const struct request *q,
                           const char *word)
{
    const struct syntax *name = q->arguments[0];
    if (name->kind == SYNTAX_ATOM && is_string(name->datum)) {
        const char *path = text_of(name->datum);
        if (*path && strlen(path) == as_string(name->datum)->head.size)
            return path;
    }
    session_fail(s, name->span, ERROR_USE,
                 "%s takes the name of a file, in quotes", word);
    return NULL;
}

/* ---- SAVE ------------------------------------------------------------- */

/* Beside it, on disk, then in its place: there is an old one or a new one. */
static bool write_file(const char *path, const struct text *bytes)
{
    char beside[4096];
    if (!confine_may_write()) return false;
    if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside) {
        errno = ENAMETOOLONG;
        return false;
    }
    FILE *f = confined_create(beside);
    bool good = f && fwrite(bytes->at, 1, bytes->length, f) == bytes->length &&
                fflush(f) == 0 && fsync(fileno(f)) == 0;
    int why = errno;
    if (f && fclose(f) != 0) good = false;
    if (good && rename(beside, path) == 0) return true;
    if (good) why = errno;
    if (f) unlink(beside);
    errno = why;
    return false;
}

bool command_save(struct session *s, const struct request *q, struct answer *a)
{
    const char *path = path_of(s, q, "SAVE");
    struct text bytes = {0};
    bool good = path && checkpoint_write(s, CHECKPOINT_PROGRAM, &bytes) &&
                checkpoint_comes_back(s, &bytes);
    if (good && !write_file(path, &bytes))
        good =
            session_fail(s, q->arguments[0]->span, ERROR_IO,
                         "%.200s cannot be written: %s", path, strerror(errno));
    /* From here on it goes on as the one that comes back. */
    good = good && checkpoint_read(s, bytes.at, bytes.length);
    text_free(&bytes);
    if (good) answer_string(a, "saved", "file", path);
    return good;
}

/* ---- RESTORE ---------------------------------------------------------- */

static bool read_file(const char *path, struct text *out)
{
    char part[4096];
    int f = confined_open(path, O_RDONLY | O_CLOEXEC, 0);
    ssize_t n = f < 0 ? -1 : 1;
    while (n > 0) {
        n = read(f, part, sizeof part);
        if (n > 0 && !text_add(out, part, (size_t)n)) {
            errno = ENOMEM;
            n = -1;
        }
    }
    int why = errno;
    if (f >= 0) close(f);
    errno = why;
    return n == 0;
}

bool command_restore(struct session *s, const struct request *q,
                     struct answer *a)
{
    const char *path = path_of(s, q, "RESTORE");
    struct text bytes = {0};
    if (!path) return false;
    bool good = read_file(path, &bytes);
    if (!good)
        session_fail(s, q->arguments[0]->span, ERROR_IO, "%.200s: %s", path,
                     strerror(errno));
    else if (!(good = checkpoint_read(s, bytes.at ? bytes.at : "",
                                      bytes.length))) {
        struct error e = *session_error(s);
        session_fail(s, q->arguments[0]->span, e.kind, "%.200s: %s", path,
                     e.message);
        if (*e.hint) error_hint(session_error(s), "%s", e.hint);
    }
    text_free(&bytes);
    if (good) answer_string(a, "restored", "file", path);
    return good;
}
