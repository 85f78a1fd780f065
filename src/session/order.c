/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arguments of INFER: see order.h.
 */
#include "session/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/global.h"
#include "eval/print.h"
#include "session/adaptation.h"

struct parse {
    struct session *session;
    struct order *order;
    bool samples_given;
    unsigned given;  /* a bit an option */
    bool shape_only; /* numbers are compiled, and not evaluated */
};

/* ---- numbers ---------------------------------------------------------- */

#define COUNT_MAX 1e15

/* A whole number in a range, from a literal or an expression. */
static bool count_of(struct parse *p, const struct syntax *from,
                     const char *what, double least, uint64_t *out)
{
    struct session *s = p->session;
    value v;
    *out = 1;
    if (p->shape_only) return machine_compile(s->machine, from) != NULL;
    if (!session_evaluate(s, from, &v)) return false;
    double d = is_number(v) ? as_number(v) : NAN;
    if (d >= least && d <= COUNT_MAX && d == floor(d)) {
        *out = (uint64_t)d;
        return true;
    }
    struct text shown = {0};
    if (print_value(&shown, v))
        session_fail(s, from->span, ERROR_USE,
                     "INFER needs %s from %g to 1e15, got %.60s%s", what, least,
                     shown.at, shown.length > 60 ? "..." : "");
    else
        machine_no_memory(s->machine);
    text_free(&shown);
    return false;
}

static const char *word_of(const struct syntax *s)
{
    return s->kind == SYNTAX_ATOM && is_symbol(s->datum) ? text_of(s->datum)
                                                         : "";
}

/* 60s 500ms 10m 2h, a number of seconds, or either in quotes. */
static bool seconds_of(struct session *s, const struct syntax *from,
                       double *out)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"", 1},   {"s", 1},    {"ms", 1e-3},
                 {"m", 60}, {"min", 60}, {"h", 3600}};
    double d = NAN;
    const char *rest = "";
    if (from->kind == SYNTAX_ATOM && is_number(from->datum)) {
        d = as_number(from->datum);
    } else if (from->kind == SYNTAX_ATOM &&
               (is_symbol(from->datum) || is_string(from->datum))) {
        char *end;
        d = strtod(text_of(from->datum), &end);
        rest = end == text_of(from->datum) ? "?" : end;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(units[i].unit, rest) != 0) continue;
        *out = d * units[i].seconds;
        if (*out > 0 && *out < 1e9) return true;
    }
    return session_fail(s, from->span, ERROR_USE,
                        ":for takes a time, as 60s, 500ms, 10m or 2h");
}

/* ---- options ---------------------------------------------------------- */

typedef bool option_function(struct parse *p, struct syntax *v);

static bool is_truth(const struct syntax *s)
{
    return s->kind == SYNTAX_ATOM && is_boolean(s->datum);
}

static bool set_samples(struct parse *p, struct syntax *v)
{
    p->samples_given = true;
    return count_of(p, v, "a number of samples", 1, &p->order->plan.samples);
}

static bool set_warmup(struct parse *p, struct syntax *v)
{
    return count_of(p, v, "a number of warmup draws", 0,
                    &p->order->plan.warmup);
}

static bool set_thin(struct parse *p, struct syntax *v)
{
    return count_of(p, v, "a number of transitions between draws", 1,
                    &p->order->plan.thin);
}

static bool set_chains(struct parse *p, struct syntax *v)
{
    uint64_t chains;
    if (!count_of(p, v, "a number of chains", 1, &chains)) return false;
    p->order->chains = (size_t)chains;
    return chains <= CHAINS_MAX ||
           session_fail(p->session, v->span, ERROR_USE,
                        "INFER runs at most %d chains", CHAINS_MAX);
}

static bool set_seed(struct parse *p, struct syntax *v)
{
    p->order->seeded = true;
    return count_of(p, v, "a seed", 0, &p->order->seed);
}

static bool set_time(struct parse *p, struct syntax *v)
{
    return seconds_of(p->session, v, &p->order->plan.seconds);
}

