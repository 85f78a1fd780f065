/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A *body* is a node that something outside needs, with all that it alone
 * needs: a term, a guard, or what several bodies read. Its leaves are
 * numbers, coordinates, what calls give, and other bodies. Written as words
 * (operations in order, and of each operand whether it is a number, a slot or
 * an operation) two bodies of one shape are the same words; those of one
 * shape on one level, which read nothing of each other, are a plate.
 *
 *     1  bodies: from the last node down, who needs a node: one body or more
 *     2  levels: from the first node up
 *     3  words, and the groups of bodies with the same
 *     4  groups that read coordinates in few pieces are cut there
 *     5  slots for what is read again; plates in order of levels
 */
#include "tape/roll.h"

#include <stdlib.h>
#include <string.h>

#include "base/space.h"
#include "tape/alike.h"

#define NOBODY 0u
#define SHARED UINT32_MAX
enum role { ROLE_TERM = 1, ROLE_OUTPUT = 2, ROLE_GUARD = 4 };

/* Bodies of one shape on one level. */
struct group {
    uint32_t level, role;
    uint64_t hash;
    uint32_t word, words; /* of the shape */
    uint32_t operations, leaves;
    uint32_t *rows; /* body nodes, ascending */
    uint32_t count, room;
    uint32_t *at; /* leaves: node numbers, row after row */
    uint32_t at_room;
    uint32_t first; /* slot of row 0, of outputs */
};

struct roller {
    struct graph *g;
    uint32_t nodes; /* all */
    uint8_t *role;  /* by node: enum role; 0: no body */
    uint32_t *owner, *level;
    uint32_t *slot; /* by node; of operations within a body: 1 + which it is */
    uint32_t *call_level, *kin_level;
    uint32_t *words;
    uint32_t word_count, word_room;
    struct group *groups;
    uint32_t group_count, group_room;
    uint32_t *table; /* 1 + group */
    uint32_t table_room;
    uint32_t *stack, stack_count, stack_room;
    uint32_t *leaves, leaf_count, leaf_room;
    struct alike alike; /* the shape of a group, mostly that of the next body */
    uint32_t known, last; /* 1 + that group; 1 + that of the last body */
    uint32_t *order;      /* groups */
    bool *turns; /* by gather of the plate that is made: a pointer's? */
    uint32_t seat_room;
};

static bool reserve(void *array, uint32_t *room, uint32_t wanted, size_t item)
{
    void *old, *more;
    if (wanted <= *room) return true;
    uint32_t grown = *room ? *room : 16;
    while (grown < wanted) grown *= 2;
    memcpy(&old, array, sizeof old);
    if (!(more = realloc(old, grown * item))) return false;
    memcpy(array, &more, sizeof more);
    *room = grown;
    return true;
}

static bool is_operation(const struct roller *r, uint32_t n)
{
    return r->g->nodes[n].code < TAPE_CODES;
}

/* ---- 1: bodies ---------------------------------------------------------- */

static void need(struct roller *r, uint32_t n, uint32_t by)
{
    if (!is_operation(r, n)) {
        if (r->owner[n] == NOBODY) r->owner[n] = SHARED;
    } else if (r->role[n]) {
        r->role[n] |= ROLE_OUTPUT;
    } else if (r->owner[n] == NOBODY) {
        r->owner[n] = by;
    } else if (r->owner[n] != by) {
        r->owner[n] = SHARED;
    }
}

/* It is to stand in a slot. */
static void need_target(struct roller *r, uint32_t n)
{
    r->owner[n] = SHARED;
    if (is_operation(r, n)) r->role[n] |= ROLE_OUTPUT;
}

/* What a call reads stands in slots. */
static void need_inputs(struct roller *r, const struct graph_call *c)
{
    for (uint32_t i = 0; i < c->call.count; i++) need_target(r, c->nodes[i]);
}

static void need_operands(struct roller *r, uint32_t n)
{
    const struct graph_node *at = &r->g->nodes[n];
    int arity = tape_arity(at->code);
    if (!r->role[n] && r->owner[n] == NOBODY) return;
    if (!r->role[n] && r->owner[n] == SHARED) r->role[n] = ROLE_OUTPUT;
    uint32_t by = r->role[n] ? n + 1 : r->owner[n];
    for (int k = 0; k < arity; k++) need(r, at->operands[k], by);
}

