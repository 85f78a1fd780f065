/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers and bytes one behind another, and back: what is taken out may be
 * anything, and is refused where it ends too early.
 */
#ifndef VST_BASE_PACK_H
#define VST_BASE_PACK_H

#include <stdint.h>

#include "base/text.h"

/* Each false when memory ran out. */
bool pack_word(struct text *out, uint64_t x);
/* A length, then the bytes. */
bool pack_bytes(struct text *out, const void *bytes, size_t length);
/* The bits of a double; of n of them, and that they are n. */
bool pack_real(struct text *out, double x);
bool pack_reals(struct text *out, const double *x, size_t n);

struct unpack {
    const char *at;
    size_t left;
};
/* Each false when it is not there. */
bool unpack_word(struct unpack *u, uint64_t *x);
bool unpack_bytes(struct unpack *u, const char **bytes, size_t *length);
/* Bytes of just this length, copied. */
bool unpack_exactly(struct unpack *u, void *to, size_t length);
bool unpack_real(struct unpack *u, double *x);
/* Just n of them. */
bool unpack_reals(struct unpack *u, double *x, size_t n);
/* A count of things that take at least so many bytes each. */
bool unpack_count(struct unpack *u, size_t each, size_t *count);

#endif
