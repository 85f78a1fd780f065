# SPDX-License-Identifier: GPL-3.0-or-later
"""The exact distribution of a finite program, by running every path of it.

A path is the list of which outcome each choice took; the next path is the
present one counted up, like an odometer. Each path runs the whole program
from the start: nothing is carried over, nothing is clever. A random value
travels in a Box, so that an OBSERVE finds the choice that its expression
stands for, through whatever it went. A choice without a finite support waits
in its Box for the value that an OBSERVE gives it.
"""
import math
import sys

import around
import families
from families import NEVER, Outside
from language import Symbol, program
from library import LIBRARY, plain

sys.setrecursionlimit(100000)
PATHS = 400000


class Unanswerable(Exception):
    """The program is not one that this judge can judge."""


class Dead(Exception):
    """The path has probability zero."""


class Box:
    """What a choice gave. `score` while its value is not yet given."""
    __slots__ = ("value", "score", "taken")

    def __init__(self, value, score=None, taken=None):
        self.value, self.score, self.taken = value, score, taken

    def look(self):
        if self.score:
            raise Unanswerable("a value is looked at before it is observed")
        return self.value


class Closure:
    __slots__ = ("names", "rest", "body", "scope")

    def __init__(self, names, rest, body, scope):
        self.names, self.rest = names, rest
        self.body, self.scope = body, scope


class Memo:
    """What a query calls of the path around it is that path's to choose."""
    __slots__ = ("procedure", "path", "known")

    def __init__(self, procedure, path):
        self.procedure, self.path, self.known = procedure, path, {}


def key(value):
    """Numbers are equal by value, and are no booleans."""
    if isinstance(value, tuple):
        return tuple(map(key, value))
    return (isinstance(value, bool), value)


class Path:
    """One run of the program."""

    def __init__(self, turns):
        self.turns, self.met, self.log_weight = turns, [], 0.0
        self.globals = dict(GLOBALS)

    # ---- chance ------------------------------------------------------------

    def choose(self, support):
        support = [o for o in support if o[1] > NEVER]
        if not support:
            raise Dead
        i = len(self.met)
        turn = self.turns[i] if i < len(self.turns) else 0
        self.met.append((turn, len(support)))
        self.log_weight += support[turn][1]
        return support[turn][0]

    def draw_family(self, family, args):
        if family is PICK and any(isinstance(v, Box) for v in
                                  plain_outside(args[0])):
            # Among random values: what was picked stays what it is.
            values = plain_outside(args[0])
            return values[self.choose([(i, -math.log(len(values)))
                                       for i in range(len(values))])]
        args = [plain(a) for a in args]
        support = family.support(args)
        if support is None:
            return Box(None, lambda v: family.score(args, v))
        return Box(self.choose(support))

    def draw_urn(self, urn):
        support = urn.support() if not isinstance(
            urn, families.GammaPoisson) else None
        if support is None:
            return Box(None, urn.score, urn.take)
        value = self.choose(support)
        urn.take(value)
        return Box(value)

    def draw_around(self, x, scope):
        law = around.law_of(lambda a: plain(self.run(a, scope)), x)
        if law.support is None:
            return Box(None, law.score)
        return Box(self.choose(law.support))

    def observe_each(self, x, values):
        """(f a ...) given each of the values; lists among a go along."""
        f, args = self.run(x[0], {}), [plain(self.run(a, {})) for a in x[1:]]
        for i, value in enumerate(values):
            these = [a[i % len(a)] if isinstance(a, tuple) else a
                     for a in args]
            self.observe(self.apply(f, these), value)
        return True

    def observe(self, box, value):
        if not isinstance(box, Box):
            raise Unanswerable("OBSERVE of what is no choice")
        if box.score:
            self.log_weight += box.score(value)
            if box.taken:
                box.taken(value)
            box.value, box.score = value, None
        elif key(box.value) != key(value):
            raise Dead
        if self.log_weight == NEVER:
            raise Dead

    # ---- procedures --------------------------------------------------------

    def apply(self, f, args):
        while isinstance(f, Box):
            f = f.look()
        if isinstance(f, Closure):
            scope = dict(f.scope)
            scope.update(zip(f.names, args))
            if f.rest:
                scope[f.rest] = tuple(args[len(f.names):])
            elif len(args) != len(f.names):
                raise Unanswerable("wrong number of arguments")
            return self.body(f.body, scope)
        if isinstance(f, families.Family):
            return self.draw_family(f, args)
        if isinstance(f, Maker):
            return Drawer(f.make(*[plain(a) for a in args]))
        if isinstance(f, Drawer):
            return self.draw_urn(f.urn)
        if isinstance(f, Memo):
            args = [plain(a) for a in args]
            k = key(tuple(args))
            if k not in f.known:
                f.known[k] = f.path.apply(f.procedure, args)
            return f.known[k]
        if isinstance(f, tuple):
            return f[plain(args[0])]
        return f(self, *args)

    # ---- expressions -------------------------------------------------------

    def body(self, forms, scope):
        """Forms in order, the definitions among them first bound."""
        if any(is_form(f, "define") for f in forms):
            scope = dict(scope)
        result = False
        for form in forms:
            if is_form(form, "define"):
                name, value = defined(form)
                scope[name] = self.run(value, scope)
                if isinstance(scope[name], Closure):
                    scope[name].scope = scope
            else:
                result = self.run(form, scope)
        return result

    def run(self, x, scope):
        if isinstance(x, Symbol):
            if x in scope:
                return scope[x]
            if x in self.globals:
                return self.globals[x]
            if x.startswith(":"):
                return x
            raise Unanswerable(f"unknown name {x}")
        if not isinstance(x, list):
            return x
        head = x[0]
        if isinstance(head, Symbol) and head in FORMS and head not in scope:
            return FORMS[head](self, x, scope)
        f = self.run(head, scope)
        return self.apply(f, [self.run(a, scope) for a in x[1:]])

    def test(self, x, scope):
        return plain_top(self.run(x, scope)) is not False


