/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The standard library's text: the files of lib/, in the order of their
 * names, which are what errors and HELP show.
 */
#ifndef VST_EVAL_LIBRARY_H
#define VST_EVAL_LIBRARY_H

#include "base/embedded.h"

extern const struct embedded_file library_files[]; /* a NULL name ends it */
extern const unsigned library_file_count;

#endif
