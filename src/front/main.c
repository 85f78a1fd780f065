/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The command `vestige`: reads its arguments, opens a session, and hands it
 * to a script, the prompt, or one of the small tasks. All that is said is
 * said elsewhere.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/stack.h"
#include "front/connect.h"
#include "front/examples.h"
#include "front/options.h"
#include "front/repl.h"
#include "front/script.h"
#include "front/signals.h"
#include "server/serve.h"
#include "session/help.h"

enum { STATUS_ERROR = 1, STATUS_USAGE = 2 };
/* Address space: pages that nobody touches cost nothing. */
enum { INITIAL_HEAP = 64 << 20 };

static int usage(const char *what)
{
    fprintf(stderr, "vestige: error: %s (vestige --help)\n", what);
    return STATUS_USAGE;
}

/* Files and expressions in the order given; the first error ends it. */
static int run_operands(struct session *s, struct show *show,
                        const struct options *o)
{
    int status = 0;
    for (int i = 0; i < o->count && status == 0 && !s->leaving; i++)
        status = o->operands[i].expression
                     ? script_run_text(s, show, "<-e>", o->operands[i].text)
                     : script_run_file(s, show, o->operands[i].text);
    return status;
}

static int run(struct session *s, struct show *show, const struct options *o)
{
    if (o->count > 0) return run_operands(s, show, o);
    if (isatty(STDIN_FILENO)) return repl_run(s, show);
    return script_run_file(s, show, "-");
}

static int list(struct session *s, bool json)
{
    struct text out = {0};
    bool good =
        json ? help_list_json(s->machine, &out) : help_list(s->machine, &out);
    if (good) fputs(out.at, stdout);
    text_free(&out);
    return good ? 0 : STATUS_ERROR;
}

/* Each file in a session of its own: names of one are not the other's. */
static int check(const struct options *o, struct show *show)
{
    int status = 0;
    if (o->count == 0) return usage("check needs a file");
    for (int i = 0; i < o->count; i++) {
        struct error error = {0};
        struct session *s = session_open(&o->session, &error);
        int one = STATUS_ERROR;
        if (s)
            one = script_check_file(s, show, o->operands[i].text);
        else
            show_error(show, &error);
        if (one > status) status = one;
        session_close(s);
    }
    return status;
}

static int with_session(const struct options *o, struct show *show)
{
    struct error error = {0};
    struct session *s = session_open(&o->session, &error);
    int status;
    if (!s) {
        show_error(show, &error);
        return STATUS_ERROR;
    }
    if (o->task == TASK_LIST)
        status = list(s, show->json);
    else if (o->task == TASK_EXAMPLES)
        status = examples_run(s, show, o->operands[0].text);
    else
        status = run(s, show, o);
    session_close(s);
    return status;
}

static int examples(const struct options *o, struct show *show)
{
    if (o->count == 0 && !o->run_example) return examples_list();
    if (o->count != 1) return usage("examples takes one name");
    if (o->run_example) return with_session(o, show);
    return examples_print(o->operands[0].text);
}

static int do_task(const struct options *o, struct show *show)
{
    switch (o->task) {
    case TASK_HELP: options_help(); return 0;
    case TASK_VERSION: puts("vestige " VST_VERSION); return 0;
    case TASK_CHECK: return check(o, show);
    case TASK_EXAMPLES: return examples(o, show);
    default: return with_session(o, show);
    }
}

int main(int argc, char **argv)
{
    struct options o;
    stack_mark();
    if (argc > 1 && strcmp(argv[1], "serve") == 0)
        return serve_command(argc - 2, argv + 2);
    if (argc > 1 && strcmp(argv[1], "connect") == 0)
        return connect_command(argc - 2, argv + 2);
    signals_open();
    bool good = options_parse(&o, argc, argv);
    struct show show = {
        .json = o.json, .all = o.verbose, .progress = isatty(STDERR_FILENO)};
    o.session.initial_heap = INITIAL_HEAP;
    o.session.cancel = &signals_cancel;
    o.session.hooks = (struct session_hooks){.context = &show,
                                             .answer = show_answer,
                                             .progress = show_progress,
                                             .display = show_display};
    int status = good ? do_task(&o, &show) : STATUS_USAGE;
    options_free(&o);
    if (!show_close(&show) && status == 0) status = STATUS_ERROR;
    return status;
}
