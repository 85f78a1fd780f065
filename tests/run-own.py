#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random procedures written in the language are those that are built in.

    tests/run-own.py [./vestige]

The coin, the restaurant and the tree of examples/own-xrp.church, as they are
defined there, beside beta-binomial/make, CRP/make, and a tree of three such
coins. Each is applied a few times and seen through noise, with parameters that
move; the exact tables of all states (enumerate) and the log marginal
likelihoods must be the same to 1e-9, on every engine. A fault that is planted
in the example's text must be seen: this is tried, too.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
import own  # noqa: E402

ENGINES = ("reduced", "traces", "randomdb")
NEAR = 1e-9

COIN = """
ASSUME a (uniform-draw '(0.5 2))
ASSUME draw ({} a 1)
ASSUME all (repeat 4 draw)
OBSERVE (noisy (eq? (first all) (third all)) 0.2) true
OBSERVE (draw) true
INFER (pair a all) 1 1 (enumerate)
"""
RESTAURANT = """
ASSUME alpha (uniform-draw '(0.5 2))
ASSUME draw ({} alpha)
ASSUME all (repeat 4 draw)
OBSERVE (noisy (= (first all) (third all)) 0.2) true
INFER (pair alpha (map (lambda (x) (map (lambda (y) (= x y)) all)) all)) 1 1 (enumerate)
"""
TREE = """
ASSUME all (repeat 3 draw)
OBSERVE (noisy (= (first all) (third all)) 0.2) true
INFER all 1 1 (enumerate)
"""
ROWS = {
    "coin": (COIN.format("make-coin"), COIN.format("beta-binomial/make")),
    "restaurant": (RESTAURANT.format("make-restaurant"),
                   RESTAURANT.format("CRP/make")),
    "tree": tuple(way + TREE for way in own.ROWS["tree"]),
}
# A fault for each: what is in the example, and what it would be.
FAULTS = {
    "coin": ("(+ b (second s))", "(+ b b (second s))"),
    "restaurant": ("(second t) alpha)", "(second t) (* 2 alpha))"),
    "tree": ("(+ 2 (first counts)", "(+ 2 (second counts)"),
}


def table(program, engine, text):
    """{value: probability} and the log marginal likelihood, as `exact`."""
    with tempfile.NamedTemporaryFile("w", suffix=".church") as script:
        script.write(text)
        script.flush()
        said = subprocess.run([program, "--engine", engine, script.name],
                              capture_output=True, text=True, check=False)
    if said.returncode:
        return said.stderr.strip()
    rows = re.findall(r"^(\(.*\)): (\S+)$", said.stdout, re.M)
    found = {value: float(p) for value, p in rows}
    found["exact"] = float(re.search(
        r"log marginal likelihood (\S+)", said.stdout)[1])
    return found


def same(one, other):
    return (isinstance(one, dict) and isinstance(other, dict)
            and len(one) > 4 and one.keys() == other.keys()
            and all(abs(one[k] - other[k]) <= NEAR for k in one))


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "./vestige"
    defined, passed, failed = own.definitions(), 0, 0
    for name, (mine, built_in) in ROWS.items():
        known = table(program, "reduced", built_in)
        before, after = FAULTS[name]
        planted = defined.replace(before, after)
        assert planted != defined, f"the fault of {name} finds no place"
        tries = [(engine, defined, True) for engine in ENGINES]
        for engine, text, good in tries + [("reduced", planted, False)]:
            if same(table(program, engine, text + mine), known) == good:
                passed += 1
                continue
            failed += 1
            print(f"FAIL {name} on {engine}: " + (
                "is another than what is built in" if good
                else "a planted fault is not seen"))
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
