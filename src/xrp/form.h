/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Forms around an application: (truncated (normal 0 1) 0 inf), (iid 5 (flip
 * p)), (each (normal mus sigma)). Each form is a family without state, whose
 * first arguments are its own, then come the random procedure that it stands
 * around and that one's arguments, as they were written:
 *
 *     (iid n (f a ...))             n f a ...
 *     (each (f a ...))              shape f a ...
 *     (half (f a ...))              f a ...
 *     (truncated (f a ...) lo hi)   lo hi f a ...
 *     (censored (f a ...) lo hi)    lo hi f a ...
 *     (ordered (iid n (f a ...)))   iid n f a ...
 *     (mixture w (f a ...) (g b ...))   w 1+#a f a ... 1+#b g b ...
 *
 * So the application within is a run of the arguments, and forms nest without
 * a word: f may be a form itself, and its arguments begin with its own. The
 * expander (eval/expand_forms.c) writes the runs; each argument is evaluated
 * once. The functions here delegate to the slots of the family within.
 */
#ifndef VST_XRP_FORM_H
#define VST_XRP_FORM_H

#include "xrp/multivariate.h"

extern const struct xrp_family family_iid, family_each, family_half,
    family_truncated, family_censored, family_ordered, family_positive_ordered,
    family_mixture;

/* An application among the arguments of a form. */
struct inner {
    const struct xrp_family *family;
    struct xrp_site site;
};

/* Where in the arguments of a form its first application is; -1: none. */
int form_run(const struct xrp_family *f);
/* The run from `from` to `to`: a random procedure without state, and as many
 * arguments as it takes. */
bool inner_open(const struct words *w, const struct xrp_site *s, int from,
                int to, struct inner *in);
/* What `explain` of it says, its name first; false when nothing is wrong. */
bool inner_explain(const struct inner *in, char *words, size_t size);

/* Are its values numbers, and have they a density? */
bool inner_is_number(const struct inner *in);
bool inner_is_continuous(const struct inner *in);
/* Numbers or booleans; arrays of others stand in one list. */
bool inner_is_plain(const struct inner *in);
/* Is an atom possible where it has a density: is it censored? */
bool inner_has_atoms(const struct inner *in);
/* Its words before "X has no ...": "flip". */
int inner_name(const struct inner *in);

/* What the slots answer, and false or NaN where the family has none. */
double inner_prob(const struct inner *in, value v);
bool inner_sample(const struct inner *in, struct random *r, value *out);
bool inner_gradient(const struct inner *in, value v, double *by_value,
                    double *by_arg);

/* ---- the interval between two numbers ----------------------------------- */

/* What truncated, half and censored share: [lo, hi] of a family with a CDF,
 * both ends in it. `from` is the number below it: lo, or the whole number
 * before it where values are whole, or the double before it where it may have
 * a probability. */
struct interval {
    struct inner in;
    bool whole, atoms; /* atoms: where it is censored */
    double lo, hi, from;
    /* log P(X <= from), P(X > from), P(X <= hi), P(X > hi). */
    double from_below, from_above, hi_below, hi_above;
    double log_mass; /* of (from, hi] */
};

/* Own arguments lo and hi first. False, with words, when something is wrong;
 * that there is no mass between the two, log_mass says. */
bool interval_open(const struct words *w, const struct xrp_site *s,
                   struct interval *t);
/* The same for lo = 0 and hi = inf, without own arguments. */
bool interval_open_half(const struct words *w, const struct xrp_site *s,
                        struct interval *t);
/* log P(a < X <= b), whose logs of tails are given: right in both tails and
 * in narrow intervals. */
double interval_mass(const struct inner *in, double a, double a_below,
                     double a_above, double b, double b_below, double b_above);
/* Its derivatives by the arguments within, of the mass (from, b], at the log
 * mass given. */
bool interval_slopes(const struct interval *t, double b, double b_below,
                     double b_above, double log_mass, double *by_arg);

/* Mean and variance of a form of numbers, by its quantiles, to 1e-10 of the
 * standard deviation; `whole`: all its values are whole numbers. inf or NaN
 * where there is none; false where they are not known. Costs some hundred
 * quantiles. */
bool form_moments(const struct xrp_family *f, const struct xrp_site *s,
                  bool whole, double *mean, double *variance);

/* ---- arrays of applications --------------------------------------------- */

/* One argument, or the values: elements that go along, or one for all. */
struct field {
    const double *numbers; /* its elements, row after row; or NULL */
    const value *items;    /* else these */
    value whole;           /* of no axes */
    int axes;              /* that go along: 0, 1 or 2 */
    size_t rows, columns;  /* 1 for an axis that it has not */
    size_t row_step, column_step;
    double *owned;
};

/* An array of applications: their one random procedure, and arguments that
 * broadcast over the trailing axes. */
struct grid {
    struct inner in;
    struct field *fields; /* one an argument */
    value *args;          /* those of the present element */
    int axes;
    size_t rows, columns, count;
    struct field few_fields[6];
    value few_args[6];
};

/* Arguments of the run at `from` broadcast; `shape` is V_FALSE, or a list:
 * how many values there are along each axis. */
bool grid_open_each(const struct words *w, const struct xrp_site *s, int from,
                    value shape, struct grid *g);
/* Of each argument of the application, how many of its axes belong to each
 * element; -1: all. Of the arguments only random procedures, and lengths of
 * runs, are looked at. */
void grid_ranks(const struct inner *in, int8_t *ranks);
/* n applications with the same arguments. */
bool grid_open_iid(const struct words *w, const struct inner *in, double n,
                   struct grid *g);
