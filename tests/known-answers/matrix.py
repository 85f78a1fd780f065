#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels across, programs down, z-scores within: make check-matrix.

    tests/known-answers/matrix.py [--quick] [--corpus FOLDER]
        [--engine E] [--kernel K]... [--resume] [--jobs 2]
        [--program P] [NAME...]

Every program whose answer is known, Church's queries too (church.py), runs
under every kernel that `vestige --list` names and on every engine. A row is
printed as soon as it is whole. In a cell stand

    1.3       the draws agree with the answer: how far off the worst of what
              was compared is, in standard deviations
    refused   the kernel says why it does not take the program
    none      no choice of the program is of the kind that the kernel moves
    slow      worth too few draws in a million transitions, as slow.txt says:
              tried shortly, not judged
    STUCK     the same, and slow.txt does not say so
    WRONG     the draws would come about by chance with probability under
              1e-6 / (number of comparisons of the whole matrix), twice over;
              or the program ended with another error than a refusal

Below the table is a sentence for each cell that is no number. STUCK, WRONG,
and more than one cell refused in five are failures. cells.py says how many
draws a cell takes: about ten minutes of two cores for all.

--quick: a diagonal, each program under one kernel on one engine. --resume:
cells that an earlier run of the same build put in build/matrix.json are not
run again. --corpus: a folder with more programs, known-answers/ and
church-queries/; those that are ours already are left out.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import math
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import cells  # noqa: E402
import church  # noqa: E402
import run  # noqa: E402

ENGINES = ("reduced", "traces", "randomdb")
RECORD = pathlib.Path("build/matrix.json")
REFUSED_MOST = 0.2

# Kernels whose states are no draws from the posterior, by their own words.
NO_DRAWS = ("rerun", "optimize")
# What a kernel must be told, or what makes a cell take long.
OPTIONS = {"importance": " :particles 20",
           "enumerate": " :max-states 3000"}
# Kernels that take no program without words of ours.
WALK = ("(propose continuous (lambda (x) (if (number? x) (normal x 1) "
        "(symmetric-dirichlet 1 (length x)))))")
GUESS = ("(propose discrete (lambda (x) (if (boolean? x) (flip 0.5) "
         "(random-integer 2))))")
REST = "(mh (minus all continuous))"
TRIES = {
    "propose": (f"(cycle {WALK} {REST})", WALK, f"(cycle {GUESS} (mh))"),
    "cycle": ("(cycle (gibbs discrete) (slice continuous) (mh))",
              "(cycle (gibbs discrete) (mh))", "(cycle (slice continuous) (mh))",
              "(cycle (mh all each) (mh))"),
    "mixture": ("(mixture (3 (mh)) (1 (mh all block)) (1 (mh all each)))",),
    "repeat": ("(repeat 3 (mh))",),
}


def tries(row):
    """Kernel programs of a row of the table, the plainest first: what it
    cannot move is left to (mh)."""
    name = row["names"]
    if name in TRIES:
        return TRIES[name]
    rest = OPTIONS.get(name, "")
    form = row["signature"]
    if re.match(r"\(\S+ scope", form):
        return (f"({name} all{rest})",
                f"(cycle ({name} continuous{rest}) {REST})",
                f"({name} continuous{rest})")
    if re.match(r"\(\S+ \[scope", form):
        return (f"({name}{rest})", f"(cycle ({name} discrete{rest}) (mh))",
                f"(cycle ({name} continuous{rest}) {REST})",
                f"({name} continuous{rest})")
    return (f"({name}{rest})",)


def table_of_kernels(program):
    """{name: tries}, as the program itself lists them."""
    said = subprocess.run([program, "--list", "--json"], check=True,
                          capture_output=True, text=True).stdout
    rows = [row for row in map(json.loads, said.splitlines())
            if row.get("topic") == "kernels"]
    return {row["names"]: tries(row) for row in rows}


def read_cases(corpus):
    """Ours, then those of a corpus that are not ours."""
    def case(path):
        return (church.case(path) if "quer" in path.parent.name
                else run.Case(path))
    cases = [case(path) for path in sorted(HERE.glob("*/*.church"))]
    ours = {path.name for path in HERE.glob("*/*.church")}
    if corpus:
        cases += [case(path) for path in sorted(
            pathlib.Path(corpus).glob("*/*.church")) if path.name not in ours
            and path.parent.name in ("known-answers", "church-queries")]
    return cases


def read_slow():
    """[(program, kernels, reason)] of slow.txt."""
    lines = (HERE / "slow.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split(None, 2) for line in lines
            if line and not line.startswith("#")]
    return [(program, kernels.split(","), why)
            for program, kernels, why in rows]


def why_slow(slow, case, kernel):
    """What slow.txt says of a cell, or None."""
    for program, kernels, reason in slow:
        if (re.fullmatch(program, case.name)
                and (kernel in kernels or kernels == ["*"])):
            return reason
    return None


