# SPDX-License-Identifier: MIT
"""peer.py RECORDS CACHE PREFIX: py-rattler's side of `installer`, with the same arguments."""

import asyncio
import json
import sys

import rattler
from rattler.package.build_string import BuildString


def load_record(o):
    package = rattler.PackageRecord(
        name=o["name"], version=o["version"], build=BuildString(o["build"]),
        build_number=o.get("build_number", 0), subdir=o["subdir"], noarch=o.get("noarch"),
        depends=o.get("depends", []), constrains=o.get("constrains", []),
        sha256=bytes.fromhex(o["sha256"]) if o.get("sha256") else None,
        md5=bytes.fromhex(o["md5"]) if o.get("md5") else None, size=o.get("size"),
        license=o.get("license"), python_site_packages_path=o.get("python_site_packages_path"))
    return rattler.RepoDataRecord(package, o["fn"], o["url"], o["channel"])


def install(records_path, cache, prefix):
    with open(records_path) as f:
        records = [load_record(o) for o in json.load(f)]
    asyncio.run(rattler.install(records, target_prefix=prefix, cache_dir=cache,
                                show_progress=False, execute_link_scripts=False))


if __name__ == "__main__":
    install(*sys.argv[1:4])
