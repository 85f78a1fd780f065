/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels as bytes: see kernel_past.h. What a kernel itself writes is its
 * row's matter; here is how it stands among those of its parts.
 */
#include "infer/kernel_past.h"

bool kernel_save(const struct kernel *k, const struct place_book *places,
                 struct text *out)
{
    struct text own = {0};
    bool good = (!k->row->save || k->row->save(k, places, &own)) &&
                pack_bytes(out, own.at ? own.at : "", own.length) &&
                pack_word(out, k->drawn) && pack_word(out, k->part_count);
    text_free(&own);
    for (uint32_t i = 0; good && i < k->part_count; i++)
        good = kernel_save(k->parts[i], places, out);
    return good;
}

/* One that chooses its parts has them when its own bytes were read. It counts
 * as open, for what it has is to be given back. */
static bool load(struct kernel *k, struct kernel_past *past)
{
    struct kernel_past own = {.places = past->places};
    uint64_t drawn, parts;
    k->loaded = k->open = true;
    if (!unpack_bytes(&past->from, &own.from.at, &own.from.left) ||
        !unpack_word(&past->from, &drawn) || !unpack_word(&past->from, &parts))
        return false;
    k->drawn = drawn;
    bool good = (!k->row->load || k->row->load(k, &own)) && !own.from.left &&
                parts == k->part_count;
    for (uint32_t i = 0; good && i < k->part_count; i++)
        good = load(k->parts[i], past);
    return good;
}

bool kernel_load(struct kernel *k, struct engine *e, struct kernel_past *past)
{
    error_clear(&e->machine->error);
    if (load(k, past) && !past->from.left) return true;
    kernel_close(k, e);
    return error_set(&e->machine->error, ERROR_IO,
                     "that is nothing that the kernel %s has learned",
                     k->row->name);
}
