/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of kernels, and their runs: see kernel.h.
 */
#include "infer/kernel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "infer/kernels.h"
#include "trace/tally.h"

const struct kernel_row *const kernel_rows[] = {
    &kernel_mh,    &kernel_drift,     &kernel_propose,    &kernel_gibbs,
    &kernel_slice, &kernel_cycle,     &kernel_mixture,    &kernel_repeat,
    &kernel_rerun, &kernel_rejection, &kernel_importance, &kernel_enumerate,
    &kernel_hmc,   &kernel_nuts,      &kernel_optimize,   &kernel_auto,
};
const size_t kernel_count = sizeof kernel_rows / sizeof *kernel_rows;

const struct kernel_row *kernel_find(const char *name)
{
    for (size_t i = 0; i < kernel_count; i++)
        if (strcmp(kernel_rows[i]->name, name) == 0) return kernel_rows[i];
    return NULL;
}

static struct scope *scope_of_all(void)
{
    struct scope *s = scope_new();
    if (!s) return NULL;
    s->nodes[0] = (struct scope_node){.test = SCOPE_ALL};
    s->count = 1;
    s->all = true;
    return s;
}

struct kernel *kernel_make(const struct kernel_row *row, struct scope *scope,
                           const char *name)
{
    struct kernel *k = memory_new(sizeof *k);
    if (!k) return NULL;
    k->row = row;
    k->number = NAN;
    snprintf(k->name, sizeof k->name, "%s", name);
    for (int i = 0; row->options && row->options[i].name; i++)
        k->options[i] = row->options[i].fallback;
    k->scope = scope;
    if (!scope && row->takes & TAKES_SCOPE) k->scope = scope_of_all();
    return k->scope || !(row->takes & TAKES_SCOPE) ? k : NULL;
}

struct kernel *kernel_default(void)
{
    return kernel_make(&kernel_mh, NULL, "(mh)");
}

struct kernel *kernel_of_draws(void)
{
    return kernel_make(&kernel_auto, NULL, "(auto)");
}

/* ---- runs ---------------------------------------------------------------------- */

bool kernel_proposes_all(const struct kernel *k, struct engine *e)
{
    struct scope *s = scope_of_all();
    bool ok = s && e->op->scope_open(e, s) && e->op->scope_look(e, s);
    for (uint32_t i = 0; ok && i < s->member_count; i++) {
        struct site site;
        ok = e->op->site(e, s->members[i].choice, &site);
        if (!ok || !(xrp_flags_at(site.family, &site.at) & XRP_IMPROPER))
            continue;
        ok = kernel_refuse_choice(k, e, site.choice, site.place,
                                  " has no prior to draw from");
    }
    if (s) {
        e->op->scope_close(e, s);
        scope_free(s);
    }
    return ok || (!s && machine_no_memory(e->machine));
}

/* A scope of all that is empty has nothing to do, and is no mistake; nor is
 * that of a part of auto. */
static bool open_scope(struct kernel *k, struct engine *e)
{
    if (!e->op->scope_open(e, k->scope) || !e->op->scope_look(e, k->scope))
        return false;
    return k->scope->member_count || k->scope->all || k->loaded || k->lenient ||
           kernel_refuse_empty(k, e);
}

/* Does plain single-site MH do: then nothing need be kept. */
static bool needs_scope(const struct kernel *k)
{
    return k->scope &&
           !(k->row == &kernel_mh && k->scope->all && k->pick == PICK_ONE);
}

static void close_one(struct kernel *k, struct engine *e)
{
    if (!k->open) return;
    k->open = k->loaded = false;
    /* What was foreseen is of the scope as it was. */
    k->turns = NULL;
    k->ahead = NULL;
    if (k->row->close) k->row->close(k);
    if (!needs_scope(k)) return;
    e->op->scope_close(e, k->scope);
    scope_forget(k->scope);
}

void kernel_close(struct kernel *k, struct engine *e)
{
    for (uint32_t i = 0; i < k->part_count; i++) kernel_close(k->parts[i], e);
    close_one(k, e);
}

static bool open_all(struct kernel *k, struct engine *e)
{
    /* It plans again, unless its plan is here. */
    if (k->row == &kernel_auto && !k->loaded) k->part_count = 0;
    for (uint32_t i = 0; i < k->part_count; i++)
        if (!open_all(k->parts[i], e)) return false;
    k->open = true;
    k->effort = 0;
    if (needs_scope(k) && !open_scope(k, e)) return false;
    return !k->row->init || k->row->init(k, e);
}

bool kernel_open(struct kernel *k, struct engine *e)
{
    error_clear(&e->machine->error);
    if (open_all(k, e)) return true;
    kernel_close(k, e);
    return false;
}

void kernel_plan(struct kernel *k, uint64_t warmup)
{
    double all = 0.0, n = (double)warmup;
    k->planned = warmup;
    for (uint32_t i = 0; i < k->part_count; i++) all += k->weights[i];
    if (k->row == &kernel_repeat) n *= (double)k->count;
    for (uint32_t i = 0; i < k->part_count; i++) {
        bool share = k->row == &kernel_mixture;
        double part = share ? n * k->weights[i] / all : n;
        kernel_plan(k->parts[i], part < 1e18 ? (uint64_t)part : UINT64_MAX);
    }
}

