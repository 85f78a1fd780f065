/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws in order: see ranks.h. Sorted byte by byte from the last (Knuth,
 * The Art of Computer Programming 3, 5.2.5): the bits of doubles, the
 * negative ones turned over, are in order as whole numbers. No comparison
 * that a processor would have to guess. The upper half of the bytes does it
 * for most draws, and what they leave is put in its place one by one.
 */
#include "infer/ranks.h"

#include <gsl/gsl_cdf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { FEW = 32, BYTES = 8, DIGITS = 256 };

static void sort_few(struct ranked *a, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct ranked moved = a[i];
        size_t to = i;
        for (; to > 0 && a[to - 1].x > moved.x; to--) a[to] = a[to - 1];
        a[to] = moved;
    }
}

/* The two zeros are one number. */
static uint64_t key_of(double x)
{
    uint64_t bits;
    x += 0.0;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static void place(struct ranked *to, const struct ranked *from, size_t n,
                  size_t *first, int shift)
{
    for (size_t i = 0; i < n; i++)
        to[first[key_of(from[i].x) >> shift & (DIGITS - 1)]++] = from[i];
}

/* Counts become the places where each digit begins. false: all have the same
 * digit. */
static bool begins(size_t *count, size_t n)
{
    size_t sum = 0;
    for (int d = 0; d < DIGITS; d++) {
        size_t here = count[d];
        if (here == n) return false;
        count[d] = sum;
        sum += here;
    }
    return true;
}

/* In order by the digits from `first` to the last. */
static void sort_digits(struct ranked *a, struct ranked *room, size_t n,
                        int first)
{
    size_t count[BYTES][DIGITS] = {{0}};
    struct ranked *from = a, *to = room;
    for (size_t i = 0; i < n; i++) {
        uint64_t key = key_of(a[i].x);
        for (int b = first; b < BYTES; b++)
            count[b][key >> 8 * b & (DIGITS - 1)]++;
    }
    for (int b = first; b < BYTES; b++) {
        if (!begins(count[b], n)) continue;
        place(to, from, n, count[b], 8 * b);
        struct ranked *swap = from;
        from = to;
        to = swap;
    }
    if (from != a) memcpy(a, from, n * sizeof *a);
}

/* What the upper digits have left undone, where that is little. */
static bool insert_few(struct ranked *a, size_t n)
{
    size_t left = n;
    for (size_t i = 1; i < n; i++) {
        struct ranked moved = a[i];
        size_t to = i;
        for (; to > 0 && left > 0 && a[to - 1].x > moved.x; to--, left--)
            a[to] = a[to - 1];
        a[to] = moved;
    }
    return left > 0;
}

void ranks_sort(struct ranked *a, struct ranked *room, size_t n)
{
    enum { UPPER = BYTES / 2 };
    if (n <= FEW) {
        sort_few(a, n);
        return;
    }
    sort_digits(a, room, n, UPPER);
    if (!insert_few(a, n)) sort_digits(a, room, n, 0);
}

size_t ranks_run(const struct ranked *a, size_t n, size_t i)
{
    size_t end = i + 1;
    while (end < n && a[end].x == a[i].x) end++;
    return end;
}

static double score_of(double rank, size_t n)
{
    return gsl_cdf_ugaussian_Pinv((rank - 0.375) / ((double)n + 0.25));
}

/* Scores of ranks from both ends differ in sign. */
static double score_at(size_t rank, size_t n, double *known)
{
    size_t low = rank <= n - rank ? rank : n + 1 - rank;
    if (2 * rank == n + 1) return 0.0;
    if (known[low - 1] == 0.0) known[low - 1] = score_of((double)low, n);
    return low == rank ? known[low - 1] : -known[low - 1];
}

void ranks_scores(double *to, const struct ranked *a, size_t n, double *known)
{
    for (size_t i = 0, end; i < n; i = end) {
        end = ranks_run(a, n, i);
        if (end == i + 1) {
            to[a[i].at] = score_at(end, n, known);
            continue;
        }
        double score = (i + end) % 2 == 0
                           ? score_of(0.5 * (double)(i + end + 1), n)
                           : score_at((i + end + 1) / 2, n, known);
        for (size_t k = i; k < end; k++) to[a[k].at] = score;
    }
}
