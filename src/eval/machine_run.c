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
#include "eval/machine_quick.h"

static inline void move_down(value *to, const value *from, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) to[k] = from[k];
}

/* A closure of the code, made in a frame with these registers. Here, and not
 * with the slow helpers: programs make closures in their inner loops. */
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
            int truth = machine_slow_truth(m, v);
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
            int truth = machine_slow_truth(m, v);
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
        if (!(SMALL_C < 0
                  ? machine_slow_binary(m, ON_SUBTRACT, p, v_int(-SMALL_C), &A)
                  : machine_slow_binary(m, ON_ADD, p, v_int(SMALL_C), &A)))
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
        if (!machine_build(m, as_object(KB), pc->c, &A, &made)) goto fail;
        A = made;
        NEXT();
    }
    LABEL(SELECT) :
    {
        value made;
        SAVE();
        if (!machine_select(m, A, B, C, &made)) goto fail;
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
            /* The name may mean another procedure by now: then it is an
             * ordinary tail call, whose operands lie where they belong. */
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
        if (m->hooked_calls && m->hooked_tails) {
            value known;
            enum enter_answer a = m->handler->enter(
                m, base[-1], (int)code->parameters, base, 0, &known);
            if (a == ENTER_ERROR) goto fail;
            if (a == ENTER_VALUE) {
                answer = known;
                goto give;
            }
        } else {
            frame->turning = pc->a; /* the next turns are quick */
        }
        location_turn(frame, site);
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
        if (n != callee->exact && !machine_check_arity(m, callee, n)) goto fail;
        if ((tail ? base : at + 1) + callee->registers >= m->stack_limit ||
            frame + !tail >= m->frame_limit) {
            machine_depth_error(m);
            goto fail;
        }
        if (tail && m->hooked_calls && m->hooked_tails && callee->site_count) {
            value known;
            enum enter_answer a =
                m->handler->enter(m, *at, (int)n, at + 1, 0, &known);
            if (a == ENTER_ERROR) goto fail;
            if (a == ENTER_VALUE) {
                answer = known;
                goto give;
            }
        }
        if (tail) {
            /* A native's tail call has the native's own name: it has no
             * site of its own. */
            if (frame->kind == FRAME_CODE)
                location_turn(frame, site);
            else
                frame->turns = 0;
            frame->turning = 0;
            frame->kind = FRAME_CODE;
            move_down(base - 1, at, n + 1);
        } else {
            /* Code without calls makes no choice: nobody need hear of it. */
            uint8_t heard = 0;
            if (m->hooked_calls && callee->site_count) {
                if (!named) location = location_call(frame);
                named = true;
                value known;
                enum enter_answer a =
                    m->handler->enter(m, *at, (int)n, at + 1, location, &known);
                if (a == ENTER_ERROR) goto fail;
                if (a == ENTER_HEARD) heard = FRAME_HOOKED;
                if (a == ENTER_VALUE) {
                    *at = known;
                    if (frame->kind != FRAME_CODE) goto resume;
                    NEXT();
                }
            }
            frame = push(frame, at, heard | (named ? FRAME_NAMED : 0));
            frame->hash = location;
            base = at + 1;
        }
        frame->code = code = callee;
        frame->pc = pc = callee->instructions;
        m->frame = frame;
        if (callee->rest && !machine_take_rest(m, callee, base, n)) goto fail;
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
        /* Here a name is needed at last, and made, with those below it. */
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
        if (at + 2 * (size_t)n + 3 >= m->stack_limit ||
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
    case T_VECTOR: { /* (xs i) with a plain index, the way of inner loops */
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
        frame->phase++; /* also the number that names this call */
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

/* An error leaves calls unfinished, and with them the tags that they set. */
static bool run_tagged(struct machine *m, struct frame *entry, value *out)
{
    value tags = m->tags;
    bool ok = run(m, entry, out);
    m->tags = tags;
    return ok;
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
    return run_tagged(m, entry, out);
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
    return run_tagged(m, entry, out);
}
