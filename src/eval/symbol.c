/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of symbols: one object for each name, for the life of the
 * process, so that symbols are compared by their words.
 *
 * The table, its entries and the symbols are kept memory.
 */
#include "base/hash.h"
#include "base/memory.h"
#include "eval/value.h"

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) memory_new_kept(size)
#define uthash_free(block, size) memory_free(block)
#include <uthash.h>

struct entry {
    UT_hash_handle hh;
    struct string *name;
};

static struct entry *table;

static struct string *name_make(const char *name, size_t length, uint64_t hash)
{
    struct string *s = memory_new_kept(sizeof *s + length + 1);
    if (!s) return NULL;
    s->head.type = T_SYMBOL;
    s->head.size = (uint32_t)length;
    s->hash = hash;
    if (length) memcpy(s->text, name, length);
    return s;
}

static value intern(const char *name, size_t length, uint64_t hash)
{
    struct entry *e = memory_new_kept(sizeof *e);
    struct string *s = e ? name_make(name, length, hash) : NULL;
    if (s) {
        e->name = s;
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, table, s->text, (unsigned)length,
                                    (unsigned)hash, e);
        if (e->hh.tbl) return v_object(s);
    }
    memory_free(s);
    memory_free(e);
    return V_UNBOUND;
}

value symbol_sized(const char *name, size_t length)
{
    if (length >= UINT32_MAX) return V_UNBOUND;
    uint64_t hash = hash_bytes(name, length);
    struct entry *found;
    HASH_FIND_BYHASHVALUE(hh, table, name, (unsigned)length, (unsigned)hash,
                          found);
    return found ? v_object(found->name) : intern(name, length, hash);
}

value symbol(const char *name) { return symbol_sized(name, strlen(name)); }
