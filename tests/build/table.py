# SPDX-License-Identifier: MIT
"""table.py FILE: what the layouts have noted (harness.note), as a Markdown table: a row a layout, a column a CMake.
table.py --reproducible FILE: what test_reproducible_matrix.py has noted: a row a kind of code, a column a mode."""
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


KINDS = {
    "plain": "`__global__`, anonymous namespace, `assert`, `__FILE__`, `__DATE__`", "rdc": "relocatable device code, device link",
    "static": "static library; a source without external symbols", "shared": "shared library",
    "fat": "fatbin: sm_75 with PTX, sm_80, sm_90 with PTX", "graph": "a CUDA graph", "cccl": "CCCL: `cub::DeviceScan`",
    "nvrtc": "NVRTC: what it compiles at run time (PTX, cubin)", "nvrtcline": "NVRTC with `-lineinfo` or `--device-debug`", "hostdebug": "`-g`", "lineinfo": "`-lineinfo`",
    "debug": "`-G -g`", "lto": "`-dlto` with a device link",
}
MODES = {"false": "`false`", "again": "not there, one directory", "default": "not there", "true": "`true`", "exec": "`ccenv exec`"}


def differing(outcomes):
    """{(version, system): files or "equal"} as a cell: "same", "differs", or where it differs."""
    bad = {k: v for k, v in outcomes.items() if v != "equal"}
    if not bad or len(bad) == len(outcomes):
        return "differs" if bad else "same"
    shown = []
    for system in sorted({s for _, s in bad}):
        of = {v for v, s in bad if s == system}
        mine = {v for v, s in outcomes if s == system}
        names = sorted({n.split("/")[-1] for (_, s), files in bad.items() if s == system for n in files.split()})
        objects = any(n.endswith((".o", ".a")) for n in names)
        shown.append(system + ("" if of == mine else " " + ", ".join(sorted(of))) + ("" if objects else " (the program)"))
    return "same, but not " + "; ".join(shown)


def reproducible(path):
    cells = collections.defaultdict(lambda: collections.defaultdict(dict))
    runs = set()
    with open(path) as f:
        for line in f:
            kind, version, system, mode, outcome = line.rstrip("\n").split("\t")
            cells[kind][mode][version, system] = outcome
            runs.add((version, system))
    print("| | " + " | ".join(MODES.values()) + " |")
    print("|---" * (len(MODES) + 1) + "|")
    for kind, what in KINDS.items():
        print(f"| {what} | " + " | ".join(differing(cells[kind][mode]) for mode in MODES) + " |")
    for version in sorted({v for v, _ in runs}):
        print(f"\nCUDA {version}: {', '.join(sorted(s for v, s in runs if v == version))}")


if __name__ == "__main__":
    if sys.argv[1] == "--reproducible":
        reproducible(sys.argv[2])
    else:
        main(sys.argv[1])
