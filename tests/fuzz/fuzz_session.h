/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For targets that put bytes into a session: one that has run a program, with
 * a limit of memory, and its end.
 */
#ifndef VST_TESTS_FUZZ_SESSION_H
#define VST_TESTS_FUZZ_SESSION_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "session/file.h"
#include "session/session.h"

enum { MEMORY = 300 << 20 };

static inline void expect(bool holds)
{
    if (!holds) abort();
}

/* Might they open files of the system, or write any? */
static inline bool reaches_out(const unsigned char *bytes, size_t length)
{
    return memmem(bytes, length, "/dev", 4) ||
           memmem(bytes, length, "/proc", 5) ||
           memmem(bytes, length, ":out", 4);
}

/* The source and the program must outlive it. */
static inline struct session *fuzz_open(struct source *source,
                                        const char *program, size_t *mark)
{
    struct error error = {0};
    struct session_options options = {.seed = 1, .seeded = true};
    memory_init(1 << 20);
    *mark = memory_mark();
    struct session *s = session_open(&options, &error);
    expect(s != NULL);
    memory_limit_set(memory_in_use() + MEMORY);
    *source = (struct source){"fuzz", program, strlen(program)};
    expect(session_run(s, source));
    return s;
}

static inline void fuzz_close(struct session *s, size_t mark)
{
    session_close(s);
    memory_limit_set(0);
    memory_rewind(mark);
}

#endif
