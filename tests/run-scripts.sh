#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs golden scripts: tests/scripts/NAME.church against NAME.out, which
# holds what it prints, what it says on standard error, and how it ends:
#
#   standard output
#   --- stderr           (only when there is any)
#   standard error
#   --- status 1         (only when it is not 0)
#
# A first line `; run: --json -v` gives options; `; run: < NAME.in` anywhere
# in it gives standard input. Times are shown as T.
#
#   tests/run-scripts.sh                     all of them
#   tests/run-scripts.sh lists errors        those whose name begins so
#   tests/run-scripts.sh --update lists      writes the .out files anew: read
#                                            the difference before you commit
#
# VESTIGE= the program (./vestige); RUNNER= goes before it; LIMIT= seconds
# for one (60); JOBS= at a time (2).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
program=${VESTIGE:-./vestige}
case $program in /*) ;; *) program=$PWD/$program ;; esac
export program
update=no
[ "${1:-}" = --update ] && update=yes && shift
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
export update scratch
cd tests/scripts || exit 2

times='s/^time: [0-9.e+-]+/time: T/; s/"seconds":[0-9.e+-]+/"seconds":T/g;
       s/[0-9.e+-]+ (seconds|s)\b/T \1/g; s/"share":[0-9.e+-]+/"share":T/g;
       s/^ *[0-9.]+ %/T %/; s/^since: .*/since: T/;
       s/"since":"[^"]*"/"since":"T"/g'
export times

one() {
    local name=$1 options input=/dev/null status out=$scratch/$1
    options=$(sed -n '1s/^; run: *//p' "$name.church")
    case $options in
    *'< '*)
        input=${options##*< }
        options=${options%%<*}
        ;;
    esac
    # Options are words; a file of the script's own name comes last, unless
    # they say `-` for standard input.
    local file=$name.church
    case " $options " in *' - '*) file= ;; esac
    eval "set -- $options"
    # shellcheck disable=SC2086
    timeout "${LIMIT:-60}" ${RUNNER:-} "$program" "$@" $file \
        <"$input" >"$out.1" 2>"$out.2"
    status=$?
    {
        cat "$out.1"
        if [ -s "$out.2" ]; then
            echo '--- stderr'
            cat "$out.2"
        fi
        [ $status -eq 0 ] || echo "--- status $status"
    } | sed -E "$times" >"$out.got"
    if [ $status -eq 124 ] || [ $status -ge 128 ]; then
        # Out of time, or ended by a signal: never what is expected.
        echo "FAIL $name: status $status" >"$out.result"
    elif [ $update = yes ]; then
        cp "$out.got" "$name.out"
        echo pass >"$out.result"
    elif [ ! -f "$name.out" ]; then
        echo "FAIL $name: no $name.out" >"$out.result"
    elif diff -u "$name.out" "$out.got" >"$out.diff"; then
        echo pass >"$out.result"
    else
        { echo "FAIL $name"; head -40 "$out.diff"; } >"$out.result"
    fi
}
export -f one

if [ $# -eq 0 ]; then set -- ''; fi
for prefix in "$@"; do
    find . -maxdepth 1 -name "$prefix*.church" | sed 's/^..//; s/.church$//'
done | sort -u | xargs -P "${JOBS:-2}" -I '{}' bash -c 'one "$1"' one '{}'

passed=$(cat "$scratch"/*.result 2>/dev/null | grep -c '^pass$')
failed=$(cat "$scratch"/*.result 2>/dev/null | grep -c '^FAIL ')
cat "$scratch"/*.result 2>/dev/null | grep -v '^pass$'
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
