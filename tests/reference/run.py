#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges the examples on real data against independent references.

    tests/reference/run.py [--long] [--program ./vestige]

examples/coal.church against exact summation (coal_exact.py), once by what
the example itself prints and once by draws of our own; examples/
faithful.church against a long run of a Gibbs sampler that shares nothing
with Vestige (faithful_gibbs.c; its figures and their errors are in
faithful_gibbs.txt). `--gibbs` builds and runs that sampler anew and holds it
against its own figures. The false-alarm rate of the whole is 1e-6.
"""
import argparse
import concurrent.futures
import math
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "known-answers"))
import coal_exact  # noqa: E402
import draws  # noqa: E402
import judge  # noqa: E402

LOG_LIMIT = math.log(1e-6 / 40)  # fewer than 40 comparisons


def model(name):
    """The example without its INFERs: they stand on one line each."""
    text = (ROOT / "examples" / name).read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines()
                     if not line.startswith("INFER"))


def say(name, verdict):
    good = verdict.log_p > LOG_LIMIT
    print("pass" if good else "FAIL", f"{name}: {verdict.words} (worth "
          f"{verdict.effective:.0f} independent draws)", flush=True)
    return good


def coal_itself(program, _long):
    """What the example prints: its means within their own errors."""
    exact = coal_exact.solve()
    text = (ROOT / "examples/coal.church").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        answers = draws.run_json(program, text, 1, folder)
    rows = {row["name"]: row for answer in answers
            for row in answer.get("summary", [])}
    for name in ("change", "early", "late"):
        row = rows[name]
        t = abs(row["mean"] - exact[name][0]) / row["mcse"]
        # The error is itself estimated, about as well as from 20 batches.
        yield (judge.student_log_tail(t, 20) > LOG_LIMIT
               and row["mcse"] < exact[name][1] / 5,
               f"coal.church prints {name} = {row['mean']:.5g} +- "
               f"{row['mcse']:.2g}, exactly {exact[name][0]:.5g}")


def coal_draws(program, long):
    exact = coal_exact.solve()
    samples, thin = (16000, 50) if long else (1200, 40)
    result = draws.chains(program, model("coal.church"),
                          ("change", "early", "late"), range(11, 15),
                          samples, 100, thin, seconds=600)
    years = {y: p for y, p in exact["years"].items() if p >= 0.01}
    events = [(f"P(change = {y})", lambda x, y=y: x == y, p)
              for y, p in years.items()]
    events.append(("P(another year)", lambda x: x not in years,
                   1 - sum(years.values())))
    yield "coal, change", judge.judge(result["change"], events)
    for name in ("early", "late"):
        yield f"coal, {name}", judge.judge(result[name], [], exact[name])


def gibbs_figures(lines):
    """{clusters: (probability, error)}"""
    rows = [line.split() for line in lines if line.startswith("clusters")]
    return {int(k): (float(p), float(e)) for _, k, p, e in rows}


def faithful_draws(program, long):
    figures = gibbs_figures(
        (HERE / "faithful_gibbs.txt").read_text().splitlines())
    samples = 4000 if long else 150
    result = draws.chains(program, model("faithful.church"), ("(clusters)",),
                          range(21, 25), samples, samples // 8, 272,
                          watch="(clusters)", seconds=3000)
    events = [(f"P({k} clusters)", lambda x, k=k: x == k, p)
              for k, (p, _) in figures.items() if p > 0.01]
    # The reference is no better than its own error: the largest, as draws.
    worth = min(p * (1 - p) / e ** 2
                for p, e in figures.values() if p > 0.01)
    yield "faithful, clusters", judge.judge(result["(clusters)"], events,
                                            reference_worth=worth)


def gibbs_again():
    """The sampler itself, another seed, against its written figures."""
    with tempfile.TemporaryDirectory() as folder:
        binary = str(pathlib.Path(folder) / "faithful_gibbs")
        subprocess.run(["gcc", "-O2", "-Wall", "-Werror", "-o", binary,
                        str(HERE / "faithful_gibbs.c"), "-lm"], check=True)
        with open(ROOT / "examples/data/faithful.csv",
                  encoding="utf-8") as data:
            done = subprocess.run([binary, "20000", "2"], stdin=data,
                                  capture_output=True, text=True, check=True)
    now = gibbs_figures(done.stdout.splitlines())
    then = gibbs_figures(
        (HERE / "faithful_gibbs.txt").read_text().splitlines())
    good = True
    for k, (p, error) in then.items():
        if p > 0.01:
            t = abs(now[k][0] - p) / math.hypot(error, now[k][1])
            good = good and judge.student_log_tail(t, 49) > LOG_LIMIT
    print("pass" if good else "FAIL", "the Gibbs sampler against its figures")
    return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--gibbs", action="store_true")
    parser.add_argument("--program", default="./vestige")
    parser.add_argument("--engine", help="another than the default")
    options = parser.parse_args()
    if options.engine:
        draws.OPTIONS = ["--engine", options.engine]
    results = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(lambda f=f: list(f(options.program,
                                               options.long)))
                for f in (faithful_draws, coal_itself, coal_draws)]
        for job in jobs:
            try:
                for first, second in job.result():
                    if isinstance(second, judge.Verdict):
                        results.append(say(first, second))
                    else:
                        print("pass" if first else "FAIL", second)
                        results.append(first)
            except (draws.Failed, KeyError) as failure:
                print("FAIL", failure)
                results.append(False)
    if options.gibbs:
        results.append(gibbs_again())
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed, "
          "0 skipped")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
