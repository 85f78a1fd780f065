/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recipes: an expression of arithmetic over numbers and choices, as a row of
 * steps that a loop goes through, with one double at hand and a small stack.
 * Readers that compute the same expression again and again use them; what a
 * recipe cannot do is read the general way.
 *
 * Ownership: a recipe belongs to the collector, and its expression holds it.
 * The choices that it names are those of the expression.
 */
#ifndef VST_TRACE_RECIPE_H
#define VST_TRACE_RECIPE_H

#include "eval/machine.h"

/* Arguments of a choice as they are now, as doubles: numbers, choices and
 * expressions, whose recipes are made when they are first met here; bit for
 * bit what reading them gives. false, and nothing has happened: some choice
 * holds no double, a divisor is 0, or one is of another kind. */
bool recipe_numbers(const value *written, uint32_t count, double *out);

#endif
