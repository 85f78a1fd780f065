/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The standard library's text: the files of lib/, written into the binary
 * when it is built (tools/embed.c), in the order of their names. Knows
 * nothing of what the texts mean.
 *
 * Ownership: constants of the program, there for the life of the process.
 */
#ifndef VST_EVAL_LIBRARY_H
#define VST_EVAL_LIBRARY_H

struct library_file {
    const char *name; /* "lib/lists.church": what errors and HELP show */
    const char *text; /* zero-ended too */
    unsigned long length;
};

extern const struct library_file library_files[];
extern const unsigned library_file_count;

#endif
