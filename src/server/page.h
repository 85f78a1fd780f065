/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The files of the display at /ui: those of ui/, and uPlot from its package.
 */
#ifndef VST_SERVER_PAGE_H
#define VST_SERVER_PAGE_H

#include "base/embedded.h"

extern const struct embedded_file page_files[];
extern const unsigned page_file_count;

#endif
