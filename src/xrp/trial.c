/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The questions of trial.h that have an exact answer. A state is looked at
 * from outside only: two are the same when they give the same probability to
 * each of a few values, which are those that were drawn.
 */
#include "xrp/trial_inside.h"

#include <math.h>

#include "eval/print.h"

enum { ROUNDS = 20, LENGTH = 10 };

/* ---- parts ---------------------------------------------------------------- */

bool trial_failed(struct trial *t)
{
    return xrp_domain_error(t->family, &t->site, &t->machine->error);
}

bool trial_line(struct trial *t, bool good, const char *what)
{
    t->faults += !good;
    return text_printf(t->out, "%-7s%s", good ? "ok" : "FAULT", what) ||
           machine_no_memory(t->machine);
}

bool trial_note(struct trial *t, const char *what)
{
    return text_printf(t->out, "%-7s%s", "-", what) ||
           machine_no_memory(t->machine);
}

const char *trial_words(value v, char *to, size_t size)
{
    enum { WORDS = 41 }; /* two of them and a sentence are a line */
    print_cut(to, size < WORDS ? size : WORDS, v);
    return to;
}

bool trial_begin(struct trial *t)
{
    if (!t->family->initialize) return true;
    t->site.state = xrp_begin(t->family, &t->site, t->site.state);
    return t->site.state || machine_no_memory(t->machine);
}

bool trial_prob(struct trial *t, value v, double *out)
{
    *out = t->family->prob(&t->site, v);
    return *out == *out || trial_failed(t);
}

bool trial_draw(struct trial *t, value *out)
{
    return t->family->sample(&t->site, &t->machine->random, out) ||
           trial_failed(t);
}

bool trial_change(struct trial *t, bool in, value v)
{
    double p;
    if (!t->site.state) return true;
    (in ? t->family->incorporate : t->family->remove)(&t->site, v);
    return trial_prob(t, v, &p); /* tells of what went wrong */
}

bool trial_agree(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-8 * (1.0 + fabs(a));
}

static void shuffle(struct random *r, value *values, int n)
{
    for (int i = n; i > 1; i--) {
        int j = (int)random_below(r, (uint64_t)i);
        value v = values[i - 1];
        values[i - 1] = values[j];
        values[j] = v;
    }
}

/* Draws one after another, each taken in. */
static bool draw_all(struct trial *t, value *values, int n)
{
    for (int i = 0; i < n; i++)
        if (!trial_draw(t, &values[i]) || !trial_change(t, true, values[i]))
            return false;
    return true;
}

/* ---- remove undoes incorporate --------------------------------------------- */

static bool look(struct trial *t, const value *values, double *probs)
{
    for (int i = 0; i < LENGTH; i++)
        if (!trial_prob(t, values[i], &probs[i])) return false;
    return true;
}

struct look {
    const value *values;
    double before[LENGTH], after[LENGTH];
};

static int first_difference(const struct look *l)
{
    int i = 0;
    while (i < LENGTH && trial_agree(l->before[i], l->after[i])) i++;
    return i;
}

static bool tell_difference(struct trial *t, const struct look *l, int i,
                            const char *what)
{
    char shown[64], line[200];
    snprintf(line, sizeof line, "%s: log probability of %s was %.9g, is %.9g\n",
             what, trial_words(l->values[i], shown, sizeof shown), l->before[i],
             l->after[i]);
    return trial_line(t, false, line);
}

/* The first half is taken in and looked at; the second comes and goes, in
 * another order. */
static bool come_and_go(struct trial *t, struct look *l, value *order)
{
    enum { HALF = LENGTH / 2 };
    if (!trial_begin(t)) return false;
    for (int i = 0; i < LENGTH; i++) {
        if (i == HALF && !look(t, l->values, l->before)) return false;
        if (!trial_change(t, true, order[i])) return false;
    }
    shuffle(&t->machine->random, order + HALF, LENGTH - HALF);
    for (int i = HALF; i < LENGTH; i++)
        if (!trial_change(t, false, order[i])) return false;
    return look(t, l->values, l->after);
}

