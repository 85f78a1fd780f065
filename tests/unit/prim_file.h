/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For tests of primitives that read files: one file of the test's own, written
 * anew as often as it wants.
 */
#ifndef VST_TESTS_PRIM_FILE_H
#define VST_TESTS_PRIM_FILE_H

#include "prim.h"

#include <unistd.h>

static char prim_file_path[] = "/tmp/vestige-test-XXXXXX";

static inline int prim_file_make(void **state)
{
    int file = mkstemp(prim_file_path);
    if (file >= 0) close(file);
    return file < 0 ? -1 : prim_setup(state);
}

static inline int prim_file_remove(void **state)
{
    (void)state;
    return unlink(prim_file_path);
}

static inline void prim_file_write(const char *bytes, size_t length)
{
    FILE *f = fopen(prim_file_path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, length, f), length);
    assert_int_equal(fclose(f), 0);
}

/* A record as its names and columns, with blanks between them. */
static inline void prim_file_show(const struct record *r, struct text *out)
{
    for (size_t i = 0; i < 2 * (size_t)r->head.size; i++) {
        assert_true(i == 0 || text_puts(out, " "));
        assert_true(print_value(out, r->fields[i]));
    }
}

#endif
