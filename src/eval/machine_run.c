/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The machine's loop. One function is long on purpose: every instruction is
 * a label, and each jumps to the next (computed goto, an extension of gcc
 * and clang; so this file is built without -Wpedantic).
 *
 * A frame's registers begin behind its procedure: a caller puts procedure
 * and operands on top of its own registers, the callee works on them in
 * place, and the answer takes the procedure's slot. The collector scans the
 * value stack up to the end of the innermost frame.
 *
 * Nothing here recurses in C with the depth of the program: closures,
 * natives and memoized applications are frames. Only handlers and C callers
 * enter the loop again (machine_run, machine_apply).
 */
#include "eval/code.h"
#include "eval/machine_inside.h"
#include "eval/number.h"

static inline void move_down(value *to, const value *from, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) to[k] = from[k];
}

/* ---- what instructions do off the straight path -------------------------- */

typedef bool binary_function(struct machine *m, value a, value b, value *out);

static bool less(struct machine *m, value a, value b, value *out)
{
    return number_less(m, a, b, out);
}
static bool less_equal(struct machine *m, value a, value b, value *out)
{
    return number_less_equal(m, a, b, out);
}
static bool equal(struct machine *m, value a, value b, value *out)
{
    (void)m;
    *out = v_boolean(number_equal(a, b));
    return true;
}
static bool add(struct machine *m, value a, value b, value *out)
{
    return number_add(m, a, b, out);
}
static bool subtract(struct machine *m, value a, value b, value *out)
{
    return number_sub(m, a, b, out);
}
static bool multiply(struct machine *m, value a, value b, value *out)
{
    return number_mul(m, a, b, out);
}

/* In the order of the instructions ADD ... DIVIDE and LESS ... EQUAL. */
enum {
    ON_ADD,
    ON_SUBTRACT,
    ON_MULTIPLY,
    ON_DIVIDE,
    ON_LESS,
    ON_LESS_EQUAL,
    ON_EQUAL,
    ON_GREATER,
    ON_GREATER_EQUAL
};
static binary_function *const plain_binary[] = {
    add, subtract, multiply, number_div, less, less_equal, equal,
};

/* Operands that may be references: an expression, or the plain function. */
static bool slow_binary(struct machine *m, int which, value a, value b,
                        value *out)
{
    if (has_reference(a) || has_reference(b)) {
        value operands[2] = {a, b};
        return m->handler->defer(m, m->operators[which], 2, operands, out);
    }
    return plain_binary[which](m, a, b, out);
}

/* The truth of a comparison, forced. 0, 1, or -1 on an error. */
static int slow_test(struct machine *m, int which, value a, value b)
{
    value v;
    bool ok;
    if ((has_reference(a) || has_reference(b)) && m->handler->compare &&
        !m->handler->compare(m, &a, &b))
        return -1;
    if (which == ON_GREATER)
        ok = slow_binary(m, ON_LESS, b, a, &v);
    else if (which == ON_GREATER_EQUAL)
        ok = slow_binary(m, ON_LESS_EQUAL, b, a, &v);
    else
        ok = slow_binary(m, which, a, b, &v);
    if (!ok || (is_reference(v) && !m->handler->force(m, v, false, &v)))
        return -1;
    return is_true(v);
}

static int slow_truth(struct machine *m, value v)
{
    if (!is_reference(v)) return is_true(v);
    if (!m->handler->force(m, v, false, &v)) return -1;
    return is_true(v);
}

/* In a branch of a select: what the branch not taken would raise is not
 * raised, so an error leaves the application as it stands. */
static bool build(struct machine *m, const struct primitive *p, int n,
                  const value *operands, value *out)
{
    bool deferred = false;
    for (int i = 0; i < n; i++) deferred |= has_reference(operands[i]);
    if (primitive_apply(m, p, n, operands, out)) return true;
    if (deferred || m->error.kind == ERROR_LIMIT ||
        m->error.kind == ERROR_CANCEL)
        return false;
    error_clear(&m->error);
    return m->handler->defer(m, p, n, operands, out);
}

