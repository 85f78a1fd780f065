/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Options by a table: see options.h. An option's value follows it, or stands
 * behind an equals sign; what is no option is a file.
 */
#include "front/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/order.h"

/* ---- values ----------------------------------------------------------- */

static bool refuse(const char *option, const char *expected, const char *got)
{
    fprintf(stderr, "vestige: error: %s needs %s, got %s\n", option, expected,
            *got ? got : "nothing");
    return false;
}

static bool set_seed(struct options *o, const char *v)
{
    char *end;
    errno = 0;
    o->session.seed = strtoull(v, &end, 10);
    o->session.seeded = true;
    bool digits = *v >= '0' && *v <= '9' && *end == 0;
    if (errno == 0 && digits && o->session.seed <= INT64_MAX) return true;
    return refuse("--seed", "a whole number from 0 on", v);
}

static bool set_chain(struct options *o, const char *v)
{
    char *end;
    errno = 0;
    long n = strtol(v, &end, 10);
    bool digits = *v >= '0' && *v <= '9' && *end == 0;
    o->session.chain = (int)n;
    if (errno == 0 && digits && n >= 1 && n <= CHAINS_MAX) return true;
    return refuse("--chain", "the number of a chain, from 1 to 256", v);
}

static bool set_engine(struct options *o, const char *v)
{
    for (size_t i = 0; i < engine_count; i++)
        if (strcmp(engines[i].name, v) == 0) o->session.engine = v;
    if (o->session.engine) return true;
    fprintf(stderr, "vestige: error: there is no engine %s (there is: ", v);
    for (size_t i = 0; i < engine_count; i++)
        fprintf(stderr, "%s%s", i ? ", " : "", engines[i].name);
    fputs(")\n", stderr);
    return false;
}

struct unit {
    const char *name;
    double size;
};

/* A positive number with one of the units behind it. */
static bool scaled(const char *v, const struct unit *units, double *out)
{
    char *end;
    double d = strtod(v, &end);
    for (; units->name; units++) {
        if (end == v || strcasecmp(units->name, end) != 0) continue;
        *out = d * units->size;
        return *out > 0 && *out < 1e15;
    }
    return false;
}

static bool set_time(struct options *o, const char *v)
{
    static const struct unit units[] = {{"", 1},   {"s", 1},    {"ms", 1e-3},
                                        {"m", 60}, {"h", 3600}, {0}};
    if (scaled(v, units, &o->session.seconds)) return true;
    return refuse("--limit-time", "a time, as 60, 500ms, 10m or 2h", v);
}

static bool set_memory(struct options *o, const char *v)
{
    static const struct unit units[] = {
        {"", 1},        {"k", 0x1p10},  {"m", 0x1p20},  {"g", 0x1p30},
        {"kb", 0x1p10}, {"mb", 0x1p20}, {"gb", 0x1p30}, {0}};
    double bytes;
    if (!scaled(v, units, &bytes) || bytes < 0x1p20)
        return refuse("--limit-memory", "a size of at least 1M, as 500M or 2G",
                      v);
    o->session.memory = (size_t)bytes;
    return true;
}

static void add_operand(struct options *o, const char *text, bool expression)
{
    o->operands[o->count++] =
        (struct operand){.text = text, .expression = expression};
}

static bool set_expression(struct options *o, const char *v)
{
    add_operand(o, v, true);
    return true;
}

static bool set_json(struct options *o, const char *v)
{
    (void)v;
    return o->json = true;
}
static bool set_verbose(struct options *o, const char *v)
{
    (void)v;
    return o->verbose = true;
}
static bool set_run(struct options *o, const char *v)
{
    (void)v;
    return o->run_example = true;
}
static bool set_list(struct options *o, const char *v)
{
    (void)v;
    o->task = TASK_LIST;
    return true;
}
static bool set_version(struct options *o, const char *v)
{
    (void)v;
    o->task = TASK_VERSION;
    return true;
}
static bool set_help(struct options *o, const char *v)
{
    (void)v;
    o->task = TASK_HELP;
    return true;
}

/* ---- the table -------------------------------------------------------- */

