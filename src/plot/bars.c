/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bars as text: see bars.h. Lengths are drawn to an eighth of a character.
 */
#include "plot/bars.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LABEL_MAX = 32, /* characters of a label; longer ones are cut */
    BAR_MIN = 8,
    BAR_MAX = 48
};

bool bars_open(struct bars *b, size_t room)
{
    b->at = calloc(room + 1, sizeof *b->at);
    return b->at != NULL;
}

void bars_close(struct bars *b)
{
    for (size_t i = 0; i < b->count; i++) text_free(&b->at[i].label);
    free(b->at);
    *b = (struct bars){0};
}

/* ---- one bar ---------------------------------------------------------- */

/* A bar of `share` of `room` characters, to an eighth of one. */
static bool add_bar(struct text *out, double share, size_t room, bool ascii)
{
    static const char *const eighths[] = {"",  "▏", "▎", "▍",
                                          "▌", "▋", "▊", "▉"};
    size_t parts = (size_t)(share * (double)room * 8.0 + 0.5);
    if (share > 0.0 && parts == 0) parts = 1;
    size_t whole = ascii ? (parts + 4) / 8 : parts / 8;
    for (size_t i = 0; i < whole; i++) {
        if (!text_puts(out, ascii ? "#" : "█")) return false;
    }
    if (ascii) return whole > 0 || parts == 0 || text_puts(out, ".");
    return text_puts(out, eighths[parts % 8]);
}

/* The same to the left of zero, to a half. */
static bool add_left_bar(struct text *out, double share, size_t room,
                         bool ascii)
{
    size_t halves = (size_t)(share * (double)room * 2.0 + 0.5);
    if (share > 0.0 && halves == 0) halves = 1;
    size_t whole = halves / 2;
    bool half = halves % 2;
    if (!text_printf(out, "%*s", (int)(room - whole - half), "")) return false;
    if (half && !text_puts(out, ascii ? "#" : "▐")) return false;
    for (size_t i = 0; i < whole; i++)
        if (!text_puts(out, ascii ? "#" : "█")) return false;
    return true;
}

/* ---- all of them ------------------------------------------------------ */

/* How wide the parts of a line are. */
struct measures {
    size_t label, bar;
    size_t left;            /* of the bar, below zero */
    double largest, lowest; /* lengths, the lowest 0 or less */
    int digits;             /* of the widest number */
    bool ascii;
};

enum { NUMBER = 32 };

static void show_number(const struct bars *b, double x, char number[NUMBER])
{
    snprintf(number, NUMBER, b->counts ? "%.0f" : "%.4g", x);
}

static bool set_number(struct text *out, const struct bars *b, double x,
                       const struct measures *m)
{
    char number[NUMBER];
    show_number(b, x, number);
    if (!text_printf(out, "  %*s", m->digits, number)) return false;
    return !b->counts || text_printf(out, "  %5.1f%%",
                                     b->total ? 100.0 * (x / b->total) : 0.0);
}

static bool set_bar(struct text *out, double x, const struct measures *m)
{
    double reach = m->largest - m->lowest;
    size_t right = m->bar - m->left;
    if (m->left && x < 0.0)
        return text_puts(out, "  ") &&
               add_left_bar(out, x / m->lowest, m->left, m->ascii);
    if (x == 0.0 || reach == 0.0) return true;
    return text_printf(out, "  %*s", (int)m->left, "") &&
           add_bar(out, x / m->largest, right, m->ascii);
}

static bool measure(struct measures *m, struct bars *b, const struct look *look)
{
    *m = (struct measures){.ascii = look->ascii};
    for (size_t i = 0; i < b->count; i++) {
        struct bar *bar = &b->at[i];
        char number[NUMBER];
        if (!text_cut(&bar->label, LABEL_MAX, look)) return false;
        size_t columns = text_columns(bar->label.at);
        if (columns > m->label) m->label = columns;
        m->largest = fmax(m->largest, bar->value);
        m->lowest = fmin(m->lowest, bar->value);
        show_number(b, bar->value, number);
        int digits = (int)strlen(number);
        if (digits > m->digits) m->digits = digits;
    }
    size_t before = m->label + 2 + (size_t)m->digits + (b->counts ? 8 : 0) + 2;
    size_t width = look_width(look);
    m->bar = width > before + BAR_MIN ? width - before : BAR_MIN;
    if (m->bar > BAR_MAX) m->bar = BAR_MAX;
    if (m->lowest < 0.0) {
        double low = 0.5 * m->lowest, share = low / (low - 0.5 * m->largest);
        m->left = (size_t)(share * (double)(m->bar - 2)) + 1;
    }
    return true;
}

bool bars_text(struct text *out, struct bars *b, const struct look *look)
{
    struct measures m;
    if (!measure(&m, b, look)) return false;
    for (size_t i = 0; i < b->count; i++) {
        const struct bar *bar = &b->at[i];
        if (!text_padded(out, bar->label.at, m.label, b->right) ||
            !set_number(out, b, bar->value, &m) ||
            !set_bar(out, bar->value, &m) || !text_puts(out, "\n"))
            return false;
    }
    if (b->more > 0 &&
        !text_printf(out, "%s and %zu more values, %.0f times in all\n",
                     look_dots(look), b->more, b->unshown)) {
        return false;
    }
    return b->not_finite == 0 ||
           text_printf(out, "%zu of them %s not finite\n", b->not_finite,
                       b->not_finite == 1 ? "is" : "are");
}
