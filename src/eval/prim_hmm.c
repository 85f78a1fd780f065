/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives: hidden Markov models, their states summed out by the forward
 * algorithm (Rabiner, "A tutorial on hidden Markov models", 1989).
 */
#include "base/memory.h"
#include "base/special.h"
#include "eval/operand.h"
#include "eval/prim_tables.h"
#include "eval/row.h"

#include <float.h>
#include <math.h>

struct hmm {
    size_t states, times;
    const double *log_omega;  /* states x times */
    const double *transition; /* states x states, from row to column */
    const double *initial;
    double *now, *next; /* shares of the states, or their logs */
};

/* ---- the forward algorithm ---------------------------------------------- */

static double column_greatest(const struct hmm *h, size_t t)
{
    double greatest = -INFINITY;
    for (size_t k = 0; k < h->states; k++)
        greatest = fmax(greatest, h->log_omega[k * h->times + t]);
    return greatest;
}

static void one_step(const struct hmm *h)
{
    size_t n = h->states;
    memset(h->next, 0, n * sizeof *h->next);
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < n; k++)
            h->next[k] += h->now[j] * h->transition[j * n + k];
    memcpy(h->now, h->next, n * sizeof *h->now);
}

/* With shares that are scaled at each time; false when they become too small
 * to be told from zero, where logs may still tell them. */
static bool by_shares(const struct hmm *h, double *out)
{
    double sum = 0;
    memcpy(h->now, h->initial, h->states * sizeof *h->now);
    for (size_t t = 0; t < h->times; t++) {
        double greatest = column_greatest(h, t), all = 0;
        if (greatest == -INFINITY) break;
        if (t) one_step(h);
        for (size_t k = 0; k < h->states; k++) {
            h->now[k] *= exp(h->log_omega[k * h->times + t] - greatest);
            all += h->now[k];
        }
        if (!(all > 0x1p100 * DBL_MIN)) return false;
        for (size_t k = 0; k < h->states; k++) h->now[k] /= all;
        sum += greatest + log(all);
    }
    *out = sum;
    return true;
}

/* The same in logs, slower: nothing is too small. */
static double by_logs(const struct hmm *h, double *terms)
{
    size_t n = h->states;
    for (size_t t = 0; t < h->times; t++) {
        for (size_t k = 0; k < n; k++) {
            for (size_t j = 0; t && j < n; j++)
                terms[j] = h->now[j] + log(h->transition[j * n + k]);
            h->next[k] = (t ? log_sum_exp(terms, n) : log(h->initial[k])) +
                         h->log_omega[k * h->times + t];
        }
        memcpy(h->now, h->next, n * sizeof *h->now);
    }
    return log_sum_exp(h->now, n);
}

/* ---- operands ----------------------------------------------------------- */

/* At least 0, with sum 1 as far as data are rounded. */
static bool are_shares(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(x[i] >= 0)) return false;
        sum += x[i];
    }
    return fabs(sum - 1) <= 1e-6;
}

static bool check(struct machine *m, const struct hmm *h, bool *possible)
{
    for (size_t i = 0; i < h->states; i++)
        if (!are_shares(h->transition + i * h->states, h->states))
            return machine_domain_error(m,
                                        "hmm-marginal: row %zu of the "
                                        "transition is no probability vector",
                                        i);
    if (!are_shares(h->initial, h->states))
        return machine_domain_error(m, "hmm-marginal: the initial shares are "
                                       "no probability vector");
    for (size_t i = 0; i < h->states * h->times; i++)
        if (!(h->log_omega[i] < INFINITY))
            return machine_domain_error(m, "hmm-marginal: a log density is "
                                           "nan or infinite");
    *possible = true;
    for (size_t t = 0; t < h->times && *possible; t++)
        *possible = column_greatest(h, t) > -INFINITY;
    return true;
}

static bool hmm_marginal(struct machine *m, int n, const value *args,
                         value *out)
{
    struct vector *log_omega, *transition;
    struct doubles initial;
    bool possible = false;
    (void)n;
    if (!operand_matrix(m, "hmm-marginal", args[0], &log_omega) ||
        !operand_matrix(m, "hmm-marginal", args[1], &transition) ||
        !operand_doubles(m, "hmm-marginal", args[2], &initial))
        return false;
    size_t states = log_omega->rows;
    double *work = memory_new_atomic((3 * states + 1) * sizeof *work);
    struct hmm h = {states,         log_omega->columns, log_omega->at,
                    transition->at, initial.at,         work,
                    work + states};
    double sum = -INFINITY;
    bool done;
    if (!work)
        done = machine_no_memory(m);
    else if (!states || transition->rows != states ||
             transition->columns != states || initial.count != states)
        done = operand_error(m,
                             "hmm-marginal: shapes do not match: %zu x %zu log "
                             "densities, %u x %u transitions, %zu initial "
                             "shares",
                             states, h.times, transition->rows,
                             transition->columns, initial.count);
    else
        done = check(m, &h, &possible);
    if (done && possible && !by_shares(&h, &sum))
        sum = by_logs(&h, work + 2 * states);
    memory_free(work);
    doubles_close(&initial);
    if (done) *out = v_double(sum);
    return done;
}

/* ---- the table ---------------------------------------------------------- */

struct primitive primitives_hmm[] = {
    ROW(DEEP, "arrays", "hmm-marginal", hmm_marginal, 3, 3,
        "(hmm-marginal log-omega transition initial)",
        "The log density of the data of a hidden Markov model, its states "
        "summed out. log-omega: for each state a row of the log densities of "
        "the data; transition: from row to column."),
};
const size_t primitives_hmm_count =
    sizeof primitives_hmm / sizeof *primitives_hmm;
