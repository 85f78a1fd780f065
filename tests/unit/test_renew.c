/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The journal is written anew while entries come. A process that does so is
 * killed at each of its system calls: what is there afterwards is a journal,
 * with each entry that was acknowledged, once, or what the checkpoint behind
 * it has of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/renew.h"

/* Entries before the checkpoint, behind it, while the journal is written
 * anew, and after that. */
enum { BEFORE = 6, BEHIND = 3, MEANWHILE = 3, AFTER = 3 };
enum { ALL = BEFORE + BEHIND + MEANWHILE + AFTER };

static const char BUILD[] = "build";

/* In memory, if there is such a place: what is killed is no machine. */
static char data[64];

static void name_data(void)
{
    snprintf(data, sizeof data, "%s/vestige-renew-%d",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
             (int)getpid());
}

static void clear(void)
{
    static const char *const names[] = {"journal", "journal.new", "lock"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", data, names[i]);
        unlink(path);
    }
    rmdir(data);
}

/* ---- the process that is killed --------------------------------------- */

struct life {
    struct scribe scribe;
    struct loop loop;
    struct renewal renewal;
    struct place open, state, behind[BEHIND];
    uint64_t heard; /* bytes that who waits for the disk was told of */
    int told;       /* a pipe: one byte an acknowledged entry */
};

static bool take_none(void *context, const struct entry *e, struct place p)
{
    (void)context, (void)e, (void)p;
    return true;
}

static void moved(void *context)
{
    struct life *l = context;
    scribe_turn(&l->scribe);
    l->heard = l->scribe.synced;
}

static struct place put(struct life *l, enum entry_kind kind, uint64_t a)
{
    char text[300];
    struct place p = {0};
    memset(text, 'x', sizeof text);
    struct entry e = {
        .kind = kind, .session = 1, .a = a, .text = {text, sizeof text}};
    if (!scribe_add(&l->scribe, &e, &p)) _exit(3);
    return p;
}

static struct place add(struct life *l, enum entry_kind kind, uint64_t a)
{
    struct place p = put(l, kind, a);
    scribe_turn(&l->scribe);
    return p;
}

static struct place add_and_wait(struct life *l, uint64_t number)
{
    char byte = (char)number;
    struct place p = add(l, ENTRY_DO, number);
    while (l->scribe.synced < l->scribe.end) {
        loop_turn(&l->loop, 1);
        if (l->scribe.failed) _exit(4);
    }
    if (write(l->told, &byte, 1) != 1) _exit(5);
    return p;
}

static void renew(struct life *l)
{
    bool good = renewal_need(&l->renewal, l->open, false) &&
                renewal_need(&l->renewal, l->state, false);
    for (int i = 0; i < BEHIND; i++)
        good = good && renewal_need(&l->renewal, l->behind[i], false);
    renewal_size(&l->renewal);
    if (!good || !renewal_start(&l->renewal, &l->scribe, data, BUILD)) _exit(6);
}

static void live(struct life *l)
{
    struct error error = {0};
    bool same;
    uint64_t n = 0;
    if (!loop_open(&l->loop) ||
        !scribe_open(&l->scribe, data, BUILD, &same, take_none, NULL, &error) ||
        !scribe_start(&l->scribe, &l->loop, moved, l))
        _exit(2);
    l->renewal.old = l->renewal.file = -1;
    l->open = add(l, ENTRY_OPEN, 0);
    while (n < BEFORE) add_and_wait(l, n++);
    l->state = add(l, ENTRY_STATE, BEFORE);
    for (int i = 0; i < BEHIND; i++) l->behind[i] = add_and_wait(l, n++);
    renew(l);
    for (int i = 0; i < MEANWHILE; i++) add_and_wait(l, n++);
    while (!renewal_has_ended(&l->renewal)) usleep(100);
    put(l, ENTRY_DO, 100); /* it comes along: no other sync tells of it */
    if (!renewal_take(&l->renewal, &l->scribe)) _exit(7);
    for (int i = 0; i < 100 && l->heard < l->scribe.end; i++)
        loop_turn(&l->loop, 10);
    if (l->heard < l->scribe.end) _exit(9);
    struct place p = l->behind[0];
    struct text room = {0};
    struct entry e;
    if (!renewal_place(&l->renewal, &l->scribe, &p) ||
        !scribe_read(&l->scribe, p, &room, &e) || e.a != BEFORE)
        _exit(8);
    text_free(&room);
    renewal_close(&l->renewal);
    while (n < ALL) add_and_wait(l, n++);
    scribe_close(&l->scribe);
    _exit(0);
}

/* ---- killing it ------------------------------------------------------- */

static pid_t begin(int *told)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        static struct life l;
        close(ends[0]);
        l.told = ends[1];
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        live(&l);
    }
    close(ends[1]);
    *told = ends[0];
    return pid;
}

/* Until it has stopped at `most` calls, of any thread: then it is killed. The
 * number of stops; *status of the process. */
static long run_for(pid_t pid, long most, int *status)
{
    long stops = 0;
    waitpid(pid, status, 0);
    ptrace(PTRACE_SETOPTIONS, pid, NULL,
           (void *)(long)(PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD |
                          PTRACE_O_EXITKILL));
    ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
    for (;;) {
        pid_t who = waitpid(-1, status, __WALL);
        if (who < 0) return stops;
        if (WIFEXITED(*status) || WIFSIGNALED(*status)) {
            if (who == pid) return stops;
            continue;
        }
        bool call = WSTOPSIG(*status) == (SIGTRAP | 0x80);
        if (call && ++stops == most) kill(pid, SIGKILL);
        ptrace(PTRACE_SYSCALL, who, NULL, NULL);
    }
}

/* ---- what is there ---------------------------------------------------- */

struct found {
    unsigned times[ALL];
    uint64_t settled;
    bool opened;
};

static bool take(void *context, const struct entry *e, struct place p)
{
    struct found *f = context;
    (void)p;
    if (e->kind == ENTRY_OPEN) f->opened = true;
    if (e->kind == ENTRY_STATE) f->settled = e->a;
    if (e->kind == ENTRY_DO && e->a < ALL) f->times[e->a]++;
    return true;
}

static void look(int told, long at)
{
    struct scribe w;
    struct error error = {0};
    struct found f = {0};
    bool same;
    char byte;
    if (!scribe_open(&w, data, BUILD, &same, take, &f, &error))
        fail_msg("killed at %ld: %s", at, error.message);
    while (read(told, &byte, 1) == 1) {
        unsigned n = (unsigned char)byte;
        bool there = f.times[n] == 1 || n < f.settled;
        if (!there || !f.opened) fail_msg("killed at %ld: %u is lost", at, n);
    }
    for (unsigned n = 0; n < ALL; n++)
        if (f.times[n] > 1) fail_msg("killed at %ld: %u is doubled", at, n);
    scribe_close(&w);
    close(told);
}

static void killed_at_each_call(void **state)
{
    int status, told;
    (void)state;
    name_data();
    clear();
    for (long at = 1;; at++) {
        pid_t pid = begin(&told);
        long stops = run_for(pid, at, &status);
        if (stops < at) {
            assert_true(WIFEXITED(status));
            assert_int_equal(WEXITSTATUS(status), 0);
            look(told, at);
            assert_true(at > 100);
            break;
        }
        look(told, at);
        clear();
    }
    clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_at_each_call)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
