/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How adjoints of gathered rows are summed by slot: the rows of a slot are
 * cut into segments, segments of about one length go eight side by side, and
 * what is missing of the shorter ones is read from a place that holds 0.
 */
#include "tape/tape_code_run.h"

#include <stdlib.h>

enum { SEGMENT_MOST = 16 };

struct segment {
    uint32_t slot, first, count; /* of the rows in order of slots */
};

/* Rows in order of slots, rows of one slot ascending: by counting. */
static uint32_t *by_slot(const uint32_t *slots, uint32_t rows, uint32_t most)
{
    uint32_t *start = calloc(most + 2ul, sizeof *start);
    uint32_t *order = malloc((rows + 1ul) * sizeof *order);
    if (start && order) {
        for (uint32_t r = 0; r < rows; r++) start[slots[r] + 1]++;
        for (uint32_t s = 0; s <= most; s++) start[s + 1] += start[s];
        for (uint32_t r = 0; r < rows; r++) order[start[slots[r]]++] = r;
    } else {
        free(order);
        order = NULL;
    }
    free(start);
    return order;
}

static uint32_t cut(const uint32_t *slots, const uint32_t *order, uint32_t rows,
                    struct segment *to)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t slot = slots[order[i]];
        if (count && to[count - 1].slot == slot &&
            to[count - 1].count < SEGMENT_MOST)
            to[count - 1].count++;
        else
            to[count++] = (struct segment){slot, i, 1};
    }
    return count;
}

/* The longest first; those of one length stay in order. */
static void sort(const struct segment *from, uint32_t count, struct segment *to)
{
    uint32_t n = 0;
    for (uint32_t length = SEGMENT_MOST; length > 0; length--)
        for (uint32_t i = 0; i < count; i++)
            if (from[i].count == length) to[n++] = from[i];
}

static bool fill(struct tape_code_run *run, const struct segment *segments,
                 uint32_t count, const uint32_t *order, uint32_t zero,
                 struct lanes_scatter *out)
{
    size_t total = 0, n = 0;
    out->chunks = (count + LANES_EIGHT - 1) / LANES_EIGHT;
    for (uint32_t c = 0; c < out->chunks; c++)
        total += segments[c * LANES_EIGHT].count;
    out->lengths = tape_take(run, out->chunks, sizeof *out->lengths);
    out->slots = tape_take(run, out->chunks * 8ul, sizeof *out->slots);
    out->rows = tape_take(run, total * 8, sizeof *out->rows);
    if (!out->lengths || !out->slots || !out->rows) return false;
    for (uint32_t c = 0; c < out->chunks; c++) {
        uint32_t first = c * LANES_EIGHT;
        out->lengths[c] = segments[first].count;
        for (uint32_t k = 0; k < out->lengths[c]; k++)
            for (uint32_t j = first; j < first + LANES_EIGHT; j++)
                out->rows[n++] = j < count && k < segments[j].count
                                     ? order[segments[j].first + k]
                                     : zero;
        for (uint32_t j = first; j < first + LANES_EIGHT; j++)
            out->slots[j] = segments[j < count ? j : first].slot;
    }
    return true;
}

bool tape_place_scatter(struct tape_code_run *run, const uint32_t *slots,
                        uint32_t rows, uint32_t zero, struct lanes_scatter *out)
{
    uint32_t most = 0;
    for (uint32_t r = 0; r < rows; r++)
        if (slots[r] > most) most = slots[r];
    uint32_t *order = by_slot(slots, rows, most);
    struct segment *segments = calloc(2 * (rows + 1ul), sizeof *segments);
    bool ok = order && segments;
    if (ok) {
        uint32_t count = cut(slots, order, rows, segments);
        struct segment *sorted = segments + rows + 1;
        sort(segments, count, sorted);
        ok = fill(run, sorted, count, order, zero, out);
    }
    free(order);
    free(segments);
    return ok;
}
