/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The directives that look at the program and its state: REPORT, DIRECTIVES,
 * LOGSCORE, LOGDENSITY, ENTROPY, MEMORY, MHSTATS, SEED, EXIT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"
#include "eval/print.h"
#include "plot/look.h"
#include "session/command.h"
#include "session/complaint.h"
#include "session/program.h"

/* ---- REPORT, DIRECTIVES ----------------------------------------------- */

static bool value_of(struct session *s, struct directive *d, value *out)
{
    if (d->kind != DIRECTIVE_OBSERVE)
        return s->engine->op->value(s->engine, d, out);
    *out = d->given;
    return true;
}

enum { SOURCE_MAX = 36, VALUE_MAX = 24 };

/* One line, cut: a table is to be looked at. */
static bool print_cell(struct text *line, value v)
{
    struct text whole = {0};
    bool good = print_value(&whole, v) &&
                text_cut(&whole, VALUE_MAX, &(struct look){.ascii = true}) &&
                text_add(line, whole.at, whole.length);
    text_free(&whole);
    return good;
}

static bool print_row(struct session *s, struct directive *d,
                      struct text *lines, struct text *json)
{
    char source[SOURCE_MAX + 1], whole[ERROR_MESSAGE_MAX];
    value v;
    const char *kind = directive_kind_name(d->kind);
    if (!value_of(s, d, &v)) return false;
    span_text(d->span, source, sizeof source);
    span_text(d->span, whole, sizeof whole);
    bool named = d->name != V_FALSE;
    const char *name = named ? text_of(d->name) : "";
    return (text_printf(lines, "%4d  %-12s  %-*s  ", d->id, kind, SOURCE_MAX,
                        source) &&
            print_cell(lines, v) && text_puts(lines, "\n") &&
            text_printf(json, "%s{\"id\":%d,\"directive\":\"%s\",",
                        json->length > 1 ? "," : "", d->id, kind) &&
            (!named || (text_puts(json, "\"name\":") &&
                        print_json_string(json, name, strlen(name)) &&
                        text_puts(json, ","))) &&
            text_puts(json, "\"expression\":") &&
            print_json_string(json, whole, strlen(whole)) &&
            text_puts(json, ",\"value\":") && print_json(json, v) &&
            text_puts(json, "}")) ||
           machine_no_memory(s->machine);
}

/* What (predict label e) reports inside procedures: rows without an id. */
struct predicted {
    struct session *session;
    struct text *lines, *json;
};

static bool print_predicted(void *context, value label, value v)
{
    struct predicted *p = context;
    char shown[SOURCE_MAX + 1] = "";
    struct text name = {0};
    bool good = label == V_FALSE || display_value(&name, label);
    if (name.at) snprintf(shown, sizeof shown, "%s", name.at);
    good = good &&
           text_printf(p->lines, "%4s  %-12s  %-*s  ", "", "predict",
                       SOURCE_MAX, shown) &&
           print_cell(p->lines, v) && text_puts(p->lines, "\n") &&
           text_puts(p->json, p->json->length > 1 ? ",{" : "{") &&
           text_puts(p->json, "\"directive\":\"predict\",") &&
           (!name.at || (text_puts(p->json, "\"name\":") &&
                         print_json_string(p->json, name.at, name.length) &&
                         text_puts(p->json, ","))) &&
           text_puts(p->json, "\"value\":") && print_json(p->json, v) &&
           text_puts(p->json, "}");
    text_free(&name);
    return good || machine_no_memory(p->session->machine);
}

/* kind NULL: all of them, and what is predicted inside them if `inside`. */
static bool list_directives(struct session *s, const char *kind, bool inside,
                            struct answer *a)
{
    struct text lines = {0}, json = {0};
    struct predicted predicted = {s, &lines, &json};
    bool good = (text_printf(&lines, "%4s  %-12s  %-*s  %s\n", "id", "type",
                             SOURCE_MAX, "directive", "value") &&
                 text_puts(&json, "[")) ||
                machine_no_memory(s->machine);
    for (int i = 0; good && i < s->program.count; i++) {
        struct directive *d = s->program.at[i];
        if (kind && strcasecmp(kind, directive_kind_name(d->kind)) != 0)
            continue;
        good = print_row(s, d, &lines, &json);
    }
    if (inside && good)
        good =
            s->engine->op->predictions(s->engine, print_predicted, &predicted);
    good = good && (text_puts(&json, "]") || machine_no_memory(s->machine));
    if (good) answer_block(a, lines.at, "directives", json.at);
    text_free(&lines);
    text_free(&json);
    return good;
}

