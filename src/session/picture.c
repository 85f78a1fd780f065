/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures of values: see picture.h.
 */
#include "session/picture.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/confine.h"
#include "eval/operand.h"
#include "plot/svg.h"
#include "session/histogram.h"

enum { BARS_MAX = 40 };

/* ---- options ---------------------------------------------------------- */

static bool set_text(struct machine *m, const char *who, const char *option,
                     value v, const char **to)
{
    if (!is_string(v) && !is_symbol(v))
        return machine_type_error(m, who, "a string", v);
    if (*to) {
        machine_domain_error(m, "%s: %s is given twice", who, option);
        m->error.kind = ERROR_USE;
        return false;
    }
    *to = text_of(v);
    return true;
}

static bool set_theme(struct machine *m, const char *who, value v,
                      struct picture_options *o)
{
    const char *name = o->theme ? o->theme->name : NULL;
    if (!set_text(m, who, ":theme", v, &name)) return false;
    for (size_t i = 0; i < theme_count; i++)
        if (strcmp(themes[i]->name, name) == 0) o->theme = themes[i];
    if (o->theme) return true;
    machine_domain_error(m, "%s: there is no theme %.40s", who, name);
    return error_hint(&m->error, ":theme takes \"light\" or \"amber\"");
}

/* "name.svg" in any folder: a name of its own before the ending. */
static bool set_out(struct machine *m, const char *who, value v,
                    struct picture_options *o)
{
    if (!set_text(m, who, ":out", v, &o->out)) return false;
    const char *slash = strrchr(o->out, '/');
    int folder = slash ? (int)(slash - o->out) + 1 : 0;
    int stem = (int)strcspn(o->out + folder, ".");
    size_t length = strlen(o->out);
    if (stem && length == as_string(v)->head.size && length > 4 &&
        strcmp(o->out + length - 4, ".svg") == 0)
        return true;
    machine_domain_error(m, "%s: :out takes the name of an SVG file", who);
    if (folder > 60 || stem == 0 || stem > 60)
        return error_hint(&m->error, ":out \"picture.svg\"");
    return error_hint(&m->error, ":out \"%.*s.svg\"", folder + stem, o->out);
}

bool picture_option(struct machine *m, const char *who, value name, value v,
                    struct picture_options *o)
{
    const char *word = is_symbol(name) ? text_of(name) : "";
    if (strcmp(word, ":title") == 0)
        return set_text(m, who, word, v, &o->title);
    if (strcmp(word, ":x") == 0) return set_text(m, who, word, v, &o->x_name);
    if (strcmp(word, ":y") == 0) return set_text(m, who, word, v, &o->y_name);
    if (strcmp(word, ":theme") == 0) return set_theme(m, who, v, o);
    if (strcmp(word, ":out") == 0) return set_out(m, who, v, o);
    machine_domain_error(m, "%s: there is no option %.40s", who, word);
    m->error.kind = ERROR_USE;
    return error_hint(&m->error, ":title \"...\" :x \"...\" :y \"...\" "
                                 ":out \"f.svg\" :theme \"amber\"");
}

/* ---- columns ---------------------------------------------------------- */

bool picture_column(struct machine *m, const char *who, value v,
                    struct column *out)
{
    if (!column_open(out, who)) return machine_no_memory(m);
    bool good = true;
    if (is_vector(v)) {
        const struct vector *array = as_vector(v);
        for (size_t i = 0; good && i < array->head.size; i++)
            good = column_add(out, v_double(array->at[i]));
    } else if (is_list(v)) {
        for (; good && v != V_NIL; v = cdr(v)) good = column_add(out, car(v));
    } else {
        return machine_type_error(m, who, "a list or an array", v);
    }
    return good || machine_no_memory(m);
}

/* ---- distributions ---------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct bar *x = a, *y = b;
    return (x->low > y->low) - (x->low < y->low);
}

bool picture_bars(struct machine *m, struct figure *f, const struct column *c,
                  const char *title, const char *x_name)
{
    struct panel *p = figure_panel(f, PANEL_BARS, title, x_name, NULL);
    if (!p || !histogram_bars(&p->bars, c, BARS_MAX))
        return machine_no_memory(m);
    p->whole_x = c->kind == COLUMN_INTEGER;
    /* integers have an order of their own */
    if (p->whole_x)
        qsort(p->bars.at, p->bars.count, sizeof *p->bars.at, by_place);
    return true;
}

static bool is_real(const struct column *c)
{
    return c->kind == COLUMN_NUMBER || c->kind == COLUMN_INTEGER;
}

bool picture_density(struct machine *m, struct figure *f,
                     const struct column *c, const char *title,
                     const char *x_name)
{
    double *sorted = NULL;
    size_t n = 0;
    struct panel *p = figure_panel(f, PANEL_SERIES, title, x_name, NULL);
    bool good =
        p && histogram_sorted(c, &sorted, &n) && panel_density(p, sorted, n);
    if (good) p->not_finite = c->length - n;
    free(sorted);
    return good || machine_no_memory(m);
}

