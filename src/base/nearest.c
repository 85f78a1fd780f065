/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The name that was meant: the nearest by edit distance, in which an
 * insertion, a deletion, a replacement and the swap of two neighbours each
 * count one (optimal string alignment; Wagner and Fischer 1974 with Lowrance
 * and Wagner's swap). Case is not looked at.
 */
#include "base/error.h"

#include <ctype.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 64 };

static int low(char c) { return tolower((unsigned char)c); }
static int least(int a, int b) { return a < b ? a : b; }

/* Edits from a to b, both of at most NAME_MAX_LENGTH bytes. Rows of the table
 * for the prefixes of a, of which each needs the two before it. */
static int distance(const char *a, size_t na, const char *b, size_t nb)
{
    int rows[3][NAME_MAX_LENGTH + 1];
    for (size_t j = 0; j <= nb; j++) rows[0][j] = (int)j;
    for (size_t i = 1; i <= na; i++) {
        int *row = rows[i % 3], *before = rows[(i + 2) % 3];
        const int *second = rows[(i + 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= nb; j++) {
            int other = low(a[i - 1]) != low(b[j - 1]);
            row[j] =
                least(before[j - 1] + other, least(before[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && low(a[i - 1]) == low(b[j - 2]) &&
                low(a[i - 2]) == low(b[j - 1]))
                row[j] = least(row[j], second[j - 2] + 1);
        }
    }
    return rows[na % 3][nb];
}

/* More edits than this make another word of it. */
static int edits_allowed(size_t length)
{
    if (length < 5) return length > 1;
    return length < 9 ? 2 : (int)length / 3;
}

const char *nearest_name(const char *name, const char *const *names,
                         size_t count)
{
    size_t length = strlen(name);
    if (length > NAME_MAX_LENGTH) return NULL;
    int best = edits_allowed(length) + 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(names[i]);
        size_t gap = other > length ? other - length : length - other;
        if (other > NAME_MAX_LENGTH || gap >= (size_t)best) continue;
        int edits = distance(name, length, names[i], other);
        if (edits >= best) continue;
        best = edits;
        nearest = names[i];
    }
    return nearest;
}
