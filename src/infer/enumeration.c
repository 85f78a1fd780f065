/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Enumeration by running the program again: see enumeration.h. Ways are
 * those of base/odometer.h. The mass of a way is the probability of its draws times
 * the weight that the engine gives the state, so that draws which were made
 * on the way and do not count in the end are summed out.
 */
#include "infer/enumeration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/odometer.h"

/* Ways that become longer and longer have no end: a recursion that a draw
 * stops. So many draws, on average, are those of a large program's state. */
enum { DRAWS_OF_A_STATE = 100 };

struct walk {
    struct drawer drawer; /* first */
    const char *name;
    struct odometer path;
    uint32_t room;
    double log_path;
};

static bool make_room(struct walk *w)
{
    struct odometer *o = &w->path;
    if (o->used < w->room) return true;
    uint32_t room = w->room ? w->room * 2 : 64;
    uint32_t *at = realloc(o->at, room * sizeof *at);
    if (at) o->at = at;
    uint32_t *of = realloc(o->of, room * sizeof *of);
    if (of) o->of = of;
    if (!at || !of) return machine_no_memory(w->drawer.machine);
    w->room = room;
    return true;
}

static bool refuse_hidden(struct walk *w, struct span place)
{
    struct error *e = &w->drawer.machine->error;
    char words[80];
    span_text(place, words, sizeof words);
    error_set(e, ERROR_USE,
              "%s: the state of '%s' hides what is no choice "
              "(:state-transition; scope: the whole program)",
              w->name, words);
    e->span = place;
    return false;
}

static bool refuse(struct walk *w, const struct xrp_family *f,
                   const struct xrp_site *s, struct span place)
{
    struct error *e = &w->drawer.machine->error;
    char words[80];
    if (f->flags & XRP_HIDES) return refuse_hidden(w, place);
    double p = f->prob(s, V_NIL);
    if (p != p && xrp_domain_error(f, s, e)) return false;
    if (p != p) return false;
    span_text(place, words, sizeof words);
    error_set(e, ERROR_USE,
              "%s: '%s' has no finite number of values (scope: the whole "
              "program)",
              w->name, words);
    e->span = place;
    return false;
}

enum { LABEL_BITS = 46 };

/* A new label is a name of its own: what a family lists for it may be what
 * another restaurant lists. By the choice that draws it, so that each way of
 * the program is met once. */
static value name_new(const struct walk *w, const struct xrp_family *f,
                      const struct xrp_site *s, value listed)
{
    double score = xrp_score(f, s, listed);
    uint64_t hash = w->drawer.location;
    for (int tries = 0; tries < 8; tries++) {
        hash = hash_finish(hash + 1);
        value v = v_int((int64_t)(hash >> (64 - LABEL_BITS)));
        if (xrp_score(f, s, v) == score) return v;
    }
    return listed;
}

static bool draw(struct drawer *drawer, const struct xrp_family *f,
                 const struct xrp_site *s, struct span place, value *out)
{
    struct walk *w = (struct walk *)drawer;
    value list;
    if (f->flags & XRP_HIDES || !f->enumerate || !f->enumerate(s, &list))
        return refuse(w, f, s, place);
    /* Values that cannot be are no ways. */
    uint32_t n = 0;
    for (value l = list; is_pair(l); l = cdr(l))
        n += xrp_score(f, s, car(l)) > -INFINITY;
    if (!n) return refuse(w, f, s, place);
    if (!make_room(w)) return false;
    double score = -INFINITY;
    for (uint32_t left = odometer_step(&w->path, n) + 1; left && is_pair(list);
         list = cdr(list)) {
        score = xrp_score(f, s, *out = car(list));
        left -= score > -INFINITY;
    }
    if (f->flags & XRP_LABELS && list == V_NIL) *out = name_new(w, f, s, *out);
    w->log_path += score;
    return true;
}

/* One run: false with the machine's error. */
static bool go(struct walk *w, struct engine *e, double *log_weight)
{
    struct drawer *before = e->drawer;
    w->path.used = 0;
    w->log_path = 0.0;
    e->drawer = &w->drawer;
    bool ok = e->op->prior(e, log_weight);
    e->drawer = before;
    return ok;
}

static void walk_close(struct walk *w)
{
    free(w->path.at);
    free(w->path.of);
}

bool enumeration_run(struct engine *e, const char *name, double most,
                     way_visit *visit, void *context)
{
    struct walk w = {.drawer = {.draw = draw, .machine = e->machine},
                     .name = name};
    struct machine *m = e->machine;
    bool ok = true;
    double count = 0.0, draws = 0.0, weight;
    do {
        if (--m->fuel < 0 && !machine_poll(m)) ok = false;
        draws += w.path.used;
        if (ok && (++count > most || draws > DRAWS_OF_A_STATE * most)) {
            error_set(&m->error, ERROR_LIMIT,
                      "%s: more than %.0f states (:max-states; scope: the "
                      "whole program)",
                      name, most);
            ok = false;
        }
        ok = ok && go(&w, e, &weight);
        if (!ok || !(weight > -INFINITY)) continue;
        /* What the visitor draws is part of the way. */
        e->drawer = &w.drawer;
        w.log_path += weight;
        ok = visit(context, (struct way){w.path.used, w.path.at}, &w.log_path);
        e->drawer = NULL;
        ok = e->op->settle_prior(e, false) && ok;
    } while (ok && odometer_advance(&w.path));
    walk_close(&w);
    return ok;
}

bool enumeration_go(struct engine *e, const char *name, struct way way)
{
    struct walk w = {.drawer = {.draw = draw, .machine = e->machine},
                     .name = name};
    double weight;
    bool ok = true;
    for (w.path.used = 0; ok && w.path.used < way.length; w.path.used++)
        ok = make_room(&w);
    if (ok && way.length)
        memcpy(w.path.at, way.at, way.length * sizeof *w.path.at);
    w.path.length = way.length;
    ok = ok && go(&w, e, &weight);
    ok = ok && e->op->settle_prior(e, weight > -INFINITY);
    walk_close(&w);
    return ok;
}