static void find_bodies(struct roller *r)
{
    struct graph *g = r->g;
    for (uint32_t n = r->nodes; n-- > 0;) {
        const struct graph_node *at = &g->nodes[n];
        if (at->code < TAPE_CODES) {
            need_operands(r, n);
        } else if (at->code == GRAPH_GIVEN && r->owner[n] != NOBODY &&
                   !r->call_level[at->operands[0]]) {
            r->call_level[at->operands[0]] = 1;
            need_inputs(r, &g->calls[at->operands[0]]);
        } else if (at->code == GRAPH_POINTER && r->owner[n] != NOBODY) {
            need_target(r, g->pointers[graph_pointer_at(g, n)].target);
        }
    }
}

/* ---- 2: levels ---------------------------------------------------------- */

static uint32_t call_level(struct roller *r, const struct graph_call *c)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < c->call.count; i++)
        if (r->level[c->nodes[i]] > most) most = r->level[c->nodes[i]];
    return most + 1;
}

/* A pointer's is the highest that one of its kin needs. */
static uint32_t pointer_level(const struct roller *r, uint32_t n)
{
    const struct graph_pointer *p = &r->g->pointers[graph_pointer_at(r->g, n)];
    uint32_t own = r->level[p->target], of_kin = r->kin_level[p->kin];
    return own > of_kin ? own : of_kin;
}

static uint32_t given_level(struct roller *r, const struct graph_node *at)
{
    uint32_t which = at->operands[0];
    if (at->operands[1] == 0 && r->call_level[which])
        r->call_level[which] = call_level(r, &r->g->calls[which]);
    return r->call_level[which];
}

static uint32_t highest_operand(const uint32_t *level,
                                const struct graph_node *at)
{
    int arity = tape_arity(at->code);
    uint32_t most = level[at->operands[0]];
    for (int k = 1; k < arity; k++)
        if (level[at->operands[k]] > most) most = level[at->operands[k]];
    return most;
}

/* And where coordinates stand, which come first. */
static void find_levels(struct roller *r)
{
    const struct graph_node *nodes = r->g->nodes;
    uint32_t *level = r->level;
    for (uint32_t n = 0; n < r->nodes; n++) {
        const struct graph_node *at = &nodes[n];
        switch (at->code) {
        case GRAPH_NUMBER: break;
        case GRAPH_COORDINATE: r->slot[n] = (uint32_t)at->number; break;
        case GRAPH_GIVEN: level[n] = given_level(r, at); break;
        case GRAPH_POINTER: level[n] = pointer_level(r, n); break;
        case GRAPH_UNKNOWN: break;
        default: level[n] = highest_operand(level, at) + (r->role[n] != 0);
        }
    }
}

/* ---- 3: words ----------------------------------------------------------- */

static bool word(struct roller *r, uint32_t w)
{
    if (!reserve(&r->words, &r->word_room, r->word_count + 1, sizeof w))
        return false;
    r->words[r->word_count++] = w;
    return true;
}

static bool is_inside(const struct roller *r, uint32_t n)
{
    return is_operation(r, n) && !r->role[n];
}

static bool push(struct roller *r, uint32_t n)
{
    if (!reserve(&r->stack, &r->stack_room, r->stack_count + 1, sizeof n))
        return false;
    r->stack[r->stack_count++] = n;
    return true;
}

/* Operands first: puts those that are not written yet on the stack. */
static bool wait_for_operands(struct roller *r, uint32_t n, bool *waits)
{
    const struct graph_node *at = &r->g->nodes[n];
    *waits = false;
    for (int k = tape_arity(at->code); k-- > 0;) {
        uint32_t o = at->operands[k];
        if (!is_inside(r, o) || r->slot[o]) continue;
        *waits = true;
        if (!push(r, o)) return false;
    }
    return true;
}

static bool write_operation(struct roller *r, uint32_t n)
{
    const struct graph_node *at = &r->g->nodes[n];
    if (!word(r, at->code)) return false;
    for (int k = 0; k < tape_arity(at->code); k++) {
        uint32_t o = at->operands[k];
        bool number = graph_is_number(r->g, o);
        if (is_inside(r, o)) {
            if (!word(r, WORD_OPERATION + r->slot[o] - 1)) return false;
            continue;
        }
        if (!word(r, number ? WORD_NUMBER : WORD_SLOT) ||
            !reserve(&r->leaves, &r->leaf_room, r->leaf_count + 1, sizeof o))
            return false;
        r->leaves[r->leaf_count++] = o;
    }
    return true;
}

