/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of journals. Any bytes as a file: reading comes to an end, each
 * entry lies within them, and an entry that is written again gives the bytes
 * that it was read from. Any bytes as an entry whose hash is right: the same.
 */
#include "session/journal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) abort();
}

static void lies_within(struct bytes b, const char *at, size_t size)
{
    expect(b.at >= at && b.at + b.length <= at + size);
}

/* Read, written, and the same bytes but for the hash. */
static void goes_back(const struct entry *e, const char *at, size_t length)
{
    struct text again = {0};
    uint64_t chain = 0;
    expect(journal_add(&again, e, &chain));
    expect(again.length == length);
    expect(memcmp(again.at, at, 4) == 0);
    expect(memcmp(again.at + 12, at + 12, length - 12) == 0);
    text_free(&again);
}

static void read_file(const char *at, size_t size)
{
    uint64_t chain;
    bool same;
    size_t here = JOURNAL_HEAD, before = here;
    struct entry e;
    if (!journal_open(at, size, "build", &same, &chain)) return;
    while (journal_next(at, size, &here, &chain, &e) == JOURNAL_ENTRY) {
        expect(here > before && here <= size);
        lies_within(e.text, at, size);
        lies_within(e.key, at, size);
        lies_within(e.reply, at, size);
        goes_back(&e, at + before, here - before);
        before = here;
    }
}

/* With a head that is right, most bytes get further. */
static void read_behind_head(const char *at, size_t size)
{
    struct text file = {0};
    uint64_t chain;
    expect(journal_head(&file, "build", &chain) && text_add(&file, at, size));
    read_file(file.at, file.length);
    text_free(&file);
}

static void read_entry(const char *bytes, size_t size)
{
    struct entry e;
    if (size < 4) return;
    char *at = malloc(size);
    expect(at != NULL);
    memcpy(at, bytes, size);
    uint32_t whole = size >= 12 ? (uint32_t)size - 12 : 0;
    for (int i = 0; i < 4; i++) at[i] = (char)(whole >> 8 * i);
    if (journal_entry(at, size, &e)) {
        lies_within(e.text, at, size);
        lies_within(e.key, at, size);
        lies_within(e.reply, at, size);
        goes_back(&e, at, size);
    }
    free(at);
}

/* The bytes as three parts, written and read through the hashes. */
static void write_and_read(const char *at, size_t size)
{
    struct text file = {0};
    uint64_t chain, again;
    bool same;
    struct entry e, got;
    size_t third = size / 3, here = JOURNAL_HEAD;
    e = (struct entry){.kind = ENTRY_DO,
                       .session = size,
                       .text = {at, (uint32_t)third},
                       .key = {at + third, (uint32_t)third},
                       .reply = {at + 2 * third, (uint32_t)third}};
    expect(journal_head(&file, "build", &chain));
    expect(journal_add(&file, &e, &chain) && journal_add(&file, &e, &chain));
    expect(journal_open(file.at, file.length, "build", &same, &again) && same);
    for (int i = 0; i < 2; i++) {
        expect(journal_next(file.at, file.length, &here, &again, &got) ==
               JOURNAL_ENTRY);
        expect(got.text.length == third &&
               memcmp(got.reply.at, at + 2 * third, third) == 0);
    }
    expect(again == chain && here == file.length);
    text_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data;
    read_file(at, size);
    read_behind_head(at, size);
    read_entry(at, size);
    write_and_read(at, size);
    return 0;
}
