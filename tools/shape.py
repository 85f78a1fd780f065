#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the shape of our own sources as one row of a table.

Files, the lengths of files and functions, the share of lines that are
comments, lines past 80 columns, and cycles among headers. A function is
what stands between a `{` and a `}` in the first column.
"""
import pathlib
import re
import statistics

INCLUDE = re.compile(r'\s*#\s*include\s*"([^"]+)"')


def function_lengths(lines):
    lengths, start = [], None
    for number, line in enumerate(lines):
        if line.rstrip() == "{":
            start = number
        elif line.rstrip() == "}" and start is not None:
            lengths.append(number - start - 1)
            start = None
    return lengths


def comment_lines(lines):
    count, inside = 0, False
    for line in lines:
        text = line.strip()
        if inside:
            count += 1
            inside = "*/" not in text
        elif text.startswith("/*"):
            count += 1
            inside = "*/" not in text
        elif text.startswith("//"):
            count += 1
    return count


def header_cycles(headers):
    """Headers that reach themselves, by taking away those that do not."""
    graph = {name: {i for i in includes if i in headers}
             for name, includes in headers.items()}
    while True:
        leaves = {name for name, after in graph.items() if not after}
        if not leaves:
            return sorted(graph)
        graph = {name: after - leaves for name, after in graph.items()
                 if name not in leaves}


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    sizes, functions, comments, wide, total = [], [], 0, 0, 0
    headers = {}
    for path in sorted([*root.glob("src/*/*.[ch]"),
                        *root.glob("include/*.h")]):
        lines = path.read_text().splitlines()
        sizes.append((len(lines), path.relative_to(root)))
        functions += function_lengths(lines)
        comments += comment_lines(lines)
        wide += sum(len(line) > 80 for line in lines)
        total += len(lines)
        if path.suffix == ".h":
            name = str(path.relative_to(path.parent.parent))
            headers[name] = {m.group(1) for m in map(INCLUDE.match, lines)
                             if m}
    if not sizes or not functions:
        print("no sources")
        return
    functions.sort()
    median = statistics.median_low([size for size, _ in sizes])
    cycles = header_cycles(headers)
    print("| files | median file | biggest file | median / p90 function "
          "| comment lines | lines > 80 | header cycles |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    print(f"| {len(sizes)} | {median} | {max(sizes)[0]:,} "
          f"| {statistics.median_low(functions)} / "
          f"{functions[len(functions) * 9 // 10]} "
          f"| {100 * comments / total:.0f} % | {100 * wide / total:.1f} % "
          f"| {', '.join(cycles) or 'none'} |")
    print()
    print("biggest:", ", ".join(f"{name} {size}" for size, name
                                in sorted(sizes, reverse=True)[:5]))


if __name__ == "__main__":
    main()
