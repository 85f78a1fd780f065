/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives: tables of data. A file is read once, record by record, into
 * columns of doubles; a column in which a field is no number becomes a list
 * of strings, and the file is read again from its beginning. It knows
 * nothing of what columns are used for.
 */
#include "base/csv.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "eval/data_file.h"
#include "eval/index.h"
#include "eval/numeral.h"
#include "eval/operand.h"
#include "eval/row.h"
#include "eval/scratch.h"
#include "eval/sequence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 1 << 16, ROWS_PER_POLL = 4096 };

/* ---- the table while it is read --------------------------------------- */

struct column {
    value name;
    bool text;
    double *numbers;      /* of malloc; NULL while it is text */
    struct scratch words; /* strings, while it is text */
};

struct table {
    struct machine *m;
    struct csv csv;
    struct column *columns; /* scanned memory: it holds strings */
    size_t width, rows, room;
    bool header;
    value *names; /* by hash; only while columns are opened */
    size_t name_mask;
};

static inline bool field_number(const struct csv_field *field, double *out)
{
    value v;
    if (!numeral_read(field->text, field->length, &v))
        return data_number_word(field->text, field->length, out);
    *out = as_number(v);
    return true;
}

/* What is no UTF-8, or has control characters, comes from a file of another
 * kind. */
static bool is_text(const struct csv_field *field)
{
    size_t i = 0;
    while (i < field->length) {
        unsigned char c = (unsigned char)field->text[i];
        size_t step = utf8_length(field->text + i, field->length - i);
        if (!step || c == 0x7f || (c < 0x20 && !strchr("\t\n\r", c)))
            return false;
        i += step;
    }
    return true;
}

static bool add_word(struct table *t, size_t i)
{
    const struct csv_field *field = t->csv.fields + i;
    if (!is_text(field))
        return csv_error(&t->csv, t->csv.line, i + 1, "is no text in UTF-8");
    value word = string_make(field->text, field->length);
    if (word == V_UNBOUND) return machine_no_memory(t->m);
    return scratch_push(t->m, &t->columns[i].words, word);
}

static bool grow_rows(struct table *t)
{
    size_t room = t->room ? 2 * t->room : 64;
    if (room > COUNT_MAX)
        return csv_error(&t->csv, t->csv.line, 0, "too many rows");
    if (!data_fits(t->m, room * t->width)) return false;
    for (size_t i = 0; i < t->width; i++) {
        struct column *column = t->columns + i;
        if (column->text) continue;
        double *more = data_grow(t->m, column->numbers, room);
        if (!more) return false;
        column->numbers = more;
    }
    t->room = room;
    return true;
}

/* False without an error, and *again, when a column turns out to be text. */
static bool add_record(struct table *t, bool *again)
{
    if (t->csv.count != t->width)
        return csv_error(&t->csv, t->csv.line,
                         t->csv.count < t->width ? t->csv.count : t->width + 1,
                         "expected %zu fields, got %zu", t->width,
                         t->csv.count);
    if (t->rows == t->room && !grow_rows(t)) return false;
    for (size_t i = 0; i < t->width; i++) {
        struct column *column = t->columns + i;
        if (column->text) {
            if (!add_word(t, i)) return false;
        } else if (!field_number(t->csv.fields + i,
                                 column->numbers + t->rows)) {
            column->text = *again = true;
            free(column->numbers);
            column->numbers = NULL;
        }
    }
    t->rows++;
    return !*again;
}

/* ---- names ------------------------------------------------------------ */

/* A first record is names when no field of it is a number. */
static bool is_header(const struct csv *csv)
{
    for (size_t i = 0; i < csv->count; i++) {
        const struct csv_field *field = csv->fields + i;
        value number;
        if (!field->quoted && numeral_read(field->text, field->length, &number))
            return false;
    }
    return true;
}

/* Puts the name among those that were met, in a table of open addresses that
 * is at most half full; true when it stands there already. */
static bool name_is_taken(struct table *t, value name)
{
    size_t i = as_string(name)->hash & t->name_mask;
    while (t->names[i] && t->names[i] != name) i = (i + 1) & t->name_mask;
    bool taken = t->names[i] == name;
    t->names[i] = name;
    return taken;
}

/* As in the file, else V1, V2 ... by place; of two of one name the later is
 * refused, for neither could be meant. */
