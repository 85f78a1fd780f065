/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CRP/make: the Chinese restaurant process. An application sits down at a
 * table of c others with probability c / (alpha + n), at a new one with
 * alpha / (alpha + n); its value is the table's label, a random integer of
 * 46 bits, never one in use. Labels are names: a new label's own density is
 * no part of any score (Pitman 2006, theorem 3.2 is the score).
 *
 * Tables live in slots. An open-addressing index finds the slot of a label,
 * a Fenwick tree over the sizes finds the table of a random customer: both
 * in O(log tables) or better.
 */
#include "xrp/family.h"

#include "base/memory.h"

#include "base/saddle.h"
#include "base/special.h"

/* A slot is free when its size is 0; free slots form a stack. Slots from
 * `used` on have never been taken. `index` holds slot + 1, 0 where empty;
 * its length is 4 * room, so it is at most a quarter full. */
struct crp {
    uint64_t n;
    uint64_t misfits; /* taken in, but no labels: score -inf */
    bool broken;      /* memory ran out: every answer is NaN */
    uint32_t tables, used, room, free_count;
    int64_t *label;
    uint64_t *size;
    uint64_t *tree; /* Fenwick over size, from 1 */
    uint32_t *free;
    uint32_t *index;
};

enum { FIRST_ROOM = 8, LABEL_BITS = 46 };

static const struct parameter rows[] = {{"alpha", POSITIVE, 0.0}};

static bool read(const struct xrp_site *s, double *alpha)
{
    const struct crp *crp = s->state;
    return parameter_read(rows, s->params, s->param_count, 0, alpha) &&
           !(crp && crp->broken);
}

/* ---- the index ---------------------------------------------------------- */

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 32) * 0x9e3779b97f4a7c15u;
    return x ^ x >> 29;
}

static uint32_t home(const struct crp *crp, int64_t label)
{
    return (uint32_t)mix((uint64_t)label) & (4 * crp->room - 1);
}

/* Where the label is, or the empty place where it would be. */
static uint32_t place(const struct crp *crp, int64_t label)
{
    uint32_t at = home(crp, label), mask = 4 * crp->room - 1;
    while (crp->index[at] && crp->label[crp->index[at] - 1] != label)
        at = (at + 1) & mask;
    return at;
}

/* Empties a place and moves up those that had to pass it. */
static void unplace(struct crp *crp, uint32_t hole)
{
    uint32_t mask = 4 * crp->room - 1, at = hole;
    for (;;) {
        at = (at + 1) & mask;
        if (!crp->index[at]) break;
        uint32_t from = home(crp, crp->label[crp->index[at] - 1]);
        if (((at - from) & mask) < ((at - hole) & mask)) continue;
        crp->index[hole] = crp->index[at];
        hole = at;
    }
    crp->index[hole] = 0;
}

/* ---- the tree ----------------------------------------------------------- */

static void tree_add(struct crp *crp, uint32_t slot, uint64_t by)
{
    for (uint32_t i = slot + 1; i <= crp->room; i += i & -i) crp->tree[i] += by;
}

/* The slot of customer t of n, counted through the slots in order. */
static uint32_t tree_find(const struct crp *crp, uint64_t t)
{
    uint32_t at = 0;
    for (uint32_t step = crp->room; step; step >>= 1) {
        if (at + step <= crp->room && crp->tree[at + step] <= t) {
            at += step;
            t -= crp->tree[at];
        }
    }
    return at;
}

/* ---- room --------------------------------------------------------------- */

/* Fresh arrays of `room` slots (a power of two); false without memory. */
static bool allocate(struct crp *crp, uint32_t room)
{
    crp->label = memory_new_atomic(room * sizeof *crp->label);
    crp->size = memory_new_atomic(room * sizeof *crp->size);
    crp->tree = memory_new_atomic((room + (size_t)1) * sizeof *crp->tree);
    crp->free = memory_new_atomic(room * sizeof *crp->free);
    crp->index = memory_new_atomic(4 * (size_t)room * sizeof *crp->index);
    crp->room = room;
    return crp->label && crp->size && crp->tree && crp->free && crp->index;
}