static bool select(struct machine *m, value test, value a, value b, value *out)
{
    if (!is_reference(test)) {
        *out = is_true(test) ? a : b;
        return true;
    }
    value operands[3] = {test, a, b};
    return m->handler->defer(m, &primitive_select, 3, operands, out);
}

/* Checks the number of operands of a closure. */
static bool check_arity(struct machine *m, const struct code *code, uint32_t n)
{
    if (n >= code->parameters && (n == code->parameters || code->rest))
        return true;
    return machine_arity_error(
        m, code->name == V_FALSE ? "the procedure" : text_of(code->name),
        code->parameters, code->rest ? -1 : code->parameters, (int)n);
}

/* The operands beyond the parameters as a list, for the rest parameter. */
static bool take_rest(struct machine *m, const struct code *code,
                      value *operands, uint32_t n)
{
    m->pushed = operands + n; /* may lie above the callee's registers */
    value list = list_from(operands + code->parameters, n - code->parameters);
    m->pushed = NULL;
    if (list == V_UNBOUND) return machine_no_memory(m);
    operands[code->parameters] = list;
    return true;
}

static bool make_closure(struct machine *m, struct code *code, value *base,
                         value *out)
{
    struct closure *maker = as_object(base[-1]);
    uint32_t n = code->capture_count;
    struct closure *c = closure_make(code, n);
    if (!c) return machine_no_memory(m);
    for (uint32_t i = 0; i < n; i++) {
        struct capture k = code->captures[i];
        c->captured[i] = k.local ? base[k.from] : maker->captured[k.from];
    }
    *out = v_object(c);
    return true;
}

/* A frame on top of f, for code that f calls; named by who knows its name. */
static inline struct frame *push(struct frame *f, value *at, uint8_t flags)
{
    if (f->kind != FRAME_CODE) flags |= FRAME_SPECIAL;
    f++;
    f->base = at + 1;
    f->code = NULL;
    f->kind = FRAME_CODE;
    f->flags = flags;
    f->turning = 0;
    f->turns = 0;
    return f;
}

/* ---- the loop ------------------------------------------------------------ */

#define USUALLY(condition) __builtin_expect(!!(condition), 1)
/* Hides where a constant comes from, so that it is kept, and not made again in
 * every instruction: the labels in a register, the tag in memory. */
#define KEEP(constant, where) __asm__("" : "+" where(constant))
#define IS_INT(v) ((v) >= int_tag)
#define BOTH_INT(p, q) (((p) & (q)) >= int_tag)

/* Before anything that may allocate, fail, or enter the machine again. */
#define SAVE() (frame->pc = pc, m->frame = frame)
#define LOAD() (pc = frame->pc, base = frame->base, code = frame->code)
/* pc is the instruction that runs. */
#define START() goto *table[pc->op]
#define NEXT() goto *table[(++pc)->op]
#define A base[pc->a]
#define B base[pc->b]
#define C base[pc->c]
#define KB code->constants[pc->b]
#define KC code->constants[pc->c]
#define KWIDE code->constants[pc->wide]
#define SKIP() (pc += pc->c)
#define JUMP() (pc += pc->wide)
#define SMALL_B ((int16_t)pc->b)
#define SMALL_C ((int16_t)pc->c)

/* Integers with their 48 bits on top: in the same order, and the processor
 * sees the overflow of a sum or product. */
static inline int64_t raised(value v) { return (int64_t)(v << 16); }
static inline value lowered(int64_t r) { return V_INT_TAG | (uint64_t)r >> 16; }

/* The low 48 bits added in place: a carry out of them, or a change of sign,
 * shows in the bits from 47 on. */
static inline value raise_by(value v, int16_t small)
{
    return v + (uint64_t)(int64_t)small;
}
static inline bool carries(value before, value after)
{
    return (before ^ after) >> 47;
}

