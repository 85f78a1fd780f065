# SPDX-License-Identifier: GPL-3.0-or-later
"""The procedures that the programs of these tests use. Each takes the path
that runs (to apply procedures) and its arguments; lists are tuples. What
must be seen is made plain; what is only handed on stays in its box.
"""
import functools
import math
import operator

from families import Outside


def plain(value):
    """Without boxes, to the bottom."""
    while hasattr(value, "look"):
        value = value.look()
    if isinstance(value, tuple):
        return tuple(plain(v) for v in value)
    return value


def top(value):
    while hasattr(value, "look"):
        value = value.look()
    return value


def strict(function):
    """A procedure of plain values."""
    return lambda path, *args: function(*map(plain, args))


def along(function):
    """Of numbers, and element by element of arrays of one length."""
    def applied(*args):
        lengths = {len(a) for a in args if isinstance(a, tuple)}
        if not lengths:
            return function(*args)
        if len(lengths) > 1:
            raise Outside
        return tuple(function(*[a[i] if isinstance(a, tuple) else a
                                for a in args]) for i in range(lengths.pop()))
    return strict(applied)


def divide(*args):
    x = args[0] if len(args) > 1 else 1
    for d in args[1:] or args:
        if d == 0:
            raise Outside
        exact = isinstance(x, int) and isinstance(d, int) and x % d == 0
        x = x // d if exact else x / d
    return x


def chain(test):
    return lambda *xs: all(test(a, b) for a, b in zip(xs, xs[1:]))


def same(a, b):
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def logarithm(x):
    if x <= 0:
        raise Outside
    return math.log(x)


def difference(*xs):
    return xs[0] - sum(xs[1:]) if len(xs) > 1 else -xs[0]


def pick(path, items, i):
    items, i = top(items), plain(i)
    if not 0 <= i < len(items):
        raise Outside
    return items[i]


def mapped(path, f, *lists):
    return tuple(path.apply(f, list(xs)) for xs in zip(*map(top, lists)))


def filtered(path, f, items):
    return tuple(x for x in top(items)
                 if top(path.apply(f, [x])) is not False)


def fold(path, f, start, *lists):
    """(f x ... acc), from the left."""
    for xs in zip(*map(top, lists)):
        start = path.apply(f, list(xs) + [start])
    return start


def fold_left(path, f, start, items):
    """(f acc x), from the left."""
    for x in top(items):
        start = path.apply(f, [start, x])
    return start


def fold_right(path, f, start, *lists):
    for xs in reversed(list(zip(*map(top, lists)))):
        start = path.apply(f, list(xs) + [start])
    return start


def repeat(path, n, f):
    return tuple(path.apply(f, []) for _ in range(plain(n)))


def sort(path, items, before=None):
    items = plain(items)
    if before is None:
        return tuple(sorted(items))

    def order(a, b):
        if plain(path.apply(before, [a, b])) is not False:
            return -1
        return 1 if plain(path.apply(before, [b, a])) is not False else 0
    return tuple(sorted(items, key=functools.cmp_to_key(order)))


def apply_list(path, f, *args):
    return path.apply(f, list(args[:-1]) + list(top(args[-1])))


def member(path, x, items):
    x, items = plain(x), top(items)
    for i, item in enumerate(items):
        if same(plain(item), x):
            return items[i:]
    return False


def iota(n, start=0, step=1):
    return tuple(start + i * step for i in range(n))


def every(path, f, items):
    return all(plain(path.apply(f, [x])) is not False for x in top(items))


def some(path, f, items):
    return any(plain(path.apply(f, [x])) is not False for x in top(items))


LIBRARY = {
    "+": along(lambda *xs: sum(xs)), "-": along(difference),
    "*": along(lambda *xs: math.prod(xs)), "/": along(divide),
    "=": strict(chain(same)), "<": strict(chain(operator.lt)),
    ">": strict(chain(operator.gt)), "<=": strict(chain(operator.le)),
    ">=": strict(chain(operator.ge)), "eq?": strict(same),
    "equal?": strict(same), "not": strict(lambda x: x is False),
    "min": strict(lambda *xs: min(xs)), "max": strict(lambda *xs: max(xs)), "abs": strict(abs),
    "exp": strict(math.exp), "log": strict(logarithm), "log-gamma": strict(math.lgamma),
    "sqrt": strict(math.sqrt), "square": strict(lambda x: x * x),
    "modulo": strict(operator.mod), "even?": strict(lambda n: n % 2 == 0),
    "odd?": strict(lambda n: n % 2 == 1), "zero?": strict(lambda n: n == 0),
    "list": lambda path, *xs: xs,
    "cons": lambda path, x, xs: (x,) + top(xs),
    "car": lambda path, xs: top(xs)[0], "first": lambda path, xs: top(xs)[0],
    "second": lambda path, xs: top(xs)[1],
    "third": lambda path, xs: top(xs)[2],
    "last": lambda path, xs: top(xs)[-1],
    "cdr": lambda path, xs: top(xs)[1:], "rest": lambda path, xs: top(xs)[1:],
    "null?": lambda path, xs: top(xs) == (),
    "length": lambda path, xs: len(top(xs)),
    "append": lambda path, *ls: sum((top(xs) for xs in ls), ()),
    "reverse": lambda path, xs: top(xs)[::-1],
    "list-ref": pick, "map": mapped, "filter": filtered, "fold": fold,
    "foldl": fold_left, "foldr": fold_right, "repeat": repeat,
    "sort": sort, "apply": apply_list, "member": member,
    "iota": strict(iota), "sum": strict(sum), "all": every, "any": some,
}
