#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench-mh`: Vestige beside JAGS and WebPPL on the models of bench/mh.

    bench/mh.py [--seconds 0.8] [--install] [./vestige] [MODEL ...]

A draw is a sweep: as many transitions as there are choices to move (WebPPL: 50
at most). The CPU time of draws is that of a process that makes many, less that
of one that makes few, so that reading, compiling and warmup are in neither
column. The first fifth of the draws is left out. Printed are

    ESS/s   effective draws a CPU second at N = 10 and N = 100, of the quantity
            that moves worst, by bench/mh/effective.py for every engine; ~
            where there are fewer than 100 in all, and the number is a guess
            Draws that are far apart are worth one each, however many sweeps
            lie between: where they were thinned, a sweep is worth what it is
            in a second run that keeps them all
    us      microseconds of CPU for one transition at N = 10, 100, 1000

and whether the posterior means agree. WebPPL, which runs what comes after a
choice again, is given longer, so that there is something to count. JAGS is Debian's; WebPPL is looked for
in $WEBPPL, then where --install puts it, with npm, outside the tree. Ends with
status 1 when means disagree.
"""
import argparse
import csv
import itertools
import json
import math
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent / "mh"
sys.path.insert(0, str(HERE))
import data  # noqa: E402
import effective  # noqa: E402

SIZES = (10, 100, 1000)
SHOWN = (10, 100)  # the sizes at which draws are compared
KEPT = 8000  # draws that are written, at most
WARMUP = 100  # sweeps in which steps are adapted
WEBPPL = "webppl@0.9.15"
# at most 180 comparisons: one false alarm in 10,000 runs
Z_MOST = 5.0
LONGEST = 90  # seconds of CPU time of one process
ESS_LEAST = 100  # below it a Monte Carlo error is not to be believed


@dataclass
class Model:
    name: str
    kernels: tuple  # of ours, beside (mh): the first that is not refused
    nodes: object  # how many choices there are to move at size n
    watched: dict  # quantities: what they are in our language, and in BUGS'


MODELS = [
    Model("sprinkler", ("(cycle (gibbs (minus all (name p)) each)"
                        " (gibbs (name p)))",), lambda n: 3 * n + 1,
          {"p": ("p", "p"), "rain": ("(rain 0)", "rain0"),
           "cloudy": ("(cloudy 0)", "cloudy0")}),
    Model("hmm", ("(cycle (gibbs (name z) each) (gibbs (name row) each))",
                  "(cycle (gibbs (name z) each) (mh (name row) each))"),
          lambda n: n + 3,
          {"stay": ("((row 0) 0)", "stay"), "middle": ("(z half)", "middle")}),
    Model("lda", ("(gibbs (name z) each)",), lambda n: n,
          {"pair": ("(= (z 0) (z 1))", "pair"),
           "pairs": ("(pairs)", "pairs")}),
    Model("mixture", ("(cycle (gibbs (name z) each) (gibbs (name mu) each)"
                      " (gibbs (name w)))",
                      "(cycle (gibbs (name z) each) (gibbs (name mu) each)"
                      " (repeat 3 (mh (name w))))"), lambda n: n + 4,
          {"mean": ("(list-ref mu 0)", "mean0"), "share": ("(w 0)", "share0"),
           "middle": ("(z half)", "middle")}),
    Model("crp", ("(cycle (gibbs (name z) each) (gibbs (name mu) each))",
                  "(cycle (gibbs (name z) each) (slice (name mu) each))"),
          lambda n: n + 4,
          {"mean": ("(mu (z 0))", "mean0"),
           "pair": ("(= (z 0) (z 3))", "pair"),
           "tables": ("(tables)", "tables")}),
    Model("regression", ("(cycle (gibbs (name a b) each)"
                         " (slice (name noise)))",
                         "(slice all each)"), lambda n: 3,
          {"a": ("a", "a"), "b": ("b", "b"), "noise": ("noise", "noise")}),
]


@dataclass
class Run:
    cpu: float
    draws: list  # one list a quantity
    transitions: float


def process(command, folder, stdin=None):
    """Runs it; answers its CPU seconds and what it printed."""
    with open(folder / "out", "wb") as out:
        child = subprocess.Popen(
            command, cwd=folder, stdout=out, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL if stdin is None else open(stdin, "rb"),
            preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_CPU, (LONGEST, LONGEST)))
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    text = (folder / "out").read_text(errors="replace")
    if child.returncode in (-9, -24):
        raise RuntimeError(f"no answer in {LONGEST} seconds of CPU time")
    if status:
        lines = [x for x in text.splitlines() if "rror" in x] or ["no answer"]
        raise RuntimeError(lines[0][:200])
    return usage.ru_utime + usage.ru_stime, text


# ---- the engines ------------------------------------------------------------

class Vestige:
    """By its own single-site mh, or by a kernel program."""

    few = 40
    least = shown = 0.0

    def __init__(self, program, by_kernel):
        self.program, self.by_kernel = program, by_kernel
        self.name = "vestige kernels" if by_kernel else "vestige mh"
        self.chosen = {}

    def kernel(self, model, n, folder):
        """The first of the model's that is not refused."""
        if not self.by_kernel:
            return "(mh)"
        for kernel in model.kernels:
            if model.name in self.chosen:
                break
            try:
                self.infer(model, n, f"{kernel} 1", folder)
                self.chosen[model.name] = kernel
            except RuntimeError:
                if kernel == model.kernels[-1]:
                    raise
        return self.chosen[model.name]

    def infer(self, model, n, what, folder):
        (folder / "m.church").write_text(
            data.church(data.data_of(model.name, n))
            + (HERE / f"{model.name}.church").read_text()
            + f"INFER {what}\n")
        return process([self.program, "--json", "m.church"], folder)

    def run(self, model, n, sweeps, thin, folder):
        watched = " ".join(ours for ours, _ in model.watched.values())
        kernel = self.kernel(model, n, folder)
        step = thin if self.by_kernel else thin * model.nodes(n)
        cpu, text = self.infer(
            model, n, f"{kernel} :samples {sweeps // thin} :thin {step}"
            f" :warmup {WARMUP} :chains 1 :seed 1 :out \"d\""
            f" :watch ({watched})", folder)
        answer = json.loads(text.splitlines()[-1])
        with open(folder / "d_1.csv", encoding="utf-8") as file:
            rows = list(csv.reader(x for x in file if x[0] != "#"))
        columns = [[float(v) for v in x] for x in zip(*rows[1:])]
        return Run(cpu, watched_of(model, rows[0], columns),
                   answer["proposals"])


