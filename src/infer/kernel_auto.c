/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * auto: looks at the program's state and makes a plan of other kernels.
 * Enumeration when there are few states; else gibbs for choices of few values
 * and for conjugate ones, nuts for all that is continuous at once, where it has
 * gradients and a warmup to learn in, else slice for continuous numbers, and mh
 * for the rest, each in proportion to how often it must move to go over its
 * choices. The plan is made once in a run, from what is free then; mh over all
 * choices has a share in it, so that what comes into being later moves, too.
 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "infer/enumeration.h"
#include "infer/kernels.h"
#include "infer/line.h"

enum { STATES_FEW = 2000, VALUES_FEW = 50 };

struct census {
    uint32_t finite, numbers, rest;
    uint32_t continuous, others; /* of all; of the rest */
    bool gradients;              /* nuts moves all that is continuous */
    uint32_t choices, improper;  /* of these there is no prior to draw from */
};

static bool count_choice(struct engine *e, void *choice, struct census *c)
{
    struct site s;
    uint32_t lines;
    value list = V_UNBOUND;
    if (!e->op->site(e, choice, &s)) return false;
    unsigned flags = xrp_flags_at(s.family, &s.at);
    bool continuous = flags & XRP_CONTINUOUS;
    c->choices++;
    c->improper += (flags & XRP_IMPROPER) != 0;
    if (!continuous && !e->op->support(e, choice, &choice, 1, &list))
        return false;
    c->continuous += continuous;
    if (list != V_UNBOUND && list_length(list) <= VALUES_FEW)
        c->finite++;
    else if (continuous && (lines = line_count(&s)) > 0)
        c->numbers += lines;
    else
        c->rest++, c->others += continuous;
    return true;
}

static bool ignore(void *context, struct way way, const double *log_mass)
{
    (void)context, (void)way, (void)log_mass;
    return true;
}

/* Are there few states, each finite? The random stream is as before. */
static bool is_small(struct engine *e)
{
    struct random before = e->machine->random;
    bool small = enumeration_run(e, "auto", STATES_FEW, ignore, NULL);
    e->machine->random = before;
    if (!small && e->machine->error.kind != ERROR_CANCEL)
        error_clear(&e->machine->error);
    return small;
}

static bool add(struct kernel *k, const struct kernel_row *row, double weight,
                struct scope *scope, const char *name)
{
    struct kernel *part = kernel_make(row, scope, name);
    if (!part) return false;
    part->span = k->span;
    part->lenient = true;
    part->warming = k->warming;
    k->parts[k->part_count] = part;
    k->weights[k->part_count++] = weight;
    return true;
}

static struct scope *scope_of(enum scope_test test)
{
    struct scope *s = scope_new();
    if (!s) return NULL;
    s->nodes[0] = (struct scope_node){.test = test};
    s->count = 1;
    return s;
}

/* Has nuts gradients of all that is continuous? */
static bool nuts_takes(const struct kernel *k, struct engine *e)
{
    struct scope *scope = scope_of(SCOPE_CONTINUOUS);
    struct kernel *trial =
        scope ? kernel_make(&kernel_nuts, scope, "(nuts continuous)") : NULL;
    bool takes = k->planned && trial && kernel_open(trial, e);
    if (takes) kernel_close(trial, e);
    if (e->machine->error.kind == ERROR_USE) error_clear(&e->machine->error);
    if (scope) scope_free(scope);
    return takes;
}

