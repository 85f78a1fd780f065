/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gibbs: a choice, or a block of them, is drawn from its conditional given
 * all else: in closed form where the engine knows one, else by trying every
 * value that it may have. An array of independent applications is as many
 * choices as it has elements, unless the pick is a block.
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
#include "infer/states.h"
#include "infer/target.h"
#include "xrp/form.h"

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
    bool endless;    /* a choice has no finite number of values */
    int64_t element; /* of an array, the target's only choice; or ENTIRE */
};

/* A closed form is not found, either, when the clock ran out. */
static bool refuse_endless(struct trial *t, const struct site *s)
{
    if (!machine_poll(t->engine->machine)) return false;
    int length = (int)strcspn(s->family->names, " ");
    bool continuous = xrp_flags_at(s->family, &s->at) & XRP_CONTINUOUS;
    kernel_refuse_choice(t->kernel, t->engine, s->choice, s->place, "%s",
                         continuous
                             ? " is continuous and has no conjugate pair here"
                             : " has no finite number of values");
    return error_hint(&t->engine->machine->error,
                      continuous ? "try (slice ...) or (drift ...) for %.*s, "
                                   "or (gibbs discrete)"
                                 : "try (mh ...) for %.*s",
                      length, s->family->names);
}

/* The values of an element as arrays that have it; V_UNBOUND: they are not
 * finite in number. */
static bool list_arrays(const struct site *s, size_t k, value *list)
{
    struct grid g;
    value now, values = V_UNBOUND;
    *list = V_UNBOUND;
    if (!form_grid(s->family, &s->at, &g)) return true;
    const struct xrp_family *f = g.in.family;
    bool ok = true;
    if (grid_element(&g, s->held, k, &now) && f->enumerate &&
        f->enumerate(&g.in.site, &values))
        *list = V_NIL;
    for (; ok && is_pair(values); values = cdr(values)) {
        value array;
        ok = grid_with(&g, s->held, k, car(values), &array) &&
             (*list = cons(array, *list)) != V_UNBOUND;
    }
    grid_close(&g);
    return ok;
}

static bool list_support(struct trial *t, uint32_t i, value *list)
{
    struct engine *e = t->engine;
    if (t->element == ENTIRE)
        return e->op->support(e, t->target->choices[i], t->target->choices,
                              t->target->count, list);
    return list_arrays(&t->sites[i], (size_t)t->element, list) ||
           machine_no_memory(e->machine);
}

