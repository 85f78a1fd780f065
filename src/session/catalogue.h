/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Everything that has a name in the language, gathered from the tables: of
 * directives, kernels, special forms, primitives, natives, random procedures
 * and the library. HELP, completion lists and docs/language.md are printed
 * from it.
 *
 * Ownership: the collector's; texts are the tables' own.
 */
#ifndef VST_SESSION_CATALOGUE_H
#define VST_SESSION_CATALOGUE_H

#include "eval/machine.h"

struct entry {
    const char *topic;     /* "lists" */
    const char *names;     /* with blanks between; the first is shown */
    const char *signature; /* "(car list)" */
    const char *doc;       /* one line; "" when there is none */
    const char *gives;     /* of a random procedure: its support; or NULL */
};

struct catalogue {
    struct entry *entries; /* by topic, then by name */
    size_t count;
};

/* What is built in. false when memory ran out. O(names log names). */
bool catalogue_open(struct machine *m, struct catalogue *c);

/* Does the entry have this name? Directives in any case. */
bool entry_has_name(const struct entry *e, const char *name);

/* A sentence on a topic, or "". */
const char *topic_doc(const char *topic);

#endif
