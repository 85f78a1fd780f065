/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Exchangeable random procedures (report, sections 4.1 and 7): the one
 * interface of every distribution, urn and, later, of users' own.
 *
 * A *family* is a row: its functions and what may be done with it. An *XRP*
 * is a value of the language: a family, and when it was made by a maker its
 * parameters and its state (the sufficient statistics of the applications
 * that are in it). The sequence of (arguments, value) of one XRP is
 * exchangeable: its probability does not depend on the order.
 *
 * All arguments and parameters come here as plain values, forced to the
 * bottom. All probabilities are natural logs. -inf is "cannot be"; NaN is
 * "the parameters are out of their domain" (the family's `explain` says
 * which), and both are rejections in a proposed state.
 *
 * Ownership: states belong to the collector.
 */
#ifndef VST_XRP_XRP_H
#define VST_XRP_XRP_H

#include "base/error.h"
#include "base/random.h"
#include "eval/machine.h"

enum xrp_flags {
    XRP_RESCORES = 1,       /* keeps its value when arguments change, and is
                            scored anew, whatever the value; else it is
                            applied again, unless XRP_DECIDES */
    XRP_MAKER = 2,          /* an application gives an XRP of family `made` */
    XRP_STATEFUL = 4,       /* made: has parameters and state */
    XRP_CONTINUOUS = 8,     /* values are doubles (or vectors of them) with a
                            density */
    XRP_LABELS = 16,        /* values are names from a continuum: atoms once
                            drawn, never moved to another XRP (CRP) */
    XRP_FIXED_SUPPORT = 32, /* the support does not depend on arguments */
    XRP_EXACT_STATE = 64,   /* stateful: incorporate and remove undo each
                               other to the bit, in any order */
    XRP_IMPROPER = 128,     /* the log density is 0 on a support of infinite
                          measure (or of one whose measure does not count):
                          there is nothing to draw from. `sample` gives the
                          value at which a chain starts, from uniform(-2, 2)
                          in unconstrained space. Rejection, importance and
                          smc refuse the family by name; a kernel that draws
                          from the prior does so too */
    XRP_FORM = 256,         /* stands around another application, which is among
                           its arguments: xrp_flags_at says what it is then */
    XRP_WEIGHS = 512,       /* made: `weight` sees the whole site, and is asked
                           again when anything in it changes */
    XRP_MOVES = 1024,       /* made: has `state_propose`, or `transit` */
    XRP_UNSAMPLES = 2048,   /* has `unsample` */
    XRP_DECIDES = 4096,     /* not XRP_RESCORES: has `rescores` (xrp_keeps) */
    XRP_HIDES = 8192        /* made: a state holds more than what is in it:
                               `initialize` draws that, `renew` carries it on,
                               `transit` moves it (and XRP_MOVES) */
};

/* How an argument decides the shape of a value: an application whose shape
 * is another one is another application. */
enum xrp_shape {
    SHAPE_FREE = '-',     /* not at all */
    SHAPE_BY_VALUE = 'v', /* a number of elements */
    SHAPE_BY_AXES = 'a'   /* an array: as long as the value */
};

/* One application: what the functions of a family see. */
struct xrp_site {
    const value *params; /* of the maker; NULL when stateless */
    int param_count;
    void *state;       /* NULL when stateless */
    const value *args; /* of this application */
    int arg_count;
    const struct xrp_family *family; /* whose functions see it: rows that
                                        share them tell by it which they are */
};

/* What an XRP says of a value whose arguments change. */
enum xrp_decision { XRP_APPLIED_AGAIN, XRP_KEPT, XRP_UNDECIDED };

/* Kinds of support, for messages and for transforms to come. */
enum xrp_support {
    SUPPORT_ANY,
    SUPPORT_BOOLEAN,
    SUPPORT_INTEGERS,
    SUPPORT_COUNTS,
    SUPPORT_REAL,
    SUPPORT_POSITIVE,
    SUPPORT_UNIT,
    SUPPORT_INTERVAL,
    SUPPORT_ANGLE, /* from -pi to pi */
    SUPPORT_LOWER, /* from the first argument up */
    SUPPORT_SIMPLEX,
    SUPPORT_LABELS,
    SUPPORT_VALUES,
    SUPPORT_VECTOR,       /* of real numbers */
    SUPPORT_COUNT_VECTOR, /* of counts with a given sum */
    SUPPORT_DEFINITE,     /* symmetric positive definite matrices */
    SUPPORT_CORRELATION   /* lower factors of correlation matrices */
};

