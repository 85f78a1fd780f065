/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives: finding elements, and lists as sets. All compare by equal?, so
 * they look at elements to the bottom. Sets keep the order of first
 * occurrence and are found by hash, so they take linear time.
 */
#include "base/hash.h"
#include "base/memory.h"
#include "eval/operand.h"
#include "eval/prim_tables.h"
#include "eval/row.h"
#include "eval/scratch.h"

/* ---- finding ---------------------------------------------------------- */

static bool member(struct machine *m, int n, const value *args, value *out)
{
    value list = args[1];
    (void)n;
    if (!operand_list(m, "member", list)) return false;
    while (list != V_NIL && !value_equal(args[0], car(list))) list = cdr(list);
    *out = list == V_NIL ? V_FALSE : list;
    return true;
}

static bool assoc(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    value at = args[1];
    if (!operand_list(m, "assoc", at)) return false;
    for (; at != V_NIL; at = cdr(at)) {
        if (!is_pair(car(at)))
            return machine_type_error(m, "assoc", "a list of pairs", car(at));
        if (value_equal(args[0], car(car(at)))) break;
    }
    *out = at == V_NIL ? V_FALSE : car(at);
    return true;
}

static bool position(struct machine *m, int n, const value *args, value *out)
{
    int64_t i = 0;
    (void)n;
    if (!operand_list(m, "position", args[0])) return false;
    value at = args[0];
    for (; at != V_NIL && !value_equal(args[1], car(at)); at = cdr(at)) i++;
    *out = v_int(at == V_NIL ? -1 : i);
    return true;
}

static bool occurrences(struct machine *m, int n, const value *args, value *out)
{
    int64_t count = 0;
    (void)n;
    if (!operand_list(m, "occurrences", args[1])) return false;
    for (value at = args[1]; at != V_NIL; at = cdr(at))
        count += value_equal(args[0], car(at));
    *out = v_int(count);
    return true;
}

static bool delete (struct machine *m, int n, const value *args, value *out)
{
    struct scratch s;
    (void)n;
    if (!operand_list(m, "delete", args[1])) return false;
    scratch_open(&s);
    for (value at = args[1]; at != V_NIL; at = cdr(at))
        if (!value_equal(args[0], car(at)) && !scratch_push(m, &s, car(at)))
            return scratch_fail(&s);
    return scratch_list(m, &s, out);
}

/* ---- sets ------------------------------------------------------------- *
 * Open addressing over the hashes of values; never more than half full.
 * Procedures hash by address: the order of results does not depend on it. */

struct set {
    value *at; /* V_UNBOUND: free */
    size_t mask;
};

static uint64_t by_address(const struct object *o)
{
    return hash_word(0, (uint64_t)(uintptr_t)o);
}

/* A set with room for `count` values. */
static bool set_open(struct machine *m, struct set *set, size_t count)
{
    size_t room = 16;
    while (room < 2 * count) room *= 2;
    set->at = memory_new(room * sizeof *set->at);
    if (!set->at) return machine_no_memory(m);
    set->mask = room - 1;
    for (size_t i = 0; i < room; i++) set->at[i] = V_UNBOUND;
    return true;
}

static value *set_place(const struct set *set, value v)
{
    size_t i = value_hash(v, by_address) & set->mask;
    while (set->at[i] != V_UNBOUND && !value_equal(set->at[i], v))
        i = (i + 1) & set->mask;
    return set->at + i;
}

static bool set_has(const struct set *set, value v)
{
    return *set_place(set, v) != V_UNBOUND;
}

/* True when the value is new. */
static bool set_add(struct set *set, value v)
{
    value *place = set_place(set, v);
    if (*place != V_UNBOUND) return false;
    *place = v;
    return true;
}

static bool set_open_lists(struct machine *m, const char *who, struct set *set,
                           int n, const value *lists)
{
    size_t count = 0;
    for (int i = 0; i < n; i++) {
        if (!operand_list(m, who, lists[i])) return false;
        count += list_length(lists[i]);
    }
    return set_open(m, set, count);
}

static void set_add_list(struct set *set, value list)
{
    for (; list != V_NIL; list = cdr(list)) set_add(set, car(list));
}

