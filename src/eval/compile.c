/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The compiler: core forms to code, in one pass. Registers are taken like a
 * stack: parameters, then the variables of lets, then what is under way.
 *
 * Two things are particular to this language. A call leaves its answer where
 * its procedure stood, so an answer that is built on top of the registers
 * needs no move. And an `if` whose branches are simple has a second text, in
 * which a reference for the test makes a select of both branches: there
 * nothing is forced, and errors wait until the branch is taken.
 */
#include "base/hash.h"
#include "base/memory.h"
#include "base/stack.h"
#include "eval/core.h"
#include "eval/machine_inside.h"

enum { NARROW = 65535, NOWHERE = -1 };

/* One body under compilation. */
struct function {
    struct machine *machine;
    struct function *outer;
    struct instruction *instructions;
    struct span *spans;
    uint32_t length, room;
    value *constants;
    uint32_t constant_count, constant_room;
    struct variable **captured;
    uint32_t captured_count, captured_room;
    uint32_t site_count;
    const struct core *lambda;   /* whose body it is; NULL: the top level */
    const struct variable *self; /* bound to this very closure, or NULL */
    uint32_t next, most;         /* registers: first free, most in use */
    struct span span;            /* of what is being compiled */
    bool narrow_only; /* no fused tests: a jump was too far for one */
    bool too_far;
    bool failed;
};

/* A list of jumps to patch, linked through their targets. */
typedef int32_t jumps;

static void compile_value(struct function *f, struct core *c, uint32_t to);
static void compile_tail(struct function *f, struct core *c);
static void compile_branch(struct function *f, struct core *c, bool when,
                           jumps *out);
static void build(struct function *f, struct core *c, uint32_t to);

/* ---- growing arrays ------------------------------------------------------ */

static bool fail(struct function *f, const char *words)
{
    if (!f->failed) {
        if (words) {
            error_set(&f->machine->error, ERROR_SYNTAX, "%s", words);
            f->machine->error.span = f->span;
        } else {
            machine_no_memory(f->machine);
        }
    }
    f->failed = true;
    return false;
}

static void *grown(struct function *f, const void *old, uint32_t count,
                   uint32_t *room, size_t size)
{
    uint32_t wanted = *room ? *room * 2 : 16;
    void *block = memory_new(wanted * size);
    if (!block) {
        fail(f, NULL);
        return NULL;
    }
    if (count) memcpy(block, old, count * size);
    *room = wanted;
    return block;
}

static uint32_t emit(struct function *f, struct instruction i)
{
    if (f->length == f->room) {
        uint32_t room = f->room;
        void *spans = grown(f, f->spans, f->length, &room, sizeof *f->spans);
        void *code = grown(f, f->instructions, f->length, &f->room,
                           sizeof *f->instructions);
        if (!spans || !code) return 0;
        f->spans = spans;
        f->instructions = code;
    }
    f->spans[f->length] = f->span;
    f->instructions[f->length] = i;
    return f->length++;
}

static uint32_t emit_abc(struct function *f, enum operation op, uint32_t a,
                         uint32_t b, uint32_t c)
{
    return emit(f, (struct instruction){(uint16_t)op,
                                        (uint16_t)a,
                                        {{(uint16_t)b, (uint16_t)c}}});
}

static uint32_t emit_wide(struct function *f, enum operation op, uint32_t a,
                          int32_t wide)
{
    struct instruction i = {(uint16_t)op, (uint16_t)a, {{0, 0}}};
    i.wide = wide;
    return emit(f, i);
}

static uint32_t add_constant(struct function *f, value v)
{
    uint32_t back = f->constant_count > 64 ? f->constant_count - 64 : 0;
    for (uint32_t i = f->constant_count; i-- > back;)
        if (f->constants[i] == v) return i;
    if (f->constant_count == f->constant_room) {
        void *more = grown(f, f->constants, f->constant_count,
                           &f->constant_room, sizeof *f->constants);
        if (!more) return 0;
        f->constants = more;
    }
    f->constants[f->constant_count] = v;
    return f->constant_count++;
}

