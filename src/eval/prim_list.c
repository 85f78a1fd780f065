/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives: making lists and taking them apart. They look at the outermost
 * value of a list and at counts; elements pass through untouched, references
 * among them. Where it makes sense they take arrays as well.
 */
#include "eval/index.h"
#include "eval/number.h"
#include "eval/operand.h"
#include "eval/row.h"
#include "eval/scratch.h"
#include "eval/sequence.h"

#include <stdio.h>

/* ---- making ----------------------------------------------------------- */

static bool make_pair(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return answer(m, cons(args[0], args[1]), out);
}

static bool list(struct machine *m, int n, const value *args, value *out)
{
    return answer(m, list_from(args, (size_t)n), out);
}

/* The last operand before which the others stand: cons*. */
static bool list_before(struct machine *m, int n, const value *args, value *out)
{
    return answer(m, list_onto(args, (size_t)n - 1, args[n - 1]), out);
}

static bool make_list(struct machine *m, int n, const value *args, value *out)
{
    struct scratch s;
    size_t count = 0;
    if (!operand_count(m, "make-list", args[0], &count)) return false;
    scratch_open(&s);
    if (!scratch_reserve(m, &s, count)) return scratch_fail(&s);
    while (s.length < count) s.at[s.length++] = n > 1 ? args[1] : v_int(0);
    return scratch_list(m, &s, out);
}

/* lo, lo + step, ...: products, not sums, so that errors do not grow. From
 * the end, in pieces that need no memory but the list's own. */
static bool progression(struct machine *m, size_t count, value lo, value step,
                        value *out)
{
    enum { PIECE = 252 };
    value piece[PIECE], list = V_NIL;
    bool small = is_int(lo) && is_int(step) && as_int(lo) < 1 << 30 &&
                 as_int(lo) > -(1 << 30) && as_int(step) < 1 << 16 &&
                 as_int(step) > -(1 << 16); /* count is below 2^30 */
    while (count) {
        size_t length = count < PIECE ? count : PIECE;
        count -= length;
        for (size_t i = 0; i < length; i++) {
            value x = V_NIL;
            if (small) {
                piece[i] =
                    v_int(as_int(lo) + (int64_t)(count + i) * as_int(step));
                continue;
            }
            if (!number_mul(m, v_int((int64_t)(count + i)), step, &x) ||
                !number_add(m, lo, x, &piece[i]))
                return false;
        }
        list = list_onto(piece, length, list);
        if (list == V_UNBOUND) return machine_no_memory(m);
    }
    *out = list;
    return true;
}

static bool iota(struct machine *m, int n, const value *args, value *out)
{
    size_t count = 0;
    double number;
    value lo = n > 1 ? args[1] : v_int(0), step = n > 2 ? args[2] : v_int(1);
    return operand_count(m, "iota", args[0], &count) &&
           operand_number(m, "iota", lo, &number) &&
           operand_number(m, "iota", step, &number) &&
           progression(m, count, lo, step, out);
}

static bool range(struct machine *m, int n, const value *args, value *out)
{
    double from, to, by;
    size_t count = 0;
    value lo = n > 1 ? args[0] : v_int(0), hi = n > 1 ? args[1] : args[0];
    value step = n > 2 ? args[2] : v_int(1);
    return operand_number(m, "range", lo, &from) &&
           operand_number(m, "range", hi, &to) &&
           operand_number(m, "range", step, &by) &&
           range_count(m, "range", from, to, by, &count) &&
           progression(m, count, lo, step, out);
}

/* ---- pairs ------------------------------------------------------------ */

static bool head_of(struct machine *m, const char *who, value v, value *out)
{
    if (is_pair(v)) {
        *out = car(v);
        return true;
    }
    if (is_vector(v) && as_vector(v)->rows)
        return index_into(m, v, v_int(0), out);
    return machine_type_error(m, who, "a non-empty list", v);
}

