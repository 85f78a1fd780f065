/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The procedures that draw: a row each, and what a row's function makes of
 * its operands. Data come first, then a title, then :name value. The answer
 * is a picture, a string that is shown as it stands at the top level; with
 * :out it is the name of the file.
 */
#include "eval/operand.h"
#include "eval/print.h"
#include "eval/row.h"
#include "eval/sequence.h"
#include "session/picture.h"

/* What the operands say. */
struct wish {
    const char *who;
    value data[2]; /* V_UNBOUND: not given */
    struct picture_options options;
};

static bool is_keyword(value v) { return is_symbol(v) && text_of(v)[0] == ':'; }

/* Up to `most` data, a title, options. */
static bool read(struct machine *m, const char *who, int most, int n,
                 const value *args, struct wish *w)
{
    int i = 0;
    *w = (struct wish){.who = who, .data = {V_UNBOUND, V_UNBOUND}};
    for (; i < n && i < most && !is_keyword(args[i]); i++) {
        if (i > 0 && is_string(args[i])) break;
        w->data[i] = args[i];
    }
    if (i < n && is_string(args[i])) w->options.title = text_of(args[i++]);
    for (; i < n; i += 2) {
        if (!is_keyword(args[i]))
            return machine_type_error(m, who, "a title or an option, as :out",
                                      args[i]);
        if (i + 1 == n) {
            machine_domain_error(m, "%s: %.40s needs a value", who,
                                 text_of(args[i]));
            m->error.kind = ERROR_USE;
            return false;
        }
        if (!picture_option(m, who, args[i], args[i + 1], &w->options))
            return false;
    }
    return w->data[0] != V_UNBOUND ||
           machine_type_error(m, who, "data first", args[0]);
}

/* The picture as a value; closes the figure. */
static bool finish(struct machine *m, const struct wish *w, struct figure *f,
                   bool good, value *out)
{
    struct text t = {0};
    good = good && picture_finish(m, w->who, f, &w->options, &t);
    if (good) good = answer(m, string_make(t.at, t.length), out);
    if (good && !w->options.out) as_string(*out)->head.flags |= OBJECT_PICTURE;
    text_free(&t);
    figure_close(f);
    return good;
}

static bool begin(struct machine *m, const struct wish *w, struct figure *f)
{
    return figure_open(f, w->options.title) || machine_no_memory(m);
}

/* ---- of one column ---------------------------------------------------- */

static bool hist(struct machine *m, int n, const value *args, value *out)
{
    struct wish w;
    struct figure f;
    struct column c = {0};
    if (!read(m, "hist", 1, n, args, &w)) return false;
    bool good = begin(m, &w, &f) && picture_column(m, w.who, w.data[0], &c) &&
                picture_bars(m, &f, &c, NULL, w.options.x_name);
    column_close(&c);
    return finish(m, &w, &f, good, out);
}

static bool density(struct machine *m, int n, const value *args, value *out)
{
    struct wish w;
    struct figure f;
    struct column c = {0};
    if (!read(m, "density", 1, n, args, &w)) return false;
    bool good = begin(m, &w, &f) && picture_column(m, w.who, w.data[0], &c);
    if (good && (c.kind == COLUMN_LEVELS || c.kind == COLUMN_BOOLEAN))
        good = machine_type_error(m, w.who, "a list or a vector of numbers",
                                  w.data[0]);
    good = good && picture_density(m, &f, &c, NULL, w.options.x_name);
    column_close(&c);
    return finish(m, &w, &f, good, out);
}

/* ---- of two ----------------------------------------------------------- */

static bool scatter(struct machine *m, int n, const value *args, value *out)
{
    struct wish w;
    struct figure f;
    if (!read(m, "scatter", 2, n, args, &w)) return false;
    bool good =
        begin(m, &w, &f) && picture_points(m, w.who, &f, MARK_POINTS, w.data[0],
                                           w.data[1], &w.options);
    return finish(m, &w, &f, good, out);
}

static bool lineplot(struct machine *m, int n, const value *args, value *out)
{
    struct wish w;
    struct figure f;
    if (!read(m, "lineplot", 2, n, args, &w)) return false;
    bool good =
        begin(m, &w, &f) && picture_points(m, w.who, &f, MARK_LINE, w.data[0],
                                           w.data[1], &w.options);
    return finish(m, &w, &f, good, out);
}

/* Labels and lengths of bars, which are as many. */
static bool add_bars(struct machine *m, struct bars *b, value labels,
                     const struct doubles *lengths)
{
    if (!bars_open(b, lengths->count)) return machine_no_memory(m);
    for (size_t i = 0; i < lengths->count; i++, labels = cdr(labels)) {
        struct bar *bar = &b->at[b->count++];
        bar->value = lengths->at[i];
        if (!display_value(&bar->label, car(labels)) ||
            !text_puts(&bar->label, ""))
            return machine_no_memory(m);
        if (!(bar->value - bar->value == 0.0))
            return machine_domain_error(m, "barplot: a bar cannot be %g long",
                                        bar->value);
    }
    return true;
}

/* (barplot labels lengths), or Church's (barplot (list labels lengths)). */
static bool barplot(struct machine *m, int n, const value *args, value *out)
{
    struct wish w;
    struct figure f;
    struct doubles lengths = {0};
    if (!read(m, "barplot", 2, n, args, &w)) return false;
    value labels = w.data[0], values = w.data[1];
    if (values == V_UNBOUND && is_list(labels) && labels != V_NIL &&
        list_length(labels) == 2) {
        values = car(cdr(labels));
        labels = car(labels);
    }
    if (values == V_UNBOUND)
        return machine_type_error(m, w.who, "labels and the lengths of bars",
                                  labels);
    if (!sequence_list(m, w.who, labels, &labels) ||
        !operand_doubles(m, w.who, values, &lengths))
        return false;
    bool good = begin(m, &w, &f);
    struct panel *p = good ? figure_panel(&f, PANEL_BARS, NULL,
                                          w.options.x_name, w.options.y_name)
                           : NULL;
    if (list_length(labels) != lengths.count)
        good = operand_error(m,
                             "barplot: as many labels as bars were "
                             "expected, got %u and %zu",
                             list_length(labels), lengths.count);
    else
        good =
            p ? add_bars(m, &p->bars, labels, &lengths) : machine_no_memory(m);
    doubles_close(&lengths);
    return finish(m, &w, &f, good, out);
}

/* ---- the table -------------------------------------------------------- */

#define PICTURES "pictures"

static struct primitive rows[] = {
    ROW(FORCE, PICTURES, "hist", hist, 1, -1, "(hist xs [title])",
        "How often each value came, or how many numbers lie in each "
        "interval. This and the others take :out \"f.svg\", :theme \"amber\", "
        ":title, :x and :y."),
    ROW(FORCE, PICTURES, "density", density, 1, -1, "(density xs [title])",
        "The density of numbers, smoothed by normal bumps."),
    ROW(FORCE, PICTURES, "barplot", barplot, 1, -1,
        "(barplot labels lengths [title])",
        "A bar a label; also (barplot (list labels lengths))."),
    ROW(FORCE, PICTURES, "scatter", scatter, 1, -1, "(scatter xs ys [title])",
        "Points; also of a list of (x y), or of a matrix of two columns."),
    ROW(FORCE, PICTURES, "lineplot", lineplot, 1, -1,
        "(lineplot xs ys [title])",
        "A line through points, given as for scatter, or through numbers in "
        "their order."),
};

void picture_install(struct machine *m)
{
    machine_add_primitives(m, rows, sizeof rows / sizeof *rows);
}
