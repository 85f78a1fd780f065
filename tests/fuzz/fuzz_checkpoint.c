/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any bytes as a checkpoint whose hashes are right: a directive, the values of
 * choices, and what goes beside them. It is restored or refused with one error,
 * and what was there before is there again. Bytes as they are, too.
 */
#include "fuzz_session.h"

#include "session/checkpoint.h"
#include "session/journal.h"

enum { STEPS = 300000 };

static const char PROGRAM[] = "ASSUME x (normal 0 1)\nOBSERVE (normal x 1) 2\n";

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length);

/* The bytes in two or three parts, as what goes beside the program. */
static struct entry beside(const char *at, size_t length, bool draws)
{
    uint32_t third = (uint32_t)(length / 3);
    return (struct entry){.kind = draws ? ENTRY_KEPT : ENTRY_BACKGROUND,
                          .a = draws ? 0 : 1,
                          .b = third % 6,
                          .text = {at, third},
                          .key = {at + third, third},
                          .reply = {at + 2 * third, third}};
}

/* The first byte: how many of the rest are the directive; the last one: what
 * the others are. */
static struct text make(const unsigned char *bytes, size_t length)
{
    struct text out = {0}, words = {0};
    uint64_t chain;
    size_t split = length ? bytes[0] : 0;
    if (length && split > length - 1) split = length - 1;
    char zeros[72] = {1};
    text_add(&words, zeros, sizeof zeros);
    const char *rest = (const char *)bytes + 1 + split;
    size_t left = length ? length - 1 - split : 0;
    unsigned how = left ? bytes[length - 1] % 3 : 0;
    struct entry all[] = {
        {.kind = ENTRY_OPEN, .text = {"reduced", 7}},
        {.kind = ENTRY_DIRECTIVE,
         .a = 1,
         .text = {(const char *)bytes + 1, (uint32_t)split}},
        how ? beside(rest, left, how == 1)
            : (struct entry){.kind = ENTRY_KEPT, .text = {"x", 1}},
        {.kind = ENTRY_STATE,
         .b = 2,
         .text = {words.at, (uint32_t)words.length},
         .key = {rest, how ? 0 : (uint32_t)left}}};
    expect(journal_head(&out, "vestige " VST_VERSION, &chain));
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        expect(journal_add(&out, &all[i], &chain));
    text_free(&words);
    return out;
}

static void try_bytes(struct session *s, const char *at, size_t length)
{
    struct text before = {0}, after = {0};
    s->machine->steps_left = STEPS;
    expect(checkpoint_write(s, CHECKPOINT_ALL, &before));
    if (!checkpoint_read(s, at, length)) {
        const struct error *e = session_error(s);
        expect(e->kind != ERROR_NONE && e->message[0]);
        bool empty = strstr(e->hint, "it is empty") != NULL;
        bool limit = e->kind == ERROR_LIMIT || s->machine->steps_left <= 0;
        expect(checkpoint_write(s, CHECKPOINT_ALL, &after));
        if (!empty && !limit)
            expect(before.length == after.length &&
                   memcmp(before.at, after.at, before.length) == 0);
        expect(!empty || limit);
    }
    text_free(&before);
    text_free(&after);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length)
{
    struct source source;
    size_t mark;
    if (reaches_out(bytes, length)) return 0;
    struct session *s = fuzz_open(&source, PROGRAM, &mark);
    struct text made = make(bytes, length);
    try_bytes(s, (const char *)bytes, length);
    try_bytes(s, made.at, made.length);
    text_free(&made);
    fuzz_close(s, mark);
    return 0;
}