static bool union_of(struct machine *m, const char *who, int n,
                     const value *lists, value *out)
{
    struct set seen;
    struct scratch s;
    if (!set_open_lists(m, who, &seen, n, lists)) return false;
    bool done = true;
    scratch_open(&s);
    for (int i = 0; i < n && done; i++)
        for (value at = lists[i]; at != V_NIL && done; at = cdr(at))
            if (set_add(&seen, car(at))) done = scratch_push(m, &s, car(at));
    memory_free(seen.at);
    return done ? scratch_list(m, &s, out) : scratch_fail(&s);
}

static bool set_union(struct machine *m, int n, const value *args, value *out)
{
    return union_of(m, "union", n, args, out);
}

static bool unique(struct machine *m, int n, const value *args, value *out)
{
    return union_of(m, "unique", n, args, out);
}

/* The elements of the list, each once, that are in the other or not. */
static bool select_by(struct machine *m, const char *who, value list,
                      value other, bool wanted, value *out)
{
    const value lists[] = {list, other};
    struct set seen, others;
    struct scratch s;
    if (!set_open_lists(m, who, &others, 2, lists)) return false;
    if (!set_open_lists(m, who, &seen, 1, lists)) {
        memory_free(others.at);
        return false;
    }
    bool done = true;
    set_add_list(&others, other);
    scratch_open(&s);
    for (value at = list; at != V_NIL && done; at = cdr(at))
        if (set_has(&others, car(at)) == wanted && set_add(&seen, car(at)))
            done = scratch_push(m, &s, car(at));
    memory_free(seen.at);
    memory_free(others.at);
    return done ? scratch_list(m, &s, out) : scratch_fail(&s);
}

static bool select_by_all(struct machine *m, const char *who, bool wanted,
                          int n, const value *args, value *out)
{
    value left = args[0];
    if (n == 1) return union_of(m, who, n, args, out);
    for (int i = 1; i < n; i++)
        if (!select_by(m, who, left, args[i], wanted, &left)) return false;
    *out = left;
    return true;
}

static bool intersection(struct machine *m, int n, const value *args,
                         value *out)
{
    return select_by_all(m, "intersection", true, n, args, out);
}

static bool difference(struct machine *m, int n, const value *args, value *out)
{
    return select_by_all(m, "difference", false, n, args, out);
}

static bool is_subset(struct machine *m, int n, const value *args, value *out)
{
    struct set others;
    (void)n;
    if (!operand_list(m, "subset?", args[0]) ||
        !set_open_lists(m, "subset?", &others, 1, args + 1))
        return false;
    set_add_list(&others, args[1]);
    value at = args[0];
    while (at != V_NIL && set_has(&others, car(at))) at = cdr(at);
    memory_free(others.at);
    *out = v_boolean(at == V_NIL);
    return true;
}

/* ---- the table -------------------------------------------------------- */

struct primitive primitives_search[] = {
    ROW(FORCE, "lists", "member memq memv", member, 2, 2, "(member x list)",
        "The list from the first element equal to x on, or False."),
    ROW(FORCE, "lists", "assoc assq assv", assoc, 2, 2, "(assoc x pairs)",
        "The first of the pairs that begins with x, or False."),
    ROW(FORCE, "lists", "position list-index", position, 2, 2,
        "(position list x)", "The index of the first x, or -1."),
    ROW(FORCE, "lists", "occurrences", occurrences, 2, 2,
        "(occurrences x list)", "How many elements are equal to x."),
    ROW(FORCE, "lists", "delete", delete, 2, 2, "(delete x list)",
        "The elements that are not equal to x."),
    ROW(FORCE, "sets", "unique remove-duplicates delete-duplicates nub", unique,
        1, 1, "(unique list)",
        "Each element once, in the order of first occurrence."),
    ROW(FORCE, "sets", "union", set_union, 0, -1, "(union list ...)",
        "The elements of all, each once."),
    ROW(FORCE, "sets", "intersection", intersection, 1, -1,
        "(intersection list ...)",
        "The elements that stand in all, each once."),
    ROW(FORCE, "sets", "difference", difference, 1, -1,
        "(difference list other ...)",
        "The elements that stand in none of the others, each once."),
    ROW(FORCE, "sets", "subset?", is_subset, 2, 2, "(subset? list other)",
        "Does each element stand in the other list?"),
};
const size_t primitives_search_count =
    sizeof primitives_search / sizeof *primitives_search;
