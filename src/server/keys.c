/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keys: see keys.h. In an entry a key is eight bytes of the request's hash,
 * then method, path and key. The table has fixed room; a newer key may drive
 * out an older one.
 */
#include "server/keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "server/answers.h"
#include "server/route.h"
#include "server/server.h"

static uint64_t request_hash(const struct exchange *x)
{
    return hash_bytes(x->body.at ? x->body.at : "", x->body.length);
}

static const char *key_of(const struct exchange *x)
{
    return x->route && x->route->flags & ROUTE_KEY
               ? exchange_header(x, "Idempotency-Key")
               : NULL;
}

bool keys_text(const struct exchange *x, struct text *out)
{
    const char *key = key_of(x);
    uint64_t hash = request_hash(x);
    if (!key) return true;
    return text_add(out, (const char *)&hash, sizeof hash) &&
           text_printf(out, "%s %s %s", x->method, x->path, key);
}

static struct kept_key *slot_of(struct keys *k, const char *name)
{
    return &k->slots[hash_bytes(name, strlen(name)) % KEY_SLOTS];
}

static void answer_again(struct exchange *x, const struct kept_key *k)
{
    exchange_add_header(x, "Idempotency-Replayed", "true");
    if (k->kind == ENTRY_DO)
        answers_of_directives(x, !k->failed, k->reply.at, k->reply.length);
    else if (text_add(&x->reply, k->reply.at, k->reply.length))
        exchange_json(x, x->route->status);
    else
        exchange_problem(x, 503, "memory", "memory ran out");
}

static void begin(struct kept_key *k, const char *name, uint64_t hash)
{
    free(k->name);
    text_clear(&k->reply);
    k->name = strdup(name);
    k->request = hash;
    k->pending = true;
}

bool keys_answered(struct exchange *x)
{
    const char *key = key_of(x);
    struct text name = {0};
    if (!key) return false;
    if (!*key || strlen(key) > KEY_LONGEST) {
        exchange_problem(x, 400, "key", "Idempotency-Key: 1 to %d characters",
                         KEY_LONGEST);
        return true;
    }
    if (!text_printf(&name, "%s %s %s", x->method, x->path, key)) return false;
    struct kept_key *k = slot_of(&x->server->keys, name.at);
    bool known = k->name && strcmp(k->name, name.at) == 0;
    if (!known) {
        begin(k, name.at, request_hash(x));
        x->holds_key = true;
    } else if (k->request != request_hash(x)) {
        exchange_problem(x, 422, "key",
                         "this Idempotency-Key came with another request");
    } else if (k->pending) {
        exchange_problem(x, 409, "key",
                         "the request with this Idempotency-Key is under way");
    } else {
        answer_again(x, k);
    }
    text_free(&name);
    return known;
}

void keys_drop(struct exchange *x)
{
    const char *key = key_of(x);
    struct text name = {0};
    if (!key || !text_printf(&name, "%s %s %s", x->method, x->path, key))
        return;
    struct kept_key *k = slot_of(&x->server->keys, name.at);
    if (k->pending && k->name && strcmp(k->name, name.at) == 0) {
        free(k->name);
        *k = (struct kept_key){0};
    }
    text_free(&name);
}

void keys_keep(void *context, const struct entry *e, struct place p)
{
    struct keys *keys = context;
    uint64_t hash;
    if (e->key.length <= sizeof hash) return;
    size_t length = e->key.length - sizeof hash;
    char *name = strndup(e->key.at + sizeof hash, length);
    if (!name) return;
    memcpy(&hash, e->key.at, sizeof hash);
    struct kept_key *k = slot_of(keys, name);
    begin(k, name, hash);
    k->kind = e->kind == ENTRY_DONE ? (enum entry_kind)e->a : e->kind;
    k->place = p;
    k->failed = k->kind == ENTRY_DO && e->b & ENTRY_FAILED;
    k->pending = !text_add(&k->reply, e->reply.at, e->reply.length);
    free(name);
}
