/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finds directives in text: see directive.h. The reader below gives data and
 * line ends; here they are gathered into requests. It must not know what a
 * directive does.
 */
#include "session/directive.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

/* ---- words ------------------------------------------------------------ */

bool words_hold(const char *words, const char *word)
{
    size_t length = strlen(word);
    while (*words) {
        size_t here = strcspn(words, " ");
        if (here == length && strncasecmp(words, word, here) == 0) return true;
        words += here;
        words += strspn(words, " ");
    }
    return false;
}

void words_first(const char *words, char *buffer, size_t size)
{
    size_t length = strcspn(words, " ");
    if (length >= size) length = size - 1;
    memcpy(buffer, words, length);
    buffer[length] = 0;
}

const struct directive_row *directive_find(const char *word, unsigned place)
{
    for (size_t i = 0; i < directive_count; i++) {
        const struct directive_row *row = &directive_rows[i];
        if ((row->places & place) && words_hold(row->words, word)) return row;
    }
    return NULL;
}

/* ---- gathering arguments ---------------------------------------------- */

struct gathering {
    struct syntax **at;
    uint32_t count, room;
};

static bool gather(struct gathering *g, struct syntax *s)
{
    if (g->count == g->room) {
        uint32_t room = g->room ? 2 * g->room : 4;
        struct syntax **wider = memory_new(room * sizeof *wider);
        if (!wider) return false;
        if (g->count) memcpy(wider, g->at, g->count * sizeof *wider);
        g->at = wider;
        g->room = room;
    }
    g->at[g->count++] = s;
    return true;
}

static enum request_result no_memory(struct request_reader *r)
{
    error_set(r->reader.error, ERROR_LIMIT, "memory ran out while reading");
    return REQUEST_ERROR;
}

/* What a directive with too few or too many arguments is told. */
static void wrong_count(struct request_reader *r, const struct request *q)
{
    char word[32];
    words_first(q->row->words, word, sizeof word);
    for (char *c = word; *c; c++) *c = (char)toupper((unsigned char)*c);
    bool few = q->count < (uint32_t)q->row->min;
    error_set(r->reader.error, ERROR_SYNTAX, "%s has too %s arguments", word,
              few ? "few" : "many");
    error_hint(r->reader.error, "%s", q->row->signature);
    r->reader.error->span = q->span;
}

static bool is_count_right(const struct request *q)
{
    return q->count >= (uint32_t)q->row->min &&
           (q->row->max < 0 || q->count <= (uint32_t)q->row->max);
}

/* Passes over the rest of a line that is wrong, so that the next directive
 * is read from its own start. */
static void skip_line(struct request_reader *r)
{
    const struct source *source = r->reader.source;
    while (r->reader.at < source->length && source->text[r->reader.at] != '\n')
        r->reader.at++;
    if (r->reader.at < source->length) r->reader.at++;
    r->line_start = true;
}

/* A word in capitals where a line starts: the next directive, and not an
 * argument of the one before it. */
static bool begins_directive(const struct syntax *s)
{
    if (s->kind != SYNTAX_ATOM || !is_symbol(s->datum)) return false;
    const char *word = text_of(s->datum);
    for (const char *c = word; *c; c++)
        if (islower((unsigned char)*c)) return false;
    return directive_find(word, PLACE_BARE) != NULL;
}

/* ---- the two shapes --------------------------------------------------- */

static enum request_result read_bare(struct request_reader *r,
                                     struct request *out)
{
    const struct directive_row *row = out->row;
    struct gathering g = {0};
    for (;;) {
        bool complete = g.count >= (uint32_t)row->min;
        bool own_line = r->line_start;
        size_t before = r->reader.at;
        struct syntax *s = NULL;
        enum read_result got = reader_datum(&r->reader, true, &s);
        if (got == READ_LINE_END) {
            r->line_start = true;
            if (complete) break;
            continue;
        }
        if (got == READ_ERROR) {
            skip_line(r);
            return REQUEST_ERROR;
        }
        if (got == READ_INCOMPLETE) return REQUEST_INCOMPLETE;
        out->count = g.count;
        if (got == READ_END) {
            if (complete) break;
            wrong_count(r, out);
            return REQUEST_INCOMPLETE;
        }
        if (own_line && begins_directive(s)) {
            r->reader.at = before;
            wrong_count(r, out);
            return REQUEST_ERROR;
        }
        r->line_start = false;
        if (!gather(&g, s)) return no_memory(r);
        out->span.end = s->span.end;
    }
    out->count = g.count;
    out->arguments = g.at;
    if (is_count_right(out)) return REQUEST_READ;
    wrong_count(r, out); /* too many: they stood on the line that ended */
    return REQUEST_ERROR;
}

static enum request_result read_listed(struct request_reader *r,
                                       const struct syntax *list,
                                       struct request *out)
{
    out->count = list->count - 1;
    out->arguments = list->items + 1;
    if (is_count_right(out)) return REQUEST_READ;
    wrong_count(r, out);
    return REQUEST_ERROR;
}

static enum request_result
read_expression(struct request_reader *r, struct syntax *s, struct request *out)
{
    struct gathering g = {0};
    if (!gather(&g, s)) return no_memory(r);
    out->count = 1;
    out->arguments = g.at;
    return REQUEST_READ;
}

/* `?name` is HELP name, and `?` alone is HELP. */
static bool is_question(const struct syntax *s)
{
    return s->kind == SYNTAX_ATOM && is_symbol(s->datum) &&
           text_of(s->datum)[0] == '?' && text_of(s->datum)[1];
}

static enum request_result read_question(struct request_reader *r,
                                         struct syntax *s, struct request *out)
{
    out->row = directive_find("help", PLACE_BARE);
    struct syntax *name = syntax_atom(s->span, symbol(text_of(s->datum) + 1));
    return name ? read_expression(r, name, out) : no_memory(r);
}

/* ---- reading ---------------------------------------------------------- */

void request_open(struct request_reader *r, const struct source *source,
                  struct error *error)
{
    reader_open(&r->reader, source, error);
    r->line_start = true;
}

enum request_result request_next(struct request_reader *r, struct request *out)
{
    struct syntax *s = NULL;
    enum read_result got;
    while ((got = reader_datum(&r->reader, true, &s)) == READ_LINE_END)
        r->line_start = true;
    if (got == READ_END) return REQUEST_END;
    if (got == READ_INCOMPLETE) return REQUEST_INCOMPLETE;
    if (got == READ_ERROR) {
        skip_line(r);
        return REQUEST_ERROR;
    }
    bool own_line = r->line_start;
    r->line_start = false;
    *out = (struct request){.span = s->span};

    if (s->kind == SYNTAX_ATOM && own_line && is_symbol(s->datum)) {
        if (is_question(s)) return read_question(r, s, out);
        out->row = directive_find(text_of(s->datum), PLACE_BARE);
        if (out->row) return read_bare(r, out);
    }
    const char *head = syntax_head(s);
    if (s->kind == SYNTAX_LIST && head) {
        out->row = directive_find(head, PLACE_LIST);
        if (out->row) return read_listed(r, s, out);
    }
    return read_expression(r, s, out);
}
