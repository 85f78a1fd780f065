/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Mean and variance of what is known by its quantiles: truncated, half and
 * censored. With Q the quantile and u the probability of a tail,
 *
 *     E g(X) = integral of g(Q(log u)) u, over log u from -inf to log 1/2
 *
 * for each of the two tails: smooth, and of one size, wherever the density
 * has its mass. Clenshaw and Curtis' rule, halved where it does not agree with
 * itself: so jumps and bends are found. Beyond DEEP the tail is a power of u,
 * to the last digits: Q as u^-e gives a mean when e < 1 and a variance when
 * e < 1/2, else infinity. Whole numbers are summed.
 */
#include "base/special.h"
#include "xrp/form.h"

/* A family and its application. */
struct law {
    const struct xrp_family *family;
    const struct xrp_site *site;
    double center, scale; /* moments are of (x - center) / scale */
};

/* ---- one tail ----------------------------------------------------------- */

struct tail {
    const struct law *law;
    bool upper;
    double exponent; /* Q grows as u^-exponent, far out */
    double sums[2];  /* of z u and z^2 u */
    double noise;    /* of z, by rounding */
    int panels;      /* looked at so far */
    bool failed;
};

/* z at log u, or 0 when there is none. */
static double z_at(struct tail *t, double log_u)
{
    const struct law *l = t->law;
    double x = 0.0;
    if (!l->family->quantile(l->site, log_u, t->upper, &x) || x != x)
        t->failed = true;
    return (x - l->center) / l->scale;
}

/* Clenshaw and Curtis' rule of 17 points: places cos(k pi / 16). Both ends are
 * among them, so no bend of Q can hide beside an end. */
enum { NODES = 17, MIDDLE = NODES / 2 };
static const double places[MIDDLE + 1] = {1.0,
                                          0.98078528040323045,
                                          0.92387953251128676,
                                          0.83146961230254524,
                                          0.70710678118654752,
                                          0.55557023301960222,
                                          0.38268343236508977,
                                          0.19509032201612827,
                                          0.0};
static const double weights[MIDDLE + 1] = {
    0.0039215686274509804, 0.03736870283720561, 0.075482331543151834,
    0.10890555258189093,   0.13895646836823307, 0.1631726642817033,
    0.18147378423649336,   0.19251386461292565, 0.19641012582189053};

static void quadrature(struct tail *t, double a, double b, double sums[2])
{
    double half = 0.5 * (b - a), middle = a + half;
    sums[0] = sums[1] = 0.0;
    for (int k = 0; k < NODES; k++) {
        int one = k <= MIDDLE ? k : NODES - 1 - k;
        double log_u = k == 0           ? b
                       : k == NODES - 1 ? a
                       : k <= MIDDLE    ? middle + places[one] * half
                                        : middle - places[one] * half;
        double z = z_at(t, log_u), share = weights[one] * half * exp(log_u);
        sums[0] += z * share;
        sums[1] += z * z * share;
    }
}

/* Panels to be looked at are on a stack: each is half as wide as the one
 * before. */
enum { HALVINGS = 48, PANELS = 400 };
struct panel {
    double a, b, sums[2];
    int halved;
};

static bool agree(const struct tail *t, const struct panel *whole,
                  const struct panel *left, const struct panel *right)
{
    double noise = t->noise * exp(whole->b);
    for (int i = 0; i < (t->exponent < 0.5 ? 2 : 1); i++) {
        double both = left->sums[i] + right->sums[i];
        double wanted = 1e-12 * fmax(1.0, fabs(t->sums[i])) + noise;
        if (!(fabs(both - whole->sums[i]) <= wanted)) return false;
    }
    return true;
}

static struct panel half_of(struct tail *t, const struct panel *p, double a,
                            double b)
{
    struct panel half = {.a = a, .b = b, .halved = p->halved + 1};
    quadrature(t, a, b, half.sums);
    return half;
}

static void integrate(struct tail *t, double a, double b)
{
    struct panel stack[HALVINGS + 2];
    int count = 1;
    stack[0] = (struct panel){.a = a, .b = b};
    quadrature(t, a, b, stack[0].sums);
    while (count > 0 && !t->failed) {
        struct panel p = stack[--count];
        double middle = p.a + 0.5 * (p.b - p.a);
        struct panel left = half_of(t, &p, p.a, middle);
        struct panel right = half_of(t, &p, middle, p.b);
        if (p.halved < HALVINGS && t->panels++ < PANELS &&
            !agree(t, &p, &left, &right)) {
            stack[count++] = left;
            stack[count++] = right;
            continue;
        }
        for (int i = 0; i < 2; i++) t->sums[i] += left.sums[i] + right.sums[i];
    }
}

static const double deep = -600.0, less_deep = -300.0;

/* How Q grows: 0 where it ends, or grows as a logarithm does. */
static void find_exponent(struct tail *t)
{
    double far = fabs(z_at(t, deep)), near = fabs(z_at(t, less_deep));
    t->exponent = 0.0;
    if (!(far * t->law->scale < 0x1p1022))
        t->exponent = INFINITY; /* too far out for a double */
    else if (far > near && near > 1.0)
        t->exponent = (log(far) - log(near)) / (less_deep - deep);
}

