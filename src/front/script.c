/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Running scripts: see script.h.
 */
#include "front/script.h"

#include <string.h>

#include "eval/data_file.h"
#include "session/check.h"
#include "session/file.h"

enum { STATUS_ERROR = 1, STATUS_INTERRUPTED = 130 };

static int fail(struct show *show, const struct error *e)
{
    show_error(show, e);
    return e->kind == ERROR_CANCEL ? STATUS_INTERRUPTED : STATUS_ERROR;
}

static int run(struct session *s, struct show *show,
               const struct source *source)
{
    struct error *error = session_error(s);
    if (!source) return fail(show, error);
    return session_run(s, source) ? 0 : fail(show, error);
}

int script_run_file(struct session *s, struct show *show, const char *path)
{
    struct patience patience = data_patience(s->machine);
    return run(s, show, source_from_file(path, &patience, session_error(s)));
}

int script_run_text(struct session *s, struct show *show, const char *name,
                    const char *text)
{
    return run(s, show,
               source_from_text(name, text, strlen(text), session_error(s)));
}

struct checking {
    struct show *show;
    int errors;
};

static void note(void *context, const struct error *e, bool is_error)
{
    struct checking *c = context;
    if (is_error)
        show_error(c->show, e);
    else
        show_note(c->show, e);
    c->errors += is_error;
}

int script_check_file(struct session *s, struct show *show, const char *path)
{
    struct checking c = {.show = show};
    struct patience patience = data_patience(s->machine);
    const struct source *source =
        source_from_file(path, &patience, session_error(s));
    if (!source) return fail(show, session_error(s));
    check_source(s, source, note, &c);
    return c.errors ? STATUS_ERROR : 0;
}
