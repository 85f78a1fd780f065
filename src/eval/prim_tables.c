/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list of the tables of primitives.
 */
#include "eval/prim_tables.h"

const struct primitive_table primitive_tables[] = {
    {primitives_number, &primitives_number_count},
    {primitives_math, &primitives_math_count},
    {primitives_summary, &primitives_summary_count},
    {primitives_list, &primitives_list_count},
    {primitives_search, &primitives_search_count},
    {primitives_text, &primitives_text_count},
    {primitives_vector, &primitives_vector_count},
    {primitives_array, &primitives_array_count},
    {primitives_matrix, &primitives_matrix_count},
    {primitives_hmm, &primitives_hmm_count},
    {primitives_data, &primitives_data_count},
    {primitives_json, &primitives_json_count},
};
const size_t primitive_table_count =
    sizeof primitive_tables / sizeof *primitive_tables;