static bool tail_of(struct machine *m, const char *who, value v, value *out)
{
    if (is_pair(v)) {
        *out = cdr(v);
        return true;
    }
    if (is_vector(v) && as_vector(v)->rows)
        return sequence_drop(m, who, v, 1, out);
    return machine_type_error(m, who, "a non-empty list", v);
}

/* A path of heads and tails, the innermost step last: "ad" is cadr. */
static bool walk(struct machine *m, const char *who, const char *path, value v,
                 value *out)
{
    for (size_t i = strlen(path); i-- > 0;) {
        bool done =
            path[i] == 'a' ? head_of(m, who, v, &v) : tail_of(m, who, v, &v);
        if (!done) return false;
    }
    *out = v;
    return true;
}

#define PATH(primitive_, name_, path_)                                  \
    static bool primitive_(struct machine *m, int n, const value *args, \
                           value *out)                                  \
    {                                                                   \
        (void)n;                                                        \
        return walk(m, name_, path_, args[0], out);                     \
    }
PATH(car_, "car", "a")
PATH(cdr_, "cdr", "d")
PATH(first, "first", "a")
PATH(rest, "rest", "d")
PATH(caar, "caar", "aa")
PATH(cdar, "cdar", "da")
PATH(cadr, "cadr", "ad")
PATH(cddr, "cddr", "dd")
PATH(caddr, "caddr", "add")
PATH(cdddr, "cdddr", "ddd")
PATH(cadddr, "cadddr", "addd")
#undef PATH

/* ---- elements --------------------------------------------------------- */

static bool nth(struct machine *m, const char *who, int64_t k, value v,
                value *out)
{
    char expected[48];
    value at = v;
    if (is_vector(v)) return index_into(m, v, v_int(k), out);
    for (int64_t i = 0; i < k && is_pair(at); i++) at = cdr(at);
    if (is_pair(at)) {
        *out = car(at);
        return true;
    }
    if (!is_list(v)) return machine_type_error(m, who, "a list", v);
    snprintf(expected, sizeof expected, "a list of at least %d elements",
             (int)k + 1);
    return operand_error(m, "%s: expected %s, got one of %u", who, expected,
                         list_length(v));
}

#define ELEMENT(primitive_, name_, index_)                              \
    static bool primitive_(struct machine *m, int n, const value *args, \
                           value *out)                                  \
    {                                                                   \
        (void)n;                                                        \
        return nth(m, name_, index_, args[0], out);                     \
    }
ELEMENT(second, "second", 1)
ELEMENT(third, "third", 2)
ELEMENT(fourth, "fourth", 3)
ELEMENT(fifth, "fifth", 4)
ELEMENT(sixth, "sixth", 5)
ELEMENT(seventh, "seventh", 6)
#undef ELEMENT

/* PRIMITIVE_INDEX says so. */
static bool list_ref(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return index_into(m, args[0], args[1], out);
}

static bool list_elt(struct machine *m, int n, const value *args, value *out)
{
    int64_t i;
    (void)n;
    if (!operand_integer(m, "list-elt", args[1], &i)) return false;
    if (i < 1)
        return machine_domain_error(
            m, "list-elt: index %lld is out of range: it counts from 1",
            (long long)i);
    return index_into(m, args[0], v_int(i - 1), out);
}

static bool last(struct machine *m, int n, const value *args, value *out)
{
    value v = args[0];
    (void)n;
    if (is_vector(v) && as_vector(v)->rows)
        return index_into(m, v, v_int(as_vector(v)->rows - 1), out);
    if (!is_pair(v))
        return machine_type_error(m, "last", "a non-empty list", v);
    while (is_pair(cdr(v))) v = cdr(v);
    *out = car(v);
    return true;
}

/* ---- parts ------------------------------------------------------------ */

static bool length_of(struct machine *m, const char *who, value v, size_t *out)
{
    if (is_vector(v))
        *out = as_vector(v)->rows;
    else if (is_list(v))
        *out = list_length(v);
    else
        return machine_type_error(m, who, "a list or an array", v);
    return true;
}

