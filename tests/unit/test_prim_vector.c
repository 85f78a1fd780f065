/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Dense arrays and linear algebra.
 */
#include "base/random.h"
#include "prim.h"

static void making(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(vector 1 2.5)", "#(1 2.5)"},
        {"(vector)", "#()"},
        {"(list->vector (1 2))", "#(1 2)"},
        {"(list->vector (true false))", "#(1 0)"},
        {"(vector->list #(1 2.5))", "(1.0 2.5)"},
        {"(vector->list ($ matrix ((1 2) (3 4))))", "(#(1 2) #(3 4))"},
        {"(make-vector 2 7)", "#(7 7)"},
        {"(zeros 3)", "#(0 0 0)"},
        {"(ones 2 3)", "#((1 1 1) (1 1 1))"},
        {"(linspace 0 1 5)", "#(0 0.25 0.5 0.75 1)"},
        {"(linspace 2 9 1)", "#(2)"},
        {"(linspace 0 1 0)", "#()"},
        {"(arange 3)", "#(0 1 2)"},
        {"(arange 1 2 0.5)", "#(1 1.5)"},
        {"(matrix ((1 2) (3 4)))", "#((1 2) (3 4))"},
        {"(matrix (#(1 2)))", "#((1 2))"},
        {"(identity-matrix 2)", "#((1 0) (0 1))"},
        {"(eye 1)", "#((1))"},
        {"(diag #(2 3))", "#((2 0) (0 3))"},
        {"(diag ($ matrix ((1 2) (3 4))))", "#(1 4)"},
    };
    give_all(examples);
}

static void parts(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(vector-ref #(4 5 6) 2)", "6.0"},
        {"(vector-ref ($ matrix ((1 2) (3 4))) 1)", "#(3 4)"},
        {"(matrix-ref ($ matrix ((1 2) (3 4))) 1 0)", "3.0"},
        {"(vector-append #(1) #(2 3) #())", "#(1 2 3)"},
        {"(gather #(10 20 30) #(2 0 2))", "#(30 10 30)"},
        {"(gather #(10 20 30) (1))", "#(20)"},
        {"(gather (a b c) #(2 0))", "(c a)"},
        {"(gather ($ matrix ((1 2) (3 4))) (1 1))", "#((3 4) (3 4))"},
        {"(lags #(1 2 3 4 5) 2)", "#((2 1) (3 2) (4 3))"},
        {"(lags (1 2) 3)", "#()"},
        {"(cumsum #(1 2 3))", "#(1 3 6)"},
        {"(cumsum (1 2))", "#(1 3)"},
        {"(diff #(1 4 9))", "#(3 5)"},
        {"(diff #())", "#()"},
        {"(dot #(1 2) (3 4))", "11.0"},
        {"(norm #(3 4))", "5.0"},
        {"(norm #(3e300 4e300))", "5e+300"},
        {"(norm ())", "0.0"},
        {"(vector? #(1))", "True"},
        {"(vector? ($ eye 2))", "False"},
        {"(matrix? ($ eye 2))", "True"},
        {"(vector-length #(1 2))", "2"},
        {"(rows ($ ones 2 3))", "2"},
        {"(columns ($ ones 2 3))", "3"},
        {"(rows ($ record x #(1 2 3)))", "3"},
        {"(columns ($ record x 1 y 2))", "2"},
        {"(shape ($ ones 2 3))", "(2 3)"},
        {"(shape #(1 2 3))", "(3)"},
        {"(head #(1 2 3 4 5 6 7))", "#(1 2 3 4 5 6)"},
        {"(head (1 2 3) 2)", "(1 2)"},
    };
    give_all(examples);
}

static void algebra(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(matmul ($ matrix ((1 2) (3 4))) ($ matrix ((5 6) (7 8))))",
         "#((19 22) (43 50))"},
        {"(matmul ($ matrix ((1 2) (3 4))) #(1 10))", "#(21 43)"},
        {"(matmul #(1 10) ($ matrix ((1 2) (3 4))))", "#(31 42)"},
        {"(matmul #(1 2) #(3 4))", "11.0"},
        {"(matmul ($ eye 2) ($ eye 2) #(1 2))", "#(1 2)"},
        {"(matmul ($ matrix ((1 2 3))) ($ matrix ((1) (2) (3))))", "#((14))"},
        {"(outer #(1 2) #(3 4 5))", "#((3 4 5) (6 8 10))"},
        {"(transpose ($ matrix ((1 2 3) (4 5 6))))", "#((1 4) (2 5) (3 6))"},
        {"(row-sums ($ matrix ((1 2) (3 4))))", "#(3 7)"},
        {"(col-sums ($ matrix ((1 2) (3 4))))", "#(4 6)"},
        {"(cholesky ($ matrix ((4 2) (2 5))))", "#((2 0) (1 2))"},
        {"(solve ($ matrix ((0 2) (4 0))) #(6 8))", "#(2 3)"},
        {"(solve ($ matrix ((2 0) (0 4))) ($ eye 2))", "#((0.5 0) (0 0.25))"},
        {"(inverse ($ matrix ((0 2) (4 0))))", "#((0 0.25) (0.5 0))"},
        {"(trace ($ matrix ((1 2) (3 4))))", "5.0"},
        {"(det ($ matrix ((1 2) (2 4))))", "0.0"},
        {"(log-det ($ matrix ((1 2) (2 4))))", "-inf"},
    };
    give_all(examples);
    gives_about("(det ($ matrix ((0 2) (3 0))))", -6, 1e-15);
    gives_about("(det ($ matrix ((1 2 3) (4 5 6) (7 8 10))))", -3, 1e-14);
    gives_about("(log-det ($ matrix ((4 2) (2 5))))", 2.772588722239781, 1e-15);
}

