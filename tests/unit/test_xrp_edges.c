/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every family and maker with each of its arguments at an edge in turn: zero,
 * subnormal, huge, infinite, no number, of another type, empty, one element,
 * not definite, probabilities that do not sum to one. What is out of the
 * domain is an error that names the family and the argument, by every
 * function alike; what is in it scores every value, itself an edge, finite or
 * -inf, and draws what it can score. In C, and through the language.
 */
#include "families.h"

#include "eval/reader.h"
#include "session/session.h"
#include "xrp/family.h"

enum { ARGS_MAX = 8, TEXT_MAX = 1024 };

/* Sane arguments. Those of forms are numbers of their own; what they stand
 * around is said as it is. */
static const struct {
    const char *name, *args[ARGS_MAX];
} rows[] = {
    {"flip", {"0.3"}},
    {"noisy", {"true", "0.3"}},
    {"categorical", {"(list 1 2 3)"}},
    {"sample-discrete", {"(list 1 2 3)"}},
    {"multinomial", {"(list 4 5 6)", "(list 1 2 3)"}},
    {"uniform-draw", {"(list 4 5 6)"}},
    {"randbelow", {"7"}},
    {"uniform-discrete", {"-3", "4"}},
    {"binomial", {"9", "0.3"}},
    {"geometric", {"0.3"}},
    {"poisson", {"3.0"}},
    {"negative-binomial", {"2.5", "0.3"}},
    {"neg-binomial-2", {"2.5", "0.3"}},
    {"beta-binomial", {"9", "0.3", "2.0"}},
    {"hypergeometric", {"9", "8", "7"}},
    {"zipf", {"1.3", "20"}},
    {"bernoulli-logit", {"0.3"}},
    {"binomial-logit", {"9", "0.3"}},
    {"poisson-log", {"1.0"}},
    {"neg-binomial-2-log", {"2.5", "0.3"}},
    {"categorical-logit", {"(list 1 2 3)"}},
    {"ordered-logistic", {"0.3", "(list 1 2 3)"}},
    {"normal", {"0.3", "2.0"}},
    {"student-t", {"3.0", "0.3", "2.0"}},
    {"laplace", {"0.3", "2.0"}},
    {"uniform", {"-1.0", "2.0"}},
    {"rand", {NULL}},
    {"beta", {"3.0", "2.0"}},
    {"gamma", {"3.0", "2.0"}},
    {"inverse-gamma", {"3.0", "2.0"}},
    {"exponential", {"3.0"}},
    {"chi-squared", {"3.0"}},
    {"cauchy", {"0.3", "2.0"}},
    {"logistic", {"0.3", "2.0"}},
    {"lognormal", {"0.3", "2.0"}},
    {"weibull", {"3.0", "2.0"}},
    {"pareto", {"3.0", "2.0"}},
    {"gumbel", {"0.3", "2.0"}},
    {"frechet", {"3.0", "2.0"}},
    {"rayleigh", {"3.0"}},
    {"von-mises", {"0.3", "2.0"}},
    {"skew-normal", {"0.3", "2.0", "-1.0"}},
    {"half-normal", {"2.0"}},
    {"half-cauchy", {"2.0"}},
    {"half-student-t", {"3.0", "2.0"}},
    {"inverse-gaussian", {"3.0", "2.0"}},
    {"beta-proportion", {"0.3", "2.0"}},
    {"logit-normal", {"0.3", "2.0"}},
    {"kumaraswamy", {"3.0", "2.0"}},
    {"flat", {NULL}},
    {"flat-positive", {NULL}},
    {"flat-interval", {"0.0", "1.0"}},
    {"dirichlet", {"(list 1 2)"}},
    {"symmetric-dirichlet", {"0.5", "2"}},
    {"stick-breaking", {"0.5", "2"}},
    {"multinomial-counts", {"1", "(list 1 2)"}},
    {"multivariate-normal", {"(list 0 1)", "'((2 0.5) (0.5 1))"}},
    {"multivariate-normal-precision", {"(list 0 1)", "'((2 0.5) (0.5 1))"}},
    {"multivariate-normal-cholesky", {"(list 0 1)", "'((2 0) (0.5 1))"}},
    {"lkj-corr-cholesky", {"2", "0.5"}},
    {"wishart", {"3.5", "'((2 0.5) (0.5 1))"}},
    {"inverse-wishart", {"3.5", "'((2 0.5) (0.5 1))"}},
    {"gaussian-random-walk", {"2", "0.5", "1.0", "0.25"}},
    {"gaussian-process",
     {"(list 0 1)", "'periodic", "2.0", "1.5", "0.5", "3.0", "5.0"}},
    {"beta-binomial/make", {"0.5", "2.0"}},
    {"dirichlet-multinomial/make", {"(list 1 2)"}},
    {"symmetric-dirichlet-multinomial/make", {"0.5", "3"}},
    {"polya-urn/make", {"(list 1 2)"}},
    {"CRP/make", {"0.5"}},
    {"pitman-yor/make", {"0.5", "0.25"}},
    {"normal-inverse-gamma/make", {"0.5", "2.0", "1.5", "0.75"}},
    {"gamma-poisson/make", {"1.5", "0.75"}},
    {"truncated", {"(normal 0 1)", "-1.0", "2.0"}},
    {"censored", {"(normal 0 1)", "-1.0", "2.0"}},
    {"iid", {"3", "(normal 0 1)"}},
    {"mixture", {"(list 1 2)", "(normal 0 1)", "(normal 3 1)"}},
};
enum { ROW_COUNT = sizeof rows / sizeof *rows };

