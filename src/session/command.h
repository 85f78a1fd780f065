/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the directives do: one function each, named in the table of
 * directives.c. Each fills the answer, or answers false with the session's
 * error and leaves the session as it was.
 */
#ifndef VST_SESSION_COMMAND_H
#define VST_SESSION_COMMAND_H

#include "session/session.h"

typedef bool command(struct session *s, const struct request *q,
                     struct answer *a);

/* command_program.c: what changes the program */
command command_assume, command_observe, command_observe_each, command_predict,
    command_factor, command_condition, command_forget, command_clear,
    command_load;

/* The name and the expression that an ASSUME or define binds; a define with
 * parameters as a lambda. false with the session's error. */
bool definition_parts(struct session *s, const struct request *q,
                      struct syntax **name, struct syntax **expression);

/* command_save.c */
command command_save, command_restore;

/* command_report.c: what looks at it */
command command_seed, command_report, command_directives, command_logscore,
    command_logdensity, command_entropy, command_memory, command_mhstats,
    command_exit;
/* command_trace.c */
command command_trace;
/* command_plot.c */
command command_plot;
/* Are the options behind PLOT's expression as they should be? false with the
 * session's error. */
bool plot_check(struct session *s, const struct request *q);

/* command_infer.c */
command command_infer, command_infer_many;
/* background.c */
command command_infer_on, command_infer_off, command_infer_status;
/* command_profile.c */
command command_profile;
/* Proposals are told to those that are asked for: MHSTATS, PROFILE. */
void profile_link(struct session *s);
/* command_check.c */
command command_check;
/* command_check_model.c: CHECK model; is it that, or an XRP of this name? */
command check_model;
bool check_is_of_model(struct session *s, const struct request *q);
/* help.c */
command command_help;

#endif
