/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One loop for all that the front waits for: HTTP, engines, runs, the disk
 * and signals. One thread turns it, so nothing in the front has a lock.
 */
#ifndef VST_SERVER_LOOP_H
#define VST_SERVER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/* Stands in what is waited for, and lives as long. */
struct watcher {
    void (*ready)(void *context);
    void *context;
    int descriptor; /* -1: not waited for */
    bool writing;
};

struct loop {
    int epoll;
};

bool loop_open(struct loop *l);
void loop_close(struct loop *l);
/* false: the system has no room. */
bool loop_add(struct loop *l, struct watcher *w, int descriptor,
              void (*ready)(void *), void *context);
/* Also when it may be written to. */
void loop_want(struct loop *l, struct watcher *w, bool writing);
/* Before the descriptor is closed. What was ready this turn is not told any
 * more. */
void loop_remove(struct loop *l, struct watcher *w);
/* Waits for at most so long, and tells those that are ready. */
void loop_turn(struct loop *l, int milliseconds);

/* Seconds of the monotonic clock. */
double clock_seconds(void);

#endif
