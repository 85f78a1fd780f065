/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of global names: chains by the hash of the symbol's text.
 */
#include "eval/global.h"

#include <stdlib.h>

#include "base/memory.h"

static struct global *find(struct machine *m, value name, bool builtin)
{
    if (!m->global_room || name == V_UNBOUND) return NULL;
    uint32_t at = as_string(name)->hash & (m->global_room - 1);
    for (struct global *g = m->globals[at]; g; g = g->next)
        if (g->name == name && g->builtin == builtin) return g;
    return NULL;
}

struct global *global_user(struct machine *m, value name)
{
    return find(m, name, false);
}

struct global *global_builtin(struct machine *m, value name)
{
    return find(m, name, true);
}

/* A user's cell that holds nothing hides no built-in name: FORGET gives that
 * back its meaning, and the cell stays for code that points to it. */
struct global *global_find(struct machine *m, value name)
{
    struct global *g = find(m, name, false);
    if (g && g->held != V_UNBOUND) return g;
    struct global *b = find(m, name, true);
    return b ? b : g;
}

static bool grow(struct machine *m)
{
    uint32_t room = m->global_room ? m->global_room * 2 : 1024;
    struct global **table = memory_new(room * sizeof *table);
    if (!table) return false;
    for (uint32_t i = 0; i < m->global_room; i++) {
        for (struct global *g = m->globals[i], *next; g; g = next) {
            next = g->next;
            uint32_t at = as_string(g->name)->hash & (room - 1);
            g->next = table[at];
            table[at] = g;
        }
    }
    m->globals = table;
    m->global_room = room;
    return true;
}

struct global *global_make(struct machine *m, value name, bool builtin)
{
    struct global *g = find(m, name, builtin);
    if (g) return g;
    if (name == V_UNBOUND) return NULL; /* memory ran out making it */
    if (m->global_count >= m->global_room && !grow(m)) return NULL;
    g = memory_new(sizeof *g);
    if (!g) return NULL;
    uint32_t at = as_string(name)->hash & (m->global_room - 1);
    *g = (struct global){.head = {.type = T_GLOBAL},
                         .name = name,
                         .held = V_UNBOUND,
                         .builtin = builtin,
                         .next = m->globals[at]};
    m->globals[at] = g;
    m->global_count++;
    return g;
}

/* What the code being compiled mentions, also built-in names that become
 * constants in it: when a user binds one of those, it must be made anew. */
static bool note(struct machine *m, value name)
{
    for (uint32_t i = 0; i < m->mention_count; i++)
        if (m->mentions[i] == name) return true;
    if (m->mention_count == m->mention_room) {
        uint32_t room = m->mention_room ? m->mention_room * 2 : 4;
        value *more = memory_new(room * sizeof *more);
        if (!more) return false;
        if (m->mention_count)
            memcpy(more, m->mentions, m->mention_count * sizeof *more);
        m->mentions = more;
        m->mention_room = room;
    }
    m->mentions[m->mention_count++] = name;
    return true;
}

struct global *global_mention(struct machine *m, value name, bool library,
                              struct span span)
{
    if (!note(m, name)) return NULL;
    struct global *g = library ? global_builtin(m, name) : global_find(m, name);
    if (!g) g = global_make(m, name, library);
    if (g && !g->mention.source) g->mention = span;
    return g;
}

static int by_name(const void *a, const void *b)
{
    const struct global *const *x = a, *const *y = b;
    return strcmp(text_of((*x)->name), text_of((*y)->name));
}

/* Cells that hold something, user's before built-in; names with a blank in
 * front are the machine's own. Returns the count; *out is the collector's. */
static uint32_t bound(struct machine *m, struct global ***out)
{
    struct global **all = memory_new((m->global_count + 1) * sizeof *all);
    uint32_t n = 0;
    *out = all;
    if (!all) return 0;
    for (uint32_t i = 0; i < m->global_room; i++)
        for (struct global *g = m->globals[i]; g; g = g->next)
            if (g->held != V_UNBOUND && text_of(g->name)[0] != ' ' &&
                global_find(m, g->name) == g)
                all[n++] = g;
    qsort(all, n, sizeof *all, by_name);
    return n;
}

const char *global_nearest(struct machine *m, const char *name)
{
    struct global **all;
    uint32_t n = bound(m, &all);
    const char **names = memory_new((n + 1) * sizeof *names);
    if (!names) return NULL;
    for (uint32_t i = 0; i < n; i++) names[i] = text_of(all[i]->name);
    return nearest_name(name, names, n);
}

void global_each(struct machine *m, void (*visit)(struct global *, void *data),
                 void *data)
{
    struct global **all;
    uint32_t n = bound(m, &all);
    for (uint32_t i = 0; i < n; i++) visit(all[i], data);
}

struct global *global_next_unbound(struct machine *m, uint32_t *position)
{
    uint32_t seen = 0;
    for (uint32_t i = 0; i < m->global_room; i++)
        for (struct global *g = m->globals[i]; g; g = g->next)
            if (!g->builtin && g->held == V_UNBOUND && g->mention.source &&
                global_find(m, g->name)->held == V_UNBOUND &&
                seen++ == *position) {
                ++*position;
                return g;
            }
    return NULL;
}

struct global *machine_global(struct machine *m, const char *name)
{
    struct global *g = global_find(m, symbol(name));
    return g && g->held != V_UNBOUND ? g : NULL;
}

struct global *machine_bind(struct machine *m, const char *name)
{
    return global_make(m, symbol(name), false);
}

void machine_unbind(struct machine *m, const char *name)
{
    struct global *g = global_user(m, symbol(name));
    if (g) g->held = V_UNBOUND;
}