static uint32_t take(struct function *f)
{
    if (f->next >= NARROW) {
        fail(f, "too many values at once in one body (more than 65,000)");
        return 0;
    }
    uint32_t r = f->next++;
    if (f->next > f->most) f->most = f->next;
    return r;
}

/* ---- jumps --------------------------------------------------------------- */

static void jump(struct function *f, enum operation op, uint32_t a, jumps *list)
{
    *list = (jumps)emit_wide(f, op, a, *list);
}

static bool is_fused(uint16_t op)
{
    return op >= OP_UNLESS_LESS && op <= OP_UNLESS_EQUAL_I;
}

/* All jumps of the list land on the next instruction. A fused test keeps its
 * link in a narrow operand: relative to itself, 0 for the end. */
static void land(struct function *f, jumps list)
{
    while (list != NOWHERE && !f->failed) {
        struct instruction *i = &f->instructions[list];
        int32_t distance = (int32_t)f->length - list - 1;
        if (is_fused(i->op)) {
            jumps next = i->c ? list - i->c : NOWHERE;
            if (distance > NARROW) f->too_far = true;
            i->c = (uint16_t)distance;
            list = next;
        } else {
            jumps next = i->wide;
            i->wide = distance;
            list = next;
        }
    }
}

/* ---- variables ----------------------------------------------------------- */

static uint32_t capture_index(struct function *f, struct variable *v)
{
    for (uint32_t i = 0; i < f->captured_count; i++)
        if (f->captured[i] == v) return i;
    if (f->captured_count == f->captured_room) {
        void *more = grown(f, f->captured, f->captured_count, &f->captured_room,
                           sizeof *f->captured);
        if (!more) return 0;
        f->captured = more;
    }
    f->captured[f->captured_count] = v;
    return f->captured_count++;
}

static bool in_register(const struct function *f, const struct core *c)
{
    return c->kind == CORE_LOCAL && c->local->owner == f;
}

/* The register that holds a value: a variable's own, or one more. */
static uint32_t operand(struct function *f, struct core *c)
{
    if (in_register(f, c)) return c->local->at;
    uint32_t r = take(f);
    compile_value(f, c, r);
    return r;
}

/* ---- procedures ---------------------------------------------------------- */

static uint64_t name_hash(const char *name)
{
    return hash_bytes(name, strlen(name));
}

static uint64_t constant_hash(value v)
{
    switch (object_type(v)) {
    case T_CODE: return ((struct code *)as_object(v))->hash;
    case T_CLOSURE: return ((struct closure *)as_object(v))->code->hash;
    case T_PRIMITIVE:
        return name_hash(((struct primitive *)as_object(v))->names);
    case T_NATIVE: return name_hash(((struct native *)as_object(v))->names);
    case T_XRP:
        return name_hash(((struct random_procedure *)as_object(v))->name);
    case T_GLOBAL:
        return value_hash(((struct global *)as_object(v))->name, NULL);
    default: return value_hash(v, NULL);
    }
}

static uint64_t body_hash(const struct code *code)
{
    uint64_t h = hash_word(code->parameters, code->rest);
    for (uint32_t i = 0; i < code->length; i++) {
        uint64_t bits;
        memcpy(&bits, &code->instructions[i], sizeof bits);
        h = hash_word(h, bits);
    }
    for (uint32_t i = 0; i < code->constant_count; i++)
        h = hash_word(h, constant_hash(code->constants[i]));
    return hash_finish(h);
}

/* An array as long as what is in it; the roomy one is given back. */
static void *trimmed(void *old, uint32_t count, size_t size)
{
    void *block = memory_new((count + (count == 0)) * size);
    if (!block) return old;
    if (count) memcpy(block, old, count * size);
    memory_free(old);
    return block;
}