class Maker:
    def __init__(self, make):
        self.make = make


class Drawer:
    def __init__(self, urn):
        self.urn = urn


class Own:
    """What make-xrp makes: values by :support, weighed by :prob. Of the
    labels that :support gives, the last stands for a new one."""

    def __init__(self, path, *options):
        self.told = dict(zip(options[::2], options[1::2]))
        self.fixed = list(plain(self.told.get(":parameters", ())))
        self.stateful = ":initialize" in self.told
        if self.stateful:
            self.state = self.call(path, ":initialize", [], None)

    def call(self, path, name, values, args):
        state = [self.state] if self.stateful and args is not None else []
        after = self.fixed + list(args) if args is not None else []
        return plain(path.apply(self.told[name], state + values + after))

    def support(self, path, args):
        where = self.told.get(":support")
        if where is None or isinstance(where, str):
            return (True, False) if where == "boolean" else None
        values = self.call(path, ":support", [], args)
        if self.told.get(":labels?"):
            values = values[:-1] + (families.Label(),)
        return values

    def take(self, path, value, args):
        if self.stateful:
            self.state = self.call(path, ":incorporate", [value], args)

    def score_by_whole(self, path, value, args):
        """By how much it raises the score of the whole state."""
        before, without = self.state, self.call(path, ":score-state", [], [])
        self.take(path, value, args)
        score = self.call(path, ":score-state", [], []) - without
        self.state = before
        return score

    def __call__(self, path, *args):
        args = [plain(a) for a in args]
        values = self.support(path, args)

        def score(value):
            if ":prob" not in self.told:
                return self.score_by_whole(path, value, args)
            return self.call(path, ":prob", [value], args)

        def take(value):
            self.take(path, value, args)

        if values is None:
            return Box(None, score, take)
        scored = [(v, score(v)) for v in values]
        value = path.choose([(v, p) for v, p in scored if p > NEVER])
        take(value)
        return Box(value)


def plain_top(value):
    while isinstance(value, Box):
        value = value.look()
    return value


plain_outside = plain_top


def is_form(x, name):
    return isinstance(x, list) and bool(x) and x[0] == name and isinstance(
        x[0], Symbol)


def defined(form):
    if isinstance(form[1], list):
        return form[1][0], [Symbol("lambda"), form[1][1:]] + form[2:]
    return form[1], form[2]


# ---- special forms ---------------------------------------------------------


def form_quote(_path, x, _scope):
    return frozen(x[1])


def frozen(datum):
    return tuple(map(frozen, datum)) if isinstance(datum, list) else datum


def form_quasiquote(path, x, scope):
    def fill(datum):
        if not isinstance(datum, list):
            return datum
        if is_form(datum, "unquote"):
            return path.run(datum[1], scope)
        found = []
        for part in datum:
            if is_form(part, "unquote-splicing"):
                found.extend(plain_top(path.run(part[1], scope)))
            else:
                found.append(fill(part))
        return tuple(found)
    return fill(x[1])


