#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Detailed balance by enumeration (tests/balance/balance.c):
#
#   tests/run-balance.sh            the programs of tests/balance and
#                                   tests/exact, each state loaded, and
#                                   reached from another; the same as full traces
#   tests/run-balance.sh --long     reached from up to eight others
#   tests/run-balance.sh -v FILE... some programs, one line each
#
# BUILD= names the folder of the build (build).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
build=${BUILD:-build}
program=$build/balance/balance
make --no-print-directory "$program" BUILD="$build" >/dev/null || exit 2
all=(tests/balance/programs/*.church tests/balance/foreign/*.church
    tests/exact/programs/*.church)
# Kernels: on programs of their own, and each program under gibbs, by a scope
# that is walked, and (the small ones) with all choices as one block.
kernels() {
    local one two
    one=$("$program" -a 1 tests/balance/kernels/*.church) || echo "$one"
    two=$("$program" -a 1 -k '(gibbs)' -k '(mh (minus all continuous))' \
        tests/balance/programs/*.church tests/balance/foreign/*.church) ||
        echo "$two"
    sum "$one" "$two"
}
sum() { printf '%s\n' "$@" | grep ' passed, ' | tr -dc '0-9\n ' |
    awk '{p += $1; f += $2; s += $3}
         END {print p " passed, " f " failed, " s " skipped"}'; }
case ${1:-} in
--long) arrivals=8 ;;
'') arrivals=1 ;;
*) exec "$program" "$@" ;;
esac
moves=$("$program" -a $arrivals "${all[@]}") || echo "$moves"
# A node for every evaluation, moved by the same propagation.
whole=$("$program" -engine traces -a 1 "${all[@]}") || echo "$whole"
of_kernels=$(kernels)
echo "$of_kernels"
counts=$(sum "$moves" "$whole" "$of_kernels")
echo "$counts"
[[ $counts == *" 0 failed"* ]]
