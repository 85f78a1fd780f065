/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A draw from the machine's own samplers, in nanoseconds: one line each,
 * name and time, the smallest of several rounds. bench/run.sh holds them
 * against their bars.
 */
#include <stdio.h>
#include <time.h>

#include "base/alias.h"
#include "base/random.h"

enum { DRAWS = 2000000, ROUNDS = 7 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct alias table;

static double normal(struct random *r) { return random_normal(r); }
static double exponential(struct random *r) { return random_exponential(r); }
static double gamma_2(struct random *r) { return random_gamma(r, 2.5); }
static double beta_2(struct random *r) { return random_beta(r, 2.5, 4.0); }
static double categorical(struct random *r)
{
    return (double)alias_draw(&table, r);
}

int main(void)
{
    static const struct {
        const char *name;
        double (*draw)(struct random *);
    } rows[] = {{"normal", normal},
                {"exponential", exponential},
                {"gamma", gamma_2},
                {"beta", beta_2},
                {"categorical", categorical}};
    static double weights[100];
    static struct alias_slot slots[100];
    for (int i = 0; i < 100; i++) weights[i] = 1.0 + i % 7;
    if (!alias_make(&table, slots, weights, 100)) return 1;
    struct random r;
    random_seed(&r, 1);
    double sum = 0.0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double best = 1e300;
        for (int round = 0; round < ROUNDS; round++) {
            double start = now();
            for (int j = 0; j < DRAWS; j++) sum += rows[i].draw(&r);
            double time = (now() - start) / DRAWS;
            if (time < best) best = time;
        }
        printf("%s %.2f\n", rows[i].name, best);
    }
    /* The draws must have been made. */
    return sum == 0.0;
}
