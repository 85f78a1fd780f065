/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws of the prior: see prior.h.
 */
#include "session/prior.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "session/chains.h"
#include "session/inference_data.h"

static const char OBSERVE[] = "observe_";

/* ---- the program ------------------------------------------------------ */

static struct directive *predict_of(struct session *s,
                                    const struct directive *d)
{
    char name[40];
    struct directive *p = memory_new(sizeof *p);
    if (!p) {
        machine_no_memory(s->machine);
        return NULL;
    }
    snprintf(name, sizeof name, "%s%d", OBSERVE, d->id);
    *p = *d;
    p->kind = DIRECTIVE_PREDICT;
    p->name = symbol(name);
    p->given = V_FALSE;
    p->engine_data = NULL;
    return p;
}

bool prior_program(struct session *s)
{
    const struct engine_operations *op = s->engine->op;
    struct program *p = &s->program;
    int count = 0;
    for (int i = 0; i < p->count; i++) {
        struct directive *d = p->at[i];
        if (directive_is_term(d)) {
            if (!op->remove(s->engine, d)) return false;
            continue;
        }
        if (d->kind == DIRECTIVE_OBSERVE) {
            struct directive *new = predict_of(s, d);
            if (!new || !op->add(s->engine, new, d)) return false;
            d = new;
        }
        p->at[count++] = d;
    }
    p->count = count;
    return true;
}

/* ---- its draws -------------------------------------------------------- */

enum { DRAWS_BY_TIME = 1000 }; /* when the order ends by time */

/* draws.csv or draws -> draws_prior; the collector's. */
static bool stem_of(const char *out, const char **stem)
{
    size_t length = strlen(out);
    if (length > 4 && strcmp(out + length - 4, ".csv") == 0) length -= 4;
    char *made = memory_new_atomic(length + sizeof "_prior");
    if (!made) return false;
    memcpy(made, out, length);
    strcpy(made + length, "_prior");
    *stem = made;
    return true;
}

static bool order_of_prior(struct session *s, const struct order *from,
                           struct order *o)
{
    *o = *from;
    o->chains = 1;
    o->rerun = true;
    o->warmup_draws = false;
    o->predictive = PREDICTIVE_POSTERIOR;
    o->plan = (struct run_plan){
        .kernel = kernel_make(kernel_find("rerun"), NULL, "(rerun)"),
        .samples = from->plan.seconds > 0 ? DRAWS_BY_TIME : from->plan.samples,
        .thin = 1};
    if (o->out && inference_data_named(o->out)) o->out = NULL;
    return (o->plan.kernel && (!o->out || stem_of(o->out, &o->out))) ||
           machine_no_memory(s->machine);
}

/* OBSERVEs are PREDICTs there: their columns go to the others. */
static bool part_observations(struct drawn *d)
{
    size_t kept = 0, all = d->count + d->predictive_count;
    struct column *more = calloc(all + 1, sizeof *more);
    size_t n = 0;
    if (!more) return false;
    for (size_t i = 0; i < d->count; i++) {
        bool observed =
            strncmp(d->columns[i].name, OBSERVE, sizeof OBSERVE - 1) == 0;
        if (observed)
            more[n++] = d->columns[i];
        else
            d->columns[kept++] = d->columns[i];
    }
    d->count = kept;
    for (size_t i = 0; i < d->predictive_count; i++)
        more[n++] = d->predictive[i];
    free(d->predictive);
    d->predictive = more;
    d->predictive_count = n;
    return true;
}

bool prior_draws(struct session *s, const struct order *from, struct drawn *out)
{
    struct chains_of_order c;
    struct order o;
    if (!order_of_prior(s, from, &o) || !chains_open_prior(&c, s, &o))
        return false;
    bool good = chains_run(&c) && chains_columns(&c, out);
    chains_close(&c);
    if (good && !part_observations(out)) {
        drawn_close(out);
        return machine_no_memory(s->machine);
    }
    return good;
}
