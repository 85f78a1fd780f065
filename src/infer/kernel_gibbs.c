/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gibbs: a choice, or a block of them, is drawn from its conditional given
 * all else: in closed form where the engine knows one, else by trying every
 * value that it may have.
 *
 * Values that change what there is. Let x be the present value, R what is
 * removed by leaving it, and F(v) what is fresh at another value v. Beside
 * the state think of a draw of F(v) from its procedures for every v: then
 * the present state, and each of the others with its draw, are a set of
 * states among which one is picked in proportion to
 *
 *     w(v) = pi(v, F(v)) / q(F(v)) * (share of the picks that are this block)
 *
 * (Neal 2000, algorithm 8, for any program). That set is the same from each
 * of its states when R is the same for all v, and R and the F(v) have no
 * location in common, and no urn in which one draw tells of another. Where
 * that fails nothing is moved; and because it may always fail, one
 * transition in COIN is plain mh, before anybody looks.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "infer/kernels.h"
#include "infer/target.h"

enum { COIN = 16, OPTION_STATES = 0 };

/* ---- the values of a block -------------------------------------------------------- */

/* One way that the block may be. */
struct candidate {
    value *values; /* one a choice */
    struct draw_mark mark;
    double log_weight;
    bool possible;
};

struct trial {
    struct kernel *kernel;
    struct engine *engine;
    struct target *target;
    struct site *sites; /* scanned */
    value **supports;   /* scanned */
    uint32_t *sizes;
    struct candidate *candidates; /* scanned */
    uint32_t count, now;          /* now: the present one */
    struct move_part *parts;      /* scanned */
    /* What all have in common, and whether they have. */
    uint64_t *removed, *seen;
    uint32_t removed_count, seen_count, seen_room;
    bool removal_known, sound;
    bool endless; /* a choice has no finite number of values */
};

static bool refuse_endless(struct trial *t, const struct site *s)
{
    char words[80];
    int length = (int)strcspn(s->family->names, " ");
    bool continuous = xrp_flags_at(s->family, &s->at) & XRP_CONTINUOUS;
    kernel_refuse(t->kernel, t->engine,
                  continuous ? "'%s' is continuous and has no conjugate pair "
                               "here (scope of %s)"
                             : "'%s' has no finite number of values (scope of "
                               "%s)",
                  target_words(s->place, words, sizeof words), t->kernel->name);
    t->engine->machine->error.span = s->place;
    return error_hint(&t->engine->machine->error,
                      continuous ? "try (slice ...) or (drift ...) for %.*s, "
                                   "or (gibbs discrete)"
                                 : "try (mh ...) for %.*s",
                      length, s->family->names);
}

static bool read_support(struct trial *t, uint32_t i)
{
    struct engine *e = t->engine;
    value list;
    if (!e->op->site(e, t->target->choices[i], &t->sites[i]) ||
        !e->op->support(e, t->target->choices[i], &list))
        return false;
    if (list == V_UNBOUND) {
        t->endless = true;
        return t->kernel->lenient || refuse_endless(t, &t->sites[i]);
    }
    uint32_t n = list_length(list);
    t->supports[i] = memory_new((n + 1) * sizeof(value));
    if (!t->supports[i]) return machine_no_memory(e->machine);
    for (uint32_t k = 0; k < n; k++, list = cdr(list))
        t->supports[i][k] = car(list);
    t->sizes[i] = n;
    return true;
}

/* Labels of a restaurant may be any that the others of the block have. */
static bool refuse_labels(struct trial *t)
{
    uint32_t labels = 0;
    for (uint32_t i = 0; i < t->target->count; i++)
        labels += (t->sites[i].family->flags & XRP_LABELS) != 0;
    if (labels == 0 || t->target->count == 1) return true;
    return kernel_refuse(t->kernel, t->engine,
                         "labels of a restaurant are moved one by one, and "
                         "the scope of %s has a block with others",
                         t->kernel->name);
}

static bool count_states(struct trial *t)
{
    double all = 1.0, most = t->kernel->options[OPTION_STATES];
    for (uint32_t i = 0; i < t->target->count; i++) all *= t->sizes[i];
    if (all > most)
        return kernel_refuse(t->kernel, t->engine,
                             "a block of %s has %.0f states, more than "
                             ":max-states %.0f",
                             t->kernel->name, all, most);
    t->count = (uint32_t)all;
    return true;
}

