/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a program around Vestige may ask of the last error, the last answer
 * and the names: see vestige.h.
 */
#include <stdlib.h>

#include "front/embed.h"
#include "session/help.h"
#include "xrp/multivariate.h"

/* ---- texts that are lent ------------------------------------------------- */

static const char *lend(struct vst_session *s, enum lent which, bool good)
{
    embed_leave(s);
    return good ? s->lent[which].at : NULL;
}

/* Begins a text anew. */
static struct text *begin(struct vst_session *s, enum lent which)
{
    embed_enter(s);
    text_free(&s->lent[which]);
    s->lent[which] = (struct text){0};
    return &s->lent[which];
}

/* ---- the last error ------------------------------------------------------ */

static const struct error *error_of(const struct vst_session *s)
{
    return session_error(s->session);
}

enum vst_status vst_status_of(const struct vst_session *s) { return s->status; }

const char *vst_message(const struct vst_session *s)
{
    return s->status ? error_of(s)->message : "";
}

const char *vst_hint(const struct vst_session *s)
{
    return s->status ? error_of(s)->hint : "";
}

int vst_place_of(const struct vst_session *s, struct vst_place *out)
{
    const struct span *at = &error_of(s)->span;
    if (!s->status || !at->source) return 0;
    *out = (struct vst_place){
        .name = at->source->name, .start = at->start, .end = at->end};
    source_place(at->source, at->start, &out->line, &out->column);
    return 1;
}

const char *vst_error_text(struct vst_session *s)
{
    char buffer[4096];
    struct text *to = begin(s, LENT_ERROR_TEXT);
    buffer[0] = 0;
    if (s->status) error_format(error_of(s), true, buffer, sizeof buffer);
    return lend(s, LENT_ERROR_TEXT, text_puts(to, buffer));
}

const char *vst_error_json(struct vst_session *s)
{
    struct text *to = begin(s, LENT_ERROR_JSON);
    return lend(s, LENT_ERROR_JSON,
                s->status ? error_print_json(error_of(s), to)
                          : text_puts(to, "null"));
}

/* ---- the last answer ----------------------------------------------------- */

const char *vst_answer_directive(const struct vst_session *s)
{
    return s->answered ? s->last.directive : NULL;
}

const char *vst_answer_text(struct vst_session *s)
{
    struct text *to = begin(s, LENT_ANSWER_TEXT);
    return lend(s, LENT_ANSWER_TEXT,
                s->answered && text_puts(to, "") && answer_print(&s->last, to));
}

const char *vst_answer_json(struct vst_session *s)
{
    struct text *to = begin(s, LENT_ANSWER_JSON);
    return lend(s, LENT_ANSWER_JSON,
                s->answered && answer_print_json(&s->last, to));
}

/* Room for so many, in place of what was lent before. */
static double *room(struct vst_session *s, size_t count)
{
    free(s->numbers);
    return s->numbers = malloc((count + 1) * sizeof(double));
}

static bool number_of(value v, double *x)
{
    *x = is_number(v) ? as_number(v) : v == V_TRUE;
    return is_number(v) || is_boolean(v);
}

static size_t numbers_of(struct vst_session *s, value v)
{
    double one;
    if (is_vector(v)) {
        const struct vector *a = as_vector(v);
        if (room(s, a->head.size) && a->head.size)
            memcpy(s->numbers, a->at, a->head.size * sizeof *a->at);
        return s->numbers ? a->head.size : 0;
    }
    size_t count = 0;
    if (number_of(v, &one)) {
        if (room(s, 1)) s->numbers[count++] = one;
        return count;
    }
    if (!is_pair(v) || !is_list(v) || !room(s, list_length(v))) return 0;
    for (; is_pair(v); v = cdr(v))
        if (!number_of(car(v), &s->numbers[count++])) return 0;
    return count;
}

size_t vst_answer_numbers(struct vst_session *s, const double **at)
{
    size_t count = 0;
    int i = 0;
    while (s->answered && i < s->last.count &&
           s->last.fields[i].kind != FIELD_VALUE)
        i++;
    if (s->answered && i < s->last.count)
        count = numbers_of(s, s->last.fields[i].held);
    *at = count ? s->numbers : NULL;
    return count;
}

int vst_answer_field(const struct vst_session *s, const char *name, double *out)
{
    for (int i = 0; s->answered && i < s->last.count; i++) {
        const struct field *f = &s->last.fields[i];
        if (!f->json_name || strcmp(f->json_name, name) != 0) continue;
        switch (f->kind) {
        case FIELD_INTEGER: *out = (double)f->integer; return 1;
        case FIELD_NUMBER: *out = f->number; return 1;
        case FIELD_VALUE: return number_of(f->held, out);
        default: return 0;
        }
    }
    return 0;
}

/* ---- names --------------------------------------------------------------- */

const char *vst_list(struct vst_session *s)
{
    struct text *to = begin(s, LENT_LIST);
    return lend(s, LENT_LIST, help_list(s->session->machine, to));
}

const char *vst_list_json(struct vst_session *s)
{
    struct text *to = begin(s, LENT_LIST_JSON);
    return lend(s, LENT_LIST_JSON, help_list_json(s->session->machine, to));
}
