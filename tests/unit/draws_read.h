/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For tests of chains: what a program draws, as columns with their names, by
 * way of a draws file.
 */
#ifndef VST_TESTS_DRAWS_READ_H
#define VST_TESTS_DRAWS_READ_H

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "infer/diagnostics.h"
#include "session_open.h"

enum { DRAWS_COLUMNS = 64, DRAWS_MOST = 20000 };

struct drawn_columns {
    char names[DRAWS_COLUMNS][40];
    double *at[DRAWS_COLUMNS];
    size_t count, draws;
    double step; /* that warmup ended with; NaN: none was written */
};

static inline void drawn_free(struct drawn_columns *d)
{
    for (size_t i = 0; i < d->count; i++) free(d->at[i]);
    d->count = 0;
}

static inline void drawn_header(struct drawn_columns *d, char *line)
{
    for (char *word; (word = strsep(&line, ",\n"));) {
        if (!*word) continue;
        assert_true(d->count < DRAWS_COLUMNS);
        snprintf(d->names[d->count], sizeof *d->names, "%s", word);
        d->at[d->count] = calloc(DRAWS_MOST, sizeof(double));
        assert_non_null(d->at[d->count++]);
    }
}

static inline void drawn_line(struct drawn_columns *d, char *line)
{
    if (line[0] == '#') {
        sscanf(line, "# Step size = %lf", &d->step);
        return;
    }
    if (!d->count) {
        drawn_header(d, line);
        return;
    }
    assert_true(d->draws < DRAWS_MOST);
    for (size_t i = 0; i < d->count; i++)
        d->at[i][d->draws] = strtod(strsep(&line, ",\n"), NULL);
    d->draws++;
}

/* Runs `program`, in which %s stands for the draws file's name, as a chain. */
static inline struct drawn_columns drawn(const char *program, uint64_t seed)
{
    struct drawn_columns d = {.step = NAN};
    char path[] = "/tmp/vestige-drawn-XXXXXX", file[64], text[8192];
    static char line[1 << 16];
    int made = mkstemp(path);
    assert_true(made >= 0);
    close(made);
    assert_true(snprintf(text, sizeof text, program, path) < (int)sizeof text);
    session_close(open_with(text, seed));
    snprintf(file, sizeof file, "%s_1.csv", path);
    FILE *f = fopen(file, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) drawn_line(&d, line);
    fclose(f);
    unlink(file);
    unlink(path);
    return d;
}

static inline const double *drawn_column(const struct drawn_columns *d,
                                         const char *name)
{
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->names[i], name) == 0) return d->at[i];
    fail_msg("no column %s", name);
    return NULL;
}

static inline struct diagnostics drawn_diagnostics(const double *x, size_t n)
{
    struct diagnostics out;
    assert_true(diagnose((struct chains){x, 1, n}, &out));
    return out;
}

#endif
