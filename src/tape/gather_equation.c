/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Solutions of differential equations, with gradients by forward
 * sensitivities: beside z' = f(t, z, x) the solver goes along
 *
 *     S' = (df/dz) S + df/dx,   S = dz/dx,
 *
 * where x are the nodes that the state at t0, or f, depends on (Hindmarsh et
 * al., SUNDIALS, 2005, section 3.2). f is a tape for each number of the state,
 * in the coordinates t, z and x, so its derivatives are exact, and those of
 * the solution as good as the solver's tolerances.
 */
#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tape/gather_inside.h"
#include "tape/roll.h"

struct solution {
    uint32_t n, p;     /* numbers of the state; inputs */
    uint32_t in_state; /* the first of the inputs are numbers of it */
    uint32_t *which;   /* of these: which numbers */
    uint32_t time_count;
    double *times, start;
    double *state; /* at t0, but for what is an input */
    double relative, absolute;
    unsigned long steps;
    bool stiff;
    struct tape **f;
    double *point, *slopes; /* t, z, x; of one number of f */
    double *y;              /* z, then S row after row: what is integrated */
    double *kept;           /* S at each time */
};

static void solution_free(void *context)
{
    struct solution *s = context;
    for (uint32_t i = 0; s->f && i < s->n; i++)
        if (s->f[i]) tape_free(s->f[i]);
    free(s->f);
    free(s->which);
    free(s->times);
    free(s->state);
    free(s->point);
    free(s->slopes);
    free(s->y);
    free(s->kept);
    free(s);
}

/* ---- solving ------------------------------------------------------------------ */

static bool slopes_at(struct solution *s, double t, const double *z, uint32_t i,
                      double *f)
{
    s->point[0] = t;
    memcpy(s->point + 1, z, s->n * sizeof *z);
    return tape_run(s->f[i], s->point, f, s->slopes) == TAPE_FINE;
}

static int derivative(double t, const double *y, double *to, void *data)
{
    struct solution *s = data;
    const double *sensitive = y + s->n;
    for (uint32_t i = 0; i < s->n; i++) {
        if (!slopes_at(s, t, y, i, &to[i])) return GSL_FAILURE;
        for (uint32_t j = 0; j < s->p; j++) {
            double sum =
                j < s->in_state ? 0.0 : s->slopes[1 + s->n + j - s->in_state];
            for (uint32_t k = 0; k < s->n; k++)
                sum += s->slopes[1 + k] * sensitive[k * s->p + j];
            to[s->n + i * s->p + j] = sum;
        }
    }
    return GSL_SUCCESS;
}

/* Of z by z, and of each column of S by itself: what Newton's steps need. */
static int jacobian(double t, const double *y, double *by_y, double *by_t,
                    void *data)
{
    struct solution *s = data;
    size_t all = s->n + (size_t)s->n * s->p;
    double ignored;
    memset(by_y, 0, all * all * sizeof *by_y);
    memset(by_t, 0, all * sizeof *by_t);
    for (uint32_t i = 0; i < s->n; i++) {
        if (!slopes_at(s, t, y, i, &ignored)) return GSL_FAILURE;
        by_t[i] = s->slopes[0];
        for (uint32_t k = 0; k < s->n; k++) {
            by_y[i * all + k] = s->slopes[1 + k];
            for (uint32_t j = 0; j < s->p; j++)
                by_y[(s->n + i * s->p + j) * all + s->n + k * s->p + j] =
                    s->slopes[1 + k];
        }
    }
    return GSL_SUCCESS;
}

static bool advance(struct solution *s, gsl_odeiv2_driver *driver, double *out)
{
    double t = s->start;
    size_t wide = (size_t)s->n * s->p;
    for (uint32_t i = 0; i < s->time_count; i++) {
        if (s->times[i] > t && gsl_odeiv2_driver_apply(driver, &t, s->times[i],
                                                       s->y) != GSL_SUCCESS)
            return false;
        memcpy(out + (size_t)i * s->n, s->y, s->n * sizeof *out);
        memcpy(s->kept + i * wide, s->y + s->n, wide * sizeof *s->kept);
    }
    return true;
}

static bool solution_value(void *context, const double *in, double *out)
{
    struct solution *s = context;
    size_t all = s->n + (size_t)s->n * s->p;
    gsl_odeiv2_system system = {derivative, jacobian, all, s};
    memset(s->y, 0, all * sizeof *s->y);
    memcpy(s->y, s->state, s->n * sizeof *s->y);
    for (uint32_t j = 0; j < s->in_state; j++) {
        s->y[s->which[j]] = in[j];
        s->y[s->n + s->which[j] * s->p + j] = 1.0;
    }
    memcpy(s->point + 1 + s->n, in + s->in_state,
           (s->p - s->in_state) * sizeof *in);
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    double span = s->times[s->time_count - 1] - s->start;
    gsl_odeiv2_driver *driver = gsl_odeiv2_driver_alloc_y_new(
        &system, s->stiff ? gsl_odeiv2_step_msbdf : gsl_odeiv2_step_rkf45,
        fmax(1e-6 * span, 1e-300), s->absolute, s->relative);
    bool ok = driver != NULL;
    if (ok) {
        gsl_odeiv2_driver_set_nmax(driver, s->steps);
        ok = advance(s, driver, out);
        gsl_odeiv2_driver_free(driver);
    }
    gsl_set_error_handler(handler);
    return ok;
}