def watched_of(model, header, columns):
    """What is watched: an ASSUME has a column anyway; those of expressions
    are the last."""
    watched = [ours for ours, _ in model.watched.values()]
    last = len(columns) - sum(ours[0] == "(" for ours in watched)
    found = []
    for ours in watched:
        if ours[0] != "(":
            found.append(columns[header.index(ours)])
        else:
            found.append(columns[last])
            last += 1
    return found


class Jags:
    name = "jags"
    few = 40
    least = shown = 0.0

    def run(self, model, n, sweeps, thin, folder):
        text = (HERE / f"{model.name}.bug").read_text()
        used = set(re.findall(r"\w+", text))
        given = data.data_of(model.name, n)
        (folder / "m.dat").write_text(data.bugs(given, used))
        names = [theirs for _, theirs in model.watched.values()]
        (folder / "m.cmd").write_text("\n".join(
            [f'model in "{HERE}/{model.name}.bug"', 'data in "m.dat"',
             "compile", "initialize", f"update {WARMUP}"]
            + [f"monitor {name}, thin({thin})" for name in names]
            + [f"update {sweeps}", 'coda *, stem("d")', "exit", ""]))
        cpu, _ = process(["jags", "m.cmd"], folder)
        values = [float(x.split()[1])
                  for x in (folder / "dchain1.txt").read_text().splitlines()]
        found = {}
        for line in (folder / "dindex.txt").read_text().splitlines():
            name, low, high = line.split()
            found[name] = values[int(low) - 1:int(high)]
        return Run(cpu, [found[name] for name in names],
                   (sweeps + WARMUP) * model.nodes(n))


