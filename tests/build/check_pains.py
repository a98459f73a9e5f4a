# SPDX-License-Identifier: MIT
"""Every pain of PAINS.md has a test that exists, or a reason; and none of the 67 is lost."""
import re
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
MODULES = {"P": "places", "C": "changes", "K": "kinds", "L": "libraries", "T": "tools", "M": "commands"}
NUMBERS = {f"F{i}" for i in range(1, 38)} | {f"S{i}" for i in range(1, 31)}


def exists(letter, name):
    if letter in MODULES:
        return f"    def {name}(self):\n" in (TESTS / f"build/test_{MODULES[letter]}.py").read_text()
    if letter == "U":
        file, _, test = name.partition(".")
        path = TESTS / f"unit/{file}.c"
        return path.exists() and len(re.findall(rf"\b{test}\b", path.read_text())) > 1  # written, and in the list
    return (TESTS / (f"solve/{name}.t" if letter == "S" else f"cli/cases/{name}/cmd")).exists()


def problems(text):
    seen = []
    for line in text.splitlines():
        if not re.match(r"\| [FS]\d", line):
            continue
        cells = [c.strip() for c in line.strip("|").split(" | ")]
        if len(cells) != 4:
            yield f"{cells[0]}: {len(cells)} columns"
            continue
        seen += cells[0].split()
        tests = [(letter, name) for letter, names in re.findall(r"\b([PCKLTMUSI]) ((?:`[^`]+`(?:, )?)+)", cells[3])
                 for name in re.findall(r"`([^`]+)`", names)]
        if not tests and "reason: " not in cells[3]:
            yield f"{cells[0]}: neither a test nor a reason"
        yield from (f"{cells[0]}: there is no {letter} {name}" for letter, name in tests if not exists(letter, name))
    yield from (f"{n} is missing" for n in sorted(NUMBERS - set(seen)))
    yield from (f"{n} is there twice, or is none" for n in sorted(set(seen)) if seen.count(n) > 1 or n not in NUMBERS)


if __name__ == "__main__":
    found = list(problems((TESTS / "build/PAINS.md").read_text()))
    print("\n".join(found) or f"{len(NUMBERS)} pains, each with a test or a reason")
    sys.exit(bool(found))
