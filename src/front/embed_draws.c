/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The draws of the last INFER, for a program around Vestige: see vestige.h.
 */
#include <math.h>
#include <string.h>

#include "front/embed.h"
#include "session/column.h"

size_t vst_columns(const struct vst_session *s)
{
    return s->session->kept.count;
}

int vst_column_at(const struct vst_session *s, size_t i, struct vst_column *out)
{
    if (i >= s->session->kept.count) return 0;
    const struct column *c = &s->session->kept.columns[i];
    struct chains all = column_chains(c);
    *out = (struct vst_column){.name = c->name,
                               .at = c->at,
                               .count = all.count * all.draws,
                               .chains = all.count,
                               .levels = c->levels.count};
    return 1;
}

static const struct column *named(const struct vst_session *s, const char *name,
                                  size_t *i)
{
    const struct kept *k = &s->session->kept;
    for (*i = 0; *i < k->count; ++*i)
        if (strcmp(k->columns[*i].name, name) == 0) return &k->columns[*i];
    return NULL;
}

int vst_column_named(const struct vst_session *s, const char *name,
                     struct vst_column *out)
{
    size_t i;
    return named(s, name, &i) && vst_column_at(s, i, out);
}

const char *vst_level(const struct vst_session *s, const char *name,
                      size_t code)
{
    size_t i;
    const struct column *c = named(s, name, &i);
    return c && code < c->levels.count ? c->levels.at[code].shown : NULL;
}

int vst_summarise(const struct vst_column *c, struct vst_summary *out)
{
    struct diagnostics d;
    struct chains x = {c->at, c->chains, c->chains ? c->count / c->chains : 0};
    if (c->levels || !diagnose(x, &d)) return 0;
    *out = (struct vst_summary){.mean = d.mean,
                                .sd = d.sd,
                                .mcse = d.mcse,
                                .q05 = d.q05,
                                .q50 = d.q50,
                                .q95 = d.q95,
                                .ess_bulk = d.ess_bulk,
                                .ess_tail = d.ess_tail,
                                .rhat = d.rhat};
    return 1;
}