static bool name_column(struct table *t, size_t i)
{
    const struct csv_field *field = t->csv.fields + i;
    char made[32];
    snprintf(made, sizeof made, "V%zu", i + 1);
    bool named = t->header && field->length;
    if (named && !is_text(field))
        return csv_error(&t->csv, t->csv.line, i + 1, "is no text in UTF-8");
    value name =
        named ? symbol_sized(field->text, field->length) : symbol(made);
    if (name == V_UNBOUND) return machine_no_memory(t->m);
    if (name_is_taken(t, name))
        return csv_error(&t->csv, t->csv.line, i + 1,
                         "a second column of the name %.80s", text_of(name));
    t->columns[i].name = name;
    scratch_open(&t->columns[i].words);
    return true;
}

static bool name_columns(struct table *t)
{
    size_t room = 16;
    while (room < 2 * t->csv.count) room *= 2;
    t->names = memory_new(room * sizeof *t->names);
    if (!t->names) return machine_no_memory(t->m);
    t->name_mask = room - 1;
    bool done = true;
    for (; done && t->width < t->csv.count; t->width += done)
        done = name_column(t, t->width);
    memory_free(t->names);
    return done;
}

static bool open_columns(struct table *t)
{
    if (t->csv.count > COLUMNS_MAX)
        return csv_error(&t->csv, t->csv.line, COLUMNS_MAX + 1,
                         "more than %d columns", COLUMNS_MAX);
    t->columns = memory_new(t->csv.count * sizeof *t->columns);
    if (!t->columns) return machine_no_memory(t->m);
    t->header = is_header(&t->csv);
    return name_columns(t);
}

/* ---- reading ---------------------------------------------------------- */

/* All records, from the first on; *again as add_record has it. */
static bool read_records(struct table *t, bool *again)
{
    enum csv_result got = csv_next(&t->csv);
    if (got == CSV_END) return csv_error(&t->csv, 0, 0, "is empty");
    if (got == CSV_ERROR || (!t->columns && !open_columns(t))) return false;
    t->rows = 0;
    for (size_t i = 0; i < t->width; i++) t->columns[i].words.length = 0;
    if (!t->header && !add_record(t, again)) return false;
    while ((got = csv_next(&t->csv)) == CSV_RECORD) {
        if (!add_record(t, again)) return false;
        if (t->rows % ROWS_PER_POLL == 0 && !machine_poll(t->m)) return false;
    }
    return got == CSV_END;
}

static bool finish_column(struct table *t, struct column *column, value *out)
{
    if (column->text) return scratch_list(t->m, &column->words, out);
    value made = vector_make(t->rows, 0);
    if (made == V_UNBOUND) return machine_no_memory(t->m);
    if (t->rows)
        memcpy(as_vector(made)->at, column->numbers, t->rows * sizeof(double));
    free(column->numbers);
    column->numbers = NULL;
    *out = made;
    return true;
}

static bool finish(struct table *t, value *out)
{
    value made = record_make(t->width);
    if (made == V_UNBOUND) return machine_no_memory(t->m);
    struct record *record = as_object(made);
    for (size_t i = 0; i < t->width; i++) {
        record->fields[2 * i] = t->columns[i].name;
        if (!finish_column(t, t->columns + i, &record->fields[2 * i + 1]))
            return false;
    }
    *out = made;
    return true;
}

static void close_table(struct table *t)
{
    for (size_t i = 0; i < t->width; i++) {
        free(t->columns[i].numbers);
        scratch_close(&t->columns[i].words);
    }
    memory_free(t->columns);
    csv_close(&t->csv);
}

static bool read_table(struct table *t, value *out)
{
    bool again = false;
    while (!read_records(t, &again)) {
        if (!again || !csv_rewind(&t->csv)) return false;
        again = false;
    }
    return finish(t, out);
}

static bool load_csv(struct machine *m, int n, const value *args, value *out)
{
    const char *path;
    struct string *separator = NULL;
    struct table t = {.m = m};
    struct patience patience = data_patience(m);
    if (!data_path(m, "load-csv", args[0], &path) ||
        (n > 1 && !operand_string(m, "load-csv", args[1], &separator)))
        return false;
    if (separator &&
        (separator->head.size != 1 || strchr("\"\r\n", *separator->text)))
        return machine_type_error(m, "load-csv", "a separator of one character",
                                  args[1]);
    if (!csv_open(&t.csv, path, separator ? *separator->text : ',', &patience,
                  &m->error))
        return false;
    bool done = read_table(&t, out);
    close_table(&t);
    return done;
}

