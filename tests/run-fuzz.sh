#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs every fuzz target of a folder for some seconds each, from the scripts
# and examples as first inputs:
#
#   tests/run-fuzz.sh build-fuzz/fuzz 300
#
# What breaks a target is kept in the folder as crash-*, and shown.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
folder=${1:?the folder of the targets}
seconds=${2:?the seconds of each}

run() {
    local target=$1 name corpus
    name=$(basename "$target")
    corpus=$target.corpus
    mkdir -p "$corpus"
    cp -n tests/scripts/*.church examples/*.church \
        tests/known-answers/*/*.church "$corpus" 2>/dev/null
    # Blocks of the plain memory live until the target lets go of them, so
    # leaks are not looked for.
    if (ulimit -s 1024 &&
        ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
            "$target" -max_total_time="$seconds" -timeout=20 -max_len=4096 \
            -rss_limit_mb=4096 -artifact_prefix="$target-" \
            "$corpus") >"$target.log" 2>&1; then
        echo "$name: clean, $(grep -oE '^#[0-9]+' "$target.log" |
            tail -1) inputs in $seconds s"
    else
        echo "FAIL $name"
        grep -vE '^#[0-9]+\s+(NEW|REDUCE|pulse|INITED)' "$target.log" |
            tail -30
        return 1
    fi
}

passed=0 failed=0
for target in "$folder"/fuzz_*; do
    [ -x "$target" ] && [ -f "$target" ] || continue
    if run "$target"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