/* An exponent this near to the edge is on it: the sums are rounded. */
static bool is_below(double exponent, double edge)
{
    return exponent < edge - 1e-9;
}

static bool integrate_tail(struct tail *t)
{
    static const double edges[] = {
        -0.69314718055994531, -2.0, -5.0, -12.0, -40.0, -100., -250., -600.};
    if (!is_below(t->exponent, 1.0)) return true;
    for (int i = 0; i + 1 < (int)(sizeof edges / sizeof *edges); i++) {
        double before[2] = {t->sums[0], t->sums[1]};
        integrate(t, edges[i + 1], edges[i]);
        if (t->failed) return false;
        bool ends = t->exponent < 0.1 && edges[i + 1] <= -40.0;
        if (ends && t->sums[0] == before[0] && t->sums[1] == before[1])
            return true;
    }
    double z = z_at(t, deep), u = exp(deep), e = t->exponent;
    t->sums[0] += z * u / (1.0 - e);
    if (e < 0.5) t->sums[1] += z * u * z / (1.0 - 2.0 * e);
    return !t->failed;
}

/* ---- both --------------------------------------------------------------- */

static bool of_numbers(struct law *l, double *mean, double *variance)
{
    double quarter[2], half = -0.69314718055994531;
    for (int i = 0; i < 2; i++)
        if (!l->family->quantile(l->site, 2.0 * half, i, &quarter[i]))
            return false;
    if (!l->family->quantile(l->site, half, false, &l->center)) return false;
    l->scale = quarter[1] - quarter[0];
    if (!(l->scale > 0.0)) l->scale = fmax(fabs(l->center), 1.0) * 0x1p-40;
    if (!(l->scale < INFINITY && fabs(l->center) < INFINITY)) return false;
    double noise = 0x1p-46 * fabs(l->center) / l->scale;
    struct tail tails[2] = {{.law = l, .noise = noise},
                            {.law = l, .noise = noise, .upper = true}};
    find_exponent(&tails[0]);
    find_exponent(&tails[1]);
    bool low = is_below(tails[0].exponent, 1.0);
    bool high = is_below(tails[1].exponent, 1.0);
    for (int i = 0; i < 2; i++)
        if (tails[i].failed || (low && high && !integrate_tail(&tails[i])))
            return false;
    double z = tails[0].sums[0] + tails[1].sums[0];
    *mean = l->center + l->scale * z;
    if (!low) *mean = high ? -INFINITY : (double)NAN;
    if (!high && low) *mean = INFINITY;
    double worst = fmax(tails[0].exponent, tails[1].exponent);
    double squares = tails[0].sums[1] + tails[1].sums[1] - z * z;
    *variance = !(low && high) ? (double)NAN
                : is_below(worst, 0.5)
                    ? l->scale * l->scale * fmax(squares, 0.0)
                    : (double)INFINITY;
    return true;
}

/* ---- whole numbers ------------------------------------------------------ */

/* Beyond these logs of tails nothing is seen of a light tail; what is wider
 * than this many whole numbers is not summed. */
enum { TERMS_MAX = 1 << 22 };
static const double unseen = -60.0;

static bool sum_over(const struct law *l, double lo, double hi, double sums[3])
{
    sums[0] = sums[1] = sums[2] = 0.0;
    for (double k = lo; k <= hi; k++) {
        double p = exp(l->family->prob(l->site, v_whole(k)));
        double z = k - l->center;
        sums[0] += p;
        sums[1] += p * z;
        sums[2] += p * z * z;
    }
    return sums[0] > 0.0;
}

static bool of_whole(struct law *l, double *mean, double *variance)
{
    double lo, hi, end_lo, end_hi, sums[3], further;
    const struct xrp_family *f = l->family;
    if (!f->quantile(l->site, -0.69314718055994531, false, &l->center) ||
        !f->quantile(l->site, unseen, false, &lo) ||
        !f->quantile(l->site, unseen, true, &hi) ||
        !f->quantile(l->site, 2.0 * unseen, true, &further) ||
        !f->bounds(l->site, &end_lo, &end_hi))
        return false;
    lo = fmax(lo - 1.0, end_lo);
    hi = fmin(hi + 1.0, end_hi);
    /* A tail that is a power ends nowhere near. */
    bool light = further - l->center < 1e3 * (hi - l->center + 1.0);
    if (!light || !(hi - lo < TERMS_MAX) || !sum_over(l, lo, hi, sums))
        return false;
    double z = sums[1] / sums[0];
    *mean = l->center + z;
    *variance = fmax(sums[2] / sums[0] - z * z, 0.0);
    return true;
}

bool form_moments(const struct xrp_family *f, const struct xrp_site *s,
                  bool whole, double *mean, double *variance)
{
    struct law l = {f, s, 0.0, 1.0};
    return whole ? of_whole(&l, mean, variance)
                 : of_numbers(&l, mean, variance);
}
