/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A random procedure in C: (loaded-die weight), whose six has that weight and
 * whose other faces have 1. A program in the language uses it like any other,
 * and the whole posterior comes out, for its support is finite.
 *
 *     cc loaded-die.c $(pkg-config --cflags --libs vestige) -o loaded-die
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <vestige.h>

static double weight(const struct vst_site *s) { return s->args[0].at[0]; }

static int draw(const struct vst_site *s, struct vst_random *r, double *value)
{
    if (!(weight(s) >= 0.0)) return 0;
    double u = vst_random_uniform(r) * (5.0 + weight(s));
    *value = u < 5.0 ? 1.0 + floor(u) : 6.0;
    return 1;
}

static double log_prob(const struct vst_site *s, const double *value)
{
    if (!(weight(s) >= 0.0)) return NAN;
    return log((*value == 6.0 ? weight(s) : 1.0) / (5.0 + weight(s)));
}

static int bounds(const struct vst_site *s, double *lo, double *hi)
{
    (void)s;
    *lo = 1.0;
    *hi = 6.0;
    return 1;
}

static int explain(const struct vst_site *s, char *words, size_t size)
{
    if (weight(s) >= 0.0) return 0;
    snprintf(words, size, "weight must not be negative, got %g", weight(s));
    return 1;
}

static const struct vst_xrp loaded_die = {
    .name = "loaded-die",
    .signature = "(loaded-die weight)",
    .doc = "1 to 6; six with the weight given, the others with 1",
    .min = 1,
    .max = 1,
    .support = VST_INTEGER,
    .sample = draw,
    .log_prob = log_prob,
    .bounds = bounds,
    .explain = explain,
};

static const char program[] = "ASSUME loaded (flip 0.1)\n"
                              "ASSUME die (lambda ()\n"
                              "  (loaded-die (if loaded 5 1)))\n"
                              "OBSERVE (die) 6\n"
                              "OBSERVE (die) 6\n"
                              "OBSERVE (die) 2\n"
                              "INFER loaded 1 1 (enumerate)\n";

int main(void)
{
    struct vst_session *s;
    char message[200];
    int bad = vst_open(NULL, &s, message, sizeof message) != VST_OK ||
              vst_add(s, &loaded_die, message, sizeof message) != VST_OK;
    if (bad) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    bad = vst_run(s, "program", program, strlen(program)) != VST_OK;
    fputs(bad ? vst_error_text(s) : vst_answer_text(s), stdout);
    if (vst_run(s, "mistake", "(loaded-die -1)", 15) == VST_DOMAIN)
        printf("%s\n", vst_message(s));
    vst_close(s);
    return bad;
}
