#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log joint density of posteriors whose values are known.

    POSTERIORS=DIR tests/posteriors/check.py [--engine E] [NAME ...]

DIR holds a folder a posterior, as posteriordb's: data.json, model.church, and
reference.json with log_density_check: points, and the log density at each.
Each program is loaded as it is and asked for LOGDENSITY at the points;
differences from the first point agree to 1e-8 (1 + |difference|). None of
that data is ours: without DIR everything is skipped, and the end says so.

    N passed, M failed, K skipped
"""
import argparse
import json
import math
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNT = 10  # of posteriors, when they are not there to be counted
TOLERANCE = 1e-8


def noncentred(point):
    """Points of eight schools are theta; the program draws (theta - mu)/tau,
    whose density has the Jacobian tau a school."""
    mu, tau = point["mu"], point["tau"]
    theta = point.pop("theta")
    point["z"] = [(t - mu) / tau for t in theta]
    return -len(theta) * math.log(tau)


SCALES = {"eight_schools-eight_schools_noncentered": noncentred}


def gathered(flat):
    """theta[1], theta[2] ... as one list."""
    point = {}
    for name, x in flat.items():
        found = re.fullmatch(r"(.+)\[(\d+)\]", name)
        if found:
            point.setdefault(found[1], []).append((int(found[2]), x))
        else:
            point[name] = x
    return {name: [x for _, x in sorted(v)] if isinstance(v, list) else v
            for name, v in point.items()}


def written(v):
    if isinstance(v, list):
        return "#(" + " ".join(repr(x) for x in v) + ")"
    return repr(v)


def densities(args, folder, points):
    """LOGDENSITY at each point, on the scale of the points."""
    program = (folder / "model.church").read_text()
    scale = SCALES.get(folder.name, lambda point: 0.0)
    shifts = []
    for flat in points:
        point = gathered(flat)
        shifts.append(scale(point))
        program += "\nLOGDENSITY (" + " ".join(
            f"({name} {written(v)})" for name, v in point.items()) + ")"
    run = subprocess.run(
        [args.program, "--json", "--seed", "1", "--engine", args.engine, "-"],
        cwd=folder, input=program + "\n", capture_output=True, text=True,
        timeout=args.limit, check=False)
    if run.returncode:
        raise RuntimeError((run.stderr or run.stdout).strip()[-300:])
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    found = [float(a["value"]) for a in answers
             if a.get("directive") == "logdensity"]
    return [x + s for x, s in zip(found, shifts)]


def worst(ours, theirs):
    """Of the differences from the first, in units of the tolerance."""
    if len(ours) != len(theirs):
        return math.inf
    differ = [(a - ours[0], b - theirs[0]) for a, b in zip(ours, theirs)]
    return max(abs(a - b) / (TOLERANCE * (1 + abs(b))) for a, b in differ)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--engine", default="reduced")
    parser.add_argument("--program", default=str(ROOT / "vestige"))
    parser.add_argument("--limit", type=float, default=100.0)
    args = parser.parse_args()
    where = os.environ.get("POSTERIORS", "")
    folders = sorted(p.parent for p in pathlib.Path(where).glob(
        "*/reference.json")) if where else []
    if not folders:
        print("skipped: POSTERIORS names no folder of posteriors")
        print(f"0 passed, 0 failed, {COUNT} skipped")
        return 0
    passed = failed = 0
    for folder in folders:
        if args.names and folder.name not in args.names:
            continue
        check = json.loads((folder / "reference.json").read_text())[
            "log_density_check"]
        try:
            off = worst(densities(args, folder.resolve(), check["points"]),
                        check["log_density"])
            words = f"{off * TOLERANCE:.1e} of {TOLERANCE:.0e}"
        except (RuntimeError, subprocess.TimeoutExpired, ValueError) as why:
            off, words = math.inf, str(why)
        passed += off <= 1.0
        failed += not off <= 1.0
        print(f"{'ok  ' if off <= 1.0 else 'FAIL'}  {folder.name}: {words}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
