/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * States of a block as digits: see states.h. Digits of labels are restricted
 * growth strings (Knuth, The Art of Computer Programming 4A, 7.2.1.5), one for
 * each restaurant, that begin behind the tables of the others.
 */
#include "infer/states.h"

#include <string.h>

static bool is_label(const struct states *s, uint32_t i)
{
    return s->sites[i].family->flags & XRP_LABELS;
}

/* Guests of one restaurant. */
static bool together(const struct states *s, uint32_t i, uint32_t k)
{
    return is_label(s, i) && is_label(s, k) &&
           s->sites[i].at.state == s->sites[k].at.state;
}

/* Tables that guests before this one have opened. */
static uint32_t opened(const struct states *s, uint32_t i)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < i; k++)
        if (together(s, i, k) && s->digits[k] >= s->sizes[k] + n)
            n = s->digits[k] - s->sizes[k] + 1;
    return n;
}

/* So many digits there are here, after those before. */
static uint32_t radix(const struct states *s, uint32_t i)
{
    return is_label(s, i) ? s->sizes[i] + opened(s, i) + 1 : s->sizes[i];
}

void states_first(struct states *s)
{
    memset(s->digits, 0, s->width * sizeof *s->digits);
}

bool states_next(struct states *s)
{
    for (uint32_t i = s->width; i-- > 0; s->digits[i] = 0)
        if (++s->digits[i] < radix(s, i)) return true;
    return false;
}

double states_count(struct states *s, double most)
{
    double n = 1.0;
    bool labels = false;
    for (uint32_t i = 0; i < s->width; i++) {
        labels = labels || is_label(s, i);
        n *= s->sizes[i];
    }
    if (!labels) return n;
    states_first(s);
    for (n = 1.0; n <= most && states_next(s);) n++;
    return n;
}

/* The guest before this one who sits at the same table; UINT32_MAX: the table
 * is new, or somebody else's. */
static uint32_t companion(const struct states *s, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (together(s, i, k) && s->digits[k] == s->digits[i]) return k;
    return UINT32_MAX;
}

static bool is_new(const struct states *s, uint32_t i)
{
    return s->digits[i] >= s->sizes[i];
}

/* Does this guest sit at none of the outer tables, and only with those that
 * the digits say? */
static bool sits_so(const struct states *s, uint32_t i)
{
    value held = s->sites[i].held;
    for (uint32_t k = 0; k < s->sizes[i]; k++)
        if (value_equal(s->values[i][k], held)) return false;
    for (uint32_t k = 0; k < i; k++)
        if (together(s, i, k) && value_equal(s->sites[k].held, held) !=
                                     (s->digits[k] == s->digits[i]))
            return false;
    return true;
}

bool states_is_present(const struct states *s)
{
    for (uint32_t i = 0; i < s->width; i++) {
        if (is_label(s, i) && is_new(s, i)) {
            if (!sits_so(s, i)) return false;
        } else if (!value_equal(s->values[i][s->digits[i]], s->sites[i].held)) {
            return false;
        }
    }
    return true;
}

/* One that nobody has: not the others, nor the block, nor the state. */
static bool new_label(const struct states *s, struct engine *e, uint32_t i,
                      const value *made, value *out)
{
    value taken = V_NIL;
    for (uint32_t k = 0; k < s->sizes[i]; k++)
        taken = cons(s->values[i][k], taken);
    for (uint32_t k = 0; k < s->width; k++)
        if (together(s, i, k)) taken = cons(s->sites[k].held, taken);
    for (uint32_t k = 0; k < i; k++)
        if (together(s, i, k)) taken = cons(made[k], taken);
    if (taken == V_UNBOUND) return machine_no_memory(e->machine);
    *out = e->op->label(e, taken);
    return true;
}

bool states_values(const struct states *s, struct engine *e, bool present,
                   value *out)
{
    for (uint32_t i = 0; i < s->width; i++) {
        if (present) {
            out[i] = s->sites[i].held;
        } else if (!is_label(s, i) || !is_new(s, i)) {
            out[i] = s->values[i][s->digits[i]];
        } else {
            uint32_t k = companion(s, i);
            if (k != UINT32_MAX)
                out[i] = out[k];
            else if (!new_label(s, e, i, out, &out[i]))
                return false;
        }
    }
    return true;
}
