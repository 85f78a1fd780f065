/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Examples: see examples.h. They are looked for in `examples` beside the
 * program, as in a source tree, and then where they are installed.
 */
#include "front/examples.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/script.h"
#include "session/file.h"

#ifndef VST_DATA
#define VST_DATA "/usr/local/share/vestige"
#endif

static const char suffix[] = ".church";
enum { SUFFIX = sizeof suffix - 1, NAMES_MAX = 1000 };

/* The folder that holds this program; "." where the system does not say. */
static bool find_home(struct text *folder)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0) return text_puts(folder, ".");
    path[length] = 0;
    char *slash = strrchr(path, '/');
    if (slash) *slash = 0;
    return text_puts(folder, path);
}

/* The first of the places that is there; NULL after an error was shown. */
static DIR *open_folder(struct text *path)
{
    static const struct {
        bool beside; /* relative to the program */
        const char *rest;
    } places[] = {{true, "/examples"},
                  {true, "/../share/vestige/examples"},
                  {false, VST_DATA "/examples"}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        text_clear(path);
        errno = ENOMEM;
        if (places[i].beside && !find_home(path)) break;
        if (!text_puts(path, places[i].rest)) break;
        DIR *folder = opendir(path->at);
        if (folder) return folder;
    }
    fprintf(stderr, "error: examples: %s: %s\n", path->at ? path->at : "",
            strerror(errno));
    return NULL;
}

static bool is_example(const char *file)
{
    size_t length = strlen(file);
    return length > SUFFIX && file[0] != '.' &&
           strcmp(file + length - SUFFIX, suffix) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Appends the names in one folder, without suffix, behind `before`. */
static size_t add_names(DIR *folder, const char *before, char **names,
                        size_t count)
{
    struct dirent *entry;
    while (count < NAMES_MAX && (entry = readdir(folder))) {
        if (!is_example(entry->d_name)) continue;
        int length = (int)(strlen(entry->d_name) - SUFFIX);
        struct text name = {0};
        if (!text_printf(&name, "%s%.*s", before, length, entry->d_name)) break;
        names[count++] = name.at;
    }
    return count;
}

/* Names in the folder and in those within it, as church/hmm, in order; the
 * strings are malloc's. */
static size_t read_names(const char *path, DIR *folder, char **names)
{
    size_t count = add_names(folder, "", names, 0);
    struct dirent *entry;
    rewinddir(folder);
    while ((entry = readdir(folder))) {
        struct text inner = {0}, before = {0};
        DIR *within = NULL;
        if (entry->d_name[0] != '.' &&
            text_printf(&inner, "%s/%s", path, entry->d_name) &&
            text_printf(&before, "%s/", entry->d_name))
            within = opendir(inner.at);
        if (within) {
            count = add_names(within, before.at, names, count);
            closedir(within);
        }
        text_free(&inner);
        text_free(&before);
    }
    qsort(names, count, sizeof *names, by_name);
    return count;
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++) free(names[i]);
}

static FILE *open_example(const char *folder, const char *name)
{
    struct text path = {0};
    FILE *f = NULL;
    if (text_printf(&path, "%s/%s%s", folder, name, suffix))
        f = fopen(path.at, "re");
    text_free(&path);
    return f;
}

/* The first comment line that says something. */
static void describe(const char *folder, const char *name, char *line, int size)
{
    FILE *f = open_example(folder, name);
    bool found = false;
    while (f && !found && fgets(line, size, f)) {
        size_t blank = strspn(line, "; \t#|");
        memmove(line, line + blank, strlen(line + blank) + 1);
        line[strcspn(line, "\n")] = 0;
        found = blank > 0 && *line && strncmp(line, "SPDX", 4) != 0;
    }
    if (!found) *line = 0;
    if (f) fclose(f);
}

int examples_list(void)
{
    struct text path = {0};
    char line[200], *names[NAMES_MAX];
    DIR *folder = open_folder(&path);
    size_t count = folder ? read_names(path.at, folder, names) : 0;
    if (folder) closedir(folder);
    for (size_t i = 0; i < count; i++) {
        describe(path.at, names[i], line, sizeof line);
        printf("%-26s %s\n", names[i], line);
    }
    free_names(names, count);
    text_free(&path);
    return folder ? 0 : 1;
}

static bool no_example(const char *name, char **names, size_t count)
{
    const char *near = nearest_name(name, (const char *const *)names, count);
    fprintf(stderr, "error: there is no example %s", name);
    if (near) fprintf(stderr, " (did you mean %s?)", near);
    fputs("\n", stderr);
    return false;
}

/* The folder that has it; false after an error was shown. */
static bool find(const char *name, struct text *path)
{
    char *names[NAMES_MAX];
    DIR *folder = open_folder(path);
    size_t count = folder ? read_names(path->at, folder, names) : 0;
    bool found = false;
    for (size_t i = 0; i < count; i++)
        found = found || strcmp(names[i], name) == 0;
    if (folder && !found) no_example(name, names, count);
    free_names(names, count);
    if (folder) closedir(folder);
    return found;
}

int examples_print(const char *name)
{
    struct text path = {0};
    struct error error = {0};
    const struct source *source = NULL;
    if (find(name, &path) && text_printf(&path, "/%s%s", name, suffix)) {
        source = source_from_file(path.at, NULL, &error);
        if (!source) fprintf(stderr, "error: %s\n", error.message);
    }
    if (source) fwrite(source->text, 1, source->length, stdout);
    text_free(&path);
    return source ? 0 : 1;
}

/* They name their data as seen from the folder above. */
int examples_run(struct session *s, struct show *show, const char *name)
{
    struct text path = {0};
    int status = 1;
    if (find(name, &path) && text_puts(&path, "/..")) {
        errno = 0;
        if (chdir(path.at) != 0)
            fprintf(stderr, "error: %s: %s\n", path.at, strerror(errno));
        text_clear(&path);
        if (errno == 0 && text_printf(&path, "examples/%s%s", name, suffix))
            status = script_run_file(s, show, path.at);
    }
    text_free(&path);
    return status;
}