static bool plan_mixture(struct kernel *k, const struct census *c)
{
    /* Transitions that go over everything once. */
    double numbers = c->gradients ? 1.0 : c->numbers;
    double all = (double)c->finite + numbers + c->rest;
    bool ok = true, proper = !c->choices || c->improper < c->choices;
    if (c->finite)
        ok = add(k, &kernel_gibbs, c->finite, scope_of(SCOPE_DISCRETE),
                 "(gibbs discrete)");
    if (ok && c->gradients)
        ok = add(k, &kernel_nuts, numbers, scope_of(SCOPE_CONTINUOUS),
                 "(nuts continuous)");
    else if (ok && c->numbers)
        ok = add(k, &kernel_slice, numbers, scope_of(SCOPE_CONTINUOUS),
                 "(slice continuous)");
    /* mh takes what a prior can propose for. */
    if (ok && proper)
        ok = add(k, &kernel_mh, k->part_count ? 0.1 * all + c->rest : 1.0,
                 c->improper ? scope_of(SCOPE_PROPER) : NULL, "(mh)");
    return ok;
}

static void describe(struct kernel *k, const struct census *c)
{
    char *text = memory_new_atomic(600);
    int at = 0;
    if (!text) return;
    at += snprintf(text, 600, "plan:");
    for (uint32_t i = 0; i < k->part_count && at < 500; i++)
        at += snprintf(text + at, 600 - (size_t)at, " (%.3g %s)", k->weights[i],
                       k->parts[i]->name);
    if (k->part_count == 1 && k->parts[0]->row == &kernel_enumerate)
        snprintf(text + at, 600 - (size_t)at,
                 "\nwhy: finite, and at most %d states\n", STATES_FEW);
    else
        snprintf(text + at, 600 - (size_t)at,
                 "\nwhy: %u choices of few values, %u continuous numbers, %u "
                 "others\n",
                 c->finite, c->numbers, c->rest);
    k->plan = text;
}

static bool open_parts(struct kernel *k, struct engine *e)
{
    for (uint32_t i = 0; i < k->part_count; i++)
        if (!kernel_open(k->parts[i], e)) return false;
    return true;
}

/* What there is. The scope is open. */
static bool take_census(struct kernel *k, struct engine *e, struct census *c)
{
    *c = (struct census){0};
    if (!e->op->scope_look(e, k->scope)) return false;
    for (uint32_t i = 0; i < k->scope->member_count; i++)
        if (!count_choice(e, k->scope->members[i].choice, c)) return false;
    c->gradients = c->continuous && nuts_takes(k, e);
    if (c->gradients) c->rest -= c->others;
    return !e->machine->error.kind;
}

/* nuts goes over all of its choices at once. */
static uint64_t sweep(struct kernel *k, struct engine *e)
{
    struct census c;
    bool ok = e->op->scope_open(e, k->scope) && take_census(k, e, &c);
    e->op->scope_close(e, k->scope);
    if (!ok) error_clear(&e->machine->error); /* the run will say it again */
    return ok && c.gradients ? c.finite + c.rest + 1 : e->op->free_choices(e);
}

static bool make_plan(struct kernel *k, struct engine *e)
{
    struct census c;
    if (!take_census(k, e, &c)) return false;
    k->part_count = 0;
    k->parts = memory_new(4 * sizeof(struct kernel *));
    k->weights = memory_new(4 * sizeof(double));
    if (!k->parts || !k->weights) return machine_no_memory(e->machine);
    bool small =
        !c.numbers && !c.rest && c.finite && c.finite <= 16 && is_small(e);
    if (e->machine->error.kind) return false;
    bool ok = small ? add(k, &kernel_enumerate, 1.0, NULL, "(enumerate)")
                    : plan_mixture(k, &c);
    if (!ok) return machine_no_memory(e->machine);
    describe(k, &c);
    kernel_plan(k, k->planned);
    return open_parts(k, e);
}

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    uint32_t i =
        k->part_count == 1 ? 0 : e->op->pick(e, k->part_count, k->weights);
    return kernel_step(k->parts[i], e, counts);
}

const struct kernel_row kernel_auto = {
    .name = "auto",
    .signature = "(auto)",
    .doc =
        "chooses for the program: enumerate, gibbs, nuts, slice and mh; says "
        "what and why",
    .takes = TAKES_SCOPE,
    .single_site = true,
    .sweep = sweep,
    .init = make_plan,
    .step = step,
};
