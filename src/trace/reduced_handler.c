/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The handler's hooks: what a region that runs makes or meets again. A node
 * that stood at the same location before is kept; else a new one is made,
 * and drawn when its value is first read.
 */
#include "base/memory.h"
#include "eval/code.h"
#include "trace/application.h"
#include "trace/reduced.h"
#include "trace/simulation.h"

/* ---- nodes ---------------------------------------------------------------------- */

static bool join(struct trace *t, struct node *n, enum node_kind kind,
                 uint8_t type, uint64_t location, struct region *owner)
{
    n->head.type = type;
    n->head.flags = kind;
    n->head.spare = NODE_ALIVE;
    n->location = location;
    if (owner) child_put(t, owner, n);
    if (t->run && t->mark_count > t->run->mark_base &&
        owner == t->run->region && !vector_push(t, &t->met, n))
        return false;
    return table_put(t, n);
}

struct region *region_new(struct trace *t, enum region_kind what,
                          uint64_t location, struct region *owner)
{
    if (!late_may_make(t)) return NULL;
    struct region *r = log_take(&t->log, region_size(what));
    if (!r) {
        machine_no_memory(t->machine);
        return NULL;
    }
    r->what = (uint8_t)what;
    r->result = V_NOTHING;
    return join(t, &r->node, NODE_REGION, T_REGION, location, owner) ? r : NULL;
}

bool region_stands(const struct region *r)
{
    for (; r; r = node_owner(&mem_of(r)->entries.node)) {
        if (r->running || guard_count(r) || region_failed(r)) return false;
        if (r->what == REGION_DIRECTIVE) return true;
        if (r->what != REGION_ENTRY) return false;
    }
    return false;
}

/* Runs meet their children mostly in the order of the last time: newer ones
 * stand before older ones. */
static void expect(struct run *run, struct node *met)
{
    char *link = near_get(&met->link);
    run->expected = NULL;
    if (!link || link == (char *)&run->region->children) return;
    run->expected = (struct node *)(void *)(link - offsetof(struct node, next));
    node_fetch(run->expected);
}

static struct node *at(const struct trace *t, uint64_t location)
{
    struct node *n = t->run->expected;
    return n && n->location == location && node_owner(n) == t->run->region &&
                   is_alive(n)
               ? n
               : table_at(t, location);
}

/* What the region met before, by location; NULL when it is new here. What is
 * another region's, or was met in this run, has the same name by chance. */
static struct node *find(struct trace *t, uint64_t location, bool *ok)
{
    struct node *n = at(t, location);
    *ok = calls_mark(t);
    if (!*ok || !n || !is_alive(n)) return NULL;
    if (n->met == t->run->id || node_owner(n) != t->run->region) {
        *ok = location_collision(t->machine, location);
        return NULL;
    }
    expect(t->run, n);
    return n;
}

void node_adopt(struct trace *t, struct node *n)
{
    n->met = t->run->id;
    t->touched++;
    if (t->mark_count > t->run->mark_base) vector_push(t, &t->met, n);
}

value *values_copy(struct trace *t, int n, const value *from)
{
    size_t size = ((size_t)n + (n == 0)) * sizeof *from;
    value *to = log_take(&t->log, size);
    if (!to) {
        machine_no_memory(t->machine);
        return NULL;
    }
    if (n) memcpy(to, from, (size_t)n * sizeof *from);
    return to;
}

void values_give(struct trace *t, value *values, uint32_t n)
{
    if (values) log_give(&t->log, values, (n + (n == 0)) * sizeof *values);
}

static bool same_written(const value *a, const value *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!value_same(a[i], b[i])) return false;
    return true;
}

/* ---- choosing ----------------------------------------------------------------------- */

