/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an INFER asks for, read from its arguments. There are three orders:
 *
 *     INFER n, INFER n true, INFER kernel n          move
 *     INFER expr samples lag [kernel]                the distribution of expr
 *     INFER [kernel] :samples n :warmup n ...        draws, and a summary
 */
#ifndef VST_SESSION_ORDER_H
#define VST_SESSION_ORDER_H

#include "session/session.h"

enum { CHAINS_DEFAULT = 4, CHAINS_MAX = 256 };

enum order_form { ORDER_MOVE, ORDER_DISTRIBUTION, ORDER_DRAWS };

/* What is drawn of the observations, as if they were to come again. */
enum predictive {
    PREDICTIVE_NONE,
    PREDICTIVE_POSTERIOR = 1,
    PREDICTIVE_PRIOR = 2,
    PREDICTIVE_BOTH = 3
};

struct order {
    enum order_form form;
    struct run_plan plan;
    bool rerun;        /* from the prior; else from the present state */
    bool warmup_draws; /* plan.warmup counts draws, not transitions yet */
    struct syntax *expression; /* ORDER_DISTRIBUTION */
    struct syntax **watched;   /* ORDER_DRAWS */
    uint32_t watched_count;
    size_t chains;   /* ORDER_DRAWS */
    const char *out; /* :out, or NULL */
    enum predictive predictive;
    bool seeded; /* :seed */
    uint64_t seed;
};

/* Reads the order; numbers in it are evaluated. `thin` is 0 where it is the
 * number of choices, which is known only when the run begins. false with the
 * session's error. */
bool order_parse(struct session *s, const struct request *q, struct order *out);

/* The same, and evaluates nothing: numbers are compiled, and taken for 1. */
bool order_shape(struct session *s, const struct request *q, struct order *out);

/* A kernel program. NULL with the session's error. shape_only: names in its
 * scopes are not looked up. */
struct kernel *order_kernel(struct session *s, struct syntax *from,
                            bool shape_only);

/* infer_many expr samples [burn-in 0] [lag 1]: from the prior. */
bool order_parse_many(struct session *s, const struct request *q,
                      struct order *out);

#endif
