/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Figures: what is in them: see figure.h.
 */
#include "plot/figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/axis.h"
#include "plot/density.h"

/* ---- making ----------------------------------------------------------- */

static bool copy(char **to, const char *s)
{
    *to = s ? strdup(s) : NULL;
    return *to || !s;
}

bool figure_open(struct figure *f, const char *title)
{
    *f = (struct figure){0};
    return copy(&f->title, title);
}

void figure_close(struct figure *f)
{
    for (size_t i = 0; i < f->count; i++) {
        struct panel *p = &f->panels[i];
        free(p->title);
        free(p->x_name);
        free(p->y_name);
        bars_close(&p->bars);
        for (size_t k = 0; k < p->count; k++) {
            free(p->series[k].x);
            free(p->series[k].y);
        }
    }
    free(f->title);
    *f = (struct figure){0};
}

struct panel *figure_panel(struct figure *f, enum panel_kind kind,
                           const char *title, const char *x_name,
                           const char *y_name)
{
    if (f->count == PANELS_MAX) return NULL;
    struct panel *p = &f->panels[f->count++];
    *p = (struct panel){.kind = kind};
    return copy(&p->title, title) && copy(&p->x_name, x_name) &&
                   copy(&p->y_name, y_name)
               ? p
               : NULL;
}

static void add_point(struct series *s, double x, double y)
{
    if (s->count == 0 || x < s->low_x) s->low_x = x;
    if (s->count == 0 || x > s->high_x) s->high_x = x;
    if (s->count == 0 || y < s->low_y) s->low_y = y;
    if (s->count == 0 || y > s->high_y) s->high_y = y;
    s->x[s->count] = x;
    s->y[s->count++] = y;
}

bool panel_series(struct panel *p, enum mark mark, const double *x,
                  const double *y, size_t count)
{
    if (p->count == SERIES_MAX) return false;
    struct series *s = &p->series[p->count++];
    *s = (struct series){.mark = mark};
    s->x = malloc((count + 1) * sizeof *s->x);
    s->y = malloc((count + 1) * sizeof *s->y);
    if (!s->x || !s->y) return false;
    for (size_t i = 0; i < count; i++) {
        double at = x ? x[i] : (double)i + 1.0;
        if (isfinite(at) && isfinite(y[i]))
            add_point(s, at, y[i]);
        else
            p->not_finite++;
    }
    return true;
}

bool panel_density(struct panel *p, const double *sorted, size_t n)
{
    double x[DENSITY_POINTS], y[DENSITY_POINTS];
    if (n == 0) return true;
    density_estimate(sorted, n, x, y);
    return panel_series(p, MARK_AREA, x, y, DENSITY_POINTS);
}

/* ---- ranges ----------------------------------------------------------- */

enum { MARGIN_PERCENT = 3 };

bool panel_ranges(const struct panel *p, struct range *x, struct range *y)
{
    bool any = false, area = false, points = false;
    *x = *y = (struct range){INFINITY, -INFINITY};
    for (size_t i = 0; i < p->count; i++) {
        const struct series *s = &p->series[i];
        if (s->count == 0) continue;
        any = true;
        area = area || s->mark == MARK_AREA;
        points = points || s->mark == MARK_POINTS;
        x->low = fmin(x->low, s->low_x);
        x->high = fmax(x->high, s->high_x);
        y->low = fmin(y->low, s->low_y);
        y->high = fmax(y->high, s->high_y);
    }
    range_widen(&x->low, &x->high, points ? MARGIN_PERCENT / 100.0 : 0.0);
    if (area) y->low = fmin(y->low, 0.0);
    bool at_zero = area && y->low == 0.0;
    range_widen(&y->low, &y->high, MARGIN_PERCENT / 100.0);
    if (at_zero) y->low = 0.0;
    return any;
}
