/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For tests of engines: a session that a test may trust to be open, and
 * programs run in it. A text must outlive its session: spans point into it.
 */
#ifndef VST_TESTS_SESSION_OPEN_H
#define VST_TESTS_SESSION_OPEN_H

#include "base/memory.h"
#include "session/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline struct session *open_engine(const char *engine, uint64_t seed)
{
    struct session_options o = {.engine = engine,
                                .seed = seed,
                                .seeded = true,
                                .initial_heap = 8 << 20};
    struct error error = {0};
    struct session *s = session_open(&o, &error);
    if (!s) fail_msg("%s", error.message);
    return s;
}

static inline bool run_text(struct session *s, const char *text)
{
    struct source *source = memory_new(sizeof *source);
    *source = (struct source){"test", text, strlen(text)};
    return session_run(s, source);
}

/* The reduced trace of a program. */
static inline struct session *open_with(const char *text, uint64_t seed)
{
    struct session *s = open_engine("reduced", seed);
    if (!run_text(s, text)) fail_msg("%s\n%s", session_error(s)->message, text);
    return s;
}

#endif