/* The words of a body, behind those that there are; *count operations. */
static bool write_body(struct roller *r, uint32_t body, uint32_t *count)
{
    bool waits;
    r->leaf_count = r->stack_count = *count = 0;
    if (!push(r, body)) return false;
    while (r->stack_count) {
        uint32_t n = r->stack[r->stack_count - 1];
        if (n != body && r->slot[n]) {
            r->stack_count--;
            continue;
        }
        if (!wait_for_operands(r, n, &waits)) return false;
        if (waits) continue;
        r->stack_count--;
        if (!write_operation(r, n)) return false;
        ++*count;
        if (n != body) r->slot[n] = *count;
    }
    return true;
}

static uint64_t hash_words(const struct roller *r, uint32_t from, uint64_t h)
{
    for (uint32_t i = from; i < r->word_count; i++) {
        h = (h ^ r->words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    return h;
}

static bool spread_groups(struct roller *r)
{
    uint32_t room = r->table_room ? r->table_room * 2 : 64;
    uint32_t *table = calloc(room, sizeof *table);
    if (!table) return false;
    for (uint32_t i = 0; i < r->group_count; i++) {
        uint64_t at = r->groups[i].hash;
        while (table[at & (room - 1)]) at++;
        table[at & (room - 1)] = i + 1;
    }
    free(r->table);
    r->table = table;
    r->table_room = room;
    return true;
}

/* The group of the body whose words begin at `from`; they are given back when
 * it has them already. NULL: memory ran out. */
static struct group *group_for(struct roller *r, uint32_t body, uint32_t from,
                               uint32_t operations)
{
    uint32_t level = r->level[body], role = r->role[body];
    uint32_t words = r->word_count - from;
    uint64_t hash = hash_words(r, from, (uint64_t)level << 8 | role);
    if (2 * (r->group_count + 1) > r->table_room && !spread_groups(r))
        return NULL;
    uint64_t at = hash;
    for (; r->table[at & (r->table_room - 1)]; at++) {
        struct group *o = &r->groups[r->table[at & (r->table_room - 1)] - 1];
        if (o->hash == hash && o->level == level && o->role == role &&
            o->words == words &&
            !memcmp(r->words + o->word, r->words + from,
                    words * sizeof *r->words)) {
            r->word_count = from;
            return o;
        }
    }
    if (!reserve(&r->groups, &r->group_room, r->group_count + 1,
                 sizeof *r->groups))
        return NULL;
    struct group *o = &r->groups[r->group_count++];
    *o = (struct group){.level = level,
                        .role = role,
                        .hash = hash,
                        .word = from,
                        .words = words,
                        .operations = operations,
                        .leaves = r->leaf_count};
    r->table[at & (r->table_room - 1)] = r->group_count;
    return o;
}

/* Has the body the shape that is known? Its leaves, and its group. */
static struct group *known_group(struct roller *r, uint32_t body)
{
    if (!r->known) return NULL;
    struct group *o = &r->groups[r->known - 1];
    if (o->level != r->level[body] || o->role != r->role[body] ||
        !reserve(&r->leaves, &r->leaf_room, o->leaves, sizeof *r->leaves) ||
        !alike_fits(&r->alike, r->g, r->role, r->slot, body, r->leaves))
        return NULL;
    r->leaf_count = o->leaves;
    return o;
}

/* The group of a body; its shape is known once two in a row had it. */
static struct group *written_group(struct roller *r, uint32_t body)
{
    uint32_t from = r->word_count, operations;
    struct group *o;
    if (!write_body(r, body, &operations) ||
        !(o = group_for(r, body, from, operations)))
        return NULL;
    uint32_t which = (uint32_t)(o - r->groups) + 1;
    if (which == r->last && which != r->known) {
        bool learned = alike_learn(&r->alike, r->words + o->word, operations);
        r->known = learned ? which : 0;
    }
    r->last = which;
    return o;
}

static bool write_all(struct roller *r)
{
    for (uint32_t n = 0; n < r->nodes; n++) {
        if (!r->role[n] || !is_operation(r, n)) continue;
        struct group *o = known_group(r, n);
        if ((!o && !(o = written_group(r, n))) ||
            !reserve(&o->rows, &o->room, o->count + 1, sizeof n) ||
            !reserve(&o->at, &o->at_room, (o->count + 1) * o->leaves, sizeof n))
            return false;
        memcpy(o->at + (size_t)o->count * o->leaves, r->leaves,
               o->leaves * sizeof n);
        o->rows[o->count++] = n;
    }
    return true;
}

/* ---- 4: pieces ---------------------------------------------------------- */

/* A group of terms whose rows read coordinates one behind another but for a
 * break or two is as many groups: then none of them has to be gathered. */
enum { PIECES = 3, PIECE_LEAST = 8 };

static uint32_t leaf_at(const struct group *o, uint32_t row, uint32_t leaf)
{
    return o->at[(size_t)row * o->leaves + leaf];
}

static bool is_one(const struct group *o, uint32_t leaf)
{
    bool one = true;
    for (uint32_t k = 1; one && k < o->count; k++)
        one = leaf_at(o, k, leaf) == o->at[leaf];
    return one;
}

/* Do coordinates of this row stand behind those of the row before? */
static bool goes_on(const struct roller *r, const struct group *o, uint32_t row,
                    const bool *one)
{
    bool on = true;
    for (uint32_t i = 0; on && i < o->leaves; i++) {
        uint32_t n = leaf_at(o, row, i), before = leaf_at(o, row - 1, i);
        on = one[i] || graph_is_number(r->g, n) ||
             (r->g->nodes[n].code == GRAPH_COORDINATE &&
              r->slot[n] == r->slot[before] + 1);
    }
    return on;
}

/* Where pieces end, if it is worth it; 0: not. */
static uint32_t find_pieces(const struct roller *r, const struct group *o,
                            const bool *one, uint32_t *ends)
{
    uint32_t count = 0, longest = 0;
    for (uint32_t from = 0, k = 1; k <= o->count; k++) {
        if (k < o->count && goes_on(r, o, k, one)) continue;
        if (count == PIECES) return 0;
        if (k - from > longest) longest = k - from;
        ends[count++] = from = k;
    }
    return longest >= PIECE_LEAST ? count : 0;
}

/* Rows from .. end - 1 of a group as one of their own, the last. */
static bool cut_piece(struct roller *r, uint32_t which, uint32_t from,
                      uint32_t end)
{
    if (!reserve(&r->groups, &r->group_room, r->group_count + 1,
                 sizeof *r->groups))
        return false;
    const struct group *o = &r->groups[which];
    struct group *new = &r->groups[r->group_count];
    uint32_t rows = end - from;
    size_t leaves = (size_t)rows * o->leaves;
    *new = *o;
    new->count = new->room = rows;
    new->at_room = (uint32_t)leaves;
    new->rows = malloc(rows * sizeof *new->rows);
    new->at = malloc((leaves + 1) * sizeof *new->at);
    r->group_count++;
    if (!new->rows || !new->at) return false;
    memcpy(new->rows, o->rows + from, rows * sizeof *new->rows);
    memcpy(new->at, o->at + (size_t)from * o->leaves, leaves * sizeof *new->at);
    return true;
}

static bool cut_group(struct roller *r, uint32_t which)
{
    const struct group *o = &r->groups[which];
    uint32_t ends[PIECES], count = 0;
    if (o->role != ROLE_TERM || o->count <= PIECE_LEAST) return true;
    bool *one = malloc(o->leaves + 1);
    if (!one) return false;
    for (uint32_t i = 0; i < o->leaves; i++) one[i] = is_one(o, i);
    count = find_pieces(r, o, one, ends);
    free(one);
    for (uint32_t i = 1; i < count; i++)
        if (!cut_piece(r, which, ends[i - 1], ends[i])) return false;
    if (count) r->groups[which].count = ends[0];
    return true;
}

static bool cut_groups(struct roller *r)
{
    uint32_t count = r->group_count;
    bool ok = true;
    for (uint32_t i = 0; ok && i < count; i++) ok = cut_group(r, i);
    return ok;
}

/* ---- 5: plates ---------------------------------------------------------- */

/* What is read again comes first, level by level, and many rows of terms
 * last: then what stands alone stands together. */
static uint64_t turn(const struct group *o)
{
    bool last = o->count > 1 && !(o->role & ROLE_OUTPUT);
    return (uint64_t)last << 62 | (uint64_t)o->level << 1;
}

static void sort_groups(struct roller *r)
{
    /* By insertion into runs: a merge, stable. */
    uint32_t n = r->group_count;
    uint32_t *from = r->order, *to = r->order + n;
    for (uint32_t i = 0; i < n; i++) from[i] = i;
    for (uint32_t width = 1; width < n; width *= 2) {
        for (uint32_t low = 0; low < n; low += 2 * width) {
            uint32_t mid = low + width < n ? low + width : n;
            uint32_t high = low + 2 * width < n ? low + 2 * width : n;
            for (uint32_t i = low, j = mid, k = low; k < high; k++)
                to[k] = j >= high || (i < mid && turn(&r->groups[from[i]]) <=
                                                     turn(&r->groups[from[j]]))
                            ? from[i++]
                            : from[j++];
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != r->order) memcpy(r->order, from, n * sizeof *from);
}

static void assign_slots(struct roller *r, struct tape *t)
{
    struct graph *g = r->g;
    t->size = t->slots = g->coordinates;
    for (uint32_t i = 0; i < r->group_count; i++) {
        struct group *o = &r->groups[r->order[i]];
        if (!(o->role & ROLE_OUTPUT)) continue;
        o->first = t->slots;
        for (uint32_t k = 0; k < o->count; k++)
            r->slot[o->rows[k]] = t->slots++;
    }
    for (uint32_t n = 0; g->call_count && n < r->nodes; n++) {
        if (g->nodes[n].code != GRAPH_GIVEN) continue;
        uint32_t which = g->nodes[n].operands[0];
        if (!r->call_level[which]) continue;
        if (g->nodes[n].operands[1] == 0) {
            g->calls[which].call.first = t->slots;
            t->slots += g->calls[which].call.out;
        }
        r->slot[n] = g->calls[which].call.first + g->nodes[n].operands[1];
    }
    for (uint32_t i = 0; i < g->pointer_count; i++)
        r->slot[g->pointers[i].node] = r->slot[g->pointers[i].target];
}

static bool constant(struct tape *t, uint32_t *room, double x,
                     struct tape_operand *out)
{
    for (uint32_t i = t->constant_count; i-- > 0 && t->constant_count - i < 9;)
        if (!memcmp(&t->constants[i], &x, sizeof x)) {
            *out = (struct tape_operand){TAPE_CONSTANT, i};
            return true;
        }
    if (!reserve(&t->constants, room, t->constant_count + 1, sizeof x))
        return false;
    t->constants[t->constant_count] = x;
    *out = (struct tape_operand){TAPE_CONSTANT, t->constant_count++};
    return true;
}

/* A leaf that is a number in every row. */
static bool number_leaf(struct roller *r, const struct group *o, uint32_t leaf,
                        struct tape *t, uint32_t *room, struct tape_plate *p,
                        struct tape_operand *out)
{
    const struct graph_node *nodes = r->g->nodes;
    bool one = true;
    for (uint32_t k = 1; one && k < o->count; k++)
        one = o->at[(size_t)k * o->leaves + leaf] == o->at[leaf];
    if (one) return constant(t, room, nodes[o->at[leaf]].number, out);
    double *column = malloc(o->count * sizeof *column);
    if (!column) return false;
    for (uint32_t k = 0; k < o->count; k++)
        column[k] = nodes[o->at[(size_t)k * o->leaves + leaf]].number;
    *out = (struct tape_operand){TAPE_COLUMN, p->column_count};
    p->columns[p->column_count++] = column;
    return true;
}

/* Does it read what a pointer stands for, in some row? */
static bool is_turned(const struct roller *r, const struct group *o,
                      uint32_t leaf)
{
    bool any = false;
    for (uint32_t k = 0; r->g->pointer_count && !any && k < o->count; k++)
        any = r->g->nodes[leaf_at(o, k, leaf)].code == GRAPH_POINTER;
    return any;
}

/* A seat for each row that reads a pointer. */
static bool sit(struct roller *r, const struct group *o, uint32_t leaf,
                struct tape *t, uint32_t gather)
{
    for (uint32_t k = 0; k < o->count; k++) {
        uint32_t n = leaf_at(o, k, leaf);
        if (r->g->nodes[n].code != GRAPH_POINTER) continue;
        if (!reserve(&t->seats, &r->seat_room, t->seat_count + 1,
                     sizeof *t->seats))
            return false;
        t->seats[t->seat_count++] =
            (struct tape_seat){.pointer = graph_pointer_at(r->g, n),
                               .plate = t->plate_count - 1,
                               .gather = gather,
                               .row = k};
    }
    return true;
}

/* The plate is the tape's last. Leaves that may be turned have a gather of
 * their own. */
static bool slot_leaf(struct roller *r, const struct group *o, uint32_t leaf,
                      struct tape *t, struct tape_plate *p,
                      struct tape_operand *out)
{
    uint32_t first = r->slot[o->at[leaf]];
    bool turned = is_turned(r, o, leaf), one = !turned, run = !turned;
    for (uint32_t k = 1; (one || run) && k < o->count; k++) {
        uint32_t slot = r->slot[leaf_at(o, k, leaf)];
        one = one && slot == first;
        run = run && slot == first + k;
    }
    if (one || run) {
        *out = (struct tape_operand){one ? TAPE_SLOT : TAPE_RUN, first};
        return true;
    }
    uint32_t *slots = malloc(o->count * sizeof *slots);
    if (!slots) return false;
    for (uint32_t k = 0; k < o->count; k++)
        slots[k] = r->slot[leaf_at(o, k, leaf)];
    for (uint32_t i = 0; !turned && i < p->gather_count; i++) {
        if (r->turns[i] ||
            memcmp(p->gathers[i], slots, o->count * sizeof *slots))
            continue;
        free(slots);
        *out = (struct tape_operand){TAPE_GATHER, i};
        return true;
    }
    r->turns[p->gather_count] = turned;
    *out = (struct tape_operand){TAPE_GATHER, p->gather_count};
    p->gathers[p->gather_count++] = slots;
    return !turned || sit(r, o, leaf, t, p->gather_count - 1);
}

static bool lengthen(void *array, size_t count, size_t size)
{
    void *old, *more;
    memcpy(&old, array, sizeof old);
    if (!(more = realloc(old, count * size))) return false;
    memcpy(array, &more, sizeof more);
    return true;
}

static bool make_room(struct roller *r, struct tape_plate *p,
                      const struct group *o)
{
    size_t leaves = o->leaves + 1;
    size_t columns = p->column_count + leaves,
           gathers = p->gather_count + leaves;
    free(r->turns);
    r->turns = calloc(gathers, sizeof *r->turns);
    return r->turns &&
           lengthen(&p->operations, p->count + o->operations,
                    sizeof *p->operations) &&
           lengthen(&p->columns, columns, sizeof *p->columns) &&
           lengthen(&p->gathers, gathers, sizeof *p->gathers) &&
           lengthen(&p->terms, p->term_count + 1ul, sizeof *p->terms) &&
           lengthen(&p->guards, p->guard_count + 1ul, sizeof *p->guards) &&
           lengthen(&p->outputs, p->output_count + 1ul, sizeof *p->outputs);
}

/* Behind what the plate has already. */
static bool make_plate(struct roller *r, const struct group *o, struct tape *t,
                       uint32_t *room, struct tape_plate *p)
{
    const uint32_t *w = r->words + o->word;
    uint32_t leaf = 0, first = p->count, last = first + o->operations - 1;
    if (!make_room(r, p, o)) return false;
    p->rows = o->count;
    p->count += o->operations;
    for (uint32_t i = first; i <= last; i++) {
        struct tape_operation *op = &p->operations[i];
        *op = (struct tape_operation){.code = *w++};
        for (int k = 0; k < tape_arity(op->code); k++) {
            uint32_t kind = *w++;
            bool ok = true;
            if (kind == WORD_NUMBER)
                ok = number_leaf(r, o, leaf++, t, room, p, &op->operands[k]);
            else if (kind == WORD_SLOT)
                ok = slot_leaf(r, o, leaf++, t, p, &op->operands[k]);
            else
                op->operands[k] = (struct tape_operand){
                    TAPE_OPERATION, (first + kind - WORD_OPERATION) & 0xffffff};
            if (!ok) return false;
        }
    }
    if (o->role & ROLE_TERM) p->terms[p->term_count++] = last;
    if (o->role & ROLE_GUARD) p->guards[p->guard_count++] = last;
    if (o->role & ROLE_OUTPUT)
        p->outputs[p->output_count++] = (struct tape_output){last, o->first};
    return true;
}

/* Many rows of terms may stand in one plate with as many others: what either
 * reads is there before the first of them. Where pointers are, seats name
 * plates of their own. NULL: with none. */
static struct tape_plate *mate_of(const struct roller *r, const struct group *o,
                                  const struct tape *t)
{
    enum { NEAR = 8, OPERATIONS = 64 };
    if (o->count < PIECE_LEAST || o->role & ROLE_OUTPUT || r->g->pointer_count)
        return NULL;
    for (uint32_t i = t->plate_count; i > 0 && t->plate_count - i < NEAR; i--) {
        struct tape_plate *p = &t->plates[i - 1];
        if (!p->call && p->rows == o->count && !p->output_count &&
            p->count + o->operations <= OPERATIONS)
            return p;
    }
    return NULL;
}

static bool make_own(struct roller *r, const struct group *o, struct tape *t,
                     uint32_t *room)
{
    struct tape_plate *mate = mate_of(r, o, t);
    return make_plate(r, o, t, room,
                      mate ? mate : &t->plates[t->plate_count++]);
}

static bool make_call(struct roller *r, struct graph_call *c,
                      struct tape_plate *p)
{
    p->call = malloc(sizeof *p->call);
    uint32_t *slots = malloc((c->call.count + 1) * sizeof *slots);
    if (!p->call || !slots) {
        free(slots);
        return false;
    }
    for (uint32_t i = 0; i < c->call.count; i++)
        slots[i] = r->slot[c->nodes[i]];
    *p->call = c->call;
    p->call->slots = slots;
    p->rows = 1;
    c->call.free = NULL; /* it is the tape's now */
    return true;
}

/* Calls go before the first group of a higher level that is still to come. */
static bool make_plates(struct roller *r, struct tape *t)
{
    struct graph *g = r->g;
    uint32_t room = 0;
    uint32_t *calls = malloc((g->call_count + 1) * sizeof *calls), n = 0;
    t->plates = calloc(r->group_count + g->call_count + 1, sizeof *t->plates);
    bool ok = calls && t->plates;
    for (uint32_t i = 0; ok && i < g->call_count; i++) {
        uint32_t k = n;
        if (!r->call_level[i]) continue;
        for (n++; k > 0 && r->call_level[calls[k - 1]] > r->call_level[i]; k--)
            calls[k] = calls[k - 1];
        calls[k] = i;
    }
    uint32_t next = 0;
    for (uint32_t i = 0; ok && i <= r->group_count; i++) {
        const struct group *o =
            i < r->group_count ? &r->groups[r->order[i]] : NULL;
        while (ok && next < n &&
               (!o || turn(o) >> 62 || r->call_level[calls[next]] < o->level))
            ok = make_call(r, &g->calls[calls[next++]],
                           &t->plates[t->plate_count++]);
        ok = ok && (!o || make_own(r, o, t, &room));
    }
    free(calls);
    return ok;
}

/* Terms whose factor is not 1 are multiplied by it. */
static bool find_terms(struct graph *g, uint32_t **out, uint32_t *count)
{
    uint32_t k = 0, end = g->count;
    for (uint32_t i = 0; (i = graph_term_from(g, i)) < end; i++) k++;
    uint32_t *terms = malloc((k + 1ul) * sizeof *terms);
    k = 0;
    for (uint32_t i = 0; terms && (i = graph_term_from(g, i)) < end; i++) {
        double factor = graph_term(g, i);
        terms[k++] =
            factor == 1.0 && g->nodes[i].code < TAPE_CODES
                ? i
                : graph_2(g, TAPE_MULTIPLY, graph_number(g, factor), i);
    }
    *out = terms;
    *count = k;
    return terms && !g->broken;
}

/* Owner, level, slot and role. */
static size_t size_by_node(const struct roller *r)
{
    return (r->nodes + 1ul) * (3 * sizeof(uint32_t) + 1);
}

/* What is needed stands on what is before it: nodes behind the last of these
 * are not looked at. Pointers and calls may stand anywhere. */
static bool open_roller(struct roller *r, struct graph *g, uint32_t *needed,
                        uint32_t count)
{
    uint32_t nodes = 0;
    for (uint32_t i = 0; i < count; i++)
        if (needed[i] >= nodes) nodes = needed[i] + 1;
    if (g->pointer_count || g->call_count || g->guard_count) nodes = g->count;
    size_t n = nodes + 1ul;
    r->g = g;
    r->nodes = nodes;
    r->owner = space_array(size_by_node(r));
    if (!r->owner) return false;
    r->level = r->owner + n;
    r->slot = r->level + n;
    r->role = (uint8_t *)(r->slot + n);
    r->call_level = calloc(g->call_count + 1, sizeof *r->call_level);
    r->kin_level = calloc(GRAPH_KINS + g->kin_count, sizeof *r->kin_level);
    return r->call_level && r->kin_level;
}

static void close_roller(struct roller *r)
{
    for (uint32_t i = 0; i < r->group_count; i++) {
        free(r->groups[i].rows);
        free(r->groups[i].at);
    }
    space_array_free(r->owner, size_by_node(r));
    free(r->call_level);
    free(r->kin_level);
    free(r->words);
    free(r->groups);
    free(r->table);
    free(r->stack);
    free(r->leaves);
    alike_close(&r->alike);
    free(r->order);
    free(r->turns);
}

/* From the roles to the tape; the order of slots stays known. */
static struct tape *make_tape(struct roller *r)
{
    struct tape *t = calloc(1, sizeof *t);
    bool ok = t != NULL;
    if (ok) find_bodies(r);
    if (ok) find_levels(r);
    if (ok && r->g->pointer_count) {
        for (uint32_t i = 0; i < r->g->pointer_count; i++) {
            const struct graph_pointer *p = &r->g->pointers[i];
            if (r->level[p->target] > r->kin_level[p->kin])
                r->kin_level[p->kin] = r->level[p->target];
        }
        find_levels(r);
    }
    ok = ok && write_all(r) && cut_groups(r) &&
         (r->order = malloc((2 * r->group_count + 1) * sizeof *r->order));
    if (ok) {
        sort_groups(r);
        assign_slots(r, t);
        ok = make_plates(r, t);
    }
    if (ok) return t;
    if (t) tape_free(t);
    return NULL;
}

static struct tape *prepared(struct tape *t)
{
    if (!t || tape_prepare(t)) return t;
    tape_free(t);
    return NULL;
}

static int by_pointer(const void *a, const void *b)
{
    const struct tape_seat *x = a, *y = b;
    return (x->pointer > y->pointer) - (x->pointer < y->pointer);
}

/* Where everything stands that pointers may be turned to. */
static bool tell_slots(struct roller *r, struct tape *t)
{
    struct graph *g = r->g;
    if (!g->pointer_count) return true;
    g->slots = calloc(r->nodes + 1, sizeof *g->slots);
    g->levels = malloc((r->nodes + 1) * sizeof *g->levels);
    if (!g->slots || !g->levels) return false;
    for (uint32_t n = 0; n < r->nodes; n++)
        if (g->nodes[n].code == GRAPH_COORDINATE || r->role[n] & ROLE_OUTPUT)
            g->slots[n] = r->slot[n] + 1;
    memcpy(g->levels, r->level, r->nodes * sizeof *g->levels);
    g->rolled = r->nodes;
    for (uint32_t i = 0; i < g->pointer_count; i++) {
        struct graph_pointer *p = &g->pointers[i];
        p->level = r->level[p->node];
        p->read = r->owner[p->node] != NOBODY;
    }
    if (t->seat_count)
        qsort(t->seats, t->seat_count, sizeof *t->seats, by_pointer);
    return true;
}

/* Does what is kept stand on a pointer? */
static bool is_held(const struct roller *r)
{
    const struct graph *g = r->g;
    bool any = false;
    for (uint32_t i = 0; g->pointer_count && !any && i < g->kept_count; i++)
        any = g->nodes[g->kept[i]].code == GRAPH_POINTER;
    for (uint32_t i = 0; !any && i < g->pointer_count; i++)
        any = r->owner[g->pointers[i].node] != NOBODY;
    return any;
}

struct tape *roll_values(struct graph *g, uint32_t *slots)
{
    struct roller r = {0};
    struct tape *t = NULL;
    if (!g->broken && open_roller(&r, g, g->kept, g->kept_count)) {
        for (uint32_t i = 0; i < g->kept_count; i++)
            need_target(&r, g->kept[i]);
        t = make_tape(&r);
    }
    for (uint32_t i = 0; t && i < g->kept_count; i++)
        slots[i] = r.slot[g->kept[i]];
    if (t) g->held = is_held(&r);
    close_roller(&r);
    return prepared(t);
}

struct tape *roll(struct graph *g)
{
    struct roller r = {0};
    struct tape *t = NULL;
    uint32_t *terms = NULL, count = 0;
    if (!g->broken && find_terms(g, &terms, &count) &&
        open_roller(&r, g, terms, count)) {
        for (uint32_t i = 0; i < count; i++) r.role[terms[i]] |= ROLE_TERM;
        for (uint32_t i = 0; i < g->guard_count; i++)
            r.role[g->guards[i]] |= ROLE_GUARD;
        t = make_tape(&r);
    }
    if (t && !tell_slots(&r, t)) {
        tape_free(t);
        t = NULL;
    }
    if (t) t->constant = g->constant;
    close_roller(&r);
    free(terms);
    return prepared(t);
}
