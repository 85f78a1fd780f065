/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random procedures that a program around Vestige wrote in C (struct vst_xrp
 * of vestige.h), as families. Engines see a family like any other; its
 * functions find the foreigner that it belongs to by the family of the site,
 * turn values into doubles, call, and look at what comes back: numbers of the
 * right kind, or an error that says who and what.
 *
 * Ownership: a foreigner is the collector's, and holds copies of all words.
 */
#ifndef VST_FRONT_FOREIGN_H
#define VST_FRONT_FOREIGN_H

#include "vestige.h"
#include "xrp/xrp.h"

struct foreign {
    struct xrp_family family; /* what the name stands for */
    struct xrp_family made;   /* with state: what it makes */
    struct xrp xrp;           /* the value */
    struct vst_xrp is;
    bool failed; /* it did what it must not, and nobody was told yet */
    struct error failure;
};

/* ---- foreign_make.c ------------------------------------------------------ */

/* Does what a program says of its procedure hold together? Else the status,
 * and words. */
enum vst_status foreign_check(const struct vst_xrp *x, struct error *error);
/* Makes it of a machine. false with the machine's error: the name is taken, or
 * memory ran out. */
bool foreign_install(struct machine *m, const struct vst_xrp *x);
/* For all machines to come; and these into one. false when memory ran out, or
 * the name is taken. */
bool foreign_keep(const struct vst_xrp *x, struct error *error);
bool foreign_install_kept(struct machine *m);

/* ---- foreign.c, foreign_urn.c -------------------------------------------- */

/* Those of the functions of a family that serve it. */
void foreign_fill(struct xrp_family *f, const struct vst_xrp *x);
void foreign_fill_urn(struct xrp_family *f);
/* What the state of a site holds beside the bytes; these come behind it. */
void *foreign_bytes(void *state);
/* Begins a call: what was raised in an earlier one, a mere rejection, is
 * forgotten. false while something worse waits to be told, or when memory ran
 * out for the state. */
bool foreign_ready(const struct xrp_site *s);
/* An answer of log_prob or score; NaN, and kept what is wrong, when it is
 * none. */
double foreign_judge(struct foreign *of, const char *who, double x);

/* ---- foreign_call.c ------------------------------------------------------ */

struct foreign *foreign_of(const struct xrp_family *f);

enum { FOREIGN_FEW = 12 };

/* A site as C sees it. */
struct foreign_call {
    struct foreign *of;
    struct vst_site site;
    struct vst_numbers few[FOREIGN_FEW], *each;
    double few_numbers[FOREIGN_FEW], *numbers;
    double one;          /* a value that is a number */
    const double *value; /* the one that was read last */
};

/* Why an argument is none. */
struct foreign_misfit {
    int which; /* from 1 */
    value got;
};

/* false when an argument is neither a number nor an array of numbers, when
 * memory ran out, or the length of a value is out of its bounds. */
bool foreign_open(struct foreign_call *c, const struct xrp_site *s,
                  struct foreign_misfit *misfit);
/* Is v in the support? Then c->value are its numbers. */
bool foreign_read(struct foreign_call *c, value v);
/* Are these numbers in the support? */
bool foreign_supports(const struct foreign_call *c, const double *at);
/* Room for a value's numbers; NULL when memory ran out. */
double *foreign_room(struct foreign_call *c);
/* The value of such numbers; V_UNBOUND when memory ran out. */
value foreign_value(const struct foreign_call *c, const double *at);

/* It did what it must not: kept until `failure` is asked. Always false. */
bool foreign_wrong(struct foreign *of, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
