/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * InferenceData in netCDF: see inference_data.h. The schema asks for the date
 * as well; it is left out, so that the same run writes the same bytes.
 */
#include "session/inference_data.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/confine.h"
#include "base/text.h"
#include "session/netcdf.h"

#ifndef VST_VERSION
#define VST_VERSION "0.1.0"
#endif

enum { RANK_MAX = 8 };

struct writer {
    const struct netcdf *nc;
    const char *path;
    struct error *error;
    const struct inference_group *group;
    int file, at; /* the file; the group under way */
    int chain, draw;
    size_t chains, draws;
};

bool inference_data_named(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".nc") == 0;
}

static bool check(struct writer *w, int status)
{
    if (status == 0) return true;
    return error_set(w->error, ERROR_IO, "%s: %s", w->path,
                     w->nc->nc_strerror(status));
}

static bool no_memory(struct writer *w)
{
    return error_set(w->error, ERROR_LIMIT, "%s: no memory left", w->path);
}

static bool put_text(struct writer *w, int variable, const char *name,
                     const char *text)
{
    return check(
        w, w->nc->nc_put_att_text(w->at, variable, name, strlen(text), text));
}

/* ---- variables from columns ------------------------------------------- */

/* Columns NAME.i.j of one array, from `first` on. */
struct array {
    size_t first, count;
    size_t rank, extent[RANK_MAX];
    char name[200];
};

/* The indices behind the name of a column: how many; -1: it is not of this
 * stem. */
static int indices_of(const char *name, const char *stem, size_t length,
                      size_t *index)
{
    int rank = 0;
    if (strncmp(name, stem, length) != 0) return -1;
    for (name += length; *name; rank++) {
        char *end;
        if (*name != '.' || !isdigit((unsigned char)name[1]) ||
            rank == RANK_MAX)
            return -1;
        index[rank] = strtoul(name + 1, &end, 10);
        name = end;
    }
    return rank;
}

/* Of x.3.12 the length of x. */
static size_t stem_of(const char *name)
{
    size_t length = strlen(name);
    for (size_t end = length; end > 0;) {
        while (end > 0 && isdigit((unsigned char)name[end - 1])) end--;
        if (end < 2 || name[end - 1] != '.' || !name[end] || name[end] == '.')
            break;
        length = --end;
    }
    return length;
}

/* May they be elements of one array? Levels are each column's own. */
static bool go_together(const struct column *a, const struct column *b)
{
    return column_joined(a->kind, b->kind) != COLUMN_LEVELS;
}

/* The array that begins at this column, first index fastest; of one value
 * when its neighbours do not fit. */
static void find_array(const struct inference_group *g, size_t first,
                       struct array *a)
{
    const char *name = g->columns[first].name;
    size_t length = stem_of(name), index[RANK_MAX], all = 1;
    int rank = indices_of(name, name, length, index);
    *a = (struct array){.first = first};
    for (size_t i = first; rank > 0 && i < g->count; i++, a->count++) {
        if (!go_together(&g->columns[i], &g->columns[first]) ||
            indices_of(g->columns[i].name, name, length, index) != rank)
            break;
        for (int k = 0; k < rank; k++)
            if (index[k] > a->extent[k]) a->extent[k] = index[k];
    }
    for (int k = 0; k < rank; k++) all *= a->extent[k];
    if (rank <= 0 || all != a->count) {
        a->count = 1;
        a->rank = 0;
        length = strlen(name);
    } else {
        a->rank = (size_t)rank;
    }
    snprintf(a->name, sizeof a->name, "%.*s", (int)length, name);
}

/* Which column is the element whose place in C's order is `place`. */
static size_t column_of(const struct array *a, size_t place)
{
    size_t column = 0, stride = a->count;
    for (size_t k = a->rank; k-- > 0;) {
        stride /= a->extent[k];
        column += place % a->extent[k] * stride;
        place /= a->extent[k];
    }
    return a->first + column;
}

