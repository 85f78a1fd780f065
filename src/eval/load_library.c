/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Loads the library: the files of lib/, which lie in the binary, are read as
 * definitions and bound as built-in names. A `;` comment line directly above
 * a definition is its line of documentation.
 */
#include "base/memory.h"
#include "eval/global.h"
#include "eval/library.h"
#include "eval/machine_inside.h"
#include "eval/print.h"

/* The name that a definition binds; V_FALSE when s is none. */
static value defined_name(const struct syntax *s)
{
    if (!syntax_head(s) || strcmp(syntax_head(s), "define") != 0 ||
        s->count < 3)
        return V_FALSE;
    const struct syntax *target = s->items[1];
    if (target->kind != SYNTAX_ATOM && target->count) target = target->items[0];
    return target->kind == SYNTAX_ATOM && is_symbol(target->datum)
               ? target->datum
               : V_FALSE;
}

/* The comment line above a byte of the text, without its marks; NULL. */
static const char *comment_above(const struct source *s, uint32_t start)
{
    uint32_t end = start;
    while (end > 0 && s->text[end - 1] != '\n') end--;
    if (end == 0) return NULL;
    uint32_t line = --end;
    while (line > 0 && s->text[line - 1] != '\n') line--;
    if (s->text[line] != ';') return NULL;
    while (line < end && (s->text[line] == ';' || s->text[line] == ' ')) line++;
    char *copy = memory_new_atomic(end - line + 1);
    if (copy) memcpy(copy, s->text + line, end - line);
    return copy;
}

static bool define(struct machine *m, const struct syntax *s)
{
    value name = defined_name(s), v;
    if (name == V_FALSE)
        return error_set(&m->error, ERROR_SYNTAX,
                         "the library holds definitions only");
    struct global *g = global_make(m, name, true);
    struct code *code = g ? machine_compile_library(m, s) : NULL;
    if (!code) return g ? false : machine_no_memory(m);
    if (!machine_run(m, code, 0, &v)) return false;
    g->held = v;
    g->doc = comment_above(s->span.source, s->span.start);
    return true;
}

bool machine_load_library(struct machine *m)
{
    print_procedure = machine_print_procedure;
    m->library = memory_new_kept(library_file_count * sizeof *m->library);
    if (!m->library) return machine_no_memory(m);
    for (unsigned i = 0; i < library_file_count; i++) {
        struct source *source = &m->library[i];
        *source = (struct source){library_files[i].name, library_files[i].text,
                                  library_files[i].length};
        struct reader r;
        reader_open(&r, source, &m->error);
        struct syntax *s;
        enum read_result result;
        while ((result = reader_datum(&r, false, &s)) == READ_DATUM)
            if (!define(m, s)) return false;
        if (result != READ_END) return false;
    }
    return true;
}
