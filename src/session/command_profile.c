/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * PROFILE: where transitions propose to, and what they cost, by line of the
 * text. The counting is in trace/tally.c; here rows by place become lines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "eval/print.h"
#include "plot/look.h"
#include "session/command.h"
#include "session/complaint.h"

enum { LINES_MAX = 20, TEXT_MAX = 44 };

void profile_link(struct session *s)
{
    struct tally *timed = s->profiling ? &s->profile : NULL;
    s->profile.timed = true;
    s->tally.beside = timed;
    s->engine->tally = s->by_place ? &s->tally : timed;
}

/* ---- from places to lines --------------------------------------------- */

static int by_position(const void *a, const void *b)
{
    const struct span *x = &((const struct tally_row *)a)->place;
    const struct span *y = &((const struct tally_row *)b)->place;
    if (x->source != y->source)
        return (uintptr_t)x->source < (uintptr_t)y->source ? -1 : 1;
    return (x->start > y->start) - (x->start < y->start);
}

static int by_time(const void *a, const void *b)
{
    const struct tally_row *x = a, *y = b;
    return (x->nanoseconds < y->nanoseconds) -
           (x->nanoseconds > y->nanoseconds);
}

static uint32_t line_start(const struct source *source, uint32_t at)
{
    while (at > 0 && source->text[at - 1] != '\n') at--;
    return at;
}

static bool same_line(const struct tally_row *a, const struct tally_row *b)
{
    if (!b->place.source || a->place.source != b->place.source) return false;
    return !memchr(b->place.source->text + a->place.start, '\n',
                   b->place.start - a->place.start);
}

/* Rows of one line become one; returns how many lines there are. */
static uint32_t join_lines(struct tally_row *rows, uint32_t count)
{
    uint32_t lines = 0;
    qsort(rows, count, sizeof *rows, by_position);
    for (uint32_t i = 0; i < count; i++) {
        struct tally_row *to = lines ? &rows[lines - 1] : NULL;
        if (!to || !same_line(to, &rows[i])) {
            rows[lines++] = rows[i];
            continue;
        }
        to->proposals += rows[i].proposals;
        to->accepted += rows[i].accepted;
        to->touched += rows[i].touched;
        to->nanoseconds += rows[i].nanoseconds;
    }
    qsort(rows, lines, sizeof *rows, by_time);
    return lines;
}

/* ---- printing --------------------------------------------------------- */

/* The line without the blanks before it, cut. */
static bool put_text(const struct tally_row *r, struct text *out)
{
    const struct source *source = r->place.source;
    if (!source) return text_puts(out, r->kernel ? r->kernel : "");
    uint32_t at = line_start(source, r->place.start);
    while (at < r->place.start && strchr(" \t", source->text[at])) at++;
    const char *from = source->text + at;
    const char *end = memchr(from, '\n', source->length - at);
    return text_add(out, from,
                    end ? (size_t)(end - from) : source->length - at);
}

static bool put_line(const struct tally_row *r, double share, struct text *out)
{
    char made[32];
    int line = 0, column = 0;
    struct text words = {0};
    const struct source *source = r->place.source;
    double n = (double)r->proposals;
    if (source) source_place(source, r->place.start, &line, &column);
    bool good =
        put_text(r, &words) &&
        (words.length == 0 ||
         text_cut(&words, TEXT_MAX, &(struct look){.ascii = true})) &&
        text_printf(out, "%5.1f %% %12s %8.1f %% %8.1f  ", 100 * share,
                    grouped(r->proposals, made), 100 * (double)r->accepted / n,
                    (double)r->touched / n) &&
        (!source || text_printf(out, "%s:%d  ", source->name, line)) &&
        text_printf(out, "%s\n", words.at ? words.at : "");
    text_free(&words);
    return good;
}

static bool put_json(const struct tally_row *r, double share, struct text *out)
{
    int line = 0, column = 0;
    struct text words = {0};
    const struct source *source = r->place.source;
    const char *name = source ? source->name : "";
    if (source) source_place(source, r->place.start, &line, &column);
    bool good =
        put_text(r, &words) && text_puts(out, out->length > 1 ? ",{" : "{");
    if (good && source)
        good = text_puts(out, "\"file\":") &&
               print_json_string(out, name, strlen(name)) &&
               text_printf(out, ",\"line\":%d,\"text\":", line);
    else
        good = good && text_puts(out, "\"kernel\":");
    good = good &&
           print_json_string(out, words.at ? words.at : "", words.length) &&
           text_printf(out,
                       ",\"share\":%.4f,\"seconds\":%.6g,\"proposals\":%llu,"
                       "\"accepted\":%llu,\"touched\":%llu}",
                       share, (double)r->nanoseconds * 1e-9,
                       (unsigned long long)r->proposals,
                       (unsigned long long)r->accepted,
                       (unsigned long long)r->touched);
    text_free(&words);
    return good;
}

static bool put_all(const struct tally_row *rows, uint32_t count, double all,
                    struct text *lines, struct text *json)
{
    bool good = text_printf(lines, "%7s %12s %10s %8s  %s\n", "time",
                            "proposals", "accepted", "nodes", "where") &&
                text_puts(json, "[");
    for (uint32_t i = 0; good && i < count; i++) {
        double share = all > 0 ? (double)rows[i].nanoseconds / all : 0;
        good = put_json(&rows[i], share, json) &&
               (i >= LINES_MAX || put_line(&rows[i], share, lines));
    }
    if (good && count > LINES_MAX)
        good = text_printf(lines, "and %u lines more\n", count - LINES_MAX);
    return good && text_puts(json, "]");
}

static bool answer_lines(struct session *s, struct answer *a)
{
    uint32_t count = s->profile.count;
    struct tally_row *rows = memory_new((count + 1) * sizeof *rows);
    struct text lines = {0}, json = {0};
    uint64_t proposals = 0;
    double all = 0;
    if (!rows) return machine_no_memory(s->machine);
    if (count) memcpy(rows, s->profile.rows, count * sizeof *rows);
    for (uint32_t i = 0; i < count; i++) {
        proposals += rows[i].proposals;
        all += (double)rows[i].nanoseconds;
    }
    answer_integer(a, "proposals", "proposals", (int64_t)proposals);
    answer_number(a, NULL, "seconds", all * 1e-9);
    count = join_lines(rows, count);
    bool good = put_all(rows, count, all, &lines, &json);
    if (good)
        answer_block(a, count ? lines.at : NULL, "lines", json.at);
    else
        machine_no_memory(s->machine);
    text_free(&lines);
    text_free(&json);
    return good;
}

bool command_profile(struct session *s, const struct request *q,
                     struct answer *a)
{
    const struct syntax *which = q->count ? q->arguments[0] : NULL;
    const char *word =
        which && which->kind == SYNTAX_ATOM && is_symbol(which->datum)
            ? text_of(which->datum)
            : "";
    bool on = strcasecmp(word, "on") == 0;
    if (which && !on && strcasecmp(word, "off") != 0)
        return session_fail(s, which->span, ERROR_USE,
                            "PROFILE takes on or off, or nothing");
    if (which) s->profiling = on;
    if (on) tally_clear(&s->profile);
    profile_link(s);
    answer_string(a, "profile", "status", s->profiling ? "on" : "off");
    if (which) return true;
    a->in_script = true;
    return answer_lines(s, a);
}
