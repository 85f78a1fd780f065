/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files that are written into the binary when it is built (tools/embed.c):
 * the standard library, the page of the display. Knows nothing of what is in
 * them.
 *
 * Ownership: constants of the program, there for the life of the process.
 */
#ifndef VST_BASE_EMBEDDED_H
#define VST_BASE_EMBEDDED_H

struct embedded_file {
    const char *name; /* as it was found: "lib/lists.church" */
    const char *text; /* zero-ended too */
    unsigned long length;
};

#endif
