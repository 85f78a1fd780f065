#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The live display, in Debian's Chromium, driven by Playwright: a person who
# logs in, writes a program, watches a run, stops it, loads the page again and
# goes on. Screenshots are left in build/display.
#
#   tests/run-display.sh
#
# VESTIGE= the program (./vestige). Skipped where there is no Chromium, no
# node, or no way to the npm registry.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
program=${VESTIGE:-./vestige}
skip() {
    echo "skipped: $1"
    echo '0 passed, 0 failed, 1 skipped'
    exit 0
}
browser=$(command -v chromium || command -v chromium-browser) ||
    skip 'no chromium'
command -v node >/dev/null || skip 'no node'
[ -d build/npm/playwright-core ] ||
    tools/fetch-npm.sh playwright-core build/npm || skip 'no playwright-core'
mkdir -p build/display
scratch=$(mktemp -d) || exit 2
echo 'a-token-of-the-tests' >"$scratch/tokens"
"$program" serve --port 0 --data "$scratch/data" --token-file "$scratch/tokens" \
    >"$scratch/log" 2>&1 &
server=$!
trap 'kill $server; wait $server; rm -rf "$scratch"' EXIT
for _ in $(seq 100); do
    url=$(grep -o 'http://[^ ]*' "$scratch/log") && break
    sleep 0.1
done
[ -n "$url" ] || { cat "$scratch/log"; echo '0 passed, 1 failed, 0 skipped'; exit 1; }
PLAYWRIGHT=$PWD/build/npm/playwright-core CHROMIUM=$browser \
    timeout 300 node tests/server/display.mjs "${url%/}" a-token-of-the-tests \
    build/display
