/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What kernels have learned as bytes, so that a run can go on in another
 * process: of a kernel that is open its own bytes, then its parts'. Whoever
 * saves one, closes it and loads it again has the same kernel as who loads it
 * elsewhere, in the same state of the same program. It knows no programs:
 * where in a text something is, others write for it.
 */
#ifndef VST_INFER_KERNEL_PAST_H
#define VST_INFER_KERNEL_PAST_H

#include "base/pack.h"
#include "infer/kernel.h"

/* Places in the text of a program, by who knows the program. */
struct place_book {
    void *context;
    /* false: memory ran out. A place that is not the program's is written as
     * none. */
    bool (*write)(void *context, struct span place, struct text *out);
    /* false: these are no such bytes. *out without a source: it was none. */
    bool (*read)(void *context, struct unpack *from, struct span *out);
};

struct kernel_past {
    struct unpack from;
    const struct place_book *places;
};

/* Appends what it and its parts know. false: memory ran out. */
bool kernel_save(const struct kernel *k, const struct place_book *places,
                 struct text *out);

/* It and its parts know that again: before kernel_open, on a kernel that is
 * closed, and after kernel_plan. The bytes may be any: false with the
 * machine's error, closed. They are to stay until it is open. */
bool kernel_load(struct kernel *k, struct engine *e, struct kernel_past *past);

#endif
