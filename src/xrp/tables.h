/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tables of a restaurant: how many customers each label has. What the
 * families of labels (CRP, Pitman-Yor) have in common; nobody else includes
 * it. Labels are random integers of 46 bits, never one in use.
 *
 * Tables live in slots. An open-addressing index finds the slot of a label,
 * a Fenwick tree over the sizes finds the table of a random customer: both
 * in O(log tables) or better.
 */
#ifndef VST_XRP_TABLES_H
#define VST_XRP_TABLES_H

#include "xrp/family.h"

/* A slot is free when its size is 0; free slots form a stack. Slots from
 * `used` on have never been taken. `index` holds slot + 1, 0 where empty;
 * its length is 4 * room, so it is at most a quarter full. */
struct tables {
    uint64_t n;       /* customers */
    uint64_t misfits; /* taken in, but no labels: score -inf */
    bool broken;      /* memory ran out: every answer is NaN */
    uint32_t count, used, room, free_count;
    int64_t *label;
    uint64_t *size;
    uint64_t *tree; /* Fenwick over size, from 1 */
    uint32_t *free;
    uint32_t *index;
};

/* Empty, and a copy; NULL when memory ran out. */
struct tables *tables_new(void);
void *tables_copy(const void *tables);
/* A family's incorporate and remove: any whole number may be a label, as
 * data; other values are counted as misfits. */
void tables_seat(const struct xrp_site *s, value label);
void tables_leave(const struct xrp_site *s, value label);
/* Customers at the table of this label; false: it is none. */
bool tables_seated(const struct tables *t, value label, double *customers);
/* The label of a customer, each alike, and how many sit there; n > 0. */
int64_t tables_customer(const struct tables *t, struct random *r,
                        double *customers);
/* A label that is not in use. */
int64_t tables_unused(const struct tables *t, struct random *r);
/* Every label in use, then a new one. The new one is the same each time and
 * stands for all others: who picks it should draw the name anew. */
bool tables_enumerate(const struct tables *t, value *list);
uint64_t tables_count(const void *tables);

/* What the rows of the two restaurants have in common: their functions have
 * the same names. */
#define TABLES_URN                                                            \
    .signature = "(urn)", .doc = "the label of a table",                      \
    .flags = XRP_RESCORES | XRP_STATEFUL | XRP_LABELS,                        \
    .support_kind = SUPPORT_LABELS, .initialize = initialize,                 \
    .sample = sample, .incorporate = tables_seat, .remove = tables_leave,     \
    .prob = prob, .enumerate = enumerate, .gradient = gradient,               \
    .score_state = score_state, .score_state_gradient = score_state_gradient, \
    .copy = tables_copy, .count = tables_count, .explain = explain

#endif
