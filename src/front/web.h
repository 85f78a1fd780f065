/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A request to a server of ours, and its answer: as much HTTP as that takes,
 * one connection a request. It knows nothing of what is said.
 */
#ifndef VST_FRONT_WEB_H
#define VST_FRONT_WEB_H

#include "base/error.h"
#include "base/text.h"

struct web {
    char host[256], port[8];
    char path[256];    /* of the URL, without a slash at its end */
    const char *token; /* NULL: none */
};

/* http://host[:port][/path]. false with *error. */
bool web_open(struct web *w, const char *url, struct error *error);

/* Asks, and waits. *status is the answer's, *out gets its body. false with
 * *error: nothing came back. */
bool web_ask(const struct web *w, const char *method, const char *path,
             const struct text *body, int *status, struct text *out,
             struct error *error);

#endif