static const char *const edge_texts[] = {
    "0",
    "-0.0",
    "1",
    "-1",
    "2",
    "0.5",
    "3.5",
    "5e-324",
    "-5e-324",
    "1e-308",
    "1e308",
    "-1e308",
    "1.7976931348623157e308",
    "9007199254740992",
    "9007199254740994",
    "inf",
    "(- 0 inf)",
    "nan",
    "true",
    "false",
    "\"text\"",
    "'word",
    "car",
    "'()",
    "(list 1)",
    "(list 0)",
    "(list nan)",
    "(list 1 2 3)",
    "(list 0 1)",
    "(list 1 0)",
    "(list 0.25 0.75)",
    "(list 0.2 0.2)",
    "(list 0.7 0.7)",
    "(list 0 0)",
    "(list -1 2)",
    "(list inf 1)",
    "(list 1 nan)",
    "(list 1e308 1e308)",
    "(list -1e308 1e308)",
    "(list 5e-324 5e-324)",
    "(list 1e-308 1)",
    "(list \"a\" 1)",
    "(list (list 1 2) 3)",
    "(list 1 1)",
    "(list 2 1)",
    "'((1 0) (0 1))",
    "'((1 2) (2 1))",
    "'((1 1) (1 1))",
    "'((0 0) (0 0))",
    "'((1 0.5) (0.2 1))",
    "'((1 0.5) (0 1))",
    "'((1 0) (0.5 0.8660254037844386))",
    "'((5e-324 0) (0 5e-324))",
    "'((1e308 0) (0 1e308))",
    "'((1e300 0) (0 1e-300))",
    "'((1e308 1e308) (1e308 1e308))",
    "'((1 0.9999999999999999) (0.9999999999999999 1))",
    "'((-1 0) (0 1))",
    "'((1) (1 2))",
    "'((1 0 0) (0 1 0) (0 0 1))",
    "(list (list nan 0) (list 0 1))",
    "(list (list inf 0) (list 0 1))",
};
enum { EDGE_COUNT = sizeof edge_texts / sizeof *edge_texts };

static struct session *session;
static value edges[EDGE_COUNT];
static int bad;

static void complain(const char *what, const char *text, double x)
{
    static char last[TEXT_MAX];
    if (bad++ >= 400 || strncmp(last, text, TEXT_MAX - 1) == 0) return;
    snprintf(last, sizeof last, "%s", text);
    print_error("%s: %s (%.17g)\n", text, what, x);
}

/* ---- reading ------------------------------------------------------------ */

/* A text must outlive its session: spans point into it. */
static bool evaluate(const char *text, value *out)
{
    struct source *source = memory_new(sizeof *source);
    struct syntax *syntax;
    struct reader reader;
    char *kept = memory_new_atomic(strlen(text) + 1);
    assert_true(source && kept);
    strcpy(kept, text);
    *source = (struct source){"test", kept, strlen(kept)};
    error_clear(session_error(session));
    reader_open(&reader, source, session_error(session));
    assert_int_equal(reader_datum(&reader, false, &syntax), READ_DATUM);
    return session_evaluate(session, syntax, out);
}

static int open_session(void **state)
{
    (void)state;
    struct session_options o = {
        .seed = 5, .seeded = true, .initial_heap = 8 << 20};
    struct error error = {0};
    session = session_open(&o, &error);
    if (!session) fail_msg("%s", error.message);
    for (int i = 0; i < EDGE_COUNT; i++)
        if (!evaluate(edge_texts[i], &edges[i]))
            fail_msg("%s: %s", edge_texts[i], session_error(session)->message);
    return 0;
}

static int close_session(void **state)
{
    (void)state;
    session_close(session);
    return 0;
}

