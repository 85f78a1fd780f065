/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What can be shown of a state that is not written: the values of directives
 * as numbers of the values tape, and the numbers that tell whether somebody
 * would refuse the state. An expression of a choice can be read as it stands;
 * one that is long, or that cuts keep, is not brought up to date by what is
 * lent. So its numbers are outputs of the tape.
 *
 * Where something in the results of the program raises for want of a domain,
 * the state is none. Most of what raises says so as a number, too: the tape
 * has NaN or an infinity there. Those are asked to be finite; a program with
 * any other is written to.
 */
#include <stdlib.h>

#include "eval/scratch.h"
#include "tape/gather_inside.h"
#include "trace/reduced_engine.h"

/* ---- who would refuse -------------------------------------------------------- */

static bool keep_all(struct build *b, const struct item *i, uint32_t *kept)
{
    struct item all;
    if (!item_array(b, i, &all)) return false;
    uint32_t n = all.rows ? item_count(&all) : 1;
    for (uint32_t k = 0; k < n; k++) graph_keep(&b->g, array_at(b, &all)[k]);
    *kept += n;
    return true;
}

/* An application that may raise: not by a coordinate, or its number tells. */
static bool tells(struct build *b, value v, uint32_t *kept)
{
    const struct expression *e = as_object(v);
    const struct operation_row *row;
    struct item i;
    if (e->operation->flags &
            (PRIMITIVE_TOTAL | PRIMITIVE_ELEMENT | PRIMITIVE_INDEX) ||
        e->operation == &primitive_select)
        return true;
    if (!item_now(b, v, &i)) return false;
    if (i.kind == ITEM_PLAIN || item_asks_for_shape(e->operation)) return true;
    row = operation_find(e->operation);
    if (!row || row->raises == RAISES_SILENTLY) return false;
    return row->raises == RAISES_BY_SHAPE || keep_all(b, &i, kept);
}

/* What it refers to has been asked for itself. */
static bool all_tell(struct build *b, value v, uint32_t *kept)
{
    struct machine *m = b->t->machine;
    struct scratch todo;
    scratch_open(&todo);
    bool ok = scratch_push(m, &todo, v);
    while (ok && todo.length) {
        v = todo.at[--todo.length];
        if (!is_type(v, T_EXPRESSION)) continue;
        const struct expression *e = as_object(v);
        ok = tells(b, v, kept);
        for (uint32_t i = 0; ok && i < e->head.size; i++)
            if (has_reference(e->operands[i]))
                ok = scratch_push(m, &todo, e->operands[i]);
    }
    scratch_close(&todo);
    return ok;
}

/* ---- what directives show ----------------------------------------------------- */

/* A value of numbers, by what it is now: its shape. Integers stand in lists
 * only, each for itself. */
static bool has_shape(value v, struct gather_shown *out)
{
    if (is_double(v)) {
        out->numbers = 1;
        return true;
    }
    if (is_vector(v)) {
        const struct vector *a = as_vector(v);
        out->rows = a->rows;
        out->columns = a->columns;
        out->numbers = a->head.size;
        return out->numbers > 0;
    }
    if (!is_pair(v) || !is_list(v)) return false;
    out->listed = true;
    out->rows = list_length(v);
    if (is_vector(car(v))) out->columns = as_vector(car(v))->rows;
    for (value rest = v; rest != V_NIL; rest = cdr(rest)) {
        value a = car(rest);
        if (out->columns ? !is_vector(a) || as_vector(a)->columns ||
                               as_vector(a)->rows != out->columns
                         : !is_number(a))
            return false;
    }
    out->numbers = out->rows * (out->columns ? out->columns : 1);
    return true;
}

static value *nowhere(uint32_t n)
{
    value *all = malloc(n * sizeof *all);
    for (uint32_t i = 0; all && i < n; i++) all[i] = V_UNBOUND;
    return all;
}

/* The integers of a list that no coordinate changes. */
static bool keep_whole(struct build *b, value list, const uint32_t *nodes,
                       struct gather_shown *out)
{
    uint32_t i = 0;
    for (; list != V_NIL; list = cdr(list), i++) {
        if (!is_int(car(list))) continue;
        if (!graph_is_number(&b->g, nodes[i])) return false;
        if (!out->whole && !(out->whole = nowhere(out->rows)))
            return machine_no_memory(b->t->machine);
        out->whole[i] = car(list);
    }
    return true;
}