static struct code *finish(struct function *f, const struct core *lambda)
{
    struct code *code =
        memory_new(sizeof *code + f->constant_count * sizeof(value));
    uint64_t *sites =
        memory_new_atomic((f->site_count + !f->site_count) * sizeof *sites);
    if (!code || !sites) {
        fail(f, NULL);
        return NULL;
    }
    code->head.type = T_CODE;
    code->name = V_FALSE;
    code->span = f->span;
    for (uint32_t i = 0; i < f->length; i++)
        code->loops |= f->instructions[i].op == OP_LOOP;
    if (lambda) {
        code->parameters = (uint16_t)(lambda->count - lambda->rest);
        code->rest = lambda->rest;
        code->name = lambda->constant;
        code->span = lambda->span;
        code->parameter_names =
            memory_new((lambda->count + 1) * sizeof *code->parameter_names);
        for (uint32_t i = 0; code->parameter_names && i < lambda->count; i++)
            code->parameter_names[i] = lambda->variables[i]->name;
    }
    for (uint32_t i = 1; i < f->length; i++) {
        struct instruction *step = &f->instructions[i];
        if ((step->op == OP_STEP_LOOP || step->op == OP_STEP_STEP_LOOP) &&
            counts_only(f->instructions, step))
            step->op = OP_COUNT_LOOP;
    }
    code->registers = f->most;
    code->instructions =
        trimmed(f->instructions, f->length, sizeof *f->instructions);
    code->spans = trimmed(f->spans, f->length, sizeof *f->spans);
    code->length = f->length;
    code->exact = code->rest ? UINT32_MAX : code->parameters;
    if (f->constant_count)
        memcpy(code->constants, f->constants,
               f->constant_count * sizeof(value));
    code->constant_count = f->constant_count;
    code->hash = body_hash(code);
    code->site_count = f->site_count;
    code->capture_count = f->captured_count;
    if (f->captured_count)
        code->captures =
            memory_new_atomic(f->captured_count * sizeof *code->captures);
    if ((f->captured_count && !code->captures) ||
        (lambda && !code->parameter_names)) {
        fail(f, NULL);
        return NULL;
    }
    for (uint32_t i = 0; i < f->site_count; i++)
        sites[i] = hash_finish(hash_word(code->hash, i));
    code->sites = sites;
    for (uint32_t i = 0; i < f->captured_count; i++) {
        struct variable *v = f->captured[i];
        struct capture *c = &code->captures[i];
        c->local = v->owner == f->outer;
        c->from = c->local ? v->at : (uint16_t)capture_index(f->outer, v);
    }
    return code;
}

static struct code *compile_lambda(struct function *outer, struct core *c,
                                   const struct variable *self)
{
    struct function f = {.machine = outer->machine,
                         .outer = outer,
                         .span = c->span,
                         .lambda = c,
                         .self = self,
                         .narrow_only = outer->narrow_only};
    for (uint32_t i = 0; i < c->count; i++) {
        c->variables[i]->owner = &f;
        c->variables[i]->at = (uint16_t)take(&f);
    }
    compile_tail(&f, c->body);
    struct code *code = f.failed ? NULL : finish(&f, c);
    if (f.failed) outer->failed = true;
    if (f.too_far) outer->too_far = true;
    return code;
}

static struct code *make_closure(struct function *f, struct core *c,
                                 const struct variable *self, uint32_t to)
{
    struct code *code = compile_lambda(f, c, self);
    if (!code) return NULL;
    f->span = c->span;
    emit_wide(f, OP_CLOSURE, to, (int32_t)add_constant(f, v_object(code)));
    return code;
}

