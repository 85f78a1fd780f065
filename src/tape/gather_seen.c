/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a gathering has looked at, so that it can be asked again after other
 * choices have moved. No node has come or gone since, and nobody else reads
 * the scope: then the words of the trace that were looked at say whether the
 * gathering would be another one. There are two kinds of them.
 *
 * What a *turning* has looked at tells where one argument of an application
 * points to, or the density of a choice outside of the scope: a label's, of
 * the table of means. In the graph it is a pointer; when its words are others
 * it is followed again, and rows of the tape turn to what it points to now.
 * Where that has no slot, or a word of the other kind is another one, the
 * gathering is over.
 *
 * Turnings cost a gradient something (what they point to is not known to be
 * the same in many rows), so there are only those that were seen to turn: by
 * the place of their application in the program, one for all rows.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tape/gather_inside.h"
#include "tape/gather_space.h"

struct seen_word {
    const value *at; /* `nothing`: not looked at any more */
    value was;
    const struct span *place; /* of what it was looked at for; or NULL */
    int argument;
    uint32_t turning; /* 1 + which; 0: of none */
};

struct seen_turning {
    struct choice *choice;
    int argument;
    uint32_t pointer;      /* of the graph */
    uint32_t first, count; /* its words, and some of none */
    bool stale;
};

static const value nothing;

struct gather_seen {
    struct build b; /* once all is gathered */
    struct reached reached;
    struct gather_turns *turns;
    struct seen_word *words; /* scanned: nothing that was there is used again */
    uint32_t word_count, word_room, first_count;
    struct seen_turning *turnings;
    uint32_t turning_count, turning_room;
    uint32_t *stale, stale_count, stale_room;    /* turnings */
    uint32_t *turned, turned_count, turned_room; /* pointers */
    const struct span *place;                    /* what is looked at for now */
    int argument;
    bool lost, asking;
    uint64_t comings, keys, listens; /* what they were */
    uint32_t members;
};

struct gather_seen *seen_open(struct build *b, struct gather_turns *turns)
{
    struct gather_seen *s = memory_new(sizeof *s);
    if (!s) return NULL;
    s->turns = turns;
    s->argument = SEEN_NOTHING;
    b->seen = s;
    return s;
}

void seen_close(struct gather_seen *s)
{
    s->b.seen = NULL;
    build_close(&s->b);
    reached_close(&s->reached);
    memory_free(s->words);
    memory_free(s->turnings);
    free(s->stale);
    free(s->turned);
    memory_free(s);
}

/* ---- words ---------------------------------------------------------------- */

static bool grow(struct build *b, void *array, uint32_t *room, uint32_t count,
                 size_t item)
{
    void *old, *more;
    if (count < *room) return true;
    uint32_t grown = *room ? 2 * *room : 64;
    memcpy(&old, array, sizeof old);
    if (!(more = memory_new(grown * item)))
        return machine_no_memory(b->t->machine);
    if (old) memcpy(more, old, *room * item);
    memory_free(old);
    memcpy(array, &more, sizeof more);
    *room = grown;
    return true;
}

static bool put_word(struct build *b, const value *at, uint32_t turning)
{
    struct gather_seen *s = b->seen;
    if (!grow(b, &s->words, &s->word_room, s->word_count, sizeof *s->words))
        return false;
    s->words[s->word_count++] =
        (struct seen_word){at, *at, s->place, s->argument, turning};
    return true;
}

bool seen_word(struct build *b, const value *at)
{
    if (!b->seen || b->seen->lost) return true;
    return put_word(b, at, 0);
}

void seen_lost(struct build *b)
{
    if (b->seen) b->seen->lost = true;
}

void seen_for(struct build *b, const struct choice *c, int argument)
{
    struct gather_seen *s = b->seen;
    if (!s) return;
    s->place = c ? choice_place(c) : NULL;
    s->argument = argument;
}

/* What references stand for, from one to the next. */
struct depths {
    struct build *b;
    const value **stack;
    uint32_t count, room;
};

static bool look_deeper(value reference, void *data)
{
    struct depths *d = data;
    const value *at;
    if (is_type(reference, T_CHOICE)) {
        const struct choice *c = as_object(reference);
        if (scope_member(d->b->scope, c->node.location)) return true;
        return seen_word(d->b, &c->held);
    }
    const struct region *r = as_object(reference);
    at = region_computes(r) ? r->operands : &r->result;
    if (!build_grow(d->b, &d->stack, &d->room, d->count + 1, sizeof at))
        return false;
    d->stack[d->count++] = at;
    return seen_word(d->b, at);
}

