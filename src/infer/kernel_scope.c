/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Scopes as they are written: all, continuous, discrete, (name x ...),
 * (tag t [block]), (extent id), (and s s), (or s s), (minus s s). Names of
 * tags and blocks are data, not evaluated.
 */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "infer/kernel.h"

struct parse {
    const char *kernel; /* whose scope it is to be */
    struct scope *scope;
    const struct kernel_names *names;
    struct error *error;
};

static int parse_scope(struct parse *p, const struct syntax *s);

static int fail(struct parse *p, const struct syntax *s, const char *what)
{
    char words[80];
    span_text(s->span, words, sizeof words);
    error_set(p->error, ERROR_USE, "INFER: %s: '%s': %s", p->kernel, words,
              what);
    error_hint(p->error,
               "scopes: all continuous discrete (name x ...) (tag t) (tag t "
               "block) (extent id) (and s s) (or s s) (minus s s)");
    p->error->span = s->span;
    return -1;
}

static int node(struct parse *p, const struct syntax *s, struct scope_node n)
{
    if (p->scope->count == SCOPE_NODES)
        return fail(p, s, "the scope is too large");
    p->scope->nodes[p->scope->count] = n;
    return p->scope->count++;
}

/* A symbol, quoted or not, a number or a string: itself. */
static bool datum_of(struct parse *p, const struct syntax *s, value *out)
{
    if (s->kind == SYNTAX_LIST && s->count == 2 &&
        syntax_is_symbol(s->items[0], "quote"))
        s = s->items[1];
    return syntax_datum(s, out, p->error);
}

static const char *symbol_of(const struct syntax *s)
{
    return s->kind == SYNTAX_ATOM && is_symbol(s->datum) ? text_of(s->datum)
                                                         : NULL;
}

static int unknown_name(struct parse *p, const struct syntax *s)
{
    struct text known = {0};
    error_set(p->error, ERROR_USE,
              "INFER: %s: '(name %.60s)': there is no such "
              "ASSUME",
              p->kernel, symbol_of(s));
    p->names->list(p->names->context, &known);
    if (known.length)
        error_hint(p->error, "names: %.200s", known.at);
    else
        error_hint(p->error, "the program has no ASSUME yet");
    text_free(&known);
    p->error->span = s->span;
    return -1;
}

static int parse_name(struct parse *p, const struct syntax *s)
{
    int all = -1;
    if (s->count < 2) return fail(p, s, "a name is missing");
    for (uint32_t i = 1; i < s->count; i++) {
        const char *name = symbol_of(s->items[i]);
        if (!name) return fail(p, s->items[i], "this is no name");
        int id = p->names ? p->names->assumed(p->names->context, name) : 1;
        if (!id) return unknown_name(p, s->items[i]);
        int one = node(
            p, s, (struct scope_node){.test = SCOPE_EXTENT, .directive = id});
        if (one < 0) return -1;
        all = i == 1 ? one
                     : node(p, s,
                            (struct scope_node){
                                .test = SCOPE_OR, .a = all, .b = one});
        if (all < 0) return -1;
    }
    return all;
}

static int parse_tag(struct parse *p, const struct syntax *s)
{
    struct scope_node n = {.test = SCOPE_TAG};
    if (s->count < 2 || s->count > 3)
        return fail(p, s, "a tag is (tag t) or (tag t block)");
    if (!datum_of(p, s->items[1], &n.name)) return -1;
    if (s->count == 3) {
        n.test = SCOPE_TAG_BLOCK;
        if (!datum_of(p, s->items[2], &n.block)) return -1;
    } else if (p->scope->blocks_of == V_UNBOUND) {
        p->scope->blocks_of = n.name;
    }
    return node(p, s, n);
}

static int parse_extent(struct parse *p, const struct syntax *s)
{
    if (s->count != 2 || s->items[1]->kind != SYNTAX_ATOM ||
        !is_int(s->items[1]->datum))
        return fail(p, s, "expected the id of a directive");
    int id = (int)as_int(s->items[1]->datum);
    if (p->names && !p->names->directive(p->names->context, id))
        return fail(p, s, "there is no such directive");
    return node(p, s,
                (struct scope_node){.test = SCOPE_EXTENT, .directive = id});
}

static int parse_pair(struct parse *p, const struct syntax *s,
                      enum scope_test test)
{
    if (s->count != 3) return fail(p, s, "this takes two scopes");
    int a = parse_scope(p, s->items[1]);
    value blocks = p->scope->blocks_of;
    int b = a < 0 ? -1 : parse_scope(p, s->items[2]);
    /* A union has choices alone; what is taken away names no blocks. */
    if (test == SCOPE_OR) p->scope->blocks_of = V_UNBOUND;
    if (test == SCOPE_MINUS) p->scope->blocks_of = blocks;
    return b < 0
               ? -1
               : node(p, s, (struct scope_node){.test = test, .a = a, .b = b});
}

static const struct {
    const char *word;
    enum scope_test test;
} simple[] = {{"all", SCOPE_ALL},
              {"continuous", SCOPE_CONTINUOUS},
              {"discrete", SCOPE_DISCRETE}},
  pairs[] = {{"and", SCOPE_AND}, {"or", SCOPE_OR}, {"minus", SCOPE_MINUS}};

static int parse_scope(struct parse *p, const struct syntax *s)
{
    const char *word = symbol_of(s), *head = syntax_head(s);
    for (int i = 0; word && i < 3; i++)
        if (strcmp(simple[i].word, word) == 0)
            return node(p, s, (struct scope_node){.test = simple[i].test});
    if (!head) return fail(p, s, "this is no scope");
    if (strcmp(head, "name") == 0) return parse_name(p, s);
    if (strcmp(head, "tag") == 0) return parse_tag(p, s);
    if (strcmp(head, "extent") == 0) return parse_extent(p, s);
    for (int i = 0; i < 3; i++)
        if (strcmp(pairs[i].word, head) == 0)
            return parse_pair(p, s, pairs[i].test);
    return fail(p, s, "this is no scope");
}

bool kernel_scope_is_named(const struct syntax *s)
{
    static const char *const words[] = {"all", "continuous", "discrete"};
    static const char *const heads[] = {"name", "tag", "extent",
                                        "and",  "or",  "minus"};
    const char *word = symbol_of(s), *head = syntax_head(s);
    for (int i = 0; word && i < 3; i++)
        if (strcmp(words[i], word) == 0) return true;
    for (int i = 0; head && i < 6; i++)
        if (strcmp(heads[i], head) == 0) return true;
    return false;
}

struct scope *kernel_scope_parse(const struct syntax *s, const char *kernel,
                                 const struct kernel_names *names,
                                 struct error *error)
{
    struct parse p = {kernel, scope_new(), names, error};
    if (!p.scope) {
        error_set(error, ERROR_LIMIT, "not enough memory");
        return NULL;
    }
    p.scope->root = parse_scope(&p, s);
    if (p.scope->root < 0) {
        scope_free(p.scope);
        return NULL;
    }
    p.scope->all = p.scope->count == 1 && p.scope->nodes[0].test == SCOPE_ALL;
    return p.scope;
}
