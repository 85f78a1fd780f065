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
make --no-print-directory "$build/libvestige.a" BUILD="$build" >/dev/null ||
    exit 2
program=$build/balance/balance
mkdir -p "$build/balance"
flags=$(cat "$build/flags" 2>/dev/null)
# shellcheck disable=SC2086
if [ ! -x "$program" ] || [ "$build/libvestige.a" -nt "$program" ] ||
    [ tests/balance/balance.c -nt "$program" ] ||
    [ tests/property/words.h -nt "$program" ]; then
    eval "${flags:-gcc -std=c17 -D_GNU_SOURCE -O2 -Isrc}" \
        tests/balance/balance.c "$build/libvestige.a" -o "$program" \
        -lgc -lgsl -lgslcblas -lreadline -lm || exit 2
fi
all=(tests/balance/programs/*.church tests/exact/programs/*.church)
case ${1:-} in
--long) "$program" -a 8 "${all[@]}" ;;
'') "$program" -a 1 "${all[@]}" ;;
*) "$program" "$@" ;;
esac
