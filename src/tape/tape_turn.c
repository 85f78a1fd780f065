/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows of a tape turned to other slots: what they read is a number in a
 * gather, and how adjoints are summed by slot is planned again. All else of a
 * tape stays. Who turns knows that the slot is put by an earlier plate.
 */
#include "tape/tape_code_run.h"

/* The first seat of the pointer, or of one behind it. */
static uint32_t first_seat(const struct tape *t, uint32_t pointer)
{
    uint32_t low = 0, high = t->seat_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (t->seats[middle].pointer < pointer)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool tape_turn(struct tape *t, uint32_t pointer, uint32_t slot)
{
    uint32_t first = first_seat(t, pointer), end = first;
    for (; end < t->seat_count && t->seats[end].pointer == pointer; end++)
        if (tape_is_few(&t->plates[t->seats[end].plate])) return false;
    for (uint32_t i = first; i < end; i++) {
        const struct tape_seat *s = &t->seats[i];
        t->plates[s->plate].gathers[s->gather][s->row] = slot;
        t->run->turned[s->plate] = SEATS_TURNED;
    }
    return true;
}

bool tape_turned(struct tape *t)
{
    struct tape_code_run *run = t->run;
    uint32_t plate = 0;
    for (uint32_t i = 0; i < run->stage_count; i++) {
        struct tape_stage *s = &run->stages[i];
        if (s->kind == STAGE_ROWS)
            while (plate < t->plate_count && tape_is_few(&t->plates[plate]))
                plate++;
        if (s->kind == STAGE_ROWS) continue;
        uint32_t own = plate++;
        if (run->turned[own] != SEATS_TURNED) continue;
        run->turned[own] = SEATS;
        struct tape_plate *p = &t->plates[own];
        for (uint32_t k = 0; k < s->lanes.gather_count; k++) {
            struct tape_back *b = &s->lanes.gathers[k];
            if (!tape_scatter_again(p->gathers[b->gather], p->rows, b->zero,
                                    &b->scatter))
                return false;
        }
    }
    return true;
}
