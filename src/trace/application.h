/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What all engines do alike when a procedure of theirs is applied.
 */
#ifndef VST_TRACE_APPLICATION_H
#define VST_TRACE_APPLICATION_H

#include "trace/engine.h"
#include "xrp/xrp.h"

/* The location of a memoized application: by the location of its mem and its
 * operands, which are plain. Procedures among them count by what tells them
 * apart in every run of the program. */
uint64_t memo_location(const struct mem *mem, int n, const value *operands);

/* A pick (uniform-draw, multinomial) among values of which some are random,
 * or are procedures that the program makes anew in every run, keeps the place of its pick: *done, and *out is
 * the element, read through a choice of its index. */
bool pick_by_index(struct machine *m, const struct xrp *x, int n,
                   const value *operands, uint64_t location, value *out,
                   bool *done);

/* The shape of an application's value, in few bits: an application whose
 * shape is another one is another application, drawn anew. Arguments that
 * decide it are looked at: numbers of elements are made plain in `written`.
 * Arrays are not, where the choices in them say how long they are. Applications
 * of one shape have one stamp; that of another is nearly always another.
 * Engines keep it in the object header of their choices. */
bool choice_shape(struct machine *m, const struct xrp_family *family, int n,
                  value *written, uint16_t *stamp);
/* The same for plain arguments. */
uint16_t shape_stamp(const struct xrp_family *family, int n,
                     const value *plain);

/* The stamp is in the upper bits of head.spare. */
enum { SHAPE_SHIFT = 3 };
static inline uint16_t shape_of(const struct object *choice)
{
    return choice->spare >> SHAPE_SHIFT;
}
static inline void shape_set(struct object *choice, uint16_t stamp)
{
    choice->spare |= (uint16_t)(stamp << SHAPE_SHIFT);
}

/* The error of one of XRP_HIDES of which a weight is another after its hidden
 * part moved: false. */
bool weight_moves(struct machine *m, struct span place);

/* Two applications with one name: an error of the engine, told and never
 * merged. Always false. */
bool location_collision(struct machine *m, uint64_t location);

/* Why a choice's score is no number, or -inf, as the machine's error; the
 * place is the caller's to say. Always false. */
bool choice_impossible(struct machine *m, const struct xrp_family *family,
                       const struct xrp_site *site, value held, bool observed,
                       double score);

/* Can the prior of this application propose a value? (flat) and its kin, and
 * arrays of them, can be scored, and not drawn. Numbers among the arguments
 * may be references. */
bool choice_has_prior(const struct xrp_family *family,
                      const struct xrp_site *site);
/* The same: false with the machine's error. */
bool choice_proposable(struct machine *m, const struct xrp_family *family,
                       const struct xrp_site *site, struct span place);

/* May the arguments of this application be random, if they are? false with
 * the machine's error. */
bool choice_may_vary(struct machine *m, const struct xrp_family *family, int n,
                     const value *written);

/* A maker's parameters, if they are plain: false, with the machine's error,
 * when nothing could be drawn with them. */
bool maker_fits(struct machine *m, const struct xrp_family *maker, int n,
                const value *written);

/* What an OBSERVE found is no choice: says so, and what it is. Always false. */
bool not_a_choice(struct machine *m, const char *who, value found);
/* Refuses to observe while machine->passing, and in a PREDICT: what is
 * conditioned on there would be lost without a word, or be no part of what is
 * asked. d: the directive that is run, or NULL. */
bool may_observe(struct machine *m, const struct directive *d);

/* A query's runs from the prior in search of a possible state, at most; and
 * when an engine itself searches for one and a query has failed already. */
enum { QUERY_TRIES = 1000000, QUERY_TRIES_AGAIN = 10000 };
uint32_t query_tries(const struct machine *m);
/* For engines: before what may become such a search, with the machine's error
 * cleared; and is it to stop? A query that fails in every state must not
 * multiply the engine's tries with its own. */
void query_search_begin(struct machine *m);
bool query_search_vain(const struct machine *m);

/* The name of the query whose answer was read last, and forgets it; NULL:
 * none was. */
const char *query_answered(void);

/* The location at which a directive's code begins. */
uint64_t directive_location(const struct directive *d);

/* A choice and a value for it. */
struct setting {
    uint64_t location;
    value held;
};
struct settings {
    struct setting *at; /* scanned */
    uint32_t count, room;
};

/* Adds the choices under a directive's result, with their values: `locate`
 * answers a reference's choice by its location, or 0 when it has none. */
bool settings_add(struct machine *m, struct settings *s, value result,
                  value given,
                  bool (*locate)(struct machine *, value, uint64_t *));

/* What most handlers do with a reference that is applied, and with a primitive
 * that meets one: they keep an expression, as long as it is not too large, and
 * force what they must by the handler's own `force`. */
bool handler_operate(struct machine *m, value v, value *out);
bool handler_defer(struct machine *m, const struct primitive *p, int n,
                   const value *operands, value *out);

/* Number of operands of an XRP. */
bool xrp_arity(struct machine *m, const struct xrp *x, int n);

#endif
