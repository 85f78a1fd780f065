/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Step sizes: see steps.h.
 */
#include "infer/steps.h"

#include <math.h>
#include <stdlib.h>

struct step_size *steps_at(struct step_sizes *s, struct span place)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->at[i].place.source == place.source &&
            s->at[i].place.start == place.start)
            return &s->at[i];
    if (s->count == s->room) {
        uint32_t room = s->room ? s->room * 2 : 8;
        struct step_size *more = realloc(s->at, room * sizeof *more);
        if (!more) return NULL;
        s->at = more;
        s->room = room;
    }
    s->at[s->count] = (struct step_size){place, log(s->first), 0};
    return &s->at[s->count++];
}

void steps_adapt(struct step_size *s, double share, double aim)
{
    s->seen++;
    s->log_size += 2.0 * (share - aim) / pow((double)s->seen + 1.0, 0.6);
    if (s->log_size > 40.0) s->log_size = 40.0;
    if (s->log_size < -40.0) s->log_size = -40.0;
}

void steps_close(struct step_sizes *s)
{
    free(s->at);
    s->at = NULL;
    s->count = s->room = 0;
}
