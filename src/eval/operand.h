/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What primitives ask of their operands, and how they answer: checks with
 * the errors in the words that all primitives share. Operands are plain to
 * the depth that the primitive's row declares. `who` is the name of the
 * primitive. Each bool is false with m->error filled.
 */
#ifndef VST_EVAL_OPERAND_H
#define VST_EVAL_OPERAND_H

#include "eval/machine.h"

/* The result of a primitive that makes an object: V_UNBOUND says that memory
 * is at its limit. */
static inline bool answer(struct machine *m, value v, value *out)
{
    if (v == V_UNBOUND) return machine_no_memory(m);
    *out = v;
    return true;
}

/* A fresh vector (columns 0) or matrix, its elements zero and at *at. */
bool answer_array(struct machine *m, size_t rows, size_t columns, value *out,
                  double **at);

/* An integer, or a double that is whole and not above 2^53 in size: elements
 * of vectors and columns of data serve as indices. */
bool value_integer(value v, int64_t *out);
/* The integer of this value where there is one, else the double. */
value value_whole(double d);

bool operand_number(struct machine *m, const char *who, value v, double *out);
bool operand_integer(struct machine *m, const char *who, value v, int64_t *out);
/* A size: from 0 to COUNT_MAX. */
enum { COUNT_MAX = 1 << 30 };
bool operand_count(struct machine *m, const char *who, value v, size_t *out);
bool operand_list(struct machine *m, const char *who, value v);
bool operand_vector(struct machine *m, const char *who, value v,
                    struct vector **out);
bool operand_matrix(struct machine *m, const char *who, value v,
                    struct vector **out);
bool operand_array(struct machine *m, const char *who, value v,
                   struct vector **out);
/* A vector, or one of the numbers of a list; the same, or a matrix. */
bool operand_numbers(struct machine *m, const char *who, value v,
                     struct vector **out);
bool operand_columns(struct machine *m, const char *who, value v,
                     struct vector **out);
bool operand_string(struct machine *m, const char *who, value v,
                    struct string **out);
/* A string or a symbol. */
bool operand_text(struct machine *m, const char *who, value v,
                  struct string **out);
bool operand_record(struct machine *m, const char *who, value v,
                    struct record **out);

/* The numbers of a list or of a vector (a matrix: row after row); booleans
 * in a list count as 1 and 0, so that a mean of them is a share. The array
 * is the vector's own, or one that doubles_close gives back. */
struct doubles {
    const double *at;
    size_t count;
    double *owned;
};
bool operand_doubles(struct machine *m, const char *who, value v,
                     struct doubles *out);
void doubles_close(struct doubles *d);

/* A type error that has words of its own: shapes that do not match. */
bool operand_error(struct machine *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "a vector of 3", "a 2 x 3 matrix", "a number"; buffer of SHAPE_TEXT. */
enum { SHAPE_TEXT = 64 };
const char *shape_text(value v, char *buffer);

#endif
