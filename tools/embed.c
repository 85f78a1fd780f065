/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes files as C source: `embed library eval/library.h lib/a.church ... `
 * gives the table library_files that src/eval/library.h declares. Compiled and
 * run by the
 * Makefile before anything else. May assume a C library and nothing more;
 * must not know what is in the files.
 */
#include <stdio.h>
#include <stdlib.h>

enum { TABLE = 1, HEADER, FILES };

static int fail(const char *what, const char *name)
{
    fprintf(stderr, "embed: %s ", what);
    perror(name);
    return EXIT_FAILURE;
}

/* One array of bytes. A string literal would meet the standard's limit on
 * its length. */
static int write_bytes(FILE *in, int number, unsigned long *length)
{
    int c, column = 0;
    printf("static const char text_%d[] = {", number);
    for (*length = 0; (c = getc(in)) != EOF; ++*length) {
        if (column++ % 16 == 0) printf("\n   ");
        /* char may be signed: bytes above 127 are written as it holds them. */
        printf(" %d,", (signed char)c);
    }
    printf("\n    0};\n\n");
    return ferror(in);
}

int main(int count, char **names)
{
    unsigned long *lengths = calloc((size_t)count, sizeof *lengths);
    if (!lengths) return fail("no memory for", "the table");
    if (count < FILES) return fail("usage: embed", "TABLE HEADER FILE...");
    printf("/* Written by tools/embed.c. */\n#include \"%s\"\n\n",
           names[HEADER]);
    for (int i = FILES; i < count; i++) {
        FILE *in = fopen(names[i], "rb");
        if (!in) return fail("cannot open", names[i]);
        if (write_bytes(in, i, &lengths[i]))
            return fail("cannot read", names[i]);
        fclose(in);
    }
    printf("const struct embedded_file %s_files[] = {\n", names[TABLE]);
    for (int i = FILES; i < count; i++)
        printf("    {\"%s\", text_%d, %luul},\n", names[i], i, lengths[i]);
    printf("    {0, 0, 0}};\n");
    printf("const unsigned %s_file_count = %d;\n", names[TABLE], count - FILES);
    free(lengths);
    return fflush(stdout) ? fail("cannot write", "standard output") : 0;
}
