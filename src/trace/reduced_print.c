/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reduced trace as a person reads it: TRACE. Nodes are called by their
 * number in the order of the program (#1, #2, ...), directives by their name
 * or id: x, [3]. Nothing is changed, settled or drawn here.
 */
#include <stdio.h>
#include <stdlib.h>

#include "eval/print.h"
#include "trace/describe.h"
#include "trace/reduced_order.h"

enum { WORDS_MAX = 100, NAMES_SHOWN = 12 };

struct view {
    const struct trace *t;
    struct description words;
    struct order_of order;
    struct place **by_node; /* sorted by address, to find names */
    struct place **drawn;   /* choices of urns, by urn, then in order */
    uint32_t drawn_count;
};

/* ---- finding places ----------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
    const struct place *x = *(struct place *const *)a;
    const struct place *y = *(struct place *const *)b;
    return (x->node > y->node) - (x->node < y->node);
}

static const struct place *place_of(const struct view *v, const struct node *n)
{
    struct place key = {n, NULL, 0, 0}, *k = &key;
    struct place **found =
        n ? bsearch(&k, v->by_node, v->order.count, sizeof k, by_address)
          : NULL;
    return found ? *found : NULL;
}

static const struct urn *urn_of(const struct place *p)
{
    return node_kind(p->node) == NODE_CHOICE
               ? choice_urn((const struct choice *)p->node)
               : NULL;
}

static int by_urn(const void *a, const void *b)
{
    const struct place *x = *(struct place *const *)a;
    const struct place *y = *(struct place *const *)b;
    const struct urn *u = urn_of(x), *w = urn_of(y);
    if (u != w) return u > w ? 1 : -1;
    return (x > y) - (x < y);
}

static bool sort_places(struct view *v)
{
    v->by_node = calloc(v->order.count + 1, sizeof *v->by_node);
    v->drawn = calloc(v->order.count + 1, sizeof *v->drawn);
    if (!v->by_node || !v->drawn) return false;
    for (uint32_t i = 0; i < v->order.count; i++) {
        v->by_node[i] = &v->order.at[i];
        if (urn_of(&v->order.at[i]))
            v->drawn[v->drawn_count++] = &v->order.at[i];
    }
    qsort(v->by_node, v->order.count, sizeof *v->by_node, by_address);
    qsort(v->drawn, v->drawn_count, sizeof *v->drawn, by_urn);
    return true;
}

/* ---- names -------------------------------------------------------------- */

static void name_place(const struct place *p, char *name)
{
    if (!p)
        snprintf(name, DESCRIBE_NAME_MAX, "#?");
    else if (p->number)
        snprintf(name, DESCRIBE_NAME_MAX, "#%u", p->number);
    else if (p->of->kind == DIRECTIVE_ASSUME)
        snprintf(name, DESCRIBE_NAME_MAX, "%s", text_of(p->of->name));
    else
        snprintf(name, DESCRIBE_NAME_MAX, "[%d]", p->of->id);
}

static void name_node(const struct view *v, const struct node *n, char *name)
{
    name_place(place_of(v, n), name);
}

static bool name_value(const void *context, value x, char *name)
{
    const struct view *v = context;
    const struct node *n = NULL;
    switch (object_type(x)) {
    case T_CHOICE:
    case T_REGION: n = as_object(x); break;
    case T_XRP: n = ((const struct xrp *)as_object(x))->made; break;
    case T_MEM: n = ((const struct mem *)as_object(x))->entries; break;
    default: break;
    }
    if (!n) return false;
    name_node(v, n, name);
    return true;
}

/* ---- edges -------------------------------------------------------------- */

static int by_order(const void *a, const void *b)
{
    const struct place *x = *(const struct place *const *)a;
    const struct place *y = *(const struct place *const *)b;
    return (x > y) - (x < y);
}

static bool put_name(struct view *v, const struct place *p, uint32_t i,
                     uint32_t count)
{
    struct description *d = &v->words;
    char name[DESCRIBE_NAME_MAX];
    name_place(p, name);
    if (!text_puts(&d->json, i ? "," : "") ||
        !print_json_string(&d->json, name, strlen(name)))
        return false;
    if (i >= NAMES_SHOWN) return true;
    if (!text_printf(&d->lines, "%s%s", i ? ", " : "", name)) return false;
    return i + 1 < NAMES_SHOWN || i + 1 == count ||
           text_printf(&d->lines, " and %u more", count - i - 1);
}

/* "reads #1, #2", in order, each once; nothing when there is none. */
static bool put_names(struct view *v, const char *lead, const char *words,
                      const char *key, const struct place **list,
                      uint32_t count)
{
    struct description *d = &v->words;
    uint32_t n = 0;
    bool ok = text_printf(&d->json, ",\"%s\":[", key);
    if (count) qsort(list, count, sizeof *list, by_order);
    for (uint32_t i = 0; i < count; i++)
        if (i == 0 || list[i] != list[i - 1]) list[n++] = list[i];
    if (n) ok = ok && text_printf(&d->lines, "%s%s ", lead, words);
    for (uint32_t i = 0; ok && i < n; i++) ok = put_name(v, list[i], i, n);
    return ok && text_puts(&d->json, "]");
}

/* Its readers that have a place (watches have none) into list, when there is
 * one; how many they are. Those of its elements, too. */
static size_t put_readers(struct view *v, const struct node *n,
                          const struct place **list)
{
    size_t count = 0;
    uint32_t next = 0;
    const struct element *part = NULL;
    do {
        const struct node *of = part ? &part->node : n;
        for (const struct edge *e = node_readers(of); e; e = edge_next(e)) {
            const struct place *p = place_of(v, edge_reader(e));
            if (p && list) list[count] = p;
            count += p != NULL;
        }
        part = node_kind(n) == NODE_CHOICE
                   ? element_next(v->t, (const struct choice *)n, &next)
                   : NULL;
    } while (part);
    return count;
}

/* Whom it reads, and who reads it; each list after `lead`, then `between`. */
static bool put_edges(struct view *v, const struct node *n, const char *lead,
                      const char *between)
{
    size_t count = 0, readers = 0, i = 0;
    for (const struct edge *e = node_edges(n); e; e = edge_own(e)) count++;
    readers = put_readers(v, n, NULL);
    size_t room = (count > readers ? count : readers) + 1;
    const struct place **list = calloc(room, sizeof *list);
    if (!list) return false;
    for (const struct edge *e = node_edges(n); e; e = edge_own(e))
        list[i++] = place_of(v, node_whole(edge_source(e)));
    bool ok = put_names(v, lead, "reads", "reads", list, (uint32_t)count);
    put_readers(v, n, list);
    ok = ok && put_names(v, count ? between : lead, "read by", "readers", list,
                         (uint32_t)readers);
    free(list);
    return ok;
}

/* The entries of mems that a region uses. */
static bool put_uses(struct view *v, const struct region *r, uint32_t depth)
{
    const struct place **list = calloc(use_count(r) + 1, sizeof *list);
    if (!list) return false;
    for (uint32_t i = 0; i < use_count(r); i++)
        list[i] = place_of(v, &use_at(region_kept(r), i)->node);
    bool ok = (!use_count(r) || indent(&v->words, (int)depth)) &&
              put_names(v, "", "uses", "uses", list, use_count(r)) &&
              (!use_count(r) || text_puts(&v->words.lines, "\n"));
    free(list);
    return ok;
}

/* A line of its own with the edges, when there are any. */
static bool edge_line(struct view *v, const struct node *n, uint32_t depth)
{
    bool any = node_edges(n) || put_readers(v, n, NULL);
    return (!any || indent(&v->words, (int)depth)) &&
           put_edges(v, n, "", ", ") &&
           (!any || text_puts(&v->words.lines, "\n"));
}

/* ---- nodes -------------------------------------------------------------- */

static bool print_choice(struct view *v, const struct place *p)
{
    const struct choice *c = (const struct choice *)p->node;
    char name[DESCRIBE_NAME_MAX], urn[DESCRIBE_NAME_MAX];
    char head[DESCRIBE_NAME_MAX], observer[DESCRIBE_NAME_MAX];
    name_place(p, name);
    snprintf(head, sizeof head, "%.*s", (int)strcspn(c->family->names, " "),
             c->family->names);
    if (choice_urn(c)) name_node(v, &choice_urn(c)->node, urn);
    if (choice_observer(c)) name_node(v, &choice_observer(c)->node, observer);
    struct choice_words words = {
        .name = name,
        .head = choice_urn(c) ? urn : head,
        .written = c->written,
        .count = c->node.head.size,
        .held = c->held,
        .score = c->score,
        .scored_by = choice_urn(c) ? urn : NULL,
        .observer = choice_observer(c) ? observer : NULL,
        .place = *choice_place(c),
    };
    const struct choice_more more = choice_more(c);
    double weight = more.zeros ? 0.0 : more.weight;
    return describe_choice(&v->words, &words, p->of, (int)p->depth) &&
           text_printf(&v->words.json, ",\"weight\":%.17g", weight) &&
           (weight == 1.0 ||
            (indent(&v->words, (int)p->depth + 1) &&
             text_printf(&v->words.lines, "weight %g\n", weight))) &&
           edge_line(v, p->node, p->depth + 1) && json_end(&v->words);
}

static bool put_contents(struct view *v, const struct urn *u, struct text *out)
{
    uint32_t low = 0, high = v->drawn_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (urn_of(v->drawn[middle]) < u)
            low = middle + 1;
        else
            high = middle;
    }
    while (high < v->drawn_count && urn_of(v->drawn[high]) == u) high++;
    value *held = calloc(high - low + 1, sizeof *held);
    if (!held) return false;
    for (uint32_t i = low; i < high; i++)
        held[i - low] = ((const struct choice *)v->drawn[i]->node)->held;
    bool ok = describe_contents(&v->words, out, held, high - low);
    free(held);
    return ok;
}