static bool length(struct machine *m, int n, const value *args, value *out)
{
    size_t count = 0;
    (void)n;
    if (!length_of(m, "length", args[0], &count)) return false;
    *out = v_int((int64_t)count);
    return true;
}

static bool but_last(struct machine *m, int n, const value *args, value *out)
{
    size_t count = 0;
    (void)n;
    if (!length_of(m, "butlast", args[0], &count)) return false;
    if (count == 0)
        return machine_type_error(m, "butlast", "a non-empty list", args[0]);
    return sequence_take(m, "butlast", args[0], count - 1, out);
}

static bool take(struct machine *m, int n, const value *args, value *out)
{
    size_t count = 0;
    (void)n;
    return operand_count(m, "take", args[1], &count) &&
           sequence_take(m, "take", args[0], count, out);
}

static bool drop(struct machine *m, int n, const value *args, value *out)
{
    size_t count = 0;
    (void)n;
    return operand_count(m, "drop", args[1], &count) &&
           sequence_drop(m, "drop", args[0], count, out);
}

/* Scheme's spellings: unlike take and drop they insist on the count. */
static bool has_as_many(struct machine *m, const char *who, value v,
                        size_t wanted)
{
    size_t count = 0;
    if (!length_of(m, who, v, &count)) return false;
    return wanted <= count ||
           machine_domain_error(m,
                                "%s: %zu is out of range: there are %zu "
                                "elements",
                                who, wanted, count);
}

static bool list_head(struct machine *m, int n, const value *args, value *out)
{
    size_t count = 0;
    (void)n;
    return operand_count(m, "list-head", args[1], &count) &&
           has_as_many(m, "list-head", args[0], count) &&
           sequence_take(m, "list-head", args[0], count, out);
}

static bool list_tail(struct machine *m, int n, const value *args, value *out)
{
    size_t count = 0;
    (void)n;
    return operand_count(m, "list-tail", args[1], &count) &&
           has_as_many(m, "list-tail", args[0], count) &&
           sequence_drop(m, "list-tail", args[0], count, out);
}

static bool sublist(struct machine *m, int n, const value *args, value *out)
{
    size_t start = 0, end = 0;
    value behind = V_NIL;
    (void)n;
    if (!operand_count(m, "sublist", args[1], &start) ||
        !operand_count(m, "sublist", args[2], &end) ||
        !has_as_many(m, "sublist", args[0], end))
        return false;
    if (start > end)
        return machine_domain_error(
            m, "sublist: the start, %zu, is behind the end, %zu", start, end);
    return sequence_drop(m, "sublist", args[0], start, &behind) &&
           sequence_take(m, "sublist", behind, end - start, out);
}

/* ---- whole lists ------------------------------------------------------ */

static bool append_lists(struct machine *m, int n, const value *args,
                         value *out)
{
    struct scratch s;
    scratch_open(&s);
    for (int i = 0; i < n; i++) {
        if (!operand_list(m, "append", args[i])) return scratch_fail(&s);
        if (i < n - 1 && !scratch_push_list(m, &s, args[i]))
            return scratch_fail(&s);
    }
    return scratch_onto(m, &s, args[n - 1], out);
}

static bool append(struct machine *m, int n, const value *args, value *out)
{
    if (n && is_vector(args[0])) return array_append(m, "append", n, args, out);
    if (n) return append_lists(m, n, args, out);
    *out = V_NIL;
    return true;
}

static bool reverse_array(struct machine *m, const struct vector *v, value *out)
{
    size_t width = v->columns ? v->columns : 1;
    value made = vector_make(v->rows, v->columns);
    if (made == V_UNBOUND) return machine_no_memory(m);
    double *to = as_vector(made)->at;
    for (size_t i = 0; i < v->rows; i++)
        memcpy(to + i * width, v->at + (v->rows - 1 - i) * width,
               width * sizeof *to);
    *out = made;
    return true;
}

