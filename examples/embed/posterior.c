/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A posterior from inside a C program: the data are the program's, the model
 * is text, and the draws come back as columns of doubles.
 *
 *     cc posterior.c $(pkg-config --cflags --libs vestige) -o posterior
 */
#include <stdio.h>
#include <string.h>
#include <vestige.h>

static const double heights[] = {171.2, 168.5, 183.1, 175.0, 179.4,
                                 166.8, 181.9, 174.3, 177.7, 170.6};

static int fail(struct vst_session *s)
{
    fputs(vst_error_text(s), stderr);
    vst_close(s);
    return 1;
}

static enum vst_status run(struct vst_session *s, const char *text)
{
    return vst_run(s, "model", text, strlen(text));
}

int main(void)
{
    static const char model[] = "ASSUME mu (normal 170 20)\n"
                                "ASSUME sd (half (normal 0 20))\n"
                                "ASSUME person (lambda () (normal mu sd))\n";
    struct vst_options options = {.seed = 1, .seeded = 1};
    struct vst_session *s;
    struct vst_column mu;
    struct vst_summary of;
    char line[100], message[200];

    if (vst_open(&options, &s, message, sizeof message) != VST_OK) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    if (run(s, model) != VST_OK) return fail(s);
    for (size_t i = 0; i < sizeof heights / sizeof *heights; i++) {
        snprintf(line, sizeof line, "OBSERVE (person) %.17g", heights[i]);
        if (run(s, line) != VST_OK) return fail(s);
    }
    if (run(s, "INFER (mh) :samples 4000 :thin 5") != VST_OK) return fail(s);
    if (!vst_column_named(s, "mu", &mu) || !vst_summarise(&mu, &of)) {
        vst_close(s);
        return 1;
    }
    printf("%zu draws of %s: mean %.0f, R-hat %s\n", mu.count, mu.name, of.mean,
           of.rhat < 1.05 ? "below 1.05" : "too large");
    vst_close(s);
    return 0;
}
