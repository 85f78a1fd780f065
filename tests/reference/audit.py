#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many rows of reference each family has, and of what: prints a table of
all families and makers, and ends with status 1 when one has fewer than 250
rows of densities, or a slope, a tail or a mean that no row judges.

    tests/reference/audit.py [--all]

Without --all it prints what is below the bar only. Samplers are judged by
tests/unit/test_univariate_draw.c, test_xrp_sample.c, test_xrp_multivariate.c,
test_forms_draw.c and test_urns.c; here their names are looked for.
"""
import collections
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LEAST = 250
DRAWN = ("test_univariate_draw.c", "test_xrp_sample.c",
         "test_xrp_multivariate.c", "test_forms_draw.c", "test_urns.c",
         "test_choices.c")
# No law to judge: the log density is 0.
FLAT = ("flat", "flat-positive", "flat-interval")


def families():
    """{name: text of its row}, from the sources."""
    found = {}
    for path in sorted((ROOT / "src/xrp").glob("*.c")):
        text = path.read_text(encoding="utf-8")
        for row in re.finditer(
                r"const struct xrp_family (?:family|maker)_\w+ = \{(.*?)^\};",
                text, re.S | re.M):
            name = re.search(r'\.names = "([^" ]+)', row.group(1))
            if name:
                found[name.group(1)] = row.group(1)
        for row in re.finditer(
                r'_FAMILY\([^"]*"([^" ]+)[^"]*",\s*"(\([^;]*)', text):
            found.setdefault(row.group(1), ".gradient")
    return found


def rows():
    """{name: {what: count}}"""
    count = collections.defaultdict(collections.Counter)
    for table, split in (("univariate.csv", ","), ("choices.csv", ","),
                         ("urns.csv", ","), ("forms.txt", " ")):
        lines = (HERE / table).read_text(encoding="utf-8").splitlines()
        for line in lines:
            if split not in line or line.startswith("#"):
                continue
            count[line.split(split)[0]][table.split(".")[0]] += 1
    for table in ("densities", "densities_r", "multivariate"):
        text = (HERE / (table + ".inc")).read_text(encoding="utf-8")
        for name in re.findall(r'^\{"([^"]+)"', text, re.M):
            count[name][table] += 1
    return count


def main():
    everything = "--all" in sys.argv[1:]
    other_names = {"uniform-continuous": "uniform"}
    drawn = "".join((ROOT / "tests/unit" / name).read_text(encoding="utf-8")
                    for name in DRAWN)
    count, bad = rows(), 0
    for name, _ in sorted(families().items()):
        if name in FLAT:
            continue
        seen = count[other_names.get(name, name)]
        # Tables that judge slopes as well.
        full = max(seen[t] for t in ("univariate", "choices", "urns",
                                     "multivariate", "forms"))
        word = other_names.get(name, name)
        sampler = (f'"{word}"' in drawn
                   or "family_" + word.replace("-", "_") in drawn)
        low = full < LEAST or not sampler
        bad += low
        if low or everything:
            tables = ", ".join(f"{t} {n}" for t, n in sorted(seen.items()))
            print(f"{name:40} {'LOW ' if full < LEAST else 'ok  '}"
                  f"{'draws ' if sampler else 'NO DRAWS '} {tables}")
    print(f"{len(families()) - len(FLAT)} families, {bad} below the bar")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
