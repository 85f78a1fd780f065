#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines side by side: appendix A of Jeff Wu's report again.

    bench/engines.py [--out FOLDER] [--quick] [./vestige] [MODEL ...]

The programs are those of the report's appendix: one draw from a categorical
distribution by a loop, a hidden Markov model, topics of documents; they grow.
A row is a size under the three engines:

    time     microseconds of CPU for one transition of (mh): the difference of
             two runs of INFER, by the number of transitions between them
    space    kilobytes resident when the program stands, beyond an empty one
    nodes    what TRACE lists; of the random database its choices

Curves of time and space go to FOLDER/engines-MODEL.svg (build/bench), both
axes logarithmic. There are no bars: the table is read beside the report's
Table 1, whose orders of growth stand under it. The random database and the
full trace get no program that would take them too long.
"""
import argparse
import json
import math
import os
import pathlib
import subprocess
import tempfile

ENGINES = ("reduced", "traces", "randomdb")
COLOURS = {"reduced": "#1b6ca8", "traces": "#c8553d", "randomdb": "#5b7f3b"}
CPU = {False: 0.4, True: 0.1}  # seconds of one measured run; quick
MOST = 2_000_000  # transitions of one
SLOW = 0.05  # a transition of more seconds ends an engine's row of sizes


def categorical(n):
    return f"""
ASSUME n {n}
ASSUME categorical-dist (lambda (x) (/ 1 n))
ASSUME sample-categorical-loop
  (lambda (v i)
    (if (< v (categorical-dist i))
        i
        (sample-categorical-loop (- v (categorical-dist i)) (+ i 1))))
ASSUME sample-categorical (lambda () (sample-categorical-loop (rand) 0))
ASSUME sample (sample-categorical)
"""


def hmm(n):
    return f"""
ASSUME nstates 5
ASSUME chainlength {n}
ASSUME get-column (mem (lambda (i) (symmetric-dirichlet 1 nstates)))
ASSUME get-next-state
  (lambda (i)
    (let ((loop (lambda (v j)
                  (let ((w ((get-column i) j)))
                    (if (< v w) j (loop (- v w) (inc j)))))))
      (loop (rand) 0)))
ASSUME state
  (mem (lambda (i) (if (= i 0) 0 (get-next-state (state (dec i))))))
ASSUME laststate (state chainlength)
"""


def topics(n):
    """Documents of ten words."""
    words = "\n".join(f"ASSUME doc{d}_word{w} (get-word {d} {w})"
                      for d in range(n // 10) for w in range(10))
    return f"""
ASSUME ntopics 5
ASSUME nwords 20
ASSUME get-topic-word-hyper (mem (lambda (topic) (gamma 1 1)))
ASSUME get-document-topic-hyper (mem (lambda (doc) (gamma 1 1)))
ASSUME get-document-topic-sampler
  (mem (lambda (doc)
         (symmetric-dirichlet-multinomial/make
           (/ (get-document-topic-hyper doc) ntopics) ntopics)))
ASSUME get-topic-word-sampler
  (mem (lambda (topic)
         (symmetric-dirichlet-multinomial/make
           (/ (get-topic-word-hyper topic) nwords) nwords)))
