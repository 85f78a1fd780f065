/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The words of lanes_math.h, lanes_special.h and lanes_operations.h. Those
 * three are read twice, once for many lanes and once for one; V(name) is the
 * name in the reading that is on. Each word is plain in the text and is told
 * apart here.
 */
#ifndef VST_TAPE_LANES_NAMES_H
#define VST_TAPE_LANES_NAMES_H

/* types */
#define vec V(vec)   /* doubles */
#define uvec V(uvec) /* their bits */
#define mask V(mask)
#define in V(in)

/* of the machine: lanes_many.h, lanes_one.h */
#define load V(load)
#define store V(store)
#define splat V(splat)
#define times_plus V(times_plus) /* a b + c, fused where the level can */
#define root V(root)
#define whole V(whole) /* half to even */
#define below V(below) /* floor */
#define above V(above)
#define bits_of V(bits_of)
#define of_bits V(of_bits)
#define less V(less)
#define less_equal V(less_equal)
#define equal V(equal)
#define both V(both)
#define either V(either)
#define not_so V(not_so)
#define any V(any)
#define marked V(marked) /* a bit for each lane, the first one lowest */
#define choose V(choose)
#define keep V(keep) /* where it holds; else 0 */
#define odd V(odd)   /* the lowest bit */
#define each V(each)
#define each_two V(each_two)

#endif
