/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Functions of real numbers: values, and the words at the edge of a domain.
 */
#include "prim.h"

static void values(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double expected;
    } examples[] = {
        {"(sqrt 2)", 1.4142135623730951},
        {"(exp 1)", 2.718281828459045},
        {"(log 10)", 2.302585092994046},
        {"(log 8 2)", 3},
        {"(log 1000 10)", 3},
        {"(log 9 3)", 2},
        {"(ln 1)", 0},
        {"(log10 100)", 2},
        {"(log2 8)", 3},
        {"(log1p 1e-10)", 9.9999999995e-11},
        {"(expm1 1e-10)", 1.00000000005e-10},
        {"(sin 1)", 0.8414709848078965},
        {"(cos 1)", 0.5403023058681398},
        {"(tan 1)", 1.5574077246549023},
        {"(asin 1)", 1.5707963267948966},
        {"(acos -1)", 3.141592653589793},
        {"(atan 1)", 0.7853981633974483},
        {"(atan 1 -1)", 2.356194490192345},
        {"(atan2 -1 0)", -1.5707963267948966},
        {"(sinh 1)", 1.1752011936438014},
        {"(cosh 1)", 1.5430806348152437},
        {"(tanh 1)", 0.7615941559557649},
        {"(lgamma 10)", 12.801827480081469},
        {"(digamma 1)", -0.5772156649015329},
        {"(trigamma 1)", 1.6449340668482264},
        {"(lbeta 2 3)", -2.4849066497880004},
        {"(log-choose 5 2)", 2.302585092994046},
        {"(erf 1)", 0.8427007929497149},
        {"(erfc 1)", 0.15729920705028513},
        {"(normal-cdf 1.96)", 0.9750021048517795},
        {"(inv-logit 1)", 0.7310585786300049},
        {"(logit 0.75)", 1.0986122886681098},
        {"(softplus 0)", 0.6931471805599453},
        {"(softplus 1000)", 1000},
        {"(log-sum-exp 1000 1000)", 1000.6931471805599},
        {"(log-sum-exp (0 0 0))", 1.0986122886681098},
        {"(log-sum-exp #(0 0))", 0.6931471805599453},
        {"(log-sum-exp 3)", 3},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        gives_about(examples[i].text, examples[i].expected, 1e-14);
}

static void edges(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(log 0)", "-inf"},
        {"(log 1000 10)", "3.0"},
        {"(logit 1)", "inf"},
        {"(sqrt 0)", "0.0"},
        {"(sqrt 16)", "4.0"},
        {"(exp 1000)", "inf"},
        {"(lgamma 0)", "inf"},
        {"(log-sum-exp)", "-inf"},
        {"(log-choose 2 3)", "-inf"},
        {"(log-sum-exp #(0 1) #(0 1))",
         "#(0.6931471805599453 1.6931471805599454)"},
        {"(log ($ string->number \"nan\"))", "nan"},
        {"(asin ($ string->number \"nan\"))", "nan"},
        {"(exp #(0 0))", "#(1 1)"},
        {"(log #(1 4) 2)", "#(0 2)"},
    };
    give_all(examples);
}

static void domains(void **state)
{
    (void)state;
    static const struct prim_failure failures[] = {
        {"(log -1)", ERROR_DOMAIN, "log: defined for x >= 0, got -1.0"},
        {"(log 2 1)", ERROR_DOMAIN, "log: defined for x >= 0 and a base"},
        {"(log 2 -3)", ERROR_DOMAIN, "got 2.0 and -3.0"},
        {"(sqrt -4)", ERROR_DOMAIN, "sqrt: defined for x >= 0, got -4.0"},
        {"(asin 2)", ERROR_DOMAIN, "asin: defined for -1 <= x <= 1"},
        {"(log1p -2)", ERROR_DOMAIN, "log1p"},
        {"(logit 1.5)", ERROR_DOMAIN, "logit: defined for 0 <= p <= 1"},
        {"(digamma -2)", ERROR_DOMAIN, "digamma"},
        {"(lbeta 0 1)", ERROR_DOMAIN, "lbeta"},
        {"(sin ($ log 0))", ERROR_DOMAIN, "sin: defined for finite x"},
        {"(exp a)", ERROR_TYPE, "exp: expected a number"},
        {"(log-sum-exp (1 a))", ERROR_TYPE, "log-sum-exp: expected numbers"},
    };
    fail_all(failures);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(edges),
        cmocka_unit_test(domains),
    };
    return cmocka_run_group_tests(tests, prim_setup, NULL);
}
