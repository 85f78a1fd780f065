/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The procedures that call procedures on lists: map, fold, filter, sort and
 * their kin. Each is a step function (eval/code.h): what it gathers lies in
 * its frame, so a list a million long costs no C stack, and the i-th call has
 * the location of the i-th element.
 *
 * Lists and dense arrays are both taken; elements may be references, and
 * flow through untouched.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "eval/code.h"
#include "eval/number.h"
#include "eval/operand.h"
#include "eval/sequence.h"

static const char *own_name(value *at)
{
    static char name[32];
    const char *names = ((struct native *)as_object(at[-1]))->names;
    size_t n = strcspn(names, " ");
    if (n >= sizeof name) n = sizeof name - 1;
    memcpy(name, names, n);
    name[n] = 0;
    return name;
}

/* An operand as a plain list: forced to its outermost value, an array as a
 * list of its numbers, or of its rows. */
static bool take_list(struct machine *m, value *at, uint32_t which)
{
    if (!machine_force(m, at[which], false, &at[which])) return false;
    value v = at[which];
    if (is_vector(v)) return sequence_list(m, own_name(at), v, &at[which]);
    return is_list(v) || machine_type_error(m, own_name(at), "a list", v);
}

static bool take_lists(struct machine *m, struct frame *f, value *at,
                       uint32_t from)
{
    for (uint32_t i = from; i < f->arguments; i++)
        if (!take_list(m, at, i)) return false;
    return true;
}

/* The first elements of the lists at[from] ..., which move on; false when
 * one of them is at its end. Many lists: the operands are on the stack. */
static bool next_elements(struct frame *f, value *at, uint32_t from,
                          value *operands)
{
    for (uint32_t i = from; i < f->arguments; i++)
        if (at[i] == V_NIL) return false;
    for (uint32_t i = from; i < f->arguments; i++) {
        operands[i - from] = car(at[i]);
        at[i] = cdr(at[i]);
    }
    return true;
}

/* Gathered answers as a list: the end of a map. */
static enum step return_list(struct machine *m, struct frame *f, value *at,
                             uint32_t from)
{
    value list = list_from(at + from, f->slots - from);
    if (list == V_UNBOUND) {
        machine_no_memory(m);
        return STEP_ERROR;
    }
    return native_return(f, at, list);
}

enum { LISTS_MAX = 32 };

static bool few_lists(struct machine *m, struct frame *f, value *at)
{
    if (f->arguments <= LISTS_MAX) return true;
    return error_set(&m->error, ERROR_ARITY, "%s: at most %d lists",
                     own_name(at), LISTS_MAX - 2);
}

/* A primitive makes no choice and calls nothing: it needs no frame. */
static const struct primitive *primitive_for(value procedure, uint32_t n)
{
    if (!is_type(procedure, T_PRIMITIVE)) return NULL;
    const struct primitive *p = as_object(procedure);
    return (int)n >= p->min && (p->max < 0 || (int)n <= p->max) ? p : NULL;
}

/* What a loop of C owes for one turn. */
static inline bool take_turn(struct machine *m)
{
    return --m->fuel >= 0 || machine_poll(m);
}

static enum step map(struct machine *m, struct frame *f, value *at)
{
    value operands[LISTS_MAX];
    if (f->phase == 0) {
        if (!few_lists(m, f, at) || !take_lists(m, f, at, 1)) return STEP_ERROR;
    } else {
        f->slots++;
    }
    if (!next_elements(f, at, 1, operands))
        return return_list(m, f, at, f->arguments);
    return native_call(m, f, at[0], (int)f->arguments - 1, operands);
}

static enum step for_each(struct machine *m, struct frame *f, value *at)
{
    value operands[LISTS_MAX];
    if (f->phase == 0 && (!few_lists(m, f, at) || !take_lists(m, f, at, 1)))
        return STEP_ERROR;
    if (!next_elements(f, at, 1, operands))
        return native_return(f, at, V_NOTHING);
    return native_call(m, f, at[0], (int)f->arguments - 1, operands);
}

/* fold of a primitive over one list. */
static enum step fold_primitive(struct machine *m, struct frame *f, value *at,
                                const struct primitive *p)
{
    for (; at[2] != V_NIL; at[2] = cdr(at[2])) {
        value operands[2] = {car(at[2]), at[1]};
        if (!take_turn(m) || !primitive_apply(m, p, 2, operands, &at[1]))
            return STEP_ERROR;
    }
    return native_return(f, at, at[1]);
}