static bool make_urn(struct trace *t, const struct xrp *x, int n,
                     const value *written, uint64_t location, value *out)
{
    bool ok;
    struct node *old = find(t, location, &ok);
    if (!ok) return false;
    if (old && node_kind(old) == NODE_URN &&
        ((struct urn *)old)->made.family == x->family->made) {
        struct urn *u = (struct urn *)old;
        node_adopt(t, old);
        *out = v_object(&u->made);
        if (old->head.size == (uint32_t)n &&
            same_written(u->written, written, (uint32_t)n))
            return true;
        value *copy = values_copy(t, n, written);
        if (!copy) return false;
        log_set_pointer(&t->log, &u->written, copy);
        log_save(&t->log, &old->head);
        old->head.size = (uint32_t)n;
        old->head.spare &= (uint16_t)~NODE_STEADY;
        return make_dirty(t, old);
    }
    if (old && !node_kill(t, old)) return false;
    struct urn *u = log_take(&t->log, sizeof *u);
    if (!u || !(u->written = values_copy(t, n, written)))
        return machine_no_memory(t->machine);
    u->node.head.size = (uint32_t)n;
    u->place = machine_span(t->machine);
    u->made = (struct xrp){
        {{T_XRP, 0, 0, 0}, x->family->made->names, x->family->made->signature},
        x->family->made,
        u,
        location};
    *out = v_object(&u->made);
    if (!join(t, &u->node, NODE_URN, T_CODE, location, t->run->region))
        return false;
    u->node.met = t->run->id;
    joint_put(t, u);
    return make_dirty(t, &u->node);
}

/* Keeps a choice that was met again: its urn may be another of its kind. */
static bool keep(struct trace *t, struct choice *c, struct urn *u, int n,
                 const value *written)
{
    node_adopt(t, &c->node);
    if ((t->machine->tags != V_NIL || choice_has_more(c)) && !choice_tag(t, c))
        return false;
    if (choice_urn(c) != u && !choice_changes_urn(t, c, u)) return false;
    if (same_written(c->written, written, (uint32_t)n)) return true;
    for (int i = 0; i < n; i++)
        if (c->written[i] != written[i])
            log_set(&t->log, &c->written[i], written[i]);
    log_save(&t->log, &c->node.head);
    c->node.head.spare &= (uint16_t)~NODE_STEADY;
    return make_dirty(t, &c->node);
}

/* The same application, which keeps its value: what decides is in the old
 * and the new program, never in the value. */
static bool same_family(const struct choice *c, const struct xrp *x, int n,
                        uint16_t shape)
{
    if (c->family != x->family || c->node.head.size != (uint32_t)n ||
        shape_of(&c->node.head) != shape)
        return false;
    if (!choice_urn(c)) return !x->made;
    return x->made &&
           (choice_urn(c) == x->made || !(x->family->flags & XRP_LABELS));
}

/* The choice that the run met here the last time, if it is applied to the same
 * plain operands, word by word: nothing needs to be looked at again. */
static struct choice *as_before(const struct trace *t, const struct xrp *x,
                                int n, const value *operands, uint64_t location)
{
    struct node *node = t->run->expected;
    struct choice *c = (struct choice *)node;
    if (!node || node->location != location || node_kind(node) != NODE_CHOICE ||
        node->head.size != (uint32_t)n || !is_alive(node) ||
        node_owner(node) != t->run->region || node->met == t->run->id ||
        c->family != x->family || choice_urn(c) != x->made ||
        choice_has_more(c) || t->machine->tags != V_NIL)
        return NULL;
    for (int i = 0; i < n; i++)
        if (operands[i] != c->written[i] || has_reference(operands[i]))
            return NULL;
    return c;
}

