/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sessions of the server as the front sees them: where their entries stand
 * in the journal, the engine that has their state, if one is awake, and what
 * waits to be asked of it. A session is asleep until somebody asks; then an
 * engine does its entries again, and the session is as it was.
 *
 *     asked -> an engine does it -> it is written down -> it is on disk ->
 *     whoever asked is answered
 *
 * An engine that dies, or takes too long, is forgotten, and the next asked
 * begins from the journal. It knows no HTTP.
 */
#ifndef VST_SERVER_HOSTED_H
#define VST_SERVER_HOSTED_H

#include "server/loop.h"
#include "server/scribe.h"
#include "server/spawner.h"
#include "server/wire.h"

struct hosts;
struct hosted;

enum outcome_kind {
    OUTCOME_REPLY,  /* the engine's: reply.state, and JSON */
    OUTCOME_LATE,   /* took too long */
    OUTCOME_DIED,   /* its engine died, twice */
    OUTCOME_BROKEN, /* its entries do not give again what they gave */
    OUTCOME_DISK,   /* the journal takes no more */
    OUTCOME_FULL,   /* too much waits already; no memory */
    OUTCOME_GONE    /* the session was deleted meanwhile */
};

struct outcome {
    enum outcome_kind kind;
    struct wire_reply reply;
    const char *json;
    size_t length;
};

/* Something to be asked of a session. */
struct task {
    struct task *next;
    struct text text;     /* directives */
    uint32_t flags;       /* enum wire_do_flags */
    enum frame_kind kind; /* FRAME_DO, unless it says otherwise */
    /* FRAME_RUN, FRAME_FILE: goes to the engine, and there is no reply. */
    int socket;
    uint64_t seed, chains;
    /* With what the request may be asked for again; empty: nothing. */
    struct text key;
    /* Called once. */
    void (*done)(void *context, const struct outcome *o);
    void *context;
    /* ---- its way */
    double begun;
    unsigned tries;
    uint64_t needs; /* of the journal, on disk, before it is answered */
    struct wire_reply reply;
    struct text json;
};

enum hosted_state { HOSTED_ASLEEP, HOSTED_WAKING, HOSTED_AWAKE };

struct queue {
    struct task *first, *last;
    unsigned length;
};

struct hosted {
    struct hosted *next;
    struct hosts *hosts;
    uint64_t id;
    char engine[24];
    uint64_t seed;
    /* What it is made of: entries `first`, `first` + 1, ... of all that it
     * ever had, ENTRY_OPEN left out; and what the first `settled` of all made
     * of it. Those may be left out of `entries`, and then all are. */
    struct place open, *entries, checkpoint;
    size_t first, count, room, settled;
    bool has_checkpoint;
    struct text fresh; /* the engine has said what its session is now */
    bool is_copy;      /* for a run: not in the table, nothing written */
    bool closed;
    bool broken; /* see OUTCOME_BROKEN */
    /* ---- the engine */
    enum hosted_state state;
    struct wire wire;
    struct watcher watcher;
    int process;        /* a descriptor to kill it by; -1: none */
    size_t told, heard; /* the state and entries behind it, while it wakes */
    double work;        /* seconds of the processor that waking takes */
    unsigned deaths;    /* while waking, one after another */
    /* ---- tasks */
    struct queue waiting, unsynced;
    struct task *current;
    double last_used;
    uint64_t position; /* of the journal: all of its entries end before */
    uint64_t version;  /* counts changes */
    bool working;      /* inference in the background */
    unsigned held;     /* runs that need it awake */
};

struct hosts {
    struct loop *loop;
    struct scribe *scribe;
    struct spawner *spawner;
    struct hosted *first;
    struct hosted *dead; /* freed at the end of the turn */
    uint64_t next_id;
    size_t count, most; /* sessions; 0: no limit */
    size_t awake;
    double seconds;     /* --limit-time: a request; 0: none */
    uint64_t memory;    /* --limit-memory: an engine */
    double sleep_after; /* seconds without a request; 0: never */
    /* Answers to requests with a key, now and when the journal is read. */
    void (*keep)(void *context, const struct entry *e, struct place p);
    void *keeper;
    /* Does a run yet have to begin from its entries? Then no checkpoint takes
     * their place. */
    bool (*is_begun_from)(void *context, const struct hosted *h);
    void *beginner;
    /* counters */
    uint64_t tasks, deaths, late, wakings;
};

/* A new one, written down. NULL: too many, or the journal. */
struct hosted *hosted_new(struct hosts *hs, const char *engine, uint64_t seed,
                          const struct text *key, const char *reply);
/* One that the journal tells of; what it says of one that is known. */
struct hosted *hosted_known(struct hosts *hs, const struct entry *e,
                            struct place p);
bool hosted_add_place(struct hosted *h, struct place p);
void hosted_know_state(struct hosted *h, const struct entry *e, struct place p);
/* Entries it ever had. */
size_t hosted_length(const struct hosted *h);
struct hosted *hosted_find(struct hosts *hs, uint64_t id);
/* A session as it was after so many entries, for a run to start from. NULL:
 * no memory, or they are not there any more. */
struct hosted *hosted_copy(struct hosted *h, size_t entries);
/* A session of its engine and seed with nothing in it. */
struct hosted *hosted_empty(struct hosted *h);
/* The end of a session is written down, and it is forgotten. false: the disk
 * has no room, and it is as before. */
bool hosted_close(struct hosted *h);
/* Its tasks are told OUTCOME_GONE; what is written stays until the journal
 * is written anew. */
void hosted_forget(struct hosted *h);
/* A new session with the entries of another. NULL as hosted_new. */
struct hosted *hosted_fork(struct hosted *h, const struct text *key,
                           const char *reply);

/* Takes the task over. */
void hosted_ask(struct hosted *h, struct task *t);
struct task *task_new(void (*done)(void *, const struct outcome *),
                      void *context);

/* Once a turn: what is on disk now is answered. */
void hosts_synced(struct hosts *hs);
/* Now and then: what takes too long is ended, what is idle goes to sleep. */
void hosts_tick(struct hosts *hs);
void hosts_bury(struct hosts *hs);
void hosts_close(struct hosts *hs);

#endif
