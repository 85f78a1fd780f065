/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The catalogue of names: see catalogue.h.
 */
#include "session/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "eval/code.h"
#include "eval/core.h"
#include "eval/global.h"
#include "infer/kernel.h"
#include "session/answer.h"
#include "session/directive.h"
#include "xrp/xrp.h"

/* In this order; topics that are not here come last. */
static const struct {
    const char *name, *doc;
} topics[] = {
    {"directives", "What a program is a sequence of."},
    {"kernels", "Ways to move through the posterior: INFER kernel n."},
    {"special forms", "They decide what of theirs is evaluated."},
    {"conditioning", "What was seen, said inside an expression."},
    {"discrete distributions", "Random procedures with values one by one."},
    {"continuous distributions", "Random procedures with a density."},
    {"forms", "They stand around the application of a distribution, and make "
              "another of it."},
    {"makers", "They make exchangeable random procedures, whose draws depend "
               "on one another: urns."},
    {"random procedures", "What else concerns random choices."},
    {"constants", "Names of numbers and truth values."},
    {"arithmetic", "Of numbers, and element by element of arrays."},
    {"comparison", "Answers that are True or False."},
    {"booleans", "Of truth values; only False is false."},
    {"math", "Functions of numbers, and element by element of arrays."},
    {"numbers", "What kind of number it is."},
    {"values", "What kind of value it is."},
    {"lists", "Pairs and lists."},
    {"procedures on lists", "They call a procedure for each element."},
    {"sets", "Lists as sets."},
    {"procedures", "Procedures of procedures."},
    {"library", "Written in the language itself."},
    {"arrays", "Vectors and matrices: dense arrays of numbers."},
    {"matrices", "Arrays of two axes, and linear algebra."},
    {"summaries", "Many numbers in one."},
    {"data", "Files, and the records that they give."},
    {"text", "Strings."},
    {"symbols", "Names as values."},
    {"pictures", "Drawn in the terminal, or as SVG with :out \"f.svg\"."},
    {"output", "What a program says."},
};
enum { TOPICS = sizeof topics / sizeof *topics };

static int rank_of(const char *topic)
{
    int rank = 0;
    while (rank < TOPICS && strcmp(topics[rank].name, topic) != 0) rank++;
    return rank;
}

const char *topic_doc(const char *topic)
{
    int rank = rank_of(topic);
    return rank < TOPICS ? topics[rank].doc : "";
}

bool entry_has_name(const struct entry *e, const char *name)
{
    size_t length = strlen(name);
    const char *at = e->names;
    if (strcmp(e->topic, "directives") == 0) return words_hold(at, name);
    while (*at) {
        size_t here = strcspn(at, " ");
        if (here == length && strncmp(at, name, length) == 0) return true;
        at += here;
        at += strspn(at, " ");
    }
    return false;
}

/* ---- gathering -------------------------------------------------------- */

struct gathering {
    struct machine *machine;
    struct catalogue *into;
    size_t room;
    bool failed;
};

static void add(struct gathering *g, struct entry e)
{
    struct catalogue *c = g->into;
    if (g->failed) return;
    if (c->count == g->room) {
        size_t room = g->room ? 2 * g->room : 256;
        struct entry *more = memory_new(room * sizeof *more);
        g->failed = !more;
        if (!more) return;
        if (c->count) memcpy(more, c->entries, c->count * sizeof *more);
        c->entries = more;
        g->room = room;
    }
    if (!e.doc) e.doc = "";
    c->entries[c->count++] = e;
}

static void add_tables(struct gathering *g)
{
    for (size_t i = 0; i < directive_count; i++)
        add(g, (struct entry){.topic = "directives",
                              .names = directive_rows[i].words,
                              .signature = directive_rows[i].signature,
                              .doc = directive_rows[i].doc});
    for (size_t i = 0; i < kernel_count; i++)
        add(g, (struct entry){.topic = "kernels",
                              .names = kernel_rows[i]->name,
                              .signature = kernel_rows[i]->signature,
                              .doc = kernel_rows[i]->doc});
    for (const struct special_form_row *row = special_form_rows; row->name;
         row++)
        add(g, (struct entry){.topic = "special forms",
                              .names = row->name,
                              .signature = row->signature,
                              .doc = row->doc});
}

