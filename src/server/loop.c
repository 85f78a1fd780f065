/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop, on epoll: see loop.h.
 */
#include "server/loop.h"

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 64 };

/* Of this turn: one that is removed meanwhile is taken out. */
static struct epoll_event events[EVENTS];
static int event_count;

bool loop_open(struct loop *l)
{
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    return l->epoll >= 0;
}

void loop_close(struct loop *l)
{
    if (l->epoll >= 0) close(l->epoll);
    l->epoll = -1;
}

static bool tell(struct loop *l, struct watcher *w, int how)
{
    struct epoll_event e = {.events = EPOLLIN | (w->writing ? EPOLLOUT : 0),
                            .data.ptr = w};
    return epoll_ctl(l->epoll, how, w->descriptor, &e) == 0;
}

bool loop_add(struct loop *l, struct watcher *w, int descriptor,
              void (*ready)(void *), void *context)
{
    *w = (struct watcher){ready, context, descriptor, false};
    if (tell(l, w, EPOLL_CTL_ADD)) return true;
    w->descriptor = -1;
    return false;
}

void loop_want(struct loop *l, struct watcher *w, bool writing)
{
    if (w->descriptor < 0 || w->writing == writing) return;
    w->writing = writing;
    tell(l, w, EPOLL_CTL_MOD);
}

void loop_remove(struct loop *l, struct watcher *w)
{
    if (w->descriptor < 0) return;
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->descriptor, NULL);
    w->descriptor = -1;
    for (int i = 0; i < event_count; i++)
        if (events[i].data.ptr == w) events[i].data.ptr = NULL;
}

void loop_turn(struct loop *l, int milliseconds)
{
    event_count = epoll_wait(l->epoll, events, EVENTS, milliseconds);
    for (int i = 0; i < event_count; i++) {
        struct watcher *w = events[i].data.ptr;
        if (w) w->ready(w->context);
    }
    event_count = 0;
}

double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
