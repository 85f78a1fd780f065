/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Paths, the words of files from R, Python and Stan for what is missing or
 * not finite, and room for columns while they are read.
 */
#include "eval/data_file.h"

#include "eval/operand.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

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