/* Word i (from 0) after the name in a signature, without brackets and what
 * follows " =", nor the s of a plural: "weight". */
static void parameter_name(const char *signature, int i, char *to, size_t size)
{
    const char *at = signature + 1 + strcspn(signature + 1, " )");
    for (int k = 0;; k++) {
        at += strspn(at, " []");
        size_t length = strcspn(at, " []()=");
        if (length == 0) { /* an application, or the end */
            *to = 0;
            return;
        }
        if (k == i) {
            if (length > 2 && at[length - 1] == 's') length--;
            snprintf(to, size, "%.*s", (int)length, at);
            return;
        }
        at += length;
        at += strspn(at, " ");
        if (*at == '=') at += strcspn(at, "])");
    }
}

/* Has the message the family's name, and a parameter's? Often that is not
 * the one at an edge: "mean has 3 numbers, covariance is 2 x 2". A draw that
 * left the doubles on the way is no parameter's fault alone. */
static void check_message(const struct xrp_family *f, int count,
                          const char *message, const char *text)
{
    char name[64], parameter[64];
    bool named = strstr(message, "cannot give the value that it has") != NULL;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(f->names, " "), f->names);
    for (int i = 0; i < count; i++) {
        parameter_name(f->signature, i, parameter, sizeof parameter);
        named |= strstr(message, parameter) != NULL;
    }
    if (named && strstr(message, name)) return;
    complain("message names not both", text, 0.0);
    if (bad < 400) print_error("    %s\n", message);
}

/* ---- in C --------------------------------------------------------------- */

/* A sum of all that are numbers in it: NaN and the infinities stay. */
static double total(value v)
{
    struct series s;
    double sum = 0.0;
    if (is_number(v)) return as_number(v);
    if (is_vector(v)) {
        struct vector *a = as_vector(v);
        for (size_t i = 0; i < a->head.size; i++) sum += 0.0 * a->at[i];
        return sum;
    }
    if (!is_list(v) || !series_open(&s, v)) return 0.0;
    for (uint32_t i = 0; i < s.count; i++) {
        value x = series_next(&s);
        if (is_number(x)) sum += 0.0 * as_number(x);
    }
    return sum;
}

/* Out of the domain: every function says so. */
static void refused(const struct xrp_family *f, struct xrp_site *s,
                    struct random *r, const char *text)
{
    value v;
    double x, y, by[ARGS_MAX];
    if (f->sample(s, r, &v)) complain("drew", text, 0.0);
    if (f->enumerate && f->enumerate(s, &v)) complain("lists", text, 0.0);
    if (f->moments && f->moments(s, &x, &y)) complain("has a mean", text, x);
    if (f->bounds && f->bounds(s, &x, &y)) complain("has bounds", text, x);
    if (f->log_cdf && f->log_cdf(s, 1.0, &x, &y)) complain("tail", text, x);
    if (f->quantile && f->quantile(s, -1.0, false, &x))
        complain("quantile", text, x);
    for (int i = 0; i < EDGE_COUNT; i++) {
        double score = f->prob(s, edges[i]);
        if (score == score) complain("has a score", text, score);
        if (f->gradient && f->gradient(s, edges[i], &x, by))
            complain("has slopes", text, x);
    }
    if (f->score_state && !isnan(f->score_state(s)))
        complain("state has a score", text, 0.0);
    if (f->score_state_gradient && f->score_state_gradient(s, by))
        complain("state has slopes", text, by[0]);
}

static void check_value(const struct xrp_family *f, struct xrp_site *s, value v,
                        const char *text, const char *which)
{
    double score = f->prob(s, v), by_value, by[ARGS_MAX];
    bool atoms = !(f->flags & XRP_CONTINUOUS);
    if (score != score || score == INFINITY || (atoms && score > 1e-12)) {
        complain(which, text, score);
        return;
    }
    bool sloped = f->gradient && f->gradient(s, v, &by_value, by);
    for (int i = 0; sloped && i < s->arg_count; i++)
        if (fabs(by[i]) == INFINITY) complain("infinite slope", text, score);
    if (sloped && !atoms && is_number(v) && by_value != by_value)
        complain("slope is no number", text, by_value);
}

