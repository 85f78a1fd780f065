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

/* Rows in order of slots, rows of one slot ascending: by counting. *ends:
 * where each slot's end, from `least` on. */
static void by_slot(const uint32_t *slots, uint32_t rows, uint32_t least,
                    uint32_t span, uint32_t *ends, uint32_t *order)
{
    for (uint32_t r = 0; r < rows; r++) ends[slots[r] - least + 1]++;
    for (uint32_t s = 0; s < span; s++) ends[s + 1] += ends[s];
    for (uint32_t r = 0; r < rows; r++) order[ends[slots[r] - least]++] = r;
}

static uint32_t cut(const uint32_t *ends, uint32_t least, uint32_t span,
                    struct segment *to)
{
    uint32_t count = 0;
    for (uint32_t s = 0, at = 0; s < span; s++)
        for (uint32_t n; at < ends[s]; at += n) {
            n = ends[s] - at < SEGMENT_MOST ? ends[s] - at : SEGMENT_MOST;
            to[count++] = (struct segment){least + s, at, n};
        }
    return count;
}

/* The longest first; those of one length stay in order: by counting. */
static void sort(const struct segment *from, uint32_t count, struct segment *to)
{
    uint32_t start[SEGMENT_MOST + 1] = {0};
    for (uint32_t i = 0; i < count; i++) start[SEGMENT_MOST - from[i].count]++;
    for (uint32_t k = 0, sum = 0; k <= SEGMENT_MOST; k++) {
        uint32_t here = start[k];
        start[k] = sum;
        sum += here;
    }
    for (uint32_t i = 0; i < count; i++)
        to[start[SEGMENT_MOST - from[i].count]++] = from[i];
}

/* Whatever the slots are, each row may be a segment; and as they are sorted,
 * what is missing in a chunk is less than what the one before it has. */
static bool take_most(struct tape_code_run *run, uint32_t rows,
                      struct lanes_scatter *out)
{
    size_t chunks = (rows + LANES_EIGHT - 1ul) / LANES_EIGHT;
    out->lengths = tape_take(run, chunks, sizeof *out->lengths);
    out->slots = tape_take(run, chunks * 8, sizeof *out->slots);
    out->rows =
        tape_take(run, rows + 8ul * (SEGMENT_MOST + 1ul), sizeof *out->rows);
    return out->lengths && out->slots && out->rows;
}

static bool take(struct tape_code_run *run, const struct segment *segments,
                 uint32_t count, struct lanes_scatter *out)
{
    size_t total = 0, chunks = (count + LANES_EIGHT - 1ul) / LANES_EIGHT;
    for (size_t c = 0; c < chunks; c++)
        total += segments[c * LANES_EIGHT].count;
    out->lengths = tape_take(run, chunks, sizeof *out->lengths);
    out->slots = tape_take(run, chunks * 8, sizeof *out->slots);
    out->rows = tape_take(run, total * 8, sizeof *out->rows);
    return out->lengths && out->slots && out->rows;
}

static void fill(const struct segment *segments, uint32_t count,
                 const uint32_t *order, uint32_t zero,
                 struct lanes_scatter *out)
{
    size_t n = 0;
    out->chunks = (count + LANES_EIGHT - 1) / LANES_EIGHT;
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
}

/* With room to take, where `run` is not NULL. */
static bool make(struct tape_code_run *run, const uint32_t *slots,
                 uint32_t rows, uint32_t zero, bool turns,
                 struct lanes_scatter *out)
{
    uint32_t most = 0, least = UINT32_MAX;
    for (uint32_t r = 0; r < rows; r++) {
        if (slots[r] > most) most = slots[r];
        if (slots[r] < least) least = slots[r];
    }
    uint32_t span = most - least + 1;
    uint32_t *ends = calloc(span + 1ul, sizeof *ends);
    uint32_t *order = malloc((rows + 1ul) * sizeof *order);
    struct segment *segments = malloc(2 * (rows + 1ul) * sizeof *segments);
    bool ok = ends && order && segments;
    if (ok) {
        by_slot(slots, rows, least, span, ends, order);
        uint32_t count = cut(ends, least, span, segments);
        struct segment *sorted = segments + rows + 1;
        sort(segments, count, sorted);
        if (run)
            ok = turns ? take_most(run, rows, out)
                       : take(run, sorted, count, out);
        if (ok) fill(sorted, count, order, zero, out);
    }
    free(ends);
    free(order);
    free(segments);
    return ok;
}

bool tape_place_scatter(struct tape_code_run *run, const uint32_t *slots,
                        uint32_t rows, uint32_t zero, bool turns,
                        struct lanes_scatter *out)
{
    return make(run, slots, rows, zero, turns, out);
}

bool tape_scatter_again(const uint32_t *slots, uint32_t rows, uint32_t zero,
                        struct lanes_scatter *out)
{
    return make(NULL, slots, rows, zero, true, out);
}
