/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where families become values of the language: one XRP value a family,
 * bound to each of its names in a machine.
 */
#include "base/memory.h"
#include "xrp/form.h"
#include "xrp/trial.h"
#include "xrp/user.h"

enum { NAME_MAX_LENGTH = 63 };

/* Binds the first of blank-separated names, and tells where the next is. */
static bool bind_first(struct machine *m, const char **names, value v,
                       const char *doc)
{
    char name[NAME_MAX_LENGTH + 1];
    size_t length = strcspn(*names, " ");
    if (length > NAME_MAX_LENGTH) return false;
    memcpy(name, *names, length);
    name[length] = 0;
    *names += length;
    *names += strspn(*names, " ");
    machine_add_builtin(m, name, v, doc);
    struct global *bound = machine_global(m, name);
    return bound && bound->held == v;
}

bool xrp_install(struct machine *m)
{
    for (size_t i = 0; i < xrp_family_count; i++) {
        const struct xrp_family *f = xrp_families[i];
        struct xrp *xrp = memory_new(sizeof *xrp);
        if (!xrp) return machine_no_memory(m);
        xrp->base.head.type = T_XRP;
        xrp->base.name = f->names;
        xrp->base.signature = f->signature;
        xrp->family = f;
        for (const char *names = f->names; *names;)
            if (!bind_first(m, &names, v_object(xrp), f->doc))
                return machine_no_memory(m);
    }
    machine_add_primitives(m, primitives_density, primitives_density_count);
    form_install(m);
    check_install(m);
    return user_install(m);
}