static bool keep_result(struct build *b, struct region *r,
                        struct gather_shown *out, bool *moves)
{
    struct item i, all;
    value now;
    *out = (struct gather_shown){.region = r};
    *moves = true;
    if (!seen_word(b, &r->result) || !item_now(b, r->result, &i)) return false;
    if (i.kind == ITEM_PLAIN) {
        *moves = false;
        return true;
    }
    if (i.truth || !trace_deep(b->t, r->result, &now) || !has_shape(now, out))
        return false;
    if (out->columns ? !item_matrix(b, &i, &all) : !item_array(b, &i, &all))
        return false;
    if ((all.rows ? item_count(&all) : 1) != out->numbers) return false;
    if (out->listed && !out->columns &&
        !keep_whole(b, now, array_at(b, &all), out))
        return false;
    out->at = b->g.kept_count;
    for (uint32_t k = 0; k < out->numbers; k++)
        graph_keep(&b->g, array_at(b, &all)[k]);
    return true;
}

/* Its value is read by somebody, and is not a choice as it stands. */
static struct region *shown_region(const struct directive *d)
{
    struct region *r = directive_region(d);
    if (d->kind != DIRECTIVE_ASSUME && d->kind != DIRECTIVE_PREDICT)
        return NULL;
    if (!r || !has_reference(r->result) || is_type(r->result, T_CHOICE))
        return NULL;
    return r;
}

/* What could not be had leaves no trace but nodes that nobody asks for. */
static bool forgive(struct build *b)
{
    struct error *error = &b->t->machine->error;
    if (error->kind && !error_can_wait(error)) return false;
    error_clear(error);
    b->why[0] = '\0';
    b->need = NULL;
    return true;
}

/* Procedures are shown to nobody. */
static bool is_procedural(value v) { return !is_reference(v) && !is_pair(v); }

static bool keep_results(struct build *b, struct gathering *out, bool cuts,
                         bool *all)
{
    uint32_t count;
    struct directive *const *program = reduced_program(b->engine, &count);
    out->shown = calloc(count + 1, sizeof *out->shown);
    if (!out->shown) return machine_no_memory(b->t->machine);
    for (uint32_t i = 0; *all && i < count; i++) {
        struct region *r = shown_region(program[i]);
        struct gather_shown *s = &out->shown[out->shown_count];
        bool moves;
        if (!r || is_procedural(r->result)) continue;
        if (keep_result(b, r, s, &moves)) {
            out->shown_count += moves;
            continue;
        }
        free(s->whole);
        if (!forgive(b)) return false;
        *all = !cuts; /* read as it stands, it would be what it was */
    }
    return true;
}

void shown_free(struct gathering *g)
{
    for (uint32_t i = 0; i < g->shown_count; i++) free(g->shown[i].whole);
    free(g->shown);
    g->shown = NULL;
    g->shown_count = 0;
}

bool shown_gather(struct build *b, const struct reached *r,
                  const struct reached *risky, struct gathering *out)
{
    bool cuts = b->t->recording != NULL, all = true;
    uint32_t first = b->g.kept_count;
    for (uint32_t i = 0; i < b->jacobian_count; i++)
        graph_keep(&b->g, b->jacobian[i].node);
    for (uint32_t i = 0; all && i < risky->count; i++) {
        const struct region *by = (const struct region *)risky->at[i];
        all = seen_word(b, &by->operands[0]) &&
              all_tell(b, by->operands[0], &out->finite_count);
        if (!all && !forgive(b)) return false;
    }
    for (uint32_t i = 0; !cuts && i < r->count; i++)
        cuts = node_kind(r->at[i]) == NODE_REGION &&
               region_computes((const struct region *)r->at[i]);
    if (all && !keep_results(b, out, cuts, &all)) return false;
    out->plain = all && !b->g.call_count;
    if (out->plain) return true;
    b->g.kept_count = first;
    out->finite_count = 0;
    shown_free(out);
    return true;
}