bool command_report(struct session *s, const struct request *q,
                    struct answer *a)
{
    if (q->count == 0) return list_directives(s, NULL, true, a);
    value v;
    struct directive *d = program_find(s, q->arguments[0]);
    if (!d || !value_of(s, d, &v)) return false;
    answer_integer(a, NULL, "id", d->id);
    answer_value(a, "value", "value", v);
    return true;
}

/* The word of an argument; NULL when it is none. */
static const char *word_of(const struct request *q)
{
    const struct syntax *s = q->count ? q->arguments[0] : NULL;
    return s && s->kind == SYNTAX_ATOM && is_symbol(s->datum)
               ? text_of(s->datum)
               : NULL;
}

bool command_directives(struct session *s, const struct request *q,
                        struct answer *a)
{
    if (q->count == 0) return list_directives(s, NULL, false, a);
    const char *word = word_of(q);
    for (int kind = DIRECTIVE_ASSUME; word && kind <= DIRECTIVE_OBSERVE_EACH;
         kind++)
        if (strcasecmp(word, directive_kind_name(kind)) == 0)
            return list_directives(s, word, false, a);
    session_fail(s, q->arguments[0]->span, ERROR_USE,
                 "that is no kind of directive");
    return error_hint(session_error(s), "DIRECTIVES [assume, observe, "
                                        "predict, factor, condition]");
}

/* ---- scores and sizes ------------------------------------------------- */

bool command_logscore(struct session *s, const struct request *q,
                      struct answer *a)
{
    double score;
    if (q->count == 0) {
        score = s->engine->op->log_score(s->engine);
    } else {
        struct directive *d = program_find(s, q->arguments[0]);
        if (!d || !s->engine->op->directive_score(s->engine, d, &score))
            return false;
        answer_integer(a, NULL, "id", d->id);
    }
    answer_number(a, "logp", "value", score);
    return true;
}

/* ((name value) ...): the ASSUMEs and their values. */
static bool read_settings(struct session *s, const struct syntax *list,
                          struct directive **which, value *at)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct syntax *pair = list->items[i];
        if (pair->kind != SYNTAX_LIST || pair->count != 2)
            return session_fail(s, pair->span, ERROR_SYNTAX,
                                "LOGDENSITY: expected (name value)");
        which[i] = program_find(s, pair->items[0]);
        if (!which[i] || !session_evaluate(s, pair->items[1], &at[i]))
            return false;
        for (uint32_t j = 0; j < i; j++)
            if (which[j] == which[i])
                return session_fail(s, pair->span, ERROR_USE,
                                    "LOGDENSITY: that has a value already");
    }
    return true;
}

bool command_logdensity(struct session *s, const struct request *q,
                        struct answer *a)
{
    double density = s->engine->op->log_score(s->engine);
    if (q->count) {
        const struct syntax *list = q->arguments[0];
        if (list->kind != SYNTAX_LIST)
            return session_fail(s, list->span, ERROR_SYNTAX,
                                "LOGDENSITY: expected ((name value) ...)");
        struct directive **which =
            memory_new((list->count + 1) * sizeof *which);
        value *at = memory_new((list->count + 1) * sizeof *at);
        if (!which || !at) return machine_no_memory(s->machine);
        if (!read_settings(s, list, which, at)) return false;
        if (!s->engine->op->density_at(s->engine, list->count, which, at,
                                       &density)) {
            if (!session_error(s)->span.source)
                session_error(s)->span = list->span;
            return false;
        }
    }
    answer_number(a, "logdensity", "value", density);
    return true;
}

bool command_entropy(struct session *s, const struct request *q,
                     struct answer *a)
{
    (void)q;
    answer_integer(a, "entropy", "value",
                   (int64_t)s->engine->op->all_choices(s->engine));
    return true;
}

/* Kilobytes resident now; of the most there were, where the system does not
 * say. */
static int64_t resident_kilobytes(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    bool good = f && fscanf(f, "%*d %ld", &pages) == 1;
    if (f) fclose(f);
    if (good) return (int64_t)pages * sysconf(_SC_PAGESIZE) / 1024;
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0;
}

bool command_memory(struct session *s, const struct request *q,
                    struct answer *a)
{
    (void)s;
    (void)q;
    answer_integer(a, "memory", "value", resident_kilobytes());
    return true;
}

