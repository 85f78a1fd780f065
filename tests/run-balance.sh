#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Detailed balance by enumeration (tests/balance/balance.c):
#
#   tests/run-balance.sh            the programs of tests/balance and
#                                   tests/exact, each state loaded, and
#                                   reached from another
#   tests/run-balance.sh --long     reached from up to eight others
#   tests/run-balance.sh -v FILE... some programs, one line each
#
# BUILD= names the folder of the build (build).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
build=${BUILD:-build}
program=$build/balance/balance
make --no-print-directory "$program" BUILD="$build" >/dev/null || exit 2
all=(tests/balance/programs/*.church tests/exact/programs/*.church)
case ${1:-} in
--long) "$program" -a 8 "${all[@]}" ;;
'') "$program" -a 1 "${all[@]}" ;;
*) "$program" "$@" ;;
esac
