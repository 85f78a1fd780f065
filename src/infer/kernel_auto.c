/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * auto: looks at the program's state and makes a plan of other kernels.
 * Enumeration when there are few states; else a transition goes over all: by
 * gibbs over choices of few values and elements of arrays, each in turn; by
 * nuts over all that is continuous at once, where it has gradients and a warmup
 * to learn in, else by slice; and one time in ten by mh over all choices, so
 * that what comes into being moves, too. What has neither few values nor lines
 * is drawn anew in its turn, and accepted or refused.
 *
 * How often each has its turn does not depend on the state. A plan whose
 * weights were counts of the present choices would not leave the posterior as
 * it is: the next run makes another plan.
 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "infer/enumeration.h"
#include "infer/kernel_past.h"
#include "infer/kernels.h"
#include "infer/line.h"
#include "xrp/form.h"

enum { STATES_FEW = 2000, VALUES_FEW = 50 };

/* In how many of the transitions a part has its turn. */
static const double ALWAYS = 1.0, SELDOM = 0.1;

struct census {
    uint32_t finite, numbers, rest;
    uint32_t elements;           /* of arrays, among the finite ones */
    uint32_t continuous, others; /* of all; of the rest */
    bool gradients;              /* nuts moves all that is continuous */
};

static bool is_few(value list)
{
    return list != V_UNBOUND && list_length(list) <= VALUES_FEW;
}

/* How many elements the array has, if each has few values; else 0. */
static uint32_t count_elements(struct engine *e, const struct site *s)
{
    struct grid g;
    value one, list = V_UNBOUND;
    size_t n = e->op->elements(e, s->choice), i = 0;
    if (!n || n > UINT32_MAX / 2 || !form_grid(s->family, &s->at, &g)) return 0;
    while (i < n && grid_element(&g, s->held, i, &one) &&
           g.in.family->enumerate &&
           g.in.family->enumerate(&g.in.site, &list) && is_few(list))
        i++;
    grid_close(&g);
    return i == n ? (uint32_t)n : 0;
}

static bool count_choice(struct engine *e, void *choice, struct census *c)
{
    struct site s;
    uint32_t lines, elements;
    value list = V_UNBOUND;
    if (!e->op->site(e, choice, &s)) return false;
    unsigned flags = xrp_flags_at(s.family, &s.at);
    bool continuous = flags & XRP_CONTINUOUS;
    c->continuous += continuous;
    if (!continuous && (elements = count_elements(e, &s)) > 0) {
        c->finite += elements;
        c->elements += elements;
        return true;
    }
    if (!continuous && !e->op->support(e, choice, &choice, 1, &list))
        return false;
    if (is_few(list))
        c->finite++;
    else if (continuous && (lines = line_count(&s)) > 0)
        c->numbers += lines;
    else
        c->rest++, c->others += continuous;
    return true;
}

static bool ignore(void *context, struct way way, const double *log_mass)
{
    (void)context, (void)way, (void)log_mass;
    return true;
}

/* Are there few states, each finite? The random stream is as before. */
static bool is_small(struct engine *e)
{
    struct random before = e->machine->random;
    bool small = enumeration_run(e, "auto", STATES_FEW, ignore, NULL);
    e->machine->random = before;
    if (!small && e->machine->error.kind != ERROR_CANCEL)
        error_clear(&e->machine->error);
    return small;
}

/* ---- the plan ----------------------------------------------------------- */

enum { PLAN_MAX = 1000, PARTS_MOST = 3 };

/* What a part can be: a kernel, on what is in the scope and of this kind. One
 * that is drawn from a table takes no scope. */
static const struct role {
    const struct kernel_row *row;
    enum scope_test test;
    const char *within;
    enum kernel_pick pick;
} roles[] = {
    {&kernel_enumerate, SCOPE_ALL, "", PICK_ONE},
    {&kernel_gibbs, SCOPE_DISCRETE, "discrete", PICK_EACH},
    {&kernel_nuts, SCOPE_CONTINUOUS, "continuous", PICK_ONE},
    {&kernel_slice, SCOPE_CONTINUOUS, "continuous", PICK_EACH},
    {&kernel_mh, SCOPE_PROPER, "", PICK_ONE},
};
enum { TABLE, GIBBS, NUTS, SLICE, MH, ROLES };

/* The kernel's own scope as it was written: behind "(auto ". */
static const char *scope_text(const struct kernel *k, int *length)
{
    const char *at = strchr(k->name, ' ');
    *length = at ? (int)strlen(at + 1) - 1 : 0;
    return at ? at + 1 : "";
}