/* ---- MHSTATS, SEED, EXIT ---------------------------------------------- */

/* "m.church:3:9: 412 proposed, 20 accepted (4.9 %)", in the order of the
 * text where it is one. */
static int by_position(const void *a, const void *b)
{
    const struct span *x = &((const struct tally_row *)a)->place;
    const struct span *y = &((const struct tally_row *)b)->place;
    if (x->source != y->source) return 0;
    return (x->start > y->start) - (x->start < y->start);
}

static bool put_place(const struct tally_row *r, bool first, struct text *lines,
                      struct text *json)
{
    char proposed[32], accepted[32];
    int line = 0, column = 0;
    const char *file = r->place.source ? r->place.source->name : "";
    if (r->place.source)
        source_place(r->place.source, r->place.start, &line, &column);
    return text_printf(lines,
                       "  %s:%d:%d: %s proposed, %s accepted (%.1f %%)\n", file,
                       line, column, grouped(r->proposals, proposed),
                       grouped(r->accepted, accepted),
                       100.0 * (double)r->accepted / (double)r->proposals) &&
           text_puts(json, first ? "{\"file\":" : ",{\"file\":") &&
           print_json_string(json, file, strlen(file)) &&
           text_printf(json,
                       ",\"line\":%d,\"column\":%d,\"proposals\":%llu,"
                       "\"accepted\":%llu}",
                       line, column, (unsigned long long)r->proposals,
                       (unsigned long long)r->accepted);
}

/* Proposals by place, since MHSTATS on. */
static bool places_answer(struct session *s, struct answer *a)
{
    struct tally_row *rows = s->tally.rows;
    uint32_t count = s->tally.count;
    if (!count) return true;
    struct tally_row *sorted = memory_new(count * sizeof *sorted);
    if (!sorted) return machine_no_memory(s->machine);
    memcpy(sorted, rows, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_position);
    struct text lines = {0}, json = {0};
    bool good = text_puts(&lines, "by place:\n") && text_puts(&json, "[");
    for (uint32_t i = 0; good && i < count; i++)
        good = put_place(&sorted[i], i == 0, &lines, &json);
    good = good && text_puts(&json, "]");
    if (good)
        answer_block(a, lines.at, "places", json.at);
    else
        machine_no_memory(s->machine);
    text_free(&lines);
    text_free(&json);
    return good;
}

static bool print_counts(struct session *s, bool detailed, struct answer *a)
{
    answer_integer(a, "made-proposals", "made-proposals",
                   (int64_t)s->made.proposals);
    answer_integer(a, "accepted-proposals", "accepted-proposals",
                   (int64_t)s->made.accepted);
    answer_integer(a, "impossible-proposals", "impossible-proposals",
                   (int64_t)s->made.impossible);
    return !detailed ||
           (places_answer(s, a) && complaints_answer(s, s->made.proposals, a));
}

bool command_mhstats(struct session *s, const struct request *q,
                     struct answer *a)
{
    if (q->count == 0) return print_counts(s, s->by_place, a);
    const char *word = word_of(q);
    if (word && strcasecmp(word, "aggregated") == 0)
        return print_counts(s, false, a);
    if (word && strcasecmp(word, "detailed") == 0)
        return print_counts(s, true, a);
    if (!word || (strcasecmp(word, "on") != 0 && strcasecmp(word, "off") != 0))
        return session_fail(s, q->arguments[0]->span, ERROR_USE,
                            "MHSTATS takes on, off, aggregated or detailed");
    s->by_place = strcasecmp(word, "on") == 0;
    if (s->by_place) tally_clear(&s->tally);
    profile_link(s);
    answer_string(a, "mhstats details", "details", s->by_place ? "on" : "off");
    return true;
}

bool command_seed(struct session *s, const struct request *q, struct answer *a)
{
    value v;
    if (!session_evaluate(s, q->arguments[0], &v)) return false;
    if (!is_int(v) || as_int(v) < 0)
        return session_fail(s, q->arguments[0]->span, ERROR_USE,
                            "SEED takes a whole number from 0 to 2^47 - 1");
    session_seed(s, (uint64_t)as_int(v));
    answer_integer(a, NULL, "value", as_int(v));
    answer_string(a, "", NULL, "done");
    return true;
}

bool command_exit(struct session *s, const struct request *q, struct answer *a)
{
    (void)q;
    (void)a;
    s->leaving = true;
    return true;
}
