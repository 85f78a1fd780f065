/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading programs from files: see file.h.
 */
#include "session/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

enum { FIRST_ROOM = 1 << 16 };

static struct source *refuse(struct error *error, enum error_kind kind,
                             const char *name, const char *why)
{
    error_set(error, kind, "%.200s: %s", name, why);
    return NULL;
}

static struct source *out_of_memory(struct error *error, const char *name)
{
    return refuse(error, ERROR_LIMIT, name, "memory ran out while reading");
}

/* Spans count bytes in 32 bits. */
static struct source *make(const char *name, const char *text, size_t length,
                           struct error *error)
{
    if (length >= UINT32_MAX)
        return refuse(error, ERROR_LIMIT, name, "longer than 4 GB");
    struct source *source = memory_new(sizeof *source);
    char *kept = memory_new_atomic(strlen(name) + 1);
    if (!source || !kept) return out_of_memory(error, name);
    strcpy(kept, name);
    *source = (struct source){.name = kept, .text = text, .length = length};
    return source;
}

struct source *source_from_text(const char *name, const char *text,
                                size_t length, struct error *error)
{
    char *copy = memory_new_atomic(length + 1);
    if (!copy) return out_of_memory(error, name);
    memcpy(copy, text, length);
    return make(name, copy, length, error);
}

/* Reads to the end in blocks that double; a file that says its size gets
 * all of it at once. */
static struct source *read_all(int fd, const char *name, size_t expected,
                               const struct patience *p, struct error *error)
{
    size_t room = expected ? expected + 1 : FIRST_ROOM, length = 0;
    char *text = memory_new_atomic(room);
    while (text) {
        if (!input_wait(fd, p)) {
            memory_free(text);
            return NULL;
        }
        ssize_t got = read(fd, text + length, room - length);
        if (got < 0 && errno == EINTR)
            return refuse(error, ERROR_CANCEL, name, "stopped");
        if (got < 0) return refuse(error, ERROR_IO, name, strerror(errno));
        if (got == 0) break;
        length += (size_t)got;
        if (length < room) continue;
        char *wider = memory_new_atomic(2 * room);
        if (!wider) return out_of_memory(error, name);
        memcpy(wider, text, length);
        memory_free(text);
        text = wider;
        room *= 2;
    }
    if (!text) return out_of_memory(error, name);
    const char *zero = memchr(text, 0, length);
    if (zero) {
        error_set(error, ERROR_IO, "%.200s: not a text: its byte %zu is zero",
                  name, (size_t)(zero - text) + 1);
        return NULL;
    }
    return make(name, text, length, error);
}

struct source *source_from_file(const char *path, const struct patience *p,
                                struct error *error)
{
    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, "<stdin>", 0, p, error);
    int fd = input_open(path);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) < 0) {
        int why = errno;
        if (fd >= 0) close(fd);
        return refuse(error, ERROR_IO, path, strerror(why));
    }
    struct source *source = NULL;
    if (S_ISDIR(about.st_mode))
        refuse(error, ERROR_IO, path, "a directory, not a program");
    else
        source = read_all(fd, path, (size_t)about.st_size, p, error);
    close(fd);
    return source;
}
