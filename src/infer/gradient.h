/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the kernels hmc and nuts share: a chain on the ground of their scope,
 * its warmup, what was learned of coordinates that come and go, the columns
 * of its draws, and its adaptation as text. The two differ in a *way* of
 * making one transition.
 *
 * While nothing else moves the chain stays in coordinates, and the trace is
 * brought up to it at the end of a batch of transitions; or shows no more than
 * its values, and is brought up when somebody needs the rest (`glimpses`).
 */
#ifndef VST_INFER_GRADIENT_H
#define VST_INFER_GRADIENT_H

#include "infer/centring.h"
#include "infer/ground.h"
#include "infer/hmc.h"
#include "infer/learned.h"
#include "infer/nuts.h"
#include "infer/warmup.h"

struct gradient_chain;
struct gradient_past;

struct gradient_way {
    enum metric_kind (*metric)(const struct kernel *);
    double (*target)(const struct kernel *);
    double (*step_given)(const struct kernel *); /* 0: none */
    double (*centring)(const struct kernel *);   /* below 0: to be chosen */
    /* Room for this many coordinates, at the first of which c->points is to
     * stand; false: memory ran out. */
    bool (*open)(struct gradient_chain *c, const struct kernel *k, size_t size);
    void (*close)(struct gradient_chain *c);
    void (*step)(struct gradient_chain *c, const struct kernel *k,
                 struct random *random);
};

struct gradient_chain {
    const struct gradient_way *way;
    struct ground ground;
    union {
        struct nuts nuts;
        struct hmc hmc;
    };
    struct points *points; /* the way's; NULL: not open */
    struct warmup warmup;
    struct learned_table learned;
    struct centring_table centrings;
    double *numbers; /* room for those of the ground */
    size_t number_room;
    struct coordinate *coordinates; /* whose they are: location and index */
    double *before;                 /* where the present transition began */
    size_t size;
    uint64_t structure; /* of the gathering */
    bool placed;        /* `points.here` is the state of the trace */
    bool begun, ended;  /* warmup */
    bool given;         /* the adaptation was read */
    double step;        /* the one that the last transition used */
    struct trajectory last;
    /* Since warmup. */
    uint64_t transitions, divergent, limited;
    struct moments all, diverged; /* positions; where trajectories broke */
    struct gradient_past *past;   /* until it is open; NULL: it begins */
};

/* Transitions between which the trace is not brought to where the chain is.
 * Where it cannot be brought there, for what the trace computes and the
 * density does not, the chain goes back to the last of them. */
enum { GRADIENT_BATCH = 16 };

bool gradient_init(struct kernel *k, struct engine *e,
                   const struct gradient_way *way);
bool gradient_steps(struct kernel *k, struct engine *e, uint64_t n,
                    uint64_t *made, struct transition_counts *counts);
bool gradient_step(struct kernel *k, struct engine *e,
                   struct transition_counts *counts);
bool gradient_bring(struct kernel *k, struct engine *e,
                    struct transition_counts *counts);
void gradient_close(struct kernel *k);

/* What is known of its coordinates by location becomes its metric. false:
 * memory ran out. */
bool gradient_recall(struct gradient_chain *c);

/* The chain is on the ground as it is now: it has coordinates of its own.
 * false with the machine's error. */
bool gradient_adopt(struct gradient_chain *c, const struct kernel *k);

/* ---- gradient_centre.c ---- */

/* The words of :parameterization, and what they and numbers say of
 * centring. */
enum { CENTRING_AUTO, CENTRING_WHOLE, CENTRING_NONE };
extern const char *const gradient_centrings[];
double gradient_centring(double option);
/* What the ground is told of centring; after c->centrings was set. */
struct gather_plan gradient_plan(struct gradient_chain *c);
/* A draw of warmup, at c->points->here. false: memory ran out. */
bool gradient_watch(struct gradient_chain *c);
/* A window ends: centrings are chosen, and what was seen in it is put into
 * the coordinates that will be. */
bool gradient_settle(struct gradient_chain *c);
/* The chain goes on in other coordinates: after gradient_settle has answered
 * true. *placed false: it has none where it is. false with the machine's
 * error. */
bool gradient_recentre(struct gradient_chain *c, const struct kernel *k,
                       bool *placed);

/* ---- gradient_past.c ---- */

/* For the rows of the kernels. */
bool gradient_save(const struct kernel *k, const struct place_book *places,
                   struct text *out);
bool gradient_load(struct kernel *k, struct kernel_past *past);
/* On its ground for the first time: has coordinates, and what is known of
 * them. false with the machine's error. */
bool gradient_past_open(struct gradient_chain *c, const struct kernel *k,
                        struct engine *e);
void gradient_past_close(struct gradient_chain *c);

/* In gradient_text.c. */
bool gradient_write(const struct kernel *k, struct text *out);
bool gradient_read(struct kernel *k, const char *lines, struct error *error);

#endif