/* ---- records ---------------------------------------------------------- */

static bool make_record(struct machine *m, int n, const value *args, value *out)
{
    if (n % 2)
        return operand_error(m,
                             "record: expected names and values in turn, "
                             "got %d operands",
                             n);
    value made = record_make((size_t)n / 2);
    if (made == V_UNBOUND) return machine_no_memory(m);
    struct record *record = as_object(made);
    for (int i = 0; i < n; i += 2) {
        struct string *name;
        if (!operand_text(m, "record", args[i], &name)) return false;
        value key = symbol_sized(name->text, name->head.size);
        if (key == V_UNBOUND) return machine_no_memory(m);
        for (int j = 0; j < i; j += 2)
            if (record->fields[j] == key)
                return operand_error(m, "record: the name %.80s is given twice",
                                     text_of(key));
        record->fields[i] = key;
        record->fields[i + 1] = args[i + 1];
    }
    *out = made;
    return true;
}

static bool is_record(struct machine *m, int n, const value *args, value *out)
{
    (void)m, (void)n;
    *out = v_boolean(is_type(args[0], T_RECORD));
    return true;
}

static bool column(struct machine *m, int n, const value *args, value *out)
{
    struct record *record;
    struct string *name;
    (void)n;
    return operand_record(m, "column", args[0], &record) &&
           operand_text(m, "column", args[1], &name) &&
           index_into(m, args[0], args[1], out);
}

static bool names(struct machine *m, int n, const value *args, value *out)
{
    struct record *record;
    struct scratch s;
    (void)n;
    if (!operand_record(m, "names", args[0], &record)) return false;
    scratch_open(&s);
    for (size_t i = 0; i < record->head.size; i++)
        if (!scratch_push(m, &s, record->fields[2 * i]))
            return scratch_fail(&s);
    return scratch_list(m, &s, out);
}

/* ---- the first rows --------------------------------------------------- */

static bool head_of_record(struct machine *m, const struct record *from,
                           size_t count, value *out)
{
    value made = record_make(from->head.size);
    if (made == V_UNBOUND) return machine_no_memory(m);
    struct record *to = as_object(made);
    for (size_t i = 0; i < 2 * (size_t)from->head.size; i += 2) {
        value all = from->fields[i + 1];
        to->fields[i] = from->fields[i];
        to->fields[i + 1] = all;
        if ((is_vector(all) || is_list(all)) &&
            !sequence_take(m, "head", all, count, &to->fields[i + 1]))
            return false;
    }
    *out = made;
    return true;
}

static bool head(struct machine *m, int n, const value *args, value *out)
{
    enum { ROWS_SHOWN = 6 };
    size_t count = ROWS_SHOWN;
    if (n > 1 && !operand_count(m, "head", args[1], &count)) return false;
    if (is_type(args[0], T_RECORD))
        return head_of_record(m, as_object(args[0]), count, out);
    return sequence_take(m, "head", args[0], count, out);
}

/* ---- the table -------------------------------------------------------- */

struct primitive primitives_data[] = {
    ROW(FORCE, "data", "load-csv", load_csv, 1, 2,
        "(load-csv path [separator])",
        "The columns of a table in a file, as a record: vectors of numbers "
        "(nan where empty or NA) or lists of strings. The first line names "
        "them when it has no number, else they are V1, V2 ..."),
    ROW(DEEP, "data", "record", make_record, 0, -1, "(record name value ...)",
        "A record of these fields."),
    ROW(OUTER_CHEAP(1), "data", "record?", is_record, 1, 1, "(record? x)",
        "Is x a record?"),
    ROW(OUTER_CHEAP(3), "data", "column", column, 2, 2, "(column data name)",
        "A column by its name; the same as (data name)."),
    ROW(OUTER(1), "data", "names", names, 1, 1, "(names data)",
        "The names of the columns, a list of symbols."),
    ROW(OUTER(3), "data", "head", head, 1, 2, "(head data [n])",
        "The first n (6) rows of data, or elements of a list or an array."),
};
const size_t primitives_data_count =
    sizeof primitives_data / sizeof *primitives_data;
