/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Regions: code that is run again when something that it forced changes. A
 * run gathers guards, edges and uses of entries, and settles them when it is
 * done; bringing a region up to date is to see whether its guards still
 * hold.
 */
#include "base/memory.h"
#include "base/stack.h"
#include "trace/application.h"
#include "trace/reduced.h"

enum {
    RUNS_MAX = 50,
    HOPELESS = 16 /* failed checks, without one that held */
};

static bool settle_error(struct trace *t)
{
    return error_set(&t->machine->error, ERROR_OBSERVE,
                     "the observations, and what they look at, do not "
                     "settle");
}

/* ---- runs ------------------------------------------------------------------------------------ */

/* Runs nest, and their structs with the room that they have gathered are
 * used again. */
static struct run *run_take(struct trace *t)
{
    uint32_t depth = t->run ? t->run->depth + 1 : 0;
    if (depth == t->runs.count) {
        struct run *new = memory_new_kept(sizeof *new);
        if (!new || !vector_push(t, &t->runs, new)) {
            machine_no_memory(t->machine);
            return NULL;
        }
    }
    struct run *run = t->runs.at[depth];
    run->depth = depth;
    run->guard_count = run->uses.count = run->pins = 0;
    run->matched = run->cuts = 0;
    return run;
}

/* Calls are looked up only where some have become regions. */
static void set_hooks(struct trace *t, const struct run *run)
{
    t->machine->hooked_calls = run && (t->whole || run->region->calls > 0);
}

/* It runs again in one transition. */
static bool count_run(struct trace *t, struct region *r)
{
    if (t->together && !r->runs && !vector_push(t, &t->rerun, r)) return false;
    return ++r->runs <= RUNS_MAX || settle_error(t);
}

struct run *run_begin(struct trace *t, struct region *r)
{
    struct run *run = run_take(t);
    if (!run) return NULL;
    run->region = r;
    run->outer = t->run;
    run->id = run->scope = ++t->run_id;
    run->frame = t->machine->frame;
    run->mark_base = t->mark_count;
    run->met_base = t->met.count;
    t->touched++;
    run->listen = &r->node.edges;
    run->expected = region_children(r);
    run->kept = region_kept(r);
    node_fetch(run->expected);
    __builtin_prefetch(node_edges(&r->node));
    region_today(t, r);
    r->running = true;
    if (!r->ran) {
        r->ran = true;
        if (!vector_push(t, &t->ran, r)) return NULL;
    } else if (!count_run(t, r)) {
        return NULL;
    }
    r->last_run = run->id;
    r->swept = false;
    r->settled = true;
    t->run = run;
    set_hooks(t, run);
    return run;
}

static uint32_t rank_of(const struct region *r)
{
    uint32_t rank = 0, uses = use_count(r);
    for (const struct edge *e = node_edges(&r->node); e; e = edge_own(e)) {
        const struct node *n = node_whole(edge_source(e));
        if (node_kind(n) != NODE_REGION) {
            const struct region *owner = node_owner(n);
            n = owner ? &owner->node : NULL;
        }
        if (n && n != &r->node && n->rank > rank) rank = n->rank;
    }
    for (uint32_t i = 0; i < uses; i++) {
        uint32_t below = use_at(near_at(&r->kept), i)->node.rank;
        if (below > rank) rank = below;
    }
    return rank + 1;
}

/* A region that moves up lifts those that read it above itself: a rank is
 * never below what is read, or settle_below would miss something. */
static bool rank_raise(struct trace *t, struct region *r, uint32_t rank)
{
    uint32_t base = t->walk.count, left = 1u << 20;
    bool rises = rank > r->node.rank, ok = true;
    if (rank == r->node.rank) return true;
    log_set_32(&t->log, &r->node.rank, rank);
    if (rises) ok = vector_push(t, &t->walk, r);
    while (ok && t->walk.count > base && --left) {
        const struct region *low = t->walk.at[--t->walk.count];
        for (const struct edge *e = node_readers(&low->node); ok && e;
             e = edge_next(e)) {
            struct region *high = (struct region *)edge_reader(e);
            if (node_kind(&high->node) != NODE_REGION ||
                high->node.rank > low->node.rank)
                continue;
            log_set_32(&t->log, &high->node.rank, low->node.rank + 1);
            heap_rises(t, high);
            ok = vector_push(t, &t->walk, high);
        }
    }
    t->walk.count = base;
    return ok;
}

bool region_rank(struct trace *t, struct region *r)
{
    return rank_raise(t, r, rank_of(r));
}

