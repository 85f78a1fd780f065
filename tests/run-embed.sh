#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Vestige as a library, the way a stranger meets it: installed under a folder
# of its own, found by pkg-config, linked into programs.
#
#   - include/vestige.h is C17 and C++ without a warning
#   - the library defines no names but vst_... (and BLAS's three)
#   - each program of examples/embed, and each block `c` of docs/embedding.md,
#     is compiled and run; a block `output` right after it, or what FILE.out
#     of tests/embed holds, is what it must print
#
#   tests/run-embed.sh
#
# CC= the compiler (gcc); BUILD= the folder of the build (build).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
cc=${CC:-gcc}
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
make --no-print-directory install CC="$cc" BUILD="${BUILD:-build}" \
    DESTDIR= PREFIX="$scratch/prefix" >"$scratch/log" 2>&1 || {
    cat "$scratch/log"
    exit 2
}
export PKG_CONFIG_PATH=$scratch/prefix/lib/pkgconfig
passed=0 failed=0
judge() { # judge NAME: by the status of what came before
    if [ "$?" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $1"
    fi
}

strict='-Wall -Wextra -Wpedantic -Wshadow -Werror'
echo '#include <vestige.h>' >"$scratch/header.c"
# shellcheck disable=SC2046,SC2086
$cc -std=c17 $strict $(pkg-config --cflags vestige) -fsyntax-only \
    -Wstrict-prototypes "$scratch/header.c"
judge 'the header in C17'
if command -v g++ >/dev/null; then
    # shellcheck disable=SC2046,SC2086
    g++ -std=c++17 $strict $(pkg-config --cflags vestige) -fsyntax-only \
        -x c++ "$scratch/header.c"
    judge 'the header in C++17'
fi

others=$(nm -g --defined-only "$scratch/prefix/lib/libvestige.a" |
    awk 'NF == 3 && $3 !~ /^vst_|^(xerbla_|cblas_xerbla|LAPACKE_xerbla)$/')
[ -z "$others" ] || { echo "$others" | head -5; false; }
judge 'the names of the library'
[ "$(pkg-config --modversion vestige)" = \
    "$("$scratch/prefix/bin/vestige" --version | cut -d' ' -f2)" ]
judge 'the version'

# Writes scratch/NN-LINE.c and, when there is one, .out of the page's blocks.
awk -v scratch="$scratch" '
    /^```/ && kind != "" { close(into); kind = ""; next }
    /^```c$/ {
        kind = "c"; base = sprintf("%s/%02d-line-%d", scratch, ++n, FNR)
        into = base ".c"; printf "" > into; last = base; next
    }
    /^```output/ && last != "" {
        kind = "output"; into = last ".out"; last = ""; printf "" > into; next
    }
    /^```/ { kind = "other"; into = "/dev/null"; next }
    kind != "" { print > into; next }
    NF { last = "" }' docs/embedding.md

run() { # run SOURCE EXPECTED NAME
    # shellcheck disable=SC2046,SC2086
    $cc -std=gnu17 $strict "$1" $(pkg-config --cflags --libs vestige) \
        -o "$scratch/program" &&
        (cd "$scratch" && timeout 60 ./program) >"$scratch/got" 2>&1 &&
        diff -u "$2" "$scratch/got"
    judge "$3"
}

blocks=0
for source in "$scratch"/[0-9]*.c; do
    [ -f "$source" ] || continue
    blocks=$((blocks + 1))
    run "$source" "${source%.c}.out" \
        "docs/embedding.md: $(basename "$source" .c)"
done
[ "$blocks" -ge 5 ]
judge 'blocks of docs/embedding.md'
for source in examples/embed/*.c; do
    run "$source" "tests/embed/$(basename "$source" .c).out" "$source"
done

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
