#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make demo`: the two worked examples on real data, with what they ask said
# first. Takes the program, ./vestige.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-./vestige}

show() {
    local script=$1
    echo
    echo "== $script"
    # The paragraph at its head, without the comment marks.
    sed -n '/^;/!q; s/^; \{0,1\}//p' "$script"
    echo
    "$program" --seed "${SEED:-1}" "$script"
}

show examples/coal.church
show examples/faithful.church
echo
echo "The programs are in examples/; start the prompt with $program."