/* All of them, as numbers whose digits are places in the supports. */
static bool list_candidates(struct trial *t)
{
    uint32_t width = t->target->count;
    t->candidates = memory_new((t->count + 1) * sizeof *t->candidates);
    t->now = UINT32_MAX;
    for (uint32_t i = 0; t->candidates && i < t->count; i++) {
        value *v = memory_new(width * sizeof *v);
        if (!v) return machine_no_memory(t->engine->machine);
        bool present = true;
        uint32_t rest = i;
        for (uint32_t k = 0; k < width; k++) {
            v[k] = t->supports[k][rest % t->sizes[k]];
            rest /= t->sizes[k];
            present = present && value_equal(v[k], t->sites[k].held);
        }
        t->candidates[i].values = v;
        if (present) t->now = i;
    }
    return t->candidates || machine_no_memory(t->engine->machine);
}

/* ---- are they one set from each of its states? -------------------------------------- */

static bool meets(const uint64_t *a, uint32_t n, const uint64_t *b, uint32_t k)
{
    for (uint32_t i = 0, j = 0; i < n && j < k;) {
        if (a[i] == b[j]) return true;
        if (a[i] < b[j])
            i++;
        else
            j++;
    }
    return false;
}

static int ascending(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool note_changes(struct trial *t, const struct move *m)
{
    size_t size = (m->removed_count + 1) * sizeof *t->removed;
    if (!t->removal_known) {
        t->removal_known = true;
        if (!(t->removed = malloc(size))) return false;
        t->removed_count = m->removed_count;
        if (m->removed_count)
            memcpy(t->removed, m->removed,
                   m->removed_count * sizeof *m->removed);
    }
    uint32_t need = t->seen_count + m->fresh_count;
    if (need > t->seen_room) {
        uint64_t *more = realloc(t->seen, 2 * need * sizeof *more);
        if (!more) return false;
        t->seen = more;
        t->seen_room = 2 * need;
    }
    t->sound = t->sound && !m->urns && m->removed_count == t->removed_count &&
               (!m->removed_count ||
                memcmp(m->removed, t->removed,
                       m->removed_count * sizeof *m->removed) == 0) &&
               !meets(m->fresh, m->fresh_count, t->removed, t->removed_count) &&
               !meets(m->fresh, m->fresh_count, t->seen, t->seen_count);
    if (!m->fresh_count) return true;
    memcpy(t->seen + t->seen_count, m->fresh,
           m->fresh_count * sizeof *m->fresh);
    t->seen_count = need;
    qsort(t->seen, t->seen_count, sizeof *t->seen, ascending);
    return true;
}

/* ---- trying them ---------------------------------------------------------------------- */

static void set_parts(struct trial *t, const struct candidate *c)
{
    for (uint32_t i = 0; i < t->target->count; i++)
        t->parts[i] = (struct move_part){t->target->choices[i], c->values[i]};
}

static bool try_one(struct trial *t, struct candidate *c)
{
    struct engine *e = t->engine;
    struct move m = {.parts = t->parts, .count = t->target->count};
    double share = -INFINITY;
    set_parts(t, c);
    e->op->mark(e, &c->mark);
    bool ok = e->op->move(e, &m);
    if (ok) ok = note_changes(t, &m) || machine_no_memory(e->machine);
    t->sound = t->sound && m.steady;
    if (ok && m.possible) {
        ok = target_share(t->kernel, e, t->target, NULL, &share);
        c->log_weight = m.score + m.reverse - m.forward + share;
    }
    c->possible = ok && m.possible && c->log_weight > -INFINITY;
    ok = e->op->settle(e, false) && ok;
    move_close(&m);
    return ok;
}

static bool try_all(struct trial *t)
{
    struct machine *m = t->engine->machine;
    for (uint32_t i = 0; i < t->count; i++) {
        struct candidate *c = &t->candidates[i];
        c->log_weight = -INFINITY;
        if (i == t->now) {
            c->log_weight = target_log_share(t->target);
            c->possible = true;
        } else if ((--m->fuel < 0 && !machine_poll(m)) || !try_one(t, c)) {
            return false;
        }
    }
    return true;
}

/* Draws what it drew before, and stays there. */
static bool move_to(struct trial *t, const struct candidate *c, bool *kept)
{
    struct engine *e = t->engine;
    struct move m = {.parts = t->parts, .count = t->target->count};
    struct draw_mark end;
    set_parts(t, c);
    e->op->mark(e, &end);
    e->op->replay(e, &c->mark);
    bool ok = e->op->move(e, &m);
    e->op->replay(e, &end);
    *kept = ok && m.possible && e->op->accept(e, 0.0);
    ok = e->op->settle(e, *kept) && ok;
    move_close(&m);
    return ok;
}

static bool choose(struct trial *t, struct transition_counts *counts)
{
    struct engine *e = t->engine;
    double largest = -INFINITY, *p = malloc((t->count + 1) * sizeof *p);
    bool moved = false, ok = true;
    if (!p) return machine_no_memory(e->machine);
    for (uint32_t i = 0; i < t->count; i++)
        largest = fmax(largest, t->candidates[i].log_weight);
    for (uint32_t i = 0; i < t->count; i++)
        p[i] = exp(t->candidates[i].log_weight - largest);
    uint32_t i = e->op->pick(e, t->count, p);
    free(p);
    if (i != t->now) ok = move_to(t, &t->candidates[i], &moved);
    if (ok) target_count(e, &t->sites[0], moved, counts);
    return ok;
}

/* ---- the kernel ------------------------------------------------------------------------ */

static bool open_trial(struct trial *t)
{
    uint32_t n = t->target->count;
    t->sites = memory_new(n * sizeof *t->sites);
    t->supports = memory_new(n * sizeof *t->supports);
    t->parts = memory_new(n * sizeof *t->parts);
    t->sizes = memory_new_atomic(n * sizeof *t->sizes);
    if (!t->sites || !t->supports || !t->parts || !t->sizes)
        return machine_no_memory(t->engine->machine);
    for (uint32_t i = 0; i < n; i++)
        if (!read_support(t, i)) return false;
    if (t->endless) return true;
    return refuse_labels(t) && count_states(t) && list_candidates(t);
}

static bool by_trial(struct kernel *k, struct engine *e, struct target *target,
                     struct transition_counts *counts)
{
    static const double coin[2] = {1.0 / COIN, 1.0 - 1.0 / COIN};
    struct trial t = {
        .kernel = k, .engine = e, .target = target, .sound = true};
    if (e->op->pick(e, 2, coin) == 0)
        return target_redraw(k, e, target, counts);
    bool ok = open_trial(&t);
    if (ok && t.endless) return target_redraw(k, e, target, counts);
    /* An own value that is not among those that it may have now: stay. */
    if (ok && t.now != UINT32_MAX) {
        ok = try_all(&t);
        if (ok && t.sound)
            ok = choose(&t, counts);
        else if (ok)
            target_count(e, &t.sites[0], false, counts);
    }
    free(t.removed);
    free(t.seen);
    return ok;
}

static bool move(struct kernel *k, struct engine *e, struct target *t,
                 struct transition_counts *counts)
{
    bool done = false, changed = false;
    if (t->count == 1) {
        struct site s;
        if (!e->op->gibbs(e, t->choices[0], &done, &changed)) return false;
        if (!done) return by_trial(k, e, t, counts);
        counts->proposals++;
        counts->accepted += changed;
        if (!e->tally) return true;
        if (!e->op->site(e, t->choices[0], &s)) return false;
        counts->proposals--;
        counts->accepted -= changed;
        target_count(e, &s, changed, counts);
        return true;
    }
    return by_trial(k, e, t, counts);
}

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    return target_each(k, e, move, counts);
}