/* The tables of `from` in arrays of `room`, packed, in their order. */
static bool rebuild(struct crp *to, const struct crp *from, uint32_t room)
{
    *to = (struct crp){.n = from->n,
                       .misfits = from->misfits,
                       .broken = from->broken,
                       .tables = from->tables};
    if (!allocate(to, room)) return false;
    memset(to->index, 0, 4 * (size_t)room * sizeof *to->index);
    memset(to->tree, 0, (room + (size_t)1) * sizeof *to->tree);
    for (uint32_t i = 0; i < from->used; i++) {
        if (!from->size[i]) continue;
        uint32_t slot = to->used++;
        to->label[slot] = from->label[i];
        to->size[slot] = from->size[i];
        to->index[place(to, to->label[slot])] = slot + 1;
        tree_add(to, slot, to->size[slot]);
    }
    return true;
}

static bool grow(struct crp *crp)
{
    struct crp larger;
    if (crp->room > UINT32_MAX / 16) return false;
    if (!rebuild(&larger, crp, 2 * crp->room)) return false;
    *crp = larger;
    return true;
}

/* ---- the family --------------------------------------------------------- */

/* Any integer that is one exactly may be a label, as data. */
static bool fits(value v, int64_t *label)
{
    double x;
    if (!whole_of(v, &x) || fabs(x) > 0x1p53) return false;
    *label = (int64_t)x;
    return true;
}

/* Customers at the table of this value. */
static uint64_t seated(const struct crp *crp, value v)
{
    int64_t label;
    if (!fits(v, &label)) return 0;
    uint32_t slot = crp->index[place(crp, label)];
    return slot ? crp->size[slot - 1] : 0;
}

static void *initialize(const struct xrp_site *s)
{
    (void)s;
    struct crp none = {.n = 0}, *crp = memory_new(sizeof *crp);
    return crp && rebuild(crp, &none, FIRST_ROOM) ? crp : NULL;
}

static void incorporate(const struct xrp_site *s, value v)
{
    struct crp *crp = s->state;
    int64_t label;
    if (!fits(v, &label)) {
        crp->misfits++;
        return;
    }
    uint32_t at = place(crp, label), slot = crp->index[at];
    if (!slot) {
        if (!crp->free_count && crp->used == crp->room) {
            if (!grow(crp)) {
                crp->broken = true;
                return;
            }
            at = place(crp, label);
        }
        slot =
            1 + (crp->free_count ? crp->free[--crp->free_count] : crp->used++);
        crp->index[at] = slot;
        crp->label[slot - 1] = label;
        crp->size[slot - 1] = 0;
        crp->tables++;
    }
    crp->size[slot - 1]++;
    crp->n++;
    tree_add(crp, slot - 1, 1);
}

static void take_out(const struct xrp_site *s, value v)
{
    struct crp *crp = s->state;
    int64_t label;
    if (!fits(v, &label)) {
        crp->misfits -= crp->misfits > 0;
        return;
    }
    uint32_t at = place(crp, label), slot = crp->index[at];
    if (!slot) return;
    tree_add(crp, slot - 1, (uint64_t)-1);
    crp->n--;
    if (--crp->size[slot - 1]) return;
    unplace(crp, at);
    crp->free[crp->free_count++] = slot - 1;
    crp->tables--;
}

static bool in_use(const struct crp *crp, int64_t label)
{
    return crp->index[place(crp, label)] != 0;
}

static bool sample(const struct xrp_site *s, struct random *r, value *out)
{
    const struct crp *crp = s->state;
    double alpha, n = (double)crp->n;
    int64_t label;
    if (!read(s, &alpha)) return false;
    if (random_unit(r) * (alpha + n) >= alpha && crp->n) {
        label = crp->label[tree_find(crp, random_below(r, crp->n))];
    } else {
        do {
            label = (int64_t)(random_bits(r) >> (64 - LABEL_BITS));
        } while (label == 0 || in_use(crp, label));
    }
    *out = v_whole((double)label);
    return true;
}

static double prob(const struct xrp_site *s, value v)
{
    const struct crp *crp = s->state;
    double alpha, n = (double)crp->n;
    int64_t label;
    if (!read(s, &alpha)) return NAN;
    if (!fits(v, &label)) return -INFINITY;
    double c = (double)seated(crp, v);
    return c > 0.0 ? log_share(c, alpha + (n - c)) : log_share(alpha, n);
}