struct xrp_family {
    const char *names;     /* "flip bernoulli": the first is shown */
    const char *signature; /* "(flip [p = 0.5])" */
    const char *doc;       /* value, parameterisation, support; one line */
    int8_t min, max;       /* arguments (a maker: its parameters) */
    uint16_t flags;
    uint8_t support_kind;
    const struct xrp_family *made; /* XRP_MAKER: what it makes */
    const char *shape; /* how each argument decides the shape of a value, a
                          letter each (enum xrp_shape); NULL: none does */

    /* -- section 4.1.1; stateless families have no state functions -- */

    /* A fresh state for these parameters; NULL when memory ran out. */
    void *(*initialize)(const struct xrp_site *);
    /* Draws; false when the parameters are out of their domain. Does not
     * change the state. */
    bool (*sample)(const struct xrp_site *, struct random *, value *out);
    /* Takes an application into the state, and out of it again. They undo
     * each other in any order, to the bit for counts. */
    void (*incorporate)(const struct xrp_site *, value v);
    void (*remove)(const struct xrp_site *, value v);
    /* Undoes what `sample` did beyond the value; NULL: nothing. */
    void (*unsample)(const struct xrp_site *, value v);
    /* log probability (or density) of v given the state. */
    double (*prob)(const struct xrp_site *, value v);
    /* The same, to the bit, of a number under `count` numbers, as doubles.
     * NULL: there is no such thing. */
    double (*prob_of)(const double *args, int count, double x);

    /* The probability itself, with e^prob's digits at least; NaN as there.
     * NULL: only `prob` knows it. */
    double (*chance)(const struct xrp_site *, value v);

    /* -- section 7; NULL: the default -- */

    /* How often this application is proposed, relative to 1. Depends on the
     * shape of v only (an array: its number of elements): the site has no
     * arguments, and it is asked again only when v is another. With
     * XRP_WEIGHS it depends on the state, with v in it, and on v, parameters
     * and arguments; NaN: it failed. */
    double (*weight)(const struct xrp_site *, value v);
    /* Application proposal: a new value given the old one, which is not in
     * the state, with the log probabilities forward and backward; false: not
     * possible. */
    bool (*propose)(const struct xrp_site *, struct random *, value old,
                    value *out, double *forward, double *backward);
    /* May v be kept when the arguments change, these being the old or the
     * new ones? XRP_UNDECIDED: it failed. Sees no state, and no parameters
     * but the first. */
    enum xrp_decision (*rescores)(const struct xrp_site *, value v);
    /* How often `state_propose` is asked, relative to 1; NULL: as often as an
     * application is proposed. */
    double (*state_weight)(const struct xrp_site *);
    /* State proposal: new values for the applications that are free, in place
     * of the old ones, which are in the state, as those observed are. Their
     * arguments are a list each. false: not possible. */
    bool (*state_propose)(const struct xrp_site *, struct random *, int count,
                          const value *arguments, value *values,
                          double *forward, double *backward);

    /* Of XRP_HIDES. An empty state with the same hidden part as another; NULL
     * when memory ran out. */
    void *(*renew)(const struct xrp_site *, const void *state);
    /* The hidden part moves to another, as its distribution given all that is
     * in the state is left alone; that stays. There is nothing to accept: so
     * no weight may depend on it. false: not possible. */
    bool (*transit)(const struct xrp_site *, struct random *);

    /* -- slots beyond the report -- */

