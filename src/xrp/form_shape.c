/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which arguments of an application decide the shape of its value: of a
 * family by its row, of a form by what stands within. An argument may be a
 * reference; only the random procedures among them are looked at.
 */
#include "xrp/form.h"

static const struct words nobody = {NULL, 0};

static void fill(const struct xrp_family *f, const struct xrp_site *s,
                 char *kinds);

static void fill_run(const struct xrp_site *s, int from, int to, char *kinds)
{
    struct inner in;
    if (inner_open(&nobody, s, from, to, &in))
        fill(in.family, &in.site, kinds + from + 1);
}

/* Every argument within goes along, unless the shape is given. */
static void fill_each(const struct xrp_site *s, char *kinds)
{
    kinds[0] = SHAPE_BY_VALUE;
    if (s->args[0] != V_FALSE) return;
    for (int i = 2; i < s->arg_count; i++)
        if (kinds[i] == SHAPE_FREE && !is_type(s->args[i], T_XRP))
            kinds[i] = SHAPE_BY_AXES;
}

static void fill_mixture(const struct xrp_site *s, char *kinds)
{
    for (int at = 1, to; at < s->arg_count; at = to) {
        int64_t length = is_int(s->args[at]) ? as_int(s->args[at]) : 0;
        if (length < 1 || length >= s->arg_count - at) return;
        to = at + 1 + (int)length;
        fill_run(s, at + 1, to, kinds);
    }
}

static void fill(const struct xrp_family *f, const struct xrp_site *s,
                 char *kinds)
{
    int n = s->arg_count;
    if (!(f->flags & XRP_FORM)) {
        for (int i = 0; f->shape && f->shape[i] && i < n; i++)
            kinds[i] = f->shape[i];
        return;
    }
    if (f == &family_mixture) {
        fill_mixture(s, kinds);
        return;
    }
    fill_run(s, form_run(f), n, kinds);
    if (f == &family_iid) kinds[0] = SHAPE_BY_VALUE;
    if (f == &family_each) fill_each(s, kinds);
}

void xrp_shape_kinds(const struct xrp_family *f, const struct xrp_site *s,
                     char *kinds)
{
    memset(kinds, SHAPE_FREE, (size_t)s->arg_count);
    fill(f, s, kinds);
}
