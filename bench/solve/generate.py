#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes records in the numbers of a big channel: generate.py OUT [NAMES [VERSIONS]].

Writes OUT/linux-64/repodata.json, an empty OUT/noarch/repodata.json and OUT/requests.json. Every name depends on
names before it, mostly near ones, within a window of versions; one record in twenty constrains another name. The default
is 4,000 names of 20 versions: 80,000 records, all of which the requests reach. The same on every run.
"""

import json
import pathlib
import random
import sys


def record(rng, number, version, names, versions):
    depends = []
    for other in sorted({max(0, number - 1 - int(rng.expovariate(1 / 60))) for _ in range(rng.randint(2, 9))} - {number}):
        low = max(0, version - rng.randint(2, 8))
        high = version + rng.randint(1, 6)
        depends.append(f"p{other:04} >=1.{low}" + (f",<1.{high}" if high < versions and rng.random() < 0.5 else ""))
    constrains = [f"p{rng.randrange(names):04} >=1.{max(0, version - 6)}"] if rng.random() < 0.05 else []
    return {
        "name": f"p{number:04}",
        "version": f"1.{version}",
        "build": f"h{rng.randrange(1 << 24):06x}_{version % 3}",
        "build_number": version % 3,
        "depends": depends,
        "constrains": constrains,
        "timestamp": 1600000000000 + version * 5000000000 + number,
        "sha256": f"{rng.getrandbits(256):064x}",
        "size": rng.randrange(10**4, 10**8),
        "subdir": "linux-64",
    }


def main(out, names=4000, versions=20):
    rng = random.Random(1)
    packages = {}
    for number in range(names):
        for version in range(versions):
            r = record(rng, number, version, names, versions)
            packages[f"{r['name']}-{r['version']}-{r['build']}.conda"] = r
    top, mid = names - 1, names // 2
    virtuals = [["__glibc", "2.28", "0"], ["__linux", "4.18", "0"], ["__unix", "0", "0"]]
    specs = {
        "newest": [f"p{top:04}"],
        "older": [f"p{top:04} <1.{versions // 2}"],
        "several": sorted(f"p{rng.randrange(mid, names):04}" for _ in range(12)),
        "held": sorted([f"p{top:04}", f"p{mid:04} <1.{versions - 4}"]),
    }
    requests = [
        {"id": f"synthetic/{key}", "platform": "linux-64", "specs": value, "virtuals": virtuals}
        for key, value in specs.items()
    ]
    out = pathlib.Path(out)
    for subdir, content in (("linux-64", packages), ("noarch", {})):
        (out / subdir).mkdir(parents=True, exist_ok=True)
        text = json.dumps({"info": {"subdir": subdir}, "packages": {}, "packages.conda": content})
        (out / subdir / "repodata.json").write_text(text)
    (out / "requests.json").write_text(json.dumps(requests, indent=1))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
