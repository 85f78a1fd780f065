# SPDX-License-Identifier: GPL-3.0-or-later
"""From a Church query to a program of directives, for kernels to move.

A query draws its samples itself, inside one expression. What it says is a
program all the same: its definitions, what it asks and its conditions stand
here as directives, so that every kernel and every engine can be tried on it.

    (mh-query n lag d ... e c)            d ...  PREDICT e  (condition c)
    (repeat n (lambda () (rejection-query d ... e c)))      the same
    (repeat n thunk)                      PREDICT (thunk)

Queries that stand elsewhere in the program stay what they are.
"""
import re

import queries
import run

CONDITIONING = ("condition", "factor", "observe")
COMPUTED = ("+", "-", "*", "/", "sum", "length")  # no random procedures
TOKEN = re.compile(r"""\s+|;[^\n]*|(?P<open>['`,]*\()|(?P<close>\))
                       |(?P<atom>"(?:[^"\\]|\\.)*"|[^\s()";]+)""",
                   re.VERBOSE)


class Form:
    """A piece of syntax: its text, and its parts when it is a list."""

    def __init__(self, text, parts=None):
        self.text, self.parts = text, parts

    def head(self):
        return self.parts[0].text if self.parts else ""


def read(text):
    """All forms of a text, in turn."""
    open_lists, top = [], []
    at = 0
    while at < len(text):
        token = TOKEN.match(text, at)
        if not token:
            raise ValueError(f"no syntax: {text[at:at + 20]!r}")
        start, at = at, token.end()
        into = open_lists[-1][1] if open_lists else top
        if token["open"]:
            open_lists.append((start, []))
        elif token["atom"]:
            into.append(Form(token["atom"]))
        elif token["close"]:
            begun, parts = open_lists.pop()
            into = open_lists[-1][1] if open_lists else top
            into.append(Form(text[begun:at], parts))
    return top


def answer_at(parts):
    """Where the answer of a query stands: as src/eval/expand_query.c."""
    i = len(parts) - 1
    if parts[i].head() in CONDITIONING:
        while parts[i].head() in CONDITIONING:
            i -= 1
        return i
    return i if parts[i - 1].head() in CONDITIONING else i - 1


def observation(form):
    """What (= (random ...) number) says as an OBSERVE, or None: in a query
    the evaluator finds that it is one."""
    if form.head() != "=":
        return None
    _, a, b = form.parts
    if b.parts:
        a, b = b, a
    if not a.parts or b.parts or a.head() in COMPUTED:
        return None
    return f"OBSERVE {a.text} {b.text}"


def conditions(form):
    """Directives for one condition of a query; of an `and`, each part."""
    if form.head() == "condition" and form.parts[1].head() == "and":
        return conditions(form.parts[1])
    if form.head() == "and":
        return [c for part in form.parts[1:] for c in conditions(part)]
    said = form.parts[1] if form.head() == "condition" else form
    if observation(said):
        return [observation(said)]
    if form.head() in CONDITIONING:
        return [form.text]
    return [f"(condition {form.text})"]


def unfold(form):
    """(definitions, the expression asked for, conditions)"""
    if form.head() == "mh-query":
        parts = form.parts[3:]
    elif form.head() == "rejection-query":
        parts = form.parts[1:]
    elif form.head() == "repeat" and form.parts[2].head() == "lambda":
        body = form.parts[2].parts[2:]
        if len(body) == 1 and body[0].parts:
            return unfold(body[0])
        return [f.text for f in body[:-1]], body[-1].text, []
    elif form.head() == "repeat":
        return [], f"({form.parts[2].text})", []
    else:
        return [], form.text, []
    at = answer_at(parts)
    return ([f.text for f in parts[:at]], parts[at].text,
            [c for f in parts[at + 1:] for c in conditions(f)])


def is_plain(outcome):
    """Is it a number or a truth value, as a column of draws has them?"""
    return re.fullmatch(r"#[tf]|-?[0-9.]+", outcome) is not None


def case(path):
    """A run.Case of the program that the query at a path says."""
    query = queries.Case(path)
    *before, last = read(query.text)
    definitions, asked, after = unfold(last)
    lines = [f.text for f in before] + definitions
    if query.moments:
        expected = "expected-moments: mean={} sd={}".format(*query.moments)
    else:
        names = list(query.outcomes)
        plain = all(map(is_plain, names))
        if not plain:
            clauses = " ".join(f"((equal? v '{name}) {i + 1})"
                               for i, name in enumerate(names))
            lines.append(f"(define (outcome v) (cond {clauses} (else 0)))")
            asked = f"(outcome {asked})"
        spelled = {"#t": "true", "#f": "false"}
        words = (f"{spelled.get(n, n) if plain else i + 1}"
                 f"={query.outcomes[n]!r}" for i, n in enumerate(names))
        expected = "expected: discrete " + " ".join(words)
    header = [f"; query: directive {len(lines) + 1}", "; " + expected]
    header += re.findall(r"^; not-for-mh: .*$", query.text, re.MULTILINE)
    return run.Case(path, "\n".join(header + lines + [f"PREDICT {asked}"]
                                    + after) + "\n")
