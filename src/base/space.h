/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Address space: rooms much larger than what is put into them, that never
 * move, and whose pages cost nothing until they are reached.
 */
#ifndef VST_BASE_SPACE_H
#define VST_BASE_SPACE_H

#include <stdbool.h>
#include <stddef.h>

/* A room of so many bytes; NULL: there is none. What stands in it is zeros,
 * or what a room of this size held when it was given back to be kept. */
void *space_take(size_t size);
/* Gives it back. NULL is nothing. keep: its pages are few, and who asks for
 * the next room of this size may have it as it is, for the system is slow to
 * give address space. The main thread's alone. */
void space_give(void *room, size_t size, bool keep);
/* Zeroes a part of a room. Whole pages of a large part are given back. */
void space_clear(void *at, size_t size);
/* Pages of this part, which is in use, are brought together by the two
 * megabytes, as far as they are whole. */
void space_collapse(void *at, size_t size);
/* Pages of this part come by the two megabytes, once it is reached: fewer
 * faults, and fewer misses of the processor's table of pages. */
void space_widen(void *at, size_t size);

/* An array of zeros for what is made once and given back soon. A large one is
 * apart from malloc's, so that nothing of it stays, and its pages come by the
 * two megabytes. NULL: there is no memory. */
void *space_array(size_t size);
void space_array_free(void *array, size_t size); /* NULL is nothing */

#endif
