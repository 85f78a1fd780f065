/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Forms around an application against tests/reference/forms.txt (mpmath): log
 * densities and all slopes; and their tails against their quantiles.
 */
#include "families.h"
#include "xrp/form.h"

enum { ARGS_MAX = 32, VALUES_MAX = 64 };

static value procedure_of(const char *name)
{
    const struct xrp_family *f = xrp_find(name);
    if (!f) print_error("no %s\n", name);
    assert_non_null(f);
    struct xrp *x = memory_new(sizeof *x);
    x->base.head.type = T_XRP;
    x->base.name = f->names;
    x->family = f;
    return v_object(x);
}

/* A name, a number, #f, or a list of numbers without blanks. */
static value argument(const char *token)
{
    double x[VALUES_MAX];
    int n = 0;
    if (strcmp(token, "#f") == 0) return V_FALSE;
    if (token[0] == '[') {
        for (char *at = (char *)token + 1; *at && *at != ']'; n++) {
            x[n] = strtod(at, &at);
            if (*at == ',') at++;
        }
        return numbers_list(x, n);
    }
    char *end;
    double one = strtod(token, &end);
    return end == token ? procedure_of(token) : number(one);
}

struct line {
    const struct xrp_family *family;
    value args[ARGS_MAX];
    int arg_count;
    double x[VALUES_MAX];
    int count;
    double score;
    double by_value[VALUES_MAX], by_arg[ARGS_MAX];
    bool has_slopes;
};

static int read_numbers(char *text, double *to)
{
    int n = 0;
    for (char *rest, *one = strtok_r(text, " \n", &rest); one;
         one = strtok_r(NULL, " \n", &rest))
        to[n++] = strtod(one, NULL);
    return n;
}

static void read_line(char *text, struct line *l)
{
    char *fields[5] = {NULL}, *rest = text;
    for (int i = 0; i < 5 && rest; i++) fields[i] = strsep(&rest, "|");
    *l = (struct line){.arg_count = 0};
    char *next, *one = strtok_r(fields[0], " ", &next);
    l->family = xrp_find(one);
    assert_non_null(l->family);
    while ((one = strtok_r(NULL, " ", &next)))
        l->args[l->arg_count++] = argument(one);
    l->count = read_numbers(fields[1], l->x);
    l->score = strtod(fields[2], NULL);
    l->has_slopes = fields[4] != NULL;
    if (!l->has_slopes) return;
    read_numbers(fields[3], l->by_value);
    read_numbers(fields[4], l->by_arg);
}

static bool is_array(const struct line *l)
{
    return l->family == &family_iid || l->family == &family_each ||
           l->family == &family_ordered ||
           l->family == &family_positive_ordered;
}

static value value_of(const struct line *l)
{
    return is_array(l) ? numbers_vector(l->x, l->count) : number(l->x[0]);
}

static int lines_read, failures;

static void compare(const char *line, const char *what, double got,
                    double wanted, double tolerance)
{
    if (wanted != wanted) return;
    if (got == wanted || fabs(got - wanted) <= tolerance * (1 + fabs(wanted)))
        return;
    if (failures++ < 20)
        print_error("%s%s: got %.17g, expected %.17g\n", line, what, got,
                    wanted);
}

static void check_slopes(const char *text, const struct line *l)
{
    double by_arg[ARGS_MAX], by_value, by_values[VALUES_MAX];
    double *nobody[ARGS_MAX] = {NULL};
    struct xrp_site s = site_of(l->args, l->arg_count);
    if (!l->family->gradient(&s, value_of(l), &by_value, by_arg)) {
        failures++;
        print_error("%sno gradient\n", text);
        return;
    }
    for (int i = 0; i < l->arg_count; i++)
        compare(text, "slope by an argument", by_arg[i], l->by_arg[i], 1e-8);
    if (!is_array(l)) {
        compare(text, "slope", by_value, l->by_value[0], 1e-8);
        return;
    }
    array_gradient *arrays = array_gradient_of(l->family);
    assert_true(arrays(&s, value_of(l), by_values, nobody));
    for (int i = 0; i < l->count; i++)
        compare(text, "slope by an element", by_values[i], l->by_value[i],
                1e-8);
}