static bool set_init(struct parse *p, struct syntax *v)
{
    const char *word = word_of(v);
    p->order->rerun = strcmp(word, "prior") == 0;
    if (p->order->rerun || strcmp(word, "current") == 0) return true;
    return session_fail(p->session, v->span, ERROR_USE,
                        ":init takes current or prior");
}

static bool set_watch(struct parse *p, struct syntax *v)
{
    if (v->kind != SYNTAX_LIST)
        return session_fail(p->session, v->span, ERROR_USE,
                            ":watch takes a list of expressions, "
                            "as (x (+ x y))");
    p->order->watched = v->items;
    p->order->watched_count = v->count;
    return true;
}

static bool is_text(const struct syntax *v)
{
    return v->kind == SYNTAX_ATOM && is_string(v->datum) &&
           *text_of(v->datum) &&
           strlen(text_of(v->datum)) == as_string(v->datum)->head.size;
}

static bool set_out(struct parse *p, struct syntax *v)
{
    if (!is_text(v))
        return session_fail(p->session, v->span, ERROR_USE,
                            ":out takes the beginning of a file's name, in "
                            "quotes: \"draws\" gives draws_1.csv");
    p->order->out = text_of(v->datum);
    return true;
}

static bool set_adapt_from(struct parse *p, struct syntax *v)
{
    if (!is_text(v))
        return session_fail(p->session, v->span, ERROR_USE,
                            ":adapt-from takes the name of a draws file, in "
                            "quotes: \"draws_1.csv\"");
    if (p->shape_only) return true;
    p->order->plan.adaptation =
        adaptation_read(text_of(v->datum), session_error(p->session));
    if (!p->order->plan.adaptation && !session_error(p->session)->span.source)
        session_error(p->session)->span = v->span;
    return p->order->plan.adaptation != NULL;
}

static bool set_predictive(struct parse *p, struct syntax *v)
{
    static const struct {
        const char *word;
        enum predictive what;
    } words[] = {{"posterior", PREDICTIVE_POSTERIOR},
                 {"prior", PREDICTIVE_PRIOR},
                 {"both", PREDICTIVE_BOTH}};
    p->order->predictive = PREDICTIVE_BOTH;
    if (is_truth(v)) {
        if (v->datum == V_FALSE) p->order->predictive = PREDICTIVE_NONE;
        return true;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        p->order->predictive = words[i].what;
        if (strcmp(word_of(v), words[i].word) == 0) return true;
    }
    return session_fail(p->session, v->span, ERROR_USE,
                        ":predictive takes posterior, prior or both");
}

static const struct {
    const char *name;
    option_function *set;
} options[] = {
    {":samples", set_samples},
    {":warmup", set_warmup},
    {":thin", set_thin},
    {":chains", set_chains},
    {":seed", set_seed},
    {":for", set_time},
    {":init", set_init},
    {":watch", set_watch},
    {":out", set_out},
    {":adapt-from", set_adapt_from},
    {":predictive", set_predictive},
};
enum { OPTION_COUNT = sizeof options / sizeof *options };

static bool is_of_kernel(const struct kernel *k, const char *word)
{
    const struct kernel_option *o = k ? k->row->options : NULL;
    for (; o && o->name; o++)
        if (strcmp(o->name, word) == 0) return true;
    return false;
}

static bool is_known(const char *word)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (strcmp(options[i].name, word) == 0) return true;
    return false;
}

static bool unknown_option(struct session *s, const struct kernel *k,
                           const struct syntax *at)
{
    const char *names[OPTION_COUNT];
    for (int i = 0; i < OPTION_COUNT; i++) names[i] = options[i].name;
    const char *near = nearest_name(word_of(at), names, OPTION_COUNT);
    if (*word_of(at) == ':')
        session_fail(s, at->span, ERROR_USE, "INFER has no option %.60s",
                     word_of(at));
    else
        session_fail(s, at->span, ERROR_USE,
                     "INFER: expected an option, as :samples 1000");
    if (is_of_kernel(k, word_of(at)))
        return error_hint(session_error(s), "it is the kernel's: (%s %s ...)",
                          k->row->name, word_of(at));
    if (near) return error_hint(session_error(s), "did you mean %s?", near);
    return error_hint(session_error(s),
                      ":samples :warmup :thin :chains :seed :for :init "
                      ":watch :out :adapt-from :predictive");
}

