/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Stamps of shapes: see application.h. A single value has 0, an array of one
 * axis its length, anything else a hash. An argument that is a reference has
 * the stamp of the choice that it is, where that is the stamp of its value
 * too; arithmetic has that of its operands, if they have one; of all else the
 * axes are read, and whoever runs depends on them. So a reference has the
 * stamp of its value: whether it is one depends on what ran before. Stamps of two shapes that are the same by chance make no state wrong:
 * the old value is kept, and cannot be.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "eval/expression.h"
#include "eval/global.h"
#include "trace/application.h"
#include "xrp/form.h"

enum {
    OPAQUE = 0x1000, /* a bit: the value's own axes have another stamp */
    STAMPS = OPAQUE - 1,
    AXES = 4
};

static uint32_t stamp_of(uint64_t n)
{
    return n <= STAMPS ? (uint32_t)n : (uint32_t)(hash_finish(n) % STAMPS) + 1;
}

/* A number of elements, each of a shape: n of single values is n. */
static uint32_t nested(uint32_t outer, uint32_t inner)
{
    return inner ? stamp_of(hash_word(hash_word(0, outer), inner)) : outer;
}

/* Side by side: single values go along with anything. */
static uint32_t beside(uint32_t a, uint32_t b)
{
    return b == 0 || a == b ? a : a == 0 ? b : nested(a, b);
}

static uint64_t by_type(const struct object *o) { return o->type; }

static uint32_t number_stamp(value v)
{
    if (v == V_FALSE) return 0;
    double x = is_number(v) ? as_number(v) : -1.0;
    if (x >= 0.0 && x <= STAMPS && x == (double)(uint32_t)x) return (uint32_t)x;
    return stamp_of(is_object(v) ? value_hash(v, by_type) : v);
}

/* ---- arrays ------------------------------------------------------------- */

static bool array_stamp(struct machine *m, value v, uint32_t *stamp);

/* The axes of what nothing is known of. */
static bool look(struct machine *m, value v, uint32_t *stamp)
{
    const struct global *axes = global_builtin(m, symbol("axes"));
    value lengths;
    *stamp = 0;
    if (!axes) return true;
    if (!expression_make(m, as_object(axes->held), 1, &v, &lengths))
        return false;
    if (lengths == V_UNBOUND)
        return machine_force(m, v, false, &v) && array_stamp(m, v, stamp);
    if (!machine_force(m, lengths, true, &lengths)) return false;
    uint32_t length[AXES], count = 0;
    for (; is_pair(lengths) && count < AXES; lengths = cdr(lengths))
        length[count++] = number_stamp(car(lengths));
    for (*stamp = 0; count > 0;) *stamp = nested(length[--count], *stamp);
    return true;
}

static bool is_arithmetic(const struct primitive *p)
{
    return p->look == LOOK_DEEP &&
           (!strcmp(p->topic, "arithmetic") || !strcmp(p->topic, "math"));
}

/* Trees of arithmetic are small. */
static bool expression_stamp(struct machine *m, const struct expression *e,
                             uint32_t *stamp)
{
    value whole = v_object(e);
    *stamp = 0;
    for (uint32_t i = 0; i < e->head.size; i++) {
        uint32_t one;
        if (!array_stamp(m, e->operands[i], &one)) return false;
        if (one && *stamp && one != *stamp) return look(m, whole, stamp);
        *stamp = beside(*stamp, one);
    }
    return true;
}

static bool reference_stamp(struct machine *m, value v, uint32_t *stamp)
{
    const struct object *o = as_object(v);
    if (o->type == T_EXPRESSION &&
        is_arithmetic(((const struct expression *)o)->operation))
        return expression_stamp(m, (const struct expression *)o, stamp);
    *stamp = o->type == T_CHOICE ? shape_of(o) : OPAQUE;
    return !(*stamp & OPAQUE) || look(m, v, stamp);
}

/* Of lists within lists the first ones tell. */
static bool array_stamp(struct machine *m, value v, uint32_t *stamp)
{
    uint32_t length[AXES], count = 0;
    for (; is_pair(v) && is_list(v) && count < AXES - 2; v = car(v))
        length[count++] = number_stamp(v_int(list_length(v)));
    *stamp = 0;
    if (is_vector(v)) {
        const struct vector *a = as_vector(v);
        length[count++] = number_stamp(v_int(a->rows));
        if (a->columns) length[count++] = number_stamp(v_int(a->columns));
    } else if (is_reference(v) && !reference_stamp(m, v, stamp)) {
        return false;
    }
    while (count > 0) *stamp = nested(length[--count], *stamp);
    return true;
}

/* ---- applications ------------------------------------------------------- */

static bool argument_stamp(struct machine *m, char kind, value *written,
                           uint32_t *stamp)
{
    *stamp = 0;
    if (kind == SHAPE_BY_AXES) return array_stamp(m, *written, stamp);
    if (kind != SHAPE_BY_VALUE) return true;
    if (m && has_reference(*written) &&
        !machine_force(m, *written, true, written))
        return false;
    *stamp = number_stamp(*written);
    return true;
}

static bool is_single(enum xrp_support kind)
{
    switch (kind) {
    case SUPPORT_ANY:
    case SUPPORT_VALUES:
    case SUPPORT_SIMPLEX:
    case SUPPORT_VECTOR:
    case SUPPORT_COUNT_VECTOR:
    case SUPPORT_DEFINITE:
    case SUPPORT_CORRELATION: return false;
    default: return true;
    }
}

/* Are its values n single ones, and nothing else said so? */
static bool is_row(const struct xrp_family *f, int n, const value *written,
                   uint32_t first, uint32_t all)
{
    if (f != &family_iid || first != all || n < 2) return false;
    if (!is_type(written[1], T_XRP)) return false;
    const struct xrp *within = as_object(written[1]);
    return !within->family->shape && !(within->family->flags & XRP_FORM) &&
           is_single(within->family->support_kind);
}

/* No argument says what shape a value has. */
static inline bool is_fixed(const struct xrp_family *f, uint16_t *stamp)
{
    *stamp = is_single(f->support_kind) ? 0 : OPAQUE;
    return !f->shape && !(f->flags & XRP_FORM);
}

/* Without a machine the arguments are plain. */
static bool stamp_all(struct machine *m, const struct xrp_family *family, int n,
                      value *written, uint16_t *stamp)
{
    struct xrp_site s = {NULL, 0, NULL, written, n, family};
    char few[16], *kinds = few;
    uint32_t all = 0, one, first = 0;
    bool good = true;
    if ((size_t)n > sizeof few && !(kinds = malloc((size_t)n)))
        return !m || machine_no_memory(m);
    xrp_shape_kinds(family, &s, kinds);
    for (int i = 0; good && i < n; i++) {
        good = argument_stamp(m, kinds[i], &written[i], &one);
        all = beside(all, one);
        if (i == 0) first = all;
    }
    if (kinds != few) free(kinds);
    *stamp = (uint16_t)(all | OPAQUE);
    if (good && is_row(family, n, written, first, all)) *stamp = (uint16_t)all;
    return good;
}

bool choice_shape(struct machine *m, const struct xrp_family *family, int n,
                  value *written, uint16_t *stamp)
{
    return is_fixed(family, stamp) || stamp_all(m, family, n, written, stamp);
}

uint16_t shape_stamp(const struct xrp_family *family, int n, const value *plain)
{
    uint16_t stamp;
    value *at = (value *)(uintptr_t)plain; /* nothing in it is forced */
    if (!is_fixed(family, &stamp)) stamp_all(NULL, family, n, at, &stamp);
    return stamp;
}
