/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables of the ziggurat method (Marsaglia and Tsang 2000) for exp(-x^2 / 2)
 * and exp(-x): layers of equal area, layer i from x = 0 to x[i], between the
 * heights y[i] and y[i + 1]. x[1] is where the tail begins, x[256] is 0;
 * layer 0 is the tail with the box below it, and x[0] its width if it were
 * all box.
 */
#ifndef VST_BASE_ZIGGURAT_H
#define VST_BASE_ZIGGURAT_H

enum { ZIGGURAT_LAYERS = 256 };

extern const double ziggurat_normal_x[ZIGGURAT_LAYERS + 1];
extern const double ziggurat_normal_y[ZIGGURAT_LAYERS + 1];
extern const double ziggurat_exponential_x[ZIGGURAT_LAYERS + 1];
extern const double ziggurat_exponential_y[ZIGGURAT_LAYERS + 1];

#endif
