#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make bench`: speed against its bars, one row each. A time is the smallest
# of several runs; what is compared is run alternately, in this one session.
# The time of a piece of work is that of a process with it less that of one
# without. Ends with status 1 when a bar is missed.
set -euo pipefail
cd "$(dirname "$0")/.."
vestige=${1:-./vestige}
rounds=${ROUNDS:-9}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
missed=0

# Wall time of a command in microseconds.
microseconds() {
    local start=$EPOCHREALTIME end
    "$@" >"$scratch/out" 2>&1
    end=$EPOCHREALTIME
    echo $((${end/./} - ${start/./}))
}

# Largest resident size of a command in KB.
resident() { /usr/bin/time -f %M -o "$scratch/rss" "$@" >"$scratch/out" 2>&1
    cat "$scratch/rss"; }

smallest() { sort -n | head -1; }
middle() { sort -n | awk '{x[NR] = $1} END {print x[int((NR + 1) / 2)]}'; }

# row NAME MEASURED UNIT BAR NOTE: the bar is the most that is allowed.
row() {
    local verdict=PASS
    if ! awk -v a="$2" -v b="$4" 'BEGIN {exit !(a <= b)}'; then
        verdict=MISS
        missed=1
    fi
    printf '%-4s  %-46s %10s %-5s (bar %s)  %s\n' \
        "$verdict" "$1" "$2" "$3" "$4" "${5:-}"
}

fail() {
    echo "bench: $1" >&2
    exit 1
}

fib() {
    local times=41 v l v0 l0
    echo 'ASSUME fib (lambda (x)
      (if (< x 2) 1 (+ (fib (- x 1)) (fib (- x 2)))))' >"$scratch/one.church"
    cp "$scratch/one.church" "$scratch/many.church"
    echo '(fib 25)' >>"$scratch/one.church"
    for ((i = 0; i < times; i++)); do echo '(fib 25)'; done \
        >>"$scratch/many.church"
    for ((i = 0; i < rounds; i++)); do
        microseconds "$vestige" "$scratch/one.church" >>"$scratch/v0"
        microseconds "$vestige" "$scratch/many.church" >>"$scratch/v"
        [ "$(sort -u "$scratch/out")" = 121393 ] || fail 'fib 25 is not 121393'
        microseconds lua5.4 bench/fib.lua 1 >>"$scratch/l0"
        microseconds lua5.4 bench/fib.lua $times >>"$scratch/l"
    done
    v0=$(smallest <"$scratch/v0") v=$(smallest <"$scratch/v")
    l0=$(smallest <"$scratch/l0") l=$(smallest <"$scratch/l")
    row '(fib 25), against lua5.4' "$(awk -v v0="$v0" -v v="$v" -v l0="$l0" \
        -v l="$l" 'BEGIN {printf "%.3f", (v - v0) / (l - l0)}')" x 0.5 \
        "$(awk -v v0="$v0" -v v="$v" -v l0="$l0" -v l="$l" -v n=$((times - 1)) \
            'BEGIN {printf "%.2f ms, lua %.2f ms", (v - v0) / n / 1000,
                    (l - l0) / n / 1000}')"
}

start() {
    for ((i = 0; i < 2 * rounds + 1; i++)); do
        microseconds "$vestige" -e '(flip)' >>"$scratch/start"
    done
    row "vestige -e '(flip)', the whole process" \
        "$(middle <"$scratch/start" | awk '{printf "%.1f", $1 / 1000}')" \
        ms 20 'middle of the runs'
    row "vestige -e '(flip)', resident" \
        "$(resident "$vestige" -e '(flip)' | awk '{printf "%.1f", $1 / 1024}')" \
        MB 12
}

turns() {
    local turns=100000000 few=1000 a b
    for n in $turns $few; do
        echo "(define (turn i sum) (if (= i 0) sum (turn (- i 1) (+ sum 2))))
(turn $n 0)" >"$scratch/turn$n.church"
    done
    for ((i = 0; i < (rounds + 2) / 3; i++)); do
        microseconds "$vestige" "$scratch/turn$few.church" >>"$scratch/few"
        microseconds "$vestige" "$scratch/turn$turns.church" >>"$scratch/many"
        [ "$(cat "$scratch/out")" = $((2 * turns)) ] || fail 'a wrong sum'
    done
    a=$(smallest <"$scratch/few") b=$(smallest <"$scratch/many")
    row '100,000,000 tail calls with arithmetic, a turn' \
        "$(awk -v a="$a" -v b="$b" -v n=$turns \
            'BEGIN {printf "%.2f", (b - a) * 1000 / n}')" ns 3
    a=$(resident "$vestige" "$scratch/turn$few.church")
    b=$(resident "$vestige" "$scratch/turn$turns.church")
    row 'the same, memory that it adds' $((b - a)) KB 512
}

lists() {
    local line='(fold + 0 (map (lambda (x) (* x x)) (iota 1000000)))' a b
    for ((i = 0; i < rounds; i++)); do
        microseconds "$vestige" -e '0' >>"$scratch/none"
        microseconds "$vestige" -e "$line" >>"$scratch/list"
    done
    case $(cat "$scratch/out") in
    3.33332833333*e+17) ;;
    *) fail "$line is $(cat "$scratch/out")" ;;
    esac
    a=$(smallest <"$scratch/none") b=$(smallest <"$scratch/list")
    row 'fold over map over (iota 1000000)' \
        "$(awk -v a="$a" -v b="$b" 'BEGIN {printf "%.1f", (b - a) / 1000}')" \
        ms 60
}

samplers() {
    local name time bar
    declare -A bars=([normal]=5 [gamma]=15 [beta]=30 [categorical]=6)
    "${CC:-gcc}" -std=c17 -D_GNU_SOURCE -fno-math-errno -O2 -Isrc \
        -o "$scratch/samplers" bench/samplers.c \
        src/base/{alias,random,ziggurat,special,saddle}.c -lm
    while read -r name time; do
        bar=${bars[$name]:-}
        if [ -n "$bar" ]; then row "a draw: $name" "$time" ns "$bar"; fi
    done < <("$scratch/samplers")
}

fib
start
turns
lists
samplers
exit $missed
