/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Signals: see signals.h.
 */
#include "front/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

volatile int signals_cancel;
static int ends[2] = {-1, -1};
static volatile int patience = 1;

enum { STATUS_INTERRUPTED = 130 };

static void interrupt(int signal_number)
{
    int saved = errno;
    (void)signal_number;
    if (signals_cancel++ >= patience) _exit(STATUS_INTERRUPTED);
    if (ends[1] >= 0 && write(ends[1], "", 1) < 0) errno = saved;
    errno = saved;
}

void signals_open(void)
{
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) ends[0] = ends[1] = -1;
    struct sigaction action = {.sa_handler = interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    struct sigaction quiet = {.sa_handler = SIG_DFL};
    sigemptyset(&quiet.sa_mask);
    sigaction(SIGPIPE, &quiet, NULL);
    /* A file that may not grow is an error of writing, as a full disk is. */
    struct sigaction unheard = {.sa_handler = SIG_IGN};
    sigemptyset(&unheard.sa_mask);
    sigaction(SIGXFSZ, &unheard, NULL);
}

void signals_patience(int signals) { patience = signals; }

int signals_pipe(void) { return ends[0]; }

bool signals_clear(void)
{
    char drain[64];
    bool any = signals_cancel != 0;
    while (ends[0] >= 0 && read(ends[0], drain, sizeof drain) > 0) any = true;
    signals_cancel = 0;
    return any;
}
