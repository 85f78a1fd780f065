/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the three query forms become (eval/expand_query.c): procedures of C
 * over a thunk. In a trace a query is a function of what its thunk reads
 * there, and, but for enumeration-query, of a *seed*: a choice of the trace
 * like any other, which says how the query's own choices come out. So its
 * answer is drawn anew when something that it reads changes, or when the seed
 * is proposed to, and no density is ever asked for.
 */
#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "eval/code.h"
#include "eval/expression.h"
#include "trace/application.h"
#include "trace/query.h"

/* ---- seeds ----------------------------------------------------------- */

enum { SEED_BITS = 46 };

static bool seed_sample(const struct xrp_site *s, struct random *r, value *out)
{
    (void)s;
    *out = v_int((int64_t)(random_bits(r) >> (64 - SEED_BITS)));
    return true;
}

/* All are alike; another measure than counting is no part of any ratio. */
static double seed_prob(const struct xrp_site *s, value v)
{
    (void)s;
    return is_int(v) ? 0.0 : -INFINITY;
}

#define SEED(name_)                                                       \
    {                                                                     \
        .names = name_, .signature = "(" name_ " ...)",                   \
        .doc = "how the choices inside a query come out",                 \
        .flags = XRP_RESCORES | XRP_FIXED_SUPPORT, .sample = seed_sample, \
        .prob = seed_prob                                                 \
    }

static const struct xrp_family seeds[] = {SEED("rejection-query"),
                                          SEED("mh-query")};
static const char *const seed_names[] = {" rejection-seed", " mh-seed"};

/* ---- answers --------------------------------------------------------- */

static const char *answered;

const char *query_answered(void)
{
    const char *name = answered;
    answered = NULL;
    return name;
}

static bool answer_of_rejection(struct machine *m, int n, const value *args,
                                value *out)
{
    (void)m;
    (void)n;
    answered = "rejection-query";
    *out = args[0];
    return true;
}

static bool answer_of_walk(struct machine *m, int n, const value *args,
                           value *out)
{
    (void)m;
    (void)n;
    answered = "mh-query";
    *out = args[0];
    return true;
}

/* An answer says whose it is, to those who would observe it. */
static struct primitive answers[] = {
    {.head = {.type = T_PRIMITIVE},
     .names = "rejection-query",
     .function = answer_of_rejection,
     .min = 1,
     .max = 1,
     .look = LOOK_NONE},
    {.head = {.type = T_PRIMITIVE},
     .names = "mh-query",
     .function = answer_of_walk,
     .min = 1,
     .max = 1,
     .look = LOOK_NONE},
};

static enum step return_answer(struct machine *m, struct frame *f, value *at,
                               const struct primitive *whose, value answer)
{
    value out;
    if (!expression_make(m, whose, 1, &answer, &out)) return STEP_ERROR;
    return native_return(f, at, out);
}

/* ---- the procedures -------------------------------------------------- */

static bool seed_of(struct machine *m, value *at, value *seed)
{
    return machine_force(m, at[0], true, seed);
}

static enum step enumeration(struct machine *m, struct frame *f, value *at)
{
    value out;
    if (!query_enumerate(m, at[0], &out)) return STEP_ERROR;
    return native_return(f, at, out);
}

static enum step rejection(struct machine *m, struct frame *f, value *at)
{
    value seed, out;
    if (!seed_of(m, at, &seed) || !query_reject(m, seed, at[1], &out))
        return STEP_ERROR;
    return return_answer(m, f, at, &answers[0], out);
}

static bool count_of(struct machine *m, value v, const char *what, double *out)
{
    if (!machine_force(m, v, true, &v)) return false;
    *out = is_number(v) ? as_number(v) : 0.0;
    if (*out >= 1.0 && *out <= 1e9 && *out == floor(*out)) return true;
    char words[64];
    snprintf(words, sizeof words, "%s, a whole number from 1 to 10^9", what);
    return machine_type_error(m, "mh-query", words, v);
}

static enum step walk(struct machine *m, struct frame *f, value *at)
{
    value seed, out;
    double samples, lag;
    if (!seed_of(m, at, &seed) ||
        !count_of(m, at[1], "the number of samples", &samples) ||
        !count_of(m, at[2], "the lag", &lag) ||
        !query_walk(m, seed, samples, lag, at[3], &out))
        return STEP_ERROR;
    return return_answer(m, f, at, &answers[1], out);
}

static struct native natives[] = {
    {.names = " enumeration-query", .step = enumeration, .min = 1, .max = 1},
    {.names = " rejection-query", .step = rejection, .min = 2, .max = 2},
    {.names = " mh-query", .step = walk, .min = 4, .max = 4},
};

bool query_install(struct machine *m)
{
    for (size_t i = 0; i < sizeof natives / sizeof *natives; i++) {
        natives[i].head.type = T_NATIVE;
        machine_add_builtin(m, natives[i].names, v_object(&natives[i]), NULL);
    }
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        struct xrp *x = memory_new(sizeof *x);
        if (!x) return machine_no_memory(m);
        x->base.head.type = T_XRP;
        x->base.name = seeds[i].names;
        x->base.signature = seeds[i].signature;
        x->family = &seeds[i];
        machine_add_builtin(m, seed_names[i], v_object(x), NULL);
    }
    return true;
}