#define ARITHMETIC(name, x, y, which, fast)          \
name : {                                             \
    value p = x, q = y;                              \
    fast SAVE();                                     \
    if (!slow_binary(m, which, p, q, &A)) goto fail; \
    NEXT();                                          \
}
#define INTEGER_OR_DOUBLE(operator, overflows)                             \
    int64_t r;                                                             \
    if (USUALLY(BOTH_INT(p, q)) && !overflows(raised(p), raised(q), &r)) { \
        A = lowered(r);                                                    \
        NEXT();                                                            \
    }                                                                      \
    ONLY_DOUBLE(operator)
#define ONLY_DOUBLE(operator)                             \
    if (is_double(p) && is_double(q)) {                   \
        A = v_double(as_double(p) operator as_double(q)); \
        NEXT();                                           \
    }
#define PRODUCT                                              \
    int64_t r;                                               \
    if (USUALLY(BOTH_INT(p, q)) &&                           \
        !__builtin_mul_overflow(as_int(p), raised(q), &r)) { \
        A = lowered(r);                                      \
        NEXT();                                              \
    }                                                        \
    ONLY_DOUBLE(*)
/* Of integers the quotient is an integer when it is one. It is never rounded
 * to one: both are below 2^48, and doubles are finer than 1 / q there. */
#define QUOTIENT                                                           \
    if (USUALLY(BOTH_INT(p, q)) && USUALLY(q != int_tag)) {                \
        double r = (double)as_int(p) / (double)as_int(q);                  \
        int64_t whole = (int64_t)r;                                        \
        A = r == (double)whole && r < 0x1p47 ? v_int(whole) : v_double(r); \
        NEXT();                                                            \
    }                                                                      \
    if (is_number(p) && is_number(q) && as_number(q) != 0.0) {             \
        A = v_double(as_number(p) / as_number(q));                         \
        NEXT();                                                            \
    }
#define TEST(name, x, y, operator, which)                  \
name : {                                                   \
    value p = x, q = y;                                    \
    if (USUALLY(BOTH_INT(p, q))) {                         \
        if (!(raised(p) operator raised(q))) SKIP();       \
        NEXT();                                            \
    }                                                      \
    if (is_number(p) && is_number(q)) {                    \
        if (!(as_number(p) operator as_number(q))) SKIP(); \
        NEXT();                                            \
    }                                                      \
    SAVE();                                                \
    int truth = slow_test(m, which, p, q);                 \
    if (truth < 0) goto fail;                              \
    if (!truth) SKIP();                                    \
    NEXT();                                                \
}
/* Words that are equal are equal values, NaN too, as for `equal?`. */
#define TEST_EQUAL(name, y)                       \
name : {                                          \
    value p = A, q = y;                           \
    if (p == q) NEXT();                           \
    if (USUALLY(BOTH_INT(p, q))) {                \
        SKIP();                                   \
        NEXT();                                   \
    }                                             \
    if (is_number(p) && is_number(q)) {           \
        if (as_number(p) != as_number(q)) SKIP(); \
        NEXT();                                   \
    }                                             \
    SAVE();                                       \
    int truth = slow_test(m, ON_EQUAL, p, q);     \
    if (truth < 0) goto fail;                     \
    if (!truth) SKIP();                           \
    NEXT();                                       \
}
#define TEST_SMALL(name, operator, which)               \
name : {                                                \
    value p = A;                                        \
    if (USUALLY(IS_INT(p))) {                           \
        if (as_int(p) operator SMALL_B) NEXT();         \
        SKIP();                                         \
        NEXT();                                         \
    }                                                   \
    SAVE();                                             \
    int truth = slow_test(m, which, p, v_int(SMALL_B)); \
    if (truth < 0) goto fail;                           \
    if (!truth) SKIP();                                 \
    NEXT();                                             \
}
/* Equal words go the slow way: NaN is among them. */
#define COMPARE(name, operator, which)                     \
name : {                                                   \
    value p = B, q = C;                                    \
    if (USUALLY(BOTH_INT(p, q))) {                         \
        A = v_boolean(raised(p) operator raised(q));       \
        NEXT();                                            \
    }                                                      \
    if (is_double(p) && is_double(q) && p != q) {          \
        A = v_boolean(as_double(p) operator as_double(q)); \
        NEXT();                                            \
    }                                                      \
    SAVE();                                                \
    if (!slow_binary(m, which, p, q, &A)) goto fail;       \
    NEXT();                                                \
}

