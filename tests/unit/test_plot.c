/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The drawing floor: nice numbers, densities, dots, bars, and SVG that is
 * whole whatever the names in it.
 */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plot/axis.h"
#include "plot/canvas.h"
#include "plot/density.h"
#include "plot/figure.h"
#include "plot/svg.h"

static const struct look plain = {0}, ascii = {.ascii = true};

/* ---- nice numbers ----------------------------------------------------- */

static void steps_are_nice_and_grow(void **state)
{
    (void)state;
    static const double widths[] = {0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5, 10};
    struct step s = step_at_least(0.07, false);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        assert_float_equal(s.width, widths[i], 1e-12);
        s = step_after(s, false);
    }
    assert_int_equal(step_decimals(step_at_least(0.21, false)), 2);
    assert_int_equal(step_decimals(step_at_least(30, false)), 0);
    assert_float_equal(step_at_least(0.01, true).width, 1.0, 0);
    assert_float_equal(step_at_least(2.1, true).width, 5.0, 0);
}

static void ticks_lie_within(void **state)
{
    (void)state;
    static const double ranges[][2] = {
        {0, 1},       {-3.7, 12.2},     {1e-9, 2e-9},   {0.1, 0.7},
        {1e12, 3e12}, {-1e308, 1e308},  {5, 5.0000001}, {-0.3, 0.3},
        {0.99, 1.01}, {-1e-300, 1e-300}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        double low = ranges[i][0], high = ranges[i][1];
        double slack = 1e-6 * (high / 2 - low / 2);
        for (int most = 2; most < 12; most++) {
            struct ticks t = ticks_choose(low, high, most, false);
            assert_in_range(t.count, most > 5 ? 2 : 0, most);
            for (int k = 0; k < t.count; k++) {
                assert_true(tick_at(&t, k) >= low - slack);
                assert_true(tick_at(&t, k) <= high + slack);
            }
        }
    }
}

static void ticks_are_labelled_alike(void **state)
{
    (void)state;
    char label[TICK_LABEL];
    struct ticks t = ticks_choose(0, 1, 6, false);
    tick_label(&t, 0, label);
    assert_string_equal(label, "0.0");
    tick_label(&t, 1, label);
    assert_string_equal(label, "0.2");
    t = ticks_choose(0, 4e9, 6, false);
    tick_label(&t, 1, label);
    assert_string_equal(label, "1e+09");
}

static void ranges_are_widened(void **state)
{
    (void)state;
    static const double points[] = {0, 1, -5, 1e300, 1e-300};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        double low = points[i], high = points[i];
        range_widen(&low, &high, 0.03);
        assert_true(low < high && isfinite(low) && isfinite(high));
        assert_true(low <= points[i] && points[i] <= high);
    }
}

/* ---- densities -------------------------------------------------------- */

static double mass_of(const double *x, const double *y)
{
    double sum = 0;
    for (int i = 0; i + 1 < DENSITY_POINTS; i++)
        sum += 0.5 * (y[i] + y[i + 1]) * (x[i + 1] - x[i]);
    return sum;
}

static void densities_have_mass_one(void **state)
{
    (void)state;
    double sorted[1000], x[DENSITY_POINTS], y[DENSITY_POINTS];
    for (int i = 0; i < 1000; i++) sorted[i] = -log(1 - (i + 0.5) / 1000);
    density_estimate(sorted, 1000, x, y);
    assert_float_equal(mass_of(x, y), 1.0, 0.01);
    for (int i = 0; i < 1000; i++) sorted[i] = i / 999.0;
    density_estimate(sorted, 1000, x, y);
    assert_float_equal(mass_of(x, y), 1.0, 0.01);
    assert_float_equal(y[DENSITY_POINTS / 2], 1.0, 0.02);
}

/* One number, and numbers that are all the same, have a curve as well. */
static void densities_of_points_are_finite(void **state)
{
    (void)state;
    static const double points[] = {0, 3, -1e10, 1e-12};
    for (size_t k = 0; k < 4; k++) {
        double same[] = {points[k], points[k], points[k]};
        for (size_t n = 1; n <= 3; n++) {
            double x[DENSITY_POINTS], y[DENSITY_POINTS];
            density_estimate(same, n, x, y);
            for (int i = 0; i < DENSITY_POINTS; i++)
                assert_true(isfinite(x[i]) && isfinite(y[i]));
            assert_true(x[0] < same[0] && same[0] < x[DENSITY_POINTS - 1]);
        }
    }
}

/* ---- dots ------------------------------------------------------------- */

static void dots_are_braille(void **state)
{
    (void)state;
    struct canvas c;
    struct text t = {0};
    assert_true(canvas_open(&c, 3, 1));
    canvas_dot(&c, 0, 0);
    canvas_dot(&c, 1, 3);
    canvas_dot(&c, -1, 0);
    canvas_dot(&c, 6, 0);
    canvas_dot(&c, 0, 4);
    assert_true(canvas_row(&t, &c, 0, false));
    assert_string_equal(t.at, "\u2881");
    text_clear(&t);
    canvas_line(&c, 0, 0, 5, 3);
    assert_true(canvas_row(&t, &c, 0, true));
    assert_int_equal(t.length, 3);
    text_free(&t);
    canvas_close(&c);
}

