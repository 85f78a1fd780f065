/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A tape made ready to be run: its memory, and stages in the order of its
 * plates. A stage is a plate of some rows, by lanes; or plates of a few rows,
 * one after another, as one program over single numbers; or a call.
 *
 * All numbers stand in one memory: slots, constants, numbers of the programs,
 * adjoints of slots and of the programs. Plates have arrays of their own, and
 * those that nothing remembers share one.
 */
#ifndef VST_TAPE_TAPE_CODE_RUN_H
#define VST_TAPE_TAPE_CODE_RUN_H

#include "tape/tape_lower.h"

struct tape_back { /* adjoints of rows, and the slots that they are of */
    double *rows;
    struct lanes_scatter scatter;
    uint32_t gather; /* which of the plate's */
    uint32_t zero;   /* of `rows`: one that holds 0 */
};

struct tape_lanes {
    uint32_t rows, block;
    bool leaf; /* no outputs: backward at once */
    bool kept; /* one block, whose numbers are there still when backward */
    struct lanes_step *steps;
    uint32_t phase[PHASES + 1]; /* where each begins, one after another */
    struct lanes_link *slots, *totals;
    struct tape_back *gathers;
    uint32_t slot_count, total_count, gather_count;
    double *sums; /* that of terms, then those of adjoints */
    uint32_t sum_count;
    double *seed; /* NULL: none is needed */
};

struct tape_rows { /* a program over single numbers */
    struct lanes_one *once, *forward, *back;
    struct lanes_term *terms;
    uint32_t once_count, forward_count, back_count, term_count;
};

/* Slots that a call reads, one behind another. */
struct tape_piece {
    uint32_t slot, first, count; /* first: of what it reads */
};

struct tape_reader {
    struct tape_call *call;
    struct tape_piece *pieces;
    uint32_t count;
    bool at; /* by value_at and reverse_at */
};

struct tape_stage {
    enum { STAGE_LANES, STAGE_ROWS, STAGE_CALL } kind;
    union {
        struct tape_lanes lanes;
        struct tape_rows rows;
        struct tape_reader call;
    };
};

/* Where in the memory. */
struct tape_memory {
    uint32_t constants, one, term, guard, zero;
    uint32_t columns, buffers; /* of the programs */
    uint32_t adjoints;         /* of slots; all behind are adjoints too */
    uint32_t sums, end;
};

/* Of a plate: whether some of its rows may be turned, or have been. */
enum { SEATS = 1, SEATS_TURNED = 2 };

struct tape_code_run {
    const struct lanes *lanes;
    double *memory;
    double *adjoints;     /* as they begin: what is the same in every run */
    size_t adjoint_count; /* all behind are 0 */
    struct tape_memory where;
    struct tape_stage *stages;
    uint32_t stage_count;
    struct tape_stage **later; /* those that go backward in the end */
    uint32_t later_count;
    uint8_t *turned; /* by plate: SEATS, SEATS_TURNED, or 0 */
    double *scratch; /* of calls: in, out, by out, by in */
    void **blocks;   /* all that was allocated */
    uint32_t block_count, block_room;
};

/* Zeroed, on a line of the cache, given back with the tape. NULL: memory ran
 * out. */
void *tape_take(struct tape_code_run *run, size_t count, size_t size);

/* How many rows of a plate at a time. */
uint32_t tape_block(const struct tape_plate *p, const struct tape_lowered *l);
/* A plate by lanes; `shared` is used where nothing must be kept. */
bool tape_place_lanes(struct tape *t, const struct tape_plate *p,
                      const struct tape_lowered *l, double *shared,
                      struct tape_lanes *out);
/* Room for any slots, if `turns`: then tape_scatter_again may fill it with
 * others. */
bool tape_place_scatter(struct tape_code_run *run, const uint32_t *slots,
                        uint32_t rows, uint32_t zero, bool turns,
                        struct lanes_scatter *out);
bool tape_scatter_again(const uint32_t *slots, uint32_t rows, uint32_t zero,
                        struct lanes_scatter *out);
/* Few rows stand in a program over single numbers, slots and all. */
bool tape_is_few(const struct tape_plate *p);

/* Room that plates take in the memory of the programs, in numbers. */
struct tape_room {
    size_t columns, buffers, sums;
};
/* `count` plates from p, lowered with rows apart, as one program; `used` is
 * what those before took. */
bool tape_place_rows(struct tape *t, const struct tape_plate *p,
                     const struct tape_lowered *l, uint32_t count,
                     struct tape_room *used, struct tape_rows *out);

#endif
