/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From what a program says of its procedure (struct vst_xrp) to a name of the
 * language: whether it holds together, whether the name is free, and the
 * procedures that every session is to know.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "eval/global.h"
#include "front/foreign.h"
#include "session/answer.h"
#include "session/catalogue.h"

/* ---- does it hold together? ---------------------------------------------- */

enum { NAME_LENGTH_MAX = 63, ARGUMENTS_MAX = 100 };

/* Letters, digits and what else the reader takes into a symbol; no number. */
static bool is_name(const char *name)
{
    size_t length = name ? strlen(name) : 0;
    if (length == 0 || length > NAME_LENGTH_MAX ||
        isdigit((unsigned char)*name))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("-_/?!*<>=+.", name[i]))
            return false;
    return isalpha((unsigned char)*name);
}

static bool counts_fit(int min, int max)
{
    return min >= 0 && min <= ARGUMENTS_MAX && max <= ARGUMENTS_MAX &&
           (max == -1 || max >= min);
}

/* What is needed, and of what. */
static const char *missing(const struct vst_xrp *x)
{
    bool array = x->support >= VST_VECTOR;
    if (!x->doc) return "doc, a line of documentation, is missing";
    if (!x->sample) return "the function sample is missing";
    if (!x->log_prob) return "the function log_prob is missing";
    if (array && !x->length) return "vectors need the function length";
    if (!array && x->length) return "only vectors have the function length";
    if (x->support == VST_INTERVAL && !x->bounds)
        return "an interval needs the function bounds";
    if (x->state_size && !x->incorporate)
        return "a state needs the function incorporate";
    if (x->state_size && !x->remove) return "a state needs the function remove";
    if (!x->state_size && (x->init || x->incorporate || x->remove || x->score))
        return "functions of a state, but state_size is 0";
    if (!x->state_size && (x->params_min || x->params_max))
        return "parameters, but state_size is 0";
    return NULL;
}

enum { STATE_MAX = 1 << 24 };

enum vst_status foreign_check(const struct vst_xrp *x, struct error *error)
{
    const char *what;
    if (!is_name(x->name)) {
        error_set(error, ERROR_NAME,
                  "%.80s is no name of a random procedure: expected letters, "
                  "digits and - _ / ? ! * < > = + ., a letter first",
                  x->name && *x->name ? x->name : "\"\"");
    } else if (!counts_fit(x->min, x->max) ||
               !counts_fit(x->params_min, x->params_max)) {
        error_set(error, ERROR_ARITY,
                  "%s: expected min from 0 to %d, and max as large or -1; got "
                  "%d to %d arguments and %d to %d parameters",
                  x->name, ARGUMENTS_MAX, x->min, x->max, x->params_min,
                  x->params_max);
    } else if ((unsigned)x->support > VST_SIMPLEX) {
        error_set(error, ERROR_USE, "%s: there is no support %u", x->name,
                  (unsigned)x->support);
    } else if (x->flags & ~(unsigned)(VST_REDRAWN | VST_EXACT_STATE) ||
               x->state_size > STATE_MAX) {
        error_set(error, ERROR_USE,
                  "%s: a flag that there is not, or a state of more than %d "
                  "bytes",
                  x->name, STATE_MAX);
    } else if ((what = missing(x))) {
        error_set(error, ERROR_USE, "%s: %s", x->name, what);
    } else {
        return VST_OK;
    }
    return (enum vst_status)error->kind;
}

/* ---- making it ----------------------------------------------------------- */

static const struct {
    enum xrp_support kind;
    bool density;
} supports[] = {
    [VST_BOOLEAN] = {SUPPORT_BOOLEAN, false},
    [VST_INTEGER] = {SUPPORT_INTEGERS, false},
    [VST_COUNT] = {SUPPORT_COUNTS, false},
    [VST_REAL] = {SUPPORT_REAL, true},
    [VST_POSITIVE] = {SUPPORT_POSITIVE, true},
    [VST_UNIT] = {SUPPORT_UNIT, true},
    [VST_INTERVAL] = {SUPPORT_INTERVAL, true},
    [VST_ANGLE] = {SUPPORT_ANGLE, true},
    [VST_VECTOR] = {SUPPORT_VECTOR, true},
    [VST_SIMPLEX] = {SUPPORT_SIMPLEX, true},
};

static const char *copy_of(const char *s) { return kept_string(s, strlen(s)); }

/* "(name)" or "(name argument ...)", where nothing was said. */
static const char *signature_of(const struct vst_xrp *x)
{
    char words[NAME_LENGTH_MAX + 32];
    bool none = (x->state_size ? x->params_max : x->max) == 0;
    if (x->signature) return copy_of(x->signature);
    snprintf(words, sizeof words, none ? "(%s)" : "(%s argument ...)", x->name);
    return copy_of(words);
}

