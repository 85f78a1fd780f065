/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libmicrohttpd, opened when a server begins: with what it stands on it would
 * cost every other start of the program some milliseconds.
 */
#ifndef VST_SERVER_MICROHTTPD_H
#define VST_SERVER_MICROHTTPD_H

#include <microhttpd.h>

#include "base/error.h"

/* clang-format off */
#define MICROHTTPD_FUNCTIONS(F)                                             \
    F(start_daemon)                                                         \
    F(stop_daemon) F(run) F(get_timeout) F(get_daemon_info)                 \
        F(get_connection_info) F(lookup_connection_value)                   \
            F(suspend_connection) F(resume_connection) F(queue_response)    \
                F(create_response_from_buffer)                              \
                    F(create_response_from_callback) F(add_response_header) \
                        F(destroy_response) F(get_reason_phrase_for)
/* clang-format on */

/* mhd.run is MHD_run. */
extern struct microhttpd {
#define FUNCTION(name) __typeof__(MHD_##name) *name;
    MICROHTTPD_FUNCTIONS(FUNCTION)
#undef FUNCTION
} mhd;

/* false with *error: it is not to be had. */
bool microhttpd_open(struct error *error);

#endif
