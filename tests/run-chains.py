#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several chains as processes: what INFER promises of them when they live, and
when they die.

    tests/run-chains.py [--program ./vestige] [name ...]

Each test is a function below; its docstring is the promise. Ends with
`N passed, M failed, K skipped`; skipped is what needs a package that is not
installed.
"""
import argparse
import json
import math
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time

MODEL = """
ASSUME mu (normal 0 10)
ASSUME w (if (flip 0.3) 'rain 'sun)
ASSUME xs (repeat 3 (lambda () (normal mu 1)))
OBSERVE (normal mu 1) 2
OBSERVE (normal (list-ref xs 0) 1) 3
"""
TESTS = []


class Skipped(Exception):
    """A package is missing."""


def test(function):
    TESTS.append(function)
    return function


def expect(fact, words):
    if not fact:
        raise AssertionError(words)


class Place:
    """A folder of its own, and the program run in it."""

    def __init__(self, program):
        self.program = program
        self.folder = tempfile.TemporaryDirectory()
        self.path = self.folder.name

    def file(self, name):
        return os.path.join(self.path, name)

    def start(self, text, *options, group=False, limit=None):
        with open(self.file("m.church"), "w", encoding="utf-8") as out:
            out.write(text)
        return subprocess.Popen(
            [self.program, "run", "--seed", "7", *options, "m.church"],
            cwd=self.path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=group,
            preexec_fn=limit and (lambda: resource.setrlimit(
                resource.RLIMIT_FSIZE, (limit, limit))))

    def finish(self, p, seconds=100):
        """What it printed; nobody is left behind."""
        try:
            return p.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            for c in children(p.pid) + [p.pid]:
                os.kill(c, signal.SIGKILL)
            p.communicate()
            raise AssertionError(f"not done in {seconds} s") from None

    def run(self, text, *options, status=0):
        out, err = self.finish(p := self.start(text, *options))
        expect(p.returncode == status, f"status {p.returncode}: {err}")
        return out + err

    def read(self, name):
        """The file without its times, which are never the same."""
        with open(self.file(name), encoding="utf-8") as lines:
            return [x for x in lines if "seconds (" not in x]

    def draws(self, name):
        """{column: numbers}"""
        rows = [x for x in self.read(name) if not x.startswith("#")]
        names = rows[0].strip().split(",")
        numbers = [[float(x) for x in row.split(",")] for row in rows[1:]]
        return dict(zip(names, zip(*numbers))) if numbers else \
            {name: () for name in names}


def wait_for(what, seconds=30):
    """The first true answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := what()):
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain")


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as out:
            return [int(x) for x in out.read().split()]
    except FileNotFoundError:
        return []


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as out:
            return out.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def drawing(place, chains, at_least=2000):
    """Have all these files draws?"""
    return all(os.path.exists(place.file(f"d_{k}.csv")) and
               os.path.getsize(place.file(f"d_{k}.csv")) > at_least
               for k in chains)


LONG = MODEL + 'INFER (mh) :samples 100000000 :warmup 10 :out "d"\n'


# ---- the same bits ----------------------------------------------------------

