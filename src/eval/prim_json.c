/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives: data from JSON files. An array of numbers becomes a vector as
 * it is read, an array of such rows of one length a matrix; an object is a
 * record, anything else in brackets a list. What is open is kept in a chain
 * of blocks, so depth costs memory and no C stack. It knows nothing of what
 * the data are used for.
 */
#include "base/json.h"
#include "base/memory.h"
#include "eval/data_file.h"
#include "eval/numeral.h"
#include "eval/operand.h"
#include "eval/prim_tables.h"
#include "eval/row.h"
#include "eval/scratch.h"

#include <math.h>
#include <stdlib.h>

enum { TOKENS_PER_POLL = 1 << 14 };

/* What an array holds so far. */
enum content { NOTHING, NUMBERS, ROWS, VALUES };

/* A bracket or a brace that is open. */
struct open {
    struct open *outer;
    bool object;
    enum content content;
    double *numbers; /* of malloc: NUMBERS, and ROWS one after another */
    size_t count, room, columns;
    struct scratch values; /* VALUES; of an object, names and values in turn */
    uint64_t line;
};

/* What may come next. */
enum expect {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_END, /* behind [ */
    EXPECT_NAME,
    EXPECT_NAME_OR_END, /* behind { */
    EXPECT_COLON,
    EXPECT_COMMA_OR_END,
    EXPECT_NOTHING
};

struct document {
    struct machine *m;
    struct json json;
    struct open *open; /* the innermost */
    enum expect expect;
    value result;
};

/* ---- errors ----------------------------------------------------------- */

static const char *const expected_words[] = {
    [EXPECT_VALUE] = "a value",
    [EXPECT_VALUE_OR_END] = "a value or ]",
    [EXPECT_NAME] = "a name in quotes",
    [EXPECT_NAME_OR_END] = "a name in quotes or }",
    [EXPECT_COLON] = "a colon",
    [EXPECT_COMMA_OR_END] = "a comma or the closing bracket",
    [EXPECT_NOTHING] = "nothing more",
};

static bool refuse(struct document *d)
{
    enum { SHOWN = 40 };
    int shown = d->json.length < SHOWN ? (int)d->json.length : SHOWN;
    return json_error(&d->json, d->json.line, "expected %s, got %.*s",
                      expected_words[d->expect], shown, d->json.text);
}

static bool refuse_end(struct document *d)
{
    if (!d->open) return json_error(&d->json, 0, "is empty");
    return json_error(&d->json, d->json.line,
                      "ends too soon: the %c of line %llu is not closed",
                      d->open->object ? '{' : '[',
                      (unsigned long long)d->open->line);
}

/* ---- arrays ----------------------------------------------------------- */

static bool reserve(struct document *d, struct open *a, size_t more)
{
    if (a->count + more <= a->room) return true;
    size_t room = a->room ? a->room : 64;
    while (room < a->count + more) room *= 2;
    if (room > COUNT_MAX)
        return json_error(&d->json, d->json.line, "too many numbers");
    double *grown = data_grow(d->m, a->numbers, room);
    if (!grown) return false;
    a->numbers = grown;
    a->room = room;
    return true;
}

static bool finish_numbers(struct document *d, const double *from, size_t rows,
                           size_t columns, value *out)
{
    size_t count = rows * (columns ? columns : 1);
    double *at;
    if (!answer_array(d->m, rows, columns, out, &at)) return false;
    if (count) memcpy(at, from, count * sizeof *at);
    return true;
}

/* It turns out to be no array of numbers. */
static bool become_values(struct document *d, struct open *a)
{
    size_t step = a->content == ROWS ? a->columns : 1;
    for (size_t i = 0; i < a->count; i += step) {
        value v = v_double(0);
        if (a->content == NUMBERS)
            v = value_whole(a->numbers[i]);
        else if (!finish_numbers(d, a->numbers + i, step, 0, &v))
            return false;
        if (!scratch_push(d->m, &a->values, v)) return false;
    }
    free(a->numbers);
    a->numbers = NULL;
    a->content = VALUES;
    return true;
}

