/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs: chains from the state that a session had when they were asked for,
 * in processes of their own. Their draws go to files as they come, a row of
 * doubles each; what was drawn is drawn again to the same bits when a run is
 * begun again, so rows that are in a file already are passed over. A run
 * whose process dies is begun again from the journal.
 */
#ifndef VST_SERVER_RUNS_H
#define VST_SERVER_RUNS_H

#include "infer/run.h"
#include "server/hosted.h"
#include "session/column.h"
#include "session/order.h"

struct stream;
struct exchange;

/* Of the draws of each chain: from so many on, so many, so far apart. */
struct slice {
    uint64_t from, count, stride;
    size_t first, last; /* chains */
};

/* RUN_LIMITED: stopped by --limit-run. */
enum run_state { RUN_GOING, RUN_ENDED, RUN_STOPPED, RUN_FAILED, RUN_LIMITED };

struct run_chain {
    struct place state;     /* in the journal: it goes on from there; and */
    uint64_t state_rows;    /* what it had drawn by then */
    bool goes_on;           /* this process began from there */
    int file;               /* of its rows; -1: not open */
    uint64_t stored;        /* rows in the file, with `rows` behind it */
    uint64_t come;          /* rows that this process told */
    struct text rows;       /* not written yet */
    struct column *columns; /* kinds and levels alone: no draws */
    struct run_progress progress;
};

struct run {
    struct run *next;
    struct runs *runs;
    uint64_t id, session, seed;
    size_t position; /* entries of the session that it begins from */
    /* In the journal: itself, the last extension, its end, and what all of
     * its chains begin from. */
    struct place place, more, end, base;
    char *text;       /* the INFER */
    uint64_t samples; /* of each chain */
    enum run_state state;
    bool stopping, late, dropped, restarting;
    bool full;         /* its draws find no room: it is not heard */
    bool unsaid;       /* its end has no room in the journal yet */
    uint64_t unlinked; /* dropped: when this is on disk its files go */
    size_t width; /* columns; of them the sampler's own, and up to where they
                     are parameters: */
    size_t own, parameters;
    char *names; /* each with its zero */
    size_t names_length;
    struct run_chain *chains;
    size_t chain_count;
    struct text
        ending; /* what its process said last, until draws are written */
    struct text answer; /* of the INFER, as JSON; or its error */
    struct text facts;  /* columns and levels, as JSON, when it has ended */
    /* ---- its process */
    struct wire wire;
    struct watcher watcher;
    int process;
    size_t told; /* of what it goes on from: the base, chains, the end */
    struct hosted *host;   /* the copy of a session it was begun again from */
    struct hosted *looker; /* looks at its draws: see runs_look.c */
    unsigned restarts;
    uint64_t rests;      /* checkpoints of its chains */
    uint64_t way_before; /* rows and rests, when it was begun again last */
    double wait_until;
    double begun, ended;
    double launched; /* its process; 0: not yet */
    /* ---- those who hear of it */
    struct stream *streams;
    struct exchange *starter; /* is answered when it has begun */
    struct exchange *stopper; /* is answered when it has stopped */
};

struct runs {
    struct server *server;
    struct run *first;
    uint64_t next_id;
    size_t going;
    uint64_t draws, restarts, rests; /* counters */
};

/* `folder`/runs is there afterwards. false: no. */
bool runs_open(const struct server *server);
struct run *run_find(struct runs *rs, uint64_t id);
/* The journal tells of it. */
bool runs_known(struct runs *rs, const struct entry *e, struct place p,
                size_t position);
/* Those that had not ended begin again. */
void runs_resume(struct runs *rs);
/* A new one, which `starter` asked for: run_started is called when it is with
 * an engine. NULL: no memory. */
struct run *run_new(struct runs *rs, struct hosted *h, uint64_t seed,
                    const char *text, uint64_t samples, size_t chains,
                    struct exchange *starter);
/* It begins from so many entries of its session; `reply` goes into the
 * journal with it. false: the disk, or memory. */
