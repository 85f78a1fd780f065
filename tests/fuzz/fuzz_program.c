/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any bytes as a whole program, with a limit on steps and memory: each
 * directive is done or refused with one error, and after the error the
 * session still does what it did before. The first byte chooses the seed,
 * and now and then makes an allocation fail.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "session/session.h"

enum { STEPS = 300000, MEMORY = 300 << 20 };

/* Files are not to be written, nor devices read. */
static bool is_harmless(const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i + 4 <= length; i++)
        if (!strncasecmp((const char *)bytes + i, "save", 4)) return false;
    return !memmem(bytes, length, ":out", 4) &&
           !memmem(bytes, length, "/dev", 4) &&
           !memmem(bytes, length, "/proc", 5);
}

static bool take(void *context, const struct answer *a)
{
    struct text out = {0};
    (void)context;
    answer_print(a, &out);
    answer_print_json(a, &out);
    text_free(&out);
    return true;
}

static void run(struct session *s, const struct source *source)
{
    char words[3000];
    if (session_run(s, source)) return;
    struct error *error = session_error(s);
    if (error->kind == ERROR_NONE || !error->message[0]) abort();
    if (error->kind == ERROR_ENGINE) abort(); /* a fault of ours */
    error_format(error, true, words, sizeof words);
}

/* What must work after anything: a new directive, and its end. */
static void still_works(struct session *s)
{
    static const char text[] = "PREDICT 3"; /* + may be another now */
    struct source after = {"after", text, sizeof text - 1};
    s->machine->steps_left = 10 * STEPS;
    if (s->leaving) return;
    if (!session_run(s, &after) && session_error(s)->kind != ERROR_LIMIT)
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length)
{
    if (length < 1 || !is_harmless(bytes, length)) return 0;
    memory_init(1 << 20);
    size_t mark = memory_mark();
    struct error error;
    error_clear(&error);
    struct session_options options = {
        .seed = bytes[0], .seeded = true, .hooks = {.answer = take}};
    struct session *s = session_open(&options, &error);
    if (!s) abort();
    struct source source = {"fuzz", (const char *)bytes + 1, length - 1};
    memory_limit_set(memory_in_use() + MEMORY);
    s->machine->steps_left = STEPS;
    bool failing = bytes[0] % 8 == 7;
    if (failing) memory_fail_after(200 + bytes[0]);
    run(s, &source);
    memory_fail_after(0);
    if (!failing) still_works(s);
    session_close(s);
    memory_limit_set(0);
    memory_rewind(mark);
    return 0;
}