static bool set_option(struct parse *p, const struct syntax *name,
                       struct syntax *v)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(options[i].name, word_of(name)) != 0) continue;
        if (p->given & 1u << i)
            return session_fail(p->session, name->span, ERROR_USE,
                                "INFER: %s is given twice", options[i].name);
        p->given |= 1u << i;
        if (v) return options[i].set(p, v);
        return session_fail(p->session, name->span, ERROR_USE,
                            "INFER: %s needs a value", options[i].name);
    }
    return unknown_option(p->session, p->order->plan.kernel, name);
}

enum { WARMUP_DEFAULT = 1000, SAMPLES_DEFAULT = 1000 };

/* [kernel] :name value ... from argument `first` on. */
static bool parse_options(struct parse *p, const struct request *q,
                          uint32_t first)
{
    struct order *out = p->order;
    out->form = ORDER_DRAWS;
    out->warmup_draws = true;
    /* What begins at the prior each time has nothing to settle. */
    const struct kernel_row *row = out->plan.kernel->row;
    bool settled = row->independent || row->draws;
    out->plan.warmup = settled ? 0 : WARMUP_DEFAULT;
    out->plan.samples = row->draws ? row->draws : SAMPLES_DEFAULT;
    out->chains = CHAINS_DEFAULT;
    out->rerun = true;
    for (uint32_t i = first; i < q->count; i += 2)
        if (!set_option(p, q->arguments[i],
                        i + 1 < q->count ? q->arguments[i + 1] : NULL))
            return false;
    if (out->plan.seconds > 0 && !p->samples_given)
        out->plan.samples = (uint64_t)COUNT_MAX;
    return true;
}

/* ---- the three forms -------------------------------------------------- */

static int assumed(void *context, const char *name)
{
    const struct session *s = context;
    for (int i = 0; i < s->program.count; i++) {
        const struct directive *d = s->program.at[i];
        if (d->kind == DIRECTIVE_ASSUME && strcmp(text_of(d->name), name) == 0)
            return d->id;
    }
    return 0;
}

static bool is_directive(void *context, int id)
{
    const struct session *s = context;
    for (int i = 0; i < s->program.count; i++)
        if (s->program.at[i]->id == id) return true;
    return false;
}

static void list_names(void *context, struct text *out)
{
    const struct session *s = context;
    for (int i = 0; i < s->program.count; i++) {
        const struct directive *d = s->program.at[i];
        if (d->kind == DIRECTIVE_ASSUME)
            text_printf(out, "%s%s", out->length ? " " : "", text_of(d->name));
    }
}

static bool parse_kernel(struct parse *p, struct syntax *from)
{
    struct error *error = session_error(p->session);
    struct kernel_names names = {p->session, assumed, is_directive, list_names};
    p->order->plan.kernel =
        kernel_parse(from, p->shape_only ? NULL : &names, error);
    return p->order->plan.kernel != NULL;
}

struct kernel *order_kernel(struct session *s, struct syntax *from,
                            bool shape_only)
{
    struct order order;
    struct parse p = {.session = s, .order = &order, .shape_only = shape_only};
    return parse_kernel(&p, from) ? order.plan.kernel : NULL;
}

static bool is_option(const struct syntax *s) { return *word_of(s) == ':'; }

/* n transitions at which nobody looks: one draw of n. */
static bool parse_move(struct parse *p, const struct syntax *n)
{
    p->order->form = ORDER_MOVE;
    p->order->plan.samples = 1;
    return count_of(p, n, "a number of transitions", 1, &p->order->plan.thin);
}

/* expr samples lag [kernel] */
static bool parse_distribution(struct parse *p, const struct request *q)
{
    struct order *out = p->order;
    out->form = ORDER_DISTRIBUTION;
    out->expression = q->arguments[0];
    return count_of(p, q->arguments[1], "a number of samples", 1,
                    &out->plan.samples) &&
           count_of(p, q->arguments[2], "a lag in transitions", 1,
                    &out->plan.thin) &&
           (q->count < 4 || parse_kernel(p, q->arguments[3]));
}