/* Every label in use, then a new one. The new one is the same each time and
 * stands for all others: who picks it should draw the name anew. */
static bool enumerate(const struct xrp_site *s, value *list)
{
    const struct crp *crp = s->state;
    double alpha;
    if (!read(s, &alpha)) return false;
    uint64_t hash = crp->n;
    for (uint32_t i = 0; i < crp->used; i++)
        if (crp->size[i]) hash += mix((uint64_t)crp->label[i]);
    int64_t fresh;
    do {
        hash = mix(hash + 1);
        fresh = (int64_t)(hash >> (64 - LABEL_BITS));
    } while (fresh == 0 || in_use(crp, fresh));
    *list = V_NIL;
    if (!enumerate_onto(v_int(fresh), list)) return false;
    for (uint32_t i = crp->used; i-- > 0;) {
        if (!crp->size[i]) continue;
        if (!enumerate_onto(v_whole((double)crp->label[i]), list)) return false;
    }
    return true;
}

static bool gradient(const struct xrp_site *s, value v, double *by_value,
                     double *by_param)
{
    const struct crp *crp = s->state;
    double alpha, n = (double)crp->n;
    int64_t label;
    if (!read(s, &alpha) || !fits(v, &label)) return false;
    *by_value = NAN;
    by_param[0] = (seated(crp, v) ? -1.0 : n / alpha) / (alpha + n);
    return true;
}

/* alpha^tables prod (c - 1)! over alpha (alpha + 1) ... (alpha + n - 1), one
 * alpha cancelled. O(tables). */
static double score_state(const struct xrp_site *s)
{
    const struct crp *crp = s->state;
    double alpha;
    if (!read(s, &alpha)) return NAN;
    if (crp->misfits) return -INFINITY;
    if (crp->n == 0) return 0.0;
    double sum = (crp->tables - 1.0) * log(alpha) -
                 log_rising(alpha + 1.0, (double)crp->n - 1.0);
    for (uint32_t i = 0; i < crp->used; i++)
        if (crp->size[i] > 2) sum += log_gamma((double)crp->size[i]);
    return sum;
}

static bool score_state_gradient(const struct xrp_site *s, double *by_param)
{
    const struct crp *crp = s->state;
    double alpha;
    if (!read(s, &alpha) || crp->misfits) return false;
    by_param[0] = 0.0;
    if (crp->n > 0)
        by_param[0] = (crp->tables - 1.0) / alpha -
                      digamma_rise(alpha + 1.0, (double)crp->n - 1.0);
    return true;
}

static void *copy(const void *state)
{
    const struct crp *from = state;
    struct crp *to = memory_new(sizeof *to);
    return to && rebuild(to, from, from->room) ? to : NULL;
}

static uint64_t count(const void *state)
{
    const struct crp *crp = state;
    return crp->n + crp->misfits;
}

static bool explain(const struct xrp_site *s, char *words, size_t size)
{
    int given;
    const value *params = site_params(s, &given);
    return parameters_explain(rows, 1, params, given, words, size);
}

static const struct xrp_family made = {
    .names = "CRP",
    .signature = "(urn)",
    .doc = "the label of a table",
    .flags = XRP_RESCORES | XRP_STATEFUL | XRP_LABELS,
    .support_kind = SUPPORT_LABELS,
    .initialize = initialize,
    .sample = sample,
    .incorporate = incorporate,
    .remove = take_out,
    .prob = prob,
    .enumerate = enumerate,
    .gradient = gradient,
    .score_state = score_state,
    .score_state_gradient = score_state_gradient,
    .copy = copy,
    .count = count,
    .explain = explain,
};

const struct xrp_family maker_crp = {
    .names = "CRP/make make-crp",
    .signature = "(CRP/make alpha)",
    .doc = "a procedure without arguments that draws table labels; a new "
           "table in proportion to alpha, another to its customers",
    .min = 1,
    .max = 1,
    .flags = XRP_MAKER | XRP_RESCORES,
    .made = &made,
    .explain = explain,
};