static void name_part(const struct kernel *k, const char *row,
                      const char *within, const char *pick, char name[200])
{
    int length;
    const char *own = scope_text(k, &length);
    if (k->scope->all)
        snprintf(name, 200, "(%s%s%s%s)", row, *within ? " " : "", within,
                 pick);
    else if (*within)
        snprintf(name, 200, "(%s (and %.*s %s)%s)", row, length, own, within,
                 pick);
    else
        snprintf(name, 200, "(%s %.*s%s)", row, length, own, pick);
}

/* What is in the kernel's own scope, and of this kind. NULL: no memory. */
static struct scope *scope_within(const struct kernel *k, enum scope_test test)
{
    struct scope *s = scope_new();
    if (!s) return NULL;
    int n = k->scope->all ? 0 : k->scope->count;
    if (n) memcpy(s->nodes, k->scope->nodes, (size_t)n * sizeof *s->nodes);
    s->nodes[n] = (struct scope_node){.test = test};
    if (n)
        s->nodes[n + 1] =
            (struct scope_node){.test = SCOPE_AND, .a = k->scope->root, .b = n};
    s->count = n ? n + 2 : 1;
    s->root = s->count - 1;
    s->all = !n && test == SCOPE_ALL;
    return s;
}

static struct kernel *make_table(const struct kernel *k)
{
    struct kernel *part = kernel_make(&kernel_enumerate, NULL, "(enumerate)");
    if (part) part->span = k->span;
    return part;
}

static struct kernel *make_part(const struct kernel *k, size_t role)
{
    char name[200];
    const struct role *as = &roles[role];
    if (role == TABLE) return make_table(k);
    struct scope *scope = scope_within(k, as->test);
    name_part(k, as->row->name, as->within,
              as->pick == PICK_EACH ? " each" : "", name);
    struct kernel *part = scope ? kernel_make(as->row, scope, name) : NULL;
    if (part) {
        part->span = k->span;
        part->pick = as->pick;
        part->lenient = true;
        part->warming = k->warming;
    } else if (scope) {
        scope_free(scope);
    }
    return part;
}

static bool begin_parts(struct kernel *k)
{
    k->part_count = 0;
    k->parts = memory_new((PARTS_MOST + 1) * sizeof(struct kernel *));
    k->weights = memory_new((PARTS_MOST + 1) * sizeof(double));
    return k->parts && k->weights;
}

static bool add(struct kernel *k, size_t role, double weight)
{
    struct kernel *part = make_part(k, role);
    if (!part) return false;
    k->parts[k->part_count] = part;
    k->weights[k->part_count++] = weight;
    return true;
}

/* Has nuts gradients of all that is continuous? */
static bool nuts_takes(const struct kernel *k, struct engine *e)
{
    if (!k->planned) return false;
    struct kernel *trial = make_part(k, NUTS);
    if (!trial) return false;
    trial->lenient = false;
    bool takes = kernel_open(trial, e);
    if (takes) kernel_close(trial, e);
    if (e->machine->error.kind == ERROR_USE) error_clear(&e->machine->error);
    scope_free(trial->scope);
    return takes;
}

/* The same whatever there is now: who has nothing to move does nothing. mh takes
 * what a prior can propose for. */
static bool plan_turns(struct kernel *k, const struct census *c)
{
    return add(k, GIBBS, ALWAYS) &&
           add(k, c->gradients ? NUTS : SLICE, ALWAYS) && add(k, MH, SELDOM);
}

/* So many of a kind, behind others; of none, nothing. */
static void tell(char *text, int *at, uint32_t n, const char *one,
                 const char *many)
{
    const char *before = strcmp(text + *at - 5, "why: ") == 0 ? "" : ", ";
    if (n)
        *at += snprintf(text + *at, PLAN_MAX - (size_t)*at, "%s%u %s", before,
                        n, n == 1 ? one : many);
}

static void describe(struct kernel *k, const struct census *c)
{
    char *text = memory_new_atomic(PLAN_MAX);
    int at = 0;
    if (!text) return;
    at += snprintf(text, PLAN_MAX, "plan:");
    for (uint32_t i = 0; i < k->part_count; i++)
        at += snprintf(text + at, PLAN_MAX - (size_t)at, " %s%s",
                       k->parts[i]->name,
                       k->weights[i] < ALWAYS ? ", one time in ten" : "");
    size_t room = PLAN_MAX - (size_t)at;
    k->plan = text;
    if (k->part_count == 1 && k->parts[0]->row == &kernel_enumerate) {
        snprintf(text + at, room, "\nwhy: finite, and at most %d states\n",
                 STATES_FEW);
        return;
    }
    at += snprintf(text + at, room, "\nwhy: ");
    tell(text, &at, c->finite, "choice of few values", "choices of few values");
    if (c->elements)
        at += snprintf(text + at, PLAN_MAX - (size_t)at,
                       " (%u of them elements of arrays)", c->elements);
    tell(text, &at, c->numbers, "continuous number", "continuous numbers");
    tell(text, &at, c->rest, "other choice", "other choices");
    snprintf(text + at, PLAN_MAX - (size_t)at, "%s\n",
             c->finite + c->numbers + c->rest ? "" : "nothing is free");
}

