# SPDX-License-Identifier: MIT
"""table.py FILE: what the layouts have noted (harness.note), as a Markdown table: a row a layout, a column a CMake."""
import collections
import sys

WAYS = ("toolchain", "line", "provider", "make")


def main(path):
    cells = collections.defaultdict(dict)
    cmakes = set()
    with open(path) as f:
        for line in f:
            test, cmake, way, outcome = line.rstrip("\n").split("\t")
            cells[test][cmake, way] = outcome
            if cmake != "-":
                cmakes.add(cmake)
    cmakes = sorted(cmakes, key=lambda c: tuple(int(x) for x in c.split(".")))
    print("| layout | " + " | ".join(f"CMake {c}" for c in cmakes) + " | make |")
    print("|---" * (len(cmakes) + 2) + "|")
    for test, row in sorted(cells.items()):
        shown = [", ".join(w if row[c, w] == "ok" else f"**{w} {row[c, w]}**" for w in WAYS if (c, w) in row) for c in cmakes]
        print(f"| `{test.removeprefix('test_')}` | " + " | ".join(shown) + f" | {row.get(('-', 'make'), '')} |")
    good = sum(o == "ok" for row in cells.values() for o in row.values())
    print(f"\n{good} of {sum(len(row) for row in cells.values())} hold")


if __name__ == "__main__":
    main(sys.argv[1])
