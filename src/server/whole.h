/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files read and written to the last byte, whatever interrupts.
 */
#ifndef VST_SERVER_WHOLE_H
#define VST_SERVER_WHOLE_H

#include <stdint.h>

#include "base/text.h"

/* false with errno. */
bool write_whole(int file, const char *bytes, size_t length);
/* Appends bytes of a file. false: they are not there, or memory ran out. */
bool read_part(int file, uint64_t from, uint64_t length, struct text *out);

#endif
