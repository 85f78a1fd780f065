/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The questions of trial.h about what an XRP says of moves: its own
 * proposals, and the slopes of its prob.
 */
#include <math.h>

#include "xrp/trial_inside.h"

/* ---- proposals ------------------------------------------------------------ */

enum { PROPOSALS = 50, TRIES = 200 };

struct proposal {
    value old, new;
    double forward, backward;
};

static bool propose(struct trial *t, struct proposal *p)
{
    if (t->family->propose(&t->site, &t->machine->random, p->old, &p->new,
                           &p->forward, &p->backward))
        return true;
    p->new = p->old;
    p->forward = p->backward = 0.0;
    return !t->family->failure || !t->family->failure(&t->site, NULL) ||
           trial_failed(t);
}

static bool tell_proposal(struct trial *t, const struct proposal *p,
                          const struct proposal *back)
{
    char one[64], other[64], line[240];
    snprintf(line, sizeof line,
             "propose from %s to %s says %.9g backward, and from there to it "
             "%.9g forward\n",
             trial_words(p->old, one, sizeof one),
             trial_words(p->new, other, sizeof other), p->backward,
             back->forward);
    return trial_line(t, false, line);
}

/* What a proposal calls backward, the way back calls forward. Where values
 * are too many to come back to, nothing is compared. */
bool trial_proposals(struct trial *t)
{
    int compared = 0;
    if (!trial_begin(t)) return false;
    for (int i = 0; i < PROPOSALS; i++) {
        struct proposal p, back;
        if (!trial_draw(t, &p.old) || !propose(t, &p)) return false;
        back.old = p.new;
        for (int j = 0; j < TRIES; j++) {
            if (!propose(t, &back)) return false;
            if (!value_equal(back.new, p.old)) continue;
            compared++;
            if (!trial_agree(back.forward, p.backward) ||
                !trial_agree(back.backward, p.forward))
                return tell_proposal(t, &p, &back);
            break;
        }
    }
    return trial_line(t, true,
                      compared ? "proposals and their ways back agree\n"
                               : "proposals (never the same way back)\n");
}

/* ---- slopes --------------------------------------------------------------- */

enum { OPERANDS = 32 };

static double step_of(double x) { return 1e-5 * (1.0 + fabs(x)); }

/* By central differences: of the value when `operand` is NULL. */
static bool slope(struct trial *t, value v, value *operand, double *out)
{
    double x = as_number(operand ? *operand : v), h = step_of(x), p[2];
    value before = operand ? *operand : v;
    for (int side = 0; side < 2; side++) {
        value moved = v_double(side ? x + h : x - h);
        if (operand) *operand = moved;
        if (!trial_prob(t, operand ? v : moved, &p[side])) return false;
    }
    if (operand) *operand = before;
    *out = (p[1] - p[0]) / (2.0 * h);
    return true;
}

/* What is no real number, or has no slope, is not asked. */
static bool ask_slope(struct trial *t, value v, value *operand, double said,
                      const char *by, int number)
{
    double found;
    char line[160], which[16] = "";
    if (said != said || !is_double(operand ? *operand : v)) return true;
    if (!slope(t, v, operand, &found)) return false;
    if (!(fabs(found) < INFINITY) ||
        fabs(said - found) <= 1e-4 * (1.0 + fabs(found)))
        return true;
    if (operand) snprintf(which, sizeof which, " %d", number);
    snprintf(line, sizeof line,
             "gradient by %s%s is %.9g, and prob rises by %.9g\n", by, which,
             said, found);
    return trial_line(t, false, line);
}

static bool ask_slopes(struct trial *t, value *operands, int n)
{
    value v;
    double by_value, by[OPERANDS];
    int faults = t->faults;
    if (!trial_begin(t) || !trial_draw(t, &v)) return false;
    if (!t->family->gradient(&t->site, v, &by_value, by))
        return trial_failed(t);
    bool good = ask_slope(t, v, NULL, by_value, "value", 0);
    for (int i = 0; good && i < n; i++)
        good = ask_slope(t, v, &operands[i], by[i], "operand", i);
    return good && (t->faults > faults ||
                    trial_line(t, true, "gradient agrees with prob\n"));
}

bool trial_slopes(struct trial *t)
{
    value operands[OPERANDS];
    struct xrp_site given = t->site;
    int n = given.params ? given.param_count : given.arg_count;
    if (n > OPERANDS) return true;
    if (n)
        memcpy(operands, given.params ? given.params : given.args,
               (size_t)n * sizeof *operands);
    if (given.params)
        t->site.params = operands;
    else
        t->site.args = operands;
    bool good = ask_slopes(t, operands, n);
    t->site.params = given.params;
    t->site.args = given.args;
    return good;
}
