#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""NUTS beside Stan's: time per leapfrog, and ESS per gradient.

    bench/stan.py [--seeds N] [--ours] [./vestige] [MODEL ...]

The models are those of bench/stan/, one text in Stan and one of ours, on data
drawn here. `eight_schools` and `radon` are written centred in ours, and set
beside Stan's non-centred ones. Both make 1000 transitions of warmup and 1000
draws, one chain a seed. A row has, of either,

    us        median CPU microseconds a leapfrog, of the draws; ours of the
              whole run less one that only loads, warmup and summary among it
    ess/1000  effective draws a thousand leapfrogs after warmup: the mean over
              the seeds of the least bulk ESS of all that is drawn or made of it

and `ratio`, of our ESS per leapfrog to Stan's, with a one-sided lower bound
at 1e-3. Seeds are as many as it takes to tell 0.9 from 1: ESS per leapfrog of
one chain differs by a fifth to a third from seed to seed. Stan is Debian's rstan; without it, or with --ours, its columns are
empty. A model is compiled and run once, for half a minute and more; what came
of it is kept in bench/out/, by the text of model and data.
"""
import argparse
import csv
import hashlib
import json
import math
import pathlib
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent / "stan"
KEPT = HERE.parent / "out"
Z = 3.09  # one-sided, 1e-3
DRAWS = 1000
# Microseconds a leapfrog at most, or a share of Stan's.
BARS = {"simple": 0.4, "medium": 0.4, "stress": 0.4, "eight_schools_nc": 0.4,
        "eight_schools": 0.4, "logistic": "0.2", "linear": "0.2",
        "gmm2": "0.1", "radon_nc": "0.15", "radon": "0.15",
        "pois_glmm": "0.15", "sv500": "0.15"}
# How many seeds; 60 of all others.
SEEDS = {"simple": 150, "medium": 150, "stress": 150, "eight_schools_nc": 150,
         "eight_schools": 150, "linear": 40, "sv500": 40}
# Stan's text of what is written in another way in ours.
BESIDE = {"eight_schools": "eight_schools_nc", "radon": "radon_nc"}

STAN = """
suppressMessages(library(rstan)); rstan_options(boost_lib = "/usr/include")
a <- commandArgs(TRUE)
sm <- stan_model(a[1]); dat <- jsonlite::fromJSON("data.json")
for (s in seq_len(as.integer(a[2]))) {
  fit <- sampling(sm, data = dat, chains = 1, iter = 2000, warmup = 1000,
                  seed = s, refresh = 0, show_messages = FALSE)
  n <- sum(get_sampler_params(fit, inc_warmup = FALSE)[[1]][, "n_leapfrog__"])
  d <- extract(fit, permuted = FALSE)
  ess <- apply(d[, , dimnames(d)[[3]] != "lp__", drop = FALSE], 3, ess_bulk)
  cat("row", n, 1e6 * get_elapsed_time(fit)[1, "sample"] / n, min(ess), "\\n")
}
"""


def noise(dice, n, sd=1.0):
    return [dice.gauss(0, sd) for _ in range(n)]


def regression(dice, n, k):
    rows = [noise(dice, k) for _ in range(n)]
    slopes = noise(dice, k, 0.5)
    return rows, [0.5 + sum(x * b for x, b in zip(r, slopes)) for r in rows]


def data_of(model):
    """As CmdStan's data files, from one seed."""
    model = BESIDE.get(model, model)
    dice = random.Random(f"bench {model}")
    if model == "simple":
        return {"N": 50, "y": [3 + e for e in noise(dice, 50, 1.5)]}
    if model == "medium":
        return {"N": 40, "y1": [4.3 + e for e in noise(dice, 40)],
                "y2": [7 + e for e in noise(dice, 40)]}
    if model == "stress":
        return {"N": 20, "y1": [2 + e for e in noise(dice, 20, 0.5)],
                "y2": [5 + e for e in noise(dice, 20)],
                "y3": [9 + e for e in noise(dice, 20, 1.5)]}
    if model == "eight_schools_nc":
        return {"J": 8, "y": [28, 8, -3, 7, -1, 1, 18, 12],
                "sigma": [15, 10, 16, 11, 9, 11, 10, 18]}
    if model == "logistic":
        rows, means = regression(dice, 1000, 20)
        return {"N": 1000, "K": 20, "X": rows,
                "y": [int(dice.random() < 1 / (1 + math.exp(-m)))
                      for m in means]}
    if model == "linear":
        rows, means = regression(dice, 10000, 10)
        return {"N": 10000, "K": 10, "X": rows,
                "y": [m + 2 * dice.gauss(0, 1) for m in means]}
    if model == "gmm2":
        return {"N": 1000, "y": [dice.gauss(-2.7, 1) if dice.random() < 0.62
                                 else dice.gauss(2.9, 1)
                                 for _ in range(1000)]}
    if model == "radon_nc":
        return radon(dice)
    if model == "sv500":
        return volatility(dice, 500)
    groups = noise(dice, 85, 0.5)
    g = [dice.randint(1, 85) for _ in range(900)]
    x = noise(dice, 900)
    return {"N": 900, "J": 85, "g": g, "x": x,
            "y": [poisson(dice, math.exp(0.5 + 0.3 * a + groups[i - 1]))
                  for a, i in zip(x, g)]}


def radon(dice):
    """Counties of very unequal sizes, and as much between them as was seen
    in Minnesota."""
    sizes = [1 + int(dice.expovariate(1 / 9.8)) for _ in range(85)]
    counties = [j for j, size in enumerate(sizes) for _ in range(size)]
    n, uppm = len(counties), noise(dice, 85, 0.4)
    alpha = [1.4 + 0.15 * e for e in noise(dice, 85)]
    floors = [float(dice.random() < 0.17) for _ in counties]
    return {"J": 85, "N": n, "county_idx": [j + 1 for j in counties],
            "log_uppm": [uppm[j] for j in counties], "floor_measure": floors,
            "log_radon": [alpha[j] + 0.8 * uppm[j] - 0.65 * f + e
                          for j, f, e in zip(counties, floors,
                                             noise(dice, n, 0.73))]}