bool seen_deep(struct build *b, value v)
{
    struct depths d = {.b = b};
    enum { MOST = 10000 };
    if (!b->seen || b->seen->lost) return true;
    uint32_t looked = 0;
    bool ok = expression_leaves(b->t->machine, v, look_deeper, &d);
    for (; ok && d.count && looked < MOST; looked++)
        ok = expression_leaves(b->t->machine, *d.stack[--d.count], look_deeper,
                               &d);
    if (d.count) b->seen->lost = true;
    free(d.stack);
    return ok;
}

/* ---- where an argument points to ------------------------------------------- */

static bool follow(struct build *b, value v, uint32_t turning, int depth,
                   struct item *out);

/* Known already, or looked at now as anything else is. */
static bool follow_known(struct build *b, value v, struct item *out)
{
    const struct item *known = item_known(b, as_object(v));
    if (known) *out = *known;
    return known || (!b->seen->asking && item_of(b, v, out));
}

static bool follow_choice(struct build *b, value v, uint32_t turning,
                          struct item *out)
{
    const struct choice *c = as_object(v);
    if (scope_member(b->scope, c->node.location))
        return follow_known(b, v, out);
    *out = item_plain(c->held);
    return put_word(b, &c->held, turning) && c->held != V_UNBOUND;
}

/* Through what has only a result. */
static bool follow_results(struct build *b, value *v, uint32_t turning)
{
    while (is_object(*v) && is_type(*v, T_REGION)) {
        const struct region *r = as_object(*v);
        if (region_computes(r) || region_failed(r)) break;
        if (!put_word(b, &r->result, turning)) return false;
        *v = r->result;
    }
    return true;
}

static bool follow_access(struct build *b, const struct expression *e,
                          uint32_t turning, int depth, struct item *out)
{
    struct item at, whole;
    value of = e->operands[0];
    if (!follow(b, e->operands[1], turning, depth, &at) ||
        at.kind != ITEM_PLAIN || !is_number(at.plain) ||
        !follow_results(b, &of, turning))
        return false;
    double index = as_number(at.plain);
    if (is_pair(of)) { /* what is beside is not looked at */
        for (; index > 0.0 && is_pair(of); index--) of = cdr(of);
        return index == 0.0 && is_pair(of) &&
               follow(b, car(of), turning, depth, out);
    }
    return follow(b, of, turning, depth, &whole) && index >= 0.0 &&
           index < (double)INT32_MAX && index == (double)(int64_t)index &&
           item_element(b, &whole, (int64_t)index, out);
}

static bool follow(struct build *b, value v, uint32_t turning, int depth,
                   struct item *out)
{
    const struct expression *e;
    struct item test;
    if (!follow_results(b, &v, turning)) return false;
    *out = item_plain(v);
    if (!is_object(v) || !has_reference(v)) return true;
    if (is_type(v, T_CHOICE)) return follow_choice(b, v, turning, out);
    if (!is_type(v, T_EXPRESSION) || !depth) return follow_known(b, v, out);
    e = as_object(v);
    if (e->operation == &primitive_select) {
        if (!follow(b, e->operands[0], turning, depth - 1, &test)) return false;
        if (test.kind != ITEM_PLAIN) return follow_known(b, v, out);
        return follow(b, e->operands[is_true(test.plain) ? 1 : 2], turning,
                      depth - 1, out);
    }
    if (e->operation->look == LOOK_OUTER && e->head.size == 2 &&
        e->operation->flags & (PRIMITIVE_ELEMENT | PRIMITIVE_INDEX))
        return follow_access(b, e, turning, depth - 1, out);
    return follow_known(b, v, out);
}

enum { FOLLOW_DEPTH = 8 };

/* The density of a choice as it is now, and where its arguments point to. */
static bool follow_density(struct build *b, struct choice *c, uint32_t turning,
                           uint32_t *out)
{
    struct item args[8], v;
    uint32_t n = c->node.head.size;
    if (n > 8 || choice_urn(c) || !put_word(b, &c->held, turning)) return false;
    v = item_plain(c->held);
    for (uint32_t i = 0; i < n; i++)
        if (!put_word(b, &c->written[i], turning) ||
            !follow(b, c->written[i], turning, FOLLOW_DEPTH, &args[i]))
            return false;
    struct applied a = {c->family, args, n};
    b->place = choice_place(c);
    return density_of(b, &a, &v, out) && !graph_is_number(&b->g, *out);
}

