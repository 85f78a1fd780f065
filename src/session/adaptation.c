/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Adaptations in draws files: see adaptation.h. Files of CmdStan have the
 * same block.
 */
#include "session/adaptation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "base/text.h"
#include "session/answer.h"

/* Adds the block's lines; where the file ends is no matter. false: memory. */
static bool gather(FILE *file, struct text *lines)
{
    char *line = NULL;
    size_t room = 0;
    bool inside = false, good = true;
    while (good && getline(&line, &room, file) > 0) {
        if (*line != '#' && inside) break;
        if (*line != '#') continue;
        const char *words = line + 1 + (line[1] == ' ');
        inside = inside || strncmp(words, "Adaptation terminated", 21) == 0;
        if (inside) good = text_puts(lines, words);
    }
    free(line);
    return good;
}

const char *adaptation_read(const char *path, struct error *error)
{
    struct text lines = {0};
    const char *kept = NULL;
    FILE *file = input_file(path);
    if (!file) {
        error_set(error, ERROR_IO, "%s: cannot be read: %s", path,
                  strerror(errno));
        return NULL;
    }
    bool good = gather(file, &lines);
    if (good && !lines.length) {
        error_set(error, ERROR_IO, "%s: keeps no adaptation", path);
        error_hint(error, "INFER (nuts) :out writes one");
    } else if (!good || !(kept = kept_string(lines.at, lines.length))) {
        error_set(error, ERROR_LIMIT, "the memory limit is reached");
    }
    fclose(file);
    text_free(&lines);
    return kept;
}