/* The grid of iid and each; false for other families, and where an argument is
 * out of its domain. */
bool form_grid(const struct xrp_family *f, const struct xrp_site *s,
               struct grid *g);
void grid_close(struct grid *g);
/* Of how many elements; 0 where form_grid says no. Fast for other families. */
size_t form_elements(const struct xrp_family *f, const struct xrp_site *s);

/* The functions of a family over a grid. */
bool grid_sample(struct grid *g, struct random *r, value *out);
double grid_prob(struct grid *g, value v);
/* One element, picked uniformly, anew: `forward` and `backward` leave the
 * pick out. */
bool grid_propose(struct grid *g, struct random *r, value old, value *out,
                  double *forward, double *backward);
/* Element k of an array of this grid, which goes there: g->in is its
 * application. false: the array has another shape. */
bool grid_element(struct grid *g, value array, size_t k, value *out);
/* The array with another element k. O(elements). */
bool grid_with(struct grid *g, value old, size_t k, value next, value *out);
/* by_value: one a number of v; by_arg[i]: of argument i of the run, one a
 * number of it, or NULL. */
bool grid_slopes(struct grid *g, value v, double *by_value,
                 double *const *by_arg);
/* Goes to an element: then g->in is its application. */
void grid_go(struct grid *g, size_t row, size_t column);
/* The values of an array of this shape; false when it has another. */
bool grid_values(const struct grid *g, value v, struct field *f);
/* All arrays, when they are few. */
bool grid_enumerate(struct grid *g, value *list);
/* Is an argument of an element out of its domain? */
bool grid_explain(struct grid *g, char *words, size_t size);
/* Why an array of values is impossible: its shape, or an element. */
struct misfit {
    const struct xrp_family *family; /* of the elements */
    value element;                   /* V_UNBOUND: the shape */
    size_t place, count;             /* place from 1 */
};
/* Of iid and each; false for other families, and where nothing is amiss. */
bool form_misfit(const struct xrp_family *f, const struct xrp_site *s, value v,
                 struct misfit *out);

/* Number of elements of an array of values, for `weight`. */
double array_count(value v);
/* The slot `weight` of arrays: each element is moved as often as a lone
 * choice. */
double array_weight(const struct xrp_site *s, value v);

/* The log density of all elements at once, for families that have such a
 * loop; NaN: take the long way. The fields have numbers, or are one number. */
double lanes_prob(const struct grid *g, const struct field *values);

/* Opens an argument: `rank` axes of it belong to each element; -1: all; or
 * FIELD_OUTER: all but the first. */
enum { FIELD_OUTER = 100 };
bool field_open(const struct words *w, value v, int rank, struct field *f);
void field_close(struct field *f);
value field_at(const struct field *f, size_t row, size_t column);

/* Slots of xrp.h for a form with an array gradient. */
bool form_gradient(array_gradient *g, const struct xrp_site *s, value v,
                   double *by_value, double *by_arg);
bool form_gradient_within(array_gradient *g, const struct xrp_site *s, value v,
                          int arg, double *by_element);
array_gradient iid_slopes, each_slopes, ordered_slopes, positive_ordered_slopes;

/* The primitives that OBSERVE-EACH needs. */
void form_install(struct machine *m);

/* ---- rows of arrays ----------------------------------------------------- */

/* The slots of a form of arrays NAME, by functions of its file that are told
 * HOW first: draw, score, propose_one, explain_grid and slopes. */
#define ARRAY_FUNCTIONS(NAME, HOW)                                          \
    static bool NAME##_sample(const struct xrp_site *s, struct random *r,   \
                              value *out)                                   \
    {                                                                       \
        return draw(HOW, s, r, out);                                        \
    }                                                                       \
    static double NAME##_prob(const struct xrp_site *s, value v)            \
    {                                                                       \
        return score(HOW, s, v);                                            \
    }                                                                       \
    static bool NAME##_propose(const struct xrp_site *s, struct random *r,  \
                               value old, value *out, double *forward,      \
                               double *backward)                            \
    {                                                                       \
        return propose_one(HOW, s, r, old, out, forward, backward);         \
    }                                                                       \
    static bool NAME##_explain(const struct xrp_site *s, char *words,       \
                               size_t size)                                 \
    {                                                                       \
        return explain_grid(HOW, s, words, size);                           \
    }                                                                       \
    bool NAME##_slopes(const struct xrp_site *s, value v, double *by_value, \
                       double *const *by_arg)                               \
    {                                                                       \
        return slopes(HOW, s, v, by_value, by_arg);                         \
    }                                                                       \
    static bool NAME##_gradient(const struct xrp_site *s, value v,          \
                                double *by_value, double *by_arg)           \
    {                                                                       \
        return form_gradient(NAME##_slopes, s, v, by_value, by_arg);        \
    }                                                                       \
    static bool NAME##_gradient_within(const struct xrp_site *s, value v,   \
                                       int arg, double *by_element)         \
    {                                                                       \
        return form_gradient_within(NAME##_slopes, s, v, arg, by_element);  \
    }

#define ARRAY_SLOTS(NAME)                                                   \
    .max = -1, .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FORM,           \
    .support_kind = SUPPORT_VECTOR, .sample = NAME##_sample,                \
    .prob = NAME##_prob, .propose = NAME##_propose, .weight = array_weight, \
    .explain = NAME##_explain, .gradient = NAME##_gradient,                 \
    .gradient_within = NAME##_gradient_within

#endif
