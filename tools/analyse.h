/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For `make tidy` only, read before each file but those that define these: the
 * analyser sees one file at a time, does not know that what tells an error
 * always answers false, and would go on from there as if all were well.
 */
#include "eval/machine_inside.h"
#include "eval/operand.h"
#include "xrp/user.h"

#define error_set(...) (error_set(__VA_ARGS__), false)
#define error_hint(...) (error_hint(__VA_ARGS__), false)
#define machine_no_memory(m) (machine_no_memory(m), false)
#define machine_type_error(...) (machine_type_error(__VA_ARGS__), false)
#define machine_domain_error(...) (machine_domain_error(__VA_ARGS__), false)
#define machine_arity_error(...) (machine_arity_error(__VA_ARGS__), false)
#define machine_unbound_error(...) (machine_unbound_error(__VA_ARGS__), false)
#define operand_error(...) (operand_error(__VA_ARGS__), false)
#define user_wrong(...) (user_wrong(__VA_ARGS__), false)