    /* The density leaves out a factor that depends on the arguments: an
     * application with random ones is refused. NULL: never. The site's
     * arguments may hold references. */
    bool (*fixed)(const struct xrp_site *);
    /* The support as a list, when it is finite and enumerable at these
     * arguments (for urns of labels: those in it and one new). */
    bool (*enumerate)(const struct xrp_site *, value *list);
    /* The same values, in any order, with weights in proportion to their
     * probabilities; some weights may be 0. How many there are; 0: more than
     * `room`, or `enumerate` has none either. Makes nothing. NULL: there is no
     * such short way. */
    uint32_t (*chances)(const struct xrp_site *, uint32_t room, value *values,
                        double *weights);
    /* d prob / d value into *by_value, d prob / d arg_i into by_arg[i]
     * (of params for urns); NaN where there is none. */
    bool (*gradient)(const struct xrp_site *, value v, double *by_value,
                     double *by_arg);
    /* log joint of everything in the state, in closed form: time does not
     * depend on the number of applications. And its gradient by params. */
    double (*score_state)(const struct xrp_site *);
    bool (*score_state_gradient)(const struct xrp_site *, double *by_param);
    /* A copy of a state, independent of it. */
    void *(*copy)(const void *state);
    /* Number of applications in the state. */
    uint64_t (*count)(const void *state);
    /* d prob / d element of argument `arg`, a list or a vector, into
     * by_element[0 .. its length - 1]; NULL: there is none. */
    bool (*gradient_within)(const struct xrp_site *, value v, int arg,
                            double *by_element);
    /* Both of these for all arguments at once: by_value has room for each
     * number of v, by_arg[i] for each of argument i (NULL: not wanted). NULL
     * where xrp/multivariate.h knows it, or there is none. */
    bool (*slopes)(const struct xrp_site *, value v, double *by_value,
                   double *const *by_arg);
    /* The least closed interval that holds the support; -inf and inf are
     * ends too. NULL where values are no single numbers. */
    bool (*bounds)(const struct xrp_site *, double *lo, double *hi);
    /* Mean and variance of an application; NaN where there is none, inf
     * where it is infinite. */
    bool (*moments)(const struct xrp_site *, double *mean, double *variance);
    /* log P(X <= x) and log P(X > x), each right to the last digits in its
     * own tail; false: out of the domain. */
    bool (*log_cdf)(const struct xrp_site *, double x, double *below,
                    double *above);
    /* Derivatives of log P(X <= x), or of log P(X > x) when `upper`, by x
     * and by each argument; NaN where there is none. */
    bool (*log_cdf_gradient)(const struct xrp_site *, double x, bool upper,
                             double *by_x, double *by_arg);
    /* The smallest x with log P(X <= x) >= log_p; `upper`: the smallest with
     * log P(X > x) <= log_p. */
    bool (*quantile)(const struct xrp_site *, double log_p, bool upper,
                     double *x);
    /* Why the parameters are out of their domain, in words: "sd must be
     * positive, got -1"; false when they are not. */
    bool (*explain)(const struct xrp_site *, char *words, size_t size);
    /* What the family's own code raised since it was last asked: takes the
     * place of `explain`, and may be of any kind. NULL: nothing can. */
    bool (*failure)(const struct xrp_site *, struct error *error);
};

/* An XRP value. Families without state have one each, made at start. */
struct xrp {
    struct random_procedure base; /* T_XRP and the name: the machine's part */
    const struct xrp_family *family;
    void *made;        /* the engine's: which made XRP this is; NULL for a
                   family itself */
    uint64_t location; /* of the maker's application */
};

/* All families and makers, in the order of the documentation. */
extern const struct xrp_family *const xrp_families[];
extern const size_t xrp_family_count;
/* By any of its names; NULL when there is none. */
const struct xrp_family *xrp_find(const char *name);

/* Binds every name of every family, as built-in, to an XRP value. */
bool xrp_install(struct machine *m);

/* log-density: the one primitive that looks at families. */
extern struct primitive primitives_density[];
extern const size_t primitives_density_count;

/* log probability with NaN made -inf; never +inf where the family is
 * discrete. */
double xrp_score(const struct xrp_family *f, const struct xrp_site *s, value v);

/* Flags and kind of support of an application: of a form (xrp/form.h), those
 * that what it stands around gives it; else those of the family. */
uint16_t xrp_flags_at(const struct xrp_family *f, const struct xrp_site *s);
enum xrp_support xrp_support_at(const struct xrp_family *f,
                                const struct xrp_site *s);

/* An empty state in the place of `before` (NULL: of none): of XRP_HIDES with
 * its hidden part. NULL when memory ran out. */
static inline void *xrp_begin(const struct xrp_family *f,
                              const struct xrp_site *s, const void *before)
{
    return before && f->flags & XRP_HIDES ? f->renew(s, before)
                                          : f->initialize(s);
}

/* Of one of XRP_DECIDES (report, section 7.5): does an application that holds
 * v and was `before` keep it where it is `now`? It does when both say so: then
 * the way back, which asks the same of the same, keeps it too. false: it
 * failed, with xrp_domain_error's words. */
bool xrp_keeps(const struct xrp_family *f, const struct xrp_site *before,
               const struct xrp_site *now, value v, bool *keeps,
               struct error *error);

/* Of each argument an enum xrp_shape, into kinds[0 .. arg_count - 1]; the
 * arguments may hold references. */
void xrp_shape_kinds(const struct xrp_family *f, const struct xrp_site *s,
                     char *kinds);

/* The support in words: "true or false", "a positive number". */
const char *xrp_support_words(const struct xrp_family *f);

/* Fills an error of kind ERROR_DOMAIN from `explain`, or in general words:
 *     normal: sd must be positive, got -1
 * What the family's own code raised is told as it is, with its own kind. */
bool xrp_domain_error(const struct xrp_family *f, const struct xrp_site *s,
                      struct error *error);

#endif
