/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The application within a form: reading it from the arguments, saying what
 * is wrong with it, and what it is: see form.h. It knows nothing of any one
 * form but what its flags and support are.
 */
#include "xrp/form.h"

#include <stdio.h>

int inner_name(const struct inner *in)
{
    return (int)strcspn(in->family->names, " ");
}

static bool refuse(const struct words *w, value got, const char *why)
{
    char text[96];
    return words_put(w, "expected a distribution and its arguments, got %s%s",
                     value_words(got, text, sizeof text), why);
}

/* Each form asks what stands within several times, and so does that one. */
enum { NESTED_MAX = 8 };

static bool is_shallow(const struct xrp_family *f, const value *args, int count,
                       int left)
{
    if (!(f->flags & XRP_FORM)) return true;
    if (left == 0) return false;
    for (int at = 0, to; at < count; at = to) {
        to = at + 1;
        if (!is_type(args[at], T_XRP)) continue;
        const struct xrp *x = as_object(args[at]);
        to = count;
        if (f == &family_mixture && at > 0 && is_int(args[at - 1]) &&
            as_int(args[at - 1]) > 0 && as_int(args[at - 1]) < count - at)
            to = at + (int)as_int(args[at - 1]);
        if (!is_shallow(x->family, args + at + 1, to - at - 1, left - 1))
            return false;
    }
    return true;
}

bool inner_open(const struct words *w, const struct xrp_site *s, int from,
                int to, struct inner *in)
{
    if (from >= to || to > s->arg_count)
        return words_put(w, "expected a distribution and its arguments");
    value f = s->args[from];
    if (!is_type(f, T_XRP)) return refuse(w, f, "");
    const struct xrp *x = as_object(f);
    const struct xrp_family *family = x->family;
    int count = to - from - 1;
    *in = (struct inner){family,
                         {NULL, 0, NULL, s->args + from + 1, count, family}};
    if (x->made || family->flags & (XRP_STATEFUL | XRP_MAKER))
        return refuse(w, f,
                      " with a state: what is drawn from it depends on what "
                      "was drawn before");
    if (count < family->min || (family->max >= 0 && count > family->max))
        return words_put(w, "%.*s: wrong number of arguments; it is used as %s",
                         inner_name(in), family->names, family->signature);
    if (!is_shallow(family, in->site.args, count, NESTED_MAX - 1))
        return words_put(w, "more than %d forms stand within one another",
                         NESTED_MAX);
    return true;
}

bool inner_explain(const struct inner *in, char *words, size_t size)
{
    char why[ERROR_MESSAGE_MAX];
    if (!in->family->explain ||
        !in->family->explain(&in->site, why, sizeof why))
        return false;
    snprintf(words, size, "%.*s: %s", inner_name(in), in->family->names, why);
    return true;
}

double inner_prob(const struct inner *in, value v)
{
    return in->family->prob(&in->site, v);
}

bool inner_sample(const struct inner *in, struct random *r, value *out)
{
    return in->family->sample(&in->site, r, out);
}

bool inner_gradient(const struct inner *in, value v, double *by_value,
                    double *by_arg)
{
    return in->family->gradient &&
           in->family->gradient(&in->site, v, by_value, by_arg);
}

/* ---- what an application is --------------------------------------------- */

int form_run(const struct xrp_family *f)
{
    if (f == &family_half || f == &family_ordered ||
        f == &family_positive_ordered)
        return 0;
    if (f == &family_iid || f == &family_each) return 1;
    return f == &family_truncated || f == &family_censored ? 2 : -1;
}

static bool is_array(const struct xrp_family *f)
{
    return f == &family_iid || f == &family_each || f == &family_ordered ||
           f == &family_positive_ordered;
}

/* The next component of a mixture, from *at on. */
static bool next_component(const struct xrp_site *s, int *at, struct inner *in)
{
    static const struct words none = {NULL, 0};
    if (*at >= s->arg_count || !is_int(s->args[*at])) return false;
    int64_t length = as_int(s->args[*at]);
    int from = *at + 1;
    if (length < 1 || length > s->arg_count - from) return false;
    *at = from + (int)length;
    return inner_open(&none, s, from, *at, in);
}

