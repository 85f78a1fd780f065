/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws that are kept: see kept.h.
 */
#include "session/kept.h"

#include <stdlib.h>
#include <string.h>

void kept_drop(struct session *s)
{
    for (size_t i = 0; i < s->kept.count; i++)
        column_close(&s->kept.columns[i]);
    free(s->kept.columns);
    s->kept = (struct kept){0};
}

bool kept_take(struct session *s, struct column *columns, size_t count)
{
    kept_drop(s);
    s->kept.columns = calloc(count + 1, sizeof *columns);
    if (!s->kept.columns) return machine_no_memory(s->machine);
    for (size_t i = 0; i < count; i++) {
        s->kept.columns[i] = columns[i];
        columns[i] = (struct column){0};
    }
    s->kept.count = count;
    return true;
}

/* Columns are named as their variables, with _ for what may not stand in a
 * header; an element has its indices behind a point. */
bool column_belongs(const char *name, const char *text)
{
    for (; *text; name++, text++) {
        bool same =
            *name == *text || (*name == '_' && strchr(" ,\"'\n", *text));
        if (!*name || !same) return false;
    }
    return !*name ||
           (*name == '.' && strspn(name, ".0123456789") == strlen(name));
}

const struct column *kept_find(const struct session *s, const char *text,
                               size_t *from)
{
    for (; *from < s->kept.count; ++*from) {
        const struct column *c = &s->kept.columns[*from];
        if (!c->lost && c->length && column_belongs(c->name, text))
            return &s->kept.columns[(*from)++];
    }
    return NULL;
}
