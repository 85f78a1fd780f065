/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of directives. To add one, add a row and its function.
 */
#include "session/command.h"

#define BARE PLACE_BARE
#define BOTH (PLACE_BARE | PLACE_LIST)

const struct directive_row directive_rows[] = {
    {"assume", 2, 2, BOTH, command_assume, "ASSUME name expr",
     "evaluate expr and bind the name to it; a name bound before is replaced "
     "in place"},
    {"define", 2, -1, BOTH, command_assume,
     "(define name expr), (define (f x ...) body ...)",
     "the same as ASSUME; the second form makes a procedure"},
    {"observe", 2, 2, BOTH, command_observe, "OBSERVE expr value",
     "condition on the choice that expr stands for having given the value"},
    {"observe-each", 2, 2, BOTH, command_observe_each,
     "OBSERVE-EACH (f arg ...) values",
     "condition on f having given each of the values, in order; arguments "
     "that are lists or vectors go along"},
    {"predict", 1, 2, BOTH, command_predict, "PREDICT expr, PREDICT label expr",
     "evaluate expr, and keep it up to date"},
    {"factor", 1, 1, BOTH, command_factor, "(factor e), FACTOR e",
     "add e to the log probability"},
    {"condition", 1, 1, BOTH, command_condition, "(condition e), CONDITION e",
     "only states in which e holds are possible"},
    {"infer", 1, -1, BOTH, command_infer,
     "INFER n, INFER expr samples lag, INFER [kernel] :samples n ...",
     "move through the posterior: n transitions; or the distribution of "
     "expr; or draws and their summary. Options: :samples :warmup :thin "
     ":chains :seed :for 60s :init current :watch (e ...) :out \"draws\" "
     ":adapt-from \"draws_1.csv\" :predictive both"},
    {"infer_many", 2, 4, PLACE_BARE, command_infer_many,
     "infer_many expr samples [burn-in] [lag]",
     "the older spelling of INFER expr samples lag, from the prior"},
    {"infer-on", 0, 1, BARE, command_infer_on, "INFER-ON [kernel]",
     "inference in the background: at a prompt while it waits, in a script "
     "1000 transitions after each directive"},
    {"infer-off", 0, 0, BARE, command_infer_off, "INFER-OFF",
     "no more inference in the background"},
    {"infer-status", 0, 0, BARE, command_infer_status, "INFER-STATUS",
     "inference in the background: on or off, its kernel, transitions and "
     "acceptance, since when, and what ended it"},
    {"forget", 1, 1, BOTH, command_forget, "FORGET id, FORGET name",
     "remove a directive; an ASSUME only when nothing refers to it"},
    {"clear reset", 0, 0, BARE, command_clear, "CLEAR",
     "remove every directive"},
    {"load", 1, 1, BOTH, command_load, "LOAD \"file\"",
     "do the directives of a file"},
    {"save", 1, 1, BARE, command_save, "SAVE \"file\"",
     "write the program and its state to a file; RESTORE brings them back, "
     "and what is drawn then is what would have been drawn"},
    {"restore", 1, 1, BARE, command_restore, "RESTORE \"file\"",
     "the program and the state that SAVE wrote, in place of these"},
    {"report report_value reportvalue", 0, 1, BARE, command_report,
     "REPORT [id]", "the value of a directive, or all of them"},
    {"directives report_directives", 0, 1, BARE, command_directives,
     "DIRECTIVES [kind]", "the program: all directives, or those of one kind"},
    {"logscore log_score", 0, 1, BARE, command_logscore, "LOGSCORE [id]",
     "log probability of all choices, or of one directive's"},
    {"logdensity", 0, 1, BARE, command_logdensity,
     "LOGDENSITY, LOGDENSITY ((name value) ...)",
     "log joint density of the state, or with these ASSUMEs at these "
     "values"},
    {"entropy", 0, 0, BARE, command_entropy, "ENTROPY",
     "the number of random choices, observed ones too"},
    {"memory", 0, 0, BARE, command_memory, "MEMORY",
     "memory in use, in kilobytes"},
    {"mhstats", 0, 1, BARE, command_mhstats,
     "MHSTATS [on, off, aggregated, detailed]",
     "proposals made and accepted so far; detailed: and where proposed "
     "states were out of a domain"},
    {"profile", 0, 1, BARE, command_profile, "PROFILE [on, off]",
     "by line of the program, the share of time of all transitions since "
     "PROFILE on, proposals, acceptance, and nodes touched by each"},
    {"trace", 0, 1, BARE, command_trace, "TRACE [id]",
     "what the engine keeps: random choices, what they depend on, what is "
     "run again"},
    {"plot", 1, -1, BARE, command_plot,
     "PLOT expr [:out \"f.svg\"] [:theme \"amber\"] [:title \"...\"]",
     "trace and density of what the last INFER drew of expr; else its value "
     "now: a list or an array"},
    {"check", 1, -1, BARE, command_check,
     "CHECK [xrp] x [draws] [:arguments (list ...)] [:parameters (list ...)], "
     "CHECK model [kernel] [:replicates 200] [:samples 49] [:warmup 200] "
     "[:thin n] [:watch (expr ...)] [:seed n] [:out \"file.svg\"]",
     "try whether the procedures of a random procedure agree: remove undoes "
     "incorporate, sampling agrees with prob, sequences are exchangeable; "
     "or whether a kernel samples the program: joint test and "
     "simulation-based calibration"},
    {"seed", 1, 1, BARE, command_seed, "SEED n",
     "start the random numbers anew"},
    {"help ?", 0, 3, BARE, command_help, "HELP [name or topic], ?name",
     "what there is, what a name means, or what belongs to a topic"},
    {"exit quit", 0, 0, BARE, command_exit, "EXIT", "leave"},
};
const size_t directive_count = sizeof directive_rows / sizeof *directive_rows;