static bool choose(struct machine *m, value xrp, int n, const value *operands,
                   uint64_t location, value *out)
{
    struct trace *t = trace_of(m);
    const struct xrp *x = as_object(xrp);
    value few[8], *written = few;
    uint16_t shape;
    bool done, ok;
    struct choice *same = as_before(t, x, n, operands, location);
    if (same) {
        if (!calls_mark(t)) return false;
        expect(t->run, &same->node);
        node_adopt(t, &same->node);
        *out = v_object(same);
        return true;
    }
    if (!xrp_arity(m, x, n)) return false;
    if (n > 8 && !(written = memory_new((size_t)n * sizeof *written)))
        return machine_no_memory(m);
    for (int i = 0; i < n; i++)
        if (!trace_plain(t, operands[i], &written[i])) return false;
    if (!choice_may_vary(m, x->family, n, written)) return false;
    if (x->family->flags & XRP_MAKER)
        return maker_fits(m, x->family, n, written) &&
               make_urn(t, x, n, written, location, out);
    if (!pick_by_index(m, x, n, written, location, out, &done)) return false;
    if (done) return true;
    if (!choice_shape(m, x->family, n, written, &shape)) return false;
    struct node *old = find(t, location, &ok);
    if (!ok) return false;
    if (old && node_kind(old) == NODE_CHOICE &&
        same_family((void *)old, x, n, shape)) {
        *out = v_object(old);
        return keep(t, (struct choice *)old, x->made, n, written);
    }
    if (old && !node_kill(t, old)) return false;
    if (!late_may_make(t)) return false;
    bool remembers = n && (x->made || !is_plain_family(x->family));
    struct choice *c =
        log_take(&t->log, choice_size_of((uint32_t)n, remembers, x->made));
    if (!c) return machine_no_memory(m);
    if (n) memcpy(c->written, written, (size_t)n * sizeof *written);
    c->made_at = machine_span(m);
    c->family = x->family;
    if (x->made) near_set_at(&c->urn, x->made);
    c->held = V_UNBOUND;
    c->node.head.size = (uint32_t)n;
    c->node.met = t->run->id;
    t->counts.choices++;
    if (t->noting && !vector_push(t, &t->came, c)) return false;
    *out = v_object(c);
    if (!join(t, &c->node, NODE_CHOICE, T_CHOICE, location, t->run->region))
        return false;
    if (x->made) c->node.head.flags |= NODE_IN_URN;
    shape_set(&c->node.head, shape);
    return (m->tags == V_NIL || choice_tag(t, c)) &&
           vector_push(t, &t->undrawn, c);
}

/* ---- mem --------------------------------------------------------------------------------- */

/* In other extents now: its entries are run again, to be marked anew. */
static bool retag(struct trace *t, struct mem_node *mem)
{
    log_set(&t->log, &mem->tags, t->machine->tags);
    return true;
}

/* Its entries ran another procedure than it has now. */
static bool outdate(struct trace *t, struct mem_node *mem)
{
    for (struct node *n = region_children(&mem->entries); n; n = node_next(n)) {
        struct region *e = (struct region *)n;
        log_save(&t->log, &e->stale);
        e->stale = true;
        if (!notify_region(t, e)) return false;
    }
    return true;
}

static bool memoize(struct machine *m, value procedure, uint64_t location,
                    value *out)
{
    struct trace *t = trace_of(m);
    bool ok;
    struct node *old = find(t, location, &ok);
    if (!ok) return false;
    if (old && node_kind(old) == NODE_MEM) {
        struct mem_node *mem = (struct mem_node *)old;
        node_adopt(t, old);
        *out = v_object(&mem->mem);
        bool tagged = !tags_same(mem->tags, m->tags);
        if (!tagged && value_same(mem->procedure, procedure)) return true;
        if (tagged && !retag(t, mem)) return false;
        log_set(&t->log, &mem->procedure, procedure);
        log_set(&t->log, &mem->mem.procedure, procedure);
        return outdate(t, mem);
    }
    if (old && !node_kill(t, old)) return false;
    struct mem_node *mem = log_take(&t->log, sizeof *mem);
    if (!mem) return machine_no_memory(m);
    mem->procedure = procedure;
    mem->tags = m->tags;
    mem->mem.head.type = T_MEM;
    mem->mem.procedure = procedure;
    mem->mem.location = location;
    mem->mem.entries = mem;
    mem->entries.what = REGION_DIRECTIVE;
    *out = v_object(&mem->mem);
    if (!join(t, &mem->node, NODE_MEM, T_CODE, location, t->run->region))
        return false;
    near_set(&mem->entries.node.owner, t->run->region);
    mem->node.met = t->run->id;
    return true;
}

/* The region that runs uses this entry. */
bool region_use(struct trace *t, struct region *entry)
{
    struct run *run = t->run;
    const struct gathered *kept = run->kept;
    if (entry->used == run->scope) return true;
    entry->used = run->scope;
    if (!vector_push(t, &run->uses, entry)) return false;
    if (kept && run->matched < kept->use_count &&
        use_at(kept, run->matched) == entry)
        run->matched++;
    else
        log_set_32(&t->log, &entry->uses, entry->uses + 1);
    return true;
}

