/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The end of a body: code as the machine runs it, its hash, and the names of
 * its calls. What is hashed is text and never an address, so that the same
 * text gives the same names in another run.
 */
#include "base/hash.h"
#include "base/memory.h"
#include "eval/compile_inside.h"
#include "eval/machine_inside.h"

static uint64_t name_hash(const char *name)
{
    return hash_bytes(name, strlen(name));
}

static uint64_t constant_hash(value v)
{
    switch (object_type(v)) {
    case T_CODE: return ((struct code *)as_object(v))->hash;
    case T_CLOSURE: return ((struct closure *)as_object(v))->code->hash;
    case T_PRIMITIVE:
        return name_hash(((struct primitive *)as_object(v))->names);
    case T_NATIVE: return name_hash(((struct native *)as_object(v))->names);
    case T_XRP:
        return name_hash(((struct random_procedure *)as_object(v))->name);
    case T_GLOBAL:
        return value_hash(((struct global *)as_object(v))->name, NULL);
    default: return value_hash(v, NULL);
    }
}

static uint64_t body_hash(const struct code *code)
{
    uint64_t h = hash_word(code->parameters, code->rest);
    for (uint32_t i = 0; i < code->length; i++) {
        uint64_t bits;
        memcpy(&bits, &code->instructions[i], sizeof bits);
        h = hash_word(h, bits);
    }
    for (uint32_t i = 0; i < code->constant_count; i++)
        h = hash_word(h, constant_hash(code->constants[i]));
    return hash_finish(h);
}

/* An array as long as what is in it; the roomy one is given back. */
static void *trimmed(void *old, uint32_t count, size_t size)
{
    void *block = memory_new((count + (count == 0)) * size);
    if (!block) return old;
    if (count) memcpy(block, old, count * size);
    memory_free(old);
    return block;
}

struct code *function_finish(struct function *f, const struct core *lambda)
{
    struct code *code =
        memory_new(sizeof *code + f->constant_count * sizeof(value) +
                   f->site_count * sizeof *code->sites);
    if (!code) {
        function_fail(f, NULL);
        return NULL;
    }
    uint64_t *sites = code->constants + f->constant_count;
    code->head.type = T_CODE;
    code->name = V_FALSE;
    code->span = f->span;
    for (uint32_t i = 0; i < f->length; i++)
        code->loops |= f->instructions[i].op == OP_LOOP;
    if (lambda) {
        code->parameters = (uint16_t)(lambda->count - lambda->rest);
        code->rest = lambda->rest;
        code->name = lambda->constant;
        code->span = lambda->span;
        code->parameter_names =
            memory_new((lambda->count + 1) * sizeof *code->parameter_names);
        for (uint32_t i = 0; code->parameter_names && i < lambda->count; i++)
            code->parameter_names[i] = lambda->variables[i]->name;
    }
    /* Only now are the jumps of the test at the head known. */
    for (uint32_t i = 1; i < f->length; i++) {
        struct instruction *step = &f->instructions[i];
        if ((step->op == OP_STEP_LOOP || step->op == OP_STEP_STEP_LOOP) &&
            counts_only(f->instructions, step))
            step->op = OP_COUNT_LOOP;
    }
    code->registers = f->most;
    code->instructions =
        trimmed(f->instructions, f->length, sizeof *f->instructions);
    code->spans = trimmed(f->spans, f->length, sizeof *f->spans);
    code->length = f->length;
    code->exact = code->rest ? UINT32_MAX : code->parameters;
    if (f->constant_count)
        memcpy(code->constants, f->constants,
               f->constant_count * sizeof(value));
    code->constant_count = f->constant_count;
    code->hash = body_hash(code);
    code->site_count = f->site_count;
    code->capture_count = f->captured_count;
    if (f->captured_count)
        code->captures =
            memory_new_atomic(f->captured_count * sizeof *code->captures);
    if ((f->captured_count && !code->captures) ||
        (lambda && !code->parameter_names)) {
        function_fail(f, NULL);
        return NULL;
    }
    for (uint32_t i = 0; i < f->site_count; i++)
        sites[i] = hash_finish(hash_word(code->hash, i));
    code->sites = sites;
    /* What this body captures its maker must have: in a register, or captured
     * in turn, which may add to the maker's own captures. */
    for (uint32_t i = 0; i < f->captured_count; i++) {
        struct variable *v = f->captured[i];
        struct capture *c = &code->captures[i];
        c->local = v->owner == f->outer;
        c->from = c->local ? v->at : (uint16_t)function_capture(f->outer, v);
    }
    return code;
}