/* The family whose applications draw. */
static void draws(struct xrp_family *f, const struct vst_xrp *x)
{
    f->min = (int8_t)x->min;
    f->max = (int8_t)x->max;
    f->support_kind = (uint8_t)supports[x->support].kind;
    if (!(x->flags & VST_REDRAWN)) f->flags |= XRP_RESCORES;
    /* Who undoes to the bit is not told the arguments. */
    if (x->flags & VST_EXACT_STATE && x->max == 0) f->flags |= XRP_EXACT_STATE;
    if (supports[x->support].density) f->flags |= XRP_CONTINUOUS;
    if (!x->bounds && !x->length) f->flags |= XRP_FIXED_SUPPORT;
    if (x->state_size) f->flags |= XRP_STATEFUL;
    foreign_fill(f, x);
    if (x->state_size) foreign_fill_urn(f);
}

static struct foreign *make(const struct vst_xrp *x)
{
    struct foreign *of = memory_new(sizeof *of);
    if (!of) return NULL;
    of->is = *x;
    of->is.name = copy_of(x->name);
    of->is.doc = copy_of(x->doc);
    of->is.signature = signature_of(x);
    if (!of->is.name || !of->is.doc || !of->is.signature) return NULL;
    of->family = (struct xrp_family){
        .names = of->is.name, .signature = of->is.signature, .doc = of->is.doc};
    of->made = of->family;
    draws(x->state_size ? &of->made : &of->family, x);
    if (x->state_size) {
        of->family.min = (int8_t)x->params_min;
        of->family.max = (int8_t)x->params_max;
        of->family.flags = XRP_MAKER | XRP_RESCORES;
        of->family.made = &of->made;
        of->family.support_kind = of->made.support_kind;
        foreign_fill(&of->family, x);
    }
    of->xrp = (struct xrp){{{T_XRP, 0, 0, 0}, of->is.name, of->is.signature},
                           &of->family,
                           NULL,
                           0};
    return of;
}

/* ---- names --------------------------------------------------------------- */

static bool is_taken(struct machine *m, const char *name, bool *taken)
{
    struct catalogue c;
    *taken = global_user(m, symbol(name)) || global_builtin(m, symbol(name));
    if (*taken) return true;
    if (!catalogue_open(m, &c)) return false;
    for (size_t i = 0; i < c.count && !*taken; i++)
        *taken = entry_has_name(&c.entries[i], name);
    return true;
}

static bool taken(struct error *error, const char *name)
{
    return error_set(error, ERROR_NAME,
                     "%s: the name is taken: it is bound, or spoken of, "
                     "already",
                     name);
}

bool foreign_install(struct machine *m, const struct vst_xrp *x)
{
    bool known;
    if (!is_taken(m, x->name, &known)) return machine_no_memory(m);
    if (known) return taken(&m->error, x->name);
    struct foreign *of = make(x);
    if (!of) return machine_no_memory(m);
    machine_add_builtin(m, of->is.name, v_object(&of->xrp), of->is.doc);
    return global_builtin(m, symbol(of->is.name)) || machine_no_memory(m);
}

/* ---- for every session --------------------------------------------------- */

static struct {
    struct vst_xrp *at; /* malloc's, as are the words: they stay */
    size_t count;
} kept;

static bool keep_words(struct vst_xrp *x)
{
    x->name = strdup(x->name);
    x->doc = strdup(x->doc);
    bool good = x->name && x->doc;
    if (x->signature) good = (x->signature = strdup(x->signature)) && good;
    if (good) return true;
    free((char *)(uintptr_t)x->name);
    free((char *)(uintptr_t)x->doc);
    free((char *)(uintptr_t)x->signature);
    return false;
}

bool foreign_keep(const struct vst_xrp *x, struct error *error)
{
    struct vst_xrp copy = *x, *more;
    for (size_t i = 0; i < kept.count; i++)
        if (strcmp(kept.at[i].name, x->name) == 0) return taken(error, x->name);
    more = realloc(kept.at, (kept.count + 1) * sizeof *more);
    if (more) kept.at = more;
    if (!more || !keep_words(&copy))
        return error_set(error, ERROR_LIMIT, "memory ran out");
    kept.at[kept.count++] = copy;
    return true;
}

bool foreign_install_kept(struct machine *m)
{
    for (size_t i = 0; i < kept.count; i++)
        if (!foreign_install(m, &kept.at[i])) return false;
    return true;
}