static bool ask_undo(struct trial *t)
{
    value values[LENGTH], order[LENGTH];
    for (int round = 0; round < ROUNDS; round++) {
        struct look l = {.values = values};
        if (!trial_begin(t) || !draw_all(t, values, LENGTH)) return false;
        memcpy(order, values, sizeof order);
        shuffle(&t->machine->random, order, LENGTH);
        if (!come_and_go(t, &l, order)) return false;
        int i = first_difference(&l);
        if (i < LENGTH)
            return tell_difference(t, &l, i,
                                   "remove does not undo incorporate");
    }
    return trial_line(t, true, "remove undoes incorporate\n");
}

/* ---- any order, one probability --------------------------------------------- */

static bool joint(struct trial *t, const value *values, int n, double *sum)
{
    double p;
    *sum = 0.0;
    if (!trial_begin(t)) return false;
    for (int i = 0; i < n; i++) {
        if (!trial_prob(t, values[i], &p) || !trial_change(t, true, values[i]))
            return false;
        *sum += p;
    }
    return true;
}

static bool tell_order(struct trial *t, const value *values, int n,
                       double first, double second)
{
    char shown[64], line[240];
    snprintf(line, sizeof line,
             "the order matters: log probability of the %d values %s: %.9g, "
             "and %.9g in another order\n",
             n, trial_words(list_from(values, (size_t)n), shown, sizeof shown),
             first, second);
    return trial_line(t, false, line);
}

static bool ask_order(struct trial *t)
{
    value values[LENGTH], order[LENGTH];
    for (int round = 0; round < ROUNDS; round++) {
        int n = 2 + round % (LENGTH - 1);
        double first, second;
        if (!trial_begin(t) || !draw_all(t, values, n)) return false;
        memcpy(order, values, sizeof order);
        shuffle(&t->machine->random, order, n);
        if (!joint(t, values, n, &first) || !joint(t, order, n, &second))
            return false;
        if (!trial_agree(first, second))
            return tell_order(t, values, n, first, second);
    }
    return trial_line(t, true, "sequences are exchangeable\n");
}

/* Drawn, and undone at once: nothing has happened. */
static bool ask_unsample(struct trial *t)
{
    value values[LENGTH], v;
    struct look l = {.values = values};
    if (!trial_begin(t) || !draw_all(t, values, LENGTH) ||
        !look(t, values, l.before))
        return false;
    for (int round = 0; round < ROUNDS; round++) {
        double p;
        if (!trial_draw(t, &v) || !trial_change(t, true, v) ||
            !trial_change(t, false, v))
            return false;
        t->family->unsample(&t->site, v);
        if (!trial_prob(t, v, &p) || !look(t, values, l.after)) return false;
        int i = first_difference(&l);
        if (i < LENGTH)
            return tell_difference(t, &l, i, "unsample changes what is left");
    }
    return trial_line(t, true, "unsample undoes a draw\n");
}

/* A label that nobody has counts as none in the score of a whole state, as
 * in that of one after another: they agree. */
static bool ask_score(struct trial *t)
{
    value values[LENGTH];
    char line[160];
    for (int round = 0; round < ROUNDS; round++) {
        int n = round % (LENGTH + 1);
        double one_by_one, whole;
        if (!trial_begin(t) || !draw_all(t, values, n) ||
            !joint(t, values, n, &one_by_one))
            return false;
        whole = t->family->score_state(&t->site);
        if (whole != whole) return trial_failed(t);
        if (trial_agree(one_by_one, whole)) continue;
        snprintf(line, sizeof line,
                 "score-state of %d values is %.9g, and prob one by one gives "
                 "%.9g\n",
                 n, whole, one_by_one);
        return trial_line(t, false, line);
    }
    return trial_line(t, true, "score-state agrees with prob\n");
}

/* ---- all questions -------------------------------------------------------------- */

bool xrp_trial(struct trial *t)
{
    const struct xrp_family *f = t->family;
    t->faults = 0;
    if (f->initialize && !(ask_undo(t) && ask_order(t))) return false;
    if (f->initialize && t->whole && !ask_score(t)) return false;
    if (f->unsample && !ask_unsample(t)) return false;
    if ((f->flags & XRP_WEIGHS || f->state_weight) && !trial_weights(t))
        return false;
    return trial_frequencies(t) && (!f->enumerate || trial_support(t)) &&
           (!f->propose || trial_proposals(t)) &&
           (!f->state_propose || trial_joint(t)) &&
           (!f->rescores || trial_decisions(t)) &&
           (!f->transit || trial_transition(t)) &&
           (!f->gradient || trial_slopes(t));
}