def volatility(dice, n):
    """Log variances that go by 0.95 of their distance from -1."""
    h, y = -1 + dice.gauss(0, 0.25) / math.sqrt(1 - 0.95 ** 2), []
    for _ in range(n):
        y.append(dice.gauss(0, math.exp(h / 2)))
        h = -1 + 0.95 * (h + 1) + dice.gauss(0, 0.25)
    return {"T": n, "y": y}


def poisson(dice, mean):
    count, left = 0, dice.expovariate(1)
    while left < mean:
        count, left = count + 1, left + dice.expovariate(1)
    return count


def cpu(command, folder):
    """CPU seconds of a command, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True,
                          timeout=3600, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError((done.stderr or done.stdout).strip()[-300:])
    return after.ru_utime - before.ru_utime, done.stdout


def leapfrogs_of(path):
    """Sum of n_leapfrog__ in a draws file."""
    with open(path, encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file
                              if not line.startswith("#"))
        return sum(float(row["n_leapfrog__"]) for row in rows)


def ours(program, model, folder, seeds):
    """(us a leapfrog, ESS a leapfrog) of each seed."""
    text = (HERE / f"{model}.church").read_text(encoding="utf-8")
    (folder / "load.church").write_text(text, encoding="utf-8")
    idle = min(cpu([program, "load.church"], folder)[0] for _ in range(3))
    out = []
    for seed in range(1, seeds + 1):
        order = (f"INFER (nuts) :samples {DRAWS} :warmup {DRAWS} :chains 1 "
                 f":seed {seed}")
        (folder / "run.church").write_text(text + order, encoding="utf-8")
        seconds = cpu([program, "run.church"], folder)[0]
        # The same draws again, to a file, for the leapfrogs of each.
        (folder / "out.church").write_text(text + order + ' :out "draws"',
                                           encoding="utf-8")
        printed = cpu([program, "--json", "out.church"], folder)[1]
        answer = json.loads(printed.strip().splitlines()[-1])
        sizes = [row["ess_bulk"] for row in answer["summary"]
                 if row.get("ess_bulk") is not None]
        made = leapfrogs_of(next(folder.glob("draws*")))
        # Warmup takes about as many leapfrogs as the draws do.
        out.append((1e6 * (seconds - idle) / (2 * made), min(sizes) / made))
    return out


def run_stan(path, folder, seeds):
    """What STAN prints of this model, or printed when it was last run."""
    told = path.read_bytes() + (folder / "data.json").read_bytes()
    told += f"{STAN}{seeds}".encode()
    kept = KEPT / f"{path.stem}-{hashlib.sha256(told).hexdigest()[:16]}"
    if kept.exists():
        return kept.read_text(encoding="utf-8")
    (folder / "run.R").write_text(STAN, encoding="utf-8")
    printed = cpu(["Rscript", "run.R", str(path), str(seeds)], folder)[1]
    KEPT.mkdir(exist_ok=True)
    kept.write_text(printed, encoding="utf-8")
    return printed


def stans(model, folder, seeds):
    """The same of Stan; none when it is not there."""
    if not shutil.which("Rscript"):
        return []
    path = HERE / f"{BESIDE.get(model, model)}.stan"
    try:
        printed = run_stan(path, folder, seeds)
    except RuntimeError as error:
        print(f"{model}: no Stan: {error}", file=sys.stderr)
        return []
    rows = [line.split()[1:] for line in printed.splitlines()
            if line.startswith("row ")]
    return [(float(us), float(ess) / float(n)) for n, us, ess in rows]


def ratio(a, b):
    """Of the means of two samples, and its lower bound, by the delta
    method."""
    x, y = statistics.mean(a), statistics.mean(b)
    error = math.sqrt(statistics.variance(a) / len(a) / x ** 2 +
                      statistics.variance(b) / len(b) / y ** 2)
    return x / y, x / y * (1 - Z * error)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--ours", action="store_true")
    parser.add_argument("program", nargs="?", default="./vestige")
    parser.add_argument("model", nargs="*", default=list(BARS))
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    missed = 0
    print(f"{'model':18}{'us':>8}{'Stan':>8}{'bar':>8}{'ess/1000':>10}"
          f"{'Stan':>8}{'ratio':>7}{'at least':>10}")
    for model in options.model or list(BARS):
        seeds = options.seeds or SEEDS.get(model, 60)
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "data.json").write_text(json.dumps(data_of(model)),
                                              encoding="utf-8")
            a = ours(program, model, folder, seeds)
            b = [] if options.ours else stans(model, folder, seeds)
        us = statistics.median(r[0] for r in a)
        row = f"{model:18}{us:8.2f}"
        bar = BARS[model]
        if b:
            theirs = statistics.median(r[0] for r in b)
            bar = float(bar) * theirs if isinstance(bar, str) else bar
            r, least = ratio([x[1] for x in a], [x[1] for x in b])
            row += (f"{theirs:8.2f}{bar:8.2f}"
                    f"{1e3 * statistics.mean(x[1] for x in a):10.1f}"
                    f"{1e3 * statistics.mean(x[1] for x in b):8.1f}"
                    f"{r:7.2f}{least:10.2f}")
            missed += us > bar or least < 0.9
        else:
            row += f"{'':16}{1e3 * statistics.mean(x[1] for x in a):10.1f}"
        print(row, flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