static void letrec_closures(struct function *f, struct core *c)
{
    uint32_t first = f->next;
    for (uint32_t i = 0; i < c->count; i++) {
        c->variables[i]->owner = f;
        c->variables[i]->at = (uint16_t)take(f);
    }
    struct code **codes = memory_new((c->count + 1) * sizeof *codes);
    if (!codes) {
        fail(f, NULL);
        return;
    }
    for (uint32_t i = 0; i < c->count && !f->failed; i++)
        codes[i] = make_closure(f, c->items[i], c->variables[i], first + i);
    /* They capture each other: known once all are made. */
    for (uint32_t i = 0; i < c->count && !f->failed; i++)
        for (uint32_t k = 0; k < codes[i]->capture_count; k++) {
            struct capture *p = &codes[i]->captures[k];
            if (p->local && p->from >= first && p->from < first + c->count)
                emit_abc(f, OP_PATCH, first + i, k, p->from);
        }
}

/* ---- applications -------------------------------------------------------- */

static const struct primitive *primitive_of(const struct core *c)
{
    if (c->kind != CORE_APPLY || c->test->kind != CORE_CONSTANT ||
        !is_type(c->test->constant, T_PRIMITIVE))
        return NULL;
    const struct primitive *p = as_object(c->test->constant);
    int n = (int)c->count;
    return n >= p->min && (p->max < 0 || n <= p->max) ? p : NULL;
}

/* The first of a primitive's names is `name`. */
static bool is_named(const struct primitive *p, const char *name)
{
    size_t n = strlen(name);
    return strncmp(p->names, name, n) == 0 &&
           (p->names[n] == 0 || p->names[n] == ' ');
}

static const struct {
    const char *name;
    enum operation op, with_constant;
} arithmetic[] = {
    {"+", OP_ADD, OP_ADD_K},
    {"-", OP_SUBTRACT, OP_SUBTRACT_K},
    {"*", OP_MULTIPLY, OP_MULTIPLY_K},
    {"/", OP_DIVIDE, OP_DIVIDE_K},
};

/* Comparisons: how Ra op Rb is tested, and with which order of operands. */
static const struct {
    const char *name;
    enum operation op, fused, fused_constant, fused_small;
    bool swapped;
} comparisons[] = {
    {"<", OP_LESS, OP_UNLESS_LESS, OP_UNLESS_LESS_K, OP_UNLESS_LESS_I, false},
    {"<=", OP_LESS_EQUAL, OP_UNLESS_LESS_EQUAL, OP_UNLESS_LESS_EQUAL_K,
     OP_UNLESS_LESS_EQUAL_I, false},
    {">", OP_LESS, OP_UNLESS_LESS, OP_UNLESS_GREATER_K, OP_UNLESS_GREATER_I,
     true},
    {">=", OP_LESS_EQUAL, OP_UNLESS_LESS_EQUAL, OP_UNLESS_GREATER_EQUAL_K,
     OP_UNLESS_GREATER_EQUAL_I, true},
    {"=", OP_EQUAL, OP_UNLESS_EQUAL, OP_UNLESS_EQUAL_K, OP_UNLESS_EQUAL_I,
     false},
};

static int find_comparison(const struct primitive *p)
{
    for (int i = 0; i < 5; i++)
        if (is_named(p, comparisons[i].name)) return i;
    return -1;
}

/* A number that an instruction can name: its index, else -1. */
static int64_t number_constant(struct function *f, const struct core *c)
{
    if (c->kind != CORE_CONSTANT || !is_number(c->constant)) return -1;
    uint32_t k = add_constant(f, c->constant);
    return k <= NARROW ? (int64_t)k : -1;
}

/* An integer that an instruction can hold itself. */
static bool small_constant(const struct core *c, int16_t *out)
{
    if (c->kind != CORE_CONSTANT || !is_int(c->constant)) return false;
    int64_t i = as_int(c->constant);
    *out = (int16_t)i;
    return i == *out;
}

