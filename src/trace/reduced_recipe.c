/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Scoring of numbers under numbers, as most choices are, without a value in
 * between. Arguments that are expressions of arithmetic over numbers and
 * choices (or cuts, which are such) become recipes: rows of steps that a loop goes through, with one
 * double at hand and a small stack. What a recipe cannot do is read the
 * general way. A recipe belongs to the collector, and its expression holds
 * it; the choices that it names are those of the expression.
 *
 * An operation takes its first operand, then puts the others to it from the
 * left, as the primitive does. Integers in the text count as doubles, unless
 * two of them stand first: then the result is an integer, and there is no
 * recipe.
 */
#include <math.h>

#include "base/memory.h"
#include "trace/reduced.h"

/* What a step does with the double at hand, x. SET puts x on the stack first,
 * but for the very first one. */
enum recipe_step {
    STEP_END,
    STEP_FIRST_NUMBER,
    STEP_FIRST_CHOICE,
    STEP_SET_NUMBER,
    STEP_SET_CHOICE,
    /* x = x op operand; enum arithmetic says the operation. */
    STEP_NUMBER,
    STEP_CHOICE = STEP_NUMBER + 4,
    STEP_STACK = STEP_CHOICE + 4, /* x = stack op x */
    /* The commonest three at once: x = x + number * choice, or the product
     * the other way round. */
    STEP_ADD_SCALED = STEP_STACK + 4,
    STEP_ADD_SCALED_CHOICE
};

union operand {
    double number;
    const value *held; /* by a choice; or a cut's result */
};

/* An operation's place after STEP_NUMBER, STEP_CHOICE and STEP_STACK. */
enum { PLUS, TIMES = ARITHMETIC_MULTIPLY - ARITHMETIC_ADD };
enum { STEPS_MOST = 120 };

/* After the operands, the steps. Where it is a choice and so many products
 * of a choice and a number added to it, as a regression has them, the operands
 * are all that is looked at. */
struct recipe {
    uint32_t operands, products;
    union operand operand[];
};

/* Of what has none: it stands for itself. */
static struct recipe none;

struct writer {
    uint8_t step[STEPS_MOST];
    union operand operand[STEPS_MOST];
    uint32_t steps, operands;
};

/* The last steps made one, if they are a sum with a product. */
static bool is_product(struct writer *w)
{
    uint8_t *s = w->step + w->steps;
    if (w->steps < 2) return false;
    if (s[-2] == STEP_SET_NUMBER && s[-1] == STEP_CHOICE + TIMES)
        s[-2] = STEP_ADD_SCALED;
    else if (s[-2] == STEP_SET_CHOICE && s[-1] == STEP_NUMBER + TIMES)
        s[-2] = STEP_ADD_SCALED_CHOICE;
    else
        return false;
    w->steps--;
    return true;
}

static bool put_step(struct writer *w, unsigned step)
{
    if (step == STEP_STACK + PLUS && is_product(w)) return true;
    if (w->steps == STEPS_MOST) return false;
    w->step[w->steps++] = (uint8_t)step;
    return true;
}

/* One operand, by the step for numbers; that for choices comes after it. */
static bool put_operand(struct writer *w, value v, unsigned step, unsigned next)
{
    union operand *o = &w->operand[w->operands];
    if (w->operands == STEPS_MOST) return false;
    if (is_number(v)) {
        o->number = as_number(v);
    } else if (is_type(v, T_CHOICE)) {
        o->held = &((const struct choice *)as_object(v))->held;
        step = next;
    } else if (is_type(v, T_REGION) &&
               ((const struct region *)as_object(v))->what == REGION_CUT) {
        o->held = &((const struct region *)as_object(v))->result;
        step = next;
    } else {
        return false;
    }
    w->operands++;
    return put_step(w, step);
}

