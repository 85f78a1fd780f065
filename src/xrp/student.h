/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Student's t for the families that lean on it: student-t itself, and the
 * predictive of normal-inverse-gamma. Its density is in base/saddle.h.
 */
#ifndef VST_XRP_STUDENT_H
#define VST_XRP_STUDENT_H

#include "base/random.h"

/* A draw, location 0 and scale 1; infinite where dof is tiny. */
double student_draw(struct random *r, double dof);

/* d student_log(z, dof) / dz */
double student_slope(double z, double dof);

#endif