/* All values, chain by chain, draw by draw; the caller's. */
static double *values_of(const struct writer *w, const struct array *a)
{
    size_t all = w->chains * w->draws;
    double *x = malloc((all * a->count + 1) * sizeof *x);
    for (size_t k = 0; x && k < a->count; k++) {
        const struct column *c = &w->group->columns[column_of(a, k)];
        for (size_t i = 0; i < all; i++)
            x[i * a->count + k] = i < c->length ? c->at[i] : NAN;
    }
    return x;
}

/* ---- names ------------------------------------------------------------ */

static const struct {
    const char *ours, *schema;
} statistics[] = {
    {"lp__", "lp"},
    {"accept_stat__", "acceptance_rate"},
    {"stepsize__", "step_size"},
    {"treedepth__", "tree_depth"},
    {"n_leapfrog__", "n_steps"},
    {"divergent__", "diverging"},
    {"energy__", "energy"},
};

/* netCDF wants a letter, a digit or _ first, and no / anywhere. */
static void mend_name(char *name)
{
    for (size_t i = 0; i < sizeof statistics / sizeof *statistics; i++)
        if (strcmp(name, statistics[i].ours) == 0) {
            strcpy(name, statistics[i].schema);
            return;
        }
    for (char *c = name; *c; c++)
        if (*c == '/') *c = '_';
    if (!isalnum((unsigned char)*name) && !(*name & 0x80)) *name = '_';
}

/* ---- one variable ----------------------------------------------------- */

static bool define_dims(struct writer *w, const char *name,
                        const struct array *a, int *dims, int *count)
{
    *count = 0;
    if (w->group->drawn) {
        dims[(*count)++] = w->chain;
        dims[(*count)++] = w->draw;
    }
    for (size_t k = 0; k < a->rank; k++) {
        char dim[240];
        snprintf(dim, sizeof dim, "%s_dim_%zu", name, k);
        if (!check(w, w->nc->nc_def_dim(w->at, dim, a->extent[k],
                                        &dims[(*count)++])))
            return false;
    }
    return true;
}

/* Codes and what they stand for, in the words of the CF conventions. */
static bool put_levels(struct writer *w, int variable, const struct levels *l)
{
    struct text meanings = {0};
    long long *codes = calloc(l->count + 1, sizeof *codes);
    bool good = codes || no_memory(w);
    for (size_t i = 0; good && i < l->count; i++) {
        size_t start = meanings.length + (i > 0);
        codes[i] = (long long)i;
        good = ((i == 0 || text_puts(&meanings, " ")) &&
                text_puts(&meanings, l->at[i].shown)) ||
               no_memory(w);
        for (size_t k = start; good && k < meanings.length; k++)
            if (meanings.at[k] == ' ') meanings.at[k] = '_';
    }
    good =
        good && l->count &&
        check(w, w->nc->nc_put_att_longlong(w->at, variable, "flag_values",
                                            NETCDF_INT64, l->count, codes)) &&
        put_text(w, variable, "flag_meanings", meanings.at);
    text_free(&meanings);
    free(codes);
    return good || !l->count;
}

static bool is_flag(const struct column *c)
{
    return c->kind == COLUMN_BOOLEAN;
}

static int type_of(const struct writer *w, const struct array *a)
{
    const struct column *c = &w->group->columns[a->first];
    enum column_kind kind = c->kind;
    if (is_flag(c)) return NETCDF_BYTE;
    for (size_t i = 0; i < a->count; i++) kind = column_joined(kind, c[i].kind);
    return kind == COLUMN_NUMBER || kind == COLUMN_EMPTY ? NETCDF_DOUBLE
                                                         : NETCDF_INT64;
}

static bool put_variable(struct writer *w, const struct array *a)
{
    const struct column *c = &w->group->columns[a->first];
    char name[200];
    int dims[RANK_MAX + 2], rank, variable;
    snprintf(name, sizeof name, "%s", a->name);
    mend_name(name);
    if (!define_dims(w, name, a, dims, &rank) ||
        !check(w, w->nc->nc_def_var(w->at, name, type_of(w, a), rank, dims,
                                    &variable)))
        return false;
    /* as xarray marks what is true or false */
    if (is_flag(c) && !put_text(w, variable, "dtype", "bool")) return false;
    if (c->kind == COLUMN_LEVELS && !put_levels(w, variable, &c->levels))
        return false;
    if (strcmp(name, a->name) != 0 &&
        !put_text(w, variable, "long_name", a->name))
        return false;
    double *x = values_of(w, a);
    bool good = x ? check(w, w->nc->nc_put_var_double(w->at, variable, x))
                  : no_memory(w);
    free(x);
    return good;
}

