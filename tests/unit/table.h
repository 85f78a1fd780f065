/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables of references: tests/reference/NAME.csv, a name and numbers a line.
 */
#ifndef VST_TESTS_TABLE_H
#define VST_TESTS_TABLE_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number, or NaN for an empty field; moves past the comma. */
static inline double field(char **at)
{
    char *end, *comma = strchr(*at, ',');
    double x = strtod(*at, &end);
    if (end == *at) x = NAN;
    *at = comma ? comma + 1 : *at + strlen(*at);
    return x;
}

/* The name at the beginning of a line; *at moves to the first number. It is
 * empty when there is none of this length. */
static inline void name_field(char *line, char *name, size_t size, char **at)
{
    char *comma = strchr(line, ',');
    bool good = comma && comma - line < (int)size;
    snprintf(name, size, "%.*s", good ? (int)(comma - line) : 0, line);
    *at = good ? comma + 1 : line;
}

/* The table lies beside the sources, wherever the program was built: `here` is
 * the file that asks. NULL, and said: there is no such table. */
static inline FILE *table_open(const char *here, const char *name)
{
    char path[4096];
    const char *slash = strrchr(here, '/');
    snprintf(path, sizeof path, "%.*s/../reference/%s",
             slash ? (int)(slash - here) : 1, slash ? here : ".", name);
    FILE *file = fopen(path, "r");
    if (!file) fprintf(stderr, "no %s\n", path);
    return file;
}

#endif