static void give_kept(struct trace *t, struct gathered *k)
{
    if (k) log_give(&t->log, k, kept_size(k->guard_count, k->use_count));
}

/* Word by word where it is of the same length: mostly one outcome differs. */
static void overwrite(struct trace *t, struct gathered *k,
                      const struct guard *guards, void *const *uses)
{
    uint64_t *at = (uint64_t *)k->guards;
    const uint64_t *from = (const uint64_t *)guards;
    size_t words = k->guard_count * (sizeof *guards / sizeof *at);
    for (size_t i = 0; i < words; i++)
        if (at[i] != from[i]) log_set(&t->log, &at[i], from[i]);
    struct near *kept = uses_in(k);
    for (uint32_t i = 0; i < k->use_count; i++)
        if (near_at(&kept[i]) != uses[i])
            log_set_near(&t->log, &kept[i], uses[i]);
}

bool region_keep(struct trace *t, struct region *r, const struct run *run,
                 uint32_t first_guard, uint32_t first_use)
{
    uint32_t guards = run->guard_count - first_guard;
    uint32_t uses = run->uses.count - first_use;
    if (region_kept(r) && region_kept(r)->guard_count == guards &&
        region_kept(r)->use_count == uses) {
        overwrite(t, region_kept(r), run->guards + first_guard,
                  run->uses.at + first_use);
    } else if (region_kept(r) || guards || uses) {
        struct gathered *k = NULL;
        give_kept(t, region_kept(r));
        if (guards || uses) {
            k = log_take(&t->log, kept_size(guards, uses));
            if (!k) return machine_no_memory(t->machine);
            k->guard_count = guards;
            k->use_count = uses;
            if (guards)
                memcpy(k->guards, run->guards + first_guard,
                       guards * sizeof *k->guards);
            for (uint32_t i = 0; i < uses; i++)
                near_set_at(&uses_in(k)[i], run->uses.at[first_use + i]);
        }
        log_set_near(&t->log, &r->kept, k);
    }
    return region_rank(t, r);
}

/* Uses from before that the run has not met again, in order, are over. */
static bool keep_gathered(struct trace *t, struct run *run)
{
    struct region *r = run->region;
    edges_drop(t, run->listen);
    for (uint32_t i = run->matched; i < use_count(r); i++)
        if (!entry_unuse(t, use_at(region_kept(r), i))) return false;
    return region_keep(t, r, run, 0, 0);
}

/* What has a value for others. */
static bool runs_code(const struct region *r)
{
    return r->what == REGION_DIRECTIVE || r->what == REGION_ENTRY ||
           r->what == REGION_CALL;
}

bool run_end(struct trace *t, struct run *run, value result)
{
    struct region *r = run->region;
    struct log *l = &t->log;
    struct choice *target = NULL;
    bool ok = true;
    bool observes = r->what == REGION_OBSERVE && !r->failing;
    if (observes && !observe_aim(t, r, result, &target)) return false;
    if (has_reference(result) && runs_code(r)) ok = watches_make(t, r, result);
    bool changed = !value_same(r->result, result);
    log_set(l, &r->result, result);
    r->running = false;
    t->mark_count = run->mark_base;
    t->met.count = run->met_base;
    set_hooks(t, run->outer);
    t->run = run->outer;
    ok = ok && keep_gathered(t, run) && calls_leave_behind(t, r);
    if (ok && observes) ok = observe_retarget(t, r, target);
    if (ok && changed) ok = notify(t, &r->node);
    return ok;
}

static bool evaluate_entry(struct trace *t, struct region *r, value *out)
{
    struct machine *m = t->machine;
    value procedure = mem_of(r)->procedure, few[8], *operands = few;
    uint64_t body = r->node.location & ~ENTRY_BIT;
    uint32_t n = r->node.head.size, i = 0;
    if (r->stale) {
        log_save(&t->log, &r->stale);
        r->stale = false;
    }
    if (n == 1) return machine_apply(m, procedure, 1, &r->key, body, out);
    if (n > 8 && !(operands = memory_new(n * sizeof *operands)))
        return machine_no_memory(m);
    for (value l = r->key; l != V_NIL; l = cdr(l)) operands[i++] = car(l);
    return machine_apply(m, procedure, (int)n, operands, body, out);
}

/* In whose extent it is made. */
static value tags_of(const struct region *r)
{
    return r->what == REGION_CALL    ? r->tags
           : r->what == REGION_ENTRY ? mem_of(r)->tags
                                     : V_NIL;
}

