/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Showing: see show.h.
 */
#include "front/show.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "eval/print.h"
#include "session/complaint.h"

/* ---- progress --------------------------------------------------------- */

static void erase_progress(struct show *show)
{
    if (!show->lines) return;
    fputs("\r\033[K", stderr);
    while (--show->lines > 0) fputs("\033[A\033[K", stderr);
    fflush(stderr);
}

static void put_rate(char *buffer, size_t size, double rate)
{
    if (rate >= 1e6)
        snprintf(buffer, size, "%.1f M/s", rate * 1e-6);
    else if (rate >= 1e4)
        snprintf(buffer, size, "%.0f k/s", rate * 1e-3);
    else
        snprintf(buffer, size, "%.0f/s", rate);
}

/* Seconds as 4 s, 3 min 20 s, 2 h 5 min. */
static void put_time(char *buffer, size_t size, double seconds)
{
    long s = seconds < 1e9 ? (long)(seconds + 0.5) : 1000000000;
    if (s < 60)
        snprintf(buffer, size, "%ld s", s);
    else if (s < 3600)
        snprintf(buffer, size, "%ld min %ld s", s / 60, s % 60);
    else
        snprintf(buffer, size, "%ld h %ld min", s / 3600, s % 3600 / 60);
}

static double seconds_left(const struct run_progress *p, double rate)
{
    double left = rate > 0 ? (double)(p->planned - p->made) / rate : 1e9;
    double allowed = p->seconds_allowed - p->seconds;
    if (p->seconds_allowed > 0 && allowed < left) left = allowed;
    return left > 0 ? left : 0;
}

static void put_planned(char *buffer, size_t size, uint64_t planned)
{
    char digits[32];
    *buffer = 0;
    if (planned < 1000000000000000)
        snprintf(buffer, size, " of %s", grouped(planned, digits));
}

/* What only kernels with gradients know. */
static void put_sampler(char *buffer, size_t size, const struct run_progress *p)
{
    *buffer = 0;
    if (p->step_size > 0)
        snprintf(buffer, size, ", step %.3g, %llu divergent", p->step_size,
                 (unsigned long long)p->divergences);
}

static void put_chain(const struct run_progress *p, bool several)
{
    char rate[32], left[32], made[32], planned[40], sampler[80];
    double speed = p->seconds > 0 ? (double)p->made / p->seconds : 0;
    put_rate(rate, sizeof rate, speed);
    put_time(left, sizeof left, seconds_left(p, speed));
    put_planned(planned, sizeof planned, p->planned);
    put_sampler(sampler, sizeof sampler, p);
    if (several) fprintf(stderr, "chain %d: ", p->chain);
    fprintf(stderr, "%s%s%s transitions, %s, %.0f %% accepted%s, ",
            p->warming && !p->ended ? "warmup: " : "", grouped(p->made, made),
            planned, rate,
            p->proposals ? 100.0 * (double)p->accepted / (double)p->proposals
                         : 0.0,
            sampler);
    if (p->ended)
        fputs("ended", stderr);
    else
        fprintf(stderr, "%s left", left);
    fputs("\033[K", stderr);
}

/* A line a chain, one under the other; in the place of those before. */
void show_progress(void *context, const struct run_progress *p, size_t count)
{
    enum { CHAINS_SHOWN = 16 };
    struct show *show = context;
    double seconds = 0;
    for (size_t i = 0; i < count; i++)
        if (p[i].seconds > seconds) seconds = p[i].seconds;
    if (!show->progress || seconds < 0.2) return;
    if (count > CHAINS_SHOWN) count = CHAINS_SHOWN;
    for (int up = show->lines; up > 1; up--) fputs("\033[A", stderr);
    for (size_t i = 0; i < count; i++) {
        fputs(i ? "\n\r" : "\r", stderr);
        put_chain(&p[i], count > 1);
    }
    fflush(stderr);
    show->lines = (int)count;
}

/* ---- answers ---------------------------------------------------------- */

static bool write_failed(struct show *show)
{
    if (!show->failed)
        fprintf(stderr, "error: standard output: %s\n", strerror(errno));
    show->failed = true;
    return false;
}

bool show_answer(void *context, const struct answer *a)
{
    struct show *show = context;
    struct text out = {0};
    erase_progress(show);
    if (!show->json && !show->all && !a->in_script) return true;
    errno = ENOMEM;
    bool good = show->json ? answer_print_json(a, &out) && text_puts(&out, "\n")
                           : answer_print(a, &out);
    if (good && out.length)
        good = fwrite(out.at, 1, out.length, stdout) == out.length;
    text_free(&out);
    return good && !ferror(stdout) ? true : write_failed(show);
}

void show_display(void *context, const char *text, size_t length)
{
    struct show *show = context;
    struct text out = {0};
    erase_progress(show);
    if (!show->json)
        fwrite(text, 1, length, stdout);
    else if (text_puts(&out, "{\"display\":") &&
             print_json_string(&out, text, length - 1) &&
             text_puts(&out, "}\n"))
        fwrite(out.at, 1, out.length, stdout);
    text_free(&out);
}

/* Room for the message, a line of the source and a trail. */
enum { ERROR_TEXT_MAX = 4096 };

void show_error(struct show *show, const struct error *e)
{
    char buffer[ERROR_TEXT_MAX];
    struct text out = {0};
    erase_progress(show);
    if (show->json && error_print_json(e, &out) && text_puts(&out, "\n"))
        fwrite(out.at, 1, out.length, stdout);
    text_free(&out);
    fflush(stdout);
    error_format(e, isatty(STDERR_FILENO), buffer, sizeof buffer);
    fprintf(stderr, "%s\n", buffer);
}

void show_note(struct show *show, const struct error *note)
{
    int line = 0, column = 0;
    erase_progress(show);
    source_place(note->span.source, note->span.start, &line, &column);
    fprintf(stderr, "%s:%d:%d: note: %s (%s)\n", note->span.source->name, line,
            column, note->message, note->hint);
}

bool show_close(struct show *show)
{
    erase_progress(show);
    if (fflush(stdout) != 0 || ferror(stdout)) return write_failed(show);
    return !show->failed;
}
