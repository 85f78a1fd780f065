/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The machine around its loop: opening and closing, the two stacks, limits,
 * and the built-in names. It knows how primitives and natives become values;
 * what they do is in their own files.
 */
#include "eval/machine_inside.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "base/memory.h"
#include "base/space.h"
#include "eval/core.h"
#include "eval/global.h"
#include "eval/prim_tables.h"
#include "eval/print.h"

/* Address space for the stacks: pages that are never reached cost nothing.
 * A runaway recursion ends at the first limit that it meets. */
enum {
    FRAME_LIMIT = 2500000,
    VALUE_LIMIT = 40000000,
    STACK_SLACK = 70000, /* one frame's registers fit above the limit */
    POLL_EVERY = 4096    /* calls between looks at the clock */
};

static const size_t SMALL_PAGES = (size_t)4 << 20;

static void *reserve(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return NULL;
    /* Deep programs meet fewer page faults; small ones take nothing more. */
    if (size > 2 * SMALL_PAGES)
        madvise((char *)p + SMALL_PAGES, size - SMALL_PAGES, MADV_HUGEPAGE);
    return p;
}

static size_t value_bytes(void)
{
    return (size_t)(VALUE_LIMIT + STACK_SLACK) * sizeof(value);
}

static size_t frame_bytes(void)
{
    return (size_t)(FRAME_LIMIT + 4) * sizeof(struct frame);
}

value *machine_top(const struct machine *m)
{
    const struct frame *f = m->frame;
    switch (f->kind) {
    case FRAME_CODE: return f->base + f->code->registers;
    case FRAME_ENTRY: return f->base + 1;
    default: return f->base + f->slots + f->pending + 1;
    }
}

static value *values_end(const struct machine *m)
{
    value *top = machine_top(m);
    return m->pushed && m->pushed > top ? m->pushed : top;
}

static void push_roots(void *data)
{
    const struct machine *m = data;
    memory_push(m->stack, values_end(m));
    memory_push(m->frames, m->frame + 1);
}

static void add_natives(struct machine *m, struct native *rows, size_t count);

static const char *const operator_names[] = {"+", "-",  "*", "/",
                                             "<", "<=", "="};

static bool add_builtins(struct machine *m)
{
    for (size_t i = 0; i < primitive_table_count; i++)
        machine_add_primitives(m, primitive_tables[i].rows,
                               *primitive_tables[i].count);
    primitive_select.head.type = primitive_index.head.type = T_PRIMITIVE;
    native_apply_operands.head.type = T_NATIVE;
    add_natives(m, natives_loop, natives_loop_count);
    add_natives(m, natives_effect, natives_effect_count);
    add_natives(m, natives_ode, natives_ode_count);
    machine_add_builtin(m, "pi", v_double(3.14159265358979323846),
                        "the ratio of a circle's circumference to its "
                        "diameter");
    machine_add_builtin(m, "inf", v_double(1.0 / 0.0), "infinity");
    machine_add_builtin(m, "nan", v_double(0.0 / 0.0), "not a number");
    machine_add_builtin(m, "nil", V_NIL, "the empty list");
    for (size_t i = 0; i < sizeof operator_names / sizeof *operator_names;
         i++) {
        struct global *g = global_builtin(m, symbol(operator_names[i]));
        if (!g || !is_type(g->held, T_PRIMITIVE)) return false;
        struct primitive *p = as_object(g->held);
        if (i < ARITHMETIC_LESS_EQUAL) p->arithmetic = (uint8_t)(i + 1);
        m->operators[i] = p;
    }
    return true;
}

struct machine *machine_open(struct error *error)
{
    struct machine *m = memory_new_kept(sizeof *m);
    if (m) {
        m->stack = reserve(value_bytes());
        m->frames = reserve(frame_bytes());
    }
    if (!m || !m->stack || !m->frames) {
        error_set(error, ERROR_LIMIT, "not enough memory to start");
        if (m) machine_close(m);
        return NULL;
    }
    m->stack_limit = m->stack + VALUE_LIMIT;
    m->frame_limit = m->frames + FRAME_LIMIT;
    m->frame = m->frames;
    *m->frame = (struct frame){
        .base = m->stack + 1, .kind = FRAME_ENTRY, .flags = FRAME_NAMED};
    m->steps_left = UINT64_MAX;
    m->fuel = m->fuel_given = POLL_EVERY;
    m->tags = V_NIL;
    random_seed(&m->random, 0);
    if (!memory_root_hook(push_roots, m) || !add_builtins(m)) {
        error_set(error, ERROR_LIMIT, "not enough memory to start");
        machine_close(m);
        return NULL;
    }
    return m;
}

void machine_close(struct machine *m)
{
    memory_root_unhook(push_roots, m);
    if (m->stack) munmap(m->stack, value_bytes());
    if (m->frames) munmap(m->frames, frame_bytes());
    memory_free(m);
}