uint64_t kernel_sweep(struct kernel *k, struct engine *e)
{
    if (!k->row->single_site || k->pick != PICK_ONE) return 1;
    uint64_t n = k->row->sweep ? k->row->sweep(k, e) : e->op->free_choices(e);
    return n > 1 ? n : 1;
}

uint64_t kernel_effort(const struct kernel *k)
{
    uint64_t sum = k->effort;
    for (uint32_t i = 0; i < k->part_count; i++)
        sum += kernel_effort(k->parts[i]);
    return sum;
}

bool kernel_words(const struct kernel *k, struct text *out)
{
    bool ok = !k->words[0] || text_puts(out, k->words);
    for (uint32_t i = 0; ok && i < k->part_count; i++)
        ok = kernel_words(k->parts[i], out);
    return ok;
}

void kernel_warm(struct kernel *k, bool warming)
{
    k->warming = warming;
    for (uint32_t i = 0; i < k->part_count; i++)
        kernel_warm(k->parts[i], warming);
}

struct kernel *kernel_with_columns(struct kernel *k)
{
    struct kernel *found = k->row->draw_columns ? k : NULL;
    for (uint32_t i = 0; !found && i < k->part_count; i++)
        found = kernel_with_columns(k->parts[i]);
    return found;
}

struct kernel *kernel_with_adaptation(struct kernel *k)
{
    struct kernel *found = k->row->write_adaptation ? k : NULL;
    for (uint32_t i = 0; !found && i < k->part_count; i++)
        found = kernel_with_adaptation(k->parts[i]);
    return found;
}

/* What was proposed since then without telling a place is the kernel's own. */
static void tell_own(const struct kernel *k, struct engine *e, uint64_t told,
                     const struct transition_counts *before,
                     const struct transition_counts *counts)
{
    uint64_t proposals = counts->proposals - before->proposals;
    if (e->tally->told == told && proposals)
        tally_add_kernel(e->tally, k->name, proposals,
                         counts->accepted - before->accepted,
                         e->op->touched(e));
}

static bool step_told(struct kernel *k, struct engine *e,
                      struct transition_counts *counts)
{
    uint64_t told = e->tally->told;
    struct transition_counts before = *counts;
    if (!k->row->step(k, e, counts)) return false;
    tell_own(k, e, told, &before, counts);
    return true;
}

bool kernel_step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    struct machine *m = e->machine;
    if (--m->fuel < 0 && !machine_poll(m)) return false;
    if (!(e->tally ? step_told : k->row->step)(k, e, counts)) return false;
    uint64_t touched = e->op->touched(e);
    machine_worked(m, touched - k->touched);
    k->touched = touched;
    return true;
}

void kernel_glimpse(struct kernel *k) { k->glimpses = k->row->bring != NULL; }

bool kernel_bring(struct kernel *k, struct engine *e,
                  struct transition_counts *counts)
{
    struct error error = e->machine->error;
    if (!k->glimpses) return true;
    k->glimpses = false;
    error_clear(&e->machine->error);
    bool ok = k->row->bring(k, e, counts);
    if (error.kind) e->machine->error = error;
    return ok && !error.kind;
}

/* Has it nothing to move? Then it looks at nothing. */
static bool is_idle(struct kernel *k, struct engine *e)
{
    for (uint32_t i = 0; i < k->part_count; i++)
        if (!is_idle(k->parts[i], e)) return false;
    return k->part_count ||
           (k->scope && !k->scope->all && e->op->scope_look(e, k->scope) &&
            !k->scope->block_count);
}

/* Is what a part leaves seldom looked at by another? */
static bool may_stay_behind(struct kernel *k, uint32_t part, struct engine *e)
{
    const double seldom = 0.1, *w = k->weights;
    for (uint32_t i = 0; i < k->part_count; i++)
        if (i != part && !(w && w[i] <= seldom * w[part]) &&
            !is_idle(k->parts[i], e))
            return false;
    return true;
}

bool kernel_turn(struct kernel *k, uint32_t part, struct engine *e,
                 struct transition_counts *counts)
{
    struct kernel *p = k->parts[part];
    if (k->glimpses && !is_idle(p, e)) {
        bool behind = may_stay_behind(k, part, e);
        for (uint32_t i = 0; i < k->part_count; i++)
            if ((i != part || !behind) && !kernel_bring(k->parts[i], e, counts))
                return false;
        if (behind) kernel_glimpse(p);
    }
    return kernel_step(p, e, counts);
}

bool kernel_bring_parts(struct kernel *k, struct engine *e,
                        struct transition_counts *counts)
{
    bool ok = true;
    for (uint32_t i = 0; i < k->part_count; i++)
        ok = kernel_bring(k->parts[i], e, counts) && ok;
    return ok;
}

bool kernel_run(struct kernel *k, struct engine *e, uint64_t n,
                struct transition_counts *counts)
{
    uint64_t made = 0, touched = e->op->touched(e);
    uint64_t told = e->tally ? e->tally->told : 0;
    struct transition_counts before = *counts;
    bool ok = true;
    if (e->tally) tally_begin(e->tally, touched);
    if (k->row->steps) {
        ok = k->row->steps(k, e, n, &made, counts);
        if (ok && e->tally) tell_own(k, e, told, &before, counts);
    } else {
        for (; ok && made < n; made += ok) ok = kernel_step(k, e, counts);
    }
    counts->transitions += made;
    counts->touched += e->op->touched(e) - touched;
    return ok;
}
