/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening libmicrohttpd: see microhttpd.h.
 */
#include "server/microhttpd.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

struct microhttpd mhd;

static const struct {
    const char *name;
    size_t at;
} functions[] = {
#define FUNCTION(name) {"MHD_" #name, offsetof(struct microhttpd, name)},
    MICROHTTPD_FUNCTIONS(FUNCTION)
#undef FUNCTION
};

bool microhttpd_open(struct error *error)
{
    void *from = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
    if (!from) {
        error_set(error, ERROR_IO, "serve needs the library libmicrohttpd");
        return error_hint(error, "on Debian: apt-get install libmicrohttpd12");
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *found = dlsym(from, functions[i].name);
        if (!found)
            return error_set(error, ERROR_IO, "libmicrohttpd has no %s",
                             functions[i].name);
        /* a pointer to a function is no pointer to an object in C */
        memcpy((char *)&mhd + functions[i].at, &found, sizeof found);
    }
    return true;
}
