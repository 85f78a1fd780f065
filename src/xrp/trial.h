/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Is a random procedure what its functions say together? Tried on draws of
 * its own: what incorporate does remove undoes, sampling agrees with prob, a
 * sequence has one probability in any order, and what else is there (whole
 * scores, supports, slopes, proposals) says the same as prob.
 */
#ifndef VST_XRP_TRIAL_H
#define VST_XRP_TRIAL_H

#include "base/text.h"
#include "xrp/xrp.h"

/* A site that is tried: `site.state` is NULL, and is made here. */
struct trial {
    struct machine *machine;
    const struct xrp_family *family;
    struct xrp_site site;
    bool whole;       /* ask about score_state, too */
    uint32_t draws;   /* for comparing frequencies: at least 100 */
    struct text *out; /* a line for each question; see below */
    int faults;
};

/* Each question that sees only numbers has an exact answer, to 1e-8; the
 * frequencies of draws would be called a fault by chance once in 1,000,000.
 * Lines begin with "ok" or "FAULT". false, with the machine's error, when a
 * function fails, or parameters are out of their domain. */
bool xrp_trial(struct trial *t);

/* check_procedure.c: binds check-xrp. */
void check_install(struct machine *m);

#endif
