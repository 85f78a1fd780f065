/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /v1/runs/{run}/draws: the draws that there are so far, as JSON or CSV. As
 * netCDF they come from who looks at them (runs_look.c).
 */
#include <stdlib.h>
#include <string.h>

#include "server/route.h"
#include "server/run_order.h"
#include "server/server.h"

enum { DRAWS_DEFAULT = 1000, DRAWS_MOST = 100000 };

/* ---- which ------------------------------------------------------------ */

enum format { FORMAT_JSON, FORMAT_CSV, FORMAT_NETCDF };
static const char *const formats[] = {"json", "csv", "netcdf"};

/* By the argument, or by what is accepted. */
static bool read_format(struct exchange *x, enum format *out)
{
    const char *named = exchange_argument(x, "format");
    const char *accept = exchange_header(x, "Accept");
    *out = !accept                                  ? FORMAT_JSON
           : strstr(accept, "text/csv")             ? FORMAT_CSV
           : strstr(accept, "application/x-netcdf") ? FORMAT_NETCDF
                                                    : FORMAT_JSON;
    if (!named) return true;
    for (int i = 0; i < 3; i++)
        if (strcmp(formats[i], named) == 0) {
            *out = (enum format)i;
            return true;
        }
    exchange_problem(x, 400, "argument", "format: json, csv or netcdf");
    return false;
}

static bool read_slice(struct exchange *x, const struct run *r,
                       enum format format, struct slice *s)
{
    uint64_t chain, all = format == FORMAT_NETCDF ? SAMPLES_MOST : DRAWS_MOST;
    uint64_t unsaid = format == FORMAT_NETCDF ? all : DRAWS_DEFAULT;
    if (!exchange_number(x, "from", 0, UINT64_MAX / 2, &s->from) ||
        !exchange_number(x, "count", unsaid, all, &s->count) ||
        !exchange_number(x, "stride", 1, UINT32_MAX, &s->stride) ||
        !exchange_number(x, "chain", 0, r->chain_count, &chain))
        return false;
    if (!s->stride) s->stride = 1;
    s->first = chain ? chain - 1 : 0;
    s->last = chain ? chain : r->chain_count;
    return true;
}

/* ---- as text ---------------------------------------------------------- */

static bool print_names(const struct run *r, struct text *out)
{
    bool good = text_puts(out, "chain,draw");
    for (size_t i = 0; good && i < r->width; i++) {
        const char *name = run_column_name(r, i);
        bool quote = strpbrk(name, ",\" ") != NULL;
        good = text_puts(out, quote ? ",\"" : ",");
        for (; good && *name; name++)
            good = text_add(out, name, 1) &&
                   (*name != '"' || text_puts(out, "\""));
        good = good && text_puts(out, quote ? "\"" : "");
    }
    return good && text_puts(out, "\n");
}

static bool print_row(struct run *r, size_t chain, uint64_t draw,
                      const char *row, bool csv, bool first, struct text *out)
{
    bool good = csv ? text_printf(out, "%zu,%llu", chain + 1,
                                  (unsigned long long)draw + 1)
                    : text_puts(out, first ? "[" : ",[");
    for (size_t i = 0; good && i < r->width; i++) {
        double v;
        memcpy(&v, row + i * sizeof v, sizeof v);
        good = (!(csv || i) || text_add(out, ",", 1)) &&
               run_print_number(r, chain, i, v, out);
    }
    return good && text_puts(out, csv ? "\n" : "]");
}

static bool print_chain(struct run *r, size_t chain, const struct slice *s,
                        bool csv, struct text *out)
{
    struct text rows = {0};
    bool good = true, first = true;
    uint64_t at = s->from, left = s->count, got = 1;
    while (good && left && got) {
        uint64_t want = s->stride == 1 ? (left < 1024 ? left : 1024) : 1;
        text_clear(&rows);
        good = run_rows(r, chain, at, want, &rows, &got);
        for (uint64_t i = 0; good && i < got; i++, first = false)
            good = print_row(r, chain, at + i,
                             rows.at + i * r->width * sizeof(double), csv,
                             first, out);
        at += s->stride == 1 ? got : s->stride;
        left -= got < left ? got : left;
    }
    text_free(&rows);
    return good;
}

static bool print_draws(struct run *r, const struct slice *s, bool csv,
                        struct text *out)
{
    bool good = csv ? print_names(r, out)
                    : text_puts(out, "{\"columns\":[") &&
                          run_print_columns(r, out) &&
                          text_puts(out, "],\"chains\":[");
    for (size_t i = s->first; good && i < s->last; i++) {
        if (!csv)
            good = text_printf(out,
                               "%s{\"chain\":%zu,\"from\":%llu,"
                               "\"draws\":[",
                               i > s->first ? "," : "", i + 1,
                               (unsigned long long)s->from);
        good = good && print_chain(r, i, s, csv, out) &&
               (csv || text_puts(out, "]}"));
    }
    return good && (csv || text_puts(out, "]}"));
}

void answer_run_draws(struct exchange *x)
{
    struct run *r = run_asked(x);
    struct slice s;
    enum format format;
    if (!r || !read_format(x, &format) || !read_slice(x, r, format, &s)) return;
    if (format == FORMAT_NETCDF)
        answer_run_netcdf(x, r, &s);
    else if (print_draws(r, &s, format == FORMAT_CSV, &x->reply))
        exchange_answer(x, 200,
                        format == FORMAT_CSV ? "text/csv; charset=utf-8"
                                             : "application/json");
    else
        exchange_problem(x, 503, "memory", "memory ran out");
}
