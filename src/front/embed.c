/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sessions for programs around Vestige: opening, running, stopping, closing.
 * The contracts are in vestige.h; what is asked of answers and draws is in
 * embed_answer.c and embed_draws.c.
 */
#include "front/embed.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/stack.h"
#include "eval/data_file.h"
#include "front/foreign.h"
#include "session/file.h"

/* ---- statuses ------------------------------------------------------------ */

static const char *const status_names[] = {
    [VST_OK] = "ok",           [VST_SYNTAX] = "syntax",
    [VST_NAME] = "name",       [VST_ARITY] = "arity",
    [VST_TYPE] = "type",       [VST_DOMAIN] = "domain",
    [VST_OBSERVE] = "observe", [VST_IMPOSSIBLE] = "impossible",
    [VST_LIMIT] = "limit",     [VST_CANCELLED] = "cancelled",
    [VST_IO] = "io",           [VST_USE] = "use",
    [VST_ENGINE] = "engine",
};
enum { STATUSES = sizeof status_names / sizeof *status_names };

/* A status is an error's kind. */
_Static_assert((int)VST_SYNTAX == ERROR_SYNTAX &&
                   (int)VST_DOMAIN == ERROR_DOMAIN &&
                   (int)VST_LIMIT == ERROR_LIMIT &&
                   (int)VST_CANCELLED == ERROR_CANCEL &&
                   (int)VST_ENGINE == ERROR_ENGINE && ERROR_NONE == 0 &&
                   STATUSES == ERROR_ENGINE + 1,
               "statuses are kinds of errors");

const char *vst_status_name(enum vst_status status)
{
    return (size_t)status < STATUSES ? status_names[status] : "unknown";
}

const char *vst_version(void) { return VST_VERSION; }

enum vst_status embed_tell(const struct error *error, char *message,
                           size_t size)
{
    if (message && size) snprintf(message, size, "%s", error->message);
    return (enum vst_status)error->kind;
}

static enum vst_status refuse(const char *why, char *message, size_t size)
{
    if (message && size) snprintf(message, size, "%s", why);
    return VST_USE;
}

/* ---- in and out ---------------------------------------------------------- */

static const char elsewhere[] = "only the main thread may call this";
static const char within[] = "not from within a call of this session";

bool embed_may_enter(void) { return gettid() == getpid(); }

void embed_enter(struct vst_session *s) { s->before = uselocale(s->plain); }

void embed_leave(struct vst_session *s) { uselocale(s->before); }

/* ---- who listens --------------------------------------------------------- */

static bool take_answer(void *context, const struct answer *a)
{
    struct vst_session *s = context;
    s->last = *a;
    s->answered = true;
    if (!s->listeners.answer) return true;
    embed_leave(s);
    bool more = s->listeners.answer(s->listeners.context, s) != 0;
    embed_enter(s);
    return more;
}

/* Of all chains together: work adds up, time does not. */
static void take_progress(void *context, const struct run_progress *p,
                          size_t count)
{
    struct vst_session *s = context;
    struct vst_progress told = {0};
    if (!s->listeners.progress) return;
    for (size_t i = 0; i < count; i++) {
        told.warming |= p[i].warming;
        told.made += p[i].made;
        told.planned += p[i].planned;
        told.proposals += p[i].proposals;
        told.accepted += p[i].accepted;
        if (p[i].seconds > told.seconds) told.seconds = p[i].seconds;
    }
    embed_leave(s);
    if (!s->listeners.progress(s->listeners.context, &told)) s->cancel = 1;
    embed_enter(s);
}

static void take_line(void *context, const char *text, size_t length)
{
    struct vst_session *s = context;
    embed_leave(s);
    s->listeners.display(s->listeners.context, text, length);
    embed_enter(s);
}

/* ---- opening and closing ------------------------------------------------- */

