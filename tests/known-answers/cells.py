# SPDX-License-Identifier: GPL-3.0-or-later
"""One cell of the matrix: a program under a kernel on an engine, judged.

How many draws a cell takes follows from what they are worth. Four chains of
PILOT draws tell the correlation time; from it comes the number that is worth
WANTED independent draws, in batches of eight correlation times and more. A
cell that would need more than MOST transitions a chain is slow, and is not
judged. None of this looks at the answer.

A cell whose draws would come about by chance less often than once in
1 / SUSPICION is tried again: AGAIN times as many draws, other seeds, and only
these are judged, against the limit that all cells share. So small faults are
found at the price of few long runs, and the second stage alone says how often
a right engine fails.
"""
import math
import os
import re
import tempfile

import draws
import judge

CHAINS = 4
PILOT = 400
WANTED = 800
BATCH = 8  # correlation times
MOST = 300000  # transitions of a chain
KEPT = 10000  # draws of a chain; of more, every so-manieth is kept
SECONDS = 9  # of CPU, a chain; of one that slow.txt names a third
LONGER = {"traces": 3}  # a node for every evaluation takes its time
SUSPICION = 1e-3
AGAIN = 8
# What it says when nothing in the program is of the kind that a kernel moves.
EMPTY = "there is no choice that could move"
CONTINUOUS = re.compile("is no continuous number|is not continuous")


class Found:
    """What stands in a cell: a word or None, a z, and a sentence."""

    def __init__(self, what, words, z=None):
        self.what, self.words, self.z = what, words, z

    def shown(self):
        return f"{self.z:.1f}" if self.what == "ok" else self.what


class Sampler:
    """Chains of a case on an engine, under one kernel after another. slow:
    why its draws will be worth little, or None."""

    def __init__(self, program, engine, case, slow):
        limit = (SECONDS // 3 if slow else SECONDS) * LONGER.get(engine, 1)
        self.command = ["sh", "-c", f'ulimit -t {limit}; exec "$@"', "sh",
                        program, "--engine", engine]
        self.case, self.slow, self.kernel = case, slow, None
        self.sweep = 1  # transitions of a draw, when none is left out

    def chain(self, seed, samples):
        """Draws, a sweep each; or as many sweeps, and fewer draws."""
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(folder, "draws")
            warmup = min(max(200, samples // 10), 1000)
            thin = ""
            if samples > KEPT:
                thin = f" :thin {math.ceil(samples / KEPT) * self.sweep}"
            kept = min(samples, KEPT)
            text = (f"{self.case.text}\nINFER {self.kernel} :samples {kept}"
                    f" :warmup {warmup}{thin} :chains 1 :seed {seed}"
                    f' :out "{name}"\n')
            answer = draws.run_json(self.command, text, seed, folder,
                                    40 * SECONDS)[-1]
            if not thin:
                self.sweep = max(1, answer["transitions"] // (kept + warmup))
            return draws.read_column(name + "_1.csv", self.case.column)

    def judge(self, first_seed, samples):
        chains = [self.chain(seed, samples)
                  for seed in range(first_seed, first_seed + CHAINS)]
        return judge.judge(chains, self.case.events, self.case.moments)

    def enough(self):
        """(verdict or None when it is slow, draws of a chain)"""
        samples = PILOT
        while True:
            verdict = self.judge(1, samples)
            more = factor(verdict)
            if more == 1:
                return verdict, samples
            if self.slow or samples * self.sweep >= MOST:
                return None, samples
            # An estimate from few draws is a rough one.
            more = min(8.0, max(1.5, 1.3 * more))
            samples = min(math.ceil(samples * more),
                          math.ceil(MOST / self.sweep))


def factor(verdict):
    """How many times as many draws it takes to be judged; 1: none more."""
    return max(1.0, WANTED / verdict.effective,
               BATCH / verdict.batch_in_correlation_times)


def judged(sampler, log_limit):
    verdict, samples = sampler.enough()
    if verdict is None and sampler.slow:
        return Found("slow", sampler.slow)
    if verdict is None:
        return Found("STUCK", f"{samples} draws of {sampler.sweep} "
                     "transitions are not worth enough")
    worth = f"worth {verdict.effective:.0f} independent draws"
    if verdict.log_p > math.log(SUSPICION):
        return Found("ok", worth, verdict.z)
    try:
        verdict = sampler.judge(101, AGAIN * samples)
    except draws.Failed as failure:
        if draws.OUT_OF_TIME not in str(failure):
            raise
    what = "ok" if verdict.log_p > log_limit else "WRONG"
    return Found(what, f"{verdict.words} ({worth}, p < "
                 f"{math.exp(verdict.log_p):.1g})", verdict.z)


def is_refusal(words, kernels):
    """A refusal begins with the name of a kernel: "line 3: gibbs: ..."."""
    return re.match(r"(line \d+: )?(" + "|".join(kernels) + "): ",
                    words) is not None


def is_none(sentences):
    """Does a kernel for continuous numbers find none in the program?"""
    return (any(EMPTY in s for s in sentences)
            and all(EMPTY in s or CONTINUOUS.search(s) for s in sentences))


def look(sampler, tries, kernels, log_limit):
    """A cell: the first of the tries that takes the program, judged. The
    kernels are the names of all that there are."""
    sentences = []
    for sampler.kernel in tries:
        try:
            return judged(sampler, log_limit)
        except draws.Failed as failure:
            words = str(failure)
        if draws.OUT_OF_TIME in words:
            return Found("slow" if sampler.slow else "STUCK",
                         sampler.slow or words)
        if not is_refusal(words, kernels):
            return Found("WRONG", words)
        sentences.append(words)
    return Found("none" if is_none(sentences) else "refused", sentences[0])
