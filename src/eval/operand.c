/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Checks of the operands of primitives. It knows values and error messages,
 * and no primitive.
 */
#include "eval/operand.h"

#include "base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

bool answer_array(struct machine *m, size_t rows, size_t columns, value *out,
                  double **at)
{
    value made = vector_make(rows, columns);
    if (made == V_UNBOUND) return machine_no_memory(m);
    *out = made;
    *at = as_vector(made)->at;
    return true;
}

bool value_integer(value v, int64_t *out)
{
    if (is_int(v)) {
        *out = as_int(v);
        return true;
    }
    if (!is_double(v)) return false;
    double d = as_double(v);
    if (!(fabs(d) <= 0x1p53) || d != trunc(d)) return false;
    *out = (int64_t)d;
    return true;
}

value value_whole(double d)
{
    if (!(fabs(d) <= (double)INT_MAX_EXACT) || d != trunc(d))
        return v_double(d);
    return v_int((int64_t)d);
}

bool operand_number(struct machine *m, const char *who, value v, double *out)
{
    if (!is_number(v)) return machine_type_error(m, who, "a number", v);
    *out = as_number(v);
    return true;
}

bool operand_integer(struct machine *m, const char *who, value v, int64_t *out)
{
    if (value_integer(v, out)) return true;
    return machine_type_error(m, who, "an integer", v);
}

bool operand_count(struct machine *m, const char *who, value v, size_t *out)
{
    int64_t i;
    if (!value_integer(v, &i))
        return machine_type_error(m, who, "a count (an integer, 0 or more)", v);
    if (i < 0)
        return machine_domain_error(m, "%s: a count cannot be %lld", who,
                                    (long long)i);
    if (i > COUNT_MAX)
        return machine_domain_error(m, "%s: a count of %lld is too large", who,
                                    (long long)i);
    *out = (size_t)i;
    return true;
}

bool operand_list(struct machine *m, const char *who, value v)
{
    return is_list(v) || machine_type_error(m, who, "a list", v);
}

bool operand_vector(struct machine *m, const char *who, value v,
                    struct vector **out)
{
    if (!is_vector(v) || as_vector(v)->columns)
        return machine_type_error(m, who, "a vector", v);
    *out = as_vector(v);
    return true;
}

bool operand_matrix(struct machine *m, const char *who, value v,
                    struct vector **out)
{
    if (!is_vector(v) || !as_vector(v)->columns)
        return machine_type_error(m, who, "a matrix", v);
    *out = as_vector(v);
    return true;
}

bool operand_array(struct machine *m, const char *who, value v,
                   struct vector **out)
{
    if (!is_vector(v))
        return machine_type_error(m, who, "a vector or a matrix", v);
    *out = as_vector(v);
    return true;
}

bool operand_string(struct machine *m, const char *who, value v,
                    struct string **out)
{
    if (!is_string(v)) return machine_type_error(m, who, "a string", v);
    *out = as_string(v);
    return true;
}

bool operand_text(struct machine *m, const char *who, value v,
                  struct string **out)
{
    if (!is_string(v) && !is_symbol(v))
        return machine_type_error(m, who, "a string or a symbol", v);
    *out = as_string(v);
    return true;
}

bool operand_record(struct machine *m, const char *who, value v,
                    struct record **out)
{
    if (!is_type(v, T_RECORD)) return machine_type_error(m, who, "a record", v);
    *out = as_object(v);
    return true;
}

/* ---- numbers ---------------------------------------------------------- */

static bool fill_doubles(struct machine *m, const char *who, value list,
                         double *at)
{
    for (; list != V_NIL; list = cdr(list)) {
        value v = car(list);
        if (is_number(v))
            *at++ = as_number(v);
        else if (is_boolean(v))
            *at++ = v == V_TRUE;
        else
            return machine_type_error(m, who, "numbers only", v);
    }
    return true;
}

static bool numbers_of_list(struct machine *m, const char *who, value list,
                            struct vector **out)
{
    value made = V_UNBOUND;
    double *at = NULL;
    if (!answer_array(m, list_length(list), 0, &made, &at) ||
        !fill_doubles(m, who, list, at))
        return false;
    *out = as_vector(made);
    return true;
}

bool operand_numbers(struct machine *m, const char *who, value v,
                     struct vector **out)
{
    return is_list(v) ? numbers_of_list(m, who, v, out)
                      : operand_vector(m, who, v, out);
}

bool operand_columns(struct machine *m, const char *who, value v,
                     struct vector **out)
{
    return is_list(v) ? numbers_of_list(m, who, v, out)
                      : operand_array(m, who, v, out);
}

bool operand_doubles(struct machine *m, const char *who, value v,
                     struct doubles *out)
{
    out->owned = NULL;
    if (is_vector(v)) {
        out->at = as_vector(v)->at;
        out->count = as_vector(v)->head.size;
        return true;
    }
    if (!is_list(v))
        return machine_type_error(m, who, "a list or a vector of numbers", v);
    out->count = list_length(v);
    out->at = out->owned = memory_new_atomic((out->count + 1) * sizeof(double));
    if (!out->owned) return machine_no_memory(m);
    if (fill_doubles(m, who, v, out->owned)) return true;
    doubles_close(out);
    return false;
}

void doubles_close(struct doubles *d)
{
    memory_free(d->owned);
    d->owned = NULL;
}

/* ---- errors ----------------------------------------------------------- */

bool operand_error(struct machine *m, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_set_list(&m->error, ERROR_TYPE, format, arguments);
    va_end(arguments);
    return false;
}

const char *shape_text(value v, char *buffer)
{
    if (is_pair(v) && is_list(v)) {
        snprintf(buffer, SHAPE_TEXT, "a list of %u", list_length(v));
        return buffer;
    }
    if (!is_vector(v)) return type_name(v);
    const struct vector *x = as_vector(v);
    if (x->columns)
        snprintf(buffer, SHAPE_TEXT, "a %u x %u matrix", x->rows, x->columns);
    else
        snprintf(buffer, SHAPE_TEXT, "a vector of %u", x->rows);
    return buffer;
}
