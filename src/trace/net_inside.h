/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of nets share: see net.h.
 */
#ifndef VST_TRACE_NET_INSIDE_H
#define VST_TRACE_NET_INSIDE_H

#include "trace/net.h"

/* Is there, in what this code mentions, anything that observes, conditions or
 * weighs? false: memory ran out. O(what is mentioned). */
bool net_conditions(struct machine *m, const struct code *code, bool *out);

#endif