@test
def alone_or_beside_others(place):
    """Chain k is the same among four, among three, and alone; under load."""
    order = ('INFER (mh) :samples 200 :warmup 20 :thin 3 :chains {} '
             ':watch ((+ mu 1)) :predictive {} :out "d"\n')
    burners = [subprocess.Popen(
        [sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    for engine in "reduced", "traces", "randomdb":
        place.run(MODEL + order.format(4, "false"), "--engine", engine)
        four = [place.read(f"d_{k}.csv") for k in range(1, 5)]
        expect(len({"".join(x) for x in four}) == 4, "chains are alike")
        place.run(MODEL + order.format(3, "false"), "--engine", engine)
        expect([place.read(f"d_{k}.csv") for k in (1, 2, 3)] == four[:3],
               "chains of three are not those of four")
        for k in range(1, 5):
            os.remove(place.file(f"d_{k}.csv"))
            place.run(MODEL + order.format(4, "false"), "--chain", str(k),
                      "--engine", engine)
            expect(place.read(f"d_{k}.csv") == four[k - 1],
                   f"chain {k} alone is another")
    for burner in burners:
        burner.kill()
        burner.wait()


@test
def predictions_disturb_nothing(place):
    """:predictive adds columns; the others are what they were."""
    order = 'INFER (mh) :samples 100 :warmup 10 {} :out "d"\n'
    place.run(MODEL + order.format(""))
    plain = [place.draws(f"d_{k}.csv") for k in range(1, 5)]
    place.run(MODEL + order.format(":predictive both"))
    for k in range(1, 5):
        more = place.draws(f"d_{k}.csv")
        expect({"observe_4", "observe_5"} <= set(more), "no predictions")
        for name, numbers in plain[k - 1].items():
            expect(more[name] == numbers, f"{name} of chain {k} moved")


@test
def the_session_has_chain_one(place):
    """Afterwards the state and the random numbers are those of chain 1."""
    order = 'INFER (mh) :samples 20 :warmup 5 :chains {}\nmu\n(normal 0 1)\n'
    ends = {tuple(place.run(MODEL + order.format(n)).splitlines()[-2:])
            for n in (1, 2, 4)}
    expect(len(ends) == 1, f"different ends: {ends}")


@test
def warmups_are_their_own(place):
    """Each chain has a warmup, and so a step, of its own: else R-hat could not
    tell of a bad one."""
    place.run(NUTS.format(300, "d", ""))
    steps = {place.draws(f"d_{k}.csv")["stepsize__"][0] for k in range(1, 5)}
    expect(len(steps) == 4, f"steps: {steps}")


# ---- death and stops --------------------------------------------------------

@test
def the_death_of_one(place):
    """kill -9 of a chain is told; the others go on; the session is kept."""
    text = MODEL + ('INFER (mh) :samples 300000 :warmup 10 :out "d"\n'
                    '(+ 40 2)\n')
    p = place.start(text)
    victims = wait_for(lambda: drawing(place, (2, 3, 4)) and children(p.pid))
    expect(len(victims) == 3, f"{len(victims)} children")
    os.kill(victims[1], signal.SIGKILL)
    out, err = place.finish(p)
    expect(p.returncode == 0, err)
    expect(re.search(r"chain 3 ended after [0-9,]+ draws: its process was "
                     r"ended by signal 9 \(Killed\)", out), out)
    expect("chains: 3 of 300,000 draws" in out, out)
    expect(out.splitlines()[-1] == "42", out)
    lengths = [len(place.draws(f"d_{k}.csv")["mu"]) for k in range(1, 5)]
    expect(lengths[0] == lengths[1] == lengths[3] == 300000 and
           0 < lengths[2] < 300000, f"draws: {lengths}")
    # What it drew is what it draws alone: the same draws, none twice.
    rows = [x for x in place.read("d_3.csv") if not x.startswith("#")]
    os.remove(place.file("d_3.csv"))
    place.run(text, "--chain", "3")
    whole = [x for x in place.read("d_3.csv") if not x.startswith("#")]
    expect(rows == whole[:len(rows)], "other draws than alone")


@test
def the_death_of_the_session(place):
    """Chains die with the session, whatever they are doing."""
    for text in LONG, MODEL + "INFER (mh) :samples 2 :warmup 1000000000\n":
        p = place.start(text)
        chains = wait_for(lambda: len(children(p.pid)) == 3 and
                          children(p.pid))
        time.sleep(0.2)
        p.kill()
        p.wait()
        try:
            wait_for(lambda: not any(lives(c) for c in chains), 5)
        finally:
            for c in chains:
                if lives(c):
                    os.kill(c, signal.SIGKILL)
            p.communicate()


@test
def an_interrupt(place):
    """Ctrl-C stops all chains, keeps what came, and leaves nobody behind: from
    a terminal, where each process hears it, and as a signal to the session."""
    for everyone in False, True:
        p = place.start(LONG, group=True)
        chains = wait_for(lambda: drawing(place, (1, 2, 3, 4)) and
                          children(p.pid))
        if everyone:
            os.killpg(p.pid, signal.SIGINT)
        else:
            p.send_signal(signal.SIGINT)
        out, err = place.finish(p)
        expect(p.returncode == 130, f"status {p.returncode}: {err}")
        expect(re.search(r"^mu ", out, re.M) and "stopped: " in out, out)
        expect(re.search(r"chains: [1-4] of [0-9,]+ draws", out), out)
        expect(not any(lives(c) for c in chains), "chains that live")
        for k in range(1, 5):
            rows = len(place.draws(f"d_{k}.csv")["mu"])
            head = "".join(place.read(f"d_{k}.csv")[:20])
            said = int(re.search(r"num_samples = (\d+)", head).group(1))
            thin = int(re.search(r"thin = (\d+)", head).group(1))
            expect(said == rows * thin, f"{said} said, {rows} there")


@test
def an_interrupt_of_warmup(place):
    """Without a draw there is nothing to summarise, and a header."""
    p = place.start(MODEL +
                    'INFER (mh) :samples 2 :warmup 1000000000 :out "d"\n')
    wait_for(lambda: len(children(p.pid)) == 3)
    time.sleep(0.3)
    p.send_signal(signal.SIGINT)
    out, err = place.finish(p)
    expect(p.returncode == 130 and "after 0 draws" in out, out + err)
    expect(place.draws("d_3.csv")["mu"] == (), "draws in d_3.csv")


@test
def an_error_of_some(place):
    """A chain that meets an error says which and where; others are whole. If
    all of them do, the INFER is an error."""
    text = """ASSUME x (normal 0 1)
ASSUME y (if (> x {}) (car 3) 1)
INFER (mh) :samples 400 :warmup 0 :seed 3
(+ 40 2)
"""
    out = place.run(text.format(3.2))
    expect(re.search(r"chain \d ended after \d+ draws: car: .* "
                     r"\(m.church:2:\d+\)", out), out)
    expect(re.search(r"chains: [1-4] of \d+ draws", out), out)
    expect(out.splitlines()[-1] == "42", out)
    out = place.run(text.format(1.5), status=1)
    expect("car" in out and "m.church:2:" in out, out)


@test
def a_memory_that_is_full(place):
    """A chain whose memory runs out, the session's own among them, is told as
    any error is; the session goes on."""
    out = place.run("""define (big n) (map (lambda (i) (* i i)) (range 0 n))
ASSUME x (normal 0 1)
ASSUME y (if (> x 3.1) (length (big 40000000)) 1)
INFER (mh) :samples 400 :warmup 0 :seed 3
(+ 40 2)
""", "--limit-memory", "300M")
    for k, draws in (1, 137), (3, 281):
        expect(f"chain {k} ended after {draws} draws: the memory limit is "
               "reached (m.church:1:" in out, out)
    expect(out.splitlines()[-1] == "42", out)


@test
def a_disk_that_is_full(place):
    """A chain whose file cannot be written ends there, with one line that says
    so: the other chains and the session go on, and the file ends with a whole
    line. /dev/full and a limit of a file's size are two such disks."""
    os.symlink("/dev/full", place.file("full_2.csv"))
    out = place.run("ASSUME x (normal 0 1)\n"
                    "INFER (nuts) :samples 200 :warmup 50 :chains 3 :seed 1"
                    ' :out "full"\n(+ 40 2)\n')
    expect(len(re.findall("cannot be written", out)) == 1, out)
    expect(re.search(r"chain 2 ended after 0 draws: full_2.csv: cannot be "
                     "written: No space left on device", out), out)
    expect(re.search("chains: 2 of 200 draws", out), out)
    expect(out.splitlines()[-1] == "42", out)
    for k in 1, 3:
        expect(len(place.draws(f"full_{k}.csv")["x"]) == 200, f"chain {k}")

    p = place.start("ASSUME x (iid 20 (normal 0 1))\n"
                    "INFER (nuts) :samples 1000 :warmup 20 :chains 1 :seed 1"
                    ' :out "small"\n', limit=100000)
    out, err = place.finish(p)
    expect(p.returncode == 1, f"status {p.returncode}")
    expect("small_1.csv: cannot be written: File too large" in err, err)
    with open(place.file("small_1.csv"), encoding="utf-8") as file:
        text = file.read()
    expect(0 < len(text) <= 100000 and text.endswith("\n"), len(text))
    expect(len(place.draws("small_1.csv")["x.20"]) > 10, "draws")


@test
def what_chains_hold(place):
    """A chain has its pipe and the three standard files open, no others; what
    the program displays is displayed once."""
    p = place.start(LONG)
    chains = wait_for(lambda: drawing(place, (1, 2, 3, 4)) and
                      children(p.pid))
    for c in chains:
        held = os.listdir(f"/proc/{c}/fd")
        expect(len(held) == 4, f"{len(held)} files are open")
        expect(os.readlink(f"/proc/{c}/fd/1") == "/dev/null", "holds output")
    p.kill()
    p.communicate()
    out = place.run('ASSUME x (begin (display "seen") (normal 0 1))\n'
                    'INFER (mh) :samples 1 :warmup 0\n')
    expect(out.count("seen") == 2, out)


@test
def progress_on_a_terminal(place):
    """A terminal has a line for each chain, and none is left at the end; a
    script says nothing."""
    import pty
    with open(place.file("m.church"), "w", encoding="utf-8") as out:
        out.write(MODEL + "INFER (mh) :warmup 10 :for 0.8s\n")
    ours, its = pty.openpty()
    p = subprocess.Popen([place.program, "m.church"], cwd=place.path,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=its)
    os.close(its)
    said = b""
    try:
        while more := os.read(ours, 65536):
            said += more
    except OSError:  # Linux: nobody is at the other end
        pass
    p.communicate()
    text = said.decode()
    for k in range(1, 5):
        expect(re.search(rf"chain {k}: [0-9,]+ transitions, .* left", text),
               f"no line of chain {k}: {text[:500]!r}")
    expect(text.endswith("\r\x1b[K" + "\x1b[A\x1b[K" * 3), repr(text[-200:]))
    out = place.run(MODEL + "INFER (mh) :warmup 10 :for 0.5s\n")
    expect("chain 1: " not in out, out)


# ---- the end by time --------------------------------------------------------

@test
def time_ends_at_a_draw(place):
    """:for ends at a draw, also when draws are slow: the last row is the state
    that the session has."""
    out = place.run(MODEL + 'INFER (mh) :thin 100000 :warmup 0 :for 0.45s '
                    ':chains 2 :out "d"\nmu\n')
    draws = place.draws("d_1.csv")["mu"]
    expect(len(draws) > 0, "no draws")
    expect(float(out.splitlines()[-1]) == draws[-1], "not at a draw")
    made = int(re.search(r"transitions: ([0-9,]+)", out).group(1)
               .replace(",", ""))
    expect(made == 100000 * (len(draws) + len(place.draws("d_2.csv")["mu"])),
           f"{made} transitions")
    expect("time is over: after " in out, out)


# ---- files ------------------------------------------------------------------

NUMBER = r"(-?\d+(\.\d+)?(e[+-]?\d+)?|nan|-?inf)"
HEAD = [r"vestige = \S+", r"engine = \w+", r"kernel = .+", r"method = sample",
        r"  sample", r"    num_samples = \d+ *", r"    num_warmup = \d+",
        r"    save_warmup = 0", r"    thin = \d+",
        r"    algorithm = fixed_param", r"      fixed_param", r"id = \d+",
        r"random", r"  seed = \d+"]
FOOT = [r"", r" Elapsed Time: [\d.e+-]+ seconds \(Warm-up\)",
        r"               [\d.e+-]+ seconds \(Sampling\)",
        r"               [\d.e+-]+ seconds \(Total\)", r""]
NAME = r"[^\s,\"'`]+"


@test
def the_grammar_of_draws_files(place):
    """Head, header, rows with comments of levels between them, foot: nothing
    else."""
    place.run(MODEL + 'INFER (mh) :samples 50 :warmup 10 '
              ':watch ((list 1 2) (> mu 1)) :out "d.csv"\n')
    for k in range(1, 5):
        with open(place.file(f"d_{k}.csv"), encoding="utf-8") as file:
            lines = file.read().split("\n")
        expect(lines.pop() == "", "no line end at the end")
        for pattern in HEAD:
            line = lines.pop(0)
            expect(re.fullmatch("# " + pattern, line), f"{pattern}: {line}")
        for pattern in reversed(FOOT):
            line = lines.pop()
            expect(re.fullmatch("# " + pattern, line), f"{pattern}: {line}")
        names = lines.pop(0).split(",")
        expect(names == ["lp__", "accept_stat__", "mu", "w", "xs.1", "xs.2",
                         "xs.3", "(list_1_2).1", "(list_1_2).2", "(>_mu_1)"],
               f"{names}")
        expect(all(re.fullmatch(NAME, name) for name in names), "names")
        row = re.compile(",".join([NUMBER] * len(names)))
        rows = [line for line in lines if not line.startswith("#")]
        notes = [line for line in lines if line.startswith("#")]
        expect(len(rows) == 50, f"{len(rows)} rows")
        expect(all(row.fullmatch(line) for line in rows), "a row")
        expect(all(re.fullmatch(r"# level w [01] = (rain|sun)", line)
                   for line in notes), f"{notes}")


NUTS_HEAD = HEAD[:9] + [
    r"    adapt", r"      engaged = 1", r"      delta = 0\.9",
    r"    algorithm = hmc", r"      hmc", r"        engine = nuts",
    r"          nuts", r"            max_depth = 7",
    r"        metric = diag_e"] + HEAD[11:]
NUTS = """
ASSUME mu (normal 0 10)
ASSUME s (gamma 2 1)
OBSERVE-EACH (normal mu s) '(4.1 5.2 3.9 4.6)
INFER (nuts :target-accept 0.9 :max-depth 7) :samples 200 :warmup {} :seed 5 \
:out "{}" {}
""".replace("\\\n", "")


@test
def files_of_nuts(place):
    """Columns and adaptation as CmdStan has them; the adaptation is a beginning
    for another run, without which its draws would be others."""
    place.run(NUTS.format(300, "d", ""))
    lines = place.read("d_2.csv")
    for pattern, line in zip(NUTS_HEAD, lines):
        expect(re.fullmatch("# " + pattern + "\n", line),
               f"{pattern}: {line}")
    lines = lines[len(NUTS_HEAD):]
    expect(lines[0] == "lp__,accept_stat__,stepsize__,treedepth__,"
           "n_leapfrog__,divergent__,energy__,mu,s\n", lines[0])
    expect(lines[1] == "# Adaptation terminated\n", lines[1])
    step = re.fullmatch(rf"# Step size = ({NUMBER})\n", lines[2])
    expect(step, lines[2])
    expect(lines[3] == "# Diagonal elements of inverse mass matrix:\n",
           lines[3])
    expect(re.fullmatch(rf"# {NUMBER}, {NUMBER}\n", lines[4]), lines[4])
    draws = place.draws("d_2.csv")
    expect(set(draws["stepsize__"]) == {float(step.group(1))}, "stepsize__")
    expect(set(draws["divergent__"]) <= {0, 1}, "divergent__")
    expect(all(1 <= t <= 7 for t in draws["treedepth__"]), "treedepth__")
    expect(all(n < 2 ** t + 2 ** t for n, t in
               zip(draws["n_leapfrog__"], draws["treedepth__"])), "leapfrogs")
    expect(all(e > -lp - 60 for e, lp in
               zip(draws["energy__"], draws["lp__"])), "energy__")
    place.run(NUTS.format(0, "again", ':adapt-from "d_2.csv"'))
    for k in range(1, 5):
        again = place.read(f"again_{k}.csv")
        expect(lines[1:5] == [x for x in again if x.startswith("#")][
            len(NUTS_HEAD):][:4], f"chain {k} began otherwise")
    place.run(NUTS.format(0, "other", ""))
    expect(place.draws("other_1.csv")["mu"] != place.draws("again_1.csv")["mu"],
           "nothing was read")


SCHOOLS = """
ASSUME mu (normal 0 5)
ASSUME tau (half (normal 0 5))
ASSUME theta (iid 8 (normal mu tau))
OBSERVE (each (normal theta #(15 10 16 11 9 11 10 18))) #(28 8 -3 7 -1 1 18 12)
INFER (nuts {}) :samples 50 :warmup {} :chains 1 :seed 5 :out "{}" {}
"""


def centrings(place, name):
    """The line below its words in a draws file, as numbers; None: there is
    none."""
    lines = place.read(name)
    words = "# Centring of the coordinates:\n"
    if words not in lines:
        return None
    return [float(x) for x in lines[lines.index(words) + 1][2:].split(",")]


@test
def centrings_are_kept(place):
    """What warmup chose is in the draws file, one for each coordinate, mu and
    tau centred, the schools nearly not; a run that begins there has it, and one
    that is told otherwise has not."""
    place.run(SCHOOLS.format("", 500, "a", ""))
    a = centrings(place, "a_1.csv")
    expect(a and len(a) == 10 and a[:2] == [1, 1], f"{a}")
    expect(all(0 <= x <= 0.5 for x in a[2:]), f"{a}")
    place.run(SCHOOLS.format("", 0, "b", ':adapt-from "a_1.csv"'))
    expect(centrings(place, "b_1.csv") == a, "another one")
    place.run(SCHOOLS.format(":parameterization 0.75", 100, "c", ""))
    expect(centrings(place, "c_1.csv") == [1, 1] + 8 * [0.75], "c")
    place.run(SCHOOLS.format(":parameterization centred", 100, "d", ""))
    expect(centrings(place, "d_1.csv") == 10 * [1], "d")


FUNNEL = """
ASSUME v (normal 0 3)
ASSUME x (iid 9 (normal 0 (exp (/ v 2))))
INFER (nuts {}) :samples 1000 :warmup 500 :chains 4 :seed 5 :out "{}"
"""
MEDIUM = """
ASSUME mu (normal 0 10)
ASSUME sd (exponential 1)
ASSUME a (iid 2 (normal mu sd))
ASSUME noise (exponential 2)
OBSERVE (iid 40 (normal (a 0) noise)) (map (lambda (i) (+ 4 (sin i))) (iota 40))
OBSERVE (iid 40 (normal (a 1) noise)) (map (lambda (i) (- 7 (cos i))) (iota 40))
INFER (nuts {}) :samples 1000 :warmup 500 :chains 4 :seed 5 :out "{}"
"""


def worth(place, text, name, options=""):
    """Effective draws of the worst column a thousand leapfrogs."""
    answers = place.run(text.format(options, name), "--json").splitlines()
    said = next(json.loads(x) for x in reversed(answers) if '"summary"' in x)
    leapfrogs = sum(sum(place.draws(f"{name}_{k}.csv")["n_leapfrog__"])
                    for k in range(1, 5))
    return 1e3 * min(row["ess_bulk"] for row in said["summary"]) / leapfrogs


@test
def centring_is_chosen_well(place):
    """Without data a funnel is walked as if there were none, and its moments
    are right; where data say nearly all, what is centred stays so. Fixed
    seeds: the funnel has 163 effective draws a thousand leapfrogs, and 0.3
    centred; the other model 100, centred 81, and non-centred 3."""
    funnel = worth(place, FUNNEL, "f")
    expect(funnel > 80, f"funnel: {funnel}")
    v = [x for k in range(1, 5) for x in place.draws(f"f_{k}.csv")["v"]]
    expect(abs(statistics.mean(v)) < 0.4, f"mean of v: {statistics.mean(v)}")
    expect(abs(statistics.stdev(v) - 3) < 0.4, f"sd: {statistics.stdev(v)}")
    centred = worth(place, FUNNEL, "g", ":parameterization centred")
    expect(funnel > 100 * centred, f"funnel: {funnel}, centred {centred}")
    chosen = worth(place, MEDIUM, "m")
    given = worth(place, MEDIUM, "n", ":parameterization centred")
    other = worth(place, MEDIUM, "o", ":parameterization non-centred")
    expect(chosen > 0.8 * given and chosen > 10 * other,
           f"medium: {chosen}, centred {given}, non-centred {other}")


SUMMARY = MODEL + 'INFER (mh) :samples 300 :warmup 30 :thin 9 :out "{}"\n'


@test
def netcdf(place):
    """One file of all chains in ArviZ's schema: the draws of the CSV files,
    arrays in C's order, and no other group than it should have."""
    code = """
import sys
try:
    import xarray, netCDF4
except ImportError:
    sys.exit(77)
import json
out = {}
for group in netCDF4.Dataset("d.nc").groups:
    d = xarray.open_dataset("d.nc", group=group)
    out[group] = {name: [list(d[name].dims), str(d[name].dtype),
                         d[name].values.tolist()] for name in d.data_vars}
    assert d.attrs["inference_library"] == "vestige"
print(json.dumps(out))
"""
    text = MODEL + ("ASSUME m (list (list mu 1 2) (list 3 (* 2 mu) 5))\n"
                    "INFER (mh) :samples 30 :warmup 3 :seed 5 :predictive "
                    "both :watch ((> mu 1)) :out \"{}\"\n")
    place.run(text.format("d.nc"))
    place.run(text.format("d"))
    done = subprocess.run(["/usr/bin/python3", "-c", code], cwd=place.path,
                          capture_output=True, text=True, check=False)
    if done.returncode == 77:
        raise Skipped("python3-xarray, python3-netcdf4")
    expect(done.returncode == 0, done.stderr)
    groups = json.loads(done.stdout)
    expect(set(groups) == {"posterior", "sample_stats", "prior",
                           "posterior_predictive", "prior_predictive",
                           "observed_data"}, f"{set(groups)}")
    csv = [place.draws(f"d_{k}.csv") for k in range(1, 5)]
    posterior = groups["posterior"]
    dims, kind, mu = posterior["mu"]
    expect(dims == ["chain", "draw"] and kind == "float64", f"{dims} {kind}")
    expect(mu == [list(c["mu"]) for c in csv], "mu")
    dims, _, m = posterior["m"]
    expect(dims == ["chain", "draw", "m_dim_0", "m_dim_1"], f"{dims}")
    for c in range(4):
        for i in range(30):
            expect(m[c][i] == [[csv[c][f"m.{a}.{b}"][i] for b in (1, 2, 3)]
                               for a in (1, 2)], "m is out of order")
    expect(posterior["_>_mu_1)"][1] == "bool", "no boolean")
    expect(groups["observed_data"]["observe_4"][2] == 2, "data")
    expect(set(groups["sample_stats"]) == {"lp", "acceptance_rate"}, "stats")
    replicas = groups["posterior_predictive"]["observe_5"][2]
    expect(replicas == [list(c["observe_5"]) for c in csv], "predictions")


@test
def netcdf_of_nowhere(place):
    """A file that cannot be written is told before the run."""
    out = place.run(MODEL + 'INFER (mh) :samples 100000000 '
                    ':out "none/d.nc"\n', status=1)
    expect("none/d.nc: " in out or "libnetcdf" in out, out)


# ---- predictions ------------------------------------------------------------

@test
def predictions_are_right(place):
    """A normal mean with a normal prior: what may be observed again has known
    moments, of the prior and of the posterior, and directly or by a name.
    Twelve bounds of 6 Monte Carlo errors of independent draws, which these
    are: false alarm below 1e-7."""
    place.run("ASSUME mu (normal 1 2)\nASSUME y (normal mu 1)\n"
              "OBSERVE y 4\nOBSERVE-EACH (normal mu 1) '(3 5)\n"
              'INFER (gibbs) :samples 4000 :warmup 100 :thin 1 :chains 2 '
              ':predictive both :out "d"\n')
    precision = 1 / 4 + 3
    mean, sd = (1 / 4 + 12) / precision, math.sqrt(1 / precision + 1)
    files = [([place.draws(f"d_{k}.csv") for k in (1, 2)], mean, sd),
             ([place.draws("d_prior_1.csv")], 1, math.sqrt(5))]
    for draws, m, s in files:
        for name in "observe_3", "observe_4.1", "observe_4.2":
            x = [v for d in draws for v in d[name]]
            n = len(x)
            got = sum(x) / n
            spread = math.sqrt(sum((v - got) ** 2 for v in x) / (n - 1))
            expect(abs(got - m) < 6 * s / math.sqrt(n),
                   f"{name}: mean {got}, not {m}")
            expect(abs(spread - s) < 6 * s / math.sqrt(2 * n),
                   f"{name}: sd {spread}, not {s}")


@test
def the_prior_forgets_data(place):
    """What is observed at its root is free in the prior, and conditions of
    the program are not there."""
    place.run('ASSUME x (normal 0 1)\nASSUME y (* 2 x)\nOBSERVE x 9\n'
              'ASSUME b (flip)\n(condition b)\n'
              'INFER (mh) :samples 500 :predictive prior :chains 1 '
              ':out "d"\n')
    prior = place.draws("d_prior_1.csv")
    expect(max(map(abs, prior["y"])) < 12, "y is of the data")
    expect(0.3 < sum(prior["b"]) / 500 < 0.7, "b is of the condition")


# ---- R ----------------------------------------------------------------------

@test
def r_reads_draws(place):
    """rstan::read_stan_csv reads the files, and posterior finds in them what
    the summary says, to 1e-6."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                          "draws", "read.R")
    out = place.run(SUMMARY.format("d"), "--json")
    try:
        done = subprocess.run(
            ["Rscript", script] + [f"d_{k}.csv" for k in range(1, 5)],
            cwd=place.path, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Skipped("r-base-core") from None
    if done.returncode == 77:
        raise Skipped("r-cran-rstan, r-cran-posterior")
    expect(done.returncode == 0, done.stderr)
    summary = json.loads(out.splitlines()[-1])["summary"]
    ours = {row["name"].replace("xs.", "xs["): row for row in summary}
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    head = rows.pop(0)
    expect(len(rows) == 4, done.stdout)
    for row in rows:
        theirs = dict(zip(head, row))
        mine = ours[theirs["variable"].rstrip("]")]
        for name in head[1:]:
            expect(abs(float(theirs[name]) - mine[name]) <=
                   1e-6 * max(1, abs(mine[name])),
                   f"{row[0]} {name}: {theirs[name]}, ours {mine[name]}")


@test
def r_reads_nuts(place):
    """In files of NUTS rstan finds the sampler, the warmup, the step size, and
    as many divergences and the E-BFMIs that we found."""
    script = """
if (!requireNamespace("rstan", quietly = TRUE)) quit(status = 77)
options(warn = 2)
fit <- suppressMessages(rstan::read_stan_csv(sprintf("d_%d.csv", 1:4)))
step <- as.numeric(sub(".*Step size = ([^\\n]*).*", "\\\\1",
                       rstan::get_adaptation_info(fit)[[1]]))
cat(fit@stan_args[[1]]$sampler_t, fit@sim$warmup, fit@sim$iter,
    rstan::get_num_divergent(fit), sprintf("%.17g", step),
    sprintf("%.12g", rstan::get_bfmi(fit)), sep = "\\n")
"""
    text = """ASSUME mu (normal 0 5)
ASSUME tau (half-cauchy 5)
ASSUME theta (iid 4 (normal mu tau))
OBSERVE-EACH (normal theta 9) '(28 8 -3 7)
INFER (nuts) :samples 250 :warmup 150 :thin 2 :out "d"
"""
    out = place.run(text, "--json")
    try:
        done = subprocess.run(["Rscript", "-e", script], cwd=place.path,
                              capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Skipped("r-base-core") from None
    if done.returncode == 77:
        raise Skipped("r-cran-rstan")
    expect(done.returncode == 0, done.stderr)
    ours = json.loads(out.splitlines()[-1])
    said = done.stdout.split("\n")
    expect(said[:3] == ["NUTS(diag_e)", "300", "800"], f"{said}")
    expect(int(said[3]) == ours["divergences"], f"{said[3]} divergences")
    expect(float(said[4]) == place.draws("d_1.csv")["stepsize__"][0], said[4])
    for a, b in zip(said[5:9], ours["ebfmi"]):
        # rstan divides the one sum by n and the other by n - 1
        expect(abs(float(a) * 250 / 249 - b) < 1e-9, f"E-BFMI {a}, ours {b}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="./vestige")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for function in TESTS:
        if options.names and function.__name__ not in options.names:
            continue
        place = Place(program)
        try:
            function(place)
            counts["passed"] += 1
        except Skipped as why:
            counts["skipped"] += 1
            print(f"skipped {function.__name__}: needs {why}")
        except AssertionError as wrong:
            counts["failed"] += 1
            print(f"FAIL {function.__name__}: {wrong}")
        place.folder.cleanup()
    print(", ".join(f"{n} {what}" for what, n in counts.items()))
    return counts["failed"] > 0


if __name__ == "__main__":
    sys.exit(main())