static bool evaluate_untagged(struct trace *t, struct region *r, value *out)
{
    struct machine *m = t->machine;
    double score = 0.0;
    switch ((enum region_kind)r->what) {
    case REGION_DIRECTIVE:
        return machine_run(m, r->code, directive_location(r->directive), out);
    case REGION_OBSERVE:
        if (r->code)
            return machine_run(m, r->code, directive_location(r->directive),
                               out);
        *out = r->operands[0];
        if (r->given != r->operands[1])
            log_set(&t->log, &r->given, r->operands[1]);
        return true;
    case REGION_ENTRY: return evaluate_entry(t, r, out);
    case REGION_CALL:
        return machine_apply(m, r->procedure, (int)r->node.head.size,
                             r->arguments, r->origin, out);
    case REGION_TERM:
        *out = V_NOTHING;
        return term_read(t, r, &score) && term_set(t, r, score);
    case REGION_WEIGHT: *out = V_NOTHING; return weight_run(t, r);
    case REGION_PREDICT: *out = r->operands[0]; return true;
    default: return settle_error(t);
    }
}

static bool evaluate(struct trace *t, struct region *r, value *out)
{
    struct machine *m = t->machine;
    value tags = m->tags;
    m->tags = tags_of(r);
    bool ok = evaluate_untagged(t, r, out);
    m->tags = tags;
    return ok;
}

/* An error on the way may be gone in the end: nobody may need the value of
 * an entry, and what a region looked at may change again before the
 * transition is done. So it is kept as what the run gave, and told when
 * somebody reads it, or at the end. */
bool error_can_wait(const struct error *e)
{
    return e->kind != ERROR_LIMIT && e->kind != ERROR_CANCEL &&
           e->kind != ERROR_OBSERVE && e->kind != ERROR_ENGINE;
}

bool region_fail(struct trace *t, struct region *r, const struct error *why)
{
    struct failure *f = memory_new(sizeof *f);
    if (!f) return machine_no_memory(t->machine);
    f->head.type = T_FAILURE;
    f->why = *why;
    log_set(&t->log, &r->result, v_object(f));
    return true;
}

static bool end_failed(struct trace *t, struct run *run,
                       const struct error *why)
{
    struct region *r = run->region;
    t->run = run;
    r->failing = true;
    bool ok = run_end(t, run, V_NOTHING);
    r->failing = false;
    return ok && region_fail(t, r, why) &&
           (!t->putting_off || vector_push(t, &t->late, r));
}

/* Runs that an error has left open end with it: applications of mem inside
 * this one, then this one. */
static bool fail_runs(struct trace *t, struct run *run)
{
    struct error why = t->machine->error;
    error_clear(&t->machine->error);
    while (t->run != run) {
        struct region *entry = t->run->region;
        if (!end_failed(t, t->run, &why) || !region_use(t, entry)) return false;
    }
    return end_failed(t, run, &why);
}

/* What has no code of its own (terms, weights, what is observed) fails where
 * its directive stands. Always false. */
static bool fail_at(struct trace *t, const struct region *r)
{
    struct error *e = &t->machine->error;
    while (node_owner(&r->node)) r = node_owner(&r->node);
    if (r->directive && !e->span.source) e->span = r->directive->span;
    return false;
}

bool region_run(struct trace *t, struct region *r)
{
    struct run *outer = t->run, *run;
    value result = V_NOTHING;
    bool collecting = t->collecting;
    t->collecting = false;
    if (stack_is_low())
        return error_set(&t->machine->error, ERROR_LIMIT,
                         "too many regions wait for each other");
    run = run_begin(t, r);
    bool ok = (run && evaluate(t, r, &result) && run_end(t, run, result)) ||
              fail_at(t, r);
    if (!ok && run && t->run && r->running &&
        error_can_wait(&t->machine->error))
        ok = fail_runs(t, run);
    t->putting_off = false;
    t->collecting = collecting;
    t->run = outer;
    set_hooks(t, outer);
    return ok;
}

bool regions_stand(struct trace *t)
{
    for (uint32_t i = 0; i < t->ran.count; i++) {
        const struct region *r = t->ran.at[i];
        if (!is_alive(&r->node) || !region_failed(r)) continue;
        t->machine->error = *region_failed(r);
        return false;
    }
    return true;
}

/* ---- bringing up to date ------------------------------------------------------------------------ */

