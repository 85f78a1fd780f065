#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""NUTS beside Stan's: time per leapfrog, ESS per gradient, and the start.

    bench/stan.py [--seeds N] [--turns N] [--ours] [./vestige] [MODEL ...]

The models are those of bench/stan/, one text in Stan and one of ours, on data
drawn here. `eight_schools` and `radon` are written centred in ours, and set
beside Stan's non-centred ones. A chain makes 1000 transitions of warmup. A row
has, of either,

    us        CPU microseconds a leapfrog of the draws, the median over turns.
              Ours: two runs of one seed, one with more draws, and the time of
              the one less that of the other by the leapfrogs between them; what
              is written to the trace, collected and summed up is among it.
              Stan's: its own clock of its sampling, which is CPU time too
    share     ours by Stan's in the same turn, the median: they take turns, so
              what slows the machine slows both
    start     ours: CPU milliseconds from the start of the process to the end of
              its first transition of warmup; at most 50
    ess/1000  effective draws a thousand leapfrogs after warmup: the mean over
              the seeds of the least bulk ESS of all that is drawn or made of it

and `ratio`, of our ESS per leapfrog to Stan's, with a one-sided lower bound
at 1e-3. Seeds are as many as it takes to tell 0.9 from 1: ESS per leapfrog of
one chain differs by a fifth to a third from seed to seed. The bar is a share
of Stan's time; that of the small models is 0.4 us where Stan takes what it took
when the bar was set, or 0.4 us.

Stan is Debian's rstan; without it, or with --ours, its columns are empty. A
model is compiled once, for half a minute and more; it is kept in bench/out/,
by its text, and so are what its seeds gave, by model and data.
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
START = 50.0
# Microseconds of Stan's a leapfrog when the bar of 0.4 was set, or a share.
SMALL = {"simple": 1.53, "medium": 1.8, "stress": 1.83,
         "eight_schools_nc": 2.2, "eight_schools": 2.2}
SHARES = {"logistic": 0.2, "linear": 0.2, "gmm2": 0.1, "radon_nc": 0.15,
          "radon": 0.15, "pois_glmm": 0.15, "sv500": 0.15}
BAR = 0.4
MODELS = [*SMALL, *SHARES]
# How many seeds; 60 of all others.
SEEDS = {"simple": 300, "medium": 300, "stress": 300, "eight_schools_nc": 600,
         "eight_schools": 600, "linear": 40, "radon_nc": 150, "sv500": 150}
# Stan's text of what is written in another way in ours.
BESIDE = {"eight_schools": "eight_schools_nc", "radon": "radon_nc"}

# Says what it is told to: a seed a line.
STAN = """
suppressMessages(library(rstan)); rstan_options(boost_lib = "/usr/include")
a <- commandArgs(TRUE)
if (!file.exists(a[2])) saveRDS(stan_model(a[1]), a[2])
sm <- readRDS(a[2]); dat <- jsonlite::fromJSON(a[3])
from <- file("stdin", "r")
while (length(s <- readLines(from, 1)) > 0) {
  fit <- sampling(sm, data = dat, chains = 1, iter = 2000, warmup = 1000,
                  seed = as.integer(s), refresh = 0, show_messages = FALSE)
  n <- sum(get_sampler_params(fit, inc_warmup = FALSE)[[1]][, "n_leapfrog__"])
  d <- extract(fit, permuted = FALSE)
  ess <- apply(d[, , dimnames(d)[[3]] != "lp__", drop = FALSE], 3, ess_bulk)
  cat("row", s, n, 1e6 * get_elapsed_time(fit)[1, "sample"] / n, min(ess), "\\n")
  flush(stdout())
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
    """CPU seconds of a command, and what it printed. Of the two that the
    kernel tells apart, by sampling, only the sum is exact."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True,
                          timeout=3600, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError((done.stderr or done.stdout).strip()[-300:])
    return (after.ru_utime + after.ru_stime - before.ru_utime -
            before.ru_stime), done.stdout


def leapfrogs_of(path):
    """n_leapfrog__ of each line of a draws file."""
    with open(path, encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file
                              if not line.startswith("#"))
        return [float(row["n_leapfrog__"]) for row in rows]


class Ours:
    """Our program of a model, in a folder with its data."""

    def __init__(self, program, model, folder):
        self.program, self.folder = program, folder
        self.text = (HERE / f"{model}.church").read_text(encoding="utf-8")
        # So many draws more that the difference is a matter of them.
        self.more = 20 * DRAWS if model in SMALL else DRAWS

    def run(self, seed, draws=DRAWS, warmup=1000, rest="",
            answers=("--json",)):
        (self.folder / "run.church").write_text(
            f"{self.text}INFER (nuts) :samples {draws} :warmup {warmup} "
            f":chains 1 :seed {seed} {rest}\n", encoding="utf-8")
        return cpu([self.program, *answers, "run.church"], self.folder)

    def leapfrogs(self, seed, draws):
        """Of each draw; and what the run printed."""
        printed = self.run(seed, draws, rest=':out "draws"')[1]
        path = next(self.folder.glob("draws*"))
        made = leapfrogs_of(path)
        path.unlink()
        return made, json.loads(printed.strip().splitlines()[-1])

    def time(self, seed):
        """CPU microseconds a leapfrog."""
        made = sum(self.leapfrogs(seed, DRAWS + self.more)[0][DRAWS:])
        short = min(self.run(seed)[0] for _ in range(3))
        long = min(self.run(seed, DRAWS + self.more)[0] for _ in range(3))
        return 1e6 * (long - short) / made

    def start(self):
        """CPU milliseconds of a run of one transition of warmup, and one draw."""
        return 1e3 * min(self.run(1, 1, 1, answers=[])[0] for _ in range(5))

    def ess(self, seed):
        """Effective draws a leapfrog."""
        made, answer = self.leapfrogs(seed, DRAWS)
        return min(row["ess_bulk"] for row in answer["summary"]
                   if row.get("ess_bulk") is not None) / sum(made)