uint16_t xrp_flags_at(const struct xrp_family *f, const struct xrp_site *s)
{
    static const struct words none = {NULL, 0};
    if (!(f->flags & XRP_FORM)) return f->flags;
    struct inner in;
    uint16_t all = XRP_RESCORES | XRP_FORM, kept = XRP_CONTINUOUS;
    if (f == &family_mixture) {
        uint16_t flags = XRP_CONTINUOUS, improper = 0;
        for (int at = 1; next_component(s, &at, &in);) {
            uint16_t one = xrp_flags_at(in.family, &in.site);
            flags &= one;
            improper |= one & XRP_IMPROPER;
        }
        return all | flags | improper;
    }
    if (is_array(f)) kept |= XRP_FIXED_SUPPORT | XRP_IMPROPER;
    if (!inner_open(&none, s, form_run(f), s->arg_count, &in)) return all;
    return all | (xrp_flags_at(in.family, &in.site) & kept);
}

static bool is_whole_kind(enum xrp_support kind)
{
    return kind == SUPPORT_INTEGERS || kind == SUPPORT_COUNTS;
}

static bool is_number_kind(enum xrp_support kind)
{
    switch (kind) {
    case SUPPORT_INTEGERS:
    case SUPPORT_COUNTS:
    case SUPPORT_REAL:
    case SUPPORT_POSITIVE:
    case SUPPORT_UNIT:
    case SUPPORT_INTERVAL:
    case SUPPORT_ANGLE:
    case SUPPORT_LOWER: return true;
    default: return false;
    }
}

static enum xrp_support mixed(const struct xrp_site *s)
{
    struct inner in;
    enum xrp_support all = SUPPORT_ANY;
    bool first = true;
    for (int at = 1; next_component(s, &at, &in); first = false) {
        enum xrp_support one = xrp_support_at(in.family, &in.site);
        if (first || one == all)
            all = one;
        else if (is_number_kind(one) && is_number_kind(all))
            all = is_whole_kind(one) && is_whole_kind(all) ? SUPPORT_INTEGERS
                                                           : SUPPORT_REAL;
        else
            return SUPPORT_ANY;
    }
    return all;
}

/* Values that are given are integers where they have tails (xrp/atoms.h). */
static enum xrp_support plain_kind(const struct xrp_family *f,
                                   const struct xrp_site *s)
{
    double below, above;
    bool whole = f->support_kind == SUPPORT_VALUES && f->log_cdf &&
                 f->log_cdf(s, 0.0, &below, &above);
    return whole ? SUPPORT_INTEGERS : f->support_kind;
}

enum xrp_support xrp_support_at(const struct xrp_family *f,
                                const struct xrp_site *s)
{
    static const struct words none = {NULL, 0};
    if (!(f->flags & XRP_FORM)) return plain_kind(f, s);
    if (f == &family_mixture) return mixed(s);
    struct inner in;
    if (!inner_open(&none, s, form_run(f), s->arg_count, &in))
        return SUPPORT_ANY;
    enum xrp_support kind = xrp_support_at(in.family, &in.site);
    if (is_array(f))
        return f == &family_ordered || f == &family_positive_ordered ||
                       is_number_kind(kind)
                   ? SUPPORT_VECTOR
                   : SUPPORT_ANY;
    if (is_whole_kind(kind)) return SUPPORT_INTEGERS;
    return f == &family_half ? SUPPORT_POSITIVE : SUPPORT_INTERVAL;
}

bool inner_is_number(const struct inner *in)
{
    return is_number_kind(xrp_support_at(in->family, &in->site));
}

bool inner_is_continuous(const struct inner *in)
{
    return xrp_flags_at(in->family, &in->site) & XRP_CONTINUOUS;
}

bool inner_has_atoms(const struct inner *in)
{
    static const struct words none = {NULL, 0};
    struct inner deeper = *in;
    while (deeper.family->flags & XRP_FORM) {
        if (deeper.family == &family_censored) return true;
        struct xrp_site s = deeper.site;
        if (deeper.family == &family_mixture) {
            for (int at = 1; next_component(&s, &at, &deeper);)
                if (inner_has_atoms(&deeper)) return true;
            return false;
        }
        if (!inner_open(&none, &s, form_run(deeper.family), s.arg_count,
                        &deeper))
            return false;
    }
    return false;
}
