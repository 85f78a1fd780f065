#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs every unit test of a folder, two at a time, and counts them:
#
#   tests/run-units.sh build/unit
#
# A test that fails shows all that it said. RUNNER= goes before each program
# (valgrind, say); LIMIT= seconds for one (120).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
folder=${1:?the folder of the tests}
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

one() {
    local program=$1 name log
    name=$(basename "$program")
    log=$2/$name
    # shellcheck disable=SC2086
    if timeout "${LIMIT:-120}" ${RUNNER:-} "$program" >"$log" 2>&1; then
        echo pass >"$log.result"
    else
        {
            echo "FAIL $name (status $?)"
            grep -vE '^\[ +(OK|RUN) +\]' "$log" | tail -40
        } >"$log.result"
    fi
}
export -f one

find "$folder" -maxdepth 1 -type f -name 'test_*' -perm -u+x | sort |
    xargs -P "${JOBS:-2}" -I '{}' bash -c 'one "$1" "$2"' one '{}' "$scratch"

passed=$(cat "$scratch"/*.result 2>/dev/null | grep -c '^pass$')
failed=$(cat "$scratch"/*.result 2>/dev/null | grep -c '^FAIL ')
cat "$scratch"/*.result 2>/dev/null | grep -v '^pass$'
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
