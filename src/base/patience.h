/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who waits for long work: it is asked from time to time whether to go on.
 */
#ifndef VST_BASE_PATIENCE_H
#define VST_BASE_PATIENCE_H

#include <stdbool.h>

/* go_on is asked some ten times a second while something is waited for, and
 * about once a second of arithmetic; false ends the work, and the one that
 * answers it has said why. */
struct patience {
    bool (*go_on)(void *who);
    void *who;
};

#endif
