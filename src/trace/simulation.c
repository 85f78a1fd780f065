/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Data drawn by the program: see simulation.h.
 */
#include "trace/simulation.h"

#include "base/memory.h"
#include "trace/world.h"

struct simulation {
    struct table data; /* struct datum, by location */
    bool drawing;
};

struct datum {
    uint64_t location;
    value held;
};

struct simulation *simulation_make(void)
{
    return memory_new(sizeof(struct simulation));
}

void simulation_begin(struct simulation *s)
{
    s->data = (struct table){NULL, 0, 0};
    s->drawing = true;
}

void simulation_again(struct simulation *s)
{
    if (s && s->drawing) simulation_begin(s);
}

void simulation_end(struct simulation *s) { s->drawing = false; }

bool simulation_find(const struct simulation *s, uint64_t location,
                     value *given)
{
    const struct datum *d = s ? table_find(&s->data, location) : NULL;
    if (d) *given = d->held;
    return d != NULL;
}

bool simulation_wants(const struct simulation *s, uint64_t location)
{
    return s && s->drawing && !table_find(&s->data, location);
}

bool simulation_factor(struct machine *m, const struct simulation *s)
{
    return !s || !s->drawing ||
           error_set(&m->error, ERROR_ENGINE,
                     "parameters and data are drawn from the program here, "
                     "and no draw follows a factor");
}

bool simulation_add(struct machine *m, struct simulation *s, uint64_t location,
                    value datum)
{
    struct datum *d = memory_new(sizeof *d);
    if (!d) return machine_no_memory(m);
    *d = (struct datum){location, datum};
    return table_add(m, &s->data, d);
}
