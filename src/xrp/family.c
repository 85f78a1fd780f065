/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The shared part of the families that is not on the quick path: words for
 * parameters out of their domain, and opening lists and vectors.
 */
#include "xrp/family.h"

#include <float.h>
#include <stdio.h>

static const char *const domain_words[] = {
    [REAL] = "must be a finite number",
    [POSITIVE] = "must be positive",
    [AT_LEAST_0] = "must be at least 0 and finite",
    [PROBABILITY] = "must be between 0 and 1",
    [PROBABILITY_ABOVE_0] = "must be above 0 and at most 1",
    [OPEN_UNIT] = "must be above 0 and below 1",
    [EXTENDED] = "must be a number",
    [WHOLE] = "must be a whole number",
    [WHOLE_POSITIVE] = "must be a whole number above 0",
    [WHOLE_AT_LEAST_0] = "must be a whole number, at least 0",
    [DIMENSION] = "must be a whole number from 1 to 16777216",
};

const char *value_words(value v, char *buffer, size_t size)
{
    if (is_int(v))
        snprintf(buffer, size, "%lld", (long long)as_int(v));
    else if (is_double(v))
        snprintf(buffer, size, "%.15g", as_double(v));
    else
        snprintf(buffer, size, "%s", type_name(v));
    return buffer;
}

bool parameters_explain(const struct parameter *rows, int row_count,
                        const value *args, int count, char *words, size_t size)
{
    for (int i = 0; i < row_count && i < count; i++) {
        double x;
        if (parameter_read(&rows[i], args, count, i, &x)) continue;
        char got[96];
        value_words(args[i], got, sizeof got);
        snprintf(words, size, "%s %s, got %s", rows[i].name,
                 domain_words[rows[i].domain], got);
        return true;
    }
    return false;
}

double real_draw(double x) { return fmin(fmax(x, -DBL_MAX), DBL_MAX); }

double positive_draw(double x) { return fmin(fmax(x, DBL_MIN), DBL_MAX); }

bool series_open(struct series *s, value v)
{
    *s = (struct series){.list = V_UNBOUND};
    if (is_vector(v)) {
        struct vector *vector = as_vector(v);
        s->count = vector->head.size;
        s->at = vector->at;
        return vector->columns == 0;
    }
    if (!is_list(v)) return false;
    s->count = list_length(v);
    s->list = v;
    return true;
}

void series_of(struct series *s, const value *items, int count)
{
    *s = (struct series){(uint32_t)count, V_UNBOUND, NULL, items};
}

bool series_spread(struct series *s, const value *items, int count)
{
    if (count == 1 && !is_number(items[0])) return series_open(s, items[0]);
    series_of(s, items, count);
    return true;
}

bool weights_explain(const value *items, int count, bool strict,
                     const char *name, char *words, size_t size)
{
    struct series s;
    char got[96];
    if (!series_spread(&s, items, count))
        return weights_list_explain(items[0], strict, name, words, size);
    if (s.count == 0) {
        snprintf(words, size, "there must be at least one %s", name);
        return true;
    }
    double sum = 0.0;
    for (uint32_t i = 0; i < s.count; i++) {
        value v = series_next(&s);
        double x;
        if (real_of(v, &x) && x < INFINITY && (strict ? x > 0.0 : x >= 0.0)) {
            sum += x;
            continue;
        }
        snprintf(words, size, "%s %u must be %s, got %s", name, (unsigned)i,
                 strict ? "positive" : "at least 0 and finite",
                 value_words(v, got, sizeof got));
        return true;
    }
    if (sum > 0.0 && sum < INFINITY) return false;
    snprintf(words, size, "%ss sum to %s", name,
             sum > 0.0 ? "more than a number can hold" : "zero");
    return true;
}

bool weights_list_explain(value v, bool strict, const char *name, char *words,
                          size_t size)
{
    struct series s;
    char got[96];
    if (series_open(&s, v))
        return weights_explain(&v, 1, strict, name, words, size);
    snprintf(words, size, "%ss must be a list or vector of numbers, got %s",
             name, value_words(v, got, sizeof got));
    return true;
}

bool enumerate_onto(value element, value *list)
{
    value longer = cons(element, *list);
    if (longer == V_UNBOUND) return false;
    *list = longer;
    return true;
}

bool enumerate_below(double n, value *list)
{
    if (!(n <= ENUMERATE_MAX)) return false;
    *list = V_NIL;
    for (int64_t i = (int64_t)n - 1; i >= 0; i--)
        if (!enumerate_onto(v_int(i), list)) return false;
    return true;
}
