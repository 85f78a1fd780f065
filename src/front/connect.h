/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `vestige connect URL`: the prompt, of a session of a server. What is typed
 * goes there when it is complete; what comes back is shown.
 */
#ifndef VST_FRONT_CONNECT_H
#define VST_FRONT_CONNECT_H

/* From the arguments behind `connect`. The exit status. */
int connect_command(int argc, char **argv);

#endif