/* A list whose head is a kernel's name, or nobody's: misspelt, then. */
static bool may_be_kernel(struct session *s, const struct syntax *from)
{
    const char *head = syntax_head(from);
    return kernel_is_named(from) ||
           (head && !global_find(s->machine, symbol(head)));
}

/* n true, true n, kernel n */
static bool parse_two(struct parse *p, const struct request *q)
{
    struct syntax *a = q->arguments[0], *b = q->arguments[1];
    if (!is_truth(a) && !is_truth(b)) {
        if (may_be_kernel(p->session, a))
            return parse_kernel(p, a) && parse_move(p, b);
        return session_fail(p->session, b->span, ERROR_USE,
                            "INFER expr samples lag: the lag is missing, how "
                            "many transitions there are between two samples");
    }
    const struct syntax *truth = is_truth(a) ? a : b;
    p->order->rerun = truth->datum == V_TRUE;
    return parse_move(p, truth == a ? b : a);
}

/* An option where a count stands: it is of draws. Always false. */
static bool refuse_option(struct parse *p, const struct syntax *at,
                          const struct kernel *k)
{
    struct error *error = session_error(p->session);
    const char *word = word_of(at);
    if (!is_known(word)) return unknown_option(p->session, k, at);
    session_fail(p->session, at->span, ERROR_USE,
                 "INFER: %s is an option of draws, and this counts transitions",
                 word);
    return error_hint(error,
                      "INFER [kernel] :samples n %s%s; of expressions: :watch "
                      "(e ...)",
                      strcmp(word, ":samples") == 0 ? "" : word,
                      strcmp(word, ":samples") == 0 ? "..." : " ...");
}

/* The first option among the arguments of a form that takes none; NULL. */
static const struct syntax *option_among(const struct request *q)
{
    for (uint32_t i = 0; i < q->count; i++)
        if (is_option(q->arguments[i])) return q->arguments[i];
    return NULL;
}

static bool parse(struct parse *p, const struct request *q)
{
    struct syntax *first = q->arguments[0];
    bool draws = is_option(first);
    *p->order = (struct order){.plan.kernel = draws ? kernel_of_draws()
                                                    : kernel_default()};
    if (!p->order->plan.kernel) return machine_no_memory(p->session->machine);
    if (draws) return parse_options(p, q, 0);
    const struct syntax *stray = option_among(q);
    bool optional = q->count > 1 && stray == q->arguments[1] &&
                    may_be_kernel(p->session, first);
    if (stray && !optional) return refuse_option(p, stray, NULL);
    if (optional || (q->count == 1 && kernel_is_named(first)))
        return parse_kernel(p, first) && parse_options(p, q, 1);
    if (q->count == 1) return parse_move(p, first);
    if (q->count == 2) return parse_two(p, q);
    if (q->count <= 4) return parse_distribution(p, q);
    return unknown_option(p->session, NULL, q->arguments[4]);
}

bool order_parse(struct session *s, const struct request *q, struct order *out)
{
    return parse(&(struct parse){.session = s, .order = out}, q);
}

bool order_shape(struct session *s, const struct request *q, struct order *out)
{
    struct parse p = {.session = s, .order = out, .shape_only = true};
    return parse(&p, q);
}

bool order_parse_many(struct session *s, const struct request *q,
                      struct order *out)
{
    struct parse p = {.session = s, .order = out};
    struct kernel *mh = kernel_default();
    if (!mh) return machine_no_memory(s->machine);
    *out = (struct order){.form = ORDER_DISTRIBUTION,
                          .plan = {.kernel = mh, .thin = 1},
                          .rerun = true,
                          .expression = q->arguments[0]};
    return count_of(&p, q->arguments[1], "a number of samples", 1,
                    &out->plan.samples) &&
           (q->count < 3 ||
            count_of(&p, q->arguments[2], "a number of warmup transitions", 0,
                     &out->plan.warmup)) &&
           (q->count < 4 ||
            count_of(&p, q->arguments[3], "a lag in transitions", 1,
                     &out->plan.thin));
}
