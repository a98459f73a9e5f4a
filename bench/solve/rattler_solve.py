# SPDX-License-Identifier: MIT
"""The same measurement with py-rattler: rattler_solve.py CORPUS REQUESTS TIMES [FILTER]. Output as bench_solve's."""

import asyncio
import datetime
import json
import resource
import statistics
import sys
import time

from rattler import Channel, GenericVirtualPackage, MatchSpec, Version
from rattler.exceptions import SolverError
from rattler.package import BuildString
from rattler.package.package_name import PackageName
from rattler.repo_data.sparse import SparseRepoData
from rattler.solver.solver import solve_with_sparse_repodata


async def solve(request, repodata):
    newer = request.get("exclude_newer")
    try:
        return await solve_with_sparse_repodata(
            [MatchSpec(s, strict=False) for s in request["specs"]],
            repodata,
            virtual_packages=[
                GenericVirtualPackage(PackageName(n), Version(v), BuildString(b)) for n, v, b in request["virtuals"]
            ],
            exclude_newer=datetime.datetime.fromtimestamp(newer / 1000, datetime.timezone.utc) if newer else None,
            strategy=request.get("strategy", "highest"),
        )
    except SolverError:
        return None


async def main(corpus, requests, times, pattern=""):
    loaded = {}
    for request in json.load(open(requests)):
        if pattern not in request["id"]:
            continue
        platform = request["platform"]
        if platform not in loaded:
            start = time.perf_counter()
            channel = Channel("conda-forge")
            loaded[platform] = [SparseRepoData(channel, s, f"{corpus}/{s}/repodata.json") for s in (platform, "noarch")]
            print(f"load\t{platform}\t{(time.perf_counter() - start) * 1e3:.1f}")
        took = []
        for _ in range(int(times)):
            start = time.perf_counter()
            records = await solve(request, loaded[platform])
            took.append((time.perf_counter() - start) * 1e3)
        names = "-" if records is None else len(records)
        print(f"solve\t{request['id']}\t{statistics.median(took):.1f}\t{names}", flush=True)
    print(f"peak\t{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")


asyncio.run(main(*sys.argv[1:]))
