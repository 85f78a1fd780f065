/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains of hmc and nuts: see gradient.h. gradient_steps is a batch, in
 * order; above it are its parts.
 */
#include "infer/gradient.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/print.h"
#include "infer/target.h"

/* Where nobody knows yet how far something is to be centred, in a warmup that
 * is long enough to find out. */
#define FIRST 0.5
enum { PLANNED_LEAST = 20 };

/* ---- another structure ------------------------------------------------------ */

/* What was learned goes to its locations. */
static bool put_away(struct gradient_chain *c)
{
    const struct moments *m = &c->warmup.moments;
    bool dense = c->warmup.metric.kind == METRIC_DENSE, ok = true;
    for (size_t i = 0; ok && i < c->size; i++) {
        struct learned l = {.of = c->coordinates[i]};
        size_t at = dense ? i * c->warmup.metric.width + i : i;
        l.inverse = c->warmup.metric.inverse[at];
        l.count = m->count[i];
        l.mean = m->mean[i];
        l.squares = m->squares[dense ? i * c->size + i : i];
        ok = learned_put(&c->learned, &l);
    }
    return ok;
}

/* And comes back from them: variances only, where the metric is dense, for
 * what went together with what is not known. */
bool gradient_recall(struct gradient_chain *c)
{
    bool dense = c->warmup.metric.kind == METRIC_DENSE, any = false;
    size_t n = c->size, stride = dense ? n + 1 : 1;
    double *inverse = calloc(dense ? n * n : n, sizeof *inverse);
    if (!inverse) return false;
    for (size_t i = 0; i < n; i++) {
        const struct learned *l = learned_find(
            &c->learned, c->coordinates[i].location, c->coordinates[i].index);
        inverse[i * stride] = l ? l->inverse : 1.0;
        any = any || l;
        if (!l || dense) continue;
        c->warmup.moments.count[i] = l->count;
        c->warmup.moments.mean[i] = l->mean;
        c->warmup.moments.squares[i] = l->squares;
    }
    if (any && c->warmup.metric.kind != METRIC_UNIT)
        metric_set(&c->warmup.metric, inverse);
    free(inverse);
    return true;
}

static void name_coordinates(struct gradient_chain *c)
{
    const struct gathering *g = &c->ground.gathering;
    for (uint32_t b = 0; b < g->block_count; b++)
        for (uint32_t i = 0; i < g->blocks[b].count; i++)
            c->coordinates[g->blocks[b].first + i] = (struct coordinate){
                .location = g->blocks[b].location, .index = i};
}

static void close_size(struct gradient_chain *c)
{
    if (c->points) c->way->close(c);
    c->points = NULL;
    metric_close(&c->warmup.metric);
    moments_close(&c->warmup.moments);
    moments_close(&c->warmup.together);
    slopes_close(&c->warmup.slopes);
    moments_close(&c->all);
    moments_close(&c->diverged);
    free(c->coordinates);
    free(c->before);
    c->coordinates = NULL;
    c->before = NULL;
    c->size = 0;
}

static bool open_size(struct gradient_chain *c, const struct kernel *k)
{
    size_t n = c->ground.density.size;
    enum metric_kind kind = c->way->metric(k);
    close_size(c);
    slopes_open(&c->warmup.slopes, kind, n);
    c->coordinates = calloc(n, sizeof *c->coordinates);
    c->before = calloc(n, sizeof *c->before);
    bool ok = c->coordinates && c->before &&
              metric_open(&c->warmup.metric, kind, n) &&
              moments_open(&c->warmup.moments, kind, n) &&
              directions_open(&c->warmup.together, kind, n) &&
              moments_open(&c->all, METRIC_DIAGONAL, n) &&
              moments_open(&c->diverged, METRIC_DIAGONAL, n) &&
              c->way->open(c, k, n);
    if (ok) c->size = n;
    return ok;
}