static bool print_urn(struct view *v, const struct place *p)
{
    const struct urn *u = (const struct urn *)p->node;
    struct description *d = &v->words;
    struct text form = {0}, inside = {0};
    char name[DESCRIBE_NAME_MAX], head[DESCRIBE_NAME_MAX];
    name_place(p, name);
    snprintf(head, sizeof head, "%.*s",
             (int)strcspn(u->made.family->names, " "), u->made.family->names);
    bool ok =
        describe_application(d, &form, head, u->node.head.size, u->written,
                             WORDS_MAX) &&
        put_contents(v, u, &inside) && indent(d, (int)p->depth) &&
        text_printf(&d->lines, "%s urn %s\n", name, form.at) &&
        indent(d, (int)p->depth + 1) &&
        text_printf(&d->lines, "holds %s, score %.5g", inside.at, u->score) &&
        json_begin(d, name, "urn", p->of) &&
        json_text(d, "application", form.at) &&
        json_text(d, "holds", inside.at) &&
        text_puts(&d->json, ",\"score\":") &&
        print_json(&d->json, v_double(u->score)) &&
        describe_place(d, *u->place, p->of) && text_puts(&d->lines, "\n") &&
        edge_line(v, p->node, p->depth + 1) && json_end(d);
    text_free(&form);
    text_free(&inside);
    return ok;
}

