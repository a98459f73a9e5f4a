# SPDX-License-Identifier: MIT
"""Loads or solves with py-rattler: rattler_load.py CACHE FORM CHANNEL load|solve SPEC..."""
import asyncio
import os
import sys

import rattler


async def main(cache, form, channel, mode, specs):
    # The forms that are left on; rattler asks for the best first, as ccenv does.
    config = rattler.SourceConfig(
        zstd_enabled=form in ("zst", "shards"), bz2_enabled=False, sharded_enabled=form == "shards"
    )
    gateway = rattler.Gateway(cache_dir=cache, default_config=config)
    platforms = ["linux-64", "noarch"]
    if mode == "load":
        found = await gateway.query([channel], platforms, specs, recursive=True)
        groups = found.repodata if hasattr(found, "repodata") else found
        print(sum(len(group) for group in groups))
        return
    virtual = [
        rattler.GenericVirtualPackage(rattler.PackageName(n), rattler.Version(v), rattler.BuildString("0"))
        for n, v in (("__cuda", "13.0"), ("__glibc", "2.28"), ("__linux", "5.10"), ("__unix", "0"),
                     ("__archspec", "1"))
    ]
    records = await rattler.solve(
        [channel], specs, gateway=gateway, platforms=platforms, virtual_packages=virtual
    )
    print(len(records))


if __name__ == "__main__":
    cache, form, channel, mode, *specs = sys.argv[1:]
    os.makedirs(cache, exist_ok=True)
    asyncio.run(main(cache, form, channel, mode, specs))
