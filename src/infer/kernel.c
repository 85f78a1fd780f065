/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of kernels, and the reading of kernel programs: see kernel.h.
 */
#include "infer/kernel.h"

#include <string.h>

static bool step_mh(struct engine *e, uint64_t n,
                    struct transition_counts *counts)
{
    return e->op->transition(e, n, counts);
}

const struct kernel_row kernel_rows[] = {
    {"mh", "(mh)",
     "single-site Metropolis-Hastings: each transition proposes to one "
     "choice, from its own proposal or its prior",
     true, step_mh},
};
const size_t kernel_count = sizeof kernel_rows / sizeof *kernel_rows;

/* Words of the language that no version of ours has yet made a kernel of:
 * they are refused by name, and never taken for a procedure. */
static const char *const unmade[] = {
    "drift", "propose", "gibbs",    "slice",     "hmc",      "nuts",
    "smc",   "pimh",    "pgibbs",   "cycle",     "mixture",  "importance",
    "rerun", "auto",    "optimize", "rejection", "enumerate"};

const struct kernel_row *kernel_find(const char *name)
{
    for (size_t i = 0; i < kernel_count; i++)
        if (strcmp(kernel_rows[i].name, name) == 0) return &kernel_rows[i];
    return NULL;
}

const struct kernel_row *kernel_default(void) { return &kernel_rows[0]; }

static bool is_unmade(const char *name)
{
    for (size_t i = 0; i < sizeof unmade / sizeof *unmade; i++)
        if (strcmp(unmade[i], name) == 0) return true;
    return false;
}

bool kernel_is_named(const struct syntax *s)
{
    const char *head = syntax_head(s);
    return head && (kernel_find(head) || is_unmade(head));
}

static void list_kernels(char *buffer, size_t size)
{
    size_t at = 0;
    buffer[0] = 0;
    for (size_t i = 0; i < kernel_count; i++) {
        size_t length = strlen(kernel_rows[i].signature);
        if (at + length + 2 > size) return;
        if (i) buffer[at++] = ' ';
        memcpy(buffer + at, kernel_rows[i].signature, length + 1);
        at += length;
    }
}

const struct kernel_row *kernel_parse(const struct syntax *s,
                                      struct error *error)
{
    const char *head = syntax_head(s);
    const struct kernel_row *row = head ? kernel_find(head) : NULL;
    char known[160];
    list_kernels(known, sizeof known);
    if (!head)
        error_set(error, ERROR_USE,
                  "INFER: a kernel is written in parentheses, as (mh)");
    else if (!row && is_unmade(head))
        error_set(error, ERROR_USE,
                  "INFER: the kernel %s is not in this version", head);
    else if (!row)
        error_set(error, ERROR_USE, "INFER: %s is no kernel", head);
    else if (s->count > 1)
        error_set(error, ERROR_USE,
                  "INFER: in this version the kernel %s takes no arguments",
                  head);
    else
        return row;
    if (head) error_hint(error, "kernels: %s", known);
    error->span = s->span;
    return NULL;
}