static bool follow_argument(struct build *b, struct choice *c, uint32_t i,
                            uint32_t turning, uint32_t *out)
{
    struct item at;
    if (!put_word(b, &c->written[i], turning) ||
        !follow(b, c->written[i], turning, FOLLOW_DEPTH, &at) ||
        at.kind != ITEM_NUMBER || at.truth)
        return false;
    *out = at.node;
    return b->g.nodes[at.node].code != GRAPH_POINTER &&
           !graph_is_number(&b->g, at.node); /* there is no pointer to one */
}

/* ---- turnings -------------------------------------------------------------- */

/* 1 + which of those that turn; 0: it does not. */
static uint32_t turns(const struct gather_turns *t, const struct span *place,
                      int argument)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (t->at[i].place == place && t->at[i].argument == argument)
            return i + 1;
    return 0;
}

static void note(struct gather_turns *t, const struct seen_word *w)
{
    if (!w->place || w->argument == SEEN_NOTHING || t->count == GATHER_TURNS ||
        turns(t, w->place, w->argument))
        return;
    t->at[t->count++] = (struct gather_turn){w->place, w->argument};
}

/* It could not be followed: what was looked at counts as anything else. */
static void forget(struct gather_seen *s, uint32_t first)
{
    for (uint32_t i = first; i < s->word_count; i++) s->words[i].turning = 0;
    s->turning_count--;
}

static bool begin(struct build *b, struct choice *c, int argument)
{
    struct gather_seen *s = b->seen;
    if (!grow(b, &s->turnings, &s->turning_room, s->turning_count,
              sizeof *s->turnings))
        return false;
    s->turnings[s->turning_count++] =
        (struct seen_turning){.choice = c, .argument = argument};
    return true;
}

/* A pointer to it, where it could be followed. false: an error. */
static bool end(struct build *b, bool found, uint32_t first, uint32_t *node,
                bool *done)
{
    struct gather_seen *s = b->seen;
    uint32_t kin = turns(s->turns, s->place, s->argument);
    *done = found;
    if (!found) {
        forget(s, first);
        return !b->why[0] && !b->t->machine->error.kind && !b->need;
    }
    *node = graph_point(&b->g, *node, kin);
    if (b->g.broken) return machine_no_memory(b->t->machine);
    struct seen_turning *u = &s->turnings[s->turning_count - 1];
    u->pointer = graph_pointer_at(&b->g, *node);
    u->first = first;
    u->count = s->word_count - first;
    return true;
}

bool seen_argument(struct build *b, struct choice *c, uint32_t i,
                   struct item *out, bool *done)
{
    struct gather_seen *s = b->seen;
    uint32_t node;
    *done = false;
    if (!s || s->lost) return true;
    /* Of what may be another value tomorrow the density turns as a whole. */
    bool may_move =
        !choice_observer(c) && !scope_member(b->scope, c->node.location);
    seen_for(b, c, may_move ? SEEN_DENSITY : (int)i);
    if (may_move || !turns(s->turns, choice_place(c), (int)i)) return true;
    uint32_t first = s->word_count;
    if (!begin(b, c, (int)i)) return false;
    bool found = follow_argument(b, c, i, s->turning_count, &node);
    b->need = NULL;
    if (!end(b, found, first, &node, done)) return false;
    if (*done) *out = item_node(node);
    return true;
}

bool seen_density(struct build *b, struct choice *c, uint32_t *out, bool *done)
{
    struct gather_seen *s = b->seen;
    *done = false;
    if (!s || s->lost || choice_observer(c) || !c->family->enumerate ||
        !turns(s->turns, choice_place(c), SEEN_DENSITY))
        return true;
    uint32_t first = s->word_count;
    seen_for(b, c, SEEN_DENSITY);
    if (!begin(b, c, SEEN_DENSITY)) return false;
    bool found = follow_density(b, c, s->turning_count, out);
    b->need = NULL;
    return end(b, found, first, out, done);
}

bool seen_turns(const struct gather_seen *s) { return s->turning_count > 0; }

struct gather_seen *seen_end(struct build *b, struct reached *r)
{
    struct gather_seen *s = b->seen;
    if (!s || s->lost || b->g.held || b->g.call_count || b->g.guard_count ||
        b->t->recording)
        return NULL;
    s->comings = b->t->counts.comings;
    s->keys = b->scope->keys;
    s->members = b->scope->member_count;
    s->listens = b->t->listens;
    s->first_count = s->word_count;
    s->asking = true;
    s->b = *b;
    s->reached = *r;
    *r = (struct reached){0};
    *b = (struct build){.t = s->b.t, .scope = s->b.scope, .plan = s->b.plan};
    return s;
}