static void each_line(void (*check)(const char *, const struct line *))
{
    char path[4096];
    static char text[16384], kept[16384];
    const char *here = __FILE__, *slash = strrchr(here, '/');
    snprintf(path, sizeof path, "%.*s/../reference/forms.txt",
             slash ? (int)(slash - here) : 1, slash ? here : ".");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    lines_read = failures = 0;
    while (fgets(text, sizeof text, file)) {
        struct line l;
        memcpy(kept, text, sizeof kept);
        read_line(text, &l);
        check(kept, &l);
        lines_read++;
    }
    fclose(file);
    assert_true(lines_read >= 8 * 200);
    assert_int_equal(failures, 0);
}

/* Of logs as large as these the last digits are this much. */
static double rounding(const struct line *l, const struct xrp_site *s)
{
    static const struct words nobody = {NULL, 0};
    struct inner in;
    int from = l->family == &family_half        ? 0
               : l->family == &family_truncated ? 2
                                                : -1;
    if (from < 0 || !inner_open(&nobody, s, from, s->arg_count, &in)) return 0;
    return 4e-16 * fabs(inner_prob(&in, number(l->x[0])));
}

static void check_density(const char *text, const struct line *l)
{
    struct xrp_site s = site_of(l->args, l->arg_count);
    double score = l->family->prob(&s, value_of(l));
    compare(text, "log density", score, l->score, 1e-12 + rounding(l, &s));
    if (score != score) failures++;
    if (l->has_slopes) check_slopes(text, l);
    if (!l->has_slopes && score > -INFINITY) failures++;
}

static void densities_and_slopes(void **state)
{
    (void)state;
    each_line(check_density);
}

/* A list is as good as a vector, and one element more or fewer cannot be. */
static void check_list(const char *text, const struct line *l)
{
    struct xrp_site s = site_of(l->args, l->arg_count);
    if (!is_array(l)) return;
    compare(text, "list", l->family->prob(&s, numbers_list(l->x, l->count)),
            l->score, 1e-12);
    double longer[VALUES_MAX + 1];
    memcpy(longer, l->x, sizeof l->x);
    longer[l->count] = longer[l->count - 1];
    compare(text, "longer",
            l->family->prob(&s, numbers_vector(longer, l->count + 1)),
            -INFINITY, 0);
}

static void lists_as_values(void **state)
{
    (void)state;
    each_line(check_list);
}

/* P(X <= x) + P(X > x) is 1, and the quantile of either is x, or where the
 * density is next to nothing, a place of the same tail. */
static void check_tails(const char *text, const struct line *l)
{
    struct xrp_site s = site_of(l->args, l->arg_count);
    double tail[2], again[2], x;
    if (is_array(l)) return;
    if (!l->family->log_cdf(&s, l->x[0], &tail[0], &tail[1])) {
        failures++;
        print_error("%sno tails\n", text);
        return;
    }
    compare(text, "sum of tails", exp(tail[0]) + exp(tail[1]), 1.0, 1e-12);
    for (int upper = 0; upper < 2; upper++) {
        /* Nearer to an end than its doubles tell. */
        if (tail[upper] < -30.0 && l->family != &family_mixture) continue;
        if (!l->has_slopes || tail[upper] == -INFINITY || tail[upper] == 0.0)
            continue;
        if (!l->family->quantile(&s, tail[upper], upper, &x) ||
            !l->family->log_cdf(&s, x, &again[0], &again[1])) {
            failures++;
            print_error("%sno quantile\n", text);
            continue;
        }
        if (x != l->x[0])
            compare(text, "tail of the quantile", again[upper], tail[upper],
                    1e-9);
    }
}

static void tails_and_quantiles(void **state)
{
    (void)state;
    each_line(check_tails);
}

int main(void)
{
    memory_init(1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(densities_and_slopes),
        cmocka_unit_test(lists_as_values),
        cmocka_unit_test(tails_and_quantiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
