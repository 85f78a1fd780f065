/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The netCDF library, opened when it is first asked for: to link it costs
 * 8 ms at every start, and few runs want it. Its functions that we use, by
 * their prototypes in the netCDF C interface, version 4.
 */
#ifndef VST_SESSION_NETCDF_H
#define VST_SESSION_NETCDF_H

#include <stddef.h>

#include "base/error.h"

enum {
    NETCDF_GLOBAL = -1,  /* instead of a variable: of the group */
    NETCDF_NEW = 0x1000, /* a file of netCDF-4, in place of another */
    NETCDF_BYTE = 1,
    NETCDF_DOUBLE = 6,
    NETCDF_INT64 = 10
};

/* A file that was made in memory, which is the caller's to free. */
struct netcdf_bytes {
    size_t size;
    void *memory;
    int flags;
};

struct netcdf {
    int (*nc_create)(const char *path, int mode, int *file);
    int (*nc_close)(int file);
    int (*nc_create_mem)(const char *name, int mode, size_t first_size,
                         int *file);
    int (*nc_close_memio)(int file, struct netcdf_bytes *bytes);
    int (*nc_def_grp)(int parent, const char *name, int *group);
    int (*nc_def_dim)(int group, const char *name, size_t length, int *dim);
    int (*nc_def_var)(int group, const char *name, int type, int dims,
                      const int *dim, int *variable);
    int (*nc_put_att_text)(int group, int variable, const char *name,
                           size_t length, const char *text);
    int (*nc_put_att_longlong)(int group, int variable, const char *name,
                               int type, size_t length, const long long *x);
    int (*nc_put_var_double)(int group, int variable, const double *x);
    const char *(*nc_strerror)(int status);
};

/* NULL with *error that says what to install. */
const struct netcdf *netcdf_open(struct error *error);

#endif
