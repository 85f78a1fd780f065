/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The end of a run: what nobody has read is drawn, every choice is scored
 * anew from its plain arguments, and the world is added up. Scores are never
 * carried over from the world before: that is what makes this engine a test
 * of others.
 */
#include <math.h>

#include "eval/expression.h"
#include "trace/application.h"
#include "trace/randomdb.h"

/* ---- why a state is impossible ------------------------------------------------ */

static bool impossible(struct randomdb *db, const struct choice *c,
                       const struct xrp_site *site, double score)
{
    struct machine *m = db->base.machine;
    choice_impossible(m, c->family, site, c->held, c->observed, score);
    const struct given *g = c->observed ? given_at(db, c->location) : NULL;
    m->error.span = g && score == score ? g->place : c->place;
    return false;
}

/* ---- scores --------------------------------------------------------------------- */

/* Takes a choice of an urn into the urn's state, at its predictive. */
static bool score_in_urn(struct randomdb *db, struct choice *c)
{
    struct urn *u = c->urn;
    struct xrp_site site = choice_site(c, u->state);
    if (!u->state && !(u->state = urn_begin(db, u)))
        return machine_no_memory(db->base.machine);
    site.state = u->state;
    c->score = u->family->prob(&site, c->held);
    if (!(c->score > -INFINITY)) return impossible(db, c, &site, c->score);
    u->family->incorporate(&site, c->held);
    return true;
}

static bool score_choice(struct randomdb *db, struct choice *c)
{
    if (!choice_read_arguments(db, c)) return false;
    if (c->urn) return score_in_urn(db, c);
    struct xrp_site site = choice_site(c, NULL);
    c->score = c->family->prob(&site, c->held);
    return c->score > -INFINITY || impossible(db, c, &site, c->score);
}

static bool term_score(struct randomdb *db, const struct term *t, double *out)
{
    struct machine *m = db->base.machine;
    value v;
    if (!randomdb_plain(db, t->written, &v)) return false;
    if (t->kind == SCORE_CONDITION) {
        *out = 0.0;
        if (is_true(v)) return true;
        error_set(&m->error, ERROR_IMPOSSIBLE, "the condition does not hold");
    } else if (!is_number(v)) {
        machine_type_error(m, "factor", "a number, a log probability", v);
    } else {
        *out = as_number(v);
        if (*out > -INFINITY && *out < INFINITY) return true;
        error_set(&m->error,
                  *out == -INFINITY ? ERROR_IMPOSSIBLE : ERROR_DOMAIN,
                  *out == -INFINITY ? "the factor is -inf"
                                    : "factor: expected a finite number or "
                                      "-inf, got %s",
                  *out == INFINITY ? "inf" : "nan");
    }
    m->error.span = t->place;
    return false;
}

static bool weigh(struct randomdb *db, const struct weighing *w)
{
    struct machine *m = db->base.machine;
    value target, weight;
    if (!expression_target(m, w->target, randomdb_read, &target) ||
        !randomdb_plain(db, w->weight, &weight))
        return false;
    if (!is_type(target, T_CHOICE))
        return machine_type_error(m, "weight", "a random choice", target);
    double x = is_number(weight) ? as_number(weight) : -1.0;
    if (!(x >= 0.0 && x < INFINITY))
        return machine_type_error(
            m, "weight", "a finite number that is not negative", weight);
    struct choice *c = as_object(target);
    c->weight *= x;
    return true;
}

/* In the order of a whole run: a world that grew has the same bits. */
static void add_up(struct world *w, uint32_t from)
{
    if (from == 0) {
        w->weight = 0.0;
        w->free = 0;
    }
    for (uint32_t i = from; i < w->choices.count; i++) {
        const struct choice *c = w->choices.at[i];
        if (c->observed) continue;
        w->weight += choice_weight(c);
        w->free++;
    }
}

static bool draw_all(struct randomdb *db)
{
    struct world *w = db->making;
    for (uint32_t i = w->finished.choices; i < w->choices.count; i++) {
        struct choice *c = w->choices.at[i];
        if (!c->drawn && !choice_need(db, c)) return false;
    }
    for (uint32_t i = w->finished.urns; i < w->urns.count; i++)
        if (!urn_read(db, w->urns.at[i])) return false;
    return true;
}

static bool score_all(struct randomdb *db)
{
    struct world *w = db->making;
    double sum = w->score, score;
    for (uint32_t i = w->finished.choices; i < w->choices.count; i++) {
        struct choice *c = w->choices.at[i];
        if (!score_choice(db, c)) return false;
        sum += c->score;
    }
    for (uint32_t i = w->finished.terms; i < w->terms.count; i++) {
        if (!term_score(db, w->terms.at[i], &score)) return false;
        sum += score;
    }
    if (sum != sum)
        return error_set(&db->base.machine->error, ERROR_DOMAIN,
                         "the log probability of the state is not a number");
    w->score = sum;
    return true;
}

bool world_finish(struct randomdb *db)
{
    struct world *w = db->making;
    bool weighs = w->finished.weighings < w->weighings.count;
    db->looking = false;
    if (!draw_all(db) || !score_all(db)) return false;
    for (uint32_t i = w->finished.weighings; i < w->weighings.count; i++)
        if (!weigh(db, w->weighings.at[i])) return false;
    if (!world_share(db, w)) return false;
    /* A weight may be of a choice that was there before. */
    add_up(w, weighs || w->shared ? 0 : w->finished.choices);
    w->finished = (struct extent){w->choices.count, w->urns.count,
                                  w->terms.count, w->weighings.count};
    return true;
}
