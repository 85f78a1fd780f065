/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening and waiting: see input.h.
 */
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/confine.h"

enum { TURN_MS = 100 };

int input_open(const char *path)
{
    int descriptor = confined_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (descriptor < 0) return -1;
    /* only the opening may not wait */
    int flags = fcntl(descriptor, F_GETFL);
    if (flags >= 0) fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK);
    return descriptor;
}

FILE *input_file(const char *path)
{
    int descriptor = input_open(path);
    if (descriptor < 0) return NULL;
    FILE *file = fdopen(descriptor, "rb");
    if (!file) close(descriptor);
    return file;
}

bool input_wait(int descriptor, const struct patience *p)
{
    while (p) {
        struct pollfd awaited = {.fd = descriptor, .events = POLLIN};
        int found = poll(&awaited, 1, TURN_MS);
        if (found > 0 || (found < 0 && errno != EINTR)) break;
        if (!p->go_on(p->who)) return false;
    }
    return true;
}