/* (fold f init list ...): f takes the elements, then what was carried. */
static enum step fold(struct machine *m, struct frame *f, value *at)
{
    value operands[LISTS_MAX];
    uint32_t lists = f->arguments - 2;
    if (f->phase == 0) {
        if (!few_lists(m, f, at) || !take_lists(m, f, at, 2)) return STEP_ERROR;
        const struct primitive *p = primitive_for(at[0], lists + 1);
        if (p && lists == 1) return fold_primitive(m, f, at, p);
    } else {
        at[1] = at[f->slots];
    }
    if (!next_elements(f, at, 2, operands)) return native_return(f, at, at[1]);
    operands[lists] = at[1];
    return native_call(m, f, at[0], (int)lists + 1, operands);
}

/* (foldl f init list): f takes what was carried, then the element. */
static enum step foldl(struct machine *m, struct frame *f, value *at)
{
    if (f->phase == 0) {
        if (!take_list(m, at, 2)) return STEP_ERROR;
    } else {
        at[1] = at[f->slots];
    }
    if (at[2] == V_NIL) return native_return(f, at, at[1]);
    value operands[2] = {at[1], car(at[2])};
    at[2] = cdr(at[2]);
    return native_call(m, f, at[0], 2, operands);
}

/* (foldr f init list): from the last element; f takes the element, then what
 * was carried. The elements lie in the slots, and are taken from the end. */
static enum step foldr(struct machine *m, struct frame *f, value *at)
{
    if (f->phase == 0) {
        if (!take_list(m, at, 2)) return STEP_ERROR;
        if (at + 5 + list_length(at[2]) >= m->stack_limit) {
            error_set(&m->error, ERROR_LIMIT, "foldr: the list is too long");
            return STEP_ERROR;
        }
        for (value l = at[2]; l != V_NIL; l = cdr(l)) at[f->slots++] = car(l);
    } else {
        at[1] = at[f->slots];
    }
    if (f->slots == 3) return native_return(f, at, at[1]);
    value operands[2] = {at[--f->slots], at[1]};
    return native_call(m, f, at[0], 2, operands);
}

/* at: test, list, the element that is being tested, those kept. */
static enum step filter(struct machine *m, struct frame *f, value *at)
{
    if (f->phase == 0) {
        if (!take_list(m, at, 1)) return STEP_ERROR;
        at[f->slots++] = V_NOTHING;
    } else {
        value kept;
        if (!machine_force(m, at[f->slots], false, &kept)) return STEP_ERROR;
        if (is_true(kept)) at[f->slots++] = at[2];
    }
    if (at[1] == V_NIL) return return_list(m, f, at, 3);
    at[2] = car(at[1]);
    at[1] = cdr(at[1]);
    return native_call(m, f, at[0], 1, &at[2]);
}

/* The number of turns of repeat and build-list. */
static bool take_count(struct machine *m, value *at)
{
    int64_t n;
    if (!machine_force(m, at[0], true, &at[0])) return false;
    if (!value_integer(at[0], &n) || n < 0)
        return machine_type_error(m, own_name(at),
                                  "a number of times, 0 or more", at[0]);
    at[0] = v_int(n);
    return true;
}

static enum step repeat(struct machine *m, struct frame *f, value *at)
{
    if (f->phase == 0) {
        if (!take_count(m, at)) return STEP_ERROR;
    } else {
        f->slots++;
    }
    if ((int64_t)f->phase >= as_int(at[0])) return return_list(m, f, at, 2);
    return native_call(m, f, at[1], 0, NULL);
}

static enum step build_list(struct machine *m, struct frame *f, value *at)
{
    if (f->phase == 0) {
        if (!take_count(m, at)) return STEP_ERROR;
    } else {
        f->slots++;
    }
    if ((int64_t)f->phase >= as_int(at[0])) return return_list(m, f, at, 2);
    value i = v_int(f->phase);
    return native_call(m, f, at[1], 1, &i);
}

/* (find test list), (any test list ...), (all test list ...): stop at the
 * first answer that decides. */
/* (any list), (all list): of booleans, as they stand. Elements are forced
 * one by one until one decides. */
static enum step of_booleans(struct machine *m, struct frame *f, value *at,
                             bool decides)
{
    if (!take_list(m, at, 0)) return STEP_ERROR;
    for (value l = at[0], v; l != V_NIL; l = cdr(l)) {
        if (!machine_force(m, car(l), false, &v)) return STEP_ERROR;
        if (is_true(v) == decides)
            return native_return(f, at, decides ? v : V_FALSE);
    }
    return native_return(f, at, v_boolean(!decides));
}

