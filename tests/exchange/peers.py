# SPDX-License-Identifier: MIT
"""py-rattler's side of `peers`:

install LOCK PREFIX CACHE     installs a pixi.lock
mirror URL NAMES PREFIX CACHE solves from a channel, by shards and by repodata.json, and installs
compare PREFIX PREFIX         are the trees the same, records and what holds the prefix aside?
"""
import asyncio
import os
import stat
import sys

import rattler
from rattler.package.build_string import BuildString


async def link(records, prefix, cache):
    await rattler.install(records, target_prefix=prefix, cache_dir=cache, show_progress=False, execute_link_scripts=False)


def install(lock, prefix, cache):
    env = rattler.LockFile.from_path(lock).default_environment()
    platform = next(p for p in env.platforms() if p.name == "linux-64")
    records = env.conda_repodata_records_for_platform(platform)
    asyncio.run(link(records, prefix, cache))
    print("py-rattler installed %d packages of the exported pixi.lock" % len(records))


async def solve(url, names, cache, sharded):
    virtual = [rattler.GenericVirtualPackage(rattler.PackageName(n), rattler.Version(v), BuildString("0"))
               for n, v in (("__unix", "0"), ("__linux", "5.10"), ("__glibc", "2.36"), ("__cuda", "13.0"))]
    gateway = rattler.Gateway(cache_dir=cache, default_config=rattler.SourceConfig(sharded_enabled=sharded))
    return await rattler.solve([url], names, gateway=gateway, platforms=["linux-64", "noarch"], virtual_packages=virtual)


def mirror(url, names, prefix, cache):
    names = names.split()
    found = [asyncio.run(solve(url, names, cache + "/" + str(s), s)) for s in (True, False)]
    files = [sorted(r.file_name for r in records) for records in found]
    assert files[0] == files[1] and len(files[0]) == len(names), files
    asyncio.run(link(found[0], prefix, cache + "/packages"))
    print("py-rattler installed %d packages from the mirror, found by shards and by repodata.json" % len(names))


def tree(top):
    top, out = os.path.realpath(top), {}
    for base, dirs, files in os.walk(top):
        dirs[:] = [d for d in dirs if os.path.join(base, d) != os.path.join(top, "conda-meta")]
        for name in files + [d for d in dirs if os.path.islink(os.path.join(base, d))]:
            path = os.path.join(base, name)
            st = os.lstat(path)
            if stat.S_ISLNK(st.st_mode):
                out[os.path.relpath(path, top)] = ("link", os.readlink(path))
                continue
            with open(path, "rb") as f:
                data = f.read()
            # The prefix is another one; in binaries it is padded.
            data = data.replace(top.encode(), b"@").replace(b"\0", b"")
            out[os.path.relpath(path, top)] = (bool(st.st_mode & 0o100), hash(data))
    return out


def compare(one, other):
    a, b = tree(one), tree(other)
    # What each program marks its own prefixes with.
    for own in ("CACHEDIR.TAG", ".condapackageignore"):
        a.pop(own, None), b.pop(own, None)
    wrong = sorted(p for p in a.keys() | b.keys() if a.get(p) != b.get(p))
    for path in wrong[:10]:
        print(path, a.get(path), b.get(path))
    assert not wrong, "%d paths differ" % len(wrong)
    print("the same tree: %d paths" % len(a))


if __name__ == "__main__":
    {"install": install, "mirror": mirror, "compare": compare}[sys.argv[1]](*sys.argv[2:])
    # All is done and checked. Threads of py-rattler's may still run, and at times crash the interpreter that takes itself down.
    sys.stdout.flush()
    os._exit(0)