/* (inc x), (dec x). */
static bool step(struct function *f, struct core *c, const struct primitive *p,
                 uint32_t to)
{
    int by = is_named(p, "inc") ? 1 : is_named(p, "dec") ? -1 : 0;
    if (c->count != 1 || !by) return false;
    uint32_t saved = f->next, a = operand(f, c->items[0]);
    f->span = c->span;
    emit_abc(f, OP_ADD_I, to, a, (uint16_t)by);
    f->next = saved;
    return true;
}

/* Arithmetic and comparison of two operands have instructions of their
 * own. */
static bool binary(struct function *f, struct core *c,
                   const struct primitive *p, uint32_t to)
{
    if (c->count != 2) return step(f, c, p, to);
    uint32_t saved = f->next;
    for (size_t i = 0; i < sizeof arithmetic / sizeof *arithmetic; i++) {
        if (!is_named(p, arithmetic[i].name)) continue;
        uint32_t a = operand(f, c->items[0]);
        int16_t small;
        if (i < 2 && small_constant(c->items[1], &small) && small >= (int)i) {
            f->span = c->span;
            emit_abc(f, OP_ADD_I, to, a, (uint16_t)(i ? -small : small));
            f->next = saved;
            return true;
        }
        int64_t k = number_constant(f, c->items[1]);
        uint32_t b = k < 0 ? operand(f, c->items[1]) : (uint32_t)k;
        f->span = c->span;
        emit_abc(f, k < 0 ? arithmetic[i].op : arithmetic[i].with_constant, to,
                 a, b);
        f->next = saved;
        return true;
    }
    int i = find_comparison(p);
    if (i < 0) return false;
    uint32_t a = operand(f, c->items[0]);
    uint32_t b = operand(f, c->items[1]);
    f->span = c->span;
    bool swap = comparisons[i].swapped;
    emit_abc(f, comparisons[i].op, to, swap ? b : a, swap ? a : b);
    f->next = saved;
    return true;
}

/* `procedure operands ...` in registers from the first free one on; answers
 * which. With `to` on top of the registers it is that one. */
static uint32_t place_call(struct function *f, struct core *c, uint32_t to)
{
    uint32_t base = to + 1 == f->next ? to : take(f);
    compile_value(f, c->test, base);
    for (uint32_t i = 0; i < c->count; i++)
        compile_value(f, c->items[i], take(f));
    f->span = c->span;
    return base;
}

static uint32_t site(struct function *f)
{
    if (f->site_count >= NARROW)
        fail(f, "too many calls in one body (more than 65,000)");
    return f->site_count++;
}

static void move(struct function *f, uint32_t to, uint32_t from)
{
    if (to != from) emit_abc(f, OP_MOVE, to, from, 0);
}

static void apply(struct function *f, struct core *c, uint32_t to)
{
    const struct primitive *p = primitive_of(c);
    uint32_t saved = f->next;
    if (p && binary(f, c, p, to)) return;
    uint32_t k = p ? add_constant(f, c->test->constant) : 0;
    if (p && k <= NARROW) {
        uint32_t base = to + 1 == f->next ? to : take(f);
        for (uint32_t i = 0; i < c->count; i++)
            compile_value(f, c->items[i], i ? take(f) : base);
        f->span = c->span;
        emit_abc(f, OP_PRIMITIVE, base, k, c->count);
        move(f, to, base);
    } else {
        uint32_t base = place_call(f, c, to);
        emit_abc(f, OP_CALL, base, c->count, site(f));
        move(f, to, base);
    }
    f->next = saved;
}

/* ---- loops: tail calls of oneself ---------------------------------------- */

/* By a name of its own, or by what may be its global name: the machine looks
 * at what the global holds. */
static bool calls_itself(const struct function *f, const struct core *c)
{
    const struct core *l = f->lambda;
    if (c->kind != CORE_APPLY || !l || l->rest || c->count != l->count)
        return false;
    if (c->test->kind == CORE_LOCAL) return c->test->local == f->self;
    return c->test->kind == CORE_GLOBAL && c->test->global->name == l->constant;
}