/* The depth of the recursion is that of the tree, EXPRESSION_MAX at most. */
static bool put(struct writer *w, const struct expression *e)
{
    uint32_t which = e->operation->arithmetic;
    if (which < ARITHMETIC_ADD || which > ARITHMETIC_DIVIDE ||
        e->head.size < 2 || (is_int(e->operands[0]) && is_int(e->operands[1])))
        return false;
    unsigned nth = which - ARITHMETIC_ADD;
    for (uint32_t i = 0; i < e->head.size; i++) {
        value v = e->operands[i];
        bool first = w->steps == 0;
        if (is_type(v, T_EXPRESSION)) {
            if (!put(w, as_object(v)) || (i && !put_step(w, STEP_STACK + nth)))
                return false;
        } else if (i == 0) {
            if (!put_operand(w, v, first ? STEP_FIRST_NUMBER : STEP_SET_NUMBER,
                             first ? STEP_FIRST_CHOICE : STEP_SET_CHOICE))
                return false;
        } else if (!put_operand(w, v, STEP_NUMBER + nth, STEP_CHOICE + nth)) {
            return false;
        }
    }
    return true;
}

/* How many products, with the choice before the number; 0: another form. */
static uint32_t count_products(struct writer *w)
{
    uint32_t n = w->steps - 2; /* without the first, and the end */
    if (w->steps < 3 || w->step[0] != STEP_FIRST_CHOICE) return 0;
    for (uint32_t i = 1; i <= n; i++)
        if (w->step[i] != STEP_ADD_SCALED &&
            w->step[i] != STEP_ADD_SCALED_CHOICE)
            return 0;
    for (uint32_t i = 1; i <= n; i++) {
        union operand *o = &w->operand[2 * i - 1], first = o[0];
        if (w->step[i] == STEP_ADD_SCALED_CHOICE) continue;
        o[0] = o[1];
        o[1] = first;
    }
    return n;
}

static __attribute__((noinline)) struct recipe *make(const struct expression *e)
{
    struct writer w;
    w.steps = w.operands = 0;
    if (!put(&w, e) || !put_step(&w, STEP_END)) return &none;
    size_t operands = w.operands * sizeof *w.operand;
    struct recipe *r = memory_new_atomic(sizeof *r + operands + w.steps);
    if (!r) return &none;
    r->operands = w.operands;
    r->products = count_products(&w);
    memcpy(r->operand, w.operand, operands);
    memcpy(r->operand + w.operands, w.step, w.steps);
    return r;
}

/* The operand's number; false when a choice or cut holds none. */
static inline bool held(const union operand *o, double *y)
{
    value v = *o->held;
    *y = as_double(v);
    return is_double(v);
}

static inline __attribute__((always_inline)) bool
add_products(const struct recipe *r, double *out)
{
    const union operand *o = r->operand, *end = o + r->operands;
    double x, y;
    if (!held(o++, &x)) return false;
    for (; o < end; o += 2) {
        if (!held(o, &y)) return false;
        x += y * o[1].number;
    }
    *out = x;
    return true;
}

static inline __attribute__((always_inline)) bool run(const struct recipe *r,
                                                      double *out)
{
    if (r->products) return add_products(r, out);
    double stack[EXPRESSION_MAX + 1], *top = stack, x = 0.0, y;
    const union operand *o = r->operand;
    const uint8_t *s = (const uint8_t *)(r->operand + r->operands);
    for (;;) {
        switch (*s++) {
        case STEP_END: *out = x; return true;
        case STEP_SET_NUMBER: *top++ = x; /* fall through */
        case STEP_FIRST_NUMBER: x = o++->number; break;
        case STEP_SET_CHOICE: *top++ = x; /* fall through */
        case STEP_FIRST_CHOICE:
            if (!held(o++, &x)) return false;
            break;
        case STEP_NUMBER: x += o++->number; break;
        case STEP_NUMBER + 1: x -= o++->number; break;
        case STEP_NUMBER + 2: x *= o++->number; break;
        case STEP_NUMBER + 3:
            if (o->number == 0.0) return false;
            x /= o++->number;
            break;
        case STEP_CHOICE:
            if (!held(o++, &y)) return false;
            x += y;
            break;
        case STEP_CHOICE + 1:
            if (!held(o++, &y)) return false;
            x -= y;
            break;
        case STEP_CHOICE + 2:
            if (!held(o++, &y)) return false;
            x *= y;
            break;
        case STEP_CHOICE + 3:
            if (!held(o++, &y) || y == 0.0) return false;
            x /= y;
            break;
        case STEP_STACK: x = *--top + x; break;
        case STEP_STACK + 1: x = *--top - x; break;
        case STEP_STACK + 2: x = *--top * x; break;
        case STEP_STACK + 3:
            if (x == 0.0) return false;
            x = *--top / x;
            break;
        case STEP_ADD_SCALED:
            if (!held(o + 1, &y)) return false;
            x += o->number * y;
            o += 2;
            break;
        case STEP_ADD_SCALED_CHOICE:
            if (!held(o, &y)) return false;
            x += y * o[1].number;
            o += 2;
            break;
        default: __builtin_unreachable();
        }
    }
}

