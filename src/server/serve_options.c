/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The command line of `vestige serve`, by a table: see serve.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/engine.h"
#include "server/serve.h"
#include "trace/engine.h"

enum { STATUS_USE = 2 };

/* ---- values ----------------------------------------------------------- */

static bool number(const char *v, double least, double most, double *out)
{
    char *end;
    *out = strtod(v, &end);
    if (end == v) return false;
    static const struct {
        const char *name;
        double size;
    } units[] = {{"", 1},       {"s", 1},      {"ms", 1e-3},   {"m", 60},
                 {"h", 3600},   {"k", 0x1p10}, {"kb", 0x1p10}, {"mb", 0x1p20},
                 {"g", 0x1p30}, {"gb", 0x1p30}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcasecmp(units[i].name, end) == 0) {
            *out *= units[i].size;
            return *out >= least && *out <= most;
        }
    return false;
}

/* M is a minute where time is meant, and 2^20 where bytes are. */
static bool bytes(const char *v, double least, size_t *out)
{
    char copy[32];
    double d;
    snprintf(copy, sizeof copy, "%s", v);
    size_t length = strlen(copy);
    if (length && (copy[length - 1] | 32) == 'm' && length + 1 < sizeof copy)
        strcpy(copy + length, "b");
    if (!number(copy, least, 0x1p46, &d)) return false;
    *out = (size_t)d;
    return true;
}

static bool set_host(struct server_options *o, const char *v)
{
    o->host = v;
    return *v != 0;
}
static bool set_port(struct server_options *o, const char *v)
{
    double d;
    bool good = number(v, 0, 65535, &d);
    o->port = good ? (unsigned)d : 0;
    return good;
}
static bool set_data(struct server_options *o, const char *v)
{
    o->data = v;
    return *v != 0;
}
static bool set_files(struct server_options *o, const char *v)
{
    o->files = v;
    return *v != 0;
}
static bool set_tokens(struct server_options *o, const char *v)
{
    o->tokens = v;
    return *v != 0;
}
static bool set_origin(struct server_options *o, const char *v)
{
    o->origin = v;
    return strncmp(v, "http://", 7) == 0 || strncmp(v, "https://", 8) == 0;
}
static bool set_engine(struct server_options *o, const char *v)
{
    for (size_t i = 0; i < engine_count; i++)
        if (strcmp(engines[i].name, v) == 0) o->engine = engines[i].name;
    return o->engine != NULL;
}
static bool set_sessions(struct server_options *o, const char *v)
{
    double d;
    bool good = number(v, 1, 100000, &d);
    o->sessions = good ? (size_t)d : 0;
    return good;
}
static bool set_connections(struct server_options *o, const char *v)
{
    double d;
    bool good = number(v, 1, 1000000, &d);
    o->connections = good ? (unsigned)d : 0;
    return good;
}
static bool set_body(struct server_options *o, const char *v)
{
    return bytes(v, 1024, &o->body);
}
static bool set_memory(struct server_options *o, const char *v)
{
    return bytes(v, 0x1p24, &o->memory);
}
static bool set_journal(struct server_options *o, const char *v)
{
    return bytes(v, 0, &o->journal);
}
static bool set_rate(struct server_options *o, const char *v)
{
    return number(v, 0.1, 1e9, &o->rate);
}
static bool set_seconds(struct server_options *o, const char *v)
{
    return number(v, 0.01, 1e9, &o->seconds);
}
static bool set_run_seconds(struct server_options *o, const char *v)
{
    return number(v, 0.01, 1e9, &o->run_seconds);
}
static bool set_idle(struct server_options *o, const char *v)
{
    return number(v, 0.1, 1e9, &o->idle);
}

/* ---- the table -------------------------------------------------------- */

static const struct {
    const char *name, *value;
    bool (*set)(struct server_options *, const char *);
    const char *doc;
} rows[] = {
    {"--host", "ADDRESS", set_host, "listen at it (127.0.0.1)"},
    {"--port", "N", set_port, "and there (8000); 0: at a free one"},
    {"--data", "DIR", set_data, "the server's own folder (vestige-data)"},
    {"--files", "DIR", set_files, "all that programs may read (nothing)"},
    {"--token-file", "FILE", set_tokens, "who may ask: a token a line"},
    {"--allow-origin", "URL", set_origin, "pages of this site may ask"},
    {"--engine", "NAME", set_engine, "of sessions that name none"},
    {"--max-sessions", "N", set_sessions, "sessions (1000)"},
    {"--max-connections", "N", set_connections, "connections (12000)"},
    {"--limit-body", "SIZE", set_body, "of a request (16M)"},
    {"--limit-rate", "N", set_rate, "requests a second of one address"},
    {"--limit-memory", "SIZE", set_memory, "of a session (1G)"},
    {"--limit-time", "TIME", set_seconds, "of a request (60s)"},
    {"--limit-run", "TIME", set_run_seconds, "of a run (none)"},
    {"--compact-above", "SIZE", set_journal,
     "the journal, if half is old (4M)"},
    {"--idle-time", "TIME", set_idle, "until an engine sleeps (300s)"},
};
enum { ROW_COUNT = sizeof rows / sizeof *rows };

static int help(void)
{
    puts("vestige serve [OPTION ...]   sessions over HTTP: docs/http.md\n");
    for (int i = 0; i < ROW_COUNT; i++) {
        char left[40];
        snprintf(left, sizeof left, "%s %s", rows[i].name, rows[i].value);
        printf("  %-24s %s\n", left, rows[i].doc);
    }
    return 0;
}

static int refuse(const char *what, const char *given)
{
    fprintf(stderr, "vestige serve: error: %s%s%s (vestige serve --help)\n",
            what, given ? ": cannot be " : ": there is no such option",
            given ? given : "");
    return STATUS_USE;
}

static int find_row(const char *name, size_t length)
{
    for (int i = 0; i < ROW_COUNT; i++)
        if (strlen(rows[i].name) == length &&
            strncmp(rows[i].name, name, length) == 0)
            return i;
    return -1;
}

int serve_command(int argc, char **argv)
{
    struct server_options o = {.host = "127.0.0.1",
                               .port = 8000,
                               .data = "vestige-data",
                               .sessions = 1000,
                               .connections = 12000,
                               .body = 16 << 20,
                               .memory = (size_t)1 << 30,
                               .seconds = 60,
                               .journal = 4 << 20,
                               .idle = 300};
    if (argc == 2 && strcmp(argv[0], SPAWNER_WORD) == 0)
        return spawner_serve(engine_serve, argv[1]);
    for (int i = 0; i < argc; i++) {
        const char *name = argv[i], *equals = strchr(name, '=');
        if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
            return help();
        int row =
            find_row(name, equals ? (size_t)(equals - name) : strlen(name));
        if (row < 0) return refuse(name, NULL);
        const char *given = equals ? equals + 1 : argv[++i];
        if (!given) return refuse(rows[row].name, "nothing");
        if (!rows[row].set(&o, given)) return refuse(rows[row].name, given);
    }
    return serve(&o);
}
