#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""NUTS on the models that eXMC publishes figures of: ESS per second.

    bench/exmc.py [--seeds N] [./vestige] [MODEL ...]

As its authors measure: one chain, 1000 transitions of warmup and 1000 draws,
the least bulk ESS of all that is drawn over the seconds of the whole run, the
median of five seeds. Ours are seconds of CPU from the start of the process,
program and data loaded; Stan's (2.21, without its half minute of compiling)
were measured once, on a core of this kind, and are seconds of CPU of its
sampler. eXMC's and PyMC's are those of its documents (STANDARD_BENCHMARKS,
July 2026), on its machine. Of eight schools, the funnel, the logistic
regression and the volatility the model is given there exactly, of the others
in words; only the data of eight schools are published, so the rest are drawn
here, from one seed.
"""
import argparse
import json
import math
import pathlib
import random
import statistics
import sys
import tempfile

from stan import cpu, data_of, noise

ORDER = ("INFER (nuts) :samples 1000 :warmup 1000 :chains 1 :seed {}\n")
LOAD = 'ASSUME d (load-json "data.json")\n'

MODELS = {
    "simple": LOAD + """ASSUME mu (normal 0 10)
ASSUME sigma (exponential 1)
OBSERVE (iid (d 'N) (normal mu sigma)) (d 'y)
""",
    "medium": LOAD + """ASSUME mu (normal 0 10)
ASSUME sigma (exponential 1)
ASSUME alpha (normal mu sigma)
ASSUME beta_ (normal mu sigma)
ASSUME noise (exponential 2)
OBSERVE (iid (d 'N) (normal alpha noise)) (d 'y1)
OBSERVE (iid (d 'N) (normal beta_ noise)) (d 'y2)
""",
    "stress": LOAD + """ASSUME mu (normal 0 10)
ASSUME sigma (exponential 0.5)
ASSUME g (iid 3 (normal mu sigma))
ASSUME s (iid 3 (exponential 1))
OBSERVE (iid (d 'N) (normal (g 0) (s 0))) (d 'y1)
OBSERVE (iid (d 'N) (normal (g 1) (s 1))) (d 'y2)
OBSERVE (iid (d 'N) (normal (g 2) (s 2))) (d 'y3)
""",
    "eight_schools": """ASSUME mu (normal 0 5)
ASSUME tau (half (normal 0 5))
ASSUME theta (iid 8 (normal mu tau))
OBSERVE (each (normal theta #(15 10 16 11 9 11 10 18))) #(28 8 -3 7 -1 1 18 12)
""",
    "funnel": """ASSUME v (normal 0 3)
ASSUME x (iid 9 (normal 0 (exp (/ v 2))))
""",
    "logistic500": LOAD + """ASSUME alpha (normal 0 10)
ASSUME b (iid 20 (normal 0 10))
OBSERVE (each (bernoulli-logit (+ alpha (matmul (d 'X) b)))) (d 'y)
""",
    "volatility100": LOAD + """ASSUME sigma (exponential 50)
ASSUME nu (exponential 0.1)
ASSUME s (gaussian-random-walk 100 sigma)
OBSERVE (each (student-t nu 0 (exp s))) (d 'r)
""",
}

# ESS per second of eXMC, PyMC and Stan.
PUBLISHED = {
    "simple": (469, 576, 61615), "medium": (298, 157, 24714),
    "stress": (215, 185, 30584), "eight_schools": (12, 4.7, 963),
    "funnel": (2.2, 5.5, 278), "logistic500": (69, 336, 2243),
    "volatility100": (0.60, 0.47, 4.82),
}


def drawn_data(model):
    dice = random.Random(f"exmc {model}")
    if model == "logistic500":
        rows, slopes = [noise(dice, 20) for _ in range(500)], noise(dice, 20, 0.5)
        means = [0.5 + sum(x * b for x, b in zip(row, slopes)) for row in rows]
        return {"X": rows, "y": [int(dice.random() < 1 / (1 + math.exp(-m)))
                                 for m in means]}
    if model == "volatility100":
        level, out = 0.0, []
        for _ in range(100):
            level += dice.gauss(0, 0.15)
            scale = math.sqrt(dice.gammavariate(5, 0.2))
            out.append(dice.gauss(0, 1) / scale * math.exp(level))
        return {"r": out}
    return data_of(model) if model in ("simple", "medium", "stress") else {}


def measure(program, model, folder, seed):
    """ESS per second, ESS, seconds, divergences of one run."""
    (folder / "run.church").write_text(MODELS[model] + ORDER.format(seed),
                                       encoding="utf-8")
    seconds, printed = cpu([program, "--json", "run.church"], folder)
    answer = json.loads(printed.strip().splitlines()[-1])
    least = min(row["ess_bulk"] for row in answer["summary"]
                if row.get("ess_bulk") is not None)
    return least / seconds, least, seconds, answer["divergences"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("program", nargs="?", default="./vestige")
    parser.add_argument("models", nargs="*")
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    print(f"{'ESS a second':14}{'ours':>9}{'Stan':>9}{'eXMC':>7}{'PyMC':>7}"
          f"{'least ESS':>11}{'seconds':>9}{'diverged':>10}")
    for model in options.models or MODELS:
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place)
            (folder / "data.json").write_text(json.dumps(drawn_data(model)),
                                              encoding="utf-8")
            rows = [measure(program, model, folder, seed)
                    for seed in range(1, options.seeds + 1)]
        rate, least, seconds, diverged = (statistics.median(column)
                                          for column in zip(*rows))
        exmc, pymc, stan = PUBLISHED[model]
        print(f"{model:14}{rate:9.0f}{stan:9g}{exmc:7g}{pymc:7g}{least:11.0f}"
              f"{seconds:9.3f}{diverged:10g}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
