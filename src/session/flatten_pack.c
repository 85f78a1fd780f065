/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Columns of a chain that rests, and back: see flatten.h. What comes back may
 * be any bytes: each name ends, each column is of one variable, levels are
 * distinct.
 */
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "session/flatten.h"

/* ---- levels ----------------------------------------------------------- */

static bool pack_levels(const struct levels *l, struct text *out)
{
    bool good = pack_word(out, l->count);
    for (size_t i = 0; good && i < l->count; i++)
        good = pack_bytes(out, l->at[i].shown, strlen(l->at[i].shown)) &&
               pack_bytes(out, l->at[i].json, strlen(l->at[i].json));
    return good;
}

/* A copy with its zero; NULL when it is not there. */
static char *unpack_string(struct unpack *from)
{
    const char *bytes;
    size_t length;
    if (!unpack_bytes(from, &bytes, &length) || memchr(bytes, 0, length))
        return NULL;
    return strndup(bytes, length);
}

static bool unpack_levels(struct levels *l, struct unpack *from)
{
    size_t count, code;
    bool good = unpack_count(from, 16, &count);
    for (size_t i = 0; good && i < count; i++) {
        char *shown = unpack_string(from), *json = unpack_string(from);
        good = shown && json && levels_code_text(l, shown, json, &code) &&
               code == i;
        free(shown);
        free(json);
    }
    return good;
}

/* ---- variables and columns -------------------------------------------- */

/* Before there are columns one that was left out may have any width. */
static bool pack_variable(const struct flat *f, const struct variable *v,
                          struct text *out)
{
    size_t width = v->lost && !f->settled ? 0 : v->shape.width;
    bool good = pack_bytes(out, v->name, strlen(v->name)) &&
                pack_word(out, v->lost) && pack_word(out, width) &&
                pack_word(out, v->shape.rank);
    for (size_t i = 0; good && i < v->shape.rank; i++)
        good = pack_word(out, v->shape.extent[i]);
    return good;
}

/* What was left out before there were columns has none. */
static bool unpack_shape(struct shape *s, struct unpack *from)
{
    uint64_t width, rank, extent;
    size_t product = 1;
    if (!unpack_word(from, &width) || !unpack_word(from, &rank) ||
        rank > FLAT_RANK_MAX)
        return false;
    *s = (struct shape){.rank = rank, .width = width};
    for (size_t i = 0; i < rank; i++) {
        if (!unpack_word(from, &extent) || extent > UINT32_MAX) return false;
        s->extent[i] = (uint32_t)extent;
        product = product > FLAT_WIDTH_MAX ? product : product * extent;
    }
    return width == 0 || (width == product && width <= FLAT_WIDTH_MAX);
}

static bool unpack_variables(struct flat *f, struct unpack *from)
{
    size_t count;
    uint64_t lost;
    if (!unpack_count(from, 32, &count)) return false;
    f->variables = calloc(count + 1, sizeof *f->variables);
    if (!f->variables) return false;
    f->room = count + 1;
    while (f->count < count) {
        struct variable *v = &f->variables[f->count];
        v->name = unpack_string(from);
        if (!v->name) return false;
        f->count++;
        if (!unpack_word(from, &lost) || !unpack_shape(&v->shape, from))
            return false;
        v->lost = lost;
        if (!f->settled) continue;
        v->first = f->width;
        f->width += v->shape.width;
        if (f->width > FLAT_WIDTH_MAX) return false;
    }
    return true;
}

static bool unpack_column(struct column *c, struct unpack *from)
{
    uint64_t kind, lost;
    char *name = unpack_string(from);
    bool good = name && column_open(c, name);
    free(name);
    if (!good || !unpack_word(from, &kind) || !unpack_word(from, &lost) ||
        kind > COLUMN_LEVELS)
        return false;
    c->kind = (enum column_kind)kind;
    c->lost = lost;
    return unpack_levels(&c->levels, from);
}

/* ---- all -------------------------------------------------------------- */

bool flat_pack(const struct flat *f, struct text *out)
{
    const char *notes = f->notes.at ? f->notes.at : "";
    bool good = pack_word(out, f->settled) &&
                pack_bytes(out, notes, f->notes.length) &&
                pack_word(out, f->count);
    for (size_t i = 0; good && i < f->count; i++)
        good = pack_variable(f, &f->variables[i], out);
    for (size_t i = 0; good && i < f->width; i++) {
        const struct column *c = &f->columns[i];
        good = pack_bytes(out, c->name, strlen(c->name)) &&
               pack_word(out, c->kind) && pack_word(out, c->lost) &&
               pack_levels(&c->levels, out);
    }
    return good;
}

bool flat_unpack(struct flat *f, struct unpack *from)
{
    const char *notes;
    size_t length;
    uint64_t settled;
    flat_open(f);
    if (!unpack_word(from, &settled) || !unpack_bytes(from, &notes, &length) ||
        !text_add(&f->notes, notes, length))
        return false;
    f->settled = settled;
    if (!unpack_variables(f, from)) {
        f->width = 0;
        return false;
    }
    if (!f->settled) return true;
    f->columns = calloc(f->width + 1, sizeof *f->columns);
    f->row = calloc(f->width + 1, sizeof *f->row);
    f->cells = calloc(f->width + 1, sizeof *f->cells);
    bool good = f->columns && f->row && f->cells;
    for (size_t i = 0; good && i < f->width; i++)
        good = unpack_column(&f->columns[i], from);
    return good;
}