bool gradient_adopt(struct gradient_chain *c, const struct kernel *k)
{
    struct machine *m = c->ground.engine->machine;
    uint64_t structure = c->ground.gathering.structure;
    size_t n = c->ground.density.size;
    c->placed = false;
    if (c->size == n && c->structure == structure) return true;
    if (c->size && !put_away(c)) return machine_no_memory(m);
    if (n && !open_size(c, k)) return machine_no_memory(m);
    if (!n) return true;
    c->structure = structure;
    name_coordinates(c);
    return gradient_recall(c) || machine_no_memory(m);
}

/* ---- warmup ----------------------------------------------------------------- */

static bool refuse_start(const struct kernel *k, struct engine *e,
                         enum step_search end)
{
    if (end == STEP_ENDLESS)
        return kernel_refuse(k, e,
                             "the density is flat from here on: no step is "
                             "too long (is it proper?)");
    return kernel_refuse(k, e,
                         "no step is short enough to go along the density "
                         "from the present state");
}

static bool begin(struct gradient_chain *c, const struct kernel *k,
                  struct engine *e)
{
    uint64_t planned = k->warming ? k->planned : 0;
    struct random *random = &e->machine->random;
    uint64_t cut = c->ground.cut;
    c->begun = true;
    if (c->given && !planned) {
        windows_begin(&c->warmup.windows, 0);
        return true;
    }
    enum step_search end = warmup_begin(&c->warmup, planned, &c->ground.density,
                                        random, c->points);
    c->ground.cut = cut; /* of trajectories that are none of the chain's */
    if (c->ground.stopped) return false;
    return end == STEP_FOUND || refuse_start(k, e, end);
}

/* A window ends. */
static bool turn(struct gradient_chain *c, const struct kernel *k,
                 struct engine *e)
{
    bool other = gradient_settle(c), placed = true;
    warmup_turn(&c->warmup);
    /* Those that are elsewhere begin their windows with the others. */
    learned_clear(&c->learned);
    centring_clear(&c->centrings);
    if (other && !gradient_recentre(c, k, &placed)) return false;
    c->placed = placed;
    if (placed)
        warmup_search(&c->warmup, &c->ground.density, &e->machine->random,
                      c->points);
    return true;
}

static bool learn(struct gradient_chain *c, const struct kernel *k,
                  struct engine *e)
{
    enum warmup_stage stage =
        warmup_learn(&c->warmup, c->last.accept_stat, c->points->here);
    if (stage == WARMUP_STEPS) return true;
    if (!gradient_watch(c)) return machine_no_memory(e->machine);
    return stage == WARMUP_SEES || turn(c, k, e);
}

static void note(struct gradient_chain *c)
{
    c->transitions++;
    moments_add(&c->all, c->points->here->q);
    c->divergent += c->last.divergent;
    if (c->last.divergence) moments_add(&c->diverged, c->last.divergence);
    c->limited += c->last.limited;
}

/* ---- transitions ------------------------------------------------------------- */

/* Which choice it is whose slope is no number, and what it is; where the
 * density itself is none, there is no slope. */
static bool refuse_here(const struct gradient_chain *c, const struct kernel *k,
                        struct engine *e)
{
    const double *slope = c->points->here->gradient;
    struct text held = {0};
    struct site s;
    size_t i = 0;
    while (i < c->size && isfinite(slope[i])) i++;
    if (i == c->size)
        return kernel_refuse(k, e,
                             "the log density is not finite in the present "
                             "state");
    const struct gather_block *b = ground_block(&c->ground, i);
    if (!e->op->site(e, b->choice, &s)) return false;
    bool told = print_value(&held, s.held) && held.length < 40;
    kernel_refuse_choice(k, e, b->choice, b->place,
                         " is %.*s, where the gradient of the log density is "
                         "not finite",
                         told ? (int)held.length : 7,
                         told ? held.at : "a value");
    text_free(&held);
    return false;
}

