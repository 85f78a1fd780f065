/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Text to numbers. A scan of our own decides what is a number, and makes
 * integers and decimals of up to eighteen digits; the C library converts the
 * rest.
 */
#include "eval/numeral.h"

#include "base/shortest.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

struct numeral {
    bool negative, whole; /* whole: neither point nor exponent */
    bool exact;           /* no digit was left out of `digits` */
    uint64_t digits;      /* the number is digits * 10^exponent */
    int64_t exponent;
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Eight digits at once, as bytes of one word: neighbours make numbers of two
 * digits, these of four, these of eight. false: not all of them are digits. */
static bool take_eight(const char *p, uint64_t *out)
{
    static const uint64_t high = UINT64_C(0xf0f0f0f0f0f0f0f0);
    uint64_t x;
    memcpy(&x, p, sizeof x);
    x = le64toh(x);
    if (((x & high) | ((x + UINT64_C(0x0606060606060606)) & high) >> 4) !=
        UINT64_C(0x3333333333333333))
        return false;
    x = (x & UINT64_C(0x0f0f0f0f0f0f0f0f)) * (10 * 256 + 1) >> 8;
    x = (x & UINT64_C(0x00ff00ff00ff00ff)) * (100 * 65536 + 1) >> 16;
    *out = (x & UINT64_C(0x0000ffff0000ffff)) *
               (UINT64_C(10000) * 4294967296 + 1) >>
           32;
    return true;
}

/* Eighteen digits always fit; what follows must be left to strtod. */
static const char *take_digits(struct numeral *n, const char *p,
                               const char *end, int step)
{
    static const uint64_t room = UINT64_C(100000000000000000);
    const char *start = p;
    uint64_t digits = n->digits, eight;
    for (; end - p >= 8 && digits < room / 100000000 && take_eight(p, &eight);
         p += 8)
        digits = digits * 100000000 + eight;
    for (; p < end && is_digit(*p) && digits < room; p++)
        digits = digits * 10 + (uint64_t)(*p - '0');
    n->digits = digits;
    for (; p < end && is_digit(*p); p++) n->exact = false;
    n->exponent -= step * (p - start);
    return p;
}

/* Behind the exponent; p itself when there is none. */
static const char *take_exponent(struct numeral *n, const char *p,
                                 const char *end)
{
    const char *q = p + 1;
    int64_t exponent = 0;
    if (p == end || (*p != 'e' && *p != 'E')) return p;
    bool negative = q < end && *q == '-';
    if (q < end && (*q == '-' || *q == '+')) q++;
    if (q == end || !is_digit(*q)) return p;
    for (; q < end && is_digit(*q); q++)
        if (exponent < 1000000) exponent = exponent * 10 + (*q - '0');
    n->exponent += negative ? -exponent : exponent;
    n->whole = false;
    return q;
}

static bool scan(struct numeral *n, const char *p, const char *end)
{
    *n = (struct numeral){.whole = true, .exact = true};
    if (p < end && (*p == '-' || *p == '+')) n->negative = *p++ == '-';
    const char *start = p;
    p = take_digits(n, p, end, 0);
    ptrdiff_t digits = p - start;
    if (p < end && *p == '.') {
        start = ++p;
        p = take_digits(n, p, end, 1);
        digits += p - start;
        n->whole = false;
    }
    return digits && take_exponent(n, p, end) == end;
}

/* Exact when both factors are, for one operation then rounds once (Clinger
 * 1990, "How to read floating point numbers accurately"). */
static bool quick(const struct numeral *n, double *out)
{
    static const double tens[] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool small = n->digits <= (uint64_t)1 << 53;
    if (!n->exact || !small || n->exponent < -22 || n->exponent > 22)
        return false;
    double d = (double)n->digits;
    d = n->exponent < 0 ? d / tens[-n->exponent] : d * tens[n->exponent];
    *out = n->negative ? -d : d;
    return true;
}

/* By the table of powers, where it can tell. */
static bool nearest(const struct numeral *n, double *out)
{
    double d;
    if (!n->exact || n->exponent < INT16_MIN || n->exponent > INT16_MAX ||
        !decimal_nearest(n->digits, (int)n->exponent, &d))
        return false;
    *out = n->negative ? -d : d;
    return true;
}

static bool slow(const char *text, size_t length, double *out)
{
    char local[64], *copy = local;
    if (length >= sizeof local && !(copy = malloc(length + 1))) return false;
    memcpy(copy, text, length);
    copy[length] = 0;
    *out = strtod(copy, NULL);
    if (copy != local) free(copy);
    return true;
}

bool numeral_read(const char *text, size_t length, value *out)
{
    struct numeral n;
    double d;
    if (!scan(&n, text, text + length)) return false;
    if (n.whole && n.exact) {
        *out = v_int(n.negative ? -(int64_t)n.digits : (int64_t)n.digits);
        return true;
    }
    if (!quick(&n, &d) && !nearest(&n, &d) && !slow(text, length, &d))
        return false;
    *out = v_double(d);
    return true;
}
