/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Polynomials and constants of lanes_math.h and lanes_special.h, from x^0 up.
 * Made by tools/lanes_coefficients.py; each with its largest error before
 * rounding.
 */
#ifndef VST_TAPE_LANES_COEFFICIENTS_H
#define VST_TAPE_LANES_COEFFICIENTS_H

#define LOG2_E 0x1.71547652b82fep+0
#define LN_2_HIGH 0x1.62e42fefa3800p-1
#define LN_2_LOW 0x1.ef35793c76730p-45
#define PI_2_HIGH 0x1.921fb54400000p+0
#define PI_2_LOW 0x1.0b4611a626331p-34
#define PI_2_LOW_HIGH 0x1.0b4611a600000p-34
#define PI_2_LOW_LOW 0x1.3198a2e037073p-69
#define TWO_OVER_PI 0x1.45f306dc9c883p-1
#define HALF_LOG_TWO_PI 0x1.d67f1c864beb5p-1
#define ROOT_HALF 0x1.6a09e667f3bcdp-1
#define ROOT_TWO_OVER_PI 0x1.9884533d43651p-1
#define TWO_OVER_ROOT_PI 0x1.20dd750429b6dp+0
#define ONE_OVER_ROOT_TWO_PI 0x1.9884533d43651p-2
#define ERFCX_CENTRE 0x1.0000000000000p+2

/* (exp(r) - 1 - r) / r^2, |r| <= log(2) / 2, of exp(r): 3.4e-18 */
static const double exp_poly[] = {
    0x1.000000000000bp-1,  0x1.5555555555561p-3,  0x1.555555555008dp-5,
    0x1.111111110d65cp-7,  0x1.6c16c185970e8p-10, 0x1.a01a01bad85d0p-13,
    0x1.a01996b8d55d8p-16, 0x1.71dddfdf33ebap-19, 0x1.28b02b501370cp-22,
    0x1.af856c42fa6a4p-26,
};

/* (log((1 + s) / (1 - s)) / s - 2) / z, z = s^2, of log / s: 2.5e-18 */
static const double log_poly[] = {
    0x1.555555555558fp-1, 0x1.9999999980d1cp-2, 0x1.249249413b3a4p-2,
    0x1.c71c528a10d2bp-3, 0x1.7466274c954b8p-3, 0x1.39a3e56a95ed2p-3,
    0x1.2ef13e4a17cbap-3,
};

/* the same for |s| <= 1 / 3: 7.2e-20 */
static const double log1p_poly[] = {
    0x1.5555555555556p-1, 0x1.999999999957ap-2, 0x1.24924924c0efcp-2,
    0x1.c71c71a655bd8p-3, 0x1.745d1df0e98bdp-3, 0x1.3b12d795accd2p-3,
    0x1.11232a2db5691p-3, 0x1.dfe4dcf075000p-4, 0x1.c1617539c8333p-4,
    0x1.1eb001332f3f8p-4, 0x1.5118a768b6379p-3,
};

/* (sin(s) / s - 1) / z, z = s^2, |s| <= pi / 4: 3.4e-18 */
static const double sine_poly[] = {
    -0x1.5555555555549p-3, 0x1.111111110f882p-7,   -0x1.a01a019c126bbp-13,
    0x1.71de3578520e8p-19, -0x1.ae5e66a56abb8p-26, 0x1.5d931cbfd78adp-33,
};

/* (cos(s) - 1 + z / 2) / z^2: 4.7e-20 */
static const double cosine_poly[] = {
    0x1.555555555554cp-5,   -0x1.6c16c16c151b4p-10, 0x1.a01a019cb65e4p-16,
    -0x1.27e4f80ce92d5p-22, 0x1.1ee9edbcd986dp-29,  -0x1.8faf7a741a07cp-37,
};

/* erf(s) / s, z = s^2 <= 0.5, relative: 2.1e-17 */
static const double erf_poly[] = {
    0x1.20dd750429b6dp+0,   -0x1.812746b03793dp-2,  0x1.ce2f21a037e8cp-4,
    -0x1.b82ce30e398a4p-6,  0x1.565bcc2f0c0ecp-8,   -0x1.c02d7fea02a06p-11,
    0x1.f99bbbfcaacabp-14,  -0x1.f42a2d4555938p-17, 0x1.b0d2425a03353p-20,
    -0x1.18854a64b009ep-23,
};

/* (1 + 2 x) exp(x^2) erfc(x), relative, in t = (x - 4) / (x + 4): 7.1e-18 */
static const double erfcx_poly[] = {
    0x1.3ba5916e9fd7fp+0,   -0x1.1df1ad154a287p-3,  0x1.f7f5df66fd639p-7,
    0x1.16ecefcfa4d41p-4,   -0x1.9ddb23c3e86c1p-4,  0x1.7fee004e1ea4cp-4,
    -0x1.0fb06dfe564cfp-4,  0x1.3079edf51ebf1p-5,   -0x1.09623882f198cp-6,
    0x1.49c672e04b337p-8,   -0x1.8d4a9b7b4ac14p-11, -0x1.a1df5de0b0a73p-13,
    0x1.3be05314431abp-13,  -0x1.9953819f35a30p-16, -0x1.788735177c1eap-17,
    0x1.7ef696d03ce61p-18,  0x1.39b9661ffae7fp-22,  -0x1.b8d106e121c15p-21,
    0x1.4bca0d6accd58p-24,  0x1.c8b0d3b48a81bp-24,  -0x1.5eaea96d4a490p-26,
    -0x1.a82202eef7ce5p-27, 0x1.abb952c83d266p-29,  0x1.ff9e0db81dd60p-31,
    -0x1.19b880cc42ec0p-32,
};

/* x (log Gamma(x) - Stirling), in 1 / x^2, x >= 8: 1.2e-20 */
static const double lgamma_poly[] = {
    0x1.5555555555555p-4,   -0x1.6c16c16c16b32p-9, 0x1.a01a019ee9ba6p-11,
    -0x1.38137ecdb2ecap-11, 0x1.b94f76d8023aap-11, -0x1.f600ea3ca56dep-10,
    0x1.96ef51bca8227p-8,   -0x1.560f39c8fa03cp-6,
};

/* x^2 (log(x) - 1 / (2 x) - digamma(x)), likewise: 1.9e-19 */
static const double digamma_poly[] = {
    0x1.5555555555555p-4,  -0x1.1111111110d76p-7, 0x1.04104101a96efp-8,
    -0x1.11110c2d667a2p-8, 0x1.f077358ee5ad2p-8,  -0x1.58e87697e0422p-6,
    0x1.47dccd353c643p-4,  -0x1.3301d32a0a643p-2,
};

/* x^3 (trigamma(x) - 1 / x - 1 / (2 x^2)), likewise: 3.3e-18 */
static const double trigamma_poly[] = {
    0x1.5555555555555p-3,  -0x1.11111111101b3p-5, 0x1.8618617bd6a0dp-6,
    -0x1.1111069b81d20p-5, 0x1.36484f48bc18ap-4,  -0x1.0275f5eefdb8dp-2,
    0x1.1c189983e7ad5p+0,  -0x1.25461a4c9b501p+2,
};

#endif
