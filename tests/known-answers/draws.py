# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a program under vestige and reads the draws that it wrote."""
import json
import os
import signal
import subprocess
import tempfile


KERNEL = "(mh)"  # of a run that names no other
OPTIONS = []  # for every run: ["--engine", "randomdb"]
OUT_OF_TIME = "killed: out of its CPU time, or of memory"


class Failed(Exception):
    """vestige said no; the message is its own."""


def answers(done):
    """What a run with --json printed, an object for each directive."""
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise Failed(OUT_OF_TIME)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    for answer in said:
        if "error" in answer:
            error = answer["error"]
            raise Failed(f"line {error.get('line')}: {error['message']}")
    if done.returncode:
        raise Failed(f"status {done.returncode}: {done.stderr.strip()}")
    return said


def run_json(program, text, seed, folder, seconds=120):
    """Runs a program's text; the answers of its directives, as objects. The
    program is a path, or the words of a command."""
    path = os.path.join(folder, f"program_{seed}.church")
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    try:
        done = subprocess.run(
            [*([program] if isinstance(program, str) else program), *OPTIONS, "--json", "--seed", str(seed), path],
            capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise Failed(f"not done in {seconds} s") from None
    return answers(done)


def read_column(path, name):
    """One column of a draws file in CmdStan's dialect."""
    with open(path, encoding="utf-8") as rows:
        lines = [line for line in rows if not line.startswith("#")]
    names = lines[0].strip().split(",")
    if name not in names:
        raise Failed(f"no column {name} among {', '.join(names)}")
    at = names.index(name)
    return [float(line.split(",")[at]) for line in lines[1:]]


def chains(program, text, columns, seeds, samples, warmup, thin=None,
           watch="", seconds=120, kernel=None):
    """{column: draws, a chain for each seed}: separate processes, each from
    the prior. thin None: the default, a sweep. watch: expressions that are
    columns too."""
    result = {column: [] for column in columns}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(folder, "draws")
            step = f" :thin {thin}" if thin else ""
            look = f" :watch ({watch})" if watch else ""
            line = (f"\nINFER {kernel or KERNEL} :samples {samples} :warmup {warmup}"
                    f" :chains 1 :seed {seed}{step}{look} :out \"{name}\"\n")
            run_json(program, text + line, seed, folder, seconds)
            for column in columns:
                result[column].append(
                    read_column(name + "_1.csv", column))
    return result