/* Is there something to move, and is the chain where it is? *ready. */
static bool look(struct gradient_chain *c, struct kernel *k, struct engine *e,
                 bool *ready)
{
    bool fresh;
    const struct gather_block *edge;
    *ready = false;
    if (!ground_look(&c->ground, k, &fresh, &edge)) return false;
    if (fresh && !gradient_adopt(c, k)) return false;
    if (edge || !c->ground.density.size) return true;
    if (!c->placed)
        c->placed = points_place(c->points, &c->ground.density, c->ground.q);
    if (c->ground.stopped) return false;
    if (!c->placed && !c->begun) return refuse_here(c, k, e);
    *ready = c->placed;
    return !c->placed || c->begun || begin(c, k, e);
}

static bool transition(struct gradient_chain *c, struct kernel *k,
                       struct engine *e, struct transition_counts *counts)
{
    struct random *random = &e->machine->random;
    if (!k->warming && !c->ended) {
        warmup_end(&c->warmup);
        c->ended = true;
    }
    memcpy(c->before, c->points->here->q, c->size * sizeof *c->before);
    c->step = c->warmup.step;
    uint64_t cut = c->ground.cut;
    c->way->step(c, k, random);
    if (c->ground.stopped) return false;
    k->effort += c->last.leapfrogs;
    if (c->ground.cut != cut) { /* it met an edge, and no error */
        c->last.divergent = false;
        c->last.divergence = NULL;
    }
    counts->proposals++;
    counts->accepted +=
        memcmp(c->before, c->points->here->q, c->size * sizeof *c->before) != 0;
    if (!k->warming)
        note(c);
    else if (!learn(c, k, e))
        return false;
    return !c->ground.stopped;
}

/* The trace comes to where the chain is; where that cannot be, the chain goes
 * back to the trace. */
static bool bring(struct gradient_chain *c, struct transition_counts *counts)
{
    const double *q = c->points->here->q;
    bool possible;
    if (!c->ground.moved && memcmp(q, c->ground.q, c->size * sizeof *q) == 0)
        return true;
    c->placed = ground_write(&c->ground, q, &possible) && possible;
    if (!c->placed && c->ground.engine->machine->error.kind) return false;
    counts->impossible += !possible;
    return true;
}

/* The trace shows where the chain is, or comes there. */
static bool leave(struct gradient_chain *c, const struct kernel *k,
                  struct transition_counts *counts)
{
    const struct point *at = c->points->here;
    bool shown = false;
    if (k->glimpses && !ground_show(&c->ground, at->q, at->log_density, &shown))
        return false;
    return shown || bring(c, counts);
}

bool gradient_bring(struct kernel *k, struct engine *e,
                    struct transition_counts *counts)
{
    struct gradient_chain *c = k->state;
    bool possible;
    (void)e;
    if (!ground_bring(&c->ground, &possible)) return c->placed = false;
    if (!possible) c->placed = false;
    counts->impossible += !possible;
    return true;
}

bool gradient_steps(struct kernel *k, struct engine *e, uint64_t n,
                    uint64_t *made, struct transition_counts *counts)
{
    struct gradient_chain *c = k->state;
    struct machine *m = e->machine;
    struct transition_counts now = {0};
    bool ready;
    *made = 0;
    ground_hide(&c->ground);
    if (!look(c, k, e, &ready)) return false;
    for (uint64_t i = 0; ready && c->placed && i < n; i++)
        if ((--m->fuel < 0 && !machine_poll(m)) || !transition(c, k, e, &now)) {
            c->placed = false;
            ground_return(&c->ground);
            return false;
        }
    if (ready && c->placed && !leave(c, k, &now)) return false;
    *made = n;
    counts->proposals += now.proposals;
    counts->accepted += now.accepted;
    counts->impossible += now.impossible;
    return true;
}