class Stans:
    """Stan's of a model: a process of R that runs a seed when told to, begun
    when it is first needed; what its seeds gave is kept."""

    def __init__(self, model, folder):
        self.path = HERE / f"{BESIDE.get(model, model)}.stan"
        self.folder, self.process = folder, None
        text = self.path.read_bytes()
        self.model = self.place(text, "rds")
        self.kept = self.place(text + (folder / "data.json").read_bytes(),
                               "rows")
        self.rows = {}
        if self.kept.exists():
            for line in self.kept.read_text(encoding="utf-8").splitlines():
                self.read(line)

    def place(self, told, kind):
        return KEPT / (f"{self.path.stem}-"
                       f"{hashlib.sha256(told).hexdigest()[:16]}.{kind}")

    def read(self, line):
        seed, made, us, ess = line.split()[1:]
        self.rows[int(seed)] = (float(us), float(ess) / float(made))

    def begin(self):
        KEPT.mkdir(exist_ok=True)
        (self.folder / "run.R").write_text(STAN, encoding="utf-8")
        self.process = subprocess.Popen(
            ["Rscript", "run.R", str(self.path), str(self.model), "data.json"],
            cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=open(self.folder / "errors", "w", encoding="utf-8"),
            text=True)

    def run(self, seed):
        if not self.process:
            self.begin()
        print(seed, file=self.process.stdin, flush=True)
        for line in self.process.stdout:
            if line.startswith("row "):
                break
        else:
            errors = (self.folder / "errors").read_text(encoding="utf-8")
            raise RuntimeError(errors.strip()[-300:])
        if seed not in self.rows:
            with open(self.kept, "a", encoding="utf-8") as file:
                file.write(line)
        self.read(line)

    def time(self, seed):
        self.run(seed)
        return self.rows[seed][0]

    def ess(self, seed):
        if seed not in self.rows:
            self.run(seed)
        return self.rows[seed][1]

    def close(self):
        if self.process:
            self.process.communicate()


def ratio(a, b):
    """Of the means of two samples, and its lower bound, by the delta
    method."""
    x, y = statistics.mean(a), statistics.mean(b)
    error = math.sqrt(statistics.variance(a) / len(a) / x ** 2 +
                      statistics.variance(b) / len(b) / y ** 2)
    return x / y, x / y * (1 - Z * error)


def measure(program, model, folder, options):
    """A row of the table, and whether it keeps the bars."""
    a, b = Ours(program, model, folder), None
    if not options.ours and shutil.which("Rscript"):
        b = Stans(model, folder)
    turns, good = [], True
    if b:
        b.time(1)  # compiled, read, warm
    for seed in range(1, options.turns + 1):
        turns.append((a.time(seed), b.time(seed) if b else math.nan))
    us = statistics.median(t[0] for t in turns)
    start = a.start()
    seeds = range(1, (options.seeds or SEEDS.get(model, 60)) + 1)
    x = [a.ess(seed) for seed in seeds]
    row = f"{model:18}{us:8.2f}"
    if b:
        share = statistics.median(t[0] / t[1] for t in turns)
        bar = SHARES.get(model) or BAR / SMALL[model]
        y = [b.ess(seed) for seed in seeds]
        r, least = ratio(x, y)
        row += (f"{statistics.median(t[1] for t in turns):8.2f}{share:8.3f}"
                f"{bar:8.3f}{start:8.1f}{1e3 * statistics.mean(x):10.1f}"
                f"{1e3 * statistics.mean(y):8.1f}{r:7.2f}{least:10.2f}")
        good = (share <= bar or (model in SMALL and us <= BAR)) and least >= 0.9
        b.close()
    else:
        row += f"{'':24}{start:8.1f}{1e3 * statistics.mean(x):10.1f}"
    return row, good and start <= START


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--ours", action="store_true")
    parser.add_argument("program", nargs="?", default="./vestige")
    parser.add_argument("model", nargs="*", default=MODELS)
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    missed = 0
    print(f"{'model':18}{'us':>8}{'Stan':>8}{'share':>8}{'bar':>8}{'start':>8}"
          f"{'ess/1000':>10}{'Stan':>8}{'ratio':>7}{'at least':>10}")
    for model in options.model or MODELS:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "data.json").write_text(json.dumps(data_of(model)),
                                              encoding="utf-8")
            try:
                row, good = measure(program, model, folder, options)
            except RuntimeError as error:
                row, good = f"{model}: {error}", False
        missed += not good
        print(row, flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
