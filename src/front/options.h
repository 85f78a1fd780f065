/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The command line, as the user wrote it.
 */
#ifndef VST_FRONT_OPTIONS_H
#define VST_FRONT_OPTIONS_H

#include "session/session.h"

enum task {
    TASK_RUN, /* files and expressions, or the prompt when there are none */
    TASK_CHECK,
    TASK_EXAMPLES,
    TASK_LIST,
    TASK_HELP,
    TASK_VERSION
};

/* A file, or the expression of a -e. */
struct operand {
    const char *text;
    bool expression;
};

struct options {
    enum task task;
    bool json, verbose, run_example;
    struct session_options session;
    struct operand *operands; /* in the order given; malloc's */
    int count;
};

/* Reads the arguments. false after one line on standard error. */
bool options_parse(struct options *o, int argc, char **argv);
void options_free(struct options *o);

/* What --help prints. */
void options_help(void);

#endif
