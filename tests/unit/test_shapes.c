/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Shapes of values: which arguments decide them, that stamps tell shapes
 * apart and nothing else, and that supports of counts are listed whole.
 */
#include "families.h"
#include "trace/application.h"
#include "xrp/form.h"

static value procedure_of(const char *name)
{
    const struct xrp_family *f = xrp_find(name);
    assert_non_null(f);
    struct xrp *x = memory_new(sizeof *x);
    x->base.head.type = T_XRP;
    x->base.name = f->names;
    x->family = f;
    return v_object(x);
}

static value ones(int n)
{
    value list = V_NIL;
    while (n-- > 0) list = cons(v_int(1), list);
    return list;
}

static value matrix(size_t rows, size_t columns)
{
    value v = vector_make(rows, columns);
    for (size_t i = 0; i < rows * columns; i++) as_vector(v)->at[i] = 1.0;
    return v;
}

static void check_kinds(const char *name, int n, const value *args,
                        const char *wanted)
{
    char kinds[17] = {0};
    struct xrp_site s = site_of(args, n);
    xrp_shape_kinds(xrp_find(name), &s, kinds);
    assert_string_equal(kinds, wanted);
}

static void arguments_that_decide(void **state)
{
    (void)state;
    value normal = procedure_of("normal"), iid = procedure_of("iid");
    value counts = procedure_of("multinomial-counts"), two = v_int(2);
    check_kinds("normal", 2, (value[]){two, two}, "--");
    check_kinds("symmetric-dirichlet", 2, (value[]){two, two}, "-v");
    check_kinds("dirichlet", 1, (value[]){ones(2)}, "a");
    check_kinds("iid", 4, (value[]){two, normal, two, two}, "v---");
    check_kinds("iid", 4, (value[]){two, counts, two, ones(2)}, "v-va");
    check_kinds("iid", 6, (value[]){two, iid, two, normal, two, two}, "v-v---");
    check_kinds("each", 4, (value[]){V_FALSE, normal, two, two}, "v-aa");
    check_kinds("each", 4, (value[]){ones(1), normal, two, two}, "v---");
    check_kinds("ordered", 5, (value[]){iid, two, normal, two, two}, "-v---");
    check_kinds("truncated", 5, (value[]){two, two, normal, two, two}, "-----");
    check_kinds("mixture", 9,
                (value[]){ones(2), v_int(3), iid, two, procedure_of("flip"),
                          v_int(3), counts, two, ones(2)},
                "---v---va");
    /* Broken runs decide nothing. */
    check_kinds("iid", 2, (value[]){two, two}, "v-");
    check_kinds("mixture", 4, (value[]){ones(2), v_int(9), normal, two},
                "----");
}

static uint16_t stamp(const char *name, int n, const value *args)
{
    return shape_stamp(xrp_find(name), n, args) & 0xfff;
}

static void stamps_tell_shapes(void **state)
{
    (void)state;
    value normal = procedure_of("normal"), one = v_int(1);
    assert_int_equal(stamp("normal", 2, (value[]){one, one}), 0);
    assert_int_equal(stamp("dirichlet", 1, (value[]){ones(3)}), 3);
    assert_int_equal(
        stamp("dirichlet", 1, (value[]){numbers_vector((double[]){1, 2}, 2)}),
        2);
    for (int n = 1; n < 2000; n += 7) {
        value sizes[] = {v_int(n), v_double(n)};
        for (int k = 0; k < 2; k++) {
            value args[] = {sizes[k], normal, one, one};
            assert_int_equal(stamp("iid", 4, args), n);
        }
    }
    /* What goes along has the axes of the longest. */
    value each[] = {V_FALSE, normal, ones(4), one};
    assert_int_equal(stamp("each", 4, each), 4);
    each[3] = ones(4);
    assert_int_equal(stamp("each", 4, each), 4);
    each[2] = matrix(2, 3);
    each[3] = one;
    uint16_t wide = stamp("each", 4, each);
    each[2] = matrix(3, 2);
    assert_int_not_equal(stamp("each", 4, each), wide);
    each[2] = cons(ones(3), cons(ones(3), V_NIL));
    assert_int_equal(stamp("each", 4, each), wide);
    /* Arguments that are no shape say nothing. */
    value a[] = {one, ones(3)}, b[] = {one, cons(v_int(5), ones(2))};
    assert_int_equal(stamp("multinomial-counts", 2, a),
                     stamp("multinomial-counts", 2, b));
    a[0] = v_int(2);
    assert_int_not_equal(stamp("multinomial-counts", 2, a),
                         stamp("multinomial-counts", 2, b));
    /* What has any shape is one for all. */
    value list[] = {ones(2)}, more[] = {ones(3)};
    assert_int_equal(stamp("uniform-draw", 1, list),
                     stamp("uniform-draw", 1, more));
    assert_int_equal(shape_stamp(xrp_find("uniform-draw"), 1, list), 0x1000);
    /* A bit says that the value itself would have another one. */
    assert_int_equal(shape_stamp(xrp_find("dirichlet"), 1, list), 0x1002);
    value row[] = {v_int(3), normal, one, one};
    assert_int_equal(shape_stamp(xrp_find("iid"), 4, row), 3);
}

static void check_shares(double n, const double *weights, int count,
                         uint32_t wanted)
{
    value args[] = {number(n), numbers_vector(weights, count)}, list;
    struct xrp_site s = site_of(args, 2);
    const struct xrp_family *f = &family_multinomial_counts;
    assert_true(f->enumerate(&s, &list));
    assert_int_equal(list_length(list), wanted);
    double sum = 0.0;
    for (value at = list; at != V_NIL; at = cdr(at)) {
        sum += exp(f->prob(&s, car(at)));
        for (value other = cdr(at); other != V_NIL; other = cdr(other))
            assert_false(value_equal(car(at), car(other)));
    }
    assert_true(fabs(sum - 1.0) < 1e-12);
}

static void shares_are_listed(void **state)
{
    (void)state;
    check_shares(0, (double[]){1, 2}, 2, 1);
    check_shares(5, (double[]){2}, 1, 1);
    check_shares(4, (double[]){1, 2}, 2, 5);
    check_shares(4, (double[]){1, 2, 3}, 3, 15);
    check_shares(3, (double[]){0, 2, 0, 1, 1, 0}, 6, 10);
    value list, args[] = {v_int(1000), ones(4)};
    struct xrp_site s = site_of(args, 2);
    assert_false(family_multinomial_counts.enumerate(&s, &list));
}

int main(void)
{
    memory_init(1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_that_decide),
        cmocka_unit_test(stamps_tell_shapes),
        cmocka_unit_test(shares_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
