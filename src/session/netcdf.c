/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening the netCDF library: see netcdf.h.
 */
#include "session/netcdf.h"

#include <dlfcn.h>
#include <string.h>

static struct netcdf library;

static const struct {
    const char *name;
    size_t at;
} functions[] = {
#define FUNCTION(name)                       \
    {                                        \
#name, offsetof(struct netcdf, name) \
    }
    FUNCTION(nc_create),           FUNCTION(nc_close),
    FUNCTION(nc_create_mem),       FUNCTION(nc_close_memio),
    FUNCTION(nc_def_grp),          FUNCTION(nc_def_dim),
    FUNCTION(nc_def_var),          FUNCTION(nc_put_att_text),
    FUNCTION(nc_put_att_longlong), FUNCTION(nc_put_var_double),
    FUNCTION(nc_strerror),
#undef FUNCTION
};

static void *open_library(void)
{
    static const char *const names[] = {"libnetcdf.so.19", "libnetcdf.so.22",
                                        "libnetcdf.so"};
    void *found = NULL;
    for (size_t i = 0; !found && i < sizeof names / sizeof *names; i++)
        found = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    return found;
}

const struct netcdf *netcdf_open(struct error *error)
{
    static bool complete;
    if (complete) return &library;
    void *from = open_library();
    if (!from) {
        error_set(error, ERROR_IO, "netCDF files need the library libnetcdf");
        error_hint(error, "on Debian: apt-get install libnetcdf19");
        return NULL;
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *function = dlsym(from, functions[i].name);
        if (!function) {
            error_set(error, ERROR_IO, "the library libnetcdf has no %s",
                      functions[i].name);
            return NULL;
        }
        /* a pointer to a function is no pointer to an object in C */
        memcpy((char *)&library + functions[i].at, &function, sizeof function);
    }
    complete = true;
    return &library;
}