/* Enters code that takes n operands as they lie, when there is room and
 * fuel, and no handler that wants to hear of it. */
#define ENTER(callee, flags_)                                 \
    if (USUALLY(n == (callee)->exact) &&                      \
        USUALLY(at + (callee)->registers < m->stack_limit) && \
        USUALLY(frame < room) && USUALLY(--m->fuel >= 0)) {   \
        frame++;                                              \
        frame->base = base = at + 1;                          \
        frame->code = code = (callee);                        \
        frame->kind = FRAME_CODE;                             \
        frame->flags = (flags_);                              \
        frame->turning = 0;                                   \
        frame->turns = 0;                                     \
        pc = code->instructions;                              \
        START();                                              \
    }

/* Runs from the innermost frame until the entry frame below it is met. */
static bool run(struct machine *m, struct frame *entry, value *out)
{
    static const void *const labels[] = {
#define X(name) &&OP_##name##_LABEL,
        OPERATIONS(X)
#undef X
    };
#define LABEL(name) OP_##name##_LABEL
    const void *const *table = labels;
    static value int_tag = V_INT_TAG;
    KEEP(table, "r");
    KEEP(int_tag, "m");
    struct frame *frame = m->frame;
    const struct instruction *pc = NULL;
    const struct code *code = NULL;
    value *base = NULL;
    /* The quick calls stop one frame before the limit. */
    const struct frame *const room =
        m->hooked_calls ? NULL : m->frame_limit - 1;
    /* A call that is being made: procedure and n operands at `at`; in place
     * of its frame (`tail`), or on top. A name that is known before is in
     * `location`. */
    value *at = NULL, answer = V_NOTHING;
    uint32_t n = 0;
    bool tail = false, named = false;
    uint64_t site = 0, location = 0;

    goto resume;

    LABEL(MOVE) : A = B;
    NEXT();
    LABEL(CONSTANT) : A = KWIDE;
    NEXT();
    LABEL(GLOBAL) :
    {
        const struct global *g = as_object(KWIDE);
        value held = g->held;
        if (USUALLY(held != V_UNBOUND)) {
            A = held;
            NEXT();
        }
        SAVE();
        machine_unbound_error(m, g);
        goto fail;
    }
    LABEL(CAPTURED)
        : A = ((struct closure *)as_object(base[-1]))->captured[pc->b];
    NEXT();
    LABEL(SELF) : A = base[-1];
    NEXT();
    LABEL(CLOSURE) : SAVE();
    if (!make_closure(m, as_object(KWIDE), base, &A)) goto fail;
    NEXT();
    LABEL(PATCH) : ((struct closure *)as_object(A))->captured[pc->b] = C;
    NEXT();
    LABEL(JUMP) : JUMP();
    NEXT();
    LABEL(JUMP_FALSE) :
    {
        value v = A;
        if (v == V_FALSE) {
            JUMP();
        } else if (v != V_TRUE) {
            SAVE();
            int truth = slow_truth(m, v);
            if (truth < 0) goto fail;
            if (!truth) JUMP();
        }
        NEXT();
    }
    LABEL(JUMP_TRUE) :
    {
        value v = A;
        if (v != V_FALSE) {
            SAVE();
            int truth = slow_truth(m, v);
            if (truth < 0) goto fail;
            if (truth) JUMP();
        }
        NEXT();
    }
    LABEL(JUMP_REFERENCE) : if (is_reference(A)) JUMP();
    NEXT();

    TEST(LABEL(UNLESS_LESS), A, B, <, ON_LESS)
    TEST(LABEL(UNLESS_LESS_EQUAL), A, B, <=, ON_LESS_EQUAL)
    TEST_EQUAL(LABEL(UNLESS_EQUAL), B)
    TEST(LABEL(UNLESS_LESS_K), A, KB, <, ON_LESS)
    TEST(LABEL(UNLESS_LESS_EQUAL_K), A, KB, <=, ON_LESS_EQUAL)
    TEST(LABEL(UNLESS_GREATER_K), A, KB, >, ON_GREATER)
    TEST(LABEL(UNLESS_GREATER_EQUAL_K), A, KB, >=, ON_GREATER_EQUAL)
    TEST_EQUAL(LABEL(UNLESS_EQUAL_K), KB)

    TEST_SMALL(LABEL(UNLESS_LESS_I), <, ON_LESS)
    TEST_SMALL(LABEL(UNLESS_LESS_EQUAL_I), <=, ON_LESS_EQUAL)
    TEST_SMALL(LABEL(UNLESS_GREATER_I), >, ON_GREATER)
    TEST_SMALL(LABEL(UNLESS_GREATER_EQUAL_I), >=, ON_GREATER_EQUAL)
    TEST_EQUAL(LABEL(UNLESS_EQUAL_I), KB)

    LABEL(COUNT_LOOP) : if (count_on(m, frame, base, code, pc))
    {
        pc = code->instructions;
        START();
    }
    if (pc[1].op == OP_LOOP) goto LABEL(STEP_LOOP);
    LABEL(STEP_STEP_LOOP) :
    {
        value p = A, r = raise_by(p, SMALL_C);
        if (!IS_INT(p) || carries(p, r)) goto LABEL(ADD_I);
        A = r;
        pc++;
    }
    LABEL(STEP_LOOP) :
    {
        value p = A, r = raise_by(p, SMALL_C);
        if (!IS_INT(p) || carries(p, r)) goto LABEL(ADD_I);
        A = r;
        pc++;
        goto LABEL(LOOP);
    }
    LABEL(ADD_I) :
    {
        value p = B, r = raise_by(p, SMALL_C);
        if (USUALLY(IS_INT(p))) {
            if (USUALLY(!carries(p, r))) {
                A = r;
                NEXT();
            }
            A = v_int(as_int(p) + SMALL_C);
            NEXT();
        }
        if (is_double(p)) {
            A = v_double(as_double(p) + SMALL_C);
            NEXT();
        }
        SAVE();
        if (!(SMALL_C < 0 ? slow_binary(m, ON_SUBTRACT, p, v_int(-SMALL_C), &A)
                          : slow_binary(m, ON_ADD, p, v_int(SMALL_C), &A)))
            goto fail;
        NEXT();
    }
    ARITHMETIC(LABEL(ADD), B, C, ON_ADD,
               INTEGER_OR_DOUBLE(+, __builtin_add_overflow))
    ARITHMETIC(LABEL(SUBTRACT), B, C, ON_SUBTRACT,
               INTEGER_OR_DOUBLE(-, __builtin_sub_overflow))
    ARITHMETIC(LABEL(MULTIPLY), B, C, ON_MULTIPLY, PRODUCT)
    ARITHMETIC(LABEL(DIVIDE), B, C, ON_DIVIDE, QUOTIENT)
    ARITHMETIC(LABEL(ADD_K), B, KC, ON_ADD,
               INTEGER_OR_DOUBLE(+, __builtin_add_overflow))
    ARITHMETIC(LABEL(SUBTRACT_K), B, KC, ON_SUBTRACT,
               INTEGER_OR_DOUBLE(-, __builtin_sub_overflow))
    ARITHMETIC(LABEL(MULTIPLY_K), B, KC, ON_MULTIPLY, PRODUCT)
    ARITHMETIC(LABEL(DIVIDE_K), B, KC, ON_DIVIDE, QUOTIENT)
    COMPARE(LABEL(LESS), <, ON_LESS)
    COMPARE(LABEL(LESS_EQUAL), <=, ON_LESS_EQUAL)
    COMPARE(LABEL(EQUAL), ==, ON_EQUAL)

    LABEL(PRIMITIVE) :
    {
        value made;
        SAVE();
        if (!primitive_apply(m, as_object(KB), pc->c, &A, &made)) goto fail;
        A = made;
        NEXT();
    }
    LABEL(BUILD) :
    {
        value made;
        SAVE();
        if (!build(m, as_object(KB), pc->c, &A, &made)) goto fail;
        A = made;
        NEXT();
    }
    LABEL(SELECT) :
    {
        value made;
        SAVE();
        if (!select(m, A, B, C, &made)) goto fail;
        A = made;
        NEXT();
    }

    LABEL(CALL) : at = &A;
    n = pc->b;
    frame->pc = pc;
    /* A call of oneself takes the code that it has: the way through cell
     * and closure is a chain of loads, one behind the other. */
    if (*at == base[-1]) {
        ENTER(code, 0)
    } else if (USUALLY(is_type(*at, T_CLOSURE))) {
        const struct code *callee = ((struct closure *)as_object(*at))->code;
        ENTER(callee, 0)
    }
    m->frame = frame;
    tail = named = false;
    goto call;
    LABEL(TAIL) : at = &A;
    n = pc->b;
    site = code->sites[pc->c];
    SAVE();
    tail = true;
    named = false;
    goto call;
    LABEL(LOOP) :
    {
        if (USUALLY(frame->turning == pc->a) &&
            USUALLY(frame->turns < UINT32_MAX) && USUALLY(--m->fuel >= 0)) {
            frame->turns++;
            pc = code->instructions;
            START();
        }
        /* The first turn from here, or time to look around. */
        SAVE();
        site = code->sites[pc->a - 1];
        if (pc->wide >= 0) {
            const struct global *g = as_object(KWIDE);
            if (g->held != base[-1]) {
                if (g->held == V_UNBOUND) {
                    machine_unbound_error(m, g);
                    goto fail;
                }
                at = base - 1;
                *at = g->held;
                n = code->parameters;
                tail = true;
                named = false;
                goto call;
            }
        }
        if (--m->fuel < 0 && !machine_poll(m)) goto fail;
        location_turn(frame, site);
        frame->turning = pc->a;
        pc = code->instructions;
        START();
    }
    LABEL(RETURN) : answer = A;
    if (USUALLY(!(frame->flags & (FRAME_HOOKED | FRAME_SPECIAL)))) {
        base[-1] = answer;
        frame--;
        LOAD();
        NEXT();
    }
    goto give;

call: /* m->frame is this one */
    if (--m->fuel < 0 && !machine_poll(m)) goto fail;
    if (is_type(*at, T_CLOSURE)) {
        const struct code *callee = ((struct closure *)as_object(*at))->code;
        if (n != callee->exact && !check_arity(m, callee, n)) goto fail;
        if ((tail ? base : at + 1) + callee->registers >= m->stack_limit ||
            frame + !tail >= m->frame_limit) {
            machine_depth_error(m);
            goto fail;
        }
        if (tail) {
            if (frame->kind == FRAME_CODE)
                location_turn(frame, site);
            else
                frame->turns = 0;
            frame->turning = 0;
            frame->kind = FRAME_CODE;
            move_down(base - 1, at, n + 1);
        } else {
            if (m->hooked_calls && callee->site_count) {
                if (!named) location = location_call(frame);
                named = true;
                value known;
                enum enter_answer a =
                    m->handler->enter(m, *at, (int)n, at + 1, location, &known);
                if (a == ENTER_ERROR) goto fail;
                if (a == ENTER_VALUE) {
                    *at = known;
                    if (frame->kind != FRAME_CODE) goto resume;
                    NEXT();
                }
            }
            frame = push(frame, at, named ? FRAME_NAMED : 0);
            frame->hash = location;
            base = at + 1;
        }
        frame->code = code = callee;
        frame->pc = pc = callee->instructions;
        m->frame = frame;
        if (callee->rest && !take_rest(m, callee, base, n)) goto fail;
        START();
    }
    switch (object_type(*at)) {
    case T_NATIVE: {
        const struct native *p = as_object(*at);
        if ((int)n < p->min || (p->max >= 0 && (int)n > p->max)) {
            machine_arity_error(m, p->names, p->min, p->max, (int)n);
            goto fail;
        }
        if (!named)
            location = tail ? location_tail(frame, site) : location_call(frame);
        if (tail) {
            move_down(base - 1, at, n + 1);
        } else {
            if (frame + 1 >= m->frame_limit) {
                machine_depth_error(m);
                goto fail;
            }
            frame = push(frame, at, 0);
        }
        frame->flags |= FRAME_NAMED;
        frame->hash = location;
        frame->code = NULL;
        frame->kind = FRAME_NATIVE;
        frame->arguments = frame->slots = n;
        frame->phase = frame->pending = 0;
        goto resume;
    }
    case T_PRIMITIVE: {
        const struct primitive *p = as_object(*at);
        value made;
        if ((int)n < p->min || (p->max >= 0 && (int)n > p->max)) {
            machine_arity_error(m, p->names, p->min, p->max, (int)n);
            goto fail;
        }
        if (!primitive_apply(m, p, (int)n, at + 1, &made)) goto fail;
        answer = made;
        break;
    }
    case T_XRP: {
        value made;
        if (!named)
            location = tail ? location_tail(frame, site) : location_call(frame);
        if (!m->handler->choose(m, *at, (int)n, at + 1, location, &made))
            goto fail;
        answer = made;
        break;
    }
    case T_MEM: {
        struct mem *mem = as_object(*at);
        void *memo = NULL;
        uint64_t inside = 0;
        value made = V_NOTHING;
        enum memo_answer a =
            m->handler->memo(m, mem, (int)n, at + 1, &memo, &inside, &made);
        answer = made;
        if (a == MEMO_ERROR) goto fail;
        if (a == MEMO_VALUE) break;
        if (at + 2 * n + 3 >= m->stack_limit ||
            frame + !tail >= m->frame_limit) {
            machine_depth_error(m);
            goto fail;
        }
        if (tail) {
            move_down(base - 1, at, n + 1);
            at = base - 1;
        } else {
            frame = push(frame, at, 0);
        }
        frame->flags |= FRAME_NAMED;
        frame->hash = inside;
        frame->code = NULL;
        frame->kind = FRAME_MEMO;
        frame->data = memo;
        frame->arguments = frame->slots = n;
        frame->phase = 0;
        frame->pending = n + 1;
        base = at + 1;
        memmove(at + 2 + n, at + 1, n * sizeof *at);
        at = at + 1 + n;
        *at = mem->procedure;
        m->frame = frame;
        location = inside;
        named = true;
        tail = false;
        goto call;
    }
    case T_VECTOR: {
        const struct vector *v = as_object(*at);
        value i = at[1];
        if (n == 1 && !v->columns && is_int(i) &&
            (uint64_t)as_int(i) < v->rows) {
            answer = v_double(v->at[as_int(i)]);
            break;
        }
    } /* fall through */
    default:
        if (is_reference(*at)) {
            if (!machine_operator(m, n, at)) goto fail;
            if (!is_reference(*at)) goto call;
        }
        value made;
        if (!machine_index(m, n, at, &made)) goto fail;
        answer = made;
    }
    if (tail) goto give;
    *at = answer;
    if (frame->kind != FRAME_CODE) goto resume;
    NEXT();

give: /* the answer of the innermost frame, to the one below */
    base = frame->base;
    if (frame->flags & FRAME_HOOKED) {
        value given = answer;
        m->frame = frame;
        if (!m->handler->leave(m, &given)) goto fail;
        answer = given;
    }
    base[-1] = answer;
    frame--;
    if (frame->kind == FRAME_CODE) {
        LOAD();
        NEXT();
    }
resume:
    m->frame = frame;
    base = frame->base;
    switch (frame->kind) {
    case FRAME_CODE: LOAD(); START();
    case FRAME_NATIVE:
        switch (((struct native *)as_object(base[-1]))->step(m, frame, base)) {
        case STEP_ERROR: goto fail;
        case STEP_RETURN: answer = base[frame->slots]; goto give;
        case STEP_CALL: tail = false; break;
        case STEP_TAIL: tail = true; break;
        }
        at = base + frame->slots;
        n = m->operands;
        named = false;
        if (tail) goto call;
        frame->phase++;
        if (USUALLY(is_type(*at, T_CLOSURE))) {
            const struct code *callee =
                ((struct closure *)as_object(*at))->code;
            ENTER(callee, FRAME_SPECIAL)
        }
        goto call;
    case FRAME_MEMO: {
        value given = base[frame->slots];
        if (!m->handler->memo_done(m, frame->data, &given)) goto fail;
        answer = given;
        goto give;
    }
    default: /* FRAME_ENTRY */
        *out = base[0];
        m->frame = frame - 1;
        return true;
    }

fail:
    machine_trail(m, entry);
    m->frame = entry - 1;
    return false;
}