static void wrong_uses(void **state)
{
    (void)state;
    static const struct prim_failure failures[] = {
        {"(vector 1 a)", ERROR_TYPE, "vector: expected a number, got a"},
        {"(matrix ())", ERROR_TYPE, "matrix: expected a list of rows"},
        {"(matrix ((1 2) (3)))", ERROR_TYPE,
         "matrix: row 1 has 1 numbers, row 0 has 2"},
        {"(matrix (()))", ERROR_TYPE, "matrix: expected rows of at least"},
        {"(vector-ref (1 2) 0)", ERROR_TYPE, "vector-ref: expected a vector"},
        {"(vector-ref ($ eye 2) 2)", ERROR_DOMAIN, "the matrix has 2 rows"},
        {"(matrix-ref ($ eye 2) 0 2)", ERROR_DOMAIN, "the matrix is 2 x 2"},
        {"(gather #(1 2) #(0 5))", ERROR_DOMAIN, "index 5 is out of range"},
        {"(gather (1 2) #(0.5))", ERROR_TYPE, "an integer"},
        {"(gather #(1 2) #(0.5))", ERROR_TYPE, "an integer"},
        {"(zeros 2 0)", ERROR_DOMAIN, "zeros: a matrix needs a column"},
        {"(zeros -1)", ERROR_DOMAIN, "zeros: a count cannot be -1"},
        {"(arange 0 1 0)", ERROR_DOMAIN, "arange: a step of 0"},
        {"(lags #(1) 0)", ERROR_DOMAIN, "lags"},
        {"(dot #(1) #(1 2))", ERROR_TYPE, "dot: shapes do not match"},
        {"(matmul ($ eye 2) #(1 2 3))", ERROR_TYPE,
         "matmul: shapes do not match: a 2 x 2 matrix and a vector of 3"},
        {"(transpose #(1 2))", ERROR_TYPE, "transpose: expected a matrix"},
        {"(cholesky ($ matrix ((1 2) (2 1))))", ERROR_DOMAIN,
         "cholesky: the matrix is not positive definite (row 1)"},
        {"(cholesky ($ matrix ((1 2) (0 1))))", ERROR_DOMAIN, "not symmetric"},
        {"(cholesky ($ ones 2 3))", ERROR_TYPE,
         "cholesky: expected a square matrix, got a 2 x 3 matrix"},
        {"(solve ($ matrix ((1 2) (2 4))) #(1 2))", ERROR_DOMAIN,
         "solve: the matrix is singular"},
        {"(inverse ($ zeros 2 2))", ERROR_DOMAIN, "singular"},
        {"(log-det ($ matrix ((0 1) (1 0))))", ERROR_DOMAIN, "negative"},
        {"(shape 3)", ERROR_TYPE, "shape: expected an array"},
    };
    fail_all(failures);
}

/* L L' = A and A x = b for matrices of many sizes. */
static void factors_multiply_back(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 7);
    for (size_t n = 1; n <= 24; n++) {
        value x = vector_make(n, n), xt, a, l, lt, back, b, solved;
        for (size_t i = 0; i < n * n; i++)
            as_vector(x)->at[i] = random_normal(&r);
        assert_true(prim_call("transpose", 1, &x, &xt));
        assert_true(prim_call("matmul", 2, (value[]){x, xt}, &a));
        for (size_t i = 0; i < n; i++) as_vector(a)->at[i * n + i] += 1;
        assert_true(prim_call("cholesky", 1, &a, &l));
        assert_true(prim_call("transpose", 1, &l, &lt));
        assert_true(prim_call("matmul", 2, (value[]){l, lt}, &back));
        assert_true(prim_call("row-sums", 1, &a, &b));
        assert_true(prim_call("solve", 2, (value[]){a, b}, &solved));
        for (size_t i = 0; i < n * n; i++)
            assert_true(fabs(as_vector(back)->at[i] - as_vector(a)->at[i]) <
                        1e-11);
        for (size_t i = 0; i < n; i++)
            assert_true(fabs(as_vector(solved)->at[i] - 1) < 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(making),
        cmocka_unit_test(parts),
        cmocka_unit_test(algebra),
        cmocka_unit_test(wrong_uses),
        cmocka_unit_test(factors_multiply_back),
    };
    return cmocka_run_group_tests(tests, prim_setup, NULL);
}
