/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Functions of numbers applied to dense arrays, element by element, with
 * NumPy's broadcasting: shapes are compared from the last axis, an axis of
 * length 1 or one that is missing is repeated. A list of numbers is taken as
 * the vector of them. Results are doubles.
 */
#ifndef VST_EVAL_ELEMENTWISE_H
#define VST_EVAL_ELEMENTWISE_H

#include "eval/machine.h"

/* Each answers false when its operands are outside its domain. */
typedef bool unary_function(double x, double *out);
typedef bool binary_function(double x, double y, double *out);

/* A function with the words of its errors: "log", "defined for x >= 0". */
struct unary {
    const char *name, *domain;
    unary_function *function;
};
struct binary {
    const char *name, *domain;
    binary_function *function;
};

/* A number gives a double, an array one of the same shape. Type errors name
 * the function; domain errors show the operands and, in an array, the
 * element. O(elements). */
bool elementwise_unary(struct machine *m, const struct unary *f, value x,
                       value *out);
bool elementwise_binary(struct machine *m, const struct binary *f, value x,
                        value y, value *out);

/* The four that carry models, in loops that vectorise. */
enum elementwise_kind {
    ELEMENTWISE_ADD,
    ELEMENTWISE_SUBTRACT,
    ELEMENTWISE_MULTIPLY,
    ELEMENTWISE_DIVIDE
};
bool elementwise_arithmetic(struct machine *m, enum elementwise_kind kind,
                            value x, value y, value *out);

#endif
