#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Long chains of the reduced engine (tests/property/soak.c):
#
#   tests/run-soak.sh            60 random programs x 10,000 transitions, and
#                                the programs of tests/ x 20,000
#                                (a fifth of that as full traces)
#   tests/run-soak.sh --long     1,000 x 100,000, and 100,000
#   tests/run-soak.sh FILE...    some programs
#
# BUILD= names the folder of the build (build).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
build=${BUILD:-build}
program=$build/property/soak
programs=$build/property/programs
make --no-print-directory "$program" BUILD="$build" >/dev/null || exit 2
mkdir -p "$programs"
count=60 random=10000 known=20000
case ${1:-} in
--long) count=1000 random=100000 known=100000 ;;
'') ;;
*)
    "$program" "$@"
    exit
    ;;
esac
tests/property/generate.py 1 "$count" "$programs" || exit 2
{
    seq -f "$programs/%.0f.church" "$count" | xargs "$program" -n "$random"
    seq -f "$programs/%.0f.church" "$count" |
        xargs "$program" -engine traces -n "$((random / 5))"
    "$program" -n "$known" tests/property/programs/*.church \
        tests/balance/programs/*.church \
        tests/exact/programs/*.church tests/known-answers/*/*.church
} | awk '/^[0-9]+ passed, / { p += $1; f += $3; next }
         { print }
         END { print p + 0 " passed, " f + 0 " failed, 0 skipped"
               exit f > 0 || p == 0 }'
