#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The documentation's examples are tests. In README.md and docs/*.md a block
#
#   ```church
#   PREDICT (+ 1 2)
#   ```
#   ```output
#   3
#   ```
#
# is run as a script; a block `output` right after it is what it must print
# (standard output, then standard error; times are shown as T). Without one
# it must end well. `church norun` is text only; `church error` must fail;
# `church reduced` is run by that engine.
# All blocks of a page run in the folder above docs/, each on its own. The
# examples of docs/language.md are read from its frame, docs/language.md.in.
#
#   tests/run-docs.sh            runs them
#   tests/run-docs.sh --update   writes the outputs that differ anew: read the
#                                difference before you commit
#
# VESTIGE= the program (./vestige).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
program=${VESTIGE:-./vestige}
if ! command -v "$program" >/dev/null; then
    echo "there is no $program"
    exit 2
fi
update=no
[ "${1:-}" = --update ] && update=yes
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

pages=()
for page in README.md docs/*.md docs/*.md.in; do
    [ -f "$page.in" ] || [ ! -f "$page" ] || pages+=("$page")
done
if [ ${#pages[@]} -eq 0 ]; then
    echo '0 passed, 0 failed, 0 skipped'
    exit 0
fi

# Writes scratch/NNN.church, .where, .kind and, when there is one, .output.
awk -v scratch="$scratch" '
    function leave() { if (into != "") close(into); into = "" }
    FNR == 1 { leave(); kind = ""; last = "" }
    /^```/ && kind != "" { leave(); kind = ""; next }
    /^```church/ {
        kind = "church"; what = $2 == "" ? "run" : $2
        base = sprintf("%s/%03d", scratch, ++count)
        into = base ".church"
        printf "" > into
        print FILENAME ":" FNR > (base ".where"); close(base ".where")
        print what > (base ".kind"); close(base ".kind")
        last = base
        next
    }
    /^```output/ {
        kind = "output"
        into = last == "" ? "" : last ".output"
        if (into != "") printf "" > into
        last = ""
        next
    }
    /^```/ { kind = "other"; last = ""; next }
    kind == "" && NF > 0 { last = "" }
    into != "" { print > into }
' "${pages[@]}"

times='s/^time: [0-9.e+-]+/time: T/; s/"seconds":[0-9.e+-]+/"seconds":T/g;
       s/[0-9.e+-]+ (seconds|s)\b/T \1/g'
passed=0 failed=0 skipped=0
for script in "$scratch"/*.church; do
    [ -f "$script" ] || break
    base=${script%.church}
    kind=$(cat "$base.kind")
    if [ "$kind" = norun ]; then
        skipped=$((skipped + 1))
        continue
    fi
    engine=()
    [ "$kind" = reduced ] && engine=(--engine reduced)
    timeout 60 "$program" --seed 1 "${engine[@]}" "$script" >"$base.got" 2>&1 </dev/null
    status=$?
    sed -i "s|$script|example.church|g" "$base.got"
    cp "$base.got" "$base.raw"
    sed -i -E "$times" "$base.got"
    why=
    if [ "$kind" = error ]; then
        [ $status -ne 0 ] || why="should fail and does not"
    else
        [ $status -eq 0 ] || why="ends with status $status"
    fi
    if [ -z "$why" ] && [ -f "$base.output" ]; then
        sed -i -E "$times" "$base.output"
        diff -u "$base.output" "$base.got" >"$base.diff" ||
            why='prints something else'
        if [ -n "$why" ] && [ $update = yes ]; then
            touch "$base.anew"
            echo "anew: $(cat "$base.where")"
            why=
        fi
    fi
    if [ -z "$why" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $(cat "$base.where"): $why"
        if [ -s "$base.diff" ]; then cat "$base.diff"; else
            tail -5 "$base.got"
        fi
    fi
done

# The blocks in the order in which they were found above.
if [ $update = yes ]; then
    for page in "${pages[@]}"; do
        awk -v scratch="$scratch" -v first="${count:-0}" '
            BEGIN { count = first }
            /^```/ && inside { inside = 0; print; next }
            inside { if (!anew) print; next }
            { print }
            /^```church/ { base = sprintf("%s/%03d", scratch, ++count); inside = 1
                           anew = 0; next }
            /^```output/ && base != "" {
                inside = 1
                anew = (getline line < (base ".anew")) >= 0
                while (anew && (getline line < (base ".raw")) > 0) print line
                base = ""
                next
            }
            /^```/ { inside = 1; anew = 0; base = ""; next }
            NF > 0 { base = "" }
        ' "$page" >"$scratch/page" && cat "$scratch/page" >"$page"
        count=$((${count:-0} + $(grep -c '^```church' "$page")))
    done
    [ -x tools/language.py ] && VESTIGE=$program tools/language.py
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