bool gradient_step(struct kernel *k, struct engine *e,
                   struct transition_counts *counts)
{
    uint64_t made;
    return gradient_steps(k, e, 1, &made, counts);
}

/* ---- before and after ---------------------------------------------------------- */

static bool begin_ground(struct gradient_chain *c, const struct kernel *k,
                         struct engine *e)
{
    (void)e;
    return gradient_adopt(c, k);
}

bool gradient_init(struct kernel *k, struct engine *e,
                   const struct gradient_way *way)
{
    struct gradient_chain *c = k->loaded ? k->state : memory_new(sizeof *c);
    if (!c) return machine_no_memory(e->machine);
    k->state = c;
    k->words[0] = '\0';
    double step = way->step_given(k);
    c->way = way;
    c->warmup.target = way->target(k);
    c->warmup.fixed = step > 0.0;
    c->centrings.forced = way->centring(k);
    if (!k->loaded) {
        c->warmup.step = step > 0.0 ? step : 1.0;
        c->centrings.first = k->planned < PLANNED_LEAST ? 1.0 : FIRST;
    }
    struct gather_plan plan = gradient_plan(c);
    return ground_open(&c->ground, k, e, &plan) &&
           (k->loaded ? gradient_past_open : begin_ground)(c, k, e);
}

/* The coordinate that is most elsewhere where trajectories broke than in the
 * draws. */
static const struct gather_block *telling(const struct gradient_chain *c,
                                          bool *low)
{
    double most = 1.0;
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < c->size; i++) {
        const struct gather_block *b = ground_block(&c->ground, i);
        /* Low and high are of the number, and of no other coordinate. */
        if (b->centring && b->centring[i - b->first] < 1.0) continue;
        double sd = sqrt(c->all.squares[i] / fmax(1.0, c->all.count[i] - 1.0));
        double away = (c->diverged.mean[i] - c->all.mean[i]) / sd;
        if (!(fabs(away) > most)) continue;
        most = fabs(away);
        *low = away < 0.0;
        found = i;
    }
    return found == SIZE_MAX ? NULL : ground_block(&c->ground, found);
}

static void say(struct kernel *k, const struct gradient_chain *c)
{
    size_t at = 0, room = sizeof k->words;
    unsigned long long made = c->transitions;
    bool low = false;
    char place[80];
    if (c->divergent && c->size && !k->drawn) {
        const struct gather_block *b = telling(c, &low);
        at += (size_t)snprintf(k->words, room,
                               "%llu of %llu trajectories diverged",
                               (unsigned long long)c->divergent, made);
        if (b)
            at +=
                (size_t)snprintf(k->words + at, room - at, ", where '%s' is %s",
                                 target_words(b->place, place, sizeof place),
                                 low ? "low" : "high");
        at += (size_t)snprintf(
            k->words + at, room - at,
            ": draws may be missing there (try a %s, or another form of the "
            "model)\n",
            c->warmup.fixed ? "smaller :step-size" : "larger :target-accept");
    }
    if (c->ground.cut)
        at += (size_t)snprintf(
            k->words + at, room - at,
            "trajectories ended %llu times where the program would make other "
            "choices: they cannot go there (add (mh), in a cycle)\n",
            (unsigned long long)c->ground.cut);
    if (20 * c->limited > c->transitions && !k->drawn)
        snprintf(k->words + at, room - at,
                 "%llu of %llu trajectories were cut off at :max-depth: the "
                 "chain moves in steps that are small for it (try :metric "
                 "dense, or other scales)\n",
                 (unsigned long long)c->limited, made);
}

void gradient_close(struct kernel *k)
{
    struct gradient_chain *c = k->state;
    if (!c) return;
    say(k, c);
    close_size(c);
    gradient_past_close(c);
    learned_close(&c->learned);
    centring_close(&c->centrings);
    free(c->numbers);
    ground_close(&c->ground);
    k->state = NULL;
}
