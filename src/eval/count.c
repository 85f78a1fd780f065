/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Loops that only count, run in the processor's registers: one or two
 * integers are stepped at each turn, and a test of one of them stands at the
 * head. What the machine would have done one turn at a time is done here many
 * at a time, and nothing else: turns and fuel are counted as ever, and where
 * an integer stops being one the machine goes on by itself.
 */
#include "eval/machine_inside.h"

/* For which orders (-1, 0, 1: bits 0, 1, 2) of tested and constant each test
 * holds. */
static const uint8_t holds[] = {
    [OP_UNLESS_LESS_I] = 1,    [OP_UNLESS_LESS_EQUAL_I] = 3,
    [OP_UNLESS_GREATER_I] = 4, [OP_UNLESS_GREATER_EQUAL_I] = 6,
    [OP_UNLESS_EQUAL_I] = 2,
};

static bool is_test(uint16_t op) { return op < sizeof holds && holds[op]; }

bool counts_only(const struct instruction *head, const struct instruction *step)
{
    if (!is_test(head->op)) return false;
    bool two = step->op == OP_STEP_STEP_LOOP;
    if (head->a != step->a && !(two && head->a == step[1].a)) return false;
    return step == head + 1 || step == head + 1 + head->c;
}

/* One integer that is stepped. */
struct counter {
    value *at;
    int64_t now, by;
};

static bool counter_open(struct counter *c, value *base,
                         const struct instruction *i)
{
    c->at = base + i->a;
    if (!is_int(*c->at)) return false;
    c->now = as_int(*c->at);
    c->by = (int16_t)i->c;
    return true;
}

bool count_on(struct machine *m, struct frame *f, value *base,
              const struct code *code, const struct instruction *step)
{
    const struct instruction *head = code->instructions;
    bool two = step[1].op != OP_LOOP;
    struct counter x, y = {base, 0, 0};
    if (f->turning != step[1 + two].a || m->fuel <= 0 ||
        !counter_open(&x, base, step) ||
        (two && !counter_open(&y, base, step + 1)))
        return false;
    int64_t limit = head->op == OP_UNLESS_EQUAL_I
                        ? as_int(code->constants[head->b])
                        : (int16_t)head->b;
    unsigned on = holds[head->op];
    if (step != head + 1) on = ~on;
    bool tests_x = head->a == step->a;
    uint64_t most = UINT32_MAX - f->turns, done = 0;
    if (most > (uint64_t)m->fuel) most = (uint64_t)m->fuel;
    while (done < most && int_fits(x.now + x.by) && int_fits(y.now + y.by)) {
        x.now += x.by;
        y.now += y.by;
        done++;
        int64_t tested = tests_x ? x.now : y.now;
        int order = (tested > limit) - (tested < limit);
        if (!(on >> (order + 1) & 1)) break;
    }
    *x.at = v_int(x.now);
    if (two) *y.at = v_int(y.now);
    f->turns += (uint32_t)done;
    m->fuel -= (int64_t)done;
    return done > 0;
}