static bool print_mem(struct view *v, const struct place *p)
{
    const struct mem_node *m = (const struct mem_node *)p->node;
    struct description *d = &v->words;
    char name[DESCRIBE_NAME_MAX];
    uint32_t count = 0;
    const struct node *c = (const struct node *)region_children(&m->entries);
    for (; c; c = node_next(c)) count++;
    name_place(p, name);
    return indent(d, (int)p->depth) &&
           text_printf(&d->lines, "%s mem ", name) &&
           describe_value(d, &d->lines, m->procedure, WORDS_MAX) &&
           text_printf(&d->lines, ", %u entr%s\n", count,
                       count == 1 ? "y" : "ies") &&
           json_begin(d, name, "mem", p->of) &&
           text_printf(&d->json, ",\"entries\":%u", count) &&
           edge_line(v, p->node, p->depth + 1) && json_end(d);
}

/* ---- regions ------------------------------------------------------------ */

static bool put_guard(struct view *v, const struct guard *g, uint32_t depth)
{
    struct description *d = &v->words;
    bool target = g->how == GUARD_TARGET;
    struct text forced = {0}, outcome = {0};
    bool ok = describe_value(d, &forced, g->forced, WORDS_MAX) &&
              describe_value(d, &outcome, g->outcome, WORDS_MAX) &&
              indent(d, (int)depth) &&
              text_printf(&d->lines, "when %s %s %s\n", forced.at,
                          target ? "is" : "=", outcome.at) &&
              text_puts(&d->json, "{\"forced\":") &&
              print_json_string(&d->json, forced.at, forced.length) &&
              json_text(d, target ? "is" : "outcome", outcome.at) &&
              text_puts(&d->json, "}");
    text_free(&forced);
    text_free(&outcome);
    return ok;
}

