/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Forking engines: see spawner.h. An order is one packet, with the engine's
 * end of its socket.
 */
#include "server/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"

/* A spawner's end of its socket. */
enum { SOCKET = 3 };

union control {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
};

/* ---- in the engine ---------------------------------------------------- */

/* Nothing is open but the socket, which becomes number 3, and standard error;
 * no file can grow. */
static void leave_files(int socket)
{
    int nothing = open("/dev/null", O_RDWR);
    if (nothing >= 0) {
        dup2(nothing, STDIN_FILENO);
        dup2(nothing, STDOUT_FILENO);
    }
    if (socket != 3) dup2(socket, 3);
    close_range(4, ~0u, 0);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

static void be_engine(engine_body *body, int socket, const char *folder,
                      const struct engine_order *order, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGXFSZ, SIG_IGN);
    leave_files(socket);
    if (!confine(folder)) _exit(1);
    _exit(body(3, order));
}

/* ---- in the spawner --------------------------------------------------- */

/* The next order and its socket; -1: the front is gone. */
static int hear(int from, struct engine_order *order)
{
    union control control = {0};
    struct iovec part = {order, sizeof *order};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    ssize_t n;
    int socket = -1;
    while ((n = recvmsg(from, &m, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        continue;
    struct cmsghdr *c = n == sizeof *order ? CMSG_FIRSTHDR(&m) : NULL;
    if (c && c->cmsg_type == SCM_RIGHTS)
        memcpy(&socket, CMSG_DATA(c), sizeof socket);
    return socket;
}

static void spawn_all(int from, engine_body *body, const char *folder)
{
    struct engine_order order;
    pid_t self = getpid();
    for (int socket; (socket = hear(from, &order)) >= 0; close(socket)) {
        order.engine[sizeof order.engine - 1] = 0;
        /* No process to be had: the closed socket tells. */
        if (fork() == 0) be_engine(body, socket, folder, &order, self);
    }
}

int spawner_serve(engine_body *body, const char *folder)
{
    /* Should the front die before this is said, the closed socket tells. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close_range(SOCKET + 1, ~0u, 0);
    /* The front passes on what is meant; the dead need not be asked for. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    spawn_all(SOCKET, body, *folder ? folder : NULL);
    return 0;
}

/* ---- in the front ----------------------------------------------------- */

/* The program once more, whatever its file is called by now. */
static int spawn_self(pid_t *pid, int socket, const char *folder)
{
    char *arguments[] = {"vestige", "serve", SPAWNER_WORD, (char *)folder,
                         NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    posix_spawn_file_actions_adddup2(&files, socket, SOCKET);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
    int reason =
        posix_spawn(pid, "/proc/self/exe", &files, &how, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return reason;
}

bool spawner_start(struct spawner *p, const char *folder, struct error *error)
{
    int ends[2];
    *p = (struct spawner){.socket = -1, .folder = folder ? folder : ""};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return error_set(error, ERROR_LIMIT, "no sockets to be had: %s",
                         strerror(errno));
    int reason = spawn_self(&p->pid, ends[1], p->folder);
    close(ends[1]);
    p->socket = ends[0];
    if (!reason) return true;
    p->pid = 0;
    spawner_stop(p);
    return error_set(error, ERROR_LIMIT, "no process to be had: %s",
                     strerror(reason));
}

static int ask(const struct spawner *p, const struct engine_order *order)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    union control control = {0};
    struct iovec part = {(void *)order, sizeof *order};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &ends[1], sizeof(int));
    ssize_t sent = sendmsg(p->socket, &m, MSG_NOSIGNAL);
    close(ends[1]);
    if (sent == sizeof *order) return ends[0];
    close(ends[0]);
    return -1;
}

/* One that has died is begun again: it holds nothing that is not here. */
int spawner_ask(struct spawner *p, const struct engine_order *order)
{
    struct error error = {0};
    const char *folder = p->folder;
    int socket = ask(p, order);
    if (socket >= 0) return socket;
    spawner_stop(p);
    return spawner_start(p, folder, &error) ? ask(p, order) : -1;
}

void spawner_stop(struct spawner *p)
{
    if (p->socket >= 0) close(p->socket);
    if (p->pid > 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
    *p = (struct spawner){.socket = -1, .folder = p->folder};
}
