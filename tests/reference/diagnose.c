/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Diagnostics of draws on standard input: the number of chains, of draws of
 * each, then the draws, chain by chain. Prints them on one line, for
 * posterior.R.
 */
#include <stdio.h>
#include <stdlib.h>

#include "infer/diagnostics.h"

int main(void)
{
    size_t chains, draws;
    struct diagnostics d;
    if (scanf("%zu %zu", &chains, &draws) != 2) return 2;
    double *x = calloc(chains * draws + 1, sizeof *x);
    for (size_t i = 0; x && i < chains * draws; i++)
        if (scanf("%lf", &x[i]) != 1) return 2;
    if (!x || !diagnose((struct chains){x, chains, draws}, &d)) return 1;
    const double out[] = {d.mean,     d.sd,       d.q05,      d.q50,     d.q95,
                          d.ess_mean, d.ess_bulk, d.ess_tail, d.rhat,    d.mcse,
                          d.mcse_sd,  d.mcse_q05, d.mcse_q50, d.mcse_q95};
    for (size_t i = 0; i < sizeof out / sizeof *out; i++)
        printf("%s%.17g", i ? " " : "", out[i]);
    puts("");
    free(x);
    return 0;
}