static bool read_support(struct trial *t, uint32_t i)
{
    struct engine *e = t->engine;
    value list;
    if (!e->op->site(e, t->target->choices[i], &t->sites[i]) ||
        !list_support(t, i, &list))
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

static bool count_states(struct trial *t, struct states *s)
{
    double most = t->kernel->options[OPTION_STATES];
    double all = states_count(s, most);
    if (all > most)
        return kernel_refuse(t->kernel, t->engine,
                             "a block has %.0f states%s, more than "
                             ":max-states %.0f",
                             all, all == most + 1.0 ? " and more" : "", most);
    t->count = (uint32_t)all;
    return true;
}

static bool list_candidates(struct trial *t)
{
    uint32_t width = t->target->count;
    struct states s = {width, t->sites, t->supports, t->sizes,
                       memory_new_atomic(width * sizeof *s.digits)};
    if (!s.digits) return machine_no_memory(t->engine->machine);
    if (!count_states(t, &s)) return false;
    t->candidates = memory_new((t->count + 1) * sizeof *t->candidates);
    t->now = UINT32_MAX;
    states_first(&s);
    for (uint32_t i = 0; t->candidates && i < t->count; i++, states_next(&s)) {
        value *v = memory_new(width * sizeof *v);
        if (!v) return machine_no_memory(t->engine->machine);
        bool present = states_is_present(&s);
        if (!states_values(&s, t->engine, present, v)) return false;
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
    return list_candidates(t);
}

static bool by_trial(struct kernel *k, struct engine *e, struct target *target,
                     int64_t element, struct transition_counts *counts)
{
    static const double coin[2] = {1.0 / COIN, 1.0 - 1.0 / COIN};
    struct trial t = {.kernel = k,
                      .engine = e,
                      .target = target,
                      .sound = true,
                      .element = element};
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

/* A move of the engine's own is over. */
static inline bool count_move(struct engine *e, const struct target *t,
                              bool changed, struct transition_counts *counts)
{
    struct site s;
    if (!e->tally) {
        counts->proposals++;
        counts->accepted += changed;
        return true;
    }
    if (!e->op->site(e, t->choices[0], &s)) return false;
    target_count(e, &s, changed, counts);
    return true;
}

/* A choice, or an element of it. */
static inline bool move_choice(struct kernel *k, struct engine *e,
                               struct target *t, int64_t element,
                               struct transition_counts *counts)
{
    bool done = false, changed = false;
    if (!e->op->gibbs(e, t->choices[0], element, &done, &changed)) return false;
    return done ? count_move(e, t, changed, counts)
                : by_trial(k, e, t, element, counts);
}

static bool move_block(struct kernel *k, struct engine *e, struct target *t,
                       struct transition_counts *counts)
{
    bool done = false, changed = false;
    if (e->op->gibbs_block &&
        !e->op->gibbs_block(e, t->choices, t->count, &done, &changed))
        return false;
    return done ? count_move(e, t, changed, counts)
                : by_trial(k, e, t, ENTIRE, counts);
}

/* How many elements move by themselves; 0: it moves as a whole. */
static size_t elements_of(const struct kernel *k, struct engine *e,
                          void *choice)
{
    return k->pick == PICK_BLOCK ? 0 : e->op->elements(e, choice);
}

/* One of them by chance, or all in turn. */
static bool move_elements(struct kernel *k, struct engine *e, struct target *t,
                          size_t n, struct transition_counts *counts)
{
    if (k->pick == PICK_ONE) {
        double *even = malloc((n + 1) * sizeof *even);
        if (!even) return machine_no_memory(e->machine);
        for (size_t i = 0; i < n; i++) even[i] = 1.0;
        uint32_t which = n > 1 ? e->op->pick(e, (uint32_t)n, even) : 0;
        free(even);
        return move_choice(k, e, t, which, counts);
    }
    for (size_t i = 0; i < n; i++) {
        if (!move_choice(k, e, t, (int64_t)i, counts)) return false;
        t->choices[0] = e->op->choice_at(e, t->locations[0]);
        if (!t->choices[0]) break;
    }
    return true;
}

static bool move(struct kernel *k, struct engine *e, struct target *t,
                 struct transition_counts *counts)
{
    if (t->count != 1) return move_block(k, e, t, counts);
    size_t n = elements_of(k, e, t->choices[0]);
    return n ? move_elements(k, e, t, n, counts)
             : move_choice(k, e, t, ENTIRE, counts);
}

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    return target_each(k, e, move, counts);
}

/* Has this choice, or element of it, few values or a closed form? */
static bool is_known(struct engine *e, const struct site *s, int64_t element,
                     bool *known)
{
    value list = V_UNBOUND;
    *known = true;
    if (element != ENTIRE) {
        if (!list_arrays(s, (size_t)element, &list))
            return machine_no_memory(e->machine);
    } else if (s->family->enumerate) {
        void *own[1] = {s->choice};
        if (!e->op->support(e, s->choice, own, 1, &list)) return false;
    }
    if (list != V_UNBOUND) return true;
    *known = false;
    return !e->op->conjugate || e->op->conjugate(e, s->choice, element, known);
}

/* What it would refuse on the way it refuses now. */
static bool init(struct kernel *k, struct engine *e)
{
    bool looks = !k->lenient && !k->loaded;
    for (uint32_t i = 0; looks && i < k->scope->member_count; i++) {
        struct trial t = {.kernel = k, .engine = e};
        struct site s;
        void *choice = k->scope->members[i].choice;
        if (!e->op->site(e, choice, &s)) return false;
        size_t n = elements_of(k, e, choice);
        for (size_t j = 0; j < n || j == 0; j++) {
            bool known;
            if (!is_known(e, &s, n ? (int64_t)j : ENTIRE, &known)) return false;
            if (!known) return refuse_endless(&t, &s);
        }
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
    .takes = TAKES_SCOPE | TAKES_PICK,
    .options = options,
    .single_site = true,
    .init = init,
    .step = step,
};
