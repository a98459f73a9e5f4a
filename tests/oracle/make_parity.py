#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the data of tests/parity/: records, requests, and the answers that rattler's solver gives.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python make_parity.py --corpus DIR [--out ../parity]

DIR holds <subdir>/repodata.json and solutions/*.json. Both solvers read the reduced records that are written here, so
that the test needs nothing but this folder. Written are

    conda-forge/<subdir>/repodata.json.zst   the records that some request can reach, as a channel
    requests.json                            the requests, one a line
    answers.json.zst                         what rattler answers

(format: README.md there).

What to know about py-rattler:
- a spec given as text is parsed in strict mode, where "python 3.12" is an error: pass MatchSpec(text, strict=False);
- virtual packages are GenericVirtualPackage objects, and only those passed exist: none is detected;
- exclude_newer takes a datetime and calls replace(tzinfo=utc) on it, so any other zone is thrown away; a record exactly
  at the cutoff is in, one without timestamp is out;
- .conda wins over .tar.bz2 of the same stem; channel priority is strict by default;
- an unsolvable request raises SolverError with the explanation as text.
"""

import argparse
import asyncio
import datetime
import json
import pathlib
import re
import time

import zstandard
from cases import PLATFORMS, SUBDIRS, all_cases
from rattler import Channel, MatchSpec, Version
from rattler.channel.channel_priority import ChannelPriority
from rattler.exceptions import SolverError
from rattler.package import BuildString
from rattler.package.package_name import PackageName
from rattler.repo_data.sparse import SparseRepoData
from rattler.solver.solver import solve_with_sparse_repodata
from rattler.virtual_package.generic import GenericVirtualPackage

KEPT = ["name", "version", "build", "build_number", "depends", "constrains", "track_features", "noarch", "sha256", "size",
        "timestamp"]


def name_of(spec):
    return re.match(r"[^ =<>!~\[]+", spec.split("::")[-1]).group().lower()


def load(corpus, subdir):
    data = json.loads((corpus / subdir / "repodata.json").read_text())
    return {section: data.get(section, {}) for section in ("packages", "packages.conda")}


def reachable(repodata, cases):
    """For each subdir the names that a request can reach in it."""
    reached = {subdir: set() for subdir in SUBDIRS}
    for platform in PLATFORMS:
        depends = {}
        for subdir in (platform, "noarch"):
            for section in repodata[subdir].values():
                for record in section.values():
                    depends.setdefault(record["name"], set()).update(name_of(d) for d in record["depends"])
        todo = [name_of(s) for c in cases if c["platform"] == platform for s in c["specs"]]
        seen = set()
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += depends.get(name, ())
        reached[platform] |= seen
        reached["noarch"] |= seen
    return reached


def reduced(repodata, subdir, names):
    """One record a line, sorted, so that versions of the file can be compared when unpacked."""
    sections = []
    for section, records in repodata.items():
        lines = []
        for fn, record in sorted(records.items()):
            if record["name"] in names:
                kept = {k: record[k] for k in KEPT if record.get(k)} | {"build_number": record["build_number"]}
                kept.setdefault("depends", [])
                lines.append(f"{json.dumps(fn)}:{json.dumps(kept, separators=(',', ':'), sort_keys=True)}")
        sections.append(f'"{section}":{{\n' + ",\n".join(lines) + "\n}")
    return f'{{"info":{{"subdir":"{subdir}"}},\n' + ",\n".join(sections) + "\n}\n"


def write_zst(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zstandard.ZstdCompressor(level=19, write_checksum=True).compress(text.encode()))


def virtual(name, version, build):
    return GenericVirtualPackage(PackageName(name), Version(version), BuildString(build))


async def answer(case, sparse):
    cutoff = case.get("exclude_newer")
    if cutoff:
        cutoff = datetime.datetime.fromtimestamp(cutoff / 1000, datetime.timezone.utc)
    try:
        records = await solve_with_sparse_repodata(
            specs=[MatchSpec(s, strict=False) for s in case["specs"]],
            sparse_repodata=[sparse[case["platform"]], sparse["noarch"]],
            virtual_packages=[virtual(*v) for v in case["virtuals"]],
            channel_priority=ChannelPriority.Strict,
            exclude_newer=cutoff,
            strategy=case.get("strategy", "highest"),
        )
    except SolverError:
        return None
    return sorted(f"{r.name.normalized}={r.version}={r.build}" for r in records)


async def answers(cases, scratch):
    channel = Channel("conda-forge")
    sparse = {s: SparseRepoData(channel, s, scratch / f"{s}.json") for s in PLATFORMS + ["noarch"]}
    begin = time.monotonic()
    found = {case["id"]: await answer(case, sparse) for case in cases}
    solved = sum(a is not None for a in found.values())
    print(f"{len(cases)} requests, {solved} solvable, {time.monotonic() - begin:.1f} s")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent / "parity")
    parser.add_argument("--scratch", type=pathlib.Path, default=pathlib.Path("/tmp/ccenv-parity"))
    args = parser.parse_args()
    args.scratch.mkdir(exist_ok=True)
    cases = all_cases(args.corpus / "solutions")
    repodata = {subdir: load(args.corpus, subdir) for subdir in SUBDIRS}
    names = reachable(repodata, cases)
    for subdir in PLATFORMS + ["noarch"]:
        text = reduced(repodata[subdir], subdir, names[subdir])
        (args.scratch / f"{subdir}.json").write_text(text)
        write_zst(args.out / "conda-forge" / subdir / "repodata.json.zst", text)
    found = asyncio.run(answers(cases, args.scratch))
    lines = ",\n".join(json.dumps(c) for c in cases)
    (args.out / "requests.json").write_text(f"[\n{lines}\n]\n")
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in found.items())
    write_zst(args.out / "answers.json.zst", f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main()