/* What it would refuse on the way it refuses now. */
static bool init(struct kernel *k, struct engine *e)
{
    for (uint32_t i = 0; !k->lenient && i < k->scope->member_count; i++) {
        struct trial t = {.kernel = k, .engine = e};
        struct site s;
        value list;
        bool closed = false;
        void *choice = k->scope->members[i].choice;
        if (!e->op->site(e, choice, &s)) return false;
        if (s.family->enumerate && e->op->support(e, choice, &list) &&
            list != V_UNBOUND)
            continue;
        if (e->op->conjugate && !e->op->conjugate(e, choice, &closed))
            return false;
        if (!closed) return refuse_endless(&t, &s);
    }
    return true;
}

static const struct kernel_option options[] = {
    {":max-states", 10000, 2, 1e7,
     "the most states that a block may have, from 2 to 1e7", NULL},
    {NULL, 0, 0, 0, NULL, NULL}};

const struct kernel_row kernel_gibbs = {
    .name = "gibbs",
    .signature = "(gibbs [scope [pick]] [:max-states 10000])",
    .doc = "draws from the exact conditional: of few values by trying each, "
           "of conjugate pairs in closed form",
    .rests = true,
    .takes = TAKES_SCOPE | TAKES_PICK,
    .options = options,
    .single_site = true,
    .init = init,
    .step = step,
};
