/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From values to columns: see flatten.h. Shapes are measured along first
 * elements only; that the rest agrees is found out when the value is spread.
 */
#include "session/flatten.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- shapes ----------------------------------------------------------- */

static void extend(struct shape *s, uint32_t extent)
{
    s->extent[s->rank++] = extent;
    s->width = s->width <= FLAT_WIDTH_MAX ? s->width * extent : s->width;
}

static bool is_leaf(value v)
{
    return is_number(v) || is_boolean(v) || is_symbol(v) || is_string(v);
}

static const char NOT_MET[] = "is not met in every state";

/* The shape of v by its first elements. NULL, or why it can be no columns. */
static const char *measure(struct shape *s, value v)
{
    *s = (struct shape){.width = 1};
    if (v == V_UNBOUND) return NOT_MET;
    while (is_list(v) && v != V_NIL) {
        if (s->rank == FLAT_RANK_MAX) return "is nested too deep";
        extend(s, list_length(v));
        v = car(v);
    }
    if (v == V_NIL) return "has no elements";
    if (is_vector(v)) {
        const struct vector *a = as_vector(v);
        size_t axes = a->columns ? 2 : 1;
        if (s->rank + axes > FLAT_RANK_MAX) return "is nested too deep";
        extend(s, a->columns ? a->rows : a->head.size);
        if (a->columns) extend(s, a->columns);
        if (a->head.size == 0) return "has no elements";
    } else if (!is_leaf(v)) {
        return "is no number, boolean or symbol, nor a list of them";
    }
    return s->width > FLAT_WIDTH_MAX ? "is too large" : NULL;
}

/* Puts the elements of a list at `to`, `stride` apart. */
static bool spread_list(value *to, size_t stride, value list, uint32_t extent)
{
    if (!is_pair(list) || list_length(list) != extent) return false;
    for (uint32_t i = 0; i < extent; i++, list = cdr(list)) {
        to[i * stride] = car(list);
    }
    return true;
}

static bool spread_vector(value *to, size_t stride, const struct vector *a,
                          const uint32_t *extent, size_t axes)
{
    if (axes != (a->columns ? 2 : 1)) return false;
    uint32_t rows = a->columns ? a->rows : a->head.size;
    uint32_t columns = a->columns ? a->columns : 1;
    if (rows != extent[0] || (axes == 2 && columns != extent[1])) return false;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < columns; j++) {
            to[(i + j * rows) * stride] = v_double(a->at[i * columns + j]);
        }
    }
    return true;
}

/* Writes the leaves of v to cells, the first index running fastest: axis by
 * axis, each cell becomes its elements, `done` apart, the first in its own
 * place. False when v is not of this shape. */
static bool spread(value *cells, const struct shape *s, value v)
{
    size_t done = 1;
    cells[0] = v;
    for (size_t axis = 0; axis < s->rank;) {
        const uint32_t *extent = s->extent + axis;
        bool matrix = is_vector(cells[0]) && as_vector(cells[0])->columns;
        size_t axes = matrix ? 2 : 1;
        if (axis + axes > s->rank) return false;
        for (size_t i = 0; i < done; i++) {
            value cell = cells[i];
            if (is_vector(cell)
                    ? !spread_vector(cells + i, done, as_vector(cell), extent,
                                     axes)
                    : matrix || !spread_list(cells + i, done, cell, *extent)) {
                return false;
            }
        }
        done *= matrix ? (size_t)extent[0] * extent[1] : extent[0];
        axis += axes;
    }
    for (size_t i = 0; i < s->width; i++) {
        if (!is_leaf(cells[i])) return false;
    }
    return true;
}

/* ---- names ------------------------------------------------------------ */

/* Is the name free? Takes it then. */
static bool take_name(struct flat *f, const char *name, bool *free_before)
{
    size_t code, count = f->names.count;
    value s = string_make(name, strlen(name));
    if (s == V_UNBOUND || !levels_code(&f->names, s, &code)) return false;
    *free_before = f->names.count > count;
    return true;
}

bool flat_reserve(struct flat *f, const char *name)
{
    bool unused;
    return take_name(f, name, &unused);
}

static bool cannot_stand(unsigned char c)
{
    return c <= ' ' || c == 127 || strchr(",\"'`", c);
}

/* A copy of the name as it may stand in a header line; NULL when memory ran
 * out. */
static char *header_name(struct flat *f, const char *name)
{
    struct text out = {0};
    bool is_free = false;
    if (!text_puts(&out, *name ? name : "_")) return NULL;
    for (size_t i = 0; i < out.length; i++) {
        if (cannot_stand((unsigned char)out.at[i])) out.at[i] = '_';
    }
    size_t stem = out.length;
    for (int i = 2; take_name(f, out.at, &is_free) && !is_free; i++) {
        out.length = stem;
        if (!text_printf(&out, "_%d", i)) break;
    }
    if (is_free) return out.at;
    text_free(&out);
    return NULL;
}

/* ---- declaring -------------------------------------------------------- */

void flat_open(struct flat *f) { *f = (struct flat){0}; }

void flat_close(struct flat *f)
{
    for (size_t i = 0; i < f->count; i++) free(f->variables[i].name);
    for (size_t i = 0; f->columns && i < f->width; i++) {
        column_close(&f->columns[i]);
    }
    free(f->variables);
    free(f->columns);
    free(f->row);
    free(f->cells);
    levels_close(&f->names);
    text_free(&f->notes);
    *f = (struct flat){0};
}

