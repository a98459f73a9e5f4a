#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks rattler for what each platform and each side of a target of a lock should have, from the specs and the virtual packages that
the lock says it was solved for.

    venv/bin/python make_targets.py LOCK ANSWERS CHANNEL…           compares with ANSWERS, or writes it where it is not there

CHANNEL is a folder with <subdir>/repodata.json or repodata.json.zst; the first has priority. The lock of
tests/cli/cases/targets-parity is made by its `cmd`, and ANSWERS is the answers.json there. Exit status 1: they differ.
"""
import argparse
import asyncio
import json
import pathlib
import sys
import tempfile

import zstandard
from make_parity import virtual
from rattler import Channel, MatchSpec
from rattler.channel.channel_priority import ChannelPriority
from rattler.repo_data.sparse import SparseRepoData
from rattler.solver.solver import solve_with_sparse_repodata


def indexes(channels, scratch):
    """{subdir: [index of each channel]}, in the order of the channels."""
    found = {}
    for n, channel in enumerate(channels):
        for subdir in sorted(p for p in channel.iterdir() if p.is_dir()):
            path = scratch / f"{n}-{subdir.name}.json"
            packed = subdir / "repodata.json.zst"
            path.write_bytes(zstandard.ZstdDecompressor().decompress(packed.read_bytes(), max_output_size=1 << 30)
                             if packed.exists() else (subdir / "repodata.json").read_bytes())
            found.setdefault(subdir.name, []).append(SparseRepoData(Channel(channel.resolve().as_uri()), subdir.name, path))
    return found


async def answer(part, found):
    records = await solve_with_sparse_repodata(
        specs=[MatchSpec(s, strict=False) for s in part["specs"]],
        sparse_repodata=[*found.get(part["platform"], []), *found.get("noarch", [])],
        virtual_packages=[virtual(*v.split("=")) for v in part["virtual-packages"]],
        channel_priority=ChannelPriority.Strict)
    return sorted(f"{r.name.normalized}={r.version}={r.build}" for r in records)


def parts(lock):
    env = lock["environments"]["default"]
    yield from ((name, part | {"platform": name}) for name, part in env["platforms"].items())
    yield from ((f"{target} {side}", part) for target, sides in env.get("targets", {}).items() for side, part in sides.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lock", type=pathlib.Path)
    parser.add_argument("answers", type=pathlib.Path)
    parser.add_argument("channels", type=pathlib.Path, nargs="+")
    o = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = indexes(o.channels, pathlib.Path(scratch))
        now = {name: asyncio.run(answer(part, found)) for name, part in parts(json.loads(o.lock.read_text()))}
    if not o.answers.exists():
        o.answers.write_text(json.dumps(now, indent=1) + "\n")
    kept = json.loads(o.answers.read_text())
    for name, packages in now.items():
        print(f"{name}: {len(packages)} packages", "as kept" if packages == kept.get(name) else "not as kept")
    sys.exit(now != kept)


if __name__ == "__main__":
    main()
