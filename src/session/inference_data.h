/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws of all chains in one netCDF file, in the schema InferenceData of
 * ArviZ (version 1): groups posterior, sample_stats, ..., whose variables
 * have the dimensions chain, draw and those of their values. Elements count
 * from 0, the last index runs fastest.
 */
#ifndef VST_SESSION_INFERENCE_DATA_H
#define VST_SESSION_INFERENCE_DATA_H

#include "base/error.h"
#include "base/text.h"
#include "session/column.h"

/* Is this the name of such a file: does it end with .nc? */
bool inference_data_named(const char *path);

/* A group is columns of equal chains; "sample_stats" has CmdStan's names
 * turned to those of the schema. */
struct inference_group {
    const char *name;
    const struct column *columns;
    size_t count;
    bool drawn; /* has chains and draws; else one value each, as data */
};

/* Writes the file in place of one that is there; groups without columns are
 * left out. Seed and kernel become attributes. false with *error. */
bool inference_data_write(const char *path,
                          const struct inference_group *groups, size_t count,
                          const char *kernel, uint64_t seed,
                          struct error *error);
/* The same file as bytes, appended. */
bool inference_data_bytes(const struct inference_group *groups, size_t count,
                          const char *kernel, uint64_t seed, struct text *out,
                          struct error *error);

#endif
