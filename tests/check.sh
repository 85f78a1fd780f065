#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make check` (and `make check-long`, with --long): everything that must
# hold, step by step. A step that fails shows the end of its log and the rest
# goes on; logs stay in build/check/. Ends with one line,
#
#   N passed, M failed, K skipped
#
# and with status 1 when M is not 0. A step that counts (its last line has
# this form) adds its counts; another counts as one.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
# Makes of our own, not children of the one that called us.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
long=
[ "${1:-}" = --long ] && long=--long
logs=build/check
mkdir -p $logs
passed=0 failed=0 skipped=0 begun=$SECONDS

# step NAME COMMAND...
step() {
    local name=$1 log status start=$SECONDS counts p=1 f=0 s=0
    shift
    log=$logs/$(echo "$name" | tr -c 'a-z0-9\n' '-').log
    "$@" >"$log" 2>&1 </dev/null
    status=$?
    counts=$(tail -1 "$log" |
        grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$')
    if [ -n "$counts" ]; then
        read -r p f s <<<"$(echo "$counts" | tr -dc '0-9 ' | tr -s ' ')"
        # A runner that counts no failure and still fails is one failure.
        [ $status -ne 0 ] && [ "$f" -eq 0 ] && f=1
    elif [ $status -ne 0 ]; then
        p=0 f=1
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    if [ "$f" -gt 0 ]; then
        printf 'FAIL  %s (%s s)\n%s\n' "$name" $((SECONDS - start)) \
            "$(tail -30 "$log" | sed 's/^/      /')"
    else
        printf 'ok    %-46s %4s  %3s s\n' "$name" "$p" $((SECONDS - start))
        grep -E '^not for single-site' "$log" | sed 's/^/      /'
    fi
}

# The row beside, of what waits or keeps one core busy: begins with what is
# built, its counts come at its end.
beside() {
    passed=0 failed=0 skipped=0
    step 'documentation' tests/run-docs.sh
    step 'exact tables by parts' tests/run-parts.py
    step 'own random procedures beside those built in' tests/run-own.py
    step 'networks, summed part by part' tests/exact/nets.py
    step 'calibration of gradient kernels' tests/run-calibration.py $long
    step 'chains as processes, their files' tests/run-chains.py
    step 'sessions over HTTP' tests/run-server.sh $long
    step 'the live display, in a browser' tests/run-display.sh
    step 'diagnostics beside posterior' tests/run-posterior.sh
    step 'classic models' tests/run-church.py
    step 'the joint distribution (Geweke)' tests/run-geweke.sh $long
    step 'the joint distribution, each kernel' tests/run-geweke.sh --kernels $long
    step 'detailed balance' tests/run-balance.sh $long
    step 'random programs' tests/property/run.py $long
    step 'long chains of random programs' tests/run-soak.sh $long
    echo "$passed $failed $skipped" >$logs/beside
}

build() { make --no-print-directory "$@"; }

sanitized() {
    local flags='-fsanitize=address,undefined -fno-omit-frame-pointer'
    flags="$flags -fno-sanitize-recover=undefined -DVST_PLAIN_MEMORY"
    build "$@" BUILD=build-asan PROGRAM=build-asan/vestige OPTIMISE='-O1 -g1' \
        VARIANT="$flags"
}

plain() {
    build "$@" BUILD=build-plain PROGRAM=build-plain/vestige \
        OPTIMISE='-O1 -g1' VARIANT=-DVST_PLAIN_MEMORY
}

# A small C stack: whatever recurses over a user's data falls here. What
# holds there holds with more.
small_stack() (
    ulimit -s 256 || exit 1
    "$@"
)

# Each ends well, prints something, and complains of nothing.
example() {
    local log
    log=$logs/$(basename "$1")
    if timeout 120 ./vestige --seed 1 "$1" >"$log.out" 2>"$log.err" &&
        [ -s "$log.out" ] && [ ! -s "$log.err" ]; then
        echo pass
    else
        echo "FAIL $1"
        tail -n 3 "$log.err" "$log.out"
    fi
}

examples() {
    local said p f
    export -f example
    export logs
    # shellcheck disable=SC2016 # for the shell within
    said=$(printf '%s\n' examples/*.church |
        xargs -P 2 -I '{}' bash -c 'example "$1"' example '{}')
    p=$(grep -c '^pass$' <<<"$said")
    f=$(grep -c '^FAIL' <<<"$said")
    grep -v '^pass$' <<<"$said"
    echo "$p passed, $f failed, 0 skipped"
    [ "$f" -eq 0 ] && [ "$p" -gt 0 ]
}

valgrind_scripts() {
    RUNNER='valgrind -q --error-exitcode=99 --leak-check=no' LIMIT=200 \
        VESTIGE=build-plain/vestige tests/run-scripts.sh \
        basics-l basics-v errors-o errors-t infer-c infer-o
}

# Installed elsewhere, run from elsewhere, taken away without a rest.
installed() {
    local root output
    root=$(mktemp -d) || return 1
    build install DESTDIR="$root" PREFIX=/usr || return 1
    output=$(cd / && "$root/usr/bin/vestige" -e '(+ 1 2)') || return 1
    [ "$output" = 3 ] || return 1
    [ -s "$root/usr/share/doc/vestige/COPYING" ] || return 1
    [ -s "$root/usr/share/vestige/examples/data/coal.csv" ] || return 1
    [ -s "$root/usr/lib/libvestige.a" ] || return 1
    build uninstall DESTDIR="$root" PREFIX=/usr || return 1
    [ -z "$(find "$root" -type f)" ] || return 1
    rm -rf "$root"
}

step 'build with gcc' build vestige
if [ $failed -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
    exit 1
fi
step 'compile with clang' build objects BUILD=build-clang CC=clang OPTIMISE=-O0
step 'includes point down' build floors
step 'each file is named in the architecture' build rooms
step 'format' build format-check
step 'build the unit tests' build units build/balance/balance \
    build/property/soak build/reference/diagnose
rm -f $logs/beside
beside &
step 'golden scripts' tests/run-scripts.sh
step 'the language page, from the tables' tools/language.py --check
step 'unit tests, 256 KB stack' small_stack tests/run-units.sh build/unit
step 'big and odd inputs, 256 KB stack' small_stack tests/run-big.sh
step 'golden scripts, 256 KB stack' small_stack tests/run-scripts.sh
step 'the judge of known answers' tests/known-answers/test_judge.py
step 'known answers' tests/known-answers/run.py $long
step 'known answers, random database' \
    tests/known-answers/run.py --engine randomdb $long
step 'known answers, full trace' \
    tests/known-answers/run.py --engine traces $long
step 'known answers of queries' tests/known-answers/queries.py
step 'known answers, each under a kernel' tests/known-answers/matrix.py --quick
step 'the judge of small programs' tests/exact/test_exact.py
step 'small programs, random database' tests/exact/run.py $long
step 'small programs, reduced trace' \
    tests/exact/run.py --engine reduced $long
step 'small programs, full trace' tests/exact/run.py --engine traces $long
step 'small programs, state by state' tests/exact/states.py $long
step 'random programs, kernel beside kernel' tests/property/kernels.py $long
step 'sessions saved and restored' tests/run-checkpoints.py
step 'examples' examples
step 'faults of pitfalls find their place' tests/pitfalls/pitfalls.py --look
step 'rows of reference, a family' tests/reference/audit.py
step 'references' tests/reference/run.py $long ${long:+--gibbs}
step 'build with sanitizers' sanitized build-asan/vestige units
# What the plain memory holds to the end is no leak.
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1
step 'unit tests, sanitizers' tests/run-units.sh build-asan/unit
step 'golden scripts, sanitizers' \
    env VESTIGE=build-asan/vestige tests/run-scripts.sh
step 'build for valgrind' plain build-plain/vestige
step 'scripts, valgrind' valgrind_scripts
step 'install' installed
step 'inside other programs' tests/run-embed.sh
if [ -n "$long" ]; then
    step 'pitfalls of gradients, planted' tests/pitfalls/pitfalls.py
    step 'fuzz' build fuzz FUZZ_SECONDS="${FUZZ_SECONDS:-300}"
fi
step 'densities of posteriors' tests/posteriors/check.py
step 'draws of posteriors' tests/posteriors/draws.py --fast

wait
if read -r p f s 2>/dev/null <$logs/beside; then
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
else
    echo 'FAIL  the row beside did not come to its end'
    failed=$((failed + 1))
fi
echo "in $((SECONDS - begun)) s"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
