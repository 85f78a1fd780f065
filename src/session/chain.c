/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages of a chain become columns and a draws file: see chain.h. The head
 * and the foot of the file are those of CmdStan 2.29, in which other programs
 * look for the sampler, the number of draws, the adaptation and the times.
 */
#include "session/chain.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef VST_VERSION
#define VST_VERSION "0.1.0"
#endif

static bool no_memory(struct chain *c)
{
    return error_set(&c->refusal, ERROR_LIMIT, "no memory left for draws");
}

/* ---- the head of the file --------------------------------------------- */

static const char *metric_of(const struct chain *c)
{
    const char *lines = c->adapted.at ? c->adapted.at : "";
    if (strstr(lines, "Diagonal elements of inverse")) return "diag_e";
    return strstr(lines, "lements of inverse") ? "dense_e" : "unit_e";
}

static bool add_hmc(const struct chain *c, struct text *t)
{
    const struct message_header *h = &c->header;
    const char *engine = h->sampler == SAMPLER_NUTS ? "nuts" : "static";
    bool good = text_puts(t, "    adapt\n      engaged = 1\n");
    if (good && !isnan(h->target))
        good = text_printf(t, "      delta = %g\n", h->target);
    good = good && text_printf(t,
                               "    algorithm = hmc\n      hmc\n"
                               "        engine = %s\n          %s\n",
                               engine, engine);
    if (good && !isnan(h->depth))
        good = text_printf(t, "            max_depth = %g\n", h->depth);
    return good && text_printf(t, "        metric = %s\n", metric_of(c));
}

/* The count of draws is written again when it turns out to be another, in
 * the same place: it has room for any. */
enum { COUNT_WIDTH = 20 };
static const char COUNT_KEY[] = "    num_samples = ";

static bool add_method(const struct chain *c, struct text *t)
{
    const struct message_header *h = &c->header;
    return text_puts(t, "method = sample\n  sample\n") &&
           text_printf(t, "%s%-*" PRIu64 "\n", COUNT_KEY, COUNT_WIDTH,
                       h->samples) &&
           text_printf(t,
                       "    num_warmup = %" PRIu64 "\n"
                       "    save_warmup = 0\n    thin = %" PRIu64 "\n",
                       h->warmup, h->thin) &&
           (h->sampler != SAMPLER_PLAIN
                ? add_hmc(c, t)
                : text_puts(t, "    algorithm = fixed_param\n"
                               "      fixed_param\n"));
}

/* A kernel is as it was written: one line, whatever is in it. */
static bool add_head(const struct chain *c, struct text *t)
{
    size_t start;
    if (!text_puts(t, "vestige = " VST_VERSION "\nengine = ") ||
        !text_puts(t, c->facts->engine) || !text_puts(t, "\nkernel = "))
        return false;
    start = t->length;
    if (!text_puts(t, c->facts->kernel)) return false;
    for (size_t i = start; i < t->length; i++)
        if (strchr("\r\n", t->at[i])) t->at[i] = ' ';
    return text_puts(t, "\n") && add_method(c, t) &&
           text_printf(t, "id = %d\nrandom\n  seed = %" PRIu64 "\n", c->number,
                       c->facts->seed);
}

static bool write_head(struct chain *c, const char *const *names)
{
    struct text head = {0};
    bool good = add_head(c, &head) || no_memory(c);
    good = good && draws_note(&c->file, head.at, &c->refusal) &&
           draws_header(&c->file, names, c->header.width, &c->refusal);
    if (good && c->adapted.length)
        good = draws_note(&c->file, c->adapted.at, &c->refusal);
    text_free(&head);
    return good;
}

/* ---- messages --------------------------------------------------------- */

/* Of all draws, unless they are many: then columns grow as they come. */
static size_t room_for(const struct message_header *h)
{
    const size_t most = (1 << 22) / (h->width + 1);
    uint64_t draws = h->samples / (h->thin ? h->thin : 1);
    return draws < most ? (size_t)draws : most;
}

static bool take_header(struct chain *c, const char *bytes, size_t length)
{
    struct message_header h;
    memcpy(&h, bytes, sizeof h);
    const char *end = bytes + length, *name = bytes + sizeof h;
    const char **names = calloc(h.width + 1, sizeof *names);
    c->columns = calloc(h.width + 1, sizeof *c->columns);
    bool good = names && c->columns;
    for (size_t i = 0; good && i < h.width && name < end; i++) {
        names[i] = name;
        good = column_open(&c->columns[i], name);
        good = good && column_reserve(&c->columns[i], room_for(&h));
        c->columns[i].kind = COLUMN_NUMBER;
        c->header.width = i + 1; /* so many can be closed */
        name += strlen(name) + 1;
    }
    if (good) c->header = h;
    good = (good || no_memory(c)) && (!c->path || write_head(c, names));
    free(names);
    return good;
}