void machine_tidy(struct machine *m)
{
    char *end = (char *)values_end(m);
    space_clear(end, (size_t)((char *)m->stack + value_bytes() - end));
}

/* ---- limits ------------------------------------------------------------------ */

int64_t machine_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

bool machine_poll(struct machine *m)
{
    uint64_t used = (uint64_t)(m->fuel_given - (m->fuel < 0 ? 0 : m->fuel));
    m->steps += used;
    if (m->steps_left != UINT64_MAX)
        m->steps_left = used < m->steps_left ? m->steps_left - used : 0;
    m->fuel_given =
        m->steps_left < POLL_EVERY ? (int64_t)m->steps_left : POLL_EVERY;
    m->fuel = m->fuel_given;
    if (m->cancel && *m->cancel)
        return error_set(&m->error, ERROR_CANCEL, "stopped");
    if (m->steps_left == 0)
        return error_set(&m->error, ERROR_LIMIT,
                         "the limit of steps is reached");
    if (m->deadline_ns && machine_clock() > m->deadline_ns)
        return error_set(&m->error, ERROR_LIMIT, "the time limit is reached");
    return true;
}

bool machine_no_memory(struct machine *m)
{
    return error_set(&m->error, ERROR_LIMIT, "the memory limit is reached");
}

bool machine_depth_error(struct machine *m)
{
    error_set(&m->error, ERROR_LIMIT,
              "recursion too deep: more than %ld calls or %ld values are "
              "waiting",
              (long)FRAME_LIMIT, (long)VALUE_LIMIT);
    return error_hint(&m->error, "is there a case that ends it?");
}

/* ---- built-in names ------------------------------------------------------------ */

void machine_add_builtin(struct machine *m, const char *name, value v,
                         const char *doc)
{
    struct global *g = global_make(m, symbol(name), true);
    if (!g) return;
    g->held = v;
    g->doc = doc;
}

/* Binds each of the blank-separated names. */
static void add_names(struct machine *m, const char *names, value v,
                      const char *doc)
{
    while (*names) {
        size_t n = strcspn(names, " ");
        struct global *g = global_make(m, symbol_sized(names, n), true);
        if (g) {
            g->held = v;
            g->doc = doc;
        }
        names += n;
        names += strspn(names, " ");
    }
}

void machine_add_primitives(struct machine *m, struct primitive *rows,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rows[i].head.type = T_PRIMITIVE;
        add_names(m, rows[i].names, v_object(&rows[i]), rows[i].doc);
    }
}

static void add_natives(struct machine *m, struct native *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rows[i].head.type = T_NATIVE;
        const char *names = rows[i].names;
        if (*names == ' ') /* the machine's own: no text can name it */
            machine_add_builtin(m, names, v_object(&rows[i]), NULL);
        else
            add_names(m, names, v_object(&rows[i]), rows[i].doc);
    }
}

/* Small closures come from lists of free pieces, by what they capture. */
enum { SMALL = 6 };
static void *spare[SMALL + 1];

static struct closure *closure_new(uint32_t captured)
{
    size_t size = sizeof(struct closure) + captured * sizeof(value);
    if (captured > SMALL) return memory_new(size);
    if (!spare[captured] && !(spare[captured] = memory_new_many(size)))
        return NULL;
    void **piece = spare[captured];
    spare[captured] = *piece;
    *piece = NULL;
    return (struct closure *)piece;
}

struct closure *closure_make(struct code *code, uint32_t captured)
{
    struct closure *c = closure_new(captured);
    if (!c) return NULL;
    c->head.type = T_CLOSURE;
    c->head.size = captured;
    c->code = code;
    return c;
}

/* ---- compiling -------------------------------------------------------------------- */

static struct code *compile_syntax(struct machine *m, const struct syntax *s,
                                   value name, bool library)
{
    error_clear(&m->error);
    m->mention_count = 0;
    m->mentions = NULL;
    m->mention_room = 0;
    struct core *core = expand(m, s, library);
    if (core && core->kind == CORE_LAMBDA && name != V_FALSE)
        core->constant = name;
    struct code *code = core ? compile(m, core) : NULL;
    if (code) {
        code->mentions = m->mentions;
        code->mention_count = m->mention_count;
    }
    m->mentions = NULL;
    m->mention_count = m->mention_room = 0;
    return code;
}

struct code *machine_compile(struct machine *m, const struct syntax *s)
{
    return compile_syntax(m, s, V_FALSE, false);
}

struct code *machine_compile_as(struct machine *m, value name,
                                const struct syntax *s)
{
    return compile_syntax(m, s, name, false);
}

struct code *machine_compile_library(struct machine *m, const struct syntax *s)
{
    return compile_syntax(m, s, V_FALSE, true);
}

bool code_mentions(const struct code *code, value name)
{
    for (uint32_t i = 0; i < code->mention_count; i++)
        if (code->mentions[i] == name) return true;
    return false;
}
