# SPDX-License-Identifier: GPL-3.0-or-later
"""The pitfalls of gradients, the tests that watch them, and the faults that
these tests must see: (number, words, test, faults).

The numbers are those of the project's list of what went wrong elsewhere. A
test is `unit/PROGRAM:NAME`, `scripts/NAME`, `chains/NAME`, `calibration/NAME` or a path
to run. A
fault is a list of edits (file, what stands there once, what takes its place);
where several lines of defence stand one behind another, all of them go.
"""

SPACE = "src/tape/gather_space.c"
NUTS = "src/infer/nuts.c"
LEAP = "src/infer/leapfrog.c"
PHASE = "src/infer/phase.c"
STEP = "src/infer/adapt_step.c"
LANES = "src/tape/lanes_math.h"
OPERATIONS = "src/tape/lanes_operations.h"
DIAGNOSTICS = "src/infer/diagnostics.c"
EFFECTIVE = "src/infer/effective.c"

FUNCTIONS = "unit/test_pitfalls_functions:"
SPACES = "unit/test_pitfalls_spaces:"
CHAINS = "unit/test_pitfalls_chains:"


def one(path, old, new):
    """A fault of one edit."""
    return [(path, old, new)]


PITFALLS = [
    ("1", "softplus overflows", FUNCTIONS + "pitfall_1_softplus", [
        one(LANES, "return choose(less(splat(0), x), x, splat(0)) + "
            "V(log1p_unit)(e);", "return V(log)(1 + V(exp)(x));")]),
    ("2", "a logit's Jacobian from p (1 - p)", SPACES + "pitfall_2_logit", [
        one(SPACE, """add_jacobian(b, g1(b, TAPE_SOFTPLUS, y), -1.0);
        add_jacobian(b, g1(b, TAPE_SOFTPLUS, g1(b, TAPE_NEGATE, y)), -1.0);
        x = g1(b, TAPE_LOGISTIC, y);""",
            """x = g1(b, TAPE_LOGISTIC, y);
        add_jacobian(b, g1(b, TAPE_LOG, x), 1.0);
        add_jacobian(b, g1(b, TAPE_LOG,
            g2(b, TAPE_SUBTRACT, gn(b, 1.0), x)), 1.0);""")]),
    ("3", "a Jacobian is left out", SPACES + "pitfall_3_jacobians", [
        one(SPACE, "case SPACE_LOWER:\n        add_jacobian(b, y, 1.0);",
            "case SPACE_LOWER:"),
        one(SPACE, "case SPACE_UPPER:\n        add_jacobian(b, y, 1.0);",
            "case SPACE_UPPER:"),
        one(SPACE, "add_jacobian(b, g1(b, TAPE_SOFTPLUS, y), -1.0);", ";"),
        one(SPACE, "add_jacobian(b, log_left, 1.0);", ";"),
        one(SPACE, "if (i || positive) add_jacobian(b, y, 1.0);", ";"),
        one(SPACE, "add_jacobian(b, rest, 1.0);", ";"),
        one(SPACE, "add_jacobian(b, left, 0.5);", ";"),
        one(SPACE, "add_jacobian(b, first, n - i + 1.0);",
            "add_jacobian(b, first, 1.0);")]),
    ("3", "the same, where data know of the scale", "calibration/levels", [
        one(SPACE, "case SPACE_LOWER:\n        add_jacobian(b, y, 1.0);",
            "case SPACE_LOWER:")]),
    ("4", "what is left of a stick underflows", SPACES + "pitfall_4_simplex", [
        one(SPACE, """log_left = g2(b, TAPE_SUBTRACT, log_left, down);
        left = g1(b, TAPE_EXP, log_left);""",
            """left = g2(b, TAPE_SUBTRACT, left, x[k]);
        log_left = g1(b, TAPE_LOG, left);""")]),
    ("5", "an exponential is cut off", SPACES + "pitfall_5_clamped", [
        one(SPACE, "x = g1(b, TAPE_EXP, y);\n",
            "x = g1(b, TAPE_EXP, g2(b, TAPE_MIN, y, gn(b, 200.0)));\n")]),
    ("6", "the slope of lgamma from a formula for lgamma",
     FUNCTIONS + "pitfall_6_lgamma", [
         one(OPERATIONS, "WAY(LGAMMA) { return o->g * V(digamma)(o->a); }",
             "WAY(LGAMMA) { return o->g * (V(log)(o->a) - 0.5 / o->a); }")]),
    ("7", "a scale of 0 is taken for a small one",
     SPACES + "pitfall_7_no_scale", [
         one("src/tape/gather_scalar.c",
             "return formula_normal(f, f->y, f->a[0], f->a[1]);",
             "return formula_normal(f, f->y, f->a[0], graph_2(f->g, TAPE_MAX, "
             "f->a[1], num(f, 1e-30)));")]),
    ("8", "a parent is read where it is unconstrained",
     SPACES + "pitfall_8_parents", [
         one(SPACE, "return from_zero ? x : g2(b, TAPE_ADD, lo, x);\n"
             "    case SPACE_UPPER", "return y;\n    case SPACE_UPPER")]),
    ("9", "the density of another point", CHAINS + "pitfall_9_variance", [
        one(LEAP, "double energy = 0.5 * twice - to->log_density;",
            "double energy = 0.5 * twice - from->log_density;")]),
    ("9", "the gradient of another point", "unit/test_nuts:test_gradients", [
        one(NUTS, "n->points.here = whole->sample;",
            "n->points.here = whole->sample;\n"
            "    memcpy(n->points.here->gradient, whole->last->gradient,\n"
            "           n->points.width * sizeof(double));")]),
    ("10", "the step that warmup found is not the one that is taken",
     CHAINS + "pitfall_10_step_is_used", [
         one("src/infer/kernel_nuts.c", "&c->warmup.metric, c->warmup.step,",
             "&c->warmup.metric, 0.5 * c->warmup.step,")]),
    ("11", "dual averaging begins elsewhere",
     "unit/test_warmup:test_dual_averaging", [
         one(STEP, ".log_mean = log(step)", ".log_mean = 0.0"),
         one(STEP, "log(OVER * step)", "log(OVER)")]),
    ("12", "weights are cut off at the start's", "unit/test_nuts:test_recursion", [
        one(NUTS, "*out = leaf(to, weight);",
            "*out = leaf(to, fmin(1.0, weight));")]),
    ("13", "the sample of a subtree is biased, or that of the whole is not",
     "unit/test_nuts:test_recursion", [
         one(NUTS, "&trees[top - 2], &trees[top - 1], false,",
             "&trees[top - 2], &trees[top - 1], true,"),
         one(NUTS, "&n->trees[1], true, random)",
             "&n->trees[1], false, random)")]),
    ("14", "turns between subtrees, and backward in time, are not seen",
     "unit/test_nuts:test_recursion", [
         one(PHASE, "for (int i = 0; i < 6; i++) on = on",
             "for (int i = 0; i < 2; i++) on = on"),
         one(NUTS, "            turn(whole);\n",
             "            if (whole->depth > 20) turn(whole);\n")]),
    ("14", "the same, in a mirror", "unit/test_nuts:test_mirrored", [
        one(NUTS, "w.step = -w.step;", "w.step = -fabs(w.step);")]),
    ("15", "what is no number is accepted", CHAINS + "pitfall_15_no_number", [
        [("src/tape/tape_run.c", "if (!fine || !isfinite(*log_density))",
          "if (!fine)"),
         (LEAP, " &&\n        isfinite(at->log_density))", ")"),
         (LEAP, "if (isfinite(energy)) to->energy", "to->energy"),
         (NUTS, "if (-gain < ENERGY_ERROR_MAX) return true;",
          "if (!(-gain >= ENERGY_ERROR_MAX)) return true;")]]),
    ("15", "a fault at any leaf", "unit/test_nuts:test_faults", [
        one(NUTS, "if (-gain < ENERGY_ERROR_MAX) return true;",
            "return true;")]),
    ("16", "what is impossible makes sums no number",
     FUNCTIONS + "pitfall_16_sums", [
         one(LANES, "V(exp)(choose(equal(a, b), splat(0), least - most))",
             "V(exp)(least - most)"),
         one("src/infer/adapt_metric.c", " || !is_finite(q, m->size)",
             " || !is_finite(q, 0)")]),
    ("17", "an observation is taken for a constant",
     SPACES + "pitfall_17_observations", [
         one("src/trace/reduced_choice.c",
             "if (!plain) return false;\n    t->touched++;",
             "if (!plain) return false;\n    t->touched++;\n"
             "    if (c->node.head.size == 1) return true;")]),
    ("18", "what is not centred is told as it stands, or begins elsewhere",
     CHAINS + "pitfall_18_back", [
         one("src/tape/gather_centre.c",
             "return is_number_node(b, m, 0.0) ? y : "
             "g2(b, TAPE_ADD, m, y);", "return y;"),
         one("src/tape/gather_centre.c",
             "return c == 1.0 ? u : c * m + (u - m) / pow(s, 1.0 - c);",
             "return c == 1.0 ? u : (u - m) / pow(s, 1.0 - c);")]),
    ("19", "all is non-centred, whatever the data say",
     "chains/centring_is_chosen_well", [
         one("src/infer/centring.c",
             "if (divergence(c, k) < divergence(c, best)) best = k;",
             "best = 0;")]),
    ("20", "what was made for old data stays", CHAINS + "pitfall_20_data_change",
     [one("src/infer/ground.c", "    ground_forget(g);\n    free(g->q);",
          "    free(g->q);")]),
    ("21", "a faster tree takes random numbers in another order",
     "unit/test_nuts:test_recursion", [
         one(NUTS, "return random_unit(random) *",
             "return (biased && b->weight >= before) ||\n"
             "           random_unit(random) *")]),
    ("22", "floats", "unit/test_leapfrog:test_reversible", [
        one(PHASE, "here += step * (scale * moved);",
            "here = (here + 0x1p29) - 0x1p29; /* as many digits */\n"
            "        here += step * (scale * moved);")]),
    ("23", "a chain that stands still is worth something",
     "unit/test_diagnostics:constant_draws_are_said_so", [
         [(DIAGNOSTICS, ": all_equal(x.at, n)",
           ": n == 0 && all_equal(x.at, n)"),
          (EFFECTIVE, "x.draws < 6 || all_equal(x.at, x.count * x.draws))",
           "x.draws < 6)"),
          (DIAGNOSTICS, "if (all_equal(d->halves.at, d->halves.count * "
           "d->halves.draws)) {", "if (!d) {")]]),
    ("23", "chains that alternate are worth no more than they have draws",
     "unit/test_diagnostics:alternation_is_capped", [
         one(EFFECTIVE, "fmax(time, 1.0 / log10(all))",
             "fmax(time, 1.0)")]),
    ("24", "a tolerance hides a bias", "tests/known-answers/test_judge.py", [
        [("tests/known-answers/judge.py",
          "error = moments[1] / math.sqrt(verdict.effective)",
          "error = moments[1] / 2"),
         ("tests/known-answers/judge.py",
          "away = verdict.effective * kl(share, p)",
          "away = 4 * kl(share, p)")]]),
    ("25", "chains share a warmup", "chains/warmups_are_their_own", [
        one("src/session/chain_run.c", "for (int i = 1; i < b->number; i++)",
            "for (int i = 1; i < 0; i++)")]),
    ("26", "a chain depends on more than its number", "chains/the_death_of_one",
     [[("src/session/chain_run.c", "for (int i = 1; i < b->number; i++)",
        "for (int i = 1; i < b->number + (int)(getpid() % 64); i++)"),
       ("src/session/chain_run.c", "#include <math.h>",
        "#include <math.h>\n#include <unistd.h>")]]),
    ("26b", "a Bernoulli by its probability",
     FUNCTIONS + "pitfall_26b_bernoulli", [
         one(OPERATIONS, "vec chance, soft = V(softplus)(o->b, &chance);",
             "vec chance, soft = V(softplus)"
             "(V(smaller)(o->b, 16.1), &chance);")]),
    ("27", "a discrete choice in a gradient's scope",
     "scripts/errors-nuts-discrete", [
         one("src/infer/ground.c",
             "if (!k->lenient && !check_scope(k, e)) return false;",
             "if (!k && !check_scope(k, e)) return false;")]),
    ("27", "labels that have moved", CHAINS + "pitfall_27_labels", [
        one("src/infer/ground.c",
            "*fresh = !g->gathered || g->touched != e->op->touched(e);",
            "*fresh = !g->gathered;")]),
    ("27", "labels that have moved, and the tape stays", CHAINS +
     "pitfall_27_labels", [
        one("src/tape/gather_seen.c",
            "if (*w->at == w->was) continue;", "continue;")]),
    ("28", "a mixture's densities are added where they underflow",
     SPACES + "pitfall_28_mixture", [
         one("src/tape/gather_form.c",
             "all = part ? graph_2(g, TAPE_LOG_ADD_EXP, all, one) : one;",
             "all = part ? graph_1(g, TAPE_LOG, graph_2(g, TAPE_ADD, "
             "graph_1(g, TAPE_EXP, all), graph_1(g, TAPE_EXP, one))) : one;"
             )]),
]