static bool put_guards(struct view *v, const struct region *r, uint32_t depth)
{
    bool ok = text_puts(&v->words.json, ",\"guards\":[");
    for (uint32_t i = 0; ok && i < guard_count(r); i++)
        ok = (i == 0 || text_puts(&v->words.json, ",")) &&
             put_guard(v, &region_kept(r)->guards[i], depth);
    return ok && text_puts(&v->words.json, "]");
}

static bool put_result(struct view *v, const struct region *r, uint32_t depth)
{
    struct description *d = &v->words;
    if (region_failed(r))
        return indent(d, (int)depth) &&
               text_printf(&d->lines, "fails: %s\n",
                           region_failed(r)->message) &&
               json_text(d, "fails", region_failed(r)->message);
    return indent(d, (int)depth) && text_puts(&d->lines, "gives ") &&
           describe_value(d, &d->lines, r->result, WORDS_MAX) &&
           text_puts(&d->lines, "\n") && json_words(d, "gives", r->result);
}

static bool put_target(struct view *v, const struct region *r, uint32_t depth)
{
    struct description *d = &v->words;
    char name[DESCRIBE_NAME_MAX];
    if (!region_target(r)) return true;
    name_node(v, &region_target(r)->node, name);
    return indent(d, (int)depth) &&
           text_printf(&d->lines, "observes %s = ", name) &&
           describe_value(d, &d->lines, r->given, WORDS_MAX) &&
           text_puts(&d->lines, "\n") && json_text(d, "observes", name) &&
           text_puts(&d->json, ",\"value\":") && print_json(&d->json, r->given);
}

static const char *region_kind_name(const struct region *r)
{
    static const char *const names[] = {
        [REGION_DIRECTIVE] = "directive",
        [REGION_OBSERVE] = "observe",
        [REGION_ENTRY] = "entry",
        [REGION_CALL] = "call",
        [REGION_CUT] = "cut",
        [REGION_PICK] = "pick",
        [REGION_TERM] = "term",
        [REGION_WEIGHT] = "weight",
        [REGION_PREDICT] = "predict",
    };
    return r->what < sizeof names / sizeof *names ? names[r->what] : "region";
}

