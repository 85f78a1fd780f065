/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A network of cells, summed up: each cell's rows become a table over what it
 * reads and its own value, and all but what is asked is eliminated.
 */
#ifndef VST_INFER_NET_SUM_H
#define VST_INFER_NET_SUM_H

#include "trace/net.h"

struct net_sums {
    bool known; /* false: the network is too wide */
    double *of; /* a value of what was asked; malloc's, to be freed */
    double log_scale;
    uint64_t rows;
};

/* net->asked is there. false when memory ran out. */
bool net_sum(const struct net *net, struct net_sums *out);

#endif
