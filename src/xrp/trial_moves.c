/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The questions of trial.h about what an XRP says of moves: its own
 * proposals, of one value and of all that are in its state, how often it
 * wants them, and the slopes of its prob.
 */
#include <math.h>

#include "xrp/trial_inside.h"

/* ---- proposals ------------------------------------------------------------ */

enum { PROPOSALS = 50, TRIES = 200, TOGETHER = 3 };

/* Of one value, or of all values of a state, as a list. Where there is none
 * the new value is the old one, and its probabilities are NaN. */
struct proposal {
    value old, new;
    double forward, backward;
};

static bool told_nothing(struct trial *t)
{
    return !t->family->failure || !t->family->failure(&t->site, NULL) ||
           trial_failed(t);
}

static bool propose_one(struct trial *t, struct proposal *p)
{
    if (t->family->propose(&t->site, &t->machine->random, p->old, &p->new,
                           &p->forward, &p->backward))
        return true;
    p->new = p->old;
    p->forward = p->backward = NAN;
    return told_nothing(t);
}

/* A state with the old values in it, all with the arguments of the trial. */
static bool propose_all(struct trial *t, struct proposal *p)
{
    value values[TOGETHER], arguments[TOGETHER], rest = p->old, list;
    if (!trial_begin(t)) return false;
    list = list_from(t->site.args, (size_t)t->site.arg_count);
    for (int i = 0; i < TOGETHER; i++, rest = cdr(rest)) {
        values[i] = car(rest);
        arguments[i] = list;
        if (!trial_change(t, true, values[i])) return false;
    }
    p->new = p->old;
    p->forward = p->backward = NAN;
    if (!t->family->state_propose(&t->site, &t->machine->random, TOGETHER,
                                  arguments, values, &p->forward, &p->backward))
        return told_nothing(t);
    p->new = list_from(values, TOGETHER);
    return p->new != V_UNBOUND || machine_no_memory(t->machine);
}

static bool draw_all(struct trial *t, struct proposal *p)
{
    value values[TOGETHER];
    if (!trial_begin(t)) return false;
    for (int i = 0; i < TOGETHER; i++)
        if (!trial_draw(t, &values[i]) || !trial_change(t, true, values[i]))
            return false;
    p->old = list_from(values, TOGETHER);
    return p->old != V_UNBOUND || machine_no_memory(t->machine);
}

static bool draw_one(struct trial *t, struct proposal *p)
{
    return trial_draw(t, &p->old);
}

struct mover {
    const char *name, *agrees, *never, *often;
    bool (*draw)(struct trial *, struct proposal *);
    bool (*propose)(struct trial *, struct proposal *);
};

static const struct mover of_one = {"propose",
                                    "proposals and their ways back agree\n",
                                    "proposals (never the same way back)\n",
                                    "proposals come as often as they say\n",
                                    draw_one,
                                    propose_one};
static const struct mover of_all = {
    "state-propose",
    "state proposals and their ways back agree\n",
    "state proposals (never the same way back)\n",
    "state proposals come as often as they say\n",
    draw_all,
    propose_all};

static bool tell_proposal(struct trial *t, const struct mover *m,
                          const struct proposal *p, const struct proposal *back)
{
    char one[64], other[64], line[240];
    snprintf(line, sizeof line,
             "%s from %s to %s says %.9g backward, and from there to it %.9g "
             "forward\n",
             m->name, trial_words(p->old, one, sizeof one),
             trial_words(p->new, other, sizeof other), p->backward,
             back->forward);
    return trial_line(t, false, line);
}

/* What a proposal calls backward, the way back calls forward. Where values
 * are too many to come back to, nothing is compared. */
static bool ask_ways_back(struct trial *t, const struct mover *m,
                          const struct proposal *first)
{
    int compared = 0;
    for (int i = 0; i < PROPOSALS; i++) {
        struct proposal p = *first, back;
        if ((i && !m->draw(t, &p)) || !m->propose(t, &p)) return false;
        back.old = p.new;
        for (int j = 0; p.forward == p.forward && j < TRIES; j++) {
            if (!m->propose(t, &back)) return false;
            if (back.forward != back.forward || !value_equal(back.new, p.old))
                continue;
            compared++;
            if (!trial_agree(back.forward, p.backward) ||
                !trial_agree(back.backward, p.forward))
                return tell_proposal(t, m, &p, &back);
            break;
        }
    }
    return trial_line(t, true, compared ? m->agrees : m->never);
}

/* From one value, or state: each new one as often as `forward` says. */
static bool ask_how_often(struct trial *t, const struct mover *m,
                          const struct proposal *first)
{
    struct trial_count *c = trial_count_new(t);
    struct proposal p = *first;
    char one[64], other[64], line[240];
    double counted, said;
    value v;
    if (!c) return false;
    for (uint32_t i = 0; i < t->draws; i++) {
        if (!m->propose(t, &p)) return false;
        if (!trial_count_add(c, p.new, p.forward)) return true;
    }
    if (!trial_count_used(c)) return true;
    if (trial_count_agrees(c, &v, &counted, &said))
        return trial_line(t, true, m->often);
    snprintf(line, sizeof line,
             "%s from %s to %s came %.0f times of %u, and forward says %.6g\n",
             m->name, trial_words(p.old, one, sizeof one),
             trial_words(v, other, sizeof other), counted, t->draws, said);
    return trial_line(t, false, line);
}

static bool ask_moves(struct trial *t, const struct mover *m)
{
    struct proposal first;
    int faults = t->faults;
    if (!trial_begin(t) || !m->draw(t, &first) || !ask_ways_back(t, m, &first))
        return false;
    if (t->faults > faults) return true;
    return trial_begin(t) && ask_how_often(t, m, &first);
}

bool trial_proposals(struct trial *t) { return ask_moves(t, &of_one); }

bool trial_joint(struct trial *t) { return ask_moves(t, &of_all); }

/* ---- weights --------------------------------------------------------------- */

/* A family that cannot say one fails. */
bool trial_weights(struct trial *t)
{
    const struct xrp_family *f = t->family;
    value v;
    if (!trial_begin(t)) return false;
    for (int i = 0; i < PROPOSALS; i++) {
        if (!trial_draw(t, &v) || !trial_change(t, true, v)) return false;
        if ((f->flags & XRP_WEIGHS && !(f->weight(&t->site, v) >= 0.0)) ||
            (f->state_weight && !(f->state_weight(&t->site) >= 0.0)))
            return trial_failed(t);
    }
    return trial_line(t, true, "weights are not negative\n");
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