static bool leave_out(struct flat *f, struct variable *v, const char *why)
{
    v->lost = true;
    return f->settled ? text_printf(&f->notes, "%s: nan from here, it %s\n",
                                    v->name, why)
                      : text_printf(&f->notes, "%s is left out: it %s\n",
                                    v->name, why);
}

bool flat_declare(struct flat *f, const char *name, value v)
{
    if (f->count == f->room) {
        size_t room = f->room ? 2 * f->room : 16;
        struct variable *at = realloc(f->variables, room * sizeof *at);
        if (!at) return false;
        f->variables = at;
        f->room = room;
    }
    struct variable *new = &f->variables[f->count];
    *new = (struct variable){.name = header_name(f, name)};
    if (!new->name) return false;
    f->count++;
    const char *why = measure(&new->shape, v);
    return !why || leave_out(f, new, why);
}

static bool same_shape(const struct shape *a, const struct shape *b)
{
    return a->rank == b->rank &&
           memcmp(a->extent, b->extent, sizeof a->extent) == 0;
}

bool flat_look(struct flat *f, const value *values)
{
    for (size_t i = 0; i < f->count; i++) {
        struct variable *v = &f->variables[i];
        struct shape now;
        if (v->lost) continue;
        const char *why = measure(&now, values[i]);
        if (!why && !same_shape(&now, &v->shape)) why = "changes its length";
        if (why && !leave_out(f, v, why)) return false;
    }
    return true;
}

/* NAME.i.j of the element-th column, element counted with the first index
 * running fastest. */
static bool open_column(struct column *c, const struct variable *v,
                        size_t element)
{
    struct text name = {0};
    bool done = text_puts(&name, v->name);
    for (size_t axis = 0; done && axis < v->shape.rank; axis++) {
        uint32_t extent = v->shape.extent[axis];
        done = text_printf(&name, ".%zu", element % extent + 1);
        element /= extent;
    }
    done = done && column_open(c, name.at);
    text_free(&name);
    return done;
}

bool flat_settle(struct flat *f)
{
    size_t width = 0;
    for (size_t i = 0; i < f->count; i++) {
        f->variables[i].first = width;
        if (f->variables[i].lost) f->variables[i].shape.width = 0;
        width += f->variables[i].shape.width;
    }
    f->columns = calloc(width + 1, sizeof *f->columns);
    f->row = calloc(width + 1, sizeof *f->row);
    f->cells = calloc(width + 1, sizeof *f->cells);
    if (!f->columns || !f->row || !f->cells) return false;
    f->width = width;
    f->settled = true;
    for (size_t i = 0; i < f->count; i++) {
        const struct variable *v = &f->variables[i];
        for (size_t k = 0; k < v->shape.width; k++) {
            if (!open_column(&f->columns[v->first + k], v, k)) return false;
        }
    }
    return true;
}

/* ---- drawing ---------------------------------------------------------- */

static bool note_levels(struct flat *f, const struct column *c, size_t known)
{
    for (size_t i = known; i < c->levels.count; i++) {
        if (!text_printf(&f->notes, "level %s %zu = %s\n", c->name, i,
                         c->levels.at[i].shown))
            return false;
    }
    return true;
}

static const char *change_of(const struct flat *f, const struct variable *v,
                             value now)
{
    if (now == V_UNBOUND) return NOT_MET;
    if (!spread(f->cells + v->first, &v->shape, now)) {
        return "changed its length or type";
    }
    for (size_t i = v->first; i < v->first + v->shape.width; i++) {
        if (!column_takes(&f->columns[i], f->cells[i])) {
            return "changed its type";
        }
    }
    return NULL;
}

static bool are_numbers(const struct flat *f, const struct variable *v)
{
    for (size_t i = v->first; i < v->first + v->shape.width; i++)
        if (f->columns[i].kind != COLUMN_NUMBER) return false;
    return true;
}

/* Numbers where there were numbers: they change nothing, and go to the row at
 * once. false: it is something else, or of another shape. */
static bool is_as_before(struct flat *f, const struct variable *v, value now)
{
    if (!v->numbers) return false;
    if (v->shape.rank == 0 && is_double(now)) {
        f->row[v->first] = as_double(now);
        return true;
    }
    if (v->shape.rank != 1 || !is_vector(now)) return false;
    const struct vector *a = as_vector(now);
    if (a->columns || a->head.size != v->shape.width) return false;
    memcpy(f->row + v->first, a->at, a->head.size * sizeof *a->at);
    return true;
}

static bool push_row(struct flat *f, const struct variable *v)
{
    for (size_t i = v->first; i < v->first + v->shape.width; i++)
        if (!column_push(&f->columns[i], f->row[i])) return false;
    return true;
}

static bool draw_one(struct flat *f, struct variable *v, value now)
{
    if (is_as_before(f, v, now)) return f->passing || push_row(f, v);
    const char *why = v->lost ? NULL : change_of(f, v, now);
    if (why && !leave_out(f, v, why)) return false;
    for (size_t i = v->first; i < v->first + v->shape.width; i++) {
        struct column *c = &f->columns[i];
        size_t known = c->levels.count;
        c->lost = v->lost;
        f->row[i] = NAN;
        if (v->lost) continue;
        if (!column_add(c, f->cells[i])) return false;
        f->row[i] = c->at[c->length - 1];
        if (f->passing) c->length = 0;
        if (!note_levels(f, c, known)) return false;
    }
    v->numbers = !v->lost && are_numbers(f, v);
    return true;
}

bool flat_draw(struct flat *f, const value *values)
{
    for (size_t i = 0; i < f->count; i++) {
        if (!draw_one(f, &f->variables[i], values[i])) return false;
    }
    return true;
}