/* Does c mention v? When there is much to read, perhaps it does. */
static bool mentions(const struct core *c, const struct variable *v,
                     int *patience)
{
    if (!c) return false;
    if (--*patience < 0 || stack_is_low()) return true;
    if (c->kind == CORE_LOCAL) return c->local == v;
    for (uint32_t i = 0; c->items && i < c->count; i++)
        if (mentions(c->items[i], v, patience)) return true;
    return mentions(c->test, v, patience) || mentions(c->body, v, patience) ||
           mentions(c->other, v, patience);
}

/* The operands go straight into the parameters, but where a later one still
 * wants the parameter's old value. */
static void place_loop(struct function *f, struct core *c)
{
    enum { PATIENCE = 1000 };
    int patience = PATIENCE;
    uint16_t *places = memory_new_atomic((c->count + 1) * sizeof *places);
    if (!places) {
        fail(f, NULL);
        return;
    }
    /* With a register above the last parameter, no application is built in
     * that parameter while it still reads it. */
    take(f);
    for (uint32_t i = 0; i < c->count; i++) {
        bool wanted = false;
        for (uint32_t k = i + 1; k < c->count && !wanted; k++)
            wanted = mentions(c->items[k], f->lambda->variables[i], &patience);
        places[i] = (uint16_t)(wanted ? take(f) : i);
        compile_value(f, c->items[i], places[i]);
    }
    f->span = c->span;
    for (uint32_t i = 0; i < c->count; i++) move(f, i, places[i]);
}

/* Counters are stepped and the turn is taken in one go. The instructions stay
 * as they are behind the first, whose name says what follows: so jumps may
 * land between them, and what is no integer goes on one by one. */
static void fuse_steps(struct function *f)
{
    struct instruction *i = f->instructions + f->length;
    for (int steps = 0; steps < 2 && i > f->instructions; steps++) {
        i--;
        if (i->op != OP_ADD_I || i->a != i->b) return;
        i->op = steps ? OP_STEP_STEP_LOOP : OP_STEP_LOOP;
    }
}

static void loop(struct function *f, struct core *c)
{
    uint32_t saved = f->next;
    place_loop(f, c);
    if (!f->failed) fuse_steps(f);
    const struct global *by_name = c->test->global;
    emit_wide(f, OP_LOOP, site(f) + 1,
              by_name ? (int32_t)add_constant(f, v_object(by_name)) : -1);
    f->next = saved;
}

/* ---- choosing ------------------------------------------------------------ */

static bool is_constant(const struct core *c, value v)
{
    return c->kind == CORE_CONSTANT && c->constant == v;
}

/* Jumps when a comparison fails, without making its boolean. */
static bool fused_branch(struct function *f, struct core *c, jumps *out)
{
    const struct primitive *p = primitive_of(c);
    int i = p && c->count == 2 && !f->narrow_only ? find_comparison(p) : -1;
    if (i < 0) return false;
    uint32_t saved = f->next;
    uint32_t a = operand(f, c->items[0]), b;
    enum operation op = comparisons[i].fused_small;
    int16_t small;
    bool swap = false;
    int64_t k = number_constant(f, c->items[1]);
    if (op == OP_UNLESS_EQUAL_I && k >= 0 && is_int(c->items[1]->constant)) {
        b = (uint32_t)k;
    } else if (op != OP_UNLESS_EQUAL_I && small_constant(c->items[1], &small)) {
        b = (uint16_t)small;
    } else {
        b = k < 0 ? operand(f, c->items[1]) : (uint32_t)k;
        op = k < 0 ? comparisons[i].fused : comparisons[i].fused_constant;
        swap = k < 0 && comparisons[i].swapped;
    }
    f->span = c->span;
    jumps link = *out == NOWHERE ? 0 : (jumps)f->length - *out;
    if (link > NARROW) {
        f->too_far = true;
        link = 0;
    }
    *out = (jumps)emit_abc(f, op, swap ? b : a, swap ? a : b, (uint32_t)link);
    f->next = saved;
    return true;
}

