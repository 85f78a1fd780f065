/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Columns and their levels: see column.h.
 */
#include "session/column.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "eval/print.h"

/* ---- levels ----------------------------------------------------------- */

/* The slot of a text: where it is, or the free one where it belongs. */
static size_t find(const struct levels *l, const char *shown)
{
    size_t mask = l->slot_count - 1;
    size_t slot = hash_bytes(shown, strlen(shown)) & mask;
    while (l->slots[slot] != 0 &&
           strcmp(l->at[l->slots[slot] - 1].shown, shown) != 0) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

/* Room for one level more, at most half of the slots in use. */
static bool grow(struct levels *l)
{
    if (l->count == l->room) {
        size_t room = l->room ? 2 * l->room : 8;
        struct level *at = realloc(l->at, room * sizeof *at);
        if (!at) return false;
        l->at = at;
        l->room = room;
    }
    if (2 * (l->count + 1) <= l->slot_count) return true;
    size_t slot_count = l->slot_count ? 2 * l->slot_count : 16;
    if (slot_count > UINT32_MAX) return false;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (!slots) return false;
    free(l->slots);
    l->slots = slots;
    l->slot_count = slot_count;
    for (size_t i = 0; i < l->count; i++) {
        slots[find(l, l->at[i].shown)] = (uint32_t)i + 1;
    }
    return true;
}

bool levels_code_text(struct levels *l, const char *shown, const char *json,
                      size_t *code)
{
    if (!grow(l)) return false;
    size_t slot = find(l, shown);
    if (l->slots[slot] != 0) {
        *code = l->slots[slot] - 1;
        return true;
    }
    struct level new = {strdup(shown), strdup(json)};
    if (!new.shown || !new.json) {
        free(new.shown);
        free(new.json);
        return false;
    }
    l->at[l->count] = new;
    *code = l->count++;
    l->slots[slot] = (uint32_t)l->count;
    return true;
}

bool levels_code(struct levels *l, value v, size_t *code)
{
    struct text shown = {0}, json = {0};
    bool done = print_value(&shown, v) && print_json(&json, v) && shown.at &&
                json.at && levels_code_text(l, shown.at, json.at, code);
    text_free(&shown);
    text_free(&json);
    return done;
}

void levels_close(struct levels *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->at[i].shown);
        free(l->at[i].json);
    }
    free(l->at);
    free(l->slots);
    *l = (struct levels){0};
}

/* ---- columns ---------------------------------------------------------- */

bool column_open(struct column *c, const char *name)
{
    *c = (struct column){.name = strdup(name)};
    return c->name != NULL;
}

void column_close(struct column *c)
{
    free(c->name);
    free(c->at);
    levels_close(&c->levels);
    *c = (struct column){0};
}

static enum column_kind kind_of(value v)
{
    if (is_boolean(v)) return COLUMN_BOOLEAN;
    if (is_int(v)) return COLUMN_INTEGER;
    return is_number(v) ? COLUMN_NUMBER : COLUMN_LEVELS;
}

enum column_kind column_joined(enum column_kind a, enum column_kind b)
{
    if (a == COLUMN_EMPTY || a == b) return b;
    if (a == COLUMN_INTEGER && b == COLUMN_NUMBER) return b;
    if (a == COLUMN_NUMBER && b == COLUMN_INTEGER) return a;
    return COLUMN_LEVELS;
}

bool column_takes(const struct column *c, value v)
{
    enum column_kind new = kind_of(v);
    return c->kind == COLUMN_EMPTY || c->kind == new ||
           column_joined(c->kind, new) != COLUMN_LEVELS;
}

/* The value that was added as x. */
static value value_of(enum column_kind kind, double x)
{
    if (kind == COLUMN_BOOLEAN) return v_boolean(x != 0.0);
    return kind == COLUMN_INTEGER ? v_int((int64_t)x) : v_double(x);
}

/* Codes instead of the draws. On failure nothing has changed. */
static bool make_levels(struct column *c)
{
    double *codes = calloc(c->length ? c->length : 1, sizeof *codes);
    for (size_t i = 0, code; codes && i < c->length; i++) {
        if (!levels_code(&c->levels, value_of(c->kind, c->at[i]), &code)) {
            free(codes);
            levels_close(&c->levels);
            return false;
        }
        codes[i] = (double)code;
    }
    if (!codes) return false;
    memcpy(c->at, codes, c->length * sizeof *codes);
    free(codes);
    c->kind = COLUMN_LEVELS;
    return true;
}

bool column_reserve(struct column *c, size_t room)
{
    if (room <= c->room) return true;
    if (room > SIZE_MAX / sizeof *c->at) return false;
    double *at = realloc(c->at, room * sizeof *at);
    if (!at) return false;
    c->at = at;
    c->room = room;
    return true;
}

bool column_grow(struct column *c)
{
    return column_reserve(c, c->room ? 2 * c->room : 64);
}

bool column_add(struct column *c, value v)
{
    enum column_kind kind = column_joined(c->kind, kind_of(v));
    double x = 0.0;
    if (c->length == c->room && !column_grow(c)) return false;
    if (kind == COLUMN_LEVELS) {
        size_t code;
        if (c->kind != COLUMN_LEVELS && !make_levels(c)) return false;
        if (!levels_code(&c->levels, v, &code)) return false;
        x = (double)code;
    } else {
        x = is_boolean(v) ? (double)(v == V_TRUE) : as_number(v);
    }
    c->kind = kind;
    c->at[c->length++] = x;
    return true;
}

struct chains column_chains(const struct column *c)
{
    size_t chains = c->chains ? c->chains : 1;
    return (struct chains){c->at, chains, c->length / chains};
}

/* ---- counting --------------------------------------------------------- */

/* NaN after everything. */
static int compare(double x, double y)
{
    if (x != x || y != y) return (x != x) - (y != y);
    return (x > y) - (x < y);
}

static int by_size(const void *a, const void *b)
{
    return compare(*(const double *)a, *(const double *)b);
}

static int by_times(const void *a, const void *b)
{
    const struct count *x = a, *y = b;
    if (x->times != y->times) return x->times < y->times ? 1 : -1;
    return compare(x->x, y->x);
}

bool column_counts(const struct column *c, struct count **out, size_t *length)
{
    size_t n = c->length;
    double *sorted = calloc(n + 1, sizeof *sorted);
    struct count *counts = calloc(n + 1, sizeof *counts);
    *length = 0;
    if (!sorted || !counts) {
        free(sorted);
        free(counts);
        return false;
    }
    if (n > 0) memcpy(sorted, c->at, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_size);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && compare(sorted[end], sorted[i]) == 0;) end++;
        counts[(*length)++] = (struct count){sorted[i], end - i};
    }
    qsort(counts, *length, sizeof *counts, by_times);
    free(sorted);
    *out = counts;
    return true;
}

bool column_print(struct text *out, const struct column *c, double x)
{
    if (c->kind != COLUMN_LEVELS) return print_value(out, value_of(c->kind, x));
    return text_puts(out, c->levels.at[(size_t)x].shown);
}

bool column_print_json(struct text *out, const struct column *c, double x)
{
    if (c->kind != COLUMN_LEVELS) return print_json(out, value_of(c->kind, x));
    return text_puts(out, c->levels.at[(size_t)x].json);
}
