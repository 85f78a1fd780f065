/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HELP: everything that it prints comes from the catalogue of the tables, or
 * is what users have bound.
 */
#include "session/help.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "eval/global.h"
#include "eval/print.h"
#include "session/catalogue.h"
#include "session/command.h"
#include "session/program.h"

/* ---- rows ------------------------------------------------------------- */

enum { COLUMN = 32, WIDTH = 79 };

/* Words from the column on, over as many lines as it takes; `at` is where the
 * line stands now. */
static bool print_words(struct text *out, int at, const char *doc)
{
    bool good = true;
    while (good && *doc) {
        int length = (int)strcspn(doc, " ");
        bool fits = at < COLUMN || at + 1 + length <= WIDTH;
        if (!fits) good = text_puts(out, "\n");
        if (!fits) at = 0;
        int gap = at < COLUMN ? COLUMN - at : 1;
        good = good && text_printf(out, "%*s%.*s", gap, "", length, doc);
        at += gap + length;
        doc += length;
        doc += strspn(doc, " ");
    }
    return good && text_puts(out, "\n");
}

static bool print_entry(struct text *out, const char *signature,
                        const char *doc)
{
    int at = 2 + (int)strlen(signature);
    if (!text_printf(out, "  %s", signature)) return false;
    if (at + 2 <= COLUMN || !*doc) return print_words(out, at, doc);
    return text_puts(out, "\n") && print_words(out, 0, doc);
}

/* ---- lists ------------------------------------------------------------ */

static bool print_topic(struct text *out, const struct catalogue *c,
                        const char *topic)
{
    const char *last = NULL;
    const char *doc = topic_doc(topic);
    bool good = text_printf(out, "%c%s%s%s\n", toupper(*topic), topic + 1,
                            *doc ? ": " : "", doc);
    for (size_t i = 0; good && i < c->count; i++) {
        const struct entry *e = &c->entries[i];
        if (strcmp(e->topic, topic) != 0) continue;
        if (last && strcmp(last, e->signature) == 0) continue;
        last = e->signature;
        good = print_entry(out, e->signature, e->doc);
    }
    return good;
}

static bool starts_topic(const struct catalogue *c, size_t i)
{
    return i == 0 || strcmp(c->entries[i].topic, c->entries[i - 1].topic) != 0;
}

bool help_list(struct machine *m, struct text *out)
{
    struct catalogue c;
    bool good = catalogue_open(m, &c);
    for (size_t i = 0; good && i < c.count; i++)
        if (starts_topic(&c, i))
            good = (i == 0 || text_puts(out, "\n")) &&
                   print_topic(out, &c, c.entries[i].topic);
    return good;
}

static bool print_field(struct text *out, const char *name, const char *s)
{
    return !s || (text_printf(out, ",\"%s\":", name) &&
                  print_json_string(out, s, strlen(s)));
}

bool help_list_json(struct machine *m, struct text *out)
{
    struct catalogue c;
    bool good = catalogue_open(m, &c);
    for (size_t i = 0; good && i < c.count; i++) {
        const struct entry *e = &c.entries[i];
        good = text_puts(out, "{\"topic\":") &&
               print_json_string(out, e->topic, strlen(e->topic)) &&
               print_field(out, "names", e->names) &&
               print_field(out, "signature", e->signature) &&
               print_field(out, "doc", e->doc) &&
               print_field(out, "gives", e->gives) && text_puts(out, "}\n");
    }
    return good;
}

/* ---- one name --------------------------------------------------------- */

static bool print_user(const struct directive *d, struct text *out)
{
    char text[200];
    span_text(d->span, text, sizeof text);
    return text_printf(out, "  directive %d: %s\n", d->id, text);
}

static bool print_found(struct text *out, const struct entry *e)
{
    const char *rest = e->names + strcspn(e->names, " ");
    bool capitals = strcmp(e->topic, "directives") == 0;
    return print_entry(out, e->signature, e->doc) &&
           (!e->gives || text_printf(out, "  gives %s\n", e->gives)) &&
           (!*rest || capitals || text_printf(out, "  also called%s\n", rest));
}

/* What the user has bound, what is built in, and the topic of this name. */
static bool print_name(struct session *s, const char *name, struct text *out)
{
    const struct directive *d = program_by_name(&s->program, symbol(name));
    const struct global *g = machine_global(s->machine, name);
    struct catalogue c;
    bool topic = false;
    if (!catalogue_open(s->machine, &c)) return false;
    bool good = !d || print_user(d, out);
    for (size_t i = 0; good && i < c.count; i++) {
        const struct entry *e = &c.entries[i];
        topic = topic || strcasecmp(e->topic, name) == 0;
        if (entry_has_name(e, name)) good = print_found(out, e);
    }
    for (size_t i = 0; good && topic && i < c.count; i++)
        if (starts_topic(&c, i) && strcasecmp(c.entries[i].topic, name) == 0)
            good = print_topic(out, &c, c.entries[i].topic);
    if (good && g && out->length == 0) good = text_printf(out, "  %s\n", name);
    return good;
}

static bool unknown(struct session *s, const struct syntax *where,
                    const char *name)
{
    const char *near = global_nearest(s->machine, name);
    session_fail(s, where->span, ERROR_NAME, "nothing is called %.80s",
                 *name ? name : "\"\"");
    if (near) error_hint(session_error(s), "did you mean %s?", near);
    return false;
}

static bool print_overview(struct machine *m, struct text *out)
{
    struct catalogue c;
    if (!catalogue_open(m, &c)) return false;
    bool good =
        print_topic(out, &c, "directives") && text_puts(out, "\nTopics\n");
    for (size_t i = 0; good && i < c.count; i++) {
        const char *topic = c.entries[i].topic;
        if (i && starts_topic(&c, i))
            good = print_entry(out, topic, topic_doc(topic));
    }
    return good &&
           text_puts(out, "\nHELP name tells of a directive, a procedure, a "
                          "special form or a kernel;\nHELP lists, or HELP "
                          "\"special forms\", of all that belong to a "
                          "topic;\nvestige --list prints them all.\n");
}

/* HELP special forms: the words of a topic are read as they stand. */
static bool read_name(struct session *s, const struct request *q,
                      struct text *name)
{
    for (uint32_t i = 0; i < q->count; i++) {
        const struct syntax *which = q->arguments[i];
        if (which->kind != SYNTAX_ATOM ||
            !(is_symbol(which->datum) || is_string(which->datum)))
            return session_fail(s, which->span, ERROR_USE, "HELP takes a name");
        if (!text_printf(name, "%s%s", i ? " " : "", text_of(which->datum)))
            return machine_no_memory(s->machine);
    }
    return true;
}

bool command_help(struct session *s, const struct request *q, struct answer *a)
{
    struct text out = {0}, name = {0};
    bool good = read_name(s, q, &name);
    if (good)
        good = (!name.at ? print_overview(s->machine, &out)
                         : print_name(s, name.at, &out)) ||
               machine_no_memory(s->machine);
    if (good && out.length == 0) good = unknown(s, q->arguments[0], name.at);
    if (good) {
        a->in_script = true;
        answer_block(a, out.at, NULL, NULL);
        answer_string(a, NULL, "text", out.at);
    }
    text_free(&out);
    text_free(&name);
    return good;
}
