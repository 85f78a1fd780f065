/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The posterior of examples/faithful.church by an independent collapsed
 * Gibbs sampler (Neal 2000, algorithm 3). It shares nothing with Vestige:
 * its own random numbers, its own predictive density, written from the
 * formulas. Usage: faithful_gibbs SWEEPS SEED < examples/data/faithful.csv
 *
 * Model: labels from a Chinese restaurant process with concentration 1; in
 * each cluster variance ~ inverse-gamma(8, 2) and mean ~ normal(3.5,
 * sqrt(100 variance)). With n points in a cluster, of mean m and sum of
 * squares about it s, the next is Student with 2 a' degrees of freedom,
 *
 *     k' = 1/100 + n, a' = 8 + n/2, centre = (3.5/100 + n m) / k'
 *     b' = 2 + s/2 + (n/100) (m - 3.5)^2 / (2 k')
 *     scale^2 = b' (1 + 1/k') / a'
 *
 * Prints P(K = k) of the number of clusters, and the predictive density of
 * a next eruption at some lengths, each with its error by batch means.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { POINTS = 300, BATCHES = 50, MOST = 12, GRID = 9 };

static const double concentration = 1, centre0 = 3.5, precision0 = 0.01;
static const double shape0 = 8, scale0 = 2;

struct cluster {
    int n;
    double sum, squares;
};

static uint64_t state;

/* splitmix64 */
static double uniform(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static double predictive(const struct cluster *c, double x)
{
    double n = c->n, k = precision0 + n, a = shape0 + n / 2;
    double mean = n > 0 ? c->sum / n : 0;
    double about = n > 0 ? c->squares - c->sum * mean : 0;
    double centre = (precision0 * centre0 + c->sum) / k;
    double b = scale0 + about / 2 +
               precision0 * n * (mean - centre0) * (mean - centre0) / (2 * k);
    double scale = sqrt(b * (1 + 1 / k) / a), dof = 2 * a;
    double t = (x - centre) / scale;
    return exp(lgamma((dof + 1) / 2) - lgamma(dof / 2) -
               (dof + 1) / 2 * log1p(t * t / dof)) /
           (scale * sqrt(dof * M_PI));
}

static int read_points(double *y)
{
    int count = 0;
    char line[200];
    if (!fgets(line, sizeof line, stdin)) return 0;
    while (count < POINTS && fgets(line, sizeof line, stdin))
        if (sscanf(line, "%lf", &y[count]) == 1) count++;
    return count;
}

static void shift(struct cluster *c, double y, int sign)
{
    c->n += sign;
    c->sum += sign * y;
    c->squares += sign * y * y;
}

/* Draws the cluster of a point given all others; an empty place stands for
 * a new cluster. */
static int draw(const struct cluster *c, int places, double y)
{
    double weights[POINTS + 1], total = 0;
    int empty = -1;
    for (int i = 0; i < places; i++) {
        weights[i] = 0;
        if (c[i].n)
            weights[i] = c[i].n * predictive(&c[i], y);
        else if (empty < 0)
            weights[empty = i] = concentration * predictive(&c[i], y);
        total += weights[i];
    }
    double u = uniform() * total;
    for (int i = 0; i < places; i++)
        if ((u -= weights[i]) < 0) return i;
    return empty;
}

/* Batch sums of each figure: K = 1 ... MOST, then the grid. */
static double sums[BATCHES][MOST + GRID];
static const double grid[GRID] = {1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5};

static void look(const struct cluster *c, int points, double *into)
{
    static const struct cluster none = {0, 0, 0};
    int clusters = 0;
    for (int i = 0; i <= points; i++) clusters += c[i].n > 0;
    into[(clusters < MOST ? clusters : MOST) - 1]++;
    for (int g = 0; g < GRID; g++) {
        double density = concentration * predictive(&none, grid[g]);
        for (int i = 0; i <= points; i++)
            if (c[i].n) density += c[i].n * predictive(&c[i], grid[g]);
        into[MOST + g] += density / (points + concentration);
    }
}

static void report(long per_batch)
{
    for (int f = 0; f < MOST + GRID; f++) {
        double mean = 0, spread = 0;
        for (int b = 0; b < BATCHES; b++)
            mean += sums[b][f] / (double)per_batch / BATCHES;
        for (int b = 0; b < BATCHES; b++)
            spread += pow(sums[b][f] / (double)per_batch - mean, 2);
        double error = sqrt(spread / (BATCHES - 1) / BATCHES);
        if (f < MOST)
            printf("clusters %d", f + 1);
        else
            printf("density %g", grid[f - MOST]);
        printf(" %.6f %.6f\n", mean, error);
    }
}

int main(int count, char **words)
{
    static double y[POINTS];
    static struct cluster c[POINTS + 1];
    static int label[POINTS];
    long sweeps = count > 1 ? atol(words[1]) : 20000;
    state = count > 2 ? strtoull(words[2], NULL, 10) : 1;
    int points = read_points(y);
    for (int i = 0; i < points; i++) shift(&c[label[i] = 0], y[i], 1);
    long per_batch = sweeps / BATCHES, warm = sweeps / 20;
    for (long s = -warm; s < per_batch * BATCHES; s++) {
        for (int i = 0; i < points; i++) {
            shift(&c[label[i]], y[i], -1);
            label[i] = draw(c, points + 1, y[i]);
            shift(&c[label[i]], y[i], 1);
        }
        /* Empty places collect rounding errors: wipe them. */
        for (int i = 0; i <= points; i++)
            if (!c[i].n) c[i] = (struct cluster){0, 0, 0};
        if (s >= 0) look(c, points, sums[s / per_batch]);
    }
    report(per_batch);
    return points ? 0 : 1;
}
