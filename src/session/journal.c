/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Entries as bytes and back: see journal.h. What is read may be anything.
 */
#include "session/journal.h"

#include <string.h>

#include "base/hash.h"

static const char MAGIC[8] = "vestige\n";

/* length, then hash; behind them kind, session, a, b and three lengths */
enum { FRAME = 12, FIXED = 4 + 3 * 8 + 3 * 4 };

static void put(unsigned char *to, uint64_t x, int bytes)
{
    for (int i = 0; i < bytes; i++) to[i] = (unsigned char)(x >> 8 * i);
}

static uint64_t get(const unsigned char *from, int bytes)
{
    uint64_t x = 0;
    for (int i = 0; i < bytes; i++) x |= (uint64_t)from[i] << 8 * i;
    return x;
}

static uint64_t chained(uint64_t chain, const char *bytes, size_t length)
{
    return hash_finish(hash_word(chain, hash_bytes(bytes, length)));
}

/* ---- writing ---------------------------------------------------------- */

bool journal_head(struct text *out, const char *build, uint64_t *chain)
{
    unsigned char head[JOURNAL_HEAD] = {0};
    memcpy(head, MAGIC, sizeof MAGIC);
    put(head + 8, JOURNAL_VERSION, 4);
    put(head + 16, hash_bytes(build, strlen(build)), 8);
    *chain = chained(0, (const char *)head, 24);
    put(head + 24, *chain, 8);
    return text_add(out, (const char *)head, sizeof head);
}

static bool add_all(struct text *out, const struct entry *e)
{
    unsigned char fixed[FRAME + FIXED] = {0}, *at = fixed + FRAME;
    const struct bytes *parts[] = {&e->text, &e->key, &e->reply};
    put(at, e->kind, 4);
    put(at + 4, e->session, 8);
    put(at + 12, e->a, 8);
    put(at + 20, e->b, 8);
    for (int i = 0; i < 3; i++) put(at + 28 + 4 * i, parts[i]->length, 4);
    if (!text_add(out, (const char *)fixed, sizeof fixed)) return false;
    for (int i = 0; i < 3; i++)
        if (!text_add(out, parts[i]->at, parts[i]->length)) return false;
    return true;
}

bool journal_add(struct text *out, const struct entry *e, uint64_t *chain)
{
    size_t start = out->length;
    uint64_t whole =
        (uint64_t)FIXED + e->text.length + e->key.length + e->reply.length;
    if (whole > UINT32_MAX || !add_all(out, e)) {
        out->length = start;
        return false;
    }
    unsigned char *frame = (unsigned char *)out->at + start;
    *chain = chained(*chain, out->at + start + FRAME, whole);
    put(frame, whole, 4);
    put(frame + 4, *chain, 8);
    return true;
}

/* ---- reading ---------------------------------------------------------- */

bool journal_open(const char *bytes, size_t length, const char *build,
                  bool *same, uint64_t *chain)
{
    const unsigned char *head = (const unsigned char *)bytes;
    if (length < JOURNAL_HEAD || memcmp(bytes, MAGIC, sizeof MAGIC) != 0)
        return false;
    *chain = chained(0, bytes, 24);
    *same = get(head + 16, 8) == hash_bytes(build, strlen(build));
    return get(head + 8, 4) == JOURNAL_VERSION && get(head + 24, 8) == *chain;
}

/* Three parts that fill the rest exactly. */
static bool get_parts(const char *from, size_t length, struct entry *e)
{
    struct bytes *parts[] = {&e->text, &e->key, &e->reply};
    const char *at = from + FIXED;
    uint64_t left = length - FIXED;
    for (int i = 0; i < 3; i++) {
        uint64_t n = get((const unsigned char *)from + 28 + 4 * i, 4);
        if (n > left) return false;
        *parts[i] = (struct bytes){at, (uint32_t)n};
        at += n;
        left -= n;
    }
    return left == 0;
}

static bool get_entry(const char *body, size_t length, struct entry *e)
{
    const unsigned char *fixed = (const unsigned char *)body;
    uint64_t kind = get(fixed, 4);
    if (kind < ENTRY_OPEN || kind >= ENTRY_KINDS) return false;
    *e = (struct entry){.kind = (enum entry_kind)kind,
                        .session = get(fixed + 4, 8),
                        .a = get(fixed + 12, 8),
                        .b = get(fixed + 20, 8)};
    return get_parts(body, length, e);
}

bool journal_entry(const char *bytes, size_t length, struct entry *e)
{
    return length >= FRAME + FIXED &&
           get((const unsigned char *)bytes, 4) == length - FRAME &&
           get_entry(bytes + FRAME, length - FRAME, e);
}

size_t journal_length(const char *bytes, size_t length)
{
    if (length < FRAME) return 0;
    uint64_t whole = FRAME + get((const unsigned char *)bytes, 4);
    return whole <= length ? (size_t)whole : 0;
}

/* A system that went down may leave a file longer than what was written. */
static bool is_zero(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i]) return false;
    return true;
}

enum journal_read journal_next(const char *bytes, size_t length, size_t *at,
                               uint64_t *chain, struct entry *e)
{
    if (*at >= length) return JOURNAL_END;
    if (length - *at < FRAME) return JOURNAL_TORN;
    const unsigned char *frame = (const unsigned char *)bytes + *at;
    uint64_t whole = get(frame, 4);
    if (whole < FIXED)
        return is_zero(bytes + *at, length - *at) ? JOURNAL_TORN : JOURNAL_BAD;
    if (whole > length - *at - FRAME) return JOURNAL_TORN;
    const char *body = bytes + *at + FRAME;
    uint64_t next = chained(*chain, body, whole);
    if (next != get(frame + 4, 8) || !get_entry(body, whole, e))
        return whole == length - *at - FRAME ? JOURNAL_TORN : JOURNAL_BAD;
    *chain = next;
    *at += FRAME + whole;
    return JOURNAL_ENTRY;
}