/* Falls through, or jumps when the truth of c is `when`. */
static void compile_branch(struct function *f, struct core *c, bool when,
                           jumps *out)
{
    if (stack_is_low()) {
        fail(f, "nested too deeply");
        return;
    }
    const struct primitive *p = primitive_of(c);
    jumps here = NOWHERE;
    if (p && c->count == 1 && is_named(p, "not")) {
        compile_branch(f, c->items[0], !when, out);
    } else if (c->kind == CORE_IF && c->or_form) {
        compile_branch(f, c->test, true, when ? out : &here);
        compile_branch(f, c->other, when, out);
        land(f, here);
    } else if (c->kind == CORE_IF && is_constant(c->other, V_FALSE)) {
        compile_branch(f, c->test, false, when ? &here : out);
        compile_branch(f, c->body, when, out);
        land(f, here);
    } else if (!when && fused_branch(f, c, out)) {
        return;
    } else {
        uint32_t saved = f->next;
        uint32_t r = operand(f, c);
        f->span = c->span;
        jump(f, when ? OP_JUMP_TRUE : OP_JUMP_FALSE, r, out);
        f->next = saved;
    }
}

/* In a branch of a select: nothing is forced, nothing raised. */
static void build(struct function *f, struct core *c, uint32_t to)
{
    if (stack_is_low()) {
        fail(f, "nested too deeply");
        return;
    }
    uint32_t saved = f->next;
    if (c->kind == CORE_IF) {
        uint32_t base = take(f), body = take(f), other = take(f);
        build(f, c->test, base);
        if (c->or_form)
            move(f, body, base);
        else
            build(f, c->body, body);
        build(f, c->other, other);
        f->span = c->span;
        emit_abc(f, OP_SELECT, base, body, other);
        move(f, to, base);
    } else if (c->kind == CORE_APPLY) {
        uint32_t base = take(f);
        for (uint32_t i = 0; i < c->count; i++)
            build(f, c->items[i], i ? take(f) : base);
        f->span = c->span;
        uint32_t k = add_constant(f, c->test->constant);
        if (k > NARROW) fail(f, "too many constants in one body");
        emit_abc(f, OP_BUILD, base, k, c->count);
        move(f, to, base);
    } else {
        compile_value(f, c, to);
    }
    f->next = saved;
}

static void select_path(struct function *f, struct core *c, uint32_t test,
                        uint32_t to)
{
    uint32_t body = take(f), other = take(f);
    if (c->or_form)
        move(f, body, test);
    else
        build(f, c->body, body);
    build(f, c->other, other);
    f->span = c->span;
    emit_abc(f, OP_SELECT, test, body, other);
    move(f, to, test);
}

/* `to` is NOWHERE in tail position. */
static void compile_if(struct function *f, struct core *c, int64_t to)
{
    bool tail = to == NOWHERE;
    bool selects = (c->or_form || c->body->simple) && c->other->simple;
    uint32_t saved = f->next;
    jumps otherwise = NOWHERE, end = NOWHERE, reference = NOWHERE;
    uint32_t test = 0;
    if (selects || c->or_form) {
        test = take(f);
        compile_value(f, c->test, test);
        f->span = c->span;
        if (selects) jump(f, OP_JUMP_REFERENCE, test, &reference);
        jump(f, OP_JUMP_FALSE, test, &otherwise);
    } else {
        compile_branch(f, c->test, false, &otherwise);
    }
    if (c->or_form) {
        if (tail)
            emit_abc(f, OP_RETURN, test, 0, 0);
        else
            move(f, (uint32_t)to, test);
    } else if (tail) {
        compile_tail(f, c->body);
    } else {
        compile_value(f, c->body, (uint32_t)to);
    }
    if (!tail) jump(f, OP_JUMP, 0, &end);
    land(f, otherwise);
    if (tail)
        compile_tail(f, c->other);
    else
        compile_value(f, c->other, (uint32_t)to);
    if (selects) {
        if (!tail) jump(f, OP_JUMP, 0, &end);
        land(f, reference);
        select_path(f, c, test, tail ? test : (uint32_t)to);
        if (tail) emit_abc(f, OP_RETURN, test, 0, 0);
    }
    land(f, end);
    f->next = saved;
}