/* "(compose f g ...): f of g of ..." says both; else the parameters tell. */
static bool describe_closure(const struct global *g, struct entry *e)
{
    const struct code *code = ((struct closure *)as_object(g->held))->code;
    const char *end = e->doc ? strstr(e->doc, "): ") : NULL;
    struct text t = {0};
    if (end && e->doc[0] == '(') {
        e->signature = kept_string(e->doc, (size_t)(end - e->doc) + 1);
        e->doc = end + 3;
        return e->signature != NULL;
    }
    if (!code->parameter_names) return true;
    bool good = text_printf(&t, "(%s", text_of(g->name));
    for (uint32_t i = 0; good && i < code->parameters; i++)
        good = text_printf(&t, " %s", text_of(code->parameter_names[i]));
    if (good && code->rest)
        good = text_printf(&t, " %s ...",
                           text_of(code->parameter_names[code->parameters]));
    good = good && text_puts(&t, ")") &&
           (e->signature = kept_string(t.at, t.length));
    text_free(&t);
    return good;
}

static struct entry describe_family(const struct xrp_family *f)
{
    return (struct entry){.topic = f->flags & XRP_MAKER  ? "makers"
                                   : f->flags & XRP_FORM ? "forms"
                                   : f->flags & XRP_CONTINUOUS
                                       ? "continuous distributions"
                                       : "discrete distributions",
                          .names = f->names,
                          .signature = f->signature,
                          .doc = f->doc,
                          .gives = xrp_support_words(f)};
}

static bool describe(const struct global *g, struct entry *e)
{
    const char *name = text_of(g->name);
    *e = (struct entry){
        .topic = "constants", .names = name, .signature = name, .doc = g->doc};
    switch (object_type(g->held)) {
    case T_PRIMITIVE: {
        const struct primitive *p = as_object(g->held);
        *e = (struct entry){p->topic, p->names, p->signature, p->doc, NULL};
        return true;
    }
    case T_NATIVE: {
        const struct native *p = as_object(g->held);
        *e = (struct entry){p->topic, p->names, p->signature, p->doc, NULL};
        return true;
    }
    case T_XRP:
        *e = describe_family(((struct xrp *)as_object(g->held))->family);
        return true;
    case T_CLOSURE: e->topic = "library"; return describe_closure(g, e);
    default: return true;
    }
}

/* The first of the names that still means this value: the library may have
 * taken one for another. */
static bool is_first_name(struct machine *m, const char *names,
                          const struct global *g)
{
    for (const char *at = names; *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        struct global *here = global_builtin(m, symbol_sized(at, length));
        if (here && here->held == g->held) return here == g;
        at += length;
    }
    return false;
}

/* Each thing once. */
static void add_global(struct global *g, void *gathering)
{
    struct gathering *to = gathering;
    struct entry e;
    if (!g->builtin || to->failed) return;
    to->failed = !describe(g, &e);
    if (!to->failed && is_first_name(to->machine, e.names, g)) add(to, e);
}

/* ---- order ------------------------------------------------------------ */

static int by_topic(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int ranks = rank_of(x->topic) - rank_of(y->topic);
    if (ranks) return ranks;
    int names = strcmp(x->topic, y->topic);
    if (names) return names;
    return strcasecmp(x->names, y->names);
}

bool catalogue_open(struct machine *m, struct catalogue *c)
{
    struct gathering g = {.machine = m, .into = c};
    *c = (struct catalogue){0};
    add_tables(&g);
    size_t tables = c->count; /* these keep their order */
    global_each(m, add_global, &g);
    if (g.failed) return false;
    qsort(c->entries + tables, c->count - tables, sizeof *c->entries, by_topic);
    return true;
}
