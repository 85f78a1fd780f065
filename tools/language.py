#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/language.md: its hand-written frame, filled from the tables.

    tools/language.py           writes the page anew
    tools/language.py --check   says whether the page is what would be written

The frame is docs/language.md.in. In it

    {{topic: lists}}   becomes the table of all that belongs to a topic
    {{rest}}           the tables of all topics that are not named elsewhere
    {{command}}        what `vestige --help` prints

Names, signatures and lines of documentation are what `vestige --list --json`
says, so a new row in a table of the program is a new row here. VESTIGE= the
program (./vestige).
"""
import difflib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FRAME, PAGE = ROOT / "docs/language.md.in", ROOT / "docs/language.md"
PROGRAM = os.environ.get("VESTIGE", str(ROOT / "vestige"))
NOTE = ("<!-- Written by tools/language.py from docs/language.md.in and the "
        "tables of the program. -->\n")


def ask(*arguments):
    """What the program prints."""
    try:
        return subprocess.run([PROGRAM, *arguments], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
    except (OSError, subprocess.CalledProcessError) as e:
        sys.exit(f"language.py: {e}")


def code(text):
    """Text as code, within a table."""
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def sentence(doc, signature):
    """A line of documentation: from a capital letter to a full stop."""
    if not doc:
        return ""
    first = re.match(r"[a-z]{2,}(?= )", doc)
    words = re.findall(r"[^\s()\[\]]+", signature)
    if first and first.group() not in words:
        doc = doc[0].upper() + doc[1:]
    doc = doc.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")
    return doc if doc[-1] in ".?!" else doc + "."


def row(entry):
    signature = entry["signature"]
    doc = sentence(entry["doc"], signature)
    names = entry["names"].split()[1:]
    if entry["topic"] != "directives" and names:
        doc += " Also " + ", ".join(code(n) for n in names) + "."
    if "gives" in entry and not doc.lower().startswith(entry["gives"]):
        doc += f" Gives {entry['gives']}."
    return f"| {code(signature)} | {doc} |\n"


def table(entries, topic):
    """The table of a topic; what several names share stands once."""
    found = [e for e in entries if e["topic"] == topic]
    if not found:
        sys.exit(f"language.py: no topic {topic}")
    rows = dict.fromkeys(row(e) for e in found)
    return f"| {topic} | |\n| --- | --- |\n" + "".join(rows)


def fill(frame, entries):
    named = set(re.findall(r"\{\{topic: ([^}]*)\}\}", frame))
    topics = dict.fromkeys(e["topic"] for e in entries)
    rest = "\n".join(f"### {t.capitalize()}\n\n{table(entries, t)}"
                     for t in topics if t not in named)
    page = re.sub(r"\{\{topic: ([^}]*)\}\}\n",
                  lambda m: table(entries, m.group(1)), frame)
    page = page.replace("{{rest}}\n", rest)
    page = page.replace("{{command}}\n", ask("--help"))
    return NOTE + page


def main():
    entries = [json.loads(line)
               for line in ask("--list", "--json").splitlines()]
    page = fill(FRAME.read_text(), entries)
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text(page)
        return 0
    there = PAGE.read_text() if PAGE.exists() else ""
    if there == page:
        print(f"docs/language.md has all {len(entries)} names")
        return 0
    sys.stdout.writelines(difflib.unified_diff(
        there.splitlines(True), page.splitlines(True), "docs/language.md",
        "what would be written", n=0))
    print("docs/language.md is not what its tables say: tools/language.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
