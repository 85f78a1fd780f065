/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every state of a finite program, once for each way in which its choices
 * can come out when it is run from the prior.
 */
#ifndef VST_INFER_ENUMERATION_H
#define VST_INFER_ENUMERATION_H

#include "trace/engine.h"

/* A way: which of its values each draw takes, in the order of drawing. */
struct way {
    uint32_t length;
    const uint32_t *at;
};

/* The state is open. *log_mass is the log of its mass (its probability given
 * what is observed, up to a factor); what the visitor itself draws of the
 * trace becomes part of the way, and of the mass. false: with the machine's
 * error, stop. */
typedef bool way_visit(void *context, struct way way, const double *log_mass);

/* Goes through all; `name` is in front of errors. More than `most` ways (or as
 * many draws as these may have together, see the .c file), or a
 * choice that is not finite, is an error. */
bool enumeration_run(struct engine *e, const char *name, double most,
                     way_visit *visit, void *context);
/* Goes one way, and stays in its state. */
bool enumeration_go(struct engine *e, const char *name, struct way way);

#endif
