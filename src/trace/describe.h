/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A trace in words and as JSON, for TRACE: what engines print alike. Values
 * are shown as a program would write them, with names in place of
 * references: (flip (if #1 0.9 0.1)). Which name a reference has is the
 * engine's to say.
 *
 * Lines are cut where a person would stop reading; nothing recurses with the
 * depth of a value. Every bool is false when memory ran out, and nothing
 * else.
 */
#ifndef VST_TRACE_DESCRIBE_H
#define VST_TRACE_DESCRIBE_H

#include "base/text.h"
#include "trace/engine.h"
#include "xrp/xrp.h"

enum { DESCRIBE_NAME_MAX = 40 };

/* What is written, and how references are called. */
struct description {
    /* The name of a reference, a made XRP or a mem; false: it has none. */
    bool (*name)(const void *context, value v, char *name);
    const void *context;
    struct text lines, json;
    /* The place that was written last: many choices share it. */
    const struct source *source;
    uint32_t start;
    int line, column;
};

/* A choice, whichever engine holds it. */
struct choice_words {
    const char *name, *head; /* "#3"; "flip", or the name of its urn */
    const value *written;
    uint32_t count;
    value held;
    double score;
    const char *scored_by; /* the urn's name, or NULL: score is its own */
    const char *observer;  /* "[3]", or NULL */
    struct span place;
};

/* A value, at most about `limit` bytes of it; an expression as the
 * application that it is. */
bool describe_value(const struct description *d, struct text *out, value v,
                    size_t limit);
/* (head written...), likewise. */
bool describe_application(const struct description *d, struct text *out,
                          const char *head, uint32_t count,
                          const value *written, size_t limit);
/* "True 2, False 1", or how many and the first. */
bool describe_contents(const struct description *d, struct text *out,
                       const value *held, size_t count);

/* "[2] ASSUME x (flip)"; in JSON the directive's object, left open. */
bool describe_directive(struct description *d, const struct directive *of);
/* A choice's line, and its object, left open. `depth`: of the indentation. */
bool describe_choice(struct description *d, const struct choice_words *c,
                     const struct directive *of, int depth);

/* ", at 3:7", with the file when it is not the directive's. */
bool describe_place(struct description *d, struct span place,
                    const struct directive *of);

/* Begins an object {"name":...,"kind":...,"directive":id. */
bool json_begin(struct description *d, const char *name, const char *kind,
                const struct directive *of);
/* ,"key":"text" */
bool json_text(struct description *d, const char *key, const char *text);
/* ,"key":"the value in words" */
bool json_words(struct description *d, const char *key, value v);
bool json_end(struct description *d);

bool indent(struct description *d, int depth);

#endif
