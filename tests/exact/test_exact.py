#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exact judge against answers that were worked out by hand."""
import math
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import exact  # noqa: E402
import families  # noqa: E402
import language  # noqa: E402


class Reading(unittest.TestCase):
    def test_data(self):
        [(datum, first)] = language.read("(a 'b (1 2.5 #t) [x]) ; rest")
        self.assertEqual(datum, ["a", ["quote", "b"], [1, 2.5, True], ["x"]])
        self.assertTrue(first)

    def test_directives_end_with_their_line(self):
        text = "ASSUME x\n (flip)\nobserve x true\n(define (f y) y)\nPREDICT x"
        self.assertEqual([w for w, _ in language.requests(text)],
                         ["assume", "observe", "define", "predict"])

    def test_a_missing_parenthesis_is_an_error(self):
        for text in ("PREDICT (f", "PREDICT f)"):
            with self.assertRaises(language.Malformed):
                language.program(text)

    def test_replaced_and_forgotten(self):
        kept = language.program(
            "ASSUME x 1\nPREDICT x\nASSUME x 2\nPREDICT 5\nFORGET 2\n")
        self.assertEqual([(d.number, d.expression) for d in kept],
                         [(1, 2), (3, 5)])

    def test_prior_reads_what_was_observed(self):
        text = language.prior("ASSUME f (lambda () (observe (flip) true))\n"
                              "OBSERVE (f) true\n(condition (f))\n")
        self.assertEqual(text, "ASSUME f (lambda () (flip))\n"
                               "PREDICT (f)\nPREDICT (f)\n")


class Densities(unittest.TestCase):
    def test_finite_ones_sum_to_one(self):
        for support in (families.flip(0.3), families.binomial(5, 0.2),
                        families.cut(lambda k: families.poisson(3, k)),
                        families.cut(lambda k: families.geometric(0.4, k)),
                        families.GammaPoisson(2, 3).support(),
                        families.categorical(1, 2, 3)):
            self.assertAlmostEqual(sum(math.exp(p) for _, p in support), 1,
                                   places=9)

    def test_continuous_ones_integrate_to_one(self):
        cases = [(families.normal, (1, 2), -20, 22),
                 (families.laplace, (1, 0.5), -15, 17),
                 (families.exponential, (2,), 0, 20),
                 (families.gamma, (2, 1.5), 0, 50),
                 (families.beta, (2, 3), 0, 1),
                 (families.uniform, (1, 4), 1, 4),
                 (families.student, (8, 1, 2), -400, 402)]
        for density, args, lo, hi in cases:
            n = 40000
            step = (hi - lo) / n
            total = sum(math.exp(density(lo + (i + 0.5) * step, *args))
                        for i in range(n)) * step
            self.assertAlmostEqual(total, 1, places=4, msg=str(density))

    def test_urns_do_not_mind_the_order(self):
        def joint(make, values):
            urn, total = make(), 0.0
            for v in values:
                total += (urn.score(v) if hasattr(urn, "score")
                          else dict(urn.support())[v])
                urn.take(v)
            return total
        for make, values in (
                (lambda: families.pair(1, 2), [True, False, True, True]),
                (lambda: families.GammaPoisson(2, 0.5), [3, 0, 5]),
                (lambda: families.NormalInverseGamma(0.5, 2, 3, 1.5),
                 [1.0, -0.5, 2.2])):
            self.assertAlmostEqual(joint(make, values),
                                   joint(make, values[::-1]), places=12)


class Distributions(unittest.TestCase):
    def check(self, text, **expected):
        found = exact.distribution(text)
        expected = {{"true": True, "false": False}.get(
            k, k if k[0] != "_" else int(k[1:])): p
            for k, p in expected.items()}
        self.assertEqual(set(found), set(expected))
        for k, p in expected.items():
            self.assertAlmostEqual(found[k], p, places=12)

    def test_two_coins(self):
        self.check("ASSUME a (flip 0.5)\nASSUME b (flip 0.5)\n"
                   "(condition (or a b))\nPREDICT a", true=2 / 3, false=1 / 3)

    def test_urn(self):
        self.check("ASSUME u (make-beta-bernoulli 1 1)\nOBSERVE (u) true\n"
                   "OBSERVE (u) true\nPREDICT (u)", true=3 / 4, false=1 / 4)

    def test_tables(self):
        self.check("ASSUME c (CRP/make 2)\nPREDICT (= (c) (c))",
                   true=1 / 3, false=2 / 3)

    def test_mem_and_variables(self):
        self.check("ASSUME m (mem (lambda (i) (flip 0.3)))\n"
                   "OBSERVE (if (m 0) (m 1) (flip 0.5)) true\nPREDICT (m 0)",
                   true=0.09 / (0.09 + 0.35), false=0.35 / (0.09 + 0.35))

    def test_density_of_the_observed(self):
        a, b = math.exp(-0.5), math.exp(-2)
        self.check("ASSUME s (flip)\nOBSERVE (normal (if s 1 2) 1) 0\n"
                   "PREDICT s", true=a / (a + b), false=b / (a + b))

    def test_factor_and_recursion(self):
        e = math.e
        self.check("ASSUME f (lambda (n) (if (and (< n 2) (flip)) "
                   "(begin (factor 1) (f (+ n 1))) n))\nPREDICT (f 0)",
                   _0=0.5 / (0.5 + e / 4 + e * e / 4),
                   _1=e / 4 / (0.5 + e / 4 + e * e / 4),
                   _2=e * e / 4 / (0.5 + e / 4 + e * e / 4))

    def test_looking_at_what_has_no_support_is_refused(self):
        with self.assertRaises(exact.Unanswerable):
            exact.distribution("PREDICT (+ 1 (normal 0 1))")

    def test_an_impossible_program_is_refused(self):
        with self.assertRaises(exact.Unanswerable):
            exact.distribution("OBSERVE (flip 1) false\nPREDICT 1")


if __name__ == "__main__":
    unittest.main()
