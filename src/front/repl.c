/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The prompt on a terminal, by readline's callbacks: see repl.h. Readline
 * keeps one line editor for the process and gives its callbacks no context,
 * so there is one pointer to the prompt that is running.
 */
#include "front/repl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "front/complete.h"
#include "front/signals.h"
#include "session/background.h"
#include "session/file.h"

struct repl {
    struct session *session;
    struct show *show;
    struct text typed; /* lines of a directive that is not complete */
    bool done;
    bool idle;   /* background inference has something to do */
    bool failed; /* and ended in an error, which is not told yet */
};

static struct repl *running;

static const char prompt[] = "> ", more[] = "... ";
static const double SLICE_SECONDS = 0.015;
enum { HISTORY_MAX = 5000, PATIENCE = 5 };

static const char *prompt_of(const struct repl *r)
{
    return r->typed.length ? more : prompt;
}

/* ---- history ---------------------------------------------------------- */

/* ~/.vestige_history; false where there is no home. */
static bool history_path(struct text *path)
{
    const char *home = getenv("HOME");
    return home && *home && text_printf(path, "%s/.vestige_history", home);
}

static void open_history(void)
{
    struct text path = {0};
    using_history();
    stifle_history(HISTORY_MAX);
    if (history_path(&path)) read_history(path.at);
    text_free(&path);
}

static void close_history(void)
{
    struct text path = {0};
    if (history_path(&path)) write_history(path.at);
    text_free(&path);
}

/* ---- doing what was typed --------------------------------------------- */

bool repl_is_complete(const struct source *source, bool blank_line)
{
    struct request_reader reader;
    struct error error = {0};
    struct request q;
    enum request_result got;
    request_open(&reader, source, &error);
    do got = request_next(&reader, &q);
    while (got == REQUEST_READ);
    if (got != REQUEST_INCOMPLETE) return true;
    return blank_line && reader.reader.at >= source->length &&
           error.kind == ERROR_SYNTAX && strstr(error.message, "too few");
}

static void run_typed(struct repl *r, bool blank_line)
{
    struct session *s = r->session;
    const struct source *source = source_from_text(
        "<prompt>", r->typed.at, r->typed.length, session_error(s));
    if (source && !repl_is_complete(source, blank_line)) return;
    text_clear(&r->typed);
    signals_clear();
    bool good = source && session_run(s, source);
    if (!good && !s->stopped) show_error(r->show, session_error(s));
    signals_clear();
    if (!show_close(r->show)) s->leaving = true;
    if (s->leaving) r->done = true;
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t")] == 0;
}

/* Background inference ended in an error: told where no line stands. */
static void tell_failure(struct repl *r)
{
    if (r->failed) show_error(r->show, &r->session->background.ended);
    r->failed = false;
}

/* Readline gives a whole line, NULL at the end of input. The editor is off
 * while the line is run, so that what a directive prints, and progress, have
 * the terminal to themselves. */
static void take_line(char *line)
{
    struct repl *r = running;
    rl_callback_handler_remove();
    if (!line) {
        fputs("\n", stdout);
        r->done = true;
        return;
    }
    if (!is_blank(line)) add_history(line);
    bool waiting = r->typed.length > 0;
    if (waiting || !is_blank(line)) {
        if (text_puts(&r->typed, line) && text_puts(&r->typed, "\n"))
            run_typed(r, waiting && is_blank(line));
        else
            text_clear(&r->typed);
    }
    free(line);
    tell_failure(r);
    r->idle = r->session->background.on;
    if (!r->done) rl_callback_handler_install(prompt_of(r), take_line);
}

/* ---- waiting ---------------------------------------------------------- */

/* Ctrl-C at the prompt: what was typed is forgotten. */
static void drop_line(struct repl *r)
{
    signals_clear();
    rl_callback_sigcleanup();
    rl_free_line_state();
    rl_callback_handler_remove();
    fputs("^C\n", stdout);
    text_clear(&r->typed);
    rl_callback_handler_install(prompt, take_line);
}

/* Background inference, between two looks at the keyboard. What a person is
 * typing is not broken into by its error. */
static void lend_time(struct repl *r)
{
    enum idle did = session_idle(r->session, UINT64_MAX, SLICE_SECONDS);
    r->idle = did == IDLE_MORE;
    if (did != IDLE_FAILED) return;
    r->failed = true;
    if (rl_end > 0 || r->typed.length) return;
    rl_callback_handler_remove();
    fputs("\n", stdout);
    tell_failure(r);
    rl_callback_handler_install(prompt, take_line);
}

/* A signal that comes between the look at the flag and the poll would be
 * missed by either: its byte in the pipe is there when poll begins. */
static void wait_for_input(struct repl *r)
{
    struct pollfd ends[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = signals_pipe(), .events = POLLIN}};
    while (!r->done) {
        fflush(stdout);
        if (poll(ends, 2, r->idle ? 0 : -1) < 0 && errno != EINTR) return;
        if (signals_cancel)
            drop_line(r);
        else if (ends[0].revents)
            rl_callback_read_char();
        else if (r->idle)
            lend_time(r);
    }
}

int repl_run(struct session *s, struct show *show)
{
    struct repl r = {.session = s, .show = show};
    running = &r;
    show->all = true;
    s->waits = true;
    signals_patience(PATIENCE);
    rl_catch_signals = 0; /* signals.c does: they must reach a run as well */
    rl_readline_name = "vestige";
    complete_open(s);
    open_history();
    if (!show->json)
        printf("Vestige %s. HELP tells what there is; EXIT or Ctrl-D "
               "leaves.\n",
               VST_VERSION);
    rl_callback_handler_install(prompt, take_line);
    wait_for_input(&r);
    rl_callback_handler_remove();
    close_history();
    text_free(&r.typed);
    running = NULL;
    return show_close(show) ? 0 : 1;
}
