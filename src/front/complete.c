/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Completion: see complete.h. Readline asks for one candidate after another
 * and gives no context; the list of the question under way is kept between
 * its calls.
 */
#include "front/complete.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

#include "eval/core.h"
#include "eval/global.h"

static struct {
    struct session *session;
    char **found; /* malloc's, each readline's once given */
    size_t count, room, next;
    const char *prefix;
} question;

static void offer(const char *name, size_t length)
{
    size_t prefix = strlen(question.prefix);
    if (length < prefix || strncmp(name, question.prefix, prefix) != 0) return;
    if (question.count == question.room) {
        size_t room = question.room ? 2 * question.room : 64;
        char **wider = realloc(question.found, room * sizeof *wider);
        if (!wider) return;
        question.found = wider;
        question.room = room;
    }
    char *copy = strndup(name, length);
    if (copy) question.found[question.count++] = copy;
}

static void offer_global(struct global *g, void *data)
{
    (void)data;
    offer(text_of(g->name), as_string(g->name)->head.size);
}

static void offer_forms(void)
{
    for (const struct special_form_row *row = special_form_rows; row->name;
         row++)
        offer(row->name, strlen(row->name));
}

/* In capitals, or small when the user began so. */
static void offer_directives(void)
{
    bool small = islower((unsigned char)question.prefix[0]);
    for (size_t i = 0; i < directive_count; i++) {
        char word[32];
        if (!(directive_rows[i].places & PLACE_BARE)) continue;
        words_first(directive_rows[i].words, word, sizeof word);
        for (char *c = word; *c && !small; c++)
            *c = (char)toupper((unsigned char)*c);
        offer(word, strlen(word));
    }
}

static void drop_rest(void)
{
    while (question.next < question.count)
        free(question.found[question.next++]);
    question.count = question.next = 0;
}

static char *next_candidate(const char *prefix, int state)
{
    if (state == 0) {
        drop_rest();
        question.prefix = prefix;
        if (rl_point == (int)strlen(prefix)) offer_directives();
        offer_forms();
        global_each(question.session->machine, offer_global, NULL);
    }
    return question.next < question.count ? question.found[question.next++]
                                          : NULL;
}

/* Inside quotes readline's own completion of file names is the right one. */
static char **complete(const char *prefix, int start, int end)
{
    (void)end;
    if (start > 0 && rl_line_buffer[start - 1] == '"') return NULL;
    rl_attempted_completion_over = 1;
    return rl_completion_matches(prefix, next_candidate);
}

void complete_open(struct session *s)
{
    question.session = s;
    rl_attempted_completion_function = complete;
    rl_basic_word_break_characters = " \t\n()[]'`,\"";
    rl_completer_quote_characters = NULL;
}