static bool add_numbers(struct document *d, struct open *a, const double *from,
                        size_t count)
{
    if (!reserve(d, a, count)) return false;
    memcpy(a->numbers + a->count, from, count * sizeof *from);
    a->count += count;
    return true;
}

static bool add_element(struct document *d, struct open *a, value v)
{
    bool first = a->content == NOTHING;
    if (is_number(v) && (first || a->content == NUMBERS)) {
        double x = as_number(v);
        a->content = NUMBERS;
        return add_numbers(d, a, &x, 1);
    }
    const struct vector *row = is_vector(v) ? as_vector(v) : NULL;
    if (row && !row->columns && row->rows &&
        (first || (a->content == ROWS && a->columns == row->rows))) {
        a->content = ROWS;
        a->columns = row->rows;
        return add_numbers(d, a, row->at, row->rows);
    }
    if (a->content != VALUES && !become_values(d, a)) return false;
    return scratch_push(d->m, &a->values, v);
}

static bool finish_array(struct document *d, struct open *a, value *out)
{
    if (a->content == VALUES) return scratch_list(d->m, &a->values, out);
    if (a->content != ROWS)
        return finish_numbers(d, a->numbers, a->count, 0, out);
    return finish_numbers(d, a->numbers, a->count / a->columns, a->columns,
                          out);
}

/* ---- objects ---------------------------------------------------------- */