static bool guard_holds(struct trace *t, const struct guard *g, bool *holds)
{
    value now;
    int type = object_type(g->forced);
    if ((type == T_CHOICE || type == T_REGION) &&
        !is_alive(as_object(g->forced))) {
        *holds = false;
        return true;
    }
    bool ok = g->how == GUARD_TARGET ? trace_target(t, g->forced, &now)
              : g->how == GUARD_DEEP ? trace_deep(t, g->forced, &now)
                                     : trace_outer(t, g->forced, &now);
    if (!ok) {
        enum error_kind kind = t->machine->error.kind;
        if (kind == ERROR_LIMIT || kind == ERROR_CANCEL || kind == ERROR_ENGINE)
            return false;
        error_clear(&t->machine->error); /* told again by the run, if at all */
        *holds = false;
        return true;
    }
    *holds = value_same(now, g->outcome);
    return true;
}

static bool check_guards(struct trace *t, struct region *r, bool *holds)
{
    bool collecting = t->collecting, ok = true;
    t->collecting = true;
    *holds = true;
    for (uint32_t i = 0; ok && *holds && i < guard_count(r); i++)
        ok = guard_holds(t, &region_kept(r)->guards[i], holds);
    t->collecting = collecting;
    return ok;
}

/* Was it told of a change that it has not looked at yet? */
static bool is_waiting(const struct trace *t, const struct region *r)
{
    return r->node.stamp == t->number && r->queued && !r->settled &&
           !r->running && is_alive(&r->node) && !r->checking;
}

/* Guards that never hold need not be looked at: a run answers what they
 * would. */
static bool is_hopeless(const struct region *r)
{
    return r->changed > HOPELESS && r->held == 0;
}

/* Of late: both counts are halved when one is full. */
static void count_check(struct trace *t, struct region *r, bool holds)
{
    uint8_t *count = holds ? &r->held : &r->changed;
    log_save(&t->log, count);
    if (++*count < UINT8_MAX) return;
    r->held /= 2;
    r->changed /= 2;
}

/* An entry's counts for all of its mem, too: ten thousand entries of one
 * procedure need not each find out what it is like. */
static void judge(struct trace *t, struct region *r, bool holds)
{
    count_check(t, r, holds);
    if (r->what == REGION_ENTRY) count_check(t, &mem_of(r)->entries, holds);
}

bool region_holds(struct trace *t, struct region *r, bool *holds)
{
    uint32_t first = t->leaf_count;
    *holds = !region_failed(r);
    if (!is_waiting(t, r)) return true;
    if (is_hopeless(r)) {
        *holds = false;
        return true;
    }
    r->checking = true;
    t->touched++;
    bool ok = check_guards(t, r, holds);
    *holds =
        *holds && !region_failed(r); /* what it read has changed: try again */
    r->checking = false;
    judge(t, r, *holds);
    if (!ok || !*holds) {
        t->leaf_count = first;
        return ok;
    }
    r->settled = true;
    return edges_replace(t, &r->node, first) && region_rank(t, r);
}

const struct directive *region_directive(const struct region *r)
{
    for (; node_owner(&r->node); r = node_owner(&r->node))
        if (r->what == REGION_ENTRY) return NULL;
    return r->directive;
}

static struct region *owner_of(const struct region *r)
{
    return r->what == REGION_ENTRY ? node_owner(&mem_of(r)->node)
                                   : node_owner(&r->node);
}

/* One region that waits, its owners being up to date. */
static bool settle_one(struct trace *t, struct region *r)
{
    bool holds;
    if (r->doomed) return true;
    const struct region *owner = owner_of(r);
    if (owner && r->what != REGION_ENTRY && owner->node.stamp == t->number &&
        owner->ran && !owner->running && r->node.met != owner->last_run)
        return true; /* its owner holds it no more */
    if (region_computes(r)) return cut_run(t, r);
    if (r->what == REGION_WATCH) return watch_run(t, r);
    if (r->what == REGION_ENTRY && r->stale) return region_run(t, r);
    return region_holds(t, r, &holds) && (holds || region_run(t, r));
}

/* Owners first, as far up as they wait: by a stack, for calls nest deep. */
bool region_settle(struct trace *t, struct region *r)
{
    if (t->heap.count && !settle_below(t, r->node.rank)) return false;
    if (!is_waiting(t, r)) return true;
    struct region *owner = owner_of(r);
    if (!owner || !is_waiting(t, owner)) return settle_one(t, r);
    uint32_t base = t->walk.count;
    bool ok = true;
    for (; ok && r && is_waiting(t, r); r = owner_of(r))
        ok = vector_push(t, &t->walk, r);
    while (ok && t->walk.count > base) {
        r = t->walk.at[--t->walk.count];
        if (is_waiting(t, r)) ok = settle_one(t, r);
    }
    t->walk.count = base;
    return ok;
}
