/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A world of the random database that grew by directives is what one run of
 * the whole program makes of the same values: the score, and how often each
 * choice and each urn is proposed, where families say so by a state that
 * later directives change.
 */
#include <math.h>

#include "session_open.h"
#include "trace/randomdb.h"

/* Its :weight reads the contents, and all draws are proposed at once as often
 * as these say. The first directives make another world than the last. */
static const char program[] =
    "ASSUME bump (lambda (s v by) (if v (list (+ (car s) by) (second s))\n"
    "  (list (car s) (+ (second s) by))))\n"
    "ASSUME coin (make-xrp\n"
    "  :initialize (lambda () (list 1 2))\n"
    "  :sample (lambda (s) (flip (/ (car s) (apply + s))))\n"
    "  :incorporate (lambda (s v) (bump s v 1))\n"
    "  :remove (lambda (s v) (bump s v -1))\n"
    "  :prob (lambda (s v) (log (/ (if v (car s) (second s)) (apply + s))))\n"
    "  :support 'boolean\n"
    "  :weight (lambda (s v) (+ (car s) (if v 2 0.5)))\n"
    "  :state-weight (lambda (s) (second s))\n"
    "  :state-propose (lambda (s values) (list (map not values) 0 0)))\n"
    "ASSUME before (flip 0.3)\n"
    "ASSUME x (coin)\n"
    "ASSUME y (coin)\n"
    "OBSERVE (coin) false\n"
    "OBSERVE (coin) true\n"
    "ASSUME z (weight 3 (coin))\n"
    "ASSUME after (flip 0.3)\n";

static void what_grew_is_what_one_run_makes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 9; seed++) {
        struct session *s = open_engine("randomdb", seed);
        if (!run_text(s, program)) fail_msg("%s", session_error(s)->message);
        struct randomdb *db = randomdb_of(s->machine);
        const struct world *grown = db->now;
        struct world *whole = randomdb_run(db, db->now, NULL, V_FALSE, false);
        assert_non_null(whole);
        assert_int_equal(grown->choices.count, 7);
        assert_int_equal(whole->choices.count, grown->choices.count);
        for (uint32_t i = 0; i < grown->choices.count; i++) {
            const struct choice *c = grown->choices.at[i];
            const struct choice *w = whole->choices.at[i];
            assert_true(c->location == w->location && c->held == w->held);
            assert_true(choice_weight(c) == choice_weight(w));
        }
        assert_true(fabs(grown->score - whole->score) < 1e-12);
        assert_true(grown->shares > 0.0 && grown->shares == whole->shares);
        assert_true(world_weight(grown) == world_weight(whole));
        session_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_grew_is_what_one_run_makes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