static bool reverse(struct machine *m, int n, const value *args, value *out)
{
    struct scratch s;
    value v = args[0];
    (void)n;
    if (is_vector(v)) return reverse_array(m, as_vector(v), out);
    if (!operand_list(m, "reverse", v)) return false;
    scratch_open(&s);
    size_t count = list_length(v);
    if (!scratch_reserve(m, &s, count)) return scratch_fail(&s);
    for (s.length = count; v != V_NIL; v = cdr(v)) s.at[--count] = car(v);
    return scratch_list(m, &s, out);
}

/* Depth first with a stack of rests: depth is no danger. */
static bool flatten(struct machine *m, int n, const value *args, value *out)
{
    struct scratch stack, leaves;
    bool done = operand_list(m, "flatten", args[0]);
    (void)n;
    scratch_open(&stack);
    scratch_open(&leaves);
    done = done && scratch_push(m, &stack, args[0]);
    while (done && stack.length) {
        value at = stack.at[--stack.length];
        if (at == V_NIL) continue;
        if (is_pair(at))
            done = scratch_push(m, &stack, cdr(at)) &&
                   scratch_push(m, &stack, car(at));
        else
            done = scratch_push(m, &leaves, at);
    }
    scratch_close(&stack);
    return done ? scratch_list(m, &leaves, out) : scratch_fail(&leaves);
}

static bool zip(struct machine *m, int n, const value *args, value *out)
{
    return lists_zip(m, "zip", (size_t)n, args, out);
}

static bool unzip(struct machine *m, int n, const value *args, value *out)
{
    struct scratch s;
    (void)n;
    if (!operand_list(m, "unzip", args[0])) return false;
    scratch_open(&s);
    bool done = scratch_push_list(m, &s, args[0]) &&
                lists_zip(m, "unzip", s.length, s.at, out);
    scratch_close(&s);
    return done;
}

/* ---- tests ------------------------------------------------------------ */

static bool test_null(struct machine *m, int n, const value *args, value *out)
{
    (void)m, (void)n;
    *out = v_boolean(args[0] == V_NIL ||
                     (is_vector(args[0]) && !as_vector(args[0])->head.size));
    return true;
}

static bool test_pair(struct machine *m, int n, const value *args, value *out)
{
    (void)m, (void)n;
    *out = v_boolean(is_pair(args[0]));
    return true;
}

static bool test_list(struct machine *m, int n, const value *args, value *out)
{
    (void)m, (void)n;
    *out = v_boolean(is_list(args[0]));
    return true;
}

/* ---- the table -------------------------------------------------------- */

enum { ONE = 1, TWO = 3, THREE = 7 };

#define ACCESS(names_, function_, signature_, doc_) \
    ROW(OUTER_CHEAP(ONE), "lists", names_, function_, 1, 1, signature_, doc_)