bool cut_number(const struct trace *t, const struct region *cut, double *out)
{
    if (t->run || !(cut->node.head.spare & NODE_STEADY) ||
        !region_is_settled(t, cut) || !is_type(cut->operands[0], T_EXPRESSION))
        return false;
    struct expression *e = as_object(cut->operands[0]);
    if (!e->recipe) e->recipe = make(e);
    return e->recipe != &none && run(e->recipe, out);
}

/* Arguments as they are now, bit for bit what reading them gives; recipes are
 * made when they are first met here. false: some choice holds no double, a
 * divisor is 0, or an argument is of another kind. */
static inline __attribute__((always_inline)) bool
numbers(const value *written, uint32_t count, double *out)
{
    for (uint32_t i = 0; i < count; i++) {
        value v = written[i];
        struct expression *e;
        switch (object_type(v)) {
        case T_CHOICE:
            v = ((const struct choice *)as_object(v))->held;
            if (!is_double(v)) return false;
            out[i] = as_double(v);
            break;
        case T_EXPRESSION:
            e = as_object(v);
            if (!e->recipe) e->recipe = make(e);
            if (e->recipe == &none || !run(e->recipe, &out[i])) return false;
            break;
        default:
            if (!is_number(v)) return false;
            out[i] = as_number(v);
        }
    }
    return true;
}

/* The same of a reader whose leaves may be others another time: of numbers,
 * and of choices and regions that stand for one, if it listens to just these
 * in their order, as it would after reading them. */
static inline bool numbers_at_hand(const struct trace *t,
                                   const struct choice *c, uint32_t count,
                                   double *out)
{
    const struct edge *e = node_edges(&c->node);
    for (uint32_t i = 0; i < count; i++) {
        value v = c->written[i];
        if (is_object(v)) {
            const struct node *n = as_object(v);
            const struct region *r = (const struct region *)n;
            if (!e || edge_source(e) != n) return false;
            e = edge_own(e);
            if (n->head.type == T_CHOICE)
                v = ((const struct choice *)n)->held;
            else if (n->head.type == T_REGION && region_is_settled(t, r))
                v = r->result;
        }
        if (!is_number(v)) return false;
        out[i] = as_number(v);
    }
    return !e;
}

bool choice_rescore_number(struct trace *t, struct choice *c)
{
    double plain[PLAIN_FEW], score;
    const struct xrp_family *f = c->family;
    uint32_t count = c->node.head.size;
    if (!is_double(c->held) || !f->prob_of || count > PLAIN_FEW ||
        choice_is_fresh(t, c) ||
        !(c->node.head.spare & NODE_STEADY
              ? numbers(c->written, count, plain)
              : numbers_at_hand(t, c, count, plain)))
        return false;
    score = f->prob_of(plain, (int)count, as_double(c->held));
    if (!(score > -INFINITY)) return false;
    t->touched++;
    t->counts.score += score - c->score;
    log_set_double(&t->log, &c->score, score);
    return true;
}
