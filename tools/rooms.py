#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses a source file that docs/ARCHITECTURE.md does not name.

Each folder of src/ has a section there, `### ... src/FOLDER/...`, in which
every file stands as `name.c`, or by a pattern as `prim_*.c`. A header goes
with the file of its name; one without such a file stands for itself. Names
without a file are refused as well.
"""
import fnmatch
import pathlib
import re
import sys

SECTION = re.compile(r"^#+ .*`src/(\w+)/`")
NAME = re.compile(r"`([\w*]+\.[ch])`")


def named(page):
    """{folder: names}, of the sections that are about one."""
    folders, names = {}, None
    for line in page.read_text(encoding="utf-8").splitlines():
        found = SECTION.match(line)
        if found:
            names = folders.setdefault(found.group(1), set())
        elif line.startswith("#"):
            names = None
        elif names is not None:
            names.update(NAME.findall(line))
    return folders


def faults(root):
    folders = named(root / "docs/ARCHITECTURE.md")
    for folder in sorted(p for p in (root / "src").iterdir() if p.is_dir()):
        names = folders.get(folder.name, set())
        files = {p.name for p in folder.glob("*.[ch]")}
        for name in sorted(files):
            body = name[:-1] + "c"
            if name.endswith(".h") and body in files:
                continue
            if not any(fnmatch.fnmatch(name, n) for n in names):
                yield f"src/{folder.name}/{name} is not named"
        for name in sorted(names):
            if not fnmatch.filter(files, name):
                yield f"src/{folder.name}/{name} is named and not there"


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    found = list(faults(root))
    for words in found:
        print("docs/ARCHITECTURE.md:", words)
    if not found:
        print("every source file is named")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