struct primitive primitives_list[] = {
    ROW(OUTER_CHEAP(2), "lists", "pair cons", make_pair, 2, 2,
        "(pair first rest)",
        "A pair; before a list, the list with one more element."),
    ROW(NONE, "lists", "list", list, 0, -1, "(list x ...)",
        "A list of the operands."),
    ROW(OUTER(EVERY), "lists", "cons* list*", list_before, 1, -1,
        "(cons* x ... rest)", "The operands before the list `rest`."),
    ROW(OUTER(ONE), "lists", "make-list", make_list, 1, 2, "(make-list n [x])",
        "A list of n times x (of 0 without x)."),
    ROW(DEEP, "lists", "iota", iota, 1, 3, "(iota n [start] [step])",
        "n numbers from start (0) on, step (1) apart."),
    ROW(DEEP, "lists", "range", range, 1, 3, "(range [lo] hi [step])",
        "The numbers from lo (0) up to hi, which is not among them."),
    ACCESS("car", car_, "(car list)", "The first element."),
    ACCESS("first", first, "(first list)", "The first element."),
    ACCESS("cdr", cdr_, "(cdr list)", "All but the first element."),
    ACCESS("rest", rest, "(rest list)", "All but the first element."),
    ACCESS("cadr", cadr, "(cadr list)", "The second element."),
    ACCESS("cddr", cddr, "(cddr list)", "All but the first two elements."),
    ACCESS("caddr", caddr, "(caddr list)", "The third element."),
    ACCESS("cdddr", cdddr, "(cdddr list)", "All but the first three elements."),
    ACCESS("cadddr", cadddr, "(cadddr list)", "The fourth element."),
    ROW(DEEP_CHEAP, "lists", "caar", caar, 1, 1, "(caar list)",
        "The first element of the first element."),
    ROW(DEEP_CHEAP, "lists", "cdar", cdar, 1, 1, "(cdar list)",
        "All but the first element of the first element."),
    ACCESS("second", second, "(second list)", "The element after the first."),
    ACCESS("third", third, "(third list)", "The third element."),
    ACCESS("fourth", fourth, "(fourth list)", "The fourth element."),
    ACCESS("fifth", fifth, "(fifth list)", "The fifth element."),
    ACCESS("sixth", sixth, "(sixth list)", "The sixth element."),
    ACCESS("seventh", seventh, "(seventh list)", "The seventh element."),
    ROW(OUTER_CHEAP(ONE), "lists", "last", last, 1, 1, "(last list)",
        "The last element."),
    ROW(OUTER_INDEX, "lists", "list-ref", list_ref, 2, 2, "(list-ref list i)",
        "The element at index i, from 0; the same as (list i)."),
    ROW(OUTER_CHEAP(TWO), "lists", "list-elt", list_elt, 2, 2,
        "(list-elt list i)", "The i-th element, from 1."),
    ROW(OUTER_CHEAP(ONE), "lists", "length", length, 1, 1, "(length list)",
        "The number of elements; of a matrix, of rows."),
    ROW(OUTER(ONE), "lists", "butlast initial but-last", but_last, 1, 1,
        "(butlast list)", "All but the last element."),
    ROW(OUTER(TWO), "lists", "take", take, 2, 2, "(take list n)",
        "The first n elements, or all where there are fewer."),
    ROW(OUTER(TWO), "lists", "drop", drop, 2, 2, "(drop list n)",
        "All but the first n elements."),
    ROW(OUTER(TWO), "lists", "list-head", list_head, 2, 2, "(list-head list n)",
        "The first n elements; an error where there are fewer."),
    ROW(OUTER(TWO), "lists", "list-tail", list_tail, 2, 2, "(list-tail list n)",
        "All but the first n elements; an error where there are fewer."),
    ROW(OUTER(THREE), "lists", "sublist", sublist, 3, 3,
        "(sublist list start end)",
        "The elements from index start up to end, which is not among them."),
    ROW(OUTER(EVERY), "lists", "append", append, 0, -1, "(append list ...)",
        "One list, or one array, of the elements of all."),
    ROW(OUTER(ONE), "lists", "reverse", reverse, 1, 1, "(reverse list)",
        "The elements from the last to the first."),
    ROW(DEEP, "lists", "flatten", flatten, 1, 1, "(flatten list)",
        "The elements, and those of lists among them, in one list."),
    ROW(OUTER(EVERY), "lists", "zip zipT", zip, 0, -1, "(zip list ...)",
        "Lists of the first elements, of the second ones, and so on, to the "
        "end of the shortest."),
    ROW(DEEP, "lists", "unzip", unzip, 1, 1, "(unzip lists)",
        "What zip makes of the lists in one list: rows to columns."),
    ROW(OUTER_CHEAP(ONE), "lists", "null? empty?", test_null, 1, 1, "(null? x)",
        "Is x the empty list, or an empty array?"),
    ROW(OUTER_CHEAP(ONE), "lists", "pair?", test_pair, 1, 1, "(pair? x)",
        "Is x a pair (a list that is not empty)?"),
    ROW(OUTER_CHEAP(ONE), "lists", "list?", test_list, 1, 1, "(list? x)",
        "Is x a list that ends in ()?"),
};
const size_t primitives_list_count =
    sizeof primitives_list / sizeof *primitives_list;
