#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Inputs too big or too odd to be kept as files: a line of 100 MB, a million
# parentheses, a binary. Each must end by itself, by status 0 or by status 1
# and one line on standard error that says what is wrong; never by a signal.
#
# VESTIGE= the program (./vestige).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
program=${VESTIGE:-./vestige}
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

# repeat COUNT TEXT: the text so many times, without line ends.
repeat() { head -c "$(($1 * ${#2}))" < <(yes "$2" | tr -d '\n'); }

# expect NAME STATUS PATTERN: runs scratch/NAME; the pattern is looked for
# (grep -E) in what it printed when STATUS is 0, else in its one error line.
expect() {
    local status where=out why=
    timeout 120 "$program" "$scratch/$1" >"$scratch/out" 2>"$scratch/err" \
        </dev/null
    status=$?
    [ "$2" = 0 ] || where=err
    [ $status = "$2" ] || why="status $status, not $2"
    [ -n "$why" ] || [ "$2" = 0 ] || [ "$(grep -c 'error:' "$scratch/err")" \
        = 1 ] || why='not one error'
    [ -n "$why" ] || [ "$(head -c 100000 "$scratch/err" | wc -c)" -lt 4000 ] ||
        why='a long error'
    [ -n "$why" ] || [ -z "$3" ] || head -c 4000 "$scratch/$where" | grep -qE "$3" ||
        why="no '$3' in what it says"
    if [ -z "$why" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $1: $why"
        head -c 300 "$scratch/err"
        echo
    fi
    rm -rf "${scratch:?}/$1"
}

repeat 1000000 '(' >"$scratch/open"
expect open 1 'error: '

{ repeat 1000000 '('; repeat 1000000 ')'; } >"$scratch/nested-calls"
expect nested-calls 1 'error: '

{ printf '(length (quote (1 2 '; repeat 1000000 '('; repeat 1000000 ')'
    echo ')))'; } >"$scratch/nested-data"
expect nested-data 0 '^3$'

# The machine goes a million calls deep; the compiler need not.
{ repeat 300000 '(+ 1 '; printf 1; repeat 300000 ')'; } >"$scratch/sums"
expect sums 1 'nested too deeply'

{ printf '(+ '; repeat 200000 '1 '; echo ')'; } >"$scratch/many-arguments"
expect many-arguments 1 'too many operands'

{ repeat 200000 "'"; echo a; } >"$scratch/quotes"
expect quotes 0 "^'''*"

{ printf '; '; repeat 100000000 x; printf '\n(+ 1 2)\n'; } >"$scratch/comment"
expect comment 0 '^3$'

repeat 100000000 y >"$scratch/name"
expect name 1 'error: '

{ printf '(string-length "'; repeat 100000000 z; echo '")'; } \
    >"$scratch/string"
expect string 0 '^100000000$'

repeat 100000000 7 >"$scratch/digits"
expect digits 1 'beyond the range'

cp "$program" "$scratch/binary"
expect binary 1 'error: '

printf '(+ 1 \0 2)\n' >"$scratch/zero-byte"
expect zero-byte 1 'error: '

printf 'PREDICT (+ 1 2)' >"$scratch/no-line-end"
expect no-line-end 0 '^value: 3$'

printf '\xff\xfe(\x80)\n' >"$scratch/no-utf8"
expect no-utf8 1 'error: '

printf 'PREDICT 4\r\nPREDICT (+ 1\r\n2)\r\n' >"$scratch/carriage-returns"
expect carriage-returns 0 '^value: 4$'

: >"$scratch/empty"
expect empty 0 ''

expect missing 1 'error: '

mkdir "$scratch/folder"
expect folder 1 'error: '

# Two directives read 40,000 parts of 8,000 vectors each.
cat >"$scratch/readers" <<'END'
ASSUME mu (normal 0 1)
ASSUME s (half (normal 0 1))
ASSUME b (mem (lambda (j) (multivariate-normal (vector mu 0)
                                               (* s #(#(1 0.5) #(0.5 1))))))
ASSUME one (map (lambda (j) ((b (quotient j 5)) 0)) (iota 40000))
ASSUME two (map (lambda (j) ((b (quotient j 5)) 1)) (iota 40000))
OBSERVE (each (normal (+ one two) 1)) (iota 40000)
INFER (nuts) :samples 1 :warmup 1 :chains 1
END
expect readers 0 ''

echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
