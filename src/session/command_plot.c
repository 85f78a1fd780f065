/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * PLOT: the draws of what the last INFER drew, in order and as a
 * distribution; or else the value of an expression in the present state.
 */
#include <stdio.h>

#include "eval/print.h"
#include "session/command.h"
#include "session/complaint.h"
#include "session/kept.h"
#include "session/picture.h"

enum { PICTURES_MAX = 4, NAME = 200 };

/* ---- options ---------------------------------------------------------- */

/* :name value ... behind the expression; words and strings as they are. */
static bool read_options(struct session *s, const struct request *q,
                         struct picture_options *o)
{
    for (uint32_t i = 1; i < q->count; i += 2) {
        const struct syntax *name = q->arguments[i];
        bool word = name->kind == SYNTAX_ATOM && is_symbol(name->datum) &&
                    text_of(name->datum)[0] == ':';
        if (!word)
            return session_fail(s, name->span, ERROR_USE,
                                "PLOT: expected an option, as :out \"f.svg\"");
        if (i + 1 == q->count)
            return session_fail(s, name->span, ERROR_USE,
                                "PLOT: %.40s needs a value",
                                text_of(name->datum));
        const struct syntax *v = q->arguments[i + 1];
        value given = v->kind == SYNTAX_ATOM ? v->datum : V_FALSE;
        if (!picture_option(s->machine, "PLOT", name->datum, given, o)) {
            session_error(s)->span = name->span;
            return false;
        }
    }
    return true;
}

bool plot_check(struct session *s, const struct request *q)
{
    struct picture_options o = {0};
    return read_options(s, q, &o);
}

/* ---- what is drawn ---------------------------------------------------- */

/* Draws that are kept under this text; *found is how many columns. */
static bool plot_draws(struct session *s, const char *text, struct figure *f,
                       struct text *note, size_t *found)
{
    const struct column *c;
    size_t from = 0;
    bool good = true;
    for (*found = 0; good && (c = kept_find(s, text, &from)); ++*found) {
        char title[NAME + 40], draws[32];
        if (*found >= PICTURES_MAX) continue;
        snprintf(title, sizeof title, "%.200s, %s draws", c->name,
                 grouped(c->length, draws));
        good = picture_draws(s->machine, f, c, title);
    }
    if (*found > PICTURES_MAX)
        good = good &&
               (text_printf(note, "and %zu more; PLOT %s.%d shows the next\n",
                            *found - PICTURES_MAX, text, PICTURES_MAX + 1) ||
                machine_no_memory(s->machine));
    f->columns = f->count == 2 * *found || *found > PICTURES_MAX ? 2 : 1;
    return good;
}

static bool refuse(struct session *s, const struct syntax *e, const char *text,
                   value v)
{
    session_fail(s, e->span, ERROR_TYPE,
                 "PLOT draws the draws of an INFER, or a list or an array, "
                 "and %.60s is %s now",
                 text, type_name(v));
    return error_hint(session_error(s), "INFER :samples 1000 first");
}

/* A list or an array of the present state. */
static bool plot_value(struct session *s, const struct syntax *e,
                       const char *text, value v,
                       const struct picture_options *o, struct figure *f)
{
    struct column c = {0};
    if (!is_vector(v) && !is_list(v)) return refuse(s, e, text, v);
    if (picture_is_points(v))
        return picture_points(s->machine, "PLOT", f, MARK_POINTS, v, V_UNBOUND,
                              o);
    bool good = picture_column(s->machine, "PLOT", v, &c) &&
                picture_bars(s->machine, f, &c, NULL, o->x_name);
    column_close(&c);
    return good;
}

/* ---- the directive ---------------------------------------------------- */

static bool answer_plot(struct session *s, struct figure *f,
                        const struct picture_options *o,
                        const struct text *note, struct answer *a)
{
    struct text out = {0};
    a->in_script = true;
    bool good = picture_finish(s->machine, "PLOT", f, o, &out);
    if (good && o->out) answer_string(a, "plot", "out", out.at);
    if (good && !o->out) {
        answer_block(a, out.at, NULL, NULL);
        answer_string(a, NULL, "text", out.at);
    }
    if (good && note->length) answer_block(a, note->at, NULL, NULL);
    text_free(&out);
    return good;
}

static bool is_picture(value v)
{
    return is_string(v) && as_string(v)->head.flags & OBJECT_PICTURE;
}

bool command_plot(struct session *s, const struct request *q, struct answer *a)
{
    char text[NAME];
    size_t found = 0;
    value v = V_NIL;
    struct syntax *e = q->arguments[0];
    struct picture_options o = {0};
    struct text note = {0};
    struct figure f;
    if (!read_options(s, q, &o)) return false;
    span_text(e->span, text, sizeof text);
    if (!figure_open(&f, o.title)) return machine_no_memory(s->machine);
    bool good = plot_draws(s, text, &f, &note, &found);
    if (good && found == 0) good = session_evaluate(s, e, &v);
    if (good && is_picture(v)) {
        a->in_script = true;
        answer_picture(a, v);
    } else if (good) {
        good = (found || plot_value(s, e, text, v, &o, &f)) &&
               answer_plot(s, &f, &o, &note, a);
    }
    text_free(&note);
    figure_close(&f);
    return good;
}
