/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For tests of kernels: one that a test may trust to be open, and one that is
 * still to be opened, by the words of a kernel program, which must outlive it.
 */
#ifndef VST_TESTS_KERNEL_OPEN_H
#define VST_TESTS_KERNEL_OPEN_H

#include "infer/kernel.h"
#include "session_open.h"

static inline struct kernel *parse_kernel(const char *words)
{
    struct error error = {0};
    struct source *source = memory_new(sizeof *source);
    struct syntax *syntax;
    struct reader reader;
    *source = (struct source){"kernel", words, strlen(words)};
    reader_open(&reader, source, &error);
    assert_int_equal(reader_datum(&reader, false, &syntax), READ_DATUM);
    struct kernel *k = kernel_parse(syntax, NULL, &error);
    if (!k) fail_msg("%s: %s", words, error.message);
    return k;
}

static inline struct kernel *open_kernel(struct session *s, const char *words)
{
    struct kernel *k = parse_kernel(words);
    if (!kernel_open(k, s->engine))
        fail_msg("%s: %s", words, s->machine->error.message);
    return k;
}

#endif