/* ---- groups ----------------------------------------------------------- */

/* chain 0, 1, ...; draw 0, 1, ... */
static bool put_coordinate(struct writer *w, const char *name, size_t length,
                           int *dim)
{
    int variable;
    double *x = malloc((length + 1) * sizeof *x);
    for (size_t i = 0; x && i < length; i++) x[i] = (double)i;
    bool good = x ? check(w, w->nc->nc_def_dim(w->at, name, length, dim)) &&
                        check(w, w->nc->nc_def_var(w->at, name, NETCDF_INT64, 1,
                                                   dim, &variable)) &&
                        check(w, w->nc->nc_put_var_double(w->at, variable, x))
                  : no_memory(w);
    free(x);
    return good;
}

static bool put_group(struct writer *w, const char *kernel, uint64_t seed)
{
    const struct inference_group *g = w->group;
    struct array a;
    char number[32];
    struct chains shape = column_chains(&g->columns[0]);
    w->chains = shape.count;
    w->draws = shape.draws;
    snprintf(number, sizeof number, "%" PRIu64, seed);
    if (!check(w, w->nc->nc_def_grp(w->file, g->name, &w->at)) ||
        !put_text(w, NETCDF_GLOBAL, "creation_library", "vestige") ||
        !put_text(w, NETCDF_GLOBAL, "creation_library_version", VST_VERSION) ||
        !put_text(w, NETCDF_GLOBAL, "inference_library", "vestige") ||
        !put_text(w, NETCDF_GLOBAL, "inference_library_version", VST_VERSION) ||
        !put_text(w, NETCDF_GLOBAL, "kernel", kernel) ||
        !put_text(w, NETCDF_GLOBAL, "seed", number))
        return false;
    if (g->drawn && !(put_coordinate(w, "chain", w->chains, &w->chain) &&
                      put_coordinate(w, "draw", w->draws, &w->draw)))
        return false;
    for (size_t i = 0; i < g->count; i += a.count) {
        find_array(g, i, &a);
        if (!put_variable(w, &a)) return false;
    }
    return true;
}

static bool put_groups(struct writer *w, const struct inference_group *groups,
                       size_t count, const char *kernel, uint64_t seed)
{
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        w->group = &groups[i];
        good = !groups[i].count || put_group(w, kernel, seed);
    }
    return good;
}

bool inference_data_write(const char *path,
                          const struct inference_group *groups, size_t count,
                          const char *kernel, uint64_t seed,
                          struct error *error)
{
    struct writer w = {.path = path, .error = error};
    if (!confine_may_write())
        return error_set(error, ERROR_IO, "%.200s cannot be created: %s", path,
                         strerror(errno));
    w.nc = netcdf_open(error);
    if (!w.nc || !check(&w, w.nc->nc_create(path, NETCDF_NEW, &w.file)))
        return false;
    bool good = put_groups(&w, groups, count, kernel, seed);
    int status = w.nc->nc_close(w.file);
    return good && check(&w, status);
}

bool inference_data_bytes(const struct inference_group *groups, size_t count,
                          const char *kernel, uint64_t seed, struct text *out,
                          struct error *error)
{
    enum { FIRST_SIZE = 1 << 16 };
    struct writer w = {.path = "draws.nc", .error = error};
    struct netcdf_bytes bytes = {0};
    w.nc = netcdf_open(error);
    if (!w.nc || !check(&w, w.nc->nc_create_mem(w.path, NETCDF_NEW, FIRST_SIZE,
                                                &w.file)))
        return false;
    bool good = put_groups(&w, groups, count, kernel, seed);
    int status = w.nc->nc_close_memio(w.file, &bytes);
    good = good && check(&w, status) &&
           (text_add(out, bytes.memory, bytes.size) || no_memory(&w));
    free(bytes.memory);
    return good;
}
