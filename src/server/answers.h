/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From what engines say to what clients get: the same for a request that is
 * done and one that was done before (keys.h).
 */
#ifndef VST_SERVER_ANSWERS_H
#define VST_SERVER_ANSWERS_H

#include <jansson.h>

#include "server/exchange.h"
#include "server/hosted.h"

/* {"answers":[...]}, or a problem. */
void answers_of_directives(struct exchange *x, bool good, const char *json,
                           size_t length);

/* Answers all outcomes but a good reply. true: there is one. */
bool answers_good(struct exchange *x, const struct outcome *o);

/* Asks the session, and has `done` called with the exchange and the
 * outcome. `format` makes the text. */
void ask(struct exchange *x, struct hosted *h, uint32_t flags,
         void (*done)(void *exchange, const struct outcome *o),
         const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same with a text; it is taken over. */
void ask_text(struct exchange *x, struct hosted *h, uint32_t flags,
              void (*done)(void *exchange, const struct outcome *o),
              struct text *text);

/* The first answer of a good outcome as JSON: an object. NULL: answered with
 * a problem. To be given back with json_decref. */
json_t *answers_first(struct exchange *x, const struct outcome *o);

/* The body as a JSON object; {} when it is empty. NULL: answered with a
 * problem. To be given back with json_decref. */
json_t *body_object(struct exchange *x);
/* Members of it: false, answered with a problem, when it has another type. */
bool member_text(struct exchange *x, const json_t *o, const char *name,
                 const char **out);
bool member_count(struct exchange *x, const json_t *o, const char *name,
                  uint64_t most, bool *is_there, uint64_t *out);
/* A member that nobody knows is an error, not a silence. */
bool members_known(struct exchange *x, const json_t *o, const char *names);

#endif