bool picture_draws(struct machine *m, struct figure *f, const struct column *c,
                   const char *title)
{
    if (!is_real(c) || histogram_is_discrete(c))
        return picture_bars(m, f, c, title, NULL);
    struct panel *p = figure_panel(f, PANEL_SERIES, title, "draw", NULL);
    if (!p || !panel_series(p, MARK_LINE, NULL, c->at, c->length))
        return machine_no_memory(m);
    p->low = p->whole_x = true;
    return picture_density(m, f, c, NULL, c->name);
}

/* ---- points ----------------------------------------------------------- */

static bool pair_of(value v, value *x, value *y)
{
    if (!is_pair(v)) return false;
    *x = car(v);
    *y = is_pair(cdr(v)) ? car(cdr(v)) : cdr(v);
    bool two = is_list(v) ? list_length(v) == 2 : !is_pair(cdr(v));
    return two && is_number(*x) && is_number(*y);
}

bool picture_is_points(value v)
{
    value x, y;
    if (is_vector(v)) return as_vector(v)->columns == 2;
    if (!is_list(v) || v == V_NIL) return false;
    for (; v != V_NIL; v = cdr(v))
        if (!pair_of(car(v), &x, &y)) return false;
    return true;
}

/* Numbers by points: x and y of each. */
static bool split(struct machine *m, value v, double **x, double **y,
                  size_t *count)
{
    *count = is_vector(v) ? as_vector(v)->rows : list_length(v);
    *x = malloc((*count + 1) * sizeof **x);
    *y = malloc((*count + 1) * sizeof **y);
    if (!*x || !*y) return machine_no_memory(m);
    for (size_t i = 0; i < *count; i++) {
        if (is_vector(v)) {
            (*x)[i] = as_vector(v)->at[2 * i];
            (*y)[i] = as_vector(v)->at[2 * i + 1];
            continue;
        }
        value a = V_FALSE, b = V_FALSE;
        pair_of(car(v), &a, &b);
        (*x)[i] = as_number(a);
        (*y)[i] = as_number(b);
        v = cdr(v);
    }
    return true;
}

static bool add_points(struct machine *m, struct panel *p, enum mark mark,
                       value points)
{
    double *x = NULL, *y = NULL;
    size_t count;
    bool good = split(m, points, &x, &y, &count) &&
                (panel_series(p, mark, x, y, count) || machine_no_memory(m));
    free(x);
    free(y);
    return good;
}

/* A line's numbers alone: their places count from 0, as indices do. */
static bool add_sequence(struct machine *m, const char *who, struct panel *p,
                         value ys)
{
    struct doubles y;
    if (!operand_doubles(m, who, ys, &y)) return false;
    double *x = malloc((y.count + 1) * sizeof *x);
    for (size_t i = 0; x && i < y.count; i++) x[i] = (double)i;
    bool good = x && panel_series(p, MARK_LINE, x, y.at, y.count);
    free(x);
    doubles_close(&y);
    return good || machine_no_memory(m);
}

static bool add_two(struct machine *m, const char *who, struct panel *p,
                    enum mark mark, value xs, value ys)
{
    struct doubles x, y;
    if (!operand_doubles(m, who, xs, &x)) return false;
    bool good = operand_doubles(m, who, ys, &y);
    if (!good) {
        doubles_close(&x);
        return false;
    }
    if (x.count != y.count)
        good = operand_error(m,
                             "%s: as many xs as ys were expected, got %zu "
                             "and %zu",
                             who, x.count, y.count);
    else if (!panel_series(p, mark, x.at, y.at, x.count))
        good = machine_no_memory(m);
    doubles_close(&x);
    doubles_close(&y);
    return good;
}

bool picture_points(struct machine *m, const char *who, struct figure *f,
                    enum mark mark, value xs, value ys,
                    const struct picture_options *o)
{
    struct panel *p = figure_panel(f, PANEL_SERIES, NULL, o->x_name, o->y_name);
    if (!p) return machine_no_memory(m);
    if (ys != V_UNBOUND) return add_two(m, who, p, mark, xs, ys);
    if (xs != V_NIL && picture_is_points(xs)) return add_points(m, p, mark, xs);
    if (mark == MARK_LINE) return add_sequence(m, who, p, xs);
    return machine_type_error(m, who, "xs and ys, or a list of points (x y)",
                              xs);
}

/* ---- the finished picture --------------------------------------------- */

static bool write_file(struct machine *m, const char *who, const char *path,
                       const struct text *t)
{
    errno = 0;
    FILE *f = confined_create(path);
    bool good = f && fwrite(t->at, 1, t->length, f) == t->length;
    if (f && fclose(f) != 0) good = false;
    if (good) return true;
    error_set(&m->error, ERROR_IO, "%s: cannot write %.200s: %s", who, path,
              strerror(errno));
    return false;
}

bool picture_finish(struct machine *m, const char *who, struct figure *f,
                    const struct picture_options *o, struct text *out)
{
    struct look look = {0};
    if (!o->out) return figure_text(out, f, &look) || machine_no_memory(m);
    struct text svg = {0};
    const struct theme *theme = o->theme ? o->theme : &theme_light;
    bool good = figure_svg(&svg, f, theme) || machine_no_memory(m);
    good = good && write_file(m, who, o->out, &svg) &&
           (text_puts(out, o->out) || machine_no_memory(m));
    text_free(&svg);
    return good;
}