class WebPpl:
    """By its single-site MH, the only one of its kernels for all models."""

    name = "webppl mh"
    few = 4
    least = 1.0  # what node takes to start varies by a tenth of a second
    shown = 16.0  # its effective draws are few

    def __init__(self, command):
        self.command = command

    def run(self, model, n, sweeps, thin, folder):
        # a transition runs what comes after it again: sweeps would be long
        step = min(50, model.nodes(n))
        (folder / "m.wppl").write_text(
            data.javascript(data.data_of(model.name, n))
            + (HERE / f"{model.name}.wppl").read_text()
            + "var d = Infer({method: 'MCMC', kernel: 'MH', model,"
            f" samples: {sweeps // thin}, lag: {step * thin - 1}}})\n"
            "console.log(JSON.stringify(_.map(d.samples, 'value')))\n")
        # it calls itself once a transition, or so: the usual stack is short
        cpu, text = process(
            ["sh", "-c", 'ulimit -s 65000; exec node --stack-size=60000 "$@"',
             "sh", self.command, "m.wppl", "--random-seed", "1"], folder)
        line = next(x for x in text.splitlines() if x.startswith("[["))
        draws = [[float(v) for v in x] for x in zip(*json.loads(line))]
        return Run(cpu, draws, sweeps * step)


def webppl_home():
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(cache) / "vestige-bench"


def webppl_command(install):
    given = os.environ.get("WEBPPL")
    if given:
        return shutil.which(given)
    home = webppl_home()
    command = home / "node_modules" / ".bin" / "webppl"
    if install and not command.exists() and shutil.which("npm"):
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund",
                        "--prefix", str(home), WEBPPL], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return str(command) if command.exists() else shutil.which("webppl")


def engines(program, install):
    found = [Vestige(program, False), Vestige(program, True)]
    if shutil.which("jags"):
        found.append(Jags())
    else:
        print("jags is not installed: apt-get install jags")
    command = webppl_command(install)
    if command and shutil.which("node"):
        found.append(WebPpl(command))
    else:
        print(f"webppl is not installed: bench/mh.py --install, which needs "
              f"node and npm ({WEBPPL} into {webppl_home()})")
    return found


# ---- measuring --------------------------------------------------------------