static const struct {
    const char *names; /* with blanks between */
    const char *value; /* what it takes, or NULL */
    bool (*set)(struct options *, const char *value);
    const char *doc;
} rows[] = {
    {"-e", "EXPR", set_expression, "do EXPR; may stand several times"},
    {"-v --verbose", NULL, set_verbose, "print every directive's answer"},
    {"--json", NULL, set_json, "one JSON object a directive, a line each"},
    {"--seed", "N", set_seed, "start of the random numbers"},
    {"--chain", "K", set_chain, "of INFER's chains run only this one, here"},
    {"--engine", "NAME", set_engine,
     "reduced (the default), traces or randomdb"},
    {"--limit-time", "TIME", set_time, "end after this time: 60, 10m, 2h"},
    {"--limit-memory", "SIZE", set_memory, "at most this memory: 500M, 2G"},
    {"--run", NULL, set_run, "with examples NAME: run it"},
    {"--list", NULL, set_list, "all names, with a line on each"},
    {"--version", NULL, set_version, "which version this is"},
    {"-h --help", NULL, set_help, "this page"},
};
enum { ROW_COUNT = sizeof rows / sizeof *rows };

void options_help(void)
{
    puts("vestige                      the prompt\n"
         "vestige [run] FILE...        run programs; - is standard input\n"
         "vestige -e EXPR              run an expression or directive\n"
         "vestige check FILE...        syntax and names, without running\n"
         "vestige serve                sessions over HTTP; serve --help\n"
         "vestige connect URL          the prompt, of a session there\n"
         "vestige examples [NAME]      list them, or print one; --run runs it\n"
         "\nOptions");
    for (int i = 0; i < ROW_COUNT; i++) {
        char left[40];
        snprintf(left, sizeof left, "%s %s", rows[i].names,
                 rows[i].value ? rows[i].value : "");
        printf("  %-26s %s\n", left, rows[i].doc);
    }
    puts("\nStatus: 0; 1 after an error; 2 for a wrong command line.");
}

static int find_row(const char *name, size_t length)
{
    for (int i = 0; i < ROW_COUNT; i++) {
        const char *at = rows[i].names;
        while (*at) {
            size_t here = strcspn(at, " ");
            if (here == length && strncmp(at, name, here) == 0) return i;
            at += here;
            at += strspn(at, " ");
        }
    }
    return -1;
}

static bool unknown(const char *option)
{
    fprintf(stderr, "vestige: error: no option %s (vestige --help)\n", option);
    return false;
}

/* One option at argv[*at]; passes over its value. */
static bool parse_option(struct options *o, int argc, char **argv, int *at)
{
    const char *option = argv[*at], *equals = strchr(option, '=');
    bool joined = option[1] == '-' && equals;
    int row =
        find_row(option, joined ? (size_t)(equals - option) : strlen(option));
    if (row < 0) return unknown(option);
    if (!rows[row].value)
        return joined ? refuse(rows[row].names, "no value", equals + 1)
                      : rows[row].set(o, NULL);
    if (joined) return rows[row].set(o, equals + 1);
    if (*at + 1 == argc) return refuse(option, rows[row].value, "");
    return rows[row].set(o, argv[++*at]);
}

bool options_parse(struct options *o, int argc, char **argv)
{
    *o = (struct options){0};
    o->operands = calloc((size_t)argc + 1, sizeof *o->operands);
    if (!o->operands) {
        fputs("vestige: error: memory ran out\n", stderr);
        return false;
    }
    bool options_end = false, first = true;
    for (int i = 1; i < argc; i++) {
        if (!options_end && strcmp(argv[i], "--") == 0) {
            options_end = true;
        } else if (!options_end && argv[i][0] == '-' && argv[i][1]) {
            if (!parse_option(o, argc, argv, &i)) return false;
        } else if (first && strcmp(argv[i], "check") == 0) {
            o->task = TASK_CHECK;
            first = false;
        } else if (first && strcmp(argv[i], "run") == 0) {
            first = false;
        } else if (first && strcmp(argv[i], "examples") == 0) {
            o->task = TASK_EXAMPLES;
            first = false;
        } else {
            add_operand(o, argv[i], false);
            first = false;
        }
    }
    return true;
}

void options_free(struct options *o)
{
    free(o->operands);
    o->operands = NULL;
}
