/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What can be said of draws from one or several chains: moments, quantiles,
 * effective sample sizes, Monte Carlo error and R-hat. It sees numbers only;
 * what they are called and how they are shown is the session's.
 *
 * Sources. [V] Vehtari, Gelman, Simpson, Carpenter, Buerkner, "Rank-
 * normalization, folding, and localization: an improved R-hat for assessing
 * convergence of MCMC", Bayesian Analysis 16 (2021) 667-718. [G] Geyer,
 * "Practical Markov chain Monte Carlo", Statistical Science 7 (1992)
 * 473-483, section 3.3. [HF] Hyndman, Fan, "Sample quantiles in statistical
 * packages", The American Statistician 50 (1996) 361-365, definition 7.
 */
#ifndef VST_INFER_DIAGNOSTICS_H
#define VST_INFER_DIAGNOSTICS_H

#include <stdbool.h>
#include <stddef.h>

/* Draw i of chain c is at[c * draws + i]; all chains have as many. */
struct chains {
    const double *at;
    size_t count, draws;
};

/* Why a diagnostic is NaN. */
enum flaw {
    FLAW_NONE,
    FLAW_FEW,        /* fewer than DIAGNOSTICS_DRAWS_MIN a chain */
    FLAW_CONSTANT,   /* all draws are one number */
    FLAW_NOT_FINITE, /* an infinity or a NaN among the draws */
    FLAW_COUNT
};

enum { DIAGNOSTICS_DRAWS_MIN = 12 };

struct diagnostics {
    double mean, sd;      /* of all draws; sd with n - 1 */
    double q05, q50, q95; /* [HF] 7 */
    double ess_mean;      /* of split chains, not rank-normalised */
    double ess_bulk;      /* [V] section 4.1 */
    double ess_tail;      /* [V] section 4.3 */
    double rhat;          /* [V] section 4.2, folded or not, the larger */
    /* Monte Carlo standard errors. Of the mean: sd / sqrt(ess_mean). Of the
     * sd: by the delta method from that of the mean square. Of a quantile p:
     * half the distance of the quantiles p -+ sqrt(p (1 - p) / ESS), ESS of
     * being below it, [V] section 4.4 with the normal for the beta. */
    double mcse, mcse_sd, mcse_q05, mcse_q50, mcse_q95;
    enum flaw flaw;
};

/* "constant", "not finite", ... as it ends the sentence "x is ...". */
const char *flaw_text(enum flaw flaw);

/* Everything at once. Constant draws: mean, sd and quantiles as they are, the
 * rest NaN. Infinities: quantiles only. A NaN, or no draws: all NaN. False
 * only when memory ran out. O(n log n) of all draws. */
bool diagnose(struct chains x, struct diagnostics *out);
/* The same in room that many columns share; *room NULL before the first. */
struct diagnosing;
bool diagnose_in(struct diagnosing **room, struct chains x,
                 struct diagnostics *out);
void diagnosing_close(struct diagnosing *room);

double draws_mean(const double *x, size_t n); /* NaN for none */
double draws_sd(const double *x, size_t n);   /* NaN below two */
/* About this mean, with n - 1; NaN below two. */
double draws_variance(const double *x, size_t n, double mean);

/* Quantile p in [0, 1] of ascending numbers: linear between order statistics
 * (n - 1) p, [HF] definition 7. NaN for none. */
double quantile_of_sorted(const double *sorted, size_t n, double p);

/* The mean over the chains of their autocovariances at lags 0 .. draws - 1,
 * each about the chain's own mean and divided by draws. False when memory
 * ran out. */
bool autocovariance(struct chains x, double *out);

/* Effective sample size of the mean, [V] section 3.2 and formulas (10) to
 * (12), with the initial monotone sequence of [G]: chains as they are,
 * neither split nor ranked. At most N log10 N, N all draws. NaN for constant
 * draws, for fewer than six a chain, or when memory ran out. */
double effective_size(struct chains x);

/* sqrt((W (n - 1) / n + B / n) / W), [V] formulas (1) to (4): chains as they
 * are. Infinite when each chain stands still at a place of its own. */
double rhat_plain(struct chains x);

/* E-BFMI of one chain: the mean square of the changes of the energy over its
 * variance, Betancourt, "Diagnosing suboptimal cotangent disintegrations in
 * Hamiltonian Monte Carlo" (arXiv 1604.00695), section 3. Near 1 is well,
 * below 0.3 ill. NaN for constant or not finite energies, or fewer than two.
 * O(n). */
double energy_information(const double *energy, size_t n);

/* How far apart are the draws that are marked from the others? The statistic
 * of Mann and Whitney, "On a test of whether one of two random variables is
 * stochastically larger than the other", Annals of Mathematical Statistics 18
 * (1947) 50-60, in standard deviations, ties by mean ranks: above 0 when the
 * marked are larger. 0 when all or none are marked; NaN when memory ran out.
 * O(n log n). */
double marked_apart(const double *x, const bool *marked, size_t n);

#endif
