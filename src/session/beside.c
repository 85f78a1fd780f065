/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws and the background in a checkpoint: see beside.h.
 */
#include "session/beside.h"

#include <stdlib.h>
#include <string.h>

#include "session/counts.h"
#include "session/file.h"
#include "session/kept.h"
#include "session/order.h"

enum { COLUMN_LOST = 1 << 8, BACKGROUND_WORDS = 7 };

static bool refuse(struct session *s)
{
    return error_set(session_error(s), ERROR_IO,
                     "that is no checkpoint of this version");
}

static struct bytes bytes_of(const char *at, size_t length)
{
    return (struct bytes){at ? at : "", (uint32_t)length};
}

static bool add(struct session *s, const struct entry *e, uint64_t *chain,
                struct text *out)
{
    return journal_add(out, e, chain) || machine_no_memory(s->machine);
}

/* ---- draws ------------------------------------------------------------ */

static bool put_levels(const struct levels *l, struct text *out)
{
    bool good = true;
    for (size_t i = 0; good && i < l->count; i++)
        good = text_add(out, l->at[i].shown, strlen(l->at[i].shown) + 1) &&
               text_add(out, l->at[i].json, strlen(l->at[i].json) + 1);
    return good;
}

static bool write_column(struct session *s, const struct column *c,
                         uint64_t *chain, struct text *out)
{
    struct text levels = {0};
    size_t size = c->length * sizeof *c->at;
    bool good = (put_levels(&c->levels, &levels) && size < UINT32_MAX / 2 &&
                 levels.length < UINT32_MAX / 4) ||
                machine_no_memory(s->machine);
    struct entry e = {.kind = ENTRY_KEPT,
                      .a = c->chains,
                      .b = (uint64_t)c->kind | (c->lost ? COLUMN_LOST : 0),
                      .text = bytes_of(c->name, strlen(c->name)),
                      .key = bytes_of((const char *)c->at, size),
                      .reply = bytes_of(levels.at, levels.length)};
    good = good && add(s, &e, chain, out);
    text_free(&levels);
    return good;
}

static bool get_levels(struct levels *l, struct bytes from)
{
    const char *at = from.at, *end = from.at + from.length;
    while (at < end) {
        const char *json = memchr(at, 0, (size_t)(end - at));
        if (!json || !memchr(json + 1, 0, (size_t)(end - json - 1)))
            return false;
        size_t code, known = l->count;
        if (!levels_code_text(l, at, json + 1, &code) || code != known)
            return false;
        at = json + 1 + strlen(json + 1) + 1;
    }
    return true;
}

static bool get_draws(struct column *c, struct bytes from)
{
    for (size_t i = 0; i < from.length / sizeof(double); i++) {
        double x;
        memcpy(&x, from.at + i * sizeof x, sizeof x);
        bool fits =
            c->kind != COLUMN_LEVELS ||
            (x >= 0 && x < (double)c->levels.count && x == (double)(size_t)x);
        if (!fits || !column_push(c, x)) return false;
    }
    return from.length % sizeof(double) == 0;
}

static bool read_column(struct session *s, const struct entry *e)
{
    struct kept *k = &s->kept;
    struct column c, *wider;
    char *name = strndup(e->text.at, e->text.length);
    bool good = name && column_open(&c, name);
    free(name);
    if (!good) return machine_no_memory(s->machine);
    c.kind = (enum column_kind)(e->b & 0xff);
    c.lost = e->b & COLUMN_LOST;
    c.chains = e->a;
    good = c.kind <= COLUMN_LEVELS && get_levels(&c.levels, e->reply) &&
           get_draws(&c, e->key) && c.chains <= CHAINS_MAX &&
           (!c.chains || c.length % c.chains == 0);
    wider = good ? realloc(k->columns, (k->count + 2) * sizeof *wider) : NULL;
    if (!wider) {
        column_close(&c);
        return good ? machine_no_memory(s->machine) : refuse(s);
    }
    k->columns = wider;
    k->columns[k->count++] = c;
    return true;
}

/* ---- the background --------------------------------------------------- */

static bool write_background(struct session *s, uint64_t *chain,
                             struct text *out)
{
    const struct background *b = &s->background;
    if (!b->kernel) return true;
    const char *name = b->kernel->name, *ended = b->ended.message;
    uint64_t seconds, words[BACKGROUND_WORDS];
    memcpy(&seconds, &b->seconds, sizeof seconds);
    const uint64_t all[BACKGROUND_WORDS] = {
        b->made.transitions, b->made.proposals, b->made.accepted,
        b->made.impossible,  b->made.touched,   seconds,
        (uint64_t)b->since};
    memcpy(words, all, sizeof words);
    struct entry e = {.kind = ENTRY_BACKGROUND,
                      .a = b->on,
                      .text = bytes_of(name, strlen(name)),
                      .key = bytes_of((const char *)words, sizeof words),
                      .reply =
                          bytes_of(ended, b->ended.kind ? strlen(ended) : 0)};
    return add(s, &e, chain, out);
}

static struct kernel *read_kernel(struct session *s, struct bytes text)
{
    struct text line = {0};
    struct request_reader reader;
    struct request q;
    bool good =
        text_puts(&line, "INFER-ON ") && text_add(&line, text.at, text.length);
    struct source *source =
        good ? source_from_text("<checkpoint>", line.at, line.length,
                                session_error(s))
             : NULL;
    text_free(&line);
    if (!source) return NULL;
    request_open(&reader, source, session_error(s));
    if (request_next(&reader, &q) != REQUEST_READ || q.count != 1 || !q.row) {
        refuse(s);
        return NULL;
    }
    return order_kernel(s, q.arguments[0], false);
}

static bool read_background(struct session *s, const struct entry *e)
{
    struct background *b = &s->background;
    uint64_t words[BACKGROUND_WORDS];
    if (e->key.length != sizeof words) return refuse(s);
    struct kernel *k = read_kernel(s, e->text);
    if (!k) return false;
    memcpy(words, e->key.at, sizeof words);
    *b = (struct background){.on = e->a,
                             .kernel = k,
                             .since = (time_t)words[6],
                             .made = {.transitions = words[0],
                                      .proposals = words[1],
                                      .accepted = words[2],
                                      .impossible = words[3],
                                      .touched = words[4]}};
    memcpy(&b->seconds, &words[5], sizeof b->seconds);
    if (e->reply.length)
        error_set(&b->ended, ERROR_ENGINE, "%.*s", (int)e->reply.length,
                  e->reply.at);
    return true;
}

/* ---- both ------------------------------------------------------------- */

bool beside_write(struct session *s, uint64_t *chain, struct text *out)
{
    bool good = true;
    for (size_t i = 0; good && i < s->kept.count; i++)
        good = write_column(s, &s->kept.columns[i], chain, out);
    return good && write_background(s, chain, out) &&
           counts_write(s, chain, out);
}

bool beside_read(struct session *s, const struct entry *e)
{
    if (e->kind == ENTRY_KEPT) return read_column(s, e);
    if (e->kind == ENTRY_BACKGROUND) return read_background(s, e);
    if (e->kind == ENTRY_COUNTS) return counts_read(s, e) || refuse(s);
    return refuse(s);
}
