/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The random database as a person reads it: TRACE. There is not much to
 * read: its choices, numbered in the order in which the program meets them,
 * and the arguments that they have. Who depends on whom is not kept.
 */
#include <stdio.h>
#include <stdlib.h>

#include "trace/describe.h"
#include "trace/randomdb.h"

struct numbered {
    const struct choice *choice;
    uint32_t number;
};

struct view {
    struct description words;
    struct numbered *by_choice; /* sorted by address */
    uint32_t count;
};

static int by_address(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    return (x->choice > y->choice) - (x->choice < y->choice);
}

static bool name_value(const void *context, value x, char *name)
{
    const struct view *v = context;
    if (!is_type(x, T_CHOICE)) return false;
    struct numbered key = {as_object(x), 0};
    const struct numbered *found =
        bsearch(&key, v->by_choice, v->count, sizeof key, by_address);
    snprintf(name, DESCRIBE_NAME_MAX, "#%u", found ? found->number : 0);
    return true;
}

static bool number(struct view *v, const struct world *w)
{
    v->count = w->choices.count;
    v->by_choice = calloc(v->count + 1, sizeof *v->by_choice);
    if (!v->by_choice) return false;
    for (uint32_t i = 0; i < v->count; i++)
        v->by_choice[i] = (struct numbered){w->choices.at[i], i + 1};
    qsort(v->by_choice, v->count, sizeof *v->by_choice, by_address);
    return true;
}

static bool print_choice(struct view *v, const struct choice *c, uint32_t i)
{
    char name[16], head[DESCRIBE_NAME_MAX], observer[16];
    snprintf(name, sizeof name, "#%u", i + 1);
    snprintf(head, sizeof head, "%.*s", (int)strcspn(c->family->names, " "),
             c->family->names);
    if (c->observer)
        snprintf(observer, sizeof observer, "[%d]", c->observer->id);
    struct choice_words words = {
        .name = name,
        .head = head,
        .written = c->written,
        .count = (uint32_t)c->count,
        .held = c->held,
        .score = c->score,
        .observer = c->observer ? observer : NULL,
        .place = c->place,
    };
    return describe_choice(&v->words, &words, c->owner, 1) &&
           json_end(&v->words);
}

bool randomdb_print(struct randomdb *db, const struct directive *only,
                    struct text *lines, struct text *json)
{
    const struct world *w = db->now;
    const struct directive *last = NULL;
    struct view v = {0};
    v.words = (struct description){
        .name = name_value, .context = &v, .lines = *lines, .json = *json};
    bool ok = number(&v, w) && text_puts(&v.words.json, "[");
    for (uint32_t i = 0; ok && i < w->choices.count; i++) {
        const struct choice *c = w->choices.at[i];
        if (only && c->owner != only) continue;
        if (c->owner != last)
            ok = describe_directive(&v.words, c->owner) && json_end(&v.words);
        last = c->owner;
        ok = ok && print_choice(&v, c, i);
    }
    ok = ok && text_puts(&v.words.json, "]");
    *lines = v.words.lines;
    *json = v.words.json;
    free(v.by_choice);
    return ok || machine_no_memory(db->base.machine);
}