/* ---- asked again ----------------------------------------------------------- */

/* Have the scope's choices the shapes that they had? */
static bool have_shapes(const struct gathering *g)
{
    for (uint32_t i = 0; i < g->block_count; i++)
        if (!space_has_shape(&g->blocks[i])) return false;
    return true;
}

static bool put_stale(struct gather_seen *s, uint32_t turning)
{
    if (s->turnings[turning].stale) return true;
    s->turnings[turning].stale = true;
    if (!build_grow(&s->b, &s->stale, &s->stale_room, s->stale_count + 1,
                    sizeof *s->stale))
        return false;
    s->stale[s->stale_count++] = turning;
    return true;
}

/* Words that are others, and turnings that they are of. */
static bool look(struct gather_seen *s)
{
    bool stands = true;
    s->stale_count = s->turned_count = 0;
    for (uint32_t i = 0; i < s->word_count; i++) {
        const struct seen_word *w = &s->words[i];
        if (*w->at == w->was) continue;
        if (!w->turning) note(s->turns, w);
        stands = stands && w->turning && put_stale(s, w->turning - 1);
    }
    return stands;
}

static bool turn_pointer(struct gather_seen *s, struct tape *t,
                         uint32_t pointer, uint32_t target)
{
    struct graph *g = &s->b.g;
    bool read = g->pointers[pointer].read;
    if (g->broken || (read && (target >= g->rolled || !g->slots[target] ||
                               g->levels[target] > g->pointers[pointer].level)))
        return false;
    if (g->pointers[pointer].target == target) return true;
    if (!build_grow(&s->b, &s->turned, &s->turned_room, s->turned_count + 1,
                    sizeof *s->turned))
        return false;
    s->turned[s->turned_count++] = pointer;
    graph_turn(g, pointer, target);
    return !read || tape_turn(t, pointer, g->slots[target] - 1);
}

static bool follow_again(struct gather_seen *s, struct tape *t,
                         uint32_t turning)
{
    struct build *b = &s->b;
    struct seen_turning *u = &s->turnings[turning];
    uint32_t target;
    for (uint32_t i = 0; i < u->count; i++) {
        struct seen_word *w = &s->words[u->first + i];
        if (w->turning != turning + 1) continue;
        w->at = &nothing;
        w->was = 0;
    }
    u->stale = false;
    u->first = s->word_count;
    seen_for(b, u->choice, u->argument);
    bool found = u->argument == SEEN_DENSITY
                     ? follow_density(b, u->choice, turning + 1, &target)
                     : follow_argument(b, u->choice, (uint32_t)u->argument,
                                       turning + 1, &target);
    u->count = s->word_count - u->first;
    return found && turn_pointer(s, t, u->pointer, target);
}

/* What was made from those that were turned, and from that. */
static bool turn_made(struct gather_seen *s, struct tape *t)
{
    struct graph *g = &s->b.g;
    for (uint32_t i = 0; i < s->turned_count; i++) {
        uint32_t at = g->pointers[s->turned[i]].made;
        for (; at; at = g->pointers[at - 1].next)
            if (!turn_pointer(s, t, at - 1,
                              graph_turned(g, &g->pointers[at - 1])))
                return false;
    }
    return true;
}

static bool turn_all(struct gather_seen *s, struct tape *t)
{
    if (s->word_count > 2 * s->first_count + 1000) return false;
    for (uint32_t i = 0; i < s->stale_count; i++)
        if (!follow_again(s, t, s->stale[i])) return false;
    return turn_made(s, t) && tape_turned(t);
}

bool gathering_again(struct gathering *g, struct engine *e, bool *other)
{
    struct gather_seen *s = g->seen;
    struct trace *t = reduced_trace(e);
    *other = false;
    if (!s || s->b.t != t || s->comings != t->counts.comings ||
        s->keys != s->b.scope->keys || s->members != s->b.scope->member_count ||
        !have_shapes(g))
        return false;
    if (!look(s) || !reach_stands(&s->b, &s->reached, &s->listens))
        return false;
    *other = s->stale_count > 0;
    if (!*other) return true;
    bool collecting = t->collecting;
    t->collecting = false;
    bool ok = turn_all(s, g->density);
    t->collecting = collecting;
    if (!ok) error_clear(&t->machine->error); /* gathering says it again */
    return ok;
}
