/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Workers: see worker.h.
 */
#include "session/worker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIPE_BYTES = 1 << 20 };

/* ---- in the worker ---------------------------------------------------- */

static volatile int told_to_stop;

static void stop(int signal_number)
{
    (void)signal_number;
    told_to_stop = 1;
}

static void hear(int signal_number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

/* Standard input and output become nothing; of the rest only the pipe and
 * standard error stay. */
static void leave_files(int pipe)
{
    int nothing = open("/dev/null", O_RDWR);
    if (nothing >= 0) {
        dup2(nothing, STDIN_FILENO);
        dup2(nothing, STDOUT_FILENO);
    }
    if (pipe > 3) close_range(3, (unsigned)pipe - 1, 0);
    close_range((unsigned)pipe + 1, ~0u, 0);
}

static void work(worker_body *body, void *context, int pipe, pid_t parent)
{
    /* The death of the one that hears us is ours, also within a transition
     * that never ends: a pipe without a reader is noticed only when there is
     * something to say. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    hear(SIGINT, SIG_IGN);
    hear(SIGPIPE, SIG_IGN);
    hear(SIGTERM, stop);
    leave_files(pipe);
    _exit(body(context, pipe, &told_to_stop));
}

/* ---- in this process -------------------------------------------------- */

bool worker_may_start(void)
{
    DIR *threads = opendir("/proc/self/task");
    int count = 0;
    if (!threads) return true;
    for (struct dirent *d; (d = readdir(threads));)
        count += d->d_name[0] != '.';
    closedir(threads);
    return count == 1;
}

bool worker_start(struct worker *w, worker_body *body, void *context,
                  struct error *error)
{
    int ends[2];
    *w = (struct worker){.pipe = -1};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(error, ERROR_LIMIT, "no pipe to be had: %s",
                         strerror(errno));
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) work(body, context, ends[1], parent);
    int reason = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return error_set(error, ERROR_LIMIT, "no process to be had: %s",
                         strerror(reason));
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    /* It need not wait while this process is busy; where so much is not
     * given, what there is does. */
    fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES);
    *w = (struct worker){.pid = pid, .pipe = ends[0]};
    return true;
}

void worker_stop(const struct worker *w)
{
    if (w->pid > 0) kill(w->pid, SIGTERM);
}

const char *worker_end(struct worker *w, bool kill_it)
{
    static char words[80];
    int status = 0;
    *words = 0;
    if (w->pid <= 0) return words;
    if (kill_it) kill(w->pid, SIGKILL);
    close(w->pipe);
    pid_t got;
    while ((got = waitpid(w->pid, &status, 0)) < 0 && errno == EINTR) continue;
    *w = (struct worker){.pipe = -1};
    if (got < 0)
        snprintf(words, sizeof words, "it was lost");
    else if (WIFSIGNALED(status))
        snprintf(words, sizeof words, "its process was ended by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status))
        snprintf(words, sizeof words, "its process ended with status %d",
                 WEXITSTATUS(status));
    return words;
}