static int by_word(const void *a, const void *b)
{
    const value *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Of two values of one name neither could be meant. */
static bool names_differ(struct document *d, const struct record *r)
{
    size_t count = r->head.size;
    value *names = memory_new((count + 1) * sizeof *names);
    if (!names) return machine_no_memory(d->m);
    for (size_t i = 0; i < count; i++) names[i] = r->fields[2 * i];
    qsort(names, count, sizeof *names, by_word);
    value twice = V_UNBOUND;
    for (size_t i = 1; i < count && twice == V_UNBOUND; i++)
        if (names[i] == names[i - 1]) twice = names[i];
    memory_free(names);
    return twice == V_UNBOUND ||
           json_error(&d->json, d->json.line,
                      "a second value of the name %.80s", text_of(twice));
}

static bool finish_object(struct document *d, struct open *o, value *out)
{
    value made = record_make(o->values.length / 2);
    if (made == V_UNBOUND) return machine_no_memory(d->m);
    struct record *r = as_object(made);
    memcpy(r->fields, o->values.at, o->values.length * sizeof *r->fields);
    *out = made;
    return names_differ(d, r);
}

/* ---- brackets --------------------------------------------------------- */

static bool open_bracket(struct document *d, bool object)
{
    struct open *o = memory_new(sizeof *o);
    if (!o) return machine_no_memory(d->m);
    o->outer = d->open;
    o->object = object;
    o->line = d->json.line;
    scratch_open(&o->values);
    d->open = o;
    d->expect = object ? EXPECT_NAME_OR_END : EXPECT_VALUE_OR_END;
    return true;
}

static void drop_bracket(struct document *d)
{
    struct open *o = d->open;
    d->open = o->outer;
    free(o->numbers);
    scratch_close(&o->values);
    memory_free(o);
}

static bool put(struct document *d, value v)
{
    struct open *o = d->open;
    d->expect = o ? EXPECT_COMMA_OR_END : EXPECT_NOTHING;
    if (!o) {
        d->result = v;
        return true;
    }
    return o->object ? scratch_push(d->m, &o->values, v) : add_element(d, o, v);
}

static bool close_bracket(struct document *d)
{
    struct open *o = d->open;
    value v = V_NIL;
    bool done = o->object ? finish_object(d, o, &v) : finish_array(d, o, &v);
    if (!done) return false;
    drop_bracket(d);
    return put(d, v);
}

/* ---- tokens ----------------------------------------------------------- */

static bool is_value_expected(const struct document *d)
{
    return d->expect == EXPECT_VALUE || d->expect == EXPECT_VALUE_OR_END;
}

static bool take_mark(struct document *d, char c)
{
    bool inside = d->open != NULL, in_object = inside && d->open->object;
    switch (c) {
    case '[':
    case '{':
        if (!is_value_expected(d)) return refuse(d);
        return open_bracket(d, c == '{');
    case ']':
        if (!inside || in_object ||
            (d->expect != EXPECT_COMMA_OR_END &&
             d->expect != EXPECT_VALUE_OR_END))
            return refuse(d);
        return close_bracket(d);
    case '}':
        if (!in_object || (d->expect != EXPECT_COMMA_OR_END &&
                           d->expect != EXPECT_NAME_OR_END))
            return refuse(d);
        return close_bracket(d);
    case ',':
        if (d->expect != EXPECT_COMMA_OR_END) return refuse(d);
        d->expect = in_object ? EXPECT_NAME : EXPECT_VALUE;
        return true;
    default:
        if (d->expect != EXPECT_COLON) return refuse(d);
        d->expect = EXPECT_VALUE;
        return true;
    }
}

/* A name; or a string, which may be CmdStan's word for a number. */
static bool take_string(struct document *d)
{
    const struct json *j = &d->json;
    double x;
    if (d->expect == EXPECT_NAME || d->expect == EXPECT_NAME_OR_END) {
        value name = symbol_sized(j->text, j->length);
        if (name == V_UNBOUND) return machine_no_memory(d->m);
        d->expect = EXPECT_COLON;
        return scratch_push(d->m, &d->open->values, name);
    }
    if (!is_value_expected(d)) return refuse(d);
    if (j->length && data_number_word(j->text, j->length, &x))
        return put(d, v_double(x));
    value text = string_make(j->text, j->length);
    return text == V_UNBOUND ? machine_no_memory(d->m) : put(d, text);
}

static bool is_word(const struct json *j, const char *word)
{
    return j->length == strlen(word) && memcmp(j->text, word, j->length) == 0;
}

/* A number, or a word: what is missing (null) is nan. */
static bool take_plain(struct document *d)
{
    const struct json *j = &d->json;
    value number;
    double x;
    if (!is_value_expected(d)) return refuse(d);
    if (numeral_read(j->text, j->length, &number)) return put(d, number);
    if (is_word(j, "true")) return put(d, V_TRUE);
    if (is_word(j, "false")) return put(d, V_FALSE);
    if (is_word(j, "null")) return put(d, v_double(NAN));
    return data_number_word(j->text, j->length, &x) ? put(d, v_double(x))
                                                    : refuse(d);
}

static bool read_document(struct document *d)
{
    for (uint64_t tokens = 1;; tokens++) {
        bool done = false;
        switch (json_next(&d->json)) {
        case JSON_ERROR: return false;
        case JSON_END: return d->expect == EXPECT_NOTHING || refuse_end(d);
        case JSON_MARK: done = take_mark(d, *d->json.text); break;
        case JSON_STRING: done = take_string(d); break;
        case JSON_PLAIN: done = take_plain(d); break;
        }
        if (!done) return false;
        if (tokens % TOKENS_PER_POLL == 0 && !machine_poll(d->m)) return false;
    }
}

static bool load_json(struct machine *m, int n, const value *args, value *out)
{
    struct document d = {.m = m};
    struct patience patience = data_patience(m);
    const char *path;
    (void)n;
    if (!data_path(m, "load-json", args[0], &path) ||
        !json_open(&d.json, path, &patience, &m->error))
        return false;
    bool known = data_recall(m, d.json.file, primitives_json, &d.result);
    bool done = known || read_document(&d);
    while (d.open) drop_bracket(&d);
    if (done && !known)
        data_remember(m, d.json.file, primitives_json, d.result);
    json_close(&d.json);
    if (done) *out = d.result;
    return done;
}

/* ---- the table -------------------------------------------------------- */

struct primitive primitives_json[] = {
    ROW(FORCE, "data", "load-json", load_json, 1, 1, "(load-json path)",
        "What a JSON file holds: an object as a record, numbers in brackets "
        "as a vector, rows of them as a matrix, else a list; null and \"NaN\" "
        "are nan. Reads CmdStan's data files."),
};
const size_t primitives_json_count =
    sizeof primitives_json / sizeof *primitives_json;
