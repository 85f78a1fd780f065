/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Is a checkpoint one that comes back, and becoming what it says: see
 * checkpoint.h. It is tried in a process beside this one, so that what does
 * not come back costs nothing here.
 */
#include <fcntl.h>
#include <unistd.h>

#include "session/background.h"
#include "session/checkpoint.h"
#include "session/worker.h"

struct trial {
    struct session *session;
    const struct text *bytes;
};

static int try_in_worker(void *context, int pipe, volatile int *stop)
{
    struct trial *t = context;
    struct session *s = t->session;
    s->machine->cancel = stop;
    if (checkpoint_become(s, t->bytes->at, t->bytes->length)) return 0;
    return write(pipe, session_error(s), sizeof *session_error(s)) > 0 ? 1 : 2;
}

bool checkpoint_comes_back(struct session *s, const struct text *bytes)
{
    struct trial trial = {s, bytes};
    struct worker w;
    struct error said = {0};
    if (!worker_may_start()) return true; /* then it is found out here */
    if (!worker_start(&w, try_in_worker, &trial, session_error(s)))
        return error_set(session_error(s), ERROR_ENGINE,
                         "no process to be had");
    fcntl(w.pipe, F_SETFL, 0);
    bool told = read(w.pipe, &said, sizeof said) == sizeof said;
    bool well = !*worker_end(&w, false);
    if (well && !told) return true;
    said.span = (struct span){0};
    said.trail_length = 0;
    if (told)
        *session_error(s) = said;
    else
        error_set(session_error(s), ERROR_ENGINE, "it could not be read back");
    return false;
}

enum settled checkpoint_settle(struct session *s, enum checkpoint_what what,
                               struct text *out)
{
    struct error before = *session_error(s);
    enum settled how = SETTLED;
    volatile int *cancel = s->machine->cancel;
    background_pause(s);
    s->machine->cancel = NULL; /* whole, or not at all */
    if (!checkpoint_write(s, what, out))
        how =
            session_error(s)->kind == ERROR_LIMIT ? SETTLE_LOST : SETTLE_CANNOT;
    else if (!checkpoint_comes_back(s, out))
        how = session_error(s)->kind == ERROR_ENGINE ? SETTLE_LOST
                                                     : SETTLE_CANNOT;
    else if (!checkpoint_become(s, out->at, out->length))
        how = SETTLE_LOST;
    s->machine->cancel = cancel;
    *session_error(s) = before;
    return how;
}
