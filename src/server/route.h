/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of routes: what is served, by whom, and what goes in and comes
 * out. Requests are found by it, and /openapi.json is printed from it.
 */
#ifndef VST_SERVER_ROUTE_H
#define VST_SERVER_ROUTE_H

#include "server/exchange.h"

enum route_flags {
    ROUTE_OPEN = 1, /* answers without a token */
    ROUTE_KEY = 2,  /* honours Idempotency-Key */
    ROUTE_FORM = 4, /* its body is a form, as in the report */
    ROUTE_TEXT = 8  /* its body may be text/plain */
};

struct route {
    const char *method;
    const char *path; /* with {names} */
    void (*answer)(struct exchange *x);
    unsigned flags;
    const char *summary;
    const char *arguments; /* of the URL: "from integer, format csv|json" */
    const char *takes;     /* the schema of its body; NULL: none */
    const char *example;   /* of a body, as JSON; NULL: none */
    const char *gives;     /* schema, or a media type where there is a / */
    int status;            /* when all is well */
};

extern const struct route routes[];
extern const size_t route_count;

/* Fills x->route and its parameters. When there is none, x is answered: 404,
 * or 405 with the methods there are. */
bool route_find(struct exchange *x);

/* sessions.c, directives.c, runs.c, draws.c, about.c, old.c */
typedef void route_answer(struct exchange *x);
route_answer answer_sessions, answer_session_new, answer_session,
    answer_session_delete, answer_session_fork;
route_answer answer_directives, answer_directives_post, answer_directive,
    answer_directive_delete, answer_program, answer_evaluate, answer_statistics,
    answer_trace, answer_logscore;
route_answer answer_runs, answer_run_new, answer_run_state, answer_run_stop,
    answer_run_extend, answer_run_delete, answer_run_summary, answer_run_draws,
    answer_run_events, answer_run_plot;
route_answer answer_kernels, answer_distributions, answer_health,
    answer_metrics, answer_openapi;
/* ui.c; ui_takes: was it a browser, and is it answered? */
route_answer answer_ui, answer_ui_file, answer_ui_login;
bool ui_takes(struct exchange *x);
route_answer old_list, old_clear, old_directive, old_forget, old_assume,
    old_observe, old_predict, old_infer, old_seed, old_logscore,
    old_logscore_of, old_entropy, old_memory, old_mhstats, old_mhstats_detailed,
    old_mhstats_on, old_mhstats_off, old_start, old_stop, old_status;

#endif
