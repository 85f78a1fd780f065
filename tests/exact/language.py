# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads programs: text to nested Python values, and those to directives.

A list is a Python list, a symbol is a Symbol, numbers and booleans are
Python's own. This reader shares nothing with the one that it is a judge of.
"""
import re

TOKEN = re.compile(r"""\s*(?:
    (?P<comment>;[^\n]*) |
    (?P<open>[(\[]) | (?P<close>[)\]]) | (?P<quote>'|`|,@|,) |
    (?P<string>"(?:[^"\\]|\\.)*") | (?P<atom>[^\s()\[\]'`,";]+)
    )""", re.VERBOSE)
TRUE, FALSE = {"true", "True", "#t"}, {"false", "False", "#f"}
MARKS = {"'": "quote", "`": "quasiquote", ",": "unquote",
         ",@": "unquote-splicing"}
KEYWORDS = {"assume": 2, "observe": 2, "observe-each": 2, "predict": 1, "define": 2, "infer": 0,
            "forget": 1, "factor": 1, "condition": 1}
KEPT_IN_LISTS = {"define", "assume", "observe", "predict", "factor",
                 "condition", "infer", "forget"}


class Malformed(Exception):
    """The text is no program of ours."""


class Symbol(str):
    """A name, or a quoted symbol as data."""
    __slots__ = ()


class Directive:
    """One of ASSUME, OBSERVE, PREDICT, FACTOR, CONDITION, as it stands in
    the end, with the number by which vestige knows it."""

    def __init__(self, kind, number, name, expression, given=None):
        self.kind, self.number, self.name = kind, number, name
        self.expression, self.given = expression, given


def atom(text):
    if text in TRUE or text in FALSE:
        return text in TRUE
    for number in (int, float):
        try:
            if text[-1] in "0123456789.":
                return number(text)
        except ValueError:
            pass
    return Symbol(text)


def tokens(text):
    at, line_start = 0, 0
    while True:
        match = TOKEN.match(text, at)
        if not match:
            if text[at:].strip():
                raise Malformed(f"cannot read {text[at:at + 20]!r}")
            return
        begin = match.start(match.lastgroup)
        line_start = text.rfind("\n", 0, begin) + 1
        if match.lastgroup != "comment":
            yield (match.lastgroup, match.group(match.lastgroup),
                   not text[line_start:begin].strip())
        at = match.end()


def read(text):
    """All data of a text, each with whether it began a line."""
    stack, found, marks = [], [], []

    def done(datum, first):
        while marks and marks[-1][1] == len(stack):
            mark, _, first = marks.pop()
            datum = [Symbol(mark), datum]
        if stack:
            stack[-1][0].append(datum)
        else:
            found.append((datum, first))

    for kind, word, first in tokens(text):
        if kind == "open":
            stack.append(([], first))
        elif kind == "close":
            if not stack:
                raise Malformed("one parenthesis too many")
            done(*stack.pop())
        elif kind == "quote":
            marks.append((MARKS[word], len(stack), first))
        elif kind == "string":
            done(Symbol(word[1:-1]), first)
        else:
            done(atom(word), first)
    if stack or marks:
        raise Malformed("a parenthesis is missing")
    return found


def write(datum):
    """The text of a datum."""
    if isinstance(datum, list):
        return "(" + " ".join(map(write, datum)) + ")"
    if isinstance(datum, bool):
        return "true" if datum else "false"
    return repr(datum) if isinstance(datum, float) else str(datum)


def requests(text):
    """(keyword, arguments) of every directive of a text, in order."""
    data, at, found = read(text), 0, []
    while at < len(data):
        datum, first = data[at]
        at += 1
        word = datum.lower() if isinstance(datum, Symbol) else None
        if word in KEYWORDS and first:
            arguments = []
            while at < len(data) and (len(arguments) < KEYWORDS[word]
                                      or not data[at][1]):
                arguments.append(data[at][0])
                at += 1
            found.append((word, arguments))
        elif (isinstance(datum, list) and datum
              and isinstance(datum[0], Symbol)
              and datum[0].lower() in KEPT_IN_LISTS):
            found.append((datum[0].lower(), datum[1:]))
        else:
            raise Malformed(f"not a directive: {write(datum)}")
    return found


def definition(arguments):
    head = arguments[0]
    if isinstance(head, list):
        return head[0], [Symbol("lambda"), head[1:]] + arguments[1:]
    return head, arguments[1]


def program(text):
    """The directives that stand when all of a text has been done: a name
    that is bound again is replaced in place, what is forgotten is gone."""
    kept, number = [], 0
    for word, arguments in requests(text):
        if word == "infer":
            continue
        if word == "forget":
            kept = [d for d in kept if arguments[0] not in (d.number, d.name)]
            continue
        name = given = None
        expression = arguments[-1]
        if word in ("define", "assume"):
            word = "assume"
            name, expression = definition(arguments)
            old = [d for d in kept if d.name == name and d.kind == "assume"]
            if old:
                old[0].expression = expression
                continue
        elif word in ("observe", "observe-each"):
            expression, given = arguments
        number += 1
        kept.append(Directive(word, number, name, expression, given))
    return kept


# ---- the same program without its data -------------------------------------

BARE = {"observe": 1, "condition": 1, "factor": 1}


def unconditioned(datum):
    """(observe d v) becomes d, (condition e) and (factor e) become e."""
    if not isinstance(datum, list) or not datum or datum[0] == "quote":
        return datum
    if isinstance(datum[0], Symbol) and datum[0] in BARE:
        return unconditioned(datum[1])
    return [unconditioned(part) for part in datum]


def prior(text):
    """The text with every observation read and nothing conditioned on."""
    lines = []
    for word, arguments in requests(text):
        arguments = [unconditioned(a) for a in arguments]
        if word == "observe-each":
            continue
        if word == "observe":
            word, arguments = "predict", arguments[:1]
        elif word in ("factor", "condition"):
            word = "predict"
        if word == "define":
            lines.append(write([Symbol("define")] + arguments))
        else:
            lines.append(" ".join([word.upper()] + list(map(write,
                                                            arguments))))
    return "\n".join(lines) + "\n"