static value entry_value(const struct region *e)
{
    return region_stands(e) ? e->result : v_object(e);
}

static bool same_part(value a, value b) { return a == b || value_equal(a, b); }

static bool same_key(const struct region *e, int n, const value *operands)
{
    value key = e->key;
    if (e->node.head.size != (uint32_t)n) return false;
    if (n == 1) return same_part(key, operands[0]);
    for (int i = 0; i < n; i++, key = cdr(key))
        if (!is_pair(key) || !same_part(car(key), operands[i])) return false;
    return key == V_NIL;
}

static enum memo_answer use_entry(struct trace *t, struct region *e, value *out)
{
    if (is_doomed(t, e) && !late_lift(t, e)) return MEMO_ERROR;
    if ((!region_is_settled(t, e) && !region_settle(t, e)) || !region_use(t, e))
        return MEMO_ERROR;
    *out = entry_value(e);
    if (t->run->pins) trace_pinned(t, *out, out);
    return MEMO_VALUE;
}

static struct region *recent(const struct trace *t, const struct mem_node *mem,
                             value key)
{
    if (mem->recent_since != t->entries_lost || !is_int(key)) return NULL;
    uint32_t i = key % MEM_RECENT;
    return mem->recent[i].key == key ? mem->recent[i].entry : NULL;
}

static void remember(struct trace *t, struct mem_node *mem, struct region *e)
{
    if (!is_int(e->key)) return;
    if (mem->recent_since != t->entries_lost) {
        memset(mem->recent, 0, sizeof mem->recent);
        mem->recent_since = t->entries_lost;
    }
    uint32_t i = e->key % MEM_RECENT;
    mem->recent[i].key = e->key;
    mem->recent[i].entry = e;
}

/* The entry that the run used here the last time. */
static struct region *used_before(const struct run *run,
                                  const struct mem_node *mem, value key)
{
    const struct gathered *kept = run->kept;
    if (!kept || run->matched >= kept->use_count) return NULL;
    struct region *e = use_at(kept, run->matched);
    return e->key == key && e->node.head.size == 1 && is_alive(&e->node) &&
                   node_owner(&e->node) == &mem->entries
               ? e
               : NULL;
}

/* In a loop: an entry that the run has used already, by a small integer that
 * it knows. */
static bool used_already(struct trace *t, const struct mem_node *mem, value key,
                         value *out)
{
    uint32_t scope = t->run->scope;
    struct node *n = is_object(key) ? as_object(key) : NULL;
    if (n && n->head.type == T_REGION && n->pinned == scope)
        key = ((const struct region *)n)->result;
    else if (n && n->head.type == T_CHOICE && n->pinned == scope)
        key = ((const struct choice *)n)->held;
    const struct region *e = recent(t, mem, key);
    if (!e || e->used != scope || e->running || is_doomed(t, e) ||
        !region_is_settled(t, e))
        return false;
    *out = entry_value(e);
    if (t->run->pins) trace_pinned(t, *out, out);
    return true;
}

static enum memo_answer look_up(struct machine *m, struct mem *mem, int n,
                                value *operands, void **entry,
                                uint64_t *location, value *out)
{
    struct trace *t = trace_of(m);
    struct mem_node *node = mem->entries;
    struct region *e;
    for (int i = 0; i < n; i++)
        if (has_reference(operands[i]) &&
            !trace_force(m, operands[i], true, &operands[i]))
            return MEMO_ERROR;
    if (n == 1 &&
        ((e = recent(t, node, operands[0])) ||
         (e = used_before(t->run, node, operands[0]))) &&
        !e->running)
        return use_entry(t, e, out);
    *location = memo_location(mem, n, operands);
    e = (struct region *)table_at(t, *location | ENTRY_BIT);
    if (e && (node_kind(&e->node) != NODE_REGION || e->what != REGION_ENTRY ||
              !same_key(e, n, operands))) {
        location_collision(m, *location);
        return MEMO_ERROR;
    }
    if (e && e->running && !t->hasty) {
        error_set(&m->error, ERROR_USE,
                  "mem: the value of an application needs itself");
        return MEMO_ERROR;
    }
    if (e && e->running) {
        late_put_off(t);
        return MEMO_ERROR;
    }
    if (e) {
        if (n == 1) remember(t, node, e);
        return use_entry(t, e, out);
    }
    value key = n == 1 ? operands[0] : list_from(operands, (size_t)n);
    if (key == V_UNBOUND) {
        machine_no_memory(m);
        return MEMO_ERROR;
    }
    e = region_new(t, REGION_ENTRY, *location | ENTRY_BIT, &node->entries);
    if (!e) return MEMO_ERROR;
    t->entries_made = true;
    e->node.head.size = (uint32_t)n;
    e->key = key;
    struct run *run = run_begin(t, e);
    if (!run) return MEMO_ERROR;
    run->tags = m->tags;
    m->tags = node->tags;
    *entry = run;
    return MEMO_RUN;
}

