/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A prompt without a session of its own: see connect.h. Text is only looked
 * at to see whether it is complete.
 */
#include "front/connect.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "base/memory.h"
#include "front/repl.h"
#include "front/web.h"
#include "session/file.h"

enum { STATUS_ERROR = 1, STATUS_USE = 2 };

static const char TOKEN_VARIABLE[] = "VESTIGE_TOKEN";

struct remote {
    struct web web;
    char path[300]; /* where directives go */
    struct text typed, answer;
    bool failed;
};

/* ---- what comes back -------------------------------------------------- */

/* LINE:COLUMN: error: MESSAGE (HINT), as everywhere. */
static void show_problem(const struct text *body, int status)
{
    json_t *o = json_loadb(body->at ? body->at : "", body->length, 0, NULL);
    const json_t *span = json_object_get(o, "span");
    const char *detail = json_string_value(json_object_get(o, "detail"));
    const char *hint = json_string_value(json_object_get(o, "hint"));
    if (span)
        fprintf(stderr, "%lld:%lld: ",
                json_integer_value(json_object_get(span, "line")),
                json_integer_value(json_object_get(span, "column")));
    if (detail)
        fprintf(stderr, "error: %s", detail);
    else
        fprintf(stderr, "error: the server answered with status %d", status);
    if (hint) fprintf(stderr, " (%s)", hint);
    fputc('\n', stderr);
    json_decref(o);
}

static void complain(const struct error *error)
{
    fprintf(stderr, "vestige connect: error: %s", error->message);
    if (error->hint[0]) fprintf(stderr, " (%s)", error->hint);
    fputc('\n', stderr);
}

static bool send_typed(struct remote *r)
{
    struct error error = {0};
    int status;
    bool good = web_ask(&r->web, "POST", r->path, &r->typed, &status,
                        &r->answer, &error);
    text_clear(&r->typed);
    if (!good)
        complain(&error);
    else if (status == 200)
        fwrite(r->answer.at ? r->answer.at : "", 1, r->answer.length, stdout);
    else
        show_problem(&r->answer, status);
    fflush(stdout);
    r->failed = !good || status != 200;
    return good;
}

/* ---- a terminal ------------------------------------------------------- */

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t")] == 0;
}

static bool leaves(const char *line)
{
    char word[8] = "", rest;
    return sscanf(line, " %7s %c", word, &rest) == 1 &&
           (strcasecmp(word, "exit") == 0 || strcasecmp(word, "quit") == 0);
}

static void take_line(struct remote *r, const char *line)
{
    struct error error = {0};
    bool waiting = r->typed.length > 0;
    if (!is_blank(line)) add_history(line);
    if ((!waiting && is_blank(line)) || !text_puts(&r->typed, line) ||
        !text_puts(&r->typed, "\n"))
        return;
    struct source *source =
        source_from_text("<prompt>", r->typed.at, r->typed.length, &error);
    if (source && !repl_is_complete(source, waiting && is_blank(line))) return;
    send_typed(r);
}

static void run_prompt(struct remote *r)
{
    using_history();
    for (;;) {
        char *line = readline(r->typed.length ? "... " : "> ");
        bool end = !line || (!r->typed.length && leaves(line));
        if (line && !end) take_line(r, line);
        free(line);
        if (end) break;
    }
}

/* ---- a pipe ----------------------------------------------------------- */

static int run_input(struct remote *r)
{
    char part[8192];
    ssize_t n;
    while ((n = read(STDIN_FILENO, part, sizeof part)) > 0)
        if (!text_add(&r->typed, part, (size_t)n)) return STATUS_ERROR;
    if (r->typed.length) send_typed(r);
    return r->failed ? STATUS_ERROR : 0;
}

/* ---- the command ------------------------------------------------------ */

/* The URL of a server is that of its default session. */
static void find_path(struct remote *r)
{
    const char *session = *r->web.path ? r->web.path : "/v1/sessions/default";
    snprintf(r->path, sizeof r->path, "%s/directives", session);
}

static bool is_there(struct remote *r, const char *url)
{
    struct error error = {0};
    struct text program = {0};
    int status;
    bool good =
        web_ask(&r->web, "GET", r->path, NULL, &status, &program, &error);
    if (!good)
        complain(&error);
    else if (status != 200)
        show_problem(&program, status);
    else if (isatty(STDIN_FILENO))
        printf("A session at %s. EXIT or Ctrl-D leaves, and it stays.\n", url);
    text_free(&program);
    return good && status == 200;
}

int connect_command(int argc, char **argv)
{
    struct remote r = {.web = {.token = NULL}};
    struct error error = {0};
    if (argc != 1 || argv[0][0] == '-') {
        fputs("usage: vestige connect http://localhost:8000[/v1/sessions/N]\n"
              "A token is taken from VESTIGE_TOKEN.\n",
              argc == 1 && strcmp(argv[0], "--help") == 0 ? stdout : stderr);
        return argc == 1 && strcmp(argv[0], "--help") == 0 ? 0 : STATUS_USE;
    }
    memory_init(0);
    if (!web_open(&r.web, argv[0], &error)) {
        complain(&error);
        return STATUS_USE;
    }
    r.web.token = getenv(TOKEN_VARIABLE);
    find_path(&r);
    int status = STATUS_ERROR;
    if (is_there(&r, argv[0])) {
        status = 0;
        if (isatty(STDIN_FILENO))
            run_prompt(&r);
        else
            status = run_input(&r);
    }
    text_free(&r.typed);
    text_free(&r.answer);
    return status;
}
