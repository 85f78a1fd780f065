#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Eight schools by kernels that mix, beside Stan and JAGS: ESS per CPU second.

    bench/schools.py [./vestige]

The least bulk ESS of mu, tau and theta over the CPU seconds of a whole run:
1000 transitions of warmup and 100,000 draws of ours and of JAGS (with its glm
module, which draws mu and the deviations as one block), and 1000 draws of
Stan's, as it is run. Ours and JAGS's are processes from their start to their
end, less what a run without draws takes: JAGS writes its draws as text, and
what that takes is left out, too. The median of three seeds. The bar: what a
mixed kernel of ours has is at least seven times what Stan has on the text that
is not centred.
"""
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "mh"))

import effective  # noqa: E402 pylint: disable=wrong-import-position
from stan import HERE, STAN, cpu, data_of  # noqa: E402

DRAWS, WARMUP, SEEDS, BAR = 100_000, 1000, (1, 2, 3), 7.0
OURS = [("eight_schools", "(auto)"),
        ("eight_schools_nc", "(auto)"),
        ("eight_schools", "(cycle (repeat 9 (gibbs (name mu theta))) "
                          "(slice (name tau)))"),
        ("eight_schools", "(nuts)")]
# Stan's seconds with those of its warmup.
WHOLE = STAN.replace(
    '1e6 * get_elapsed_time(fit)[1, "sample"] / n',
    'sum(get_elapsed_time(fit))')


def ours(program, model, kernel, folder, seed):
    text = (HERE / f"{model}.church").read_text(encoding="utf-8")
    order = (f"INFER {kernel} :samples {DRAWS} :warmup {WARMUP} :chains 1 "
             f":seed {seed}\n")
    (folder / "run.church").write_text(text + order, encoding="utf-8")
    seconds, printed = cpu([program, "--json", "run.church"], folder)
    rows = json.loads(printed.strip().splitlines()[-1])["summary"]
    return min(r["ess_bulk"] for r in rows
               if r["name"].split(".")[0] in ("mu", "tau", "theta")) / seconds


def stan(folder):
    """Of a process that runs all seeds."""
    (folder / "run.R").write_text(WHOLE, encoding="utf-8")
    done = subprocess.run(
        ["Rscript", "run.R", str(HERE / "eight_schools_nc.stan"),
         str(folder / "model.rds"), "data.json"], cwd=folder, text=True,
        input="".join(f"{s}\n" for s in (1, *SEEDS)), capture_output=True,
        check=False)
    rows = [line.split() for line in done.stdout.splitlines()
            if line.startswith("row ")]
    if len(rows) < 2:
        raise RuntimeError(done.stderr.strip()[-300:])
    return [float(ess) / float(seconds) for _, _, _, seconds, ess in rows[1:]]


def jags_run(folder, seed, draws, watched):
    data = data_of("eight_schools_nc")
    (folder / "m.dat").write_text("".join(
        f'"{k}" <- c({", ".join(map(str, v))})\n' if isinstance(v, list)
        else f'"{k}" <- {v}\n' for k, v in data.items()), encoding="utf-8")
    (folder / "m.ini").write_text(
        '".RNG.name" <- "base::Mersenne-Twister"\n'
        f'".RNG.seed" <- {seed}\n', encoding="utf-8")
    (folder / "m.cmd").write_text("\n".join(
        ["load glm", f'model in "{HERE}/eight_schools_nc.bug"',
         'data in "m.dat"', "compile", 'parameters in "m.ini"', "initialize",
         f"update {WARMUP}", *(f"monitor {name}" for name in watched),
         f"update {draws}", *(['coda *, stem("d")'] if watched else []),
         "exit", ""]), encoding="utf-8")
    return cpu(["jags", "m.cmd"], folder)[0]


def jags(folder, seed):
    jags_run(folder, seed, DRAWS, ("mu", "tau", "theta"))
    values = [float(line.split()[1]) for line in
              (folder / "dchain1.txt").read_text(encoding="utf-8").splitlines()]
    least = min(effective.summary(values[i:i + DRAWS])[0]
                for i in range(0, len(values), DRAWS))
    return least / jags_run(folder, seed, DRAWS, ())


def show(name, rates, theirs):
    rate = statistics.median(rates)
    print(f"{name:72}{rate:11.0f}{rate / theirs if theirs else 0:8.1f}",
          flush=True)
    return rate


def main():
    program = str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1
                               else "./vestige").resolve())
    best = theirs = 0.0
    print(f"{'':72}{'ESS/s':>11}{'Stan = 1':>8}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "data.json").write_text(
            json.dumps(data_of("eight_schools_nc")), encoding="utf-8")
        if shutil.which("Rscript"):
            rates = stan(folder)
            theirs = show("Stan, not centred", rates, statistics.median(rates))
        if shutil.which("jags"):
            show("JAGS, not centred", [jags(folder, s) for s in SEEDS], theirs)
        for model, kernel in OURS:
            text = "not centred" if model.endswith("nc") else "centred"
            rate = show(f"{kernel}, {text}",
                        [ours(program, model, kernel, folder, s)
                         for s in SEEDS], theirs)
            if "nuts" not in kernel:
                best = max(best, rate)
    if not theirs:
        print("without Stan there is no bar")
        return 0
    kept = best >= BAR * theirs
    print(f"{'PASS' if kept else 'MISS'}: a mixed kernel has {best / theirs:.1f} "
          f"times what Stan has, at least {BAR:g}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