class Record:
    """Cells that were run, kept between runs of the same build; not those of
    a diagonal."""

    def __init__(self, program, resume, quick):
        build = hashlib.sha256(pathlib.Path(program).read_bytes())
        for source in sorted(HERE.glob("*.py")):
            build.update(source.read_bytes())
        self.build, self.cells = build.hexdigest(), {}
        if resume and RECORD.is_file():
            first, *rest = map(json.loads, RECORD.read_text(
                encoding="utf-8").splitlines())
            if first == self.build:
                self.cells = {key: found for key, *found in rest}
        self.out = None
        if quick:
            return
        RECORD.parent.mkdir(exist_ok=True)
        # pylint: disable-next=consider-using-with
        self.out = RECORD.open("w", encoding="utf-8")
        self.write(self.build)
        for key, found in self.cells.items():
            self.write([key, *found])

    def write(self, what):
        if not self.out:
            return
        self.out.write(json.dumps(what) + "\n")
        self.out.flush()

    def look(self, key, work):
        if key in self.cells:
            return cells.Found(*self.cells[key][:3])
        begun = time.monotonic()
        found = work()
        self.write([key, found.what, found.words, found.z,
                    round(time.monotonic() - begun, 2)])
        return found


def chosen(cases, names, options):
    """The cells to run: [(case, engine, kernel)], row by row."""
    wanted = []
    for i, case in enumerate(cases):
        if options.names and not any(n in case.name for n in options.names):
            continue
        for e, engine in enumerate(ENGINES):
            if options.engine not in (None, engine):
                continue
            for k, name in enumerate(names):
                on_diagonal = (i % len(names) == k
                               and (i // len(names) + k) % len(ENGINES) == e)
                if ((not options.quick or on_diagonal)
                        and name in (options.kernel or names)):
                    wanted.append((case, engine, name))
    return wanted


class Table:
    """Prints rows as they become whole, and at the end what was found."""

    def __init__(self, names, out=sys.stdout):
        self.names, self.out = names, out
        self.row, self.key = {}, None
        self.notes, self.count = [], collections.Counter()
        self.print(f"{'':45}" + " ".join(f"{n[:8]:>8}" for n in names))

    def print(self, words):
        print(words, file=self.out, flush=True)

    def add(self, case, engine, name, found):
        if self.key != (case.name, engine):
            self.end_row()
            self.key = case.name, engine
        self.row[name] = found.shown()
        self.count[found.what] += 1
        if found.what != "ok":
            self.notes.append(f"{found.what}: {case.name} on {engine} under "
                              f"{name}: {found.words}")

    def end_row(self):
        if self.key:
            self.print(f"{self.key[0][:35]:36}{self.key[1]:9}" + " ".join(
                f"{self.row.get(n, ''):>8}" for n in self.names))
        self.row = {}

    def end(self):
        """The sentences and the count; is all well?"""
        self.end_row()
        for note in self.notes:
            self.print(note)
        count, whole = self.count, sum(self.count.values())
        share = count["refused"] / max(1, whole)
        self.print(f"refused {count['refused']} of {whole} cells "
                   f"({100 * share:.0f} %), nothing to move {count['none']},"
                   f" slow {count['slow']}")
        many = share > REFUSED_MOST
        if many:
            self.print(f"more than {100 * REFUSED_MOST:.0f} % are refused")
        failed = count["WRONG"] + count["STUCK"] + many
        skipped = count["refused"] + count["none"] + count["slow"]
        self.print(f"{count['ok']} passed, {failed} failed, "
                   f"{skipped} skipped")
        return not failed and count["ok"] > 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--corpus")
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--kernel", action="append")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--program", default="./vestige")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    kernels = table_of_kernels(options.program)
    names = [name for name in kernels if name not in NO_DRAWS]
    cases = read_cases(options.corpus)
    comparisons = (len(names) * len(ENGINES)
                   * sum(case.comparisons() for case in cases))
    log_limit = math.log(run.FALSE_ALARM / comparisons)
    wanted = chosen(cases, names, options)
    record = Record(options.program, options.resume, options.quick)
    table = Table(options.kernel or names)
    slow = read_slow()

    def work(cell):
        case, engine, name = cell
        text = hashlib.sha256(case.text.encode()).hexdigest()[:16]
        why = why_slow(slow, case, name)
        sampler = cells.Sampler(options.program, engine, case, why)
        return record.look(
            " ".join((case.name, text, engine, name, why or "")),
            lambda: cells.look(sampler, kernels[name], kernels, log_limit))

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for cell, found in zip(wanted, pool.map(work, wanted)):
            table.add(*cell, found)
    for name in kernels:
        if name not in names:
            print(f"left out: {name}, whose states are no draws")
    return 0 if table.end() else 1


if __name__ == "__main__":
    sys.exit(main())
