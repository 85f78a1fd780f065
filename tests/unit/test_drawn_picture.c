/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures of the draws of a run: what is in them, for draws that can be
 * counted by hand.
 */
#include "session/drawn_picture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "plot/svg.h"

enum { CHAINS = 2, LENGTH = 100 };

static struct column columns[2], own[2];
static struct drawn drawn = {.columns = columns,
                             .count = 2,
                             .own = own,
                             .own_count = 2,
                             .chains = CHAINS,
                             .length = LENGTH};

static void fill(struct column *c, const char *name, double (*at)(int, int))
{
    assert_true(column_open(c, name));
    c->kind = COLUMN_NUMBER;
    c->chains = CHAINS;
    for (int k = 0; k < CHAINS; k++)
        for (int i = 0; i < LENGTH; i++) assert_true(column_push(c, at(k, i)));
}

/* Chain 1 has the lower half, chain 2 the upper; 0.5 ... 199.5. */
static double apart(int k, int i)
{
    return k * LENGTH + (i * 37) % LENGTH + .5;
}
static double alike(int k, int i) { return k * 0.0 + (i < LENGTH / 4); }
static double marks(int k, int i) { return k == 1 && i < 7; }
static double energy(int k, int i) { return i + k * 1000; }

static void picture(struct figure *f, const char *plot, const char *of)
{
    struct error error = {0};
    struct drawn_picture p = {plot, of, 11, 5};
    assert_true(drawn_picture(f, &drawn, &p, &error));
}

static void a_trace_counts_draws(void **state)
{
    struct figure f;
    (void)state;
    picture(&f, "trace", NULL);
    assert_int_equal(f.count, 2);
    const struct panel *p = &f.panels[0];
    assert_string_equal(p->title, "apart");
    assert_int_equal(p->count, CHAINS);
    assert_int_equal(p->series[1].count, LENGTH);
    assert_true(p->series[1].x[2] == 21 && p->series[1].y[2] == 174.5);
    figure_close(&f);
}

static void ranks_tell_who_is_where(void **state)
{
    struct figure f;
    (void)state;
    picture(&f, "rank", "apart");
    const struct series *s = f.panels[0].series;
    for (int bin = 0; bin < 20; bin++) {
        assert_true(s[0].y[2 * bin] == (bin < 10 ? 10 : 0));
        assert_true(s[1].y[2 * bin] == (bin < 10 ? 0 : 10));
    }
    figure_close(&f);
    /* Of equal draws each place is as good as another. */
    picture(&f, "rank", "alike");
    for (int i = 0; i < 40; i++)
        assert_true(fabs(f.panels[0].series[0].y[i] - 5) < 1e-12);
    figure_close(&f);
}

static void divergences_are_points_of_their_own(void **state)
{
    struct figure f;
    struct text svg = {0};
    (void)state;
    picture(&f, "pair", NULL);
    const struct panel *p = &f.panels[0];
    assert_string_equal(p->x_name, "apart");
    assert_string_equal(p->y_name, "alike");
    assert_int_equal(p->series[0].count, CHAINS * LENGTH - 7);
    assert_int_equal(p->series[1].count, 7);
    assert_true(!p->series[0].warns && p->series[1].warns);
    assert_true(figure_svg(&svg, &f, &theme_light));
    assert_non_null(strstr(svg.at, theme_light.warning));
    text_free(&svg);
    figure_close(&f);
}

static void a_forest_has_quantiles(void **state)
{
    struct figure f;
    struct text svg = {0};
    (void)state;
    picture(&f, "forest", "apart");
    const struct bar *b = f.panels[0].bars.at;
    assert_int_equal(f.panels[0].bars.count, 1);
    assert_true(fabs(b->value - 100) < 1e-9);
    assert_true(fabs(b->low - 10.45) < 1e-9 && fabs(b->high - 189.55) < 1e-9);
    assert_true(fabs(b->from - 50.25) < 1e-9 && fabs(b->to - 149.75) < 1e-9);
    assert_true(figure_svg(&svg, &f, &theme_amber));
    assert_non_null(strstr(svg.at, "apart: 100 (10.45 to 189."));
    text_free(&svg);
    figure_close(&f);
}

static void memory_and_energy(void **state)
{
    struct figure f;
    (void)state;
    picture(&f, "autocorrelation", "alike");
    const struct series *s = f.panels[0].series;
    assert_int_equal(s[0].count, LENGTH);
    assert_true(fabs(s[0].y[0] - 1) < 1e-12);
    /* 25 ones, 75 zeroes: (0.75^2 24 - 2 0.25 0.75 ... ) by hand at lag 1 */
    assert_true(fabs(s[0].y[1] - (24 * 0.5625 - 0.1875 + 74 * 0.0625) / 18.75) <
                1e-9);
    figure_close(&f);
    picture(&f, "energy", NULL);
    assert_int_equal(f.panels[0].count, 2);
    /* The changes are all 1: a curve of no width about it. */
    assert_true(f.panels[0].series[1].low_x > 0 &&
                f.panels[0].series[1].high_x < 2);
    figure_close(&f);
}

static void what_is_not_there_is_said(void **state)
{
    static const char *const wrong[][2] = {
        {"nothing", NULL}, {"trace", "nobody"}, {"pair", "apart"}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct figure f;
        struct error error = {0};
        struct drawn_picture p = {wrong[i][0], wrong[i][1], 1, 1};
        assert_false(drawn_picture(&f, &drawn, &p, &error));
        assert_int_equal(error.kind, ERROR_NAME);
        figure_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_counts_draws),
        cmocka_unit_test(ranks_tell_who_is_where),
        cmocka_unit_test(divergences_are_points_of_their_own),
        cmocka_unit_test(a_forest_has_quantiles),
        cmocka_unit_test(memory_and_energy),
        cmocka_unit_test(what_is_not_there_is_said),
    };
    fill(&columns[0], "apart", apart);
    fill(&columns[1], "alike", alike);
    fill(&own[0], "divergent__", marks);
    fill(&own[1], "energy__", energy);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (int i = 0; i < 2; i++) {
        column_close(&columns[i]);
        column_close(&own[i]);
    }
    return failed;
}
