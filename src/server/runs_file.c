/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws of runs: a file of rows for each chain, and what its columns are; see
 * runs.h.
 */
#include "server/runs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "eval/print.h"
#include "server/server.h"

enum { ROWS_WAITING_MOST = 1 << 22 }; /* bytes of a chain, for the disk */

void run_path(const struct run *r, size_t chain, char *path, size_t size)
{
    snprintf(path, size, "%s/runs/%llu.%zu", r->runs->server->options.data,
             (unsigned long long)r->id, chain + 1);
}

bool runs_open(const struct server *server)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/runs", server->options.data);
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* The file of a chain, and how many rows are in it; a torn one is cut off. */
bool run_open_file(struct run *r, size_t i)
{
    char path[4096];
    struct stat about;
    struct run_chain *c = &r->chains[i];
    size_t row = r->width * sizeof(double);
    if (c->file >= 0) return true;
    run_path(r, i, path, sizeof path);
    c->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (c->file < 0 || fstat(c->file, &about) != 0) return false;
    c->stored = row ? (uint64_t)about.st_size / row : 0;
    return ftruncate(c->file, (off_t)(c->stored * row)) == 0 &&
           lseek(c->file, 0, SEEK_END) >= 0;
}

/* What finds no room waits. */
static void write_rows(struct run_chain *c)
{
    size_t done = 0;
    while (c->file >= 0 && done < c->rows.length) {
        ssize_t n = write(c->file, c->rows.at + done, c->rows.length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += (size_t)n;
    }
    c->rows.length -= done;
    if (done && c->rows.length)
        memmove(c->rows.at, c->rows.at + done, c->rows.length);
}

bool run_waits(const struct run *r)
{
    for (size_t i = 0; i < r->chain_count; i++)
        if (r->chains[i].rows.length > ROWS_WAITING_MOST) return true;
    return false;
}

void runs_write(struct runs *rs)
{
    for (struct run *r = rs->first; r; r = r->next)
        for (size_t i = 0; r->state == RUN_GOING && i < r->chain_count; i++)
            if (r->chains[i].rows.length) write_rows(&r->chains[i]);
}

int run_read_file(struct run *r, size_t i)
{
    char path[4096];
    if (!run_open_file(r, i)) return -1;
    if (r->chains[i].rows.length) write_rows(&r->chains[i]);
    run_path(r, i, path, sizeof path);
    return open(path, O_RDONLY | O_CLOEXEC);
}

bool run_rows(struct run *r, size_t chain, uint64_t from, uint64_t count,
              struct text *out, uint64_t *got)
{
    char part[4096];
    struct run_chain *c = &r->chains[chain];
    size_t row = r->width * sizeof(double);
    *got = 0;
    if (!row || !run_open_file(r, chain)) return true;
    if (c->rows.length) write_rows(c);
    if (from >= c->stored) return true;
    if (count > c->stored - from) count = c->stored - from;
    /* Rows that wait for room are not there yet. */
    uint64_t there = c->stored - (c->rows.length + row - 1) / row;
    if (from >= there) return true;
    if (count > there - from) count = there - from;
    uint64_t at = from * row, end = at + count * row;
    while (at < end) {
        size_t most = end - at < sizeof part ? end - at : sizeof part;
        ssize_t n = pread(c->file, part, most, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        if (!text_add(out, part, (size_t)n)) return false;
        at += (uint64_t)n;
    }
    *got = (at - from * row) / row;
    return true;
}

void run_unlink(struct run *r)
{
    char path[4096];
    r->unlinked = 0;
    for (size_t i = 0; i < r->chain_count; i++) {
        if (r->chains[i].file >= 0) close(r->chains[i].file);
        r->chains[i].file = -1;
        run_path(r, i, path, sizeof path);
        unlink(path);
    }
}

/* ---- columns ---------------------------------------------------------- */

const char *run_column_name(const struct run *r, size_t i)
{
    const char *at = r->names;
    while (i-- > 0) at += strlen(at) + 1;
    return at;
}

static struct column *column_of(const struct run *r, size_t chain, size_t i)
{
    struct column *all = r->chains[chain].columns;
    return all ? &all[i] : NULL;
}

static const char *kind_name(const struct run *r, size_t i)
{
    const struct column *c = column_of(r, 0, i);
    if (!c) return "number";
    if (c->lost) return "lost";
    if (c->levels.count) return "levels";
    static const char *const names[] = {[COLUMN_EMPTY] = "number",
                                        [COLUMN_BOOLEAN] = "boolean",
                                        [COLUMN_INTEGER] = "integer",
                                        [COLUMN_NUMBER] = "number",
                                        [COLUMN_LEVELS] = "levels"};
    return names[c->kind];
}

bool run_print_columns(const struct run *r, struct text *out)
{
    bool good = true;
    const char *name = r->names;
    for (size_t i = 0; good && i < r->width; i++) {
        good = text_puts(out, i ? ",{\"name\":" : "{\"name\":") &&
               print_json_string(out, name, strlen(name)) &&
               text_printf(out, ",\"kind\":\"%s\",\"of\":\"%s\"}",
                           kind_name(r, i), i < r->own ? "sampler" : "program");
        name += strlen(name) + 1;
    }
    return good;
}

bool run_print_number(const struct run *r, size_t chain, size_t i, double x,
                      struct text *out)
{
    struct column *c = column_of(r, chain, i);
    if (c && (c->levels.count || c->kind == COLUMN_BOOLEAN)) {
        struct column as = *c;
        if (as.levels.count) as.kind = COLUMN_LEVELS;
        return column_print_json(out, &as, x);
    }
    char digits[32];
    if (x - x != 0) return print_json(out, v_double(x));
    print_double(digits, x);
    return text_puts(out, digits);
}
