/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The catalogue of names: everything built in is in it, once, with a
 * signature and a line of documentation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/stack.h"
#include "eval/global.h"
#include "session/catalogue.h"
#include "session/help.h"
#include "session/session.h"

static int open_session(void **state)
{
    struct session_options o = {.seed = 1, .seeded = true};
    struct error error = {0};
    stack_mark();
    *state = session_open(&o, &error);
    return *state ? 0 : -1;
}

static int close_session(void **state)
{
    session_close(*state);
    return 0;
}

static void entries_are_whole(void **state)
{
    struct session *s = *state;
    struct catalogue c;
    assert_true(catalogue_open(s->machine, &c));
    assert_in_range(c.count, 250, 5000);
    for (size_t i = 0; i < c.count; i++) {
        const struct entry *e = &c.entries[i];
        if (!e->signature || !*e->signature || !*e->doc || !*e->topic)
            fail_msg("%s has no signature, topic or documentation", e->names);
        if (strchr(e->doc, '\n')) fail_msg("%s: more than a line", e->names);
    }
}

static void topics_hang_together(void **state)
{
    struct session *s = *state;
    struct catalogue c;
    assert_true(catalogue_open(s->machine, &c));
    for (size_t i = 1; i < c.count; i++) {
        if (strcmp(c.entries[i].topic, c.entries[i - 1].topic) == 0) continue;
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(c.entries[k].topic, c.entries[i].topic);
    }
}

struct looking {
    const struct catalogue *catalogue;
    size_t names;
};

/* Some entry has this name. */
static void look(struct global *g, void *looking)
{
    struct looking *l = looking;
    const char *name = text_of(g->name);
    size_t found = 0;
    if (!g->builtin) return;
    for (size_t i = 0; i < l->catalogue->count; i++)
        found += entry_has_name(&l->catalogue->entries[i], name);
    if (found == 0) fail_msg("%s is in no entry", name);
    l->names++;
}

static void every_name_is_there(void **state)
{
    struct session *s = *state;
    struct catalogue c;
    assert_true(catalogue_open(s->machine, &c));
    struct looking l = {.catalogue = &c};
    global_each(s->machine, look, &l);
    assert_in_range(l.names, 250, 5000);
}

static void directives_have_any_case(void **state)
{
    const struct entry e = {.topic = "directives", .names = "clear reset"};
    const struct entry p = {.topic = "lists", .names = "car first"};
    (void)state;
    assert_true(entry_has_name(&e, "RESET"));
    assert_true(entry_has_name(&p, "first"));
    assert_false(entry_has_name(&p, "First"));
    assert_false(entry_has_name(&p, "firs"));
    assert_false(entry_has_name(&p, "ar"));
}

static void lines_of_json(void **state)
{
    struct session *s = *state;
    struct catalogue c;
    struct text out = {0};
    size_t lines = 0;
    assert_true(catalogue_open(s->machine, &c));
    assert_true(help_list_json(s->machine, &out));
    for (const char *at = out.at; *at; at = strchr(at, '\n') + 1, lines++)
        assert_memory_equal(at, "{\"topic\":\"", 10);
    assert_int_equal(lines, c.count);
    text_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_whole),
        cmocka_unit_test(topics_hang_together),
        cmocka_unit_test(every_name_is_there),
        cmocka_unit_test(directives_have_any_case),
        cmocka_unit_test(lines_of_json),
    };
    return cmocka_run_group_tests(tests, open_session, close_session);
}