def form_lambda(_path, x, scope):
    names, rest = x[1], None
    if isinstance(names, Symbol):
        names, rest = [], names
    elif Symbol(".") in names:
        names, rest = names[:-2], names[-1]
    return Closure(names, rest, x[2:], scope)


def form_if(path, x, scope):
    if path.test(x[1], scope):
        return path.run(x[2], scope)
    return path.run(x[3], scope) if len(x) > 3 else False


def form_cond(path, x, scope):
    for clause in x[1:]:
        if clause[0] == "else":
            return path.body(clause[1:], scope)
        value = path.run(clause[0], scope)
        if plain_top(value) is not False:
            return path.body(clause[1:], scope) if clause[1:] else value
    return False


def form_case(path, x, scope):
    value = plain(path.run(x[1], scope))
    for clause in x[2:]:
        if clause[0] == "else" or any(key(frozen(d)) == key(value)
                                      for d in clause[0]):
            return path.body(clause[1:], scope)
    return False


def form_and(path, x, scope):
    value = True
    for part in x[1:]:
        value = path.run(part, scope)
        if plain_top(value) is False:
            return value
    return value


def form_or(path, x, scope):
    value = False
    for part in x[1:]:
        value = path.run(part, scope)
        if plain_top(value) is not False:
            return value
    return value


def form_when(path, x, scope):
    return path.body(x[2:], scope) if path.test(x[1], scope) else False


def form_unless(path, x, scope):
    return False if path.test(x[1], scope) else path.body(x[2:], scope)


def bind_self(value, name):
    """A lambda that is a bound value sees its own name."""
    value.scope = dict(value.scope)
    value.scope[name] = value


def form_let(path, x, scope):
    if isinstance(x[1], Symbol):
        names = [b[0] for b in x[2]]
        loop = Closure(names, None, x[3:], scope)
        bind_self(loop, x[1])
        return path.apply(loop, [path.run(b[1], scope) for b in x[2]])
    inside = dict(scope)
    for name, value in x[1]:
        inside[name] = path.run(value, scope)
        if is_form(value, "lambda"):
            bind_self(inside[name], name)
    return path.body(x[2:], inside)


def form_let_star(path, x, scope):
    for name, value in x[1]:
        scope = dict(scope, **{name: path.run(value, scope)})
    return path.body(x[2:], scope)


def form_letrec(path, x, scope):
    inside = dict(scope)
    for name, value in x[1]:
        inside[name] = path.run(value, inside)
    for name, value in x[1]:
        if isinstance(inside[name], Closure):
            inside[name].scope = inside
    return path.body(x[2:], inside)


def form_do(path, x, scope):
    names = [b[0] for b in x[1]]
    inside = dict(scope)
    inside.update((b[0], path.run(b[1], scope)) for b in x[1])
    while not path.test(x[2][0], inside):
        path.body(x[3:], inside)
        values = [path.run(b[2], inside) if len(b) > 2 else inside[b[0]]
                  for b in x[1]]
        inside = dict(inside)
        inside.update(zip(names, values))
    return path.body(x[2][1:], inside)


def form_observe(path, x, scope):
    box = path.run(x[1], scope)
    path.observe(box, plain(path.run(x[2], scope)))
    return box


def form_around(path, x, scope):
    return path.draw_around(x, scope)


def form_factor(path, x, scope):
    path.log_weight += plain(path.run(x[1], scope))
    if path.log_weight == NEVER:
        raise Dead
    return True


def form_condition(path, x, scope):
    if not path.test(x[1], scope):
        raise Dead
    return True


# ---- queries ---------------------------------------------------------------

CONDITIONING = ("condition", "factor", "observe")


def query_parts(forms):
    """The definitions, the answer, and what conditions."""
    def conditions(form):
        return any(is_form(form, name) for name in CONDITIONING)
    at = len(forms) - 1
    while conditions(forms[at]):
        at -= 1
    if at == len(forms) - 1 and not conditions(forms[-2]):
        at -= 1
    return forms[:at], forms[at], forms[at + 1:]


def query_table(path, forms, scope):
    """[(answer, probability)], in the order in which they are first met."""
    definitions, answer, conditions = query_parts(forms)
    conditions = [c if any(is_form(c, n) for n in CONDITIONING)
                  else [Symbol("condition"), c] for c in conditions]
    body = definitions + [[Symbol("let"), [[Symbol(" answer"), answer]]]
                          + conditions + [Symbol(" answer")]]

    def run(inner):
        inner.globals = path.globals
        return plain(inner.body(body, scope))
    found = every_path(run)
    total = math.fsum(found.values())
    if total <= 0:
        raise Unanswerable("a query whose condition never holds")
    return [(v, w / total) for v, w in found.items()]


