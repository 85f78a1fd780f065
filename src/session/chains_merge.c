/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws of several chains become columns with the chains one behind another:
 * chains_columns of chains.h. Chains may differ in length, when they were
 * stopped or died, and in what they could keep.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "session/chains.h"

/* ---- which draws ------------------------------------------------------ */

/* The length that keeps most draws of all chains that have it. */
static size_t best_length(const struct chains_of_order *c)
{
    size_t best = 0, most = 0;
    for (size_t i = 0; i < c->count; i++) {
        size_t length = c->at[i].draws, have = 0;
        for (size_t k = 0; k < c->count; k++) have += c->at[k].draws >= length;
        if (length * have > most || (length * have == most && length > best)) {
            most = length * have;
            best = length;
        }
    }
    return best;
}

/* Those that have it, in order. */
static size_t choose(const struct chains_of_order *c, size_t length,
                     struct chain **chosen)
{
    size_t n = 0;
    for (size_t i = 0; length && i < c->count; i++)
        if (c->at[i].draws >= length) chosen[n++] = &c->at[i];
    return n;
}

/* ---- columns ---------------------------------------------------------- */

static struct column *find(struct chain *c, const char *name, size_t guess)
{
    size_t width = c->header.width;
    if (guess < width && strcmp(c->columns[guess].name, name) == 0)
        return &c->columns[guess];
    for (size_t i = 0; i < width; i++)
        if (strcmp(c->columns[i].name, name) == 0) return &c->columns[i];
    return NULL;
}

/* Do the chains agree that there is such a column, and of what kind? */
static bool agree(struct chain **chosen, size_t n, size_t i,
                  enum column_kind *kind)
{
    const struct column *first = &chosen[0]->columns[i];
    *kind = first->kind;
    for (size_t k = 0; k < n; k++) {
        const struct column *other = find(chosen[k], first->name, i);
        if (!other || other->lost) return false;
        enum column_kind joined = column_joined(*kind, other->kind);
        if (joined == COLUMN_LEVELS && *kind != other->kind) return false;
        *kind = joined;
    }
    return true;
}

/* There is room. Codes of one chain's levels are not another's. */
static bool append(struct column *to, const struct column *from, size_t length)
{
    if (to->kind != COLUMN_LEVELS) {
        if (length)
            memcpy(to->at + to->length, from->at, length * sizeof *to->at);
        to->length += length;
        return true;
    }
    for (size_t i = 0; i < length; i++) {
        const struct level *l = &from->levels.at[(size_t)from->at[i]];
        size_t code;
        if (!levels_code_text(&to->levels, l->shown, l->json, &code) ||
            !column_push(to, (double)code))
            return false;
    }
    return true;
}

static bool join(struct column *to, struct chain **chosen, size_t n, size_t i,
                 size_t length, enum column_kind kind)
{
    const char *name = chosen[0]->columns[i].name;
    if (!column_open(to, name)) return false;
    to->kind = kind;
    to->chains = n;
    to->at = malloc((length * n + 1) * sizeof *to->at);
    if (!to->at) return false;
    to->room = length * n + 1;
    for (size_t k = 0; k < n; k++) {
        struct column *from = find(chosen[k], name, i);
        if (!append(to, from, length)) return false;
        if (k == 0) continue; /* its name is needed yet */
        free(from->at);
        from->at = NULL;
        from->length = from->room = 0;
    }
    return true;
}

/* Columns from..to of the chosen chains into a new array. */
static bool join_all(struct chains_of_order *c, struct chain **chosen,
                     const struct drawn *d, size_t from, size_t to,
                     struct column **out, size_t *count)
{
    enum column_kind kind;
    *out = calloc(to - from + 1, sizeof **out);
    if (!*out) return false;
    for (size_t i = from; i < to; i++) {
        const struct column *column = &chosen[0]->columns[i];
        if (column->lost) continue;
        if (agree(chosen, d->chains, i, &kind)) {
            if (!join(&(*out)[(*count)++], chosen, d->chains, i, d->length,
                      kind))
                return false;
        } else if (!text_printf(&c->notes,
                                "%s is left out: not every chain has it\n",
                                column->name)) {
            return false;
        }
    }
    return true;
}

bool chains_columns(struct chains_of_order *c, struct drawn *d)
{
    struct chain **chosen = calloc(c->count + 1, sizeof *chosen);
    *d = (struct drawn){.length = best_length(c), .depth = NAN};
    if (!chosen) return machine_no_memory(c->session->machine);
    d->chains = choose(c, d->length, chosen);
    bool good = true;
    if (d->chains) {
        const struct message_header *h = &chosen[0]->header;
        d->depth = h->depth;
        good = join_all(c, chosen, d, 0, h->own, &d->own, &d->own_count) &&
               join_all(c, chosen, d, h->own, h->own + h->parameters,
                        &d->columns, &d->count) &&
               join_all(c, chosen, d, h->own + h->parameters, h->width,
                        &d->predictive, &d->predictive_count);
    }
    free(chosen);
    if (good) return true;
    drawn_close(d);
    return machine_no_memory(c->session->machine);
}

/* ---- what came of it -------------------------------------------------- */

const struct column *drawn_own(const struct drawn *d, const char *name)
{
    for (size_t i = 0; i < d->own_count; i++)
        if (strcmp(d->own[i].name, name) == 0) return &d->own[i];
    return NULL;
}

static void close_all(struct column *columns, size_t count)
{
    for (size_t i = 0; columns && i < count; i++) column_close(&columns[i]);
    free(columns);
}

void drawn_close(struct drawn *d)
{
    close_all(d->columns, d->count);
    close_all(d->predictive, d->predictive_count);
    close_all(d->own, d->own_count);
    *d = (struct drawn){0};
}