static enum memo_answer memo(struct machine *m, struct mem *mem, int n,
                             value *operands, void **entry, uint64_t *location,
                             value *out)
{
    struct trace *t = trace_of(m);
    if (!calls_mark(t)) return MEMO_ERROR;
    if (n == 1 && used_already(t, mem->entries, operands[0], out))
        return MEMO_VALUE;
    return look_up(m, mem, n, operands, entry, location, out);
}

static bool memo_done(struct machine *m, void *data, value *result)
{
    struct trace *t = trace_of(m);
    struct run *run = data;
    struct region *e = run->region;
    m->tags = run->tags;
    if (!run_end(t, run, *result) || !region_use(t, e)) return false;
    *result = entry_value(e);
    return true;
}

/* ---- observing and scoring ---------------------------------------------------------------- */

/* A child without code: what its operands stand for matters. */
static bool small_region(struct trace *t, enum region_kind what,
                         uint64_t location, value a, value b,
                         uint32_t score_kind)
{
    bool ok;
    struct node *old = find(t, location, &ok);
    if (!ok) return false;
    value operands[2] = {a, b};
    struct region *r = (struct region *)old;
    if (old && node_kind(old) == NODE_REGION && r->what == what) {
        node_adopt(t, old);
        if (r->score_kind == score_kind &&
            same_written(r->operands, operands, 2))
            return region_settle(t, r);
    } else {
        if (old && !node_kill(t, old)) return false;
        r = region_new(t, what, location, t->run->region);
        if (!r) return false;
        if (what == REGION_PREDICT) t->counts.predictions++;
        r->node.met = t->run->id;
    }
    log_set(&t->log, &r->operands[0], a);
    log_set(&t->log, &r->operands[1], b);
    log_save(&t->log, &r->score_kind);
    r->score_kind = (uint8_t)score_kind;
    return region_run(t, r);
}

static bool constrain(struct machine *m, enum constrain_kind kind, value target,
                      value with, uint64_t location)
{
    struct trace *t = trace_of(m);
    if (kind == CONSTRAIN_PREDICT)
        return machine_force(m, with, true, &with) &&
               small_region(t, REGION_PREDICT, location, target, with, 0);
    if (kind == CONSTRAIN_OBSERVE)
        return may_observe(m, directive_above(&t->run->region->node)) &&
               machine_force(m, with, true, &with) &&
               small_region(t, REGION_OBSERVE, location, target, with, 0);
    return small_region(t, REGION_WEIGHT, location, target, with, 0);
}

static bool score(struct machine *m, enum score_kind kind, value v,
                  uint64_t location)
{
    struct trace *t = trace_of(m);
    return (kind != SCORE_FACTOR || simulation_factor(m, t->simulation)) &&
           small_region(t, REGION_TERM, location, v, V_NIL, kind);
}

const struct handler reduced_handler = {
    .choose = choose,
    .defer = trace_defer,
    .compare = trace_compare,
    .force = trace_force,
    .operate = trace_operate,
    .memoize = memoize,
    .enter = trace_enter,
    .leave = trace_leave,
    .memo = memo,
    .memo_done = memo_done,
    .constrain = constrain,
    .score = score,
    .equation = trace_equation,
};
