/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The questions of trial.h about the extensions of the report's section 7.5:
 * does an XRP that decides by value whether it is kept say the same each time,
 * and does a transition of what a state hides leave what is in it, and the
 * distribution, as they were?
 *
 * A right transition of a state that was drawn with its values gives one that
 * could have been drawn with them. So what is drawn next has, beside these
 * values, the distribution that it has without the transition. Both are drawn,
 * and compared: pairs of the first value and the next, by quarters. Two
 * transitions are made, for the second goes by what the first one left.
 */
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_sf_gamma.h>

#include "base/memory.h"
#include "xrp/trial_inside.h"

/* A fault is called where chance would do as badly with this probability. */
#define FALSE_ALARM 1e-6

enum { ASKED = 100, TOGETHER = 3, QUARTERS = 4 };

/* ---- what is kept ------------------------------------------------------------- */

static bool tell_whim(struct trial *t, value v)
{
    char shown[64], line[160];
    snprintf(line, sizeof line,
             "rescores? says True of %s once, and False another time\n",
             trial_words(v, shown, sizeof shown));
    return trial_line(t, false, line);
}

bool trial_decisions(struct trial *t)
{
    enum xrp_decision d, again = XRP_UNDECIDED;
    value v;
    if (!trial_begin(t)) return false;
    for (int i = 0; i < ASKED; i++) {
        if (!trial_draw(t, &v)) return false;
        d = t->family->rescores(&t->site, v);
        if (d != XRP_UNDECIDED) again = t->family->rescores(&t->site, v);
        if (d == XRP_UNDECIDED || again == XRP_UNDECIDED)
            return trial_failed(t);
        if (d != again) return tell_whim(t, v);
    }
    return trial_line(t, true,
                      "rescores? says the same of a value each time\n");
}

/* ---- what is in the state stays ------------------------------------------------- */

static bool move(struct trial *t)
{
    const struct xrp_family *f = t->family;
    return f->transit(&t->site, &t->machine->random) || !f->failure ||
           !f->failure(&t->site, NULL) || trial_failed(t);
}

/* A state of its own, with values drawn from it in it. */
static bool draw_together(struct trial *t, value *values)
{
    t->site.state = NULL;
    if (!trial_begin(t)) return false;
    for (int i = 0; i < TOGETHER; i++)
        if (!trial_draw(t, &values[i]) || !trial_change(t, true, values[i]))
            return false;
    return true;
}

/* Everything is taken out of a state that moved, and put in again. */
static bool ask_contents(struct trial *t, bool *good)
{
    value values[TOGETHER];
    double before, after;
    char shown[64], line[240];
    for (int round = 0; round < ASKED; round++) {
        if (!draw_together(t, values) || !move(t) ||
            !trial_prob(t, values[0], &before))
            return false;
        for (int i = 0; i < TOGETHER; i++)
            if (!trial_change(t, false, values[i])) return false;
        for (int i = TOGETHER; i-- > 0;)
            if (!trial_change(t, true, values[i])) return false;
        if (!trial_prob(t, values[0], &after)) return false;
        *good = trial_agree(before, after);
        if (*good) continue;
        snprintf(line, sizeof line,
                 "after state-transition the values leave and come back: log "
                 "probability of %s was %.9g, is %.9g\n",
                 trial_words(values[0], shown, sizeof shown), before, after);
        return trial_line(t, false, line);
    }
    return true;
}

/* ---- and so does the distribution -------------------------------------------------- */

/* What was drawn without a transition, and with one. */
struct sample {
    double *first, *next; /* without, then with: n each */
    uint32_t n;
};

/* What is no number counts by its hash; a label by whether it is the first
 * one's. */
static double measure(const struct trial *t, value v, value first)
{
    if (t->family->flags & XRP_LABELS) return value_equal(v, first);
    return is_number(v) ? as_number(v) : (double)(value_hash(v, NULL) % 64);
}

static bool draw_sample(struct trial *t, struct sample *s)
{
    value values[TOGETHER], next;
    for (uint32_t i = 0; i < 2 * s->n; i++) {
        bool moves = i >= s->n;
        if (!draw_together(t, values) || (moves && !(move(t) && move(t))) ||
            !trial_draw(t, &next))
            return false;
        s->first[i] = measure(t, values[0], values[0]);
        s->next[i] = measure(t, next, values[0]);
    }
    return true;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Replaces numbers by the quarter of all of them in which they lie. */
static bool count_quarters(double *x, uint32_t n)
{
    double ends[QUARTERS - 1], *sorted = memory_new_atomic(n * sizeof *sorted);
    if (!sorted) return false;
    memcpy(sorted, x, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_size);
    for (int k = 0; k < QUARTERS - 1; k++)
        ends[k] = sorted[(uint64_t)n * (uint64_t)(k + 1) / QUARTERS];
    for (uint32_t i = 0; i < n; i++) {
        int k = 0;
        while (k < QUARTERS - 1 && x[i] > ends[k]) k++;
        x[i] = k;
    }
    return true;
}

/* Two samples of one size: Pearson's sum of homogeneity. */
static double p_value(const struct sample *s)
{
    double counted[2][QUARTERS * QUARTERS] = {{0}}, square = 0.0;
    int cells = 0;
    for (uint32_t i = 0; i < 2 * s->n; i++)
        counted[i >= s->n][QUARTERS * (int)s->first[i] + (int)s->next[i]]++;
    for (int k = 0; k < QUARTERS * QUARTERS; k++) {
        double sum = counted[0][k] + counted[1][k];
        double d = counted[0][k] - counted[1][k];
        if (sum < 10.0) continue;
        square += d * d / sum;
        cells++;
    }
    return cells < 2 ? 1.0
                     : gsl_sf_gamma_inc_Q(0.5 * (cells - 1), 0.5 * square);
}

bool trial_transition(struct trial *t)
{
    uint32_t n = t->draws;
    struct sample s = {.n = n};
    bool good = true;
    if (!ask_contents(t, &good)) return false;
    if (!good) return true;
    s.first = memory_new_atomic(2 * n * sizeof *s.first);
    s.next = memory_new_atomic(2 * n * sizeof *s.next);
    if (!s.first || !s.next) return machine_no_memory(t->machine);
    if (!draw_sample(t, &s)) return false;
    if (!count_quarters(s.first, 2 * n) || !count_quarters(s.next, 2 * n))
        return machine_no_memory(t->machine);
    good = p_value(&s) > FALSE_ALARM;
    return trial_line(
        t, good,
        good ? "state-transition leaves values and distribution alone\n"
             : "state-transition is not drawn given the values: what comes "
               "next has another distribution after it\n");
}
