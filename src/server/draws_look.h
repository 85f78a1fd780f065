/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking at the draws of a run, in a process beside the front: a summary, a
 * picture, or a file of them all. It has the files of the chains to read, and
 * an order as JSON:
 *
 *     {"look":"summary",  or "plot", "netcdf"
 *      "first":0,"last":4,                 chains
 *      "from":0,"count":1000,"stride":1,   of the draws of each
 *      "plot":"trace","of":"mu,tau","theme":"light",
 *      "kernel":"(nuts)","seed":7,
 *      "rows":[1000,...],"facts":{...}}    runs_hear.c
 */
#ifndef VST_SERVER_DRAWS_LOOK_H
#define VST_SERVER_DRAWS_LOOK_H

#include "server/wire.h"
#include "session/session.h"

/* `files` are those of the chains first to last, in order. Fills the reply
 * and appends to out what was asked for, or an error as JSON. */
void draws_look(struct session *s, const int *files, size_t count,
                const char *order, size_t length, struct wire_reply *reply,
                struct text *out);

#endif
