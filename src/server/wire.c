/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Frames through sockets: see wire.h.
 */
#include "server/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A buffer that once was large is given back. */
enum { KEPT = 1 << 16, READ_BYTES = 1 << 16, READ_MOST = 16 };

/* ---- descriptors that go along ---------------------------------------- */

union control {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
};

static ssize_t send_with(int socket, const void *bytes, size_t length,
                         int descriptor, int flags)
{
    struct iovec part = {(void *)bytes, length};
    union control control = {0};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor >= 0) {
        m.msg_control = &control;
        m.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &descriptor, sizeof(int));
    }
    return sendmsg(socket, &m, flags | MSG_NOSIGNAL);
}

static ssize_t receive_with(int socket, void *bytes, size_t length,
                            int *descriptor, int flags)
{
    struct iovec part = {bytes, length};
    union control control = {0};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    ssize_t n = recvmsg(socket, &m, flags | MSG_CMSG_CLOEXEC);
    struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
    if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
        return n;
    if (*descriptor >= 0) close(*descriptor);
    memcpy(descriptor, CMSG_DATA(c), sizeof(int));
    return n;
}

/* ---- the front's end -------------------------------------------------- */

void wire_open(struct wire *w, int socket)
{
    *w = (struct wire){.socket = socket, .given = -1};
}

void wire_close(struct wire *w)
{
    if (w->socket >= 0) close(w->socket);
    if (w->given >= 0) close(w->given);
    text_free(&w->in);
    text_free(&w->out);
    *w = (struct wire){.socket = -1, .given = -1};
}

bool wire_is_full(const struct wire *w) { return w->sent < w->out.length; }

static void empty(struct text *t)
{
    if (t->room > KEPT)
        text_free(t);
    else
        text_clear(t);
}

static bool flush_with(struct wire *w, int descriptor)
{
    while (wire_is_full(w)) {
        ssize_t n =
            send_with(w->socket, w->out.at + w->sent, w->out.length - w->sent,
                      descriptor, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        w->sent += (size_t)n;
        descriptor = -1;
    }
    w->sent = 0;
    empty(&w->out);
    return true;
}

bool wire_flush(struct wire *w)
{
    return !wire_is_full(w) || flush_with(w, -1);
}

bool wire_send(struct wire *w, enum frame_kind kind, uint64_t ticket,
               const void *head, size_t head_length, const char *bytes,
               size_t length, int descriptor)
{
    if (head_length + length > UINT32_MAX || w->socket < 0) return false;
    struct frame f = {kind, (uint32_t)(head_length + length), ticket};
    return text_add(&w->out, (const char *)&f, sizeof f) &&
           text_add(&w->out, head, head_length) &&
           text_add(&w->out, bytes, length) && flush_with(w, descriptor);
}

bool wire_fill(struct wire *w)
{
    static char buffer[READ_BYTES];
    if (w->taken) { /* what is left moves to the front */
        w->in.length -= w->taken;
        memmove(w->in.at, w->in.at + w->taken, w->in.length);
        w->taken = 0;
        if (!w->in.length) empty(&w->in);
    }
    for (int i = 0; i < READ_MOST; i++) {
        ssize_t n = receive_with(w->socket, buffer, sizeof buffer, &w->given,
                                 MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        if (n == 0 || !text_add(&w->in, buffer, (size_t)n)) return false;
        if ((size_t)n < sizeof buffer) break;
    }
    return true;
}

bool wire_next(struct wire *w, struct frame *f, const char **bytes)
{
    size_t left = w->in.length - w->taken;
    if (left < sizeof *f) return false;
    memcpy(f, w->in.at + w->taken, sizeof *f);
    if (left - sizeof *f < f->length) return false;
    *bytes = w->in.at + w->taken + sizeof *f;
    w->taken += sizeof *f + f->length;
    return true;
}

/* ---- the other end ---------------------------------------------------- */

static bool tell_all(int socket, const char *bytes, size_t length,
                     int descriptor)
{
    while (length > 0) {
        ssize_t n = send_with(socket, bytes, length, descriptor, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes += n;
        length -= (size_t)n;
        descriptor = -1;
    }
    return true;
}

bool wire_tell(int socket, enum frame_kind kind, uint64_t ticket,
               const void *head, size_t head_length, const char *bytes,
               size_t length, int descriptor)
{
    if (head_length + length > UINT32_MAX) return false;
    struct frame f = {kind, (uint32_t)(head_length + length), ticket};
    struct text all = {0};
    bool good = text_add(&all, (const char *)&f, sizeof f) &&
                text_add(&all, head, head_length) &&
                text_add(&all, bytes, length) &&
                tell_all(socket, all.at, all.length, descriptor);
    text_free(&all);
    return good;
}

/* Exactly so many bytes, so that no descriptor of the next frame comes with
 * this one. */
static bool hear_all(int socket, char *bytes, size_t length, int *descriptor)
{
    while (length > 0) {
        ssize_t n = receive_with(socket, bytes, length, descriptor, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes += n;
        length -= (size_t)n;
    }
    return true;
}

bool wire_hear(int socket, struct frame *f, struct text *bytes, int *descriptor)
{
    char part[4096];
    *descriptor = -1;
    text_clear(bytes);
    if (!hear_all(socket, (char *)f, sizeof *f, descriptor)) return false;
    for (size_t left = f->length; left > 0;) {
        size_t n = left < sizeof part ? left : sizeof part;
        if (!hear_all(socket, part, n, descriptor) || !text_add(bytes, part, n))
            return false;
        left -= n;
    }
    return true;
}
