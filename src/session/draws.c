/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes draws files: see draws.h. Lines gather in memory and are written
 * when they are many, when they are old, or when draws come so slowly that a
 * system call for each does not matter.
 */
#include "session/draws.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/confine.h"
#include "eval/print.h"

enum {
    WRITE_BYTES = 1 << 16,
    WRITE_AGE = 100 * 1000 * 1000, /* ns */
    WRITE_PACE = 5 * 1000 * 1000   /* ns between draws that are slow */
};

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool no_memory(struct draws *d, struct error *error)
{
    return error_set(error, ERROR_LIMIT, "%s: no memory left for draws",
                     d->path ? d->path : "draws file");
}

/* ---- to disk ---------------------------------------------------------- */

static bool fail(struct draws *d, const char *what, int reason,
                 struct error *error)
{
    d->failed = true;
    error_set(error, ERROR_IO, "%s: %s: %s", d->path, what, strerror(reason));
    if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG) {
        error_hint(error, "the draws before this one are in the file");
    }
    return false;
}

static bool flush(struct draws *d, struct error *error)
{
    size_t done = 0;
    while (done < d->lines.length) {
        ssize_t n = write(d->file, d->lines.at + done, d->lines.length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            int reason = errno;
            while (done > 0 && d->lines.at[done - 1] != '\n') done--;
            /* a device cannot be cut; it says so and that is all */
            if (ftruncate(d->file, d->length + (int64_t)done) == 0) {
                d->length += (int64_t)done;
            }
            return fail(d, "cannot be written", reason, error);
        }
        done += (size_t)n;
    }
    d->length += (int64_t)done;
    d->last_write = now();
    text_clear(&d->lines);
    return true;
}

/* ---- opening and closing ---------------------------------------------- */

static char *path_of(const char *stem, int chain)
{
    struct text path = {0};
    size_t length = strlen(stem);
    if (length > 4 && strcmp(stem + length - 4, ".csv") == 0) length -= 4;
    if (text_add(&path, stem, length) && text_printf(&path, "_%d.csv", chain)) {
        return path.at;
    }
    text_free(&path);
    return NULL;
}

bool draws_open(struct draws *d, const char *stem, int chain,
                struct error *error)
{
    *d = (struct draws){.file = -1, .path = path_of(stem, chain)};
    if (!d->path) return no_memory(d, error);
    d->file =
        confined_open(d->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (d->file < 0) {
        fail(d, "cannot be created", errno, error);
        draws_close(d, NULL);
        return false;
    }
    d->last_write = d->last_add = now();
    return true;
}

bool draws_close(struct draws *d, struct error *error)
{
    struct error unheard;
    bool good = true;
    if (!error) error = &unheard;
    if (d->path && d->file >= 0) {
        if (!d->failed && d->lines.length > 0) good = flush(d, error);
        if (close(d->file) != 0 && good && errno != EINTR) {
            good = fail(d, "cannot be closed", errno, error);
        }
    }
    text_free(&d->lines);
    text_free(&d->head);
    free(d->path);
    *d = (struct draws){.file = -1};
    return good;
}

/* ---- lines ------------------------------------------------------------ */

/* The end of a line that has been put together from `start` on: all of it
 * stays, or, when `good` says that memory ran out, nothing. */
static bool end_line(struct draws *d, size_t start, bool good,
                     struct error *error)
{
    if (good && text_puts(&d->lines, "\n")) return true;
    d->lines.length = start;
    if (d->lines.at) d->lines.at[start] = 0;
    return no_memory(d, error);
}

static bool is_open(struct draws *d, struct error *error)
{
    if (d->path && d->file >= 0 && !d->failed) return true;
    if (d->failed && error->kind) return false; /* that is why */
    return error_set(error, ERROR_IO, "%s: not open, or failed before",
                     d->path ? d->path : "draws file");
}

bool draws_note(struct draws *d, const char *lines, struct error *error)
{
    if (!is_open(d, error)) return false;
    while (*lines) {
        size_t length = strcspn(lines, "\r\n"), start = d->lines.length;
        bool good =
            text_puts(&d->lines, "# ") && text_add(&d->lines, lines, length);
        if (!end_line(d, start, good, error)) return false;
        lines += length + (lines[length] != 0);
    }
    return true;
}

bool draws_key(struct draws *d, const char *key, const char *text,
               struct error *error)
{
    if (!is_open(d, error)) return false;
    size_t start = d->lines.length;
    bool good = text_printf(&d->lines, "# %s = %s", key, text);
    for (size_t i = start; good && i < d->lines.length; i++) {
        if (strchr("\r\n", d->lines.at[i])) d->lines.at[i] = ' ';
    }
    return end_line(d, start, good, error);
}

bool draws_header(struct draws *d, const char *const *names, size_t count,
                  struct error *error)
{
    if (!is_open(d, error)) return false;
    size_t start = d->lines.length;
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        good = (i == 0 || text_puts(&d->lines, ",")) &&
               text_puts(&d->lines, names[i]);
    }
    d->width = count;
    if (!end_line(d, start, good, error)) return false;
    if (!d->length && !text_add(&d->head, d->lines.at, d->lines.length))
        return no_memory(d, error);
    return flush(d, error);
}

bool draws_mend(struct draws *d, const char *key, int width, uint64_t n,
                struct error *error)
{
    char digits[48];
    const char *at = d->head.at ? strstr(d->head.at, key) : NULL;
    if (d->file < 0 || d->failed || !at) return true;
    off_t place = (off_t)(at - d->head.at) + (off_t)strlen(key);
    snprintf(digits, sizeof digits, "%-*" PRIu64, width, n);
    if (pwrite(d->file, digits, (size_t)width, place) < 0 && errno != ESPIPE)
        return fail(d, "cannot be written", errno, error);
    return true;
}

/* Whole numbers without a point; whatever reads CSV knows inf and nan. */
static bool add_number(struct text *line, double x)
{
    char buffer[32];
    print_double(buffer, x);
    size_t length = strlen(buffer);
    if (fabs(x) < 1e15 && x == rint(x)) length -= 2;
    return text_add(line, buffer, length);
}

bool draws_add(struct draws *d, const double *numbers, size_t count,
               struct error *error)
{
    if (!is_open(d, error)) return false;
    if (count != d->width) {
        return error_set(error, ERROR_ENGINE,
                         "%s: a draw of %zu numbers under a header of %zu",
                         d->path, count, d->width);
    }
    size_t start = d->lines.length;
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        good = (i == 0 || text_puts(&d->lines, ",")) &&
               add_number(&d->lines, numbers[i]);
    }
    if (!end_line(d, start, good, error)) return false;
    int64_t time = now();
    bool due = d->lines.length >= WRITE_BYTES ||
               time - d->last_write >= WRITE_AGE ||
               time - d->last_add >= WRITE_PACE;
    d->last_add = time;
    return !due || flush(d, error);
}