/* "#4 entry of #2 (1 2)": what a region that is no directive is. */
static bool put_title(struct view *v, const struct place *p,
                      const struct region *r)
{
    struct description *d = &v->words;
    char name[DESCRIBE_NAME_MAX], mem[DESCRIBE_NAME_MAX];
    struct text title = {0};
    bool ok = true;
    name_place(p, name);
    switch ((enum region_kind)r->what) {
    case REGION_ENTRY: {
        value key[16];
        uint32_t n = 0;
        if (r->node.head.size == 1)
            key[n++] = r->key;
        else
            for (value k = r->key; is_pair(k) && n < 16; k = cdr(k))
                key[n++] = car(k);
        name_node(v, &mem_of(r)->node, mem);
        ok = describe_application(d, &title, mem, n, key, WORDS_MAX);
        break;
    }
    case REGION_CALL: {
        struct text head = {0};
        ok = describe_value(d, &head, r->procedure, WORDS_MAX) &&
             describe_application(d, &title, head.at, r->node.head.size,
                                  r->arguments, WORDS_MAX);
        text_free(&head);
        break;
    }
    case REGION_TERM:
        ok = text_puts(&title, r->score_kind == SCORE_FACTOR ? "(factor "
                                                             : "(condition ") &&
             describe_value(d, &title, r->operands[0], WORDS_MAX) &&
             text_puts(&title, ")");
        break;
    case REGION_PREDICT:
    case REGION_WEIGHT:
        ok = describe_application(d, &title, region_kind_name(r), 2,
                                  (value[]){r->operands[1], r->operands[0]},
                                  WORDS_MAX);
        break;
    default:
        if (p->number)
            ok = describe_value(d, &title, r->operands[0], WORDS_MAX);
    }
    ok = ok && indent(d, (int)p->depth) &&
         text_printf(&d->lines, "%s %s %s", name, region_kind_name(r),
                     title.at ? title.at : "") &&
         json_begin(d, name, region_kind_name(r), p->of) &&
         json_text(d, "application", title.at ? title.at : "");
    text_free(&title);
    return ok;
}

static bool put_score(struct view *v, const struct region *r)
{
    struct description *d = &v->words;
    return text_printf(&d->lines, ", score %.5g", r->score) &&
           text_puts(&d->json, ",\"score\":") &&
           print_json(&d->json, v_double(r->score));
}

static bool print_region(struct view *v, const struct place *p)
{
    const struct region *r = (const struct region *)p->node;
    struct description *d = &v->words;
    bool top = p->number == 0, gives = false, ok;
    switch ((enum region_kind)r->what) {
    case REGION_DIRECTIVE:
    case REGION_ENTRY:
    case REGION_CALL:
    case REGION_CUT:
    case REGION_PICK: gives = true; break;
    default: break;
    }
    ok = top ? describe_directive(d, p->of)
             : put_title(v, p, r) &&
                   (r->what != REGION_TERM || put_score(v, r)) &&
                   text_puts(&d->lines, "\n");
    return ok && put_guards(v, r, p->depth + 1) &&
           (!gives || put_result(v, r, p->depth + 1)) &&
           (r->what != REGION_OBSERVE || put_target(v, r, p->depth + 1)) &&
           put_uses(v, r, p->depth + 1) &&
           edge_line(v, p->node, p->depth + 1) && json_end(d);
}

/* ---- the whole ---------------------------------------------------------- */

static bool print_place(struct view *v, const struct place *p)
{
    switch ((enum node_kind)node_kind(p->node)) {
    case NODE_CHOICE: return print_choice(v, p);
    case NODE_URN: return print_urn(v, p);
    case NODE_MEM: return print_mem(v, p);
    case NODE_ELEMENT:
    case NODE_ELEMENTS: return true;
    default: return print_region(v, p);
    }
}

bool reduced_print(struct trace *t, struct directive *const *program,
                   uint32_t count, const struct directive *only,
                   struct text *lines, struct text *json)
{
    struct view v = {.t = t};
    v.words = (struct description){
        .name = name_value, .context = &v, .lines = *lines, .json = *json};
    bool ok = order_make(&v.order, t, program, count) && sort_places(&v) &&
              text_puts(&v.words.json, "[");
    for (uint32_t i = 0; ok && i < v.order.count; i++)
        if (!only || v.order.at[i].of == only)
            ok = print_place(&v, &v.order.at[i]);
    ok = ok && text_puts(&v.words.json, "]");
    *lines = v.words.lines;
    *json = v.words.json;
    order_free(&v.order);
    free(v.by_node);
    free(v.drawn);
    return ok || machine_no_memory(t->machine);
}
