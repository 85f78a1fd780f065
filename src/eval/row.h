/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How the tables of primitives are written: a row says what it looks at, its
 * topic, its names, function, least and most operands (-1: any number), its
 * signature and one line of documentation.
 */
#ifndef VST_EVAL_ROW_H
#define VST_EVAL_ROW_H

#include "eval/machine.h"

#define ROW(look_, topic_, names_, function_, min_, max_, signature_, doc_) \
    {                                                                       \
        .names = names_, .function = function_, .min = min_, .max = max_,   \
        look_, .topic = topic_, .signature = signature_, .doc = doc_        \
    }

/* The first word of a row; CHEAP ones may stand in a branch of an `if` that
 * becomes an expression; TOTAL ones raise nothing on
 * numbers. */
#define DEEP .look = LOOK_DEEP
#define DEEP_CHEAP .look = LOOK_DEEP, .flags = PRIMITIVE_CHEAP
#define DEEP_TOTAL .look = LOOK_DEEP, .flags = PRIMITIVE_CHEAP | PRIMITIVE_TOTAL
#define OUTER(mask_) .look = LOOK_OUTER, .outer = mask_
#define OUTER_CHEAP(mask_) \
    .look = LOOK_OUTER, .outer = mask_, .flags = PRIMITIVE_CHEAP
#define OUTER_ELEMENT \
    .look = LOOK_OUTER, .outer = 3, .flags = PRIMITIVE_CHEAP | PRIMITIVE_ELEMENT
#define OUTER_INDEX                 \
    .look = LOOK_OUTER, .outer = 3, \
    .flags = PRIMITIVE_CHEAP | PRIMITIVE_ELEMENT | PRIMITIVE_INDEX
#define NONE .look = LOOK_NONE
#define NONE_CHEAP .look = LOOK_NONE, .flags = PRIMITIVE_CHEAP
#define FORCE .look = LOOK_FORCE

/* The mask of OUTER for every operand, however many. */
#define EVERY 0xffff

#endif