static bool open_parts(struct kernel *k, struct engine *e)
{
    for (uint32_t i = 0; i < k->part_count; i++)
        if (!kernel_open(k->parts[i], e)) return false;
    return true;
}

/* What there is. The scope is open. */
static bool take_census(struct kernel *k, struct engine *e, struct census *c)
{
    *c = (struct census){0};
    if (!e->op->scope_look(e, k->scope)) return false;
    for (uint32_t i = 0; i < k->scope->member_count; i++)
        if (!count_choice(e, k->scope->members[i].choice, c)) return false;
    c->gradients = c->continuous && nuts_takes(k, e);
    if (c->gradients) c->rest -= c->others;
    return !e->machine->error.kind;
}

static bool make_plan(struct kernel *k, struct engine *e)
{
    struct census c;
    if (k->loaded) return true;
    if (!take_census(k, e, &c)) return false;
    /* Its own scope and a test of the kind. */
    if (k->scope->count + 2 > SCOPE_NODES)
        return kernel_refuse(k, e, "the scope is too large");
    if (!begin_parts(k)) return machine_no_memory(e->machine);
    bool small = k->scope->all && !c.numbers && !c.rest && c.finite &&
                 c.finite <= 16 && is_small(e);
    if (e->machine->error.kind) return false;
    bool ok = small ? add(k, TABLE, ALWAYS) : plan_turns(k, &c);
    if (!ok) return machine_no_memory(e->machine);
    describe(k, &c);
    kernel_plan(k, k->planned);
    return open_parts(k, e);
}

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    for (uint32_t i = 0; i < k->part_count; i++) {
        double share[2] = {k->weights[i], ALWAYS - k->weights[i]};
        if (share[1] > 0.0 && e->op->pick(e, 2, share) != 0) continue;
        if (!kernel_turn(k, i, e, counts)) return false;
    }
    return true;
}

/* ---- as bytes ----------------------------------------------------------- */

/* The test of its kind stands behind those of the kernel's own scope. */
static size_t role_of(const struct kernel *part)
{
    const struct scope *s = part->scope;
    enum scope_test test =
        s ? s->nodes[s->count > 1 ? s->count - 2 : 0].test : SCOPE_ALL;
    size_t i = 0;
    while (i < ROLES && (roles[i].row != part->row || roles[i].test != test ||
                         roles[i].pick != part->pick))
        i++;
    return i;
}

static bool save(const struct kernel *k, const struct place_book *places,
                 struct text *out)
{
    const char *words = k->plan ? k->plan : "";
    (void)places;
    bool good =
        pack_bytes(out, words, strlen(words)) && pack_word(out, k->part_count);
    for (uint32_t i = 0; good && i < k->part_count; i++)
        good = pack_word(out, role_of(k->parts[i])) &&
               pack_real(out, k->weights[i]);
    return good;
}

static bool load_part(struct kernel *k, struct unpack *from)
{
    uint64_t role;
    double weight;
    return unpack_word(from, &role) && unpack_real(from, &weight) &&
           role < ROLES && weight > 0.0 && weight <= ALWAYS &&
           add(k, role, weight);
}

/* The plan as it was made, and not that of the state now. */
static bool load(struct kernel *k, struct kernel_past *past)
{
    char *text = memory_new_atomic(PLAN_MAX);
    const char *words;
    size_t length, count;
    bool good = k->scope->count + 2 <= SCOPE_NODES && text && begin_parts(k) &&
                unpack_bytes(&past->from, &words, &length) &&
                length < PLAN_MAX && unpack_count(&past->from, 16, &count) &&
                count <= PARTS_MOST;
    if (!good) return false;
    memcpy(text, words, length);
    text[length] = '\0';
    k->plan = text;
    for (size_t i = 0; good && i < count; i++) good = load_part(k, &past->from);
    if (good) kernel_plan(k, k->planned);
    return good;
}

const struct kernel_row kernel_auto = {
    .name = "auto",
    .signature = "(auto [scope])",
    .doc =
        "chooses for the program: enumerate, gibbs, nuts, slice and mh; says "
        "what and why",
    .takes = TAKES_SCOPE,
    .init = make_plan,
    .step = step,
    .bring = kernel_bring_parts,
    .save = save,
    .load = load,
};