def form_rejection(path, x, scope):
    return path.choose([(v, math.log(p))
                        for v, p in query_table(path, x[1:], scope)])


def form_enumeration(path, x, scope):
    table = query_table(path, x[1:], scope)
    return tuple(v for v, _ in table), tuple(p for _, p in table)


def form_mh(path, x, scope):
    """One sample from the condition's own distribution, as the walk begins."""
    if plain(path.run(x[1], scope)) != 1:
        raise Unanswerable("several samples of a walk")
    return (path.choose([(v, math.log(p))
                         for v, p in query_table(path, x[3:], scope)]),)


FORMS = {
    "rejection-query": form_rejection, "enumeration-query": form_enumeration,
    "mh-query": form_mh,
    "quote": form_quote, "quasiquote": form_quasiquote,
    "lambda": form_lambda, "if": form_if, "cond": form_cond,
    "case": form_case, "and": form_and, "or": form_or, "when": form_when,
    "unless": form_unless, "let": form_let, "let*": form_let_star,
    "letrec": form_letrec, "do": form_do,
    "begin": lambda path, x, scope: path.body(x[1:], scope),
    "observe": form_observe, "factor": form_factor,
    "condition": form_condition,
    # How often a choice is proposed, and what it is called, is no matter.
    "weight": lambda path, x, scope: path.run(x[2], scope),
    "tag": lambda path, x, scope: path.run(x[-1], scope),
    "predict": lambda path, x, scope: path.run(x[-1], scope),
}

FORMS.update(dict.fromkeys(around.WORDS, form_around))

GLOBALS = dict(LIBRARY)
GLOBALS["mem"] = lambda path, f: Memo(f, path)
GLOBALS["make-xrp"] = Own
for _names, _family in families.FAMILIES.items():
    GLOBALS.update(dict.fromkeys(_names.split(), _family))
for _names, _make in families.MAKERS.items():
    GLOBALS.update(dict.fromkeys(_names.split(), Maker(_make)))
PICK = GLOBALS["uniform-draw"]


def stochastic_memo(_path, alpha, f):
    """DPmem: each list of operands has a restaurant, each table a value."""
    alpha, restaurants, dishes = plain(alpha), {}, {}

    def applied(path, *operands):
        operands = tuple(map(plain, operands))
        k = key(operands)
        if k not in restaurants:
            restaurants[k] = families.Tables(alpha)
        table = plain(path.draw_urn(restaurants[k]))
        if (k, table) not in dishes:
            dishes[k, table] = path.apply(f, list(operands))
        return dishes[k, table]
    return applied


GLOBALS["DPmem"] = GLOBALS["DP"] = stochastic_memo


# ---- every path ------------------------------------------------------------


def run_program(path, directives):
    """The value of the last directive."""
    value = None
    for d in directives:
        if d.kind == "observe-each":
            value = path.observe_each(d.expression,
                                      plain(path.run(d.given, {})))
            continue
        value = path.run(d.expression, {})
        if d.kind == "assume":
            path.globals[d.name] = value
        elif d.kind == "observe":
            path.observe(value, plain(path.run(d.given, {})))
        elif d.kind == "factor":
            path.log_weight += plain(value)
        elif d.kind == "condition" and plain_top(value) is False:
            raise Dead
    return plain(value)


def every_path(run):
    """{value: weight} of what run(path) gives, over all paths."""
    found, turns, paths = {}, [], 0
    while turns is not None:
        path, value = Path(turns), None
        try:
            value = run(path)
        except (Dead, Outside):
            value = None
        paths += 1
        if paths > PATHS:
            raise Unanswerable("too many paths")
        if value is not None and path.log_weight > NEVER:
            found.setdefault(value, []).append(math.exp(path.log_weight))
        turns = [turn for turn, _ in path.met]
        while turns and turns[-1] + 1 >= path.met[len(turns) - 1][1]:
            turns.pop()
        if turns:
            turns[-1] += 1
        else:
            turns = None
    return {v: math.fsum(ws) for v, ws in found.items()}


def distribution(text):
    """{value: probability} of the last directive of a program."""
    directives = program(text)
    found = every_path(lambda path: run_program(path, directives))
    total = math.fsum(found.values())
    if total <= 0:
        raise Unanswerable("no path is possible")
    return {v: w / total for v, w in found.items()}
