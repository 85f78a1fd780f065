/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Answers that may be given again as long as their session is the same: a
 * table of fixed size, in which the newer drives out the older. See server.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "server/server.h"

static struct cached *slot_of(struct exchange *x)
{
    uint64_t hash = hash_bytes(x->path, strlen(x->path));
    return &x->server->cache[hash % CACHE_SLOTS];
}

bool cache_answer(struct exchange *x, struct hosted *h)
{
    struct cached *c = slot_of(x);
    if (h->working || !c->path || c->session != h->id ||
        c->version != h->version || strcmp(c->path, x->path) != 0)
        return false;
    /* What waits for the disk comes first. */
    if (h->position > x->server->scribe.synced) return false;
    if (!text_add(&x->reply, c->reply.at, c->reply.length)) return false;
    x->server->counts.cached++;
    h->last_used = x->begun;
    exchange_answer(x, 200, c->type);
    return true;
}

void cache_keep(struct exchange *x, struct hosted *h)
{
    struct cached *c = slot_of(x);
    if (h->working || h->version != x->version) return;
    free(c->path);
    text_clear(&c->reply);
    c->path = strdup(x->path);
    c->session = h->id;
    c->version = h->version;
    c->type = x->type ? x->type : "application/json";
    if (!c->path || !text_add(&c->reply, x->reply.at, x->reply.length)) {
        free(c->path);
        c->path = NULL;
    }
}
