/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All tables of primitives of C, in the order in which HELP shows them. Who
 * adds a table adds a line in prim_tables.c.
 */
#ifndef VST_EVAL_PRIM_TABLES_H
#define VST_EVAL_PRIM_TABLES_H

#include "eval/machine.h"

extern struct primitive primitives_math[], primitives_summary[],
    primitives_search[], primitives_array[], primitives_matrix[],
    primitives_hmm[], primitives_json[];
extern const size_t primitives_math_count, primitives_summary_count,
    primitives_search_count, primitives_array_count, primitives_matrix_count,
    primitives_hmm_count, primitives_json_count;

struct primitive_table {
    struct primitive *rows;
    const size_t *count;
};
extern const struct primitive_table primitive_tables[];
extern const size_t primitive_table_count;

#endif
