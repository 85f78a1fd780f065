/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rows of the kernels, each in a file of its own; kernel.c puts them in
 * order.
 */
#ifndef VST_INFER_KERNELS_H
#define VST_INFER_KERNELS_H

#include "infer/kernel.h"

extern const struct kernel_row kernel_mh, kernel_drift, kernel_propose,
    kernel_gibbs, kernel_slice, kernel_rejection, kernel_importance,
    kernel_enumerate, kernel_cycle, kernel_mixture, kernel_repeat, kernel_rerun,
    kernel_auto, kernel_nuts, kernel_hmc, kernel_optimize;

#endif
