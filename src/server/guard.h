/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who may come in: tokens, the names by which a browser may call us, and how
 * often one address may ask. See docs/security.md.
 */
#ifndef VST_SERVER_GUARD_H
#define VST_SERVER_GUARD_H

#include "base/error.h"
#include "base/text.h"

struct exchange;

enum { TOKENS_MAX = 64, TOKEN_SHORTEST = 16, TOKEN_LONGEST = 256 };
enum { CALLERS = 1024 };

struct guard {
    char tokens[TOKENS_MAX][TOKEN_LONGEST + 1];
    int token_count;
    double rate; /* requests a second from one address; 0: any */
    struct caller {
        uint64_t address; /* its hash */
        double allowed;   /* requests that it may make now */
        double since;
    } callers[CALLERS];
};

/* Reads a file of tokens, one a line; lines that begin with # are none.
 * false with *error. */
bool guard_read_tokens(struct guard *g, const char *path, struct error *error);
/* false: answered with 401, 403 or 429. */
bool guard_admits(struct exchange *x);

/* For OPTIONS: names are looked at, and a page of the site that is let in is
 * told what it may send. false: answered with 403. */
bool guard_lets_site_in(struct exchange *x);

/* Do the words hold the token, in a time that depends on lengths alone? */
bool guard_knows(const struct guard *g, const char *token, size_t length);
/* Is `host`, as in a Host header, a name of this machine's loopback? */
bool guard_is_loopback_name(const char *host);

#endif
