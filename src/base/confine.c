/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Confinement: see confine.h. Our own door comes first and gives clear
 * answers; Landlock stands behind it. Libraries that are opened at their
 * first use (BLAS) and /proc stay readable to the system's lock, but not
 * through the door.
 */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool confined;
static int folder_of_files = -1;

/* ---- the system's lock ------------------------------------------------ */

enum {
    READS = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
            LANDLOCK_ACCESS_FS_READ_DIR,
    ALL = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1
};

static void allow(int rules, int folder)
{
    struct landlock_path_beneath_attr a = {.allowed_access = READS,
                                           .parent_fd = folder};
    if (folder >= 0)
        syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &a,
                0);
}

static void allow_path(int rules, const char *path)
{
    int folder = open(path, O_PATH | O_CLOEXEC);
    allow(rules, folder);
    if (folder >= 0) close(folder);
}

static void lock(void)
{
    struct landlock_ruleset_attr a = {.handled_access_fs = ALL};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &a, sizeof a, 0);
    if (rules < 0) return; /* an older system: the door alone */
    static const char *const libraries[] = {"/usr", "/lib", "/lib64", "/etc",
                                            "/proc"};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        allow_path(rules, libraries[i]);
    allow(rules, folder_of_files);
    syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
}

/* ---- the door --------------------------------------------------------- */

bool confine(const char *folder)
{
    if (folder) {
        folder_of_files = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (folder_of_files < 0) return false;
    }
    confined = true;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    lock();
    return true;
}

bool confine_may_write(void)
{
    if (confined) errno = EPERM;
    return !confined;
}

int confined_open(const char *path, int flags, unsigned mode)
{
    if (!confined) return open(path, flags, mode);
    if ((flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC) ||
        folder_of_files < 0) {
        errno = EPERM;
        return -1;
    }
    struct open_how how = {.flags = (unsigned)flags,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int got =
        (int)syscall(SYS_openat2, folder_of_files, path, &how, sizeof how);
    if (got < 0 && errno == EXDEV) errno = EPERM;
    return got;
}

FILE *confined_create(const char *path)
{
    return confine_may_write() ? fopen(path, "we") : NULL;
}
