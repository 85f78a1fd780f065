/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Divergences, energies and trees in words: see sampler_report.h.
 */
#include "session/sampler_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "eval/print.h"
#include "session/complaint.h"
#include "session/summary.h"

/* ---- counting --------------------------------------------------------- */

/* Draws in which a column is at least x. */
static size_t count_from(const struct column *c, double x)
{
    size_t n = 0;
    for (size_t i = 0; c && i < c->length; i++) n += c->at[i] >= x;
    return n;
}

static double largest(const struct column *c)
{
    double x = 0.0;
    for (size_t i = 0; c && i < c->length; i++) x = fmax(x, c->at[i]);
    return x;
}

static double ebfmi_of(const struct drawn *d, size_t chain)
{
    const struct column *energy = drawn_own(d, "energy__");
    return energy
               ? energy_information(energy->at + chain * d->length, d->length)
               : NAN;
}

/* ---- where draws diverge ---------------------------------------------- */

/* So many standard deviations apart are no chance, also when many columns
 * are looked at. */
static const double APART = 5.0;
enum { DIVERGENCES_FEW = 5 };

/* The column in which divergent draws are most unlike the others; NULL: they
 * are everywhere. *apart says which way. false when memory ran out. */
static bool find_place(const struct drawn *d, const bool *divergent,
                       const struct column **out, double *apart)
{
    *out = NULL;
    *apart = 0.0;
    for (size_t i = 0; i < d->count; i++) {
        const struct column *c = &d->columns[i];
        if (c->kind == COLUMN_LEVELS || c->length != d->chains * d->length)
            continue;
        double z = marked_apart(c->at, divergent, c->length);
        if (isnan(z)) return false;
        if (fabs(z) < APART || fabs(z) <= fabs(*apart)) continue;
        *apart = z;
        *out = c;
    }
    return true;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of the draws that are divergent, or of those that are not. */
static double median_of(const struct column *c, const bool *divergent,
                        bool which)
{
    double *x = calloc(c->length + 1, sizeof *x);
    size_t n = 0;
    if (!x) return NAN;
    for (size_t i = 0; i < c->length; i++)
        if (divergent[i] == which) x[n++] = c->at[i];
    qsort(x, n, sizeof *x, ascending);
    double median = quantile_of_sorted(x, n, 0.5);
    free(x);
    return median;
}

static bool add_place(struct text *out, const struct drawn *d,
                      const bool *divergent)
{
    const struct column *c;
    double apart;
    if (!find_place(d, divergent, &c, &apart)) return false;
    if (!c) return text_puts(out, ", not in one place");
    return text_printf(out, ", where `%s` is %s (%.3g, elsewhere %.3g)",
                       c->name, apart > 0 ? "high" : "low",
                       median_of(c, divergent, true),
                       median_of(c, divergent, false)) &&
           text_puts(out, ". A step is too long there: a higher "
                          ":target-accept may do, or another form of the "
                          "model.\n") &&
           summary_place(out, c);
}

static bool add_divergences(struct text *out, const struct drawn *d)
{
    const struct column *c = drawn_own(d, "divergent__");
    size_t count = count_from(c, 0.5);
    char some[32], all[32];
    if (!count) return true;
    bool *divergent = calloc(c->length, sizeof *divergent);
    if (!divergent) return false;
    for (size_t i = 0; i < c->length; i++) divergent[i] = c->at[i] >= 0.5;
    bool good = text_printf(out, "Not to be trusted: %s of %s draws diverged",
                            grouped(count, some), grouped(c->length, all));
    if (good && count >= DIVERGENCES_FEW) good = add_place(out, d, divergent);
    if (good && out->at[out->length - 1] != '\n')
        good = text_puts(out, ". A higher :target-accept may do.\n");
    free(divergent);
    return good;
}

/* ---- energies and trees ----------------------------------------------- */

static bool add_energies(struct text *out, const struct drawn *d)
{
    size_t worst = 0, ill = 0;
    for (size_t i = 0; i < d->chains; i++) {
        ill += ebfmi_of(d, i) < EBFMI_LEAST;
        if (ebfmi_of(d, i) < ebfmi_of(d, worst)) worst = i;
    }
    return !ill ||
           text_printf(out,
                       "The energy hardly moves: E-BFMI %.2f in chain %zu, "
                       "and should be %g at least. Its tails are long: "
                       "another form of the model may do.\n",
                       ebfmi_of(d, worst), worst + 1, EBFMI_LEAST);
}

static bool add_trees(struct text *out, const struct drawn *d)
{
    const struct column *depth = drawn_own(d, "treedepth__");
    char some[32], all[32];
    if (!depth || isnan(d->depth)) return true;
    size_t cut = count_from(depth, d->depth);
    return !cut ||
           text_printf(out,
                       "%s of %s draws stopped at tree depth %g: slow, not "
                       "wrong; a higher :max-depth may do.\n",
                       grouped(cut, some), grouped(depth->length, all),
                       d->depth);
}

bool sampler_verdict(struct text *out, const struct drawn *d)
{
    return add_divergences(out, d) && add_energies(out, d) && add_trees(out, d);
}

/* ---- figures ---------------------------------------------------------- */

static bool answer_energies(const struct drawn *d, struct answer *a)
{
    struct text line = {0}, json = {0};
    bool good = text_puts(&json, "[");
    for (size_t i = 0; good && i < d->chains; i++)
        good = text_printf(&line, "%s%.2f", i ? " " : "", ebfmi_of(d, i)) &&
               (i == 0 || text_puts(&json, ",")) &&
               print_json(&json, v_double(ebfmi_of(d, i)));
    if ((good = good && text_puts(&json, "]"))) {
        answer_string(a, "E-BFMI", NULL, line.at);
        answer_block(a, NULL, "ebfmi", json.at);
    }
    text_free(&line);
    text_free(&json);
    return good;
}

bool sampler_answer(const struct drawn *d, struct answer *a)
{
    const struct column *divergent = drawn_own(d, "divergent__");
    const struct column *depth = drawn_own(d, "treedepth__");
    char line[80];
    size_t count = count_from(divergent, 0.5);
    if (divergent) {
        grouped(count, line);
        answer_string(a, "divergences", NULL, line);
    }
    answer_integer(a, NULL, "divergences", (int64_t)count);
    if (depth) {
        snprintf(line, sizeof line, "at most %g", largest(depth));
        answer_string(a, "tree depth", NULL, line);
        answer_integer(a, NULL, "treedepth", (int64_t)largest(depth));
    }
    return !drawn_own(d, "energy__") || d->length == 0 || answer_energies(d, a);
}
