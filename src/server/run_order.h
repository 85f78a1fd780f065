/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a client asks of a run, read from the body of its request, and the
 * INFER that says so. An error that an engine finds in the INFER is told as
 * one of the member that the client sent.
 */
#ifndef VST_SERVER_RUN_ORDER_H
#define VST_SERVER_RUN_ORDER_H

#include <jansson.h>

#include "server/exchange.h"

enum { SAMPLES_MOST = 1000000000 };

struct run_order {
    const char *kernel, *time;
    uint64_t samples, warmup, thin, chains, seed;
    bool has_samples, has_warmup, has_thin, has_chains, seeded;
    const json_t *watch;
};

/* It holds on to the object. false: answered with a problem. */
bool run_order_read(struct exchange *x, const json_t *o, struct run_order *w);
/* The order as a person would type it. false: no memory. */
bool run_order_print(const struct run_order *w, struct text *out);
/* The same INFER with another number of samples; false as well when it has
 * none. */
bool run_order_extended(const char *infer, uint64_t samples, struct text *out);

/* An error, as JSON, that an engine found in the INFER of this order: its
 * span becomes one of the text of the member where it lies, and `pointer`
 * names that. Appends; false: no memory. */
bool run_order_mend_error(const struct run_order *o, const char *error,
                          size_t length, struct text *out);

#endif