ASSUME get-word
  (mem (lambda (doc pos)
         ((get-topic-word-sampler ((get-document-topic-sampler doc))))))
{words}
"""


MODELS = {"categorical": (categorical, "n", (10, 100, 1000, 10000)),
          "hmm": (hmm, "chain length", (10, 30, 100, 300, 1000)),
          "topics": (topics, "words", (10, 30, 100, 300, 1000))}


class Engines:
    def __init__(self, program, quick):
        self.program, self.quick = program, quick
        self.folder = tempfile.TemporaryDirectory()
        self.empty = {e: self.resident(e, "") for e in ENGINES}

    def run(self, engine, text):
        """The last answer, and seconds of CPU."""
        path = pathlib.Path(self.folder.name) / "program.church"
        path.write_text(text)
        with tempfile.TemporaryFile() as out:
            child = subprocess.Popen(
                [self.program, "--engine", engine, "--json", "--seed", "1",
                 str(path)], stdout=out, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            lines = out.read().decode().splitlines()
        if status != 0 or not lines:
            raise SystemExit(f"bench: {engine}: {lines[-1:]}")
        return json.loads(lines[-1]), usage.ru_utime + usage.ru_stime

    def resident(self, engine, text):
        return min(self.run(engine, text + "\nMEMORY\n")[0]["value"]
                   for _ in range(2))

    def time(self, engine, text):
        """Seconds of one transition."""
        start = min(self.run(engine, text + "\nMEMORY\n")[1]
                    for _ in range(2))
        count, wanted = 10, CPU[self.quick]
        while True:
            cpu = self.run(engine, f"{text}\nINFER {count}\n")[1] - start
            if cpu > wanted / 2 or count >= MOST:
                return max(cpu, 1e-3) / count
            count = min(MOST, int(count * min(
                20.0, 1.3 * wanted / max(cpu, 1e-3))))

    def nodes(self, engine, text):
        return len(self.run(engine, text + "\nTRACE\n")[0]["nodes"])

    def measure(self, engine, text):
        return (1e6 * self.time(engine, text),
                max(1, self.resident(engine, text) - self.empty[engine]),
                self.nodes(engine, text))


def number(x):
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def table(engines, name):
    """{engine: [(n, time, space, nodes)]}, printed as it is measured."""
    make, what, sizes = MODELS[name]
    sizes = sizes[:3] if engines.quick else sizes
    print(f"\n{name:14s}" + "".join(f"{e:>33s}" for e in ENGINES))
    print(f"{what:>14s}" + f"{'us':>13s}{'KB':>10s}{'nodes':>10s}" * 3)
    rows = {e: [] for e in ENGINES}
    for n in sizes:
        words = f"{n:14,d}"
        for e in ENGINES:
            before = rows[e][-1] if rows[e] else None
            if before and (before[0] != last or before[1] > 1e6 * SLOW):
                words += f"{'-':>33s}"
                continue
            found = engines.measure(e, make(n))
            rows[e].append((n, *found))
            words += (f"{number(found[0]):>13s}{number(found[1]):>10s}"
                      f"{found[2]:>10,d}")
        last = n
        print(words, flush=True)
    print(f"{'grows as n^':>14s}" + "".join(
        f"{slope(rows[e], 1):13.2f}{slope(rows[e], 2):10.2f}"
        f"{slope(rows[e], 3):10.2f}" for e in ENGINES))
    return rows


def slope(rows, column):
    """Of the last two sizes: what the power of n is there."""
    if len(rows) < 2:
        return math.nan
    a, b = rows[-2], rows[-1]
    return math.log(b[column] / a[column]) / math.log(b[0] / a[0])


# ---- pictures -------------------------------------------------------------

WIDE, HIGH, EDGE = 360, 260, 56


def decades(values):
    low = math.floor(math.log10(min(values)))
    return low, max(low + 1, math.ceil(math.log10(max(values))))


def panel(rows, column, title, below, left):
    """One frame: a curve for each engine."""
    points = [(r[0], r[column]) for e in ENGINES for r in rows[e]]
    (x0, x1), (y0, y1) = (decades([p[i] for p in points]) for i in (0, 1))

    def at(x, y):
        return (left + EDGE + WIDE * (math.log10(x) - x0) / (x1 - x0),
                30 + HIGH * (y1 - math.log10(y)) / (y1 - y0))

    out = [f'<text x="{left + EDGE + WIDE / 2:.0f}" y="18" class="t">'
           f"{title}</text>"]
    for k in range(x0, x1 + 1):
        x, y = at(10.0 ** k, 10.0 ** y0)
        out += [f'<path class="g" d="M{x:.1f} 30V{30 + HIGH}"/>',
                f'<text class="m" x="{x:.1f}" y="{y + 16:.1f}">'
                f"{10 ** k:,}</text>"]
    for k in range(y0, y1 + 1):
        x, y = at(10.0 ** x0, 10.0 ** k)
        out += [f'<path class="g" d="M{x:.1f} {y:.1f}h{WIDE}"/>',
                f'<text class="e" x="{x - 6:.1f}" y="{y + 4:.1f}">'
                f"{10.0 ** k:,g}</text>"]
    out.append(f'<text class="m" x="{left + EDGE + WIDE / 2:.0f}" '
               f'y="{30 + HIGH + 34}">{below}</text>')
    for e in ENGINES:
        line = [at(r[0], r[column]) for r in rows[e]]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in line)
        out.append(f'<path fill="none" stroke="{COLOURS[e]}" '
                   f'stroke-width="2" d="M{path}"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" '
                f'fill="{COLOURS[e]}"/>' for x, y in line]
    return out


def picture(rows, name, path):
    wide = 2 * (WIDE + EDGE) + 40
    below = MODELS[name][1]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" '
           f'height="{HIGH + 100}" font-family="sans-serif">',
           "<style>text{font-size:11px;fill:#444}.t{font-size:14px;"
           "text-anchor:middle}.m{text-anchor:middle}.e{text-anchor:end}"
           ".g{stroke:#ddd}</style>",
           '<rect width="100%" height="100%" fill="#fff"/>']
    out += panel(rows, 1, f"{name}: microseconds a transition", below, 0)
    out += panel(rows, 2, f"{name}: kilobytes", below, WIDE + EDGE + 10)
    for i, e in enumerate(ENGINES):
        x = EDGE + 120 * i
        out.append(f'<rect x="{x}" y="{HIGH + 78}" width="14" height="4" '
                   f'fill="{COLOURS[e]}"/><text x="{x + 20}" '
                   f'y="{HIGH + 84}">{e}</text>')
    path.write_text("\n".join(out) + "\n</svg>\n")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", default="build/bench", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true",
                        help="small sizes, short runs")
    parser.add_argument("program", nargs="?", default="./vestige")
    parser.add_argument("models", nargs="*", metavar="MODEL")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    engines = Engines(options.program, options.quick)
    for name in MODELS:
        if options.models and name not in options.models:
            continue
        rows = table(engines, name)
        path = options.out / f"engines-{name}.svg"
        picture(rows, name, path)
        print(f"{'':14s}{path}")
    print("\nTable 1 of the report, for one transition: the random database "
          "takes the time T\nof the program and space for its choices; traces "
          "the envelope V, and space T;\nreduced traces the full envelope W, "
          "and space for the choices.")


if __name__ == "__main__":
    main()