bool run_write(struct run *r, size_t position, const struct text *key,
               const char *reply);
/* Its session is asked whether it takes the order; if so the run is launched,
 * else run_refused is called. false: no memory. */
bool run_propose(struct run *r, struct hosted *h);
/* One that never began, and nobody knows of. */
void run_forget(struct run *r);
/* Launches it: in a copy of the session's engine as it is now, or, `again`, as
 * it was. */
void run_launch(struct run *r, bool again);
/* It is to end, and keeps what it has. */
void run_stop(struct run *r);
/* So many draws of each chain: it goes on. false: the disk. */
bool run_extend(struct run *r, uint64_t samples, const char *text);
/* It is forgotten, and its draws with it. false: the disk has no room, and
 * nothing has changed. */
bool run_drop(struct run *r);
/* Those of a session whose end is in the journal. */
void runs_forget_session(struct runs *rs, uint64_t session);
/* It has ended so, with r->answer: that is written down, now or when there is
 * room. */
void run_finish(struct run *r, enum run_state state);
void runs_tick(struct runs *rs);
/* Rows go to their files; once a turn. */
void runs_write(struct runs *rs);
void runs_close(struct runs *rs);

/* Rows [from, from + count) of a chain; fewer when there are fewer. */
bool run_rows(struct run *r, size_t chain, uint64_t from, uint64_t count,
              struct text *out, uint64_t *got);
/* The name of a column. */
const char *run_column_name(const struct run *r, size_t i);
/* {"name":...,"kind":...},... of all. false: no memory. */
bool run_print_columns(const struct run *r, struct text *out);
/* A number of a draw as JSON. */
bool run_print_number(const struct run *r, size_t chain, size_t column,
                      double x, struct text *out);
const char *run_state_name(enum run_state s);

/* Says what it goes on from, as far as it is heard. false: memory, or its
 * process is gone. */
bool run_tell(struct run *r);
/* A checkpoint of a chain, or, 0, of what all begin from, goes into the
 * journal. */
bool run_keep_state(struct run *r, uint64_t chain, const char *bytes,
                    size_t length);
/* Do many draws wait for room on the disk? */
bool run_waits(const struct run *r);
/* runs_hear.c: what a run's process says. */
void run_hear(void *run);
/* It has said its end: that is so once its draws are written. */
void run_try_end(struct run *r);
/* Columns and levels as JSON, and back. */
bool run_facts(const struct run *r, struct text *out);
bool run_take_facts(struct run *r, const char *json, size_t length);
void run_drop_columns(struct run *r);
void run_close_process(struct run *r);
void run_fail(struct run *r, const char *message);
void run_died(struct run *r);
/* runs_file.c: the name of a chain's file. */
void run_path(const struct run *r, size_t chain, char *path, size_t size);
/* All of them are closed, and gone. */
void run_unlink(struct run *r);
/* The file of a chain, and how many rows are in it; a torn one is cut off. */
bool run_open_file(struct run *r, size_t chain);
/* The file of a chain, opened to be read by another process; -1: no. */
int run_read_file(struct run *r, size_t chain);
/* runs_look.c: what can be said of the draws so far, while it runs; all of
 * them as netCDF. */
void answer_run_so_far(struct exchange *x, struct run *r);
void answer_run_netcdf(struct exchange *x, struct run *r,
                       const struct slice *s);
/* Who looks at its draws goes when nobody asks, and at once. */
void run_look_rest(struct run *r, double now);
void run_look_end(struct run *r);
/* runs_routes.c: that of the route's first parameter; NULL: answered. */
struct run *run_asked(struct exchange *x);
/* Answers with what it is. */
void run_answer(struct exchange *x, struct run *r);
/* The same of one that has begun, or why it has not. */
void run_started(struct exchange *x, struct run *r, const struct outcome *o);
/* What is wrong with its order. */
void run_refused(struct exchange *x, const struct outcome *o);
void run_settle(struct run *r, enum run_state state);

#endif