static bool solution_reverse(void *context, const double *in, const double *out,
                             const double *by_out, double *by_in)
{
    const struct solution *s = context;
    (void)in;
    (void)out;
    for (size_t i = 0; i < (size_t)s->time_count * s->n; i++)
        for (uint32_t j = 0; j < s->p; j++)
            by_in[j] += by_out[i] * s->kept[i * s->p + j];
    return true;
}

/* ---- the derivative as tapes ---------------------------------------------------- */

/* Which nodes an unknown is under. */
static bool *find_unknown(const struct graph *g)
{
    bool *under = calloc(g->count + 1, sizeof *under);
    for (uint32_t i = 0; under && i < g->count; i++) {
        const struct graph_node *n = &g->nodes[i];
        under[i] = n->code == GRAPH_UNKNOWN;
        if (n->code >= TAPE_CODES) continue;
        for (int k = 0; k < tape_arity(n->code); k++)
            under[i] = under[i] || under[n->operands[k]];
    }
    return under;
}

struct cutting {
    struct build *b;
    const bool *under;
    uint32_t *known; /* node of x by node of the graph, 1 + place; 0: none */
    uint32_t *x, x_count;
    bool *needed;
    uint32_t first, n; /* unknowns: t, then the state */
};

/* What the roots stand on, down to numbers, unknowns and x. */
static void mark(struct cutting *c, const uint32_t *roots)
{
    const struct graph *g = &c->b->g;
    for (uint32_t i = 0; i < c->n; i++) c->needed[roots[i]] = true;
    for (uint32_t i = g->count; i-- > 0;) {
        const struct graph_node *n = &g->nodes[i];
        if (!c->needed[i] || n->code == GRAPH_NUMBER) continue;
        if (!c->under[i]) {
            c->x[c->x_count++] = i;
            c->known[i] = c->x_count;
            continue;
        }
        if (n->code >= TAPE_CODES) continue;
        for (int k = 0; k < tape_arity(n->code); k++)
            c->needed[n->operands[k]] = true;
    }
}

/* The tape of one root: coordinates are t, z, x. */
static struct tape *cut_out(struct cutting *c, uint32_t root)
{
    const struct graph *g = &c->b->g;
    struct graph part = {0};
    uint32_t *at = calloc(g->count + 1, sizeof *at);
    struct tape *t = NULL;
    for (uint32_t i = 0; i < 1 + c->n + c->x_count; i++)
        graph_coordinate(&part);
    for (uint32_t i = 0; at && i <= root; i++) {
        const struct graph_node *n = &g->nodes[i];
        uint32_t of[3] = {0};
        if (!c->needed[i]) continue;
        if (n->code == GRAPH_NUMBER) {
            at[i] = graph_number(&part, n->number);
        } else if (c->known[i]) {
            at[i] = c->n + c->known[i];
        } else if (n->code == GRAPH_UNKNOWN) {
            at[i] = (uint32_t)n->number - c->first;
        } else {
            for (int k = 0; k < tape_arity(n->code); k++)
                of[k] = at[n->operands[k]];
            at[i] = graph_apply(&part, n->code, of);
        }
    }
    if (at) graph_add(&part, at[root], 1.0);
    if (at) t = roll(&part);
    graph_close(&part);
    free(at);
    return t;
}

/* ---- gathering -------------------------------------------------------------------- */

static bool take_times(struct solution *s, value times)
{
    if (is_number(times)) return false;
    s->time_count =
        is_vector(times) ? as_vector(times)->head.size : list_length(times);
    s->times = malloc((s->time_count + 1) * sizeof *s->times);
    for (uint32_t i = 0; s->times && i < s->time_count; i++) {
        value at =
            is_vector(times) ? v_double(as_vector(times)->at[i]) : car(times);
        s->times[i] = is_number(at) ? as_number(at) : NAN;
        if (!is_vector(times)) times = cdr(times);
    }
    return s->times && s->time_count;
}

static bool make_room(struct solution *s)
{
    size_t wide = (size_t)s->n * s->p;
    s->f = calloc(s->n, sizeof *s->f);
    s->point = calloc(1 + s->n + s->p, sizeof *s->point);
    s->slopes = calloc(1 + s->n + s->p, sizeof *s->slopes);
    s->y = calloc(s->n + wide, sizeof *s->y);
    s->kept = calloc(s->time_count * wide + 1, sizeof *s->kept);
    return s->f && s->point && s->slopes && s->y && s->kept;
}

