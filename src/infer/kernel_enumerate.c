/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * enumerate: every state of a finite program, with its probability. A step
 * draws one of them, so draws are independent and exact; INFER expr with it
 * gives the exact table (session/command_infer.c). The states are found once
 * in a run.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "infer/enumeration.h"
#include "infer/kernels.h"

enum { MOST };

struct state {
    struct way way;
    double log_mass;
};

struct states {
    struct state *at;
    double *p;
    uint32_t count, room;
    double log_ml;
};

static bool add(void *context, struct way way, const double *log_mass)
{
    struct states *s = context;
    if (s->count == s->room) {
        uint32_t room = s->room ? s->room * 2 : 256;
        struct state *more = realloc(s->at, room * sizeof *more);
        if (!more) return false;
        s->at = more;
        s->room = room;
    }
    uint32_t *at = malloc((way.length + 1) * sizeof *at);
    if (!at) return false;
    if (way.length) memcpy(at, way.at, way.length * sizeof *at);
    s->at[s->count++] = (struct state){{way.length, at}, *log_mass};
    return true;
}

static bool init(struct kernel *k, struct engine *e)
{
    struct states *s = memory_new(sizeof *s);
    double largest = -INFINITY, all = 0.0;
    if (!s) return machine_no_memory(e->machine);
    k->state = s;
    if (!enumeration_run(e, "enumerate", k->options[MOST], add, s))
        return !e->machine->error.kind && machine_no_memory(e->machine);
    k->effort += s->count;
    for (uint32_t i = 0; i < s->count; i++)
        largest = fmax(largest, s->at[i].log_mass);
    if (!(largest > -INFINITY))
        return kernel_refuse(k, e, "no state of the program is possible");
    if (!(s->p = malloc(s->count * sizeof *s->p)))
        return machine_no_memory(e->machine);
    for (uint32_t i = 0; i < s->count; i++) {
        s->p[i] = exp(s->at[i].log_mass - largest);
        all += s->p[i];
    }
    s->log_ml = largest + log(all);
    return true;
}

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    const struct states *s = k->state;
    uint32_t i = e->op->pick(e, s->count, s->p);
    counts->proposals++;
    k->effort++;
    if (!enumeration_go(e, "enumerate", s->at[i].way)) return false;
    counts->accepted++;
    return true;
}

static void close(struct kernel *k)
{
    struct states *s = k->state;
    for (uint32_t i = 0; s && i < s->count; i++)
        free((void *)(uintptr_t)s->at[i].way.at);
    if (s) {
        free(s->at);
        free(s->p);
    }
    k->state = NULL;
}

static bool tell(const struct kernel *k, struct kernel_tale *out)
{
    const struct states *s = k->state;
    *out = (struct kernel_tale){s ? s->log_ml : NAN, NAN, NAN};
    return s != NULL;
}

static const struct kernel_option options[] = {
    {":max-states", 100000, 1, 1e8, "the most states, from 1 to 1e8", NULL},
    {NULL, 0, 0, 0, NULL, NULL}};

const struct kernel_row kernel_enumerate = {
    .name = "enumerate",
    .signature = "(enumerate [:max-states 100000])",
    .doc = "all states of a finite program: exact probabilities, independent "
           "draws",
    .options = options,
    .independent = true,
    .init = init,
    .step = step,
    .close = close,
    .tell = tell,
};
