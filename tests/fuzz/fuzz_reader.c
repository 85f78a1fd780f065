/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of the reader and the printer: any bytes are read to their end,
 * in both ways of taking line ends; what is a datum must print, read back to
 * an equal value with an equal hash, and print the same again; what is none
 * must be an error with a span inside the text.
 *
 * The first byte says how line ends are taken, and whether an allocation
 * fails.
 */
#include "base/memory.h"
#include "eval/print.h"
#include "eval/reader.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) abort();
}

static void check_error(const struct error *e, const struct source *source)
{
    static char shown[2000];
    expect(e->kind != ERROR_NONE && e->message[0]);
    if (e->span.source == source)
        expect(e->span.start <= e->span.end && e->span.end <= source->length);
    expect(error_format(e, true, shown, sizeof shown) < sizeof shown);
}

/* The only datum of a text that was printed. */
static value read_back(const struct text *text)
{
    struct source source = {"printed", text->at, text->length};
    struct error error;
    struct reader r;
    struct syntax *s;
    value v;
    reader_open(&r, &source, &error);
    expect(reader_datum(&r, false, &s) == READ_DATUM);
    expect(syntax_datum(s, &v, &error));
    expect(reader_datum(&r, true, &s) == READ_END);
    return v;
}

static void check_value(value v)
{
    struct text first = {0}, second = {0}, json = {0};
    expect(print_value(&first, v));
    value back = read_back(&first);
    expect(value_equal(v, back) && value_equal(back, v));
    expect(value_hash(v, NULL) == value_hash(back, NULL));
    expect(print_value(&second, back));
    expect(first.length == second.length &&
           memcmp(first.at, second.at, first.length) == 0);
    expect(print_json(&json, v) && display_value(&json, v));
    text_free(&first);
    text_free(&second);
    text_free(&json);
}

/* With allocations that fail, only the errors are looked at. */
static void read_all(const struct source *source, bool stop, bool failing)
{
    struct error error = {0};
    struct reader r;
    struct syntax *s;
    enum read_result result;
    reader_open(&r, source, &error);
    for (;;) {
        value v;
        size_t before = r.at;
        result = reader_datum(&r, stop, &s);
        if (result == READ_END || result == READ_INCOMPLETE) break;
        expect(r.at > before && r.at <= source->length);
        if (result == READ_LINE_END) continue;
        bool good = result == READ_DATUM && syntax_datum(s, &v, &error);
        if (!good)
            check_error(&error, source);
        else if (!failing)
            check_value(v);
    }
    if (result == READ_INCOMPLETE) check_error(&error, source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    memory_init(0);
    if (!size) return 0;
    uint8_t how = data[0];
    char *text = malloc(size); /* its end is watched */
    if (!text) return 0;
    memcpy(text, data + 1, size - 1);
    struct source source = {"input", text, size - 1};
    size_t mark = memory_mark();
    if (how & 2) memory_fail_after(1 + how / 4);
    read_all(&source, how & 1, how & 2);
    memory_fail_after(0);
    memory_rewind(mark);
    free(text);
    return 0;
}
