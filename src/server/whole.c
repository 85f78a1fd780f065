/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whole reads and writes: see whole.h.
 */
#include "server/whole.h"

#include <errno.h>
#include <unistd.h>

bool write_whole(int file, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(file, bytes, length);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes += n;
        length -= (size_t)n;
    }
    return true;
}

bool read_part(int file, uint64_t from, uint64_t length, struct text *out)
{
    char part[1 << 14];
    while (length > 0) {
        size_t most = length < sizeof part ? (size_t)length : sizeof part;
        ssize_t n = pread(file, part, most, (off_t)from);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0 || !text_add(out, part, (size_t)n)) return false;
        from += (uint64_t)n;
        length -= (uint64_t)n;
    }
    return true;
}