static enum step any(struct machine *m, struct frame *f, value *at)
{
    value operands[LISTS_MAX];
    if (f->arguments == 1) return of_booleans(m, f, at, true);
    if (f->phase == 0) {
        if (!few_lists(m, f, at) || !take_lists(m, f, at, 1)) return STEP_ERROR;
    } else {
        value v;
        if (!machine_force(m, at[f->slots], false, &v)) return STEP_ERROR;
        if (is_true(v)) return native_return(f, at, v);
    }
    if (!next_elements(f, at, 1, operands))
        return native_return(f, at, V_FALSE);
    return native_call(m, f, at[0], (int)f->arguments - 1, operands);
}

static enum step all(struct machine *m, struct frame *f, value *at)
{
    value operands[LISTS_MAX];
    if (f->arguments == 1) return of_booleans(m, f, at, false);
    if (f->phase == 0) {
        if (!few_lists(m, f, at) || !take_lists(m, f, at, 1)) return STEP_ERROR;
    } else {
        value v;
        if (!machine_force(m, at[f->slots], false, &v)) return STEP_ERROR;
        if (!is_true(v)) return native_return(f, at, V_FALSE);
    }
    if (!next_elements(f, at, 1, operands)) return native_return(f, at, V_TRUE);
    return native_call(m, f, at[0], (int)f->arguments - 1, operands);
}

static enum step find(struct machine *m, struct frame *f, value *at)
{
    if (f->phase == 0) {
        if (!take_list(m, at, 1)) return STEP_ERROR;
        at[f->slots++] = V_NOTHING;
    } else {
        value v;
        if (!machine_force(m, at[f->slots], false, &v)) return STEP_ERROR;
        if (is_true(v)) return native_return(f, at, at[2]);
    }
    if (at[1] == V_NIL) return native_return(f, at, V_FALSE);
    at[2] = car(at[1]);
    at[1] = cdr(at[1]);
    return native_call(m, f, at[0], 1, &at[2]);
}

/* ---- sorting -------------------------------------------------------------- *
 * Merge sort from the bottom up, stable: n log n calls of the comparison.
 * at: list, before?, state (six integers), then n elements and n places. */
enum { WIDTH = 2, LOW, LEFT, RIGHT, PLACE, FROM, ELEMENTS };

static int64_t get(const value *at, int which) { return as_int(at[which]); }
static void put(value *at, int which, int64_t i) { at[which] = v_int(i); }
static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Takes elements of the run that is left over, passes to the next pair of
 * runs, and to the next width; true when two elements are to be compared. */
static bool merge_on(value *at, int64_t n)
{
    for (;;) {
        int64_t width = get(at, WIDTH), low = get(at, LOW);
        int64_t middle = least(low + width, n);
        int64_t high = least(low + 2 * width, n);
        value *from = at + ELEMENTS + get(at, FROM) * n;
        value *to = at + ELEMENTS + (1 - get(at, FROM)) * n;
        int64_t left = get(at, LEFT), right = get(at, RIGHT);
        int64_t place = get(at, PLACE);
        if (width >= n) return false;
        if (left < middle && right < high) return true;
        while (left < middle) to[place++] = from[left++];
        while (right < high) to[place++] = from[right++];
        low = high;
        if (low >= n) {
            put(at, FROM, 1 - get(at, FROM));
            width *= 2;
            low = 0;
        }
        put(at, WIDTH, width);
        put(at, LOW, low);
        put(at, LEFT, low);
        put(at, RIGHT, least(low + width, n));
        put(at, PLACE, low);
    }
}