/* ---- figures ---------------------------------------------------------- */

static size_t widest_line(const char *s)
{
    size_t widest = 0;
    while (*s) {
        char line[1000];
        size_t length = strcspn(s, "\n");
        assert_true(length < sizeof line);
        memcpy(line, s, length);
        line[length] = 0;
        size_t columns = text_columns(line);
        if (columns > widest) widest = columns;
        s += length + (s[length] == '\n');
    }
    return widest;
}

static void curve(struct figure *f, enum mark mark, double scale)
{
    double y[50];
    for (int i = 0; i < 50; i++) y[i] = scale * sin(i / 5.0);
    y[7] = NAN;
    y[8] = INFINITY;
    struct panel *p = figure_panel(f, PANEL_SERIES, "<a&b>", "x", "y");
    assert_non_null(p);
    assert_true(panel_series(p, mark, NULL, y, 50));
    assert_int_equal(p->not_finite, 2);
}

static void text_keeps_to_the_width(void **state)
{
    (void)state;
    static const double scales[] = {1, 1e-200, 1e307, 0, 12345.678};
    for (size_t i = 0; i < 5; i++) {
        for (int mark = MARK_LINE; mark <= MARK_POINTS; mark++) {
            struct figure f;
            struct text t = {0};
            assert_true(figure_open(&f, "title"));
            curve(&f, (enum mark)mark, scales[i]);
            assert_true(figure_text(&t, &f, &plain));
            assert_in_range(widest_line(t.at), 70, 80);
            assert_true(figure_text(&t, &f, &ascii));
            assert_non_null(strstr(t.at, "2 points are not finite"));
            text_free(&t);
            figure_close(&f);
        }
    }
}

static size_t times(const char *text, const char *what)
{
    size_t n = 0;
    for (; (text = strstr(text, what)); text++) n++;
    return n;
}

static void svg_is_whole(void **state)
{
    (void)state;
    struct figure f;
    struct text t = {0};
    assert_true(figure_open(&f, "\"<script>\" & \x01 \xff caf\xc3\xa9"));
    curve(&f, MARK_AREA, 1);
    curve(&f, MARK_POINTS, 1e300);
    assert_true(figure_svg(&t, &f, &theme_amber));
    assert_null(strstr(t.at, "<script"));
    assert_null(strstr(t.at, "nan"));
    assert_null(strstr(t.at, "inf"));
    assert_null(strchr(t.at, '\x01'));
    assert_null(strchr(t.at, '\xff'));
    assert_non_null(strstr(t.at, "&quot;&lt;script&gt;&quot; &amp;"));
    assert_non_null(strstr(t.at, "caf\xc3\xa9"));
    assert_int_equal(times(t.at, "<text"), times(t.at, "</text>"));
    assert_int_equal(times(t.at, "<circle"), 48);
    assert_string_equal(t.at + t.length - 7, "</svg>\n");
    text_free(&t);
    figure_close(&f);
}

/* A million points make a small file. */
static void svg_is_small(void **state)
{
    (void)state;
    enum { N = 1000000 };
    double *y = malloc(N * sizeof *y);
    assert_non_null(y);
    for (int i = 0; i < N; i++) y[i] = sin(i * 1e-3) + (i % 7);
    for (int mark = MARK_LINE; mark <= MARK_POINTS; mark++) {
        struct figure f;
        struct text t = {0};
        assert_true(figure_open(&f, NULL));
        struct panel *p = figure_panel(&f, PANEL_SERIES, NULL, NULL, NULL);
        assert_non_null(p);
        assert_true(panel_series(p, (enum mark)mark, NULL, y, N));
        assert_true(figure_svg(&t, &f, &theme_light));
        assert_in_range(t.length, 1000,
                        mark == MARK_POINTS ? 40000000 : 200000);
        text_free(&t);
        figure_close(&f);
    }
    free(y);
}

static void negative_bars_lie_left(void **state)
{
    (void)state;
    struct bars b = {0};
    struct text t = {0};
    assert_true(bars_open(&b, 2));
    for (int i = 0; i < 2; i++) {
        struct bar *bar = &b.at[b.count++];
        bar->value = i ? 2 : -2;
        assert_true(text_puts(&bar->label, i ? "up" : "down"));
    }
    assert_true(bars_text(&t, &b, &(struct look){.ascii = true, .width = 40}));
    const char *down = strchr(t.at, '#'), *end = strchr(t.at, '\n');
    const char *up = strchr(end, '#');
    size_t left = (size_t)(end - t.at), right = (size_t)(up - end - 1);
    assert_true(down < end);
    assert_int_equal(left, right);
    text_free(&t);
    bars_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_nice_and_grow),
        cmocka_unit_test(ticks_lie_within),
        cmocka_unit_test(ticks_are_labelled_alike),
        cmocka_unit_test(ranges_are_widened),
        cmocka_unit_test(densities_have_mass_one),
        cmocka_unit_test(densities_of_points_are_finite),
        cmocka_unit_test(dots_are_braille),
        cmocka_unit_test(text_keeps_to_the_width),
        cmocka_unit_test(svg_is_whole),
        cmocka_unit_test(svg_is_small),
        cmocka_unit_test(negative_bars_lie_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