static void accepted(const struct xrp_family *f, struct xrp_site *s,
                     struct random *r, const char *text)
{
    value v;
    double x, y;
    for (int i = 0; i < EDGE_COUNT; i++)
        check_value(f, s, edges[i], text, edge_texts[i]);
    if (f->moments && f->moments(s, &x, &y) && x != x && y == y)
        complain("variance without a mean", text, y);
    if (f->bounds && f->bounds(s, &x, &y) && !(x <= y))
        complain("bounds", text, x);
    for (int i = 0; i < 3; i++) {
        if (!f->sample(s, r, &v)) {
            complain("does not draw", text, 0.0);
            return;
        }
        bool given = f->support_kind == SUPPORT_VALUES;
        if (!given && !(fabs(total(v)) < INFINITY))
            complain("drew", text, total(v));
        check_value(f, s, v, text, "what was drawn");
        if (!f->incorporate) continue;
        f->incorporate(s, v);
        x = f->score_state(s);
        if (x != x || (x == INFINITY)) complain("state's score", text, x);
    }
}

/* The names of arguments, at an edge or as they are. */
static void call_text(int row, int which, int edge, char *text)
{
    int at = snprintf(text, TEXT_MAX, "(%s", rows[row].name);
    for (int i = 0; i < ARGS_MAX && rows[row].args[i]; i++)
        at += snprintf(text + at, (size_t)(TEXT_MAX - at), " %s",
                       i == which ? edge_texts[edge] : rows[row].args[i]);
    snprintf(text + at, (size_t)(TEXT_MAX - at), ")");
}

static int arg_count(int row)
{
    int n = 0;
    while (n < ARGS_MAX && rows[row].args[n]) n++;
    return n;
}

static void every_argument_at_every_edge(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 1);
    bad = 0;
    for (int row = 0; row < ROW_COUNT; row++) {
        const struct xrp_family *f = xrp_find(rows[row].name);
        assert_non_null(f);
        if (f->flags & XRP_FORM) continue;
        int n = arg_count(row);
        value sane[ARGS_MAX];
        for (int i = 0; i < n; i++)
            assert_true(evaluate(rows[row].args[i], &sane[i]));
        for (int which = 0; which < n; which++)
            for (int edge = 0; edge < EDGE_COUNT; edge++) {
                char text[TEXT_MAX], words[512];
                struct error error;
                value args[ARGS_MAX];
                call_text(row, which, edge, text);
                memcpy(args, sane, sizeof args);
                args[which] = edges[edge];
                struct xrp_site s = site_of(args, n);
                bool wrong = f->explain && f->explain(&s, words, sizeof words);
                if (wrong) {
                    xrp_domain_error(f, &s, &error);
                    check_message(f, n, error.message, text);
                }
                if (f->made) s = urn_of(f, args, n);
                const struct xrp_family *made = f->made ? f->made : f;
                if (wrong)
                    refused(made, &s, &r, text);
                else
                    accepted(made, &s, &r, text);
            }
    }
    assert_int_equal(bad, 0);
}

/* Each family has its row. */
static void every_family_is_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < xrp_family_count; i++) {
        bool found = xrp_families[i]->flags & XRP_FORM;
        for (int row = 0; row < ROW_COUNT; row++)
            found |= xrp_find(rows[row].name) == xrp_families[i];
        if (!found) print_error("%s has no row\n", xrp_families[i]->names);
        assert_true(found);
    }
}

/* ---- through the language ------------------------------------------------ */

static void check_language(int row, int which, int edge)
{
    const struct xrp_family *f = xrp_find(rows[row].name);
    char text[TEXT_MAX], asked[2 * TEXT_MAX];
    const char *message = session_error(session)->message;
    value v;
    call_text(row, which, edge, text);
    if (evaluate(text, &v)) {
        bool given = f->support_kind == SUPPORT_VALUES;
        if (!f->made && !given && !(fabs(total(v)) < INFINITY))
            complain("gave", text, total(v));
    } else {
        check_message(f, arg_count(row), message, text);
    }
    if (f->made) return;
    static const char *const values[] = {"0.5", "1", "(list 0.25 0.75)"};
    for (int i = 0; i < 3; i++) {
        snprintf(asked, sizeof asked, "(log-density %s %s)", text, values[i]);
        if (!evaluate(asked, &v))
            check_message(f, arg_count(row), message, asked);
        else if (!is_number(v) || !(as_number(v) < INFINITY))
            complain("scores", asked, is_number(v) ? as_number(v) : NAN);
    }
}

static void every_edge_in_the_language(void **state)
{
    (void)state;
    bad = 0;
    for (int row = 0; row < ROW_COUNT; row++)
        for (int which = 0; which < arg_count(row); which++)
            for (int edge = 0; edge < EDGE_COUNT; edge++)
                if (rows[row].args[which][0] != '(' ||
                    strncmp(rows[row].args[which], "(normal", 7) != 0)
                    check_language(row, which, edge);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_family_is_there),
        cmocka_unit_test(every_argument_at_every_edge),
        cmocka_unit_test(every_edge_in_the_language),
    };
    return cmocka_run_group_tests(tests, open_session, close_session);
}
