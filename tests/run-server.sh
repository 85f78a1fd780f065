#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A real server on free loopback ports: its routes, bad clients, kills.
#
#   tests/run-server.sh [--long]      with --long: 200 kills, 1,000 listeners
#
# VESTIGE= the program (./vestige). Ends as `make check` wants its steps to.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
kills=12 listeners=200
[ "${1:-}" = --long ] && kills=200 listeners=1000
passed=0 failed=0
part() {
    local log counts
    log=$(mktemp) || exit 2
    timeout 1800 python3 "$@" >"$log" 2>&1
    counts=$(tail -1 "$log" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p')
    if [ -z "$counts" ]; then
        tail -20 "$log"
        echo "FAIL $1 did not come to its end"
        counts='0 1'
    else
        head -n -1 "$log"
    fi
    rm -f "$log"
    passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
}
part tests/server/routes.py
part tests/server/background.py
part tests/server/connect.py
part tests/server/bad.py
part tests/server/listeners.py $listeners
part tests/server/disk.py
part tests/server/sleep.py
part tests/server/rest.py
part tests/server/crash.py $kills
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
