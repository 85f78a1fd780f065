/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Between values of the language and the doubles of C: see foreign.h. It
 * calls nothing of the program's but `length` and `bounds`.
 */
#include "front/foreign.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"
#include "xrp/family.h"

struct foreign *foreign_of(const struct xrp_family *f)
{
    size_t at = f->flags & XRP_STATEFUL ? offsetof(struct foreign, made)
                                        : offsetof(struct foreign, family);
    return (struct foreign *)((char *)(uintptr_t)f - at);
}

bool foreign_wrong(struct foreign *of, const char *format, ...)
{
    char words[ERROR_MESSAGE_MAX - 80];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    of->failed = true;
    return error_set(&of->failure, ERROR_TYPE, "%s: %s", of->is.name, words);
}

/* ---- arguments ----------------------------------------------------------- */

/* Numbers of a list into memory of their own. */
static bool read_list(value v, struct vst_numbers *out)
{
    struct series all;
    if (!series_open(&all, v)) return false;
    double *to = memory_new_atomic((all.count + 1) * sizeof *to);
    if (!to) return false;
    *out = (struct vst_numbers){to, all.count};
    for (uint32_t i = 0; i < out->count; i++) {
        value element = series_next(&all);
        if (!is_number(element)) return false;
        to[i] = as_number(element);
    }
    return true;
}

static bool read_argument(value v, double *room, struct vst_numbers *out)
{
    if (is_number(v) || is_boolean(v)) {
        *room = is_number(v) ? as_number(v) : v == V_TRUE;
        *out = (struct vst_numbers){room, 1};
        return true;
    }
    if (!is_vector(v)) return is_list(v) && read_list(v, out);
    *out = (struct vst_numbers){as_vector(v)->at, as_vector(v)->head.size};
    return true;
}

static bool read_all(struct foreign_call *c, const value *from, int count,
                     int at, struct foreign_misfit *misfit)
{
    for (int i = 0; i < count; i++) {
        if (read_argument(from[i], &c->numbers[at + i], &c->each[at + i]))
            continue;
        if (misfit) *misfit = (struct foreign_misfit){i + 1, from[i]};
        return false;
    }
    return true;
}

static bool make_room(struct foreign_call *c, int count)
{
    c->each = c->few;
    c->numbers = c->few_numbers;
    if (count <= FOREIGN_FEW) return true;
    c->each = memory_new((size_t)count * sizeof *c->each);
    c->numbers = memory_new_atomic((size_t)count * sizeof *c->numbers);
    return c->each && c->numbers;
}

bool foreign_open(struct foreign_call *c, const struct xrp_site *s,
                  struct foreign_misfit *misfit)
{
    const struct vst_xrp *is;
    int params = 0;
    const value *from = NULL;
    c->of = foreign_of(s->family);
    is = &c->of->is;
    if (is->state_size) from = site_params(s, &params);
    bool applied = !(s->family->flags & XRP_MAKER);
    int args = applied ? s->arg_count : 0;
    if (misfit) *misfit = (struct foreign_misfit){0, V_NIL};
    if (!make_room(c, params + args) || !read_all(c, from, params, 0, misfit) ||
        !read_all(c, s->args, args, params, misfit))
        return false;
    c->site = (struct vst_site){.context = is->context,
                                .params = is->state_size ? c->each : NULL,
                                .param_count = params,
                                .args = c->each + params,
                                .arg_count = args,
                                .state = foreign_bytes(s->state),
                                .length = 1};
    if (is->length && applied) c->site.length = is->length(&c->site);
    return c->site.length > 0 && c->site.length <= DIMENSION_MAX;
}

/* ---- values -------------------------------------------------------------- */

static bool is_array(const struct foreign_call *c)
{
    return c->of->is.support >= VST_VECTOR;
}

static bool is_whole(double x) { return fabs(x) <= 0x1p53 && x == floor(x); }

static bool is_simplex(const double *at, size_t length)
{
    double sum = 0.0;
    for (size_t i = 0; i < length; i++) {
        if (!(at[i] >= 0.0)) return false;
        sum += at[i];
    }
    return fabs(sum - 1.0) <= 1e-8;
}

static bool is_finite(const double *at, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!(fabs(at[i]) < INFINITY)) return false;
    return true;
}

static bool is_within(const struct foreign_call *c, double x)
{
    double lo, hi;
    if (!c->of->is.bounds) return true;
    return c->of->is.bounds(&c->site, &lo, &hi) && x >= lo && x <= hi;
}

bool foreign_supports(const struct foreign_call *c, const double *at)
{
    double x = at[0];
    if (!is_finite(at, c->site.length)) return false;
    switch (c->of->is.support) {
    case VST_BOOLEAN: return x == 0.0 || x == 1.0;
    case VST_INTEGER: return is_whole(x) && is_within(c, x);
    case VST_COUNT: return is_whole(x) && x >= 0.0 && is_within(c, x);
    case VST_POSITIVE: return x > 0.0 && is_within(c, x);
    case VST_UNIT: return x >= 0.0 && x <= 1.0 && is_within(c, x);
    case VST_ANGLE: return fabs(x) <= 3.1415926535897932 && is_within(c, x);
    case VST_SIMPLEX: return is_simplex(at, c->site.length);
    case VST_VECTOR: return true;
    default: return is_within(c, x);
    }
}

bool foreign_read(struct foreign_call *c, value v)
{
    struct vst_numbers read;
    c->value = &c->one;
    if (is_array(c)) {
        if (is_number(v) || is_boolean(v) ||
            !read_argument(v, &c->one, &read) || read.count != c->site.length)
            return false;
        c->value = read.at;
    } else if (is_number(v)) {
        c->one = as_number(v);
    } else if (is_boolean(v) && c->of->is.support == VST_BOOLEAN) {
        c->one = v == V_TRUE;
    } else {
        return false;
    }
    return foreign_supports(c, c->value);
}

double *foreign_room(struct foreign_call *c)
{
    if (c->site.length == 1) return &c->one;
    return memory_new_atomic(c->site.length * sizeof(double));
}

value foreign_value(const struct foreign_call *c, const double *at)
{
    if (is_array(c)) {
        value v = vector_make(c->site.length, 0);
        if (v != V_UNBOUND)
            memcpy(as_vector(v)->at, at, c->site.length * sizeof *at);
        return v;
    }
    if (c->of->is.support == VST_BOOLEAN) return v_boolean(at[0] == 1.0);
    if (c->of->is.support < VST_REAL) return v_whole(at[0]);
    return v_double(at[0]);
}