def measure(engine, model, n, seconds, folder):
    """Seconds a transition and a sweep, and of the longest run how many
    sweeps lie between its draws, and these."""
    few = engine.run(model, n, engine.few, 1, folder)
    sweeps, most = 4 * engine.few, 1 << 26
    seconds = max(seconds, engine.least)
    while True:
        thin = -(-sweeps // KEPT)
        many = engine.run(model, n, sweeps, thin, folder)
        spent = many.cpu - few.cpu
        if spent > 0.5 * seconds or sweeps >= most:
            break
        sweeps = int(sweeps * min(8, max(2, seconds / max(spent, 0.1))))
    return (spent / (many.transitions - few.transitions),
            spent / (sweeps - engine.few), thin, many.draws)


@dataclass
class Shown:
    """What the draws at one size are worth."""

    rate: float
    worst: str
    few: bool
    means: list  # (mean, error, effective size) a quantity


@dataclass
class Result:
    engine: str
    micros: dict  # by size
    shown: dict  # by size
    failures: list


def worth(model, draw, draws):
    kept = [x[len(x) // 5:] for x in draws]
    found = [effective.summary(x) for x in kept]
    sizes = [0.0 if math.isnan(bulk) else bulk for bulk, _, _ in found]
    worst = min(range(len(sizes)), key=sizes.__getitem__)
    return Shown(sizes[worst] / (draw * len(kept[0])),
                 list(model.watched)[worst], sizes[worst] < ESS_LEAST,
                 [(mean, error, bulk) for bulk, mean, error in found])


def worth_of_run(engine, model, n, sweep, thin, draws, folder):
    found = worth(model, sweep * thin, draws)
    if thin > 1:
        near = worth(model, sweep, engine.run(model, n, KEPT, 1, folder).draws)
        if not near.few:
            found.rate, found.worst = near.rate, near.worst
    return found


def result(engine, model, seconds, folder):
    r = Result(engine.name, {}, {}, [])
    for n in SIZES:
        long = max(seconds, engine.shown) if n in SHOWN else 0.3 * seconds
        try:
            transition, *run = measure(engine, model, n, long, folder)
            if n in SHOWN:
                r.shown[n] = worth_of_run(engine, model, n, *run, folder)
        except RuntimeError as error:
            r.failures.append(f"N = {n}: {error}")
            continue
        r.micros[n] = 1e6 * transition
    return r


def number(x):
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:.3g}"


def header():
    return (f"{'model':11s} {'engine':15s}"
            + "".join(f"{f'ESS/s, N = {n}':>15s}  {'of':7s}" for n in SHOWN)
            + "".join(f"{f'us, N = {n}':>13s}" for n in SIZES))


def row(model, r):
    words = f"{model.name:11s} {r.engine:15s}"
    for n in SHOWN:
        s = r.shown.get(n)
        rate = ("~ " if s.few else "") + number(s.rate) if s else "-"
        words += f"{rate:>15s}  {s.worst if s else '':7s}"
    for n in SIZES:
        words += f"{number(r.micros[n]) if n in r.micros else '-':>13s}"
    return "\n".join([words] + [f"{'':11s} {x}" for x in r.failures])


def agreement(model, results, n):
    """One line a quantity; false when two means are too far apart."""
    good = True
    for i, name in enumerate(model.watched):
        words, sound = [], []
        for r in results:
            if n not in r.shown:
                continue
            mean, error, bulk = r.shown[n].means[i]
            # a chain that hardly moves thinks well of what it has not seen
            believed = not r.shown[n].few
            words.append(f"{r.engine} {mean:.4f}" + (
                f" +- {error:.4f}" if believed else " (few)"))
            if believed:
                sound.append((mean, error))
        z = max((abs(a - b) / math.hypot(e, f) for (a, e), (b, f)
                 in itertools.combinations(sound, 2)), default=math.nan)
        verdict = ("    " if math.isnan(z)
                   else "PASS" if z <= Z_MOST else "MISS")
        good = good and verdict != "MISS"
        print(f"{verdict}  {model.name}, {n}: {name}: {'; '.join(words)}; "
              f"largest z {z:.1f}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=0.8)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("program", nargs="?", default="./vestige")
    parser.add_argument("models", nargs="*")
    given = parser.parse_args()
    program = str(pathlib.Path(given.program).resolve())
    present = engines(program, given.install)
    ours, good, all_results = present[1], True, []
    print(header())
    for model in MODELS:
        if given.models and model.name not in given.models:
            continue
        results = []
        for engine in present:
            with tempfile.TemporaryDirectory() as scratch:
                r = result(engine, model, given.seconds, pathlib.Path(scratch))
            good = good and not (r.failures and engine in present[:2])
            results.append(r)
            print(row(model, r), flush=True)
        all_results.append((model, results))
    print("\nposterior means, with Monte Carlo errors; 'few': fewer than "
          f"{ESS_LEAST} effective draws, not compared")
    for model, results in all_results:
        if model.name in ours.chosen:
            print(f"      {model.name}: {ours.chosen[model.name]}")
        for n in SHOWN:
            good = agreement(model, results, n) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