/* ---- entering from C ----------------------------------------------------- */

/* A frame that the loop leaves at; its answer comes into base[0]. */
static struct frame *enter(struct machine *m, value procedure, uint32_t n,
                           const value *operands)
{
    value *top = machine_top(m);
    if (m->frame + 2 >= m->frame_limit || top + n + 4 >= m->stack_limit) {
        machine_depth_error(m);
        return NULL;
    }
    struct frame *f = ++m->frame;
    *f = (struct frame){
        .base = top + 1, .kind = FRAME_ENTRY, .flags = FRAME_NAMED};
    top[0] = V_NOTHING;
    top[1] = procedure;
    if (n) memmove(top + 2, operands, n * sizeof *operands);
    return f;
}

bool machine_run(struct machine *m, const struct code *code, uint64_t location,
                 value *out)
{
    /* What no operator can be: see the call of oneself. */
    struct frame *entry = enter(m, V_UNBOUND, 0, NULL);
    if (!entry) return false;
    value *base = entry->base + 1;
    if (base + code->registers >= m->stack_limit) {
        m->frame = entry - 1;
        return machine_depth_error(m);
    }
    *++m->frame = (struct frame){.pc = code->instructions,
                                 .base = base,
                                 .hash = location,
                                 .code = code,
                                 .kind = FRAME_CODE,
                                 .flags = FRAME_NAMED | FRAME_SPECIAL};
    return run(m, entry, out);
}

bool machine_apply(struct machine *m, value procedure, int n,
                   const value *operands, uint64_t location, value *out)
{
    struct frame *entry = enter(m, v_object(&native_apply_operands), 0, NULL);
    if (!entry) return false;
    value *base = entry->base + 1;
    if (base + n + 2 >= m->stack_limit) {
        m->frame = entry - 1;
        return machine_depth_error(m);
    }
    base[0] = procedure;
    if (n) memmove(base + 1, operands, (size_t)n * sizeof *operands);
    *++m->frame = (struct frame){.base = base,
                                 .hash = location,
                                 .kind = FRAME_NATIVE,
                                 .flags = FRAME_NAMED | FRAME_SPECIAL,
                                 .arguments = (uint32_t)n + 1,
                                 .slots = (uint32_t)n + 1};
    return run(m, entry, out);
}
