/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Paths, the words of files from R, Python and Stan for what is missing or
 * not finite, room for columns while they are read, and files that were read
 * before.
 */
#include "eval/data_file.h"

#include "base/memory.h"
#include "eval/operand.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

bool data_path(struct machine *m, const char *who, value v, const char **out)
{
    struct string *path;
    if (!operand_string(m, who, v, &path)) return false;
    *out = path->text;
    return (*path->text && strlen(path->text) == path->head.size) ||
           machine_type_error(m, who, "the path of a file", v);
}

static bool go_on(void *m) { return machine_poll(m); }

struct patience data_patience(struct machine *m)
{
    return (struct patience){.go_on = go_on, .who = m};
}

bool data_number_word(const char *text, size_t length, double *out)
{
    static const struct {
        const char *word;
        double number;
    } words[] = {
        {"", NAN},
        {"na", NAN},
        {"nan", NAN},
        {"inf", INFINITY},
        {"+inf", INFINITY},
        {"-inf", -INFINITY},
        {"infinity", INFINITY},
        {"+infinity", INFINITY},
        {"-infinity", -INFINITY},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i].word) != length ||
            strncasecmp(words[i].word, text, length) != 0)
            continue;
        *out = words[i].number;
        return true;
    }
    return false;
}

/* ---- files that were read ----------------------------------------------- */

enum { KNOWN = 4, SETTLED_S = 2 };

/* In scanned memory, for it holds values; the latest first. */
struct data_known {
    struct known_file {
        dev_t device;
        ino_t inode;
        off_t size;
        struct timespec written, changed;
        const void *reader; /* NULL: nothing */
        value held;
    } files[KNOWN];
};

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool look(FILE *file, struct known_file *out)
{
    struct stat s;
    if (fstat(fileno(file), &s) != 0 || !S_ISREG(s.st_mode)) return false;
    *out = (struct known_file){.device = s.st_dev,
                               .inode = s.st_ino,
                               .size = s.st_size,
                               .written = s.st_mtim,
                               .changed = s.st_ctim};
    return true;
}

static bool is_same(const struct known_file *a, const struct known_file *b)
{
    return a->device == b->device && a->inode == b->inode &&
           a->size == b->size && same_time(a->written, b->written) &&
           same_time(a->changed, b->changed);
}

bool data_recall(const struct machine *m, FILE *file, const void *reader,
                 value *out)
{
    struct known_file now;
    if (!m->data_known || !look(file, &now)) return false;
    for (int i = 0; i < KNOWN; i++) {
        const struct known_file *f = &m->data_known->files[i];
        if (f->reader != reader || !is_same(f, &now)) continue;
        *out = f->held;
        return true;
    }
    return false;
}

void data_remember(struct machine *m, FILE *file, const void *reader, value v)
{
    struct known_file now;
    if (!look(file, &now) || time(NULL) - now.changed.tv_sec < SETTLED_S)
        return;
    if (!m->data_known) m->data_known = memory_new(sizeof *m->data_known);
    if (!m->data_known) return;
    struct known_file *files = m->data_known->files;
    memmove(files + 1, files, (KNOWN - 1) * sizeof *files);
    files[0] = now;
    files[0].reader = reader;
    files[0].held = v;
}

bool data_fits(struct machine *m, size_t count)
{
    return !m->memory_limit || count <= m->memory_limit / sizeof(double) ||
           machine_no_memory(m);
}

double *data_grow(struct machine *m, double *block, size_t count)
{
    double *grown =
        data_fits(m, count) ? realloc(block, count * sizeof *grown) : NULL;
    if (!grown) machine_no_memory(m);
    return grown;
}
