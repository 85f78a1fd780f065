/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any bytes as the state of a chain that rested: it goes on from there, or
 * refuses with an error. As they are; as the parts of one whose lengths are
 * right; and one that is right, with some bytes changed. So what kernels have
 * learned.
 */
#include "fuzz_session.h"

#include "session/chain_past.h"
#include "session/checkpoint.h"
#include "session/places.h"

enum { STEPS = 300000 };

static const char PROGRAM[] =
    "ASSUME x (normal 0 1)\nASSUME c (if (flip) 'a 'b)\n"
    "OBSERVE (normal x 1) 2\n";

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length);

static bool take(void *context, enum message_kind kind, const void *bytes,
                 size_t length)
{
    struct text *last = context;
    (void)bytes;
    if (kind == MESSAGE_STATE) {
        text_clear(last);
        expect(text_add(last, bytes, length));
    }
    return kind != MESSAGE_HEADER || length >= sizeof(struct message_header);
}

static void go_on(struct session *s, const char *at, size_t length)
{
    struct chain_past past;
    struct text said = {0};
    struct order order = {.plan.thin = 1};
    struct collector c = {
        .session = s, .order = &order, .take = take, .taker = &said};
    struct chain_rest rest = {.session = s, .order = &order, .collector = &c};
    s->machine->steps_left = STEPS;
    if (!chain_past_head(&past, at, length)) return;
    past.rows = -1;
    chain_past_tell(&past, take, &said, take, &said);
    if (chain_rest_resume(&rest, &past))
        collect_close(&c);
    else
        expect(session_error(s)->kind != ERROR_NONE);
    chain_rest_close(&rest);
    text_free(&said);
}

/* ---- kernels ---------------------------------------------------------- */

static const char *const kernels[] = {"drift", "nuts", "auto", "importance",
                                      "optimize"};
enum { KERNELS = sizeof kernels / sizeof *kernels };

static struct kernel *make(const char *name)
{
    const struct kernel_row *row = kernel_find(name);
    struct scope *scope = scope_new();
    expect(scope != NULL);
    scope->nodes[0] = (struct scope_node){.test = SCOPE_CONTINUOUS};
    scope->count = 1;
    struct kernel *k = kernel_make(row, row->takes ? scope : NULL, name);
    expect(k != NULL);
    kernel_plan(k, 40);
    return k;
}

static void move(struct session *s, struct kernel *k, bool warming)
{
    struct transition_counts counts = {0};
    kernel_warm(k, warming);
    kernel_run(k, s->engine, 5, &counts);
}

/* What it has learned, with some bytes changed, each by a place and a value:
 * it opens with that, and moves; or refuses. */
static void learn(struct session *s, const char *name,
                  const unsigned char *bytes, size_t length)
{
    struct place_book places = places_of(s);
    struct text learned = {0};
    struct kernel *k = make(name);
    s->machine->steps_left = STEPS;
    if (!kernel_open(k, s->engine)) return;
    move(s, k, true);
    expect(kernel_save(k, &places, &learned));
    kernel_close(k, s->engine);
    for (size_t i = 0; i + 3 <= length; i += 3) {
        size_t place = (size_t)bytes[i] << 8 | bytes[i + 1];
        learned.at[place % learned.length] = (char)bytes[i + 2];
    }
    struct kernel_past past = {{learned.at, learned.length}, &places};
    if (!kernel_load(k, s->engine, &past)) {
        expect(session_error(s)->kind != ERROR_NONE);
    } else if (kernel_open(k, s->engine)) {
        move(s, k, length % 2);
        kernel_close(k, s->engine);
    }
    text_free(&learned);
}

/* ---- chains ----------------------------------------------------------- */

/* Thirds of the bytes as what was told, the collector and the session. */
static struct text parts(const char *at, size_t length)
{
    struct text out = {0};
    struct run_result run = {.draws = 3};
    size_t third = length / 3;
    expect(pack_word(&out, 3) && pack_word(&out, 5) &&
           pack_bytes(&out, &run, sizeof run) && pack_word(&out, 1) &&
           pack_word(&out, 0) && pack_bytes(&out, "", 0) &&
           pack_bytes(&out, at, third) && pack_bytes(&out, "", 0) &&
           pack_bytes(&out, at + third, third) &&
           pack_bytes(&out, at + 2 * third, third));
    return out;
}

/* A collector behind what is right before it: deeper than chance comes. */
static struct text with_session(struct session *s, const char *at,
                                size_t length)
{
    struct text out = {0}, session = {0};
    struct run_result run = {.draws = 3};
    expect(checkpoint_write(s, CHECKPOINT_PROGRAM, &session));
    struct transition_counts counts = {0};
    struct random random = {{1, 2, 3, 4}};
    struct text collector = {0};
    expect(pack_word(&collector, 2) && pack_word(&collector, 0) &&
           pack_bytes(&collector, &counts, sizeof counts) &&
           pack_bytes(&collector, &random, sizeof random) &&
           text_add(&collector, at, length));
    expect(pack_word(&out, 3) && pack_word(&out, 5) &&
           pack_bytes(&out, &run, sizeof run) && pack_word(&out, 1) &&
           pack_word(&out, 0) && pack_bytes(&out, "", 0) &&
           pack_bytes(&out, "", 0) && pack_bytes(&out, "", 0) &&
           pack_bytes(&out, collector.at, collector.length) &&
           pack_bytes(&out, session.at, session.length));
    text_free(&collector);
    text_free(&session);
    return out;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length)
{
    struct source source;
    size_t mark;
    const char *at = (const char *)bytes;
    if (reaches_out(bytes, length)) return 0;
    struct session *s = fuzz_open(&source, PROGRAM, &mark);
    struct text right = with_session(s, at, length), made = parts(at, length);
    go_on(s, right.at, right.length);
    go_on(s, made.at, made.length);
    go_on(s, at, length);
    text_free(&right);
    text_free(&made);
    fuzz_close(s, mark);
    s = fuzz_open(&source, PROGRAM, &mark);
    if (length) learn(s, kernels[bytes[0] % KERNELS], bytes + 1, length - 1);
    fuzz_close(s, mark);
    return 0;
}