static struct session_options options_of(struct vst_session *s)
{
    const struct vst_options *o = &s->listeners;
    return (struct session_options){
        .engine = o->engine,
        .seed = o->seed,
        .seeded = o->seeded != 0,
        .seconds = o->seconds,
        .memory = o->memory,
        .cancel = &s->cancel,
        .initial_heap = o->heap,
        .hooks = {.context = s,
                  .answer = take_answer,
                  .progress = take_progress,
                  .display = o->display ? take_line : NULL}};
}

static bool open_session(struct vst_session *s, struct error *error)
{
    struct session_options options = options_of(s);
    s->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!s->plain) return error_set(error, ERROR_LIMIT, "memory ran out");
    embed_enter(s);
    s->session = session_open(&options, error);
    bool good = s->session != NULL;
    if (good && !foreign_install_kept(s->session->machine)) {
        *error = *session_error(s->session);
        good = false;
    }
    embed_leave(s);
    s->listeners.engine = NULL; /* the caller's */
    return good;
}

enum vst_status vst_open(const struct vst_options *options,
                         struct vst_session **out, char *message, size_t size)
{
    struct error error = {0};
    *out = NULL;
    if (message && size) *message = 0;
    if (!embed_may_enter()) return refuse(elsewhere, message, size);
    stack_mark();
    memory_init(options ? options->heap : 0);
    struct vst_session *s = memory_new_kept(sizeof *s);
    if (!s) {
        error_set(&error, ERROR_LIMIT, "memory ran out");
        return embed_tell(&error, message, size);
    }
    if (options) s->listeners = *options;
    if (!open_session(s, &error)) {
        vst_close(s);
        return embed_tell(&error, message, size);
    }
    *out = s;
    return VST_OK;
}

void vst_close(struct vst_session *s)
{
    if (!s || s->busy || !embed_may_enter()) return;
    session_close(s->session);
    if (s->plain) freelocale(s->plain);
    for (int i = 0; i < LENT_KINDS; i++) text_free(&s->lent[i]);
    free(s->numbers);
    memory_free(s);
}

/* ---- running ------------------------------------------------------------- */

static void begin(struct vst_session *s)
{
    embed_enter(s);
    s->busy = true;
    s->answered = false;
    error_clear(session_error(s->session));
}

/* A cancel is used up by the call that it ended. */
static enum vst_status end(struct vst_session *s, bool good)
{
    s->session->leaving = false;
    s->busy = false;
    embed_leave(s);
    s->status =
        good ? VST_OK : (enum vst_status)session_error(s->session)->kind;
    if (s->status == VST_CANCELLED) s->cancel = 0;
    return s->status;
}

enum vst_status vst_run(struct vst_session *s, const char *name,
                        const char *text, size_t length)
{
    if (!embed_may_enter() || s->busy) return VST_USE;
    begin(s);
    struct source *source =
        source_from_text(name, text, length, session_error(s->session));
    return end(s, source && session_run(s->session, source));
}

enum vst_status vst_run_file(struct vst_session *s, const char *path)
{
    if (!embed_may_enter() || s->busy) return VST_USE;
    begin(s);
    struct patience patience = data_patience(s->session->machine);
    struct source *source =
        source_from_file(path, &patience, session_error(s->session));
    return end(s, source && session_run(s->session, source));
}

void vst_cancel(struct vst_session *s) { s->cancel = 1; }

/* ---- random procedures --------------------------------------------------- */

enum vst_status vst_add(struct vst_session *s, const struct vst_xrp *x,
                        char *message, size_t size)
{
    struct error error = {0};
    if (message && size) *message = 0;
    if (!embed_may_enter()) return refuse(elsewhere, message, size);
    if (s && s->busy) return refuse(within, message, size);
    if (foreign_check(x, &error) != VST_OK)
        return embed_tell(&error, message, size);
    if (!s)
        return foreign_keep(x, &error) ? VST_OK
                                       : embed_tell(&error, message, size);
    if (foreign_install(s->session->machine, x)) return VST_OK;
    error = *session_error(s->session);
    error_clear(session_error(s->session));
    return embed_tell(&error, message, size);
}
