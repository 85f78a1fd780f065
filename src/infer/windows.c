/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The plan of a warmup: see windows.h.
 */
#include "infer/windows.h"

enum { BEFORE = 75, FIRST = 25, BEHIND = 50, LEAST = 20, BRIEF = 250 };

/* A window takes in what is left when that is too little for one of twice its
 * size. */
static void stretch(struct windows *w)
{
    if (w->end + 1 != w->last && w->end + 2 * w->size >= w->last)
        w->end = w->last - 1;
}

/* A warmup in which the first and the last part would leave little for windows
 * is cut at 15% and 90%; one of less than LEAST learns no metric. */
void windows_begin(struct windows *w, uint64_t total)
{
    *w = (struct windows){.total = total};
    if (total < LEAST) return;
    bool brief = total < BRIEF;
    w->first = brief ? (uint64_t)(0.15 * (double)total) : BEFORE;
    w->last = total - (brief ? (uint64_t)(0.1 * (double)total) : BEHIND);
    w->size = w->last - w->first < FIRST ? w->last - w->first : FIRST;
    w->end = w->first + w->size - 1;
    stretch(w);
}

/* The next window is twice as long. */
static void next(struct windows *w)
{
    if (w->end + 1 >= w->last) return;
    w->size *= 2;
    w->end += w->size;
    stretch(w);
}

void windows_step(struct windows *w, bool *learn, bool *end)
{
    *learn = w->at >= w->first && w->at < w->last;
    *end = *learn && w->at == w->end;
    w->at++;
    if (*end) next(w);
}
