/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For tests of scopes: one of all choices, in blocks by the tag t.
 */
#ifndef VST_TESTS_SCOPE_OPEN_H
#define VST_TESTS_SCOPE_OPEN_H

#include "families.h"
#include "trace/scope.h"

static inline struct scope *open_scope(void)
{
    struct scope *s = scope_new();
    assert_non_null(s);
    s->nodes[0] = (struct scope_node){.test = SCOPE_ALL};
    s->count = 1;
    s->blocks_of = symbol("t");
    return s;
}

#endif
