/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What PROFILE says of times that are known: they are set here, for a clock
 * says something else each time. Lines stand by their time, the longest
 * first, and a line has the sum of its choices'.
 */
#include <stdio.h>

#include "base/text.h"
#include "session_open.h"

static const char program[] = "ASSUME a (flip)\n"
                              "ASSUME b (list (flip) (flip 0.4))\n"
                              "ASSUME c (flip 0.6)\n"
                              "PROFILE on\nINFER 400\n";

static bool keep(void *context, const struct answer *a)
{
    struct text *said = context;
    said->length = 0;
    return answer_print_json(a, said) && text_add(said, "", 1);
}

/* Where the text stands in what was said last. */
static size_t place(const struct text *said, const char *words)
{
    const char *at = strstr(said->at, words);
    if (!at) fail_msg("no %s in %s", words, said->at);
    return (size_t)(at - said->at);
}

static struct session *open_profile(struct text *said)
{
    struct session *s = open_engine("reduced", 3);
    s->hooks.context = said;
    s->hooks.answer = keep;
    assert_true(run_text(s, program));
    assert_int_equal(s->profile.count, 4);
    return s;
}

static void lines_stand_by_their_time(void **state)
{
    (void)state;
    static const char *const lines[] = {"\"line\":1", "\"line\":2",
                                        "\"line\":3"};
    for (uint32_t first = 0; first < 3; first++) {
        struct text said = {0};
        struct session *s = open_profile(&said);
        for (uint32_t i = 0; i < s->profile.count; i++) {
            struct tally_row *r = &s->profile.rows[i];
            int line, column;
            source_place(r->place.source, r->place.start, &line, &column);
            /* Lines 2, 3, 1, and round: 300, 200 and 100 seconds. */
            uint32_t turn = ((uint32_t)line - 1 + 3 - first) % 3;
            int64_t seconds = 300 - 100 * (int64_t)turn;
            r->nanoseconds = seconds * 1000000000 / (line == 2 ? 2 : 1);
        }
        assert_true(run_text(s, "PROFILE\n"));
        size_t a = place(&said, lines[first]);
        size_t b = place(&said, lines[(first + 1) % 3]);
        size_t c = place(&said, lines[(first + 2) % 3]);
        assert_true(a < b && b < c);
        assert_true(place(&said, "\"share\":0.5000,\"seconds\":300,") < b);
        assert_true(place(&said, "\"share\":0.3333,\"seconds\":200,") < c);
        assert_true(place(&said, "\"share\":0.1667,\"seconds\":100,") > c);
        text_free(&said);
        session_close(s);
    }
}

/* All proposals are somewhere, and those of a line are its choices'. */
static void lines_have_what_their_choices_have(void **state)
{
    (void)state;
    struct text said = {0};
    struct session *s = open_profile(&said);
    uint64_t proposals[4] = {0}, accepted[4] = {0}, touched[4] = {0}, all = 0;
    for (uint32_t i = 0; i < s->profile.count; i++) {
        const struct tally_row *r = &s->profile.rows[i];
        int line, column;
        source_place(r->place.source, r->place.start, &line, &column);
        assert_in_range(line, 1, 3);
        proposals[line] += r->proposals;
        accepted[line] += r->accepted;
        touched[line] += r->touched;
        all += r->proposals;
    }
    assert_int_equal(all, 400);
    assert_true(run_text(s, "PROFILE\n"));
    for (int line = 1; line <= 3; line++) {
        char words[120];
        snprintf(words, sizeof words,
                 "\"proposals\":%llu,\"accepted\":%llu,\"touched\":%llu}",
                 (unsigned long long)proposals[line],
                 (unsigned long long)accepted[line],
                 (unsigned long long)touched[line]);
        place(&said, words);
    }
    text_free(&said);
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_stand_by_their_time),
        cmocka_unit_test(lines_have_what_their_choices_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
