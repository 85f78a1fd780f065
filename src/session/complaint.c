/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Complaints of an engine as an answer: see complaint.h.
 */
#include "session/complaint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/print.h"

enum { COMPLAINTS_MAX = 32 };

const char *grouped(uint64_t n, char *buffer)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    char *to = buffer;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) *to++ = ',';
        *to++ = digits[i];
    }
    *to = 0;
    return buffer;
}

static int by_count(const void *a, const void *b)
{
    const struct engine_complaint *x = a, *y = b;
    return (x->count < y->count) - (x->count > y->count);
}

bool complaints_gather(struct session *s)
{
    if (!s->complaints)
        s->complaints = memory_new(COMPLAINTS_MAX * sizeof *s->complaints);
    if (!s->complaints) return machine_no_memory(s->machine);
    s->complaint_count =
        s->engine->op->complaints(s->engine, s->complaints, COMPLAINTS_MAX);
    if (s->complaint_count > COMPLAINTS_MAX)
        s->complaint_count = COMPLAINTS_MAX;
    qsort(s->complaints, s->complaint_count, sizeof *s->complaints, by_count);
    return true;
}

/* "normal: sd must be positive, got -1": the same place complains with other
 * numbers too. */
static size_t words_length(const char *message)
{
    const char *got = strstr(message, ", got ");
    return got ? (size_t)(got - message) : strlen(message);
}

static bool print_one(const struct engine_complaint *c, uint64_t proposals,
                      struct text *lines, struct text *json)
{
    char count[32], all[32];
    int line = 0, column = 0;
    const char *file = c->span.source ? c->span.source->name : "";
    if (c->span.source)
        source_place(c->span.source, c->span.start, &line, &column);
    size_t length = words_length(c->message);
    return text_add(lines, c->message, length) &&
           (!*file || text_printf(lines, " at %s:%d:%d", file, line, column)) &&
           text_printf(lines, ": %s of %s\n", grouped(c->count, count),
                       grouped(proposals, all)) &&
           text_puts(json,
                     json->length > 1 ? ",{\"message\":" : "{\"message\":") &&
           print_json_string(json, c->message, length) &&
           text_puts(json, ",\"file\":") &&
           print_json_string(json, file, strlen(file)) &&
           text_printf(json, ",\"line\":%d,\"column\":%d,\"count\":%llu}", line,
                       column, (unsigned long long)c->count);
}

void complaints_clear(struct session *s) { s->complaint_count = 0; }

static bool same_place(const struct engine_complaint *a,
                       const struct engine_complaint *b)
{
    size_t length = words_length(a->message);
    return a->span.source == b->span.source && a->span.start == b->span.start &&
           length == words_length(b->message) &&
           memcmp(a->message, b->message, length) == 0;
}

bool complaints_add(struct session *s, const struct engine_complaint *c)
{
    if (!s->complaints)
        s->complaints = memory_new(COMPLAINTS_MAX * sizeof *s->complaints);
    if (!s->complaints) return machine_no_memory(s->machine);
    size_t i = 0;
    while (i < s->complaint_count && !same_place(&s->complaints[i], c)) i++;
    if (i == COMPLAINTS_MAX) return true;
    if (i == s->complaint_count)
        s->complaints[s->complaint_count++] = *c;
    else
        s->complaints[i].count += c->count;
    qsort(s->complaints, s->complaint_count, sizeof *s->complaints, by_count);
    return true;
}

bool complaints_answer(struct session *s, uint64_t proposals, struct answer *a)
{
    if (s->complaint_count == 0) return true;
    struct text lines = {0}, json = {0};
    bool good = text_puts(&lines, "rejected for their parameters:\n") &&
                text_puts(&json, "[");
    for (size_t i = 0; good && i < s->complaint_count; i++)
        good = text_puts(&lines, "  ") &&
               print_one(&s->complaints[i], proposals, &lines, &json);
    good = good && text_puts(&json, "]");
    if (good)
        answer_block(a, lines.at, "complaints", json.at);
    else
        machine_no_memory(s->machine);
    text_free(&lines);
    text_free(&json);
    return good;
}
