/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How much of the C stack is left. The few functions that follow the shape
 * of a program by recursion (expander, compiler) ask before they go deeper,
 * and answer with an error instead of a crash.
 */
#ifndef VST_BASE_STACK_H
#define VST_BASE_STACK_H

#include <stdbool.h>

/* Remembers where the stack begins; called once, early, by the main thread. */
void stack_mark(void);
/* Less than a quarter of the stack (of at most 16 MB) is left. */
bool stack_is_low(void);

#endif