/* Inputs: numbers of the state that are no numbers yet, then x. */
static bool take_state(struct build *b, struct solution *s,
                       const struct item *state, uint32_t *nodes)
{
    s->state = calloc(s->n, sizeof *s->state);
    s->which = calloc(s->n, sizeof *s->which);
    if (!s->state || !s->which) return false;
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t node = b->pool[state->first + i];
        if (graph_is_number(&b->g, node)) {
            s->state[i] = b->g.nodes[node].number;
        } else {
            nodes[s->in_state] = node;
            s->which[s->in_state++] = i;
        }
    }
    return true;
}

static bool solve_cut(struct build *b, struct solution *s, struct cutting *c,
                      const struct item *state, const uint32_t *roots,
                      struct item *out)
{
    uint32_t *nodes = calloc(s->n + b->g.count + 1, sizeof *nodes);
    bool ok = nodes && take_state(b, s, state, nodes);
    if (ok) {
        memcpy(nodes + s->in_state, c->x, c->x_count * sizeof *nodes);
        s->p = s->in_state + c->x_count;
        ok = make_room(s);
    }
    for (uint32_t i = 0; ok && i < s->n; i++)
        ok = (s->f[i] = cut_out(c, roots[i])) != NULL;
    if (!ok) {
        free(nodes);
        solution_free(s);
        return machine_no_memory(b->t->machine);
    }
    uint32_t first =
        graph_given(&b->g,
                    &(struct tape_call){.context = s,
                                        .count = s->p,
                                        .out = s->n * s->time_count,
                                        .value = solution_value,
                                        .reverse = solution_reverse,
                                        .free = solution_free},
                    nodes);
    free(nodes);
    bool scalar = state->rows == 0;
    if (!array_new(b, s->time_count, scalar ? 0 : s->n, out)) return false;
    for (uint32_t i = 0; i < s->n * s->time_count; i++)
        array_at(b, out)[i] = first + i;
    return true;
}

static bool has_call(const struct graph *g, const struct cutting *c)
{
    for (uint32_t i = 0; i < g->count; i++)
        if (c->needed[i] && c->under[i] && g->nodes[i].code == GRAPH_GIVEN)
            return true;
    return false;
}

bool equation_item(struct build *b, const struct item *in, struct item *out)
{
    struct item state, slope;
    if (!item_array(b, &in[SOLUTION_STATE], &state) ||
        !item_array(b, &in[SOLUTION_DERIVATIVE], &slope))
        return false;
    uint32_t n = state.rows ? state.rows : 1;
    if ((slope.rows ? slope.rows : 1) != n || state.columns || slope.columns)
        return build_refuse(b, "a derivative of another shape than the state");
    struct solution *s = calloc(1, sizeof *s);
    bool *under = find_unknown(&b->g);
    size_t count = b->g.count + 1;
    struct cutting c = {.b = b,
                        .under = under,
                        .known = calloc(count, sizeof *c.known),
                        .x = calloc(count, sizeof *c.x),
                        .needed = calloc(count, sizeof *c.needed),
                        .first =
                            (uint32_t)as_number(in[SOLUTION_UNKNOWN].plain),
                        .n = n};
    bool ok = s && under && c.known && c.x && c.needed;
    if (!ok) {
        machine_no_memory(b->t->machine);
    } else {
        s->n = n;
        s->start = as_number(in[SOLUTION_START].plain);
        s->relative = as_number(in[SOLUTION_RELATIVE].plain);
        s->absolute = as_number(in[SOLUTION_ABSOLUTE].plain);
        s->steps = (unsigned long)as_number(in[SOLUTION_STEPS].plain);
        s->stiff = in[SOLUTION_STIFF].plain == V_TRUE;
        mark(&c, b->pool + slope.first);
        ok = !has_call(&b->g, &c) ||
             build_refuse(b, "an equation within an equation");
        ok = ok && (take_times(s, in[SOLUTION_TIMES].plain) ||
                    build_refuse(b, "times that depend on the scope"));
    }
    if (ok) {
        uint32_t roots[16];
        memcpy(roots, b->pool + slope.first, n * sizeof *roots);
        ok = solve_cut(b, s, &c, &state, roots, out);
    } else if (s) {
        solution_free(s);
    }
    free(under);
    free(c.known);
    free(c.x);
    free(c.needed);
    return ok;
}

/* An unknown outside of its derivative: the program looked at it. */
bool graph_is_closed(const struct graph *g)
{
    if (!g->open) return true;
    bool *under = find_unknown(g), ok = under != NULL;
    for (uint32_t i = 0; ok && i < g->guard_count; i++)
        ok = !under[g->guards[i]];
    for (uint32_t i = 0; ok && (i = graph_term_from(g, i)) < g->count; i++)
        ok = !under[i];
    free(under);
    return ok;
}
