/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What stands behind struct vst_session of vestige.h, for the files that make
 * it: a session, its last answer, and the texts that were lent out.
 */
#ifndef VST_FRONT_EMBED_H
#define VST_FRONT_EMBED_H

#include <locale.h>

#include "session/session.h"
#include "vestige.h"

/* Texts of one kind stand until the next of it, or the next text is done. */
enum lent {
    LENT_ERROR_TEXT,
    LENT_ERROR_JSON,
    LENT_ANSWER_TEXT,
    LENT_ANSWER_JSON,
    LENT_LIST,
    LENT_LIST_JSON,
    LENT_KINDS
};

/* Kept memory of the collector: the answer's values live by it. */
struct vst_session {
    struct session *session;
    struct answer last;
    bool answered;
    enum vst_status status;
    volatile int cancel;
    bool busy;              /* a text is being done */
    locale_t plain, before; /* "C"; the thread's, while it is ours */
    struct vst_options listeners;
    struct text lent[LENT_KINDS]; /* malloc's */
    double *numbers;              /* malloc's */
};

/* Is this the main thread? */
bool embed_may_enter(void);
/* Between the two the locale is "C". */
void embed_enter(struct vst_session *s);
void embed_leave(struct vst_session *s);
/* The words of an error, cut to fit, and its kind. */
enum vst_status embed_tell(const struct error *error, char *message,
                           size_t size);

#endif
