#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses an include that points upward.

The house has eight floors, one folder each. A file includes only files of
its own floor or below, writes them from src/ ("trace/node.h"), and only
those that are there. `vestige.h`, the public header, may be included from
the sixth floor up.
"""
import pathlib
import re
import sys

FLOORS = ["base", "eval", "xrp", "trace", "tape", "infer", "plot", "session", "server", "front"]
INCLUDE = re.compile(r'\s*#\s*include\s*"([^"]+)"')


def faults(root):
    """Yields (file, line, words) for each include that breaks the law."""
    for path in sorted((root / "src").rglob("*.[ch]")):
        parts = path.relative_to(root / "src").parts
        if len(parts) != 2 or parts[0] not in FLOORS:
            yield path, 1, "stands on no floor"
            continue
        own = FLOORS.index(parts[0])
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            name = found.group(1)
            folder = name.split("/")[0]
            if name == "vestige.h" and own >= FLOORS.index("infer"):
                continue
            if folder not in FLOORS or "/" not in name:
                yield path, number, f'"{name}" is not written from src/'
            elif not (root / "src" / name).is_file():
                yield path, number, f'"{name}" is not there'
            elif FLOORS.index(folder) > own:
                yield path, number, f'{parts[0]} must not know "{name}"'


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    count = 0
    for path, line, words in faults(root):
        print(f"{path.relative_to(root)}:{line}: {words}")
        count += 1
    if not count:
        print("every include points down")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