/* ---- everything ---------------------------------------------------------- */

static void let_values(struct function *f, struct core *c)
{
    for (uint32_t i = 0; i < c->count && !f->failed; i++) {
        uint32_t r = take(f);
        compile_value(f, c->items[i], r);
        c->variables[i]->owner = f;
        c->variables[i]->at = (uint16_t)r;
    }
}

static void compile_value(struct function *f, struct core *c, uint32_t to)
{
    if (f->failed) return;
    if (stack_is_low()) {
        fail(f, "nested too deeply");
        return;
    }
    uint32_t saved = f->next;
    f->span = c->span;
    switch ((enum core_kind)c->kind) {
    case CORE_CONSTANT:
        emit_wide(f, OP_CONSTANT, to, (int32_t)add_constant(f, c->constant));
        break;
    case CORE_LOCAL:
        if (c->local->owner == f)
            move(f, to, c->local->at);
        else if (c->local == f->self)
            emit_abc(f, OP_SELF, to, 0, 0);
        else
            emit_abc(f, OP_CAPTURED, to, capture_index(f, c->local), 0);
        break;
    case CORE_GLOBAL:
        emit_wide(f, OP_GLOBAL, to,
                  (int32_t)add_constant(f, v_object(c->global)));
        break;
    case CORE_LAMBDA: make_closure(f, c, NULL, to); break;
    case CORE_IF: compile_if(f, c, to); break;
    case CORE_LET:
        let_values(f, c);
        compile_value(f, c->body, to);
        break;
    case CORE_LETREC:
        letrec_closures(f, c);
        compile_value(f, c->body, to);
        break;
    case CORE_APPLY: apply(f, c, to); break;
    }
    f->next = saved;
}

static void compile_tail(struct function *f, struct core *c)
{
    if (f->failed) return;
    if (stack_is_low()) {
        fail(f, "nested too deeply");
        return;
    }
    f->span = c->span;
    if (c->kind == CORE_IF) {
        compile_if(f, c, NOWHERE);
    } else if (c->kind == CORE_LET) {
        let_values(f, c);
        compile_tail(f, c->body);
    } else if (c->kind == CORE_LETREC) {
        letrec_closures(f, c);
        compile_tail(f, c->body);
    } else if (calls_itself(f, c)) {
        loop(f, c);
    } else if (c->kind == CORE_APPLY && !primitive_of(c)) {
        uint32_t base = place_call(f, c, NARROW);
        emit_abc(f, OP_TAIL, base, c->count, site(f));
    } else {
        uint32_t r = operand(f, c);
        f->span = c->span;
        emit_abc(f, OP_RETURN, r, 0, 0);
    }
}

static struct code *compile_top(struct machine *m, struct core *c,
                                struct function *f)
{
    f->machine = m;
    f->span = c->span;
    /* No tail call here: its frame says where an error is. */
    uint32_t answer = take(f);
    compile_value(f, c, answer);
    emit_abc(f, OP_RETURN, answer, 0, 0);
    return f->failed ? NULL : finish(f, NULL);
}

struct code *compile(struct machine *m, struct core *core)
{
    struct function f = {.outer = NULL};
    struct code *code = compile_top(m, core, &f);
    if (f.too_far && !f.failed) {
        f = (struct function){.narrow_only = true};
        code = compile_top(m, core, &f);
    }
    return code;
}
