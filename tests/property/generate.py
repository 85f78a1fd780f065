#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small random programs: one seed, one program, the same on every machine.

    tests/property/generate.py SEED [COUNT FOLDER]

Every choice is finite, every number is from 0 to 3 and every recursion ends,
so that the states of a program can be enumerated. What makes engines fall is
drawn often: urns shared by regions, parameters that move with structure, mem
entries that pass between readers, chains of entries, labels, procedures that
test what their callers tested, procedures drawn by lot, data that move,
weights and terms. The last directive predicts all
that has a value.
"""
import pathlib
import random
import sys


class Program:
    """One program, written from the top: names exist before they are used."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.booleans, self.numbers, self.labels = [], [], []
        self.urns, self.restaurants = [], []
        self.boolean_mems, self.number_mems = [], []
        self.procedures = {}  # (name, its test) by what it gives
        self.lines, self.count = [], 0
        self.choices = 0  # roughly how many may be alive

    # ---- helpers -----------------------------------------------------------

    def chance(self, p):
        return self.draw.random() < p

    def one(self, *of):
        return self.draw.choice(of)

    def name(self, letter):
        self.count += 1
        return f"{letter}{self.count}"

    def probability(self, depth):
        if self.chance(0.5) or depth <= 0:
            return self.one("0.5", "0.3", "0.8")
        if self.chance(0.5):
            return f"(if {self.boolean(depth - 1)} 0.2 0.7)"
        return f"(/ (+ 1 {self.number(depth - 1)}) 5)"

    # ---- expressions -------------------------------------------------------

    def pick(self, makers):
        """One of the makers by weight, of those that can."""
        makers = [m for m in makers if m[0] > 0]
        return self.draw.choices([m[1] for m in makers],
                                 [m[0] for m in makers])[0]()

    def flip(self, depth):
        self.choices += 1
        return f"(flip {self.probability(depth)})"

    def boolean(self, depth):
        deep = depth > 0
        return self.pick([
            (1, lambda: self.one("true", "false")),
            (6 * bool(self.booleans),
             lambda: self.one(*self.booleans)),
            (3, lambda: self.flip(depth - 1)),
            (4 * bool(self.urns), lambda: self.urn()),
            (4 * deep * bool(self.boolean_mems),
             lambda: self.entry(self.boolean_mems, depth)),
            (1 * deep, lambda: f"(not {self.boolean(depth - 1)})"),
            (2 * deep, lambda: f"({self.one('and', 'or')} "
             f"{self.boolean(depth - 1)} {self.boolean(depth - 1)})"),
            (5 * deep, lambda: f"(if {self.boolean(depth - 1)} "
             f"{self.boolean(depth - 1)} {self.boolean(depth - 1)})"),
            (2 * deep, lambda: f"({self.one('=', '<', '>')} "
             f"{self.number(depth - 1)} {self.number(depth - 1)})"),
            (2 * deep * bool(self.restaurants),
             lambda: f"(= {self.label()} {self.label()})"),
            (4 * deep * bool(self.procedures.get("boolean")),
             lambda: self.call("boolean", depth)),
            (1 * deep, lambda: self.let(self.boolean, depth)),
            (1 * deep, lambda: self.indexed(self.boolean, depth)),
            (2 * deep, lambda: self.by_lot(depth)),
        ])

    def number(self, depth):
        deep = depth > 0
        return self.pick([
            (2, lambda: self.one("0", "1", "2")),
            (6 * bool(self.numbers), lambda: self.one(*self.numbers)),
            (2, lambda: self.small_draw(depth - 1)),
            (4 * deep * bool(self.number_mems),
             lambda: self.entry(self.number_mems, depth)),
            (4 * deep, lambda: f"(if {self.boolean(depth - 1)} "
             f"{self.number(depth - 1)} {self.number(depth - 1)})"),
            (2 * deep, lambda: f"(min 3 (+ {self.number(depth - 1)} "
             f"{self.number(depth - 1)}))"),
            (1 * deep, lambda: self.counting(depth)),
            (4 * deep * bool(self.procedures.get("number")),
             lambda: self.call("number", depth)),
            (1 * deep, lambda: self.let(self.number, depth)),
            (1 * deep, lambda: self.indexed(self.number, depth)),
        ])

    def small_draw(self, depth):
        self.choices += 1
        return self.pick([
            (2, lambda: "(randbelow 2)"),
            (1, lambda: "(uniform-draw '(0 1 2))"),
            (2 * (depth > 0),
             lambda: f"(randbelow (+ 1 {self.number(depth - 1)}))"),
            (2 * (depth > 0), lambda: f"(uniform-draw (list "
             f"{self.number(depth - 1)} {self.number(depth - 1)}))"),
            (1 * (depth > 0), lambda: f"(categorical (list 1 "
             f"{self.number(depth - 1)}))"),
        ])

    def urn(self):
        self.choices += 1
        return f"({self.one(*self.urns)})"

    def label(self):
        if self.labels and self.chance(0.6):
            return self.one(*self.labels)
        self.choices += 1
        return f"({self.one(*self.restaurants)})"

    def entry(self, mems, depth):
        return f"({self.one(*mems)} {self.number(depth - 1)})"

    def let(self, kind, depth):
        name = self.name("t")
        if self.chance(0.6):
            held, names = self.boolean(depth - 1), self.booleans
        else:
            held, names = self.number(depth - 1), self.numbers
        names.append(name)
        body = kind(depth - 1)
        names.pop()
        return f"(let (({name} {held})) {body})"

    def indexed(self, kind, depth):
        items = [kind(depth - 1) for _ in range(4)]
        return f"(list-ref (list {' '.join(items)}) {self.number(depth - 1)})"

    def by_lot(self, depth):
        """A procedure chosen by a test."""
        two = [f"(lambda () {self.boolean(depth - 2)})" for _ in range(2)]
        if len(self.urns) > 1 and self.chance(0.7):
            two = self.draw.sample(self.urns, 2)
        self.choices += 1
        return f"((if {self.boolean(depth - 1)} {two[0]} {two[1]}))"

    def call(self, kind, depth):
        """Of a procedure; half of them under the test that it makes, too."""
        name, test = self.one(*self.procedures[kind])
        self.choices += 1
        text = f"({name} {self.number(depth - 1)})"
        if self.chance(0.5):
            return text
        sides = [text, getattr(self, kind)(depth - 1)]
        self.draw.shuffle(sides)
        return f"(if {test} {sides[0]} {sides[1]})"

    def counting(self, depth):
        """How many of a list of random length are true."""
        name = self.name("i")
        self.numbers.append(name)
        body = self.boolean(depth - 1)
        self.numbers.pop()
        length = self.one("2", f"(min 2 {self.number(depth - 1)})")
        return self.one(
            f"(length (filter (lambda (v) v) (map (lambda ({name}) {body}) "
            f"(iota {length}))))",
            f"(fold + 0 (map (lambda ({name}) (if {body} 1 0)) "
            f"(iota {length})))")

    # ---- directives --------------------------------------------------------

    def assume(self, letter, expression, names):
        name = self.name(letter)
        self.lines.append(f"ASSUME {name} {expression}")
        names.append(name)

    def assume_urn(self):
        a = self.one("1", "2", f"(if {self.boolean(1)} 1 3)",
                     f"(+ 1 {self.number(1)})")
        self.assume("u", f"(make-beta-bernoulli {a} {self.one('1', '2')})",
                    self.urns)

    def assume_restaurant(self):
        a = self.one("1", "0.5", f"(if {self.boolean(1)} 0.3 2)")
        self.assume("c", f"(make-crp {a})", self.restaurants)

    def assume_mem(self):
        """Of a number; half of them a chain down to 0."""
        boolean = self.chance(0.7)
        kind = self.boolean if boolean else self.number
        names = self.boolean_mems if boolean else self.number_mems
        name, chain = self.name("m"), self.chance(0.5)
        self.numbers.append("i")
        body = kind(2)
        if chain:
            first = kind(1)
            names.append(f"{name}-")
            rest = kind(3).replace(f"({name}- ", f"({name} - ")
            names.pop()
            # Inside, entries are of the number before.
            while f"({name} - " in rest:
                at = rest.index(f"({name} - ")
                end = at + len(f"({name} - ")
                depth = 1
                stop = end
                while depth:
                    depth += {"(": 1, ")": -1}.get(rest[stop], 0)
                    stop += 1
                rest = rest[:at] + f"({name} (- i 1))" + rest[stop:]
            if f"({name} " not in rest:
                rest = (f"(if ({name} (- i 1)) {rest} {kind(1)})" if boolean
                        else f"(if (= ({name} (- i 1)) 1) {rest} {kind(1)})")
            body = f"(if (= i 0) {first} {rest})"
        self.numbers.pop()
        self.choices += 3
        self.lines.append(f"ASSUME {name} (mem (lambda (i) {body}))")
        names.append(name)

    def assume_procedure(self):
        """Of a number, which it may count down; it looks at what its caller
        may have looked at."""
        kind = self.one("boolean", "number")
        name, test = self.name("f"), self.test_of_names()
        make = getattr(self, kind)
        self.numbers.append("v")
        sides = [make(2), make(2)]
        if self.chance(0.4):
            sides[0] = f"(if (= v 0) {sides[0]} ({name} (- v 1)))"
        self.numbers.pop()
        self.draw.shuffle(sides)
        self.lines.append(f"ASSUME {name} (lambda (v) "
                          f"(if {test} {sides[0]} {sides[1]}))")
        self.procedures.setdefault(kind, []).append((name, test))

    def test_of_names(self):
        """The same words test the same, wherever they stand."""
        of = list(self.booleans)
        of += [f"(= {n} {self.one('0', '1')})" for n in self.numbers]
        of += [f"({m} {self.one('0', '1')})" for m in self.boolean_mems]
        return self.one(*of, "true")

    def assume_value(self):
        if self.chance(0.6):
            expression = self.boolean(3)
            if self.chance(0.1):
                expression = (f"(weight {self.one('2', '0.5')} "
                              f"(flip {self.probability(1)}))")
            self.assume("b", expression, self.booleans)
        elif self.restaurants and self.chance(0.5):
            label = self.label()
            if self.chance(0.4):
                label = f"(if {self.boolean(1)} {label} {self.label()})"
            self.assume("l", label, self.labels)
        else:
            self.assume("n", self.number(3), self.numbers)

    def datum(self):
        value = self.one("true", "false")
        kind = self.draw.random()
        if kind < 0.5 or not self.urns:
            self.lines.append(
                f"OBSERVE (flip (if {self.boolean(2)} 0.8 0.3)) {value}")
        elif kind < 0.8:
            urn = self.one(*self.urns)
            if len(self.urns) > 1 and self.chance(0.5):
                urn = f"(if {self.boolean(1)} {urn} {self.one(*self.urns)})"
            self.lines.append(f"OBSERVE ({urn}) {value}")
        elif kind < 0.9:
            self.lines.append(
                f"OBSERVE (if {self.boolean(1)} (flip 0.3) "
                f"({self.one(*self.urns)})) {value}")
        else:
            self.lines.append(f"(factor (if {self.boolean(2)} 0.4 -0.3))")

    def moving_datum(self):
        """A datum that stands on one entry or another; where, is settled
        before anything can look at the entries."""
        key, name = self.name("k"), self.name("m")
        self.lines.append(f"ASSUME {key} {self.number(2)}")
        self.lines.append(f"ASSUME {name} (mem (lambda (i) "
                          f"{self.urn() if self.urns else '(flip 0.3)'}))")
        self.boolean_mems.append(name)
        self.assume_value()
        self.lines.append(f"OBSERVE ({name} {key}) true")

    def write(self):
        wanted = self.draw.randint(4, 8)
        while len(self.lines) < wanted and self.choices < 9:
            self.pick([(3, self.assume_value), (2, self.assume_urn),
                       (2, self.assume_mem), (1, self.assume_restaurant),
                       (2, self.assume_procedure)])
        for _ in range(self.draw.randint(0, 2)):
            self.datum()
        if self.chance(0.25):
            self.moving_datum()
        shown = self.booleans + self.numbers
        shown += [f"({m} 1)" for m in self.boolean_mems + self.number_mems]
        if len(self.labels) > 1:
            shown.append(f"(= {self.labels[0]} {self.labels[-1]})")
        shown.append("(flip 0.5)" if not shown else "0")
        self.lines.append(f"PREDICT (list {' '.join(shown)})")
        return "\n".join(self.lines) + "\n"


def generate(seed):
    return Program(seed).write()


def main():
    if len(sys.argv) == 2:
        print(generate(int(sys.argv[1])), end="")
        return
    first, count = int(sys.argv[1]), int(sys.argv[2])
    folder = pathlib.Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first, first + count):
        text = f"; random program {seed}\n" + generate(seed)
        (folder / f"{seed}.church").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
