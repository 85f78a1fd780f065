/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Work since a session settled: see work.h. A unit is about the time of a
 * node touched, a tenth of a microsecond and a bit.
 */
#include "server/work.h"

/* Units: of a transition beside its nodes, of a directive beside its calls;
 * until a session with few choices settles, and for each choice that it has,
 * for settling takes the longer. */
enum { TRANSITION = 20, DIRECTIVE = 500, CALLS = 4 };
enum { MUCH = 100000, MUCH_A_CHOICE = 50 };
static const uint64_t FAILED_MOST = UINT64_C(1) << 60;

/* Calls made so far; exact within one round of fuel. */
static uint64_t calls_of(const struct machine *m)
{
    return m->steps + (uint64_t)(m->fuel_given - m->fuel);
}

void work_begin(struct work *w, const struct session *s, bool failed)
{
    uint64_t most = w->most < FAILED_MOST ? 2 * w->most : w->most;
    *w = (struct work){.transitions = s->made.transitions,
                       .touched = s->made.touched,
                       .most = failed ? most : MUCH};
}

/* Fuel begins a round, so that the same calls are counted whatever went
 * before. */
void work_enter(struct work *w, struct session *s)
{
    struct machine *m = s->machine;
    m->steps = calls_of(m);
    m->fuel = m->fuel_given;
    w->entered = m->steps;
    s->adapted = false;
}

void work_leave(struct work *w, const struct session *s, bool counts)
{
    if (!counts) return;
    w->calls += calls_of(s->machine) - w->entered;
    w->directives++;
}

/* CLEAR begins the session's counts anew. */
static uint64_t since(uint64_t now, uint64_t begun)
{
    return now < begun ? now : now - begun;
}

bool work_is_much(const struct work *w, const struct session *s)
{
    struct engine *e = s->engine;
    uint64_t done = w->calls / CALLS + w->directives * DIRECTIVE +
                    since(s->made.touched, w->touched) +
                    since(s->made.transitions, w->transitions) * TRANSITION;
    /* What such a kernel does at a transition is none of these. */
    if (s->adapted && w->most == MUCH) return true;
    return done >= w->most + MUCH_A_CHOICE * e->op->free_choices(e);
}
