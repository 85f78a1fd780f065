/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A procedure run beside the trace: what it draws is drawn at once and is no
 * part of the trace; what it reads of the trace is read. For kernels that
 * users write.
 */
#ifndef VST_TRACE_BESIDE_H
#define VST_TRACE_BESIDE_H

#include "trace/engine.h"

/* What came out: the outermost call, when it was a random procedure without
 * state. */
struct beside {
    value held;                      /* plain */
    const struct xrp_family *family; /* NULL: it was none */
    struct xrp_site site;
};

/* Runs code whose value is a procedure of one operand, and applies that to
 * `operand`. false with the machine's error. */
bool beside_run(struct engine *e, struct code *code, value operand,
                struct beside *out);

#endif
