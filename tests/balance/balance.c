/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Detailed balance by enumeration. For a small program of finite choices it
 * walks every outcome of every transition of the reduced engine from every
 * state that can be reached, each with its exact probability K(s, s'), and
 * compares pi(s) K(s, s') with pi(s') K(s', s). pi comes from loading the
 * program anew on the choices of s: no transition had a hand in it. What a
 * long run of draws would hide in its noise shows here at once.
 *
 *     balance [-v] [-engine E] [-n STATES] [-a ARRIVALS] [-prior]
 *             [-posterior] [-k KERNEL]... FILE...
 *
 * E is reduced, or traces.
 *
 * With -k it walks that kernel in place of the engine's own transition, and
 * so it does with those that a program names in lines `; kernel: (mh all)`;
 * a program that the kernel refuses is skipped.
 *
 * Each program is walked as it is, and with its observations read but not
 * conditioned on; then the probabilities of all states must add up to one
 * (unless it conditions inside expressions). A program with a choice that is
 * not finite is skipped, with a word; so is the second walk where the first
 * line says `(only with its data)`. After every transition, which the
 * script rejects, each word of the trace must be as before. Every word about
 * a program is one line; the status is 1 when any of them is a complaint.
 *
 * Every state is walked as it is loaded, and as transitions from some other
 * states leave it. Its moves must be the same: what a state does may
 * not hang on how it came about.
 *
 * Programs may use the procedures in C of tests/foreign.h. What a state of
 * make-xrp's hides is part of a state here; in these programs it begins as one
 * of two values, at even odds.
 *
 * New labels of a restaurant come from a fixed pool, so that the states are
 * finite; states that differ by the names of labels are one.
 */
#include "session/order.h"
#include "session/program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/odometer.h"
#include "eval/print.h"
#include "front/foreign.h"
#include "trace/reduced.h"
#include "xrp/user.h"

#include "../foreign.h"
#include "../property/words.h"

enum {
    FIRST_LABEL = 1000001,
    LABELS_MAX = 64,
    PATH_MAX_LENGTH = 400,
    ARRIVALS_MAX = 8
};
#define BALANCE 1e-12 /* relative: what rounding may leave */

/* The choices of a state, and urns that hide something: enough to load the
 * program on them. */
struct held {
    uint64_t location;
    const struct xrp_family *family;
    value held;
    void *hidden; /* an urn's empty state that hides `held` */
};

/* A transition that leads to a state. */
struct arrival {
    int from;
    int path_length;
    uint32_t *path;
};

struct state {
    struct held *records; /* scanned */
    uint32_t count;
    double pi;
    int *to; /* moves, by state; filled when walked */
    double *probability;
    int moves;
    struct arrival *arrivals; /* scanned */
    int arrival_count;
};

/* A configuration, its labels as they are, and the state that it stands
 * for. */
struct raw {
    uint64_t key;
    int state;
};

struct outcome {
    uint64_t key;
    double probability;
    struct held *records;
    uint32_t count;
    uint32_t *path; /* scanned: the first of those that lead there */
    int path_length;
};

struct walk {
    struct script script; /* first: the script's functions get this */
    struct session *session;
    struct trace *trace;
    int limit, arrivals;
    struct kernel *kernel; /* NULL: the engine's own transition */

    /* The path under way: which of how many at each step. */
    struct odometer path;
    uint32_t at[PATH_MAX_LENGTH], of[PATH_MAX_LENGTH];
    bool accepting; /* the transition is to stand */
    double log_path;
    bool replaying; /* what was drawn is drawn again, and counts once */
    double log_before;
    double refused; /* of all paths: draws that an urn could not give */
    bool endless;   /* a choice that is not finite */

    struct outcome *outcomes; /* of one state; scanned */
    int outcome_count, outcome_room;
    struct raw *raws;
    int raw_count, raw_room;
    struct state *states; /* scanned */
    uint64_t *classes;    /* the state's own key */
    int state_count, state_room;

    char complaint[600];
};

/* Only the first complaint of a walk is told. */
static void complain(struct walk *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void complain(struct walk *w, const char *format, ...)
{
    va_list args;
    if (w->complaint[0]) return;
    va_start(args, format);
    vsnprintf(w->complaint, sizeof w->complaint, format, args);
    va_end(args);
}

/* ---- the script ---------------------------------------------------------- */

/* The next step of the path: one of n. */
static uint32_t step(struct walk *w, uint32_t n)
{
    if (w->path.used < PATH_MAX_LENGTH) return odometer_step(&w->path, n);
    complain(w, "a path of more than %d draws", PATH_MAX_LENGTH);
    return 0;
}

/* The first label of the pool that nothing in the trace holds, drawn on the
 * way or not. */
static value new_label(const struct walk *w, const value *taken, int count)
{
    bool used[LABELS_MAX] = {false};
    for (uint32_t i = 0; i < w->trace->slots.room; i++) {
        const struct node *n = slot_node(w->trace, i);
        if (!n || node_kind(n) != NODE_CHOICE) continue;
        value v = ((const struct choice *)n)->held;
        if (!is_number(v)) continue;
        double x = as_number(v) - FIRST_LABEL;
        if (x >= 0.0 && x < LABELS_MAX) used[(int)x] = true;
    }
    for (int i = 0; i < count; i++) {
        double x = as_number(taken[i]) - FIRST_LABEL;
        if (x >= 0.0 && x < LABELS_MAX) used[(int)x] = true;
    }
    for (int i = 0; i < LABELS_MAX; i++)
        if (!used[i]) return v_int(FIRST_LABEL + i);
    return V_UNBOUND;
}

/* Labels drawn in this transition, and those that it took away. */
static value seen[256];
static int seen_count;

static void see_labels(const struct trace *t)
{
    seen_count = 0;
    for (uint32_t i = 0; i < t->slots.room; i++) {
        const struct node *n = slot_node(t, i);
        if (!n || node_kind(n) != NODE_CHOICE) continue;
        const struct choice *c = (const struct choice *)n;
        if (c->family->flags & XRP_LABELS && seen_count < 200)
            seen[seen_count++] = c->held;
    }
}

static bool script_draw(struct script *script, const struct xrp_family *f,
                        const struct xrp_site *site, value *out)
{
    struct walk *w = (struct walk *)script;
    value list, items[256];
    double p[256], sum = 0.0;
    uint32_t n = 0;
    if (!f->enumerate || !f->enumerate(site, &list)) {
        double any = f->prob(site, v_int(0));
        w->endless = any == any;
        if (w->endless) complain(w, "%s: no finite choice", f->names);
        return false;
    }
    for (; is_pair(list); list = cdr(list)) {
        value v = car(list);
        if (f->flags & XRP_LABELS && cdr(list) == V_NIL)
            v = new_label(w, seen, seen_count);
        double x = f->prob(site, v);
        if (x != x) return false;
        if (!(x > -INFINITY)) continue;
        if (n == 256) {
            complain(w, "%s: more than 256 values", f->names);
            return false;
        }
        sum += exp(x);
        p[n] = x;
        items[n++] = v;
    }
    /* An urn that lost a side holds draws that it can no longer give: they
     * are drawn, and refused. */
    if (sum > 1.0 + 1e-12 || (sum < 1.0 - 1e-12 && !site->state))
        complain(w, "%s: its probabilities add up to %.17g", f->names, sum);
    if (sum < 1.0 - 1e-12 && w->path.used >= w->path.length)
        w->refused += exp(w->log_path) * (1.0 - sum);
    if (!n) return false;
    uint32_t i = step(w, n);
    w->log_path += p[i];
    *out = items[i];
    if (f->flags & XRP_LABELS && seen_count < 256) seen[seen_count++] = *out;
    return true;
}

/* Free choices, and then urns that move all of theirs. */
static double weight_of(const struct trace *t, uint32_t i)
{
    return i < t->counts.free ? free_weight_of(free_choice(t, i))
                              : joint_at(t, i - t->counts.free)->share;
}

static uint32_t script_pick(struct script *script, uint32_t count)
{
    struct walk *w = (struct walk *)script;
    struct trace *t = w->trace;
    uint32_t i = step(w, count);
    double all = 0.0;
    for (uint32_t k = 0; k < count; k++) all += weight_of(t, k);
    w->log_path += log(weight_of(t, i) / all);
    return i;
}

/* For kernels: one of n, by what it weighs. */
static uint32_t script_weighted(struct script *script, uint32_t n,
                                const double *p)
{
    struct walk *w = (struct walk *)script;
    uint32_t possible = 0;
    double all = 0.0;
    for (uint32_t k = 0; k < n; k++) {
        all += p[k];
        possible += p[k] > 0.0;
    }
    uint32_t i = step(w, possible);
    for (uint32_t k = 0; k < n; k++) {
        if (!(p[k] > 0.0) || i--) continue;
        w->log_path += log(p[k] / all);
        return k;
    }
    return 0;
}

static value script_label(struct script *script)
{
    value v = new_label((struct walk *)script, seen, seen_count);
    if (seen_count < 250) seen[seen_count++] = v;
    return v;
}

static uint64_t script_mark(struct script *script)
{
    return (uint64_t)((struct walk *)script)->path.used;
}

/* They come in pairs: back, and to where it was. */
static void script_replay(struct script *script, uint64_t mark)
{
    struct walk *w = (struct walk *)script;
    if (w->replaying)
        w->log_path = w->log_before;
    else
        w->log_before = w->log_path;
    w->replaying = !w->replaying;
    w->path.used = (uint32_t)mark;
}

/* What a user's own proposal draws is walked, too. */
static bool inner_draw(void *walk, const struct xrp_family *f,
                       const struct xrp_site *site, value *out)
{
    return script_draw(walk, f, site, out);
}

static bool script_follows(const struct xrp_family *f)
{
    return f->failure != NULL;
}

/* ---- states -------------------------------------------------------------- */

static int by_location(const void *a, const void *b)
{
    const struct held *x = a, *y = b;
    return x->location < y->location ? -1 : x->location > y->location;
}

/* Does the node hide something? *record is what. A state of make-xrp's begins
 * with its value. */
static bool hides(const struct node *n, struct held *record)
{
    const struct urn *u = (const struct urn *)n;
    if (node_kind(n) != NODE_URN || !u->state) return false;
    const struct xrp_family *f = u->made.family;
    if (!(f->flags & XRP_HIDES)) return false;
    struct xrp_site s = {u->plain, (int)n->head.size, u->state, NULL, 0, f};
    void *empty = f->renew(&s, u->state);
    *record = (struct held){n->location, f, *(const value *)empty, empty};
    return true;
}

/* The choices as they are, by location; those observed, too. */
static uint64_t take_records(const struct trace *t, struct held **out,
                             uint32_t *count)
{
    struct held *r = memory_new((t->counts.nodes + 1) * sizeof *r);
    uint32_t n = 0;
    uint64_t key = 1;
    struct text text = {0};
    for (uint32_t i = 0; i < t->slots.room; i++) {
        const struct choice *c = (const struct choice *)slot_node(t, i);
        if (c && hides(&c->node, &r[n])) n++;
        if (!c || node_kind(&c->node) != NODE_CHOICE) continue;
        r[n++] = (struct held){c->node.location, c->family, c->held, NULL};
        if (choice_observer(c)) r[n - 1].location |= UINT64_C(1) << 63;
    }
    qsort(r, n, sizeof *r, by_location);
    for (uint32_t i = 0; i < n; i++) {
        text_clear(&text);
        if (r[i].held == V_UNBOUND)
            text_puts(&text, "undrawn");
        else
            print_value(&text, r[i].held);
        key = hash_word(key, r[i].location);
        key = hash_word(key, hash_bytes(text.at, text.length));
        r[i].location &= ~(UINT64_C(1) << 63);
    }
    text_free(&text);
    *out = r;
    *count = n;
    return hash_finish(key);
}

/* Labels by the order in which they are met. */
struct names {
    int64_t label[LABELS_MAX];
    int count;
};

static void name_value(struct names *names, struct text *text, value v)
{
    if (is_pair(v)) {
        text_puts(text, "(");
        for (; is_pair(v); v = cdr(v)) name_value(names, text, car(v));
        text_puts(text, ")");
        return;
    }
    double x = is_number(v) ? as_number(v) : 0.0;
    if (x < FIRST_LABEL || x >= FIRST_LABEL + LABELS_MAX) {
        print_value(text, v);
        text_puts(text, " ");
        return;
    }
    int i = 0;
    while (i < names->count && names->label[i] != (int64_t)x) i++;
    if (i == names->count) names->label[names->count++] = (int64_t)x;
    text_printf(text, "label-%d ", i);
}

/* A region's children in the order in which they were made: the same for
 * states that differ by names only. */
static void name_children(struct names *names, struct text *text,
                          const struct node *last)
{
    const struct node *all[512];
    struct held hidden;
    int n = 0;
    for (; last && n < 512; last = node_next(last)) all[n++] = last;
    while (n--) {
        const struct node *c = all[n];
        if (node_kind(c) == NODE_CHOICE) {
            const struct choice *choice = (const struct choice *)c;
            text_puts(text, choice_observer(choice) ? "!" : "?");
            name_value(names, text, choice->held);
        } else if (hides(c, &hidden)) {
            text_puts(text, "~");
            name_value(names, text, hidden.held);
        } else if (node_kind(c) == NODE_MEM) {
            text_puts(text, "mem(");
            name_children(
                names, text,
                region_children(&((const struct mem_node *)c)->entries));
            text_puts(text, ")");
        } else if (node_kind(c) == NODE_REGION) {
            const struct region *r = (const struct region *)c;
            text_puts(text, "[");
            if (r->what == REGION_ENTRY) name_value(names, text, r->key);
            text_puts(text, ":");
            name_children(names, text, region_children(r));
            text_puts(text, "]");
        }
    }
}

static uint64_t class_of(struct walk *w)
{
    struct names names = {.count = 0};
    struct text text = {0};
    for (int i = 0; i < w->session->program.count; i++) {
        const struct region *r = w->session->program.at[i]->engine_data;
        text_puts(&text, "/");
        if (r) name_children(&names, &text, region_children(r));
    }
    uint64_t key = hash_bytes(text.at, text.length);
    text_free(&text);
    return key;
}

static struct node *fake_urn(struct trace *t, const struct held *r)
{
    struct urn *u = pool_take(&t->log.pool, sizeof *u);
    u->made.family = r->family;
    u->state = r->hidden;
    return &u->node;
}

/* What is hidden began at even odds. */
static double odds_of_hidden(const struct held *records, uint32_t count)
{
    double odds = 1.0;
    for (uint32_t i = 0; i < count; i++)
        if (records[i].hidden) odds /= 2.0;
    return odds;
}

/* The program anew on these choices: the engine loads it on those of its
 * trace, so the trace is shown with others in their place. */
static bool load(struct walk *w, const struct held *records, uint32_t count)
{
    struct session *s = w->session;
    struct machine *m = s->machine;
    struct trace *t = reduced_trace(s->engine);
    struct slots slots = t->slots;
    uint32_t room = 64;
    while (room < 2 * count) room *= 2;
    uint32_t *mine = calloc(room, sizeof *mine);
    struct choice *fakes = pool_take(&t->log.pool, (count + 1) * sizeof *fakes);
    for (uint32_t i = 0; i < count; i++) {
        struct node *n = &fakes[i].node;
        fakes[i].family = records[i].family;
        fakes[i].held = records[i].held;
        if (records[i].hidden) n = fake_urn(t, &records[i]);
        n->head.flags = records[i].hidden ? NODE_URN : NODE_CHOICE;
        n->head.spare = NODE_ALIVE;
        n->location = records[i].location;
        uint32_t at = table_home(records[i].location, room);
        while (mine[at]) at = (at + 1) % room;
        mine[at] = pool_number(&t->log.pool, n);
    }
    struct random before = m->random;
    t->slots = (struct slots){mine, room};
    struct directive *d = s->program.at[0];
    bool ok = s->engine->op->add(s->engine, d, d);
    if (!ok) {
        free(mine);
        t->slots = slots;
        complain(w, "loading: %s", m->error.message);
        return false;
    }
    free(slots.at);
    w->trace = reduced_trace(s->engine);
    w->trace->script = &w->script;
    if (memcmp(&before, &m->random, sizeof before)) {
        complain(w, "loading a state draws something");
        return false;
    }
    return true;
}

static void *grown(void *old, int count, int *room, size_t item)
{
    if (count < *room) return old;
    int more = *room ? *room * 2 : 256;
    void *new = memory_new_kept((size_t)more * item);
    if (old) memcpy(new, old, (size_t)count * item);
    memory_free(old);
    *room = more;
    return new;
}

static int find_raw(const struct walk *w, uint64_t key)
{
    for (int i = 0; i < w->raw_count; i++)
        if (w->raws[i].key == key) return w->raws[i].state;
    return -1;
}

/* The state of a configuration, perhaps a new one; -1 after a complaint. */
static int state_of(struct walk *w, uint64_t key, struct held *records,
                    uint32_t count)
{
    int known = find_raw(w, key);
    if (known >= 0) return known;
    if (!load(w, records, count)) return -1;
    struct held *now;
    uint32_t n;
    if (take_records(w->trace, &now, &n) != key) {
        complain(w, "a loaded state is another than the one that was left");
        return -1;
    }
    char why[300];
    if (!reduced_check(w->trace, why, sizeof why)) {
        complain(w, "after loading: %s", why);
        return -1;
    }
    uint64_t class = class_of(w);
    int i = 0;
    while (i < w->state_count && w->classes[i] != class) i++;
    double pi = exp(w->trace->counts.score) * odds_of_hidden(now, n);
    if (i == w->state_count) {
        int room = w->state_room;
        w->states = grown(w->states, i, &room, sizeof *w->states);
        room = w->state_room;
        w->classes = grown(w->classes, i, &room, sizeof *w->classes);
        w->state_room = room;
        w->classes[i] = class;
        w->states[i] = (struct state){.records = now, .count = n, .pi = pi};
        w->state_count++;
    } else if (!(fabs(w->states[i].pi - pi) <= BALANCE * pi)) {
        complain(w, "one state, two scores");
    }
    w->raws = grown(w->raws, w->raw_count, &w->raw_room, sizeof *w->raws);
    w->raws[w->raw_count++] = (struct raw){key, i};
    return i;
}

/* ---- one state's transitions ---------------------------------------------- */

static bool script_accept(struct script *script, double a)
{
    struct walk *w = (struct walk *)script;
    struct held *records;
    uint32_t count;
    if (a != a) complain(w, "the log ratio is NaN");
    if (!(a > -INFINITY)) return false;
    char why[300];
    if (!reduced_check(w->trace, why, sizeof why))
        complain(w, "in a proposed state: %s", why);
    uint64_t key = take_records(w->trace, &records, &count);
    double p = exp(w->log_path + (a < 0.0 ? a : 0.0));
    int i = 0;
    while (i < w->outcome_count && w->outcomes[i].key != key) i++;
    if (i == w->outcome_count) {
        w->outcomes = grown(w->outcomes, w->outcome_count, &w->outcome_room,
                            sizeof *w->outcomes);
        uint32_t *path = memory_new_atomic(sizeof w->at);
        memcpy(path, w->at, sizeof w->at);
        w->outcomes[w->outcome_count++] =
            (struct outcome){key, 0.0, records, count, path, w->path.used};
    }
    w->outcomes[i].probability += p;
    return w->accepting;
}

/* One transition, of the engine or of the kernel. */
static bool step_once(struct walk *w, bool *proposed)
{
    bool accepted, impossible;
    struct transition_counts counts = {0};
    if (!w->kernel)
        return trace_step(w->trace, proposed, &accepted, &impossible);
    bool ok = kernel_step(w->kernel, w->session->engine, &counts);
    *proposed = counts.proposals > 0;
    return ok;
}

/* Every path of a transition from the trace as it stands: into outcomes. */
static void walk_paths(struct walk *w)
{
    struct machine *m = w->session->machine;
    uint64_t before = trace_words(w->trace);
    double all = 0.0;
    w->refused = 0.0;
    w->outcome_count = w->path.length = 0;
    do {
        bool proposed;
        w->path.used = 0;
        w->log_path = 0.0;
        w->replaying = false;
        see_labels(w->trace);
        error_clear(&m->error);
        if (!step_once(w, &proposed))
            complain(w, "a transition fails: %s", m->error.message);
        all += exp(w->log_path);
        if (trace_words(w->trace) != before)
            complain(w, "a rejected transition left its mark");
        if (!proposed) break;
    } while (!w->complaint[0] && odometer_advance(&w->path));
    if (!w->complaint[0] && w->path.used && w->trace->counts.free &&
        fabs(all + w->refused - 1.0) > 1e-9)
        complain(w, "the paths add up to %.17g", all);
}

/* The outcomes by state, as an array of probabilities. */
static void gather(struct walk *w, int from, int *to, double *probability,
                   int *moves)
{
    for (int k = 0; k < w->outcome_count && !w->complaint[0]; k++) {
        const struct outcome *o = &w->outcomes[k];
        int target = state_of(w, o->key, o->records, o->count), j = 0;
        if (target < 0) return;
        struct state *s = &w->states[target];
        if (target != from && w->states[from].moves < 0 &&
            s->arrival_count < w->arrivals) {
            if (!s->arrivals)
                s->arrivals = memory_new(ARRIVALS_MAX * sizeof *s->arrivals);
            s->arrivals[s->arrival_count++] =
                (struct arrival){from, o->path_length, o->path};
        }
        while (j < *moves && to[j] != target) j++;
        if (j == *moves) to[(*moves)++] = target;
        probability[j] += o->probability;
    }
}

static void walk_state(struct walk *w, int i)
{
    if (!load(w, w->states[i].records, w->states[i].count)) return;
    w->states[i].moves = -1; /* for gather: it is being walked */
    walk_paths(w);
    size_t n = (size_t)w->outcome_count + 1;
    int *to = calloc(n, sizeof *to), moves = 0;
    double *probability = calloc(n, sizeof *probability);
    gather(w, i, to, probability, &moves);
    w->states[i].to = to;
    w->states[i].probability = probability;
    w->states[i].moves = moves;
}

static double back(const struct walk *w, int from, int to)
{
    const struct state *s = &w->states[from];
    for (int k = 0; k < s->moves; k++)
        if (s->to[k] == to) return s->probability[k];
    return 0.0;
}

/* A state that a transition led to must move like the same state loaded. */
static void walk_again(struct walk *w, int i, const struct arrival *a)
{
    bool proposed;
    if (!load(w, w->states[a->from].records, w->states[a->from].count)) return;
    memcpy(w->at, a->path, sizeof w->at);
    w->path.length = a->path_length;
    w->path.used = 0;
    w->log_path = 0.0;
    w->accepting = true;
    see_labels(w->trace);
    step_once(w, &proposed);
    w->accepting = false;
    char why[300];
    if (!reduced_check(w->trace, why, sizeof why))
        complain(w, "after a transition: %s", why);
    walk_paths(w);
    size_t n = (size_t)w->outcome_count + 1;
    int *to = calloc(n, sizeof *to), moves = 0;
    double *probability = calloc(n, sizeof *probability);
    gather(w, i, to, probability, &moves);
    for (int k = 0; k < moves && !w->complaint[0]; k++)
        if (!(fabs(back(w, i, to[k]) - probability[k]) <= BALANCE))
            complain(w,
                     "a state moves otherwise after a transition led to "
                     "it: %.17g, loaded %.17g",
                     probability[k], back(w, i, to[k]));
    free(to);
    free(probability);
}

/* ---- a program ------------------------------------------------------------ */

static void tell_state(struct walk *w, struct text *text, int i)
{
    struct names names = {.count = 0};
    load(w, w->states[i].records, w->states[i].count);
    for (int d = 0; d < w->session->program.count; d++) {
        const struct directive *line = w->session->program.at[d];
        const struct region *r = line->engine_data;
        text_printf(text, "%s",
                    line->kind == DIRECTIVE_ASSUME ? text_of(line->name) : "");
        text_puts(text, "{");
        if (r) name_children(&names, text, region_children(r));
        text_puts(text, "} ");
    }
}

static double worst_of(struct walk *w, int *a, int *b, long *pairs)
{
    double worst = 0.0;
    for (int i = 0; i < w->state_count; i++) {
        const struct state *s = &w->states[i];
        for (int k = 0; k < s->moves; k++) {
            int j = s->to[k];
            double there = s->pi * s->probability[k];
            double here = w->states[j].pi * back(w, j, i);
            double off = fabs(there - here) / fmax(there, here);
            ++*pairs;
            if (i == j || !(off > worst)) continue;
            worst = off;
            *a = i;
            *b = j;
        }
    }
    return worst;
}

static bool is_data(const struct directive_row *row)
{
    return row && (words_hold(row->words, "observe") ||
                   words_hold(row->words, "factor") ||
                   words_hold(row->words, "condition"));
}

/* All directives; as a prior, data become PREDICTs of what they looked at.
 * What the program does with INFER and the like is not our concern. */
static bool submit_all(struct session *s, const char *path, const char *text,
                       bool prior)
{
    struct source *source = memory_new(sizeof *source);
    struct request_reader reader;
    struct error error = {0};
    *source = (struct source){path, text, strlen(text)};
    request_open(&reader, source, &error);
    for (;;) {
        struct request q;
        struct answer a;
        enum request_result got = request_next(&reader, &q);
        if (got == REQUEST_END) return true;
        if (got != REQUEST_READ) {
            *session_error(s) = error;
            return false;
        }
        if (!q.row || words_hold(q.row->words, "infer")) continue;
        if (prior && is_data(q.row)) {
            q.row = directive_find("predict", PLACE_BARE);
            q.count = 1;
        }
        if (!session_submit(s, &q, &a)) return false;
    }
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    char *text = calloc(1, 1 << 16);
    size_t n = fread(text, 1, (1 << 16) - 1, f);
    fclose(f);
    text[n] = 0;
    return text;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void relabel(struct held *records, uint32_t count)
{
    struct names names = {.count = 0};
    for (uint32_t i = 0; i < count; i++) {
        if (!(records[i].family->flags & XRP_LABELS)) continue;
        int64_t x = (int64_t)as_number(records[i].held);
        int k = 0;
        while (k < names.count && names.label[k] != x) k++;
        if (k == names.count) names.label[names.count++] = x;
        records[i].held = v_int(FIRST_LABEL + k);
    }
}

/* The first state with labels of the pool. Where labels name other choices,
 * those have no value in the records then: they are drawn. */
static bool first_state(struct walk *w)
{
    struct held *records;
    uint32_t count;
    for (int tries = 0; tries < 50; tries++) {
        take_records(w->trace, &records, &count);
        relabel(records, count);
        w->complaint[0] = 0;
        if (load(w, records, count)) break;
        w->trace = reduced_trace(w->session->engine);
        w->trace->script = &w->script;
    }
    if (w->complaint[0]) return false;
    uint64_t key = take_records(w->trace, &records, &count);
    return state_of(w, key, records, count) == 0;
}

/* Then its prior is a posterior as well. */
static bool conditions_inside(const char *text)
{
    return strstr(text, "(condition") || strstr(text, "(factor") ||
           strstr(text, "(observe") || strstr(text, "OBSERVE-EACH") ||
           strstr(text, "there is no\n; state");
}

enum verdict { PASSED, FAILED, SKIPPED };

/* A kernel, on the state that there is. NULL: it refuses, and says why. */
static struct kernel *open_kernel(struct session *s, const char *words)
{
    struct source *source = memory_new(sizeof *source);
    struct reader reader;
    struct syntax *syntax;
    struct order order;
    char text[300];
    snprintf(text, sizeof text, "%s", words);
    char *kept = memory_new_atomic(strlen(text) + 1);
    memcpy(kept, text, strlen(text) + 1);
    *source = (struct source){"kernel", kept, strlen(kept)};
    reader_open(&reader, source, session_error(s));
    if (reader_datum(&reader, false, &syntax) != READ_DATUM) return NULL;
    struct syntax *arguments[2] = {syntax, syntax_atom(syntax->span, v_int(1))};
    struct request q = {.count = 2, .arguments = arguments};
    if (!order_parse(s, &q, &order)) return NULL;
    return kernel_open(order.plan.kernel, s->engine) ? order.plan.kernel : NULL;
}

static const char *engine = "reduced"; /* or another that keeps traces */

static enum verdict walk_program(const char *path, const char *text, bool prior,
                                 const char *kernel, int limit, int arrivals,
                                 bool verbose)
{
    struct session_options o = {.engine = engine, .seed = 1, .seeded = true};
    struct error error = {0};
    struct session *s = session_open(&o, &error);
    for (int i = 0; i < C_ALL; i++) foreign_install(s->machine, c_all[i]);
    struct walk *w = memory_new_kept(sizeof *w);
    double begun = seconds(), worst = 0.0, sum = 0.0;
    long pairs = 0;
    int a = 0, b = 0;
    bool refused = false;
    *w = (struct walk){.script = {script_draw, script_pick, script_accept,
                                  script_follows, script_weighted, script_label,
                                  script_mark, script_replay},
                       .session = s,
                       .arrivals = arrivals,
                       .limit = limit};
    w->path = (struct odometer){.at = w->at, .of = w->of};
    if (!submit_all(s, path, text, prior)) {
        complain(w, "%s", session_error(s)->message);
    } else if (kernel && !(w->kernel = open_kernel(s, kernel))) {
        complain(w, "%s", session_error(s)->message);
        refused = true;
    } else {
        w->trace = reduced_trace(s->engine);
        w->trace->script = &w->script;
        struct user_maker *own = user_maker_of(s->machine);
        own->draw = inner_draw;
        own->drawing = w;
        if (first_state(w))
            for (int i = 0; i < w->state_count && !w->complaint[0]; i++) {
                if (i >= limit)
                    complain(w, "more than %d states", limit);
                else
                    walk_state(w, i);
            }
        for (int i = 0; i < w->state_count && !w->complaint[0]; i++)
            for (int k = 0; k < w->states[i].arrival_count; k++)
                walk_again(w, i, &w->states[i].arrivals[k]);
    }
    struct text told = {0};
    if (!w->complaint[0]) {
        worst = worst_of(w, &a, &b, &pairs);
        for (int i = 0; i < w->state_count; i++) sum += w->states[i].pi;
        if (!(worst <= BALANCE)) {
            double p = back(w, a, b), q = back(w, b, a);
            complain(w, "out of balance");
            text_printf(&told, "      pi %.12g K %.12g: ", w->states[a].pi, p);
            tell_state(w, &told, a);
            text_printf(&told, "\n      pi %.12g K %.12g: ", w->states[b].pi,
                        q);
            tell_state(w, &told, b);
        } else if (prior && !kernel && fabs(sum - 1.0) > 1e-9 &&
                   !conditions_inside(text)) {
            complain(w, "the states add up to %.12g", sum);
        }
    }
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    refused = refused || strstr(w->complaint, "a transition fails: gibbs:") ||
              (kernel && strstr(w->complaint, "do not settle"));
    bool good = !w->complaint[0], endless = w->endless || refused;
    if (verbose || (!good && !refused))
        printf("%-4s %-38s %s%s%-9s %5d states %7ld moves  %.1e  sum %.4f  "
               "%.2f s%s%s\n",
               good      ? "ok"
               : endless ? "skip"
                         : "FAIL",
               name, kernel ? kernel : "", kernel ? " " : "",
               prior ? "prior" : "posterior", w->state_count, pairs, worst, sum,
               seconds() - begun, good ? "" : ": ", w->complaint);
    if (told.length) printf("%s\n", told.at);
    fflush(stdout);
    text_free(&told);
    for (int i = 0; i < w->state_count; i++) {
        free(w->states[i].to);
        free(w->states[i].probability);
    }
    if (w->kernel) kernel_close(w->kernel, s->engine);
    memory_free(w->states);
    memory_free(w->classes);
    memory_free(w->raws);
    memory_free(w->outcomes);
    memory_free(w);
    session_close(s);
    return good ? PASSED : endless ? SKIPPED : FAILED;
}

/* The kernels of a program's first lines, `; kernel: (mh (tag t))`, or those
 * that were asked for. */
struct plan {
    const char *kernels[32];
    int count;
    bool verbose, posterior, prior;
    int limit, arrivals;
};

static void walk_both(const struct plan *p, const char *path, const char *text,
                      const char *kernel, int *counts)
{
    for (int k = 0; k < 2; k++) {
        if (k ? !p->prior : !p->posterior) continue;
        if (k && strstr(text, "(only with its data)")) continue;
        counts[walk_program(path, text, k, kernel, p->limit, p->arrivals,
                            p->verbose)]++;
    }
}

static void walk_file(const struct plan *p, const char *path, int *counts)
{
    static const char mark[] = "; kernel: ";
    char *text = read_file(path), kernel[300];
    if (!text) {
        printf("FAIL %s cannot be read\n", path);
        counts[FAILED]++;
        return;
    }
    for (int i = 0; i < p->count; i++)
        walk_both(p, path, text, p->kernels[i], counts);
    const char *line = text;
    while ((line = strstr(line, mark))) {
        line += strlen(mark);
        snprintf(kernel, sizeof kernel, "%.*s", (int)strcspn(line, "\n"), line);
        walk_both(p, path, text, kernel, counts);
    }
    if (!p->count) walk_both(p, path, text, NULL, counts);
    free(text);
}

int main(int count, char **words)
{
    struct plan p = {.posterior = true,
                     .prior = true,
                     .limit = 3000,
                     .arrivals = ARRIVALS_MAX};
    int counts[3] = {0};
    memory_init(64 << 20);
    for (int i = 1; i < count; i++) {
        const char *word = words[i];
        bool more = i + 1 < count;
        if (strcmp(word, "-v") == 0)
            p.verbose = true;
        else if (strcmp(word, "-posterior") == 0)
            p.prior = false;
        else if (strcmp(word, "-prior") == 0)
            p.posterior = false;
        else if (strcmp(word, "-engine") == 0 && more)
            engine = words[++i];
        else if (strcmp(word, "-a") == 0 && more)
            p.arrivals = atoi(words[++i]);
        else if (strcmp(word, "-n") == 0 && more)
            p.limit = atoi(words[++i]);
        else if (strcmp(word, "-k") == 0 && more && p.count < 32)
            p.kernels[p.count++] = words[++i];
        else
            walk_file(&p, word, counts);
        if (p.arrivals > ARRIVALS_MAX) p.arrivals = ARRIVALS_MAX;
    }
    printf("%d passed, %d failed, %d skipped\n", counts[PASSED], counts[FAILED],
           counts[SKIPPED]);
    return counts[FAILED] || !counts[PASSED];
}
