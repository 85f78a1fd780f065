/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages through a pipe: see message.h.
 */
#include "session/message.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    ALIGNMENT = 8,
    WRITE_BYTES = 1 << 15,
    READ_BYTES = 1 << 14,         /* on a C stack that may be small */
    READ_MOST = 256,              /* reads at a time: others wait as well */
    WRITE_AGE = 20 * 1000 * 1000, /* ns */
};

struct frame {
    uint32_t kind, length;
};

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static size_t filled(size_t length)
{
    return (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* ---- writing ---------------------------------------------------------- */

static bool flush(struct outbox *out)
{
    size_t done = 0;
    while (done < out->bytes.length) {
        ssize_t n =
            write(out->pipe, out->bytes.at + done, out->bytes.length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        done += (size_t)n;
    }
    text_clear(&out->bytes);
    out->written = now();
    return true;
}

static bool is_urgent(enum message_kind kind)
{
    return kind == MESSAGE_END || kind == MESSAGE_FAILED ||
           kind == MESSAGE_HEADER || kind == MESSAGE_PROGRESS;
}

bool outbox_take(void *context, enum message_kind kind, const void *bytes,
                 size_t length)
{
    static const char nothing[ALIGNMENT];
    struct outbox *out = context;
    struct frame frame = {kind, (uint32_t)length};
    if (length > UINT32_MAX - ALIGNMENT ||
        !text_add(&out->bytes, (const char *)&frame, sizeof frame) ||
        !text_add(&out->bytes, bytes, length) ||
        !text_add(&out->bytes, nothing, filled(length) - length))
        return false;
    bool due = is_urgent(kind) || out->bytes.length >= WRITE_BYTES ||
               now() - out->written >= WRITE_AGE;
    return !due || flush(out);
}

/* ---- reading ---------------------------------------------------------- */

/* Whole messages from the front; what is left moves there, so that numbers
 * in a message are aligned. */
static bool pass_on(struct inbox *in, message_take *take, void *context)
{
    size_t at = 0;
    bool good = true;
    while (good && in->bytes.length - at >= sizeof(struct frame)) {
        struct frame frame;
        memcpy(&frame, in->bytes.at + at, sizeof frame);
        size_t whole = sizeof frame + filled(frame.length);
        if (in->bytes.length - at < whole) break;
        good = take(context, frame.kind, in->bytes.at + at + sizeof frame,
                    frame.length);
        at += whole;
    }
    if (at) {
        in->bytes.length -= at;
        memmove(in->bytes.at, in->bytes.at + at, in->bytes.length);
    }
    return good;
}

enum inbox_state inbox_read(struct inbox *in, message_take *take, void *context)
{
    char buffer[READ_BYTES];
    for (int i = 0; i < READ_MOST; i++) {
        ssize_t n = read(in->pipe, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return INBOX_OPEN;
        if (n <= 0) return INBOX_ENDED;
        if (!text_add(&in->bytes, buffer, (size_t)n)) return INBOX_NO_MEMORY;
        if (!pass_on(in, take, context)) return INBOX_REFUSED;
    }
    return INBOX_OPEN;
}