/* Notes go to the file; those that are not of levels to the user as well. */
static bool take_note(struct chain *c, const char *bytes, size_t length)
{
    struct text lines = {0};
    bool good = text_add(&lines, bytes, length) || no_memory(c);
    if (good && c->path && c->header.width)
        good = draws_note(&c->file, lines.at, &c->refusal);
    for (const char *line = lines.at; good && line && *line;) {
        size_t n = strcspn(line, "\n");
        if (strncmp(line, "level ", 6) != 0)
            good =
                (text_add(&c->notes, line, n) && text_puts(&c->notes, "\n")) ||
                no_memory(c);
        line += n + (line[n] == '\n');
    }
    text_free(&lines);
    return good;
}

static bool take_level(struct chain *c, const char *bytes)
{
    uint32_t i;
    memcpy(&i, bytes, sizeof i);
    const char *shown = bytes + sizeof i, *json = shown + strlen(shown) + 1;
    size_t code;
    if (i >= c->header.width) return true;
    return levels_code_text(&c->columns[i].levels, shown, json, &code) ||
           no_memory(c);
}

static bool take_draw(struct chain *c, const double *row, size_t count)
{
    if (count != c->header.width) return true;
    for (size_t i = 0; i < count; i++)
        if (!column_push(&c->columns[i], row[i])) return no_memory(c);
    c->draws++;
    return !c->path || draws_add(&c->file, row, count, &c->refusal);
}

static void take_kinds(struct chain *c, const unsigned char *kinds,
                       size_t count)
{
    for (size_t i = 0; i < count && i < c->header.width; i++) {
        c->columns[i].lost = kinds[i] == MESSAGE_LOST;
        if (!c->columns[i].lost) c->columns[i].kind = kinds[i];
    }
}

static void take_complaint(struct chain *c, const void *bytes)
{
    if (c->complaint_count == CHAIN_COMPLAINTS) return;
    memcpy(&c->complaints[c->complaint_count++], bytes, sizeof *c->complaints);
}

bool chain_take(void *context, enum message_kind kind, const void *bytes,
                size_t length)
{
    struct chain *c = context;
    switch (kind) {
    case MESSAGE_ADAPTED:
        return text_add(&c->adapted, bytes, length) || no_memory(c);
    case MESSAGE_HEADER: return take_header(c, bytes, length);
    case MESSAGE_NOTE: return take_note(c, bytes, length);
    case MESSAGE_LEVEL: return take_level(c, bytes);
    case MESSAGE_DRAW: return take_draw(c, bytes, length / sizeof(double));
    case MESSAGE_PROGRESS:
        memcpy(&c->progress, bytes, sizeof c->progress);
        return true;
    case MESSAGE_COMPLAINT: take_complaint(c, bytes); return true;
    case MESSAGE_SAID: return text_add(&c->said, bytes, length) || no_memory(c);
    case MESSAGE_KINDS: take_kinds(c, bytes, length); return true;
    case MESSAGE_FAILED: memcpy(&c->error, bytes, sizeof c->error); return true;
    case MESSAGE_STATE: return true; /* for who keeps it */
    case MESSAGE_END:
        memcpy(&c->result, bytes, sizeof c->result);
        c->state = c->error.kind ? CHAIN_FAILED : CHAIN_DONE;
        return true;
    }
    return true;
}

/* ---- opening and closing ---------------------------------------------- */

bool chain_open(struct chain *c, int number, const struct chain_facts *facts,
                struct error *error)
{
    *c = (struct chain){.number = number,
                        .facts = facts,
                        .file.file = -1,
                        .progress = {.warming = true, .chain = number}};
    if (!facts->out || facts->together) return true;
    if (!draws_open(&c->file, facts->out, number, error)) return false;
    c->path = strdup(c->file.path);
    if (c->path) return true;
    chain_close(c);
    return error_set(error, ERROR_LIMIT, "no memory left for draws");
}

static bool write_foot(struct chain *c, struct error *error)
{
    char lines[240];
    const struct run_result *r = &c->result;
    snprintf(lines, sizeof lines,
             "\n Elapsed Time: %.6g seconds (Warm-up)\n"
             "               %.6g seconds (Sampling)\n"
             "               %.6g seconds (Total)\n\n",
             r->warmup_seconds, r->seconds - r->warmup_seconds, r->seconds);
    return draws_note(&c->file, lines, error);
}

bool chain_finish(struct chain *c, struct error *error)
{
    if (!c->path || c->file.file < 0) return true;
    bool good = c->header.width == 0 || c->file.failed || write_foot(c, error);
    if (good && c->header.width &&
        c->draws * c->header.thin != c->header.samples)
        good = draws_mend(&c->file, COUNT_KEY, COUNT_WIDTH,
                          c->draws * c->header.thin, error);
    return draws_close(&c->file, error) && good;
}

void chain_close(struct chain *c)
{
    struct error ignored = {0};
    if (c->file.file >= 0) draws_close(&c->file, &ignored);
    for (size_t i = 0; c->columns && i < c->header.width; i++)
        column_close(&c->columns[i]);
    free(c->columns);
    free(c->path);
    text_free(&c->adapted);
    text_free(&c->notes);
    text_free(&c->said);
    *c = (struct chain){.file.file = -1};
}