static enum step sort_by(struct machine *m, struct frame *f, value *at)
{
    int64_t n = list_length(at[0]);
    if (f->phase == 0) {
        if (at + ELEMENTS + 2 * n + 8 >= m->stack_limit) {
            error_set(&m->error, ERROR_LIMIT, "sort: the list is too long");
            return STEP_ERROR;
        }
        int64_t i = ELEMENTS;
        for (value l = at[0]; l != V_NIL; l = cdr(l)) at[i++] = car(l);
        for (; i < ELEMENTS + 2 * n; i++) at[i] = V_NIL;
        put(at, WIDTH, 1);
        for (int w = LOW; w <= FROM; w++) put(at, w, 0);
        put(at, RIGHT, least(1, n));
        f->slots = (uint32_t)(ELEMENTS + 2 * n);
    } else {
        /* Was the right element before the left one? Else the left: stable. */
        value before;
        if (!machine_force(m, at[f->slots], false, &before)) return STEP_ERROR;
        int side = is_true(before) ? RIGHT : LEFT;
        value *from = at + ELEMENTS + get(at, FROM) * n;
        value *to = at + ELEMENTS + (1 - get(at, FROM)) * n;
        to[get(at, PLACE)] = from[get(at, side)];
        put(at, PLACE, get(at, PLACE) + 1);
        put(at, side, get(at, side) + 1);
    }
    if (!merge_on(at, n)) {
        value list = list_from(at + ELEMENTS + get(at, FROM) * n, (size_t)n);
        if (list == V_UNBOUND) {
            machine_no_memory(m);
            return STEP_ERROR;
        }
        return native_return(f, at, list);
    }
    value *from = at + ELEMENTS + get(at, FROM) * n;
    value operands[2] = {from[get(at, RIGHT)], from[get(at, LEFT)]};
    return native_call(m, f, at[1], 2, operands);
}

/* (sort list [before?]): numbers by <, without a second operand. */
static enum step sort(struct machine *m, struct frame *f, value *at)
{
    if (f->phase == 0) {
        if (!take_list(m, at, 0)) return STEP_ERROR;
        if (f->arguments == 1) {
            at[f->slots++] = v_object(m->operators[4]);
        }
        if (!machine_force(m, at[1], false, &at[1])) return STEP_ERROR;
    }
    return sort_by(m, f, at);
}

/* (apply f a ... list) */
static enum step apply(struct machine *m, struct frame *f, value *at)
{
    uint32_t last = f->arguments - 1;
    if (!take_list(m, at, last)) return STEP_ERROR;
    value list = at[last];
    uint32_t n = last - 1 + list_length(list);
    if (n > OPERANDS_MAX) {
        error_set(&m->error, ERROR_LIMIT,
                  "apply: too many operands: %u, at "
                  "most %d",
                  n, OPERANDS_MAX);
        return STEP_ERROR;
    }
    value procedure = at[0];
    value *operands = memory_new((n + 1) * sizeof *operands);
    if (!operands) {
        machine_no_memory(m);
        return STEP_ERROR;
    }
    for (uint32_t i = 1; i < last; i++) operands[i - 1] = at[i];
    for (uint32_t i = last - 1; list != V_NIL; list = cdr(list))
        operands[i++] = car(list);
    f->slots = 0;
    enum step step = native_tail(m, f, procedure, (int)n, operands);
    memory_free(operands);
    return step;
}

#define NATIVE(names_, step_, min_, max_, signature_, doc_)                  \
    {                                                                        \
        .names = names_, .step = step_, .min = min_, .max = max_,            \
        .topic = "procedures on lists", .signature = signature_, .doc = doc_ \
    }

struct native natives_loop[] = {
    NATIVE("map", map, 2, -1, "(map f list ...)",
           "the list of what f gives for each element"),
    NATIVE("for-each", for_each, 2, -1, "(for-each f list ...)",
           "calls f for each element, in order"),
    NATIVE("fold reduce", fold, 3, -1, "(fold f init list ...)",
           "carries init through the elements: (f element carried)"),
    NATIVE("foldl fold-left", foldl, 3, 3, "(foldl f init list)",
           "carries init from the first element on: (f carried element)"),
    NATIVE("foldr fold-right", foldr, 3, 3, "(foldr f init list)",
           "carries init from the last element back: (f element carried)"),
    NATIVE("filter", filter, 2, 2, "(filter test list)",
           "the elements for which test is true"),
    NATIVE("repeat", repeat, 2, 2, "(repeat n f)",
           "the list of n calls of f without operands"),
    NATIVE("build-list make-initialized-list", build_list, 2, 2,
           "(build-list n f)", "the list of (f 0) ... (f (- n 1))"),
    NATIVE("any some", any, 1, -1, "(any [test] list ...)",
           "the first true answer of test, else false"),
    NATIVE("all every", all, 1, -1, "(all [test] list ...)",
           "true when test is true of every element"),
    NATIVE("find", find, 2, 2, "(find test list)",
           "the first element for which test is true, else false"),
    NATIVE("sort", sort, 1, 2, "(sort list [before?])",
           "sorted, stable; numbers upward when there is no before?"),
    NATIVE("apply", apply, 2, -1, "(apply f a ... list)",
           "calls f on the operands and the elements of the list"),
};
const size_t natives_loop_count = sizeof natives_loop / sizeof *natives_loop;
